//! The chain in a few sentences, for somebody in their first week: what it is, how it came about, whom to ask.

use std::collections::{BTreeMap, BTreeSet};

use crate::answer::{NodeSummary, Step, TraceAnswer};
use crate::plain;

/// The most steps that are told one by one; a longer chain is told by counts.
const MAX_STEPS: usize = 10;

/// The most things of one sort that are named before "and 3 more".
const MAX_NAMED: usize = 3;

/// The most characters of a title within a sentence.
const MAX_TITLE: usize = 90;

/// Which step to follow where several lead on, the most telling kind first: from what was seen to what ran, what it
/// was made from, who wanted it.
const PREFERRED: [&str; 19] = [
    "caused_by",
    "running_at",
    "analyses",
    "groups",
    "deploys",
    "produced_by",
    "built_from",
    "includes",
    "verifies",
    "part_of",
    "resolves",
    "relates_to",
    "follows_up",
    "reverts",
    "fixes",
    "cherry_picked_from",
    "derived_from",
    "mentions",
    "child_of",
];

/// Tells the chain of a trace. Empty only where the answer does not hold the node that was asked about.
///
/// The sentences are plain text: what they quote is cleaned of control and direction characters, not escaped.
pub fn tell(answer: &TraceAnswer) -> Vec<String> {
    let known = Known::new(answer);
    let Some(start) = known.node(&answer.start) else { return Vec::new() };
    let path = main_path(answer, &known);
    let mut sentences = vec![opening(start)];
    sentences.extend(told_path(&path, &known));
    sentences.extend(remainder(answer, &path, &known));
    sentences.extend(people(answer, &path, &known));
    sentences.extend(help(answer, &known));
    sentences.extend(lacking(answer, &known));
    if answer.cut {
        sentences
            .push("The chain is longer than one answer can hold; ask from a piece further along to see on.".to_owned());
    }
    sentences
}

/// The nodes of an answer by key.
struct Known<'a>(BTreeMap<&'a str, &'a NodeSummary>);

impl<'a> Known<'a> {
    fn new(answer: &'a TraceAnswer) -> Self {
        Self(answer.nodes.iter().map(|node| (node.key.as_str(), node)).collect())
    }

    fn node(&self, key: &str) -> Option<&'a NodeSummary> {
        self.0.get(key).copied()
    }

    /// The ends of a step, where both are known: the later one, the earlier one.
    fn ends(&self, step: &Step) -> Option<(&'a NodeSummary, &'a NodeSummary)> {
        Some((self.node(&step.from)?, self.node(&step.to)?))
    }
}

/// One line of steps from the start upstream, at each node along the most telling step.
fn main_path<'a>(answer: &'a TraceAnswer, known: &Known<'_>) -> Vec<&'a Step> {
    let mut seen = BTreeSet::from([answer.start.as_str()]);
    let mut at = answer.start.as_str();
    let mut path = Vec::new();
    while path.len() < MAX_STEPS {
        let onward = answer.steps.iter().filter(|step| step.from == at && !seen.contains(step.to.as_str()));
        let Some(step) = onward.filter(|step| known.node(&step.to).is_some()).min_by_key(|&step| telling(step, known))
        else {
            break;
        };
        seen.insert(step.to.as_str());
        at = step.to.as_str();
        path.push(step);
    }
    path
}

/// Orders steps, the most telling first: by kind, then the surest, then the newest end.
fn telling<'a>(
    step: &'a Step,
    known: &Known<'a>,
) -> (usize, std::cmp::Reverse<&'a str>, std::cmp::Reverse<&'a str>, &'a str) {
    let rank = PREFERRED.iter().position(|kind| *kind == step.kind).unwrap_or(PREFERRED.len());
    let occurred = known.node(&step.to).and_then(|node| node.occurred.as_deref()).unwrap_or_default();
    (rank, std::cmp::Reverse(step.class.as_str()), std::cmp::Reverse(occurred), step.to.as_str())
}

