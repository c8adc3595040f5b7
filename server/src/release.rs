//! Decisions about releases: sign-offs, waivers and emergencies. Read, checked, kept as entries of the ledger, and found
//! again by candidate and environment.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use throughline_domain::alias::Aliases;
use throughline_domain::dossier::{DecisionLine, Dossier, ReleaseDecision, Who};
use throughline_domain::graph::{Graph, NodeId};
use throughline_domain::key::Key;
use throughline_domain::ledger::{EntryKind, EvidenceClass};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::queries::tickets;
use throughline_domain::time::Timestamp;
use throughline_store::release::{DecisionRow, VerdictRow};
use throughline_store::{Draft, DraftContent, StoreError, StoredEntry, release};
use utoipa::ToSchema;

use crate::actions::{Action, MAX_REASON, PEOPLE, PEOPLE_STREAM, ReleaseStatement};
use crate::ask::{AskError, Desk};
use crate::keys::{Keys, KeysError, hex, random};
use crate::plain;
use crate::policies;
use crate::readiness::record::VerdictRecord;

/// The longest that a decision which has to end may count, in days.
pub const MAX_EXPIRY_DAYS: i64 = 90;

/// The most decisions about one candidate that are looked at; the newest count.
const MAX_DECISIONS: i64 = 200;

/// The most services that are named where a candidate is of several.
const MAX_NAMED: usize = 20;

/// The longest name of a gate, in characters.
const MAX_GATE: usize = 100;

/// The longest name of whoever decides, in characters.
const MAX_PERSON: usize = 80;

const SECONDS_PER_DAY: i64 = 86_400;

/// What somebody decides about a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    /// It may go out.
    Go,
    /// It must not go out.
    NoGo,
    /// One gate need not pass.
    Waive,
    /// It goes out as an emergency; what is missing is made good afterwards.
    Emergency,
}

/// A decision about a release, as it is handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseRequest {
    /// What goes out: an artifact, release, commit, pull request or deployment, whatever is in hand.
    pub candidate: String,
    /// The environment that it goes to: its name or key.
    #[serde(rename = "for")]
    pub environment: String,
    /// The service: its name or key. Needed only where the candidate is of several.
    #[serde(default)]
    pub service: Option<String>,
    /// What is decided.
    pub decision: Decided,
    /// The gate that need not pass; of a waiver only.
    #[serde(default)]
    pub gate: Option<String>,
    /// Why, at most 2,000 characters.
    pub reason: String,
    /// When it ceases to count: a time, a day, or `7d`, `12h`. Needed of a waiver and an emergency; at most 90 days away.
    #[serde(default)]
    pub expires: Option<String>,
}

/// A decision about a release as it was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseReceipt {
    /// Key of what goes out.
    pub candidate: String,
    /// Key of where it goes.
    #[serde(rename = "for")]
    pub environment: String,
    /// What was decided.
    pub decision: Decided,
    /// The gate that need not pass.
    pub gate: Option<String>,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it ceases to count, RFC 3339.
    pub expires: Option<String>,
    /// The index of its ledger entry.
    pub entry: u64,
}

/// Why a release is not judged, or a decision about it not taken.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// The candidate, environment or service is not known, or not one thing.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// What was asked cannot be; the text says what can.
    #[error("{0}")]
    Refused(String),
    /// There is no such verdict in the ledger, or not everything that it rests on.
    #[error("{0}")]
    Missing(String),
    /// No randomness.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is asked about: what goes out, where to, and of which service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// An artifact, release, commit or deployment.
    pub candidate: NodeId,
    /// The environment.
    pub environment: NodeId,
    /// The service, where one is known.
    pub service: Option<NodeId>,
}

/// What entries say of releases, as rows of the tables.
#[derive(Debug, Default)]
pub struct ReleaseRows {
    /// Decisions of people.
    pub decisions: Vec<DecisionRow>,
    /// Recorded verdicts.
    pub verdicts: Vec<VerdictRow>,
}

impl ReleaseRows {
    /// Takes note of an entry, if it speaks of a release.
    pub fn note(&mut self, entry: &StoredEntry, aliases: &Aliases) {
        match entry.entry_kind() {
            Some(EntryKind::UserAction) => self.decisions.extend(decision_row(entry, aliases)),
            Some(EntryKind::Verdict) => self.verdicts.extend(VerdictRecord::row(entry, aliases)),
            Some(
                EntryKind::Delivery
                | EntryKind::Backfill
                | EntryKind::PushedEvidence
                | EntryKind::Configuration
                | EntryKind::Redaction
                | EntryKind::Heads
                | EntryKind::Export
                | EntryKind::Gap
                | EntryKind::Outbox,
            )
            | None => {}
        }
    }
}

