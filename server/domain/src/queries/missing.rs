//! What a node lacks that its kind should have, why that matters, and how to mend it.

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, NodeId, NodeRecord};
use crate::link::LinkKind;
use crate::node::{NodeKind, Outcome};
use crate::queries::running::{Subject, Timeline, name_of};
use crate::queries::trace::Heading;
use crate::queries::walk::{self, Arrow};
use crate::time::Timestamp;

/// A link that should be there and is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The node that lacks it.
    pub node: NodeId,
    /// What is missing, as a word: `ticket`, `build`, `owner`.
    pub what: String,
    /// What it means, in words: "no ticket is known for this pull request".
    pub why: String,
    /// What to do: "write the ticket's key into the title, for example 'PAY-12: …'".
    pub fix: String,
}

/// When a node of the kind must have what is expected of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    /// From its first day.
    Always,
    /// Once it has ended well.
    WhenDone,
}

/// What every node of a kind should have: one link of these kinds, that way, to a node of these kinds.
struct Expectation {
    kind: NodeKind,
    due: Due,
    heading: Heading,
    links: &'static [LinkKind],
    /// Empty means that any will do.
    ends: &'static [NodeKind],
    what: &'static str,
    why: &'static str,
    fix: &'static str,
}

/// Every expectation; a new one is a new row.
const EXPECTATIONS: &[Expectation] = &[
    Expectation {
        kind: NodeKind::Change,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::Resolves, LinkKind::RelatesTo, LinkKind::Mentions],
        ends: &[NodeKind::Ticket],
        what: "ticket",
        why: "no ticket is known for this pull request, so nothing says why it was made",
        fix: "write the ticket's key into the title or description, for example 'PAY-12: …' or 'Fixes #42'; \
              if it is there already, connect the tracker, so that the key is known to be one",
    },
    Expectation {
        kind: NodeKind::Commit,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::PartOf],
        ends: &[NodeKind::Change],
        what: "change",
        why: "no pull request is known that brought this commit in, so nobody is known to have reviewed it",
        fix: "send the pull request events of its repository here; if it was pushed directly, protect the branch",
    },
    Expectation {
        kind: NodeKind::PipelineRun,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::BuiltFrom],
        ends: &[NodeKind::Commit],
        what: "commit",
        why: "it is not known which commit this pipeline ran on",
        fix: "let the pipeline report the repository's address and the full commit id with its run",
    },
    Expectation {
        kind: NodeKind::Build,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::BuiltFrom, LinkKind::PartOf],
        ends: &[NodeKind::Commit, NodeKind::PipelineRun],
        what: "commit",
        why: "it is not known which commit this build was made from",
        fix: "let the build report the repository's address and the full commit id",
    },
    Expectation {
        kind: NodeKind::Job,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::PartOf, LinkKind::BuiltFrom],
        ends: &[NodeKind::PipelineRun, NodeKind::Commit],
        what: "pipeline run",
        why: "it is not known which pipeline run this job belongs to",
        fix: "send the pipeline's own events as well as those of its jobs",
    },
    Expectation {
        kind: NodeKind::TestRun,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::Verifies, LinkKind::PartOf],
        ends: &[],
        what: "subject",
        why: "it is not known what was tested, so the result counts for nothing",
        fix: "let the test report name the full commit id, the build or the artifact's digest",
    },
    Expectation {
        kind: NodeKind::Scan,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::Verifies],
        ends: &[],
        what: "subject",
        why: "it is not known what was scanned, so the result counts for nothing",
        fix: "let the scan report name the full commit id or the artifact's digest",
    },
    Expectation {
        kind: NodeKind::Artifact,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::ProducedBy, LinkKind::BuiltFrom],
        ends: &[],
        what: "build",
        why: "no build and no commit is known that this artifact comes from",
        fix: "let the build report the digest of what it pushes (a provenance attestation, a CDEvents \
              'artifact.published', or a 'facts' delivery), or label the image with its source and revision",
    },
    Expectation {
        kind: NodeKind::Release,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::Includes],
        ends: &[],
        what: "contents",
        why: "it is not known what this release gives out",
        fix: "make the release from a tag of a connected repository, or let it name its artifacts by digest",
    },
    Expectation {
        kind: NodeKind::Deployment,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::Deploys],
        ends: &[],
        what: "artifact",
        why: "it is not known what this deployment brought, so no change can be traced through it",
        fix: "let the deployment name the artifact's digest or the full commit id",
    },
    Expectation {
        kind: NodeKind::Deployment,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::DeployedTo],
        ends: &[],
        what: "environment",
        why: "it is not known where this deployment went",
        fix: "let the deployment name its environment, for example 'production'",
    },
    Expectation {
        kind: NodeKind::Deployment,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::Of],
        ends: &[],
        what: "service",
        why: "it is not known which service this deployment is of, so no alert can be traced to it",
        fix: "let the deployment name its service by the name that the alerts use",
    },
    Expectation {
        kind: NodeKind::Alert,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::FiresOn],
        ends: &[NodeKind::Service],
        what: "service",
        why: "it is not known which service this alert is about, so what was running cannot be told",
        fix: "add a label 'service' to the alert's rule, with the name that the deployments use",
    },
    Expectation {
        kind: NodeKind::Alert,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::InstanceOf],
        ends: &[],
        what: "alert rule",
        why: "it is not known which rule raised this alert",
        fix: "let the alert carry its rule's name, as Alertmanager's label 'alertname' does",
    },
    Expectation {
        kind: NodeKind::AlertRule,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::DocumentedBy],
        ends: &[NodeKind::Document],
        what: "runbook",
        why: "no document says what to do when this rule fires",
        fix: "write a runbook, and put its address into the rule's annotation 'runbook_url'",
    },
    Expectation {
        kind: NodeKind::Service,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::OwnedBy],
        ends: &[],
        what: "owner",
        why: "it is not known who answers for this service",
        fix: "state the owning team, in a 'facts' delivery with a link 'owned_by'",
    },
    Expectation {
        kind: NodeKind::Component,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::OwnedBy],
        ends: &[],
        what: "owner",
        why: "it is not known who answers for this part of the repository",
        fix: "name an owner for the path in the repository's CODEOWNERS file",
    },
    Expectation {
        kind: NodeKind::Incident,
        due: Due::Always,
        heading: Heading::Upstream,
        links: &[LinkKind::Groups, LinkKind::FiresOn, LinkKind::Of, LinkKind::CausedBy, LinkKind::Mentions],
        ends: &[
            NodeKind::Alert,
            NodeKind::Service,
            NodeKind::Deployment,
            NodeKind::Change,
            NodeKind::ConfigChange,
            NodeKind::Commit,
        ],
        what: "alert or service",
        why: "nothing says what this incident is about, so it cannot be traced to a change",
        fix: "let the incident name its alerts by fingerprint, or the service by the name that the deployments use",
    },
    Expectation {
        kind: NodeKind::Incident,
        due: Due::WhenDone,
        heading: Heading::Downstream,
        links: &[LinkKind::Analyses],
        ends: &[NodeKind::Document],
        what: "postmortem",
        why: "the incident is over and no document examines it",
        fix: "write the postmortem, and state it in a 'facts' delivery with a link 'analyses' to the incident",
    },
];

