//! Decisions about links, as REST, pages and command line take them: read, checked, and kept as entries of the ledger.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use throughline_domain::graph::NodeId;
use throughline_domain::key::Key;
use throughline_domain::ledger::{EntryKind, EvidenceClass};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::queries::resolve;
use throughline_store::{Appender, Draft, DraftContent, Store, StoreError};
use utoipa::ToSchema;

use crate::actions::{Action, LinkDecision, MAX_REASON, PEOPLE, PEOPLE_STREAM, Verdict};
use crate::ask::{AskError, Desk};
use crate::clock;
use crate::keys::{Keys, KeysError, hex, random};
use crate::plain;

/// What somebody decides about a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionRequest {
    /// The later end: whatever is in hand, as for `resolve`.
    pub from: String,
    /// The link kind's word: `resolves`.
    pub kind: String,
    /// The earlier end.
    pub to: String,
    /// Whether the link holds.
    pub verdict: Verdict,
    /// Why, at most 2,000 characters.
    pub reason: String,
}

/// A decision as it was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionReceipt {
    /// Key of the later end.
    pub from: String,
    /// The link kind's word.
    pub kind: String,
    /// Key of the earlier end.
    pub to: String,
    /// What was decided.
    pub verdict: Verdict,
    /// Who decided.
    pub by: String,
    /// The index of its ledger entry.
    pub entry: u64,
}

