//! The program `git` on a clone: fixed arguments, bounded answers, and nothing of the clone's own settings that would run
//! another program.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::ImportError;
use crate::plain;

/// How much of what git complains about is shown, in characters.
const MAX_COMPLAINT: usize = 500;

/// The longest answer that is taken as a whole, in bytes.
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;

/// Variables that would lead git to another repository than the one that is named.
const MISLEADING: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_REPLACE_REF_BASE",
];

/// What is set for every call. A clone may come from anybody: its settings must not run programs, fetch, or change what
/// commits say.
const ALWAYS: [&str; 9] = [
    "--no-pager",
    "--no-replace-objects",
    "--literal-pathspecs",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "log.showSignature=false",
];

/// A clone of a repository on this machine.
#[derive(Clone, Debug)]
pub(super) struct GitClone {
    path: PathBuf,
}

impl GitClone {
    /// The clone that a folder is, or lies within.
    pub(super) fn open(path: &Path) -> Result<Self, ImportError> {
        let clone = Self { path: path.to_owned() };
        let told = clone.command(&["rev-parse", "--show-cdup"]).stderr(Stdio::piped()).output().map_err(unstartable)?;
        if !told.status.success() {
            let complaint = plain::clip(&plain::line(&String::from_utf8_lossy(&told.stderr)), MAX_COMPLAINT);
            let path = path.display();
            return Err(ImportError::Git(format!("at {path} is no clone that can be read; git says: {complaint}")));
        }
        // Paths that are asked for count from the clone's top.
        match String::from_utf8_lossy(&told.stdout).trim() {
            "" => Ok(clone),
            above => Ok(Self { path: path.join(above) }),
        }
    }

    /// What a command prints, without the end of the last line; `None` where it fails.
    pub(super) fn answer(&self, arguments: &[&str]) -> Result<Option<String>, ImportError> {
        let mut child = self.command(arguments).stderr(Stdio::null()).spawn().map_err(unstartable)?;
        let mut bytes = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout.take(MAX_ANSWER_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
        }
        let status = child.wait().map_err(unreadable)?;
        let text = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned();
        Ok(status.success().then_some(text))
    }

    /// Runs a command of which each field ends with a NUL.
    pub(super) fn fields<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Fields, ImportError> {
        self.separated(arguments, 0)
    }

    /// Runs a command that prints lines.
    pub(super) fn lines<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Fields, ImportError> {
        self.separated(arguments, b'\n')
    }

    /// Begins to read contents by their names.
    pub(super) fn contents(&self) -> Result<Contents, ImportError> {
        let mut child = self.command(&["cat-file", "--batch"]).stdin(Stdio::piped()).spawn().map_err(unstartable)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(requests), Some(answers)) => Ok(Contents { child, requests, answers: BufReader::new(answers) }),
            (_, _) => Err(ImportError::Git("git cannot be talked to".to_owned())),
        }
    }

    fn separated<S: AsRef<OsStr>>(&self, arguments: &[S], end: u8) -> Result<Fields, ImportError> {
        let mut child = self.command(arguments).spawn().map_err(unstartable)?;
        match child.stdout.take() {
            Some(stdout) => Ok(Fields { child, reader: BufReader::new(stdout), end }),
            None => Err(ImportError::Git("git cannot be read from".to_owned())),
        }
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.path).args(ALWAYS).args(arguments);
        for name in MISLEADING {
            command.env_remove(name);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1");
        // Versions of git that do not know the variable before would fetch, and run what the clone names for that.
        command.env("GIT_ALLOW_PROTOCOL", "");
        command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }
}

/// The fields that a command prints, one by one.
#[derive(Debug)]
pub(super) struct Fields {
    child: Child,
    reader: BufReader<ChildStdout>,
    end: u8,
}

impl Fields {
    /// The next field, of which at most so many bytes are kept; `None` at the end.
    pub(super) fn next(&mut self, limit: usize) -> Result<Option<String>, ImportError> {
        let mut kept: Vec<u8> = Vec::new();
        let mut begun = false;
        loop {
            let buffer = self.reader.fill_buf().map_err(unreadable)?;
            if buffer.is_empty() {
                return Ok(begun.then(|| String::from_utf8_lossy(&kept).into_owned()));
            }
            begun = true;
            let end = buffer.iter().position(|byte| *byte == self.end);
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            let wanted = part.len().min(limit.saturating_sub(kept.len()));
            kept.extend_from_slice(part.get(..wanted).unwrap_or_default());
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                return Ok(Some(String::from_utf8_lossy(&kept).into_owned()));
            }
        }
    }

    /// Waits for the end of the command, which must be a good one.
    pub(super) fn finish(mut self) -> Result<(), ImportError> {
        let status = self.child.wait().map_err(unreadable)?;
        if status.success() { Ok(()) } else { Err(ImportError::Git(format!("git has failed ({status})"))) }
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Contents of a repository, asked for one by one.
#[derive(Debug)]
pub(super) struct Contents {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A file as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    /// Its object id.
    pub(super) id: String,
    /// Its text.
    pub(super) text: String,
    /// Whether the text is only the beginning.
    pub(super) is_cut: bool,
}

impl Contents {
    /// The file of that name (an object id, or `<commit>:<path>` with a path of our own), of which at most so many bytes are
    /// kept; `None` where there is none.
    pub(super) fn get(&mut self, name: &str, limit: u64) -> Result<Option<Blob>, ImportError> {
        if name.contains('\n') {
            return Ok(None);
        }
        writeln!(self.requests, "{name}").and_then(|()| self.requests.flush()).map_err(unreadable)?;
        let mut head = String::new();
        self.answers.by_ref().take(4_096).read_line(&mut head).map_err(unreadable)?;
        if head.is_empty() {
            return Err(ImportError::Git("git has ended before it had answered".to_owned()));
        }
        let mut words = head.trim_end().rsplitn(3, ' ');
        let (size, kind, id) = (words.next(), words.next(), words.next());
        let Some(size) = size.and_then(|size| size.parse::<u64>().ok()) else { return Ok(None) };
        let mut bytes = Vec::new();
        self.answers.by_ref().take(size.min(limit)).read_to_end(&mut bytes).map_err(unreadable)?;
        // The rest, and the end of the line behind it.
        let rest = size.saturating_sub(limit).saturating_add(1);
        std::io::copy(&mut self.answers.by_ref().take(rest), &mut std::io::sink()).map_err(unreadable)?;
        let Some(id) = id.filter(|_| kind == Some("blob")) else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Some(Blob { id: id.to_owned(), text, is_cut: size > limit }))
    }
}

impl Drop for Contents {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // Both fail only where it has ended already, which is what is wanted.
    let _ = child.kill();
    let _ = child.wait();
}

fn unstartable(cause: std::io::Error) -> ImportError {
    ImportError::Git(format!("the program 'git' cannot be started ({cause}); install it, or put it on the PATH"))
}

fn unreadable(cause: std::io::Error) -> ImportError {
    ImportError::Git(format!("what git says cannot be read: {cause}"))
}
