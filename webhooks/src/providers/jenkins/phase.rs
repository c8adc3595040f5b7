//! The phases of a run, and what each says of how far it has come.

use throughline_domain::node::Outcome;

/// Why the plugin sent a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It waits for an executor.
    Queued,
    /// It began.
    Started,
    /// Its steps have ended.
    Ended,
    /// Everything that follows the steps has ended, too.
    Finalized,
    /// A step of the job asked for the notification, so that the run goes on.
    Step,
}

impl Phase {
    /// The phase of a word in lower case; `finished` is what the first versions of the plugin said.
    pub(super) fn of(word: &str) -> Option<Self> {
        match word {
            "queued" => Some(Self::Queued),
            "started" => Some(Self::Started),
            "completed" | "finished" => Some(Self::Ended),
            "finalized" => Some(Self::Finalized),
            "none" => Some(Self::Step),
            _ => None,
        }
    }

    /// The word for the state: the result, once there is one, or else the phase.
    pub(super) fn state(self, status: Option<&str>) -> Option<&str> {
        match self {
            Self::Queued => Some("QUEUED"),
            Self::Started => Some("STARTED"),
            Self::Step => Some(status.unwrap_or("STARTED")),
            Self::Ended | Self::Finalized => status,
        }
    }

    /// What that means.
    pub(super) fn outcome(self, status: Option<&str>) -> Option<Outcome> {
        match self {
            Self::Queued => Some(Outcome::Pending),
            Self::Started => Some(Outcome::Running),
            Self::Step => status.map_or(Some(Outcome::Running), outcome),
            Self::Ended | Self::Finalized => status.and_then(outcome),
        }
    }

    /// The word for the timeline.
    pub(super) const fn happened(self) -> Option<&'static str> {
        match self {
            Self::Queued => Some("queued"),
            Self::Started => Some("started"),
            Self::Ended => Some("completed"),
            Self::Finalized => Some("finalized"),
            Self::Step => None,
        }
    }
}

/// What a result of Jenkins means. An unstable run is one whose tests failed.
fn outcome(status: &str) -> Option<Outcome> {
    match status.to_ascii_uppercase().as_str() {
        "SUCCESS" => Some(Outcome::Success),
        "UNSTABLE" | "FAILURE" => Some(Outcome::Failure),
        "ABORTED" | "NOT_BUILT" => Some(Outcome::Abandoned),
        _ => None,
    }
}
