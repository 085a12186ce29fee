//! From bytes to lines: encodings, byte order marks, line ends, and lines without an end.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

use super::csv_rows::{CsvRows, Table};
use super::jsonl_rows::JsonlRows;
use super::plan::Plan;
use super::{Context, Format, ImportError, Options, Progress, ROW_LENGTH_MAX, ROW_LINES_MAX, Rows};

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

pub(crate) type Decoded<R> = BufReader<DecodeReaderBytes<R, Vec<u8>>>;

/// The lines of a file as UTF-8. A byte order mark wins over the encoding that was said.
pub(crate) fn decoded<R: Read>(input: R, encoding: Option<&str>) -> Result<Lines<Decoded<R>>, ImportError> {
    let mut builder = DecodeReaderBytesBuilder::new();
    // Bytes that aren't UTF-8 come through as they are, so that the row that holds them can be named.
    builder.utf8_passthru(true).strip_bom(true).bom_override(true);
    if let Some(label) = encoding {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes());
        builder.encoding(Some(encoding.ok_or_else(|| ImportError::Encoding(label.to_owned()))?));
    }
    let decoded = builder
        .build_with_buffer(input, vec![0; 64 * 1024])
        .map_err(|error| ImportError::Read { line: 1, error })?;
    Ok(Lines::new(BufReader::with_capacity(256 * 1024, decoded)))
}

/// A file whose first line has been looked at.
pub(super) struct Source<R: Read> {
    lines: Lines<Decoded<R>>,
    format: Format,
}

impl<R: Read> Source<R> {
    /// Finds out encoding and format.
    pub(super) fn open(input: R, options: &Options) -> Result<Self, ImportError> {
        let mut lines = decoded(input, options.encoding.as_deref())?;
        let first = lines.peek().map_err(|error| ImportError::Read { line: 1, error })?;
        let looks_like_json = first.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
        let format = options.format.unwrap_or(if looks_like_json { Format::Jsonl } else { Format::Csv });
        Ok(Self { lines, format })
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// The rows under the header row.
    pub(super) fn into_table(self) -> Result<Table<Decoded<R>>, ImportError> {
        Table::open(self.lines)
    }

    /// The lines as they stand.
    pub(super) fn into_lines(self) -> Lines<Decoded<R>> {
        self.lines
    }
}

impl<R: Read + Send + 'static> Source<R> {
    /// Goes on to the rows.
    pub(super) fn into_rows(self, plan: Arc<Plan>, context: Context) -> Result<Box<dyn Rows>, ImportError> {
        Ok(match self.format {
            Format::Csv => Box::new(CsvRows::new(self.into_table()?, plan, context.received_at)),
            Format::Jsonl => Box::new(JsonlRows::new(self.lines, plan, context)),
        })
    }
}

/// A line, without its end.
pub(crate) struct Line {
    pub(crate) number: u64,
    pub(crate) bytes: Vec<u8>,
    /// It went past [`ROW_LENGTH_MAX`]; `bytes` holds its beginning.
    pub(super) too_long: bool,
}

/// Lines with their numbers, each bounded in length; lines can be put back.
pub(crate) struct Lines<R> {
    reader: R,
    number: u64,
    back: VecDeque<Line>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, number: 0, back: VecDeque::new() }
    }

    /// The number of the line read last.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    fn peek(&mut self) -> std::io::Result<&[u8]> {
        if self.back.is_empty()
            && let Some(line) = self.next()?
        {
            self.back.push_back(line);
        }
        Ok(self.back.front().map_or(&[], |line| &line.bytes))
    }

    /// Puts lines back, to be read again in their order.
    pub(super) fn put_back(&mut self, lines: impl DoubleEndedIterator<Item = Line>) {
        lines.rev().for_each(|line| self.back.push_front(line));
    }

    pub(crate) fn next(&mut self) -> std::io::Result<Option<Line>> {
        if let Some(line) = self.back.pop_front() {
            return Ok(Some(line));
        }
        let mut bytes = Vec::with_capacity(128);
        let limit = ROW_LENGTH_MAX as u64 + 2;
        if (&mut self.reader).take(limit).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let too_long = bytes.len() as u64 >= limit && !bytes.ends_with(b"\n");
        if too_long {
            self.skip_line()?;
        }
        trim_end(&mut bytes);
        Ok(Some(Line { number: self.number, bytes, too_long }))
    }

    fn skip_line(&mut self) -> std::io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            if let Some(at) = memchr::memchr(b'\n', buffer) {
                self.reader.consume(at + 1);
                return Ok(());
            }
            let length = buffer.len();
            self.reader.consume(length);
        }
    }
}

