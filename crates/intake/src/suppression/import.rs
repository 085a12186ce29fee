//! Importing a list: parsed on a thread of its own, in batches, while the store writes the batch before.

use std::io::Read;
use std::sync::Arc;

use consent::{Clock, Timestamp, WorkspaceId};
use store::{AllowEntry, IMPORT_MAX, Store, SuppressionCategory, SuppressionEntry};
use tokio::sync::mpsc;

use super::entries::{Failure, ListRows, Row};
use super::target::Target;
use crate::import::lines::Counted;
use crate::import::{ImportError, Progress};
use crate::note::note;

/// Rows and bytes parsed ahead of the store.
const BATCH_ROWS: usize = 16_384;
const BATCH_BYTES: usize = 8 * 1024 * 1024;
const BATCHES_AHEAD: usize = 2;

/// How to read a file.
#[derive(Clone, Debug)]
pub struct Options {
    /// The list that it goes into.
    pub target: Target,
    /// Who puts it there.
    pub by: String,
    /// Label of the file's encoding (WHATWG), if it is neither UTF-8 nor marked by a byte order mark.
    pub encoding: Option<String>,
}

/// What became of a file's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Rows in the file, without the header.
    pub read: u64,
    /// Rows whose entries are new.
    pub added: u64,
    /// Rows whose entries were on the list already.
    pub known: u64,
    /// Rows reported: what they name isn't on the list, unless the report says that it is.
    pub failed: u64,
}

/// Imports a file into a list; `fail` hears of every row that didn't go in as it stands. What was read before an error
/// stays in.
pub async fn import_entries(
    store: &Store,
    workspace: WorkspaceId,
    input: impl Read + Send + 'static,
    options: &Options,
    clock: &dyn Clock,
    progress: &Arc<Progress>,
    fail: &mut (dyn FnMut(&Failure) -> std::io::Result<()> + Send),
) -> Result<Summary, ImportError> {
    let lines = rows::decoded(Counted::new(input, Arc::clone(progress)), options.encoding.as_deref())?;
    let rows = ListRows::new(lines, options.target)?;
    let (batches, mut received) = mpsc::channel(BATCHES_AHEAD);
    let parser = std::thread::spawn(move || parse(rows, &batches));
    let mut summary = Summary::default();
    let mut failed = None;
    let by = note(&options.by);
    while let Some(batch) = received.recv().await {
        let outcome = match batch {
            Ok(batch) => {
                let batch = Batch { target: options.target, by: &by, at: clock.now(), rows: batch };
                batch.apply(store, workspace, &mut summary, fail).await
            }
            Err(error) => Err(error),
        };
        progress.set_rows(summary.read);
        if let Err(error) = outcome {
            failed = Some(error);
            break;
        }
    }
    drop(received);
    let _ = parser.join();
    failed.map_or(Ok(summary), Err)
}

/// Reads a file without a store; how many of its rows would go in, and how many are reported.
pub fn count_rows(
    input: impl Read,
    target: Target,
    encoding: Option<&str>,
) -> Result<(u64, u64), ImportError> {
    let mut rows = ListRows::new(rows::decoded(input, encoding)?, target)?;
    let (mut good, mut reported) = (0, 0);
    while let Some(row) = rows.next() {
        let row = row?;
        good += u64::from(!row.values.is_empty());
        reported += u64::from(row.failure.is_some());
    }
    Ok((good, reported))
}

/// Parses until the end, or until nobody listens any more.
fn parse<R: Read>(mut rows: ListRows<R>, batches: &mpsc::Sender<Result<Vec<Row>, ImportError>>) {
    let (mut batch, mut before) = (Vec::with_capacity(BATCH_ROWS), 0);
    while let Some(next) = rows.next() {
        match next {
            Ok(row) => batch.push(row),
            Err(error) => {
                // What was read before the fault still goes in.
                let _ = batches.blocking_send(Ok(std::mem::take(&mut batch)));
                let _ = batches.blocking_send(Err(error));
                return;
            }
        }
        if batch.len() >= BATCH_ROWS || rows.bytes - before >= BATCH_BYTES {
            before = rows.bytes;
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS));
            if batches.blocking_send(Ok(full)).is_err() {
                return;
            }
        }
    }
    let _ = batches.blocking_send(Ok(batch));
}

/// Rows on their way into the store.
struct Batch<'a> {
    target: Target,
    by: &'a str,
    at: Timestamp,
    rows: Vec<Row>,
}

impl Batch<'_> {
    async fn apply(
        mut self,
        store: &Store,
        workspace: WorkspaceId,
        summary: &mut Summary,
        fail: &mut (dyn FnMut(&Failure) -> std::io::Result<()> + Send),
    ) -> Result<(), ImportError> {
        let counts: Vec<usize> = self.rows.iter().map(|row| row.values.len()).collect();
        let failures: Vec<Failure> = self.rows.iter_mut().filter_map(|row| row.failure.take()).collect();
        let mut new = self.write(store, workspace).await?.into_iter();
        // Reported after the write: whoever stops in between reads the rows again and is told again.
        summary.read += counts.len() as u64;
        summary.failed += failures.len() as u64;
        for count in counts.into_iter().filter(|count| *count > 0) {
            // Not `any`, which would stop before the row's last entry.
            if new.by_ref().take(count).fold(false, |any, new| any | new) {
                summary.added += 1;
            } else {
                summary.known += 1;
            }
        }
        failures.iter().try_for_each(&mut *fail).map_err(ImportError::Rejects)
    }

    /// Puts the entries on the list; whether each is new.
    async fn write(self, store: &Store, workspace: WorkspaceId) -> Result<Vec<bool>, ImportError> {
        let Self { target, by, at, rows } = self;
        let mut new = Vec::with_capacity(rows.len());
        match target {
            Target::Suppression => {
                for entries in chunks(rows.into_iter().flat_map(|row| suppressions(row, by, at))) {
                    new.extend(store.suppress(workspace, entries).await?);
                }
            }
            Target::Allow => {
                for entries in chunks(rows.into_iter().flat_map(|row| allowed(row, by, at))) {
                    new.extend(store.allow(workspace, entries).await?);
                }
            }
        }
        Ok(new)
    }
}

/// In pieces that the store takes.
fn chunks<T>(entries: impl Iterator<Item = T>) -> Vec<Vec<T>> {
    let mut entries = entries.peekable();
    let mut chunks = Vec::new();
    while entries.peek().is_some() {
        chunks.push(entries.by_ref().take(IMPORT_MAX).collect());
    }
    chunks
}

fn suppressions(row: Row, by: &str, at: Timestamp) -> impl Iterator<Item = SuppressionEntry> {
    let Row { values, comment, category, expires_at, .. } = row;
    values.into_iter().map(move |named| SuppressionEntry {
        namespace: named.namespace,
        value: named.value,
        category: category.unwrap_or(SuppressionCategory::Manual),
        reason: comment.clone(),
        by: by.to_owned(),
        at,
        updated_at: at,
        expires_at,
    })
}

fn allowed(row: Row, by: &str, at: Timestamp) -> impl Iterator<Item = AllowEntry> {
    let Row { values, comment, .. } = row;
    values.into_iter().map(move |named| AllowEntry {
        namespace: named.namespace,
        value: named.value,
        comment: comment.clone(),
        by: by.to_owned(),
        at,
    })
}
