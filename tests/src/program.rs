//! Runs the real program, apart from the environment of the test run.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::waiting;

/// How long a command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// How long a server may take to say that it listens.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long a server may take to stop when it is asked to.
pub const STOP_LIMIT: Duration = Duration::from_secs(40);

/// The program with the settings that it is given by its environment.
#[derive(Clone, Debug, Default)]
pub struct Program {
    variables: BTreeMap<String, String>,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code; -1 where a signal ended it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said beside.
    pub stderr: String,
}

impl Finished {
    /// What it printed, where all went well.
    ///
    /// # Panics
    /// Where the exit code is not 0.
    pub fn good(self) -> String {
        assert_eq!(self.code, 0, "the command failed\n{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Both outputs, for messages that may stand in either.
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl Program {
    /// The program on a data folder, listening on a free port.
    pub fn on(data_folder: &Path) -> Self {
        Self::default()
            .with("SERVER_DATA_FOLDER", &data_folder.display().to_string())
            .with("SERVER_LISTEN", "127.0.0.1:0")
    }

    /// The same with one more variable, its name without the common beginning: `LIMITS_BODY_BYTES`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(format!("THROUGHLINE_{name}"), value.to_owned());
        self
    }

    /// The same without a variable.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.variables.remove(&format!("THROUGHLINE_{name}"));
        self
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// Where it cannot be started or does not end.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        let outputs = [scratch(), scratch()];
        let [stdout, stderr] =
            outputs.each_ref().map(|file| Stdio::from(file.try_clone().expect("a file can be shared")));
        let mut child =
            self.command(arguments).stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn().expect("it starts");
        let status = wait(&mut child, COMMAND_LIMIT);
        if status.is_none() {
            end(&mut child);
        }
        let [stdout, stderr] = outputs.map(read_back);
        let Some(status) = status else {
            panic!("`throughline {}` did not end\n{stdout}{stderr}", arguments.join(" "));
        };
        Finished { code: status.code().unwrap_or(-1), stdout, stderr }
    }

    /// Starts a server; its log is added to a file.
    ///
    /// # Panics
    /// Where it cannot be started.
    pub fn serve(&self, log: &Path) -> Process {
        let log = OpenOptions::new().create(true).append(true).open(log).expect("the log can be written");
        let mut command = self.command(&["serve"]);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::from(log)).spawn().expect("it starts");
        let lines = Arc::new(Mutex::new(Lines::default()));
        let stdout = child.stdout.take().expect("the output is a pipe");
        let collected = Arc::clone(&lines);
        thread::spawn(move || collect(stdout, &collected));
        Process { child, lines }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        // The program refuses settings that it does not know, and those of the test run are no settings.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("THROUGHLINE_") {
                command.env_remove(name);
            }
        }
        command.args(arguments).envs(&self.variables).env("NO_COLOR", "1");
        command
    }
}

/// A running server.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Arc<Mutex<Lines>>,
}

#[derive(Debug, Default)]
struct Lines {
    printed: Vec<String>,
    ended: bool,
}

impl Process {
    /// The rest of the first printed line that begins so; `None` where the output ends without it.
    pub fn line(&self, beginning: &str) -> Option<String> {
        waiting::within(START_LIMIT, || {
            let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            let found = lines.printed.iter().find_map(|line| line.strip_prefix(beginning).map(str::to_owned));
            if found.is_some() || lines.ended { Some(found) } else { None }
        })
        .flatten()
    }

    /// Asks the process to stop.
    ///
    /// # Panics
    /// Where the signal cannot be sent.
    pub fn ask_to_stop(&self) {
        let command = format!("kill -TERM {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &command]).status().expect("there is a shell");
        assert!(sent.success(), "the signal could not be sent");
    }

    /// Waits for the end of the process; `None` where it does not end in time.
    pub fn ended(&mut self, limit: Duration) -> Option<ExitStatus> {
        wait(&mut self.child, limit)
    }

    /// Kills the process where it stands (SIGKILL).
    pub fn kill(&mut self) {
        end(&mut self.child);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// The program under test.
///
/// # Panics
/// Where it has not been built.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("THROUGHLINE_BIN") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().expect("a test knows its own file");
    let deps = test.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "deps"));
    let profile = deps.and_then(Path::parent).expect("a test lies in the folder deps of its profile");
    let path = profile.join(format!("throughline{}", std::env::consts::EXE_SUFFIX));
    assert!(path.is_file(), "{} is missing: run `cargo build` first, or `tests/run`", path.display());
    path
}

fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    waiting::within(limit, || child.try_wait().expect("a child can be waited for"))
}

fn end(child: &mut Child) {
    // Both fail only where it has ended already, which is what is wanted.
    let _ = child.kill();
    let _ = child.wait();
}

fn collect(stdout: ChildStdout, lines: &Mutex<Lines>) {
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { break };
        lines.lock().unwrap_or_else(PoisonError::into_inner).printed.push(line);
    }
    lines.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
}

fn scratch() -> File {
    tempfile::tempfile().expect("a temporary file can be made")
}

fn read_back(mut file: File) -> String {
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("a temporary file can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}
