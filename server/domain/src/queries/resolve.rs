//! `resolve X`: from whatever a person has in hand to one node, or to the candidates.
//!
//! The work is in three steps. [`interpretations`] says what a text may mean, somebody looks each meaning up, and
//! [`decide`] chooses among what was found. Only the middle step needs a database.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::graph::NodeId;
use crate::key::{self, Key};
use crate::name::Name;
use crate::node::NodeKind;
use crate::repository::Repository;

/// The longest input that is read, in bytes; the rest is passed over.
pub const MAX_INPUT_BYTES: usize = 2_048;

/// The most candidates of one answer.
pub const MAX_CANDIDATES: usize = 50;

/// The fewest digits of a commit's id that count as a prefix of it.
pub const MIN_COMMIT_DIGITS: usize = 7;

/// The fewest digits of an artifact's digest that count as a prefix of it.
pub const MIN_DIGEST_DIGITS: usize = 12;

/// What is said where nothing was found.
const HINT: &str = "nothing here is called that. Try the address of a page, a ticket (PAY-12), a pull request \
                    (acme/checkout#42), a commit (7 digits or more), a digest (sha256:…), an image \
                    (ghcr.io/acme/checkout:1.4.0), an alert's fingerprint, a name with its kind (service:checkout), \
                    or words of a title";

/// Something that an input may mean.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Interpretation {
    /// The node of this key.
    Key(Key),
    /// The nodes that have any of these names.
    Names(Vec<Name>),
    /// The nodes of this kind that have this name.
    OfKind {
        /// The kind.
        kind: NodeKind,
        /// The name, of the plain scheme.
        name: Name,
    },
    /// The commits whose object id begins so: 7 to 39 hexadecimal digits, in lower case.
    CommitPrefix(String),
    /// The artifacts whose digest begins so: `sha256:` or `sha512:` with 12 or more digits, in lower case.
    DigestPrefix(String),
    /// The nodes with a name of the scheme `number` that ends so behind a slash: `acme/checkout#42` of any host.
    NumberSuffix(String),
    /// The nodes whose title or text holds these words. What is found so is a guess; see [`Candidate::exact`].
    Text(String),
}

/// A node that an input may mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its identity.
    pub key: Key,
    /// Its number in the graph.
    pub node: NodeId,
    /// Whether the input names it; otherwise its text merely holds the words.
    pub exact: bool,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The input names exactly this node.
    One(Candidate),
    /// The input may mean any of these, in order of stage and key; at most [`MAX_CANDIDATES`].
    Several(Vec<Candidate>),
    /// Nothing was found.
    None {
        /// What to try, for people.
        hint: String,
    },
}

/// What an input may mean, the surest meaning first; empty where nothing of it can be seen.
///
/// Control characters, marks that turn the direction of writing, and quotes and brackets around the whole are passed
/// over. All meanings but [`Interpretation::Text`] name nodes; look that one up only where they found nothing.
pub fn interpretations(input: &str) -> Vec<Interpretation> {
    // A key may end in what is cleaned away from a text that somebody pasted.
    if let Ok(key) = Key::parse(input.trim()) {
        return vec![Interpretation::Key(key)];
    }
    let text = clean(input);
    if text.is_empty() {
        return Vec::new();
    }
    if let Ok(key) = Key::parse(&text) {
        return vec![Interpretation::Key(key)];
    }
    let mut meanings = forms(&text);
    meanings.extend(of_kind(&text));
    let mut names = vec![Name::plain(&text)];
    if !text.contains(' ') {
        names.extend([Name::fingerprint(&text), Name::image(&text)]);
    }
    meanings.push(Interpretation::Names(names));
    meanings.push(Interpretation::Text(text));
    meanings
}

/// Chooses among what was found.
///
/// One node that the input names is the answer, whatever else holds its words; a node that merely holds the words is
/// listed and never chosen, because a wrong chain is worse than a question.
pub fn decide(mut candidates: Vec<Candidate>) -> Resolution {
    candidates.sort_by(|left, right| (&left.key, !left.exact).cmp(&(&right.key, !right.exact)));
    candidates.dedup_by(|later, earlier| later.key == earlier.key);
    let named = candidates.iter().filter(|candidate| candidate.exact).count();
    if named > 0 {
        candidates.retain(|candidate| candidate.exact);
    }
    candidates.sort_by_cached_key(|candidate| candidate.key.kind().stage());
    candidates.truncate(MAX_CANDIDATES);
    match candidates.pop() {
        None => Resolution::None { hint: HINT.to_owned() },
        Some(candidate) if named == 1 => Resolution::One(candidate),
        Some(last) => {
            candidates.push(last);
            Resolution::Several(candidates)
        }
    }
}

