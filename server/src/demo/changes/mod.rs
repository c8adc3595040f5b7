//! The pull requests of the story, as data: who changed what, for which ticket, and what came of it.

use super::calendar::{Moment, at};
use super::company::{ADA, EDSGER, Person};
use super::ids;

mod checkout;
mod payments;
mod storefront;

/// A pull request.
#[derive(Debug)]
pub struct Change {
    /// The short name of the repository.
    pub repository: &'static str,
    /// The number within the repository.
    pub number: u64,
    /// The ticket that it is for; one has none.
    pub ticket: Option<&'static str>,
    /// The title.
    pub title: &'static str,
    /// The name of its branch.
    pub branch: &'static str,
    /// What its author wrote about it.
    pub body: &'static str,
    /// Who wrote it.
    pub author: &'static Person,
    /// Who reviewed it.
    pub reviewer: &'static Person,
    /// When its branch was pushed first.
    pub pushed: Moment,
    /// When it was approved; for one that is given up, when it was closed.
    pub decided: Moment,
    /// What went wrong on the way.
    pub trouble: Trouble,
    /// How it ends.
    pub fate: Fate,
    /// The version of the image that is built once it is merged.
    pub version: Option<&'static str>,
    /// The files that it changes.
    pub files: &'static [&'static str],
}

/// What goes wrong on the way of a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// Some tests fail at first.
    Tests {
        /// How many pass.
        passed: u32,
        /// How many fail.
        failed: u32,
    },
    /// The reviewer asks for changes, in these words.
    Review(&'static str),
}

/// How a pull request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is merged.
    Merged,
    /// It is closed unmerged.
    GivenUp,
    /// It is still open at the end of the story.
    Open,
}

impl Change {
    /// How people refer to it: `checkout#118`.
    pub fn reference(&self) -> String {
        format!("{}#{}", self.repository, self.number)
    }

    /// The commit of its first push.
    pub fn first_head(&self) -> String {
        ids::commit(&format!("{} first", self.reference()))
    }

    /// The commit that it ends with.
    pub fn last_head(&self) -> String {
        match self.trouble {
            Trouble::None => self.first_head(),
            Trouble::Tests { .. } | Trouble::Review(_) => ids::commit(&format!("{} second", self.reference())),
        }
    }

    /// The commit that it becomes on the main branch.
    pub fn merge_commit(&self) -> String {
        ids::commit(&format!("{} merged", self.reference()))
    }

    /// When it was opened.
    pub const fn opened(&self) -> Moment {
        self.pushed.plus(7)
    }

    /// When the reviewer asked for changes, if that happened.
    pub const fn refused(&self) -> Option<Moment> {
        match self.trouble {
            Trouble::None | Trouble::Tests { .. } => None,
            Trouble::Review(_) => Some(self.decided.plus(-95)),
        }
    }

    /// When its author mended what had gone wrong, if anything had.
    pub const fn mended(&self) -> Option<Moment> {
        match self.trouble {
            Trouble::None => None,
            Trouble::Tests { .. } => Some(self.pushed.plus(70)),
            Trouble::Review(_) => Some(self.decided.plus(-38)),
        }
    }

    /// When it is on the main branch.
    pub const fn merged(&self) -> Moment {
        self.decided.plus(9)
    }
}

/// Every pull request, by repository in the order of their numbers.
pub fn all() -> impl Iterator<Item = &'static Change> {
    checkout::CHANGES.iter().chain(&payments::CHANGES).chain(&storefront::CHANGES)
}

/// The change that an image was built from.
pub fn of_image(service: &str, version: &str) -> Option<&'static Change> {
    all().find(|change| change.repository == service && change.version == Some(version))
}

/// The change of a ticket.
pub fn of_ticket(ticket: &str) -> Option<&'static Change> {
    all().find(|change| change.ticket == Some(ticket))
}

/// What most changes have in common.
const COMMON: Change = Change {
    repository: "checkout",
    number: 0,
    ticket: None,
    title: "",
    branch: "",
    body: "",
    author: &ADA,
    reviewer: &EDSGER,
    pushed: at(0, 9, 0),
    decided: at(0, 9, 0),
    trouble: Trouble::None,
    fate: Fate::Merged,
    version: None,
    files: &[],
};
