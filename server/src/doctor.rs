//! `doctor`: why something cannot be traced, in words, with the exact cure. There is always an answer, also for a text
//! that resolves to nothing.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use throughline_domain::catalog::Catalog;
use throughline_domain::fact::Field;
use throughline_domain::graph::fold::DECISION_RULE;
use throughline_domain::graph::{Graph, LinkId, LinkRecord, NodeId};
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::{Name, SHORT_COMMIT_DIGITS};
use throughline_domain::node::NodeKind;
use throughline_domain::queries::doctor::{self, Verdict};
use throughline_domain::queries::resolve::{self, Interpretation};
use throughline_domain::queries::{missing, trace};
use throughline_domain::rules::Reference;
use throughline_store::graph::{TextRow, known_by, texts_of};
use throughline_store::{Connection, DeliveryOutcome, DeliveryStatus, StoreError, deliveries, questions};
use utoipa::ToSchema;

use crate::answer::{NodeSummary, ResolveAnswer};
use crate::ask::{AskError, Desk};
use crate::configuration::InForce;
use crate::islands::dressed;
use crate::plain;

/// The most findings of one sort.
const MAX_FINDINGS: usize = 50;

/// The most links at a node that are looked at: those that were taken back, those that are guesses.
const MAX_LINKS: usize = 500;

/// How far around the entry that states a node its source's deliveries are looked at, in entries.
const NEAR_ENTRIES: u64 = 2_000;

/// The most deliveries that could not be read, and the most that were ignored, that are listed.
const MAX_DELIVERIES: u32 = 5;

/// The sort of a finding that says why nothing is known of an input.
const ABSENT: &str = "unknown";

/// One reason, with its cure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct Finding {
    /// What sort of reason; compare this word: `unknown`, `ambiguous`, `missing`, `unknown_name`, `ambiguous_name`,
    /// `elsewhere`, `not_allowed`, `refused`, `no_reference`, `guess`, `unmapped_person`, `failed_delivery`,
    /// `ignored_delivery`.
    pub what: String,
    /// Key of the node that it is about, where it is about one.
    pub node: Option<String>,
    /// Why there is no link, or none that is sure.
    pub why: String,
    /// What to do.
    pub fix: String,
    /// The command that does it, where one does.
    pub command: Option<String>,
    /// The ledger entry that it rests on, where it rests on one.
    pub entry: Option<u64>,
}

/// The answer to `doctor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct DoctorAnswer {
    /// What was asked, cleaned of control characters.
    pub input: String,
    /// What it stands for; null where it stands for nothing, or for several things.
    pub node: Option<NodeSummary>,
    /// The candidates, where it may stand for several things.
    pub candidates: Vec<NodeSummary>,
    /// Everything that was found, what matters most first. Empty where nothing is wrong.
    pub findings: Vec<Finding>,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

/// What the tables tell of a node.
struct Told {
    texts: Vec<TextRow>,
    known: BTreeMap<Name, BTreeSet<Key>>,
    refused: BTreeMap<u32, (String, u64)>,
    failed: Vec<DeliveryOutcome>,
    ignored: Vec<DeliveryOutcome>,
    people: Option<BTreeSet<Key>>,
}

/// What the graph tells of a node.
struct Seen {
    key: Key,
    kind: NodeKind,
    lacks: Vec<crate::answer::Missing>,
    guesses: Vec<Ends>,
    /// The links that do not hold, by number.
    taken_back: BTreeMap<u32, Ends>,
    people: BTreeSet<Key>,
    ledger_size: u64,
}

/// A link by the keys of its ends.
struct Ends {
    from: Key,
    kind: LinkKind,
    to: Key,
}

impl Desk {
    /// `doctor`: everything that keeps whatever the text stands for from being traced.
    ///
    /// # Errors
    /// That of the database; that nothing fits is an answer.
    pub fn doctor(&self, of: &str) -> Result<DoctorAnswer, StoreError> {
        match self.one(of) {
            Ok(node) => self.doctor_of(of, node),
            Err(AskError::Ambiguous(answer)) => Ok(self.ambiguous(*answer)),
            Err(AskError::NotFound(answer)) => self.absent(*answer),
            Err(AskError::Store(error)) => Err(error),
            Err(error @ AskError::Time(_)) => Err(StoreError::Refused(error.to_string())),
        }
    }

