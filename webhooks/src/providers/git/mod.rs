//! Git: what `throughline import git` reads out of a clone. The form of the bodies is our own; `doc.md` documents it.

use throughline_domain::fact::Facts;

use crate::draft::shortened;
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

mod alert_rules;
mod commits;
mod files;
mod owners;
mod payload;
mod place;
mod tags;

use payload::Body;
use place::Place;

const NAME: &str = "git";

const EXPECTED: &str = "an import of a Git repository";

/// The form of bodies that is read.
const VERSION: u64 = 1;

/// The longest name of an event that is passed on, in characters.
const MAX_EVENT_CHARS: usize = 100;

/// The table entry.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Git",
    schemes: &[Scheme::StandardWebhooks],
    kept_headers: &["webhook-id", "webhook-timestamp", "webhook-signature"],
    meaning_headers: &[],
    events: &["commits", "files", "imported", "owners", "tags"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header("webhook-id").filter(|id| !id.is_empty()).map(str::to_owned)
}

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let body: Body = json::read(request.body, EXPECTED)?;
    let event = body.event.as_deref().ok_or_else(|| wrong("'event' is missing"))?;
    let read: fn(&Body, &Place<'_>) -> Result<Facts, ParseError> = match event {
        "commits" => commits::read,
        "tags" => tags::read,
        "owners" => owners::read,
        "files" => files::read,
        "imported" => tags::head,
        other => {
            let event = shortened(other, MAX_EVENT_CHARS);
            return Ok(Parsed::ignored(event, "an import has no such part in this version"));
        }
    };
    if body.version.is_some_and(|version| version != VERSION) {
        return Err(wrong("this version of Throughline reads only imports with \"version\": 1"));
    }
    let place = Place::of(&body)?;
    Ok(Parsed::facts(event, read(&body, &place)?))
}

fn wrong(cause: &str) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.to_owned() }
}

/// Refuses more of something than is read of one body.
fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), ParseError> {
    if count > limit { Err(ParseError::TooMany { what, count, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::provider::{Content, Request};

    fn lines(body: &str) -> Vec<String> {
        let parsed = parse(&Request { headers: &[], body: body.as_bytes() }).unwrap();
        let Content::Facts(facts) = parsed.content else { panic!("{body} states nothing") };
        let links = facts.links.iter().map(|link| {
            let (from, to) = (link.from.parts().resource, link.to.parts().resource);
            format!("{} {} {} {}", shown(&from), link.kind.word(), shown(&to), link.class.word())
        });
        let mentions = facts.mentions.iter().map(|mention| {
            let text: String = mention.text.chars().take(90).collect();
            format!("{} {}: {text}", shown(&mention.from.parts().resource), mention.field.word())
        });
        links.chain(mentions).collect()
    }

    fn shown(resource: &str) -> &str {
        if resource.len() == 40 { &resource[..4] } else { resource }
    }

    fn body(members: &str) -> String {
        format!(
            r#"{{"version":1,"repository":"https://github.com/acme/shop","host":"github",
            "file_page":"https://github.com/acme/shop/blob/main/",{members}}}"#
        )
    }

    #[test]
    fn a_commit_belongs_to_the_merge_that_brought_it_in() {
        let (one, two, merge) = ("1".repeat(40), "2".repeat(40), "3".repeat(40));
        let found = lines(&body(&format!(
            r#""event":"commits","merges":[{{"id":"{merge}","message":"Merge pull request #42 from ada/retry"}}],
            "commits":[{{"id":"{two}","parents":["{one}"],"committed_at":"2026-03-14T09:26:06Z","message":"Retry",
            "author":{{"name":"Ada","email":"Ada@acme.example"}},"merged_by":"{merge}","touches":["services/checkout"]}}]"#
        )));
        assert_eq!(
            found,
            [
                "2222 in shop L2",
                "2222 authored_by ada@acme.example L2",
                "2222 parent 1111 L2",
                "services/checkout in shop L2",
                "2222 touches services/checkout L2",
                "2222 message: Retry",
                "2222 merge: Merge pull request #42 from ada/retry",
            ]
        );
    }

    #[test]
    fn a_name_without_end_costs_itself_alone() {
        let (one, long) = ("1".repeat(40), "é".repeat(2_000));
        let commits = format!(
            r#""event":"commits","commits":[{{"id":"{one}","message":"Retry",
            "author":{{"name":"Ada","email":"{long}@acme.example"}}}}]"#
        );
        assert_eq!(lines(&body(&commits)), ["1111 in shop L2", "1111 message: Retry"]);
        let owners =
            format!(r#""event":"owners","owners":[{{"component":"docs","owners":["@{long}","{long}@a.example"]}}]"#);
        assert_eq!(lines(&body(&owners)), ["docs in shop L2", "docs owners: "]);
    }

    #[test]
    fn the_owners_are_stated_as_a_whole() {
        let found = lines(&body(
            r#""event":"owners","owners":[
            {"component":"*","owners":["@ada","@acme/shop","@@maintainer"],"at":"2026-03-14T09:26:06Z","file":"CODEOWNERS"},
            {"component":"docs","owners":[],"at":"2026-03-14T09:26:06Z"}]"#,
        ));
        let owners: Vec<&String> = found.iter().filter(|line| line.contains("owners: ")).collect();
        assert_eq!(owners.len(), 2, "{found:?}");
        let text = "* owners: owned_by cdevents:v0:github:github.com:::person:ada CODEOWNERS names @ada";
        assert!(owners[0].starts_with(text), "{found:?}");
        assert_eq!(owners[1], "docs owners: ");
    }

    #[test]
    fn what_is_no_import_is_refused() {
        for text in
            ["{}", r#"{"event":"commits"}"#, r#"{"event":"commits","version":2,"repository":"https://a.example/b"}"#]
        {
            assert!(parse(&Request { headers: &[], body: text.as_bytes() }).is_err(), "{text}");
        }
    }
}
