//! Runs a program of this machine for what it prints, bounded in size and time.

use std::io::{ErrorKind, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

/// How long a program may run.
const LIMIT: Duration = Duration::from_secs(60);

/// How much of what it complains about is shown, in bytes.
const MAX_COMPLAINT_BYTES: u64 = 2_000;

/// How long to wait between two looks whether it has ended, after it has printed everything.
const PAUSE: Duration = Duration::from_millis(5);

/// Why there is no output.
#[derive(Debug, Error)]
pub(super) enum ToolError {
    /// There is no such program.
    #[error("there is no program '{0}' here; install it, or give a file with --from")]
    Missing(String),
    /// It says that it has failed.
    #[error("{program} failed: {complaint}")]
    Failed {
        /// The program.
        program: String,
        /// What it said.
        complaint: String,
    },
    /// It took too long.
    #[error("{0} did not end within {limit} seconds", limit = LIMIT.as_secs())]
    Slow(String),
    /// It printed too much.
    #[error("{0} printed more than {1} bytes")]
    Large(String, u64),
    /// It cannot be run or read.
    #[error("{0} cannot be run: {1}")]
    Pipe(String, std::io::Error),
}

/// What a program prints, if it ends well. It is given no input.
pub(super) fn output(program: &str, arguments: &[String], limit: u64) -> Result<Vec<u8>, ToolError> {
    let end = Instant::now() + LIMIT;
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = started.map_err(|cause| match cause.kind() {
        ErrorKind::NotFound => ToolError::Missing(program.to_owned()),
        _ => ToolError::Pipe(program.to_owned(), cause),
    })?;
    let printed = collect(child.stdout.take(), limit.saturating_add(1));
    let complained = collect(child.stderr.take(), MAX_COMPLAINT_BYTES);
    let result = printed_well(program, &mut child, &printed, limit, end);
    if result.is_err() {
        // Both fail only where it has ended already.
        let _ = child.kill();
        let _ = child.wait();
    }
    match result {
        Err(ToolError::Failed { program, complaint }) => {
            let said = complained.recv_timeout(PAUSE * 100).ok().and_then(Result::ok).unwrap_or_default();
            let said = crate::plain::line(&String::from_utf8_lossy(&said));
            Err(ToolError::Failed { program, complaint: if said.is_empty() { complaint } else { said } })
        }
        other => other,
    }
}

/// Waits for the output and the end of a program.
fn printed_well(
    program: &str,
    child: &mut Child,
    printed: &mpsc::Receiver<std::io::Result<Vec<u8>>>,
    limit: u64,
    end: Instant,
) -> Result<Vec<u8>, ToolError> {
    let name = || program.to_owned();
    let left = end.saturating_duration_since(Instant::now());
    let bytes = printed
        .recv_timeout(left)
        .map_err(|_| ToolError::Slow(name()))?
        .map_err(|cause| ToolError::Pipe(name(), cause))?;
    if u64::try_from(bytes.len()).map_or(true, |length| length > limit) {
        return Err(ToolError::Large(name(), limit));
    }
    loop {
        match child.try_wait().map_err(|cause| ToolError::Pipe(name(), cause))? {
            Some(status) if status.success() => return Ok(bytes),
            Some(status) => return Err(ToolError::Failed { program: name(), complaint: status.to_string() }),
            None if Instant::now() >= end => return Err(ToolError::Slow(name())),
            None => thread::sleep(PAUSE),
        }
    }
}

/// Reads a pipe on a thread of its own: at most so many bytes are kept. A complaint that is longer is read to its end,
/// so that nobody waits for room in the pipe; of an output that is longer the program is ended.
fn collect(pipe: Option<impl Read + Send + 'static>, limit: u64) -> mpsc::Receiver<std::io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let Some(mut pipe) = pipe else { return };
        let read = pipe.by_ref().take(limit).read_to_end(&mut bytes).map(|_| bytes);
        // Nobody listens any more where the program was given up.
        let _ = sender.send(read);
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
    });
    receiver
}

#[cfg(all(test, unix))]
mod tests {
    use super::{ToolError, output};

    fn shell(script: &str, limit: u64) -> Result<Vec<u8>, ToolError> {
        output("sh", &["-c".to_owned(), script.to_owned()], limit)
    }

    #[test]
    fn what_is_printed_is_answered() {
        assert_eq!(shell("printf abc", 3).unwrap(), b"abc");
        assert!(matches!(shell("printf abcd", 3), Err(ToolError::Large(_, 3))));
        assert!(matches!(shell("yes", 1_000), Err(ToolError::Large(..))));
    }

    #[test]
    fn what_fails_says_why() {
        let error = shell("echo 'no such context' >&2; exit 1", 100).unwrap_err();
        assert_eq!(error.to_string(), "sh failed: no such context");
        assert!(shell("exit 3", 100).unwrap_err().to_string().contains('3'));
        assert!(matches!(output("no-such-program-here", &[], 1), Err(ToolError::Missing(_))));
    }
}
