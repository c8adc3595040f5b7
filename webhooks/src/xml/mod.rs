//! Reading XML that a stranger sent: no document types, no entities but XML's own, and a bound on everything.
//!
//! The reader hands over elements one by one and keeps none, so that a file of any size costs little.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::provider::ParseError;

mod encoding;
mod reference;

/// How deeply elements may be nested.
pub const MAX_DEPTH: usize = 128;

/// The most elements of one document.
pub const MAX_ELEMENTS: usize = 1_000_000;

/// The most attributes of one element; they are compared with each other.
pub const MAX_ATTRIBUTES: usize = 128;

/// An element as it begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// The name without a prefix: `testcase`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of an attribute, trimmed; `None` where it is missing or blank.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(known, _)| known == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// The first of these attributes that says something.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.attribute(name))
    }
}

/// Who is told what a document holds, in its order.
pub trait Visitor {
    /// An element begins.
    ///
    /// # Errors
    /// What is wrong with the document, in words; it ends the reading.
    fn open(&mut self, element: &Element) -> Result<(), String>;

    /// Text within the element that was opened last and not closed; one text may come in pieces.
    fn text(&mut self, text: &str);

    /// The element of that name, the last one that was opened, ends.
    fn close(&mut self, name: &str);
}

/// Reads a whole document and tells it to the visitor.
///
/// A document that declares a document type is refused, whatever it holds: entities are how XML reads files of the
/// server, calls other servers and grows without end, and no test result needs them.
///
/// # Errors
/// [`ParseError::Body`] where the bytes are no well-formed document of one root element or the visitor refuses it, with
/// the place; [`ParseError::TooMany`] over [`MAX_ELEMENTS`].
pub fn read(body: &[u8], expected: &'static str, visitor: &mut dyn Visitor) -> Result<(), ParseError> {
    let broken = |cause: String| ParseError::Body { expected, cause };
    let text = encoding::decode(body).map_err(broken)?;
    let mut reader = Reader::from_str(&text);
    let mut walk = Walk { visitor, depth: 0, elements: 0 };
    loop {
        let event = reader.read_event().map_err(|error| error.to_string());
        let step = event.and_then(|event| walk.step(&event));
        if walk.elements > MAX_ELEMENTS {
            return Err(ParseError::TooMany { what: "elements", count: walk.elements, limit: MAX_ELEMENTS });
        }
        match step {
            Ok(Step::On) => {}
            Ok(Step::End) => return Ok(()),
            Err(cause) => return Err(broken(format!("{cause} (before byte {})", reader.buffer_position()))),
        }
    }
}

/// Whether there is more to read.
enum Step {
    On,
    End,
}

/// Where the reading stands.
struct Walk<'a> {
    visitor: &'a mut dyn Visitor,
    depth: usize,
    elements: usize,
}

impl Walk<'_> {
    fn step(&mut self, event: &Event<'_>) -> Result<Step, String> {
        match event {
            Event::Start(start) => self.open(start)?,
            Event::Empty(start) => {
                self.open(start)?;
                self.close(written(start.local_name().into_inner()));
            }
            Event::End(end) => self.close(written(end.local_name().into_inner())),
            Event::Text(text) => self.text(written(text))?,
            Event::CData(text) => self.text(written(text))?,
            Event::GeneralRef(name) => self.text(reference::resolve(written(name))?.encode_utf8(&mut [0; 4]))?,
            Event::DocType(_) => {
                return Err("it declares a document type, and those are refused: entity attacks (XXE) need one".into());
            }
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof if self.elements == 0 => return Err("it holds no element".into()),
            Event::Eof if self.depth > 0 => return Err(format!("it ends with {} elements unclosed", self.depth)),
            Event::Eof => return Ok(Step::End),
        }
        Ok(Step::On)
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        if self.depth == 0 && self.elements > 0 {
            return Err("it has more than one root element".into());
        }
        if self.depth == MAX_DEPTH {
            return Err(format!("its elements are nested more than {MAX_DEPTH} deep"));
        }
        self.depth += 1;
        self.elements += 1;
        self.visitor.open(&element(start)?)
    }

    fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.visitor.close(name);
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        if self.depth > 0 {
            self.visitor.text(text);
            return Ok(());
        }
        if text.trim().is_empty() { Ok(()) } else { Err("text stands outside the root element".into()) }
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let name = written(start.local_name().into_inner()).to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| format!("an attribute of <{name}>: {error}"))?;
        if attributes.len() == MAX_ATTRIBUTES {
            return Err(format!("<{name}> has more than {MAX_ATTRIBUTES} attributes"));
        }
        let value = reference::unescape(written(&attribute.value))?.into_owned();
        attributes.push((written(attribute.key.into_inner()).to_owned(), value));
    }
    Ok(Element { name, attributes })
}

