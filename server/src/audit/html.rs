//! The report as one page that needs nothing else: it can be mailed, kept for years and printed.
//!
//! It is written as it comes. Exceptions have a table of their own behind the rows; until those have ended they wait in a
//! temporary file.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};

use throughline_domain::audit::columns::{Cell, Column};
use throughline_domain::audit::row::Row;

use crate::audit::cell::{self, safe};
use crate::audit::{AuditError, Ending, Header, Writer};

/// The columns that stand in a row of their own; the others stand below it.
const MAIN: [&str; 10] = [
    "number",
    "environment",
    "service",
    "deployed_at",
    "tickets",
    "changes",
    "authors",
    "approvers",
    "tests",
    "exceptions",
];

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1a2027;--paper:#fff;--quiet:#525d66;--edge:#c4cbcf;--doubt:#775200;--doubt-soft:#f7efdc}\
@media (prefers-color-scheme:dark){:root{--ink:#e4e8eb;--paper:#12161a;--quiet:#a4afb8;--edge:#3a444c;--doubt:#e2b554;--doubt-soft:#33290f}}\
body{margin:2rem;background:var(--paper);color:var(--ink);font:14px/1.45 system-ui,sans-serif;overflow-wrap:anywhere}\
h1{font-size:1.6rem;margin:0 0 .5rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}\
table{width:100%;border-collapse:collapse}th,td{padding:.3rem .6rem .3rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--edge)}\
thead{display:table-header-group}thead th{color:var(--quiet);font-size:.8rem}\
tbody.change tr:first-child td{border-bottom:0}.rest{color:var(--quiet);font-size:.8rem}.rest b{color:var(--ink);font-weight:600}\
.badge{display:inline-block;padding:0 .4rem;border:1px solid var(--doubt);background:var(--doubt-soft);border-radius:.25rem;white-space:nowrap}\
.end{text-align:right;font-variant-numeric:tabular-nums}.wrong{font-weight:700;color:var(--doubt)}\
@page{size:A4 landscape;margin:12mm}\
@media print{:root{color-scheme:light;--ink:#000;--paper:#fff;--quiet:#333;--edge:#999;--doubt:#000;--doubt-soft:#fff}\
body{margin:0;font-size:8.5pt}tbody.change,tr{break-inside:avoid}h2{break-after:avoid}section{break-before:page}nav{display:none}a{color:inherit;text-decoration:none}}";

pub(super) struct HtmlWriter<'a> {
    output: &'a mut dyn Write,
    exceptions: Option<BufWriter<File>>,
}

impl<'a> HtmlWriter<'a> {
    pub(super) fn new(output: &'a mut dyn Write) -> Self {
        Self { output, exceptions: None }
    }

    fn exceptions(&mut self, header: &Header) -> Result<(), AuditError> {
        self.open("exceptions", "Exceptions")?;
        writeln!(self.output, "<p>An exception is no verdict: it is what an auditor may want to ask about.</p>")?;
        self.table(&["Exception", "What it means"])?;
        for exception in &header.view.exceptions {
            let (title, meaning) = (escape(exception.title()), escape(exception.meaning()));
            writeln!(self.output, "<tr><td>{title}</td><td>{meaning}</td></tr>")?;
        }
        writeln!(self.output, "</tbody></table>")?;
        self.table(&["No.", "Environment", "Service", "Deployed", "Exception", "Deployment's key"])?;
        if let Some(spool) = self.exceptions.take() {
            let mut file = spool.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.rewind()?;
            std::io::copy(&mut file, self.output)?;
        }
        Ok(writeln!(self.output, "</tbody></table></section>")?)
    }

    fn totals(&mut self, ending: &Ending) -> Result<(), AuditError> {
        self.open("totals", "Totals")?;
        if ending.totals.reconciliation.balances() {
            writeln!(self.output, "<p>The rows and what was left out add up to what the graph has.</p>")?;
        } else {
            writeln!(
                self.output,
                "<p class=\"wrong\">The rows and what was left out do not add up to what the graph has. Make the report again; \
                 if it stays so, something is lost.</p>"
            )?;
        }
        self.table(&["Section", "Name", "Number"])?;
        for (section, name, count) in ending.totals.figures() {
            let name = escape(&safe(&name));
            writeln!(self.output, "<tr><td>{section}</td><td>{name}</td><td class=\"end\">{count}</td></tr>")?;
        }
        Ok(writeln!(self.output, "</tbody></table></section>")?)
    }

    fn sample(&mut self, header: &Header, ending: &Ending) -> Result<(), AuditError> {
        self.open("sample", "Sample")?;
        let sample = &ending.sample;
        writeln!(
            self.output,
            "<p>{} of {} rows, drawn by SplitMix64 from the seed {}. Whoever uses the same seed and size draws the same \
             rows.</p>",
            sample.drawn.len(),
            sample.population,
            sample.seed
        )?;
        self.change_table(header)?;
        for row in &sample.drawn {
            change(self.output, header, row)?;
        }
        Ok(writeln!(self.output, "</table></section>")?)
    }

    fn controls(&mut self, header: &Header, ending: &Ending) -> Result<(), AuditError> {
        self.open("controls", "Controls")?;
        self.table(&[
            "Control",
            "What it asks for",
            "What the rows are meant to show",
            "Looks at",
            "Rows with an exception",
        ])?;
        for control in header.controls.all() {
            let looked: Vec<&str> = control.exceptions.iter().map(|exception| exception.title()).collect();
            writeln!(
                self.output,
                "<tr><td><b>{}</b><br>{}<br>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"end\">{}</td></tr>",
                escape(&safe(&control.id)),
                escape(&safe(&control.framework)),
                escape(&safe(&control.title)),
                escape(&safe(&control.text)),
                escape(&safe(&control.assertion)),
                escape(&looked.join(", ")),
                ending.totals.controls.count(&control.id)
            )?;
        }
        Ok(writeln!(self.output, "</tbody></table></section>")?)
    }

    fn open(&mut self, id: &str, title: &str) -> Result<(), AuditError> {
        Ok(writeln!(self.output, "<section id=\"{id}\"><h2>{title}</h2>")?)
    }

    /// Begins a table, up to its first row.
    fn table(&mut self, headings: &[&str]) -> Result<(), AuditError> {
        write!(self.output, "<table><thead><tr>")?;
        for heading in headings {
            write!(self.output, "<th scope=\"col\">{}</th>", escape(heading))?;
        }
        Ok(writeln!(self.output, "</tr></thead><tbody>")?)
    }

    /// Begins a table of changes; each of these is a body of its own, so that it is not torn apart between pages.
    fn change_table(&mut self, header: &Header) -> Result<(), AuditError> {
        write!(self.output, "<table><thead><tr>")?;
        for column in header.view.columns.iter().filter(|column| is_main(column)) {
            write!(self.output, "<th scope=\"col\">{}</th>", escape(column.title))?;
        }
        Ok(writeln!(self.output, "</tr></thead>")?)
    }
}

impl Writer for HtmlWriter<'_> {
    fn begin(&mut self, header: &Header) -> Result<(), AuditError> {
        self.exceptions = Some(BufWriter::new(tempfile::tempfile()?));
        let title = escape(&header.file_name());
        writeln!(
            self.output,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title}</title>\n<style>{STYLE}</style></head><body>\n<h1>Change history</h1>\n<table><tbody>"
        )?;
        for (name, value) in header.about() {
            writeln!(self.output, "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>", escape(&safe(&value)))?;
        }
        writeln!(
            self.output,
            "</tbody></table>\n<nav><p><a href=\"#changes\">Changes</a> · <a href=\"#exceptions\">Exceptions</a> · \
             <a href=\"#totals\">Totals</a> · <a href=\"#sample\">Sample</a> · <a href=\"#controls\">Controls</a></p></nav>"
        )?;
        self.open("changes", "Changes")?;
        self.change_table(header)
    }

    fn row(&mut self, header: &Header, row: &Row) -> Result<(), AuditError> {
        change(self.output, header, row)?;
        let Some(spool) = &mut self.exceptions else { return Ok(()) };
        for exception in &row.exceptions {
            writeln!(
                spool,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                row.number,
                escape(&safe(&row.environment)),
                escape(&safe(&row.service)),
                row.at.map(|at| at.to_string()).unwrap_or_default(),
                escape(exception.title()),
                escape(&safe(&row.key))
            )?;
        }
        Ok(())
    }

    fn end(&mut self, header: &Header, ending: &Ending) -> Result<(), AuditError> {
        writeln!(self.output, "</table></section>")?;
        self.exceptions(header)?;
        self.totals(ending)?;
        self.sample(header, ending)?;
        self.controls(header, ending)?;
        writeln!(self.output, "</body></html>")?;
        Ok(self.output.flush()?)
    }
}

