//! Records: one line each, or more while a quote is open.

use std::io::BufRead;

use crate::lines::{Line, Lines, ROW_LENGTH_MAX, ROW_LINES_MAX};
use crate::quotes::{Scan, scan};
use crate::split::Splitter;

/// A record.
#[derive(Debug)]
pub(crate) struct Record {
    /// Its first line.
    pub(crate) line: u64,
    /// Its bytes, lines joined by LF; of a broken one its first line.
    pub(crate) bytes: Vec<u8>,
    /// Why it can't be read.
    pub(crate) fault: Option<String>,
}

/// Tells whether the fields of a line make a row by themselves.
pub(crate) type StandsAlone<'a> = &'a mut dyn FnMut(&[&str]) -> bool;

/// The records of a file.
pub(crate) struct Records<R> {
    pub(crate) lines: Lines<R>,
    delimiter: u8,
    /// Fields that a row has.
    pub(crate) columns: Option<usize>,
    /// Up to this line each line is a record: a quote that was open over them wasn't closed, and following each of
    /// theirs as far would take time without end.
    single_until: u64,
    probe: Splitter,
}

impl<R: BufRead> Records<R> {
    pub(crate) fn new(lines: Lines<R>, delimiter: u8) -> Self {
        Self { lines, delimiter, columns: None, single_until: 0, probe: Splitter::new(delimiter) }
    }

    /// The next record; empty lines between records are passed over. One whose quote isn't closed as it must be costs
    /// its first line only: the lines after it are read again as records of their own.
    pub(crate) fn next(&mut self, stands_alone: StandsAlone<'_>) -> std::io::Result<Option<Record>> {
        let first = loop {
            match self.lines.next_line()? {
                None => return Ok(None),
                Some(line) if line.bytes.is_empty() => {}
                Some(line) => break line,
            }
        };
        if first.too_long {
            return Ok(Some(broken(first, format!("longer than {ROW_LENGTH_MAX} bytes"))));
        }
        match scan(&first.bytes, self.delimiter, false) {
            Scan::Closed => Ok(Some(Record { line: first.number, bytes: first.bytes, fault: None })),
            Scan::Stray => Ok(Some(broken(first, "text comes after a closing quote".to_owned()))),
            Scan::Open if first.number <= self.single_until => Ok(Some(broken(first, unclosed()))),
            Scan::Open => self.quoted(first, stands_alone).map(Some),
        }
    }

    /// A record whose first line leaves a quote open.
    fn quoted(&mut self, first: Line, stands_alone: StandsAlone<'_>) -> std::io::Result<Record> {
        let mut length = first.bytes.len();
        let mut rest: Vec<Line> = Vec::new();
        let end = loop {
            if length >= ROW_LENGTH_MAX || rest.len() + 1 >= ROW_LINES_MAX {
                break Scan::Open;
            }
            let Some(next) = self.lines.next_line()? else { break Scan::Open };
            length += next.bytes.len() + 1;
            let end = if next.too_long { Scan::Stray } else { scan(&next.bytes, self.delimiter, true) };
            rest.push(next);
            if end != Scan::Open {
                break end;
            }
        };
        let reason = if end == Scan::Closed {
            let whole = joined(&first, &rest, length);
            match self.doubt(&whole, &rest, stands_alone) {
                None => return Ok(Record { line: first.number, bytes: whole, fault: None }),
                Some(reason) => reason,
            }
        } else {
            unclosed()
        };
        let last = rest.last().map_or(first.number, |line| line.number);
        // The line with the fault may begin a record of several lines.
        self.single_until = if end == Scan::Open { last } else { last - 1 };
        self.lines.put_back(rest.into_iter());
        Ok(broken(first, reason))
    }

    /// Why a record of several lines may be several records: a quote that was forgotten is closed by the next one that
    /// happens to stand before a delimiter, and everybody in between would be gone.
    fn doubt(&mut self, whole: &[u8], rest: &[Line], stands_alone: StandsAlone<'_>) -> Option<String> {
        let columns = self.columns?;
        let last = rest.last()?.number;
        let begin = format!("a quote is opened in this row and not closed before line {last}");
        let fields = self.probe.split(whole).0.len();
        if fields != columns {
            return Some(format!("{begin}, which makes {fields} fields where there must be {columns}"));
        }
        let alone = rest.iter().find(|line| {
            let (fields, _) = self.probe.split_loosely(&line.bytes, None);
            fields.len() == columns && stands_alone(&fields)
        })?;
        Some(format!("{begin}, but line {} is a row of its own", alone.number))
    }
}

fn unclosed() -> String {
    "a quote is opened in this row and never closed".to_owned()
}

fn broken(line: Line, reason: String) -> Record {
    Record { line: line.number, bytes: line.bytes, fault: Some(reason) }
}

fn joined(first: &Line, rest: &[Line], length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    bytes.extend_from_slice(&first.bytes);
    for line in rest {
        bytes.push(b'\n');
        bytes.extend_from_slice(&line.bytes);
    }
    bytes
}
