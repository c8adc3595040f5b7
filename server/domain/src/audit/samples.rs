//! Dossiers for the tests of the audit.

use crate::dossier::{DecisionLine, Dossier, ReleaseDecision, Who};
use crate::time::Timestamp;

/// A change to production that nothing is wrong with.
pub(super) fn good() -> Dossier {
    serde_json::from_str(include_str!("sample.json")).expect("the sample is a dossier")
}

/// Somebody of whom only the name is known.
pub(super) fn who(name: &str) -> Who {
    Who { key: None, name: name.to_owned() }
}

/// A decision before the sample was deployed, which holds for good.
pub(super) fn decision(what: ReleaseDecision) -> DecisionLine {
    let at = Timestamp::parse("2026-03-14T09:00:00Z").expect("a time");
    DecisionLine { what, by: who("mina"), reason: "the gateway is down".to_owned(), at, expires: None, entry: 18 }
}
