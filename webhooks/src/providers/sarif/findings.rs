//! What a run found: how much of which level, and how it ended.

use std::collections::BTreeMap;

use throughline_domain::node::Outcome;

use super::payload::{Finding, Rule, Run};
use crate::draft::shortened;

/// How many rules are named, and how long the name of one may be, in characters.
const MAX_NAMED: usize = 5;
const MAX_RULE_CHARS: usize = 100;

/// The findings that are open, by level, and those that somebody suppressed.
#[derive(Debug, Default)]
pub(super) struct Findings<'a> {
    is_told: bool,
    errors: usize,
    warnings: usize,
    notes: usize,
    suppressed: usize,
    by_rule: BTreeMap<&'a str, usize>,
}

impl<'a> Findings<'a> {
    /// Counts the findings of a run.
    pub(super) fn of(run: &'a Run) -> Self {
        let mut findings = Self { is_told: run.results.is_some(), ..Self::default() };
        let rules = &run.tool.driver.rules;
        let by_id = rules.iter().filter_map(|rule| Some((rule.id.get()?, rule))).collect();
        for finding in run.results.iter().flatten() {
            findings.add(finding, rules, &by_id);
        }
        findings
    }

    fn add(&mut self, finding: &'a Finding, rules: &'a [Rule], by_id: &BTreeMap<&'a str, &'a Rule>) {
        let index = finding.rule_index.or(finding.rule.index).and_then(|index| usize::try_from(index).ok());
        let named = finding.rule_id.get().or(finding.rule.id.get());
        let by_index = index.and_then(|index| rules.get(index));
        let rule = by_index.or_else(|| by_id.get(named?).copied());
        // A finding of the kind `fail`, which is what it is when nothing is said, is the only one that is a problem.
        if finding.kind.get().is_some_and(|kind| kind != "fail") || finding.baseline_state.get() == Some("absent") {
            return;
        }
        if finding
            .suppressions
            .iter()
            .any(|suppression| suppression.status.get().is_none_or(|status| status == "accepted"))
        {
            self.suppressed += 1;
            return;
        }
        let of_rule = rule.and_then(|rule| rule.default_configuration.level.get());
        match finding.level.get().or(of_rule).unwrap_or("warning") {
            "error" => self.errors += 1,
            "note" => self.notes += 1,
            "none" => return,
            _ => self.warnings += 1,
        }
        if let Some(name) = named.or_else(|| rule?.id.get()) {
            *self.by_rule.entry(name).or_default() += 1;
        }
    }

    /// An error, or a tool that broke, is a failure; warnings are for people.
    pub(super) fn outcome(&self, run: &Run) -> Outcome {
        let broke = run.invocations.iter().any(|call| call.execution_successful == Some(false));
        if self.errors > 0 || broke {
            Outcome::Failure
        } else if self.is_told {
            Outcome::Success
        } else {
            Outcome::Abandoned
        }
    }

    /// The counts in words: `2 errors, 1 warning`.
    pub(super) fn summary(&self) -> String {
        if !self.is_told {
            return "no results".to_owned();
        }
        let counts = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let told = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| match count {
            1 => format!("1 {word}"),
            count => format!("{count} {word}s"),
        });
        let mut told: Vec<String> = told.collect();
        if told.is_empty() {
            told.push("nothing found".to_owned());
        }
        if self.suppressed > 0 {
            told.push(format!("{} suppressed", self.suppressed));
        }
        told.join(", ")
    }

    /// The worst level of anything that is open.
    pub(super) fn worst(&self) -> Option<&'static str> {
        let levels = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        levels.into_iter().find(|(count, _)| *count > 0).map(|(_, level)| level)
    }

    /// The rules that most findings are of.
    pub(super) fn most_frequent(&self) -> Option<String> {
        let mut rules: Vec<(&str, usize)> = self.by_rule.iter().map(|(rule, count)| (*rule, *count)).collect();
        rules.sort_by(|(one, left), (other, right)| right.cmp(left).then(one.cmp(other)));
        let named: Vec<String> = rules.iter().take(MAX_NAMED).map(|(rule, count)| shown(rule, *count)).collect();
        if named.is_empty() {
            return None;
        }
        let more = match rules.len().saturating_sub(MAX_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more rules"),
        };
        Some(format!("{}{more}", named.join(", ")))
    }
}

fn shown(rule: &str, count: usize) -> String {
    let rule = shortened(rule, MAX_RULE_CHARS);
    if count == 1 { rule } else { format!("{rule} ({count})") }
}
