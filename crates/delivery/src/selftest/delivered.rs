//! A message that has arrived somewhere.

use mail_parser::{MessageParser, PartType};

use super::head::Head;
use crate::html::{Found, scan};

/// Characters that end an address in plain text.
const ENDS: &str = "<>()[]{}\"'";
/// Punctuation behind an address belongs to the sentence.
const PUNCTUATION: [char; 6] = ['.', ',', ';', ':', '!', '?'];

/// A link in a message's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyLink {
    /// Which part: `html` or `text`.
    pub part: &'static str,
    /// Where it leads.
    pub url: String,
    /// Whether a reader can see it.
    pub visible: bool,
    /// What it says, as far as that is known: nothing of links in plain text.
    pub says: String,
}

/// A message as it arrived.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// With CRLF line ends, as signatures have it.
    pub raw: Vec<u8>,
    /// Its header.
    pub head: Head,
    /// Its HTML parts.
    pub html: String,
    /// Its text parts.
    pub text: String,
}

impl Delivered {
    /// Reads it; `None` for what is no mail. Files of mailboxes have LF line ends, and some a line `From ` in front.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut bytes = bytes;
        if bytes.starts_with(b"From ") {
            let end = bytes.iter().position(|byte| *byte == b'\n')?;
            bytes = &bytes[end + 1..];
        }
        let raw = with_crlf(bytes);
        let message = MessageParser::default().parse(&raw)?;
        let (mut html, mut text) = (String::new(), String::new());
        for part in &message.parts {
            match &part.body {
                PartType::Html(content) => html.push_str(content),
                PartType::Text(content) => text.push_str(content),
                _ => {}
            }
        }
        let head = Head::of(&raw);
        head.first("From")?;
        Some(Self { raw, head, html, text })
    }

    /// The links in its body, in their order.
    pub fn links(&self) -> Vec<BodyLink> {
        links(&self.html, &self.text)
    }
}

/// The links in HTML and text, `mailto:` and the like left out.
fn links(html: &str, text: &str) -> Vec<BodyLink> {
    let is_web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    let in_html = scan(html).into_iter().filter_map(|found| match found {
        Found::Link { href, text, seen } if is_web(&href) => {
            let says = text.shown.split_whitespace().collect::<Vec<_>>().join(" ");
            Some(BodyLink { part: "html", url: href, visible: seen.by_anybody(), says })
        }
        _ => None,
    });
    let mut found: Vec<BodyLink> = in_html.collect();
    let mut rest = text;
    while let Some(at) = rest.find("http") {
        rest = &rest[at..];
        let end = rest.find(|c: char| c.is_whitespace() || ENDS.contains(c)).unwrap_or(rest.len());
        let url = rest[..end].trim_end_matches(PUNCTUATION);
        if is_web(url) {
            found.push(BodyLink { part: "text", url: url.to_owned(), visible: true, says: String::new() });
        }
        rest = &rest[end.max("http".len())..];
    }
    found
}

fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 40);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let (line, ended) = line.strip_suffix(b"\n").map_or((line, false), |line| (line, true));
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        if ended {
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From me@host Sat Nov 28\nReturn-Path: <b.x@b.example>\nFrom: a@b.example\nMIME-Version: 1.0\n\
        Content-Type: multipart/alternative; boundary=x\n\n--x\nContent-Type: text/plain; charset=utf-8\n\
        Content-Transfer-Encoding: quoted-printable\n\nleave: <https://b.example/u/abc=\ndef>. See https://c.example/.\nhttp is no link\n\
        --x\nContent-Type: text/html\n\n<p><a href=\"https://b.example/u/abcdef\">Unsubscribe</a>\
        <a href=\"mailto:x@b.example\">mail</a><a href=\"https://b.example/p/hidden\"></a></p>\n--x--\n";

    #[test]
    fn reads_the_links_that_people_see() {
        let mail = Delivered::read(MAIL.as_bytes()).unwrap();
        let link = |part, url: &str, visible| {
            let says = if part == "html" && visible { "Unsubscribe" } else { "" };
            BodyLink { part, url: url.to_owned(), visible, says: says.to_owned() }
        };
        assert_eq!(
            mail.links(),
            [
                link("html", "https://b.example/u/abcdef", true),
                link("html", "https://b.example/p/hidden", false),
                link("text", "https://b.example/u/abcdef", true),
                link("text", "https://c.example/", true),
            ]
        );
        assert_eq!(mail.head.first("return-path"), Some("<b.x@b.example>"));
        assert!(!mail.raw.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r'));
        assert!(Delivered::read(b"").is_none() && Delivered::read(b"no mail at all").is_none());
    }
}
