//! Lines out of a byte stream; only CRLF ends one.

use super::config::COMMAND_LINE_BYTES_MAX;

/// What can't be a line. The connection can't go on after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineError {
    /// A CR or LF by itself.
    Bare,
    /// Longer than allowed.
    TooLong,
}

impl LineError {
    /// The reply, after which the connection is closed.
    pub(super) fn reply(self) -> &'static str {
        match self {
            Self::Bare => "521 5.5.2 lines end with CRLF only",
            Self::TooLong => "500 5.5.2 line too long",
        }
    }
}

/// The length of the line at the front of `bytes` with its CRLF; `None` if more bytes are needed.
pub(super) fn line_length(bytes: &[u8], length_max: usize) -> Result<Option<usize>, LineError> {
    let window = &bytes[..bytes.len().min(length_max)];
    let Some(end) = memchr::memchr2(b'\r', b'\n', window) else {
        return if bytes.len() >= length_max { Err(LineError::TooLong) } else { Ok(None) };
    };
    match (window[end], bytes.get(end + 1)) {
        (b'\r', Some(b'\n')) if end + 2 <= length_max => Ok(Some(end + 2)),
        (b'\r', Some(b'\n')) => Err(LineError::TooLong),
        (b'\r', None) => Ok(None),
        _ => Err(LineError::Bare),
    }
}

/// A command line without its CRLF, and the length with it.
pub(super) fn command_line(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, LineError> {
    let length = line_length(bytes, COMMAND_LINE_BYTES_MAX)?;
    Ok(length.map(|length| (&bytes[..length - 2], length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_crlf_ends_a_line() {
        assert_eq!(command_line(b"NOOP\r\nQUIT\r\n"), Ok(Some((&b"NOOP"[..], 6))));
        for partial in [&b""[..], b"NOOP", b"NOOP\r"] {
            assert_eq!(command_line(partial), Ok(None));
        }
        for bare in [&b"NOOP\n"[..], b"NO\rOP\r\n", b"NOOP\r\r\n", b"\n"] {
            assert_eq!(command_line(bare), Err(LineError::Bare));
        }
        assert_eq!(line_length(b"abcd\r\n", 6), Ok(Some(6)));
        assert_eq!(line_length(b"abcde\r\n", 6), Err(LineError::TooLong));
        assert_eq!(line_length(b"abcdef", 6), Err(LineError::TooLong));
    }
}
