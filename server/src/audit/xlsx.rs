//! The report as a workbook: changes, exceptions, totals, sample, controls, and what it is about, a sheet each.
//!
//! The sheets of changes and exceptions are written row by row into files of their own, so that memory holds one row of
//! each. A sheet that is full goes on in another one: `Changes 2`.

use std::io::{BufWriter, Seek, Write};

use rust_xlsxwriter::{Format as CellFormat, Workbook, Worksheet, XlsxError};
use throughline_domain::audit::columns::Cell;
use throughline_domain::audit::exceptions::Exception;
use throughline_domain::audit::row::Row;

use crate::audit::cell::{BETWEEN, safe, text};
use crate::audit::{AuditError, Ending, Header, Writer};

/// The sheets, in order.
const SHEETS: [&str; 6] = ["Changes", "Exceptions", "Totals", "Sample", "Controls", "About"];

/// The most rows of a sheet, by the file format.
const MAX_ROWS: u32 = 1_048_576;

/// The most UTF-16 units of a cell, by the file format.
const MAX_UNITS: usize = 32_767;

/// What stands at the end of a text that does not fit into a cell.
const CUT: &str = " … (cut; JSON Lines has the whole)";

/// How wide columns are, in characters of the sheet.
const WIDTH: f64 = 24.0;

/// The headings of the sheet of exceptions.
const EXCEPTION_HEADINGS: [&str; 8] =
    ["No.", "Environment", "Service", "Deployed", "Deployment's key", "Exception", "Title", "What it means"];

pub(super) struct XlsxWriter<'a> {
    output: &'a mut dyn Write,
    workbook: Workbook,
    heading: CellFormat,
    changes: Option<Series>,
    exceptions: Option<Series>,
}

/// Sheets of the same sort, of which the last one is written to.
struct Series {
    name: &'static str,
    headings: Vec<String>,
    sheet: usize,
    parts: u32,
    next: u32,
}

impl<'a> XlsxWriter<'a> {
    pub(super) fn new(output: &'a mut dyn Write) -> Self {
        let mut workbook = Workbook::new();
        // Without this the archive ends at 4 GiB.
        workbook.use_zip_large_file(true);
        let heading = CellFormat::new().set_bold();
        Self { output, workbook, heading, changes: None, exceptions: None }
    }

    /// A sheet whose rows are written for good as the next one begins.
    fn sheet(&mut self, name: &str, headings: &[String]) -> Result<usize, AuditError> {
        let place = self.workbook.worksheets().len();
        let sheet = self.workbook.add_worksheet_with_constant_memory().map_err(failed)?;
        sheet.set_name(name).map_err(failed)?;
        sheet.set_landscape().set_print_fit_to_pages(1, 0);
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        sheet.set_repeat_rows(0, 0).map_err(failed)?;
        for (column, heading) in (0_u16..).zip(headings) {
            sheet.set_column_width(column, WIDTH).map_err(failed)?;
            sheet.write_string_with_format(0, column, heading, &self.heading).map_err(failed)?;
        }
        Ok(place)
    }

    fn series(&mut self, name: &'static str, headings: Vec<String>) -> Result<Series, AuditError> {
        let sheet = self.sheet(name, &headings)?;
        Ok(Series { name, headings, sheet, parts: 1, next: 1 })
    }

    /// Adds a row to the last sheet of a series, or to a further one.
    fn add(&mut self, series: &mut Series, cells: &[Cell]) -> Result<(), AuditError> {
        if series.next >= MAX_ROWS {
            series.parts = series.parts.saturating_add(1);
            series.sheet = self.sheet(&format!("{} {}", series.name, series.parts), &series.headings)?;
            series.next = 1;
        }
        let sheet = self.workbook.worksheet_from_index(series.sheet).map_err(failed)?;
        fill(sheet, series.next, cells)?;
        series.next = series.next.saturating_add(1);
        Ok(())
    }

