//! Rows on their way into a file of rejected rows, which people open in spreadsheets, mend and read in again.

use std::borrow::Cow;

use crate::cells::is_formula;
use crate::quotes::{Scan, outside};
use crate::split::quoted;

/// Bytes that may be said about rows before it is looked at how large the rows are.
const FREE: u64 = 16 << 20;

/// Keeps a file of rejected rows about as large as the rows themselves: of the first hundred thousands each comes with
/// its line and the reason, after that as many as take a quarter of what the rows take.
#[derive(Debug, Default)]
pub struct Overhead {
    said: u64,
    rows: u64,
}

impl Overhead {
    /// Whether there is room to say so many bytes about a row.
    pub fn allows(&mut self, said: usize, row: usize) -> bool {
        self.rows += row as u64;
        let fits = self.said + said as u64 <= FREE + self.rows / 4;
        if fits {
            self.said += said as u64;
        }
        fits
    }
}

/// A row as it is written to a file of rejected rows: as it stands, but that cells a spreadsheet would take for formulas
/// are guarded, and that broken quotes don't swallow the rows after it. With `again`, the row comes from such a file: its
/// cells are guarded already, and its first `again` fields, which rejecting it has added, are left out.
pub fn rejected_row(raw: &[u8], delimiter: u8, again: Option<usize>) -> Vec<u8> {
    let mut pieces = pieces(raw, delimiter);
    pieces.drain(..again.unwrap_or(0).min(pieces.len()));
    let mut row = Vec::with_capacity(raw.len() + 16);
    for (at, (piece, broken)) in pieces.into_iter().enumerate() {
        if at > 0 {
            row.push(delimiter);
        }
        let cell = if broken { Cow::Owned(as_quoted(piece)) } else { Cow::Borrowed(piece) };
        let (quotes, inner) = match cell.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) {
            Some(inner) => (&b"\""[..], inner),
            None => (&b""[..], &*cell),
        };
        let guards = is_formula(inner) && !(again.is_some() && inner.first() == Some(&b'\''));
        row.extend_from_slice(quotes);
        row.extend_from_slice(if guards { b"'" } else { b"" });
        row.extend_from_slice(inner);
        row.extend_from_slice(quotes);
    }
    row
}

/// A text with quotes around, those in it doubled.
fn as_quoted(text: &[u8]) -> Vec<u8> {
    let mut cell = vec![b'"'];
    for byte in text {
        cell.extend_from_slice(if *byte == b'"' { b"\"\"" } else { std::slice::from_ref(byte) });
    }
    cell.push(b'"');
    cell
}

/// The fields of a record with their quotes, and whether these are broken.
fn pieces(raw: &[u8], delimiter: u8) -> Vec<(&[u8], bool)> {
    let whole = outside(raw, delimiter).0 == Scan::Closed;
    let mut pieces = Vec::new();
    let mut at = 0;
    while at <= raw.len() {
        let field = &raw[at..];
        let closed = quoted(field, delimiter);
        let used = closed.unwrap_or_else(|| memchr::memchr(delimiter, field).unwrap_or(field.len()));
        let piece = &field[..used];
        pieces.push((piece, !whole && closed.is_none() && piece.contains(&b'"')));
        at += used + 1;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_and_formulas_are_not() {
        for (raw, written) in [
            (r"ann@example.com,n,", r"ann@example.com,n,"),
            (r"+4930123456,=cmd|x", r"'+4930123456,'=cmd|x"),
            (r#""=1,2","a ""b""",'-x"#, r#""'=1,2","a ""b""",''-x"#),
            (r#"a@x,"open,=n"#, r#"a@x,"""open",'=n"#),
            (r#"a@x,"b"c,5" pipe"#, r#"a@x,"""b""c","5"" pipe""#),
            (r#"a@x,5" pipe"#, r#"a@x,5" pipe"#),
        ] {
            assert_eq!(
                String::from_utf8(rejected_row(raw.as_bytes(), b',', None)).unwrap(),
                written,
                "{raw}"
            );
        }
        assert_eq!(rejected_row(b"2,\"a, b\",'=x,=y,z", b',', Some(2)), b"'=x,'=y,z");
    }

    #[test]
    fn what_is_said_stays_in_proportion() {
        let mut overhead = Overhead::default();
        let said = (0..10_000_000).filter(|_| overhead.allows(100, 6)).count() * 100;
        assert!(said <= (16 << 20) + 10_000_000 * 6 / 4 + 100, "{said}");
    }
}
