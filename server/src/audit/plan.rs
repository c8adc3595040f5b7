//! What a report is asked for, read and checked: period, environment, service, control, format, sample.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use throughline_domain::audit::controls::{Controls, MAX_FILE_BYTES};
use throughline_domain::audit::population::{LeftOut, Population, population};
use throughline_domain::audit::row::View;
use throughline_domain::audit::sample::{DEFAULT_SIZE, MAX_SIZE, default_seed};
use throughline_domain::graph::NodeId;
use throughline_domain::node::NodeKind;
use throughline_domain::queries::rollouts::Period;
use throughline_domain::time::Timestamp;
use utoipa::IntoParams;

use crate::ask::{AskError, Desk};
use crate::audit::{AuditError, Format, Header, shown};

/// The file of controls that counts, in the data folder; without it those that come with the program count.
pub const CONTROLS_FILE: &str = "controls.toml";

const SECONDS_PER_DAY: i64 = 86_400;

/// What is asked for, as it is written on the command line, in an address or in a form; what is empty is not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
pub struct AuditQuery {
    /// The first day or moment: `2026-01-01` (its beginning in UTC) or RFC 3339.
    pub from: Option<String>,
    /// The last day, which is part of the period: `2026-03-31`; or the first moment after the period, RFC 3339.
    pub to: Option<String>,
    /// Only changes to this environment.
    pub env: Option<String>,
    /// Only changes of this service.
    pub service: Option<String>,
    /// Only what this control looks at: `CC8.1`.
    pub control: Option<String>,
    /// `exceptions` for only the changes that have one.
    pub only: Option<String>,
    /// `csv`, `xlsx`, `jsonl` or `html`; `csv` unless given.
    pub format: Option<String>,
    /// How many rows are drawn for the sample, 25 unless given, 10,000 at most.
    pub sample: Option<String>,
    /// The seed of the sample, a whole number; unless given it follows from the period.
    pub seed: Option<String>,
}

/// A question that can be answered: what the report is about, and the changes that it has.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the report is about.
    pub header: Header,
    /// The changes.
    pub population: Population,
}

impl AuditQuery {
    /// The form that is asked for.
    ///
    /// # Errors
    /// [`AuditError::Wrong`] with the forms that there are.
    pub fn format(&self) -> Result<Format, AuditError> {
        given(&self.format).map_or(Ok(Format::Csv), Format::read)
    }

    /// The period that is asked for: its first moment, and the first one after it.
    ///
    /// # Errors
    /// [`AuditError::Wrong`] where an end is missing or cannot be read, or the period has nothing in it.
    pub fn period(&self) -> Result<(Timestamp, Timestamp), AuditError> {
        let missing = |name: &str| AuditError::Wrong(format!("say {name} when: a day such as 2026-03-31, or RFC 3339"));
        let from = given(&self.from).ok_or_else(|| missing("from"))?;
        let to = given(&self.to).ok_or_else(|| missing("to"))?;
        let from = moment(from, 0)?;
        // A last day is part of the period.
        let to = moment(to, 1)?;
        if from >= to {
            return Err(AuditError::Wrong(format!("the period from {from} to {to} has nothing in it")));
        }
        Ok((from, to))
    }

    /// The first moment after the period, where it is given and can be read.
    pub fn period_end(&self) -> Option<Timestamp> {
        moment(given(&self.to)?, 1).ok()
    }

    /// The question as an address with the given path; what stands in `further` takes the place of what the question says.
    pub fn address(&self, path: &str, further: &[(&str, &str)]) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        let Self { from, to, env, service, control, only, format, sample, seed } = self;
        for (name, value) in [
            ("from", from),
            ("to", to),
            ("env", env),
            ("service", service),
            ("control", control),
            ("only", only),
            ("format", format),
            ("sample", sample),
            ("seed", seed),
        ] {
            let is_replaced = further.iter().any(|(further, _)| *further == name);
            if let Some(value) = given(value).filter(|_| !is_replaced) {
                pairs.append_pair(name, value);
            }
        }
        for (name, value) in further {
            pairs.append_pair(name, value);
        }
        format!("{path}?{}", pairs.finish())
    }
}

