//! Taking a message apart: header, parts, transfer encodings, character sets. Tolerant: half of what comes back is broken.
//!
//! Each level of nesting looks at its bytes once, and there are at most [`DEPTH_MAX`] levels, so the work is linear in
//! the size of the message.

use super::decode::{decode_charset, decode_transfer, decode_words, split_line};

/// Multiparts within multiparts.
const DEPTH_MAX: usize = 8;
/// Parts of one message, of all levels.
const PARTS_MAX: usize = 64;
/// Fields of one header, and the bytes of one field.
const FIELDS_MAX: usize = 500;
const FIELD_LENGTH_MAX: usize = 16 * 1024;
/// Bytes of one part that are read as text; what a report says stands at its beginning.
pub(super) const TEXT_LENGTH_MAX: usize = 256 * 1024;
/// Messages of one mailbox file.
const MESSAGES_MAX: usize = 16;
/// Lines in a header that are no fields, before what follows is taken for the body.
const JUNK_LINES_MAX: usize = 8;

/// A header: fields in their order.
#[derive(Debug, Default)]
pub(super) struct Header {
    fields: Vec<(String, String)>,
}

impl Header {
    /// The fields at the beginning of `raw`, and what follows the empty line.
    pub(super) fn parse(raw: &[u8]) -> (Self, &[u8]) {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut junk = 0;
        let mut rest = raw;
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            if line.is_empty() {
                return (Self { fields }, after);
            }
            if line[0] == b' ' || line[0] == b'\t' {
                if let Some((_, value)) = fields.last_mut() {
                    append(value, line);
                }
            } else if let Some((name, value)) = field(line) {
                if fields.len() < FIELDS_MAX {
                    fields.push((name, String::new()));
                    append(&mut fields.last_mut().expect("one was pushed").1, value);
                }
            } else {
                junk += 1;
                // mbox's `From ` line stands before the header.
                if junk > JUNK_LINES_MAX || (fields.is_empty() && !line.starts_with(b"From ") && junk > 1) {
                    return (Self { fields }, rest);
                }
            }
            rest = after;
        }
        (Self { fields }, rest)
    }

    /// The first field of that name (lower case), its white space as it came.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every field of that name (lower case).
    pub(super) fn all<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// A field with its encoded words (RFC 2047) decoded, or an empty text.
    pub(super) fn decoded(&self, name: &str) -> String {
        self.get(name).map(decode_words).unwrap_or_default()
    }

    /// What `Content-Type` says, lower case, and its parameters.
    fn content_type(&self) -> ContentType {
        ContentType::parse(self.get("content-type").unwrap_or_default())
    }
}

fn append(value: &mut String, line: &[u8]) {
    if value.len() + line.len() > FIELD_LENGTH_MAX {
        return;
    }
    let text = String::from_utf8_lossy(line);
    let text = text.trim();
    if !value.is_empty() && !text.is_empty() {
        value.push(' ');
    }
    value.push_str(text);
}

fn field(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    let plain = !name.is_empty() && name.len() <= 76 && name.iter().all(u8::is_ascii_graphic);
    plain.then(|| (String::from_utf8_lossy(name).to_ascii_lowercase(), &line[colon + 1..]))
}

/// `Content-Type`, as far as a reader of reports needs it.
#[derive(Debug, Default, Clone)]
struct ContentType {
    kind: String,
    boundary: Option<String>,
    charset: Option<String>,
}

impl ContentType {
    fn parse(value: &str) -> Self {
        let mut pieces = split_parameters(value);
        let kind = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut this = Self { kind, ..Self::default() };
        for piece in pieces {
            let Some((name, value)) = piece.split_once('=') else { continue };
            let value = value.trim().trim_matches('"').to_owned();
            match name.trim().to_ascii_lowercase().as_str() {
                "boundary" if !value.is_empty() => this.boundary = Some(value),
                "charset" => this.charset = Some(value),
                _ => {}
            }
        }
        this
    }
}

/// Cuts at semicolons outside quotes.
fn split_parameters(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    value.split(move |c| {
        quoted ^= c == '"';
        c == ';' && !quoted
    })
}

/// The messages of a mailbox file (mbox, RFC 4155), or the one that it is.
pub(super) fn messages(raw: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    if raw.starts_with(b"From ") {
        let separators = memchr::memmem::find_iter(raw, b"\nFrom ").map(|at| at + 1);
        let separators = separators.filter(|at| is_separator(split_line(&raw[*at..]).0));
        starts.extend(separators.take(MESSAGES_MAX - 1));
    }
    let mut from = 0;
    let mut messages = Vec::new();
    for start in starts.into_iter().chain([raw.len()]) {
        messages.push(&raw[from..start]);
        from = start;
    }
    messages
}

