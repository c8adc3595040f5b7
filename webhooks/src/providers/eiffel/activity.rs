//! Activities as pipeline runs.

use serde_json::Value;
use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};

use super::Unread;
use super::flow::{Flow, by_id};
use super::payload::Event;
use crate::draft::joined;
use crate::provider::ParseError;

/// What is said of an event that does not say which activity it is about.
const NO_ACTIVITY: &str = "the event has no link ACTIVITY_EXECUTION, so the activity is not known";

/// An activity is to run.
pub(super) fn triggered(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let key = by_id(NodeKind::PipelineRun, event.id()?)?;
    let name = event.data.name.as_deref();
    let fact = flow
        .draft
        .fact(&key)
        .with_some(Attribute::Title, name)
        .with_some(Attribute::Reference, name)
        .with(Attribute::Category, words(&event.data.categories))
        .moment(Attribute::OccurredAt, event.at());
    flow.draft.state_with_outcome(fact, Some("triggered"), Some(Outcome::Pending));
    for cause in event.targets("CAUSE") {
        if let Some(commit) = flow.known(cause).cloned() {
            let reason = "the source change caused the activity";
            flow.draft.link_as(LinkClass::Guessed, &key, LinkKind::BuiltFrom, &commit, reason);
        }
    }
    flow.draft.event(&key, None, "triggered", None, &format!("{} triggered", name.unwrap_or("activity")));
    Ok(None)
}

/// An activity runs.
pub(super) fn started(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let Some((key, fact)) = execution(flow, event)? else { return Ok(Some(NO_ACTIVITY.to_owned())) };
    let fact = fact.moment(Attribute::StartedAt, event.at()).page(event.data.execution_uri.as_deref());
    flow.draft.state_with_outcome(fact, Some("started"), Some(Outcome::Running));
    flow.draft.event(&key, None, "started", None, "activity started");
    Ok(None)
}

/// An activity has ended.
pub(super) fn finished(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let Some((key, fact)) = execution(flow, event)? else { return Ok(Some(NO_ACTIVITY.to_owned())) };
    let said = &event.data.outcome;
    let word = said.conclusion.as_deref().or(said.verdict.as_deref()).unwrap_or("finished");
    let fact =
        fact.moment(Attribute::FinishedAt, event.at()).with_some(Attribute::Description, said.description.as_deref());
    flow.draft.state_with_outcome(fact, Some(word), Some(outcome(word)));
    flow.draft.event(&key, None, "finished", None, &format!("activity finished: {word}"));
    Ok(None)
}

/// An activity will not run after all.
pub(super) fn canceled(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let Some((key, fact)) = execution(flow, event)? else { return Ok(Some(NO_ACTIVITY.to_owned())) };
    let reason = event.data.reason.as_deref();
    let fact = fact.moment(Attribute::FinishedAt, event.at()).with_some(Attribute::Description, reason);
    flow.draft.state_with_outcome(fact, Some("canceled"), Some(Outcome::Abandoned));
    flow.draft.event(&key, None, "canceled", None, reason.unwrap_or("activity canceled"));
    Ok(None)
}

/// Words from a list, as one attribute.
pub(super) fn words(values: &[Value]) -> String {
    joined(values.iter().filter_map(Value::as_str))
}

fn execution(flow: &Flow<'_>, event: &Event) -> Result<Option<(Key, NodeFact)>, ParseError> {
    let key = flow.target(event, "ACTIVITY_EXECUTION")?;
    Ok(key.map(|key| {
        let fact = flow.draft.fact(&key).moment(Attribute::OccurredAt, event.at());
        (key, fact)
    }))
}

/// How an activity ended; the first editions had other words for it.
fn outcome(word: &str) -> Outcome {
    match word {
        "SUCCESSFUL" | "SUCCESS" => Outcome::Success,
        "UNSUCCESSFUL" | "FAILED" | "FAILURE" | "TIMED_OUT" | "TIMEOUT" => Outcome::Failure,
        // ABORTED, INCONCLUSIVE, and whatever a newer edition brings: nothing can be claimed of it.
        _ => Outcome::Abandoned,
    }
}
