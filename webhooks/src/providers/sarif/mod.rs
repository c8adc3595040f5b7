//! SARIF 2.1.0: the findings of scanners, each run of a log one scan.

use throughline_domain::fact::Attribute;
use throughline_domain::key::{Key, of_tool};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

use crate::draft::{Draft, object_id, shortened};
use crate::evidence;
use crate::evidence::address;
use crate::evidence::context::{self, Context};
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};

mod findings;
mod payload;

use findings::Findings;
use payload::{Log, Run};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: NAME,
    title: "SARIF",
    schemes: evidence::SCHEMES,
    kept_headers: evidence::KEPT_HEADERS,
    meaning_headers: evidence::MEANING_HEADERS,
    events: &[EVENT],
    documentation: include_str!("doc.md"),
    delivery_id: evidence::delivery_id,
    parse,
};

const NAME: &str = "sarif";
const EVENT: &str = "scan";
const EXPECTED: &str = "a SARIF log";

/// The version of the format that is read; what came before it was never finished.
const VERSION: &str = "2.1.";

/// The most runs of one log.
const MAX_RUNS: usize = 100;

/// The most repositories that one run names.
const MAX_SOURCES: usize = 50;

/// The longest title, in characters.
const MAX_TITLE_CHARS: usize = 200;

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let log: Log = json::read(request.body, EXPECTED)?;
    let broken = |cause: &str| ParseError::Body { expected: EXPECTED, cause: cause.to_owned() };
    if !log.version.get().is_some_and(|version| version.starts_with(VERSION)) {
        return Err(broken("version is not '2.1.0'"));
    }
    let runs = log.runs.ok_or_else(|| broken("runs is missing"))?;
    if runs.is_empty() {
        return Ok(Parsed::ignored(EVENT, "the log holds no run"));
    }
    let count = runs.len();
    if count > MAX_RUNS {
        return Err(ParseError::TooMany { what: "runs", count, limit: MAX_RUNS });
    }
    let context = Context::of(request);
    let mut draft = Draft::new(format!("{NAME}/{EVENT}"), context.at);
    for run in &runs {
        draft.at = context.at.or(run.finished()).or(run.started());
        state(&mut draft, run, &context)?;
    }
    Ok(Parsed::facts(EVENT, draft.finish()?))
}

/// States one run as a scan.
fn state(draft: &mut Draft, run: &Run, context: &Context<'_>) -> Result<(), ParseError> {
    let key = of_tool(NodeKind::Scan, NAME, "", &identity(run, context))?;
    let findings = Findings::of(run);
    let tool = run.tool.driver.name.get().unwrap_or("Scan");
    let title = shortened(&context.name.map_or(tool.to_owned(), |name| format!("{name} by {tool}")), MAX_TITLE_CHARS);
    let fact = context::fact(draft, &key, &title, context)
        .with_some(Attribute::Version, run.tool.driver.version.get().or(run.tool.driver.semantic_version.get()))
        .with_some(Attribute::Commit, own_commit(run).filter(|_| context.commit.is_none()))
        .outcome(findings.outcome(run))
        .with(Attribute::Result, findings.summary())
        .with_some(Attribute::Severity, findings.worst())
        .with_some(Attribute::Description, findings.most_frequent())
        .moment(Attribute::OccurredAt, run.finished().or(run.started()).or(context.at))
        .moment(Attribute::StartedAt, run.started())
        .moment(Attribute::FinishedAt, run.finished());
    draft.state(fact);
    context.checked(draft, &key)?;
    link_sources(draft, run, &key)?;
    let summary = format!("{title}: {}", findings.summary());
    draft.event(&key, run.finished(), "scanned", None, &summary);
    context.happened(draft, run.finished(), "scanned", &summary);
    Ok(())
}

/// The scan's own id, else one that follows from what it says and is about.
fn identity(run: &Run, context: &Context<'_>) -> String {
    match run.automation_details.guid.get() {
        Some(guid) if guid.len() <= MAX_TITLE_CHARS => guid.to_lowercase(),
        Some(_) | None => context.identity(&serde_json::to_vec(run).unwrap_or_default()),
    }
}

/// The commit that the log names itself, where it names one alone.
fn own_commit(run: &Run) -> Option<String> {
    let mut ids = run.version_control_provenance.iter().filter_map(|source| object_id(source.revision_id.get()));
    let only = ids.next()?;
    ids.all(|other| other == only).then(|| only.to_ascii_lowercase())
}

