//! The audit of a period, asked and written: as CSV, XLSX, JSON Lines or HTML, as a page, and as a change log for people.
//!
//! What a row says and what an exception is, is decided in the domain. Here a question is read ([`plan`]), the dossiers are
//! fetched in batches ([`run`]), and each row is written at once and forgotten: memory grows with the sample and with the
//! number of distinct names, never with the number of rows.

use std::fmt;
use std::io::Write;

use serde_json::Value;
use thiserror::Error;
use throughline_domain::audit::controls::Controls;
use throughline_domain::audit::row::{Row, View};
use throughline_domain::audit::sample::Sample;
use throughline_domain::audit::totals::Totals;
use throughline_domain::time::Timestamp;

use crate::ask::AskError;

pub mod cell;
pub mod changelog;
mod csv;
pub mod handover;
mod html;
mod jsonl;
pub mod plan;
pub mod run;
#[cfg(test)]
mod samples;
mod xlsx;

pub use self::csv::summary;

/// The forms that a report can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Rows alone, separated by commas.
    Csv,
    /// A workbook with sheets for changes, exceptions, totals, sample, controls, and what the report is about.
    Xlsx,
    /// A JSON object in each line, with a `type`.
    Jsonl,
    /// One page that needs nothing else and can be printed.
    Html,
}

impl Format {
    /// Every form.
    pub const ALL: [Format; 4] = [Format::Csv, Format::Xlsx, Format::Jsonl, Format::Html];

    /// The word for it, which also ends the names of files.
    pub const fn word(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::Jsonl => "jsonl",
            Format::Html => "html",
        }
    }

    /// The type of its content.
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8; header=present",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Jsonl => "application/jsonl; charset=utf-8",
            Format::Html => "text/html; charset=utf-8",
        }
    }

    /// The form of that word.
    ///
    /// # Errors
    /// [`AuditError::Wrong`] with the words that there are.
    pub fn read(word: &str) -> Result<Self, AuditError> {
        let found = Self::ALL.into_iter().find(|format| format.word() == word.trim());
        found.ok_or_else(|| {
            let all: Vec<&str> = Self::ALL.iter().map(|format| format.word()).collect();
            AuditError::Wrong(format!("'{}' is no format; choose one of {}", shown(word), all.join(", ")))
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// Why a report could not be made.
#[derive(Debug, Error)]
pub enum AuditError {
    /// The question could not be answered.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// What was asked for is wrong; the text says what to write instead.
    #[error("{0}")]
    Wrong(String),
    /// The report could not be written.
    #[error("the report cannot be written: {0}")]
    Output(#[from] std::io::Error),
    /// The workbook could not be written.
    #[error("the workbook cannot be written: {0}")]
    Workbook(String),
}

/// What a report is about: everything that somebody needs to make the same one again.
#[derive(Clone, Debug)]
pub struct Header {
    /// The first moment of the period.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
    /// The environment that it is limited to.
    pub environment: Option<String>,
    /// The service that it is limited to.
    pub service: Option<String>,
    /// The control that it is limited to.
    pub control: Option<String>,
    /// Whether only changes with an exception have a row.
    pub only_exceptions: bool,
    /// When it was made.
    pub made: Timestamp,
    /// How many entries of the ledger it covers.
    pub ledger_size: u64,
    /// How many rows are drawn for the sample.
    pub sample_size: usize,
    /// The seed of the sample.
    pub seed: u64,
    /// Its columns and exceptions.
    pub view: View,
    /// The controls that it maps to.
    pub controls: Controls,
}

impl Header {
    /// What the report is about, as names and values in the order in which reports show them.
    pub fn about(&self) -> Vec<(&'static str, String)> {
        let or_all = |limit: &Option<String>| limit.clone().unwrap_or_else(|| "all".to_owned());
        let rows = if self.only_exceptions { "only those with an exception" } else { "all" };
        vec![
            ("Report", "Change history".to_owned()),
            ("From", self.from.to_string()),
            ("To, not included", self.to.to_string()),
            ("Environment", or_all(&self.environment)),
            ("Service", or_all(&self.service)),
            ("Control", or_all(&self.control)),
            ("Rows", rows.to_owned()),
            ("Made", self.made.to_string()),
            ("Ledger entries covered", self.ledger_size.to_string()),
            ("Sample size", self.sample_size.to_string()),
            ("Sample seed", self.seed.to_string()),
            ("Program", format!("throughline {}", env!("CARGO_PKG_VERSION"))),
        ]
    }

    /// A name for a file: `changes-2026-01-01-2026-04-01`.
    pub fn file_name(&self) -> String {
        let day = |at: Timestamp| at.to_string().chars().take(10).collect::<String>();
        format!("changes-{}-{}", day(self.from), day(self.to))
    }
}

/// What stands at the end of a report.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The totals.
    pub totals: Totals,
    /// The sample.
    pub sample: Sample<Row>,
}

/// Something that a report is written to, row by row.
pub trait Writer {
    /// Begins the report.
    ///
    /// # Errors
    /// That of the output.
    fn begin(&mut self, header: &Header) -> Result<(), AuditError>;

    /// Writes a row, which need not be remembered.
    ///
    /// # Errors
    /// That of the output.
    fn row(&mut self, header: &Header, row: &Row) -> Result<(), AuditError>;

    /// Ends the report.
    ///
    /// # Errors
    /// That of the output.
    fn end(&mut self, header: &Header, ending: &Ending) -> Result<(), AuditError>;
}

/// What takes the rows beside the report: the row as an object, and the ledger entries that it rests on.
pub type Handover<'a> = dyn FnMut(Value, &[u64]) -> Result<(), AuditError> + 'a;

/// The writer of a form.
pub fn writer<'a>(format: Format, output: &'a mut dyn Write) -> Box<dyn Writer + 'a> {
    match format {
        Format::Csv => Box::new(self::csv::CsvWriter::new(output)),
        Format::Xlsx => Box::new(self::xlsx::XlsxWriter::new(output)),
        Format::Jsonl => Box::new(self::jsonl::JsonlWriter::new(output)),
        Format::Html => Box::new(self::html::HtmlWriter::new(output)),
    }
}

/// What somebody wrote, fit for a message.
fn shown(text: &str) -> String {
    crate::plain::clip(&crate::plain::line(text), 60)
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn formats_read_back() {
        for format in Format::ALL {
            assert_eq!(Format::read(format.word()).unwrap(), format);
        }
        assert!(Format::read("pdf").unwrap_err().to_string().contains("csv, xlsx, jsonl, html"));
    }
}
