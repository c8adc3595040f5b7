//! What people and tools write: titles, descriptions, names of branches, messages.

use super::History;
use super::pieces::{Branch, Change, Commit, Text, Ticket, TicketPlace};
use crate::year::company::ORGANISATION;
use crate::year::table::Id;

/// The subjects of the commits that follow the first one of a branch.
const LATER_SUBJECTS: [&str; 4] = ["Do as the review says", "Mend the tests", "Tidy up", "Say why"];

impl History {
    /// `PAY-12`.
    pub fn ticket_key(&self, ticket: Id<Ticket>) -> String {
        let ticket = self.tickets.at(ticket);
        format!("{}-{}", self.company.teams.at(ticket.team).project, ticket.number)
    }

    /// The title of a change.
    pub fn title(&self, id: Id<Change>) -> String {
        let change = self.changes.at(id);
        let landing = self.landings.at(change.landing);
        if let Some(former) = landing.takes_back {
            let former = self.landings.at(former);
            let title = former.change.map_or_else(|| former.subject.clone(), |change| self.title(change));
            return format!("Revert \"{title}\"");
        }
        match change.ticket.filter(|_| change.ticket_place == TicketPlace::Title) {
            Some(ticket) => format!("{}: {}", self.ticket_key(ticket), landing.subject),
            None => landing.subject.clone(),
        }
    }

    /// The description of a change.
    pub fn body(&self, id: Id<Change>) -> String {
        let change = self.changes.at(id);
        let landing = self.landings.at(change.landing);
        if let Some(former) = landing.takes_back {
            let former = self.landings.at(former);
            return match former.change {
                Some(reverted) => {
                    let number = self.changes.at(reverted).number;
                    format!("Reverts {}#{number}", self.codebase_of_change(change).full_name())
                }
                None => format!("This reverts commit {}.", self.commits.at(former.head).sha),
            };
        }
        let about = format!("{}. Only the part `{}` is touched.", landing.subject, landing.area);
        match change.ticket.filter(|_| change.ticket_place == TicketPlace::Body) {
            Some(ticket) => format!("{about}\n\nCloses {}", self.ticket_key(ticket)),
            None => about,
        }
    }

    /// The short name of a branch.
    pub fn branch_name(&self, branch: &Branch) -> String {
        match branch {
            Branch::Main => "main".to_owned(),
            Branch::Release(name) => name.clone(),
            Branch::Of(id) => {
                let change = self.changes.at(*id);
                let landing = self.landings.at(change.landing);
                let words = landing.subject.to_lowercase().replace([' ', '.'], "-");
                match (change.ticket, landing.takes_back.and_then(|former| self.landings.at(former).change)) {
                    (Some(ticket), _) => format!("{}-{words}", self.ticket_key(ticket)),
                    (None, Some(reverted)) => format!("revert-{}-{words}", self.changes.at(reverted).number),
                    (None, None) => format!("{words}-{}", change.number),
                }
            }
        }
    }

    /// The whole message of a commit.
    pub fn message(&self, id: Id<Commit>) -> String {
        match self.commits.at(id).text {
            Text::Beginning => "Begin".to_owned(),
            Text::Step(change, step) => self.step_message(change, step),
            Text::Squash(change) => {
                let of = self.changes.at(change);
                let subject = format!("{} (#{})", self.title(change), of.number);
                let steps: Vec<String> = (0..of.steps.len()).map(|step| self.step_message(change, step)).collect();
                match steps.as_slice() {
                    [only] => match only.split_once("\n\n") {
                        Some((_, rest)) => format!("{subject}\n\n{rest}"),
                        None => subject,
                    },
                    several => format!("{subject}\n\n* {}", several.join("\n\n* ")),
                }
            }
            Text::Merge(change) => {
                let (number, branch) = (self.changes.at(change).number, self.branch_name(&Branch::Of(change)));
                format!("Merge pull request #{number} from {ORGANISATION}/{branch}\n\n{}", self.title(change))
            }
            Text::Direct(landing) => self.landings.at(landing).subject.clone(),
            Text::Picked(commit) => {
                let sha = &self.commits.at(commit).sha;
                format!("{}\n\n(cherry picked from commit {sha})", self.message(commit))
            }
        }
    }

    /// The message of a commit on the branch of a change.
    fn step_message(&self, id: Id<Change>, step: usize) -> String {
        let landing = self.landings.at(self.changes.at(id).landing);
        if let Some(former) = landing.takes_back {
            let head = self.landings.at(former).head;
            let message = self.message(head);
            let subject = message.lines().next().unwrap_or_default();
            return format!("Revert \"{subject}\"\n\nThis reverts commit {}.", self.commits.at(head).sha);
        }
        match step.checked_sub(1) {
            None => self.title(id),
            Some(later) => LATER_SUBJECTS.get(later % LATER_SUBJECTS.len()).copied().unwrap_or_default().to_owned(),
        }
    }
}
