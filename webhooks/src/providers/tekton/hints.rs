//! Sources and products by the names of results that Tekton Chains has agreed upon ("type hints"), and the results of the
//! catalog's task `git-clone`.

use std::collections::BTreeMap;

use serde_json::Value;
use throughline_domain::fact::MAX_FACTS;
use throughline_domain::link::LinkClass;
use throughline_domain::repository::Repository;

use super::payload::{Named, Resource, said};
use crate::provider::ParseError;

/// The most results and parameters of one run; none of them states more than eight nodes or links.
const MAX_RESULTS: usize = MAX_FACTS / 8;

/// A commit that a run fetched.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source<'a> {
    pub(super) repository: Repository,
    pub(super) commit: &'a str,
    pub(super) class: LinkClass,
    pub(super) reason: &'static str,
}

/// Something that a run made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Product<'a> {
    pub(super) digest: &'a str,
    pub(super) package: Option<&'a str>,
    pub(super) version: Option<&'a str>,
}

/// What the results and parameters of a run say of its sources and products.
#[derive(Debug, Default)]
pub(super) struct Hints<'a> {
    pub(super) sources: Vec<Source<'a>>,
    pub(super) products: Vec<Product<'a>>,
}

impl<'a> Hints<'a> {
    /// Reads the hints of a run.
    pub(super) fn of(resource: &'a Resource) -> Result<Self, ParseError> {
        let results = by_name(resource.status.results())?;
        let parameters = by_name(resource.spec.params.iter().flatten())?;
        let mut sources: Vec<Source<'a>> = Vec::new();
        for (values, reason) in [
            (&results, "a result that Tekton Chains takes for the source names the commit"),
            (&parameters, "a parameter that Tekton Chains takes for the source names the commit"),
        ] {
            let pairs = pairs(values, "CHAINS-GIT_URL", "CHAINS-GIT_COMMIT").chain(objects(values, "ARTIFACT_INPUTS"));
            sources.extend(pairs.filter_map(|(address, commit)| source(address, commit, LinkClass::Asserted, reason)));
        }
        sources.extend(cloned(resource, &results));
        let mut distinct: Vec<Source<'a>> = Vec::new();
        for source in sources {
            let is_known = |known: &Source<'_>| known.repository == source.repository && known.commit == source.commit;
            if !distinct.iter().any(is_known) {
                distinct.push(source);
            }
        }
        Ok(Self { sources: distinct, products: products(&results) })
    }
}

/// What a run made: images with their digests, and other artifacts.
fn products<'a>(results: &BTreeMap<&'a str, &'a Value>) -> Vec<Product<'a>> {
    let images = pairs(results, "IMAGE_URL", "IMAGE_DIGEST");
    let artifacts = pairs(results, "ARTIFACT_URI", "ARTIFACT_DIGEST");
    let objects = objects(results, "ARTIFACT_OUTPUTS");
    let lists = results.iter().filter(|(name, _)| **name == "IMAGES");
    let lists = lists.filter_map(|(_, value)| said(Some(*value))).flat_map(|list| list.split([',', '\n']));
    let listed = lists.filter_map(|image| image.trim().split_once('@'));
    images.chain(artifacts).chain(objects).chain(listed).map(|(package, digest)| product(package, digest)).collect()
}

/// The task `git-clone` has results of its own. Other tasks may use the same names for anything.
fn cloned<'a>(resource: &Resource, results: &BTreeMap<&'a str, &'a Value>) -> Option<Source<'a>> {
    let address = said(results.get("url").copied())?;
    let commit = said(results.get("commit").copied())?;
    let task = resource.metadata.label("tekton.dev/task").or(resource.spec.name());
    let (class, reason) = match task {
        Some("git-clone") => (LinkClass::Asserted, "the task git-clone names the commit that it fetched"),
        _ => (LinkClass::Guessed, "results by the names of those of git-clone look like the commit that was fetched"),
    };
    source(address, commit, class, reason)
}

fn source<'a>(address: &str, commit: &'a str, class: LinkClass, reason: &'static str) -> Option<Source<'a>> {
    let repository = Repository::from_address(address.strip_prefix("git+").unwrap_or(address))?;
    let commit = commit.strip_prefix("sha1:").unwrap_or(commit);
    Some(Source { repository, commit, class, reason })
}

