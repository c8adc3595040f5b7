//! `throughline search`: everything that holds some words, asked here or of a server.

use clap::Args;

use crate::answer::{NodeSummary, SearchAnswer};
use crate::cli::questions::{How, ask, desk, print};
use crate::cli::{Failure, GOOD, NO, USAGE};
use crate::config::Settings;
use crate::plain;
use crate::search::SearchError;

/// The longest title in a line, in characters.
const MAX_TITLE: usize = 80;

#[derive(Debug, Args)]
pub(super) struct SearchCall {
    /// Words, phrases, and filters: kind:alert service:checkout environment:production team:payments after:2026-03-01
    /// before:2026-04-01. What stands in one argument with spaces is a phrase.
    #[arg(required = true)]
    words: Vec<String>,
    /// How many results at most: 1 to 200.
    #[arg(long, default_value_t = 25)]
    limit: usize,
    #[command(flatten)]
    how: How,
}

pub(super) fn run(settings: &Settings, call: &SearchCall) -> Result<u8, Failure> {
    let SearchCall { words, limit, how } = call;
    let text = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let answer: SearchAnswer = match &how.server {
        Some(server) => ask(how, server, "search", &[("q", Some(&text)), ("limit", Some(&limit.to_string()))])?,
        None => desk(settings)?.search(&text, *limit)?,
    };
    print(how, &answer, |_| found(&answer))?;
    Ok(if answer.results.is_empty() { NO } else { GOOD })
}

/// The shell has taken the quotes away: an argument with spaces was one piece.
fn quoted(word: &str) -> String {
    if !word.contains(char::is_whitespace) || word.contains('"') {
        return word.to_owned();
    }
    match word.split_once(':').filter(|(name, _)| !name.contains(char::is_whitespace)) {
        Some((name, value)) => format!("{name}:\"{value}\""),
        None => format!("\"{word}\""),
    }
}

fn found(answer: &SearchAnswer) -> String {
    if answer.results.is_empty() {
        return "Nothing was found. Try fewer or shorter words: each may be the beginning of one.".to_owned();
    }
    let mut lines: Vec<String> = answer.results.iter().map(line).collect();
    if answer.more {
        lines.push("There is more; add a word or a filter, or raise --limit.".to_owned());
    }
    lines.join("\n")
}

fn line(node: &NodeSummary) -> String {
    let title = plain::clip(&plain::line(&node.title), MAX_TITLE);
    let reference = node.reference.as_deref().map(plain::line).filter(|reference| *reference != title);
    let mut parts = vec![format!("{:<20}", plain::line(&node.kind_label))];
    parts.extend(reference.filter(|reference| !reference.is_empty()));
    parts.push(title);
    parts.extend(node.outcome.as_deref().map(plain::line));
    parts.extend(node.occurred.as_deref().map(plain::moment));
    parts.join(" ")
}

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Query(error) => Self::new(USAGE, error),
            error @ (SearchError::Nothing { .. } | SearchError::Several { .. }) => Self::new(NO, error),
            SearchError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{found, quoted};
    use crate::answer::SearchAnswer;
    use crate::plain::samples;

    #[test]
    fn what_the_shell_took_for_one_piece_stays_one() {
        for (word, expected) in [
            ("retry", "retry"),
            ("card payments", "\"card payments\""),
            ("team:Card Payments", "team:\"Card Payments\""),
            ("all of it: retry", "\"all of it: retry\""),
            ("\"card payments\"", "\"card payments\""),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }

    #[test]
    fn a_line_for_each_result_and_nothing_that_moves_the_cursor() {
        let mut answer = SearchAnswer {
            input: "retry".to_owned(),
            words: vec!["retry".to_owned()],
            filters: Vec::new(),
            results: vec![samples::node("ticket", "work", "PAY-31", "Retry \u{1b}[2Jcards")],
            more: true,
            ledger_size: 7,
        };
        let text = found(&answer);
        assert!(
            text.starts_with("Ticket               PAY-31 Retry [2Jcards success 2026-03-14 09:26 UTC\n"),
            "{text:?}"
        );
        assert!(text.contains("--limit"));
        answer.results.clear();
        assert!(found(&answer).starts_with("Nothing was found"));
    }
}
