//! What is missing, why, and the ledger's own tickets, as plain text for a terminal or a chat.

use crate::answer::{Missing, NodeSummary};
use crate::doctor::DoctorAnswer;
use crate::islands::IslandsAnswer;
use crate::plain;
use crate::tickets::{BuildAndTestAnswer, OpsTicketAnswer};

/// The longest title in a line, in characters.
const MAX_TITLE: usize = 80;

/// How complete each kind is, then every island with what to do.
pub fn islands(answer: &IslandsAnswer) -> String {
    let mut out = Text::default();
    for kind in &answer.kinds {
        let label = plain::line(&kind.label);
        out.line(0, format!("{} %  {label}: {} of {} complete", kind.percent, kind.whole, kind.total));
    }
    out.gap();
    match (answer.islands.len(), answer.total) {
        (0, 0) => out.line(0, "Nothing lacks anything."),
        (0, total) => out.line(0, format!("There are only {total}.")),
        (shown, total) => out.line(0, format!("{shown} of {total} that lack something, the newest first:")),
    }
    for island in &answer.islands {
        out.gap();
        out.line(0, named(&island.node));
        out.missing(1, &island.missing);
    }
    if let Some(next) = answer.next {
        out.gap();
        out.line(0, format!("More with --skip {next}."));
    }
    out.text
}

/// Why something cannot be traced, and what mends it.
pub fn doctor(answer: &DoctorAnswer) -> String {
    let mut out = Text::default();
    match &answer.node {
        Some(node) => out.line(0, named(node)),
        None => out.line(0, format!("“{}”", plain::line(&answer.input))),
    }
    for candidate in &answer.candidates {
        out.line(1, named(candidate));
        out.line(2, format!("key  {}", plain::line(&candidate.key)));
    }
    if answer.findings.is_empty() {
        out.line(
            0,
            "Nothing is wrong with it: it lacks nothing, its texts lead where they point, no link at it is a guess.",
        );
    }
    let own = answer.node.as_ref().map(|node| node.key.as_str());
    for finding in &answer.findings {
        out.gap();
        out.line(0, format!("{}  {}", plain::line(&finding.what).replace('_', " "), plain::line(&finding.why)));
        if let Some(node) = finding.node.as_deref().filter(|node| Some(*node) != own) {
            out.line(1, format!("at {}", plain::line(node)));
        }
        if !finding.fix.is_empty() {
            out.line(1, format!("→ {}", plain::line(&finding.fix)));
        }
        if let Some(command) = &finding.command {
            out.line(1, format!("$ {}", plain::line(command)));
        }
    }
    out.text
}

/// A build-and-test ticket.
pub fn build_and_test(answer: &BuildAndTestAnswer) -> String {
    let mut out = Text::default();
    out.line(0, plain::line(&answer.name));
    out.line(0, named(&answer.change));
    out.line(0, format!("{}: {}", answer.tested, plain::line(&answer.verdict)));
    for row in &answer.commits {
        out.gap();
        out.line(0, format!("{}{}", named(&row.commit), if row.head { "  (head)" } else { "" }));
        for check in &row.checks {
            let result = check.result.as_deref().map(|result| format!("  {}", plain::line(result))).unwrap_or_default();
            out.line(1, named(&check.node) + &result);
        }
        if row.checks.is_empty() {
            out.line(1, "nothing is known to have run on it");
        }
    }
    out.list("Tickets", &answer.tickets);
    out.list("Artifacts", &answer.artifacts);
    out.list("Authors", &answer.authors);
    out.list("Approved by", &answer.approvers);
    out.lacking(&answer.missing);
    out.text
}

/// An ops ticket.
pub fn ops_ticket(answer: &OpsTicketAnswer) -> String {
    let mut out = Text::default();
    out.line(0, plain::line(&answer.name));
    out.line(0, named(&answer.candidate));
    out.line(0, plain::line(&answer.verdict));
    if !answer.way.is_empty() {
        out.gap();
        out.line(0, "Its way, the newest first");
    }
    for stop in &answer.way {
        let places: Vec<String> = stop.environments.iter().map(|place| plain::line(&place.title)).collect();
        let to = if places.is_empty() { String::new() } else { format!("  to {}", places.join(", ")) };
        out.line(1, named(&stop.deployment) + &to);
        for node in &stop.fired {
            out.line(2, format!("while it was the latest: {}", named(node)));
        }
    }
    if !answer.changes.is_empty() {
        out.gap();
        out.line(0, "Changes");
    }
    for row in &answer.changes {
        out.line(1, format!("{}  {}: {}", named(&row.change), plain::line(&row.build_and_test), row.tested));
    }
    for (title, nodes) in [
        ("Tickets", &answer.tickets),
        ("Brings", &answer.brings),
        ("Services", &answer.services),
        ("Alert rules", &answer.alert_rules),
        ("Dashboards", &answer.dashboards),
        ("Documents", &answer.documents),
    ] {
        out.list(title, nodes);
    }
    if answer.cut {
        out.gap();
        out.line(0, "Its chain is longer than one answer can hold and was cut.");
    }
    out.lacking(&answer.missing);
    out.text
}

/// A text that grows line by line.
#[derive(Default)]
struct Text {
    text: String,
}

impl Text {
    fn line(&mut self, depth: usize, words: impl AsRef<str>) {
        self.text.push_str(&"  ".repeat(depth));
        self.text.push_str(words.as_ref());
        self.text.push('\n');
    }

    fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn list(&mut self, title: &str, nodes: &[NodeSummary]) {
        if nodes.is_empty() {
            return;
        }
        self.gap();
        self.line(0, title);
        for node in nodes {
            self.line(1, named(node));
        }
    }

