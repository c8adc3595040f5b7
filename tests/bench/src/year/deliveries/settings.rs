//! LaunchDarkly's audit log and the runs of Terraform.

use serde_json::json;
use throughline_domain::time::Timestamp;

use super::{SettingState, Written, number};
use crate::year::company::Person;
use crate::year::history::{History, Setting, SettingSort};
use crate::year::table::Id;

/// How long before it takes effect a run of Terraform is asked for, in seconds.
pub(super) const QUEUED_SECONDS: i64 = 300;

/// How long before it takes effect a run begins to change things, in seconds.
pub(super) const APPLYING_SECONDS: i64 = 90;

/// A setting was changed, or is about to be.
pub(super) fn setting(history: &History, id: Id<Setting>, state: SettingState) -> Written {
    let setting = history.settings.at(id);
    let service = &history.company.services.at(setting.service).name;
    let by = history.person(setting.by);
    match setting.sort {
        SettingSort::Flag => flag(setting, service, by),
        SettingSort::Infrastructure => infrastructure(setting, service, by, state),
    }
}

fn flag(setting: &Setting, service: &str, by: &Person) -> Written {
    let Setting { id, area, at, .. } = setting;
    let (key, name) = (format!("{service}-{area}-v2"), format!("{service}: new {area}"));
    let resource = format!("proj/acme:env/production:flag/{key};{service}");
    let page = format!("https://app.launchdarkly.com/acme/production/audit/{id}/details");
    let body = json!({
        "_links": {
            "canonical": {"href": format!("/api/v2/flags/acme/{key}"), "type": "application/json"},
            "details": {"href": page, "type": "text/html"},
            "self": {"href": format!("/api/v2/auditlog/{id}"), "type": "application/json"},
        },
        "_id": id,
        "_accountId": "5f1b2c3d4e5f60718293a000",
        "date": at.micros() / 1_000,
        "accesses": [{"action": "updateFallthrough", "resource": resource}],
        "kind": "flag",
        "name": name,
        "titleVerb": "updated the flag",
        "title": format!("{} updated the flag {name} in 'Production'", by.name),
        "target": {"_links": {}, "name": name, "resources": [resource]},
        "description": "* Changed the default rollout from 10% to 50%",
        "comment": "",
        "member": {
            "_id": format!("{:024x}", number(&by.login, 1 << 40, 1 << 50)),
            "email": by.email(),
            "firstName": by.name,
            "lastName": "",
        },
    });
    Written::new("launchdarkly", &[("user-agent", "LaunchDarkly-Webhooks/1.0")], &body)
}

fn infrastructure(setting: &Setting, service: &str, by: &Person, state: SettingState) -> Written {
    let Setting { id, area, at, .. } = setting;
    let queued = at.plus_seconds(-QUEUED_SECONDS);
    let (message, trigger, status, updated): (&str, &str, &str, Timestamp) = match state {
        SettingState::Created => ("Run Created", "run:created", "pending", queued),
        SettingState::Applying => ("Run Applying", "run:applying", "applying", at.plus_seconds(-APPLYING_SECONDS)),
        SettingState::Done => ("Run Applied", "run:completed", "applied", *at),
    };
    let workspace = format!("{service}-production");
    let body = json!({
        "payload_version": 1,
        "notification_configuration_id": "nc-AcmeProduction001",
        "run_url": format!("https://app.terraform.io/app/acme/{workspace}/runs/{id}"),
        "run_id": id,
        "run_message": format!("Resize the database of {area}"),
        "run_created_at": queued,
        "run_created_by": by.login,
        "workspace_id": format!("ws-{:016x}", number(&workspace, 0, u64::MAX)),
        "workspace_name": workspace,
        "organization_name": "acme",
        "notifications": [{
            "message": message,
            "trigger": trigger,
            "run_status": status,
            "run_updated_at": updated,
            "run_updated_by": by.login,
        }],
    });
    Written::new("terraform", &[("user-agent", "Terraform-Cloud/1.0")], &body)
}
