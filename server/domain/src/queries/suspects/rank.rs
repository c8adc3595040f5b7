//! How likely each lead is, in points of 100, and why, in words.
//!
//! The points are a product: how its place is related to the alert's, what had become of it, how long before it went live,
//! and what its texts, its tests and its size say. Each factor that is not neutral gives a sentence. What went live last in
//! the alert's own place comes first unless something speaks against it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{Lead, Leads, Relation, Standing, TextsOf, place_name};
use crate::graph::{Graph, NodeId};
use crate::link::{LinkClass, LinkKind};
use crate::node::{NodeKind, Outcome};
use crate::queries::rollouts::{Rollout, short};
use crate::queries::running::{name_of, targets};
use crate::time::Timestamp;

/// Hours after which a deployment is half as suspect as one that has just been made.
const HALF_AFTER_HOURS: f64 = 2.5;

/// The shortest word that is looked for in two texts.
const MIN_WORD_LETTERS: usize = 4;

/// The most shared words that count, and that are named.
const MAX_SHARED_WORDS: usize = 3;

/// Words that stand in every alert and every title, and so say nothing.
const COMMON_WORDS: [&str; 32] = [
    "alert",
    "above",
    "after",
    "before",
    "below",
    "change",
    "critical",
    "error",
    "errors",
    "environment",
    "firing",
    "from",
    "high",
    "have",
    "instance",
    "into",
    "more",
    "over",
    "percent",
    "production",
    "rate",
    "service",
    "severity",
    "staging",
    "than",
    "that",
    "this",
    "update",
    "warning",
    "when",
    "with",
    "minutes",
];

/// What only the tables know, and the weighing reads.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// What the alert says of itself: title, description, the name of its rule.
    pub alert: Vec<String>,
    /// Titles, descriptions and paths of the leads, by node.
    pub leads: TextsOf,
    /// The paths of the files that commits changed, by commit.
    pub files: HashMap<NodeId, Vec<String>>,
    /// The part of its repository that is a service, where the repository holds several.
    pub parts: TextsOf,
}

/// Something that may have caused an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspect {
    /// The change, commit, deployment or configuration change.
    pub node: NodeId,
    /// The deployment that brought it.
    pub deployment: Option<NodeId>,
    /// When it went live.
    pub at: Timestamp,
    /// How its place is related to the alert's.
    pub relation: Relation,
    /// What had become of it.
    pub standing: Standing,
    /// How likely it is, 0 to 100; of use only beside the others of the same answer.
    pub score: u8,
    /// The least sure link between it and its deployment.
    pub class: LinkClass,
    /// The commits of it that were brought, the newest first.
    pub commits: Vec<NodeId>,
    /// Why, in words; the first sentence says when it went live.
    pub reasons: Vec<String>,
}

/// Weighs what was found, the likeliest first, then the latest, then by key.
pub fn rank(graph: &Graph, leads: &Leads, texts: &Texts) -> Vec<Suspect> {
    let Some(moment) = leads.moment else { return Vec::new() };
    let mut said = words(texts.alert.iter().map(String::as_str));
    let rarity = rarity(texts);
    let asked = leads.services.iter().map(|service| name_of(graph, *service)).collect::<Vec<_>>();
    // The name of the service stands in everything about it; whether a text names it at all is looked at by itself.
    for word in words(asked.iter().map(String::as_str)) {
        said.remove(&word);
    }
    // So does the name of the organisation, which is part of the monitoring tool's host.
    if let Some(record) = graph.node(leads.start) {
        for word in words([record.key.parts().provider_id.as_str()]) {
            said.remove(&word);
        }
    }
    let order = in_order(leads);
    let mut weighed: Vec<(f64, Suspect)> =
        leads.leads.iter().map(|lead| weigh(graph, (leads, moment), &order, &said, &rarity, texts, lead)).collect();
    let key = |suspect: &Suspect| graph.node(suspect.node).map(|record| &record.key);
    // Of what came with one deployment the last to be committed comes first: where the word of a deployment before was lost,
    // the others have been live for longer.
    let newest = |suspect: &Suspect| graph.node(*suspect.commits.first()?)?.occurred;
    weighed.sort_by(|left, right| {
        let by_time = right.1.at.cmp(&left.1.at).then_with(|| newest(&right.1).cmp(&newest(&left.1)));
        right.0.total_cmp(&left.0).then(by_time).then_with(|| key(&left.1).cmp(&key(&right.1)))
    });
    weighed.into_iter().map(|(_, suspect)| suspect).collect()
}