impl Plan {
    /// Reads a question. `now` is the moment at which the report is made.
    ///
    /// # Errors
    /// [`AuditError::Wrong`] where something in the question is; that of the database.
    pub fn read(desk: &Desk, query: &AuditQuery, controls: &Controls, now: Timestamp) -> Result<Self, AuditError> {
        let (from, to) = query.period()?;
        let environment = given(&query.env).map(|text| place(desk, NodeKind::Environment, text)).transpose()?;
        let service = given(&query.service).map(|text| place(desk, NodeKind::Service, text)).transpose()?;
        let (view, controls) = match given(&query.control) {
            None => (View::whole(), controls.clone()),
            Some(id) => {
                let control = controls.find(id).ok_or_else(|| no_control(id, controls))?;
                (View::of_control(control), controls.only(id))
            }
        };
        let only_exceptions = match given(&query.only) {
            None => false,
            Some("exceptions") => true,
            Some(other) => {
                return Err(AuditError::Wrong(format!("'only' may be 'exceptions', and not '{}'", shown(other))));
            }
        };
        let (population, ledger_size) = {
            let state = desk.live.read();
            (population(&state.graph, &Period { from, to, environment, service }), state.cursor)
        };
        let header = Header {
            from,
            to,
            environment: given(&query.env).map(str::to_owned),
            service: given(&query.service).map(str::to_owned),
            control: controls.all().first().filter(|_| given(&query.control).is_some()).map(|one| one.id.clone()),
            only_exceptions,
            made: now,
            ledger_size,
            sample_size: sample_size(query)?,
            seed: number(&query.seed, "seed")?.unwrap_or_else(|| default_seed(from, to)),
            view,
            controls,
        };
        Ok(Self { header, population })
    }

    /// How many changes are looked at.
    pub fn count(&self) -> u64 {
        u64::try_from(self.population.rollouts.len()).unwrap_or(u64::MAX)
    }

    /// Looks at the first ones only; the others are counted as left out.
    #[must_use]
    pub fn bounded(mut self, most: usize) -> Self {
        let beyond = self.population.rollouts.len().saturating_sub(most);
        self.population.rollouts.truncate(most);
        if beyond > 0 {
            let count = u64::try_from(beyond).unwrap_or(u64::MAX);
            self.population.left_out.insert(LeftOut::BeyondBound, count);
        }
        self
    }
}

/// The controls that count: those of the given file, or of the data folder, or of the program.
///
/// # Errors
/// [`AuditError::Wrong`] where a file cannot be read or used, with its mistake.
pub fn controls(file: Option<&Path>, data_folder: &Path) -> Result<Controls, AuditError> {
    let own = data_folder.join(CONTROLS_FILE);
    let Some(path) = file.or_else(|| own.exists().then_some(own.as_path())) else {
        return Ok(Controls::builtin());
    };
    let wrong = |cause: &dyn std::fmt::Display| AuditError::Wrong(format!("{}: {cause}", path.display()));
    let bound = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(bound).read_to_string(&mut text));
    read.map_err(|cause| wrong(&cause))?;
    Controls::read(&text).map_err(|cause| wrong(&cause))
}

/// What was written in a field, if anything.
pub fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// A moment, or the beginning of a day some days later.
fn moment(text: &str, days: i64) -> Result<Timestamp, AuditError> {
    if let Some(midnight) = Timestamp::parse(&format!("{text}T00:00:00Z")) {
        return Ok(midnight.plus_seconds(days.saturating_mul(SECONDS_PER_DAY)));
    }
    Timestamp::parse(text).ok_or_else(|| {
        AuditError::Wrong(format!("'{}' is no day such as 2026-03-31 and no time in RFC 3339", shown(text)))
    })
}

fn sample_size(query: &AuditQuery) -> Result<usize, AuditError> {
    let Some(size) = number(&query.sample, "sample")? else { return Ok(DEFAULT_SIZE) };
    usize::try_from(size)
        .ok()
        .filter(|size| *size <= MAX_SIZE)
        .ok_or_else(|| AuditError::Wrong(format!("a sample may have {MAX_SIZE} rows at most")))
}

