//! Stages that deploy something, or go back to what was deployed before: each is a deployment.

use serde::Deserialize;
use throughline_domain::fact::Attribute;
use throughline_domain::key::{self, Key};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::{NodeKind, Outcome};

use super::images::images;
use super::payload::{Execution, Stage, filled, moment};
use super::pipeline::outcome;
use crate::draft::Draft;
use crate::provider::ParseError;

/// The most stages of one execution.
const MAX_STAGES: usize = 1_000;

/// Types of stages that bring something into an environment.
const DEPLOYING: &[&str] = &["deploy", "deployManifest", "createServerGroup", "cloneServerGroup"];

/// Types of stages that bring back what was there before.
const RESTORING: &[&str] = &["undoRolloutManifest", "rollbackCluster", "rollbackServerGroup"];

/// States the deployments of an execution that have begun.
///
/// # Errors
/// [`ParseError::TooMany`] over [`MAX_STAGES`], [`ParseError::Key`] where an id is too long.
pub(super) fn state(draft: &mut Draft, execution: &Execution) -> Result<(), ParseError> {
    let stages = execution.stages.as_deref().unwrap_or_default();
    if stages.len() > MAX_STAGES {
        return Err(ParseError::TooMany { what: "stages", count: stages.len(), limit: MAX_STAGES });
    }
    let told = draft.at;
    for stage in stages.iter().filter_map(|stage| Stage::deserialize(stage).ok()) {
        if let Some((outcome, restores)) = begun(&stage) {
            draft.at = moment(stage.end_time).or(moment(stage.start_time)).or(told);
            state_stage(draft, execution, &stage, outcome, restores)?;
        }
    }
    draft.at = told;
    Ok(())
}

/// How far a deployment is that a stage has begun, and whether it goes back to something; `None` of any other stage.
fn begun(stage: &Stage) -> Option<(Outcome, bool)> {
    let kind = filled(&stage.kind)?;
    let restores = RESTORING.contains(&kind);
    // What a stage makes to do a part of its work is no deployment of its own.
    if !(restores || DEPLOYING.contains(&kind)) || filled(&stage.parent_stage_id).is_some() {
        return None;
    }
    let outcome = outcome(filled(&stage.status)?).filter(|outcome| *outcome != Outcome::Pending)?;
    Some((outcome, restores))
}

fn state_stage(
    draft: &mut Draft,
    execution: &Execution,
    stage: &Stage,
    outcome: Outcome,
    restores: bool,
) -> Result<(), ParseError> {
    let Some(id) = filled(&stage.id) else { return Ok(()) };
    let key = key::of_tool(NodeKind::Deployment, "spinnaker", "", id)?;
    let (started, ended) = (moment(stage.start_time), moment(stage.end_time));
    let application = filled(&execution.application).unwrap_or_default();
    let to = account(stage).map(|account| format!(" to {account}")).unwrap_or_default();
    let kind = filled(&stage.kind).unwrap_or_default();
    let name = filled(&stage.name).unwrap_or(kind);
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, format!("{name} of {application}{to}"))
        .with(Attribute::Reference, format!("{application}/{name}"))
        .with(Attribute::Category, kind)
        .moment(Attribute::StartedAt, started)
        .moment(Attribute::FinishedAt, ended)
        .moment(Attribute::OccurredAt, ended.or(started));
    draft.state_with_outcome(fact, filled(&stage.status), Some(outcome));
    link(draft, &key, stage, application)?;
    let (what, at) = what(outcome, restores);
    let at = if at == Moment::Start { started } else { ended };
    draft.event(&key, at, what, None, &format!("{name} of {application}{to} {what}"));
    Ok(())
}

/// Which end of a stage an event is at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Start,
    End,
}

fn what(outcome: Outcome, restores: bool) -> (&'static str, Moment) {
    match outcome {
        Outcome::Pending | Outcome::Running => ("started", Moment::Start),
        Outcome::Success if restores => ("restored", Moment::End),
        Outcome::Success => ("deployed", Moment::End),
        Outcome::Failure => ("failed", Moment::End),
        Outcome::Abandoned => ("canceled", Moment::End),
    }
}

fn link(draft: &mut Draft, key: &Key, stage: &Stage, application: &str) -> Result<(), ParseError> {
    for image in stage.context.as_ref().map(images).transpose()?.unwrap_or_default() {
        if let Some(artifact) = image.state(draft) {
            draft.link(key, LinkKind::Deploys, &artifact, "the stage applied this image by its digest");
        }
    }
    if let Some(node) = draft.named(NodeKind::Environment, account(stage)) {
        let reason = "the account that the stage deploys to";
        draft.link_as(LinkClass::Guessed, key, LinkKind::DeployedTo, &node, reason);
    }
    if let Some(node) = draft.named(NodeKind::Service, Some(application)) {
        let reason = "the application's name, which is often the service's";
        draft.link_as(LinkClass::Guessed, key, LinkKind::Of, &node, reason);
    }
    Ok(())
}

fn account(stage: &Stage) -> Option<&str> {
    let context = stage.context.as_ref()?;
    filled(&context.deployed_account).or(filled(&context.account))
}
