//! Transfer encodings, character sets and encoded words. What is broken is decoded as far as it goes.

use std::borrow::Cow;

use data_encoding::BASE64_NOPAD;
use encoding_rs::Encoding;

/// Undoes a content transfer encoding (RFC 2045 §6); an unknown one stays as it is.
pub(super) fn decode_transfer<'a>(raw: &'a [u8], encoding: &str) -> Cow<'a, [u8]> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "base64" => Cow::Owned(decode_base64(raw)),
        "quoted-printable" => Cow::Owned(decode_quoted_printable(raw)),
        _ => Cow::Borrowed(raw),
    }
}

/// Base64, whatever else stands between.
fn decode_base64(raw: &[u8]) -> Vec<u8> {
    let mut digits: Vec<u8> =
        raw.iter().copied().filter(|b| b.is_ascii_alphanumeric() || *b == b'+' || *b == b'/').collect();
    digits.truncate(digits.len() / 4 * 4);
    let whole = BASE64_NOPAD.decode(&digits);
    let rest: Vec<u8> = raw
        .iter()
        .copied()
        .filter(|b| b.is_ascii_alphanumeric() || *b == b'+' || *b == b'/')
        .skip(digits.len())
        .collect();
    let mut decoded = whole.unwrap_or_default();
    // Two or three digits more are one or two bytes more; bits that don't make a byte are dropped.
    let bits = rest.iter().fold(0_u32, |bits, digit| bits << 6 | base64_value(*digit));
    match rest.len() {
        2 => decoded.push((bits >> 4) as u8),
        3 => decoded.extend([(bits >> 10) as u8, (bits >> 2) as u8]),
        _ => {}
    }
    decoded
}

fn base64_value(digit: u8) -> u32 {
    u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        _ => 63,
    })
}

/// Quoted-printable; what is no valid escape stays as it is.
fn decode_quoted_printable(raw: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(escape) = memchr::memchr(b'=', rest) {
        decoded.extend_from_slice(&rest[..escape]);
        let after = &rest[escape + 1..];
        let hex = |at: usize| after.get(at).and_then(|b| char::from(*b).to_digit(16));
        let (line, next) = split_line(after);
        if let (Some(high), Some(low)) = (hex(0), hex(1)) {
            decoded.push((high << 4 | low) as u8);
            rest = &after[2..];
        } else if line.len() <= 8 && line.trim_ascii().is_empty() {
            rest = next;
        } else {
            decoded.push(b'=');
            rest = after;
        }
    }
    decoded.extend_from_slice(rest);
    decoded
}

/// Text in a character set; an unknown one, or none, is UTF-8 with a fallback to what the bytes look like.
pub(super) fn decode_charset(raw: &[u8], charset: Option<&str>) -> String {
    let named = charset.and_then(|name| Encoding::for_label(name.trim().as_bytes()));
    let japanese = memchr::memmem::find(raw, b"\x1b$").is_some();
    if japanese {
        return encoding_rs::ISO_2022_JP.decode_without_bom_handling(raw).0.into_owned();
    }
    match (named, std::str::from_utf8(raw)) {
        (None, _) | (_, Ok(_)) => String::from_utf8_lossy(raw).into_owned(),
        (Some(encoding), Err(_)) => encoding.decode_without_bom_handling(raw).0.into_owned(),
    }
}

/// Decodes encoded words (RFC 2047).
pub(super) fn decode_words(value: &str) -> String {
    let mut decoded = String::with_capacity(value.len());
    let mut rest = value;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let (before, word) = rest.split_at(start);
        let mut pieces = word[2..].splitn(4, '?');
        let (charset, encoding, text, tail) = (pieces.next(), pieces.next(), pieces.next(), pieces.next());
        let (Some(charset), Some(encoding), Some(text), Some(tail)) = (charset, encoding, text, tail) else {
            break;
        };
        let bytes = match encoding {
            "B" | "b" => decode_base64(text.as_bytes()),
            "Q" | "q" => decode_quoted_printable(text.replace('_', " ").as_bytes()),
            _ => text.as_bytes().to_vec(),
        };
        // White space between two words isn't part of the text.
        if !(after_word && before.trim().is_empty()) {
            decoded.push_str(before);
        }
        decoded.push_str(&decode_charset(&bytes, charset.split('*').next()));
        rest = tail.strip_prefix('=').unwrap_or(tail);
        after_word = true;
    }
    decoded.push_str(rest);
    decoded
}

/// The first line without its end, and what follows.
pub(super) fn split_line(raw: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b'\n', raw) {
        Some(end) => (raw[..end].strip_suffix(b"\r").unwrap_or(&raw[..end]), &raw[end + 1..]),
        None => (raw.strip_suffix(b"\r").unwrap_or(raw), &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_survives_white_space_and_a_cut_end() {
        assert_eq!(decode_base64(b"SGVs\r\nbG8="), b"Hello");
        assert_eq!(decode_base64(b"SGVsbG8"), b"Hello");
        assert_eq!(decode_base64(b"SGVsb"), b"Hel");
        assert_eq!(decode_base64(b"=\0*"), b"");
    }

    #[test]
    fn quoted_printable_joins_lines_and_leaves_what_is_no_escape() {
        assert_eq!(decode_quoted_printable(b"a=\r\nb=3D=C3=A9=zz=  \nc="), "ab=\u{e9}=zzc".as_bytes());
    }

    #[test]
    fn words_are_decoded_and_joined() {
        assert_eq!(decode_words("=?UTF-8?B?w6k=?= =?iso-8859-1?Q?_=E9?= x =?bad"), "\u{e9} \u{e9} x =?bad");
        assert_eq!(decode_words("=?iso-2022-jp?B?GyRCJUYbKEI=?="), "\u{30c6}");
    }

    #[test]
    fn japanese_is_recognised_whatever_the_charset_says() {
        assert_eq!(decode_charset(b"\x1b$B%F\x1b(B", Some("us-ascii")), "\u{30c6}");
        assert_eq!(decode_charset(b"\xe9", Some("iso-8859-1")), "\u{e9}");
        assert_eq!(decode_charset(b"\xe9", Some("nonsense")), "\u{fffd}");
    }
}
