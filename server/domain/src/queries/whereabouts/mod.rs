//! `where X`: in which places a commit, change, ticket or artifact has been, since when, and by which deployment.
//!
//! A commit is in a place while what runs there was made from it or from a commit that was made on it. What repeats it on
//! another branch counts, too, and so does what its pull request was merged as; what reverts it ends it. A rollback ends it
//! as well, because what runs then lacks it. A deployment that was made from another repository, or nobody knows from what,
//! says nothing of it.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::dossier::Cut;
use crate::graph::{Graph, NodeId};
use crate::link::LinkKind;
use crate::node::{NodeKind, Outcome};
use crate::queries::ancestry;
use crate::queries::rollouts::{changes_of_commit, short};
use crate::queries::running::{Timeline, targets};
use crate::time::Timestamp;

mod holding;

use holding::{History, Holders};

/// The most services whose deployments are looked at.
pub const MAX_SERVICES: usize = 1_000;

/// The most changes and commits of one ticket that are looked at.
const MAX_PIECES: usize = 100;

/// The most spans that are listed for one place, the newest first.
pub const MAX_SPANS: usize = 100;

/// One place, and when it held what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The service.
    pub service: NodeId,
    /// The environment, where the deployments name one.
    pub environment: Option<NodeId>,
    /// Whether it is there at the moment of the question.
    pub is_there: bool,
    /// When it was there, the newest first.
    pub spans: Vec<Span>,
    /// In words: "in production since …, by deployment …".
    pub says: String,
}

/// A stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The deployment that brought it.
    pub by: NodeId,
    /// Since when.
    pub since: Timestamp,
    /// The deployment that ended it, and when; none where it is there still.
    pub until: Option<(NodeId, Timestamp)>,
    /// The commit that took it back, where the deployment that ended it brought a revert.
    pub reverted_by: Option<NodeId>,
}

/// Where something is and was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// What was asked for.
    pub start: NodeId,
    /// The commits that stand for it, with those that repeat them elsewhere.
    pub commits: Vec<NodeId>,
    /// The artifacts that stand for it, where it is one, or a release: that, and those that it gives out.
    pub artifacts: Vec<NodeId>,
    /// The places, the last to be reached first.
    pub places: Vec<Presence>,
    /// Where the chain cannot be followed.
    pub cuts: Vec<Cut>,
}

/// Where a commit, change, ticket, artifact, release, tag or build is at a moment, or now.
///
/// The cost grows with the commits that were made after it and with the deployments of the services that it reached.
pub fn whereabouts(graph: &Graph, start: NodeId, at: Option<Timestamp>) -> Whereabouts {
    let artifacts = artifacts_of(graph, start);
    let has_artifact = artifacts.iter().any(|node| is(graph, *node, NodeKind::Artifact));
    let works = if has_artifact { Vec::new() } else { works_of(graph, start) };
    let mut commits: Vec<NodeId> = works.iter().flatten().copied().filter(|one| is_by(graph, *one, at)).collect();
    sort(graph, &mut commits);
    let mut found = Whereabouts { start, commits, artifacts, places: Vec::new(), cuts: Vec::new() };
    if works.is_empty() && found.artifacts.is_empty() {
        let why = "no commit is known that stands for it, so no deployment can be told to hold it".to_owned();
        let fix = "link it to a pull request or commit: write its key into the pull request's title or description";
        found.cuts.push(cut(graph, start, "commit", why, fix));
        return found;
    }
    let holders = Holders::of(graph, &works, &found.artifacts);
    let mut timeline = Timeline::new(graph);
    let mut places: BTreeMap<(NodeId, Option<NodeId>), Presence> = BTreeMap::new();
    let services = holders.services(graph);
    if holders.is_cut() || services.len() > MAX_SERVICES {
        let why = "more was made on it than is looked at, so it may be in places that are not told here".to_owned();
        found.cuts.push(cut(graph, start, "bound", why, "ask for a newer commit, or for what is deployed"));
    }
    for service in services.into_iter().take(MAX_SERVICES) {
        for environment in timeline.environments(service) {
            let rollouts = timeline.deployments(service, environment);
            let until = at.map_or(rollouts.len(), |at| rollouts.partition_point(|(moment, _)| *moment <= at));
            let History { spans, unknown } = holders.history(graph, rollouts.get(..until).unwrap_or_default());
            let Some(presence) = presence(graph, service, environment, spans) else { continue };
            found.cuts.extend(unknown.map(|deployment| unknown_since(graph, deployment, &presence)));
            places.insert((service, environment), presence);
        }
    }
    found.cuts.sort_by(|left, right| (&left.at, &left.why).cmp(&(&right.at, &right.why)));
    found.places = places.into_values().collect();
    found.places.sort_by(|left, right| {
        let last = |place: &Presence| place.spans.first().map(|span| span.since);
        let name = |place: &Presence| {
            let key = |node: NodeId| graph.node(node).map(|record| record.key.clone());
            (key(place.service), place.environment.and_then(key))
        };
        last(right).cmp(&last(left)).then_with(|| name(left).cmp(&name(right)))
    });
    found
}

