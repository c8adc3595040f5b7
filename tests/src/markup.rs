//! A little reading of HTML: enough for forms, links, and what a content security policy forbids.

/// The values of an attribute on every element of that name, in order; entities are decoded.
pub fn attributes(html: &str, element: &str, attribute: &str) -> Vec<String> {
    tags(html)
        .into_iter()
        .filter(|tag| tag.split([' ', '\n', '\t', '/']).next() == Some(element))
        .filter_map(|tag| value_of(tag, attribute))
        .collect()
}

/// The value of the hidden field of that name, where a form has it.
pub fn field(html: &str, name: &str) -> Option<String> {
    let inputs = tags(html).into_iter().filter(|tag| tag.starts_with("input"));
    inputs.filter(|tag| value_of(tag, "name").as_deref() == Some(name)).find_map(|tag| value_of(tag, "value"))
}

/// What stands in the page that the policy would block: inline styles, scripts and handlers.
pub fn forbidden(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in tags(html) {
        let name = tag.split([' ', '\n', '\t', '/']).next().unwrap_or_default();
        if name == "style" || (name == "script" && value_of(tag, "src").is_none()) {
            found.push(format!("<{tag}>"));
        }
        let names = attribute_names(tag);
        if names.iter().any(|name| name == "style" || (name.starts_with("on") && name.len() > 2)) {
            found.push(format!("<{tag}>"));
        }
    }
    found
}

/// What stands between `<` and `>` of every opening tag; quoted values may hold `>`.
fn tags(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = rest.get(start + 1..).unwrap_or_default();
        if rest.starts_with("!--") {
            let end = rest.find("-->").unwrap_or(rest.len());
            rest = rest.get(end..).unwrap_or_default();
            continue;
        }
        if !rest.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            continue;
        }
        let mut quote = None;
        let end = rest.find(|letter: char| match quote {
            Some(open) => {
                if letter == open {
                    quote = None;
                }
                false
            }
            None => {
                if matches!(letter, '"' | '\'') {
                    quote = Some(letter);
                }
                letter == '>'
            }
        });
        let end = end.unwrap_or(rest.len());
        found.push(rest.get(..end).unwrap_or_default());
        rest = rest.get(end..).unwrap_or_default();
    }
    found
}

/// The attributes of a tag with their values, raw.
fn pairs(tag: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = tag.find(char::is_whitespace).and_then(|start| tag.get(start..)).unwrap_or_default();
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/');
        if rest.is_empty() {
            return found;
        }
        let end = rest.find(|letter: char| letter.is_whitespace() || letter == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end.max(1));
        rest = after;
        let mut value = "";
        if let Some(given) = rest.trim_start().strip_prefix('=') {
            let given = given.trim_start();
            let quote = given.chars().next().filter(|letter| matches!(letter, '"' | '\''));
            (value, rest) = match quote {
                Some(quote) => given.get(1..).and_then(|inner| inner.split_once(quote)).unwrap_or((given, "")),
                None => given.split_at(given.find(char::is_whitespace).unwrap_or(given.len())),
            };
        }
        found.push((name.to_ascii_lowercase(), value.to_owned()));
    }
}

fn attribute_names(tag: &str) -> Vec<String> {
    pairs(tag).into_iter().map(|(name, _)| name).collect()
}

fn value_of(tag: &str, attribute: &str) -> Option<String> {
    pairs(tag).into_iter().find(|(name, _)| name == attribute).map(|(_, value)| decode(&value))
}

fn decode(text: &str) -> String {
    const ENTITIES: [(&str, &str); 8] = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#x2F;", "/"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    ENTITIES.iter().fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}

#[cfg(test)]
mod tests {
    use super::{attributes, field, forbidden};

    #[test]
    fn reads_what_the_tests_ask_for() {
        let html = r#"<!-- <a href="no"> --><form method=post action="/logout"><input type="hidden" name="csrf" value="a&amp;b">
            <a href='/node/x"y' class="c">1 < 2</a><A disabled></form>"#;
        assert_eq!(field(html, "csrf").as_deref(), Some("a&b"));
        assert_eq!(attributes(html, "a", "href"), ["/node/x\"y"]);
        assert_eq!(attributes(html, "form", "method"), ["post"]);
        assert!(forbidden(html).is_empty());
    }

    #[test]
    fn finds_what_the_policy_forbids() {
        for html in [
            r#"<p style="color:red">"#,
            "<style>p{}</style>",
            "<script>1</script>",
            r#"<svg><a onclick="x()"></a></svg>"#,
            "<p ONCLICK=x>",
        ] {
            assert_eq!(forbidden(html).len(), 1, "{html}");
        }
        assert!(forbidden(r#"<script src="/static/app.js" defer></script><p title="on=1 style=2">"#).is_empty());
    }
}
