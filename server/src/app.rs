//! The running server: everything it holds, how it starts, and how it stops without losing anything.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use throughline_store::{Appender, DeliveryOutcome, Store, StoreError, StoreOptions};
use tokio::sync::Semaphore;

use crate::ask::Desk;
use crate::config::Settings;
use crate::http::body::MEMORY_UNIT;
use crate::http::problem::{Code, Problem, RETRY_SECONDS, internal};
use crate::journal::Journal;
use crate::keys::{Keys, hex, random};
use crate::live::LiveGraph;
use crate::metrics::Metrics;
use crate::project::{Projector, Step};
use crate::sources::Sources;

/// How often tables that other processes write are looked at again.
const POLL: Duration = Duration::from_millis(500);

/// How often SQLite's write-ahead log is moved into the file, and the head is noted.
const SETTLE_EVERY: Duration = Duration::from_secs(2);

/// How many batches are folded before anything else has its turn.
const STEPS_IN_A_ROW: u32 = 16;

/// How many connections the server's own threads may use beside the questions'.
const OWN_CONNECTIONS: u32 = 4;

/// Everything that requests share.
pub struct App {
    /// The settings.
    pub settings: Settings,
    /// The database.
    pub store: Arc<Store>,
    /// The way into the ledger.
    pub journal: Journal,
    /// Who may deliver.
    pub sources: Arc<Sources>,
    /// Where questions are asked.
    pub desk: Desk,
    /// The server's keys.
    pub keys: Arc<Keys>,
    /// What is counted.
    pub metrics: Metrics,
    /// The memory that bodies may take together.
    pub body_memory: Semaphore,
    /// The pages' templates.
    pub pages: crate::http::pages::Templates,
    readers: Arc<Semaphore>,
    projector: Arc<Mutex<Projector>>,
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] crate::keys::KeysError),
    /// The login links.
    #[error(transparent)]
    Access(#[from] crate::access::AccessError),
    /// The address cannot be listened on, or the database is older than one that was used before.
    #[error("{0}")]
    Refused(String),
    /// Something that only a fault of the program or of the machine explains.
    #[error("the server cannot start: {0}")]
    Internal(String),
}

/// The threads behind a running server.
pub struct Background {
    stopping: Arc<AtomicBool>,
    worker: Option<thread::JoinHandle<()>>,
    writer: Option<thread::JoinHandle<()>>,
}

/// Opens the database that the settings name.
///
/// # Errors
/// That of the store.
pub fn open_store(settings: &Settings) -> Result<Store, StoreError> {
    let max_pages = Some(settings.database.max_pages).filter(|pages| *pages > 0);
    // Beside the questions, the ledger's writer, the projector and its followers need connections of their own.
    let connections = settings.database.readers.saturating_add(OWN_CONNECTIONS);
    Store::open(&StoreOptions { url: settings.database_url(), readers: connections, max_pages })
}

impl App {
    /// Opens everything and starts the threads that write and fold.
    ///
    /// # Errors
    /// A [`StartError`] that says what to do.
    pub fn start(settings: Settings) -> Result<(Self, Background), StartError> {
        let keys = Keys::open(&settings.server.data_folder)?;
        let store = Arc::new(open_store(&settings)?);
        let appender = Appender::open(&store, keys.signing(&settings.ledger.origin)?)?;
        crate::witness::check(&settings.server.data_folder, &store, appender.head())?;
        let internal = |cause: String| StartError::Internal(cause);
        let sources = Arc::new(Sources::default());
        sources.refresh(&store)?;
        let live = Arc::new(LiveGraph::default());
        live.follow(&store)?;
        let (journal, writer) = Journal::start(
            Arc::clone(&store),
            appender,
            settings.ledger.batch_entries,
            settings.ledger.queue,
            stop_at_once,
        )
        .map_err(|cause| internal(cause.to_string()))?;
        let holder = hex(&random::<8>()?);
        let projector = Arc::new(Mutex::new(Projector::new(holder)));
        let app = Self {
            body_memory: Semaphore::new(settings.limits.body_bytes_in_flight / MEMORY_UNIT),
            readers: Arc::new(Semaphore::new(usize::try_from(settings.database.readers).unwrap_or(1).max(1))),
            metrics: Metrics::new().map_err(|cause| internal(cause.to_string()))?,
            pages: crate::http::pages::Templates::load().map_err(internal)?,
            desk: Desk { store: Arc::clone(&store), live },
            journal,
            sources,
            keys: Arc::new(keys),
            projector,
            store,
            settings,
        };
        let background = app.start_worker(writer).map_err(|cause| internal(cause.to_string()))?;
        Ok((app, background))
    }

    /// Runs a question on a thread that may block, when it is its turn.
    ///
    /// # Errors
    /// 503 where its turn does not come in time; whatever the question answers.
    pub async fn question<T: Send + 'static, E: Into<Problem> + Send + 'static>(
        &self,
        question: impl FnOnce(&Desk) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem> {
        let wait = Duration::from_secs(self.settings.limits.wait_seconds);
        // The pool of threads queues without bound; the turn comes first, so that waiting ends.
        let turn = tokio::time::timeout(wait, Arc::clone(&self.readers).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            let detail = format!("too many questions at once; try again in {RETRY_SECONDS} seconds");
            return Err(Problem::new(Code::Unavailable, detail));
        };
        let desk = self.desk.clone();
        let asked = move || {
            // The turn ends with the work, also where nobody waits for the answer any more.
            let _turn = turn;
            question(&desk)
        };
        match tokio::task::spawn_blocking(asked).await {
            Ok(answer) => answer.map_err(Into::into),
            Err(failure) => Err(internal(&failure)),
        }
    }

    /// Reads one delivery again and folds it. Blocks.
    ///
    /// # Errors
    /// As [`Projector::replay`].
    pub fn replay(&self) -> impl FnOnce(&Desk, u64) -> Result<DeliveryOutcome, StoreError> + Send + 'static {
        let projector = Arc::clone(&self.projector);
        move |desk, entry| {
            let outcome = projector.lock().unwrap_or_else(PoisonError::into_inner).replay(&desk.store, entry)?;
            desk.live.follow(&desk.store)?;
            Ok(outcome)
        }
    }

