//! The report as CSV (RFC 4180): a line of names, then a line for each row. Every field is quoted.

use std::io::Write;

use ::csv::{ErrorKind, QuoteStyle, Terminator, WriterBuilder};
use throughline_domain::audit::controls::Control;
use throughline_domain::audit::row::Row;

use crate::audit::cell::{BETWEEN, safe, text};
use crate::audit::{AuditError, Ending, Header, Writer};

/// Writes rows as CSV. A file of CSV holds one table; [`summary`] writes another one with everything else.
pub(super) struct CsvWriter<'a> {
    output: ::csv::Writer<&'a mut dyn Write>,
}

impl<'a> CsvWriter<'a> {
    pub(super) fn new(output: &'a mut dyn Write) -> Self {
        Self { output: builder().from_writer(output) }
    }
}

impl Writer for CsvWriter<'_> {
    fn begin(&mut self, header: &Header) -> Result<(), AuditError> {
        self.output.write_record(header.view.columns.iter().map(|column| column.name)).map_err(failed)
    }

    fn row(&mut self, _header: &Header, row: &Row) -> Result<(), AuditError> {
        self.output.write_record(row.cells.iter().map(text)).map_err(failed)
    }

    fn end(&mut self, _header: &Header, _ending: &Ending) -> Result<(), AuditError> {
        Ok(self.output.flush()?)
    }
}

/// What a report says beside its rows, as a table of its own: what it is about, totals, sample, controls.
///
/// # Errors
/// That of the output.
pub fn summary(output: &mut dyn Write, header: &Header, ending: &Ending) -> Result<(), AuditError> {
    let mut output = builder().from_writer(output);
    let mut line = |section: &str, name: &str, value: &str| {
        output.write_record([section, &safe(name), &safe(value)]).map_err(failed)
    };
    line("section", "name", "value")?;
    for (name, value) in header.about() {
        line("About", name, &value)?;
    }
    for (section, name, count) in ending.totals.figures() {
        line(section, &name, &count.to_string())?;
    }
    line("Reconciliation", "Adds up", if ending.totals.reconciliation.balances() { "yes" } else { "no" })?;
    for row in &ending.sample.drawn {
        line("Sample", &row.number.to_string(), &row.key)?;
    }
    for control in header.controls.all() {
        line("Controls", &control.id, &of_control(control, ending))?;
    }
    output.flush()?;
    Ok(())
}

fn of_control(control: &Control, ending: &Ending) -> String {
    let count = ending.totals.controls.count(&control.id);
    let looked: Vec<&str> = control.exceptions.iter().map(|exception| exception.title()).collect();
    format!("{}: {count} rows with {}", control.framework, looked.join(BETWEEN))
}

fn builder() -> WriterBuilder {
    let mut builder = WriterBuilder::new();
    // Quotes around every field, so that what opens the file never guesses where one ends.
    builder.quote_style(QuoteStyle::Always).terminator(Terminator::CRLF);
    builder
}

fn failed(cause: ::csv::Error) -> AuditError {
    match cause.into_kind() {
        ErrorKind::Io(cause) => AuditError::Output(cause),
        other => AuditError::Output(std::io::Error::other(format!("{other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::samples::{ending, header, hostile, written};
    use crate::audit::{Format, summary};

    #[test]
    fn a_small_report_is_the_stored_one() {
        let text = written(Format::Csv);
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[0].starts_with("\"number\",\"environment\",\"service\",\"kind\",\"deployed_at\","));
        assert!(lines[1].starts_with(
            "\"1\",\"production\",\"checkout\",\"deployment\",\"2026-03-14T10:00:00Z\",\"success\",\"deployment d2\","
        ));
        assert!(lines[1].contains("\"PAY-12\",\"Payments time out at noon\""), "{text}");
        assert!(lines[2].contains("\"no_approval\""), "{text}");
        let fields = |line: &str| {
            ::csv::ReaderBuilder::new()
                .has_headers(false)
                .from_reader(line.as_bytes())
                .records()
                .next()
                .unwrap()
                .unwrap()
                .len()
        };
        assert!(lines.iter().all(|line| fields(line) == header().view.columns.len()));
    }

    #[test]
    fn no_field_is_a_formula() {
        let text = written(Format::Csv);
        let mut reader = ::csv::ReaderBuilder::new().from_reader(text.as_bytes());
        for record in reader.records() {
            for field in &record.unwrap() {
                let first = field.trim_start().chars().next();
                assert!(!first.is_some_and(|first| "=+-@＝＋－＠".contains(first)), "{field}");
                assert!(!field.chars().any(char::is_control), "{field:?}");
            }
        }
        let title = hostile().changes[0].piece.title.clone();
        assert!(title.trim_start().starts_with('=') && text.contains("'=HYPERLINK"), "{text}");
    }

    #[test]
    fn a_summary_has_what_the_rows_cannot_say() {
        let mut bytes = Vec::new();
        summary(&mut bytes, &header(), &ending()).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        for expected in [
            "\"section\",\"name\",\"value\"\r\n",
            "\"About\",\"Sample seed\",\"7\"\r\n",
            "\"Reconciliation\",\"Rows in this report\",\"3\"\r\n",
            "\"Reconciliation\",\"Adds up\",\"yes\"\r\n",
            "\"Exceptions\",\"No approval\",\"1\"\r\n",
            "\"Controls\",\"CC8.1\",\"SOC 2, Trust Services Criteria: ",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }
}
