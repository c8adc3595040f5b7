//! The demo: three weeks of a company that does not exist, as the deliveries that its tools would have sent.
//!
//! Start at `story.rs`, which lays the deliveries out in time. What happens is data (`tickets.rs`, `changes/`,
//! `rollouts.rs`, `records.rs`, and the alerts); how a tool tells of it is one file for each tool. Everything is a pure
//! function of the moment at which the story ends: no clock, no randomness, the same ids on every run.

use serde_json::Value;
use throughline_domain::time::Timestamp;
use throughline_webhooks::provider::Provider;
use throughline_webhooks::signature::{self, Scheme, sign_standard_webhooks};

use calendar::Calendar;

mod alertmanager;
mod argocd;
mod calendar;
mod cdevents;
mod changes;
mod company;
mod facts;
mod github;
mod ids;
mod jira;
mod landmarks;
mod records;
mod rollouts;
mod story;
mod tickets;

pub use landmarks::{Landmarks, landmarks};

/// A tool of the company that sends webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name of the source, as in its webhook's address: `acme-github`.
    pub name: &'static str,
    /// The name of its provider: `github`.
    pub provider: &'static str,
}

/// One delivery of the story, not yet signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The name of the [`Source`] that sends it.
    pub source: &'static str,
    /// When the tool would have sent it.
    pub at: Timestamp,
    /// The headers, names in lower case; all but those that [`sign`] adds.
    pub headers: Vec<(String, String)>,
    /// The exact bytes of the body.
    pub body: Vec<u8>,
}

const GITHUB: Source = Source { name: "acme-github", provider: "github" };
const JIRA: Source = Source { name: "acme-jira", provider: "jira" };
const CI: Source = Source { name: "acme-ci", provider: "cdevents" };
const ARGOCD: Source = Source { name: "acme-argocd", provider: "argocd" };
const ALERTMANAGER: Source = Source { name: "acme-alertmanager", provider: "alertmanager" };
const RECORDS: Source = Source { name: "acme-records", provider: "facts" };

/// Every tool of the company.
pub fn sources() -> &'static [Source] {
    &[GITHUB, JIRA, CI, ARGOCD, ALERTMANAGER, RECORDS]
}

/// Every delivery of the story, in order of time; the last working day of the story is the last one over at `end`.
pub fn deliveries(end: Timestamp) -> Vec<Delivery> {
    story::tell(&Calendar::ending(end))
}

/// The headers to send a delivery with: its own, and those by which its provider proves who sent it.
///
/// `secret` is the source's, as `source add` printed it; `now` is the time of sending, which some schemes sign.
pub fn sign(delivery: &Delivery, provider: &Provider, secret: &str, now: Timestamp) -> Vec<(String, String)> {
    let mut headers = delivery.headers.clone();
    match provider.schemes.first() {
        Some(Scheme::StandardWebhooks) => {
            let id = delivery.header("webhook-id").unwrap_or_default();
            headers.push(("webhook-timestamp".to_owned(), now.seconds().to_string()));
            let signature = sign_standard_webhooks(secret, id, now, &delivery.body);
            headers.push(("webhook-signature".to_owned(), signature));
        }
        Some(scheme) => headers.extend(signature::sign(*scheme, secret, now, &delivery.body)),
        None => {}
    }
    headers
}

impl Delivery {
    fn new(source: Source, at: Timestamp, headers: &[(&str, &str)], body: &Value) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { source: source.name, at, headers, body: body.to_string().into_bytes() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use throughline_domain::fact::Facts;
    use throughline_domain::time::Timestamp;
    use throughline_webhooks::provider::{Content, Request};
    use throughline_webhooks::providers;
    use throughline_webhooks::signature::verify;

    use super::{Delivery, deliveries, sign, sources};

    const SECRET: &str = "whsec_ZGVtbyBzZWNyZXQgb2YgdGhlIGNvbXBhbnk=";

    fn end() -> Timestamp {
        Timestamp::parse("2026-03-20T19:00:00Z").unwrap()
    }

    /// Everything that a delivery states, read by its provider after its signature was checked.
    fn read(delivery: &Delivery) -> Facts {
        let source = sources().iter().find(|source| source.name == delivery.source).unwrap();
        let provider = providers::find(source.provider).unwrap();
        let headers = sign(delivery, provider, SECRET, end());
        let request = Request { headers: &headers, body: &delivery.body };
        let body = String::from_utf8_lossy(&delivery.body);
        verify(provider.schemes, &request, &[SECRET.to_owned()], end())
            .unwrap_or_else(|error| panic!("{error}: {body}"));
        match (provider.parse)(&request).unwrap_or_else(|error| panic!("{error}: {body}")).content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("{reason}: {body}"),
        }
    }

    /// Everything that the whole story states.
    pub(super) fn read_all() -> Facts {
        let mut all = Facts::default();
        for delivery in deliveries(end()) {
            let facts = read(&delivery);
            all.nodes.extend(facts.nodes);
            all.links.extend(facts.links);
            all.events.extend(facts.events);
            all.mentions.extend(facts.mentions);
            all.announcements.extend(facts.announcements);
        }
        all
    }

    #[test]
    fn the_story_is_the_same_on_every_run() {
        assert_eq!(deliveries(end()), deliveries(end()));
    }

    #[test]
    fn some_hundred_deliveries_in_order_of_time() {
        let deliveries = deliveries(end());
        assert!((300..=500).contains(&deliveries.len()), "{}", deliveries.len());
        assert!(deliveries.is_sorted_by_key(|delivery| delivery.at));
        let (first, last) = (deliveries.first().unwrap().at, deliveries.last().unwrap().at);
        assert!(last <= end() && last.seconds() - first.seconds() > 17 * 86_400, "{first} to {last}");
        let told: BTreeSet<&str> = deliveries.iter().map(|delivery| delivery.source).collect();
        let known: BTreeSet<&str> = sources().iter().map(|source| source.name).collect();
        assert_eq!(told, known);
    }

    #[test]
    fn no_two_deliveries_are_taken_for_one() {
        let mut seen = BTreeSet::new();
        for delivery in deliveries(end()) {
            let source = sources().iter().find(|source| source.name == delivery.source).unwrap();
            let provider = providers::find(source.provider).unwrap();
            let request = Request { headers: &delivery.headers, body: &delivery.body };
            let id = (provider.delivery_id)(&request).unwrap_or_default();
            assert!(seen.insert((delivery.source, id.clone(), delivery.body)), "{} {id}", delivery.source);
        }
        let ids: Vec<&String> = seen.iter().map(|(_, id, _)| id).filter(|id| !id.is_empty()).collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn every_delivery_is_believed_and_read() {
        let facts = read_all();
        for link in &facts.links {
            assert!(link.kind.allows(link.from.kind(), link.to.kind()), "{link:?}");
        }
        assert!(facts.nodes.iter().all(|node| node.at.is_none_or(|at| at <= end())));
    }
}
