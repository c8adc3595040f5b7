//! What gates share in looking at the commits and changes that are brought.

use super::finding::{Weighing, named, short};
use crate::dossier::{ChangeLine, CommitLine, Dossier, Piece, Tie};
use crate::link::LinkClass;
use crate::node::Outcome;

/// The sentence where a rollback is not asked what a new version is.
pub(super) const ROLLBACK: &str = "It goes back to what ran there before and brings nothing new.";

/// The sentence where nothing is brought.
const NOTHING: &str = "It brings no commit that what runs there does not have.";

/// Why there is nothing to look at; `None` where there are commits or changes, or something is missing, which is then
/// noted as unknown.
pub(super) fn nothing_brought(dossier: &Dossier, weighing: &mut Weighing<'_>) -> Option<&'static str> {
    for cut in &dossier.cuts {
        weighing.unknown(&cut.at, sentence(&cut.why), &cut.fix);
    }
    if !dossier.commits.is_empty() || !dossier.changes.is_empty() {
        return None;
    }
    match (dossier.is_rollback, &dossier.replaces, dossier.cuts.is_empty()) {
        (true, _, true) => Some(ROLLBACK),
        // Across a cut it was taken for older by the times of commits alone, and these anybody can set.
        (true, _, false) => dossier.has_run_there().then_some(ROLLBACK),
        (false, Some(_), true) => Some(NOTHING),
        (false, None, true) => {
            let text = format!("Nothing tells which commits {} is made from.", named(&dossier.candidate));
            let fix = "Let the build tell it, push its provenance, or name the commit when you deploy.";
            weighing.unknown(&dossier.candidate.key, text, fix);
            None
        }
        (false, _, false) => None,
    }
}

/// Whether a link is sure enough.
pub(super) fn counts(tie: &Tie, least: LinkClass) -> bool {
    tie.class >= least
}

/// How sure a link is, in words: `L0, guessed from text, branch or time`.
pub(super) fn sureness(class: LinkClass) -> String {
    format!("{}, {}", class.word(), class.describe())
}

/// The changes that count: those that a commit is surely part of, and those that no commit is said to be part of, which
/// are brought by a release.
pub(super) fn counted_changes(dossier: &Dossier, least: LinkClass) -> impl Iterator<Item = &ChangeLine> {
    dossier.changes.iter().filter(move |change| {
        let mut ties =
            dossier.commits.iter().flat_map(|commit| &commit.changes).filter(|tie| tie.to == change.piece.key);
        let first = ties.next();
        first.is_none_or(|first| counts(first, least) || ties.any(|tie| counts(tie, least)))
    })
}

/// Whether a commit is surely part of a change that was not given up.
pub(super) fn is_in_change(dossier: &Dossier, commit: &CommitLine, least: LinkClass) -> bool {
    commit.changes.iter().any(|tie| counts(tie, least) && !is_abandoned(dossier, &tie.to))
}

/// Hours as people say them: `5 hours`, `3 days`.
pub(super) fn duration(seconds: i64) -> String {
    let (count, unit) = match seconds.max(0) {
        seconds if seconds < 2 * 3_600 => (seconds / 60, "minute"),
        seconds if seconds < 48 * 3_600 => (seconds / 3_600, "hour"),
        seconds => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// The pieces' names in one list, with an `and`.
pub(super) fn list(names: &[String]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// The names of pieces, shortened.
pub(super) fn names<'a>(pieces: impl IntoIterator<Item = &'a Piece>) -> Vec<String> {
    pieces.into_iter().map(|piece| short(piece.name())).collect()
}

fn is_abandoned(dossier: &Dossier, change: &str) -> bool {
    let change = dossier.changes.iter().find(|line| line.piece.key == change);
    change.is_some_and(|line| line.piece.outcome == Some(Outcome::Abandoned))
}

/// Words as a sentence: with a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let words = words.trim();
    let mut letters = words.chars();
    let begun: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    if words.ends_with('.') { begun } else { format!("{begun}.") }
}

#[cfg(test)]
mod tests {
    use super::{duration, list, sentence};

    #[test]
    fn words_for_people() {
        for (seconds, expected) in [
            (-5, "0 minutes"),
            (60, "1 minute"),
            (7_199, "119 minutes"),
            (7_200, "2 hours"),
            (172_799, "47 hours"),
            (172_800, "2 days"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(list(&words("")), "");
        assert_eq!(list(&words("a")), "a");
        assert_eq!(list(&words("a b c")), "a, b and c");
        assert_eq!(sentence("its parent is not known"), "Its parent is not known.");
        assert_eq!(sentence("Known."), "Known.");
    }
}