/// The artifacts that stand for a node: itself, or a release with those that it gives out.
fn artifacts_of(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    match graph.node(node).map(|record| record.kind) {
        Some(NodeKind::Artifact) => vec![node],
        Some(NodeKind::Release) => {
            let mut included = targets(graph, node, LinkKind::Includes);
            included.retain(|end| is(graph, *end, NodeKind::Artifact));
            included.push(node);
            sort(graph, &mut included);
            included
        }
        _ => Vec::new(),
    }
}

/// The commits that stand for a node, one list for each piece of work: of a ticket each change and commit is one, and what
/// only takes another one of them back is none. Each with what repeats it elsewhere.
fn works_of(graph: &Graph, node: NodeId) -> Vec<Vec<NodeId>> {
    let is_ticket = is(graph, node, NodeKind::Ticket);
    let pieces: Vec<NodeId> = if is_ticket { pieces_of(graph, node) } else { vec![node] };
    let works: Vec<Vec<NodeId>> = pieces.into_iter().map(|piece| commits_of(graph, piece)).collect();
    let mut reverts: HashSet<NodeId> = HashSet::new();
    for commits in works.iter().filter(|_| is_ticket) {
        let own = holding::reverts_of(graph, commits);
        reverts.extend(own.into_iter().flat_map(|revert| merged_as(graph, revert)));
    }
    let is_work = |commits: &Vec<NodeId>| commits.iter().any(|commit| !reverts.contains(commit));
    works.into_iter().filter(is_work).map(|commits| with_picks(graph, commits)).collect()
}

/// The changes and commits that work on a ticket, by key.
fn pieces_of(graph: &Graph, ticket: NodeId) -> Vec<NodeId> {
    let work = [LinkKind::Resolves, LinkKind::RelatesTo];
    let links = graph.downstream(ticket).filter(|(_, link)| work.contains(&link.kind));
    let mut pieces: Vec<NodeId> = links.map(|(_, link)| link.from).collect();
    pieces.retain(|from| is(graph, *from, NodeKind::Change) || is(graph, *from, NodeKind::Commit));
    sort(graph, &mut pieces);
    pieces.truncate(MAX_PIECES);
    pieces
}

/// The commits that stand for a change, commit, tag or build.
fn commits_of(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    match graph.node(node).map(|record| record.kind) {
        Some(NodeKind::Change) => parts_of(graph, node),
        Some(NodeKind::Commit) => merged_as(graph, node),
        Some(_) => ancestry::heads(graph, node),
        None => Vec::new(),
    }
}

/// The commits of a change.
fn parts_of(graph: &Graph, change: NodeId) -> Vec<NodeId> {
    let links = graph.downstream(change).filter(|(_, link)| link.kind == LinkKind::PartOf);
    links.map(|(_, link)| link.from).filter(|from| is(graph, *from, NodeKind::Commit)).collect()
}

/// A commit with the later ones of the change by whose merge it came: where that was squashed or rebased, the commit itself
/// is nowhere, and what it was merged as is.
fn merged_as(graph: &Graph, commit: NodeId) -> Vec<NodeId> {
    let own = graph.node(commit).and_then(|record| record.occurred);
    let is_earlier = |other: &NodeId| {
        let other = graph.node(*other).and_then(|record| record.occurred);
        other.zip(own).is_some_and(|(other, own)| other < own)
    };
    let mut changes = changes_of_commit(graph, commit);
    changes.retain(|change| graph.node(*change).is_some_and(|record| record.outcome == Some(Outcome::Success)));
    let later = changes.into_iter().flat_map(|change| parts_of(graph, change)).filter(|other| !is_earlier(other));
    let mut commits: Vec<NodeId> = later.chain([commit]).collect();
    sort(graph, &mut commits);
    commits
}

