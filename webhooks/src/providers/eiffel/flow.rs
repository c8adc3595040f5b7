//! How events refer to each other: the nodes of the events of one delivery, and those that the type of a link tells.

use std::collections::BTreeMap;

use throughline_domain::key::{self, Key, KeyError};
use throughline_domain::node::NodeKind;

use super::payload::Event;
use super::{NAME, source};
use crate::draft::Draft;
use crate::provider::ParseError;

/// The events of a delivery, and what has been stated from them so far.
#[derive(Debug)]
pub(super) struct Flow<'a> {
    /// What has been stated.
    pub(super) draft: Draft,
    known: BTreeMap<&'a str, Key>,
}

impl<'a> Flow<'a> {
    /// Notes which node each of the events is about.
    pub(super) fn new(events: &'a [Event]) -> Result<Self, ParseError> {
        let mut known = BTreeMap::new();
        for event in events {
            if let Some(key) = subject(event)? {
                known.insert(event.id()?, key);
            }
        }
        // What a link points at may itself stand for another event: a reused artifact for the one that was created.
        for event in events.iter().filter(|event| event.kind().ok() == Some("EiffelArtifactReusedEvent")) {
            if let Some(target) = event.target("REUSED_ARTIFACT") {
                let key = known.get(target).cloned().map_or_else(|| by_id(NodeKind::Artifact, target), Ok)?;
                known.insert(event.id()?, key);
            }
        }
        Ok(Self { draft: Draft::new(format!("{NAME}/event"), None), known })
    }

    /// The node of an event of this delivery.
    pub(super) fn known(&self, id: &str) -> Option<&Key> {
        self.known.get(id)
    }

    /// The node that the link of this type points at; `None` where there is no such link, or its type does not tell.
    pub(super) fn target(&self, event: &Event, link: &str) -> Result<Option<Key>, ParseError> {
        event.target(link).map(|id| self.node(id, link)).transpose().map(Option::flatten)
    }

    /// The nodes that all links of this type point at, as far as their kind is told.
    pub(super) fn targets(&self, event: &Event, link: &str) -> Result<Vec<Key>, ParseError> {
        let nodes: Vec<Option<Key>> = event.targets(link).map(|id| self.node(id, link)).collect::<Result<_, _>>()?;
        Ok(nodes.into_iter().flatten().collect())
    }

    fn node(&self, id: &str, link: &str) -> Result<Option<Key>, ParseError> {
        if let Some(key) = self.known(id) {
            return Ok(Some(key.clone()));
        }
        Ok(kind_of(link).map(|kind| by_id(kind, id)).transpose()?)
    }
}

/// The node of an event, by the event's id.
pub(super) fn by_id(kind: NodeKind, id: &str) -> Result<Key, KeyError> {
    key::of_tool(kind, NAME, "", id)
}

/// The node that an event is about, where events can refer to it.
fn subject(event: &Event) -> Result<Option<Key>, ParseError> {
    let kind = match event.kind()? {
        "EiffelActivityTriggeredEvent" => NodeKind::PipelineRun,
        "EiffelTestCaseTriggeredEvent" | "EiffelTestSuiteStartedEvent" | "EiffelConfidenceLevelModifiedEvent" => {
            NodeKind::TestRun
        }
        "EiffelArtifactCreatedEvent" | "EiffelCompositionDefinedEvent" => NodeKind::Artifact,
        "EiffelArtifactDeployedEvent" => NodeKind::Deployment,
        "EiffelEnvironmentDefinedEvent" => NodeKind::Environment,
        "EiffelIssueDefinedEvent" => NodeKind::Ticket,
        "EiffelTestExecutionRecipeCollectionCreatedEvent" => NodeKind::Document,
        "EiffelAnnouncementPublishedEvent" => NodeKind::Incident,
        "EiffelSourceChangeCreatedEvent" | "EiffelSourceChangeSubmittedEvent" => {
            return Ok(source::revision(event).map(|revision| revision.key));
        }
        _ => return Ok(None),
    };
    Ok(Some(by_id(kind, event.id()?)?))
}

/// The kind of node that links of this type always point at. `CAUSE`, `CONTEXT`, `ELEMENT`, `SUBJECT` and `IUT` may point
/// at events of several kinds.
fn kind_of(link: &str) -> Option<NodeKind> {
    match link {
        "ACTIVITY_EXECUTION" | "PREVIOUS_ACTIVITY_EXECUTION" => Some(NodeKind::PipelineRun),
        "TEST_CASE_EXECUTION" | "TEST_SUITE_EXECUTION" => Some(NodeKind::TestRun),
        "ARTIFACT" | "REUSED_ARTIFACT" | "COMPOSITION" | "CONFIGURATION" => Some(NodeKind::Artifact),
        "RESOLVED_ISSUE" | "PARTIALLY_RESOLVED_ISSUE" | "SUCCESSFUL_ISSUE" | "FAILED_ISSUE" | "INCONCLUSIVE_ISSUE" => {
            Some(NodeKind::Ticket)
        }
        "ENVIRONMENT" => Some(NodeKind::Environment),
        "TERC" => Some(NodeKind::Document),
        "MODIFIED_ANNOUNCEMENT" => Some(NodeKind::Incident),
        _ => None,
    }
}
