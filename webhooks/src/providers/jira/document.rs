//! Descriptions and comments as plain text: Jira writes them as a text or in Atlassian Document Format.

use serde_json::Value;

/// The plain text of a description or comment; empty where there is none.
///
/// The recursion is as deep as the document, which the JSON parser bounds.
pub fn plain(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::String(written) => text.push_str(written),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            write_node(value, &mut text);
        }
    }
    text.trim().to_owned()
}

fn write_node(node: &Value, text: &mut String) {
    let kind = word(node, "type");
    write_leaf(kind, node, text);
    for child in node.get("content").and_then(Value::as_array).into_iter().flatten() {
        write_node(child, text);
    }
    if ends_line(kind) && !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// What a node writes by itself, before its children.
fn write_leaf(kind: &str, node: &Value, text: &mut String) {
    let attribute = |name| node.get("attrs").map_or("", |attributes| word(attributes, name));
    match kind {
        "text" => write_text(node, text),
        "hardBreak" => text.push('\n'),
        "listItem" => text.push_str("- "),
        "mention" | "emoji" | "status" => text.push_str(attribute("text")),
        "inlineCard" | "blockCard" | "embedCard" => text.push_str(attribute("url")),
        _ => {}
    }
}

/// A run of text; the address that it links to is kept, since it is often the only trace of a document.
fn write_text(node: &Value, text: &mut String) {
    let run = word(node, "text");
    text.push_str(run);
    let marks = node.get("marks").and_then(Value::as_array).into_iter().flatten();
    for mark in marks.filter(|mark| word(mark, "type") == "link") {
        let address = mark.get("attrs").map_or("", |attributes| word(attributes, "href"));
        if !address.is_empty() && address != run {
            text.push_str(" (");
            text.push_str(address);
            text.push(')');
        }
    }
}

fn ends_line(kind: &str) -> bool {
    matches!(
        kind,
        "paragraph"
            | "heading"
            | "codeBlock"
            | "listItem"
            | "blockquote"
            | "tableRow"
            | "blockCard"
            | "embedCard"
            | "rule"
    )
}

fn word<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::plain;

    #[test]
    fn a_document_becomes_its_text() {
        let link = json!([{"type": "link", "attrs": {"href": "https://docs.acme.example/design/7"}}]);
        let document = json!({"type": "doc", "version": 1, "content": [
            {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Why"}]},
            {"type": "paragraph", "content": [
                {"type": "text", "text": "As "},
                {"type": "mention", "attrs": {"id": "1", "text": "@ada"}},
                {"type": "text", "text": " wrote in the "},
                {"type": "text", "text": "design", "marks": link},
                {"type": "hardBreak"},
                {"type": "inlineCard", "attrs": {"url": "https://acme.atlassian.net/browse/PAY-1"}}
            ]},
            {"type": "bulletList", "content": [
                {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "one"}]}]},
                {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "two"}]}]}
            ]},
            {"type": "a node of next year", "content": [{"type": "text", "text": "end"}]}
        ]});
        assert_eq!(
            plain(&document),
            "Why\nAs @ada wrote in the design (https://docs.acme.example/design/7)\n\
             https://acme.atlassian.net/browse/PAY-1\n- one\n- two\nend"
        );
    }

    #[test]
    fn what_is_no_document_is_taken_as_it_is() {
        let cases = [
            (json!(" h2. Why\nBecause "), "h2. Why\nBecause"),
            (Value::Null, ""),
            (json!(["x"]), ""),
            (json!({"type": 7, "content": "x"}), ""),
            (json!({}), ""),
        ];
        for (value, expected) in cases {
            assert_eq!(plain(&value), expected);
        }
    }
}
