//! Slash commands of chat tools, answered: what the command line says, as a message that takes no text from outside for
//! markup.

use std::collections::{BTreeMap, BTreeSet};

use throughline_domain::node::NodeKind;
use throughline_domain::time::Timestamp;
use throughline_store::StoreError;

use crate::answer::{NodeSummary, ResolveAnswer, TraceAnswer};
use crate::ask::{AskError, Desk};
use crate::readiness::{self, ReadyRequest, text};
use crate::release::ReleaseError;
use crate::tree::{self, Style};
use crate::{clock, plain, story};

/// The longest answer, in characters; Slack takes no more in one piece.
pub const MAX_CHARS: usize = 3_000;

/// The longest line of an answer, in characters.
const MAX_LINE: usize = 600;

/// The width that trees are fitted into: that of a message on a large screen.
const STYLE: Style = Style { colour: false, width: 90 };

/// The most environments, missing pieces or failed checks that are listed.
const MAX_LISTED: usize = 15;

/// The longest address of the page under an answer, in characters; an answer whose page has a longer one leads to the
/// first page.
const MAX_ADDRESS: usize = 1_500;

/// The words of the link under an answer.
const LINK: &str = "Open in Throughline";

/// What may be asked.
const HELP: [&str; 8] = [
    "/trace X    where X comes from: from an alert or a deployment back to the change, the ticket, the document",
    "/where X    to which environments X was deployed",
    "/ready X    whether X can go out to production; or elsewhere: /ready X --for staging",
    "/impact X   everything that came of X: where it went, and what fired then",
    "/help       this list",
    "",
    "X is whatever is in hand: PAY-12, acme/checkout#42, a commit, a digest, an image, an alert's fingerprint, the",
    "address of a page.",
];

/// What checks a piece of work: where one failed, somebody should look before it goes out.
const CHECKS: [&str; 5] = ["test_run", "scan", "build", "pipeline_run", "job"];

/// Where something goes, where nobody says it.
const USUAL_ENVIRONMENT: &str = "production";

/// A chat tool, and what its messages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Slack: mrkdwn.
    Slack,
    /// Mattermost: Markdown.
    Mattermost,
}

/// An answer before it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    lines: Vec<String>,
    /// The path of the page that says more.
    page: String,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Question {
    Trace(String),
    Where(String),
    Ready { of: String, environment: Option<String> },
    Impact(String),
    Help { unknown: Option<String> },
}

impl Tool {
    /// The tool behind a provider; `None` for a provider whose deliveries nobody waits for.
    pub fn of(provider: &str) -> Option<Self> {
        match provider {
            "slack" => Some(Tool::Slack),
            "mattermost" => Some(Tool::Mattermost),
            _ => None,
        }
    }

    /// An answer as a message of at most [`MAX_CHARS`] characters; `url` is the address of this server.
    ///
    /// All text stands in a block of code, where no markup counts; only the link under it is ours.
    pub fn message(self, said: &Said, url: &str) -> String {
        let page = if said.page.chars().count() > MAX_ADDRESS { "/" } else { said.page.as_str() };
        let link = self.link(&format!("{url}{page}"));
        let mut room = MAX_CHARS.saturating_sub(link.chars().count() + "```\n```\n… 9999 more lines\n".len());
        let mut text = String::from("```\n");
        for (place, line) in said.lines.iter().enumerate() {
            let line = self.verbatim(&plain::clip(line, MAX_LINE));
            let size = line.chars().count() + 1;
            if size > room {
                text.push_str(&format!("… {} more lines\n", (said.lines.len() - place).min(9_999)));
                break;
            }
            room -= size;
            text.push_str(&line);
            text.push('\n');
        }
        text + "```\n" + &link
    }

    /// A line of a block of code: nothing in it may end the block, and in Slack nothing may be a mention or an address.
    fn verbatim(self, line: &str) -> String {
        let quiet = line.replace('`', "'");
        match self {
            Tool::Slack => quiet.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
            Tool::Mattermost => quiet,
        }
    }