    fn start_worker(&self, writer: thread::JoinHandle<()>) -> std::io::Result<Background> {
        let stopping = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            store: Arc::clone(&self.store),
            desk: self.desk.clone(),
            sources: Arc::clone(&self.sources),
            projector: Arc::clone(&self.projector),
            journal: self.journal.heads(),
            folder: self.settings.server.data_folder.clone(),
            stopping: Arc::clone(&stopping),
        };
        let worker =
            thread::Builder::new().name("projector".to_owned()).spawn(move || or_stop("projector", || worker.run()))?;
        Ok(Background { stopping, worker: Some(worker), writer: Some(writer) })
    }
}

impl Background {
    /// Waits until everything that was acknowledged has been folded or kept for the next start, and all threads have ended.
    ///
    /// The last handle of the journal must have been dropped before.
    pub fn stop(mut self) {
        self.stopping.store(true, Ordering::Release);
        for thread in [self.writer.take(), self.worker.take()].into_iter().flatten() {
            if thread.join().is_err() {
                tracing::error!("a thread of the server failed while it was stopping");
            }
        }
    }
}

/// The thread that folds the ledger and keeps what is in memory up to date.
struct Worker {
    store: Arc<Store>,
    desk: Desk,
    sources: Arc<Sources>,
    projector: Arc<Mutex<Projector>>,
    journal: tokio::sync::watch::Receiver<throughline_domain::ledger::TreeHead>,
    folder: std::path::PathBuf,
    stopping: Arc<AtomicBool>,
}

impl Worker {
    fn run(mut self) {
        let mut settled = Instant::now();
        let mut refreshed = Instant::now();
        while !self.stopping.load(Ordering::Acquire) {
            let more = self.fold_some();
            // Every delivery wakes this thread; what other processes write is looked at in steps of time all the same.
            if refreshed.elapsed() >= POLL {
                if let Err(error) = self.sources.refresh(&self.store) {
                    tracing::warn!(error = %error, "the sources could not be read again");
                }
                refreshed = Instant::now();
            }
            if settled.elapsed() >= SETTLE_EVERY {
                self.settle();
                settled = Instant::now();
            }
            if !more {
                self.wait(POLL.saturating_sub(refreshed.elapsed()));
            }
        }
        self.settle();
        if let Err(error) = self.projector.lock().unwrap_or_else(PoisonError::into_inner).release(&self.store) {
            tracing::warn!(error = %error, "the lease could not be given back; the next start waits until it ends");
        }
    }

    /// Folds a few batches and lets questions see each; true if there may be more.
    fn fold_some(&mut self) -> bool {
        for _ in 0..STEPS_IN_A_ROW {
            let step = self.projector.lock().unwrap_or_else(PoisonError::into_inner).step(&self.store);
            let more = match step {
                Ok(Step::Folded(_)) => true,
                Ok(Step::Idle | Step::Elsewhere) => false,
                Err(error @ StoreError::Fatal(_)) => stop_at_once(&error),
                // What is derived can be derived again; deliveries are taken meanwhile.
                Err(error @ (StoreError::Damaged(_) | StoreError::Query(_))) => {
                    tracing::error!(error = %error, "the ledger cannot be folded; deliveries are still taken");
                    false
                }
                Err(error @ (StoreError::Unavailable(_) | StoreError::Refused(_))) => {
                    tracing::warn!(error = %error, "folding the ledger has to wait");
                    false
                }
            };
            if let Err(error) = self.desk.live.follow(&self.store) {
                tracing::warn!(error = %error, "the graph in memory has to wait");
            }
            if !more || self.stopping.load(Ordering::Acquire) {
                return false;
            }
        }
        true
    }

    /// Moves SQLite's log into the file, and notes the head.
    fn settle(&self) {
        if let Err(error) = self.store.checkpoint() {
            tracing::warn!(error = %error, "the write-ahead log could not be moved into the file");
        }
        crate::witness::note(&self.folder, *self.journal.borrow());
    }

    /// Waits for a new head, or for the time to look at what other processes have written.
    fn wait(&mut self, at_most: Duration) {
        let waiting = WAITER.block_on(async { tokio::time::timeout(at_most, self.journal.changed()).await });
        if matches!(waiting, Ok(Err(_))) && !self.stopping.load(Ordering::Acquire) {
            // The writer has ended: the server is stopping and will say so.
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A runtime for the one thread that waits for heads outside the server's own.
static WAITER: std::sync::LazyLock<tokio::runtime::Runtime> = std::sync::LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime without threads or sockets needs nothing that could be refused")
});

/// Runs the work of a thread; if it panics, the process stops, because nobody would do that work any more.
pub(crate) fn or_stop(thread: &str, work: impl FnOnce()) {
    if std::panic::catch_unwind(AssertUnwindSafe(work)).is_err() {
        tracing::error!(thread, "a thread of the server failed; the server stops");
        std::process::exit(70);
    }
}

/// Ends the process: what has been written cannot be trusted any more, and nothing more may be acknowledged.
fn stop_at_once(error: &StoreError) -> ! {
    tracing::error!(error = %error, "the server stops");
    std::process::exit(70)
}