    /// `doctor` of a node.
    ///
    /// # Errors
    /// That of the database.
    pub fn doctor_of(&self, input: &str, node: NodeId) -> Result<DoctorAnswer, StoreError> {
        let again = || StoreError::Unavailable("the graph has just been derived anew; ask again".to_owned());
        let seen = Seen::of(&self.live.read().graph, node, self.live.covered()).ok_or_else(again)?;
        let links: BTreeSet<u32> = seen.taken_back.keys().copied().collect();
        let told = self.store.read(|connection| Told::read(connection, node, &links))?;
        let summary = self.summaries(&[node])?.remove(&node.0).ok_or_else(again)?;
        let mut findings: Vec<Finding> = seen.lacks.iter().take(MAX_FINDINGS).map(lacking).collect();
        findings.extend(references(&seen, &told).into_iter().take(MAX_FINDINGS));
        let refused = told.refused.iter();
        findings.extend(refused.filter_map(|(link, said)| Some(refusal(seen.taken_back.get(link)?, said))));
        findings.extend(without_reference(&seen, &told));
        findings.extend(seen.guesses.iter().map(guess));
        findings.extend(unmapped(&seen, &told));
        findings.extend(unread(&told.failed, &told.ignored));
        Ok(DoctorAnswer {
            input: resolve::clean(input),
            node: Some(summary),
            candidates: Vec::new(),
            findings,
            ledger_size: seen.ledger_size,
        })
    }

    fn ambiguous(&self, answer: ResolveAnswer) -> DoctorAnswer {
        let why = format!("'{}' fits {} things, and none of them surely", answer.input, answer.candidates.len());
        let fix = "ask for one of them by its key, or by the address of its page";
        DoctorAnswer {
            input: answer.input,
            node: None,
            candidates: answer.candidates,
            findings: vec![finding("ambiguous", None, why, fix)],
            ledger_size: self.live.covered(),
        }
    }

    /// Why nothing is known of an input.
    fn absent(&self, answer: ResolveAnswer) -> Result<DoctorAnswer, StoreError> {
        let meanings = resolve::interpretations(&answer.input);
        let (project, failed, waiting) = self.store.read(|connection| {
            let project = project_of(connection, &meanings)?;
            let failed = deliveries::newest(connection, DeliveryStatus::Failed, MAX_DELIVERIES)?;
            let head = throughline_store::ledger::read_head(connection)?;
            Ok((project, failed, head.map_or(0, |head| head.size)))
        })?;
        let mut findings: Vec<Finding> = meanings
            .iter()
            .filter_map(|meaning| doctor::unresolved(meaning, project.as_ref()))
            .map(|advice| finding(ABSENT, None, advice.why, advice.fix))
            .collect();
        if findings.is_empty() {
            let why = format!("nothing is called '{}', and no title holds these words", answer.input);
            findings.push(finding(ABSENT, None, why, answer.hint.clone().unwrap_or_default()));
        }
        let covered = self.live.covered();
        if covered < waiting {
            let why = format!("{} entries of the ledger have not been read yet", waiting - covered);
            findings.push(finding(ABSENT, None, why, "wait a moment and ask again"));
        }
        findings.extend(unread(&failed, &[]));
        Ok(DoctorAnswer { input: answer.input, node: None, candidates: Vec::new(), findings, ledger_size: covered })
    }
}

impl Seen {
    fn of(graph: &Graph, node: NodeId, ledger_size: u64) -> Option<Self> {
        let record = graph.node(node)?;
        let ends = |(_, link): (LinkId, &LinkRecord)| {
            let key = |end| graph.former(end).map(|record| record.key.clone());
            Some(Ends { from: key(link.from)?, kind: link.kind, to: key(link.to)? })
        };
        let chain = trace::trace(graph, node, None);
        let mut lacks = dressed(graph, &missing::all(graph, node));
        let further = chain.missing.iter().filter(|one| one.node != node).cloned().collect::<Vec<_>>();
        lacks.extend(dressed(graph, &further));
        // What a surer link joins already need not be confirmed.
        let surer = |link: &LinkRecord| {
            graph.upstream(link.from).any(|(_, other)| other.to == link.to && other.class > LinkClass::Guessed)
        };
        let guessed = |link: &(LinkId, &LinkRecord)| link.1.class == LinkClass::Guessed && !surer(link.1);
        let links = graph.upstream(node).chain(graph.downstream(node)).take(MAX_LINKS);
        let people = graph.upstream(node).filter_map(|(_, link)| Some(graph.node(link.to)?.key.clone()));
        let people = people.chain([record.key.clone()]).filter(|key| key.kind() == NodeKind::Person);
        Some(Self {
            key: record.key.clone(),
            kind: record.kind,
            lacks,
            guesses: links.filter(guessed).filter_map(ends).take(MAX_FINDINGS).collect(),
            taken_back: graph
                .taken_back(node)
                .take(MAX_LINKS)
                .filter_map(|link| Some((link.0.0, ends(link)?)))
                .collect(),
            people: people.collect(),
            ledger_size,
        })
    }
}