    fn link(self, address: &str) -> String {
        match self {
            Tool::Slack => format!("<{address}|{LINK}>"),
            Tool::Mattermost => format!("[{LINK}]({address})"),
        }
    }

    /// What somebody has typed: Slack writes three characters as entities, and addresses in angle brackets.
    fn typed(self, text: &str) -> String {
        match self {
            Tool::Mattermost => text.trim().to_owned(),
            Tool::Slack => {
                let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
                let text = text.trim();
                let inner = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
                let address = inner.map(|inner| inner.split_once('|').map_or(inner, |(address, _)| address));
                address.unwrap_or(text).to_owned()
            }
        }
    }
}

impl Said {
    /// A message without an answer: what went wrong, for whoever asked.
    pub fn plainly(text: &str) -> Self {
        Self { lines: vec![plain::line(text)], page: "/".to_owned() }
    }
}

/// Answers a command with what stands behind it.
///
/// # Errors
/// That of the database; that nothing fits, or several things do, is an answer.
pub fn answer(desk: &Desk, tool: Tool, name: &str, text: &str) -> Result<Said, StoreError> {
    let answered = match Question::read(name, &tool.typed(text)) {
        Question::Trace(of) => desk.trace(&of, None).map(|answer| told(&answer, story::tell(&answer))),
        Question::Impact(of) => desk.impact(&of, None).map(|answer| told(&answer, Vec::new())),
        Question::Where(of) => desk.impact(&of, None).map(|answer| said(&answer, places(&answer))),
        Question::Ready { of, environment } => ready(desk, &of, environment),
        Question::Help { unknown } => Ok(help(unknown.as_deref())),
    };
    match answered {
        Ok(said) => Ok(said),
        Err(AskError::NotFound(answer) | AskError::Ambiguous(answer)) => Ok(candidates(&answer)),
        Err(error @ AskError::Time(_)) => Ok(Said::plainly(&error.to_string())),
        Err(AskError::Store(error)) => Err(error),
    }
}

impl Question {
    /// Reads a command. One of another name takes the first word behind it for the question: `/throughline trace X`.
    fn read(name: &str, text: &str) -> Self {
        let name = name.trim_start_matches('/').to_lowercase();
        if let Some(question) = Self::of(&name, text) {
            return question;
        }
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let word = word.trim_start_matches('/').to_lowercase();
        let unknown = if word.is_empty() { name } else { word.clone() };
        Self::of(&word, rest).unwrap_or(Self::Help { unknown: Some(unknown) })
    }

    fn of(word: &str, text: &str) -> Option<Self> {
        // What stands behind `--` is no part of what was asked about; only `--for` is looked at.
        let of = text.split(" --").next().unwrap_or_default().trim().to_owned();
        match word {
            "help" => Some(Self::Help { unknown: None }),
            "trace" | "where" | "ready" | "impact" if of.is_empty() || of == "help" => {
                Some(Self::Help { unknown: None })
            }
            "trace" => Some(Self::Trace(of)),
            "where" => Some(Self::Where(of)),
            "ready" => Some(Self::Ready { of, environment: told_environment(text) }),
            "impact" => Some(Self::Impact(of)),
            _ => None,
        }
    }
}

/// What stands behind `--for`.
fn told_environment(text: &str) -> Option<String> {
    let told = text.split(" --").skip(1).find_map(|part| part.strip_prefix("for")?.strip_prefix(['=', ' ']))?.trim();
    (!told.is_empty()).then(|| told.to_owned())
}