/// What the start is, since when, and how it stands.
fn opening(start: &NodeSummary) -> String {
    let name = capital(&name(start));
    if !start.stated {
        return format!("{name} is known only because other pieces point at it: no delivery has described it yet.");
    }
    let mut sentence = name;
    match start.occurred.as_deref().map(plain::moment) {
        Some(when) => sentence.push_str(&format!(" {} on {when}", began(&start.kind, start.outcome.as_deref()))),
        None => sentence.push_str(" has no date yet"),
    }
    let state = start.state.as_deref().map(plain::line).filter(|state| !state.is_empty());
    match (state, start.outcome.as_deref()) {
        (Some(state), _) => sentence.push_str(&format!("; its state is “{}”", plain::clip(&state, MAX_TITLE))),
        (None, Some("pending")) => sentence.push_str("; it has not begun"),
        (None, Some("running")) => sentence.push_str("; it is not over"),
        (None, Some("success")) => sentence.push_str("; it ended well"),
        (None, Some("failure")) => sentence.push_str("; it failed"),
        (None, Some("abandoned")) => sentence.push_str("; it was given up"),
        (None, _) => {}
    }
    sentence + "."
}

/// How the time is said at which something counts from.
fn began(kind: &str, outcome: Option<&str>) -> &'static str {
    match kind {
        "change" if outcome == Some("success") => "was merged",
        "alert" => "fired",
        "incident" => "began",
        "deployment" | "artifact" | "config_change" | "build" => "was made",
        "change" | "ticket" => "was opened",
        "commit" | "document" => "was written",
        "pipeline_run" | "job" | "test_run" | "scan" => "ran",
        "release" => "was given out",
        _ => "was first seen",
    }
}

/// The path, two steps to a sentence, each piece named in full once.
fn told_path(path: &[&Step], known: &Known<'_>) -> Vec<String> {
    if path.is_empty() {
        return vec!["Nothing upstream of it is known.".to_owned()];
    }
    let mut sentences = Vec::new();
    let mut first = true;
    for pair in path.chunks(2) {
        let mut sentence = String::new();
        for step in pair {
            let Some((from, to)) = known.ends(step) else { continue };
            if sentence.is_empty() {
                let subject = if first { "It".to_owned() } else { format!("That {}", label(from)) };
                sentence = match step.kind.as_str() {
                    "running_at" => format!("Running at that moment was {}", name(to)),
                    _ => format!("{subject} {} {}", verb(step, from), name(to)),
                };
            } else {
                sentence.push_str(&format!(", which {} {}", verb(step, from), name(to)));
            }
            first = false;
        }
        sentences.push(sentence + ".");
        sentences.extend(pair.iter().filter_map(|step| doubt(step)));
    }
    sentences
}

/// Says of a guessed step that it is one, and why it was made.
fn doubt(step: &Step) -> Option<String> {
    let computed = step.kind == "running_at";
    if !computed && step.class != "L0" {
        return None;
    }
    let reason = step.reason.as_deref().or_else(|| step.evidence.first().map(|evidence| evidence.reason.as_str()));
    let reason = plain::line(reason.unwrap_or_default());
    let basis = if computed { "worked out from times" } else { "a guess" };
    Some(match reason.trim_end_matches('.') {
        "" => format!("(That step is {basis}; no tool states it.)"),
        reason => format!("(That step is {basis}; no tool states it: {reason}.)"),
    })
}

/// What a step says, as a verb between its ends.
fn verb(step: &Step, from: &NodeSummary) -> String {
    let verb = match (step.kind.as_str(), from.kind.as_str()) {
        ("resolves", _) => "completes",
        ("relates_to", _) => "works on",
        ("mentions", _) => "mentions",
        ("part_of", _) => "is part of",
        ("reverts", _) => "takes back",
        ("cherry_picked_from", _) => "repeats",
        ("fixes", _) => "mends what was broken by",
        ("built_from", "pipeline_run" | "job") => "ran on",
        ("built_from", "tag") => "marks",
        ("built_from", _) => "was built from",
        ("verifies", _) => "checked",
        ("produced_by", _) => "was made by",
        ("derived_from", _) => "was made out of",
        ("includes", _) => "gives out",
        ("deploys", _) => "brought in",
        ("rolls_back", _) => "put back what ran before",
        ("groups", _) => "is about",
        ("analyses", _) => "examines",
        ("follows_up", _) => "was opened because of",
        ("child_of", _) => "is a part of",
        ("caused_by", _) => "was caused by",
        ("running_at", _) => "began while there ran",
        _ => return plain::line(&step.phrase),
    };
    verb.to_owned()
}

