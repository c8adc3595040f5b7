//! What the controls of frameworks look at: a file that auditors can edit, read and checked.

use serde::Deserialize;
use thiserror::Error;

use crate::audit::columns::{COLUMNS, Column};
use crate::audit::exceptions::Exception;

/// The controls that count where nobody has written others.
pub const DEFAULT_FILE: &str = include_str!("../../../../config/controls.toml");

/// The longest file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 256 * 1024;

/// The most controls of a file.
pub const MAX_CONTROLS: usize = 200;

/// The longest id of a control, in characters.
const MAX_ID: usize = 60;

/// The longest text of a control, in characters.
const MAX_TEXT: usize = 4_000;

/// A control of a framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// How it is called: `CC8.1`.
    pub id: String,
    /// Whose control it is.
    pub framework: String,
    /// What it is about.
    pub title: String,
    /// What it asks for.
    pub text: String,
    /// What the rows are meant to show.
    pub assertion: String,
    /// What speaks against that.
    pub exceptions: Vec<Exception>,
    /// The names of the columns that are read for it.
    pub columns: Vec<String>,
}

/// The controls of a file, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controls {
    controls: Vec<Control>,
}

/// Why a file of controls cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ControlError {
    /// It is longer than [`MAX_FILE_BYTES`].
    #[error("the file of controls is longer than {} bytes", MAX_FILE_BYTES)]
    TooLong,
    /// It is no TOML of the right form.
    #[error("the file of controls cannot be read: {0}")]
    Syntax(String),
    /// There are more than [`MAX_CONTROLS`].
    #[error("the file of controls has more than {} controls", MAX_CONTROLS)]
    TooMany,
    /// A text is missing or too long.
    #[error("control {0}: '{1}' must have 1 to {2} characters")]
    Text(String, &'static str, usize),
    /// Two controls have one id.
    #[error("control {0} is there twice")]
    Twice(String),
    /// There is no such exception.
    #[error("control {0}: there is no exception '{1}'; choose from {2}")]
    Exception(String, String, String),
    /// There is no such column.
    #[error("control {0}: there is no column '{1}'; choose from {2}")]
    Column(String, String, String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "control")]
    controls: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    framework: String,
    title: String,
    text: String,
    assertion: String,
    exceptions: Vec<String>,
    #[serde(default)]
    columns: Vec<String>,
}

impl Controls {
    /// Reads a file.
    ///
    /// # Errors
    /// A [`ControlError`] that names the control and what may stand there.
    pub fn read(text: &str) -> Result<Self, ControlError> {
        if text.len() > MAX_FILE_BYTES {
            return Err(ControlError::TooLong);
        }
        let file: File = toml::from_str(text).map_err(|cause| ControlError::Syntax(cause.to_string()))?;
        if file.controls.len() > MAX_CONTROLS {
            return Err(ControlError::TooMany);
        }
        let mut controls: Vec<Control> = Vec::new();
        for written in file.controls {
            let control = check(written)?;
            if controls.iter().any(|known| known.id.eq_ignore_ascii_case(&control.id)) {
                return Err(ControlError::Twice(control.id));
            }
            controls.push(control);
        }
        Ok(Self { controls })
    }

    /// The controls that come with the program.
    pub fn builtin() -> Self {
        Self::read(DEFAULT_FILE).expect("the file that comes with the program is read by a test")
    }

    /// The control of that id, without regard to case.
    pub fn find(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id.eq_ignore_ascii_case(id.trim()))
    }

    /// All of them, in the order of the file.
    pub fn all(&self) -> &[Control] {
        &self.controls
    }

    /// Only the one of that id.
    #[must_use]
    pub fn only(&self, id: &str) -> Self {
        Self { controls: self.find(id).cloned().into_iter().collect() }
    }
}

fn check(written: Written) -> Result<Control, ControlError> {
    let Written { id, framework, title, text, assertion, exceptions, columns } = written;
    for (name, value, limit) in [
        ("id", &id, MAX_ID),
        ("framework", &framework, MAX_TEXT),
        ("title", &title, MAX_TEXT),
        ("text", &text, MAX_TEXT),
        ("assertion", &assertion, MAX_TEXT),
    ] {
        let length = value.trim().chars().count();
        if length == 0 || length > limit {
            let shown: String = id.chars().take(MAX_ID).collect();
            return Err(ControlError::Text(shown, name, limit));
        }
    }
    let known = |word: String| {
        Exception::from_word(&word).ok_or_else(|| {
            let all: Vec<&str> = Exception::ALL.iter().map(|exception| exception.word()).collect();
            ControlError::Exception(id.clone(), word.clone(), all.join(", "))
        })
    };
    let exceptions = exceptions.into_iter().map(known).collect::<Result<Vec<_>, _>>()?;
    if let Some(name) = columns.iter().find(|name| Column::named(name).is_none()) {
        let all: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        return Err(ControlError::Column(id, name.clone(), all.join(", ")));
    }
    Ok(Control { id, framework, title, text, assertion, exceptions, columns })
}

#[cfg(test)]
mod tests {
    use super::{Controls, MAX_FILE_BYTES};

    const ONE: &str = "[[control]]\nid = \"X-1\"\nframework = \"F\"\ntitle = \"T\"\ntext = \"W\"\nassertion = \"A\"\n";

    #[test]
    fn the_file_that_comes_with_the_program_can_be_used() {
        let controls = Controls::builtin();
        let ids: Vec<&str> = controls.all().iter().map(|control| control.id.as_str()).collect();
        assert_eq!(ids, ["CC8.1", "A.8.32", "6.5.1", "CM-3"]);
        assert!(controls.all().iter().all(|control| !control.exceptions.is_empty() && !control.columns.is_empty()));
        assert_eq!(controls.only("cm-3").all().len(), 1);
    }

    #[test]
    fn a_mistake_is_named() {
        let twice = format!("{ONE}exceptions = []\n{ONE}exceptions = []\n");
        for (text, expected) in [
            (ONE.to_owned(), "missing field `exceptions`"),
            (
                format!("{ONE}exceptions = [\"no_tickets\"]"),
                "there is no exception 'no_tickets'; choose from no_ticket",
            ),
            (
                format!("{ONE}exceptions = []\ncolumns = [\"weather\"]"),
                "there is no column 'weather'; choose from number",
            ),
            (format!("{ONE}exceptions = []\ncolour = 1"), "colour"),
            (ONE.replace("\"W\"", "\" \"") + "exceptions = []", "'text' must have 1 to"),
            (twice, "X-1 is there twice"),
            ("[[control]".to_owned(), "cannot be read"),
            (" ".repeat(MAX_FILE_BYTES + 1), "longer than"),
        ] {
            let error = Controls::read(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
