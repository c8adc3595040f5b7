//! Kubernetes: what runs in a cluster, as somebody has looked and seen. No deployment is inferred from it.

use throughline_domain::fact::{Attribute, Facts, Field};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::rules::Stated;
use throughline_domain::time::Timestamp;

use crate::draft::Draft;
use crate::evidence;
use crate::evidence::context::{self, Context};
use crate::evidence::moment;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};

mod list;
mod payload;
mod workload;

use payload::Body;
use workload::{Service, Workload};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: NAME,
    title: "Kubernetes snapshot",
    schemes: evidence::SCHEMES,
    kept_headers: &[
        context::REPOSITORY,
        context::COMMIT,
        context::BUILD,
        context::ARTIFACT,
        context::SERVICE,
        context::ENVIRONMENT,
        context::NAME,
        context::AT,
        evidence::ID_HEADER,
        CLUSTER,
    ],
    meaning_headers: &[context::ENVIRONMENT, context::AT, CLUSTER],
    events: &[EVENT],
    documentation: include_str!("doc.md"),
    delivery_id: evidence::delivery_id,
    parse,
};

const NAME: &str = "kubernetes";
const EVENT: &str = "snapshot";
const EXPECTED: &str = "a Kubernetes snapshot";

/// The header with the cluster's name, for people.
const CLUSTER: &str = "throughline-cluster";

/// The version of our own form of a snapshot.
const VERSION: &str = "1";

/// The most workloads of a snapshot, and the most things of a list.
const MAX_WORKLOADS: usize = 20_000;

/// How many digits of a digest are shown.
const SHOWN_DIGITS: usize = 12;

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let body: Body = json::read(request.body, EXPECTED)?;
    let context = Context::of(request);
    let workloads = workloads(&body)?;
    let Some(environment) = context.environment.or(body.environment.get()) else {
        let reason = "the snapshot does not say which environment it is of; send the header throughline-environment";
        return Ok(Parsed::ignored(EVENT, reason));
    };
    let seen = Seen {
        at: context.at.or_else(|| body.at.get().and_then(moment::read)),
        environment,
        cluster: request.header(CLUSTER).or(body.cluster.get()),
        workloads: &workloads,
    };
    match seen.facts()? {
        Some(facts) => Ok(Parsed::facts(EVENT, facts)),
        None => Ok(Parsed::ignored(EVENT, "the environment's name cannot be part of a key")),
    }
}

/// The workloads of a body of either form.
fn workloads(body: &Body) -> Result<Vec<Workload>, ParseError> {
    let broken = |cause: String| ParseError::Body { expected: EXPECTED, cause };
    let too_many = |count| ParseError::TooMany { what: "workloads", count, limit: MAX_WORKLOADS };
    match (&body.workloads, &body.items) {
        (Some(rows), _) => match body.version.get() {
            Some(VERSION) if rows.len() > MAX_WORKLOADS => Err(too_many(rows.len())),
            Some(VERSION) => Ok(rows.iter().map(Workload::of).collect()),
            Some(other) => Err(broken(format!("version '{other}' is not read; this is version {VERSION}"))),
            None => Err(broken("version is missing".to_owned())),
        },
        (None, Some(items)) if items.len() > MAX_WORKLOADS => Err(too_many(items.len())),
        (None, Some(items)) => Ok(list::workloads(items)),
        (None, None) => Err(broken("there are neither workloads nor items".to_owned())),
    }
}

/// What was seen, and where.
struct Seen<'a> {
    at: Option<Timestamp>,
    environment: &'a str,
    cluster: Option<&'a str>,
    workloads: &'a [Workload],
}

