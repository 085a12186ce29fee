//! What stands between the fields.

use crate::quotes::{Scan, outside};

/// The delimiters that are looked for, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The delimiter that a file's first record is written with: the most frequent outside quotes.
pub(crate) fn of(record: &[u8]) -> u8 {
    let count = |delimiter: u8| match outside(record, delimiter) {
        (Scan::Closed, count) => count,
        // Quotes that end nowhere tell of another delimiter.
        _ => 0,
    };
    let counted = DELIMITERS.map(|delimiter| (count(delimiter), delimiter));
    // Of equal counts the first: `max_by_key` takes the last.
    counted.into_iter().rev().max_by_key(|(count, _)| *count).map_or(b',', |(_, delimiter)| delimiter)
}

/// The delimiter that spreadsheets are told in a first line of its own: `sep=;`.
pub(crate) fn told(line: &[u8]) -> Option<u8> {
    let line = line.trim_ascii_start();
    let quoted = line.strip_prefix(b"\"").unwrap_or(line);
    let (name, rest) = quoted.split_at_checked(4)?;
    let delimiter = *rest.first().filter(|b| b.is_ascii() && !b.is_ascii_alphanumeric() && **b != b'"')?;
    // Saved again, the line gets a delimiter for each column.
    let filled = rest[1..].iter().all(|b| *b == delimiter || matches!(b, b'"' | b' '));
    (name.eq_ignore_ascii_case(b"sep=") && filled).then_some(delimiter)
}

/// Its name in a message.
pub(crate) const fn name(delimiter: u8) -> &'static str {
    match delimiter {
        b',' => "comma",
        b';' => "semicolon",
        b'\t' => "tab",
        b'|' => "pipe",
        _ => "another delimiter",
    }
}
