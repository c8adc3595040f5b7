//! A health assessment that found something: infrastructure that is no longer as it was made.

use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

use super::payload::{Assessment, Notification};
use super::workspace::{link_environment, name};
use crate::draft::Draft;
use crate::members::{filled, host, time};
use crate::provider::ParseError;

/// The alert that an assessment is; `None` where it has no id. Terraform never tells that what was found is gone again,
/// so there is no outcome.
///
/// # Errors
/// [`ParseError::Key`] where an id is too long.
pub(super) fn facts(notification: &Notification, word: &str) -> Result<Option<Facts>, ParseError> {
    let Some(details) = &notification.details else { return Ok(None) };
    let Some(assessment) = &details.new_assessment_result else { return Ok(None) };
    let Some(id) = filled(assessment.id.as_deref()) else { return Ok(None) };
    let host = host(filled(notification.notification_configuration_url.as_deref()));
    let key = key::of_tool(NodeKind::Alert, "terraform", &host, id)?;
    let at = time(assessment.created_at.as_deref());
    let workspace = filled(details.workspace_name.as_deref());
    let place = name(filled(details.organization_name.as_deref()), workspace);
    let found = match word {
        "drifted" => "Drift",
        "check_failure" => "Failed checks",
        _ => "Failed assessment",
    };
    let title = format!("{found} in {place}");
    let mut draft = Draft::new("terraform/assessment", at);
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, place.as_str())
        .with(Attribute::State, word)
        .with(Attribute::Category, "drift")
        .with_some(Attribute::Description, filled(notification.message.as_deref()))
        .with(Attribute::Result, result(assessment))
        .moment(Attribute::OccurredAt, at)
        .moment(Attribute::StartedAt, at);
    draft.state(fact);
    if let Some(rule) = draft.named(NodeKind::AlertRule, Some(&format!("Terraform assessment:{word}"))) {
        draft.link(&key, LinkKind::InstanceOf, &rule, "the trigger of the notification");
    }
    link_environment(&mut draft, &key, LinkKind::FiresOn, workspace);
    draft.event(&key, None, "fired", None, &title);
    draft.finish().map(Some)
}

/// `4 of 59 resources drifted, 2 of 33 checks failed`.
fn result(assessment: &Assessment) -> String {
    let resources = part(assessment.resources_drifted, &[assessment.resources_undrifted], "resources drifted");
    let others = [assessment.checks_passed, assessment.checks_errored];
    let checks = part(assessment.checks_failed, &others, "checks failed");
    [resources, checks].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn part(count: Option<u64>, others: &[Option<u64>], words: &str) -> Option<String> {
    let count = count?;
    let total = others.iter().flatten().fold(count, |sum, other| sum.saturating_add(*other));
    Some(format!("{count} of {total} {words}"))
}
