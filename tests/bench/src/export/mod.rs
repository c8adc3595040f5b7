//! A year of changes exported by the real program: how long each form takes, and whether its memory grows with the rows.
//!
//! The same is measured over a tenth of the year and over all of it. A command that only loads the graph is the baseline,
//! since every command line does that first; a server does it once. What an export takes beside is its peak above the
//! baseline. The graph itself grows with the ledger, and its peak while it is loaded may hide what the export takes later:
//! so the table also says by how much the resident memory rose from the first output on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use tempfile::TempDir;
use throughline::audit::Format;
use throughline_tests::repository::root;

mod child;
mod ledger;
mod table;
mod year;

use child::{Measured, Program, measured};
use table::{Line, Sheet, mebibytes};
use year::{DAYS, Year};

/// By how much the peak above the baseline may grow from a tenth of the changes to all of them. An export keeps 32 bytes for
/// each change, twice as many while they are put in order; the rest is what the allocator and the database keep for later.
const MAX_GROWTH_BYTES: u64 = 32 * 1024 * 1024;

/// What the second verifier needs beside Python.
const SIGNATURES: &str = "from cryptography.hazmat.primitives.asymmetric import ed25519; import hashlib, json";

/// The arguments of `export`.
#[derive(Debug, Args)]
pub struct ExportCall {
    /// How many deployments to production the year has.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    changes: u64,
    /// How many services they are of.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    services: u64,
    /// The program to measure; the one beside this program unless given.
    #[arg(long)]
    program: Option<PathBuf>,
    /// In which folder the temporary one is made: 100,000 changes take some gigabytes.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// End well even where memory grows.
    #[arg(long)]
    keep_going: bool,
}

/// Makes both years, measures, and prints the tables.
///
/// # Errors
/// A text that says what could not be measured, or whose memory grew.
pub fn run(call: &ExportCall) -> Result<(), String> {
    let program = program(call)?;
    let tenth = sheet_of(call, &program, call.changes / 10)?;
    let whole = sheet_of(call, &program, call.changes)?;
    table::print_ratios(&tenth, &whole);
    let grown = grown(&tenth, &whole);
    if grown.is_empty() {
        println!("no peak above the baseline grew by more than {} MiB", mebibytes(MAX_GROWTH_BYTES));
        return Ok(());
    }
    let text = format!("memory grew by more than {} MiB: {}", mebibytes(MAX_GROWTH_BYTES), grown.join(", "));
    if call.keep_going {
        println!("{text}");
        Ok(())
    } else {
        Err(text)
    }
}

fn program(call: &ExportCall) -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|cause| cause.to_string())?;
    let beside = own.with_file_name(format!("throughline{}", std::env::consts::EXE_SUFFIX));
    let path = call.program.clone().unwrap_or(beside);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("{} is missing: run `cargo build --release` first, or name another with --program", path.display()))
    }
}

/// Makes a year in a folder of its own, and measures over it.
fn sheet_of(call: &ExportCall, program: &Path, changes: u64) -> Result<Sheet, String> {
    let folder = match &call.folder {
        Some(place) => TempDir::new_in(place),
        None => TempDir::new(),
    };
    let folder = folder.map_err(|cause| format!("no temporary folder can be made: {cause}"))?;
    let year = Year { changes, services: call.services };
    let data_folder = folder.path().join("data");
    fs::create_dir(&data_folder).map_err(|cause| cause.to_string())?;
    let made = ledger::make(&data_folder, year)?;
    println!(
        "\n{changes} changes of {} services: {} entries, appended in {:.1?}, folded in {:.1?}, {} MiB",
        call.services,
        made.entries,
        made.appending,
        made.folding,
        mebibytes(size_of(&data_folder)?)
    );
    let program = Program { path: program.to_owned(), data_folder };
    let sheet = Bench { program, year, work: folder.path() }.measure()?;
    table::print(&sheet);
    Ok(sheet)
}

/// What is measured over one year.
struct Bench<'a> {
    program: Program,
    year: Year,
    /// Where files may be written.
    work: &'a Path,
}

