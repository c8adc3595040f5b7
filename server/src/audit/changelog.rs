//! The change log of a period for people, as Markdown and as a page.
//!
//! Titles are written by whoever opens a ticket. In Markdown every sign that could begin a link, markup or a tag is escaped;
//! in HTML everything is.

use std::fmt::Write;

use throughline_domain::audit::changelog::{Changelog, Deployed, Line, MAX_DEPLOYMENTS, Named};
use throughline_domain::audit::row::ChangeKind;

use crate::audit::html::escape;
use crate::audit::{AuditError, Header, shown};
use crate::plain;

/// The longest title in a line, in characters.
const MAX_TITLE: usize = 200;

/// The forms that a change log can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Markdown.
    Markdown,
    /// A page.
    Html,
}

impl LogFormat {
    /// The form of that word.
    ///
    /// # Errors
    /// [`AuditError::Wrong`] with the words that there are.
    pub fn read(word: &str) -> Result<Self, AuditError> {
        match word.trim() {
            "markdown" | "md" => Ok(LogFormat::Markdown),
            "html" => Ok(LogFormat::Html),
            other => Err(AuditError::Wrong(format!("'{}' is no format; choose one of markdown, html", shown(other)))),
        }
    }

    /// The type of its content.
    pub const fn content_type(self) -> &'static str {
        match self {
            LogFormat::Markdown => "text/markdown; charset=utf-8",
            LogFormat::Html => "text/html; charset=utf-8",
        }
    }

    /// How names of its files end.
    pub const fn ending(self) -> &'static str {
        match self {
            LogFormat::Markdown => "md",
            LogFormat::Html => "html",
        }
    }
}

/// The change log as text.
pub fn write(format: LogFormat, header: &Header, log: &Changelog) -> String {
    let paper = match format {
        LogFormat::Markdown => Paper { text: String::new(), form: LogFormat::Markdown },
        LogFormat::Html => Paper { text: html_head(header), form: LogFormat::Html },
    };
    paper.filled(header, log)
}

fn html_head(header: &Header) -> String {
    let title = escape(&heading(header));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style></head><body>\n"
    )
}

const STYLE: &str = ":root{color-scheme:light dark}body{max-width:52rem;margin:2rem auto;padding:0 1rem;\
font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}h1{font-size:1.6rem}h2{margin-top:2.5rem}h3{font-size:1rem;\
margin:1.5rem 0 .25rem}ul{margin:.25rem 0;padding-left:1.25rem}@page{margin:16mm}@media print{body{margin:0;font-size:10pt}\
h2,h3{break-after:avoid}li{break-inside:avoid}}";

/// Something that is being written on, in one of the forms.
struct Paper {
    text: String,
    form: LogFormat,
}

impl Paper {
    fn filled(mut self, header: &Header, log: &Changelog) -> String {
        self.heading(1, &self.said(&heading(header)));
        if log.is_empty() {
            self.paragraph("Nothing was changed in this period.");
        }
        for (service, deployments) in &log.services {
            self.heading(2, &self.said(service));
            for deployed in deployments {
                self.deployed(deployed);
            }
        }
        if log.left_out > 0 {
            self.paragraph(&format!(
                "{} deployments more are left out: a change log tells of {MAX_DEPLOYMENTS} at most. Ask for a shorter period.",
                log.left_out
            ));
        }
        if self.form == LogFormat::Html {
            self.text.push_str("</body></html>\n");
        }
        self.text
    }

    fn deployed(&mut self, deployed: &Deployed) {
        let at = deployed.at.map_or_else(|| "at an unknown time".to_owned(), |at| at.to_minute());
        let what = match deployed.kind {
            ChangeKind::Deployment => "",
            ChangeKind::Rollback => ", put back",
            ChangeKind::Redeployment => ", once more",
            ChangeKind::Configuration => ", configuration",
        };
        let title =
            format!("{}, {}: {}{what}", self.said(&at), self.said(&deployed.environment), self.named(&deployed.what));
        self.heading(3, &title);
        let mut items: Vec<String> = deployed.lines.iter().map(|line| self.line(line)).collect();
        if items.is_empty() {
            items.push(match &deployed.replaces {
                Some(replaced) => format!("in place of {}; it brings no new commits", self.said(replaced)),
                None => "it is not known what it brings".to_owned(),
            });
        }
        if deployed.more > 0 {
            items.push(format!("and {} more", deployed.more));
        }
        self.list(&items);
    }

    /// What changed, why, and by whom.
    fn line(&self, line: &Line) -> String {
        let Line { what, why, by, approved_by } = line;
        let mut said = self.named(what);
        let people = |names: &[String]| names.iter().map(|name| self.said(name)).collect::<Vec<_>>().join(", ");
        if !why.is_empty() {
            let reasons: Vec<String> = why.iter().map(|ticket| self.named(ticket)).collect();
            let _ = write!(said, " — for {}", reasons.join(", "));
        }
        if !by.is_empty() {
            let _ = write!(said, " — by {}", people(by));
        }
        if !approved_by.is_empty() {
            let _ = write!(said, ", approved by {}", people(approved_by));
        }
        said
    }

    /// A name with its title; the name is a link where there is a page.
    fn named(&self, named: &Named) -> String {
        let Named { name, title, url } = named;
        let linked = self.linked(name, url.as_deref());
        match title {
            Some(title) => format!("{} ({linked})", self.said(title)),
            None => linked,
        }
    }

