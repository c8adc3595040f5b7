//! From an action to the alert: what is known of it, what happened to it, what it is about.

use throughline_domain::fact::{Attribute, Facts, Field, NodeFact};
use throughline_domain::key::{Key, of_tool};
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;

use super::action::Action;
use super::payload::{Alert, Delivery};
use super::{NAME, broken};
use crate::alert::{Around, Said, state_by_id};
use crate::draft::{Draft, by};
use crate::provider::ParseError;

/// Reads a delivery; `word` is the action's own name.
pub(super) fn read(action: Action, word: &str, alert: &Alert, delivery: &Delivery) -> Result<Facts, ParseError> {
    let id = alert.alert_id.get().ok_or_else(|| broken("the alert has no alertId"))?;
    // The same id in every installation: Opsgenie has one for all its customers.
    let key = of_tool(NodeKind::Alert, NAME, "", id)?;
    let created = alert.created_at.time();
    let at = alert.updated_at.time().or(created.filter(|_| action.what == "created"));
    let mut draft = Draft::new("opsgenie/alert", at);
    if alert.message.get().is_none() {
        state_by_id(&mut draft, &key, id);
    }
    let labels = alert.details.clone().and(&alert.tags);
    let fact = fact(&draft, &key, action, alert, id).with(Attribute::Labels, labels.written());
    let (state, outcome) = action.state.unzip();
    draft.state_known(fact, state, outcome);
    draft.event(&key, None, action.what, alert.username.get(), &summary(action, word, alert, delivery, id));
    let mut around = Around::labelled(&labels).annotated(&labels, "detail");
    if around.service.is_none() {
        around.service = Said::guessed(alert.entity.get(), "the alert's entity, which often is the service");
    }
    around.state(&mut draft, &key);
    draft.mention(&key, Field::Title, alert.message.get(), None);
    draft.mention(&key, Field::Body, text(action, alert).as_deref(), None);
    draft.finish()
}

/// What is searched for references: a note together with the description, whose references it does not take back.
/// An action that brings neither leaves both as they were.
fn text(action: Action, alert: &Alert) -> Option<String> {
    match (alert.description.get(), alert.note.get()) {
        (Some(description), Some(note)) => Some(format!("{description}\n\n{note}")),
        (None, Some(note)) => Some(note.to_owned()),
        (description, None) => description.filter(|_| action.describes()).map(str::to_owned),
    }
}

fn fact(draft: &Draft, key: &Key, action: Action, alert: &Alert, id: &str) -> NodeFact {
    let created = alert.created_at.time();
    let number = alert.tiny_id.get().map(|number| format!("#{number}"));
    let mut fact = draft
        .fact(key)
        .with_some(Attribute::Title, alert.message.get())
        .with_some(Attribute::Reference, number.or(alert.message.get().map(|_| id.to_owned())))
        .moment(Attribute::OccurredAt, created)
        .moment(Attribute::StartedAt, created)
        .moment(Attribute::FinishedAt, draft.at.filter(|_| action.ends()))
        .with_some(Attribute::Description, alert.description.get())
        .with_some(Attribute::Severity, alert.priority.get())
        .with_some(Attribute::Assignee, alert.owner.get());
    for name in [Some(id), alert.alias.get()].into_iter().flatten() {
        fact = fact.named(Name::plain(name));
    }
    fact
}

fn summary(action: Action, word: &str, alert: &Alert, delivery: &Delivery, id: &str) -> String {
    let what = action.what;
    let actor = alert.username.get();
    let called = delivery.escalation_notify.as_ref().and_then(|named| named.name.get());
    let called = alert.team.get().or(alert.recipient.get()).or(called);
    match (what, alert.note.get(), called) {
        ("annotated", Some(note), _) => format!("annotated: {note}"),
        ("acted", _, _) => by(&format!("custom action {word}"), actor),
        ("called" | "escalated", _, Some(called)) => by(&format!("{called} {what}"), actor),
        _ => by(&format!("{} {what}", alert.message.get().unwrap_or(id)), actor),
    }
}