fn weigh(
    graph: &Graph,
    (leads, moment): (&Leads, Timestamp),
    order: &HashMap<NodeId, usize>,
    said: &BTreeSet<String>,
    rarity: &HashMap<String, usize>,
    texts: &Texts,
    lead: &Lead,
) -> (f64, Suspect) {
    let moments = Moments::of(graph, leads);
    let mut reasons = vec![arrival(graph, (moment, moments), lead)];
    let mut points = 100.0 * recency(moment, lead.at).max(nearness(order, lead));
    for (factor, reason) in [
        relation(graph, lead),
        standing(moments, lead),
        found_cause(graph, (leads, moment), lead),
        company(lead),
        review(graph, lead),
        checks(graph, lead),
        components(graph, lead),
        files(texts, lead),
        names_it(graph, leads, said, texts, lead),
        shared(said, rarity, texts, lead),
    ] {
        points *= factor;
        reasons.extend(reason);
    }
    let score = rounded(points);
    let suspect = Suspect {
        node: lead.node,
        deployment: lead.rollout.map(|rollout| rollout.deployment),
        at: lead.at,
        relation: lead.relation,
        standing: lead.standing,
        score,
        class: lead.class,
        commits: lead.commits.clone(),
        reasons,
    };
    (points, suspect)
}

/// One for what has just gone live, a half after [`HALF_AFTER_HOURS`], and ever less.
fn recency(moment: Timestamp, at: Timestamp) -> f64 {
    let hours = f64::from(u32::try_from((moment.seconds() - at.seconds()).max(0)).unwrap_or(u32::MAX)) / 3_600.0;
    1.0 / (1.0 + hours / HALF_AFTER_HOURS)
}

/// A service and an environment.
type Place = (Option<NodeId>, Option<NodeId>);

/// How many deployments that changed something had come after each, in the alert's own places: the one that was running is 0.
fn in_order(leads: &Leads) -> HashMap<NodeId, usize> {
    let mut places: HashMap<Place, BTreeSet<(Reverse<Timestamp>, NodeId)>> = HashMap::new();
    let own = leads.leads.iter().filter(|lead| lead.relation == Relation::Same);
    let own = own.filter(|lead| matches!(lead.standing, Standing::Running | Standing::StillThere));
    for rollout in own.filter_map(|lead| lead.rollout) {
        let place = places.entry((rollout.service, rollout.environment)).or_default();
        place.insert((Reverse(rollout.at), rollout.deployment));
    }
    let numbered = places.into_values().flat_map(|place| place.into_iter().enumerate());
    numbered.map(|(number, (_, deployment))| (deployment, number)).collect()
}

/// What is left at least of a deployment to the alert's own place, however long ago it was: a defect may show only after
/// another deployment, or at the end of a week.
fn nearness(order: &HashMap<NodeId, usize>, lead: &Lead) -> f64 {
    let behind = lead.rollout.and_then(|rollout| order.get(&rollout.deployment));
    let is_own = lead.relation == Relation::Same && matches!(lead.standing, Standing::Running | Standing::StillThere);
    match behind.filter(|_| is_own) {
        Some(0) => 0.34,
        Some(1) => 0.42,
        Some(2) => 0.3,
        Some(_) | None => 0.0,
    }
}

/// Points as a whole number from 0 to 100; nothing that was found has none at all.
fn rounded(points: f64) -> u8 {
    let clamped = points.round().clamp(1.0, 100.0);
    (1..=100u8).rev().find(|whole| f64::from(*whole) <= clamped).unwrap_or(1)
}

/// The moment in words.
#[derive(Clone, Copy)]
struct Moments {
    before: &'static str,
    at: &'static str,
}

