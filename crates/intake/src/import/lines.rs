//! From a file to rows: progress, format.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rows::{Decoded, Lines, OpenError, Table};

use super::csv_rows::CsvRows;
use super::jsonl_rows::JsonlRows;
use super::plan::Plan;
use super::{Context, Format, ImportError, Options, Progress, Rows};

/// Counts what is read, for the progress bar.
pub(crate) struct Counted<R> {
    inner: R,
    progress: Arc<Progress>,
}

impl<R> Counted<R> {
    pub(crate) fn new(inner: R, progress: Arc<Progress>) -> Self {
        Self { inner, progress }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.progress.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl From<OpenError> for ImportError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Read(error) => Self::Read { line: 1, error },
            OpenError::Encoding(label) => Self::Encoding(label),
            OpenError::Packed => Self::Header(error.to_string()),
        }
    }
}

/// A table; `empty` says what it lacks if there is none.
pub(crate) fn table<R: Read>(
    lines: Lines<Decoded<R>>,
    empty: &str,
) -> Result<Table<Decoded<R>>, ImportError> {
    let table = Table::open(lines).map_err(|error| ImportError::Read { line: 1, error })?;
    table.ok_or_else(|| ImportError::Header(format!("the file is empty; {empty}")))
}

/// Takes the first row of a table for its header.
pub(crate) fn take_header<R: Read>(table: &mut Table<Decoded<R>>) -> Result<(), ImportError> {
    let fault = table.header_fault();
    table.skip_header();
    fault.map_or(Ok(()), |(line, fault)| {
        Err(ImportError::Header(format!("the header row (line {line}) can't be read: {fault}")))
    })
}

/// A file whose first line has been looked at.
pub(super) enum Source<R: Read> {
    Csv(Box<Table<Decoded<R>>>),
    Jsonl(Box<Lines<Decoded<R>>>),
}

impl<R: Read> Source<R> {
    /// Finds out encoding and format.
    pub(super) fn open(input: R, options: &Options) -> Result<Self, ImportError> {
        let mut lines = rows::decoded(input, options.encoding.as_deref())?;
        let read = |error| ImportError::Read { line: 1, error };
        let mut looks_like_json = false;
        while let Some(line) = lines.next_line().map_err(read)? {
            if let Some(byte) = line.bytes.iter().find(|b| !b.is_ascii_whitespace()) {
                looks_like_json = *byte == b'{';
                lines.put_back(std::iter::once(line));
                break;
            }
        }
        Ok(match options.format.unwrap_or(if looks_like_json { Format::Jsonl } else { Format::Csv }) {
            Format::Csv => {
                let mut table = table(lines, "it needs a header row")?;
                take_header(&mut table)?;
                Self::Csv(Box::new(table))
            }
            Format::Jsonl => Self::Jsonl(Box::new(lines)),
        })
    }

    pub(super) fn format(&self) -> Format {
        match self {
            Self::Csv(_) => Format::Csv,
            Self::Jsonl(_) => Format::Jsonl,
        }
    }
}

impl<R: Read + Send + 'static> Source<R> {
    /// Goes on to the rows.
    pub(super) fn into_rows(self, plan: Arc<Plan>, context: Context) -> Box<dyn Rows> {
        match self {
            Self::Csv(table) => Box::new(CsvRows::new(*table, plan, context.received_at)),
            Self::Jsonl(lines) => Box::new(JsonlRows::new(*lines, plan, context)),
        }
    }
}
