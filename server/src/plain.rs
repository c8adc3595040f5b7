//! Text from outside, made fit to be shown: one line, no control or direction characters, a bounded length.

use throughline_domain::time::Timestamp;

const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The text on one line, without control characters and without those that turn the reading direction around.
///
/// White space of any kind becomes one space. A title is written by whoever opens a ticket or a pull request: without
/// this it could move a terminal's cursor, or show `exe.txt` where `txt.exe` stands.
pub fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        let mut visible = word.chars().filter(|character| !is_invisible(*character)).peekable();
        if visible.peek().is_some() && !line.is_empty() {
            line.push(' ');
        }
        line.extend(visible);
    }
    line
}

/// The first characters of a text, with an ellipsis in place of the last one where something was left out.
///
/// `limit` counts characters and is at least one.
pub fn clip(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let cut: String = text.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

/// The text with an ellipsis in its middle: for names whose end tells them apart, such as `acme/recommendations#142`.
///
/// `limit` counts characters and is at least three.
pub fn clip_middle(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    if length <= limit {
        return text.to_owned();
    }
    let kept = limit.saturating_sub(1);
    let tail = kept / 2;
    let head: String = text.chars().take(kept - tail).collect();
    head + "…" + &text.chars().skip(length - tail).collect::<String>()
}

/// An RFC 3339 time for people, `2026-03-14 09:26 UTC`; anything else is shown as it is.
pub fn moment(text: &str) -> String {
    Timestamp::parse(text).map_or_else(|| line(text), Timestamp::to_minute)
}

/// The day of an RFC 3339 time in UTC, `2026-03-14`.
pub fn day(text: &str) -> String {
    moment(text).chars().take(10).collect()
}

/// The day in few characters: `14 Mar` within the given year, `2026-03-14` outside it.
pub fn short_day(text: &str, year: &str) -> String {
    let day = day(text);
    let mut parts = day.split('-');
    let (found, month, date) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|month| MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?));
    match (month, date) {
        (Some(month), Some(date)) if found == Some(year) => format!("{} {month}", date.trim_start_matches('0')),
        _ => day,
    }
}

/// The address of a node's page: `/node/` and the key, percent-encoded so that it is one segment of the path.
pub fn node_href(key: &str) -> String {
    href("/node/", key)
}

/// The address of a change's build-and-test ticket.
pub fn build_and_test_href(key: &str) -> String {
    href("/build-and-test/", key)
}

/// The address of a candidate's ops ticket.
pub fn ops_href(key: &str) -> String {
    href("/ops/", key)
}

/// The address of the page that says whether a candidate can go out.
pub fn ready_href(key: &str) -> String {
    href("/ready?candidate=", key)
}

/// The same page for one environment.
pub fn ready_for_href(key: &str, environment: &str) -> String {
    href(&format!("{}&for=", ready_href(key)), environment)
}

fn href(start: &str, key: &str) -> String {
    let mut href = String::from(start);
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':') {
            href.push(char::from(byte));
        } else {
            href.push('%');
            href.extend(HEX.get(usize::from(byte >> 4)));
            href.extend(HEX.get(usize::from(byte & 15)));
        }
    }
    href
}

/// Whether a character takes no room and changes how its neighbours are read, or is none: U+FFFE and U+FFFF may not stand in
/// XML, so that one of them in a title would make a whole report unreadable.
///
/// The joiners U+200C and U+200D stay: Persian and emoji need them, and they turn nothing around.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Answers for the tests of whatever shows them.
#[cfg(test)]
pub(crate) mod samples {
    use crate::answer::{Evidence, Missing, NodeSummary, Step, TraceAnswer};

    /// A node whose key ends in `name`; `title` may be hostile.
    pub fn node(kind: &str, stage: &str, name: &str, title: &str) -> NodeSummary {
        let mut label = kind.replace('_', " ");
        if kind == "change" {
            label = "pull request".to_owned();
        }
        let label = label.chars().take(1).flat_map(char::to_uppercase).chain(label.chars().skip(1)).collect();
        NodeSummary {
            key: key(kind, name),
            kind: kind.to_owned(),
            kind_label: label,
            stage: stage.to_owned(),
            title: title.to_owned(),
            reference: Some(name.to_owned()),
            url: None,
            state: None,
            outcome: Some("success".to_owned()),
            occurred: Some("2026-03-14T09:26:06Z".to_owned()),
            stated: true,
        }
    }

    /// The key of such a node.
    pub fn key(kind: &str, name: &str) -> String {
        format!("cdevents:v0:throughline::::{kind}:{}", name.replace(' ', "%20"))
    }

