//! What is written into the search box: words, phrases in quotes, and filters.

use thiserror::Error;
use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;
use throughline_store::search::MAX_WORDS;

use crate::plain;

/// The longest search that is read, in letters.
pub const MAX_QUERY_LETTERS: usize = 500;

/// How much of a value a message repeats, in letters.
const MAX_SHOWN: usize = 40;

/// The fewest letters of what may be meant as a filter; `lp:` and `C:` are none.
const MIN_FILTER_LETTERS: usize = 3;

/// A filter of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Only nodes of this kind, or of one of several that are separated by commas.
    Kind,
    /// Only what belongs to this service.
    Service,
    /// Only what belongs to this environment.
    Environment,
    /// Only what belongs to this team.
    Team,
    /// Only what counts from this moment or a later one.
    After,
    /// Only what counts from an earlier moment.
    Before,
}

/// A search, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Words and phrases; a result holds all of them.
    pub words: Vec<String>,
    /// The kinds that a result may be of; empty for all.
    pub kinds: Vec<NodeKind>,
    /// The name or key of a service.
    pub service: Option<String>,
    /// The name or key of an environment.
    pub environment: Option<String>,
    /// The name or key of a team.
    pub team: Option<String>,
    /// The first moment that fits.
    pub after: Option<Timestamp>,
    /// The first moment that does not fit any more.
    pub before: Option<Timestamp>,
}

/// Why a search cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QueryError {
    /// There is no such filter.
    #[error(
        "'{0}' is no filter; the filters are {filters}. Put \"{0}:…\" in quotes to look for it as it stands",
        filters = every_filter()
    )]
    Unknown(String),
    /// There is no such kind.
    #[error("'{0}' is no kind; choose one of {kinds}", kinds = every_kind())]
    Kind(String),
    /// The moment cannot be read.
    #[error("'{0}' is no day and no time; write it like 2026-03-01 or 2026-03-01T09:26:00Z")]
    Time(String),
    /// The filter says nothing.
    #[error("the filter '{word}' needs a value, like {example}", word = .0.word(), example = .0.example())]
    Empty(Filter),
    /// The filter is there twice.
    #[error("the filter '{word}' stands there twice; a search takes one", word = .0.word())]
    Twice(Filter),
    /// The search is too long.
    #[error("a search has at most {MAX_QUERY_LETTERS} letters and {MAX_WORDS} words; leave some out")]
    TooLong,
}

impl Filter {
    /// Every filter, in the order in which they are shown.
    pub const ALL: [Filter; 6] =
        [Filter::Kind, Filter::Service, Filter::Environment, Filter::Team, Filter::After, Filter::Before];

    /// The word before the colon.
    pub const fn word(self) -> &'static str {
        match self {
            Filter::Kind => "kind",
            Filter::Service => "service",
            Filter::Environment => "environment",
            Filter::Team => "team",
            Filter::After => "after",
            Filter::Before => "before",
        }
    }

    /// The filter of that word, if there is one. `env` stands for `environment`.
    pub fn from_word(word: &str) -> Option<Self> {
        if word == "env" {
            return Some(Filter::Environment);
        }
        Self::ALL.into_iter().find(|filter| filter.word() == word)
    }

    const fn example(self) -> &'static str {
        match self {
            Filter::Kind => "kind:alert",
            Filter::Service => "service:checkout",
            Filter::Environment => "environment:production",
            Filter::Team => "team:payments",
            Filter::After => "after:2026-03-01",
            Filter::Before => "before:2026-04-01",
        }
    }
}

