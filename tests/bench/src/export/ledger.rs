//! The ledger of a simulated year, made by the program's own append and fold: the first as the server's writer does it, in
//! batches, the second as `throughline rebuild` does it.

use std::fmt::Display;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use throughline::config::Settings;
use throughline::keys::{Keys, random};
use throughline::project::{Projector, Step};
use throughline::{app, clock, sources};
use throughline_domain::ledger::{EntryKind, EvidenceClass, StreamId};
use throughline_store::{Appender, Draft, DraftContent, Store};

use super::year::Year;

/// The provider that reads the deliveries, which is the name of their source, too.
const SOURCE: &str = "facts";

/// How many changes are told of in one batch.
const CHANGES_AT_ONCE: u64 = 200;

/// After how many batches the database's log is moved into its file.
const BATCHES_PER_CHECKPOINT: u64 = 16;

/// A ledger that was made.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// How many entries it has.
    pub entries: u64,
    /// How long appending took.
    pub appending: Duration,
    /// How long folding took.
    pub folding: Duration,
}

/// Makes the ledger of a year in a data folder that holds nothing yet.
///
/// # Errors
/// A text that says what could not be done.
pub fn make(folder: &Path, year: Year) -> Result<Made, String> {
    let mut ledger = Ledger::begin(folder)?;
    let begin = Instant::now();
    ledger.append(year)?;
    let appending = begin.elapsed();
    let begin = Instant::now();
    ledger.fold()?;
    Ok(Made { entries: ledger.appender.head().size, appending, folding: begin.elapsed() })
}

struct Ledger {
    store: Store,
    appender: Appender,
    keys: Keys,
    stream: StreamId,
}

impl Ledger {
    fn begin(folder: &Path) -> Result<Self, String> {
        let mut settings = Settings::default();
        settings.server.data_folder = folder.to_owned();
        let keys = Keys::open(folder).map_err(text)?;
        let store = app::open_store(&settings).map_err(text)?;
        let mut appender =
            Appender::open(&store, keys.signing(&settings.ledger.origin).map_err(text)?).map_err(text)?;
        let source = sources::add(&store, &mut appender, &keys, SOURCE, SOURCE, None).map_err(text)?;
        let stream = StreamId::from_bytes(source.row.stream);
        Ok(Self { store, appender, keys, stream })
    }

    fn append(&mut self, year: Year) -> Result<(), String> {
        let mut next = 0;
        for batch in 1_u64.. {
            let end = year.changes.min(next + CHANGES_AT_ONCE);
            let mut drafts = Vec::new();
            for number in next..end {
                for (place, delivery) in year.deliveries(number).iter().enumerate() {
                    drafts.push(self.draft(&format!("{number}-{place}"), delivery)?);
                }
            }
            if drafts.is_empty() {
                break;
            }
            self.appender.append(&self.store, &drafts).map_err(text)?;
            self.settle(batch)?;
            next = end;
        }
        self.store.checkpoint().map_err(text)
    }

    fn draft(&self, id: &str, delivery: &Value) -> Result<Draft, String> {
        let body = serde_json::to_vec(delivery).map_err(text)?;
        let headers = serde_json::to_vec(&[("webhook-id", id)]).map_err(text)?;
        let content = DraftContent {
            kind: EntryKind::Delivery,
            evidence: EvidenceClass::HmacTimed,
            received: clock::now(),
            stream: self.stream,
            source: SOURCE,
            delivery_id: id,
            headers: &headers,
            body: &body,
            fingerprint: self.keys.fingerprint(b"", &body),
            salt: random().map_err(text)?,
        };
        Draft::new(&content).map_err(text)
    }

    fn fold(&self) -> Result<(), String> {
        let mut projector = Projector::new("bench".to_owned());
        for batch in 1_u64.. {
            match projector.step(&self.store).map_err(text)? {
                Step::Folded(_) => self.settle(batch)?,
                Step::Idle => break,
                Step::Elsewhere => return Err("another program folds the ledger of the measurement".to_owned()),
            }
        }
        projector.release(&self.store).map_err(text)?;
        self.store.checkpoint().map_err(text)
    }

    /// Moves the database's log into its file now and then, as a server does.
    fn settle(&self, batch: u64) -> Result<(), String> {
        if batch.is_multiple_of(BATCHES_PER_CHECKPOINT) { self.store.checkpoint().map_err(text) } else { Ok(()) }
    }
}

fn text(cause: impl Display) -> String {
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use throughline::ask::Desk;
    use throughline::audit::plan::{AuditQuery, Plan};
    use throughline::audit::{Format, run, writer};
    use throughline::clock;
    use throughline::live::LiveGraph;
    use throughline_domain::audit::controls::Controls;

    use super::super::year::{DAYS, DELIVERIES, Year};
    use super::{Ledger, make};

    #[test]
    fn every_change_of_the_year_has_a_row_and_no_exception() {
        let folder = tempfile::tempdir().unwrap();
        let year = Year { changes: 150, services: 3 };
        let made = make(folder.path(), year).unwrap();
        assert_eq!(made.entries, 150 * u64::try_from(DELIVERIES).unwrap() + 1, "and the entry of the source");
        let store = Arc::new(open(folder.path()));
        let live = Arc::new(LiveGraph::default());
        live.follow(&store).unwrap();
        let desk = Desk { store, live };
        let [from, to] = DAYS.map(|day| Some(day.to_owned()));
        let query = AuditQuery { from, to, ..AuditQuery::default() };
        let plan = Plan::read(&desk, &query, &Controls::builtin(), clock::now()).unwrap();
        let mut output = Vec::new();
        let ending = {
            let mut writer = writer(Format::Jsonl, &mut output);
            run::report(&desk, &plan, writer.as_mut(), &mut |_, _| Ok(()), None).unwrap()
        };
        let text = String::from_utf8(output).unwrap();
        assert_eq!(ending.totals.reconciliation.rows, 150);
        assert!(ending.totals.reconciliation.balances());
        assert_eq!(ending.totals.with_exceptions, 0, "{}", text.lines().nth(1).unwrap_or_default());
    }

    fn open(folder: &std::path::Path) -> throughline_store::Store {
        let mut settings = throughline::config::Settings::default();
        settings.server.data_folder = folder.to_owned();
        throughline::app::open_store(&settings).unwrap()
    }

    #[test]
    fn a_ledger_is_begun_once_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Ledger::begin(folder.path()).is_ok());
        assert!(Ledger::begin(folder.path()).is_err(), "there is a source already");
    }
}
