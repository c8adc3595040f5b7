//! How many tests ended how, and which of them failed.

use crate::draft::shortened;

/// The most failing tests that are named.
const MAX_NAMED: usize = 10;

/// The longest name of a failing test that is shown, in characters.
const MAX_NAME_CHARS: usize = 200;

/// The tests of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many passed, also those that did so at a second attempt.
    pub passed: u64,
    /// How many failed or broke.
    pub failed: u64,
    /// How many were not run or showed nothing.
    pub skipped: u64,
    /// How many of those that passed had failed before.
    pub flaky: u64,
    named: Vec<String>,
}

impl Tally {
    /// Counts that a report gives without naming tests.
    pub fn of(passed: u64, failed: u64, skipped: u64) -> Self {
        Self { passed, failed, skipped, ..Self::default() }
    }

    /// How many tests there are.
    pub fn total(&self) -> u64 {
        self.passed.saturating_add(self.failed).saturating_add(self.skipped)
    }

    /// Counts a test that passed.
    pub fn pass(&mut self) {
        self.passed = self.passed.saturating_add(1);
    }

    /// Counts a test that passed after it had failed.
    pub fn pass_at_last(&mut self) {
        self.pass();
        self.flaky = self.flaky.saturating_add(1);
    }

    /// Counts a test that was not run.
    pub fn skip(&mut self) {
        self.skipped = self.skipped.saturating_add(1);
    }

    /// Counts a test that failed; `class` and `name` are what the report calls it.
    pub fn fail(&mut self, class: Option<&str>, name: Option<&str>) {
        self.failed = self.failed.saturating_add(1);
        if self.named.len() < MAX_NAMED {
            let name = match (class, name) {
                (Some(class), Some(name)) if !name.starts_with(class) => format!("{class}.{name}"),
                (_, Some(name)) => name.to_owned(),
                (Some(class), None) => class.to_owned(),
                (None, None) => "a test without a name".to_owned(),
            };
            self.named.push(shortened(&name, MAX_NAME_CHARS));
        }
    }

    /// These tests with counts that the report gives for the whole run, where it tells of more tests than it lists.
    ///
    /// Some tools list only what failed. Counts that contradict each other, or what is listed, do not count.
    #[must_use]
    pub fn completed(mut self, declared: &Tally) -> Self {
        let (failed, skipped) = (self.failed.max(declared.failed), self.skipped.max(declared.skipped));
        if declared.total() > self.total() && failed.saturating_add(skipped) <= declared.total() {
            self.passed = declared.total() - failed - skipped;
            self.failed = failed;
            self.skipped = skipped;
        }
        self
    }

    /// The counts in words: `128 passed, 1 failed, 3 skipped`.
    pub fn summary(&self) -> String {
        let counts =
            [(self.passed, "passed"), (self.failed, "failed"), (self.skipped, "skipped"), (self.flaky, "flaky")];
        let told = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        let told: Vec<String> = told.collect();
        if told.is_empty() { "no tests".to_owned() } else { told.join(", ") }
    }

    /// The first tests that failed, by name; `None` where none did.
    pub fn failures(&self) -> Option<String> {
        if self.named.is_empty() {
            return None;
        }
        let named = u64::try_from(self.named.len()).unwrap_or(u64::MAX);
        let more = match self.failed.saturating_sub(named) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Some(format!("Failed: {}{more}", self.named.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn the_first_failures_are_named() {
        let mut tally = Tally::default();
        assert_eq!(tally.failures(), None);
        tally.fail(Some("acme.Cart"), Some("adds"));
        tally.fail(Some("acme.Cart"), Some("acme.Cart.removes"));
        tally.fail(Some("acme.Cart"), None);
        tally.fail(None, None);
        let expected = "Failed: acme.Cart.adds; acme.Cart.removes; acme.Cart; a test without a name";
        assert_eq!(tally.failures().as_deref(), Some(expected));
        (0..20).for_each(|_| tally.fail(None, Some("pays")));
        assert!(tally.failures().unwrap().ends_with("pays; pays; and 14 more"));
    }

    #[test]
    fn declared_counts_fill_in_what_is_not_listed() {
        let listed = Tally::of(2, 1, 0);
        for (declared, expected) in [
            (Tally::of(0, 0, 0), "2 passed, 1 failed"),
            (Tally::of(8, 0, 0), "7 passed, 1 failed"),
            (Tally::of(10, 3, 2), "10 passed, 3 failed, 2 skipped"),
            (Tally::of(0, 2, 1), "2 passed, 1 failed"),
            (Tally::of(u64::MAX, 1, 1), "18446744073709551613 passed, 1 failed, 1 skipped"),
        ] {
            assert_eq!(listed.clone().completed(&declared).summary(), expected, "{declared:?}");
        }
        assert_eq!(Tally::default().summary(), "no tests");
    }
}
