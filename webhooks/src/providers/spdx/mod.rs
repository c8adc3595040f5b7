//! SPDX: what an artifact is made of.

use crate::draft::Draft;
use crate::evidence;
use crate::evidence::context::Context;
use crate::evidence::dsse::Verified;
use crate::evidence::sbom::{self, spdx};
use crate::json;
use crate::provider::{ParseError, Parsed, Provider, Request};

/// The table entry.
pub const PROVIDER: Provider = Provider {
    name: spdx::FORMAT,
    title: "SPDX",
    schemes: evidence::SCHEMES,
    kept_headers: evidence::KEPT_HEADERS,
    meaning_headers: evidence::MEANING_HEADERS,
    events: &[sbom::EVENT],
    documentation: include_str!("doc.md"),
    delivery_id: evidence::delivery_id,
    parse,
};

const EXPECTED: &str = "an SPDX document";

fn parse(request: &Request<'_>) -> Result<Parsed, ParseError> {
    let document: spdx::Document = json::read(request.body, EXPECTED)?;
    let sbom = spdx::read(&document).map_err(|cause| ParseError::Body { expected: EXPECTED, cause })?;
    let context = Context::of(request);
    let mut draft = Draft::new(format!("{}/{}", spdx::FORMAT, sbom::EVENT), context.at.or(sbom.created));
    sbom::state(&mut draft, &sbom, Vec::new(), &context, &Verified::No)?;
    Ok(Parsed::facts(sbom::EVENT, draft.finish()?))
}
