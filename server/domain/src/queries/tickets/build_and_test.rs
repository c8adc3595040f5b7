//! The build-and-test ticket of a change: how each of its commits was checked, and what came out.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{earlier, later, newest_first, of_kind, sorted};
use crate::graph::{Graph, NodeId};
use crate::link::LinkKind;
use crate::node::{NodeKind, Outcome};
use crate::queries::missing::{self, Missing};

/// The most commits of a change that are looked at, the newest first.
pub const MAX_COMMITS: usize = 1_000;

/// Something that ran on a commit, or on what was made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The pipeline run, job, build, test run or scan.
    pub node: NodeId,
    /// The commit of the change that it ran on, directly or by what was built from it.
    pub commit: NodeId,
}

/// What the checks of the newest checked commit come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tested {
    /// None has failed and all have ended, and at least one has passed; what was given up does not count.
    Passed,
    /// At least one has failed.
    Failed,
    /// None has failed, and at least one has not ended.
    Running,
    /// Nothing is known to have run.
    Unknown,
}

/// Everything that is known of how a change was built and tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildAndTest {
    /// The change.
    pub change: NodeId,
    /// The tickets that it, or one of its commits, names.
    pub tickets: Vec<NodeId>,
    /// Who wrote it.
    pub authors: Vec<NodeId>,
    /// Who approved it.
    pub approvers: Vec<NodeId>,
    /// Its commits, the newest first, at most [`MAX_COMMITS`].
    pub commits: Vec<NodeId>,
    /// Everything that ran on these, by commit in their order, then the newest first.
    pub checks: Vec<Check>,
    /// What was built from these commits, by key.
    pub artifacts: Vec<NodeId>,
    /// The newest commit on which anything ran.
    pub checked: Option<NodeId>,
    /// What that comes to.
    pub tested: Tested,
    /// What the change and its checks lack.
    pub missing: Vec<Missing>,
}

/// The build-and-test ticket of a change; `None` for any other node.
///
/// The cost grows with the commits of the change and what ran on them.
pub fn build_and_test(graph: &Graph, change: NodeId) -> Option<BuildAndTest> {
    graph.node(change).filter(|record| record.kind == NodeKind::Change)?;
    let parts = of_kind(graph, &later(graph, change, &[LinkKind::PartOf]), NodeKind::Commit);
    let mut commits = newest_first(graph, parts);
    commits.truncate(MAX_COMMITS);
    let mut seen = HashSet::new();
    let (mut checks, mut artifacts) = (Vec::new(), Vec::new());
    for commit in &commits {
        let ran = ran_on(graph, *commit);
        artifacts.extend(of_kind(graph, &ran, NodeKind::Artifact));
        let new = ran.into_iter().filter(|node| is_check(graph, *node) && seen.insert(*node)).collect();
        checks.extend(newest_first(graph, new).into_iter().map(|node| Check { node, commit: *commit }));
    }
    let checked = checks.first().map(|check| check.commit);
    let about_work = [LinkKind::Resolves, LinkKind::RelatesTo, LinkKind::Mentions];
    let tickets = commits.iter().chain([&change]).flat_map(|node| earlier(graph, *node, &about_work)).collect();
    let of_checks = checks.iter().map(|check| check.node);
    Some(BuildAndTest {
        change,
        tickets: of_kind(graph, &sorted(graph, tickets), NodeKind::Ticket),
        authors: earlier(graph, change, &[LinkKind::AuthoredBy]),
        approvers: earlier(graph, change, &[LinkKind::ApprovedBy]),
        tested: tested(graph, checks.iter().filter(|check| Some(check.commit) == checked)),
        missing: [change].into_iter().chain(of_checks).flat_map(|node| missing::of(graph, node)).collect(),
        artifacts: sorted(graph, artifacts),
        commits,
        checks,
        checked,
    })
}

