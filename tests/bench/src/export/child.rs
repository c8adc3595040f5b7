//! A program as a child process: how long it takes, and how much memory it has resident at most.
//!
//! Linux says in `/proc/<pid>/status` how much a process has resident (`VmRSS`) and the most that it ever had (`VmHWM`),
//! as long as it runs. Both are read every five milliseconds until it ends: only what it takes for the first time in the
//! last five of them is missed. On other systems the memory is not told.

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use throughline_tests::waiting;

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(4 * 3_600);

/// What a command took.
#[derive(Clone, Debug)]
pub struct Measured {
    /// How long.
    pub time: Duration,
    /// The most memory that was resident, in bytes.
    pub peak_bytes: Option<u64>,
    /// By how much the resident memory rose from when the first output appeared, in bytes: what loading the graph has taken
    /// and given back does not hide that.
    pub growth_bytes: Option<u64>,
    /// What it said beside its output.
    pub said: String,
}

/// The program under measurement, with the settings of a data folder.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its file.
    pub path: PathBuf,
    /// The data folder.
    pub data_folder: PathBuf,
}

impl Program {
    /// A command of it, apart from the environment of the measurement.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("THROUGHLINE_") {
                command.env_remove(name);
            }
        }
        command.args(arguments).env("THROUGHLINE_SERVER_DATA_FOLDER", &self.data_folder);
        command
    }
}

/// Runs a command to its end. In `output`, where it is given, its first output will appear: an empty folder.
///
/// # Errors
/// A text with what the command said, where it cannot be started, does not end, or ends badly.
pub fn measured(command: &mut Command, output: Option<&Path>) -> Result<Measured, String> {
    let text = |cause: std::io::Error| format!("{}: {cause}", command_line(command));
    let mut errors = tempfile::tempfile().map_err(text)?;
    let stderr = errors.try_clone().map_err(text)?;
    let begin = Instant::now();
    let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn();
    let mut child = started.map_err(|cause| format!("{}: {cause}", command_line(command)))?;
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut watch = Watch::default();
    let ended = waiting::within(LIMIT, || {
        watch.look(&status, output);
        child.try_wait().transpose()
    });
    let time = begin.elapsed();
    if ended.is_none() {
        // Fails only where it has ended after all.
        let _ = child.kill();
        let _ = child.wait();
    }
    let said = read_back(&mut errors).map_err(|cause| cause.to_string())?;
    match ended {
        Some(Ok(status)) if status.success() => {
            Ok(Measured { time, peak_bytes: watch.peak, growth_bytes: watch.growth(), said })
        }
        Some(Ok(status)) => Err(format!("{}: {status}\n{said}", command_line(command))),
        Some(Err(cause)) => Err(format!("{}: {cause}\n{said}", command_line(command))),
        None => Err(format!("{} did not end in {} seconds\n{said}", command_line(command), LIMIT.as_secs())),
    }
}

/// What was seen of a process.
#[derive(Default)]
struct Watch {
    peak: Option<u64>,
    /// What was resident when the first output was seen.
    first: Option<u64>,
    /// The most that was resident since.
    most: u64,
}

impl Watch {
    fn look(&mut self, status: &Path, output: Option<&Path>) {
        // There is none on other systems, and none of its memory once the process has ended.
        let Ok(status) = fs::read_to_string(status) else { return };
        self.peak = self.peak.max(bytes_of(&status, "VmHWM:"));
        let Some(resident) = bytes_of(&status, "VmRSS:") else { return };
        if self.first.is_none() && output.is_some_and(holds_something) {
            self.first = Some(resident);
        }
        if self.first.is_some() {
            self.most = self.most.max(resident);
        }
    }

    fn growth(&self) -> Option<u64> {
        self.first.map(|first| self.most.saturating_sub(first))
    }
}

/// A figure of `/proc/<pid>/status`, which tells kibibytes.
fn bytes_of(status: &str, name: &str) -> Option<u64> {
    let figure = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = figure.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes.saturating_mul(1_024))
}

fn holds_something(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

fn read_back(file: &mut File) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{Watch, bytes_of, measured};

    const STATUS: &str = "Name:\tthroughline\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\nThreads:\t4\n";

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(bytes_of(STATUS, "VmHWM:"), Some(209_715_200));
        assert_eq!(bytes_of(STATUS, "VmRSS:"), Some(104_857_600));
        assert_eq!(bytes_of("State:\tZ (zombie)\n", "VmHWM:"), None);
    }

    #[test]
    fn the_growth_counts_from_the_first_output() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("output");
        std::fs::create_dir(&output).unwrap();
        let status = folder.path().join("status");
        let mut watch = Watch::default();
        let mut look = |resident: u64| {
            std::fs::write(&status, format!("VmHWM: 900 kB\nVmRSS: {resident} kB\n")).unwrap();
            watch.look(&status, Some(&output));
            watch.growth()
        };
        assert_eq!(look(500), None);
        std::fs::write(output.join("changes.csv"), "").unwrap();
        assert_eq!(look(100), Some(0));
        assert_eq!(look(140), Some(40 * 1_024));
        assert_eq!(look(90), Some(40 * 1_024));
    }

    #[test]
    fn a_command_that_fails_is_told_with_what_it_said() {
        let failed = measured(Command::new("sh").args(["-c", "echo no such thing >&2; exit 3"]), None).unwrap_err();
        assert!(failed.contains("no such thing") && failed.contains('3'), "{failed}");
        let good = measured(Command::new("sh").args(["-c", "echo well >&2"]), None).unwrap();
        assert_eq!(good.said, "well\n");
    }
}