impl Told {
    fn read(connection: &mut Connection, node: NodeId, links: &BTreeSet<u32>) -> Result<Self, StoreError> {
        let texts = texts_of(connection, node.0)?;
        let names = texts.iter().flat_map(|text| &text.references).map(|reference| reference.awaits.clone()).collect();
        let known = known_by(connection, &names)?;
        let decided = questions::evidence(connection, links)?.into_iter();
        let refused = decided.filter(|row| row.rule == DECISION_RULE && row.score == 0);
        let refused = refused.map(|row| (row.link, (row.reason, row.entry))).collect();
        let (failed, ignored) = near(connection, node, &texts)?;
        let people = people_of(connection)?;
        Ok(Self { texts, known, refused, failed, ignored, people })
    }
}

/// What the node's sources sent around the entry that states it last, and could not be read or was ignored.
fn near(
    connection: &mut Connection,
    node: NodeId,
    texts: &[TextRow],
) -> Result<(Vec<DeliveryOutcome>, Vec<DeliveryOutcome>), StoreError> {
    let attributes = questions::attributes(connection, &BTreeSet::from([node.0]))?;
    let stated = attributes.values().flat_map(|values| values.values()).map(|value| value.entry);
    let entries: Vec<u64> = stated.chain(texts.iter().map(|text| text.entry)).collect();
    let Some(last) = entries.iter().max().copied() else {
        // Nothing has been received about the node itself: what should have spoken of it may be among these.
        return Ok((deliveries::newest(connection, DeliveryStatus::Failed, MAX_DELIVERIES)?, Vec::new()));
    };
    let stretch = (last.saturating_sub(NEAR_ENTRIES), last.saturating_add(NEAR_ENTRIES));
    let (mut failed, mut ignored) = (Vec::new(), Vec::new());
    for source in deliveries::sources_of(connection, &entries)? {
        failed.extend(deliveries::within(connection, &source, DeliveryStatus::Failed, stretch, MAX_DELIVERIES)?);
        ignored.extend(deliveries::within(connection, &source, DeliveryStatus::Ignored, stretch, MAX_DELIVERIES)?);
    }
    Ok((failed, ignored))
}

/// The people of the catalog in force; `None` where it lists none, so that nobody can be missing from it.
fn people_of(connection: &mut Connection) -> Result<Option<BTreeSet<Key>>, StoreError> {
    let text = InForce::load(connection)?.catalog;
    let catalog = text.as_deref().and_then(|text| Catalog::read(text).ok()).filter(|one| !one.people.is_empty());
    let facts = catalog.and_then(|catalog| catalog.facts(None).ok());
    Ok(facts.map(|facts| {
        let keys = facts.nodes.into_iter().map(|node| node.key);
        keys.filter(|key| key.kind() == NodeKind::Person).collect()
    }))
}

/// Any ticket of the project that the input is of, if the project is known.
fn project_of(connection: &mut Connection, meanings: &[Interpretation]) -> Result<Option<Key>, StoreError> {
    let names = meanings.iter().flat_map(|meaning| match meaning {
        Interpretation::Names(names) => names.as_slice(),
        Interpretation::Key(_)
        | Interpretation::OfKind { .. }
        | Interpretation::CommitPrefix(_)
        | Interpretation::DigestPrefix(_)
        | Interpretation::NumberSuffix(_)
        | Interpretation::Text(_) => &[],
    });
    let tickets = names.filter(|name| name.scheme() == "ticket");
    let projects = tickets.filter_map(|name| Some(Name::ticket_project(name.value().rsplit_once('-')?.0))).collect();
    Ok(known_by(connection, &projects)?.into_values().flatten().next())
}