    fn lacking(&mut self, missing: &[Missing]) {
        if missing.is_empty() {
            return;
        }
        self.gap();
        self.line(0, "Missing");
        self.missing(1, missing);
    }

    fn missing(&mut self, depth: usize, missing: &[Missing]) {
        for one in missing {
            self.line(depth, format!("no {}: {}", plain::line(&one.what), plain::line(&one.why)));
            self.line(depth + 1, format!("→ {}", plain::line(&one.fix)));
        }
    }
}

/// A node in one line: kind, reference, title, state, time.
fn named(node: &NodeSummary) -> String {
    let title = plain::clip(&plain::line(&node.title), MAX_TITLE);
    let mut parts = vec![plain::line(&node.kind_label)];
    match node.reference.as_deref().map(plain::line).filter(|reference| !reference.is_empty()) {
        Some(reference) if reference == title => parts.push(reference),
        Some(reference) => parts.extend([reference, title]),
        None => parts.push(title),
    }
    parts.extend(node.outcome.as_deref().map(plain::line));
    parts.extend(node.occurred.as_deref().map(plain::moment));
    if !node.stated {
        parts.push("(not seen yet)".to_owned());
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{build_and_test, doctor, islands, ops_ticket};
    use crate::answer::Missing;
    use crate::doctor::{DoctorAnswer, Finding};
    use crate::islands::{Island, IslandsAnswer, KindCompleteness};
    use crate::plain::samples::{key, node};
    use crate::tickets::{BuildAndTestAnswer, CheckAnswer, CommitAnswer, OpsTicketAnswer, StopAnswer};

    fn lack() -> Missing {
        Missing {
            node: key("change", "acme/checkout#42"),
            what: "ticket".to_owned(),
            why: "no ticket is known".to_owned(),
            fix: "write the key".to_owned(),
        }
    }

    #[test]
    fn islands_are_listed_with_what_to_do() {
        let change = node("change", "change", "acme/checkout#42", "Retry\u{1b}[2J card payments");
        let kind = KindCompleteness {
            kind: "change".to_owned(),
            label: "Pull request".to_owned(),
            total: 4,
            whole: 3,
            percent: 75,
        };
        let answer = IslandsAnswer {
            kinds: vec![kind],
            islands: vec![Island { node: change, missing: vec![lack()] }],
            total: 2,
            next: Some(1),
            ledger_size: 7,
        };
        let expected = "\
75 %  Pull request: 3 of 4 complete

1 of 2 that lack something, the newest first:

Pull request acme/checkout#42 Retry [2J card payments success 2026-03-14 09:26 UTC
  no ticket: no ticket is known
    → write the key

More with --skip 1.
";
        assert_eq!(islands(&answer), expected);
    }

    #[test]
    fn the_doctor_names_cause_cure_and_command() {
        let finding = Finding {
            what: "unknown_name".to_owned(),
            node: None,
            why: "nothing known is called PAY-12".to_owned(),
            fix: "connect the tracker".to_owned(),
            command: Some("throughline link add a relates_to b".to_owned()),
            entry: None,
        };
        let mut answer = DoctorAnswer {
            input: "PAY-12".to_owned(),
            node: None,
            candidates: Vec::new(),
            findings: vec![finding],
            ledger_size: 7,
        };
        let expected = "\
“PAY-12”

unknown name  nothing known is called PAY-12
  → connect the tracker
  $ throughline link add a relates_to b
";
        assert_eq!(doctor(&answer), expected);
        answer.findings.clear();
        assert!(doctor(&answer).contains("Nothing is wrong"));
    }

    #[test]
    fn tickets_are_told_from_the_verdict_on() {
        let change = node("change", "change", "acme/checkout#42", "Retry card payments");
        let commit = node("commit", "change", "3f2a1b9", "Retry");
        let run = node("pipeline_run", "verify", "881", "Build of main");
        let check = CheckAnswer { node: run, result: Some("128 passed".to_owned()) };
        let answer = BuildAndTestAnswer {
            name: "BT acme/checkout#42".to_owned(),
            change: change.clone(),
            tickets: vec![node("ticket", "work", "PAY-31", "Retry card authorisation")],
            authors: Vec::new(),
            approvers: Vec::new(),
            commits: vec![CommitAnswer { commit, head: true, checks: vec![check] }],
            artifacts: Vec::new(),
            tested: "passed".to_owned(),
            verdict: "no check has failed, and at least one has passed, on 3f2a1b9, the head".to_owned(),
            missing: vec![lack()],
            ledger_size: 7,
        };
        let told = build_and_test(&answer);
        for part in [
            "BT acme/checkout#42\n",
            "passed: no check has failed",
            "(head)",
            "128 passed",
            "Tickets\n  Ticket PAY-31",
            "Missing\n",
        ] {
            assert!(told.contains(part), "{part}\n{told}");
        }
        let answer = OpsTicketAnswer {
            name: "OPS x".to_owned(),
            candidate: node("release", "artifact", "1.4.2", "1.4.2"),
            brings: Vec::new(),
            changes: Vec::new(),
            tickets: Vec::new(),
            services: vec![node("service", "run", "checkout", "checkout")],
            documents: Vec::new(),
            dashboards: Vec::new(),
            alert_rules: Vec::new(),
            way: vec![StopAnswer {
                deployment: node("deployment", "run", "deploy-41", "checkout 1.4.2"),
                environments: vec![node("environment", "run", "production", "production")],
                fired: vec![node("alert", "observe", "errors", "errors")],
            }],
            verdict: "brought to production".to_owned(),
            missing: Vec::new(),
            cut: true,
            ledger_size: 7,
        };
        let told = ops_ticket(&answer);
        for part in ["OPS x\n", "  to production", "while it was the latest: Alert errors", "Services\n", "was cut"] {
            assert!(told.contains(part), "{part}\n{told}");
        }
    }
}
