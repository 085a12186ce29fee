//! Importing people, their consents and subscriptions from CSV or JSON Lines, of any size in bounded memory.
//!
//! The file is parsed on a thread of its own, in batches, while the store writes the batch before. A row that can't be
//! read or applied goes to the rejects with its line number and the reason, and nothing of it is recorded but its
//! refusals, which bind all the same (I9); the rest goes in. Reading the same file again changes nothing. A stopped import is taken up by running it again.

mod columns;
mod csv_rows;
mod jsonl_rows;
pub(crate) mod lines;
pub(crate) mod names;
mod refusals;
mod rejects;
pub(crate) mod row;
mod salvage;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use ::rows::{ROW_LENGTH_MAX, ROW_LINES_MAX};
use consent::{Clock, ListId, Timestamp, WorkspaceId};
use store::{IMPORT_MAX, NewList, ProfileRow, RowOutcome, Store, StoreError};
use tokio::sync::mpsc;

use self::refusals::Refused;
use self::rejects::Rejects;

/// Most columns.
pub const COLUMNS_MAX: usize = 1_000;
/// Longest external id, in bytes.
pub const ID_LENGTH_MAX: usize = 256;
/// Most addresses of a row, of all kinds together.
pub const ADDRESSES_MAX: usize = 100;
/// Most choices of a row.
pub const CONSENTS_MAX: usize = 256;
/// Longest attributes of a row, in bytes of JSON.
pub const ATTRIBUTES_LENGTH_MAX: usize = 64 * 1024;
/// Rows and bytes parsed ahead of the store.
const BATCH_ROWS: usize = 16_384;
const BATCH_BYTES: usize = 8 * 1024 * 1024;
const BATCHES_AHEAD: usize = 2;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma, semicolon, tab or pipe separated, with a header row.
    Csv,
    /// A JSON object per line.
    Jsonl,
}

/// How to read a file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// CSV or JSON Lines; decided by the first byte of content if absent.
    pub format: Option<Format>,
    /// Columns to rename, as (in the file, ours); an empty name of ours leaves the column out.
    pub map: Vec<(String, String)>,
    /// Label of the file's encoding (WHATWG), if it is neither UTF-8 nor marked by a byte order mark.
    pub encoding: Option<String>,
    /// Make lists that the file names and that don't exist, instead of refusing.
    pub create_lists: bool,
}

/// How far an import is; read while it runs.
#[derive(Debug, Default)]
pub struct Progress {
    bytes: AtomicU64,
    rows: AtomicU64,
}

impl Progress {
    /// Bytes of the file read.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Rows done: durable, or rejected.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Notes how many rows are done.
    pub(crate) fn set_rows(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
    }
}

/// What became of a file's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Rows in the file, without the header.
    pub read: u64,
    /// New profiles.
    pub created: u64,
    /// Profiles changed.
    pub updated: u64,
    /// Rows that said nothing new.
    pub unchanged: u64,
    /// Rows in the rejects.
    pub rejected: u64,
}

/// Why an import stopped. What was read before stays in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file can't be read.
    #[error("line {line}: the file can't be read: {error}")]
    Read {
        /// The line read last.
        line: u64,
        /// Why.
        error: std::io::Error,
    },
    /// The rejects can't be written.
    #[error("the rejects can't be written: {0}")]
    Rejects(std::io::Error),
    /// The header row, or the mapping of its columns.
    #[error("line 1: {0}")]
    Header(String),
    /// The file names lists that don't exist.
    #[error("the list `{0}` doesn't exist")]
    UnknownList(String),
    /// An encoding label that nobody knows.
    #[error("unknown encoding `{0}`; use a label such as utf-8, windows-1252 or utf-16le")]
    Encoding(String),
    /// The store can't take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A row as it stands in the file, and what was made of it.
struct Parsed {
    line: u64,
    raw: Vec<u8>,
    row: Result<ProfileRow, Refused>,
}

/// A source of rows.
trait Rows: Send {
    /// The CSV header for the rejects; `None` for JSON Lines.
    fn header(&self) -> Option<&[String]>;
    /// The delimiter of a CSV file.
    fn delimiter(&self) -> u8 {
        b','
    }
    /// The next row; `None` at the end.
    fn next(&mut self) -> Option<Result<Parsed, ImportError>>;
}

/// What rows are read against.
#[derive(Clone)]
struct Context {
    lists: HashMap<String, ListId>,
    received_at: Timestamp,
}

