//! Packages: what is installed on a host of an environment, as `dpkg` or `rpm` lists it.

use throughline_domain::fact::{Attribute, Facts};
use throughline_domain::key::of_tool;
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

use crate::draft::Draft;
use crate::evidence;
use crate::evidence::context::{self, Context};
use crate::provider::{ParseError, Parsed, Provider, Request};

mod list;

use list::List;

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: NAME,
    title: "Package list",
    schemes: evidence::SCHEMES,
    kept_headers: &[
        context::REPOSITORY,
        context::COMMIT,
        context::BUILD,
        context::ARTIFACT,
        context::SERVICE,
        context::ENVIRONMENT,
        context::NAME,
        context::AT,
        evidence::ID_HEADER,
        HOST,
    ],
    meaning_headers: &[context::ENVIRONMENT, context::AT, HOST],
    events: &[EVENT],
    documentation: include_str!("doc.md"),
    delivery_id: evidence::delivery_id,
    parse,
};

const NAME: &str = "packages";
const EVENT: &str = "packages";
const EXPECTED: &str = "a package list";

/// The header with the host's name.
const HOST: &str = "throughline-host";

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let list = List::read(request.body, EXPECTED)?;
    let context = Context::of(request);
    let Some(environment) = context.environment else {
        let reason = "the list does not say which environment it is of; send the header throughline-environment";
        return Ok(Parsed::ignored(EVENT, reason));
    };
    let host = request.header(HOST).map(str::trim).filter(|host| !host.is_empty());
    Ok(Parsed::facts(EVENT, facts(&list, &context, environment, host)?))
}

/// States the list as a document, one for each host of an environment, and that the environment runs it.
fn facts(list: &List, context: &Context<'_>, environment: &str, host: Option<&str>) -> Result<Facts, ParseError> {
    let mut draft = Draft::new(format!("{NAME}/{EVENT}"), context.at);
    let place = match host {
        Some(host) => format!("{environment}/{host}"),
        None => environment.to_owned(),
    };
    let key = of_tool(NodeKind::Document, NAME, "", &place.to_lowercase())?;
    let count = list.count();
    let counted = if count == 1 { "1 package".to_owned() } else { format!("{count} packages") };
    let title = context.name.map_or(format!("Packages of {place}"), str::to_owned);
    let digest = list.digest();
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title.as_str())
        .with(Attribute::Reference, place.as_str())
        .with(Attribute::Category, "package-list")
        .with(Attribute::Result, counted.as_str())
        .with(Attribute::Digest, digest.as_str())
        .with(Attribute::Description, format!("{counted}, as {} lists them", list.tool()))
        .moment(Attribute::OccurredAt, context.at);
    draft.state(fact);
    if let Some(environment) = context::named(&mut draft, NodeKind::Environment, Some(environment)) {
        draft.link(&environment, LinkKind::Runs, &key, "these packages were installed there when the list was made");
        draft.event(&environment, None, "observed", None, &format!("{title}: {counted}"));
    }
    if let Some(service) = context.service(&mut draft) {
        draft.link(&service, LinkKind::Runs, &key, "the sender names this service");
    }
    draft.finish()
}

#[cfg(test)]
mod tests {
    use throughline_domain::fact::{Attribute, Facts};

    use super::parse;
    use crate::provider::{Content, Request};

    fn facts(headers: &[(&str, &str)], body: &str) -> Option<Facts> {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        match parse(&Request { headers: &headers, body: body.as_bytes() }).unwrap().content {
            Content::Facts(facts) => Some(*facts),
            Content::Ignored(_) => None,
        }
    }

    fn value(facts: &Facts, wanted: Attribute) -> Option<&str> {
        let attributes = &facts.nodes[0].attributes;
        attributes.iter().find(|(known, _)| *known == wanted).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_list_is_the_document_of_its_host() {
        let headers = [
            ("throughline-environment", "Production"),
            ("throughline-host", "web-1"),
            ("throughline-at", "2026-03-14T09:26:06Z"),
        ];
        let facts = facts(&headers, "bash\t5.2.15-2\nlibc6:amd64\t2.36-9\n").unwrap();
        assert_eq!(facts.nodes[0].key.as_str(), "cdevents:v0:packages::::document:production/web-1");
        assert_eq!(value(&facts, Attribute::Result), Some("2 packages"));
        let links: Vec<String> = facts.links.iter().map(|link| format!("{} {}", link.from.kind(), link.kind)).collect();
        assert_eq!(links, ["environment runs"]);
        assert_eq!(facts.events.len(), 1);
    }

    #[test]
    fn equal_lists_have_equal_digests() {
        let of = |environment: &str, body: &str| {
            let facts = facts(&[("throughline-environment", environment)], body).unwrap();
            value(&facts, Attribute::Digest).map(str::to_owned)
        };
        assert_eq!(of("staging", "a\t1\nb\t2\n"), of("production", "b\t2\na\t1\na\t1\n"));
        assert_ne!(of("staging", "a\t1\n"), of("staging", "a\t2\n"));
    }

    #[test]
    fn without_an_environment_it_states_nothing() {
        assert!(facts(&[], "bash\t5.2.15-2\n").is_none());
    }
}
