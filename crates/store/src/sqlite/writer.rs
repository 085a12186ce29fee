//! Group commit: one thread owns the connection that writes and commits what has queued up as one transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::error::{Result, StoreError};

/// Operations that wait before callers have to.
const QUEUE_MAX: usize = 1024;
/// Operations in one transaction.
const GROUP_MAX: usize = 256;

const SHUTTING_DOWN: &str = "it is shutting down";

/// The writing thread. Dropped, it finishes what is queued and ends.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub fn start(conn: Connection) -> Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&conn, jobs))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs an operation within a transaction; answers when that is durable, or has failed without a trace.
    pub async fn submit<T, F>(&self, op: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Operation { op: Some(op), outcome: None, reply });
        let closed = || StoreError::Unavailable(SHUTTING_DOWN.to_owned());
        self.queue.as_ref().ok_or_else(closed)?.send(job).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) =
            self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id())
        {
            // Panics are caught per operation; there is nothing to learn from the result.
            let _ = thread.join();
        }
    }
}

/// An operation that doesn't know its type.
trait Job: Send {
    /// Runs it; whether it succeeded.
    fn run(&mut self, conn: &Connection) -> bool;
    /// Tells the caller: its own outcome, or that the transaction failed.
    fn answer(self: Box<Self>, failed: Option<&StoreError>);
}

struct Operation<T, F> {
    op: Option<F>,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Job for Operation<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T> + Send,
{
    fn run(&mut self, conn: &Connection) -> bool {
        let Some(op) = self.op.take() else { return false };
        let outcome = catch_unwind(AssertUnwindSafe(|| op(conn))).unwrap_or_else(|_| {
            tracing::error!("an operation of the store panicked; it was rolled back");
            Err(StoreError::Invalid("the request made the store fail; it changed nothing".to_owned()))
        });
        let succeeded = outcome.is_ok();
        self.outcome = Some(outcome);
        succeeded
    }

    fn answer(self: Box<Self>, failed: Option<&StoreError>) {
        let answer = match (self.outcome, failed) {
            (Some(Err(own)), _) => Err(own),
            (_, Some(failed)) => Err(same(failed)),
            (Some(outcome), None) => outcome,
            (None, None) => Err(StoreError::Unavailable(SHUTTING_DOWN.to_owned())),
        };
        // A caller that has gone away doesn't need the answer.
        let _ = self.reply.send(answer);
    }
}

/// The same error once more, for each caller of a failed transaction.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::Busy(what) => StoreError::Busy(what.clone()),
        StoreError::Damaged(what) => StoreError::Damaged(what.clone()),
        StoreError::Unavailable(what) => StoreError::Unavailable(what.clone()),
        other => StoreError::Unavailable(other.to_string()),
    }
}

fn serve(conn: &Connection, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    let mut group: Vec<Box<dyn Job>> = Vec::with_capacity(GROUP_MAX);
    while let Some(first) = jobs.blocking_recv() {
        group.push(first);
        while group.len() < GROUP_MAX
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        let failed = run_group(conn, &mut group).err();
        if let Some(error) = &failed {
            tracing::error!(%error, operations = group.len(), "the store could not commit");
        }
        for job in group.drain(..) {
            job.answer(failed.as_ref());
        }
    }
    if let Err(error) = conn.execute_batch("PRAGMA optimize") {
        tracing::debug!(%error, "could not update the planner's statistics");
    }
}

/// One transaction. On an error all of it is rolled back, and nobody in the group gets an Ok (I2).
fn run_group(conn: &Connection, group: &mut [Box<dyn Job>]) -> Result<()> {
    conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let outcome = run_jobs(conn, group).and_then(|()| {
        conn.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    });
    if outcome.is_err() && !conn.is_autocommit() {
        conn.execute_batch("ROLLBACK")?;
    }
    outcome
}

fn run_jobs(conn: &Connection, group: &mut [Box<dyn Job>]) -> Result<()> {
    for job in group {
        conn.prepare_cached("SAVEPOINT operation")?.execute([])?;
        let succeeded = job.run(conn);
        // A full disk or an I/O error can end the whole transaction, and with it what ran before in the group.
        if conn.is_autocommit() {
            return Err(StoreError::Unavailable(
                "the transaction was rolled back, the disk may be full".to_owned(),
            ));
        }
        if !succeeded {
            conn.prepare_cached("ROLLBACK TO operation")?.execute([])?;
        }
        conn.prepare_cached("RELEASE operation")?.execute([])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> Writer {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE t (x INTEGER PRIMARY KEY)").unwrap();
        Writer::start(conn).unwrap()
    }

    fn insert(conn: &Connection, x: i64) -> Result<()> {
        conn.execute("INSERT INTO t VALUES (?1)", [x])?;
        Ok(())
    }

    async fn count(writer: &Writer) -> i64 {
        writer
            .submit(|conn| Ok(conn.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn an_operation_that_fails_or_panics_leaves_nothing_and_harms_nobody() {
        let writer = writer();
        let fine = writer.submit(|conn| insert(conn, 1));
        let fails = writer.submit(|conn| insert(conn, 2).and(Err::<(), _>(StoreError::Superseded)));
        let panics = writer.submit(|conn| {
            insert(conn, 3)?;
            assert!(conn.is_autocommit(), "on purpose");
            Ok(())
        });
        let also_fine = writer.submit(|conn| insert(conn, 4));
        let (fine, fails, panics, also_fine) = tokio::join!(fine, fails, panics, also_fine);
        fine.unwrap();
        also_fine.unwrap();
        assert!(matches!(fails, Err(StoreError::Superseded)));
        assert!(matches!(panics, Err(StoreError::Invalid(_))));
        assert_eq!(count(&writer).await, 2);
    }

    #[tokio::test]
    async fn when_the_transaction_is_lost_nobody_is_told_otherwise() {
        let writer = writer();
        let first = writer.submit(|conn| insert(conn, 1));
        let ends_it = writer.submit(|conn| {
            conn.execute_batch("ROLLBACK")?;
            Ok(())
        });
        let after = writer.submit(|conn| insert(conn, 2));
        let (first, ends_it, after) = tokio::join!(first, ends_it, after);
        let lost = [first.is_err(), after.is_err()].into_iter().filter(|lost| *lost).count() as i64;
        assert!(matches!(ends_it, Err(StoreError::Unavailable(_))), "{ends_it:?}");
        assert_eq!(count(&writer).await, 2 - lost);
    }
}
