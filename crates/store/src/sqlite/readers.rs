//! Reading threads, each with a connection of its own.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::connection::open_reader;
use crate::error::{Result, StoreError};

/// Reading threads. More don't help: what they read is in memory.
const THREADS: usize = 4;
/// Queries that wait before callers are refused.
const QUEUE_MAX: usize = 4096;

type Query = Box<dyn FnOnce(&Connection) + Send>;

/// The threads. Dropped, they finish what is queued and end.
///
/// A query goes to the thread that came to rest last. Each thread maps the file and keeps pages of its own, so that callers
/// who ask one thing after the other find their pages with one of them, and don't have the same ones in memory four times.
pub(super) struct Readers {
    waiting: Arc<Mutex<Waiting>>,
    /// To each thread.
    inboxes: Vec<crossbeam_channel::Sender<Query>>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Waiting {
    /// For the next thread that is done. Empty while threads rest.
    queries: VecDeque<Query>,
    /// The threads at rest; the one that finished last is at the end.
    resting: Vec<usize>,
    /// No more will come.
    closed: bool,
}

impl Readers {
    /// Starts the threads.
    pub fn start(dir: &Path) -> Result<Self> {
        let mut readers = Self { waiting: Arc::default(), inboxes: Vec::new(), threads: Vec::new() };
        for number in 0..THREADS {
            let (conn, waiting) = (open_reader(dir)?, Arc::clone(&readers.waiting));
            let (inbox, queries) = crossbeam_channel::bounded::<Query>(1);
            let thread = std::thread::Builder::new()
                .name(format!("store-reader-{number}"))
                .spawn(move || {
                    while let Some(query) = next(number, &waiting, &queries) {
                        query(&conn);
                    }
                })
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            readers.inboxes.push(inbox);
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Hands a query to a thread at rest, or queues it; whether it will run.
    fn put(&self, query: Query) -> bool {
        let resting = {
            let mut waiting = lock(&self.waiting);
            let Some(resting) = waiting.resting.pop() else {
                let fits = waiting.queries.len() < QUEUE_MAX;
                if fits {
                    waiting.queries.push_back(query);
                }
                return fits;
            };
            resting
        };
        self.inboxes.get(resting).is_some_and(|inbox| inbox.send(query).is_ok())
    }

    /// Runs a query on one consistent snapshot, which holds all that was acknowledged before the call.
    pub async fn run<T, F>(&self, op: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let query: Query = Box::new(move |conn| {
            let _ = reply.send(in_snapshot(conn, op));
        });
        if !self.put(query) {
            return Err(StoreError::Unavailable("too many queries are waiting".to_owned()));
        }
        answer.await.map_err(|_| StoreError::Unavailable("it is shutting down".to_owned()))?
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        lock(&self.waiting).closed = true;
        self.inboxes.clear();
        for thread in self.threads.drain(..) {
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

/// A thread's next query; `None` once there are no more.
fn next(
    number: usize,
    waiting: &Mutex<Waiting>,
    queries: &crossbeam_channel::Receiver<Query>,
) -> Option<Query> {
    {
        let mut waiting = lock(waiting);
        if let Some(query) = waiting.queries.pop_front() {
            return Some(query);
        }
        if waiting.closed {
            return None;
        }
        waiting.resting.push(number);
    }
    queries.recv().ok()
}

/// Nothing panics while it holds the lock.
fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a query within a read transaction.
pub(super) fn in_snapshot<T>(conn: &Connection, op: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    conn.prepare_cached("BEGIN DEFERRED")?.execute([])?;
    let outcome = catch_unwind(AssertUnwindSafe(|| op(conn))).unwrap_or_else(|_| {
        tracing::error!("a query of the store panicked");
        Err(StoreError::Invalid("the request made the store fail".to_owned()))
    });
    if !conn.is_autocommit() {
        conn.prepare_cached("ROLLBACK")?.execute([])?;
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn named(readers: &Readers) -> String {
        let name = |_: &Connection| Ok(std::thread::current().name().unwrap_or_default().to_owned());
        readers.run(name).await.unwrap()
    }

    fn readers(dir: &Path) -> Readers {
        super::super::connection::open_writer(dir).unwrap();
        Readers::start(dir).unwrap()
    }

    #[tokio::test]
    async fn who_asks_one_thing_after_the_other_asks_one_thread() {
        let dir = tempfile::tempdir().unwrap();
        let readers = readers(dir.path());
        let mut names = Vec::new();
        for _ in 0..10 {
            // Time for the threads to come to rest.
            tokio::time::sleep(Duration::from_millis(20)).await;
            names.push(named(&readers).await);
        }
        names.dedup();
        assert!(names.len() <= 2, "{names:?}");
    }

    #[tokio::test]
    async fn many_at_once_are_all_answered_and_too_many_refused() {
        let dir = tempfile::tempdir().unwrap();
        let readers = readers(dir.path());
        let (go, wait) = crossbeam_channel::bounded::<()>(0);
        let mut held = Vec::new();
        for _ in 0..THREADS + QUEUE_MAX {
            let wait = wait.clone();
            let query: Query = Box::new(move |_| wait.recv().unwrap_or_default());
            if readers.put(query) {
                held.push(());
            }
        }
        assert!(held.len() >= QUEUE_MAX, "{}", held.len());
        while readers.put(Box::new(|_| ())) {}
        assert!(matches!(readers.run(|_| Ok(())).await, Err(StoreError::Unavailable(_))));
        drop(go);
        // Waits for what is queued.
        drop(readers);
    }
}