/// Why the references of the node's texts make no links: one finding for each place in a text.
fn references(seen: &Seen, told: &Told) -> Vec<Finding> {
    let mut places: BTreeMap<(Field, &str), Vec<(&Reference, Verdict)>> = BTreeMap::new();
    for text in &told.texts {
        for reference in &text.references {
            let verdict = doctor::judge(&seen.key, reference, told.known.get(&reference.awaits));
            places.entry((text.field, reference.reason.as_str())).or_default().push((reference, verdict));
        }
    }
    places.into_iter().filter_map(|((field, reason), found)| place(seen, field, reason, &found)).collect()
}

/// One place in a text may be read in several ways, of which one is enough.
fn place(seen: &Seen, field: Field, reason: &str, found: &[(&Reference, Verdict)]) -> Option<Finding> {
    let holds = |verdict: &Verdict| matches!(verdict, Verdict::Linked { .. } | Verdict::Itself);
    if found.iter().any(|(_, verdict)| holds(verdict)) {
        return None;
    }
    // What is known and yet not linked says more than what is not known.
    let is_known = |verdict: &Verdict| *verdict != Verdict::UnknownName;
    let known: Vec<_> = found.iter().filter(|(_, verdict)| is_known(verdict)).collect();
    let told: Vec<_> = if known.is_empty() { found.iter().collect() } else { known };
    let mut fixes: Vec<String> = Vec::new();
    let mut first = None;
    for (reference, verdict) in told {
        let Some(advice) = doctor::explain(&seen.key, reference, verdict) else { continue };
        if !fixes.contains(&advice.fix) {
            fixes.push(advice.fix);
        }
        if first.is_none() {
            first = Some((word(verdict), advice.why));
        }
    }
    let (what, why) = first?;
    let why = format!("{reason} (in its {}), but {why}", field.word());
    Some(finding(what, Some(&seen.key), why, fixes.join("; or ")))
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Linked { .. } => "linked",
        Verdict::Itself => "itself",
        Verdict::UnknownName => "unknown_name",
        Verdict::Ambiguous { .. } => "ambiguous_name",
        Verdict::Elsewhere { .. } => "elsewhere",
        Verdict::NotAllowed { .. } => "not_allowed",
    }
}

fn lacking(one: &crate::answer::Missing) -> Finding {
    Finding {
        what: "missing".to_owned(),
        node: Some(one.node.clone()),
        why: one.why.clone(),
        fix: one.fix.clone(),
        command: None,
        entry: None,
    }
}

/// What people call a node, as far as its key tells: `pull request acme/checkout#118`.
fn called(key: &Key) -> String {
    let parts = key.parts();
    let id = match key.kind() {
        NodeKind::Change => format!("{}/{}#{}", parts.namespace, parts.groups, parts.resource),
        NodeKind::Commit => parts.resource.chars().take(SHORT_COMMIT_DIGITS).collect(),
        _ => parts.resource,
    };
    format!("{} {id}", key.kind().label().to_lowercase())
}

fn refusal(ends: &Ends, (reason, entry): &(String, u64)) -> Finding {
    let Ends { from, kind, to } = ends;
    let why = format!("that {} {} {} was {reason}", called(from), kind.phrase(), called(to));
    let mut found = finding("refused", Some(from), why, "if the link holds after all, confirm it");
    found.command = Some(command("confirm", ends));
    found.entry = Some(*entry);
    found
}

fn guess(ends: &Ends) -> Finding {
    let Ends { from, kind, to } = ends;
    let why = format!("that {} {} {} is only a guess (L0)", called(from), kind.phrase(), called(to));
    let mut found = finding("guess", Some(from), why, "if it holds, confirm it; if it does not, refuse it");
    found.command = Some(command("confirm", ends));
    found
}

/// Says that texts were received and name nothing at all, where a ticket is missing.
fn without_reference(seen: &Seen, told: &Told) -> Option<Finding> {
    let silent = told.texts.iter().all(|text| text.references.is_empty());
    let wanted = seen.lacks.iter().any(|one| one.node == seen.key.as_str() && one.what == "ticket");
    if told.texts.is_empty() || !silent || !wanted {
        return None;
    }
    let fields: Vec<&str> = told.texts.iter().map(|text| text.field.word()).collect();
    let label = seen.kind.label().to_lowercase();
    let why = format!("nothing in its {} names a ticket, a pull request or a page", fields.join(", "));
    let fix = format!("write the ticket's key into the {label}, or add the link yourself");
    let mut found = finding("no_reference", Some(&seen.key), why, fix);
    let from = shell_word(seen.key.as_str());
    found.command = Some(format!("throughline link add {from} relates_to <ticket> --reason '<why>'"));
    Some(found)
}