/// What to do where a node of the kind is known only because something else points at it. Other kinds, such as
/// services and people, are always known by name alone.
const UNSTATED: &[(NodeKind, &str)] = &[
    (NodeKind::Ticket, "add the ticket's tracker as a source, or send the ticket's events again from there"),
    (NodeKind::Change, "send the pull request events of its repository here"),
    (NodeKind::Commit, "send the push events of its repository here"),
    (NodeKind::PipelineRun, "send the events of the pipeline here"),
    (NodeKind::Build, "send the events of the build here"),
    (NodeKind::Artifact, "send the events of the registry that keeps it, or of the build that makes it, here"),
    (NodeKind::Release, "send the release events of its repository here"),
    (NodeKind::Deployment, "send the events of the deployment tool here"),
    (NodeKind::Alert, "send the alerts of the monitoring tool here"),
    (NodeKind::Incident, "send the events of the incident tool here"),
];

/// What a node lacks, in the order of the table of expectations; empty where its kind needs nothing more.
///
/// The cost is the node's links, and for an alert or incident those of its services.
pub fn of(graph: &Graph, node: NodeId) -> Vec<Missing> {
    lacking(graph, node, &mut Timeline::new(graph), None)
}

/// As [`of`], with a timeline that is shared among nodes; `at` replaces the moment at which an alert fired.
pub(super) fn lacking(graph: &Graph, node: NodeId, timeline: &mut Timeline<'_>, at: Option<Timestamp>) -> Vec<Missing> {
    let Some(record) = graph.node(node) else { return Vec::new() };
    let own = EXPECTATIONS.iter().filter(|expected| expected.kind == record.kind);
    let unmet = own.filter(|expected| is_due(expected, record) && !is_met(graph, node, expected));
    let links = unmet.map(|expected| missing(node, expected.what, expected.why, expected.fix));
    unstated(node, record).into_iter().chain(links).chain(nothing_running(graph, node, timeline, at)).collect()
}