    /// A sheet with all its rows at once.
    fn table(&mut self, name: &'static str, headings: &[&str], rows: Vec<Vec<Cell>>) -> Result<(), AuditError> {
        let mut series = self.series(name, headings.iter().map(|heading| (*heading).to_owned()).collect())?;
        rows.iter().try_for_each(|row| self.add(&mut series, row))
    }

    fn save(&mut self) -> Result<(), AuditError> {
        // Further sheets of a series were added behind all others.
        self.workbook.worksheets_mut().sort_by_key(|sheet| rank(&sheet.name()));
        // The archive is put together out of order, and what it goes to may be a connection.
        let mut file = tempfile::tempfile()?;
        {
            let mut buffered = BufWriter::new(&mut file);
            self.workbook.save_to_writer(&mut buffered).map_err(failed)?;
            buffered.flush()?;
        }
        file.rewind()?;
        std::io::copy(&mut file, self.output)?;
        Ok(self.output.flush()?)
    }
}

impl Writer for XlsxWriter<'_> {
    fn begin(&mut self, header: &Header) -> Result<(), AuditError> {
        self.changes = Some(self.series("Changes", titles(header))?);
        let headings = EXCEPTION_HEADINGS.iter().map(|heading| (*heading).to_owned()).collect();
        self.exceptions = Some(self.series("Exceptions", headings)?);
        Ok(())
    }

    fn row(&mut self, _header: &Header, row: &Row) -> Result<(), AuditError> {
        let (Some(mut changes), Some(mut exceptions)) = (self.changes.take(), self.exceptions.take()) else {
            return Err(AuditError::Workbook("a row came before the report began".to_owned()));
        };
        self.add(&mut changes, &row.cells)?;
        for exception in &row.exceptions {
            self.add(&mut exceptions, &exception_cells(row, *exception))?;
        }
        (self.changes, self.exceptions) = (Some(changes), Some(exceptions));
        Ok(())
    }

    fn end(&mut self, header: &Header, ending: &Ending) -> Result<(), AuditError> {
        let mut figures: Vec<Vec<Cell>> = ending
            .totals
            .figures()
            .into_iter()
            .map(|(section, name, count)| vec![word(section), Cell::Text(name), Cell::Number(count)])
            .collect();
        let adds_up = if ending.totals.reconciliation.balances() { "yes" } else { "no" };
        figures.push(vec![word("Reconciliation"), word("Adds up"), word(adds_up)]);
        self.table("Totals", &["Section", "Name", "Number"], figures)?;
        let titles = titles(header);
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        let drawn = ending.sample.drawn.iter().map(|row| row.cells.clone()).collect();
        self.table("Sample", &titles, drawn)?;
        let headings =
            ["Control", "Framework", "Title", "Text", "What the rows are meant to show", "Exceptions", "Rows with one"];
        self.table("Controls", &headings, control_rows(header, ending))?;
        let about = header.about().into_iter().map(|(name, value)| vec![word(name), Cell::Text(value)]).collect();
        self.table("About", &["Name", "Value"], about)?;
        self.save()
    }
}

fn titles(header: &Header) -> Vec<String> {
    header.view.columns.iter().map(|column| column.title.to_owned()).collect()
}