/// Why a decision is not taken.
#[derive(Debug, Error)]
pub enum DecideError {
    /// One end is not known, or not one thing.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// There is no such kind of link, none may join the two, the ends are the same, or the reason is missing.
    #[error("{0}")]
    Refused(String),
    /// No randomness.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads a decision: finds both ends, and checks that such a link may be.
///
/// An end may also be the key of something that has not been received yet, or that is not known any more.
///
/// # Errors
/// A [`DecideError`]; where the kind does not join the two ends, it lists those that do.
pub fn read(desk: &Desk, request: &DecisionRequest, by: &str) -> Result<LinkDecision, DecideError> {
    let reason = request.reason.trim();
    if reason.is_empty() {
        return Err(refused("say why: a decision without a reason helps nobody who meets it later"));
    }
    if reason.chars().count() > MAX_REASON {
        return Err(refused(format!("the reason is longer than {MAX_REASON} characters; shorten it")));
    }
    let kind = LinkKind::from_word(request.kind.trim()).ok_or_else(|| {
        let all: Vec<&str> = LinkKind::ALL.iter().map(|kind| kind.word()).collect();
        refused(format!("'{}' is no kind of link; choose one of {}", short(&request.kind), all.join(", ")))
    })?;
    let (from, to) = (end(desk, &request.from)?, end(desk, &request.to)?);
    if from == to {
        return Err(refused("both ends are the same; nothing is linked with itself"));
    }
    if !kind.allows(from.kind(), to.kind()) {
        return Err(refused(not_allowed(kind, from.kind(), to.kind())));
    }
    let by = short(&plain::line(by));
    if by.is_empty() {
        return Err(refused("say who decides, by --by: a decision that nobody answers for is none"));
    }
    Ok(LinkDecision { from, kind, to, verdict: request.verdict, by, reason: reason.replace('\0', "\u{fffd}") })
}

/// The entry of a decision, ready to be appended, with the size of its body in bytes.
///
/// # Errors
/// [`DecideError::Keys`] without randomness, [`DecideError::Store`] where the body cannot be packed.
pub fn draft(keys: &Keys, decision: &LinkDecision) -> Result<(Draft, usize), DecideError> {
    let body = serde_json::to_vec(&Action::LinkDecided(decision.clone()))
        .map_err(|cause| StoreError::Query(cause.to_string()))?;
    let id = hex(&random::<16>()?);
    let draft = Draft::new(&DraftContent {
        kind: EntryKind::UserAction,
        evidence: EvidenceClass::Statement,
        received: clock::now(),
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

/// Keeps a decision, from beside a running server; answers what was kept.
///
/// # Errors
/// As [`draft`], and as [`Appender::append`].
pub fn append(
    store: &Store,
    appender: &mut Appender,
    keys: &Keys,
    decision: &LinkDecision,
) -> Result<DecisionReceipt, DecideError> {
    let (draft, _) = draft(keys, decision)?;
    let receipts = appender.append(store, &[draft])?;
    let entry = receipts.first().map(|receipt| receipt.position);
    let entry = entry.ok_or_else(|| StoreError::Query("an appended entry has no place".to_owned()))?;
    Ok(receipt(decision, entry))
}

/// What is answered once a decision stands in the ledger.
pub fn receipt(decision: &LinkDecision, entry: u64) -> DecisionReceipt {
    let LinkDecision { from, kind, to, verdict, by, reason: _ } = decision;
    DecisionReceipt {
        from: from.as_str().to_owned(),
        kind: kind.word().to_owned(),
        to: to.as_str().to_owned(),
        verdict: *verdict,
        by: by.clone(),
        entry,
    }
}

/// The kinds of link that may lead from a node of this kind to anything: their words, with those for people.
pub fn kinds_from(from: NodeKind) -> Vec<(&'static str, String)> {
    let fits = |kind: &&LinkKind| kind.from_kinds().is_empty() || kind.from_kinds().contains(&from);
    LinkKind::ALL.iter().filter(fits).map(|kind| (kind.word(), kind.phrase())).collect()
}

/// The key of an end.
fn end(desk: &Desk, text: &str) -> Result<Key, DecideError> {
    match desk.one(text) {
        Ok(node) => key_of(desk, node),
        Err(AskError::NotFound(answer)) => {
            Key::parse(&resolve::clean(text)).map_err(|_| DecideError::Ask(AskError::NotFound(answer)))
        }
        Err(error) => Err(error.into()),
    }
}

fn key_of(desk: &Desk, node: NodeId) -> Result<Key, DecideError> {
    let state = desk.live.read();
    let record = state.graph.former(node);
    record.map(|record| record.key.clone()).ok_or_else(|| refused("the graph has just been derived anew; try again"))
}

/// Says which kinds may join two nodes, and whether the other way round is meant.
fn not_allowed(kind: LinkKind, from: NodeKind, to: NodeKind) -> String {
    let words = |from, to| -> Vec<&str> {
        LinkKind::ALL.iter().filter(|kind| kind.allows(from, to)).map(|kind| kind.word()).collect()
    };
    let (one, other) = (from.label().to_lowercase(), to.label().to_lowercase());
    let mut said = format!("'{kind}' does not lead from a {one} to a {other}");
    match words(from, to).as_slice() {
        [] => said.push_str("; no kind of link does"),
        some => said.push_str(&format!("; these do: {}", some.join(", "))),
    }
    if kind.allows(to, from) {
        said.push_str(&format!(
            ". A link points from the later thing to the earlier one: exchange the ends of '{kind}'"
        ));
    }
    said
}

fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(80).collect()
}

fn refused(reason: impl Into<String>) -> DecideError {
    DecideError::Refused(reason.into())
}

#[cfg(test)]
mod tests {
    use throughline_domain::link::LinkKind;
    use throughline_domain::node::NodeKind;

    use super::{kinds_from, not_allowed};

    #[test]
    fn a_kind_that_does_not_fit_is_answered_with_those_that_do() {
        let said = not_allowed(LinkKind::Deploys, NodeKind::Change, NodeKind::Ticket);
        assert!(said.contains("these do: resolves, relates_to, mentions"), "{said}");
        let said = not_allowed(LinkKind::Resolves, NodeKind::Ticket, NodeKind::Change);
        assert!(said.contains("no kind of link does") && said.contains("exchange the ends"), "{said}");
    }

    #[test]
    fn only_kinds_that_may_begin_at_a_node_are_offered() {
        let words: Vec<&str> = kinds_from(NodeKind::Service).iter().map(|(word, _)| *word).collect();
        assert!(words.contains(&"owned_by") && words.contains(&"documented_by"), "{words:?}");
        assert!(!words.contains(&"resolves"), "{words:?}");
    }
}