impl Bench<'_> {
    fn measure(&self) -> Result<Sheet, String> {
        let commit = self.year.last_commit();
        let baseline = measured(&mut self.program.command(&["resolve", commit.as_str()]), None)?;
        let mut lines = Vec::new();
        for format in Format::ALL {
            lines.push(self.export(format, &baseline)?);
        }
        lines.extend(self.bundle(&baseline)?);
        Ok(Sheet { changes: self.year.changes, baseline, lines })
    }

    /// Exports in one form to a file.
    fn export(&self, format: Format, baseline: &Measured) -> Result<Line, String> {
        let name = format.word();
        let folder = self.fresh(name)?;
        let took = self.exported(format, &folder, &[])?;
        let file_bytes = size_of(&folder)?;
        fs::remove_dir_all(&folder).map_err(|cause| cause.to_string())?;
        Ok(line(&format!("export {name}"), took, baseline.peak_bytes, file_bytes))
    }

    /// Exports with a bundle, and checks that with both verifiers, as far as the second one can run here.
    fn bundle(&self, baseline: &Measured) -> Result<Vec<Line>, String> {
        let folder = self.fresh("bundle")?;
        let path = folder.join("changes.bundle.jsonl");
        let bundle = path.to_string_lossy().into_owned();
        let took = self.exported(Format::Jsonl, &folder, &["--bundle", bundle.as_str()])?;
        let mut lines = vec![line("export jsonl and bundle", took, baseline.peak_bytes, size_of(&folder)?)];
        let file_bytes = fs::metadata(&path).map_err(|cause| format!("{bundle}: {cause}"))?.len();
        let start = measured(&mut self.program.command(&["--version"]), None)?;
        let took = measured(&mut self.program.command(&["verify", bundle.as_str()]), None)?;
        lines.push(line("verify the bundle", took, start.peak_bytes, file_bytes));
        match measured(Command::new("python3").args(["-c", SIGNATURES]), None) {
            Ok(start) => {
                let verifier = root().join("docs/verify_bundle.py");
                let took = measured(Command::new("python3").arg(verifier).arg(&bundle), None)?;
                lines.push(line("verify it with Python", took, start.peak_bytes, file_bytes));
            }
            Err(cause) => {
                println!("the second verifier is not measured, python3 with `cryptography` is not here: {cause}")
            }
        }
        fs::remove_dir_all(&folder).map_err(|cause| cause.to_string())?;
        Ok(lines)
    }

    fn exported(&self, format: Format, folder: &Path, further: &[&str]) -> Result<Measured, String> {
        let output = folder.join(format!("changes.{}", format.word()));
        let output = output.to_string_lossy().into_owned();
        let [from, to] = DAYS;
        let mut arguments = vec!["export", "changes", "--from", from, "--to", to];
        arguments.extend(["--format", format.word(), "--output", output.as_str()]);
        arguments.extend(further);
        let took = measured(&mut self.program.command(&arguments), Some(folder))?;
        let changes = self.year.changes;
        let expected = format!("{changes} rows, 0 of them with an exception, of {changes} changes in the graph");
        if took.said.contains(&expected) { Ok(took) } else { Err(format!("not all is exported: {}", took.said)) }
    }

    fn fresh(&self, name: &str) -> Result<PathBuf, String> {
        let folder = self.work.join(name);
        fs::create_dir(&folder).map_err(|cause| format!("{}: {cause}", folder.display()))?;
        Ok(folder)
    }
}

fn line(name: &str, measured: Measured, baseline_bytes: Option<u64>, file_bytes: u64) -> Line {
    Line { name: name.to_owned(), measured, baseline_bytes, file_bytes }
}

/// What takes more memory for ten times as many rows than is allowed for.
fn grown(tenth: &Sheet, whole: &Sheet) -> Vec<String> {
    let both = tenth.lines.iter().zip(&whole.lines);
    let grown = both.filter(|(few, many)| {
        let peaks = few.above_bytes().zip(many.above_bytes());
        peaks.is_some_and(|(few, many)| many.saturating_sub(few) > MAX_GROWTH_BYTES)
    });
    grown.map(|(_, many)| many.name.clone()).collect()
}

/// The size of all files in a folder, in bytes.
fn size_of(folder: &Path) -> Result<u64, String> {
    let mut bytes = 0_u64;
    for entry in fs::read_dir(folder).map_err(|cause| cause.to_string())? {
        let metadata = entry.and_then(|entry| entry.metadata()).map_err(|cause| cause.to_string())?;
        if metadata.is_file() {
            bytes = bytes.saturating_add(metadata.len());
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{MAX_GROWTH_BYTES, Measured, Sheet, grown, line};

    fn sheet(above: [Option<u64>; 2]) -> Sheet {
        let took = |peak_bytes: Option<u64>| Measured {
            time: Duration::from_secs(1),
            peak_bytes,
            growth_bytes: None,
            said: String::new(),
        };
        let lines = ["csv", "xlsx"].into_iter().zip(above);
        let lines = lines.map(|(name, above)| line(name, took(above.map(|above| 1_000 + above)), Some(1_000), 0));
        Sheet { changes: 1, baseline: took(Some(1_000)), lines: lines.collect() }
    }

    #[test]
    fn what_grows_with_the_rows_is_named() {
        let few = sheet([Some(0), Some(5)]);
        assert!(grown(&few, &sheet([Some(MAX_GROWTH_BYTES), Some(5)])).is_empty());
        assert_eq!(grown(&few, &sheet([Some(0), Some(MAX_GROWTH_BYTES + 6)])), ["xlsx"]);
        assert!(grown(&few, &sheet([None, Some(0)])).is_empty(), "nothing is said of what is not known");
    }
}