/// Links the scan with the commits that it names itself.
fn link_sources(draft: &mut Draft, run: &Run, key: &Key) -> Result<(), ParseError> {
    for source in run.version_control_provenance.iter().take(MAX_SOURCES) {
        let Some(repository) = source.repository_uri.get().and_then(address::repository) else { continue };
        draft.place(key, &repository)?;
        if let Some(commit) = draft.commit_by_id(&repository, source.revision_id.get())? {
            draft.link(key, LinkKind::Verifies, &commit, "the log names this commit");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use throughline_domain::fact::{Attribute, Facts};

    use super::parse;
    use crate::provider::{Content, Request};

    fn facts(log: &Value) -> Facts {
        let parsed = parse(&Request { headers: &[], body: log.to_string().as_bytes() }).unwrap();
        match parsed.content {
            Content::Facts(facts) => *facts,
            Content::Ignored(reason) => panic!("ignored: {reason}"),
        }
    }

    fn values(results: Value, rules: Value, more: Value) -> Vec<String> {
        let mut run = json!({ "tool": { "driver": { "name": "Linter", "rules": rules } }, "results": results });
        run.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let facts = facts(&json!({ "version": "2.1.0", "runs": [run] }));
        let wanted = [Attribute::Result, Attribute::Outcome, Attribute::Severity, Attribute::Description];
        let attributes = &facts.nodes[0].attributes;
        let value = |wanted: Attribute| attributes.iter().find(|(known, _)| *known == wanted);
        wanted.into_iter().map(|wanted| value(wanted).map(|(_, value)| value.clone()).unwrap_or_default()).collect()
    }

    #[test]
    fn only_what_is_open_counts() {
        let rules = json!([{ "id": "a", "defaultConfiguration": { "level": "error" } }, { "id": "b" }]);
        for (results, expected) in [
            (json!([]), ["nothing found", "success", "", ""]),
            (json!([{ "ruleId": "b" }]), ["1 warning", "success", "warning", "b"]),
            (json!([{ "ruleId": "a" }, { "ruleIndex": 0 }]), ["2 errors", "failure", "error", "a (2)"]),
            (json!([{ "rule": { "id": "a/deep", "index": 0 } }]), ["1 error", "failure", "error", "a/deep"]),
            (json!([{ "level": "note" }, { "level": "none" }]), ["1 note", "success", "note", ""]),
            (json!([{ "ruleId": "a", "kind": "pass" }]), ["nothing found", "success", "", ""]),
            (json!([{ "ruleId": "a", "baselineState": "absent" }]), ["nothing found", "success", "", ""]),
            (
                json!([{ "ruleId": "a", "suppressions": [{ "kind": "inSource" }] }]),
                ["nothing found, 1 suppressed", "success", "", ""],
            ),
            (
                json!([{ "ruleId": "a", "suppressions": [{ "kind": "external", "status": "rejected" }] }]),
                ["1 error", "failure", "error", "a"],
            ),
        ] {
            assert_eq!(values(results.clone(), rules.clone(), json!({})), expected, "{results}");
        }
        let broke = json!({ "invocations": [{ "executionSuccessful": false }] });
        assert_eq!(values(json!([]), rules, broke)[1], "failure");
        assert_eq!(values(Value::Null, json!(null), json!({}))[0], "no results");
    }

    #[test]
    fn a_log_names_its_commits() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let facts = facts(&json!({ "version": "2.1.0", "runs": [{
            "tool": { "driver": { "name": "Linter" } },
            "versionControlProvenance": [
                { "repositoryUri": "https://github.com/acme/checkout", "revisionId": commit },
                { "repositoryUri": "https://github.com/acme/cart", "revisionId": "v1" }
            ]
        }] }));
        let ends: Vec<String> = facts.links.iter().map(|link| format!("{} {}", link.kind, link.to.kind())).collect();
        assert_eq!(ends, ["in repository", "in repository", "verifies commit", "in repository"]);
    }

    #[test]
    fn another_version_is_refused() {
        for log in [json!({}), json!({ "version": "1.0.0", "runs": [] }), json!({ "version": "2.1.0" })] {
            assert!(parse(&Request { headers: &[], body: log.to_string().as_bytes() }).is_err(), "{log}");
        }
    }
}
