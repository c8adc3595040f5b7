//! The ledger's own tickets, dressed: how a change was built and tested, and the way of a candidate to production.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use throughline_domain::fact::Attribute;
use throughline_domain::graph::{Graph, NodeId};
use throughline_domain::key::Key;
use throughline_domain::queries::tickets::{self, BuildAndTest, OpsTicket, Stop, Tested, TicketKind};
use throughline_store::{StoreError, questions};
use utoipa::ToSchema;

use crate::answer::{Missing, NodeSummary};
use crate::ask::{AskError, Desk};
use crate::islands::dressed;

/// The most changes of a candidate whose checks are summed up; where there are more, the answer counts as cut.
const MAX_CHANGES: usize = 200;

/// Something that ran on a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct CheckAnswer {
    /// The pipeline run, job, build, test run or scan.
    pub node: NodeSummary,
    /// How many of what, as the tool says it: `128 passed, 1 failed`.
    pub result: Option<String>,
}

/// A commit of a change with what ran on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct CommitAnswer {
    /// The commit.
    pub commit: NodeSummary,
    /// Whether it is the head of the change.
    pub head: bool,
    /// What ran on it, or on what was built from it, the newest first.
    pub checks: Vec<CheckAnswer>,
}

/// The build-and-test ticket of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct BuildAndTestAnswer {
    /// The ticket's own name: `BT acme/checkout#42`. It can be asked for by this name.
    pub name: String,
    /// The change.
    pub change: NodeSummary,
    /// The tickets that it, or one of its commits, names.
    pub tickets: Vec<NodeSummary>,
    /// Who wrote it.
    pub authors: Vec<NodeSummary>,
    /// Who approved it.
    pub approvers: Vec<NodeSummary>,
    /// Its commits, the newest first.
    pub commits: Vec<CommitAnswer>,
    /// What was built from them.
    pub artifacts: Vec<NodeSummary>,
    /// `passed`, `failed`, `running` or `unknown`: what the checks of the newest checked commit come to.
    pub tested: String,
    /// The same in words, with the commit that it holds for.
    pub verdict: String,
    /// What the change and its checks lack.
    pub missing: Vec<Missing>,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

/// A change of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct ChangeAnswer {
    /// The change.
    pub change: NodeSummary,
    /// The name of its build-and-test ticket.
    pub build_and_test: String,
    /// `passed`, `failed`, `running` or `unknown`.
    pub tested: String,
}

/// One deployment of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct StopAnswer {
    /// The deployment.
    pub deployment: NodeSummary,
    /// Where it went.
    pub environments: Vec<NodeSummary>,
    /// The alerts and incidents that began while it was the latest in its place.
    pub fired: Vec<NodeSummary>,
}

/// The ops ticket of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct OpsTicketAnswer {
    /// The ticket's own name: `OPS sha256:…`. It can be asked for by this name.
    pub name: String,
    /// The artifact, release, commit or deployment.
    pub candidate: NodeSummary,
    /// What is deployed with it.
    pub brings: Vec<NodeSummary>,
    /// The changes in it, each with what its own ticket says.
    pub changes: Vec<ChangeAnswer>,
    /// The tickets behind these.
    pub tickets: Vec<NodeSummary>,
    /// The services that it is of.
    pub services: Vec<NodeSummary>,
    /// Designs, runbooks and other documents of all of these.
    pub documents: Vec<NodeSummary>,
    /// The dashboards of the services.
    pub dashboards: Vec<NodeSummary>,
    /// The alert rules of the services, and of what fired.
    pub alert_rules: Vec<NodeSummary>,
    /// Its way through the environments, the newest deployment first.
    pub way: Vec<StopAnswer>,
    /// How far it has come, in words.
    pub verdict: String,
    /// What its chain lacks.
    pub missing: Vec<Missing>,
    /// True where the chain was cut because it grew too large.
    pub cut: bool,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

/// Why there is no such ticket.
#[derive(Debug, Error)]
pub enum TicketError {
    /// Nothing fits, or several things do.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// What fits has no such ticket.
    #[error("a {kind} has no {ticket} ticket; ask for that of {instead}")]
    Kind {
        /// What fits.
        kind: String,
        /// Which ticket was asked for.
        ticket: &'static str,
        /// What has one.
        instead: &'static str,
    },
}

impl From<StoreError> for TicketError {
    fn from(error: StoreError) -> Self {
        Self::Ask(error.into())
    }
}

