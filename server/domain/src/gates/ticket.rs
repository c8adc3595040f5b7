//! Every pull request has a ticket in an allowed state.
//!
//! | evidence | finding |
//! |---|---|
//! | each pull request, or one of its commits, has a link of an allowed kind (`relations`, by default `resolves`) and of the least class or surer to a ticket whose state the policy allows (`states`; by default any but an abandoned one) | pass |
//! | a pull request names no ticket, or only in a less sure way; none of its tickets is in an allowed state; a commit without a pull request names none | fail |
//! | nobody has told of the ticket itself, or of its state; the chain is cut | unknown |
//! | it brings no commit; it is a rollback that brings none; every pull request has an exempt label | not needed |
//!
//! One ticket in an allowed state is enough for a pull request that names several. States are compared as the tracker
//! writes them, without regard to case.

use super::Gate;
use super::brought::{counted_changes, counts, is_in_change, nothing_brought, sureness};
use super::finding::{Finding, Weighing, begin, named, short};
use crate::dossier::{ChangeLine, Dossier, Piece, TicketLine, Tie};
use crate::node::Outcome;
use crate::policy::Limits;

pub(super) const GATE: Gate = Gate {
    name: "ticket",
    title: "Every pull request has a ticket in an allowed state",
    version: 2,
    weight: |settings| settings.ticket.weight,
    judge,
    source: include_str!("ticket.rs"),
};

const NAME_ONE: &str = "Name the ticket in the pull request with a closing word, or confirm the link.";

fn judge(dossier: &Dossier, limits: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    if let Some(why) = nothing_brought(dossier, &mut weighing) {
        return weighing.not_needed(why);
    }
    let mut asked = 0_usize;
    for change in counted_changes(dossier, limits.least_class).filter(|change| !is_exempt(change, limits)) {
        let ties = change.tickets.iter().chain(dossier.commits_of(change).flat_map(|commit| &commit.tickets));
        look_at(&change.piece, ties, dossier, limits, &mut weighing);
        asked += 1;
    }
    for commit in dossier.commits.iter().filter(|commit| !is_in_change(dossier, commit, limits.least_class)) {
        look_at(&commit.piece, commit.tickets.iter(), dossier, limits, &mut weighing);
        asked += 1;
    }
    if asked == 0 && weighing.is_clear() {
        return weighing.not_needed("Every pull request has a label that needs no ticket.");
    }
    weighing.finish()
}

fn look_at<'a>(
    piece: &Piece,
    ties: impl Iterator<Item = &'a Tie>,
    dossier: &Dossier,
    limits: &Limits,
    weighing: &mut Weighing<'_>,
) {
    let settings = &limits.gates.ticket;
    let ties: Vec<&Tie> = ties.filter(|tie| settings.relations.contains(&tie.says)).collect();
    let sure: Vec<&Tie> = ties.iter().copied().filter(|tie| counts(tie, limits.least_class)).collect();
    if sure.is_empty() {
        let text = match ties.iter().max_by_key(|tie| tie.class) {
            Some(tie) => format!("{} names its ticket only by {}.", begin(piece), sureness(tie.class)),
            None => format!("{} has no ticket.", begin(piece)),
        };
        return weighing.fail(&piece.key, text, NAME_ONE);
    }
    let line = |tie: &&Tie| dossier.tickets.iter().find(|ticket| ticket.piece.key == tie.to);
    let tickets: Vec<&TicketLine> = sure.iter().filter_map(line).collect();
    if let Some(ticket) = tickets.iter().find(|ticket| is_allowed(ticket, &settings.states) == Some(true)) {
        let state = ticket.piece.state.as_deref().unwrap_or("not told");
        let text = format!("{} has {}, in the state {}.", begin(piece), named(&ticket.piece), short(state));
        return weighing.evidence(&ticket.piece, text, ticket.piece.occurred, &ticket.entries);
    }
    match tickets.iter().find(|ticket| is_allowed(ticket, &settings.states) == Some(false)) {
        Some(ticket) if tickets.len() == sure.len() && tickets.iter().all(|ticket| ticket.piece.stated) => {
            let state = ticket.piece.state.as_deref().unwrap_or("abandoned");
            let text = format!("{} of {} is in the state {}.", begin(&ticket.piece), named(piece), short(state));
            let fix = match settings.states.as_slice() {
                [] => "Open the ticket again, or name another one.".to_owned(),
                states => format!("Bring it into one of these states: {}.", states.join(", ")),
            };
            weighing.fail(&ticket.piece.key, text, &fix);
        }
        Some(_) | None => {
            let key = sure.first().map(|tie| tie.to.as_str()).unwrap_or_default();
            let text = format!("Nothing tells the state of a ticket that {} names.", named(piece));
            weighing.unknown(key, text, "Connect the tracker, or read its history with `throughline backfill`.");
        }
    }
}