/// A change: a row with what matters most, and one with everything else.
fn change(output: &mut dyn Write, header: &Header, row: &Row) -> Result<(), AuditError> {
    let cells: Vec<(&Column, &Cell)> = header.view.columns.iter().copied().zip(&row.cells).collect();
    write!(output, "<tbody class=\"change\"><tr>")?;
    for (column, cell) in cells.iter().filter(|(column, _)| is_main(column)) {
        write!(output, "<td>{}</td>", shown(column, cell, row))?;
    }
    let width = cells.iter().filter(|(column, _)| is_main(column)).count();
    let rest: Vec<String> = cells
        .iter()
        .filter(|(column, cell)| !is_main(column) && !is_empty(cell))
        .map(|(column, cell)| format!("<b>{}</b> {}", escape(column.title), shown(column, cell, row)))
        .collect();
    Ok(writeln!(output, "</tr><tr><td colspan=\"{width}\" class=\"rest\">{}</td></tr></tbody>", rest.join(" · "))?)
}

fn is_main(column: &Column) -> bool {
    MAIN.contains(&column.name)
}

fn is_empty(cell: &Cell) -> bool {
    match cell {
        Cell::Empty => true,
        Cell::List(list) => list.is_empty(),
        Cell::Text(_) | Cell::Number(_) => false,
    }
}