/// Everything that a node lacks, also what no chain suffers from: a document that nothing names, an alert for which
/// nobody answers.
pub(super) fn thorough(graph: &Graph, node: NodeId, timeline: &mut Timeline<'_>) -> Vec<Missing> {
    let further = unread(graph, node).into_iter().chain(unanswered(graph, node));
    lacking(graph, node, timeline, None).into_iter().chain(further).collect()
}

/// As [`of`], with what no chain suffers from: a document that nothing names, an alert for which nobody answers.
pub fn all(graph: &Graph, node: NodeId) -> Vec<Missing> {
    thorough(graph, node, &mut Timeline::new(graph))
}

/// Whether nodes of the kind are looked at where everything that lacks something is listed.
pub fn is_examined(kind: NodeKind) -> bool {
    kind == NodeKind::Document || is_expected_of(kind)
}

/// A document to which nothing points, and which points at no work either.
fn unread(graph: &Graph, node: NodeId) -> Option<Missing> {
    graph.node(node).filter(|record| record.kind == NodeKind::Document)?;
    let about = [LinkKind::Analyses, LinkKind::Mentions, LinkKind::DocumentedBy];
    let names_work = graph.upstream(node).any(|(_, link)| about.contains(&link.kind));
    if names_work || graph.downstream(node).next().is_some() {
        return None;
    }
    let fix = "write the document's address into the ticket or the alert rule that it belongs to, or name the ticket in \
               its text";
    Some(missing(node, "reader", "nothing refers to this document, and it refers to no work", fix))
}

/// An alert of a known service for which neither that service nor the alert's rule has an owner.
fn unanswered(graph: &Graph, node: NodeId) -> Option<Missing> {
    graph.node(node).filter(|record| record.kind == NodeKind::Alert)?;
    let about = [LinkKind::FiresOn, LinkKind::InstanceOf];
    let subjects = graph.upstream(node).filter(|(_, link)| about.contains(&link.kind)).map(|(_, link)| link.to);
    let subjects: Vec<NodeId> = subjects
        .filter(|subject| {
            graph.node(*subject).is_some_and(|record| matches!(record.kind, NodeKind::Service | NodeKind::AlertRule))
        })
        .collect();
    let owned = |subject: &NodeId| graph.upstream(*subject).any(|(_, link)| link.kind == LinkKind::OwnedBy);
    if subjects.is_empty() || subjects.iter().any(owned) {
        return None;
    }
    let called = names(graph, &subjects);
    let why = match subjects.as_slice() {
        [_] => format!("{called} has no owner, so nobody is known to answer for this alert"),
        _ => format!(
            "neither {} has an owner, so nobody is known to answer for this alert",
            called.replace("' and '", "' nor '")
        ),
    };
    Some(missing(node, "owner", why, "name the owning team of the service in the catalog, or in a 'facts' delivery"))
}

/// Whether anything is expected of nodes of the kind.
pub fn is_expected_of(kind: NodeKind) -> bool {
    EXPECTATIONS.iter().any(|expected| expected.kind == kind) || UNSTATED.iter().any(|(known, _)| *known == kind)
}