/// Imports a file into a workspace. Rejected rows are written to `rejects`, which is only called for when there is one.
pub async fn import_profiles(
    store: Arc<dyn Store>,
    workspace: WorkspaceId,
    input: impl Read + Send + 'static,
    rejects: impl FnOnce() -> std::io::Result<Box<dyn Write + Send>> + Send,
    options: Options,
    clock: &dyn Clock,
    progress: Arc<Progress>,
) -> Result<Summary, ImportError> {
    let received_at = clock.now();
    let lists = store.lists(workspace).await?.into_iter().map(|list| (list.name, list.id)).collect();
    let mut context = Context { lists, received_at };
    let counted = lines::Counted::new(input, Arc::clone(&progress));
    let source = lines::Source::open(counted, &options)?;
    let names = source.list_names(&options)?;
    for name in
        names.into_iter().filter(|name| !context.lists.contains_key(name.as_str())).collect::<Vec<_>>()
    {
        if !options.create_lists {
            return Err(ImportError::UnknownList(name));
        }
        let list = NewList::new(name.clone(), received_at);
        let created = store.create_list(workspace, list).await?;
        context.lists.insert(name, created.id);
    }
    let rows = source.into_rows(&options, context)?;
    let mut rejects = Rejects::new(rejects, rows.header(), rows.delimiter());
    let (batches, mut received) = mpsc::channel(BATCHES_AHEAD);
    let parser = std::thread::spawn(move || parse(rows, &batches));
    let mut summary = Summary::default();
    let mut failed = None;
    while let Some(batch) = received.recv().await {
        match batch {
            Ok(batch) => {
                let outcome = apply(&*store, workspace, batch, &mut rejects, &mut summary).await;
                progress.set_rows(summary.read);
                if let Err(error) = outcome {
                    failed = Some(error);
                    break;
                }
            }
            Err(error) => failed = Some(error),
        }
    }
    drop(received);
    let _ = parser.join();
    rejects.finish()?;
    failed.map_or(Ok(summary), Err)
}

/// Parses until the end, or until nobody listens any more.
fn parse(mut rows: Box<dyn Rows>, batches: &mpsc::Sender<Result<Vec<Parsed>, ImportError>>) {
    let (mut batch, mut bytes) = (Vec::with_capacity(BATCH_ROWS), 0);
    while let Some(next) = rows.next() {
        match next {
            Ok(parsed) => {
                bytes += parsed.raw.len();
                batch.push(parsed);
            }
            Err(error) => {
                // What was read before the fault still goes in.
                let _ = batches.blocking_send(Ok(std::mem::take(&mut batch)));
                let _ = batches.blocking_send(Err(error));
                return;
            }
        }
        if batch.len() >= BATCH_ROWS || bytes >= BATCH_BYTES {
            bytes = 0;
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS));
            if batches.blocking_send(Ok(full)).is_err() {
                return;
            }
        }
    }
    let _ = batches.blocking_send(Ok(batch));
}

async fn apply(
    store: &dyn Store,
    workspace: WorkspaceId,
    batch: Vec<Parsed>,
    rejects: &mut Rejects<'_>,
    summary: &mut Summary,
) -> Result<(), ImportError> {
    let mut rows = Vec::with_capacity(batch.len());
    let mut pending = Vec::with_capacity(batch.len());
    for Parsed { line, raw, row } in batch {
        let before = rows.len();
        let reason = match row {
            Ok(row) => {
                rows.push(row);
                None
            }
            Err(Refused { reason, refusals }) => {
                rows.extend(refusals);
                Some(reason)
            }
        };
        pending.push((line, raw, reason, rows.len() - before));
    }
    let mut outcomes = Vec::with_capacity(rows.len());
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(IMPORT_MAX));
        outcomes.extend(store.import(workspace, std::mem::replace(&mut rows, rest)).await?);
    }
    let mut outcomes = outcomes.into_iter();
    for (line, raw, reason, count) in pending {
        summary.read += 1;
        let mut outcomes = outcomes.by_ref().take(count);
        let rejected = match reason {
            // Whatever became of its refusals, the row itself didn't go in.
            Some(reason) => Some(with_refusals(&reason, outcomes)),
            None => outcomes.find_map(|outcome| tally(outcome, summary)),
        };
        if let Some(reason) = rejected {
            summary.rejected += 1;
            rejects.write(line, &reason, &raw)?;
        }
    }
    Ok(())
}

/// Counts a row; why it was rejected, if it was.
fn tally(outcome: RowOutcome, summary: &mut Summary) -> Option<String> {
    match outcome {
        RowOutcome::Created(_) => summary.created += 1,
        RowOutcome::Updated(_) => summary.updated += 1,
        RowOutcome::Unchanged(_) => summary.unchanged += 1,
        RowOutcome::Rejected(reason) => return Some(reason),
    }
    None
}

/// A reason, with what became of the row's refusals if it has any.
fn with_refusals(reason: &str, outcomes: impl Iterator<Item = RowOutcome>) -> String {
    let note = outcomes.fold(None, |note: Option<String>, outcome| match outcome {
        RowOutcome::Rejected(why) => Some(why),
        _ => note.or_else(|| Some("its refusals were recorded".to_owned())),
    });
    note.map_or_else(|| reason.to_owned(), |note| format!("{reason}; {note}"))
}