impl Query {
    /// Reads a search: `retry "card payments" kind:alert,incident service:checkout after:2026-03-01`.
    ///
    /// A kind may stand in place of the filter (`ticket:PAY-12`). A text in quotes is a phrase, whatever it holds. What has
    /// a colon and a digit behind it (`checkout:1.4.2`) or is an address is a word.
    ///
    /// # Errors
    /// A [`QueryError`] that says what is wrong and what can be written.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        if text.chars().count() > MAX_QUERY_LETTERS {
            return Err(QueryError::TooLong);
        }
        let mut query = Self::default();
        for token in tokens(text) {
            match token.filter() {
                None => query.words.push(token.text),
                Some((name, value)) => query.apply(name, value, &token.text)?,
            }
        }
        if query.words.len() > MAX_WORDS { Err(QueryError::TooLong) } else { Ok(query) }
    }

    /// Adds a filter.
    ///
    /// # Errors
    /// A [`QueryError`] where the value cannot be read, or the filter is there already.
    pub fn set(&mut self, filter: Filter, value: &str) -> Result<(), QueryError> {
        let value = value.trim();
        if value.is_empty() {
            return Err(QueryError::Empty(filter));
        }
        match filter {
            Filter::Kind => self.add_kinds(value),
            Filter::Service => once(&mut self.service, value.to_owned(), filter),
            Filter::Environment => once(&mut self.environment, value.to_owned(), filter),
            Filter::Team => once(&mut self.team, value.to_owned(), filter),
            Filter::After => once(&mut self.after, moment(value)?, filter),
            Filter::Before => once(&mut self.before, moment(value)?, filter),
        }
    }

    /// The filters that are set, with their values.
    pub fn filters(&self) -> Vec<(Filter, String)> {
        let Self { words: _, kinds, service, environment, team, after, before } = self;
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
        let kinds = (!kinds.is_empty()).then(|| kinds.join(","));
        let values = [
            (Filter::Kind, kinds),
            (Filter::Service, service.clone()),
            (Filter::Environment, environment.clone()),
            (Filter::Team, team.clone()),
            (Filter::After, after.map(|at| at.to_string())),
            (Filter::Before, before.map(|at| at.to_string())),
        ];
        values.into_iter().filter_map(|(filter, value)| Some((filter, plain::line(&value?)))).collect()
    }

    /// The words on one line, fit to be shown.
    pub fn text(&self) -> String {
        plain::line(&self.words.join(" "))
    }

    /// The filters that name a node, with its kind and its name.
    pub(super) fn places(&self) -> impl Iterator<Item = (Filter, NodeKind, &str)> {
        let places = [
            (Filter::Service, NodeKind::Service, &self.service),
            (Filter::Environment, NodeKind::Environment, &self.environment),
            (Filter::Team, NodeKind::Team, &self.team),
        ];
        places.into_iter().filter_map(|(filter, kind, value)| Some((filter, kind, value.as_deref()?)))
    }

    /// Takes what has the form of a filter: one, a kind in its place, or a word after all.
    fn apply(&mut self, name: &str, value: &str, whole: &str) -> Result<(), QueryError> {
        let word = name.to_ascii_lowercase();
        if let Some(filter) = Filter::from_word(&word) {
            return self.set(filter, value);
        }
        if value.is_empty() {
            self.words.push(whole.to_owned());
            return Ok(());
        }
        if NodeKind::from_word(&word).is_some() {
            self.words.push(value.to_owned());
            return self.add_kinds(&word);
        }
        let may_be_meant = word.len() >= MIN_FILTER_LETTERS && !value.contains(|letter: char| letter.is_ascii_digit());
        if may_be_meant {
            return Err(QueryError::Unknown(plain::clip(&word, MAX_SHOWN)));
        }
        self.words.push(whole.to_owned());
        Ok(())
    }

    fn add_kinds(&mut self, value: &str) -> Result<(), QueryError> {
        for word in value.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let kind = NodeKind::from_word(&word.to_ascii_lowercase())
                .ok_or_else(|| QueryError::Kind(plain::clip(&plain::line(word), MAX_SHOWN)))?;
            if !self.kinds.contains(&kind) {
                self.kinds.push(kind);
            }
        }
        Ok(())
    }
}

/// A piece of a search.
struct Token {
    text: String,
    /// Whether it begins with a quote: then it is no filter.
    is_quoted: bool,
}

impl Token {
    /// Name and value, where the piece has the form of a filter.
    fn filter(&self) -> Option<(&str, &str)> {
        let (name, value) = self.text.split_once(':')?;
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        (is_name && !self.is_quoted && !value.starts_with("//")).then_some((name, value))
    }
}

/// The pieces between white space. What stands in quotes is one; a quote that nobody closes reaches to the end.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut token: Option<Token> = None;
    let mut is_within = false;
    let begun = |is_quoted| Token { text: String::new(), is_quoted };
    for letter in text.chars() {
        if letter == '"' {
            is_within = !is_within;
            token.get_or_insert_with(|| begun(true));
        } else if letter.is_whitespace() && !is_within {
            tokens.extend(token.take());
        } else {
            token.get_or_insert_with(|| begun(false)).text.push(letter);
        }
    }
    tokens.extend(token);
    tokens.retain(|token| !token.text.trim().is_empty());
    tokens
}

