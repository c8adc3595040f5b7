//! Custom events: what a tool tells of things that the vocabulary has no word for.

use throughline_domain::fact::{Attribute, Field};
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

use super::artifact_id::ArtifactId;
use super::draft::Draft;
use super::{envelope, keys};
use crate::provider::{Content, ParseError};

/// `dev.cdeventsx.<tool>-<subject>.<predicate>`: something of the tool's own was changed, whatever it is.
///
/// `name` is `<tool>-<subject>`. Each event is a change by itself, since nothing says what its subject would be here.
pub(super) fn change(mut draft: Draft<'_>, name: &str) -> Result<Content, ParseError> {
    let (context, subject) = (&draft.event.context, &draft.event.subject);
    let content = &subject.content;
    let key = keys::subject(NodeKind::ConfigChange, &context.id, &context.source)?;
    let name = envelope::shorten(name);
    let predicate = envelope::shorten(draft.predicate);
    let thing = ArtifactId::parse(&subject.id).title().unwrap_or_else(|| subject.id.clone());
    let title = format!("{name} {predicate}: {thing}");
    let description = content.description.as_deref();
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, subject.id.as_str())
        .with(Attribute::Category, name)
        .with(Attribute::State, predicate)
        .with_some(Attribute::Description, description)
        .moment(Attribute::OccurredAt, Some(draft.at()))
        .page(content.address());
    draft.state(fact);
    let user = content.user.as_deref().or(content.creator.as_deref());
    draft.happened(&key, "changed", user, title);
    draft.mention(&key, Field::Body, description.unwrap_or_default(), None);
    if let Some(service) = &content.service {
        let service_name = keys::service_name(&service.id);
        let service = draft.state_named(NodeKind::Service, service_name, service.name.as_deref())?;
        draft.link(&key, LinkKind::Of, &service, "the event names the service");
    }
    if let Some(environment) = &content.environment {
        let environment = draft.state_named(NodeKind::Environment, &environment.id, environment.name.as_deref())?;
        draft.link(&key, LinkKind::DeployedTo, &environment, "the event names the environment");
    }
    if let Some(user) = user {
        let person = draft.state_person(user)?;
        draft.link(&key, LinkKind::TriggeredBy, &person, "the event names who did it");
    }
    draft.add_custom(&key)?;
    Ok(draft.done())
}