fn missing(node: NodeId, what: &str, why: impl Into<String>, fix: impl Into<String>) -> Missing {
    Missing { node, what: what.to_owned(), why: why.into(), fix: fix.into() }
}

fn is_due(expected: &Expectation, record: &NodeRecord) -> bool {
    match expected.due {
        Due::Always => true,
        Due::WhenDone => record.outcome == Some(Outcome::Success),
    }
}

/// Whether the node, or for a change one of its commits, has the expected link: a ticket that only a commit names is a
/// ticket of the pull request.
fn is_met(graph: &Graph, node: NodeId, expected: &Expectation) -> bool {
    let has =
        |node: NodeId| walk::arrows(graph, node, expected.heading).iter().any(|arrow| fits(graph, expected, arrow));
    let mut parts = graph.downstream(node).filter(|(_, link)| link.kind == LinkKind::PartOf);
    has(node) || (expected.kind == NodeKind::Change && parts.any(|(_, part)| has(part.from)))
}

fn fits(graph: &Graph, expected: &Expectation, arrow: &Arrow) -> bool {
    let end = graph.node(arrow.ahead(expected.heading)).map(|node| node.kind);
    arrow.kind().is_some_and(|kind| expected.links.contains(&kind))
        && (expected.ends.is_empty() || end.is_some_and(|kind| expected.ends.contains(&kind)))
}

fn unstated(node: NodeId, record: &NodeRecord) -> Option<Missing> {
    let (kind, fix) = UNSTATED.iter().find(|(kind, _)| *kind == record.kind && !record.stated)?;
    let label = kind.label().to_lowercase();
    let why = format!("something else names this {label}; nothing has been received about the {label} itself");
    Some(missing(node, "record", why, *fix))
}

/// An alert or incident whose service is known and for which no deployment is.
fn nothing_running(graph: &Graph, node: NodeId, timeline: &mut Timeline<'_>, at: Option<Timestamp>) -> Option<Missing> {
    let subject = Subject::of(graph, node).filter(|subject| !subject.services.is_empty())?;
    let what = "running deployment";
    let Some(moment) = at.or(subject.occurred) else {
        let why = "it is not known when this began, so what was running then cannot be told";
        return Some(missing(node, what, why, "let the tool report the time at which it began"));
    };
    if !timeline.running(node, at).is_empty() {
        return None;
    }
    let services = names(graph, &subject.services);
    let places = names(graph, &subject.environments);
    let (to, both) = if places.is_empty() {
        (String::new(), format!("the service {services}"))
    } else {
        (format!(" to {places}"), format!("the service {services} and the environment {places}"))
    };
    Some(missing(
        node,
        what,
        format!("no successful deployment of {services}{to} is known up to {}", moment.to_minute()),
        format!("send the events of the deployment tool here, and let them name {both} just so"),
    ))
}

