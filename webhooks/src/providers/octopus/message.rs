//! Documents that an event is about: their ids, and the names that its message gives them.

use super::payload::{Event, MessageReference};
use crate::members::filled;

/// The most ids of one event that are looked at.
const MAX_IDS: usize = 1_000;

/// How many marks of one document are tried, each of which is a walk through the message.
const MAX_MARKS: usize = 4;

/// A document of Octopus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document {
    /// The id: `Environments-2`.
    pub(super) id: String,
    /// The name, if the message gives one: `Production`.
    pub(super) name: Option<String>,
}

/// The first document of that sort which an event is about; `sort` is the word before the number: `Environments`.
pub(super) fn document(event: &Event, sort: &str) -> Option<Document> {
    let references = event.message_references.as_deref().unwrap_or_default();
    let related = event.related_document_ids.iter().flatten().take(MAX_IDS).map(String::as_str);
    let named =
        references.iter().take(MAX_IDS).filter_map(|reference| filled(reference.referenced_document_id.as_deref()));
    let id = related.chain(named).find(|id| is_of(id, sort))?;
    let marks = references.iter().take(MAX_IDS);
    let mut marks = marks.filter(|mark| filled(mark.referenced_document_id.as_deref()) == Some(id)).take(MAX_MARKS);
    let name = marks.find_map(|mark| name(event, mark));
    Some(Document { id: id.to_owned(), name })
}

fn is_of(id: &str, sort: &str) -> bool {
    id.strip_prefix(sort).and_then(|rest| rest.strip_prefix('-')).is_some_and(|number| !number.is_empty())
}

/// The part of the message that a reference marks. Octopus counts in UTF-16 units.
fn name(event: &Event, reference: &MessageReference) -> Option<String> {
    // With its blanks, because places are counted in it.
    let message = event.message.as_deref()?;
    let units = message.encode_utf16().skip(reference.start_index?).take(reference.length?);
    let name = String::from_utf16(&units.collect::<Vec<_>>()).ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::document;
    use crate::providers::octopus::payload::Event;

    fn event(start: usize, length: usize) -> Event {
        let text = format!(
            r#"{{"Message":"Déploy 😀 to Pröd","RelatedDocumentIds":["EnvironmentsX-1","Environments-","Environments-2"],
                "MessageReferences":[{{"ReferencedDocumentId":"Environments-2","StartIndex":{start},"Length":{length}}},
                    {{"ReferencedDocumentId":"Projects-1"}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_name_is_cut_out_in_the_sender_s_units() {
        for (start, length, expected) in [(13, 4, Some("Pröd")), (13, 400, Some("Pröd")), (7, 1, None), (99, 3, None)]
        {
            let found = document(&event(start, length), "Environments").unwrap();
            assert_eq!((found.id.as_str(), found.name.as_deref()), ("Environments-2", expected), "{start} {length}");
        }
        let found = document(&event(0, 0), "Projects").unwrap();
        assert_eq!((found.id.as_str(), found.name), ("Projects-1", None));
        assert_eq!(document(&event(0, 0), "Releases"), None);
    }
}
