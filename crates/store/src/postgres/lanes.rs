//! The threads that own connections, and the queues before them.
//!
//! | lane | connections | does |
//! |---|---|---|
//! | changes | 2 | opt-outs and other small changes of consent, many in one transaction |
//! | bulk | 1 | imports, one in a transaction |
//! | writes | 2 | everything else that writes, a transaction each |
//! | reads | 4 | queries |
//! | owners | 2 | whose address a link names, many in one query |
//!
//! A lane whose connection broke tells whoever waits, and connects again for the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::oneshot;

use super::connect::Connector;
use super::session::Session;
use crate::error::{Result, StoreError};

/// Jobs that wait before callers are refused.
const QUEUE_MAX: usize = 8192;
/// Times that a transaction is begun again because another node got in between.
const CONFLICTS_MAX: u32 = 20;
/// First pause before that, doubled each time up to 64 of them: as long as a small transaction takes.
const CONFLICT_PAUSE: Duration = Duration::from_millis(1);

/// How long the answer to one statement may take: longer than the largest report, and than waiting for a row that another
/// node's commit holds.
const STATEMENT_MAX: Duration = Duration::from_mins(1);
/// Begins a transaction on one snapshot, in which a conflict with another node shows.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";
const SHUTTING_DOWN: &str = "it is shutting down";

/// A connection that is made when it is needed.
pub(super) struct Link {
    connector: Arc<Connector>,
    session: Option<Session>,
    patience: Option<Duration>,
    /// The last transaction's answer didn't come in time.
    gave_up: bool,
    connections: u64,
}

impl Link {
    /// With a connection that is there already, or none yet.
    pub fn new(connector: Arc<Connector>, session: Option<Session>) -> Self {
        let patience = Some(STATEMENT_MAX);
        if let Some(session) = &session {
            session.set_patience(patience);
        }
        Self { connector, session, patience, gave_up: false, connections: 0 }
    }

    /// One for statements that may take as long as they like.
    pub fn patient(connector: Arc<Connector>) -> Self {
        Self { connector, session: None, patience: None, gave_up: false, connections: 0 }
    }

    /// The connection, made anew if it broke.
    pub fn session(&mut self) -> Result<&Session> {
        if self.is_broken() {
            self.session = None;
            let session = Session::connect(&self.connector)?;
            session.set_patience(self.patience);
            self.session = Some(session);
            self.connections += 1;
        }
        self.session.as_ref().ok_or_else(closed)
    }

    /// Counts the connections that were made: what belongs to one is gone with the next.
    pub const fn connections(&self) -> u64 {
        self.connections
    }

    /// Whether there is no connection, or one that broke.
    pub fn is_broken(&self) -> bool {
        self.session.as_ref().is_none_or(Session::is_closed)
    }

