//! Importing people, their consents and subscriptions from CSV or JSON Lines, of any size in bounded memory.
//!
//! The file is parsed on a thread of its own, in batches, while the store writes the batch before. A row that can't be
//! read or applied goes to the rejects with its line number and the reason, and nothing of it is recorded but its
//! refusals, which bind all the same (I9); the rest goes in. Reading the same file again changes nothing. A stopped import is taken up by running it again.

mod cells;
mod columns;
mod csv_rows;
mod dates;
mod dry_run;
mod jsonl_rows;
pub(crate) mod lines;
mod meaning;
pub(crate) mod names;
mod numbers;
mod plan;
mod propose;
mod recognise;
mod refusals;
mod rejects;
pub(crate) mod row;
mod run;
mod salvage;
mod summary;
mod survey;
#[cfg(test)]
mod tests;
mod undecided;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

pub use ::rows::{ROW_LENGTH_MAX, ROW_LINES_MAX};
use consent::{ListId, Timestamp};
use store::StoreError;

use self::refusals::Refused;
use self::row::Ready;

pub use dates::DateFormat;
pub use dry_run::{ColumnReading, DryRun, ValueReading, dry_run};
pub use recognise::preset_names;
pub use run::{Import, Input, Outputs, import_profiles};
pub use summary::{Report, Summary};
pub use undecided::{Answer, Question, Undecided, quoted, words};

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
    /// What columns are read as, as (in the file, ours); an empty name of ours leaves the column out.
    pub map: Vec<(String, String)>,
    /// What holds for every row, as (what, value): `consent.email` and `n`.
    pub set: Vec<(String, String)>,
    /// The tool whose export it is; found out by the header if absent, and `none` for no tool's.
    pub from: Option<String>,
    /// Columns that are attributes, whatever they look like.
    pub ignore: Vec<String>,
    /// The file's name says nothing about the people in it.
    pub ignore_file_name: bool,
    /// How dates are written; found out from each column if absent.
    pub date_format: Option<DateFormat>,
    /// The file's name, for what it says and for evidence; empty for standard input.
    pub file_name: String,
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

    /// Begins again, for another pass over the file.
    pub(crate) fn rewind(&self) {
        self.bytes.store(0, Ordering::Relaxed);
    }

    /// Notes how many rows are done.
    pub(crate) fn set_rows(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
    }
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
    /// It isn't said how the file is read; nothing was written.
    #[error("{0}")]
    Undecided(Box<Undecided>),
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
    row: Result<Ready, Refused>,
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
