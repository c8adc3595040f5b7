//! Signs deliveries as their tools do.

use throughline::clock;
use throughline_webhooks::provider::{Provider, Request};
use throughline_webhooks::signature::{self, Scheme, sign_standard_webhooks};

/// The headers in which tools give a delivery its id.
const ID_HEADERS: [&str; 3] = ["webhook-id", "x-github-delivery", "x-atlassian-webhook-identifier"];

/// The headers of a delivery with its id, where its tool has one, and with a signature that fits.
///
/// `id` is used only where the headers and the body name none.
pub fn sign(
    provider: &Provider,
    secret: &str,
    id: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Vec<(String, String)> {
    let scheme = provider.schemes.first().copied().expect("every provider has a scheme");
    let mut signed = headers.to_vec();
    let named = (provider.delivery_id)(&Request { headers, body }).is_some();
    if !named && let Some(header) = ID_HEADERS.iter().find(|header| provider.kept_headers.contains(header)) {
        signed.push(((*header).to_owned(), id.to_owned()));
    }
    if scheme == Scheme::StandardWebhooks {
        let given = signed.iter().find(|(name, _)| name == "webhook-id").map(|(_, value)| value.clone());
        let id = given.unwrap_or_else(|| {
            signed.push(("webhook-id".to_owned(), id.to_owned()));
            id.to_owned()
        });
        let now = clock::now();
        signed.push(("webhook-timestamp".to_owned(), now.seconds().to_string()));
        signed.push(("webhook-signature".to_owned(), sign_standard_webhooks(secret, &id, now, body)));
    } else {
        signed.extend(signature::sign(scheme, secret, clock::now(), body));
    }
    signed
}

/// Headers from pairs of texts.
pub fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
