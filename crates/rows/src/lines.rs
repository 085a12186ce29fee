//! Lines: their ends, which may be mixed, and lines without one.

use std::collections::VecDeque;
use std::io::{BufRead, ErrorKind};

/// Longest row, in bytes. A longer one is broken, and so is one whose quote stays open for longer.
pub const ROW_LENGTH_MAX: usize = 256 * 1024;
/// Most lines that one quoted row may span.
pub const ROW_LINES_MAX: usize = 1_000;

/// A line, without its end.
#[derive(Debug)]
pub struct Line {
    /// From 1.
    pub number: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// It went past [`ROW_LENGTH_MAX`]; `bytes` holds its beginning.
    pub too_long: bool,
}

/// Lines with their numbers, each bounded in length. CR, LF and CRLF end a line, whatever the others end in.
pub struct Lines<R> {
    reader: R,
    number: u64,
    /// A CR was read last: an LF right after it belongs to it.
    after_cr: bool,
    back: VecDeque<Line>,
    /// For the bytes of the next line.
    spare: Vec<u8>,
}

/// Longest buffer that is kept for another line, in bytes.
const SPARE_MAX: usize = 4 * 1024;

impl<R: BufRead> Lines<R> {
    /// Reads lines of UTF-8.
    pub fn new(reader: R) -> Self {
        Self { reader, number: 0, after_cr: false, back: VecDeque::new(), spare: Vec::new() }
    }

    /// The number of the line that was read last from the file.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Takes a buffer back that nobody needs any more.
    pub(crate) fn reuse(&mut self, bytes: Vec<u8>) {
        if bytes.capacity() <= SPARE_MAX {
            self.spare = bytes;
        }
    }

    /// Puts lines back, to be read again in their order.
    pub fn put_back(&mut self, lines: impl DoubleEndedIterator<Item = Line>) {
        lines.rev().for_each(|line| self.back.push_front(line));
    }

    /// The next line; `None` at the end.
    pub fn next_line(&mut self) -> std::io::Result<Option<Line>> {
        if let Some(line) = self.back.pop_front() {
            return Ok(Some(line));
        }
        let mut bytes = std::mem::take(&mut self.spare);
        bytes.clear();
        bytes.reserve(128);
        let (mut begun, mut too_long) = (false, false);
        loop {
            let buffer = match self.reader.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if std::mem::take(&mut self.after_cr) && buffer.first() == Some(&b'\n') {
                self.reader.consume(1);
                continue;
            }
            if buffer.is_empty() {
                if !begun {
                    return Ok(None);
                }
                break;
            }
            begun = true;
            let end = memchr::memchr2(b'\n', b'\r', buffer);
            let piece = &buffer[..end.unwrap_or(buffer.len())];
            let room = ROW_LENGTH_MAX - bytes.len();
            too_long |= piece.len() > room;
            bytes.extend_from_slice(&piece[..piece.len().min(room)]);
            self.after_cr = end.is_some_and(|at| buffer[at] == b'\r');
            let used = end.map_or(buffer.len(), |at| at + 1);
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.number += 1;
        Ok(Some(Line { number: self.number, bytes, too_long }))
    }
}
