//! CycloneDX as JSON, versions 1.2 to 1.6.

use serde::Deserialize;

use super::{Component, Sbom};
use crate::evidence::text::{Text, lenient, shaped};
use crate::evidence::{artifact, moment};

/// The word of the format and of its provider.
pub const FORMAT: &str = "cyclonedx";

/// The type of the components that are single files of the artifact and no artifacts themselves.
const FILE: &str = "file";

/// A bill of materials; only what is read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Bom {
    /// Always `CycloneDX`.
    bom_format: Text,
    /// `1.6`.
    spec_version: Text,
    /// `urn:uuid:…`, the same for all versions of the document.
    serial_number: Text,
    /// Counts the versions of the document.
    version: Text,
    #[serde(deserialize_with = "shaped")]
    metadata: Metadata,
    #[serde(deserialize_with = "lenient")]
    components: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    timestamp: Text,
    #[serde(deserialize_with = "shaped")]
    component: Option<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    #[serde(rename = "type")]
    kind: Text,
    group: Text,
    name: Text,
    version: Text,
    purl: Text,
    #[serde(deserialize_with = "lenient")]
    hashes: Vec<Hash>,
    #[serde(deserialize_with = "lenient")]
    components: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Hash {
    alg: Text,
    content: Text,
}

/// What a bill of materials says.
///
/// # Errors
/// In words, where it is none of CycloneDX.
pub fn read(bom: &Bom) -> Result<Sbom, String> {
    if bom.bom_format.get() != Some("CycloneDX") {
        return Err("bomFormat is not 'CycloneDX'".to_owned());
    }
    let mut sbom = Sbom {
        format: FORMAT,
        version: format!("CycloneDX {}", bom.spec_version.get().unwrap_or_default()).trim_end().to_owned(),
        id: bom.serial_number.get().map(|serial| format!("{serial}/{}", bom.version.get().unwrap_or("1"))),
        created: bom.metadata.timestamp.get().and_then(moment::read),
        subjects: bom.metadata.component.iter().map(component).collect(),
        ..Sbom::default()
    };
    // What is listed within the subject belongs to it as much as what is listed beside it.
    let within = bom.metadata.component.iter().flat_map(|subject| &subject.components);
    for part in within.chain(&bom.components) {
        add(&mut sbom, part);
    }
    Ok(sbom)
}

/// Adds a component and those within it; JSON bounds how deep they are nested.
fn add(sbom: &mut Sbom, part: &Part) {
    let component = component(part);
    let is_file = part.kind.get() == Some(FILE);
    sbom.add(if is_file { Component { digest: None, ..component } } else { component });
    for inner in &part.components {
        add(sbom, inner);
    }
}

fn component(part: &Part) -> Component {
    let hash = |wanted: &str| {
        let hash = part.hashes.iter().find(|hash| hash.alg.get() == Some(wanted))?;
        artifact::hash(wanted, hash.content.get()?)
    };
    let name = part.name.get().map(|name| match part.group.get() {
        Some(group) => format!("{group}/{name}"),
        None => name.to_owned(),
    });
    Component::of(hash("SHA-256").or_else(|| hash("SHA-512")), part.purl.get(), name, part.version.get())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn reads_what_it_describes_and_what_that_is_made_of() {
        let hex = "ab".repeat(32);
        let bom = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:1", "version": 2,
            "metadata": { "timestamp": "2026-03-14T09:26:06Z",
                "component": { "type": "container", "name": "checkout", "version": format!("sha256:{hex}") } },
            "components": [
                { "type": "library", "group": "acme", "name": "cart", "version": "1.0.0",
                  "hashes": [{ "alg": "MD5", "content": "1" }, { "alg": "SHA-256", "content": hex }],
                  "components": [{ "type": "library", "name": "tax" }] },
                { "type": "file", "name": "/bin/sh", "hashes": [{ "alg": "SHA-256", "content": hex }] },
                "no component"
            ]
        });
        let sbom = read(&serde_json::from_value(bom).unwrap()).unwrap();
        assert_eq!(sbom.version, "CycloneDX 1.6");
        assert_eq!(sbom.id.as_deref(), Some("urn:uuid:1/2"));
        assert_eq!(sbom.component_count, 3);
        let names: Vec<_> = sbom.components.iter().filter_map(|component| component.name.as_deref()).collect();
        assert_eq!(names, ["acme/cart"]);
        assert!(sbom.subjects[0].digest.is_some());
    }

    #[test]
    fn another_format_is_refused() {
        for bom in [json!({}), json!({ "spdxVersion": "SPDX-2.3" }), json!({ "bomFormat": 1 })] {
            assert!(read(&serde_json::from_value(bom).unwrap()).is_err());
        }
    }
}