impl Moments {
    fn of(graph: &Graph, leads: &Leads) -> Self {
        let start = graph.node(leads.start).filter(|record| record.occurred == leads.moment);
        match start.map(|record| record.kind) {
            Some(NodeKind::Incident) => Self { before: "before it began", at: "when it began" },
            Some(_) => Self { before: "before it fired", at: "when it fired" },
            None => Self { before: "before the moment that was asked for", at: "at the moment that was asked for" },
        }
    }
}

fn arrival(graph: &Graph, (moment, moments): (Timestamp, Moments), lead: &Lead) -> String {
    let ago = span(moment.seconds() - lead.at.seconds());
    let before = moments.before;
    let verb = match (lead.standing, graph.node(lead.node).map(|record| record.kind)) {
        (_, Some(NodeKind::ConfigChange)) => return format!("made {ago} {before}"),
        (Standing::Unfinished | Standing::UnderWay, _) => "its deployment began",
        (Standing::Failed, _) => "its deployment failed",
        (Standing::Running | Standing::StillThere | Standing::TakenBack | Standing::Ahead, _) => "went live",
    };
    match &lead.rollout {
        Some(rollout) => format!("{verb} {ago} {before}, with deployment {}", named(graph, rollout)),
        None => format!("{verb} {ago} {before}"),
    }
}

fn named(graph: &Graph, rollout: &Rollout) -> String {
    format!("{} of {}", short(graph, rollout.deployment), place_name(graph, rollout))
}

fn relation(graph: &Graph, lead: &Lead) -> (f64, Option<String>) {
    let service = lead.rollout.and_then(|rollout| rollout.service).map(|service| short(graph, service));
    match (lead.relation, service) {
        (Relation::Same, Some(service)) => (1.0, Some(format!("of {service}, the service that it is about"))),
        (Relation::Same, None) => (0.8, Some("of the service that it is about".to_owned())),
        (Relation::Dependency, service) => {
            let service = service.unwrap_or_default();
            (0.45, Some(format!("of {service}, which the service that it is about depends on")))
        }
        (Relation::Environment, _) => (0.35, Some("in the same environment; it is linked with no service".to_owned())),
    }
}

fn standing(moments: Moments, lead: &Lead) -> (f64, Option<String>) {
    let Moments { before, at } = moments;
    let (factor, reason) = match lead.standing {
        Standing::Running | Standing::StillThere if lead.by_rollback && lead.commits.is_empty() => {
            (0.4, "a rollback: it put back what ran before".to_owned())
        }
        Standing::Running => (1.0, format!("part of what was running {at}")),
        Standing::StillThere => (0.8, format!("it came with an earlier deployment, and was still there {at}")),
        Standing::TakenBack => (0.05, format!("it had been taken back {before}")),
        Standing::UnderWay => (0.95, format!("its deployment was under way {at}")),
        Standing::Unfinished => (0.9, "nothing told how its deployment ended".to_owned()),
        Standing::Failed if lead.rollout.is_none() => (0.35, "it failed; a part of it may have been live".to_owned()),
        Standing::Failed => (0.35, "its deployment failed; a part of it may have been live".to_owned()),
        Standing::Ahead => (
            0.3,
            "it is known only from another environment; its deployment to this one may not have been told".to_owned(),
        ),
    };
    let is_told = !matches!(lead.standing, Standing::Running) || lead.rollout.is_some();
    (factor, Some(reason).filter(|_| is_told))
}

/// Whether somebody found it to be the cause, of this or of something earlier.
fn found_cause(graph: &Graph, (leads, moment): (&Leads, Timestamp), lead: &Lead) -> (f64, Option<String>) {
    let deployment = lead.rollout.map(|rollout| rollout.deployment);
    let own: Vec<NodeId> = lead.commits.iter().chain(&deployment).chain([&lead.node]).copied().collect();
    let is_own = |node: &NodeId| own.contains(node);
    // An incident is caused by what caused its alerts, and the other way round.
    let grouping = graph.downstream(leads.start).filter(|(_, link)| link.kind == LinkKind::Groups);
    let mut told: Vec<NodeId> = grouping.map(|(_, link)| link.from).collect();
    told.extend(targets(graph, leads.start, LinkKind::Groups));
    told.push(leads.start);
    if told.iter().flat_map(|node| targets(graph, *node, LinkKind::CausedBy)).any(|cause| is_own(&cause)) {
        return (20.0, Some("somebody found it to be the cause".to_owned()));
    }
    // That its deployment caused something may be due to what came with it.
    let parts = own.iter().filter(|node| Some(**node) != deployment || **node == lead.node);
    let links = parts.flat_map(|node| graph.downstream(*node)).filter(|(_, link)| link.kind == LinkKind::CausedBy);
    let mut fired =
        links.filter_map(|(_, link)| graph.node(link.from).filter(|_| !told.contains(&link.from))?.occurred);
    match fired.any(|at| at < moment) {
        true => (1.5, Some("it was found to be the cause of something earlier".to_owned())),
        false => (1.0, None),
    }
}

