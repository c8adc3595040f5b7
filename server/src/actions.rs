//! What people do: a link confirmed, refused or added, a release signed off. Each is an entry of the ledger, and a decision
//! about a link outranks the rules.

use serde::{Deserialize, Serialize};
use throughline_domain::dossier::ReleaseDecision;
use throughline_domain::fact::{Decision, Facts};
use throughline_domain::key::Key;
use throughline_domain::ledger::StreamId;
use throughline_domain::link::LinkKind;
use throughline_domain::time::Timestamp;
use throughline_store::{DeliveryOutcome, DeliveryStatus, StoredEntry};
use utoipa::ToSchema;

/// The stream of what people do.
pub const PEOPLE_STREAM: StreamId = StreamId::from_bytes(*b"people\0\0\0\0\0\0\0\0\0\0");

/// The source that such entries name.
pub const PEOPLE: &str = "people";

/// The longest reason, in characters.
pub const MAX_REASON: usize = 2_000;

/// What somebody says of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds: a guess is confirmed, or a link is added that no tool and no rule has found.
    Confirmed,
    /// It does not hold, whatever says so.
    Refused,
}

/// A decision about a link, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkDecision {
    /// The later end.
    pub from: Key,
    /// The link's word.
    pub kind: LinkKind,
    /// The earlier end.
    pub to: Key,
    /// What was decided.
    pub verdict: Verdict,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A decision about a release, as it is kept. It was made when its entry was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseStatement {
    /// What goes out.
    pub candidate: Key,
    /// Where it goes.
    pub environment: Key,
    /// What was decided.
    pub decision: ReleaseDecision,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it ceases to count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

/// An action as it is kept in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action")]
pub enum Action {
    /// Somebody decided about a link.
    #[serde(rename = "link.decided")]
    LinkDecided(LinkDecision),
    /// Somebody decided about a release.
    #[serde(rename = "release.decided")]
    ReleaseDecided(ReleaseStatement),
}

impl Action {
    /// Reads the body of an action; `None` where this version does not know it.
    pub fn read(entry: &StoredEntry) -> Option<Self> {
        serde_json::from_slice(entry.body.as_deref()?).ok()
    }
}

/// What is listed of an action among the deliveries.
pub fn outcome(entry: &StoredEntry) -> DeliveryOutcome {
    let (status, event, detail) = match Action::read(entry) {
        Some(Action::LinkDecided(_)) => (DeliveryStatus::Parsed, Some("link.decided".to_owned()), None),
        Some(Action::ReleaseDecided(_)) => (DeliveryStatus::Parsed, Some("release.decided".to_owned()), None),
        None => (DeliveryStatus::Ignored, None, Some("this version does not know the action".to_owned())),
    };
    let (source, provider) = (entry.source.clone(), PEOPLE.to_owned());
    DeliveryOutcome { entry: entry.position, source, provider, status, event, detail }
}

/// What an action states of the graph; `None` where that is nothing, or this version does not know it.
pub fn facts(entry: &StoredEntry) -> Option<Facts> {
    let decided = match Action::read(entry)? {
        Action::LinkDecided(decided) => decided,
        // The graph stays as it is; the decision has a row of its own, which readiness reads.
        Action::ReleaseDecided(_) => return None,
    };
    let LinkDecision { from, kind, to, verdict, by, reason } = decided;
    let (holds, word) = match verdict {
        Verdict::Confirmed => (true, "confirmed"),
        Verdict::Refused => (false, "refused"),
    };
    let reason = format!("{word} by {by}: {reason}");
    let decision = Decision { from, kind, to, holds, reason, at: entry.received };
    Some(Facts { decisions: vec![decision], ..Facts::default() })
}
