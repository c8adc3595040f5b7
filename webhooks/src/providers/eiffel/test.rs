//! Tests, what is to be tested, and the confidence that follows.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};

use super::Unread;
use super::activity::words;
use super::flow::{Flow, by_id};
use super::payload::{Conclusion, Event};
use crate::draft::joined;
use crate::provider::ParseError;

/// What is said of an event that does not say which test it is about.
const NO_TEST: &str = "the event has no link TEST_CASE_EXECUTION or TEST_SUITE_EXECUTION, so the test is not known";

/// A test case is to run.
pub(super) fn case_triggered(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let key = by_id(NodeKind::TestRun, event.id()?)?;
    let case = event.data.test_case.as_ref();
    let name = case.and_then(|case| case.id.as_deref().or(case.uri.as_deref())).unwrap_or("test case");
    let fact = flow
        .draft
        .fact(&key)
        .with(Attribute::Title, name)
        .with(Attribute::Reference, name)
        .with(Attribute::Category, "test case")
        .moment(Attribute::OccurredAt, event.at());
    flow.draft.state_with_outcome(fact, Some("triggered"), Some(Outcome::Pending));
    flow.draft.event(&key, None, "triggered", None, &format!("{name} triggered"));
    add_item(flow, event, &key)?;
    add_context(flow, event, &key);
    Ok(None)
}

/// A test suite runs.
pub(super) fn suite_started(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let key = by_id(NodeKind::TestRun, event.id()?)?;
    let name = event.data.name.as_deref().unwrap_or("test suite");
    let types = words(&event.data.types);
    let category = if types.is_empty() { words(&event.data.categories) } else { types.to_lowercase() };
    let fact = flow
        .draft
        .fact(&key)
        .with(Attribute::Title, name)
        .with(Attribute::Reference, name)
        .with(Attribute::Category, category)
        .moment(Attribute::OccurredAt, event.at())
        .moment(Attribute::StartedAt, event.at());
    flow.draft.state_with_outcome(fact, Some("started"), Some(Outcome::Running));
    flow.draft.event(&key, None, "started", None, &format!("{name} started"));
    if let Some(recipes) = flow.target(event, "TERC")? {
        let reason = "the event names the collection of recipes that the suite runs";
        flow.draft.link(&key, LinkKind::DocumentedBy, &recipes, reason);
    }
    add_context(flow, event, &key);
    Ok(None)
}

/// A test case runs.
pub(super) fn started(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let Some((key, fact)) = execution(flow, event)? else { return Ok(Some(NO_TEST.to_owned())) };
    let fact = fact.moment(Attribute::StartedAt, event.at());
    flow.draft.state_with_outcome(fact, Some("started"), Some(Outcome::Running));
    flow.draft.event(&key, None, "started", None, "test started");
    Ok(None)
}

/// A test case or suite has ended.
pub(super) fn finished(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let Some((key, fact)) = execution(flow, event)? else { return Ok(Some(NO_TEST.to_owned())) };
    let said = &event.data.outcome;
    let word = said.verdict.as_deref().or(said.conclusion.as_deref()).unwrap_or("finished");
    let fact =
        fact.moment(Attribute::FinishedAt, event.at()).with_some(Attribute::Description, said.description.as_deref());
    flow.draft.state_with_outcome(fact, Some(word), Some(outcome(said)));
    let summary = match said.description.as_deref().filter(|text| !text.trim().is_empty()) {
        Some(description) => format!("test finished: {word}, {description}"),
        None => format!("test finished: {word}"),
    };
    flow.draft.event(&key, None, "finished", None, &summary);
    Ok(None)
}

/// A test case will not run after all.
pub(super) fn canceled(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let Some((key, fact)) = execution(flow, event)? else { return Ok(Some(NO_TEST.to_owned())) };
    let reason = event.data.reason.as_deref();
    let fact = fact.moment(Attribute::FinishedAt, event.at()).with_some(Attribute::Description, reason);
    flow.draft.state_with_outcome(fact, Some("canceled"), Some(Outcome::Abandoned));
    flow.draft.event(&key, None, "canceled", None, reason.unwrap_or("test canceled"));
    Ok(None)
}