/// The commits with those that were picked from them.
fn with_picks(graph: &Graph, commits: Vec<NodeId>) -> Vec<NodeId> {
    let mut met: HashSet<NodeId> = commits.iter().copied().collect();
    let mut all = commits;
    let mut next = 0;
    while let Some(commit) = all.get(next).copied() {
        next += 1;
        let picks = graph.downstream(commit).filter(|(_, link)| link.kind == LinkKind::CherryPickedFrom);
        let picks: Vec<NodeId> = picks.map(|(_, link)| link.from).filter(|pick| met.insert(*pick)).collect();
        all.extend(picks);
    }
    sort(graph, &mut all);
    all
}

fn is(graph: &Graph, node: NodeId, kind: NodeKind) -> bool {
    graph.node(node).is_some_and(|record| record.kind == kind)
}

/// Whether a node is not known to have come after a moment.
fn is_by(graph: &Graph, node: NodeId, at: Option<Timestamp>) -> bool {
    at.is_none_or(|at| graph.node(node).is_some_and(|record| record.occurred.is_none_or(|own| own <= at)))
}

/// Each once, by key.
fn sort(graph: &Graph, nodes: &mut Vec<NodeId>) {
    nodes.sort_by_cached_key(|node| graph.node(*node).map(|record| record.key.clone()));
    nodes.dedup();
}

fn cut(graph: &Graph, node: NodeId, what: &str, why: String, fix: &str) -> Cut {
    let at = graph.node(node).map(|record| record.key.as_str().to_owned()).unwrap_or_default();
    Cut { at, what: what.to_owned(), why, fix: fix.to_owned() }
}

/// What ran last in a place of which nobody can say whether it still holds it.
fn unknown_since(graph: &Graph, deployment: NodeId, presence: &Presence) -> Cut {
    let place = place_name(graph, presence.service, presence.environment);
    let why = format!(
        "it is not known what deployment {} to {place} was made from, so what is said of that place holds until then",
        short(graph, deployment)
    );
    let fix = "let the deployment name the full commit id, or let the build report the commit and the digest of what it pushes";
    cut(graph, deployment, "commit", why, fix)
}

/// The deployments of a commit or artifact, directly or of what was made from it.
pub(super) fn deployments_of(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    deployments_of_all(graph, [node])
}

/// The deployments of any of these, each once.
fn deployments_of_all(graph: &Graph, nodes: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
    const STEPS: [LinkKind; 6] = [
        LinkKind::Deploys,
        LinkKind::BuiltFrom,
        LinkKind::ProducedBy,
        LinkKind::Includes,
        LinkKind::DerivedFrom,
        LinkKind::PartOf,
    ];
    const MADE: [NodeKind; 6] = [
        NodeKind::Deployment,
        NodeKind::Artifact,
        NodeKind::Build,
        NodeKind::PipelineRun,
        NodeKind::Release,
        NodeKind::Tag,
    ];
    let mut waiting: Vec<NodeId> = nodes.into_iter().collect();
    let mut met: HashSet<NodeId> = waiting.iter().copied().collect();
    let mut found = Vec::new();
    while let Some(node) = waiting.pop() {
        for (_, link) in graph.downstream(node).filter(|(_, link)| STEPS.contains(&link.kind)) {
            let Some(record) = graph.node(link.from).filter(|record| MADE.contains(&record.kind)) else { continue };
            if met.insert(link.from) {
                if record.kind == NodeKind::Deployment {
                    found.push(link.from);
                } else {
                    waiting.push(link.from);
                }
            }
        }
    }
    found
}

fn presence(graph: &Graph, service: NodeId, environment: Option<NodeId>, spans: Vec<Span>) -> Option<Presence> {
    let newest = spans.first()?;
    let place = place_name(graph, service, environment);
    let by = short(graph, newest.by);
    let since = newest.since.to_minute();
    let says = match (newest.until, newest.reverted_by) {
        (None, _) => format!("in {place} since {since}, by deployment {by}"),
        (Some((end, until)), None) => format!(
            "was in {place} from {since}, by deployment {by}, until {}, when deployment {} replaced it with something that lacks it",
            until.to_minute(),
            short(graph, end)
        ),
        (Some((_, until)), Some(revert)) => format!(
            "was in {place} from {since}, by deployment {by}, until {}, when commit {} had taken it back",
            until.to_minute(),
            short(graph, revert)
        ),
    };
    Some(Presence { service, environment, is_there: newest.until.is_none(), says, spans })
}

fn place_name(graph: &Graph, service: NodeId, environment: Option<NodeId>) -> String {
    match environment {
        Some(environment) => format!("{} of {}", short(graph, environment), short(graph, service)),
        None => short(graph, service),
    }
}

