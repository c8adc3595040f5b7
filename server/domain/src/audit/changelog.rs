//! The change log of a period for people: by service, what changed, why, and by whom.

use std::collections::BTreeMap;

use crate::audit::row::{ChangeKind, UNKNOWN};
use crate::dossier::{ChangeLine, CommitLine, Dossier, Piece, Tie, Who};
use crate::time::Timestamp;

/// The most deployments that one change log tells of; it is made to be read.
pub const MAX_DEPLOYMENTS: usize = 20_000;

/// The most lines of one deployment; how many more there are is said.
pub const MAX_LINES: usize = 200;

/// Something with a name and perhaps a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What it is called: `PAY-12`.
    pub name: String,
    /// Its title, where that is another one.
    pub title: Option<String>,
    /// Its page.
    pub url: Option<String>,
}

/// One thing that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The pull request, or the commit that is part of none.
    pub what: Named,
    /// The tickets behind it.
    pub why: Vec<Named>,
    /// Who wrote it.
    pub by: Vec<String>,
    /// Who approved it.
    pub approved_by: Vec<String>,
}

/// One deployment of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// When.
    pub at: Option<Timestamp>,
    /// Where to.
    pub environment: String,
    /// What sort of change it was.
    pub kind: ChangeKind,
    /// What went out.
    pub what: Named,
    /// What it took the place of.
    pub replaces: Option<String>,
    /// What it brought, the newest first.
    pub lines: Vec<Line>,
    /// How many lines more there would be.
    pub more: usize,
}

/// The change log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changelog {
    /// By the service's name; in each the deployments in the order in which they were added.
    pub services: BTreeMap<String, Vec<Deployed>>,
    /// How many deployments were left out because there are more than [`MAX_DEPLOYMENTS`].
    pub left_out: usize,
    told: usize,
}

impl Changelog {
    /// Adds a deployment.
    pub fn add(&mut self, dossier: &Dossier) {
        if self.told >= MAX_DEPLOYMENTS {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        self.told = self.told.saturating_add(1);
        let service = dossier.service.as_ref().map_or(UNKNOWN, |service| service.name()).to_owned();
        self.services.entry(service).or_default().push(deployed(dossier));
    }

    /// Whether nothing was deployed.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }
}

impl Named {
    fn of(piece: &Piece) -> Self {
        let name = piece.name().to_owned();
        let title = Some(piece.title.clone()).filter(|title| *title != name);
        Self { name, title, url: piece.url.clone() }
    }
}

fn deployed(dossier: &Dossier) -> Deployed {
    let direct = dossier.commits.iter().filter(|commit| commit.changes.is_empty());
    let count = dossier.changes.len().saturating_add(direct.clone().count());
    let changes = dossier.changes.iter().map(|change| of_change(dossier, change));
    let lines: Vec<Line> = changes.chain(direct.map(|commit| of_commit(dossier, commit))).take(MAX_LINES).collect();
    Deployed {
        at: dossier.deployment.as_ref().and_then(|deployment| deployment.piece.occurred),
        environment: dossier.environment.name().to_owned(),
        kind: ChangeKind::of(dossier),
        what: Named::of(&dossier.candidate),
        replaces: dossier.replaces.as_ref().map(|one| one.piece.name().to_owned()),
        more: count.saturating_sub(lines.len()),
        lines,
    }
}

fn of_change(dossier: &Dossier, change: &ChangeLine) -> Line {
    Line {
        what: Named::of(&change.piece),
        why: tickets(dossier, &change.tickets),
        by: names(&change.authors),
        approved_by: names(change.approvals.iter().map(|approval| &approval.by)),
    }
}

fn of_commit(dossier: &Dossier, commit: &CommitLine) -> Line {
    Line {
        what: Named::of(&commit.piece),
        why: tickets(dossier, &commit.tickets),
        by: names(&commit.authors),
        approved_by: Vec::new(),
    }
}

/// The tickets that links lead to, each once.
fn tickets(dossier: &Dossier, ties: &[Tie]) -> Vec<Named> {
    let is_named = |piece: &Piece| ties.iter().any(|tie| tie.to == piece.key);
    dossier.tickets.iter().map(|ticket| &ticket.piece).filter(|piece| is_named(piece)).map(Named::of).collect()
}

/// Names, each once, in their order.
fn names<'a>(people: impl IntoIterator<Item = &'a Who>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for who in people {
        if !names.contains(&who.name) {
            names.push(who.name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{Changelog, MAX_DEPLOYMENTS, MAX_LINES};
    use crate::audit::samples::good;

    #[test]
    fn a_service_tells_what_changed_why_and_by_whom() {
        let mut log = Changelog::default();
        assert!(log.is_empty());
        let mut dossier = good();
        let mut direct = dossier.commits[0].clone();
        direct.changes.clear();
        direct.tickets.clear();
        direct.piece.title = "Fix a typing mistake".to_owned();
        dossier.commits.push(direct);
        log.add(&dossier);
        let deployed = &log.services.get("checkout").unwrap()[0];
        let [change, commit] = deployed.lines.as_slice() else { panic!("{deployed:?}") };
        assert_eq!(change.what.name, "acme/checkout#42");
        assert_eq!(change.why[0].title.as_deref(), Some("Payments time out at noon"));
        assert_eq!((change.by.join(" "), change.approved_by.join(" ")), ("ada".to_owned(), "grace".to_owned()));
        assert_eq!(commit.what.title.as_deref(), Some("Fix a typing mistake"));
        assert!(commit.why.is_empty() && commit.approved_by.is_empty());
        assert_eq!((deployed.environment.as_str(), deployed.more), ("production", 0));
    }

    #[test]
    fn it_has_bounds_and_says_so() {
        let mut dossier = good();
        let change = dossier.changes[0].clone();
        dossier.changes = vec![change; MAX_LINES + 3];
        let mut log = Changelog::default();
        log.add(&dossier);
        let deployed = &log.services.get("checkout").unwrap()[0];
        assert_eq!((deployed.lines.len(), deployed.more), (MAX_LINES, 3));
        log.told = MAX_DEPLOYMENTS;
        log.add(&dossier);
        assert_eq!(log.left_out, 1);
    }
}
