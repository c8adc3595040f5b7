//! A service of PagerDuty: its name, its page, the teams that answer for it.

use throughline_domain::fact::Facts;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;

use super::broken;
use super::payload::Incident;
use crate::draft::{Draft, by};
use crate::provider::ParseError;

/// The most teams of one service.
const MAX_TEAMS: usize = 1_000;

/// The word for an event, without its prefix; `None` for those that are not read.
pub(super) fn what(event: &str) -> Option<&'static str> {
    ["created", "updated", "deleted"].into_iter().find(|known| *known == event)
}

/// Everything that an event says of a service.
///
/// Its page in PagerDuty is a name of the service and not its address, for which other tools have better ones. That it was
/// deleted there does not end the service, and so is told in its timeline alone.
pub(super) fn facts(
    at: Option<Timestamp>,
    what: &str,
    service: &Incident,
    agent: Option<&str>,
) -> Result<Facts, ParseError> {
    let mut draft = Draft::new("pagerduty/service", at);
    let name = service.summary.get().ok_or_else(|| broken("the service has no summary"))?;
    let key = draft.named(NodeKind::Service, Some(name)).ok_or_else(|| broken("the service's name is too long"))?;
    if let Some(page) = service.html_url.get().and_then(Name::url) {
        let fact = draft.fact(&key).named(page);
        draft.state(fact);
    }
    let teams = service.teams.as_deref().unwrap_or_default();
    if teams.len() > MAX_TEAMS {
        return Err(ParseError::TooMany { what: "teams", count: teams.len(), limit: MAX_TEAMS });
    }
    for team in teams {
        if let Some(team) = draft.named(NodeKind::Team, team.summary.get()) {
            draft.link(&key, LinkKind::OwnedBy, &team, "the service's team in PagerDuty");
        }
    }
    draft.event(&key, None, what, agent, &by(&format!("{name} {what} in PagerDuty"), agent));
    draft.finish()
}
