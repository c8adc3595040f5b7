//! What can stand in the ledger, and who vouches for it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What an entry records: whatever can change an answer has a kind.
///
/// The codes stand in leaves, the words in tables, the API and exports; neither is ever given a new meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A tool called one of our webhooks.
    Delivery,
    /// We read it from a tool's API, to fill a gap or the time before the webhook was there.
    Backfill,
    /// A program pushed evidence to us (a test report, an attestation).
    PushedEvidence,
    /// A logged-in person decided something: a link confirmed or refused, a sign-off, a waiver.
    UserAction,
    /// The configuration changed: a source, a catalog, a rule set, a policy.
    Configuration,
    /// The content of earlier entries was erased; their leaves stay.
    Redaction,
    /// The counts of all streams at one moment, so that a whole stream cannot vanish.
    Heads,
    /// A readiness question was answered for the record.
    Verdict,
    /// Something was exported for somebody outside.
    Export,
    /// A hole that we know of: deliveries that a tool sent and that never arrived.
    Gap,
    /// We wrote to another tool, or tried to.
    Outbox,
}

impl EntryKind {
    /// Every kind, in the order of the codes.
    pub const ALL: [Self; 11] = [
        Self::Delivery,
        Self::Backfill,
        Self::PushedEvidence,
        Self::UserAction,
        Self::Configuration,
        Self::Redaction,
        Self::Heads,
        Self::Verdict,
        Self::Export,
        Self::Gap,
        Self::Outbox,
    ];

    /// The byte that stands for this kind in a leaf: 1 to 11.
    pub const fn code(self) -> u8 {
        match self {
            Self::Delivery => 1,
            Self::Backfill => 2,
            Self::PushedEvidence => 3,
            Self::UserAction => 4,
            Self::Configuration => 5,
            Self::Redaction => 6,
            Self::Heads => 7,
            Self::Verdict => 8,
            Self::Export => 9,
            Self::Gap => 10,
            Self::Outbox => 11,
        }
    }

    /// The kind with this code; `None` for a code that no kind has.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The word for this kind in tables, the API and exports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::Backfill => "backfill",
            Self::PushedEvidence => "pushed-evidence",
            Self::UserAction => "user-action",
            Self::Configuration => "configuration",
            Self::Redaction => "redaction",
            Self::Heads => "heads",
            Self::Verdict => "verdict",
            Self::Export => "export",
            Self::Gap => "gap",
            Self::Outbox => "outbox",
        }
    }

    /// The kind with this word; `None` for any other text, also for another case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl Serialize for EntryKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for EntryKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::from_word(&word).ok_or_else(|| serde::de::Error::custom(format!("'{word}' is no kind of entry")))
    }
}

/// Who vouches for an entry, and how strongly.
///
/// E1 to E5 grow in strength; the other three are classes of their own and do not compare with them,
/// although the order of the codes is the order of the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceClass {
    /// E1: the sender showed a shared secret in clear text.
    SharedSecret,
    /// E2: the sender signed the body with a shared secret; id, time and event name are unsigned.
    HmacBody,
    /// E3: the sender signed id, time and body together with a shared secret.
    HmacTimed,
    /// E4: the sender's platform vouches for the workload by an OIDC token.
    WorkloadIdentity,
    /// E5: the content carries a signature of its own (DSSE), whoever delivered it.
    SelfVerifying,
    /// We read it ourselves from the provider's API.
    ApiRead,
    /// A logged-in person said so.
    Statement,
    /// The ledger wrote it about itself.
    System,
}

impl EvidenceClass {
    /// Every class, in the order of the codes.
    pub const ALL: [Self; 8] = [
        Self::SharedSecret,
        Self::HmacBody,
        Self::HmacTimed,
        Self::WorkloadIdentity,
        Self::SelfVerifying,
        Self::ApiRead,
        Self::Statement,
        Self::System,
    ];

    /// The byte that stands for this class in a leaf: 1 to 8.
    pub const fn code(self) -> u8 {
        match self {
            Self::SharedSecret => 1,
            Self::HmacBody => 2,
            Self::HmacTimed => 3,
            Self::WorkloadIdentity => 4,
            Self::SelfVerifying => 5,
            Self::ApiRead => 6,
            Self::Statement => 7,
            Self::System => 8,
        }
    }

    /// The class with this code; `None` for a code that no class has.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.code() == code)
    }

    /// The word for this class in tables, the API and exports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SharedSecret => "e1",
            Self::HmacBody => "e2",
            Self::HmacTimed => "e3",
            Self::WorkloadIdentity => "e4",
            Self::SelfVerifying => "e5",
            Self::ApiRead => "api-read",
            Self::Statement => "statement",
            Self::System => "system",
        }
    }

    /// The class with this word; `None` for any other text, also for another case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }

    /// Who vouches, as a phrase for people that can follow "vouched for by".
    pub const fn describe(self) -> &'static str {
        match self {
            Self::SharedSecret => "a shared secret sent in clear text (E1)",
            Self::HmacBody => "a signature over the body with a shared secret (E2)",
            Self::HmacTimed => "a signature over id, time and body with a shared secret (E3)",
            Self::WorkloadIdentity => "the identity of the workload, confirmed by its platform (E4)",
            Self::SelfVerifying => "a signature inside the content itself (E5)",
            Self::ApiRead => "our own reading of the provider's API",
            Self::Statement => "the word of a logged-in person",
            Self::System => "the ledger itself",
        }
    }
}

impl fmt::Display for EvidenceClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl Serialize for EvidenceClass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for EvidenceClass {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::from_word(&word).ok_or_else(|| serde::de::Error::custom(format!("'{word}' is no evidence class")))
    }
}

#[cfg(test)]
mod tests {
    use super::{EntryKind, EvidenceClass};

    #[test]
    fn codes_and_words_name_each_kind_once() {
        for code in 0..=u8::MAX {
            let kind = EntryKind::from_code(code);
            assert_eq!(kind.is_some(), (1..=11).contains(&code), "code {code}");
            if let Some(kind) = kind {
                assert_eq!(kind.code(), code);
                assert_eq!(EntryKind::from_word(kind.word()), Some(kind));
                assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
                assert_eq!(serde_json::from_str::<EntryKind>(&format!("\"{kind}\"")).unwrap(), kind);
            }
        }
        assert!(EntryKind::from_word("Delivery").is_none());
        assert!(serde_json::from_str::<EntryKind>("\"parcel\"").is_err());
    }

    #[test]
    fn codes_and_words_name_each_class_once() {
        for code in 0..=u8::MAX {
            let class = EvidenceClass::from_code(code);
            assert_eq!(class.is_some(), (1..=8).contains(&code), "code {code}");
            if let Some(class) = class {
                assert_eq!(class.code(), code);
                assert_eq!(EvidenceClass::from_word(class.word()), Some(class));
                assert_eq!(serde_json::to_string(&class).unwrap(), format!("\"{class}\""));
                assert_eq!(serde_json::from_str::<EvidenceClass>(&format!("\"{class}\"")).unwrap(), class);
                assert!(!class.describe().is_empty());
            }
        }
        assert!(EvidenceClass::from_word("E1").is_none());
        assert!(serde_json::from_str::<EvidenceClass>("\"e9\"").is_err());
    }
}
