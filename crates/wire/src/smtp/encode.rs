//! The message as it goes over the wire: CRLF line ends, dots stuffed, the end-of-data line.

/// Replaces `out` by `message` in the form that follows DATA (RFC 5321 sections 2.3.8 and 4.5.2): every line end,
/// also a lone CR or LF, becomes CRLF; a line that begins with a dot gets another; `.` CRLF ends it. Because
/// no lone CR or LF is left, the only end of data that any server can see is ours.
///
/// Returns the message's size for SIZE (RFC 1870): octets with CRLF, without stuffed dots and the end line.
pub(super) fn encode(message: &[u8], out: &mut Vec<u8>) -> usize {
    out.clear();
    out.reserve(message.len() + message.len() / 64 + 8);
    let mut stuffed = 0;
    // What lies before `kept` is in `out` already; bytes are copied in runs, as rarely as possible.
    let (mut kept, mut at) = (0, 0);
    if message.first() == Some(&b'.') {
        out.push(b'.');
        stuffed += 1;
    }
    while let Some(found) = memchr::memchr2(b'\r', b'\n', &message[at..]) {
        let end = at + found;
        if message[end..].starts_with(b"\r\n") {
            at = end + 2;
        } else {
            out.extend_from_slice(&message[kept..end]);
            out.extend_from_slice(b"\r\n");
            at = end + 1;
            kept = at;
        }
        if message.get(at) == Some(&b'.') {
            out.extend_from_slice(&message[kept..at]);
            out.push(b'.');
            kept = at;
            stuffed += 1;
        }
    }
    out.extend_from_slice(&message[kept..]);
    if !out.is_empty() && !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    let size = out.len() - stuffed;
    out.extend_from_slice(b".\r\n");
    size
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wire(message: &[u8]) -> (String, usize) {
        let mut out = vec![1, 2, 3];
        let size = encode(message, &mut out);
        (String::from_utf8(out).unwrap(), size)
    }

    #[test]
    fn stuffs_and_normalises() {
        for (message, expected, size) in [
            (&b""[..], ".\r\n", 0),
            (b"a\r\nb\r\n", "a\r\nb\r\n.\r\n", 6),
            (b"a\nb", "a\r\nb\r\n.\r\n", 6),
            (b"a\rb\r", "a\r\nb\r\n.\r\n", 6),
            (b".\r\n..\r\nx.y\r\n.z", "..\r\n...\r\nx.y\r\n..z\r\n.\r\n", 3 + 4 + 5 + 4),
            (b"a\n.\nMAIL FROM:<x@y>", "a\r\n..\r\nMAIL FROM:<x@y>\r\n.\r\n", 3 + 3 + 17),
            (b"a\r.\r\nb", "a\r\n..\r\nb\r\n.\r\n", 3 + 3 + 3),
            (b"\r\r\n\n", "\r\n\r\n\r\n.\r\n", 6),
        ] {
            assert_eq!(wire(message), (expected.to_owned(), size), "{message:?}");
        }
    }

    proptest! {
        #[test]
        fn the_end_of_data_is_at_the_end_only(message in proptest::collection::vec(
            prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), Just(b'x')], 0..64)) {
            let mut out = Vec::new();
            let size = encode(&message, &mut out);
            let text = String::from_utf8(out).unwrap();
            let body = text.strip_suffix(".\r\n").unwrap();
            prop_assert!(body.is_empty() || body.ends_with("\r\n"));
            prop_assert!(!body.replace("\r\n", "").contains(['\r', '\n']));
            let lines: Vec<&str> = body.split_terminator("\r\n").collect();
            prop_assert!(lines.iter().all(|line| *line != "."));
            let plain: Vec<&str> = lines.iter().map(|line| line.strip_prefix('.').unwrap_or(line)).collect();
            let unix = String::from_utf8(message).unwrap().replace("\r\n", "\n").replace('\r', "\n");
            let expected: Vec<&str> = unix.split_terminator('\n').collect();
            prop_assert_eq!(&plain, &expected);
            prop_assert_eq!(size, expected.iter().map(|line| line.len() + 2).sum::<usize>());
        }
    }
}
