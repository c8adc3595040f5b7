//! What statements of each sort say, and what a signature changes.

use serde_json::{Value, json};
use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::node::NodeKind;

use super::{EVENT, parse};
use crate::provider::{Content, ParseError, Request};

const HEX: &str = "0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const ENVELOPE: &str = include_str!("fixtures/statement/provenance_in_an_envelope.json");

/// The public half of the key that signed the envelope.
const KEY: &str = "MCowBQYDK2VwAyEATH4wQ9cA9B6EUQIy9uLrM5cK7VBByoz9ISNNg85hnoE=";

fn read(headers: &[(&str, &str)], body: &str) -> Result<Content, ParseError> {
    let headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let parsed = parse(&Request { headers: &headers, body: body.as_bytes() })?;
    assert_eq!(parsed.event, EVENT);
    Ok(parsed.content)
}

fn facts(headers: &[(&str, &str)], body: &str) -> Facts {
    match read(headers, body).unwrap() {
        Content::Facts(facts) => *facts,
        Content::Ignored(reason) => panic!("ignored: {reason}"),
    }
}

fn links(facts: &Facts) -> Vec<String> {
    let line = |link: &throughline_domain::fact::LinkFact| {
        format!("{} {} {} {}", link.from.kind(), link.kind, link.to.kind(), link.class.word())
    };
    facts.links.iter().map(line).filter(|line| !line.contains(" in repository")).collect()
}

fn statement(predicate_type: &str, predicate: Value) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "ghcr.io/acme/checkout", "digest": { "sha256": HEX } }],
        "predicateType": predicate_type,
        "predicate": predicate
    })
}

fn value(facts: &Facts, kind: NodeKind, wanted: Attribute) -> Option<&str> {
    let node = facts.nodes.iter().rev().find(|node| node.key.kind() == kind)?;
    node.attributes.iter().find(|(known, _)| *known == wanted).map(|(_, value)| value.as_str())
}

#[test]
fn a_signature_by_a_trusted_key_makes_a_proof() {
    let expected =
        ["artifact produced_by pipeline_run", "artifact built_from commit", "pipeline_run built_from commit"];
    let of_class = |class: &str| expected.map(|link| format!("{link} {class}"));
    assert_eq!(links(&facts(&[], ENVELOPE)), of_class("L2"));
    let proved = facts(&[(":trusted-keys", KEY)], ENVELOPE);
    assert_eq!(links(&proved), of_class("L3"));
    assert!(
        proved
            .links
            .iter()
            .filter(|link| link.class.word() == "L3")
            .all(|link| link.reason.contains("356b9fcc0d06f589"))
    );
    let another = ENVELOPE.replace("ceMY3xbm", "ceMY3xbn");
    assert_eq!(links(&facts(&[(":trusted-keys", KEY)], &another)), of_class("L2"));
    assert_eq!(links(&facts(&[(":trusted-keys", "4c7e")], ENVELOPE)), of_class("L2"));
}

#[test]
fn statements_come_in_many_wrappings() {
    let envelope: Value = serde_json::from_str(ENVELOPE).unwrap();
    let bundle =
        json!({ "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.2", "dsseEnvelope": envelope });
    let expected = links(&facts(&[], ENVELOPE));
    for body in [
        bundle.to_string(),
        json!([envelope]).to_string(),
        json!({ "attestations": [{ "predicateType": "x", "bundle": bundle }] }).to_string(),
        format!("{bundle}\n{envelope}\n"),
    ] {
        assert_eq!(links(&facts(&[], &body)), expected, "{body}");
    }
}

#[test]
fn what_holds_no_statement_says_why() {
    for body in [r#"{"payloadType":"text/plain","payload":"eA==","signatures":[]}"#, r#"{"attestations":[]}"#, ""] {
        assert!(matches!(read(&[], body), Ok(Content::Ignored(_))), "{body}");
    }
    for body in [
        "7",
        "{}",
        r#"{"_type":"https://in-toto.io/Statement/v1"}"#,
        r#"{"_type":"link","predicateType":"x"}"#,
        r#"{"payloadType":"application/vnd.in-toto+json","payload":"%"}"#,
        r#"{"attestations":[]} {"#,
    ] {
        assert!(read(&[], body).is_err(), "{body}");
    }
}

