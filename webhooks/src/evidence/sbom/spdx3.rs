//! SPDX 3.0 as JSON-LD: a list of elements that point at each other by id.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::spdx::FORMAT;
use super::{Component, Sbom};
use crate::evidence::text::{Text, lenient};
use crate::evidence::{artifact, moment};

/// An element of the graph, of whatever type; only what is read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Element {
    #[serde(rename = "type", alias = "@type")]
    kind: Text,
    #[serde(rename = "spdxId", alias = "@id")]
    id: Text,
    name: Text,
    created: Text,
    spec_version: Text,
    #[serde(deserialize_with = "lenient")]
    root_element: Vec<Text>,
    #[serde(rename = "software_packageVersion")]
    package_version: Text,
    #[serde(rename = "software_packageUrl")]
    package_url: Text,
    #[serde(deserialize_with = "lenient")]
    verified_using: Vec<Hash>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Hash {
    algorithm: Text,
    hash_value: Text,
}

/// What the elements say.
///
/// # Errors
/// In words, where none of them is a document.
pub(super) fn read(graph: &[Element]) -> Result<Sbom, String> {
    let of_kind = |wanted: &'static str| graph.iter().find(move |element| element.kind.get() == Some(wanted));
    let document = of_kind("SpdxDocument").ok_or("the '@graph' holds no SpdxDocument")?;
    let creation = of_kind("CreationInfo");
    let version = creation.and_then(|creation| creation.spec_version.get()).unwrap_or("3.0");
    let roots = roots(graph);
    let mut sbom = Sbom {
        format: FORMAT,
        version: format!("SPDX {version}"),
        id: document.id.get().map(str::to_owned),
        name: document.name.get().map(str::to_owned),
        created: creation.and_then(|creation| creation.created.get()).and_then(moment::read),
        ..Sbom::default()
    };
    for package in graph.iter().filter(|element| element.kind.get() == Some("software_Package")) {
        if package.id.get().is_some_and(|id| roots.contains(id)) {
            sbom.subjects.push(component(package));
        } else {
            sbom.add(component(package));
        }
    }
    Ok(sbom)
}

/// The ids of what the document is about. Its root may be an SBOM, which has a root of its own.
fn roots(graph: &[Element]) -> BTreeSet<&str> {
    let collections = ["SpdxDocument", "software_Sbom", "Bom"];
    let is_collection = |element: &&Element| element.kind.get().is_some_and(|kind| collections.contains(&kind));
    graph.iter().filter(is_collection).flat_map(|element| element.root_element.iter().filter_map(Text::get)).collect()
}

fn component(package: &Element) -> Component {
    let hash = |wanted: &str| {
        let hash = package.verified_using.iter().find(|hash| hash.algorithm.get() == Some(wanted))?;
        artifact::hash(wanted, hash.hash_value.get()?)
    };
    let name = package.name.get().map(str::to_owned);
    let digest = hash("sha256").or_else(|| hash("sha512"));
    Component::of(digest, package.package_url.get(), name, package.package_version.get())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Element, read};

    #[test]
    fn the_root_of_the_root_is_described() {
        let hex = "ab".repeat(32);
        let graph = json!([
            { "type": "CreationInfo", "@id": "_:c", "created": "2026-03-14T09:26:06Z", "specVersion": "3.0.1" },
            { "type": "SpdxDocument", "spdxId": "https://acme.example/d", "rootElement": ["https://acme.example/s"] },
            { "type": "software_Sbom", "spdxId": "https://acme.example/s", "rootElement": ["https://acme.example/p"] },
            { "type": "software_Package", "spdxId": "https://acme.example/p", "name": "checkout",
              "software_packageVersion": "1.4.0",
              "verifiedUsing": [{ "type": "Hash", "algorithm": "sha256", "hashValue": hex }] },
            { "type": "software_Package", "spdxId": "https://acme.example/q", "name": "cart" }
        ]);
        let elements: Vec<Element> = serde_json::from_value(graph).unwrap();
        let sbom = read(&elements).unwrap();
        assert_eq!(sbom.version, "SPDX 3.0.1");
        assert_eq!((sbom.subjects.len(), sbom.component_count), (1, 1));
        assert!(sbom.subjects[0].digest.is_some());
        assert!(read(&[]).is_err());
    }
}
