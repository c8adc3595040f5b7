//! CDEvents for others: what a delivery states, written in the vocabulary of the Continuous Delivery Foundation.
//!
//! Written is what the delivery itself tells to have happened, and of relations only those that a tool asserts or a
//! digest proves: what is guessed here must not come back as somebody's statement. The provider `cdevents` reads these
//! events again, and finds the same nodes by `customData.throughline.node`.

use serde_json::{Map, Value, json};
use throughline_domain::fact::Facts;

use self::happening::Happening;
use self::subject::Subject;
use self::view::View;

mod happening;
mod purl;
mod subject;
#[cfg(test)]
mod tests;
mod view;

/// The version of CDEvents that is written.
pub const VERSION: &str = "0.5.0";

/// Where the events of one delivery come from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// This server's public address.
    pub source: &'a str,
    /// The index of the ledger entry.
    pub entry: u64,
    /// Who vouches for the entry: the word of its evidence class.
    pub evidence: &'a str,
}

/// The events that a delivery tells of, in an order that is always the same; none where it tells of nothing that the
/// vocabulary has a word for.
///
/// The id of an event follows from the entry and its place in this list, so that an event that is asked for twice is one.
pub fn write(facts: &Facts, origin: &Origin<'_>) -> Vec<Value> {
    let view = View::of(facts);
    let happenings = happening::all(&view);
    let told = happenings.iter().filter_map(|happening| Some((happening, subject::of(&view, happening)?)));
    told.enumerate().map(|(index, (happening, subject))| event(index, happening, subject, origin)).collect()
}

fn event(index: usize, happening: &Happening<'_>, subject: Subject, origin: &Origin<'_>) -> Value {
    let Subject { id, source, content, custom: mut throughline } = subject;
    throughline.insert("entry".to_owned(), json!(origin.entry));
    throughline.insert("node".to_owned(), json!(happening.node.as_str()));
    throughline.insert("evidence".to_owned(), json!(origin.evidence));
    let mut written = Map::new();
    written.insert("id".to_owned(), Value::String(id));
    if let Some(source) = source {
        written.insert("source".to_owned(), Value::String(source));
    }
    written.insert("content".to_owned(), Value::Object(content));
    json!({
        "context": {
            "specversion": VERSION,
            "id": format!("{}-{index}", origin.entry),
            "source": origin.source,
            "type": happening.event_type(),
            "timestamp": happening.at.to_string(),
        },
        "subject": written,
        "customData": { "throughline": throughline },
        "customDataContentType": "application/json",
    })
}