/// What was read of a ticket while the graph was held.
struct Read<T> {
    ticket: T,
    missing: Vec<Missing>,
    ledger_size: u64,
}

impl Desk {
    /// The build-and-test ticket of whatever change the text stands for.
    ///
    /// # Errors
    /// A [`TicketError`].
    pub fn build_and_test(&self, of: &str) -> Result<BuildAndTestAnswer, TicketError> {
        let node = self.one(of)?;
        let read =
            self.read_ticket(node, "build-and-test", "a pull request", tickets::build_and_test, |one| &one.missing)?;
        let Read { ticket, missing, ledger_size } = read;
        let BuildAndTest { change, checks, commits, checked, tested, .. } = &ticket;
        let lists = [&ticket.tickets, &ticket.authors, &ticket.approvers, &ticket.artifacts, commits];
        let mut nodes: Vec<NodeId> = lists.into_iter().flatten().copied().chain([*change]).collect();
        nodes.extend(checks.iter().map(|check| check.node));
        let found = Found { nodes: self.summaries(&nodes)? };
        let noted: BTreeSet<u32> = checks.iter().map(|check| check.node.0).chain([change.0]).collect();
        let noted = self.store.read(|connection| questions::attributes(connection, &noted))?;
        let value = |node: NodeId, attribute: Attribute| {
            noted.get(&node.0).and_then(|values| values.get(attribute.word())).map(|value| value.value.clone())
        };
        let told_head = value(*change, Attribute::Commit);
        let is_told = |node: &NodeId| {
            told_head.as_deref().is_some_and(|sha| found.one(*node).is_some_and(|commit| commit.key.ends_with(sha)))
        };
        let head = commits.iter().copied().find(is_told).or_else(|| commits.first().copied());
        let rows = commits.iter().filter_map(|commit| {
            let own = checks.iter().filter(|check| check.commit == *commit);
            let checks = own.filter_map(|check| {
                let node = found.one(check.node)?;
                Some(CheckAnswer { node, result: value(check.node, Attribute::Result) })
            });
            Some(CommitAnswer { commit: found.one(*commit)?, head: Some(*commit) == head, checks: checks.collect() })
        });
        let change = found.one(*change).ok_or_else(gone)?;
        let place = (head.and_then(|node| found.one(node)), checked.and_then(|node| found.one(node)));
        Ok(BuildAndTestAnswer {
            name: name_of(TicketKind::BuildAndTest, &change),
            tickets: found.all(&ticket.tickets),
            authors: found.all(&ticket.authors),
            approvers: found.all(&ticket.approvers),
            commits: rows.collect(),
            artifacts: found.all(&ticket.artifacts),
            tested: word(*tested).to_owned(),
            verdict: verdict(*tested, place.0.as_ref(), place.1.as_ref()),
            change,
            missing,
            ledger_size,
        })
    }

    /// The ops ticket of whatever candidate the text stands for.
    ///
    /// # Errors
    /// A [`TicketError`].
    pub fn ops_ticket(&self, of: &str) -> Result<OpsTicketAnswer, TicketError> {
        let node = self.one(of)?;
        let instead = "an artifact, a release, a commit or a deployment";
        let read = self.read_ticket(node, "ops", instead, tickets::ops_ticket, |one| &one.missing)?;
        let Read { ticket, missing, ledger_size } = read;
        let tested = self.tested(&ticket.changes);
        let OpsTicket {
            candidate, brings, changes, tickets, services, documents, dashboards, alert_rules, way, ..
        } = &ticket;
        let lists = [brings, changes, tickets, services, documents, dashboards, alert_rules];
        let mut nodes: Vec<NodeId> = lists.into_iter().flatten().copied().chain([*candidate]).collect();
        for Stop { deployment, environments, fired, .. } in way {
            nodes.extend([deployment].into_iter().chain(environments).chain(fired).copied());
        }
        let found = Found { nodes: self.summaries(&nodes)? };
        let stops: Vec<StopAnswer> = way
            .iter()
            .filter_map(|stop| {
                let deployment = found.one(stop.deployment)?;
                let (environments, fired) = (found.all(&stop.environments), found.all(&stop.fired));
                Some(StopAnswer { deployment, environments, fired })
            })
            .collect();
        let of_change = |node: &NodeId| {
            let change = found.one(*node)?;
            let build_and_test = name_of(TicketKind::BuildAndTest, &change);
            let tested = word(tested.get(&node.0).copied().unwrap_or(Tested::Unknown)).to_owned();
            Some(ChangeAnswer { change, build_and_test, tested })
        };
        let candidate = found.one(*candidate).ok_or_else(gone)?;
        Ok(OpsTicketAnswer {
            name: name_of(TicketKind::Ops, &candidate),
            brings: found.all(brings),
            changes: changes.iter().filter_map(of_change).collect(),
            tickets: found.all(tickets),
            services: found.all(services),
            documents: found.all(documents),
            dashboards: found.all(dashboards),
            alert_rules: found.all(alert_rules),
            verdict: way_in_words(&stops),
            way: stops,
            cut: ticket.cut || changes.len() > MAX_CHANGES,
            candidate,
            missing,
            ledger_size,
        })
    }

