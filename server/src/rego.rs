//! Own gates: modules in Rego, evaluated over the same document that every other gate is judged by.
//!
//! A module is a package `throughline.gate` with the sets `deny` and `unknown` and the rule `pass`, each of which may be
//! left out. The input is the dossier as JSON. No function reaches a file, a network, a clock or a random number; what a
//! module may hold is checked in [`throughline_domain::policy::check_module`] before it gets here.

use serde_json::Value;
use throughline_domain::dossier::Dossier;
use throughline_domain::gates::{Finding, Judgement, MAX_LISTED, Reason};
use throughline_domain::policy::{OwnGate, PolicySet, check_module};

use crate::plain;

/// The most characters of a reason that a module gives, and of what the interpreter says of an error.
const MAX_REASON_CHARS: usize = 500;

/// A document of which nothing is known, over which modules are tried before they are applied.
#[cfg(feature = "rego")]
const EMPTY_INPUT: &str = r#"{
  "evaluated": "1970-01-01T00:00:00Z", "ledger_size": 0,
  "candidate": {
    "key": "cdevents:v0:throughline::::release:none", "kind": "release", "title": "none", "reference": null, "url": null,
    "state": null, "outcome": null, "occurred": null, "stated": false
  },
  "service": null,
  "environment": {
    "key": "cdevents:v0:throughline::::environment:none", "kind": "environment", "title": "none", "reference": null,
    "url": null, "state": null, "outcome": null, "occurred": null, "stated": false
  },
  "previous_environment": null, "deployment": null, "replaces": null, "is_rollback": false,
  "commits": [], "changes": [], "tickets": [], "runs": [], "artifacts": [], "rollouts": [],
  "watch": {
    "owners": [], "runbooks": [], "dashboards": [], "alert_rules": [], "documents": [], "error_budget": null
  },
  "open_incidents": [], "on_call": [], "decisions": [], "cuts": []
}"#;

/// Judges a dossier by any own gate that it is asked for.
///
/// Something in `deny` is a no; else something in `unknown` makes it unknown; else `pass` has to be true. A module that
/// says nothing of that, fails or takes too long is unknown, with what happened as the reason.
pub fn evaluator(dossier: &Dossier) -> impl FnMut(&OwnGate) -> Finding + use<> {
    let input = serde_json::to_string(dossier).map_err(|error| error.to_string());
    move |gate| {
        let answer = match &input {
            Ok(input) => answer(gate, input),
            Err(error) => Err(error.clone()),
        };
        match answer {
            Ok(answer) => finding(gate, answer),
            Err(cause) => {
                let text = format!("The gate cannot be evaluated: {}", clean(&cause));
                Finding::of(&gate.name, Judgement::Unknown, text)
            }
        }
    }
}

/// Whether the interpreter takes the modules of all own gates.
///
/// # Errors
/// The name of the first one that it does not take, and what it says is wrong with it.
pub fn check(policies: &PolicySet) -> Result<(), String> {
    policies.own.iter().try_for_each(|gate| {
        let loaded = check_module(&gate.module).and_then(|()| engine::load(&gate.module));
        loaded.map_err(|cause| format!("rego '{}': {}", gate.name, clean(&cause)))
    })
}

/// What a module answers.
struct Answer {
    deny: Vec<Reason>,
    unknown: Vec<Reason>,
    pass: bool,
}

fn answer(gate: &OwnGate, input: &str) -> Result<Answer, String> {
    check_module(&gate.module)?;
    let [deny, unknown, pass] = engine::evaluate(&gate.module, input)?;
    Ok(Answer {
        deny: reasons("deny", &deny)?,
        unknown: reasons("unknown", &unknown)?,
        pass: pass == Value::Bool(true),
    })
}

fn finding(gate: &OwnGate, answer: Answer) -> Finding {
    let Answer { deny, unknown, pass } = answer;
    let outcome = match (deny.is_empty(), unknown.is_empty(), pass) {
        (false, _, _) => Judgement::Fail,
        (true, false, _) => Judgement::Unknown,
        (true, true, true) => Judgement::Pass,
        (true, true, false) => {
            let text = "The gate says nothing: neither 'deny' nor 'unknown' holds anything, and 'pass' is not true.";
            return Finding::of(&gate.name, Judgement::Unknown, text);
        }
    };
    let mut reasons: Vec<Reason> = deny.into_iter().chain(unknown).collect();
    if reasons.len() > MAX_LISTED {
        let rest = reasons.len() - MAX_LISTED;
        reasons.truncate(MAX_LISTED);
        reasons.push(Reason { text: format!("{rest} more of that sort are not listed."), about: None, fix: None });
    }
    Finding { gate: gate.name.clone(), outcome, reasons, evidence: Vec::new() }
}