/// Drops LF or CRLF.
fn trim_end(bytes: &mut Vec<u8>) {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
}

/// The lines of one CSV record: one, or more while a quote is open.
pub(crate) enum Record {
    /// Complete.
    Whole {
        /// Its first line.
        line: u64,
        /// Its bytes, lines joined by LF.
        bytes: Vec<u8>,
    },
    /// Not a record, for this reason.
    Broken {
        /// Its line.
        line: u64,
        /// Its bytes.
        bytes: Vec<u8>,
        /// Why.
        reason: String,
    },
}

impl Record {
    /// Its bytes, as far as they belong together.
    pub(crate) fn bytes(&self) -> &[u8] {
        let (Self::Whole { bytes, .. } | Self::Broken { bytes, .. }) = self;
        bytes
    }
}

impl<R: BufRead> Lines<R> {
    /// The next CSV record. One whose quote is never closed costs its first line only: the lines after it are read
    /// again as rows of their own.
    pub(crate) fn next_record(&mut self, delimiter: u8) -> std::io::Result<Option<Record>> {
        let Some(first) = self.next()? else { return Ok(None) };
        let mut open = false;
        if first.too_long {
            let reason = format!("longer than {ROW_LENGTH_MAX} bytes");
            return Ok(Some(Record::Broken { line: first.number, bytes: first.bytes, reason }));
        }
        scan_quotes(&first.bytes, delimiter, &mut open);
        let line = first.number;
        if !open {
            return Ok(Some(Record::Whole { line, bytes: first.bytes }));
        }
        let mut parts = vec![first];
        let mut length = parts[0].bytes.len();
        while open {
            let next =
                if length < ROW_LENGTH_MAX && parts.len() < ROW_LINES_MAX { self.next()? } else { None };
            let Some(next) = next.filter(|next| !next.too_long) else {
                let mut parts = parts.into_iter();
                let bytes = parts.next().map(|first| first.bytes).unwrap_or_default();
                self.put_back(parts);
                let reason = "a quote is opened in this row and never closed".to_owned();
                return Ok(Some(Record::Broken { line, bytes, reason }));
            };
            length += next.bytes.len() + 1;
            scan_quotes(&next.bytes, delimiter, &mut open);
            parts.push(next);
        }
        let mut bytes = Vec::with_capacity(length);
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                bytes.push(b'\n');
            }
            bytes.extend_from_slice(&part.bytes);
        }
        Ok(Some(Record::Whole { line, bytes }))
    }
}

/// Follows quotes through one line as RFC 4180 has them: one opens only at the start of a field.
fn scan_quotes(line: &[u8], delimiter: u8, open: &mut bool) {
    if !*open && memchr::memchr(b'"', line).is_none() {
        return;
    }
    let mut field_start = !*open;
    let mut at = 0;
    while at < line.len() {
        let byte = line[at];
        if *open {
            if byte == b'"' {
                if line.get(at + 1) == Some(&b'"') {
                    at += 1;
                } else {
                    *open = false;
                }
            }
        } else if byte == b'"' && field_start {
            *open = true;
        }
        field_start = byte == delimiter && !*open;
        at += 1;
    }
}
