//! Totals of a report, added up row by row, and their reconciliation with the graph.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::audit::controls::Controls;
use crate::audit::exceptions::Exception;
use crate::audit::population::{LeftOut, Population};
use crate::audit::row::{ChangeKind, Row};

/// The most distinct names that are counted apart; what comes under further ones is counted together.
pub const MAX_NAMES: usize = 10_000;

/// What names beyond [`MAX_NAMES`] are counted as.
pub const OTHERS: &str = "(others)";

/// How often each name came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    counts: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts a name once more.
    pub fn add(&mut self, name: &str) {
        let is_full = self.counts.len() >= MAX_NAMES && !self.counts.contains_key(name);
        let name = if is_full { OTHERS } else { name };
        if let Some(count) = self.counts.get_mut(name) {
            *count = count.saturating_add(1);
        } else {
            self.counts.insert(name.to_owned(), 1);
        }
    }

    /// The names in order, each with how often it came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// How often a name came.
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or_default()
    }

    fn json(&self) -> Value {
        json!(self.counts)
    }
}

/// How the rows of a report add up to what the graph has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// How many changes to environments the graph has in the period, counted apart from the rows.
    pub in_graph: u64,
    /// How many rows the report has.
    pub rows: u64,
    /// How many have no row, by reason.
    pub left_out: BTreeMap<LeftOut, u64>,
    /// How many have no time and so belong to no period.
    pub undated: u64,
}

impl Reconciliation {
    /// Whether nothing is missing: what the graph has is the rows and what was left out for a reason.
    pub fn balances(&self) -> bool {
        self.in_graph == self.left_out.values().fold(self.rows, |sum, count| sum.saturating_add(*count))
    }
}

/// The totals of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How the rows add up.
    pub reconciliation: Reconciliation,
    /// How many rows have an exception.
    pub with_exceptions: u64,
    /// Rows by environment.
    pub environments: Tally,
    /// Rows by service.
    pub services: Tally,
    /// Rows by the sort of change.
    pub kinds: Tally,
    /// Rows by outcome.
    pub outcomes: Tally,
    /// Rows by exception; a row may have several.
    pub exceptions: Tally,
    /// Rows with an exception that a control looks at, by the control's id.
    pub controls: Tally,
}

impl Totals {
    /// The totals before the first row.
    pub fn of(population: &Population) -> Self {
        let Population { rollouts: _, in_graph, left_out, undated } = population;
        let reconciliation =
            Reconciliation { in_graph: *in_graph, rows: 0, left_out: left_out.clone(), undated: *undated };
        Self { reconciliation, ..Self::default() }
    }

    /// Adds a row.
    pub fn add(&mut self, row: &Row, controls: &Controls) {
        self.reconciliation.rows = self.reconciliation.rows.saturating_add(1);
        self.environments.add(&row.environment);
        self.services.add(&row.service);
        self.kinds.add(row.kind.word());
        self.outcomes.add(&row.outcome);
        for exception in &row.exceptions {
            self.exceptions.add(exception.word());
        }
        if !row.exceptions.is_empty() {
            self.with_exceptions = self.with_exceptions.saturating_add(1);
        }
        let is_met = |exception: &Exception| row.exceptions.contains(exception);
        for control in controls.all().iter().filter(|control| control.exceptions.iter().any(is_met)) {
            self.controls.add(&control.id);
        }
    }

    /// Counts changes that have no row.
    pub fn leave_out(&mut self, reason: LeftOut, count: u64) {
        if count > 0 {
            let known = self.reconciliation.left_out.entry(reason).or_default();
            *known = known.saturating_add(count);
        }
    }