    /// Computes a ticket while holding the graph.
    fn read_ticket<T>(
        &self,
        node: NodeId,
        ticket: &'static str,
        instead: &'static str,
        compute: fn(&Graph, NodeId) -> Option<T>,
        missing: fn(&T) -> &Vec<throughline_domain::queries::missing::Missing>,
    ) -> Result<Read<T>, TicketError> {
        let state = self.live.read();
        match compute(&state.graph, node) {
            Some(found) => {
                let missing = dressed(&state.graph, missing(&found));
                Ok(Read { ticket: found, missing, ledger_size: state.cursor })
            }
            None => {
                let kind = state.graph.node(node).map_or_else(String::new, |record| record.kind.label().to_lowercase());
                Err(TicketError::Kind { kind, ticket, instead })
            }
        }
    }

    /// What the checks of some changes come to.
    fn tested(&self, changes: &[NodeId]) -> BTreeMap<u32, Tested> {
        let state = self.live.read();
        let ticket = |change: &NodeId| Some((change.0, tickets::build_and_test(&state.graph, *change)?.tested));
        changes.iter().take(MAX_CHANGES).filter_map(ticket).collect()
    }
}

/// The nodes of an answer, by number.
struct Found {
    nodes: BTreeMap<u32, NodeSummary>,
}

impl Found {
    fn one(&self, node: NodeId) -> Option<NodeSummary> {
        self.nodes.get(&node.0).cloned()
    }

    fn all(&self, nodes: &[NodeId]) -> Vec<NodeSummary> {
        nodes.iter().filter_map(|node| self.one(*node)).collect()
    }
}

/// The name by which a ticket of a node is asked for again: a change's number, an artifact's digest, a commit's id, and
/// the key of whatever people have no sure name for.
pub fn name_of(kind: TicketKind, node: &NodeSummary) -> String {
    let numbered = node.reference.as_deref().filter(|reference| node.kind == "change" && reference.contains('#'));
    let id = || Key::parse(&node.key).ok().map(|key| key.parts().resource);
    let named = match node.kind.as_str() {
        "artifact" | "commit" => id(),
        _ => numbered.map(str::to_owned),
    };
    format!("{} {}", kind.prefix(), named.unwrap_or_else(|| node.key.clone()))
}

fn word(tested: Tested) -> &'static str {
    match tested {
        Tested::Passed => "passed",
        Tested::Failed => "failed",
        Tested::Running => "running",
        Tested::Unknown => "unknown",
    }
}

/// What the checks come to, in words.
fn verdict(tested: Tested, head: Option<&NodeSummary>, checked: Option<&NodeSummary>) -> String {
    let name = |node: &NodeSummary| node.reference.clone().unwrap_or_else(|| node.title.clone());
    let Some(checked) = checked else {
        return match head {
            Some(head) => format!("nothing is known to have run on its head {}, nor on any earlier commit", name(head)),
            None => "no commit of it is known, so nothing is known to have run".to_owned(),
        };
    };
    let said = match tested {
        Tested::Passed => "no check has failed, and at least one has passed,",
        Tested::Failed => "at least one check has failed",
        Tested::Running => "no check has failed, and at least one has not ended",
        Tested::Unknown => "no outcome of a check is known",
    };
    match head {
        Some(head) if head.key != checked.key => {
            let (checked, head) = (name(checked), name(head));
            format!("{said} on {checked}, the newest commit on which anything ran; the head of the change is {head}")
        }
        _ => format!("{said} on {}, the head", name(checked)),
    }
}

