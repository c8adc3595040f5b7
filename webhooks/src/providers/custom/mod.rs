//! Whatever has no provider of its own: bodies that the source's own mapping reads.

use crate::provider::{ParseError, Parsed, Provider, Request};
use crate::signature::Scheme;

const NAME: &str = "custom";

/// The header by which Standard Webhooks tells one message from another.
const MESSAGE_ID: &str = "webhook-id";

/// The table entry.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    title: "Custom",
    schemes: &[
        Scheme::StandardWebhooks,
        Scheme::sha256("x-hub-signature-256", "sha256="),
        Scheme::sha256("x-signature", "sha256="),
        Scheme::Authorization,
        Scheme::Token,
    ],
    kept_headers: &[
        MESSAGE_ID,
        "webhook-timestamp",
        "webhook-signature",
        "ce-id",
        "ce-source",
        "ce-subject",
        "ce-time",
        "ce-type",
        "x-event",
        "x-event-id",
        "x-event-key",
        "x-event-name",
        "x-event-time",
        "x-event-type",
        "x-webhook-event",
        "x-webhook-id",
    ],
    meaning_headers: &[
        "content-type",
        "ce-source",
        "ce-subject",
        "ce-type",
        "x-event",
        "x-event-key",
        "x-event-name",
        "x-event-type",
        "x-webhook-event",
    ],
    events: &["delivery"],
    documentation: include_str!("doc.md"),
    delivery_id,
    parse,
};

fn delivery_id(request: &Request<'_>) -> Option<String> {
    request.header(MESSAGE_ID).filter(|id| !id.is_empty()).map(str::to_owned)
}

/// Without a mapping nothing can be said of a body; with one, the mapping is asked instead of this.
fn parse(_request: &Request<'_>) -> Result<Parsed, ParseError> {
    let reason = "the source has no mapping; write one and add it with \
                  `throughline source map <source> <file.toml>`, and the delivery can be replayed";
    Ok(Parsed::ignored("delivery", reason))
}

#[cfg(test)]
mod tests {
    use super::PROVIDER;
    use crate::mapping::Mapping;
    use crate::provider::{Content, Request};
    use crate::reading::mapping_for;

    /// The blocks of code in that language.
    fn blocks(language: &str) -> Vec<&'static str> {
        let start = format!("{language}\n");
        let pieces: Vec<&str> = PROVIDER.documentation.split("```").collect();
        pieces.into_iter().skip(1).step_by(2).filter_map(|piece| piece.strip_prefix(start.as_str())).collect()
    }

    #[test]
    fn the_mappings_of_the_manual_are_mappings() {
        let mappings = blocks("toml");
        assert!(mappings.len() >= 3);
        for mapping in mappings {
            mapping_for(&PROVIDER, mapping).unwrap_or_else(|error| panic!("{error}\n{mapping}"));
        }
    }

    #[test]
    fn the_example_of_the_manual_states_something() {
        let (mappings, bodies) = (blocks("toml"), blocks("json"));
        let (mapping, body) = (mappings.first().unwrap(), bodies.first().unwrap());
        let request = Request { headers: &[], body: body.as_bytes() };
        let trial = Mapping::read(mapping).unwrap().trial("custom", &request);
        let parsed = trial.result.clone().unwrap();
        assert!(matches!(parsed.content, Content::Facts(_)), "{trial}");
        assert!(trial.to_string().contains("fact[0]: yes"), "{trial}");
    }

    #[test]
    fn a_delivery_without_a_mapping_says_how_to_add_one() {
        let parsed = (PROVIDER.parse)(&Request { headers: &[], body: b"anything" }).unwrap();
        let Content::Ignored(reason) = &parsed.content else { panic!("{parsed:?}") };
        assert!(reason.contains("throughline source map <source> <file.toml>"), "{reason}");
    }
}