/// The reasons of a set: texts, or objects with `text` and, if there are, `about` and `fix`.
fn reasons(rule: &str, set: &Value) -> Result<Vec<Reason>, String> {
    let wrong = || format!("'{rule}' must be a set of texts, or of objects with 'text', 'about' and 'fix'");
    let reason = |item: &Value| {
        let member = |name: &str| item.get(name).and_then(Value::as_str).map(clean);
        let text = item.as_str().map(clean).or_else(|| member("text"))?;
        Some(Reason { text, about: member("about"), fix: member("fix") })
    };
    let items = set.as_array().ok_or_else(wrong)?;
    items.iter().map(|item| reason(item).ok_or_else(wrong)).collect()
}

/// A text from a module, in one line and shortened.
fn clean(text: &str) -> String {
    let line = plain::line(text);
    match line.char_indices().nth(MAX_REASON_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// The interpreter.
#[cfg(feature = "rego")]
mod engine {
    use std::num::NonZeroU32;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;

    use regorus::Engine;
    use regorus::utils::limits::ExecutionTimerConfig;
    use serde_json::Value;
    use throughline_domain::policy::REGO_PACKAGE;

    /// How long one rule of a module may take. The interpreter looks at the time by itself, between its steps. It has no
    /// bound on memory but this one and those on the module's text.
    const MAX_TIME: Duration = Duration::from_secs(2);

    /// After how many steps the interpreter looks at the time.
    const STEPS: NonZeroU32 = NonZeroU32::new(100).expect("100 is not zero");

    /// What the interpreter says where a rule took too long.
    const OVERTIME: &str = "execution exceeded time limit (elapsed=";

    /// The rules that are asked for, so that a module may leave any of them out.
    const EMPTY: &str = "deny contains \"\" if 1 == 2\nunknown contains \"\" if 1 == 2\npass if 1 == 2\n";

    /// Whether a module is Rego, of the right package, and every rule of it can be ordered.
    pub(super) fn load(module: &str) -> Result<(), String> {
        guarded(|| {
            // What a module finds in an empty document is of no matter, nor that its functions make nothing of it.
            let mut engine = engine(module)?;
            engine.set_strict_builtin_errors(false);
            engine.set_input_json(super::EMPTY_INPUT).map_err(|error| error.to_string())?;
            for rule in ["deny", "unknown", "pass"] {
                ask(&mut engine, rule)?;
            }
            Ok(())
        })
    }

    /// What `deny`, `unknown` and `pass` are; null where a rule says nothing.
    pub(super) fn evaluate(module: &str, input: &str) -> Result<[Value; 3], String> {
        guarded(|| {
            let mut engine = engine(module)?;
            engine.set_input_json(input).map_err(|error| error.to_string())?;
            Ok([ask(&mut engine, "deny")?, ask(&mut engine, "unknown")?, ask(&mut engine, "pass")?])
        })
    }

    fn engine(module: &str) -> Result<Engine, String> {
        let mut engine = Engine::new();
        engine.set_rego_v0(false);
        engine.set_gather_prints(true);
        engine.set_execution_timer_config(ExecutionTimerConfig { limit: MAX_TIME, check_interval: STEPS });
        let package = engine.add_policy("gate".to_owned(), module.to_owned()).map_err(|error| error.to_string())?;
        if package != format!("data.{REGO_PACKAGE}") {
            return Err(format!("its package must be '{REGO_PACKAGE}'"));
        }
        let empty = format!("package {REGO_PACKAGE}\n{EMPTY}");
        engine.add_policy("empty".to_owned(), empty).map_err(|error| error.to_string())?;
        Ok(engine)
    }

    fn ask(engine: &mut Engine, rule: &str) -> Result<Value, String> {
        let value =
            engine.eval_rule(format!("data.{REGO_PACKAGE}.{rule}")).map_err(|error| said(rule, &error.to_string()))?;
        if value == regorus::Value::Undefined {
            return Ok(Value::Null);
        }
        let text = value.to_json_str().map_err(|error| error.to_string())?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    /// What the interpreter says of an error, in words that are the same whenever it is evaluated: how many nanoseconds a
    /// rule took would make a verdict differ from the one that was recorded.
    fn said(rule: &str, error: &str) -> String {
        if error.contains(OVERTIME) {
            return format!("'{rule}' takes longer than {} seconds", MAX_TIME.as_secs());
        }
        // The rules of `EMPTY` stand in no file that anybody could look into.
        if error.contains("--> empty:") {
            return "'deny' and 'unknown' must be sets ('deny contains \"…\" if …'), and 'pass' a rule of true ('pass if …')"
                .to_owned();
        }
        error.to_owned()
    }

    /// A mistake in the interpreter must not end a thread that others wait for.
    fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("the interpreter failed at it".to_owned()))
    }
}

/// Stands in for the interpreter in a program that was built without it.
#[cfg(not(feature = "rego"))]
mod engine {
    use serde_json::Value;

    const MISSING: &str = "this program was built without Rego";

    pub(super) fn load(_: &str) -> Result<(), String> {
        Err(MISSING.to_owned())
    }

    pub(super) fn evaluate(_: &str, _: &str) -> Result<[Value; 3], String> {
        Err(MISSING.to_owned())
    }
}

#[cfg(all(test, feature = "rego"))]
mod tests {
    use throughline_domain::dossier::{Dossier, Piece, Watch};
    use throughline_domain::gates::Finding;
    use throughline_domain::node::NodeKind;
    use throughline_domain::policy::{OwnGate, PolicySet, Selector, Weight};
    use throughline_domain::time::Timestamp;

    use super::{EMPTY_INPUT, MAX_REASON_CHARS, check, evaluator};

    fn gate(rules: &str) -> OwnGate {
        OwnGate {
            name: "own".to_owned(),
            title: "own".to_owned(),
            weight: Weight::Required,
            selector: Selector::default(),
            file: None,
            module: format!("package throughline.gate\n{rules}\n"),
        }
    }

    fn dossier() -> Dossier {
        let piece = |kind: NodeKind, title: &str| Piece {
            key: format!("{kind}:{title}"),
            kind,
            title: title.to_owned(),
            reference: None,
            url: None,
            state: None,
            outcome: None,
            occurred: None,
            stated: true,
        };
        Dossier {
            evaluated: Timestamp::from_seconds(1_794_388_800),
            ledger_size: 900,
            candidate: piece(NodeKind::Artifact, "checkout:1.8.0"),
            service: None,
            environment: piece(NodeKind::Environment, "production"),
            previous_environment: None,
            deployment: None,
            replaces: None,
            is_rollback: false,
            commits: Vec::new(),
            changes: Vec::new(),
            tickets: Vec::new(),
            runs: Vec::new(),
            artifacts: Vec::new(),
            rollouts: Vec::new(),
            watch: Watch::default(),
            open_incidents: vec![piece(NodeKind::Incident, "INC-8"), piece(NodeKind::Incident, "INC-7")],
            on_call: Vec::new(),
            decisions: Vec::new(),
            cuts: Vec::new(),
        }
    }

    fn judge(gate: &OwnGate) -> Finding {
        evaluator(&dossier())(gate)
    }

    /// The outcome with all reasons: `fail: one | another`.
    fn judged(rules: &str) -> String {
        let finding = judge(&gate(rules));
        assert_eq!(finding.gate, "own");
        let reasons: Vec<&str> = finding.reasons.iter().map(|reason| reason.text.as_str()).collect();
        format!("{}: {}", finding.outcome.word(), reasons.join(" | "))
    }

    #[test]
    fn a_module_denies_does_not_know_or_passes() {
        const OPEN: &str = "deny contains reason if {\n\tsome incident in input.open_incidents\n\t\
            reason := sprintf(\"%s is open\", [incident.title])\n}\npass := true";
        for (rules, expected) in [
            ("pass := true", "pass: "),
            ("pass if input.ledger_size == 900", "pass: "),
            ("default pass := false\npass if count(deny) == 0", "pass: "),
            (OPEN, "fail: INC-7 is open | INC-8 is open"),
            ("deny contains \"no\"\nunknown contains \"perhaps\"", "fail: no | perhaps"),
            ("unknown contains \"no owner\" if count(input.watch.owners) == 0\npass := true", "unknown: no owner"),
            ("pass if time.parse_rfc3339_ns(input.evaluated) == 1794388800000000000", "pass: "),
            ("pass if regex.match(`^checkout:`, input.candidate.title)", "pass: "),
            ("pass if semver.compare(\"1.8.0\", \"1.10.0\") == -1", "pass: "),
        ] {
            assert_eq!(judged(rules), expected, "{rules}");
            assert_eq!(judged(rules), expected, "the same again: {rules}");
        }
    }

    #[test]
    fn what_says_nothing_or_cannot_be_evaluated_is_unknown() {
        for (rules, expected) in [
            ("", "unknown: The gate says nothing"),
            ("pass if input.typo == 1", "unknown: The gate says nothing"),
            ("pass := \"yes\"", "unknown: The gate says nothing"),
            ("deny contains 7", "unknown: The gate cannot be evaluated: 'deny' must be a set of texts"),
            ("deny := \"no\"", "unknown: The gate cannot be evaluated: 'deny' and 'unknown' must be sets"),
            ("pass if nothing_of_that_name(1)", "unknown: The gate cannot be evaluated"),
            ("pass if http.send({\"url\": \"https://acme.example\"})", "unknown: The gate cannot be evaluated"),
            ("pass if {", "unknown: The gate cannot be evaluated"),
            ("pass if time.now_ns() > 0", "unknown: The gate cannot be evaluated: line 2 of the module: 'now_ns'"),
            ("f(x) := f(x)\npass if f(1)", "unknown: The gate cannot be evaluated: the rule 'f'"),
        ] {
            let found = judged(rules);
            assert!(found.starts_with(expected), "{rules}\n{found}");
        }
        let other = OwnGate { module: "package other\npass := true".to_owned(), ..gate("") };
        let finding = judge(&other);
        assert!(finding.reasons[0].text.ends_with("its package must be 'throughline.gate'"), "{finding:?}");
    }

    #[test]
    fn a_module_that_takes_too_long_is_stopped() {
        let twenty = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]";
        let loops: String = (0..12).map(|index| format!("\tsome v{index} in {twenty}\n")).collect();
        let rules = format!("pass if {{\n{loops}\tv0 + v11 == 1000\n}}");
        // A recorded verdict is judged again to the same words, so none of them may say how long it took.
        let found = judged(&rules);
        assert!(found.starts_with("unknown: The gate cannot be evaluated: '"), "{found}");
        assert!(found.ends_with("' takes longer than 2 seconds"), "{found}");
        assert_eq!(judged(&rules), found);
    }

    #[test]
    fn reasons_may_name_a_piece_and_a_cure_and_are_one_short_line() {
        let rules = "deny contains {\"text\": \"a\\nb\", \"about\": \"commit:c1\", \"fix\": \"mend it\"}";
        let finding = judge(&gate(rules));
        let reason = &finding.reasons[0];
        assert_eq!((reason.text.as_str(), reason.about.as_deref()), ("a b", Some("commit:c1")));
        assert_eq!(reason.fix.as_deref(), Some("mend it"));
        let long = judge(&gate(&format!("deny contains \"{}\"", "x".repeat(900))));
        assert_eq!(long.reasons[0].text.chars().count(), MAX_REASON_CHARS + 1);
    }

    #[test]
    fn modules_are_tried_over_a_whole_document() {
        let empty: Dossier = serde_json::from_str(EMPTY_INPUT).unwrap();
        let written: serde_json::Value = serde_json::from_str(EMPTY_INPUT).unwrap();
        assert_eq!(serde_json::to_value(empty).unwrap(), written);
    }

    #[test]
    fn modules_are_checked_before_they_are_applied() {
        let set = |module: &str| {
            PolicySet::read(&format!("[[rego]]\nname = \"own\"\nmodule = \"\"\"\n{module}\n\"\"\"")).unwrap()
        };
        for rules in
            ["pass if count(deny) == 0", "deny contains r if {\n\tsome c in input.commits\n\tr := c.piece.title\n}"]
        {
            assert_eq!(check(&set(&format!("package throughline.gate\n{rules}"))), Ok(()), "{rules}");
        }
        for module in ["package throughline.gate\npass if {", "package other\npass := true"] {
            let error = check(&set(module)).expect_err(module);
            assert!(error.starts_with("rego 'own': "), "{error}");
        }
        assert_eq!(check(&PolicySet::built_in()), Ok(()));
    }
}
