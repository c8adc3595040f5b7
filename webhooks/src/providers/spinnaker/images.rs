//! The images that a stage applied: those that Spinnaker put into the manifests, and those that stood there.

use serde_json::Value;

use super::payload::{Context, filled};
use crate::evidence::artifact::Reference;
use crate::provider::ParseError;

/// The most images of one stage.
const MAX_IMAGES: usize = 1_000;

/// Every image of a stage that is named with its digest; a tag alone may have moved since.
///
/// # Errors
/// [`ParseError::TooMany`] over [`MAX_IMAGES`].
pub(super) fn images(context: &Context) -> Result<Vec<Reference>, ParseError> {
    let bound = context.bound_artifacts.iter().flatten();
    let bound = bound.filter(|artifact| filled(&artifact.kind) == Some("docker/image"));
    let mut written: Vec<&str> = bound.filter_map(|artifact| filled(&artifact.reference)).collect();
    for manifests in [&context.manifests, &context.applied_manifests].into_iter().flatten() {
        collect(manifests, &mut written);
    }
    written.sort_unstable();
    written.dedup();
    let count = written.len();
    if count > MAX_IMAGES {
        return Err(ParseError::TooMany { what: "images of a stage", count, limit: MAX_IMAGES });
    }
    let references = written.into_iter().map(Reference::parse);
    Ok(references.filter(|reference| reference.is_image && reference.digest.is_some()).collect())
}

/// The members `image` of containers, wherever a manifest has them. The nesting of a body is bounded when it is read.
fn collect<'a>(value: &'a Value, images: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(image) if name == "image" => images.push(image),
                    member => collect(member, images),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, images)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