fn company(lead: &Lead) -> (f64, Option<String>) {
    match lead.companions {
        0 if lead.rollout.is_some() && !lead.commits.is_empty() => {
            (1.0, Some("the only change in that deployment".to_owned()))
        }
        0 => (1.0, None),
        1 => (0.9, Some("one of 2 changes in that deployment".to_owned())),
        others => (0.8, Some(format!("one of {} changes in that deployment", others + 1))),
    }
}

/// Whether somebody else is known to have looked at it.
fn review(graph: &Graph, lead: &Lead) -> (f64, Option<String>) {
    let kind = graph.node(lead.node).map(|record| record.kind);
    let is_approved = graph.upstream(lead.node).any(|(_, link)| link.kind == LinkKind::ApprovedBy);
    match kind {
        Some(NodeKind::Commit) => (1.0, Some("no pull request is known that brought it in".to_owned())),
        Some(NodeKind::Change) if !is_approved => (1.05, Some("nobody is known to have approved it".to_owned())),
        _ => (1.0, None),
    }
}

/// Whether it changed files of the service's part of the repository, where the repository holds several services.
fn files(texts: &Texts, lead: &Lead) -> (f64, Option<String>) {
    let part = lead.rollout.and_then(|rollout| texts.parts.get(&rollout.service?));
    let Some(part) = part.map(|part| part.trim_matches('/')).filter(|part| !part.is_empty()) else {
        return (1.0, None);
    };
    let mut changed = lead.commits.iter().filter_map(|commit| texts.files.get(commit)).flatten().peekable();
    if changed.peek().is_none() {
        return (1.0, None);
    }
    let is_within =
        |path: &String| path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if changed.any(is_within) {
        (1.2, Some(format!("it changes files of {part}")))
    } else {
        (0.2, Some(format!("it changes no file of {part}")))
    }
}

/// Whether the texts of what is not of the alert's own service name what the two have to do with each other.
fn names_it(
    graph: &Graph,
    leads: &Leads,
    said: &BTreeSet<String>,
    texts: &Texts,
    lead: &Lead,
) -> (f64, Option<String>) {
    let all_of = |name: &str, text: &BTreeSet<String>| {
        let name = words([name]);
        !name.is_empty() && name.is_subset(text)
    };
    match lead.relation {
        Relation::Same => (1.0, None),
        Relation::Dependency => {
            let service = lead.rollout.and_then(|rollout| rollout.service).map(|service| name_of(graph, service));
            match service.filter(|service| all_of(service, said)) {
                Some(service) => (2.2, Some(format!("the alert names {service}"))),
                None => (1.0, None),
            }
        }
        Relation::Environment => {
            let own = words(texts.leads.get(&lead.node).map(String::as_str));
            let named = leads.services.iter().map(|service| name_of(graph, *service)).find(|name| all_of(name, &own));
            match named {
                Some(service) => (2.4, Some(format!("its text names {service}"))),
                None => (1.0, None),
            }
        }
    }
}

/// What the checks of its newest commit came to.
fn checks(graph: &Graph, lead: &Lead) -> (f64, Option<String>) {
    let of_commit = |commit: &NodeId| {
        let runs =
            graph.downstream(*commit).filter(|(_, link)| matches!(link.kind, LinkKind::BuiltFrom | LinkKind::Verifies));
        runs.filter_map(|(_, link)| graph.node(link.from)).filter_map(|record| record.outcome).collect::<Vec<_>>()
    };
    // Checks of earlier commits of a branch fail and are mended; what went out is the newest one.
    let outcomes: Vec<Outcome> = lead.commits.first().map(of_commit).unwrap_or_default();
    if outcomes.contains(&Outcome::Failure) {
        (1.2, Some("a check failed on its newest commit".to_owned()))
    } else if !lead.commits.is_empty() && outcomes.is_empty() {
        (1.0, Some("no check of its newest commit is known".to_owned()))
    } else {
        (1.0, None)
    }
}