impl Desk {
    /// Finds what texts stand for: a candidate, an environment, and a service where one is named.
    ///
    /// A pull request stands for its newest commit. Where no service is named, it is the one that the candidate or its
    /// deployments are of.
    ///
    /// # Errors
    /// [`ReleaseError::Ask`] where a text fits nothing or several things, [`ReleaseError::Refused`] where what it fits
    /// cannot go out, or is of several services and none is named.
    pub fn target(&self, candidate: &str, environment: &str, service: Option<&str>) -> Result<Target, ReleaseError> {
        let node = self.one(candidate)?;
        let candidate = {
            let state = self.live.read();
            let kind = state.graph.node(node).map(|record| record.kind);
            match kind {
                Some(NodeKind::Artifact | NodeKind::Release | NodeKind::Commit | NodeKind::Deployment) => node,
                Some(NodeKind::Change) => tickets::build_and_test(&state.graph, node)
                    .and_then(|ticket| ticket.commits.first().copied())
                    .ok_or_else(|| refused("no commit of this pull request is known; ask for an artifact or commit"))?,
                Some(other) => {
                    let kind = other.label().to_lowercase();
                    let instead = "an artifact, a release, a commit, a pull request or a deployment";
                    return Err(refused(format!(
                        "what fits is of the kind '{kind}', which cannot go out; ask for {instead}"
                    )));
                }
                None => return Err(refused("the graph has just been derived anew; try again")),
            }
        };
        let environment = self.of_kind(NodeKind::Environment, environment)?;
        let named = service.map(str::trim).filter(|service| !service.is_empty());
        let service = match named {
            Some(service) => Some(self.of_kind(NodeKind::Service, service)?),
            None => self.only_service(candidate)?,
        };
        Ok(Target { candidate, environment, service })
    }

    /// The one service that a candidate is of, as far as that is known.
    fn only_service(&self, candidate: NodeId) -> Result<Option<NodeId>, ReleaseError> {
        let state = self.live.read();
        let services = services_of(&state.graph, candidate);
        if services.len() < 2 {
            return Ok(services.first().copied());
        }
        let records = services.iter().take(MAX_NAMED).filter_map(|service| state.graph.node(*service));
        let names: Vec<String> = records.map(|record| record.key.parts().resource).collect();
        Err(refused(format!("it is of {} services; say which, by --service: {}", services.len(), names.join(", "))))
    }

    /// The node of a kind that a name or a key stands for.
    fn of_kind(&self, kind: NodeKind, text: &str) -> Result<NodeId, ReleaseError> {
        let text = text.trim();
        let word = kind.word();
        if text.is_empty() {
            return Err(refused(format!("say which {word}")));
        }
        let node = self.one_of(text, kind)?;
        let found = self.live.read().graph.node(node).map(|record| record.kind);
        if found == Some(kind) { Ok(node) } else { Err(refused(format!("'{}' is no {word}", short(text, 80)))) }
    }

    /// The decisions about a candidate for an environment, the newest first, as a dossier holds them.
    ///
    /// # Errors
    /// That of the database.
    pub fn decisions_about(&self, candidate: &str, environment: &str) -> Result<Vec<DecisionLine>, StoreError> {
        let rows =
            self.store.read(|connection| release::decisions(connection, candidate, environment, MAX_DECISIONS))?;
        rows.into_iter().map(|row| self.decision_line(row, &mut BTreeMap::new())).collect()
    }

