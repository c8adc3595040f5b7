//! SPDX as JSON: versions 2.2 and 2.3, and from here also 3.0.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::spdx3::{self, Element};
use super::{Component, Sbom};
use crate::evidence::text::{Text, lenient, shaped};
use crate::evidence::{artifact, moment};

/// The word of the format and of its provider.
pub const FORMAT: &str = "spdx";

/// The id by which a document of version 2 calls itself.
const ITSELF: &str = "SPDXRef-DOCUMENT";

/// A document of either version; only what is read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Document {
    /// `SPDX-2.3`.
    spdx_version: Text,
    name: Text,
    document_namespace: Text,
    #[serde(deserialize_with = "shaped")]
    creation_info: CreationInfo,
    #[serde(deserialize_with = "lenient")]
    document_describes: Vec<Text>,
    #[serde(deserialize_with = "lenient")]
    packages: Vec<Package>,
    #[serde(deserialize_with = "lenient")]
    relationships: Vec<Relationship>,
    /// The elements of a document of version 3.
    #[serde(rename = "@graph", deserialize_with = "lenient")]
    graph: Vec<Element>,
    /// The document itself, where an API wraps it; taken apart once, however often somebody wrapped it.
    sbom: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CreationInfo {
    created: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Package {
    #[serde(rename = "SPDXID")]
    id: Text,
    name: Text,
    version_info: Text,
    #[serde(deserialize_with = "lenient")]
    checksums: Vec<Checksum>,
    #[serde(deserialize_with = "lenient")]
    external_refs: Vec<ExternalRef>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Checksum {
    algorithm: Text,
    checksum_value: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ExternalRef {
    reference_type: Text,
    reference_locator: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Relationship {
    spdx_element_id: Text,
    relationship_type: Text,
    related_spdx_element: Text,
}

/// What a document says.
///
/// # Errors
/// In words, where it is none of SPDX.
pub fn read(document: &Document) -> Result<Sbom, String> {
    match &document.sbom {
        Some(inner @ Value::Object(_)) => own(&Document::deserialize(inner).map_err(|error| error.to_string())?),
        Some(_) | None => own(document),
    }
}

/// What a document says that nothing wraps.
fn own(document: &Document) -> Result<Sbom, String> {
    if !document.graph.is_empty() {
        return spdx3::read(&document.graph);
    }
    let version = document.spdx_version.get().and_then(|version| version.strip_prefix("SPDX-"));
    let version = version.ok_or("spdxVersion is not 'SPDX-…', and there is no '@graph'")?;
    let described = described(document);
    let mut sbom = Sbom {
        format: FORMAT,
        version: format!("SPDX {version}"),
        id: document.document_namespace.get().map(str::to_owned),
        name: document.name.get().map(str::to_owned),
        created: document.creation_info.created.get().and_then(moment::read),
        ..Sbom::default()
    };
    for package in &document.packages {
        if package.id.get().is_some_and(|id| described.contains(id)) {
            sbom.subjects.push(component(package));
        } else {
            sbom.add(component(package));
        }
    }
    Ok(sbom)
}

/// The ids of the packages that the document is about.
fn described(document: &Document) -> BTreeSet<&str> {
    let of_relationship = |relationship: &'_ Relationship| -> Option<String> {
        let (from, to) = (relationship.spdx_element_id.get()?, relationship.related_spdx_element.get()?);
        match relationship.relationship_type.get()? {
            "DESCRIBES" if from == ITSELF => Some(to.to_owned()),
            "DESCRIBED_BY" if to == ITSELF => Some(from.to_owned()),
            _ => None,
        }
    };
    let ids: BTreeSet<String> = document.relationships.iter().filter_map(of_relationship).collect();
    let listed = document.document_describes.iter().filter_map(Text::get);
    let related = document.packages.iter().filter_map(|package| package.id.get()).filter(|id| ids.contains(*id));
    listed.chain(related).collect()
}

fn component(package: &Package) -> Component {
    let hash = |wanted: &str| {
        let checksum = package.checksums.iter().find(|checksum| checksum.algorithm.get() == Some(wanted))?;
        artifact::hash(wanted, checksum.checksum_value.get()?)
    };
    let is_purl = |reference: &&ExternalRef| reference.reference_type.get() == Some("purl");
    let purl = package.external_refs.iter().find(is_purl).and_then(|reference| reference.reference_locator.get());
    let name = package.name.get().map(str::to_owned);
    Component::of(hash("SHA256").or_else(|| hash("SHA512")), purl, name, package.version_info.get())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Sbom;
    use super::{Document, read};

    fn of(document: serde_json::Value) -> Result<Sbom, String> {
        read(&serde_json::from_value::<Document>(document).unwrap())
    }

    #[test]
    fn what_is_described_is_no_component() {
        let hex = "ab".repeat(32);
        let document = json!({
            "spdxVersion": "SPDX-2.3", "name": "checkout", "documentNamespace": "https://acme.example/spdx/1",
            "creationInfo": { "created": "2026-03-14T09:26:06Z" },
            "packages": [
                { "SPDXID": "SPDXRef-a", "name": "checkout", "versionInfo": "1.4.0",
                  "checksums": [{ "algorithm": "SHA256", "checksumValue": hex }] },
                { "SPDXID": "SPDXRef-b", "name": "cart",
                  "externalRefs": [{ "referenceType": "purl", "referenceLocator": "pkg:npm/cart@2.0.0" }] }
            ],
            "relationships": [
                { "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-a" },
                { "spdxElementId": "SPDXRef-a", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-b" }
            ]
        });
        let sbom = of(json!({ "sbom": document })).unwrap();
        assert_eq!(sbom, of(document).unwrap());
        assert_eq!((sbom.subjects.len(), sbom.component_count, sbom.components.len()), (1, 1, 0));
        assert_eq!(sbom.subjects[0].version.as_deref(), Some("1.4.0"));
        assert_eq!(sbom.version, "SPDX 2.3");
    }

    #[test]
    fn another_format_is_refused() {
        for document in [json!({}), json!({ "bomFormat": "CycloneDX" }), json!({ "spdxVersion": 2 })] {
            assert!(of(document).is_err());
        }
    }
}
