//! Reading threads, each with a connection of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::connection::open_reader;
use crate::api::Result;
use crate::error::StoreError;

/// Reading threads. More don't help: what they read is in memory.
const THREADS: usize = 4;
/// Queries that wait before callers are refused.
const QUEUE_MAX: usize = 4096;

type Query = Box<dyn FnOnce(&Connection) + Send>;

/// The threads. Dropped, they finish what is queued and end.
pub(super) struct Readers {
    queue: Option<crossbeam_channel::Sender<Query>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts the threads.
    pub fn start(dir: &Path) -> Result<Self> {
        let (queue, queries) = crossbeam_channel::bounded::<Query>(QUEUE_MAX);
        let start = |number: usize| {
            let (conn, queries) = (open_reader(dir)?, queries.clone());
            std::thread::Builder::new()
                .name(format!("store-reader-{number}"))
                .spawn(move || queries.iter().for_each(|query| query(&conn)))
                .map_err(|error| StoreError::Unavailable(error.to_string()))
        };
        let threads = (0..THREADS).map(start).collect::<Result<_>>()?;
        Ok(Self { queue: Some(queue), threads })
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
        let overloaded = || StoreError::Unavailable("too many queries are waiting".to_owned());
        self.queue.as_ref().ok_or_else(overloaded)?.try_send(query).map_err(|_| overloaded())?;
        answer.await.map_err(|_| StoreError::Unavailable("it is shutting down".to_owned()))?
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
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
