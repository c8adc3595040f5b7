//! The figures, as tables.

use std::time::Duration;

use super::child::Measured;

/// Less than this is noise: a ratio to it says nothing.
const LEAST_BYTES: u64 = 1024 * 1024;

/// What one command took.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it does.
    pub name: String,
    /// What it took.
    pub measured: Measured,
    /// The peak of a command that does everything but that: it loads the graph, or only starts.
    pub baseline_bytes: Option<u64>,
    /// The size of the files that it has written or read.
    pub file_bytes: u64,
}

/// What was measured over one year.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// How many changes it has.
    pub changes: u64,
    /// The command that only loads the graph.
    pub baseline: Measured,
    /// The others.
    pub lines: Vec<Line>,
}

impl Line {
    /// By how much its peak is above the baseline.
    pub fn above_bytes(&self) -> Option<u64> {
        Some(self.measured.peak_bytes?.saturating_sub(self.baseline_bytes?))
    }
}

/// Prints what was measured over one year.
pub fn print(sheet: &Sheet) {
    println!(
        "{:24} {:>9} {:>9} {:>10} {:>10} {:>10} {:>10}",
        "MiB of memory and files", "seconds", "rows/s", "peak", "above base", "growth", "files"
    );
    let Measured { time, peak_bytes, .. } = &sheet.baseline;
    let nothing = "-";
    println!(
        "{:24} {:>9.2} {nothing:>9} {:>10} {nothing:>10} {nothing:>10} {nothing:>10}",
        "load the graph alone",
        time.as_secs_f64(),
        or_nothing(*peak_bytes)
    );
    for line in &sheet.lines {
        println!(
            "{:24} {:>9.2} {:>9.0} {:>10} {:>10} {:>10} {:>10}",
            line.name,
            line.measured.time.as_secs_f64(),
            rate(sheet.changes, line.measured.time),
            or_nothing(line.measured.peak_bytes),
            or_nothing(line.above_bytes()),
            or_nothing(line.measured.growth_bytes),
            mebibytes(line.file_bytes)
        );
    }
}

/// Prints the memory over a tenth of the year beside that over all of it.
pub fn print_ratios(tenth: &Sheet, whole: &Sheet) {
    println!("\npeak above the baseline in MiB, and the ratio; less than 1 MiB counts as 1 MiB");
    println!("{:24} {:>12} {:>12} {:>8}", "changes", tenth.changes, whole.changes, "ratio");
    for (few, many) in tenth.lines.iter().zip(&whole.lines) {
        let both = few.above_bytes().zip(many.above_bytes());
        let ratio = both.map(|(few, many)| kibibytes(many.max(LEAST_BYTES)) / kibibytes(few.max(LEAST_BYTES)));
        println!(
            "{:24} {:>12} {:>12} {:>8}",
            many.name,
            or_nothing(few.above_bytes()),
            or_nothing(many.above_bytes()),
            ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"))
        );
    }
}

/// A size in MiB.
pub fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", kibibytes(bytes) / 1_024.0)
}

fn or_nothing(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "-".to_owned(), mebibytes)
}

fn kibibytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1_024).unwrap_or(u32::MAX))
}

fn rate(count: u64, time: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Line, mebibytes, rate};
    use crate::export::child::Measured;

    #[test]
    fn figures_are_of_the_units_that_they_are_printed_in() {
        assert_eq!(mebibytes(3 * 512 * 1_024), "1.5");
        assert!((rate(500, Duration::from_millis(250)) - 2_000.0).abs() < 1e-9);
        let measured =
            Measured { time: Duration::from_secs(1), peak_bytes: Some(900), growth_bytes: None, said: String::new() };
        let line = Line { name: "csv".to_owned(), measured, baseline_bytes: Some(1_000), file_bytes: 0 };
        assert_eq!(line.above_bytes(), Some(0), "a peak below the baseline is not above it");
        assert_eq!(Line { baseline_bytes: None, ..line }.above_bytes(), None);
    }
}
