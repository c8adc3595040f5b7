//! Scans: each report is one scan of one artifact, with what it found.

use serde_json::Value;
use throughline_domain::fact::Attribute;
use throughline_domain::key::{self, Key};
use throughline_domain::link::LinkKind;
use throughline_domain::node::{NodeKind, Outcome};

use super::artifact::{host, package, resources, state_artifact};
use super::payload::{EventData, Overview, Resource, Summary};
use crate::draft::Draft;
use crate::members::{filled, time};
use crate::provider::ParseError;

/// The severities, the gravest first.
const SEVERITIES: &[&str] = &["Critical", "High", "Medium", "Low", "Negligible", "Unknown"];

/// States the scans of a notification's artifacts.
///
/// # Errors
/// [`ParseError::TooMany`] for too many artifacts, [`ParseError::Key`] where an id is too long.
pub(super) fn state(draft: &mut Draft, data: &EventData) -> Result<(), ParseError> {
    for resource in resources(data)? {
        let Some(artifact) = state_artifact(draft, resource, false) else { continue };
        for (media_type, overview) in resource.scan_overview.iter().flatten() {
            state_report(draft, resource, &artifact, media_type, overview)?;
        }
    }
    Ok(())
}

fn state_report(
    draft: &mut Draft,
    resource: &Resource,
    artifact: &Key,
    media_type: &str,
    overview: &Overview,
) -> Result<(), ParseError> {
    let finished = time(overview.end_time.as_deref());
    let id = match (filled(overview.report_id.as_deref()), finished) {
        (Some(report), _) => report.to_owned(),
        (None, Some(finished)) => format!("{}/{finished}", artifact.parts().resource),
        (None, None) => return Ok(()),
    };
    let reference = filled(resource.resource_url.as_deref());
    let key = key::of_tool(NodeKind::Scan, "harbor", reference.and_then(host).unwrap_or_default(), &id)?;
    let name = reference.map_or_else(|| artifact.parts().resource, |reference| package(reference).to_owned());
    let status = filled(overview.scan_status.as_deref());
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, format!("{} of {name}", scanner(overview)))
        .with(Attribute::Reference, name.as_str())
        .with_some(Attribute::Category, media_type.contains("vulnerability").then_some("vulnerability"))
        .with_some(Attribute::Severity, filled(overview.severity.as_deref()))
        .with_some(Attribute::Result, overview.summary.as_ref().and_then(result))
        .moment(Attribute::StartedAt, time(overview.start_time.as_deref()))
        .moment(Attribute::FinishedAt, finished)
        .moment(Attribute::OccurredAt, finished);
    draft.state_with_outcome(fact, status, status.and_then(outcome));
    draft.link(&key, LinkKind::Verifies, artifact, "the report is about this digest");
    let what = match status {
        Some("Success") => "completed",
        Some("Error") => "failed",
        Some("Stopped") => "stopped",
        _ => return Ok(()),
    };
    draft.event(&key, finished, what, None, &format!("{} of {name} {what}", scanner(overview)));
    Ok(())
}

fn outcome(status: &str) -> Option<Outcome> {
    match status {
        "Success" => Some(Outcome::Success),
        "Error" => Some(Outcome::Failure),
        "Stopped" => Some(Outcome::Abandoned),
        "Running" => Some(Outcome::Running),
        "Pending" | "Scheduled" => Some(Outcome::Pending),
        _ => None,
    }
}

fn scanner(overview: &Overview) -> String {
    let scanner = overview.scanner.as_ref();
    let name = scanner.and_then(|scanner| filled(scanner.name.as_deref()));
    let version = scanner.and_then(|scanner| filled(scanner.version.as_deref()));
    match (name, version) {
        (Some(name), Some(version)) => format!("{name} {version} scan"),
        (Some(name), None) => format!("{name} scan"),
        (None, _) => "Scan".to_owned(),
    }
}

/// `2 Critical, 5 High, 7 in total, 3 fixable`.
fn result(summary: &Summary) -> Option<String> {
    let counts = summary.summary.as_ref();
    let count = |severity: &&str| {
        let count = counts?.get(*severity).and_then(Value::as_u64)?;
        (count > 0).then(|| format!("{count} {severity}"))
    };
    let mut parts: Vec<String> = SEVERITIES.iter().filter_map(count).collect();
    parts.push(format!("{} in total", summary.total?));
    parts.extend(summary.fixable.map(|fixable| format!("{fixable} fixable")));
    Some(parts.join(", "))
}
