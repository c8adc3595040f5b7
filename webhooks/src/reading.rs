//! Reading a delivery: by the mapping of its source, where it has one, else by its provider.

use crate::mapping::{Mapping, MappingError};
use crate::provider::{ParseError, Parsed, Provider, Request};

/// The header that is kept of every delivery, whatever the provider.
const ALWAYS_KEPT: &str = "content-type";

/// Reads an authenticated delivery.
///
/// A source's own mapping takes the place of its provider's parser, whichever provider that is: Argo CD and Jenkins send
/// what a site wrote into a template.
///
/// # Errors
/// A [`ParseError`].
pub fn read(provider: &Provider, mapping: Option<&Mapping>, request: &Request<'_>) -> Result<Parsed, ParseError> {
    match mapping {
        Some(mapping) => mapping.apply(provider.name, request),
        None => (provider.parse)(request),
    }
}

/// Reads the text of a mapping for the sources of a provider.
///
/// # Errors
/// A [`MappingError`]; also where the mapping reads a header that is not kept with the provider's deliveries.
pub fn mapping_for(provider: &Provider, text: &str) -> Result<Mapping, MappingError> {
    let mapping = Mapping::read(text)?;
    let is_kept = |name: &str| name == ALWAYS_KEPT || provider.kept_headers.contains(&name);
    if let Some(name) = mapping.headers().into_iter().find(|name| !is_kept(name)) {
        let kept: Vec<&str> = [ALWAYS_KEPT].into_iter().chain(provider.kept_headers.iter().copied()).collect();
        let cause = format!(
            "the header '{name}' is not kept with deliveries of {}; kept are: {}",
            provider.title,
            kept.join(", ")
        );
        return Err(MappingError::new("", &cause));
    }
    Ok(mapping)
}

#[cfg(test)]
mod tests {
    use super::{Mapping, mapping_for, read};
    use crate::provider::{Content, ParseError, Parsed, Provider, Request};
    use crate::signature::Scheme;

    static PROVIDER: Provider = Provider {
        name: "sample",
        title: "Sample",
        schemes: &[Scheme::Authorization],
        kept_headers: &["x-event"],
        meaning_headers: &[],
        events: &["sample"],
        documentation: "",
        delivery_id: |_| None,
        parse: |_| Ok(Parsed::ignored("sample", "by the parser")),
    };

    const MAPPING: &str = r#"
        event = "{@x-event}"
        [[fact]]
        kind = "service"
        id = "{/name}"
    "#;

    fn event(mapping: Option<&Mapping>, headers: &[(&str, &str)]) -> Result<(String, bool), ParseError> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers: Vec<(String, String)> = headers.iter().map(own).collect();
        let parsed = read(&PROVIDER, mapping, &Request { headers: &headers, body: br#"{"name":"checkout"}"# })?;
        Ok((parsed.event, matches!(parsed.content, Content::Facts(_))))
    }

    #[test]
    fn a_mapping_takes_the_place_of_the_parser() {
        let mapping = Mapping::read(MAPPING).unwrap();
        assert_eq!(event(None, &[("x-event", "Seen")]), Ok(("sample".to_owned(), false)));
        assert_eq!(event(Some(&mapping), &[("x-event", "Seen")]), Ok(("seen".to_owned(), true)));
    }

    #[test]
    fn a_header_that_is_not_kept_cannot_be_read() {
        assert!(mapping_for(&PROVIDER, MAPPING).is_ok());
        let error = mapping_for(&PROVIDER, &MAPPING.replace("x-event", "x-action")).unwrap_err().to_string();
        assert!(error.contains("'x-action'") && error.contains("content-type, x-event"), "{error}");
    }
}