fn number(text: &Option<String>, name: &str) -> Result<Option<u64>, AuditError> {
    let wrong = |text: &str| AuditError::Wrong(format!("'{name}' must be a whole number, and not '{}'", shown(text)));
    given(text).map(|text| text.parse().map_err(|_| wrong(text))).transpose()
}

/// The node of a kind that a text stands for: a name of that kind first, then whatever is in hand.
fn place(desk: &Desk, kind: NodeKind, text: &str) -> Result<NodeId, AuditError> {
    let node = match desk.one(&format!("{}:{text}", kind.word())) {
        Err(AskError::NotFound(_)) => desk.one(text)?,
        found => found?,
    };
    let found = desk.live.read().graph.node(node).map(|record| record.kind);
    if found == Some(kind) {
        return Ok(node);
    }
    let found = found.map_or("nothing", NodeKind::label).to_lowercase();
    let article = if found.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    Err(AuditError::Wrong(format!("'{}' is no {} but {article} {found}", shown(text), kind.label().to_lowercase())))
}

fn no_control(id: &str, controls: &Controls) -> AuditError {
    let all: Vec<&str> = controls.all().iter().map(|control| control.id.as_str()).collect();
    AuditError::Wrong(format!("there is no control '{}'; choose one of {}", shown(id), all.join(", ")))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{AuditQuery, controls};
    use crate::audit::Format;

    fn period(from: &str, to: &str) -> Result<String, String> {
        let query = AuditQuery { from: Some(from.to_owned()), to: Some(to.to_owned()), ..AuditQuery::default() };
        query.period().map(|(from, to)| format!("{from} {to}")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_period_is_written_in_days_or_moments() {
        assert_eq!(period("2026-01-01", "2026-01-31").unwrap(), "2026-01-01T00:00:00Z 2026-02-01T00:00:00Z");
        assert_eq!(period("2026-01-01", "2026-01-01").unwrap(), "2026-01-01T00:00:00Z 2026-01-02T00:00:00Z");
        let moments = period("2026-01-01T08:00:00+01:00", "2026-01-01T09:00:00Z");
        assert_eq!(moments.unwrap(), "2026-01-01T07:00:00Z 2026-01-01T09:00:00Z");
        for (from, to, expected) in [
            ("", "2026-01-31", "say from when"),
            ("2026-01-01", " ", "say to when"),
            ("January", "2026-01-31", "'January' is no day"),
            ("2026-02-01", "2026-01-01", "has nothing in it"),
        ] {
            let error = period(from, to).unwrap_err();
            assert!(error.contains(expected), "{from} {to}: {error}");
        }
    }

    #[test]
    fn an_address_holds_the_whole_question() {
        let query = AuditQuery {
            from: Some("2026-01-01".to_owned()),
            to: Some("2026-01-31".to_owned()),
            env: Some("pre prod".to_owned()),
            service: Some(" ".to_owned()),
            format: Some("html".to_owned()),
            ..AuditQuery::default()
        };
        assert_eq!(
            query.address("/history", &[("format", "csv")]),
            "/history?from=2026-01-01&to=2026-01-31&env=pre+prod&format=csv"
        );
        assert_eq!(query.format().unwrap(), Format::Html);
        assert_eq!(AuditQuery::default().format().unwrap(), Format::Csv);
    }

    #[test]
    fn the_nearest_file_of_controls_counts() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(controls(None, folder.path()).unwrap().all().len(), 4);
        let own = "[[control]]\nid = \"OWN\"\nframework = \"F\"\ntitle = \"T\"\ntext = \"W\"\nassertion = \"A\"\nexceptions = []\n";
        std::fs::write(folder.path().join("controls.toml"), own).unwrap();
        assert_eq!(controls(None, folder.path()).unwrap().all()[0].id, "OWN");
        let mut other = tempfile::NamedTempFile::new().unwrap();
        other.write_all(own.replace("OWN", "OTHER").as_bytes()).unwrap();
        assert_eq!(controls(Some(other.path()), folder.path()).unwrap().all()[0].id, "OTHER");
        std::fs::write(folder.path().join("controls.toml"), "control = 1").unwrap();
        assert!(controls(None, folder.path()).unwrap_err().to_string().contains("controls.toml: "));
    }
}