/// The forms that can be told from the text alone.
fn forms(text: &str) -> Vec<Interpretation> {
    if let Some(number) = number(text) {
        return vec![number];
    }
    let mut meanings = digest(text);
    meanings.extend(commit(text));
    if is_ticket(text) {
        meanings.push(Interpretation::Names(vec![Name::ticket(text)]));
    }
    meanings.extend(address(text).map(Interpretation::Names));
    meanings
}

/// `service:checkout`, `service/checkout`, `ticket:PAY-12`.
fn of_kind(text: &str) -> Vec<Interpretation> {
    let Some((word, rest)) = text.split_once([':', '/']) else { return Vec::new() };
    let rest = rest.trim();
    let Some(kind) = NodeKind::from_word(&word.to_ascii_lowercase()).filter(|_| !rest.is_empty()) else {
        return Vec::new();
    };
    let mut meanings: Vec<_> = key::named(kind, rest).ok().map(Interpretation::Key).into_iter().collect();
    meanings.push(Interpretation::OfKind { kind, name: Name::plain(rest) });
    meanings.extend(forms(rest));
    meanings
}

/// `acme/checkout#42`, with the host before it or without.
fn number(text: &str) -> Option<Interpretation> {
    let (path, digits) = text.rsplit_once('#')?;
    let number = digits_only(digits)?;
    let path = path.trim_matches('/').to_lowercase();
    if path.is_empty() || !path.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./".contains(letter)) {
        return None;
    }
    let with_host = path.split_once('/').filter(|(host, rest)| host.contains('.') && rest.contains('/'));
    match with_host.and_then(|(host, rest)| Repository::new(host, rest)) {
        Some(repository) => Some(Interpretation::Names(vec![Name::number(&repository, number)])),
        None => Some(Interpretation::NumberSuffix(format!("{path}#{number}"))),
    }
}

/// `sha256:…`, whole or the beginning of it, alone or behind an image's `@`.
fn digest(text: &str) -> Vec<Interpretation> {
    let behind = text.rsplit_once('@').map_or(text, |(_, digest)| digest).to_ascii_lowercase();
    let Some((algorithm @ ("sha256" | "sha512"), hex)) = behind.split_once(':') else { return Vec::new() };
    let whole = if algorithm == "sha256" { 64 } else { 128 };
    if !is_hex(hex) || hex.len() < MIN_DIGEST_DIGITS || hex.len() > whole {
        return Vec::new();
    }
    match key::artifact(&behind) {
        Ok(key) => vec![Interpretation::Key(key), Interpretation::Names(vec![Name::digest(&behind)])],
        Err(_) => vec![Interpretation::DigestPrefix(behind)],
    }
}

/// A commit's id, whole or the beginning of it, alone or behind `acme/checkout@`.
fn commit(text: &str) -> Option<Interpretation> {
    let behind = text.rsplit_once('@').map_or(text, |(_, id)| id).to_ascii_lowercase();
    if !is_hex(&behind) {
        return None;
    }
    match behind.len() {
        40 => Some(Interpretation::Names(vec![Name::commit(&behind)])),
        // Of 64 digits are both the object ids of newer repositories and bare digests.
        64 => Some(Interpretation::Names(vec![Name::commit(&behind), Name::digest(&format!("sha256:{behind}"))])),
        MIN_COMMIT_DIGITS..40 => Some(Interpretation::CommitPrefix(behind)),
        _ => None,
    }
}

/// The names that the address of a page stands for: the page itself, and what its path says where that is plain.
fn address(text: &str) -> Option<Vec<Name>> {
    let has_scheme = text.contains("://");
    let (host, _) = if has_scheme { ("", "") } else { text.split_once('/')? };
    if !has_scheme && (!host.contains('.') || text.contains(' ')) {
        return None;
    }
    let mut url = Url::parse(&if has_scheme { text.to_owned() } else { format!("https://{text}") }).ok()?;
    let mut names = vec![Name::url(url.as_str())?];
    names.extend(named_by_path(&url));
    let selected = url.query_pairs().find(|(name, _)| name == "selectedIssue");
    names.extend(selected.filter(|(_, value)| is_ticket(value)).map(|(_, value)| Name::ticket(&value)));
    if url.query().is_some() {
        url.set_query(None);
        names.extend(Name::url(url.as_str()));
    }
    Some(names)
}

