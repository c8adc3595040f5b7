//! What the sender may have meant by a word that is not known.

/// Longer words are compared by their beginning; the known ones are all shorter.
const MAX_CHARS: usize = 40;

/// "did you mean 'title'?" where a known word is near, else the list of all.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    let word: String = word.chars().take(MAX_CHARS).collect();
    let best = known.iter().map(|known| (distance(&word, known), *known)).min();
    match best {
        Some((distance, near)) if distance * 2 <= word.chars().count() => format!("did you mean '{near}'?"),
        _ => format!("known are: {}", known.join(", ")),
    }
}

/// How many letters must be put in, taken out or replaced (Levenshtein's distance).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().enumerate() {
        let mut before = line + 1;
        let mut next = vec![before];
        for (pair, other) in row.windows(2).zip(&right) {
            let &[diagonal, above] = pair else { continue };
            let replaced = diagonal + usize::from(letter != *other);
            before = replaced.min(above + 1).min(before + 1);
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, hint};

    #[test]
    fn counts_letters() {
        for (left, right, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("title", "titel", 2),
            ("link", "links", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn names_the_near_one_or_all() {
        assert_eq!(hint("titel", &["kind", "title"]), "did you mean 'title'?");
        assert_eq!(hint("zzzzz", &["kind", "title"]), "known are: kind, title");
        assert_eq!(hint("", &[]), "known are: ");
    }
}
