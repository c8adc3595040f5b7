//! What a person sees while history is read: a moving line on a terminal, plain lines in a pipe, nothing in the server.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::plain;

/// How often the moving line is drawn.
const TICK: Duration = Duration::from_millis(120);

/// The longest name of a list on a line, in characters.
const MAX_NAME: usize = 60;

/// Where progress is told; cheap to clone.
#[derive(Clone)]
pub struct Progress {
    shown: Arc<Shown>,
}

enum Shown {
    Bar(ProgressBar),
    /// The last line, so that the same is not told several times: several requests wait for one limit.
    Lines(Mutex<String>),
    Nothing,
}

impl Progress {
    /// A moving line where the standard error is a terminal, plain lines elsewhere.
    pub fn told() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { shown: Arc::new(Shown::Lines(Mutex::new(String::new()))) };
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self { shown: Arc::new(Shown::Bar(bar)) }
    }

    /// Tells nothing.
    pub fn silent() -> Self {
        Self { shown: Arc::new(Shown::Nothing) }
    }

    /// A page of a list has been read.
    pub(super) fn page(&self, list: &str, rows: u64, added: u64) {
        if let Shown::Bar(bar) = &*self.shown {
            bar.set_message(format!("{}: {rows} read, {added} new entries", name(list)));
        }
    }

    /// A list has been read to its end.
    pub(super) fn list(&self, list: &str, rows: u64) {
        self.tell(format!("{}: {rows} read", name(list)));
    }

    /// The tool asks to be left alone.
    pub(super) fn rests(&self, seconds: u64) {
        let text = format!("the tool's limit is reached; going on in {seconds} seconds");
        match &*self.shown {
            Shown::Bar(bar) => bar.set_message(text),
            Shown::Lines(_) => self.tell(text),
            Shown::Nothing => tracing::info!(seconds, "the limit of a tool's interface is reached"),
        }
    }

    /// Something was left out.
    pub(super) fn left_out(&self, what: &str) {
        self.tell(format!("left out: {}", plain::line(what)));
    }

    /// Takes the moving line away.
    pub fn done(&self) {
        if let Shown::Bar(bar) = &*self.shown {
            bar.finish_and_clear();
        }
    }

    fn tell(&self, text: String) {
        match &*self.shown {
            Shown::Bar(bar) => bar.println(text),
            Shown::Lines(last) => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if *last != text {
                    eprintln!("{text}");
                    *last = text;
                }
            }
            Shown::Nothing => {}
        }
    }
}

fn name(list: &str) -> String {
    plain::clip_middle(&plain::line(list), MAX_NAME)
}
