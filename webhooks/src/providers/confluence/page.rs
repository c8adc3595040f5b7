//! A page or blog post as a document.

use throughline_domain::fact::{Attribute, Field, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::rules::document_key;

use super::NAME;
use super::payload::{Body, Entity};
use crate::draft::{Draft, by};
use crate::provider::{Content, ParseError};

/// What is said of a page that comes without its address, by which alone documents are known.
pub(super) const NO_ADDRESS: &str = "the page comes without its address, 'self', by which documents are known";

/// An event of a page or blog post.
pub(super) fn read(body: &Body, entity: Option<&Entity>, predicate: &str) -> Result<Content, ParseError> {
    let (what, state) = match predicate {
        "created" => ("created", "current"),
        "updated" => ("edited", "current"),
        "published" => ("published", "current"),
        "moved" => ("moved", "current"),
        "copied" => ("copied", "current"),
        "restored" | "unarchived" => ("restored", "current"),
        "archived" => ("archived", "archived"),
        "trashed" => ("trashed", "trashed"),
        "removed" | "deleted" => ("deleted", "deleted"),
        _ => return Ok(Content::Ignored(format!("'{predicate}' changes nothing of what a page says"))),
    };
    let mut draft = Draft::new(format!("{NAME}/page"), body.at());
    let Some((key, fact)) = describe(&draft, entity, None) else { return Ok(Content::Ignored(NO_ADDRESS.to_owned())) };
    draft.state(fact.with(Attribute::State, state));
    let title = entity.and_then(|entity| entity.title.as_deref());
    let host = key.parts().provider_id;
    if let Some(creator) = entity.and_then(|entity| entity.creator(&host)) {
        draft.person(&key, LinkKind::AuthoredBy, &creator, "Confluence names who created it")?;
    }
    draft.mention(&key, Field::Title, title, None);
    let summary = by(&format!("{} {what}", title.unwrap_or("the page")), body.actor());
    draft.event(&key, None, what, body.actor(), &summary);
    Ok(Content::Facts(Box::new(draft.finish()?)))
}

/// The node of a page and what every event says of it; `None` where its address is missing.
///
/// `category` is the sort of document that a label says it is.
pub(super) fn describe(draft: &Draft, entity: Option<&Entity>, category: Option<&str>) -> Option<(Key, NodeFact)> {
    let entity = entity?;
    let address = entity.address.as_deref()?;
    let key = document_key(address)?;
    let is_post = entity.content_type.as_deref() == Some("blogpost");
    let fact = draft
        .fact(&key)
        .with_some(Attribute::Title, entity.title.as_deref())
        .with_some(Attribute::Reference, entity.title.as_deref())
        .with_some(Attribute::Version, entity.version().map(|version| version.to_string()))
        .with_some(Attribute::Category, category.or(Some("blog").filter(|_| is_post)))
        .moment(Attribute::OccurredAt, entity.created())
        .page(Some(address));
    let title = entity.title.as_deref().filter(|title| !title.trim().is_empty());
    Some((key, title.into_iter().fold(fact, |fact, title| fact.named(Name::plain(title)))))
}