fn word(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn exception_cells(row: &Row, exception: Exception) -> Vec<Cell> {
    vec![
        Cell::Number(row.number),
        word(&row.environment),
        word(&row.service),
        row.at.map_or(Cell::Empty, |at| Cell::Text(at.to_string())),
        word(&row.key),
        word(exception.word()),
        word(exception.title()),
        word(exception.meaning()),
    ]
}

fn control_rows(header: &Header, ending: &Ending) -> Vec<Vec<Cell>> {
    let rows = header.controls.all().iter().map(|control| {
        let looked: Vec<&str> = control.exceptions.iter().map(|exception| exception.title()).collect();
        vec![
            word(&control.id),
            word(&control.framework),
            word(&control.title),
            word(&control.text),
            word(&control.assertion),
            Cell::Text(looked.join(BETWEEN)),
            Cell::Number(ending.totals.controls.count(&control.id)),
        ]
    });
    rows.collect()
}

fn fill(sheet: &mut Worksheet, row: u32, cells: &[Cell]) -> Result<(), AuditError> {
    for (column, cell) in (0_u16..).zip(cells) {
        match content(cell) {
            Content::Nothing => {}
            Content::Number(number) => {
                sheet.write_number(row, column, number).map_err(failed)?;
            }
            Content::Text(text) => {
                sheet.write_string(row, column, text).map_err(failed)?;
            }
        }
    }
    Ok(())
}

/// What is written into a cell.
#[derive(Debug, PartialEq)]
enum Content {
    Nothing,
    Number(f64),
    Text(String),
}

fn content(cell: &Cell) -> Content {
    match cell {
        Cell::Empty => Content::Nothing,
        Cell::Number(number) => match u32::try_from(*number) {
            Ok(number) => Content::Number(f64::from(number)),
            // A larger number could lose its last digits.
            Err(_) => Content::Text(number.to_string()),
        },
        Cell::Text(given) => Content::Text(fitting(safe(given))),
        Cell::List(_) => Content::Text(fitting(text(cell))),
    }
}

/// The text as far as a cell can hold it.
fn fitting(text: String) -> String {
    if text.encode_utf16().count() <= MAX_UNITS {
        return text;
    }
    let mut left = MAX_UNITS.saturating_sub(CUT.encode_utf16().count());
    let fits = |character: &char| {
        let units = character.len_utf16();
        let is_room = units <= left;
        left = left.saturating_sub(units);
        is_room
    };
    text.chars().take_while(fits).collect::<String>() + CUT
}

/// The place of a sheet among all; further sheets of a series have a number behind the name.
fn rank(name: &str) -> usize {
    let base = name.split(' ').next().unwrap_or_default();
    SHEETS.iter().position(|sheet| *sheet == base).unwrap_or(SHEETS.len())
}

fn failed(cause: XlsxError) -> AuditError {
    AuditError::Workbook(cause.to_string())
}

#[cfg(test)]
mod tests {
    use throughline_domain::audit::columns::Cell;

    use super::{CUT, Content, MAX_UNITS, content, rank};
    use crate::audit::Format;
    use crate::audit::samples::{bytes, rows};

    #[test]
    fn a_workbook_has_its_six_sheets() {
        let workbook = bytes(Format::Xlsx);
        assert!(workbook.starts_with(b"PK"));
        let names = |name: &str| workbook.windows(name.len()).any(|window| window == name.as_bytes());
        assert!(names("xl/worksheets/sheet6.xml") && !names("xl/worksheets/sheet7.xml"));
    }

    #[test]
    fn no_cell_is_a_formula_and_every_cell_has_room() {
        for row in rows() {
            for cell in &row.cells {
                if let Content::Text(text) = content(cell) {
                    let first = text.trim_start().chars().next();
                    assert!(!first.is_some_and(|first| "=+-@＝＋－＠".contains(first)), "{text}");
                }
            }
        }
        let Content::Text(long) = content(&Cell::Text("𝄞".repeat(20_000))) else { panic!("it is text") };
        assert!(long.encode_utf16().count() <= MAX_UNITS && long.ends_with(CUT));
        assert_eq!(content(&Cell::Number(7)), Content::Number(7.0));
        assert_eq!(content(&Cell::Number(u64::MAX)), Content::Text(u64::MAX.to_string()));
        assert_eq!(content(&Cell::Empty), Content::Nothing);
    }

    #[test]
    fn further_sheets_stand_behind_their_first() {
        assert_eq!(["Changes", "Changes 2", "Exceptions", "About"].map(rank), [0, 0, 1, 5]);
    }
}