    /// Gives each of some dossiers the decisions about it, with one query for all.
    ///
    /// # Errors
    /// That of the database.
    pub fn decide_all(&self, dossiers: &mut [Dossier]) -> Result<(), StoreError> {
        let subjects: BTreeSet<release::Subject> = dossiers.iter().map(subject).collect();
        let found = self.store.read(|connection| release::decisions_of(connection, &subjects, MAX_DECISIONS))?;
        let mut people = BTreeMap::new();
        for dossier in dossiers {
            let rows = found.get(&subject(dossier)).cloned().unwrap_or_default();
            let lines = rows.into_iter().map(|row| self.decision_line(row, &mut people));
            dossier.decisions = lines.collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    /// The row as a dossier holds it; `people` holds whoever was found already, by name.
    fn decision_line(&self, row: DecisionRow, people: &mut BTreeMap<String, Who>) -> Result<DecisionLine, StoreError> {
        let DecisionRow { entry, candidate: _, environment: _, what, gate, person, reason, at, expires } = row;
        let what = to_decision(&what, gate)
            .ok_or_else(|| StoreError::Damaged(format!("entry {entry}: the decision '{what}' is unknown")))?;
        let by = match people.get(&person) {
            Some(known) => known.clone(),
            None => {
                let who = self.who(person.clone())?;
                people.insert(person, who.clone());
                who
            }
        };
        Ok(DecisionLine { what, by, reason, at, expires, entry })
    }

    /// Somebody by the name that stands in an entry; with the node of theirs, where there is just one of that name.
    fn who(&self, name: String) -> Result<Who, StoreError> {
        let found = match self.of_kind(NodeKind::Person, &name) {
            Ok(node) => Some(node),
            Err(ReleaseError::Store(error) | ReleaseError::Ask(AskError::Store(error))) => return Err(error),
            Err(ReleaseError::Ask(_) | ReleaseError::Refused(_) | ReleaseError::Missing(_) | ReleaseError::Keys(_)) => {
                None
            }
        };
        let state = self.live.read();
        let key = found.and_then(|node| state.graph.node(node)).map(|record| record.key.as_str().to_owned());
        Ok(Who { key, name })
    }
}

/// What the decisions about a dossier are filed under.
fn subject(dossier: &Dossier) -> release::Subject {
    (dossier.candidate.key.clone(), dossier.environment.key.clone())
}

/// The services that a candidate is of: by what it, its parts or what was built from it say, and by the deployments of all
/// of these; a deployment that says it itself is of these alone. In order of key.
fn services_of(graph: &Graph, candidate: NodeId) -> Vec<NodeId> {
    let earlier = |node: NodeId, kind: LinkKind| {
        graph.upstream(node).filter(move |(_, link)| link.kind == kind).map(|(_, link)| link.to)
    };
    let later = |node: NodeId, kind: LinkKind| {
        graph.downstream(node).filter(move |(_, link)| link.kind == kind).map(|(_, link)| link.from)
    };
    let mut pieces: BTreeSet<NodeId> = BTreeSet::from([candidate]);
    let own = services_of_pieces(graph, &pieces);
    if !own.is_empty() && graph.node(candidate).is_some_and(|record| record.kind == NodeKind::Deployment) {
        return own;
    }
    pieces.extend(earlier(candidate, LinkKind::Includes).chain(earlier(candidate, LinkKind::Deploys)));
    for built in later(candidate, LinkKind::BuiltFrom) {
        pieces.insert(built);
        pieces.extend(later(built, LinkKind::ProducedBy));
    }
    let deployments: Vec<NodeId> = pieces.iter().flat_map(|piece| later(*piece, LinkKind::Deploys)).collect();
    pieces.extend(deployments);
    services_of_pieces(graph, &pieces)
}

/// The services that any of some pieces says it is of, in order of key.
fn services_of_pieces(graph: &Graph, pieces: &BTreeSet<NodeId>) -> Vec<NodeId> {
    let ends = pieces.iter().flat_map(|piece| graph.upstream(*piece));
    let of: BTreeSet<NodeId> = ends.filter(|(_, link)| link.kind == LinkKind::Of).map(|(_, link)| link.to).collect();
    let is_service = |node: &NodeId| graph.node(*node).is_some_and(|record| record.kind == NodeKind::Service);
    let mut services: Vec<NodeId> = of.into_iter().filter(is_service).collect();
    services.sort_by_cached_key(|service| graph.node(*service).map(|record| record.key.clone()));
    services
}

/// Reads a decision: finds what it is about, and checks that it may be taken.
///
/// # Errors
/// A [`ReleaseError`] that says what to do.
pub fn read(desk: &Desk, request: &ReleaseRequest, by: &str, now: Timestamp) -> Result<ReleaseStatement, ReleaseError> {
    let reason = request.reason.trim();
    if plain::line(reason).is_empty() {
        return Err(refused("say why: a decision without a reason helps nobody who meets it later"));
    }
    if reason.chars().count() > MAX_REASON {
        return Err(refused(format!("the reason is longer than {MAX_REASON} characters; shorten it")));
    }
    let by = plain::line(by);
    if by.is_empty() {
        return Err(refused("say who decides, by --by: a decision that nobody answers for is none"));
    }
    let expires = expiry(request, now)?;
    let target = desk.target(&request.candidate, &request.environment, request.service.as_deref())?;
    let dossier = desk.dossier_of_candidate(target.candidate, target.service, target.environment, now)?;
    let decision = match (request.decision, filled(request.gate.as_deref())) {
        (Decided::Go, None) => ReleaseDecision::Go,
        (Decided::NoGo, None) => ReleaseDecision::NoGo,
        (Decided::Emergency, None) => ReleaseDecision::Emergency,
        (Decided::Waive, Some(gate)) => ReleaseDecision::Waive(known_gate(desk, &dossier, gate)?),
        (Decided::Waive, None) => return Err(refused("say which gate need not pass")),
        (Decided::Go | Decided::NoGo | Decided::Emergency, Some(_)) => {
            return Err(refused("only a waiver names a gate; leave it out"));
        }
    };
    let key =
        |text: &str| Key::parse(text).map_err(|cause| StoreError::Damaged(format!("a key of a dossier: {cause}")));
    Ok(ReleaseStatement {
        candidate: key(&dossier.candidate.key)?,
        environment: key(&dossier.environment.key)?,
        decision,
        by: plain::clip(&by, MAX_PERSON),
        reason: reason.replace('\0', "\u{fffd}"),
        expires,
    })
}

/// The entry of a decision, ready to be appended, with the size of its body in bytes.
///
/// # Errors
/// [`ReleaseError::Keys`] without randomness, [`ReleaseError::Store`] where the body cannot be packed.
pub fn draft(keys: &Keys, statement: &ReleaseStatement, now: Timestamp) -> Result<(Draft, usize), ReleaseError> {
    let body = serde_json::to_vec(&Action::ReleaseDecided(statement.clone()))
        .map_err(|cause| StoreError::Query(cause.to_string()))?;
    let id = hex(&random::<16>()?);
    let draft = Draft::new(&DraftContent {
        kind: EntryKind::UserAction,
        evidence: EvidenceClass::Statement,
        received: now,
        stream: PEOPLE_STREAM,
        source: PEOPLE,
        delivery_id: &id,
        headers: b"[]",
        body: &body,
        fingerprint: keys.fingerprint(b"", &body),
        salt: random()?,
    })?;
    Ok((draft, body.len()))
}

/// What is answered once a decision stands in the ledger.
pub fn receipt(statement: &ReleaseStatement, entry: u64) -> ReleaseReceipt {
    let ReleaseStatement { candidate, environment, decision, by, reason, expires } = statement;
    let (decision, gate) = match decision {
        ReleaseDecision::Go => (Decided::Go, None),
        ReleaseDecision::NoGo => (Decided::NoGo, None),
        ReleaseDecision::Waive(gate) => (Decided::Waive, Some(gate.clone())),
        ReleaseDecision::Emergency => (Decided::Emergency, None),
    };
    ReleaseReceipt {
        candidate: candidate.as_str().to_owned(),
        environment: environment.as_str().to_owned(),
        decision,
        gate,
        by: by.clone(),
        reason: reason.clone(),
        expires: expires.map(|expires| expires.to_string()),
        entry,
    }
}

/// When a decision ceases to count.
fn expiry(request: &ReleaseRequest, now: Timestamp) -> Result<Option<Timestamp>, ReleaseError> {
    let Some(text) = filled(request.expires.as_deref()) else {
        return match request.decision {
            Decided::Waive | Decided::Emergency => Err(refused(format!(
                "say when this ceases to count (`7d`, `2026-12-01`); it may count for {MAX_EXPIRY_DAYS} days at most"
            ))),
            Decided::Go | Decided::NoGo => Ok(None),
        };
    };
    let expires = read_expiry(text, now).ok_or_else(|| {
        refused(format!(
            "'{}' is no end of a decision; write a time like 2026-12-01T18:00:00Z, a day like 2026-12-01, or how long it \
             is to count: 7d, 12h",
            short(text, 40)
        ))
    })?;
    if expires <= now {
        return Err(refused(format!("{} has passed already; choose a later end", expires.to_minute())));
    }
    if expires > now.plus_seconds(MAX_EXPIRY_DAYS * SECONDS_PER_DAY) {
        return Err(refused(format!("a decision may count for {MAX_EXPIRY_DAYS} days at most; decide again then")));
    }
    Ok(Some(expires))
}

/// Reads the end of a decision: a time, a day (its last second in UTC), or a number of hours, days or weeks.
fn read_expiry(text: &str, now: Timestamp) -> Option<Timestamp> {
    let unit = match text.as_bytes().last() {
        Some(b'h') => Some(3_600),
        Some(b'd') => Some(SECONDS_PER_DAY),
        Some(b'w') => Some(7 * SECONDS_PER_DAY),
        Some(_) | None => None,
    };
    if let Some(unit) = unit {
        let count: u16 = text.get(..text.len().saturating_sub(1))?.trim().parse().ok()?;
        return Some(now.plus_seconds(i64::from(count) * unit));
    }
    Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T23:59:59Z")))
}

/// The gate's name, if the policy in force has a gate of that name for this release.
fn known_gate(desk: &Desk, dossier: &Dossier, gate: &str) -> Result<String, ReleaseError> {
    let gates = policies::gates_of(desk, dossier)?;
    if gate.chars().count() <= MAX_GATE && gates.iter().any(|known| known == gate) {
        return Ok(gate.to_owned());
    }
    let place = &dossier.environment.title;
    Err(refused(format!("no gate is called '{}' for {place}; choose one of {}", short(gate, 40), gates.join(", "))))
}

/// The row of a decision; `None` where the entry is another action.
fn decision_row(entry: &StoredEntry, aliases: &Aliases) -> Option<DecisionRow> {
    let statement = match Action::read(entry)? {
        Action::ReleaseDecided(statement) => statement,
        Action::LinkDecided(_) => return None,
    };
    let ReleaseStatement { candidate, environment, decision, by, reason, expires } = statement;
    let (what, gate) = match decision {
        ReleaseDecision::Go => ("go", None),
        ReleaseDecision::NoGo => ("no_go", None),
        ReleaseDecision::Waive(gate) => ("waive", Some(gate)),
        ReleaseDecision::Emergency => ("emergency", None),
    };
    Some(DecisionRow {
        entry: entry.position,
        candidate: aliases.key(candidate).as_str().to_owned(),
        environment: aliases.key(environment).as_str().to_owned(),
        what: what.to_owned(),
        gate,
        person: by,
        reason,
        at: entry.received,
        expires,
    })
}

fn to_decision(what: &str, gate: Option<String>) -> Option<ReleaseDecision> {
    match (what, gate) {
        ("go", None) => Some(ReleaseDecision::Go),
        ("no_go", None) => Some(ReleaseDecision::NoGo),
        ("waive", Some(gate)) => Some(ReleaseDecision::Waive(gate)),
        ("emergency", None) => Some(ReleaseDecision::Emergency),
        _ => None,
    }
}

/// A text without white space around it, unless nothing is left.
fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn short(text: &str, limit: usize) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(limit).collect()
}

fn refused(reason: impl Into<String>) -> ReleaseError {
    ReleaseError::Refused(reason.into())
}

#[cfg(test)]
mod tests {
    use throughline_domain::alias::Aliases;
    use throughline_domain::dossier::ReleaseDecision;
    use throughline_domain::key::{Key, named};
    use throughline_domain::ledger::EntryKind;
    use throughline_domain::node::NodeKind;
    use throughline_domain::time::Timestamp;
    use throughline_store::StoredEntry;