/// What ran on a commit, on what was built from it, and the parts of that.
pub(in crate::queries) fn ran_on(graph: &Graph, commit: NodeId) -> Vec<NodeId> {
    let steps = [LinkKind::BuiltFrom, LinkKind::Verifies, LinkKind::ProducedBy, LinkKind::PartOf];
    let (mut found, mut met) = (Vec::new(), HashSet::new());
    let mut waiting = vec![commit];
    while let Some(node) = waiting.pop() {
        for after in later(graph, node, &steps) {
            let belongs =
                is_check(graph, after) || graph.node(after).is_some_and(|record| record.kind == NodeKind::Artifact);
            if belongs && met.insert(after) {
                found.push(after);
                waiting.push(after);
            }
        }
    }
    found
}

pub(in crate::queries) fn is_check(graph: &Graph, node: NodeId) -> bool {
    graph.node(node).is_some_and(|record| {
        matches!(
            record.kind,
            NodeKind::PipelineRun | NodeKind::Job | NodeKind::Build | NodeKind::TestRun | NodeKind::Scan
        )
    })
}

fn tested<'a>(graph: &Graph, checks: impl Iterator<Item = &'a Check>) -> Tested {
    let outcomes: Vec<Option<Outcome>> = checks.filter_map(|check| Some(graph.node(check.node)?.outcome)).collect();
    let any = |outcome: Outcome| outcomes.contains(&Some(outcome));
    if any(Outcome::Failure) {
        Tested::Failed
    } else if any(Outcome::Running) || any(Outcome::Pending) {
        Tested::Running
    } else if any(Outcome::Success) {
        Tested::Passed
    } else {
        Tested::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::{Tested, build_and_test};
    use crate::queries::testing::World;

    const WORLD: &str = "
        change:42 resolves ticket:pay-12 authored_by person:ada approved_by person:grace
        commit:a @100 part_of change:42 mentions ticket:pay-13
        commit:b @200 part_of change:42
        commit:other @150 part_of change:43
        pipeline_run:1 @110 failed built_from commit:a
        pipeline_run:2 @210 ok built_from commit:b
        job:2a @205 ok part_of pipeline_run:2
        build:2b @206 ok part_of pipeline_run:2
        artifact:v1 produced_by build:2b
        scan:s @220 ok verifies artifact:v1
        test_run:t @207 ok verifies commit:b
        deployment:d @300 ok deploys artifact:v1
        pipeline_run:9 built_from commit:other";

    #[test]
    fn a_change_has_what_ran_on_its_commits_and_nothing_else() {
        let world = World::read(WORLD);
        let ticket = build_and_test(&world.graph, world.id("change:42")).unwrap();
        assert_eq!(world.words(&ticket.commits), "commit:b commit:a");
        let checks: Vec<_> = ticket.checks.iter().map(|check| check.node).collect();
        assert_eq!(world.words(&checks), "scan:s pipeline_run:2 test_run:t build:2b job:2a pipeline_run:1");
        assert_eq!(world.words(&ticket.artifacts), "artifact:v1");
        assert_eq!(world.words(&ticket.tickets), "ticket:pay-12 ticket:pay-13");
        assert_eq!(world.words(&ticket.approvers), "person:grace");
        assert_eq!(ticket.checked, Some(world.id("commit:b")));
        assert_eq!(ticket.tested, Tested::Passed);
        assert!(build_and_test(&world.graph, world.id("ticket:pay-12")).is_none());
    }

    #[test]
    fn only_the_newest_checked_commit_counts() {
        for (added, expected) in [
            ("", Tested::Passed),
            ("; job:x @230 failed part_of pipeline_run:2", Tested::Failed),
            ("; job:x running part_of pipeline_run:2", Tested::Running),
            ("; commit:c @400 part_of change:42", Tested::Passed),
        ] {
            let world = World::read(&format!("{WORLD}{added}"));
            assert_eq!(build_and_test(&world.graph, world.id("change:42")).unwrap().tested, expected, "{added}");
        }
        let world = World::read("change:1 resolves ticket:t; commit:a part_of change:1");
        let ticket = build_and_test(&world.graph, world.id("change:1")).unwrap();
        assert_eq!((ticket.tested, ticket.checked), (Tested::Unknown, None));
    }
}
