//! The chain as a picture: stages as columns, the upstream ones to the left, a card for each piece of work.
//!
//! `scene` decides what is drawn and `fold` what is drawn together, `layout` where it stands; `draw`, `cards` and
//! `legend` write the SVG, and `words` says the same for those who do not see it. The markup is made here and nowhere
//! else, and every text in it passes through one escaping function: it is the one value that a page shows unescaped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use crate::answer::TraceAnswer;
use crate::plain;
use setting::Setting;

mod cards;
mod draw;
mod fold;
mod layout;
mod legend;
mod scene;
mod setting;
mod words;

#[cfg(test)]
mod tests;

/// The chain as an SVG element that stands in the page of its node.
///
/// Each card is a link to its node's page. Up to 200 nodes are drawn one by one; of more, those that are alike share a
/// card. The number of cards and arrows and the length of every text are bounded. The same answer always gives the same
/// text.
pub fn chain(answer: &TraceAnswer) -> String {
    drawn(answer, None)
}

/// The same picture as a file of its own, for a report or a comment: in light and dark, with a ground, and with links
/// that begin with the address `server`, such as `https://trace.example.com`.
///
/// It is to be served with [`file_policy`].
pub fn file(answer: &TraceAnswer, server: &str) -> String {
    drawn(answer, Some(server))
}

/// The content security policy of a picture that is served by itself: nothing but its own few lines of style.
pub fn file_policy() -> String {
    let style = STANDARD.encode(Sha256::digest(draw::DARK));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// The address of a node's picture as a file. `question` is `trace` or `impact`; `at` is the moment that was asked for.
pub fn href(key: &str, question: &str, at: Option<&str>) -> String {
    let page = plain::node_href(key);
    let name = page.strip_prefix("/node/").unwrap_or(&page);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("question", question);
    if let Some(at) = at {
        query.append_pair("at", at);
    }
    format!("/picture/{name}.svg?{}", query.finish())
}

fn drawn(answer: &TraceAnswer, server: Option<&str>) -> String {
    let scene = scene::of(answer);
    let plan = layout::place(&scene);
    draw::svg(&scene, &plan, &Setting::new(answer, server))
}
