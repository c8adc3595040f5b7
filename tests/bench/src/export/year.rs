//! The simulated year: what the tools say of each change to production, written as facts.
//!
//! A change is complete: a ticket, a pull request that was approved after its last push, a commit on the one before it, a
//! pipeline run that passed, an image by digest, and a deployment. So its row has no exception, which the measurement
//! checks.

use serde_json::{Value, json};
use throughline_domain::hex;
use throughline_domain::time::Timestamp;
use throughline_tests::random::Random;

/// The first day of the year and its last, as an export is asked for them.
pub const DAYS: [&str; 2] = ["2025-01-01", "2025-12-31"];

/// How many deliveries tell of one change.
pub const DELIVERIES: usize = 5;

/// The first second of the year.
const BEGIN: i64 = 1_735_689_600;

const SECONDS: u64 = 365 * 86_400;

/// How many people write changes.
const AUTHORS: u64 = 40;

/// How many others approve them.
const REVIEWERS: u64 = 12;

/// What makes the seed of an image another one than that of its commit.
const IMAGE: u64 = 1 << 63;

const TRACKER: &str = "acme.atlassian.example";

/// How many hours before its deployment something happens to a change.
const OPENED: i64 = 72;
const PUSHED: i64 = 4;
const APPROVED: i64 = 3;
const MERGED: i64 = 2;
const BUILT: i64 = 1;

/// A year of deployments to production, one after the other, of each service in turn.
#[derive(Clone, Copy, Debug)]
pub struct Year {
    /// How many deployments.
    pub changes: u64,
    /// How many services.
    pub services: u64,
}

impl Year {
    /// What the tools say of a change, counted from 0, in the order in which they say it: a body for each delivery.
    pub fn deliveries(self, number: u64) -> [Value; DELIVERIES] {
        let place = number.saturating_mul(SECONDS).checked_div(self.changes).unwrap_or_default();
        let deployed = Timestamp::from_seconds(BEGIN.saturating_add_unsigned(place));
        let service = format!("service-{:03}", number.checked_rem(self.services).unwrap_or_default());
        let change = Change {
            number,
            before: number.checked_sub(self.services),
            deployed,
            repository: format!("https://github.com/acme/{service}"),
            service,
            author: format!("dev-{}", number % AUTHORS),
            reviewer: format!("lead-{}", number % REVIEWERS),
        };
        [change.ticket(), change.opened(), change.merged(), change.built(), change.deployed()]
    }

    /// The full id of the commit of the last change.
    pub fn last_commit(self) -> String {
        commit_id(self.changes.saturating_sub(1))
    }
}

struct Change {
    number: u64,
    /// The change to the same service before it.
    before: Option<u64>,
    deployed: Timestamp,
    service: String,
    repository: String,
    author: String,
    reviewer: String,
}

impl Change {
    fn ticket(&self) -> Value {
        let mut ticket = self.ticket_named();
        add(&mut ticket, "title", json!(format!("Customers of {} wait too long, case {}", self.service, self.number)));
        add(&mut ticket, "attributes", json!({ "state": "Done" }));
        self.told(OPENED, json!([ticket]))
    }

    fn opened(&self) -> Value {
        let mut change = self.change_named();
        add(&mut change, "title", json!(self.title()));
        add(&mut change, "url", json!(format!("{}/pull/{}", self.repository, self.number)));
        add(
            &mut change,
            "links",
            json!([
                { "kind": "resolves", "to": self.ticket_named() },
                { "kind": "authored_by", "to": person(&self.author) },
            ]),
        );
        add(
            &mut change,
            "events",
            json!([{ "what": "opened", "actor": self.author }, { "what": "pushed", "actor": self.author }]),
        );
        let mut links = vec![
            json!({ "kind": "part_of", "to": self.change_named() }),
            json!({ "kind": "authored_by", "to": person(&self.author) }),
        ];
        links.extend(self.before.map(|before| json!({ "kind": "parent", "to": self.commit_named(before) })));
        let mut commit = self.commit_named(self.number);
        add(&mut commit, "kind", json!("commit"));
        add(&mut commit, "title", json!(self.title()));
        add(&mut commit, "attributes", json!({ "occurred_at": self.at(PUSHED) }));
        add(&mut commit, "links", json!(links));
        self.told(PUSHED, json!([change, commit]))
    }

