//! Tests of reading policies and of choosing one.

use std::collections::BTreeSet;

use super::{BUILT_IN, GateSettings, Place, Policy, PolicySet, TestedBy, Weight, hash};
use crate::gates::GATES;
use crate::link::LinkClass;
use crate::policy::Window;

fn place(service: &str, environment: &str, labels: &[&str]) -> Place {
    Place {
        service: (!service.is_empty()).then(|| service.to_owned()),
        environment: environment.to_owned(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
    }
}

/// The example with the settings that it only shows: every line of them begins with `#` and no space behind it.
fn whole_example() -> String {
    let shown = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => rest.to_owned(),
        Some(_) | None => line.to_owned(),
    };
    BUILT_IN.lines().map(shown).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_built_in_policies_say_what_the_settings_say_by_themselves() {
    let set = PolicySet::built_in();
    assert_eq!(set.sha256, hash(BUILT_IN));
    assert_eq!(set.sha256.len(), 64);
    let names: Vec<&str> = set.policies.iter().map(|policy| policy.name.as_str()).collect();
    assert_eq!(names, ["production", "elsewhere"]);
    let production = set.choose(&place("checkout", "production", &[]));
    assert_eq!(production.name, "production");
    assert_eq!(production.gates, GateSettings::default());
    assert_eq!((production.least_class, production.sign_off), (LinkClass::Declared, false));
    let elsewhere = set.choose(&place("checkout", "staging", &[]));
    assert_eq!(elsewhere.name, "elsewhere");
    assert!(set.freezes.is_empty() && set.own.is_empty());
}

#[test]
fn the_example_names_every_gate_and_every_setting() {
    let table: toml::Table = toml::from_str(&whole_example()).unwrap();
    let production = table.get("policy").and_then(|policies| policies.get(0)).unwrap().as_table().unwrap();
    let gates = production.get("gates").and_then(toml::Value::as_table).unwrap();
    let named: BTreeSet<&str> = gates.keys().map(String::as_str).collect();
    let all: BTreeSet<&str> = GATES.iter().map(|gate| gate.name).collect();
    assert_eq!(named, all);
    // A setting that the example leaves out would not be refused under another name; so each is taken away once.
    let mut settings = 0;
    for (gate, values) in gates {
        for name in values.as_table().unwrap().keys() {
            let unknown = format!("[[policy]]\nname = \"x\"\n[policy.gates.{gate}]\n{name}x = 1");
            let error = PolicySet::read(&unknown).unwrap_err().to_string();
            let expected: Vec<&str> = error.rsplit_once("expected").unwrap().1.split('`').skip(1).step_by(2).collect();
            let written: BTreeSet<&str> = values.as_table().unwrap().keys().map(String::as_str).collect();
            assert_eq!(expected.into_iter().collect::<BTreeSet<_>>(), written, "{gate}");
            settings += 1;
        }
    }
    assert!(settings > 30, "{settings}");
}

#[test]
fn what_the_example_only_shows_can_be_applied() {
    let set = PolicySet::read(&whole_example()).unwrap();
    assert!(set.policies.len() > 2 && set.own.len() == 1, "{set:?}");
    assert!(matches!(set.freezes.as_slice(), [once, weekly]
        if matches!(once.window, Window::Once(_, _)) && matches!(weekly.window, Window::Weekly(_, _))));
    let checkout = set.choose(&place("Checkout", "Production", &[]));
    assert_eq!(checkout.selector.services, ["checkout"]);
    let limits = set.limits(checkout, &place("checkout", "production", &[]));
    assert_eq!(limits.freezes.len(), 2);
    assert_eq!(set.limits(checkout, &place("checkout", "staging", &[])).freezes.len(), 0);
    assert_eq!(set.own_gates(&place("checkout", "production", &[])).count(), 1);
    assert_eq!(set.own_gates(&place("checkout", "staging", &[])).count(), 0);
}

#[test]
fn the_most_specific_policy_is_chosen() {
    let policy = |name: &str, rest: &str| format!("[[policy]]\nname = \"{name}\"\n{rest}\n");
    let (service, environment, label) = ("services = [\"a\"]", "environments = [\"prod\"]", "labels = [\"db\", \"x\"]");
    let text = [
        policy("any", ""),
        policy("label", label),
        policy("environment", environment),
        policy("environment again", environment),
        policy("environment label", &format!("{environment}\n{label}")),
        policy("service", service),
        policy("service label", &format!("{service}\n{label}")),
        policy("service environment", &format!("{service}\n{environment}")),
        policy("all", &format!("{service}\n{environment}\n{label}")),
    ]
    .concat();
    let set = PolicySet::read(&text).unwrap();
    for (service, environment, labels, expected) in [
        ("", "test", &[][..], "any"),
        ("b", "test", &["DB"][..], "label"),
        ("b", "PROD", &["other"][..], "environment"),
        ("", "prod", &["other", "x"][..], "environment label"),
        ("a", "test", &[][..], "service"),
        ("a", "test", &["db"][..], "service label"),
        ("A", "prod", &[][..], "service environment"),
        ("a", "prod", &["x"][..], "all"),
    ] {
        assert_eq!(set.choose(&place(service, environment, labels)).name, expected, "{service} {environment}");
    }
    let narrow = PolicySet::read(&policy("only", service)).unwrap();
    assert_eq!(narrow.choose(&place("b", "prod", &[])), &Policy::strict());
}

#[test]
fn settings_are_read() {
    let text = "[[policy]]\nname = \"x\"\nleast_class = \"L2\"\nsign_off = true\n\
                [policy.gates.soak]\nuse = \"on\"\nhours = 2\n[policy.gates.tested-artifact]\nby = \"digest\"\n\
                [policy.gates]\nfreeze = { use = \"off\" }";
    let set = PolicySet::read(text).unwrap();
    let policy = set.policies.first().unwrap();
    assert_eq!((policy.least_class, policy.sign_off), (LinkClass::Asserted, true));
    assert_eq!((policy.gates.soak.weight, policy.gates.soak.hours), (Weight::On, 2));
    assert!(policy.gates.soak.without_alert, "what is left out is as it is by itself");
    assert_eq!(policy.gates.tested_artifact.by, TestedBy::Digest);
    assert_eq!(policy.gates.freeze.weight, Weight::Off);
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let gate = |name: &str, setting: &str| format!("[[policy]]\nname = \"x\"\n[policy.gates.{name}]\n{setting}");
    let freeze = |times: &str| format!("[[freeze]]\nreason = \"x\"\n{times}");
    let rego = |rest: &str| format!("[[rego]]\nname = \"own\"\n{rest}");
    for (text, expected) in [
        ("[[polcy]]".to_owned(), "polcy"),
        ("[[policy]]\nname = 1".to_owned(), "name = 1"),
        ("[[policy]]\nname = \"\"".to_owned(), "policy ''"),
        ("[[policy]]\nname = \"a\"\n[[policy]]\nname = \"A\"".to_owned(), "policy 'A': it is there twice"),
        ("[[policy]]\nname = \"a\"\nservices = [\"x\", \"X\"]".to_owned(), "'services' has 'X' twice"),
        ("[[policy]]\nname = \"a\"\nlabels = [\" \"]".to_owned(), "empty word"),
        ("[[policy]]\nname = \"a\"\nleast_class = \"L4\"".to_owned(), "L4"),
        (gate("island", "use = \"on\""), "island"),
        (gate("soak", "use = \"maybe\""), "maybe"),
        (gate("soak", "hours = 1000000"), "policy 'x', gate 'soak': 'hours'"),
        (gate("soak", "hours = -1"), "hours = -1"),
        (gate("error-budget", "percent = 101"), "gate 'error-budget'"),
        (gate("four-eyes", "approvals = 0"), "gate 'four-eyes'"),
        (gate("ticket", "relations = [\"mends\"]"), "'mends' is no link"),
        (gate("ticket", "relations = [\"part_of\"]"), "'part_of' is no link"),
        (gate("ticket", "relations = []"), "'relations' is empty"),
        (gate("ticket", "states = [\"Done\", \"done\"]"), "'states' has 'done' twice"),
        (gate("built-and-tested", "build = false\ntests = false"), "asks for nothing"),
        (freeze(""), "freeze 'x': give either"),
        (freeze("from = \"2026-11-26T00:00:00Z\""), "freeze 'x': give either"),
        (freeze("from = \"2026-11-26\"\nto = \"2026-11-27\""), "'from' must be like"),
        (freeze("from = \"2026-11-26T00:00:00Z\"\nto = \"2026-11-26T00:00:00Z\""), "does not lie behind"),
        (freeze("weekly_from = \"friday\"\nweekly_to = \"monday 06:00\""), "'weekly_from' must be like"),
        (freeze("weekly_from = \"friday 16:00\"\nweekly_to = \"friday 16:00\""), "no length"),
        ("[[freeze]]\nreason = \" \"".to_owned(), "'reason'"),
        ("[[rego]]\nname = \"Own\"\nmodule = \"\"".to_owned(), "rego 'Own'"),
        ("[[rego]]\nname = \"soak\"\nmodule = \"\"".to_owned(), "rego 'soak': a gate of that name is built in"),
        (rego(""), "rego 'own': give either"),
        (rego("module = \"\"\nfile = \"x\""), "rego 'own': give either"),
        (rego("file = \"x\""), "'x' is not in [modules]"),
        (rego("module = \"pass if time.now_ns() > 0\""), "rego 'own': line 1 of the module"),
        ("[modules]\n\"x.rego\" = \"\"".to_owned(), "modules 'x.rego'"),
        (format!("#{}", "x".repeat(super::MAX_POLICY_BYTES)), "bytes"),
    ] {
        let error = PolicySet::read(&text).expect_err(&text).to_string();
        assert!(error.contains(expected), "{text}\n{error}");
    }
}