impl Seen<'_> {
    /// `None` where the environment has no node.
    fn facts(&self) -> Result<Option<Facts>, ParseError> {
        let mut draft = Draft::new(format!("{NAME}/{EVENT}"), self.at);
        let Some(environment) = context::named(&mut draft, NodeKind::Environment, Some(self.environment)) else {
            return Ok(None);
        };
        let (mut lines, mut running) = (Vec::new(), Vec::new());
        for workload in self.workloads {
            self.state(&mut draft, workload, &mut running, &mut lines);
        }
        draft.state_list(&environment, Field::Observed, &running);
        lines.sort();
        lines.dedup();
        let digest = evidence::digest_of_lines(lines.iter().map(String::as_str));
        let fact = draft
            .fact(&environment)
            .with(Attribute::Result, self.summary())
            .with_some(Attribute::Digest, Some(digest).filter(|_| !lines.is_empty()));
        draft.state(fact);
        let cluster = self.cluster.map(|cluster| format!(" in the cluster {cluster}")).unwrap_or_default();
        draft.event(&environment, None, "observed", None, &format!("{}{cluster}", self.summary()));
        draft.finish().map(Some)
    }

    /// States what one workload runs; `running` takes it for the environment, `lines` what tells one environment from
    /// another.
    fn state(&self, draft: &mut Draft, workload: &Workload, running: &mut Vec<Stated>, lines: &mut Vec<String>) {
        let called = workload.called();
        let service = workload.service.as_ref();
        let service_key = service.and_then(|service| context::named(draft, NodeKind::Service, Some(&service.name)));
        let mut shown = Vec::new();
        for image in &workload.images {
            let Some(artifact) = image.state(draft) else { continue };
            let reason = format!("{called} ran it when the snapshot was taken");
            running.push(Stated { kind: LinkKind::Runs, to: artifact.clone(), reason });
            if let (Some(key), Some(Service { name, class, reason })) = (&service_key, service) {
                let reason = format!("{called} ran it; {reason}");
                draft.link_as(*class, &artifact, LinkKind::Of, key, &reason);
                lines.push(format!("{name} {}", image.digest.as_deref().unwrap_or_default()));
            } else {
                lines.push(format!("{} {}", workload.name, image.digest.as_deref().unwrap_or_default()));
            }
            shown.push(workload::shown(image, SHOWN_DIGITS));
        }
        if let Some(key) = service_key.filter(|_| !shown.is_empty()) {
            let ready = workload.ready.as_deref().map(|ready| format!(", {ready} ready")).unwrap_or_default();
            let summary = format!("{} runs {}{ready}", self.environment, shown.join(" and "));
            draft.event(&key, None, "observed", None, &summary);
        }
    }

    /// How much was seen: `14 workloads, 20 images, 2 without a digest`.
    fn summary(&self) -> String {
        let images = self.workloads.iter().flat_map(|workload| &workload.images);
        let unknown = images.clone().filter(|image| image.digest.is_none()).count();
        let counted = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            count => format!("{count} {word}s"),
        };
        let mut parts = vec![counted(self.workloads.len(), "workload"), counted(images.count(), "image")];
        if unknown > 0 {
            parts.push(format!("{unknown} without a digest"));
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use throughline_domain::fact::{Attribute, Facts, Field};

    use super::parse;
    use crate::provider::{Content, Request};

    const HEX: &str = "0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427";

    fn facts(body: &Value) -> Facts {
        let headers = [
            ("throughline-environment".to_owned(), "production".to_owned()),
            ("throughline-at".to_owned(), "2026-03-14T09:26:06Z".to_owned()),
        ];
        match parse(&Request { headers: &headers, body: body.to_string().as_bytes() }).unwrap().content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn links(facts: &Facts) -> Vec<String> {
        let shown = facts
            .links
            .iter()
            .map(|link| format!("{} {} {} {}", link.from.kind(), link.kind, link.to.kind(), link.class.word()));
        shown.collect()
    }

    fn digest(facts: &Facts) -> Option<&str> {
        let attributes = facts.nodes.iter().flat_map(|node| &node.attributes);
        attributes.filter(|(known, _)| *known == Attribute::Digest).map(|(_, value)| value.as_str()).next_back()
    }

    #[test]
    fn a_workload_has_a_bounded_number_of_images() {
        let image = |number: usize| json!({ "image": format!("ghcr.io/acme/checkout:{number}") });
        let images: Vec<Value> = (0..1_000).map(image).collect();
        let facts = facts(&json!({ "version": 1, "workloads": [{ "name": "checkout", "images": images }] }));
        let summary = facts.events.last().map(|event| event.summary.as_str());
        assert_eq!(summary, Some("1 workload, 200 images, 200 without a digest"));
    }

    #[test]
    fn an_environment_runs_what_was_seen_there() {
        let body = json!({ "version": 1, "workloads": [
            { "kind": "Deployment", "namespace": "shop", "name": "checkout", "service": "checkout",
              "images": [{ "image": "ghcr.io/acme/checkout:1.4.0", "digest": format!("sha256:{HEX}") }, { "image": "a" }] }
        ] });
        let facts = facts(&body);
        assert_eq!(links(&facts), ["artifact of service L2"]);
        let listed: Vec<(Field, usize)> =
            facts.mentions.iter().map(|mention| (mention.field, mention.text.lines().count())).collect();
        assert_eq!(listed, [(Field::Observed, 1)]);
        let summaries: Vec<&str> = facts.events.iter().map(|event| event.summary.as_str()).collect();
        let expected = [
            "production runs ghcr.io/acme/checkout:1.4.0@sha256:0b31b1c02ff4",
            "1 workload, 2 images, 1 without a digest",
        ];
        assert_eq!(summaries, expected);
    }

    #[test]
    fn a_pod_tells_the_digest_and_its_owner_the_workload() {
        let pod = |name: &str, phase: &str, image_id: &str| {
            json!({ "kind": "Pod", "metadata": { "namespace": "shop", "name": name,
                "labels": { "app.kubernetes.io/name": "checkout", "pod-template-hash": "7f9c" },
                "ownerReferences": [{ "kind": "ReplicaSet", "name": "checkout-7f9c", "controller": true }] },
                "spec": { "containers": [{ "name": "main", "image": "ghcr.io/acme/checkout:1.4.0" }] },
                "status": { "phase": phase, "containerStatuses": [{ "name": "main", "image": "sha256:12", "imageID": image_id }] } })
        };
        let full = format!("docker-pullable://ghcr.io/acme/checkout@sha256:{HEX}");
        let body = json!({ "kind": "List", "items": [
            { "kind": "Deployment", "metadata": { "namespace": "shop", "name": "checkout" },
              "spec": { "replicas": 2, "template": { "spec": { "containers": [{ "image": "ghcr.io/acme/checkout:1.4.0" }] } } },
              "status": { "readyReplicas": 2 } },
            pod("checkout-7f9c-a", "Running", &full),
            pod("checkout-7f9c-b", "Running", &full),
            pod("checkout-7f9c-c", "Failed", &format!("ghcr.io/acme/checkout@sha256:{}", "0".repeat(64))),
            { "kind": "ConfigMap", "metadata": { "namespace": "shop", "name": "x" } },
            "no item"
        ] });
        let facts = facts(&body);
        assert_eq!(links(&facts), ["artifact of service L0"]);
        let expected = "production runs ghcr.io/acme/checkout:1.4.0@sha256:0b31b1c02ff4, 2/2 ready";
        assert_eq!(facts.events[0].summary, expected);
        // The id of an image that was never in a registry is no digest of its manifest.
        let local = json!({ "items": [pod("checkout-7f9c-a", "Running", &format!("sha256:{HEX}"))] });
        assert!(super::parse(&Request { headers: &[], body: local.to_string().as_bytes() }).is_ok());
        assert!(self::facts(&local).mentions.iter().all(|mention| mention.text.is_empty()));
    }

    #[test]
    fn equal_environments_have_equal_digests() {
        let row = |namespace: &str, digit: &str| {
            json!({ "namespace": namespace, "name": "checkout",
                "images": [{ "image": "ghcr.io/acme/checkout", "digest": format!("sha256:{}", digit.repeat(64)) }] })
        };
        let of = |rows: Value| digest(&facts(&json!({ "version": 1, "workloads": rows }))).map(str::to_owned);
        assert_eq!(of(json!([row("a", "1"), row("a", "2")])), of(json!([row("b", "2"), row("b", "1"), row("b", "1")])));
        assert_ne!(of(json!([row("a", "1")])), of(json!([row("a", "2")])));
        assert_eq!(of(json!([])), None);
    }

    #[test]
    fn what_is_no_snapshot_says_so() {
        let read = |body: Value| parse(&Request { headers: &[], body: body.to_string().as_bytes() });
        for body in [json!({}), json!({ "workloads": [] }), json!({ "version": 2, "workloads": [] })] {
            assert!(read(body.clone()).is_err(), "{body}");
        }
        assert!(matches!(read(json!({ "items": [] })).unwrap().content, Content::Ignored(_)));
    }
}
