//! The Merkle vectors that transparency-dev/merkle publishes, run where a copy of them lies beside the checkout.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Hash, verify_consistency, verify_inclusion};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InclusionVector {
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConsistencyVector {
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

impl InclusionVector {
    /// `None` where our code refuses the proof, or cannot even hold its hashes.
    fn accepted(&self) -> Option<()> {
        let proof = hashes(self.proof.as_deref())?;
        let (leaf, root) = (hash(&self.leaf_hash)?, hash(&self.root)?);
        verify_inclusion(&leaf, self.leaf_idx, self.tree_size, &proof, &root).ok()
    }
}

impl ConsistencyVector {
    /// `None` where our code refuses the proof, or cannot even hold its hashes; `any_root` stands in for both roots.
    fn accepted(&self, any_root: Option<Hash>) -> Option<()> {
        let proof = hashes(self.proof.as_deref())?;
        let (root1, root2) = (any_root.or(hash(&self.root1))?, any_root.or(hash(&self.root2))?);
        verify_consistency(self.size1, self.size2, &proof, &root1, &root2).ok()
    }
}

#[test]
fn published_inclusion_vectors() {
    run("inclusion", |_, vector: InclusionVector| vector.accepted().is_some() != vector.want_err);
}

#[test]
fn published_consistency_vectors() {
    run("consistency", |name, vector: ConsistencyVector| {
        // The roots of this one are two equal words of 12 bytes, which no Hash can hold. What it asks for,
        // that equal sizes need equal roots and nothing else, is asked with two equal hashes instead.
        let wordy = name == "sizes-are-equal-one-and-proof-is-empty.json" && vector.root1 == vector.root2;
        vector.accepted(wordy.then(super::empty_root)).is_some() != vector.want_err
    });
}

/// Gives every vector of a kind to `passes`; says so and passes where the vectors are absent.
fn run<V: DeserializeOwned>(kind: &str, passes: impl Fn(&str, V) -> bool) {
    let folder = shared().join("vectors/merkle").join(kind);
    if !folder.is_dir() {
        println!("no vectors at {}: nothing was checked", folder.display());
        return;
    }
    let mut files = Vec::new();
    collect(&folder, &mut files);
    let mut failed = Vec::new();
    for file in &files {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap();
        let vector = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        if !passes(name, vector) {
            failed.push(file.display().to_string());
        }
    }
    assert!(failed.is_empty(), "{} of {} failed: {failed:#?}", failed.len(), files.len());
    assert!(!files.is_empty(), "{} holds no vectors", folder.display());
    println!("{} {kind} vectors passed", files.len());
}

fn shared() -> PathBuf {
    match std::env::var_os("THROUGHLINE_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
}

/// A hash of a vector; `None` where it has not 32 bytes, which our own type refuses.
fn hash(base64: &str) -> Option<Hash> {
    Hash::from_slice(&STANDARD.decode(base64).unwrap())
}

/// The hashes of a proof; a missing proof is an empty one.
fn hashes(base64: Option<&[String]>) -> Option<Vec<Hash>> {
    base64.unwrap_or_default().iter().map(|text| hash(text)).collect()
}
