//! HCP Terraform and Terraform Enterprise: runs of a workspace, which change infrastructure, and drift that was found.

use throughline_domain::fact::Facts;

use crate::draft::shortened;
use crate::json;
use crate::members::filled;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::{Hash, Scheme};

mod assessment;
mod payload;
mod run;
mod workspace;

use payload::Notification;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: "terraform",
    title: "HCP Terraform",
    schemes: &[Scheme::Hmac { header: "x-tfe-notification-signature", prefix: "", hash: Hash::Sha512 }],
    kept_headers: &[],
    meaning_headers: &[],
    events: EVENTS,
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

/// Terraform's triggers, with a point where it writes a colon, which no file name may hold everywhere.
const EVENTS: &[&str] = &[
    "run.created",
    "run.planning",
    "run.needs_attention",
    "run.applying",
    "run.completed",
    "run.errored",
    "assessment.drifted",
    "assessment.check_failure",
    "assessment.failed",
    "workspace.auto_destroy_run_results",
];

const EXPECTED: &str = "a Terraform notification";

/// The longest trigger that is passed on as event name, in characters.
const MAX_EVENT_CHARS: usize = 64;

/// Terraform gives its notifications no id; a repeated one is told by its body.
fn delivery_id(_request: &Request<'_>) -> Option<String> {
    None
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let notification: Notification = json::read(request.body, EXPECTED)?;
    let first = notification.notifications.iter().flatten().find_map(|note| filled(note.trigger.as_deref()));
    let trigger = first.or(filled(notification.trigger.as_deref())).ok_or_else(|| broken("no trigger is named"))?;
    let event = shortened(trigger, MAX_EVENT_CHARS).replace(':', ".");
    if trigger == "verification" {
        return Ok(Parsed::ignored(event, "Terraform only checks that its notifications arrive"));
    }
    match facts(&notification, trigger)? {
        Some(facts) => Ok(Parsed::facts(event, facts)),
        None => {
            let reason = "nothing is read from this trigger, or it names neither a run nor an assessment";
            Ok(Parsed::ignored(event, reason))
        }
    }
}

fn facts(notification: &Notification, trigger: &str) -> Result<Option<Facts>, ParseError> {
    match trigger.split_once(':') {
        Some(("run", _)) => run::facts(notification),
        Some(("assessment", word)) => assessment::facts(notification, word),
        // The documentation names the trigger in two ways.
        Some(("workspace", "auto_destroy_run_results" | "auto_destroy_results")) => run::destroy_facts(notification),
        Some(_) | None => Ok(None),
    }
}

fn broken(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};
    use throughline_domain::link::LinkClass;
    use throughline_domain::node::NodeKind;

    use super::parse;
    use crate::provider::{Content, Request};

    fn read(body: &str) -> Result<Facts, String> {
        match parse(&Request { headers: &[], body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => Ok(*facts),
            Content::Ignored(reason) => Err(reason),
        }
    }

    fn run(trigger: &str, status: &str) -> Facts {
        read(&format!(
            r#"{{"payload_version":1,"run_url":"https://app.terraform.io/app/acme/checkout-production/runs/run-7",
                "run_id":"run-7","run_message":"PAY-12: more workers","run_created_at":"2026-03-14T09:20:00.000Z",
                "run_created_by":"ada","workspace_name":"checkout-production","organization_name":"acme",
                "notifications":[{{"message":"m","trigger":"{trigger}","run_status":"{status}",
                    "run_updated_at":"2026-03-14T09:26:06.535Z","run_updated_by":"grace"}}]}}"#
        ))
        .unwrap()
    }

    fn value(facts: &Facts, attribute: Attribute) -> Option<&str> {
        let mut pairs = facts.nodes.iter().flat_map(|node| node.attributes.iter());
        pairs.find(|(known, _)| *known == attribute).map(|(_, value)| value.as_str())
    }

    #[test]
    fn only_what_was_applied_has_changed_something() {
        for (trigger, status, outcome, occurs) in [
            ("run:created", "pending", "pending", false),
            ("run:planning", "planning", "running", false),
            ("run:needs_attention", "cost_estimated", "running", false),
            ("run:applying", "applying", "running", false),
            ("run:completed", "applied", "success", true),
            ("run:completed", "planned_and_finished", "abandoned", false),
            ("run:errored", "errored", "failure", false),
            ("run:errored", "canceled", "abandoned", false),
            ("run:errored", "discarded", "abandoned", false),
        ] {
            let facts = run(trigger, status);
            assert_eq!(value(&facts, Attribute::Outcome), Some(outcome), "{trigger} {status}");
            assert_eq!(value(&facts, Attribute::OccurredAt).is_some(), occurs, "{trigger} {status}");
            assert_eq!(facts.nodes[0].key.as_str(), "cdevents:v0:terraform:app.terraform.io:::config_change:run-7");
        }
    }

    #[test]
    fn the_workspace_s_name_is_a_guess_at_its_environment() {
        let facts = run("run:completed", "applied");
        let link = facts.links.iter().find(|link| link.to.kind() == NodeKind::Environment).unwrap();
        assert_eq!((link.to.parts().resource.as_str(), link.class), ("production", LinkClass::Guessed));
    }

    #[test]
    fn what_says_nothing_is_passed_over() {
        for body in [
            r#"{"payload_version":1,"run_id":null,"notifications":[{"trigger":"verification","run_status":null}]}"#,
            r#"{"payload_version":"2","trigger_scope":"workspace","trigger":"workspace:auto_destroy_reminder","details":{}}"#,
            r#"{"trigger":"workspace:auto_destroy_results","details":{"run_external_id":null}}"#,
            r#"{"trigger":"assessment:drifted","details":{}}"#,
            r#"{"trigger":"island:sunk"}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
        for body in ["{}", r#"{"notifications":[]}"#, "[]"] {
            assert!(parse(&Request { headers: &[], body: body.as_bytes() }).is_err(), "{body}");
        }
    }
}
