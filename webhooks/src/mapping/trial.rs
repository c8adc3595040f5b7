//! A trial: what each part of a mapping made of one body, for whoever writes the mapping.

use std::fmt;

use throughline_domain::fact::Facts;

use crate::provider::{Content, ParseError, Parsed};

/// How many steps a trial keeps; a long list has more, and they are alike.
const MAX_STEPS: usize = 500;

/// How many characters of a value of the body are shown.
const MAX_SHOWN_CHARS: usize = 80;

/// How many characters of the steps are told as the reason that nothing was stated.
const MAX_REASON_CHARS: usize = 1_000;

/// What a mapping made of a body, step by step.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What came out.
    pub result: Result<Parsed, ParseError>,
    /// What became of each `[[ignore]]`, `[[fact]]`, element, link and event, in order.
    pub steps: Vec<Step>,
    /// How many more steps there were.
    pub further_steps: usize,
}

/// What became of one part of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The part: `ignore[0]`, `fact[2]`, `fact[2].links[0]`.
    pub place: String,
    /// Which element of the list that `each` names, from 0.
    pub element: Option<usize>,
    /// What became of it.
    pub end: StepEnd,
}

/// What became of a part of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepEnd {
    /// Its conditions held, and it was stated, without the members that were empty or of no use.
    Stated(Vec<String>),
    /// These conditions did not hold.
    Unmet(Vec<Unmet>),
    /// There is no list where `each` looks for one.
    NoList(String),
    /// Its conditions held, but nothing could be stated; why.
    Dropped(String),
}

/// A condition that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Where it looked.
    pub place: String,
    /// What it wanted.
    pub wanted: String,
    /// What it found, cut; `None` where nothing is there.
    pub found: Option<String>,
}

impl Unmet {
    pub(super) fn new(place: &str, wanted: &str, found: Option<&str>) -> Self {
        Self { place: place.to_owned(), wanted: shown(wanted), found: found.map(shown) }
    }
}

/// The steps while they are made; kept only where somebody wants them.
#[derive(Debug)]
pub(super) struct Notes {
    are_kept: bool,
    pub(super) steps: Vec<Step>,
    pub(super) further_steps: usize,
}

impl Notes {
    /// Notes that are kept.
    pub(super) const fn kept() -> Self {
        Self { are_kept: true, steps: Vec::new(), further_steps: 0 }
    }

    /// Notes that nobody reads.
    pub(super) const fn unread() -> Self {
        Self { are_kept: false, steps: Vec::new(), further_steps: 0 }
    }

    /// Adds a step.
    pub(super) fn add(&mut self, place: &str, element: Option<usize>, end: impl FnOnce() -> StepEnd) {
        if !self.are_kept {
            return;
        }
        if self.steps.len() < MAX_STEPS {
            self.steps.push(Step { place: place.to_owned(), element, end: end() });
        } else {
            self.further_steps += 1;
        }
    }

    /// Why no fact was stated, in words; `None` where the notes were not kept.
    pub(super) fn reason(&self) -> Option<String> {
        if !self.are_kept {
            return None;
        }
        let facts = self.steps.iter().filter(|step| step.place.starts_with("fact"));
        let steps: Vec<String> = facts.map(Step::to_string).collect();
        let whole = format!("no [[fact]] of the mapping states anything: {}", steps.join("; "));
        Some(match whole.char_indices().nth(MAX_REASON_CHARS) {
            Some((end, _)) => format!("{}…", whole.get(..end).unwrap_or_default()),
            None => whole,
        })
    }
}

/// A text of the body as it is shown: one line, cut, without characters that would play with a terminal.
pub(super) fn shown(text: &str) -> String {
    let visible = |letter: char| {
        let is_direction =
            matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if letter.is_control() || is_direction { '\u{fffd}' } else { letter }
    };
    let mut line: String = text.chars().take(MAX_SHOWN_CHARS).map(visible).collect();
    if text.chars().nth(MAX_SHOWN_CHARS).is_some() {
        line.push('…');
    }
    line
}