/// `From sender Thu Jul  2 12:05:05 2020`
fn is_separator(line: &[u8]) -> bool {
    let year = line.trim_ascii_end().rsplit(|b| *b == b' ').next().unwrap_or_default();
    line.len() < 200 && year.len() == 4 && year.iter().all(u8::is_ascii_digit) && line.contains(&b':')
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `text/plain`, or something that says nothing.
    Text,
    /// `text/html`, already without its tags.
    Html,
    /// `message/delivery-status`, `message/global-delivery-status`.
    Status,
    /// `message/feedback-report`.
    Feedback,
    /// The message that is reported on, or its header.
    Original,
    /// Pictures and the like; not read.
    Other,
}

/// One leaf of the tree of parts.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) kind: Kind,
    /// Decoded, line ends are `\n`, at most [`TEXT_LENGTH_MAX`].
    pub(super) text: String,
}

/// A message, taken apart.
#[derive(Debug)]
pub(super) struct Mail {
    pub(super) header: Header,
    pub(super) parts: Vec<Part>,
    /// `multipart/report`, or anything else that holds a report's part.
    pub(super) report: bool,
}

impl Mail {
    pub(super) fn parse(raw: &[u8]) -> Self {
        let (header, body) = Header::parse(raw);
        let mut parts = Vec::new();
        let kind = header.content_type().kind;
        take_apart(&header, body, 0, &mut parts);
        let report = kind == "multipart/report"
            || parts.iter().any(|part| matches!(part.kind, Kind::Status | Kind::Feedback));
        Self { header, parts, report }
    }

    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.kind == kind)
    }
}

fn take_apart(header: &Header, body: &[u8], depth: usize, parts: &mut Vec<Part>) {
    if parts.len() >= PARTS_MAX {
        return;
    }
    let content = header.content_type();
    if let Some(boundary) = content.boundary.as_deref().filter(|_| content.kind.starts_with("multipart/"))
        && depth < DEPTH_MAX
    {
        let before = parts.len();
        for piece in Pieces::new(body, boundary).take(PARTS_MAX) {
            let (header, body) = Header::parse(piece);
            take_apart(&header, body, depth + 1, parts);
        }
        if parts.len() > before {
            return;
        }
    }
    let kind = kind_of(&content.kind, depth == 0);
    if kind == Kind::Other {
        parts.push(Part { kind, text: String::new() });
        return;
    }
    let encoding = header.get("content-transfer-encoding").unwrap_or_default();
    let decoded = decode_transfer(&body[..body.len().min(TEXT_LENGTH_MAX)], encoding);
    let charset = if matches!(kind, Kind::Text | Kind::Html) { content.charset.as_deref() } else { None };
    let text = decode_charset(&decoded, charset);
    let text = if kind == Kind::Html { super::html::to_text(&text) } else { text.replace('\r', "") };
    parts.push(Part { kind, text });
}

fn kind_of(content_type: &str, top: bool) -> Kind {
    match content_type {
        "text/html" => Kind::Html,
        "message/delivery-status" | "message/global-delivery-status" => Kind::Status,
        "message/feedback-report" => Kind::Feedback,
        "message/rfc822"
        | "message/global"
        | "message/partial"
        | "text/rfc822-headers"
        | "text/rfc822-header"
        | "text/rfc822"
        | "message/global-headers"
        | "message/rfc822-headers" => Kind::Original,
        // Whatever the outermost part claims to be, its text is all there is.
        other if top || other.is_empty() || other.starts_with("text/") || other.starts_with("multipart/") => {
            Kind::Text
        }
        _ => Kind::Other,
    }
}

/// The pieces between the lines of one boundary. What comes before the first is skipped.
struct Pieces<'a> {
    rest: &'a [u8],
    boundary: &'a [u8],
    ended: bool,
}

impl<'a> Pieces<'a> {
    fn new(body: &'a [u8], boundary: &'a str) -> Self {
        let mut this = Self { rest: body, boundary: boundary.as_bytes(), ended: false };
        let found = this.next_boundary();
        this.ended = found.is_none();
        this
    }

    /// Moves past the next boundary line; answers what came before it, and whether it was the last.
    fn next_boundary(&mut self) -> Option<(&'a [u8], bool)> {
        let start = self.rest;
        let mut at = 0;
        while at < start.len() {
            let (line, after) = split_line(&start[at..]);
            if let Some(tail) = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(self.boundary)) {
                let tail = tail.trim_ascii();
                if tail.is_empty() || tail == b"--" {
                    self.rest = after;
                    return Some((&start[..at], tail == b"--"));
                }
            }
            at = start.len() - after.len();
        }
        None
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.ended {
            return None;
        }
        if let Some((piece, last)) = self.next_boundary() {
            self.ended = last;
            Some(piece)
        } else {
            // Cut off, or the last boundary is missing.
            self.ended = true;
            Some(self.rest)
        }
    }
}