    fn merged(&self) -> Value {
        let mut change = self.change_named();
        add(&mut change, "attributes", json!({ "state": "merged" }));
        add(&mut change, "links", json!([{ "kind": "approved_by", "to": person(&self.reviewer) }]));
        add(
            &mut change,
            "events",
            json!([
                { "what": "approved", "actor": self.reviewer, "at": self.at(APPROVED) },
                { "what": "merged", "actor": self.author },
            ]),
        );
        self.told(MERGED, json!([change]))
    }

    fn built(&self) -> Value {
        let mut run = self.run_named();
        add(&mut run, "title", json!("build and test"));
        add(&mut run, "attributes", json!({ "outcome": "success", "finished_at": self.at(BUILT) }));
        add(&mut run, "links", json!([{ "kind": "built_from", "to": self.commit_named(self.number) }]));
        let image = json!({
            "kind": "artifact",
            "digest": digest(self.number),
            "title": format!("{}:1.{}.0", self.service, self.number),
            "attributes": {
                "package": format!("ghcr.io/acme/{}", self.service),
                "version": format!("1.{}.0", self.number),
            },
            "links": [
                { "kind": "produced_by", "to": self.run_named() },
                { "kind": "built_from", "to": self.commit_named(self.number) },
            ],
        });
        self.told(BUILT, json!([run, image]))
    }

    fn deployed(&self) -> Value {
        let deployment = json!({
            "kind": "deployment",
            "id": format!("rollout-{}", self.number),
            "title": format!("{} 1.{}.0 to production", self.service, self.number),
            "attributes": { "outcome": "success", "finished_at": self.at(0) },
            "links": [
                { "kind": "deploys", "to": { "digest": digest(self.number) } },
                { "kind": "deployed_to", "to": { "kind": "environment", "id": "production" } },
                { "kind": "of", "to": { "kind": "service", "id": self.service } },
                { "kind": "triggered_by", "to": person(&self.author) },
            ],
            "events": [{ "what": "deployed", "actor": self.author }],
        });
        self.told(0, json!([deployment]))
    }

    fn told(&self, hours: i64, facts: Value) -> Value {
        json!({ "version": 1, "at": self.at(hours), "facts": facts })
    }

    fn at(&self, hours: i64) -> Timestamp {
        self.deployed.plus_seconds(hours * -3_600)
    }

    fn title(&self) -> String {
        format!("Answer from memory where the {} asks twice, part {}", self.service, self.number)
    }

    fn ticket_named(&self) -> Value {
        json!({ "kind": "ticket", "id": format!("PAY-{}", self.number + 1), "provider": "jira", "host": TRACKER })
    }

    fn change_named(&self) -> Value {
        let id = self.number.to_string();
        json!({ "kind": "change", "id": id, "provider": "github", "repository": self.repository })
    }

    fn run_named(&self) -> Value {
        let id = (7_000_000_000 + self.number).to_string();
        json!({ "kind": "pipeline_run", "id": id, "provider": "github", "repository": self.repository })
    }

    fn commit_named(&self, number: u64) -> Value {
        json!({ "commit": commit_id(number), "repository": self.repository })
    }
}

fn person(login: &str) -> Value {
    json!({ "kind": "person", "id": login, "provider": "github", "host": "github.com" })
}

fn commit_id(number: u64) -> String {
    hex::encode(&Random::new(number).bytes(20))
}

fn digest(number: u64) -> String {
    format!("sha256:{}", hex::encode(&Random::new(number ^ IMAGE).key()))
}

/// Adds a member to an object.
fn add(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use throughline_webhooks::provider::{Content, Request};
    use throughline_webhooks::providers;

    use super::Year;

    #[test]
    fn every_delivery_is_read_by_its_provider() {
        let provider = providers::find("facts").unwrap();
        let year = Year { changes: 10, services: 3 };
        for number in [0, 9] {
            for delivery in year.deliveries(number) {
                let body = delivery.to_string();
                let parsed = (provider.parse)(&Request { headers: &[], body: body.as_bytes() });
                let parsed = parsed.unwrap_or_else(|error| panic!("{error}\n{body}"));
                assert!(matches!(parsed.content, Content::Facts(_)), "{body}");
            }
        }
        assert_eq!(year.last_commit().len(), 40);
    }
}