    /// Whether there is a connection that answers.
    pub fn is_alive(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.batch("").is_ok())
    }

    /// Gives a connection up of which nobody knows what state it is in.
    pub fn drop_session(&mut self) {
        self.session = None;
    }

    /// Runs `op` in a transaction, again from the start while other nodes get in between. An Ok is durable.
    pub fn write<T>(&mut self, mut op: impl FnMut(&Session) -> Result<T>) -> Result<T> {
        let mut conflicts = 0;
        loop {
            let outcome = self.transaction(&mut op, Session::commit);
            match outcome {
                Err(StoreError::Conflict) if conflicts < CONFLICTS_MAX => {
                    std::thread::sleep(CONFLICT_PAUSE * (1 << conflicts.min(6)));
                    conflicts += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Runs `op` on one snapshot of the state, which holds all that was acknowledged before the call.
    pub fn read<T>(&mut self, mut op: impl FnMut(&Session) -> Result<T>) -> Result<T> {
        match self.transaction(&mut op, Session::commit_read) {
            // The connection broke, perhaps long ago. Reading twice does no harm.
            Err(StoreError::Unavailable(_)) if self.is_broken() && !self.gave_up => {
                self.transaction(&mut op, Session::commit_read)
            }
            outcome => outcome,
        }
    }

    /// Makes sure that the server is the primary, and that all that can be read there is on its standby.
    pub fn prove(&mut self) -> Result<()> {
        self.read(|session| {
            session.prove_primary();
            Ok(())
        })
    }

    /// The connection, with a transaction begun. One that broke while nobody used it is noticed now, before anything has
    /// been done with it.
    fn begin(&mut self) -> Result<&Session> {
        let has_begun = self.session.as_ref().is_some_and(|session| session.batch(BEGIN).is_ok());
        if !has_begun {
            self.session = None;
            self.session()?.batch(BEGIN)?;
        }
        // Not made anew here, whatever became of it since: without a transaction each statement would stand for itself.
        self.session.as_ref().ok_or_else(closed)
    }

    fn transaction<T>(
        &mut self,
        op: &mut impl FnMut(&Session) -> Result<T>,
        commit: fn(&Session) -> Result<()>,
    ) -> Result<T> {
        self.gave_up = false;
        let session = self.begin()?;
        let outcome = guarded(|| op(session));
        let ended = match &outcome {
            Ok(_) => commit(session),
            Err(_) if session.is_closed() => Ok(()),
            Err(_) => session.batch("ROLLBACK"),
        };
        let (closed, gave_up) = (session.is_closed(), session.gave_up());
        self.gave_up = gave_up;
        if closed || ended.is_err() {
            self.drop_session();
        }
        let value = outcome?;
        ended?;
        Ok(value)
    }
}

/// Runs what may panic; a panic is a request's failure, not the lane's.
pub(super) fn guarded<T>(op: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(op)).unwrap_or_else(|_| {
        tracing::error!("an operation of the store panicked; it was rolled back");
        Err(StoreError::Invalid("the request made the store fail; it changed nothing".to_owned()))
    })
}

/// Threads with a connection each that take jobs from one queue. Dropped, they finish what is queued and end.
pub(super) struct Lane<J> {
    queue: Option<Sender<J>>,
    threads: Vec<JoinHandle<()>>,
}

impl<J: Send + 'static> Lane<J> {
    /// Starts one thread per link. `serve` handles jobs until the queue is closed and empty.
    pub fn start(
        name: &'static str,
        links: Vec<Link>,
        serve: impl Fn(Link, &Receiver<J>) + Clone + Send + 'static,
    ) -> Result<Self> {
        let (queue, jobs) = crossbeam_channel::bounded(QUEUE_MAX);
        let start = |(number, link)| {
            let (jobs, serve) = (jobs.clone(), serve.clone());
            std::thread::Builder::new()
                .name(format!("store-{name}-{number}"))
                .spawn(move || serve(link, &jobs))
                .map_err(|error| StoreError::Unavailable(error.to_string()))
        };
        let threads = links.into_iter().enumerate().map(start).collect::<Result<_>>()?;
        Ok(Self { queue: Some(queue), threads })
    }

    /// Hands a job over; an error when too many wait.
    pub fn submit(&self, job: J) -> Result<()> {
        let full = |_| StoreError::Unavailable("too many requests are waiting".to_owned());
        self.queue.as_ref().ok_or_else(closed)?.try_send(job).map_err(full)
    }
}

impl<J> Drop for Lane<J> {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            if thread.thread().id() != std::thread::current().id() {
                // Panics are caught per job; there is nothing to learn from the result.
                let _ = thread.join();
            }
        }
    }
}

/// Work for one connection; it answers by itself.
pub(super) type Task = Box<dyn FnOnce(&mut Link) + Send>;

impl Lane<Task> {
    /// Starts a lane for tasks.
    pub fn of_tasks(name: &'static str, links: Vec<Link>) -> Result<Self> {
        Self::start(name, links, |mut link, tasks| tasks.iter().for_each(|task: Task| task(&mut link)))
    }

    /// Runs `op` with a connection and waits for its answer.
    pub async fn run<T: Send + 'static>(
        &self,
        op: impl FnOnce(&mut Link) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.submit(Box::new(move |link| {
            // A caller that has gone away doesn't need the answer.
            let _ = reply.send(op(link));
        }))?;
        answer.await.map_err(|_| closed())?
    }
}

/// Nobody is there any more to do it.
pub(super) fn closed() -> StoreError {
    StoreError::Unavailable(SHUTTING_DOWN.to_owned())
}
