//! The providers' manual pages as HTML.
//!
//! They are part of this program and written by its developers. All the same no markup that stands in them is passed
//! through: it is shown as text.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// A manual page without its first heading, which the page around it has already.
pub fn to_html(markdown: &str) -> String {
    let mut in_title = false;
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
            in_title = true;
            None
        }
        Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
            in_title = false;
            None
        }
        _ if in_title => None,
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        event => Some(event),
    });
    let mut page = String::new();
    html::push_html(&mut page, events);
    scrollable(&page)
}

/// The same page with code and tables that can be focused, because on a narrow screen they scroll sideways. What looks
/// like these tags in the page's own text was escaped before.
fn scrollable(page: &str) -> String {
    page.replace("<pre>", "<pre tabindex=\"0\">")
        .replace("<table>", "<div class=\"manual-table\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table>")
        .replace("</table>", "</table></div>")
}

#[cfg(test)]
mod tests {
    use throughline_webhooks::providers::PROVIDERS;

    use super::to_html;

    #[test]
    fn markup_is_text_and_the_title_is_left_to_the_page() {
        let page =
            to_html("# GitHub\n\n## Set up\n\n<script>alert(1)</script>\n\n| a | b |\n|---|---|\n| `c` | <b>d</b> |\n");
        assert!(page.starts_with("<h2>Set up</h2>"), "{page}");
        assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
        assert!(page.contains("<table>") && page.contains("&lt;b&gt;d"), "{page}");
    }

    #[test]
    fn what_scrolls_can_be_focused() {
        let page = to_html("# GitHub\n\n```sh\n<pre> echo\n```\n\n| a |\n|---|\n| b |\n");
        assert_eq!(page.matches("tabindex=\"0\"").count(), 2, "{page}");
        assert!(page.contains("<pre tabindex=\"0\"><code") && page.contains("&lt;pre&gt; echo"), "{page}");
        assert!(page.contains("tabindex=\"0\"><table>") && page.contains("</table></div>"), "{page}");
    }

    #[test]
    fn no_manual_page_breaks_the_content_security_policy() {
        for provider in PROVIDERS {
            let page = to_html(provider.documentation);
            assert!(page.contains("<h2>"), "{}", provider.name);
            for forbidden in ["style=", "<script", "<style", "javascript:"] {
                assert!(!page.contains(forbidden), "{}: {forbidden}", provider.name);
            }
        }
    }
}
