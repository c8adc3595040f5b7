//! Numbers of changes and tickets, which tools give in order of opening.

use std::collections::HashMap;

use throughline_domain::time::Timestamp;

use super::History;
use super::pieces::{Change, Ticket};
use crate::year::company::{Codebase, Team};
use crate::year::table::Id;

/// The number before the first one of a codebase or a project.
const BEFORE: u64 = 100;

/// Gives every change and every ticket its number.
pub(super) fn give(history: &mut History) {
    let mut changes: Vec<(Timestamp, Id<Change>, Id<Codebase>)> = Vec::new();
    for (id, change) in history.changes.iter() {
        let service = history.landings.at(change.landing).service;
        changes.push((change.opened, id, history.company.services.at(service).codebase));
    }
    changes.sort_unstable();
    let mut last: HashMap<Id<Codebase>, u64> = HashMap::new();
    for (_, id, codebase) in changes {
        history.changes.at_mut(id).number = next(&mut last, codebase);
    }
    let mut tickets: Vec<(Timestamp, Id<Ticket>, Id<Team>)> =
        history.tickets.iter().map(|(id, ticket)| (ticket.opened, id, ticket.team)).collect();
    tickets.sort_unstable();
    let mut last: HashMap<Id<Team>, u64> = HashMap::new();
    for (_, id, team) in tickets {
        history.tickets.at_mut(id).number = next(&mut last, team);
    }
}

fn next<T>(last: &mut HashMap<Id<T>, u64>, of: Id<T>) -> u64 {
    let number = last.entry(of).or_insert(BEFORE);
    *number += 1;
    *number
}