/// Whether something can go out; of what cannot, or where no environment is known, what its chain lacks.
fn ready(desk: &Desk, of: &str, environment: Option<String>) -> Result<Said, AskError> {
    let chain = || desk.trace(of, None).map(|answer| said(&answer, lacking(&answer)));
    let environment = match environment {
        Some(told) => told,
        None if desk.one_of(USUAL_ENVIRONMENT, NodeKind::Environment).is_err() => return chain(),
        None => USUAL_ENVIRONMENT.to_owned(),
    };
    let asked = ReadyRequest { candidate: of.to_owned(), environment, service: None };
    match readiness::judge(desk, &asked, clock::now()) {
        Ok(judged) => {
            let answer = &judged.answer;
            let lines = text::verdict(answer, STYLE).lines().map(str::to_owned).collect();
            Ok(Said { lines, page: plain::ready_for_href(&answer.candidate.key, &answer.environment.key) })
        }
        Err(ReleaseError::Ask(error)) => Err(error),
        Err(ReleaseError::Refused(_)) => chain(),
        Err(ReleaseError::Store(error)) => Err(error.into()),
        Err(error @ (ReleaseError::Missing(_) | ReleaseError::Keys(_))) => Ok(Said::plainly(&error.to_string())),
    }
}

/// The sentences, and the tree under them.
fn told(answer: &TraceAnswer, sentences: Vec<String>) -> Said {
    let mut lines = sentences;
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(tree::trace(answer, STYLE).lines().map(str::to_owned));
    Said { lines, page: plain::node_href(&answer.start) }
}

/// What was asked about, and the lines under it.
fn said(answer: &TraceAnswer, lines: Vec<String>) -> Said {
    let start = answer.nodes.iter().find(|node| node.key == answer.start).map(called).unwrap_or_default();
    let lines = std::iter::once(start).chain(lines).collect();
    Said { lines, page: plain::node_href(&answer.start) }
}

fn help(unknown: Option<&str>) -> Said {
    let complaint =
        unknown.map(|word| format!("'{}' is no question that I know.", plain::clip(&plain::line(word), 40)));
    let lines = complaint.into_iter().chain(HELP.iter().map(|line| (*line).to_owned())).collect();
    Said { lines, page: "/".to_owned() }
}

/// Nothing fits, or several things do.
fn candidates(answer: &ResolveAnswer) -> Said {
    let query: String = url::form_urlencoded::byte_serialize(answer.input.as_bytes()).collect();
    let lines = tree::resolve(answer, STYLE).lines().map(str::to_owned).collect();
    Said { lines, page: format!("/find?q={query}") }
}

/// Where things were deployed: for each environment the last deployment that succeeded, and how many others there were.
fn places(answer: &TraceAnswer) -> Vec<String> {
    let chain: BTreeSet<&str> = answer.chain.iter().map(String::as_str).collect();
    let reached = answer.nodes.iter().filter(|node| node.kind == "deployment" && chain.contains(node.key.as_str()));
    let mut by_place: BTreeMap<&str, Vec<&NodeSummary>> = BTreeMap::new();
    for deployment in reached {
        let mut steps = answer.context.iter().filter(|step| step.from == deployment.key);
        let place = steps.find(|step| step.kind == "deployed_to").map_or("", |step| step.to.as_str());
        by_place.entry(place).or_default().push(deployment);
    }
    if by_place.is_empty() {
        return vec![
            "No deployment of it is known.".to_owned(),
            "One shows here once a deployment names its commit, or an artifact that was built from it.".to_owned(),
        ];
    }
    let more = by_place.len().saturating_sub(MAX_LISTED);
    let mut lines: Vec<String> = by_place
        .into_iter()
        .take(MAX_LISTED)
        .map(|(place, deployments)| at_place(answer, place, &deployments))
        .collect();
    lines.extend((more > 0).then(|| format!("and {more} more environments")));
    lines.push(String::new());
    lines.push("Whether a later deployment has replaced it, the environment's page shows.".to_owned());
    lines
}