/// Bytes of the document, which is UTF-8 by the time that it is taken apart.
fn written(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Element, MAX_ATTRIBUTES, MAX_DEPTH, Visitor, read};
    use crate::provider::ParseError;

    /// Writes down what it is told.
    #[derive(Default)]
    struct Notes(String);

    impl Visitor for Notes {
        fn open(&mut self, element: &Element) -> Result<(), String> {
            let names = element.attributes.iter().map(|(name, value)| format!(" {name}={value}"));
            self.0.push_str(&format!("<{}{}>", element.name(), names.collect::<String>()));
            if element.name() == "refused" { Err("the visitor says no".to_owned()) } else { Ok(()) }
        }

        fn text(&mut self, text: &str) {
            self.0.push_str(text);
        }

        fn close(&mut self, name: &str) {
            self.0.push_str(&format!("</{name}>"));
        }
    }

    fn notes(body: &[u8]) -> Result<String, String> {
        let mut notes = Notes::default();
        match read(body, "a test", &mut notes) {
            Ok(()) => Ok(notes.0),
            Err(ParseError::Body { cause, .. }) => Err(cause),
            Err(other) => Err(other.to_string()),
        }
    }

    #[test]
    fn tells_what_a_document_holds() {
        let cases = [
            ("<a/>", "<a></a>"),
            ("<?xml version='1.0'?><!-- x --><a b='1' c=\"&lt;&#x41;&#66;\">x</a>\n", "<a b=1 c=<AB>x</a>"),
            ("<a>1 &amp; 2 &gt; <![CDATA[<&amp;>]]></a>", "<a>1 & 2 > <&amp;></a>"),
            ("<t:a xmlns:t='urn:x'><t:b/></t:a>", "<a xmlns:t=urn:x><b></b></a>"),
            // Two that are not well-formed, which tools write all the same.
            ("<a b='<<computed>>'/>", "<a b=<<computed>>></a>"),
            ("<a>&#0;&#27;</a>", "<a>\u{fffd}\u{fffd}</a>"),
        ];
        for (document, expected) in cases {
            assert_eq!(notes(document.as_bytes()).as_deref(), Ok(expected), "{document}");
        }
    }

    #[test]
    fn refuses_with_a_reason() {
        let deep = "<a>".repeat(MAX_DEPTH + 1);
        let wide = format!("<a {}/>", (0..=MAX_ATTRIBUTES).map(|n| format!("a{n}='' ")).collect::<String>());
        let cases = [
            ("", "no element"),
            ("plain text", "outside the root"),
            ("<a>", "unclosed"),
            ("<a><b></a>", "expected"),
            ("<a/><b/>", "more than one root"),
            ("<a/>text", "outside the root"),
            ("<a b='1' b='2'/>", "attribute of <a>"),
            ("<a>&xxe;</a>", "'&xxe;'"),
            ("<a b='&xxe;'/>", "'&xxe;'"),
            ("<a b='1 & 2'/>", "'&'"),
            ("<refused/>", "the visitor says no"),
            ("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>", "XXE"),
            ("<!DOCTYPE html><a/>", "XXE"),
            (deep.as_str(), "128 deep"),
            (wide.as_str(), "attributes"),
        ];
        for (document, expected) in cases {
            let cause = notes(document.as_bytes()).expect_err(document);
            assert!(cause.contains(expected), "{document}: {cause}");
        }
    }

    #[test]
    fn half_a_document_is_none() {
        let document = "<?xml version='1.0'?>\n<a b='1'><c>text &amp; more</c><d/></a>";
        for end in 0..document.len() {
            assert!(notes(&document.as_bytes()[..end]).is_err(), "cut after {end} bytes");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_makes_it_panic(text in "(<[a-c/!?\\[\\]-]{0,4}|[a-z&;#x0-9'\"= >-]){0,60}") {
            let _ = notes(text.as_bytes());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = notes(&bytes);
        }
    }
}