    fn linked(&self, name: &str, url: Option<&str>) -> String {
        let said = self.said(name);
        let Some(address) = url.and_then(address) else { return said };
        match self.form {
            LogFormat::Markdown => format!("[{said}](<{address}>)"),
            LogFormat::Html => format!("<a href=\"{}\" rel=\"noreferrer\">{said}</a>", escape(&address)),
        }
    }

    /// A text from outside in this form.
    fn said(&self, text: &str) -> String {
        let text = plain::clip(&plain::line(text), MAX_TITLE);
        match self.form {
            LogFormat::Markdown => markdown(&text),
            LogFormat::Html => escape(&text),
        }
    }

    fn heading(&mut self, level: usize, said: &str) {
        match self.form {
            LogFormat::Markdown => {
                let gap = if self.text.is_empty() || self.text.ends_with("\n\n") { "" } else { "\n" };
                self.text.push_str(&format!("{gap}{} {said}\n\n", "#".repeat(level)));
            }
            LogFormat::Html => self.text.push_str(&format!("<h{level}>{said}</h{level}>\n")),
        }
    }

    fn paragraph(&mut self, said: &str) {
        match self.form {
            LogFormat::Markdown => self.text.push_str(&format!("{said}\n")),
            LogFormat::Html => self.text.push_str(&format!("<p>{said}</p>\n")),
        }
    }

    fn list(&mut self, items: &[String]) {
        match self.form {
            LogFormat::Markdown => items.iter().for_each(|item| self.text.push_str(&format!("- {item}\n"))),
            LogFormat::Html => {
                self.text.push_str("<ul>\n");
                items.iter().for_each(|item| self.text.push_str(&format!("<li>{item}</li>\n")));
                self.text.push_str("</ul>\n");
            }
        }
    }
}

/// The first line: what the change log is of.
fn heading(header: &Header) -> String {
    let mut heading = format!("Changes from {} to {}", header.from.to_minute(), header.to.to_minute());
    if let Some(environment) = &header.environment {
        heading.push_str(&format!(", {environment}"));
    }
    if let Some(service) = &header.service {
        heading.push_str(&format!(", {service}"));
    }
    heading
}

/// The address of a page that may be linked; nothing but the web, and nothing that could end the link early.
fn address(url: &str) -> Option<String> {
    let address = url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    let address = address.to_string();
    (!address.contains(['<', '>', '"', '\\']) && !address.chars().any(char::is_whitespace)).then_some(address)
}

/// Text as Markdown: every sign of ASCII that could mean something is escaped.
///
/// Signs that are escaped need not be: Markdown shows them as they are. `&` begins an entity, so it is written as one. An
/// address that stands in a text would be linked by some programs; the backslash before its colon prevents it.
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    if text.starts_with('-') {
        // It would begin a list.
        escaped.push('\\');
    }
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' | ':' | '@'
            | '$' | '=' | '"' | '\'' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use throughline_domain::audit::changelog::Changelog;
    use throughline_domain::audit::row::ChangeKind;

    use super::{LogFormat, write};
    use crate::audit::samples::{good, header, hostile};

    fn log() -> Changelog {
        let mut log = Changelog::default();
        log.add(&good());
        let mut back = good();
        back.is_rollback = true;
        back.commits.clear();
        back.changes.clear();
        log.add(&back);
        assert_eq!(log.services.get("checkout").unwrap()[1].kind, ChangeKind::Rollback);
        log
    }

    #[test]
    fn a_change_log_is_the_stored_one() {
        let expected = "\
# Changes from 2026-03-01 00\\:00 UTC to 2026-04-01 00\\:00 UTC, production

## checkout

### 2026-03-14 10\\:00 UTC, production: checkout\\:1.8.0 (ghcr.io/acme/checkout\\:1.8.0)

- Retry timed out payments ([acme/checkout\\#42](<https://github.com/acme/checkout/pull/42>)) — for Payments time out at noon ([PAY-12](<https://acme.atlassian.net/browse/PAY-12>)) — by ada, approved by grace

### 2026-03-14 10\\:00 UTC, production: checkout\\:1.8.0 (ghcr.io/acme/checkout\\:1.8.0), put back

- in place of deployment d1; it brings no new commits
";
        assert_eq!(write(LogFormat::Markdown, &header(), &log()), expected);
    }

    #[test]
    fn what_others_wrote_is_no_markup() {
        let mut log = Changelog::default();
        log.add(&hostile());
        let markdown = write(LogFormat::Markdown, &header(), &log);
        for forbidden in ["<script", "<img", "**bold**", "`code`", "[x](", "](javascript", "](<javascript"] {
            assert!(!markdown.contains(forbidden), "{forbidden}\n{markdown}");
        }
        assert!(markdown.contains("\\*\\*bold\\*\\*") && markdown.contains("&lt;script&gt;"), "{markdown}");
        assert!(markdown.lines().all(|line| line.is_empty() || line.starts_with(['#', '-'])), "{markdown}");
        let html = write(LogFormat::Html, &header(), &log);
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script") && !html.contains("<img"), "{html}");
        assert!(!html.contains("href=\"javascript:"), "{html}");
    }

    #[test]
    fn an_empty_period_says_so() {
        let text = write(LogFormat::Markdown, &header(), &Changelog::default());
        assert!(text.ends_with("Nothing was changed in this period.\n"), "{text}");
        assert!(LogFormat::read("pdf").unwrap_err().to_string().contains("markdown, html"));
    }
}