/// A cell as HTML: exceptions as badges, pages as links, everything else as escaped text.
fn shown(column: &Column, cell: &Cell, row: &Row) -> String {
    if column.name == "exceptions" {
        let badge = row.exceptions.iter().map(|exception| {
            let (title, meaning) = (escape(exception.title()), escape(exception.meaning()));
            format!("<span class=\"badge\" title=\"{meaning}\">{title}</span>")
        });
        return badge.collect::<Vec<_>>().join(" ");
    }
    match cell {
        Cell::List(list) => list.iter().map(|text| linked(text)).collect::<Vec<_>>().join("<br>"),
        Cell::Text(text) => linked(text),
        Cell::Empty | Cell::Number(_) => escape(&cell::text(cell)),
    }
}

/// A text; the address of a page is a link, and nothing else is.
fn linked(text: &str) -> String {
    let is_address = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
    let text = escape(&safe(text));
    if is_address { format!("<a href=\"{text}\" rel=\"noreferrer\">{text}</a>") } else { text }
}

/// A text as HTML.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;
    use crate::audit::Format;
    use crate::audit::samples::written;

    #[test]
    fn a_page_has_every_part_and_needs_nothing_else() {
        let page = written(Format::Html);
        for expected in [
            "<section id=\"changes\">",
            "<section id=\"exceptions\">",
            "<section id=\"totals\">",
            "<section id=\"sample\">",
            "<section id=\"controls\">",
            "<th scope=\"row\">Sample seed</th><td>7</td>",
            "<span class=\"badge\" title=\"A pull request that is brought was approved by nobody",
            "add up to what the graph has",
            "CC8.1",
        ] {
            assert!(page.contains(expected), "{expected}\n{page}");
        }
        for forbidden in ["<script", "<img", "<link", "url(", "@import"] {
            assert!(!page.contains(forbidden), "{forbidden}\n{page}");
        }
        for element in ["table", "thead", "section", "tr", "td"] {
            let count = |text: String| page.matches(&text).count();
            let opened = count(format!("<{element}>")) + count(format!("<{element} "));
            assert_eq!(opened, count(format!("</{element}>")), "{element}");
        }
    }

    #[test]
    fn what_others_wrote_stays_text() {
        let page = written(Format::Html);
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
        assert!(page.contains("&#39;+cmd|"), "a formula is made text here too\n{page}");
        assert!(!page.contains("href=\"javascript:"), "{page}");
        assert_eq!(escape("<a href=\"x\" title='y'>&"), "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;");
    }
}