#[test]
fn older_provenance_names_the_run_in_its_environment() {
    let source =
        json!({ "uri": "git+https://github.com/acme/checkout@refs/tags/v1.4.0", "digest": { "sha1": COMMIT } });
    let predicate = json!({
        "builder": { "id": "https://github.com/slsa-framework/slsa-github-generator/generic@v1" },
        "buildType": "generic",
        "invocation": { "configSource": source, "environment": { "github_run_id": "42", "github_run_attempt": "1" } },
        "metadata": { "buildInvocationID": "42-1" },
        "materials": [source, { "uri": "https://github.com/actions/virtual-environments/releases/tag/ubuntu22" }]
    });
    let facts = facts(&[], &statement("https://slsa.dev/provenance/v0.2", predicate).to_string());
    let expected =
        ["artifact produced_by pipeline_run L2", "artifact built_from commit L2", "pipeline_run built_from commit L2"];
    assert_eq!(links(&facts), expected);
    assert_eq!(facts.links[0].to.as_str(), "cdevents:v0:github:github.com:acme:checkout:pipeline_run:42");
}

#[test]
fn of_several_repositories_only_the_source_is_sure() {
    let git =
        |name: &str| json!({ "uri": format!("git+https://github.com/acme/{name}"), "digest": { "sha1": COMMIT } });
    let base = json!({ "uri": "pkg:docker/library/debian@12", "digest": { "sha256": "1".repeat(64) } });
    let predicate = json!({ "builder": { "id": "https://tekton.dev/chains/v2" }, "metadata": { "buildFinishedOn": "2026-03-14T09:26:06Z" },
        "materials": [git("checkout"), git("tasks"), base] });
    let body = statement("https://slsa.dev/provenance/v0.2", predicate).to_string();
    let guessed = ["artifact built_from commit L0", "artifact built_from commit L0"];
    let around = ["artifact produced_by build L2", "artifact derived_from artifact L2"];
    let all = |inner: &[&str]| -> Vec<String> {
        [&around[..1], inner, &around[1..]].concat().iter().map(|line| (*line).to_owned()).collect()
    };
    assert_eq!(links(&facts(&[], &body)), all(&guessed));
    let named = [("throughline-repository", "https://github.com/acme/checkout")];
    let sure = ["artifact built_from commit L2", "build built_from commit L2", "artifact built_from commit L0"];
    assert_eq!(links(&facts(&named, &body)), all(&sure));
}

#[test]
fn checks_verify_what_they_are_about() {
    for (predicate_type, predicate, kind, expected) in [
        (
            "https://slsa.dev/verification_summary/v1",
            json!({ "verifier": { "id": "https://acme.example/gate" }, "timeVerified": "2026-03-14T09:26:06Z",
                "verificationResult": "PASSED", "verifiedLevels": ["SLSA_BUILD_LEVEL_3"] }),
            NodeKind::Scan,
            ("success", "PASSED: SLSA_BUILD_LEVEL_3"),
        ),
        (
            "https://in-toto.io/attestation/svr/v0.2",
            json!({ "properties": ["SCANNED", "NO_CRITICAL"] }),
            NodeKind::Scan,
            ("success", "SCANNED, NO_CRITICAL"),
        ),
        (
            "https://in-toto.io/attestation/test-result/v0.1",
            json!({ "result": "FAILED", "passedTests": ["a"], "failedTests": ["b", "c"] }),
            NodeKind::TestRun,
            ("failure", "1 passed, 2 failed"),
        ),
        (
            "https://in-toto.io/attestation/vulns/v0.1",
            json!({ "scanner": { "uri": "pkg:github/acme/scanner", "result": [
                { "id": "CVE-2026-1", "severity": [{ "method": "CVSS_V3", "score": "9.8" }] }, { "id": "CVE-2026-2" }] } }),
            NodeKind::Scan,
            ("failure", "2 vulnerabilities, 1 of them grave"),
        ),
        (
            "https://cosign.sigstore.dev/attestation/vuln/v1",
            json!({ "scanner": { "result": { "Results": [] } } }),
            NodeKind::Scan,
            ("abandoned", ""),
        ),
    ] {
        let facts = facts(&[], &statement(predicate_type, predicate).to_string());
        assert_eq!(links(&facts), [format!("{kind} verifies artifact L2")], "{predicate_type}");
        let value = |wanted| value(&facts, kind, wanted).unwrap_or_default();
        assert_eq!((value(Attribute::Outcome), value(Attribute::Result)), expected, "{predicate_type}");
    }
}