/// Whether a ticket is in an allowed state; `None` where its state is not known.
fn is_allowed(ticket: &TicketLine, states: &[String]) -> Option<bool> {
    if !ticket.piece.stated {
        return None;
    }
    if states.is_empty() {
        return Some(ticket.piece.outcome != Some(Outcome::Abandoned));
    }
    let state = ticket.piece.state.as_deref()?;
    Some(states.iter().any(|allowed| allowed.trim().to_lowercase() == state.trim().to_lowercase()))
}

fn is_exempt(change: &ChangeLine, limits: &Limits) -> bool {
    let exempt = &limits.gates.ticket.exempt_labels;
    change.labels.iter().any(|label| exempt.iter().any(|word| word.to_lowercase() == label.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::gates::testing::{check, cut, ticket, tie};
    use crate::link::LinkClass;
    use crate::node::Outcome;

    #[test]
    fn each_change_is_asked_for_its_ticket() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                ("none", |d, _| d.changes[0].tickets.clear(), "fail: Pull request acme/checkout#42 has no ticket."),
                (
                    "named by the commit",
                    |d, _| d.commits[0].tickets = std::mem::take(&mut d.changes[0].tickets),
                    "pass",
                ),
                (
                    "only mentioned",
                    |d, _| d.changes[0].tickets[0].says = "mentions".to_owned(),
                    "fail: Pull request acme/checkout#42 has no ticket.",
                ),
                (
                    "only mentioned, and that is enough",
                    |d, l| {
                        d.changes[0].tickets[0].says = "mentions".to_owned();
                        l.gates.ticket.relations.push("mentions".to_owned());
                    },
                    "pass",
                ),
                (
                    "a guess",
                    |d, _| d.changes[0].tickets[0].class = LinkClass::Guessed,
                    "fail: Pull request acme/checkout#42 names its ticket only by L0, guessed from text, branch or time.",
                ),
                (
                    "a commit without a pull request",
                    |d, _| d.commits[0].changes.clear(),
                    "fail: Commit c1 has no ticket.",
                ),
                (
                    "exempt",
                    |d, l| {
                        d.changes[0].tickets.clear();
                        d.changes[0].labels.push("Dependencies".to_owned());
                        l.gates.ticket.exempt_labels.push("dependencies".to_owned());
                    },
                    "not_needed: Every pull request has a label that needs no ticket.",
                ),
            ],
        );
    }

    #[test]
    fn the_ticket_is_in_an_allowed_state() {
        check(
            &GATE,
            &[
                (
                    "abandoned",
                    |d, _| d.tickets[0].piece.outcome = Some(Outcome::Abandoned),
                    "fail: Ticket PAY-31 of pull request acme/checkout#42 is in the state Done.",
                ),
                ("allowed", |_, l| l.gates.ticket.states = vec!["done".to_owned()], "pass"),
                (
                    "not allowed",
                    |_, l| l.gates.ticket.states = vec!["Approved".to_owned()],
                    "fail: Ticket PAY-31 of pull request acme/checkout#42 is in the state Done.",
                ),
                (
                    "one of two",
                    |d, l| {
                        d.changes[0].tickets.push(tie("ticket:PAY-32", "resolves", LinkClass::Declared));
                        d.tickets.push(ticket("PAY-32", "Approved"));
                        l.gates.ticket.states = vec!["Approved".to_owned()];
                    },
                    "pass",
                ),
                (
                    "one that is not allowed and one that nobody has told of",
                    |d, l| {
                        d.changes[0].tickets.push(tie("ticket:PAY-32", "resolves", LinkClass::Declared));
                        l.gates.ticket.states = vec!["Approved".to_owned()];
                    },
                    "unknown: Nothing tells the state of a ticket that pull request acme/checkout#42 names.",
                ),
                (
                    "not told of",
                    |d, _| d.tickets[0].piece.stated = false,
                    "unknown: Nothing tells the state of a ticket that pull request acme/checkout#42 names.",
                ),
                (
                    "without a state",
                    |d, l| {
                        d.tickets[0].piece.state = None;
                        l.gates.ticket.states = vec!["Done".to_owned()];
                    },
                    "unknown: Nothing tells the state of a ticket that pull request acme/checkout#42 names.",
                ),
                (
                    "cut",
                    |d, _| d.cuts.push(cut("the parent of c1 is not known")),
                    "unknown: The parent of c1 is not known.",
                ),
                (
                    "a rollback",
                    |d, _| {
                        d.commits.clear();
                        d.changes.clear();
                        d.is_rollback = true;
                    },
                    "not_needed: It goes back to what ran there before and brings nothing new.",
                ),
            ],
        );
    }
}
