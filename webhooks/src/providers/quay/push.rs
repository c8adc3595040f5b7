//! Pushed tags: without a digest each is a version that was given out, and no artifact.

use serde_json::Value;
use throughline_domain::fact::Attribute;
use throughline_domain::key;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;

use super::payload::Notification;
use crate::draft::Draft;
use crate::members::filled;
use crate::provider::ParseError;

/// The most tags of one push.
pub(super) const MAX_TAGS: usize = 1_000;

/// States the releases that the pushed tags are.
///
/// # Errors
/// [`ParseError::TooMany`] over [`MAX_TAGS`], [`ParseError::Key`] where a name is too long.
pub(super) fn state(
    draft: &mut Draft,
    notification: &Notification,
    repository: &str,
    host: &str,
) -> Result<(), ParseError> {
    // The page is that of all tags together, so it is no name of one.
    let page = filled(notification.homepage.as_deref()).filter(|address| Name::url(address).is_some());
    for tag in tags(notification)? {
        let reference = format!("{repository}:{tag}");
        let key = key::of_tool(NodeKind::Release, "quay", host, &reference)?;
        let fact = draft
            .fact(&key)
            .with(Attribute::Title, reference.as_str())
            .with(Attribute::Reference, reference.as_str())
            .with_some(Attribute::Url, page)
            .with_some(Attribute::Package, filled(notification.docker_url.as_deref()))
            .with(Attribute::Version, tag)
            .named(Name::plain(&reference));
        draft.state_once(fact);
    }
    Ok(())
}

fn tags(notification: &Notification) -> Result<Vec<&str>, ParseError> {
    let tags: Vec<&str> = match &notification.updated_tags {
        Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).collect(),
        Some(Value::Object(tags)) => {
            tags.iter().filter(|(_, layer)| layer.is_string()).map(|(tag, _)| tag.as_str()).collect()
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => Vec::new(),
    };
    let tags: Vec<&str> = tags.into_iter().filter(|tag| !tag.trim().is_empty()).collect();
    if tags.len() > MAX_TAGS {
        return Err(ParseError::TooMany { what: "tags", count: tags.len(), limit: MAX_TAGS });
    }
    Ok(tags)
}