fn unmapped(seen: &Seen, told: &Told) -> Vec<Finding> {
    let Some(catalog) = &told.people else { return Vec::new() };
    let unknown = seen.people.difference(catalog).take(MAX_FINDINGS);
    unknown
        .map(|key| {
            let parts = key.parts();
            let login = match parts.provider_id.as_str() {
                "" => parts.resource.clone(),
                host => format!("{}/{host}/{}", parts.provider, parts.resource),
            };
            let why = format!("the person {login} is in no [[person]] of the catalog, so other logins count as others");
            let fix = format!("add \"{login}\" to the 'logins' of a [[person]] of the catalog, and apply it");
            finding("unmapped_person", Some(key), why, fix)
        })
        .collect()
}

/// Deliveries that may hold what is missing.
fn unread(failed: &[DeliveryOutcome], ignored: &[DeliveryOutcome]) -> Vec<Finding> {
    let told = |outcome: &DeliveryOutcome, what: &str, verb: &str, fix: String, command: Option<String>| Finding {
        what: what.to_owned(),
        node: None,
        why: format!(
            "entry {} of the source {} {verb}: {}",
            outcome.entry,
            outcome.source,
            outcome.detail.as_deref().unwrap_or("no reason was given")
        ),
        fix,
        command,
        entry: Some(outcome.entry),
    };
    let failed = failed.iter().map(|outcome| {
        let fix = format!(
            "look at /deliveries/{}; once its parser or the source's mapping has been mended, read it again there",
            outcome.entry
        );
        told(outcome, "failed_delivery", "could not be read", fix, None)
    });
    let ignored = ignored.iter().map(|outcome| {
        let fix = "nothing is wrong if this event does not matter; otherwise let a mapping read it".to_owned();
        let command = Some(format!("throughline source map {} <mapping.toml>", shell_word(&outcome.source)));
        told(outcome, "ignored_delivery", "was ignored", fix, command)
    });
    failed.chain(ignored).collect()
}

fn finding(what: &str, node: Option<&Key>, why: impl Into<String>, fix: impl Into<String>) -> Finding {
    Finding {
        what: what.to_owned(),
        node: node.map(|key| key.as_str().to_owned()),
        why: why.into(),
        fix: fix.into(),
        command: None,
        entry: None,
    }
}

/// The command that decides about a link. Keys come from outside, so a shell must not read anything into them.
fn command(verb: &str, ends: &Ends) -> String {
    let [from, to] = [&ends.from, &ends.to].map(|key| shell_word(key.as_str()));
    format!("throughline link {verb} {from} {} {to} --reason '<why>'", ends.kind)
}

/// A text as one word of a shell.
fn shell_word(text: &str) -> String {
    let text = plain::line(text);
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:%@=+,#".contains(letter);
    if !text.is_empty() && !text.starts_with('#') && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use throughline_store::{DeliveryOutcome, DeliveryStatus};

    use super::{shell_word, unread};

    #[test]
    fn a_shell_reads_nothing_into_a_key() {
        for (text, expected) in [
            (
                "cdevents:v0:github:github.com:acme:checkout:change:42",
                "cdevents:v0:github:github.com:acme:checkout:change:42",
            ),
            ("a b", "'a b'"),
            ("$(reboot)", "'$(reboot)'"),
            ("it's;", r"'it'\''s;'"),
            ("#1", "'#1'"),
            ("", "''"),
            ("a\nb", "'a b'"),
        ] {
            assert_eq!(shell_word(text), expected, "{text}");
        }
    }

    #[test]
    fn deliveries_that_were_not_read_are_told_with_their_cause() {
        let outcome = |entry, status| DeliveryOutcome {
            entry,
            source: "acme-jira".to_owned(),
            provider: "jira".to_owned(),
            status,
            event: None,
            detail: Some("the body is no JSON".to_owned()),
        };
        let found = unread(&[outcome(7, DeliveryStatus::Failed)], &[outcome(8, DeliveryStatus::Ignored)]);
        let words: Vec<&str> = found.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(words, ["failed_delivery", "ignored_delivery"]);
        assert_eq!(found[0].why, "entry 7 of the source acme-jira could not be read: the body is no JSON");
        assert_eq!(found[1].command.as_deref(), Some("throughline source map acme-jira <mapping.toml>"));
    }
}