/// How far a candidate has come.
fn way_in_words(way: &[StopAnswer]) -> String {
    let succeeded: Vec<&StopAnswer> =
        way.iter().filter(|stop| stop.deployment.outcome.as_deref() == Some("success")).collect();
    if way.is_empty() {
        return "no deployment of it is known".to_owned();
    }
    if succeeded.is_empty() {
        return format!("{} begun, none of which is known to have succeeded", counted(way.len(), "deployment"));
    }
    let mut places: Vec<String> = Vec::new();
    for stop in &succeeded {
        for place in stop.environments.iter().map(|place| place.title.clone()) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    let fired: BTreeSet<&str> = way.iter().flat_map(|stop| &stop.fired).map(|node| node.key.as_str()).collect();
    let to = if places.is_empty() { "an unnamed environment".to_owned() } else { places.join(", ") };
    let since = match fired.len() {
        0 => "nothing has fired while it was the latest there".to_owned(),
        count => format!("{} while it was the latest there", counted(count, "alert or incident")),
    };
    format!("brought to {to}; {since}")
}

fn counted(count: usize, what: &str) -> String {
    match (count, what) {
        (1, what) => format!("1 {what}"),
        (_, "alert or incident") => format!("{count} alerts or incidents"),
        (_, what) => format!("{count} {what}s"),
    }
}

fn gone() -> TicketError {
    StoreError::Unavailable("the graph has just been derived anew; ask again".to_owned()).into()
}

#[cfg(test)]
mod tests {
    use throughline_domain::key;
    use throughline_domain::queries::tickets::{Tested, TicketKind, asked};

    use super::{StopAnswer, name_of, verdict, way_in_words};
    use crate::plain::samples::node;

    #[test]
    fn names_of_tickets_can_be_asked_for_again() {
        let change = node("change", "change", "acme/checkout#42", "Retry card payments");
        assert_eq!(name_of(TicketKind::BuildAndTest, &change), "BT acme/checkout#42");
        assert_eq!(asked("BT acme/checkout#42"), Some((TicketKind::BuildAndTest, "acme/checkout#42")));
        let digest = format!("sha256:{}", "0a".repeat(32));
        let mut artifact = node("artifact", "artifact", "checkout:1.4.2", "checkout:1.4.2");
        artifact.key = key::artifact(&digest).unwrap().as_str().to_owned();
        assert_eq!(asked(&name_of(TicketKind::Ops, &artifact)), Some((TicketKind::Ops, digest.as_str())));
        let release = node("release", "artifact", "checkout 1.4.2", "checkout 1.4.2");
        assert_eq!(asked(&name_of(TicketKind::Ops, &release)), Some((TicketKind::Ops, release.key.as_str())));
    }

    #[test]
    fn a_verdict_names_the_commit_that_it_holds_for() {
        let head = node("commit", "change", "3f2a1b9", "Retry");
        let before = node("commit", "change", "1c0ffee", "Try");
        for (tested, head, checked, expected) in [
            (
                Tested::Passed,
                Some(&head),
                Some(&head),
                "no check has failed, and at least one has passed, on 3f2a1b9, the head",
            ),
            (
                Tested::Failed,
                Some(&head),
                Some(&before),
                "at least one check has failed on 1c0ffee, the newest commit on which anything ran; \
                 the head of the change is 3f2a1b9",
            ),
            (
                Tested::Unknown,
                Some(&head),
                None,
                "nothing is known to have run on its head 3f2a1b9, nor on any earlier commit",
            ),
            (Tested::Unknown, None, None, "no commit of it is known, so nothing is known to have run"),
        ] {
            assert_eq!(verdict(tested, head, checked), expected);
        }
    }

    #[test]
    fn the_way_is_told_by_where_it_led() {
        let stop = |outcome: &str, fired: usize| {
            let mut deployment = node("deployment", "run", "deploy-41", "checkout 1.4.2");
            deployment.outcome = Some(outcome.to_owned());
            let alert = |number| node("alert", "observe", &format!("alert-{number}"), "errors");
            StopAnswer {
                deployment,
                environments: vec![node("environment", "run", "production", "production")],
                fired: (0..fired).map(alert).collect(),
            }
        };
        for (way, expected) in [
            (vec![], "no deployment of it is known"),
            (vec![stop("failure", 0)], "1 deployment begun, none of which is known to have succeeded"),
            (vec![stop("success", 0)], "brought to production; nothing has fired while it was the latest there"),
            (
                vec![stop("success", 2), stop("success", 1)],
                "brought to production; 2 alerts or incidents while it was the latest there",
            ),
        ] {
            assert_eq!(way_in_words(&way), expected);
        }
    }
}
