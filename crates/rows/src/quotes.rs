//! Quotes as RFC 4180 has them (section 2, rules 5 to 7): one opens only at the start of a field, and after a closing one
//! comes a delimiter or the end. Elsewhere in a field that isn't quoted, a quote is a character like any other: `5" pipe`.

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scan {
    /// Outside of quotes.
    Closed,
    /// A quote is open.
    Open,
    /// Something else than a delimiter came after a closing quote.
    Stray,
}

/// Follows quotes through one line; `quoted`: one was open before it.
pub(crate) fn scan(line: &[u8], delimiter: u8, mut quoted: bool) -> Scan {
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'"', &line[at..]) {
        let quote = at + found;
        at = quote + 1;
        if quoted {
            match line.get(at) {
                Some(b'"') => at += 1,
                Some(next) if *next != delimiter => return Scan::Stray,
                _ => quoted = false,
            }
        } else {
            quoted = quote == 0 || line[quote - 1] == delimiter;
        }
    }
    if quoted { Scan::Open } else { Scan::Closed }
}

/// As [`scan`], of a whole record; and how many delimiters stand outside of quotes.
pub(crate) fn outside(record: &[u8], delimiter: u8) -> (Scan, usize) {
    let (mut quoted, mut count, mut start, mut at) = (false, 0, true, 0);
    while let Some(byte) = record.get(at).copied() {
        let next = record.get(at + 1).copied();
        match byte {
            b'"' if quoted && next == Some(b'"') => at += 1,
            b'"' if quoted => {
                quoted = false;
                if next.is_some_and(|next| next != delimiter) {
                    return (Scan::Stray, count);
                }
            }
            b'"' if start => quoted = true,
            _ => {}
        }
        start = byte == delimiter && !quoted;
        count += usize::from(start);
        at += 1;
    }
    (if quoted { Scan::Open } else { Scan::Closed }, count)
}
