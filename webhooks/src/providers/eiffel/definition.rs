//! What other events refer to: environments, issues and announcements.

use throughline_domain::fact::{Attribute, Field};
use throughline_domain::key::{Key, KeyParts};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::{NodeKind, Outcome};
use throughline_domain::repository::Repository;
use url::Url;

use super::Unread;
use super::flow::{Flow, by_id};
use super::payload::Event;
use crate::draft::shortened;
use crate::provider::ParseError;

/// How many characters of an event's id people see.
const SHORT_ID_CHARS: usize = 8;

/// An environment in which things are built, tested or run.
pub(super) fn environment(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let key = by_id(NodeKind::Environment, event.id()?)?;
    let data = &event.data;
    let name = data.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or("environment");
    let version = data.version.as_deref();
    let fact = flow
        .draft
        .fact(&key)
        .with(Attribute::Title, version.map_or(name.to_owned(), |version| format!("{name} {version}")))
        .with(Attribute::Reference, name)
        .with_some(Attribute::Version, version)
        .with_some(Attribute::Package, data.image.as_deref())
        .named(Name::plain(name))
        .page(data.uri.as_deref());
    flow.draft.state(fact);
    flow.draft.event(&key, None, "defined", None, &format!("{name} defined"));
    Ok(None)
}

/// An issue of a tracker, under the id that other events know it by.
pub(super) fn issue(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let key = by_id(NodeKind::Ticket, event.id()?)?;
    let data = &event.data;
    let id = data.id.as_deref().filter(|id| !id.trim().is_empty()).unwrap_or("issue");
    let title = data.title.clone().unwrap_or_else(|| match data.tracker.as_deref() {
        Some(tracker) => format!("{id} in {tracker}"),
        None => id.to_owned(),
    });
    // The page is the tracker's; as a name of this node it would take it from the tracker's own ticket.
    let page = data.uri.as_deref().filter(|uri| Name::url(uri).is_some());
    let fact = flow
        .draft
        .fact(&key)
        .with(Attribute::Title, title)
        .with(Attribute::Reference, id)
        .with_some(Attribute::Category, data.kind.as_deref().map(|kind| kind.to_lowercase().replace('_', " ")))
        .with_some(Attribute::Url, page)
        .moment(Attribute::OccurredAt, event.at());
    flow.draft.state(fact);
    flow.draft.event(&key, None, "defined", None, &format!("{id} defined"));
    if let Some(ticket) = page.and_then(tracked) {
        flow.draft.link(&key, LinkKind::ChildOf, &ticket, "the event stands for the issue at this address");
    }
    Ok(None)
}

/// Issues were verified, or were not.
pub(super) fn verified(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let links = [
        ("SUCCESSFUL_ISSUE", "verified", "verified"),
        ("FAILED_ISSUE", "verification-failed", "the verification failed"),
        ("INCONCLUSIVE_ISSUE", "verification-inconclusive", "the verification was inconclusive"),
    ];
    let mut found = false;
    for (link, what, summary) in links {
        for issue in flow.targets(event, link)? {
            found = true;
            flow.draft.state(flow.draft.fact(&issue));
            flow.draft.event(&issue, None, what, None, summary);
        }
    }
    Ok(if found { None } else { Some("the event names no issue that was verified".to_owned()) })
}

/// An announcement, usually of trouble with the pipeline; a later one may change it.
pub(super) fn announcement(flow: &mut Flow<'_>, event: &Event) -> Result<Unread, ParseError> {
    let own = by_id(NodeKind::Incident, event.id()?)?;
    let first = flow.target(event, "MODIFIED_ANNOUNCEMENT")?;
    let key = first.clone().unwrap_or(own);
    let data = &event.data;
    let heading = data.heading.as_deref().unwrap_or("announcement");
    let severity = data.severity.as_deref().unwrap_or_default();
    let outcome = match severity {
        "CLOSED" => Outcome::Success,
        "CANCELED" => Outcome::Abandoned,
        _ => Outcome::Running,
    };
    let ended = outcome != Outcome::Running;
    let fact = flow
        .draft
        .fact(&key)
        .with(Attribute::Title, heading)
        .with(Attribute::Reference, shortened(&key.parts().resource, SHORT_ID_CHARS))
        .with(Attribute::Severity, if ended { "" } else { severity })
        .with(Attribute::State, if severity.is_empty() { "announced" } else { severity })
        .outcome(outcome)
        .with_some(Attribute::Description, data.body.as_deref())
        .moment(Attribute::OccurredAt, event.at().filter(|_| first.is_none()))
        .moment(Attribute::StartedAt, event.at().filter(|_| first.is_none()))
        .moment(Attribute::FinishedAt, event.at().filter(|_| ended))
        .page(data.uri.as_deref());
    flow.draft.state(fact);
    let what = if ended { "closed" } else { "announced" };
    flow.draft.event(&key, None, what, None, heading);
    flow.draft.mention(&key, Field::Title, data.heading.as_deref(), None);
    flow.draft.mention(&key, Field::Body, data.body.as_deref(), None);
    Ok(None)
}

/// The ticket whose page this is, where the address alone says so: issues of github.com, and Jira's `/browse/PAY-12`.
/// The keys are those that the providers of these tools make.
fn tracked(page: &str) -> Option<Key> {
    let url = Url::parse(page).ok()?;
    let host = url.host_str()?;
    let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        [owner, name, "issues", number, ..] if host == "github.com" => {
            let number: u64 = number.parse().ok()?;
            let repository = Repository::new(host, &format!("{owner}/{name}"))?;
            repository.resource("github", NodeKind::Ticket, &number.to_string()).ok()
        }
        [.., "browse", ticket] => {
            let resource = ticket.to_uppercase();
            let (project, number) = resource.split_once('-')?;
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let parts = KeyParts {
                provider: "jira".to_owned(),
                provider_id: host.to_lowercase(),
                namespace: project.to_owned(),
                groups: String::new(),
                resource: resource.clone(),
            };
            Key::new(NodeKind::Ticket, &parts).ok().filter(|_| is_number)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::tracked;

    #[test]
    fn a_page_of_a_known_tracker_is_its_ticket() {
        for (page, expected) in [
            ("https://github.com/acme/checkout/issues/7", "cdevents:v0:github:github.com:acme:checkout:ticket:7"),
            ("https://acme.atlassian.net/browse/pay-12", "cdevents:v0:jira:acme.atlassian.net:PAY::ticket:PAY-12"),
        ] {
            assert_eq!(tracked(page).unwrap().as_str(), expected);
        }
        for page in ["https://github.com/acme/checkout/pull/7", "https://acme.atlassian.net/browse/PAY", "PAY-12"] {
            assert_eq!(tracked(page), None, "{page}");
        }
    }
}