    /// Every figure with what it is a figure of: section, name, number. In the order in which reports show them.
    pub fn figures(&self) -> Vec<(&'static str, String, u64)> {
        let Reconciliation { in_graph, rows, left_out, undated } = &self.reconciliation;
        let mut figures = vec![
            ("Reconciliation", "Changes to environments in the graph in this period".to_owned(), *in_graph),
            ("Reconciliation", "Rows in this report".to_owned(), *rows),
        ];
        for (reason, count) in left_out {
            figures.push(("Reconciliation", format!("Left out: {}", reason.meaning()), *count));
        }
        figures.push(("Reconciliation", "Without a time, in no period".to_owned(), *undated));
        figures.push(("Exceptions", "Rows with an exception".to_owned(), self.with_exceptions));
        let titled =
            |word: &str| Exception::from_word(word).map_or_else(|| word.to_owned(), |known| known.title().to_owned());
        figures.extend(self.exceptions.iter().map(|(word, count)| ("Exceptions", titled(word), count)));
        for (section, tally) in [
            ("Environments", &self.environments),
            ("Services", &self.services),
            ("Kinds", &self.kinds),
            ("Outcomes", &self.outcomes),
        ] {
            figures.extend(tally.iter().map(|(name, count)| (section, name.to_owned(), count)));
        }
        figures
    }

    /// The totals as an object.
    pub fn json(&self) -> Value {
        let Reconciliation { in_graph, rows, left_out, undated } = &self.reconciliation;
        let left_out: BTreeMap<&str, u64> = left_out.iter().map(|(reason, count)| (reason.word(), *count)).collect();
        json!({
            "in_graph": in_graph,
            "rows": rows,
            "left_out": left_out,
            "undated": undated,
            "balances": self.reconciliation.balances(),
            "with_exceptions": self.with_exceptions,
            "environments": self.environments.json(),
            "services": self.services.json(),
            "kinds": self.kinds.json(),
            "outcomes": self.outcomes.json(),
            "exceptions": self.exceptions.json(),
            "controls": self.controls.json(),
        })
    }

    /// How many rows are of a sort.
    pub fn of_kind(&self, kind: ChangeKind) -> u64 {
        self.kinds.count(kind.word())
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_NAMES, OTHERS, Tally, Totals};
    use crate::audit::controls::Controls;
    use crate::audit::population::{LeftOut, Population};
    use crate::audit::row::{ChangeKind, Row, View};
    use crate::audit::samples::good;

    #[test]
    fn rows_add_up_to_what_the_graph_has() {
        let population = Population { in_graph: 4, undated: 2, ..Population::default() };
        let mut totals = Totals::of(&population);
        let controls = Controls::builtin();
        let mut bad = good();
        bad.changes[0].approvals.clear();
        bad.changes[0].tickets.clear();
        for (number, dossier) in [(1, good()), (2, bad)] {
            totals.add(&Row::of(number, &dossier, &View::whole()), &controls);
        }
        assert!(!totals.reconciliation.balances(), "two have no row and no reason");
        totals.leave_out(LeftOut::Gone, 2);
        totals.leave_out(LeftOut::Failed, 0);
        assert!(totals.reconciliation.balances());
        assert_eq!((totals.reconciliation.rows, totals.with_exceptions), (2, 1));
        assert_eq!((totals.exceptions.count("no_approval"), totals.exceptions.count("no_ticket")), (1, 1));
        assert_eq!(totals.of_kind(ChangeKind::Deployment), 2);
        assert_eq!(totals.controls.count("CC8.1"), 1);
        let json = totals.json();
        assert_eq!(json.get("left_out").unwrap(), &serde_json::json!({ "gone": 2 }));
        assert!(
            totals.figures().iter().any(|(section, name, count)| {
                (*section, name.as_str(), *count) == ("Exceptions", "No approval", 1)
            })
        );
    }

    #[test]
    fn a_tally_has_a_bound() {
        let mut tally = Tally::default();
        for number in 0..MAX_NAMES + 5 {
            tally.add(&number.to_string());
        }
        tally.add("0");
        assert_eq!((tally.count("0"), tally.count(OTHERS)), (2, 5));
        assert_eq!(tally.iter().count(), MAX_NAMES + 1);
    }
}
