//! What stands in a text and is not its author's word: quoted lines, code blocks, comments, folded parts.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::blank;

/// The text with blanks where its author does not speak; every other place keeps its offset.
///
/// A comment or a tag that is never closed hides nothing, for it is more likely a word about the tag. A code fence that
/// is never closed hides the rest, as it does on the page.
pub(super) fn without_hidden(text: &str) -> String {
    let comments: Vec<_> = COMMENT.find_iter(text).map(|comment| comment.range()).collect();
    let text = blank(text, comments);
    let text = blank(&text, elements(&text));
    blank(&text, quoted_and_fenced(&text))
}

static COMMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)<!--.*?-->").expect("the pattern is fixed and valid"));

/// The elements whose content is somebody else's, or a log: bots fold release notes of other projects into them.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)<(/?)(?:blockquote|details|pre)(?:[ \t][^<>\n]*)?>").expect("the pattern is fixed and valid")
});

fn elements(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut open = Vec::new();
    for captures in TAG.captures_iter(text) {
        let (Some(tag), Some(slash)) = (captures.get(0), captures.get(1)) else { continue };
        if slash.is_empty() {
            open.push(tag.start());
        } else if let Some(start) = open.pop() {
            while places.last().is_some_and(|inner: &Range<usize>| inner.start > start) {
                places.pop();
            }
            places.push(start..tag.end());
        }
    }
    places
}

/// A code block's fence: three or more of one mark.
#[derive(Clone, Copy)]
struct Fence {
    mark: char,
    length: usize,
}

impl Fence {
    fn opened_by(line: &str) -> Option<Self> {
        let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let rest = line.trim_start_matches(mark);
        let length = line.len() - rest.len();
        (length >= 3 && !(mark == '`' && rest.contains('`'))).then_some(Self { mark, length })
    }

    fn closed_by(self, line: &str) -> bool {
        line.len() >= self.length && line.chars().all(|character| character == self.mark)
    }
}

fn quoted_and_fenced(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut fence: Option<Fence> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let place = at..at + line.len();
        at = place.end;
        let line = line.trim();
        match fence {
            Some(open) => {
                places.push(place);
                if open.closed_by(line) {
                    fence = None;
                }
            }
            None => {
                fence = Fence::opened_by(line);
                if fence.is_some() || line.starts_with('>') {
                    places.push(place);
                }
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::without_hidden;

    #[test]
    fn hides_what_the_author_does_not_say() {
        for (text, spoken) in [
            ("a\n> b\nc", "a c"),
            ("a <!-- b\nb --> c", "a c"),
            ("a\n```\nb\n```\nc", "a c"),
            ("a\n  ~~~~ text\nb\n~~~\nb\n~~~~\nc", "a c"),
            ("a\n```\nb", "a"),
            ("a ```b``` c", "a ```b``` c"),
            ("```b``` c", "```b``` c"),
            ("a <details><summary>b</summary> <pre>b</pre> b</details> c", "a c"),
            ("a <blockquote class=\"x\">b</blockquote> c <pre>b</pre> d", "a c d"),
            ("a <details> c", "a <details> c"),
            ("a </pre> c <!-- d", "a </pre> c <!-- d"),
            ("a <prefix>b</prefix>", "a <prefix>b</prefix>"),
        ] {
            let result = without_hidden(text);
            assert_eq!(result.len(), text.len(), "{text}");
            assert_eq!(result.split_whitespace().collect::<Vec<_>>().join(" "), spoken, "{text}");
        }
    }
}