#[test]
fn a_release_includes_what_was_given_out() {
    let npm = json!({ "name": "@acme/checkout", "version": "1.4.0", "registry": "https://registry.npmjs.org" });
    let purl = json!({ "purl": "pkg:npm/%40acme/checkout@1.4.0" });
    for (predicate_type, predicate) in [
        ("https://github.com/npm/attestation/tree/main/specs/publish/v0.1", npm),
        ("https://in-toto.io/attestation/release/v0.1", purl),
    ] {
        let facts = facts(&[], &statement(predicate_type, predicate).to_string());
        assert_eq!(links(&facts), ["release includes artifact L2"], "{predicate_type}");
        assert_eq!(facts.nodes[0].key.as_str(), "cdevents:v0:purl::::release:pkg%3Anpm/@acme/checkout@1.4.0");
        assert_eq!(value(&facts, NodeKind::Release, Attribute::Title), Some("npm/@acme/checkout 1.4.0"));
    }
}

#[test]
fn everything_else_documents() {
    let bom = json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:1",
        "components": [{ "name": "cart", "hashes": [{ "alg": "SHA-256", "content": "1".repeat(64) }] }] });
    let documented: &[&str] = &["artifact documented_by document L2"];
    let listed: &[&str] = &["artifact documented_by document L2", "artifact derived_from artifact L2"];
    let scai = json!({ "attributes": [{ "attribute": "REPRODUCIBLE" }] });
    for (predicate_type, predicate, category, expected) in [
        ("https://cyclonedx.org/bom", bom, "sbom", listed),
        ("https://cyclonedx.org/bom", json!({ "Data": "{}" }), "attestation", documented),
        ("https://in-toto.io/attestation/scai/v0.3", scai, "attestation", documented),
        ("https://acme.example/review/v1", json!({ "by": "grace" }), "attestation", documented),
    ] {
        let facts = facts(&[], &statement(predicate_type, predicate).to_string());
        assert_eq!(links(&facts), expected, "{predicate_type}");
        assert_eq!(value(&facts, NodeKind::Document, Attribute::Category), Some(category), "{predicate_type}");
    }
    let scai =
        statement("https://in-toto.io/attestation/scai/v0.3", json!({ "attributes": [{ "attribute": "A" }, {}] }));
    let facts = facts(&[], &scai.to_string());
    assert_eq!(value(&facts, NodeKind::Document, Attribute::Title), Some("Attestation scai of ghcr.io/acme/checkout"));
    assert_eq!(value(&facts, NodeKind::Document, Attribute::Description), Some("A"));
}

#[test]
fn a_subject_without_identity_is_what_the_headers_name() {
    let body = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "checkout", "digest": { "sha256": "4faeb1b2..." } }],
        "predicateType": "https://acme.example/review/v1"
    });
    assert!(links(&facts(&[], &body.to_string())).is_empty());
    let digest = format!("sha256:{HEX}");
    let named = [("throughline-artifact", digest.as_str())];
    assert_eq!(links(&facts(&named, &body.to_string())), ["artifact documented_by document L2"]);
}