fn product<'a>(reference: &'a str, digest: &'a str) -> Product<'a> {
    // The reference may carry a digest, too. A colon before the last slash belongs to the registry's port.
    let reference = reference.split('@').next().unwrap_or(reference);
    let (package, version) = match reference.rsplit_once(':') {
        Some((package, tag)) if !tag.contains('/') => (package, Some(tag)),
        _ => (reference, None),
    };
    Product { digest: digest.trim(), package: Some(package).filter(|name| !name.is_empty()), version }
}

/// The values of two results that have a prefix in common: `app-IMAGE_URL` and `app-IMAGE_DIGEST`.
fn pairs<'a>(
    values: &BTreeMap<&'a str, &'a Value>,
    first: &'static str,
    second: &'static str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    values.iter().filter_map(move |(name, value)| {
        let prefix = name.strip_suffix(first)?;
        let other = values.get(format!("{prefix}{second}").as_str()).copied();
        Some((said(Some(*value))?, said(other)?))
    })
}

/// The addresses and digests of results that are objects.
fn objects<'a>(
    values: &BTreeMap<&'a str, &'a Value>,
    suffix: &'static str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let objects = values.iter().filter(move |(name, _)| name.ends_with(suffix));
    objects.filter_map(|(_, value)| Some((said(value.get("uri"))?, said(value.get("digest"))?)))
}

fn by_name<'a>(all: impl Iterator<Item = &'a Named>) -> Result<BTreeMap<&'a str, &'a Value>, ParseError> {
    let named: BTreeMap<&str, &Value> =
        all.filter_map(|one| Some((one.name.as_deref()?, one.value.as_ref()?))).collect();
    let count = named.len();
    if count > MAX_RESULTS {
        return Err(ParseError::TooMany { what: "results", count, limit: MAX_RESULTS });
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use throughline_domain::link::LinkClass;

    use super::super::payload::Resource;
    use super::Hints;

    const SHA: &str = "6f1c0a4b9d2e38f7750c1b6ad4e93f2c8b70a915";

    #[test]
    fn every_form_of_a_product_is_read() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let of = |package, version| Some((package, version));
        for (results, expected) in [
            (
                json!([{"name": "app-IMAGE_URL", "value": "registry.acme.example:5000/checkout:1.4.0\n"},
                       {"name": "app-IMAGE_DIGEST", "value": digest}]),
                of("registry.acme.example:5000/checkout", Some("1.4.0")),
            ),
            (
                json!([{"name": "IMAGES", "value": format!("ghcr.io/acme/checkout@{digest}")}]),
                of("ghcr.io/acme/checkout", None),
            ),
            (
                json!([{"name": "jar-ARTIFACT_OUTPUTS", "value": {"uri": "pkg/checkout", "digest": digest}}]),
                of("pkg/checkout", None),
            ),
            (json!([{"name": "IMAGE_URL", "value": "ghcr.io/acme/checkout"}]), None),
            (json!([{"name": "a-IMAGE_URL", "value": "x"}, {"name": "b-IMAGE_DIGEST", "value": digest}]), None),
        ] {
            let resource: Resource = serde_json::from_value(json!({"status": {"taskResults": results}})).unwrap();
            let hints = Hints::of(&resource).unwrap();
            let found = hints.products.first();
            assert_eq!(found.and_then(|found| Some((found.package?, found.version))), expected, "{results}");
            assert!(found.is_none_or(|found| found.digest == digest));
        }
    }

    #[test]
    fn a_source_is_told_once() {
        let resource: Resource = serde_json::from_value(json!({
            "metadata": {"labels": {"tekton.dev/task": "git-clone"}},
            "spec": {"params": [{"name": "CHAINS-GIT_URL", "value": "https://github.com/acme/checkout.git"},
                                {"name": "CHAINS-GIT_COMMIT", "value": SHA}]},
            "status": {"results": [
                {"name": "url", "value": "git@github.com:acme/checkout.git"}, {"name": "commit", "value": SHA},
                {"name": "src-ARTIFACT_INPUTS", "value": {"uri": "git+https://github.com/acme/payments",
                    "digest": format!("sha1:{SHA}")}},
            ]},
        }))
        .unwrap();
        let hints = Hints::of(&resource).unwrap();
        let found: Vec<(&str, &str, LinkClass)> =
            hints.sources.iter().map(|source| (source.repository.path(), source.commit, source.class)).collect();
        let sure = LinkClass::Asserted;
        assert_eq!(found, [("acme/payments", SHA, sure), ("acme/checkout", SHA, sure)]);
    }
}