fn at_place(answer: &TraceAnswer, place: &str, deployments: &[&NodeSummary]) -> String {
    let place = match answer.nodes.iter().find(|node| node.key == place) {
        Some(node) => plain::clip(&plain::line(&node.title), 40),
        None => "an unnamed environment".to_owned(),
    };
    let succeeded = deployments.iter().filter(|node| node.outcome.as_deref() == Some("success"));
    let last = succeeded.max_by_key(|&&node| (node.occurred.as_deref().and_then(Timestamp::parse), node.key.as_str()));
    let others = deployments.len() - usize::from(last.is_some());
    let mut line = match last {
        Some(last) => {
            let when = last.occurred.as_deref().map(|at| format!(", {}", plain::moment(at))).unwrap_or_default();
            format!("{place}: {}{when}", called(last))
        }
        None => format!("{place}: none that succeeded"),
    };
    match others {
        0 => {}
        1 => line.push_str("; and 1 other"),
        others => line.push_str(&format!("; and {others} others")),
    }
    line
}

/// What a chain lacks, and which of its checks failed.
fn lacking(answer: &TraceAnswer) -> Vec<String> {
    let failed: BTreeSet<String> = answer
        .nodes
        .iter()
        .filter(|node| CHECKS.contains(&node.kind.as_str()) && node.outcome.as_deref() == Some("failure"))
        .map(called)
        .collect();
    let mut lines = Vec::new();
    listed(&mut lines, "Failed:", failed.into_iter().collect());
    let name = |key: &str| answer.nodes.iter().find(|node| node.key == key).map(called).unwrap_or_default();
    let missing = answer.missing.iter().map(|missing| {
        let (why, fix) = (plain::line(&missing.why), plain::line(&missing.fix));
        format!("{} of {}: {why}; {fix}", plain::line(&missing.what).replace('_', " "), name(&missing.node))
    });
    listed(&mut lines, "Missing:", missing.collect());
    if lines.is_empty() {
        lines.push("Nothing is missing in its chain, and none of its checks is known to have failed.".to_owned());
    }
    if answer.cut {
        lines.push("The chain is longer than one answer can hold; this is what its first part says.".to_owned());
    }
    lines
}

fn listed(lines: &mut Vec<String>, head: &str, items: Vec<String>) {
    let more = items.len().saturating_sub(MAX_LISTED);
    if !items.is_empty() {
        lines.push(head.to_owned());
    }
    lines.extend(items.into_iter().take(MAX_LISTED).map(|item| format!("- {item}")));
    lines.extend((more > 0).then(|| format!("- and {more} more")));
}

