//! What an action of Opsgenie means for the alert.

use throughline_domain::node::Outcome;

/// An action.
#[derive(Clone, Copy, Debug)]
pub(super) struct Action {
    /// The word for it.
    pub(super) what: &'static str,
    /// The alert's state after it; `None` where it changes nothing about that.
    pub(super) state: Option<(&'static str, Outcome)>,
}

impl Action {
    /// The action of that name; an unknown name is that of a custom action.
    pub(super) fn of(word: &str) -> Self {
        let (what, state) = match word {
            "Create" => ("created", Some(("open", Outcome::Running))),
            "Acknowledge" => ("acknowledged", Some(("acknowledged", Outcome::Running))),
            "UnAcknowledge" => ("unacknowledged", Some(("open", Outcome::Running))),
            "Close" => ("closed", Some(("closed", Outcome::Success))),
            "Delete" => ("deleted", Some(("deleted", Outcome::Abandoned))),
            "Snooze" => ("snoozed", Some(("snoozed", Outcome::Running))),
            "SnoozeEnded" => ("woken", Some(("open", Outcome::Running))),
            "AddNote" => ("annotated", None),
            "AddTags" | "RemoveTags" => ("tagged", None),
            "AddTeam" | "AddResponder" | "AddRecipient" => ("called", None),
            "AssignOwnership" | "TakeOwnership" => ("assigned", None),
            "Escalate" => ("escalated", None),
            "UpdatePriority" => ("prioritised", None),
            "UpdateMessage" | "UpdateDescription" | "AddDetails" | "RemoveDetails" => ("edited", None),
            _ => ("acted", None),
        };
        Self { what, state }
    }

    /// Whether the alert's description is what the action brings.
    pub(super) fn describes(self) -> bool {
        matches!(self.what, "created" | "edited")
    }

    /// Whether the alert is over.
    pub(super) fn ends(self) -> bool {
        matches!(self.state, Some((_, Outcome::Success | Outcome::Abandoned)))
    }
}
