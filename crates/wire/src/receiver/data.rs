//! The message after DATA: dots unstuffed, its end found (RFC 5321 section 4.5.2).

use super::config::{DATA_LINE_BYTES_MAX, OVERSIZE_FACTOR_MAX};
use super::lines::{LineError, line_length};

/// Takes the message in as it comes.
#[derive(Debug)]
pub(super) struct DataReader {
    message: Vec<u8>,
    bytes_max: usize,
    /// Bytes seen, also those that are no longer kept.
    seen: usize,
}

/// What came of a piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The end isn't there yet.
    More,
    /// The end was there: the message, or `None` if it was too large.
    Done(Option<Vec<u8>>),
}

/// Why the connection can't go on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DataError {
    Line(LineError),
    /// Far too large: not even worth reading to its end.
    Endless,
}

impl DataReader {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { message: Vec::new(), bytes_max, seen: 0 }
    }

    /// Uses up whole lines of `bytes`; returns how many bytes it used.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(usize, Progress), DataError> {
        let mut at = 0;
        // Bytes from `kept` to `at` are still to be copied, in one go.
        let mut kept = 0;
        while let Some(length) = line_length(&bytes[at..], DATA_LINE_BYTES_MAX).map_err(DataError::Line)? {
            if bytes[at] == b'.' {
                self.keep(&bytes[kept..at]);
                if length == 3 {
                    let message = std::mem::take(&mut self.message);
                    return Ok((
                        at + length,
                        Progress::Done((self.seen <= self.bytes_max).then_some(message)),
                    ));
                }
                kept = at + 1;
            }
            at += length;
        }
        self.keep(&bytes[kept..at]);
        if self.seen > self.bytes_max.saturating_mul(OVERSIZE_FACTOR_MAX) {
            return Err(DataError::Endless);
        }
        Ok((at, Progress::More))
    }

    /// Bytes that are kept.
    pub(super) fn held(&self) -> usize {
        self.message.len()
    }

    fn keep(&mut self, run: &[u8]) {
        self.seen = self.seen.saturating_add(run.len());
        if self.seen <= self.bytes_max {
            self.message.extend_from_slice(run);
        } else {
            self.message = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], max: usize) -> Result<(usize, Progress), DataError> {
        DataReader::new(max).push(bytes)
    }

    fn done(text: &str) -> Progress {
        Progress::Done(Some(text.as_bytes().to_vec()))
    }

    #[test]
    fn finds_the_end_and_unstuffs() {
        assert_eq!(read(b".\r\n", 9), Ok((3, done(""))));
        assert_eq!(read(b"a\r\n..\r\n.b\r\n.\r\nQUIT\r\n", 99), Ok((14, done("a\r\n.\r\nb\r\n"))));
        assert_eq!(read(b"a\r\n.\r", 99), Ok((3, Progress::More)));
    }

    #[test]
    fn anything_but_crlf_dot_crlf_is_refused() {
        for smuggled in
            [&b"a\n.\r\n"[..], b"a\r\n.\n", b"a\r.\r\n", b"a\r\n.\r\r\n", b"a\n.\n", b"a\r\n\x00\r.\r\n"]
        {
            assert_eq!(read(smuggled, 99), Err(DataError::Line(LineError::Bare)), "{smuggled:?}");
        }
    }

    #[test]
    fn size_is_limited() {
        assert_eq!(read(b"abcd\r\n.\r\n", 6), Ok((9, done("abcd\r\n"))));
        assert_eq!(read(b"abcde\r\n.\r\n", 6), Ok((10, Progress::Done(None))));
        assert_eq!(read(&b"abcd\r\n".repeat(5), 6), Err(DataError::Endless));
        assert_eq!(read(&vec![b'x'; DATA_LINE_BYTES_MAX], 1 << 20), Err(DataError::Line(LineError::TooLong)));
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(lines in proptest::collection::vec("[.a]{0,3}", 0..12), cut in 1usize..9) {
            let (mut wire, mut plain) = (String::new(), String::new());
            for line in &lines {
                let dot = if line.starts_with('.') { "." } else { "" };
                wire += &[dot, line, "\r\n"].concat();
                plain += &[line, "\r\n"].concat();
            }
            let wire = (wire + ".\r\nNOOP\r\n").into_bytes();
            let (mut reader, mut buffer, mut result) = (DataReader::new(1000), Vec::new(), None);
            for piece in wire.chunks(cut) {
                buffer.extend_from_slice(piece);
                if result.is_none() {
                    let (used, progress) = reader.push(&buffer).unwrap();
                    buffer.drain(..used);
                    if let Progress::Done(message) = progress {
                        result = message;
                    }
                }
            }
            prop_assert_eq!(String::from_utf8(result.unwrap()).unwrap(), plain);
            prop_assert_eq!(buffer, b"NOOP\r\n");
        }
    }
}