/// What the path of a page names: a commit, a numbered pull request or issue, a ticket. It holds for the pages below
/// them too: `/pull/42/files`.
fn named_by_path(url: &Url) -> Vec<Name> {
    let segments: Vec<&str> = url.path_segments().into_iter().flatten().collect();
    let mut names = Vec::new();
    for (place, pair) in segments.windows(2).enumerate() {
        let [marker, value] = pair else { continue };
        match *marker {
            "commit" | "commits" if matches!(value.len(), 40 | 64) && is_hex(value) => names.push(Name::commit(value)),
            "pull" | "pulls" | "issues" => {
                let path = segments.iter().take(place).copied().collect::<Vec<_>>().join("/");
                let repository = Repository::new(url.host_str().unwrap_or_default(), path.trim_end_matches("/-"));
                names.extend(repository.zip(digits_only(value)).map(|(place, number)| Name::number(&place, number)));
            }
            "browse" | "issue" if is_ticket(value) => names.push(Name::ticket(value)),
            _ => {}
        }
    }
    names
}

fn is_ticket(text: &str) -> bool {
    let Some((project, digits)) = text.rsplit_once('-') else { return false };
    project.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && project.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && digits_only(digits).is_some()
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A number that is written in digits only; a sign is none.
fn digits_only(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The input as it looks: bounded, on one line, without what cannot be seen or only surrounds it.
pub fn clean(input: &str) -> String {
    let visible: String = input
        .get(..input.floor_char_boundary(MAX_INPUT_BYTES))
        .unwrap_or_default()
        .chars()
        .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
        .filter(|letter| !letter.is_control() && !is_invisible(*letter))
        .collect();
    let surrounds = |letter: char| letter == ' ' || "\"'`<>".contains(letter);
    let text = visible.trim_start_matches(surrounds);
    text.trim_end_matches(|letter: char| surrounds(letter) || ",;.".contains(letter)).to_owned()
}

/// Marks of no width and marks that turn the direction of writing.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Candidate, Interpretation, MAX_CANDIDATES, MAX_INPUT_BYTES, Resolution, decide, interpretations};
    use crate::graph::NodeId;
    use crate::key::named;
    use crate::node::NodeKind;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
    const HEX64: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn show(meaning: &Interpretation) -> String {
        match meaning {
            Interpretation::Key(key) => format!("key {key}"),
            Interpretation::Names(names) => {
                names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>().join(" | ")
            }
            Interpretation::OfKind { kind, name } => format!("{kind} called {name}"),
            Interpretation::CommitPrefix(prefix) => format!("commit {prefix}…"),
            Interpretation::DigestPrefix(prefix) => format!("digest {prefix}…"),
            Interpretation::NumberSuffix(suffix) => format!("number …/{suffix}"),
            Interpretation::Text(text) => format!("text {text}"),
        }
    }

    /// All meanings but the last two, which every input has: plain names and text.
    fn check(input: &str, expected: &[&str]) {
        let mut shown: Vec<_> = interpretations(input).iter().map(show).collect();
        assert!(shown.pop().is_some_and(|last| last.starts_with("text ")), "{input}");
        assert!(shown.pop().is_some_and(|last| last.starts_with("name:")), "{input}");
        assert_eq!(shown, expected, "{input}");
    }

    #[test]
    fn every_form_that_people_have_in_hand_is_read() {
        let full = format!("commit:{SHA}");
        let digest = format!("sha256:{HEX64}");
        let digest_key = format!("key cdevents:v0:oci::::artifact:sha256%3A{HEX64}");
        let digest_name = format!("digest:{digest}");
        let pull = ["url:github.com/acme/checkout/pull/42", "number:github.com/acme/checkout#42"].join(" | ");
        let files = ["url:github.com/acme/checkout/pull/42/files", "number:github.com/acme/checkout#42"].join(" | ");
        let both = format!("commit:{HEX64} | {digest_name}");
        let upper = digest.to_uppercase();
        let issue = "url:acme.atlassian.net/browse/PAY-12?focusedId=7 | ticket:PAY-12 | \
                     url:acme.atlassian.net/browse/PAY-12";
        let cases: &[(&str, &[&str])] = &[
            ("PAY-12", &["ticket:PAY-12"]),
            (" \"pay-12\", ", &["ticket:PAY-12"]),
            ("\u{202e}PAY\u{200b}-12\n", &["ticket:PAY-12"]),
            ("acme/checkout#42", &["number …/acme/checkout#42"]),
            ("Acme/Checkout#0042", &["number …/acme/checkout#42"]),
            ("checkout#42", &["number …/checkout#42"]),
            ("github.com/acme/checkout#42", &["number:github.com/acme/checkout#42"]),
            ("acme/checkout#+42", &[]),
            ("#42", &[]),
            (SHA, &[&full]),
            ("0123ABC", &["commit 0123abc…"]),
            ("acme/checkout@0123abc", &["commit 0123abc…"]),
            ("0123ab", &[]),
            (HEX64, &[&both]),
            (&digest, &[&digest_key, &digest_name]),
            (&upper, &[&digest_key, &digest_name]),
            ("sha256:0123456789ab", &["digest sha256:0123456789ab…"]),
            ("sha256:0123456", &[]),
            ("https://github.com/acme/checkout/pull/42#discussion_r1", &[&pull]),
            ("<https://github.com/acme/checkout/pull/42/files>", &[&files]),
            ("github.com/acme/checkout/pull/42", &[&pull]),
            ("https://acme.atlassian.net/browse/PAY-12?focusedId=7", &[issue]),
            (
                "https://acme.atlassian.net/board?selectedIssue=PAY-12",
                &["url:acme.atlassian.net/board?selectedIssue=PAY-12 | ticket:PAY-12 | url:acme.atlassian.net/board"],
            ),
            ("service:Checkout", &["key cdevents:v0:throughline::::service:checkout", "service called name:checkout"]),
            (
                "ticket/PAY-12",
                &["key cdevents:v0:throughline::::ticket:pay-12", "ticket called name:pay-12", "ticket:PAY-12"],
            ),
            ("service:", &[]),
            ("checkout", &[]),
            ("mailto:ada@acme.example", &[]),
        ];
        for (input, expected) in cases {
            check(input, expected);
        }
    }

    #[test]
    fn the_plain_names_cover_fingerprints_and_images() {
        let shown: Vec<_> = interpretations("0123456789ABCDEF").iter().map(show).collect();
        assert_eq!(
            shown,
            [
                "commit 0123456789abcdef…",
                "name:0123456789abcdef | fingerprint:0123456789abcdef | image:0123456789ABCDEF",
                "text 0123456789ABCDEF"
            ]
        );
        let shown: Vec<_> = interpretations("ghcr.io/acme/checkout:1.4.0").iter().map(show).collect();
        assert!(shown.iter().any(|names| names.ends_with("image:ghcr.io/acme/checkout:1.4.0")));
        let shown: Vec<_> = interpretations("High error rate").iter().map(show).collect();
        assert_eq!(shown, ["name:high error rate", "text High error rate"]);
    }

    #[test]
    fn a_key_means_itself_and_nothing_means_nothing() {
        let key = "cdevents:v0:jira:acme.atlassian.net:PAY::ticket:PAY-12";
        assert_eq!(interpretations(key).iter().map(show).collect::<Vec<_>>(), [format!("key {key}")]);
        for input in ["", "  \n", "\u{200b}", "\"\"", "..."] {
            assert!(interpretations(input).is_empty(), "{input}");
        }
    }

    fn candidate(kind: NodeKind, name: &str, exact: bool) -> Candidate {
        Candidate { key: named(kind, name).unwrap(), node: NodeId(0), exact }
    }

    #[test]
    fn what_is_named_comes_before_what_merely_holds_the_words() {
        let service = || candidate(NodeKind::Service, "checkout", true);
        let environment = || candidate(NodeKind::Environment, "checkout", true);
        let ticket = || candidate(NodeKind::Ticket, "pay-12", true);
        let titled = || candidate(NodeKind::Change, "42", false);
        let guessed_service = || candidate(NodeKind::Service, "checkout", false);
        for (candidates, expected) in [
            (vec![service()], Resolution::One(service())),
            (vec![titled(), service(), guessed_service()], Resolution::One(service())),
            (
                vec![service(), titled(), environment(), ticket()],
                Resolution::Several(vec![ticket(), environment(), service()]),
            ),
            (vec![titled()], Resolution::Several(vec![titled()])),
            (vec![guessed_service(), titled()], Resolution::Several(vec![titled(), guessed_service()])),
        ] {
            assert_eq!(decide(candidates.clone()), expected);
            assert_eq!(decide(candidates.into_iter().rev().collect()), expected);
        }
        assert!(matches!(decide(Vec::new()), Resolution::None { hint } if hint.contains("acme/checkout#42")));
        let crowd = (0..200).map(|number| candidate(NodeKind::Ticket, &number.to_string(), false)).collect();
        assert!(matches!(decide(crowd), Resolution::Several(list) if list.len() == MAX_CANDIDATES));
    }

    proptest! {
        #[test]
        fn no_input_is_too_much(input in ".{0,3000}") {
            for meaning in interpretations(&input) {
                prop_assert!(show(&meaning).len() <= 4 * MAX_INPUT_BYTES);
            }
        }
    }
}
