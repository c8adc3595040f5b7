//! The group-commit writer: one thread that orders everything and is the only way into the ledger.
//!
//! Whoever hands in a draft waits until the batch that it is in has been committed. There is no timer: while one batch
//! is being written to disk the next one gathers.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use thiserror::Error;
use throughline_domain::ledger::TreeHead;
use throughline_store::{Appender, Draft, Receipt, Store, StoreError};
use tokio::sync::{mpsc, oneshot, watch};

use crate::app::or_stop;

/// The most bytes of bodies that are committed together.
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// How long a draft waits for its batch to be committed.
const PATIENCE: Duration = Duration::from_secs(15);

/// A handle of the writer; cheap to clone.
#[derive(Clone, Debug)]
pub struct Journal {
    queue: mpsc::Sender<Job>,
    head: watch::Receiver<TreeHead>,
}

/// Why a draft has not been appended.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The queue is full; try again in a moment.
    #[error("more deliveries are waiting to be written than are accepted")]
    Full,
    /// The database has not answered in time. The entry may be appended yet; a second delivery of it is recognised.
    #[error("the database does not answer")]
    Slow,
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopped,
    /// The database has not taken the batch; nothing of it has been appended.
    #[error("{0}")]
    Store(String),
}

#[derive(Debug)]
struct Job {
    draft: Draft,
    size: usize,
    reply: oneshot::Sender<Result<Receipt, JournalError>>,
}

impl Journal {
    /// Starts the writer. It ends, with everything committed, when the last handle is dropped.
    ///
    /// `fatal` is called when nothing that is written may be trusted any more; it does not return.
    ///
    /// # Errors
    /// The error of the operating system where it grants no thread.
    pub fn start(
        store: Arc<Store>,
        appender: Appender,
        batch_entries: usize,
        queue: usize,
        fatal: fn(&StoreError) -> !,
    ) -> std::io::Result<(Self, thread::JoinHandle<()>)> {
        let (sender, receiver) = mpsc::channel(queue);
        let (head_sender, head) = watch::channel(appender.head());
        let writer = Writer { store, appender, batch_entries, head: head_sender, fatal };
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || or_stop("journal", || writer.run(receiver)))?;
        Ok((Self { queue: sender, head }, thread))
    }

    /// Appends an entry and answers once it, its leaf and a signed head are on disk. `size` is its body's, in bytes.
    ///
    /// # Errors
    /// A [`JournalError`]; the entry is then not in the ledger, or, only if the answer itself was lost, it may be.
    pub async fn append(&self, draft: Draft, size: usize) -> Result<Receipt, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Job { draft, size, reply }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => JournalError::Full,
            mpsc::error::TrySendError::Closed(_) => JournalError::Stopped,
        })?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(answer) => answer.unwrap_or(Err(JournalError::Stopped)),
            Err(_) => Err(JournalError::Slow),
        }
    }

    /// Whether the queue takes another draft.
    pub fn has_room(&self) -> bool {
        !self.queue.is_closed() && self.queue.capacity() > 0
    }

    /// The head of the ledger as this server last knew it.
    pub fn head(&self) -> TreeHead {
        *self.head.borrow()
    }

    /// Tells of every new head.
    pub fn heads(&self) -> watch::Receiver<TreeHead> {
        self.head.clone()
    }
}

struct Writer {
    store: Arc<Store>,
    appender: Appender,
    batch_entries: usize,
    head: watch::Sender<TreeHead>,
    fatal: fn(&StoreError) -> !,
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        while let Some(first) = queue.blocking_recv() {
            let jobs = self.gather(first, &mut queue);
            self.commit(jobs);
        }
    }

    fn gather(&self, first: Job, queue: &mut mpsc::Receiver<Job>) -> Vec<Job> {
        let mut bytes = first.size;
        let mut jobs = vec![first];
        while jobs.len() < self.batch_entries && bytes < BATCH_BYTES {
            let Ok(job) = queue.try_recv() else { break };
            bytes += job.size;
            jobs.push(job);
        }
        jobs
    }

    fn commit(&mut self, jobs: Vec<Job>) {
        let (drafts, replies): (Vec<Draft>, Vec<_>) = jobs.into_iter().map(|job| (job.draft, job.reply)).unzip();
        match self.appender.append(&self.store, &drafts) {
            Ok(receipts) => {
                self.head.send_replace(self.appender.head());
                for (receipt, reply) in receipts.into_iter().zip(replies) {
                    // A sender that has hung up does not need its answer; what it sent is safe.
                    let _ = reply.send(Ok(receipt));
                }
            }
            Err(error @ (StoreError::Fatal(_) | StoreError::Damaged(_))) => (self.fatal)(&error),
            Err(error) => {
                tracing::error!(entries = drafts.len(), error = %error, "a batch could not be written; its senders are told to try again");
                for reply in replies {
                    let _ = reply.send(Err(JournalError::Store(error.to_string())));
                }
            }
        }
    }
}