impl fmt::Display for Trial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(formatter, "{step}")?;
        }
        if self.further_steps > 0 {
            writeln!(formatter, "and {} steps more", self.further_steps)?;
        }
        writeln!(formatter)?;
        match &self.result {
            Err(error) => writeln!(formatter, "This delivery would go to the dead letters: {error}."),
            Ok(Parsed { event, content: Content::Ignored(reason) }) => {
                writeln!(formatter, "The event '{event}' would be ignored: {reason}.")
            }
            Ok(Parsed { event, content: Content::Facts(facts) }) => {
                writeln!(formatter, "The event '{event}' states:")?;
                write_facts(formatter, facts)
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.place)?;
        if let Some(element) = self.element {
            write!(formatter, ", element {element}")?;
        }
        match &self.end {
            StepEnd::Stated(left_out) if left_out.is_empty() => formatter.write_str(": yes"),
            StepEnd::Stated(left_out) => write!(formatter, ": yes, without {}", left_out.join(", ")),
            StepEnd::Unmet(unmet) => {
                let unmet: Vec<String> = unmet.iter().map(Unmet::to_string).collect();
                write!(formatter, ": no, {}", unmet.join(", and "))
            }
            StepEnd::NoList(place) => write!(formatter, ": no, there is no list at '{place}'"),
            StepEnd::Dropped(reason) => write!(formatter, ": dropped, {reason}"),
        }
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, wanted, found } = self;
        match found {
            Some(found) => write!(formatter, "{place} is '{found}' and should be {wanted}"),
            None => write!(formatter, "{place} is empty and should be {wanted}"),
        }
    }
}

fn write_facts(formatter: &mut fmt::Formatter<'_>, facts: &Facts) -> fmt::Result {
    for node in &facts.nodes {
        let at = node.at.map_or_else(|| "at no time".to_owned(), |at| at.to_string());
        writeln!(formatter, "  {} {} ({at})", node.key.kind(), node.key)?;
        for (attribute, value) in &node.attributes {
            writeln!(formatter, "    {}: {}", attribute.word(), shown(value))?;
        }
        let names: Vec<String> = node.names.iter().map(|name| shown(name.as_str())).collect();
        if !names.is_empty() {
            writeln!(formatter, "    names: {}", names.join(", "))?;
        }
    }
    for link in &facts.links {
        let class = link.class.word();
        writeln!(formatter, "  {} {} {} ({class}: {})", link.from, link.kind, link.to, shown(&link.reason))?;
    }
    for event in &facts.events {
        writeln!(formatter, "  {} {} {}: {}", event.at, event.node, event.what, shown(&event.summary))?;
    }
    for mention in &facts.mentions {
        let text = shown(&mention.text);
        writeln!(formatter, "  {} of {} is searched for references: {text}", mention.field.word(), mention.from)?;
    }
    for announcement in &facts.announcements {
        writeln!(formatter, "  {} is known from now on", announcement.name)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Notes, Step, StepEnd, Unmet, shown};

    #[test]
    fn steps_are_told_in_words() {
        let unmet = |found: Option<&str>| StepEnd::Unmet(vec![Unmet::new("/type", "'alert'", found)]);
        for (element, end, expected) in [
            (None, StepEnd::Stated(vec![]), "fact[0]: yes"),
            (
                Some(2),
                StepEnd::Stated(vec!["url (nothing at /link)".to_owned()]),
                "fact[0], element 2: yes, without url (nothing at /link)",
            ),
            (None, unmet(Some("test")), "fact[0]: no, /type is 'test' and should be 'alert'"),
            (None, unmet(None), "fact[0]: no, /type is empty and should be 'alert'"),
            (None, StepEnd::NoList("/alerts".to_owned()), "fact[0]: no, there is no list at '/alerts'"),
            (None, StepEnd::Dropped("'id' is empty".to_owned()), "fact[0]: dropped, 'id' is empty"),
        ] {
            assert_eq!(Step { place: "fact[0]".to_owned(), element, end }.to_string(), expected);
        }
    }

    #[test]
    fn a_long_list_is_cut() {
        let mut notes = Notes::kept();
        for element in 0..600 {
            notes.add("fact[0]", Some(element), || StepEnd::Dropped("'id' is empty".to_owned()));
        }
        assert_eq!((notes.steps.len(), notes.further_steps), (500, 100));
        assert!(notes.reason().unwrap().chars().count() <= 1_001);
        let mut unread = Notes::unread();
        unread.add("fact[0]", None, || StepEnd::Stated(vec![]));
        assert!(unread.steps.is_empty() && unread.reason().is_none());
    }

    #[test]
    fn what_comes_from_outside_is_shown_without_harm() {
        assert_eq!(shown("a\n\u{1b}[2J\u{202e}b"), "a\u{fffd}\u{fffd}[2J\u{fffd}b");
        assert_eq!(shown(&"x".repeat(100)).chars().count(), 81);
    }
}
