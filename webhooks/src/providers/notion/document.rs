//! A page or database as a document, known by the address that its id makes.

use throughline_domain::fact::{Attribute, NodeFact};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::rules::document_key;
use throughline_domain::time::Timestamp;

use super::NAME;
use super::payload::{Author, Body};
use crate::documents::{self, unread};
use crate::draft::{Draft, Person, joined, shortened};
use crate::provider::{Content, ParseError};

/// The most authors that one delivery may name.
const MAX_AUTHORS: usize = 1_000;

/// How many digits of an id people see.
const SHORT_ID_CHARS: usize = 8;

/// The hexadecimal digits of an id without its dashes.
const ID_DIGITS: usize = 32;

/// `page.created` and others.
pub(super) fn page(body: &Body, predicate: &str) -> Result<Content, ParseError> {
    document(body, entity(body), "page", predicate)
}

/// `database.created` and others.
pub(super) fn database(body: &Body, predicate: &str) -> Result<Content, ParseError> {
    document(body, entity(body), "database", predicate)
}

/// `data_source.created` and others: what holds the pages of a database has no page of its own, so all of it is said of
/// the database, to which only the making and the removal of a source are changes of its content.
pub(super) fn data_source(body: &Body, predicate: &str) -> Result<Content, ParseError> {
    let parent = body.data.as_ref().and_then(|data| data.parent.as_ref());
    let database = parent.filter(|parent| parent.kind.as_deref() == Some("database"));
    let predicate = match predicate {
        "created" | "deleted" | "undeleted" | "moved" => "content_updated",
        other => other,
    };
    document(body, database.and_then(|parent| parent.id.as_deref()), "database", predicate)
}

/// `comment.created`, `.updated`, `.deleted`.
pub(super) fn comment(body: &Body, predicate: &str) -> Result<Content, ParseError> {
    let Some((what, summary)) = documents::comment(predicate) else { return Ok(unread("comment", predicate)) };
    let page = body.data.as_ref().and_then(|data| data.page_id.as_deref());
    let mut draft = draft(body);
    let Some(known) = Known::state(&mut draft, page, "page") else { return Ok(without_id("page")) };
    draft.event(&known.key, None, what, actor(body), summary);
    Ok(Content::Facts(Box::new(draft.finish()?)))
}

fn document(body: &Body, id: Option<&str>, sort: &str, predicate: &str) -> Result<Content, ParseError> {
    let (what, state) = match predicate {
        "created" => ("created", Some("current")),
        "content_updated" => ("edited", None),
        "properties_updated" | "schema_updated" => ("changed", None),
        "moved" => ("moved", None),
        "deleted" => ("trashed", Some("trashed")),
        "undeleted" => ("restored", Some("current")),
        "locked" => ("locked", Some("locked")),
        "unlocked" => ("unlocked", Some("current")),
        _ => return Ok(unread(sort, predicate)),
    };
    let mut draft = draft(body);
    let Some(known) = Known::state(&mut draft, id, sort) else { return Ok(without_id(sort)) };
    if let Some(state) = state {
        let created = draft.at.filter(|_| what == "created");
        let fact = draft.fact(&known.key).with(Attribute::State, state).moment(Attribute::OccurredAt, created);
        draft.state(fact);
    }
    if what == "created" {
        add_authors(&mut draft, &known.key, body)?;
    }
    let changed = joined(body.data.iter().flat_map(|data| data.changed()));
    let summary = match (what, changed.is_empty()) {
        ("changed", false) => format!("{} changed: {changed}", known.title),
        (_, _) => format!("{} {what}", known.title),
    };
    draft.event(&known.key, None, what, actor(body), &summary);
    Ok(Content::Facts(Box::new(draft.finish()?)))
}

/// A document of which nothing but the id is told.
struct Known {
    key: Key,
    /// What it is called until somebody tells its title.
    title: String,
}

impl Known {
    /// States it; `None` where there is no id. Notion tells no titles, so what stands in for one is stated without a
    /// time: whatever else is told of the document counts instead.
    fn state(draft: &mut Draft, id: Option<&str>, sort: &str) -> Option<Self> {
        let digits: String = id?.chars().filter(|letter| *letter != '-').collect();
        let is_id = digits.len() == ID_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let address = format!("https://www.notion.so/{}", digits.to_ascii_lowercase());
        let key = document_key(&address).filter(|_| is_id)?;
        let title = format!("Notion {sort} {}", shortened(&digits, SHORT_ID_CHARS));
        let category = if sort == "database" { Some("database") } else { None };
        let fact = NodeFact::new(key.clone(), None)
            .with(Attribute::Title, title.as_str())
            .with(Attribute::Reference, shortened(&digits, SHORT_ID_CHARS))
            .with_some(Attribute::Category, category)
            .page(Some(&address));
        draft.state(fact);
        Some(Self { key, title })
    }
}

fn draft(body: &Body) -> Draft {
    Draft::new(format!("{NAME}/document"), body.timestamp.as_deref().and_then(Timestamp::parse))
}

fn entity(body: &Body) -> Option<&str> {
    body.entity.as_ref()?.id.as_deref()
}

/// The id of the one who did it; of several nobody is singled out.
fn actor(body: &Body) -> Option<&str> {
    match body.authors.as_deref() {
        Some([Author { id, .. }]) => id.as_deref(),
        Some(_) | None => None,
    }
}

fn add_authors(draft: &mut Draft, key: &Key, body: &Body) -> Result<(), ParseError> {
    let authors = body.authors.as_deref().unwrap_or_default();
    if authors.len() > MAX_AUTHORS {
        return Err(ParseError::TooMany { what: "authors", count: authors.len(), limit: MAX_AUTHORS });
    }
    for author in authors {
        let is_bot = author.kind.as_deref().is_some_and(|kind| kind != "person");
        let person = Person { provider: NAME, login: author.id.as_deref(), is_bot, ..Person::default() };
        draft.person(key, LinkKind::AuthoredBy, &person, "Notion names who created it")?;
    }
    Ok(())
}

fn without_id(sort: &str) -> Content {
    Content::Ignored(format!("the event does not say by its id which {sort} it is about"))
}