/// What is to be tested: a document that test suites refer to.
pub(super) fn recipes(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let key = by_id(NodeKind::Document, event.id()?)?;
    let strategy = event.data.selection_strategy.as_ref();
    let batches = joined(event.data.batches.iter().filter_map(|batch| batch.name.as_deref()));
    let id = strategy.and_then(|strategy| strategy.id.as_deref());
    let title = id.or(Some(batches.as_str()).filter(|batches| !batches.is_empty())).unwrap_or("test recipes");
    let fact = flow
        .draft
        .fact(&key)
        .with(Attribute::Title, format!("Tests to run: {title}"))
        .with(Attribute::Reference, title)
        .with(Attribute::Category, "test plan")
        .with(Attribute::Description, batches.as_str())
        .moment(Attribute::OccurredAt, event.at())
        .page(strategy.and_then(|strategy| strategy.uri.as_deref()));
    flow.draft.state(fact);
    flow.draft.event(&key, None, "created", None, &format!("recipes for {title} created"));
    Ok(None)
}

/// Somebody, or a program, says how far something can be trusted.
pub(super) fn confidence(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let key = by_id(NodeKind::TestRun, event.id()?)?;
    let name = event.data.name.as_deref().unwrap_or("confidence level");
    let value = event.data.value.as_deref().unwrap_or("INCONCLUSIVE");
    let fact = flow
        .draft
        .fact(&key)
        .with(Attribute::Title, name)
        .with(Attribute::Reference, name)
        .with(Attribute::Category, "confidence level")
        .moment(Attribute::OccurredAt, event.at())
        .moment(Attribute::FinishedAt, event.at());
    let outcome = match value {
        "SUCCESS" => Outcome::Success,
        "FAILURE" => Outcome::Failure,
        _ => Outcome::Abandoned,
    };
    flow.draft.state_with_outcome(fact, Some(value), Some(outcome));
    let issuer = event.data.issuer.as_ref().map(|issuer| issuer.person());
    let actor = issuer.as_ref().and_then(|issuer| issuer.called());
    flow.draft.event(&key, None, "modified", actor, &format!("{name}: {value}"));
    if let Some(issuer) = &issuer {
        flow.draft.person(&key, LinkKind::TriggeredBy, issuer, "the event names who issued it")?;
    }
    for subject in flow.targets(event, "SUBJECT")? {
        flow.draft.link(&key, LinkKind::Verifies, &subject, "the event names it as the subject");
    }
    Ok(None)
}

fn execution(flow: &Flow<'_>, event: &Event) -> Result<Option<(Key, NodeFact)>, ParseError> {
    let key = match flow.target(event, "TEST_CASE_EXECUTION")? {
        Some(key) => Some(key),
        None => flow.target(event, "TEST_SUITE_EXECUTION")?,
    };
    Ok(key.map(|key| {
        let fact = flow.draft.fact(&key).moment(Attribute::OccurredAt, event.at());
        (key, fact)
    }))
}

/// The item under test. Outside of the same delivery nothing tells whether it is an artifact or a source change.
fn add_item(flow: &mut Flow<'_>, event: &Event, test: &Key) -> Result<(), ParseError> {
    let Some(item) = event.target("IUT") else { return Ok(()) };
    match flow.known(item).cloned() {
        Some(item) => flow.draft.link(test, LinkKind::Verifies, &item, "the event names the item under test"),
        None => {
            let item = by_id(NodeKind::Artifact, item)?;
            let reason = "the event names the item under test, which is usually an artifact";
            flow.draft.link_as(LinkClass::Guessed, test, LinkKind::Verifies, &item, reason);
        }
    }
    Ok(())
}

/// The activity that a test belongs to, where the same delivery tells that it is one.
fn add_context(flow: &mut Flow<'_>, event: &Event, test: &Key) {
    if let Some(context) = event.target("CONTEXT").and_then(|id| flow.known(id)).cloned() {
        flow.draft.link(test, LinkKind::PartOf, &context, "the event names the activity that it is a part of");
    }
}

/// The verdict is on what was tested; without one, the conclusion tells at least whether the test could run.
fn outcome(said: &Conclusion) -> Outcome {
    match (said.verdict.as_deref(), said.conclusion.as_deref()) {
        (Some("PASSED"), _) => Outcome::Success,
        (Some("FAILED"), _) | (None, Some("FAILED" | "TIMED_OUT")) => Outcome::Failure,
        (_, _) => Outcome::Abandoned,
    }
}