/// A piece in few words: kind, reference, title.
fn called(node: &NodeSummary) -> String {
    let title = plain::clip(&plain::line(&node.title), 80);
    let kind = plain::line(&node.kind_label);
    match node.reference.as_deref().map(plain::line).filter(|reference| !reference.is_empty() && *reference != title) {
        Some(reference) => format!("{kind} {reference}  {title}"),
        None => format!("{kind} {title}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_CHARS, Question, Said, Tool, help, lacking, places, said, told};
    use crate::plain::samples::{incident_chain, key, node, step};
    use crate::story;

    const URL: &str = "https://throughline.acme.example";

    #[test]
    fn a_command_is_a_question() {
        let help = |word: Option<&str>| Question::Help { unknown: word.map(str::to_owned) };
        let ready = |of: &str, environment: Option<&str>| Question::Ready {
            of: of.to_owned(),
            environment: environment.map(str::to_owned),
        };
        for (name, text, expected) in [
            ("/trace", "PAY-12", Question::Trace("PAY-12".to_owned())),
            ("/TRACE", " acme/checkout#42 ", Question::Trace("acme/checkout#42".to_owned())),
            ("/ready", "checkout 1.4.0 --for production", ready("checkout 1.4.0", Some("production"))),
            ("/ready", "checkout 1.4.0 --for=eu west --now", ready("checkout 1.4.0", Some("eu west"))),
            ("/ready", "forge --format x", ready("forge", None)),
            ("/throughline", "where  PAY-12", Question::Where("PAY-12".to_owned())),
            ("/throughline", "", help(Some("throughline"))),
            ("/impact", "", help(None)),
            ("/trace", "help", help(None)),
            ("/fly", "home", help(Some("home"))),
        ] {
            assert_eq!(Question::read(name, text), expected, "{name} {text}");
        }
    }

    #[test]
    fn what_slack_does_to_a_text_is_undone() {
        for (given, expected) in [
            ("<https://github.com/acme/checkout/pull/42|#42>", "https://github.com/acme/checkout/pull/42"),
            ("&lt;https://acme.example/?a=1&amp;b=2&gt;", "https://acme.example/?a=1&b=2"),
            ("PAY-12", "PAY-12"),
        ] {
            assert_eq!(Tool::Slack.typed(given), expected);
        }
        assert_eq!(Tool::Mattermost.typed(" a < b "), "a < b");
    }

    #[test]
    fn text_from_outside_is_no_markup() {
        let mut chain = incident_chain();
        let hostile = "<!channel>& ``` *bold* <https://evil.example|here> [here](https://evil.example)";
        for node in &mut chain.nodes {
            hostile.clone_into(&mut node.title);
        }
        let answer = told(&chain, story::tell(&chain));
        let slack = Tool::Slack.message(&answer, URL);
        assert_eq!(slack.matches('<').count(), 1, "{slack}");
        assert_eq!(slack.matches("```").count(), 2, "{slack}");
        assert!(slack.contains("&lt;!channel&gt;&amp;"), "{slack}");
        let mattermost = Tool::Mattermost.message(&answer, URL);
        assert_eq!(mattermost.matches("```").count(), 2, "{mattermost}");
        assert!(mattermost.ends_with(&format!("({URL}/node/{})", key("alert", "CheckoutErrors"))), "{mattermost}");
    }

    #[test]
    fn a_message_has_a_bound() {
        let long = |text: &str, count: usize| Said { lines: vec![text.to_owned(); count], page: "/".to_owned() };
        let far = Said { lines: vec!["x".to_owned()], page: format!("/find?q={}", "%C3%A9".repeat(1_000)) };
        for answer in [long(&"<".repeat(10_000), 50), long("&", 20_000), long("x", 1), long("", 4_000), far] {
            for tool in [Tool::Slack, Tool::Mattermost] {
                let message = tool.message(&answer, URL);
                assert!(message.chars().count() <= MAX_CHARS, "{}", message.chars().count());
                assert!(message.contains(URL), "the link is always there");
            }
        }
        assert!(Tool::Slack.message(&long("x", 9_000), URL).contains("more lines"));
        assert!(help(Some("fly")).lines.iter().any(|line| line.contains("'fly'")));
    }

    #[test]
    fn places_are_the_last_deployments() {
        let mut chain = incident_chain();
        let mut failed = node("deployment", "run", "deploy-42", "checkout 1.4.3");
        failed.outcome = Some("failure".to_owned());
        chain.chain.push(failed.key.clone());
        chain.nodes.push(failed);
        chain.context.push(step(("deployment", "deploy-42"), "deployed_to", "L2", ("environment", "production")));
        let lines = places(&chain);
        assert_eq!(lines[0], "production: Deployment deploy-41  checkout 1.4.2, 2026-03-14 09:26 UTC; and 1 other");
        chain.chain.clear();
        assert_eq!(places(&chain)[0], "No deployment of it is known.");
    }

    #[test]
    fn ready_says_what_is_missing_and_what_failed() {
        let mut chain = incident_chain();
        let lines = lacking(&chain);
        assert_eq!(lines[0], "Missing:");
        assert!(lines[1].starts_with("- alert rule of Alert CheckoutErrors"), "{lines:?}");
        chain.missing.clear();
        assert!(lacking(&chain)[0].starts_with("Nothing is missing"));
        let mut test = node("test_run", "verify", "unit", "Unit tests");
        test.outcome = Some("failure".to_owned());
        chain.nodes.push(test);
        assert_eq!(lacking(&chain), ["Failed:", "- Test run unit  Unit tests"]);
        assert!(said(&chain, Vec::new()).lines[0].starts_with("Alert CheckoutErrors"));
    }
}