#[cfg(test)]
mod tests {
    use super::whereabouts;
    use crate::queries::testing::World;
    use crate::time::Timestamp;

    const SHOP: &str = "
        change:1 resolves ticket:t
        commit:head1 @5 part_of change:1
        commit:a @10 part_of change:1
        commit:b @20 parent commit:a
        commit:r @30 parent commit:b reverts commit:a
        commit:old @2
        commit:pick @40 parent commit:old cherry_picked_from commit:a
        artifact:vb built_from commit:b
        deployment:s1 @100 ok of service:shop deployed_to environment:staging deploys artifact:vb
        deployment:p0 @90 ok of service:shop deployed_to environment:production deploys commit:old
        deployment:p1 @200 ok of service:shop deployed_to environment:production deploys artifact:vb
        deployment:p2 @300 ok of service:shop deployed_to environment:production deploys commit:old
        deployment:p3 @400 ok of service:shop deployed_to environment:production deploys commit:b
        deployment:p4 @500 ok of service:shop deployed_to environment:production deploys commit:r
        commit:rr @60 parent commit:r reverts commit:r
        deployment:p5 @600 ok of service:shop deployed_to environment:again deploys commit:rr
        deployment:h1 @150 ok of service:shop deployed_to environment:hotfix deploys commit:pick";

    fn told(word: &str, at: Option<i64>) -> String {
        let world = World::read(SHOP);
        let found = whereabouts(&world.graph, world.id(word), at.map(Timestamp::from_seconds));
        let place =
            |environment: Option<crate::graph::NodeId>| environment.map(|node| world.word(node)).unwrap_or_default();
        let lines = found.places.iter().map(|presence| {
            let spans = presence.spans.iter().map(|span| {
                let end = span.until.map(|(node, _)| world.word(node)).unwrap_or_default();
                format!("{}..{end}", world.word(span.by))
            });
            format!("{}={}", place(presence.environment), spans.collect::<Vec<_>>().join(","))
        });
        lines.collect::<Vec<_>>().join(" ").replace("deployment:", "").replace("environment:", "")
    }

    #[test]
    fn a_change_is_where_what_was_made_from_it_runs() {
        let all = "again=p5.. production=p3..p4,p1..p2 hotfix=h1.. staging=s1..";
        for (word, at, expected) in [
            ("change:1", None, all),
            ("ticket:t", None, all),
            ("commit:b", None, "again=p5.. production=p3..,p1..p2 staging=s1.."),
            ("artifact:vb", None, "production=p1..p2 staging=s1.."),
            ("change:1", Some(250), "production=p1.. hotfix=h1.. staging=s1.."),
            ("change:1", Some(120), "staging=s1.."),
            ("commit:r", None, "production=p4.."),
            ("commit:head1", None, ""),
        ] {
            assert_eq!(told(word, at), expected, "{word} {at:?}");
        }
    }

    fn of(text: &str, word: &str) -> String {
        let world = World::read(text);
        let found = whereabouts(&world.graph, world.id(word), None);
        let places = found.places.iter().map(|presence| {
            let environment = presence.environment.map(|node| world.word(node)).unwrap_or_default();
            let (mark, span) = (if presence.is_there { "" } else { "not " }, &presence.spans[0]);
            let revert = span.reverted_by.map(|node| format!(" by {}", world.word(node))).unwrap_or_default();
            format!("{mark}{environment}{revert}").replace("environment:", "")
        });
        let cuts: String = found.cuts.iter().map(|cut| format!(" ?{}", cut.what)).collect();
        places.collect::<Vec<_>>().join(" ") + &cuts
    }

    #[test]
    fn what_a_change_was_merged_as_stands_for_the_commits_of_its_branch() {
        let text = "
            change:1 ok; commit:f1 @5 part_of change:1; commit:f2 @6 parent commit:f1 part_of change:1
            commit:s @10 parent commit:main part_of change:1; commit:main @1
            change:2; commit:g @7 part_of change:2; commit:t @11 part_of change:2
            commit:r @20 parent commit:t; commit:t parent commit:s
            deployment:p @30 ok of service:shop deployed_to environment:production deploys commit:t
            deployment:v @8 ok of service:shop deployed_to environment:preview deploys commit:f1";
        for (word, expected) in [
            ("commit:f1", "production preview"),
            ("commit:f2", "production"),
            ("commit:s", "production"),
            ("change:1", "production preview"),
            ("commit:g", ""),
        ] {
            assert_eq!(of(text, word), expected, "{word}");
        }
    }