/// Whether it touches only parts of the repository that belong to something else than the service.
fn components(graph: &Graph, lead: &Lead) -> (f64, Option<String>) {
    let Some(service) = lead.rollout.and_then(|rollout| rollout.service) else { return (1.0, None) };
    let ends = |node: NodeId, kind: LinkKind| {
        graph.upstream(node).filter(move |(_, link)| link.kind == kind).map(|(_, link)| link.to).collect::<Vec<_>>()
    };
    let owners = ends(service, LinkKind::OwnedBy);
    let touched: Vec<NodeId> =
        lead.commits.iter().chain([&lead.node]).flat_map(|node| ends(*node, LinkKind::Touches)).collect();
    if touched.is_empty() || owners.is_empty() {
        return (1.0, None);
    }
    let is_own = |component: &NodeId| ends(*component, LinkKind::OwnedBy).iter().any(|owner| owners.contains(owner));
    if touched.iter().any(is_own) {
        (1.1, Some("it touches code that the service's own team answers for".to_owned()))
    } else {
        (0.5, Some("it touches only code that other teams answer for".to_owned()))
    }
}

/// Words that the alert and the lead's own texts share; those that few leads have say the most.
fn shared(
    said: &BTreeSet<String>,
    rarity: &HashMap<String, usize>,
    texts: &Texts,
    lead: &Lead,
) -> (f64, Option<String>) {
    let Some(own) = texts.leads.get(&lead.node) else { return (1.0, None) };
    let mut common: Vec<String> = words([own.as_str()]).intersection(said).cloned().collect();
    common.retain(|word| rarity.get(word).copied().unwrap_or(1) <= 1 + texts.leads.len() / 3);
    common.sort_by_key(|word| (rarity.get(word).copied().unwrap_or(1), word.clone()));
    common.truncate(MAX_SHARED_WORDS);
    if common.is_empty() {
        return (1.0, None);
    }
    let is_rare = common.iter().any(|word| rarity.get(word).copied().unwrap_or(1) <= 1);
    let factor = if is_rare { 2.4 } else { 1.6 };
    (factor, Some(format!("its text and the alert's both say {}", quoted(&common))))
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}

/// In how many leads' texts each word stands.
fn rarity(texts: &Texts) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for text in texts.leads.values() {
        for word in words([text.as_str()]) {
            *counts.entry(word).or_default() += 1;
        }
    }
    counts
}

/// The words of texts that may mean something: letters and digits, in lower case, camel case taken apart.
fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in texts {
        let mut word = String::new();
        let mut last_was_lower = false;
        for letter in text.chars().chain([' ']) {
            let begins = letter.is_uppercase() && last_was_lower;
            if begins || !letter.is_alphanumeric() {
                let done = std::mem::take(&mut word);
                let counts = done.chars().count() >= MIN_WORD_LETTERS
                    && !done.chars().all(|digit| digit.is_ascii_digit())
                    && !COMMON_WORDS.contains(&done.as_str());
                if counts {
                    found.insert(done);
                }
            }
            last_was_lower = letter.is_lowercase();
            if letter.is_alphanumeric() {
                word.extend(letter.to_lowercase());
            }
        }
    }
    found
}

/// A length of time for people: `12 minutes`, `3 hours`, `4 days`.
fn span(seconds: i64) -> String {
    let of = |count: i64, word: &str| if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") };
    match seconds.max(0) {
        seconds if seconds < 60 => "less than a minute".to_owned(),
        seconds if seconds < 2 * 3_600 => of(seconds / 60, "minute"),
        seconds if seconds < 2 * 86_400 => of(seconds / 3_600, "hour"),
        seconds => of(seconds / 86_400, "day"),
    }
}