/// What the answer holds besides the path, counted by kind.
fn remainder(answer: &TraceAnswer, path: &[&Step], known: &Known<'_>) -> Option<String> {
    let told: BTreeSet<&str> = path.iter().map(|step| step.to.as_str()).chain([answer.start.as_str()]).collect();
    let checks = answer.context.iter().filter(|step| step.kind == "verifies").map(|step| step.from.as_str());
    let others: BTreeSet<&str> =
        answer.chain.iter().map(String::as_str).chain(checks).filter(|key| !told.contains(key)).collect();
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for node in others.into_iter().filter_map(|key| known.node(key)) {
        let (count, failed) = counts.entry(label(node)).or_default();
        *count += 1;
        *failed += usize::from(node.outcome.as_deref() == Some("failure"));
    }
    if counts.is_empty() {
        return None;
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(label, (count, failed))| {
            let failed = if *failed > 0 { format!(" ({failed} failed)") } else { String::new() };
            format!("{}{failed}", counted(*count, label))
        })
        .collect();
    Some(format!("Besides these, the chain holds {}.", listed(&parts, parts.len())))
}

/// Who wrote, approved and set off the pieces of the path, and where they were brought to.
fn people(answer: &TraceAnswer, path: &[&Step], known: &Known<'_>) -> Vec<String> {
    let keys = [answer.start.as_str()].into_iter().chain(path.iter().map(|step| step.to.as_str()));
    let told = keys
        .filter_map(|key| known.node(key))
        .filter(|node| matches!(node.kind.as_str(), "deployment" | "config_change" | "change"));
    let mut sentences = Vec::new();
    for node in told {
        let mut parts = Vec::new();
        for (kind, words) in [
            ("deployed_to", if node.outcome.as_deref() == Some("success") { "went to" } else { "was meant for" }),
            ("authored_by", "was written by"),
            ("approved_by", "was approved by"),
            ("triggered_by", "was set off by"),
        ] {
            let named: Vec<String> = answer
                .context
                .iter()
                .filter(|step| step.kind == kind && step.from == node.key)
                .filter_map(|step| known.node(&step.to))
                .map(|other| if other.stage == "people" { short(other) } else { name(other) })
                .collect();
            if !named.is_empty() {
                parts.push(format!("{words} {}", listed(&named, MAX_NAMED)));
            }
        }
        if !parts.is_empty() {
            sentences.push(format!("The {} {} {}.", label(node), short(node), listed(&parts, parts.len())));
        }
    }
    sentences
}

/// What to read, and who answers for it today.
fn help(answer: &TraceAnswer, known: &Known<'_>) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut reading: Vec<String> = Vec::new();
    let mut owners: Vec<String> = Vec::new();
    for step in &answer.context {
        let Some((from, to)) = known.ends(step) else { continue };
        match step.kind.as_str() {
            "documented_by" => reading.push(format!("{} on the {} {}", name(to), label(from), short(from))),
            "owned_by" => owners.push(format!("{} for the {} {}", name(to), label(from), short(from))),
            _ => {}
        }
    }
    if !reading.is_empty() {
        sentences.push(format!("To read: {}.", listed(&reading, MAX_NAMED)));
    }
    if !owners.is_empty() {
        sentences.push(format!("To ask: {}.", listed(&owners, MAX_NAMED)));
    }
    sentences
}

/// What is missing, where, and that there is something to do about it.
fn lacking(answer: &TraceAnswer, known: &Known<'_>) -> Vec<String> {
    let mut sentences: Vec<String> = answer
        .missing
        .iter()
        .take(MAX_NAMED)
        .map(|missing| {
            let why = plain::line(&missing.why);
            let why = why.trim_end_matches('.');
            match known.node(&missing.node) {
                Some(node) => format!("Missing at the {} {}: {why}.", label(node), short(node)),
                None => format!("Missing: {why}."),
            }
        })
        .collect();
    let more = answer.missing.len().saturating_sub(MAX_NAMED);
    if more > 0 {
        sentences.push(format!("{more} more {} missing.", if more == 1 { "piece is" } else { "pieces are" }));
    }
    sentences
}

/// A node within a sentence: `the pull request acme/checkout#42 “Retry card payments”`.
fn name(node: &NodeSummary) -> String {
    let title = plain::line(&node.title);
    match node.reference.as_deref().map(plain::line).filter(|reference| !reference.is_empty()) {
        Some(reference) if reference == title || title.is_empty() => format!("the {} {reference}", label(node)),
        Some(reference) => format!("the {} {reference} “{}”", label(node), plain::clip(&title, MAX_TITLE)),
        None => format!("the {} “{}”", label(node), plain::clip(&title, MAX_TITLE)),
    }
}

/// A node that was named before, or whose kind is said already: its reference, or its title.
fn short(node: &NodeSummary) -> String {
    let reference = node.reference.as_deref().map(plain::line).filter(|reference| !reference.is_empty());
    reference.unwrap_or_else(|| plain::clip(&plain::line(&node.title), MAX_TITLE))
}