    /// An arrow between two such nodes, each given as kind and name.
    pub fn step(from: (&str, &str), kind: &str, class: &str, to: (&str, &str)) -> Step {
        let evidence = Evidence {
            class: class.to_owned(),
            rule: "ticket-key".to_owned(),
            version: 1,
            score: 90,
            reason: "the title begins with the key".to_owned(),
            entry: 7,
            source: "github".to_owned(),
            vouched: "e2".to_owned(),
            received: "2026-03-14T09:26:07Z".to_owned(),
        };
        let computed = kind == "running_at";
        Step {
            from: key(from.0, from.1),
            to: key(to.0, to.1),
            kind: kind.to_owned(),
            phrase: if computed { "was running".to_owned() } else { kind.replace('_', " ") },
            class: class.to_owned(),
            reason: computed.then(|| "it was the newest deployment of checkout when the alert fired".to_owned()),
            evidence: if computed { Vec::new() } else { vec![evidence] },
        }
    }

    /// From an alert back to its ticket, with a document, a person and a missing piece beside the chain.
    pub fn incident_chain() -> TraceAnswer {
        let mut nodes = vec![
            node("alert", "observe", "CheckoutErrors", "Checkout answers with errors"),
            node("deployment", "run", "deploy-41", "checkout 1.4.2"),
            node("artifact", "artifact", "checkout:1.4.2", "checkout:1.4.2"),
            node("build", "verify", "build-881", "Build of main"),
            node("commit", "change", "3f2a1b9", "Retry when the gateway times out"),
            node("change", "change", "acme/checkout#42", "Retry card payments"),
            node("ticket", "work", "PAY-31", "Retry card authorisation"),
        ];
        let chain = nodes.iter().map(|node| node.key.clone()).collect();
        nodes.push(node("document", "work", "DOC-7", "Design: payment retries"));
        nodes.push(node("environment", "run", "production", "production"));
        nodes.push(node("person", "people", "ada", "ada"));
        let change = ("change", "acme/checkout#42");
        let ticket = ("ticket", "PAY-31");
        let deployment = ("deployment", "deploy-41");
        let artifact = ("artifact", "checkout:1.4.2");
        TraceAnswer {
            start: key("alert", "CheckoutErrors"),
            nodes,
            chain,
            steps: vec![
                step(("alert", "CheckoutErrors"), "running_at", "L0", deployment),
                step(deployment, "deploys", "L3", artifact),
                step(artifact, "produced_by", "L2", ("build", "build-881")),
                step(artifact, "built_from", "L2", ("commit", "3f2a1b9")),
                step(("build", "build-881"), "built_from", "L2", ("commit", "3f2a1b9")),
                step(("commit", "3f2a1b9"), "part_of", "L2", change),
                step(change, "resolves", "L1", ticket),
            ],
            context: vec![
                step(ticket, "documented_by", "L1", ("document", "DOC-7")),
                step(deployment, "deployed_to", "L2", ("environment", "production")),
                step(change, "authored_by", "L2", ("person", "ada")),
            ],
            missing: vec![Missing {
                node: key("alert", "CheckoutErrors"),
                what: "alert_rule".to_owned(),
                why: "no rule is known for this alert".to_owned(),
                fix: "connect the alert router's rules".to_owned(),
            }],
            cut: false,
            ledger_size: 412,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{clip, clip_middle, day, line, moment, node_href, ready_for_href, short_day};

    #[test]
    fn a_line_holds_nothing_that_moves_or_hides_text() {
        for (given, expected) in [
            ("Retry card payments", "Retry card payments"),
            ("  two\r\n lines\t", "two lines"),
            ("red\u{1b}[31malert", "red [31malert"),
            ("txt.\u{202e}exe", "txt.exe"),
            ("\u{feff}\u{200b}", ""),
            ("a \u{2066} b", "a b"),
            ("a\u{fffe}b\u{ffff}", "ab"),
        ] {
            assert_eq!(line(given), expected, "{given:?}");
        }
    }

    #[test]
    fn clips_by_characters() {
        assert_eq!(clip("größer", 6), "größer");
        assert_eq!(clip("größer als", 8), "größer…");
        assert_eq!(clip_middle("acme/recommendations#142", 11), "acme/…s#142");
        assert_eq!(clip_middle("PAY-12", 11), "PAY-12");
    }

    #[test]
    fn times_and_addresses() {
        assert_eq!(moment("2026-03-14T09:26:06Z"), "2026-03-14 09:26 UTC");
        assert_eq!(day("2026-03-14T23:30:00-02:00"), "2026-03-15");
        assert_eq!(moment("soon\u{7}"), "soon");
        for (given, expected) in [
            ("2026-03-04T09:26:06Z", "4 Mar"),
            ("2025-12-31T09:26:06Z", "2025-12-31"),
            ("soon", "soon"),
            ("2026", "2026"),
        ] {
            assert_eq!(short_day(given, "2026"), expected);
        }
        assert_eq!(node_href("cdevents:v0:a::b/c::d:x%3A\"y"), "/node/cdevents:v0:a::b%2Fc::d:x%253A%22y");
        assert_eq!(ready_for_href("a&b", "c d"), "/ready?candidate=a%26b&for=c%20d");
    }
}
