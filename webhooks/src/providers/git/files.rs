//! Files that are more than source code: documents, alert rules, dashboards, and Backstage's catalogs.

use serde_json::Value;
use throughline_domain::catalog::backstage;
use throughline_domain::documents::{Category, Classified, classify, title};
use throughline_domain::fact::{Attribute, Facts, Field, MAX_FACTS};
use throughline_domain::key::{Key, KeyError};
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::rules::Stated;

use super::payload::{Body, File};
use super::place::Place;
use super::{alert_rules, at_most, owners};
use crate::draft::{Draft, joined, object_id};
use crate::provider::ParseError;

/// The most files of one body.
const MAX_FILES: usize = 500;

pub(super) fn read(body: &Body, place: &Place<'_>) -> Result<Facts, ParseError> {
    at_most("files", body.files.len(), MAX_FILES)?;
    let mut draft = place.draft("files")?;
    let mut catalogs = Facts::default();
    for file in &body.files {
        let Some(path) = file.path.as_deref() else { continue };
        draft.at = file.at;
        match (classify(path), file.text.as_deref()) {
            (Some(Classified::Document { category }), text) => document(&mut draft, place, path, category, text)?,
            (Some(Classified::AlertRules), Some(text)) => alert_rules::state(&mut draft, place, file, path, text)?,
            (Some(Classified::Dashboard), Some(text)) => dashboard(&mut draft, place, file, path, text)?,
            (Some(Classified::Catalog), Some(text)) => catalog(&mut catalogs, place, file, path, text),
            (Some(Classified::AlertRules | Classified::Dashboard | Classified::Catalog), None)
            | (Some(Classified::Owners), _)
            | (None, _) => {}
        }
    }
    let mut facts = draft.finish()?;
    facts.nodes.extend(catalogs.nodes);
    facts.mentions.extend(catalogs.mentions);
    at_most("nodes", facts.nodes.len(), MAX_FACTS)?;
    at_most("mentions", facts.mentions.len(), MAX_FACTS)?;
    Ok(facts)
}

/// What a rule or dashboard is stated to be related to: the commit that last changed its file, and who owns that.
pub(super) fn around(draft: &mut Draft, place: &Place<'_>, file: &File) -> Result<Vec<Stated>, KeyError> {
    let mut relations = owners::owned_by(draft, place, &file.owners, "CODEOWNERS")?;
    if let Some(commit) = object_id(file.commit.as_deref()) {
        let to = place.repository.commit(commit)?;
        relations.push(Stated { kind: LinkKind::DefinedIn, to, reason: "the commit last changed the file".to_owned() });
    }
    Ok(relations)
}

fn document(
    draft: &mut Draft,
    place: &Place<'_>,
    path: &str,
    category: Category,
    text: Option<&str>,
) -> Result<(), KeyError> {
    let Some(key) = place.file(NodeKind::Document, path) else { return Ok(()) };
    let page = place.file_page(path);
    let name = path.rsplit('/').next().unwrap_or(path);
    let heading = text.and_then(title);
    let fact = draft
        .fact(&key)
        .with_some(Attribute::Title, text.map(|_| heading.as_deref().unwrap_or(name)))
        .with(Attribute::Reference, path)
        .with(Attribute::Path, path)
        .with(Attribute::Category, category.word())
        .with(Attribute::State, if text.is_some() { "current" } else { "deleted" })
        .moment(Attribute::OccurredAt, draft.at.filter(|_| text.is_some()))
        .page(page.as_deref());
    draft.state(fact);
    draft.place(&key, &place.repository)?;
    match text {
        Some(text) => {
            draft.mention(&key, Field::Title, heading.as_deref(), Some(&place.repository));
            draft.mention(&key, Field::Body, Some(text), Some(&place.repository));
        }
        None => {
            draft.emptied(&key, Field::Title, Some(&place.repository));
            draft.emptied(&key, Field::Body, Some(&place.repository));
            draft.event(&key, None, "deleted", None, &format!("{path} was deleted"));
        }
    }
    Ok(())
}

fn dashboard(draft: &mut Draft, place: &Place<'_>, file: &File, path: &str, text: &str) -> Result<(), KeyError> {
    // What is no JSON, a template for instance, is no dashboard yet.
    let Ok(whole) = serde_json::from_str::<Value>(text) else { return Ok(()) };
    let board = whole.get("dashboard").unwrap_or(&whole);
    let word = |name: &str| board.get(name).and_then(Value::as_str).map(str::trim).filter(|word| !word.is_empty());
    let Some(heading) = word("title") else { return Ok(()) };
    let Ok(key) = place.repository.resource(super::NAME, NodeKind::Dashboard, path) else { return Ok(()) };
    let tags = board.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let page = place.file_page(path);
    let mut fact = draft
        .fact(&key)
        .with(Attribute::Title, heading)
        .with(Attribute::Reference, word("uid").unwrap_or(path))
        .with(Attribute::Path, path)
        .with_some(Attribute::Description, word("description"))
        .with(Attribute::Labels, joined(tags))
        .named(Name::plain(heading))
        .page(page.as_deref());
    if let Some(uid) = word("uid") {
        fact = fact.named(Name::plain(uid));
    }
    draft.state(fact);
    draft.place(&key, &place.repository)?;
    let relations = around(draft, place, file)?;
    owners::state_whole(draft, &key, &relations);
    Ok(())
}

/// What a catalog of Backstage says is what our own catalog would say, of the field that is for files in repositories: so
/// the one does not take back what the other states. A file that cannot be read is passed over; the import names it.
fn catalog(facts: &mut Facts, place: &Place<'_>, file: &File, path: &str, text: &str) {
    let Ok(mut catalog) = backstage::read(text) else { return };
    let folder = path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    for service in catalog.services.iter_mut().filter(|service| service.repository.is_none()) {
        let address = format!("https://{}/{}", place.repository.host(), place.repository.path());
        service.repository = Some(address);
        service.path = service.path.take().or_else(|| folder.clone());
    }
    let Ok(stated) = catalog.facts(file.at) else { return };
    facts.nodes.extend(stated.nodes);
    for mut mention in stated.mentions.into_iter().filter(|mention| !mention.text.is_empty()) {
        mention.field = Field::Owners;
        facts.mentions.push(mention);
    }
}

/// The node of a rule's page: none of its own, but the address of the file that it stands in.
pub(super) fn file_url(place: &Place<'_>, path: &str) -> Option<String> {
    place.file_page(path).filter(|page| Name::url(page).is_some())
}

/// The key of what a file's annotation refers to, stated.
pub(super) fn referred(draft: &mut Draft, kind: NodeKind, address: Option<&str>) -> Option<Key> {
    let category = (kind == NodeKind::Document).then_some("runbook");
    draft.web(kind, address.filter(|address| !address.contains("{{")), category)
}