    #[test]
    fn reverts_count_as_often_as_they_were_reverted_and_not_within_a_change() {
        let line = "
            change:1 ok; commit:a @10 part_of change:1
            change:2 ok; commit:rf @11 parent commit:a reverts commit:a part_of change:2
            commit:r @20 parent commit:a part_of change:2
            commit:rr @30 parent commit:r reverts commit:rf; commit:rrr @40 parent commit:rr reverts commit:rr
            change:3 ok; commit:w1 @50 parent commit:rrr part_of change:3
            commit:w2 @51 parent commit:w1 reverts commit:w1 part_of change:3; commit:w3 @52 parent commit:w2 part_of change:3
            change:1 resolves ticket:t; change:2 relates_to ticket:t; change:3 resolves ticket:new
            change:4 reverts change:3; commit:x @60 parent commit:w3 part_of change:4
            deployment:0 @65 ok of service:shop deployed_to environment:production deploys commit:a";
        for (head, word, expected) in [
            ("a", "change:1", "production"),
            ("r", "change:1", "not production by commit:rf"),
            ("r", "ticket:t", "not production by commit:rf"),
            ("rr", "change:1", "production"),
            ("rr", "ticket:t", "production"),
            ("rrr", "change:1", "not production by commit:rf"),
            ("w3", "change:3", "production"),
            ("x", "change:3", ""),
            ("x", "ticket:new", ""),
        ] {
            let text = format!(
                "{line}
                 deployment:1 @70 ok of service:shop deployed_to environment:production deploys commit:{head}"
            );
            assert_eq!(of(&text, word), expected, "{head} {word}");
        }
    }

    #[test]
    fn a_ticket_is_where_its_second_attempt_is() {
        let text = "
            change:1 resolves ticket:t; commit:a @10 part_of change:1
            commit:r @20 parent commit:a reverts commit:a
            change:2 resolves ticket:t; commit:b @30 parent commit:r part_of change:2
            deployment:1 @40 ok of service:shop deployed_to environment:production deploys commit:b";
        for (word, expected) in [("ticket:t", "production"), ("change:1", ""), ("change:2", "production")] {
            assert_eq!(of(text, word), expected, "{word}");
        }
    }

    #[test]
    fn what_says_nothing_of_it_ends_nothing() {
        let line = "
            commit:app!a @1; commit:app!b @2 parent commit:app!a; artifact:v built_from commit:app!a
            deployment:1 @10 ok of service:shop deployed_to environment:production deploys commit:app!a
            deployment:2 @11 ok of service:shop deployed_to environment:production deploys commit:conf!k";
        let unknown = "deployment:3 @12 ok of service:shop deployed_to environment:production deploys artifact:x";
        let later = "deployment:4 @13 ok of service:shop deployed_to environment:production deploys commit:app!z";
        for (text, expected) in [
            (line.to_owned(), "production"),
            (format!("{line}; {unknown}"), "production ?commit"),
            (format!("{line}; {unknown}; {later}"), "not production"),
        ] {
            assert_eq!(of(&text, "commit:app!a"), expected, "{text}");
        }
    }

    #[test]
    fn a_release_and_what_it_gives_out_are_where_it_was_deployed() {
        let text = "
            release:r includes artifact:v; release:bare includes ticket:t; artifact:w derived_from artifact:base
            deployment:1 @10 ok of service:shop deployed_to environment:production deploys release:r
            deployment:2 @10 ok of service:cart deployed_to environment:staging deploys release:bare
            deployment:3 @10 ok of service:web deployed_to environment:test deploys artifact:w
            deployment:4 @20 ok of service:web deployed_to environment:test deploys artifact:y";
        for (word, expected) in [
            ("release:r", "production"),
            ("artifact:v", "production"),
            ("release:bare", "staging"),
            ("artifact:base", "not test"),
        ] {
            assert_eq!(of(text, word), expected, "{word}");
        }
    }

    #[test]
    fn what_came_later_is_not_among_what_stood_for_it_then() {
        let world = World::read(SHOP);
        let commits = |at: i64| {
            let found = whereabouts(&world.graph, world.id("change:1"), Some(Timestamp::from_seconds(at)));
            world.words(&found.commits)
        };
        assert_eq!(commits(40), "commit:a commit:head1 commit:pick");
        assert_eq!(commits(9), "commit:head1");
        assert_eq!(commits(1), "");
    }

    #[test]
    fn what_no_commit_stands_for_is_a_cut() {
        let world = World::read("ticket:t child_of ticket:u");
        let found = whereabouts(&world.graph, world.id("ticket:t"), None);
        assert_eq!(found.cuts[0].what, "commit");
    }
}
