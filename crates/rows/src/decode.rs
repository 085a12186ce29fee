//! From bytes to text: byte order marks, and encodings with and without one.

use std::io::{BufReader, Chain, Cursor, Read};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

use crate::Lines;

/// A file as UTF-8.
pub type Decoded<R> = BufReader<DecodeReaderBytes<Chain<Cursor<Vec<u8>>, R>, Vec<u8>>>;

/// Why a file can't be begun.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It can't be read.
    #[error("the file can't be read: {0}")]
    Read(#[from] std::io::Error),
    /// An encoding label that nobody knows.
    #[error("unknown encoding `{0}`; use a label such as utf-8, windows-1252 or utf-16le")]
    Encoding(String),
    /// A workbook or an archive.
    #[error("this is a workbook or an archive, not text; save it as CSV (UTF-8)")]
    Packed,
}

/// The lines of a file as UTF-8. A byte order mark wins over the encoding that was said. Bytes that aren't UTF-8 come
/// through as they are, so that the row that holds them can be named.
pub fn decoded<R: Read>(mut input: R, encoding: Option<&str>) -> Result<Lines<Decoded<R>>, OpenError> {
    let said = encoding
        .map(|label| {
            Encoding::for_label(label.as_bytes()).ok_or_else(|| OpenError::Encoding(label.to_owned()))
        })
        .transpose()?;
    let start = start(&mut input)?;
    if start.starts_with(b"PK\x03\x04")
        || start.starts_with(b"\x1f\x8b")
        || start.starts_with(b"\xd0\xcf\x11\xe0")
    {
        return Err(OpenError::Packed);
    }
    // `utf-16` names no byte order, and is said of either.
    let open = said.is_none_or(|said| said == UTF_16LE || said == UTF_16BE);
    let encoding = if open { utf16(&start).or(said) } else { said };
    let decoded = DecodeReaderBytesBuilder::new()
        .utf8_passthru(true)
        .strip_bom(true)
        .bom_override(true)
        .encoding(encoding)
        .build_with_buffer(Cursor::new(start).chain(input), vec![0; 64 * 1024])?;
    Ok(Lines::new(BufReader::with_capacity(256 * 1024, decoded)))
}

/// The first four bytes; fewer of a shorter file.
fn start(input: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(4);
    input.take(4).read_to_end(&mut start)?;
    Ok(start)
}

/// UTF-16 without a byte order mark: text of this kind begins with ASCII, whose other byte is zero.
fn utf16(start: &[u8]) -> Option<&'static Encoding> {
    match start {
        [a, 0, b, 0] if *a != 0 && *b != 0 => Some(UTF_16LE),
        [0, a, 0, b] if *a != 0 && *b != 0 => Some(UTF_16BE),
        _ => None,
    }
}