fn once<T>(place: &mut Option<T>, value: T, filter: Filter) -> Result<(), QueryError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(QueryError::Twice(filter)),
    }
}

/// A day counts from its beginning, in UTC.
fn moment(value: &str) -> Result<Timestamp, QueryError> {
    Timestamp::parse(value)
        .or_else(|| Timestamp::parse(&format!("{value}T00:00:00Z")))
        .ok_or_else(|| QueryError::Time(plain::clip(&plain::line(value), MAX_SHOWN)))
}

fn every_filter() -> String {
    Filter::ALL.map(Filter::word).join(", ")
}

fn every_kind() -> String {
    NodeKind::ALL.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use throughline_domain::node::NodeKind;
    use throughline_domain::time::Timestamp;

    use super::{Filter, MAX_QUERY_LETTERS, Query, QueryError};

    /// What was read, as text: words in brackets, then the filters.
    fn read(text: &str) -> String {
        match Query::parse(text) {
            Ok(query) => {
                let words: String = query.words.iter().map(|word| format!("[{word}]")).collect();
                let filters: String =
                    query.filters().iter().map(|(filter, value)| format!(" {}={value}", filter.word())).collect();
                words + &filters
            }
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn words_phrases_and_filters() {
        for (text, expected) in [
            ("", ""),
            ("  retry   card ", "[retry][card]"),
            ("retry \"card payments\"", "[retry][card payments]"),
            ("retry \"card pay", "[retry][card pay]"),
            ("kind:alert service:checkout 5xx", "[5xx] kind=alert service=checkout"),
            ("Kind:Alert,incident kind:alert", " kind=alert,incident"),
            ("env:production team:\"Card Payments\"", " environment=production team=Card Payments"),
            (
                "after:2026-03-01 before:2026-04-01T12:00:00+02:00 x",
                "[x] after=2026-03-01T00:00:00Z before=2026-04-01T10:00:00Z",
            ),
            ("ticket:PAY-12", "[PAY-12] kind=ticket"),
            ("https://acme.example/a:b sha256:3f2a", "[https://acme.example/a:b][sha256:3f2a]"),
            ("fix: checkout:1.4.2 lp:abc 10:30", "[fix:][checkout:1.4.2][lp:abc][10:30]"),
            ("\"status:open\"", "[status:open]"),
            ("service:cdevents:v0:throughline::::service:x", " service=cdevents:v0:throughline::::service:x"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_what_can_be_written() {
        for (text, expected) in [
            ("status:open", QueryError::Unknown("status".into())),
            ("kind:island", QueryError::Kind("island".into())),
            ("after:yesterday", QueryError::Time("yesterday".into())),
            ("service:", QueryError::Empty(Filter::Service)),
            ("team:a team:b", QueryError::Twice(Filter::Team)),
        ] {
            assert_eq!(Query::parse(text), Err(expected), "{text}");
        }
        let message = Query::parse("status:open").unwrap_err().to_string();
        assert!(message.contains("kind, service, environment, team, after, before"), "{message}");
        assert!(Query::parse("kind:x").unwrap_err().to_string().contains("alert_rule"));
        assert!(Query::parse("before:").unwrap_err().to_string().contains("before:2026-04-01"));
    }

    #[test]
    fn a_search_has_bounds() {
        assert_eq!(Query::parse(&"a".repeat(MAX_QUERY_LETTERS + 1)), Err(QueryError::TooLong));
        assert_eq!(Query::parse(&"a ".repeat(17)), Err(QueryError::TooLong));
        assert_eq!(Query::parse(&"a ".repeat(16)).unwrap().words.len(), 16);
    }

    #[test]
    fn a_form_sets_the_same_filters() {
        let mut query = Query::parse("retry kind:ticket").unwrap();
        query.set(Filter::Kind, "change").unwrap();
        query.set(Filter::Before, " 1970-01-02 ").unwrap();
        assert_eq!(query.kinds, [NodeKind::Ticket, NodeKind::Change]);
        assert_eq!(query.before, Some(Timestamp::from_seconds(86_400)));
        assert_eq!(query.set(Filter::Before, "1970-01-03"), Err(QueryError::Twice(Filter::Before)));
    }
}