fn label(node: &NodeSummary) -> String {
    plain::line(&node.kind_label).to_lowercase()
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

fn counted(count: usize, label: &str) -> String {
    match (count, label.strip_suffix('y')) {
        (1, _) => format!("one {label}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {label}s"),
    }
}

/// `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
fn listed(parts: &[String], most: usize) -> String {
    let mut shown: Vec<String> = parts.iter().take(most).cloned().collect();
    if parts.len() > most {
        shown.push(format!("{} more", parts.len() - most));
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{listed, tell};
    use crate::answer::Missing;
    use crate::plain::samples::{incident_chain, key, node, step};

    #[test]
    fn tells_the_chain_of_an_alert() {
        assert_eq!(
            tell(&incident_chain()),
            [
                "The alert CheckoutErrors “Checkout answers with errors” fired on 2026-03-14 09:26 UTC; it ended well.",
                "Running at that moment was the deployment deploy-41 “checkout 1.4.2”, which brought in the artifact \
                 checkout:1.4.2.",
                "(That step is worked out from times; no tool states it: it was the newest deployment of checkout when \
                 the alert fired.)",
                "That artifact was made by the build build-881 “Build of main”, which was built from the commit 3f2a1b9 \
                 “Retry when the gateway times out”.",
                "That commit is part of the pull request acme/checkout#42 “Retry card payments”, which completes the \
                 ticket PAY-31 “Retry card authorisation”.",
                "The deployment deploy-41 went to the environment production.",
                "The pull request acme/checkout#42 was written by ada.",
                "To read: the document DOC-7 “Design: payment retries” on the ticket PAY-31.",
                "Missing at the alert CheckoutErrors: no rule is known for this alert.",
            ]
        );
    }

    #[test]
    fn tells_short_unknown_and_cut_chains() {
        let mut lonely = incident_chain();
        lonely.steps.clear();
        lonely.context.clear();
        lonely.missing.clear();
        lonely.chain.truncate(1);
        lonely.cut = true;
        if let Some(alert) = lonely.nodes.first_mut() {
            alert.stated = false;
        }
        let told = tell(&lonely);
        assert!(told[0].contains("no delivery has described it yet"), "{told:?}");
        assert_eq!(told[1], "Nothing upstream of it is known.");
        assert!(told[2].contains("longer than one answer"), "{told:?}");

        lonely.start = "cdevents:v0:nowhere::::alert:1".to_owned();
        assert!(tell(&lonely).is_empty());
    }

    #[test]
    fn counts_what_it_does_not_tell() {
        let mut answer = incident_chain();
        for number in 1..=3 {
            let name = format!("unit-{number}");
            let mut test = node("test_run", "verify", &name, "Unit tests");
            if number == 2 {
                test.outcome = Some("failure".to_owned());
            }
            answer.nodes.push(test);
            answer.context.push(step(("test_run", &name), "verifies", "L2", ("build", "build-881")));
        }
        let told = tell(&answer).join("\n");
        assert!(told.contains("Besides these, the chain holds 3 test runs (1 failed)."), "{told}");
    }

    #[test]
    fn is_bounded_clean_and_always_the_same() {
        let mut answer = incident_chain();
        for node in &mut answer.nodes {
            node.title = format!("\u{202e}evil\u{1b}[2J {}", "long ".repeat(500));
        }
        answer.missing = (0..40)
            .map(|number| Missing {
                node: key("ticket", &number.to_string()),
                what: "ticket".to_owned(),
                why: "none is known.".to_owned(),
                fix: String::new(),
            })
            .collect();
        answer.steps.push(step(("ticket", "PAY-31"), "child_of", "L2", ("alert", "CheckoutErrors")));
        let told = tell(&answer);
        assert!(told.len() < 20, "{told:?}");
        for sentence in &told {
            assert!(sentence.chars().count() < 600, "{sentence}");
            assert!(!sentence.contains(['\u{202e}', '\u{1b}', '\n']), "{sentence:?}");
        }
        assert!(told.contains(&"37 more pieces are missing.".to_owned()), "{told:?}");
        assert_eq!(told, tell(&answer));
    }

    #[test]
    fn lists() {
        let parts = ["a", "b", "c", "d"].map(str::to_owned);
        for (count, expected) in [(0, ""), (1, "a"), (2, "a and b"), (3, "a, b and c"), (4, "a, b, c and 1 more")] {
            assert_eq!(listed(&parts[..count], 3), expected);
        }
    }
}