    use super::{Decided, ReleaseRequest, ReleaseRows, expiry, receipt};
    use crate::actions::{Action, ReleaseStatement};

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-20T10:00:00Z").unwrap()
    }

    fn request(decision: Decided, expires: Option<&str>) -> ReleaseRequest {
        ReleaseRequest {
            candidate: "checkout:1.8.0".to_owned(),
            environment: "production".to_owned(),
            service: None,
            decision,
            gate: None,
            reason: "because".to_owned(),
            expires: expires.map(str::to_owned),
        }
    }

    fn statement(decision: ReleaseDecision) -> ReleaseStatement {
        ReleaseStatement {
            candidate: Key::parse(&format!("cdevents:v0:oci::::artifact:sha256%3A{}", "ab".repeat(32))).unwrap(),
            environment: named(NodeKind::Environment, "prod").unwrap(),
            decision,
            by: "ada".to_owned(),
            reason: "the test is wrong".to_owned(),
            expires: Timestamp::parse("2026-11-27T10:00:00Z"),
        }
    }

    #[test]
    fn an_end_is_a_time_a_day_or_a_span() {
        for (text, expected) in [
            ("2026-12-01T18:00:00Z", "2026-12-01T18:00:00Z"),
            ("2026-12-01", "2026-12-01T23:59:59Z"),
            (" 7d ", "2026-11-27T10:00:00Z"),
            ("12h", "2026-11-20T22:00:00Z"),
            ("2w", "2026-12-04T10:00:00Z"),
            ("90d", "2027-02-18T10:00:00Z"),
        ] {
            let read = expiry(&request(Decided::Waive, Some(text)), now()).unwrap();
            assert_eq!(read.map(|at| at.to_string()).as_deref(), Some(expected), "{text}");
        }
        for (text, said) in [
            ("soon", "is no end"),
            ("d", "is no end"),
            ("-3d", "is no end"),
            ("99999d", "is no end"),
            ("0h", "has passed already"),
            ("2026-11-19", "has passed already"),
            ("91d", "90 days at most"),
        ] {
            let error = expiry(&request(Decided::Go, Some(text)), now()).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn what_lowers_the_bar_must_end() {
        for decision in [Decided::Waive, Decided::Emergency] {
            let error = expiry(&request(decision, None), now()).unwrap_err().to_string();
            assert!(error.contains("say when this ceases to count"), "{error}");
        }
        for decision in [Decided::Go, Decided::NoGo] {
            assert_eq!(expiry(&request(decision, Some(" ")), now()).unwrap(), None);
        }
    }

    #[test]
    fn an_entry_becomes_a_row_under_the_names_of_today() {
        let mut aliases = Aliases::default();
        let production = named(NodeKind::Environment, "production").unwrap();
        aliases.add(named(NodeKind::Environment, "prod").unwrap(), production.clone());
        for (decision, what, gate) in [
            (ReleaseDecision::Go, "go", None),
            (ReleaseDecision::NoGo, "no_go", None),
            (ReleaseDecision::Waive("tests".to_owned()), "waive", Some("tests")),
            (ReleaseDecision::Emergency, "emergency", None),
        ] {
            let statement = statement(decision.clone());
            let entry = entry(&Action::ReleaseDecided(statement.clone()));
            let mut rows = ReleaseRows::default();
            rows.note(&entry, &aliases);
            let row = rows.decisions.pop().unwrap();
            assert_eq!((row.what.as_str(), row.gate.as_deref()), (what, gate));
            assert_eq!((row.environment.as_str(), row.at), (production.as_str(), entry.received));
            assert_eq!(super::to_decision(&row.what, row.gate), Some(decision));
            assert_eq!(receipt(&statement, 7).gate.as_deref(), gate);
        }
        assert_eq!(super::to_decision("waive", None), None);
        assert_eq!(super::to_decision("fly", None), None);
    }

    #[test]
    fn a_decision_keeps_its_form() {
        let text =
            serde_json::to_string(&Action::ReleaseDecided(statement(ReleaseDecision::Waive("tests".to_owned()))));
        let expected = format!(
            "{{\"action\":\"release.decided\",\"candidate\":\"cdevents:v0:oci::::artifact:sha256%3A{}\",\
             \"environment\":\"cdevents:v0:throughline::::environment:prod\",\
             \"decision\":{{\"type\":\"waive\",\"gate\":\"tests\"}},\"by\":\"ada\",\"reason\":\"the test is wrong\",\
             \"expires\":\"2026-11-27T10:00:00Z\"}}",
            "ab".repeat(32)
        );
        assert_eq!(text.unwrap(), expected);
    }

    fn entry(action: &Action) -> StoredEntry {
        StoredEntry {
            position: 7,
            leaf: Vec::new(),
            salt: Vec::new(),
            kind: i16::from(EntryKind::UserAction.code()),
            evidence: 0,
            received: now(),
            stream: Vec::new(),
            counter: 0,
            source: "people".to_owned(),
            delivery_id: String::new(),
            headers: b"[]".to_vec(),
            fingerprint: Vec::new(),
            duplicate_of: None,
            body: serde_json::to_vec(action).ok(),
        }
    }
}