fn names(graph: &Graph, nodes: &[NodeId]) -> String {
    let mut names: Vec<String> = nodes.iter().map(|node| format!("'{}'", name_of(graph, *node))).collect();
    names.sort();
    names.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::{EXPECTATIONS, UNSTATED, all, of};
    use crate::queries::testing::World;
    use crate::queries::trace::Heading;

    fn check(text: &str, word: &str, expected: &[&str]) {
        let world = World::read(text);
        let lacks = of(&world.graph, world.id(word));
        assert_eq!(lacks.iter().map(|missing| missing.what.as_str()).collect::<Vec<_>>(), expected, "{text}");
        for missing in &lacks {
            assert!(!missing.why.is_empty() && !missing.fix.is_empty());
            assert_eq!(missing.node, world.id(word));
        }
    }

    #[test]
    fn every_row_can_be_met() {
        for expected in EXPECTATIONS {
            for link in expected.links {
                let ends = if expected.ends.is_empty() { crate::node::NodeKind::ALL } else { expected.ends };
                let possible = ends.iter().any(|end| match expected.heading {
                    Heading::Upstream => link.allows(expected.kind, *end),
                    Heading::Downstream => link.allows(*end, expected.kind),
                });
                assert!(possible, "{} {link}", expected.kind);
            }
        }
        for (kind, fix) in UNSTATED {
            assert!(!fix.is_empty(), "{kind}");
        }
    }

    #[test]
    fn each_kind_says_what_it_lacks() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("change:1", "change:1", &["ticket"]),
            ("change:1 resolves ticket:t", "change:1", &[]),
            ("change:1 mentions change:2", "change:1", &["ticket"]),
            ("change:1; commit:c part_of change:1 resolves ticket:t", "change:1", &[]),
            ("commit:c", "commit:c", &["change"]),
            ("pipeline_run:p", "pipeline_run:p", &["commit"]),
            ("build:b", "build:b", &["commit"]),
            ("build:b part_of pipeline_run:p", "build:b", &[]),
            ("test_run:t", "test_run:t", &["subject"]),
            ("artifact:a", "artifact:a", &["build"]),
            ("artifact:a derived_from artifact:base", "artifact:a", &["build"]),
            ("artifact:a built_from commit:c", "artifact:a", &[]),
            ("deployment:d", "deployment:d", &["artifact", "environment", "service"]),
            ("deployment:d deploys commit:c deployed_to environment:e of service:s", "deployment:d", &[]),
            ("alert:a", "alert:a", &["service", "alert rule"]),
            ("alert:a fires_on environment:e", "alert:a", &["service", "alert rule"]),
            ("alert_rule:r documented_by dashboard:d", "alert_rule:r", &["runbook"]),
            ("service:s", "service:s", &["owner"]),
            ("incident:i running of service:s @5", "incident:i", &["running deployment"]),
            ("incident:i ok groups alert:a", "incident:i", &["postmortem"]),
            ("incident:i ok groups alert:a; document:p analyses incident:i", "incident:i", &[]),
            ("ticket:t", "ticket:t", &[]),
            ("document:d", "document:d", &[]),
        ];
        for (text, word, expected) in cases {
            check(text, word, expected);
        }
    }

    #[test]
    fn what_no_chain_suffers_from_is_told_where_everything_is() {
        for (text, word, expected) in [
            ("document:d", "document:d", "nothing refers to this document, and it refers to no work"),
            ("document:d mentions ticket:t", "document:d", ""),
            ("alert:a fires_on service:s", "alert:a", "'s' has no owner, so nobody is known to answer for this alert"),
            (
                "alert:a fires_on service:s instance_of alert_rule:r",
                "alert:a",
                "neither 'r' nor 's' has an owner, so nobody is known to answer for this alert",
            ),
            ("alert:a fires_on service:s; service:s owned_by team:t", "alert:a", ""),
            ("alert:a fires_on environment:e", "alert:a", ""),
        ] {
            let world = World::read(text);
            let further = ["reader", "owner"];
            let said = all(&world.graph, world.id(word)).into_iter().find(|one| further.contains(&one.what.as_str()));
            assert_eq!(said.map(|missing| missing.why).unwrap_or_default(), expected, "{text}");
        }
    }

    #[test]
    fn what_only_others_name_says_so_first() {
        check("build:b built_from commit:c", "commit:c", &["record", "change"]);
        check("change:1 resolves ticket:t", "ticket:t", &["record"]);
        check("commit:c authored_by person:ada", "person:ada", &[]);
    }

    #[test]
    fn an_alert_for_which_nothing_ran_says_where_and_when() {
        let world = World::read(
            "alert:a @86400 instance_of alert_rule:r fires_on service:checkout service:payments environment:production",
        );
        let lacks = of(&world.graph, world.id("alert:a"));
        assert_eq!(
            lacks[0].why,
            "no successful deployment of 'checkout' and 'payments' to 'production' is known up to 1970-01-02 00:00 UTC"
        );
        assert_eq!(
            lacks[0].fix,
            "send the events of the deployment tool here, and let them name the service 'checkout' and \
             'payments' and the environment 'production' just so"
        );
        check("alert:a fires_on service:s instance_of alert_rule:r", "alert:a", &["running deployment"]);
    }
}
