//! What alerts say. Most name a service and a symptom; about a third name a path of the interface, too.

use throughline_domain::time::Timestamp;

use super::pieces::{Alert, Cause};
use crate::year::chance::Chance;
use crate::year::company::{Company, Service};
use crate::year::table::Id;

/// How many of a hundred alerts name the part at which they were noticed.
const NAMING_PERCENT: usize = 33;

/// How many of a hundred alerts about failing calls say whom was called.
const UPSTREAM_PERCENT: usize = 35;

/// How many of a hundred critical alerts become an incident.
const INCIDENT_PERCENT: usize = 60;

/// A rule: its name, its severity, and its symptom; `{}` is what it was seen on.
const RULES: [(&str, &str, &str); 6] = [
    ("HighErrorRate", "critical", "More than 5% of the requests to {} fail"),
    ("HighLatency", "warning", "The 99th percentile of {} is over 2 seconds"),
    ("RequestsTimingOut", "critical", "Requests to {} time out"),
    ("QueueGrowing", "warning", "The queue of {} has grown for ten minutes"),
    ("TooManyRestarts", "critical", "{} was restarted four times in ten minutes"),
    ("MemoryNearLimit", "warning", "{} uses over 90% of its memory"),
];

/// What fires.
pub(super) struct Firing {
    /// When.
    pub(super) at: Timestamp,
    /// On which service.
    pub(super) service: Id<Service>,
    /// At which part of it.
    pub(super) area: &'static str,
    /// The service whose answers it misses.
    pub(super) upstream: Option<Id<Service>>,
    /// Why.
    pub(super) cause: Cause,
}

/// The alert as its rule words it.
pub(super) fn alert(company: &Company, chance: &mut Chance, firing: Firing) -> Alert {
    let Firing { at, service, area, upstream, cause } = firing;
    let name = &company.services.at(service).alerting_name;
    let (rule, severity, symptom) = *chance.pick(&RULES);
    let handler = chance.percent(NAMING_PERCENT).then(|| format!("/api/v1/{area}"));
    let seen_on = handler.as_ref().map_or_else(|| name.clone(), |handler| format!("{name} {handler}"));
    let called = upstream.filter(|_| chance.percent(UPSTREAM_PERCENT));
    let description = match called {
        Some(called) => {
            format!("Calls to {} fail or are slow. Seen for five minutes.", company.services.at(called).name)
        }
        None => "Seen for five minutes.".to_owned(),
    };
    let is_incident = severity == "critical" && chance.percent(INCIDENT_PERCENT);
    let incident = format!("Q{}", chance.hex(13).to_uppercase());
    Alert {
        service,
        rule,
        severity,
        summary: symptom.replace("{}", &seen_on),
        description,
        handler,
        starts: at,
        ends: None,
        incident: is_incident.then_some(incident),
        cause,
    }
}
