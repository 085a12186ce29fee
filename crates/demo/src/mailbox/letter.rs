//! A mail as a mail client reads it.

use mail_parser::{Address, HeaderName, Message, MessageParser, PartType};
use serde::Serialize;

/// Longest part that is shown, in bytes.
const PART_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most header lines shown.
const HEADERS_MAX: usize = 200;

/// A mail, read.
#[derive(Debug, Default, Serialize)]
pub(super) struct Letter {
    pub subject: String,
    pub sender_name: Option<String>,
    pub sender_address: String,
    pub recipients: String,
    /// The HTML part.
    pub html: Option<String>,
    /// The text part, as sent; not one made from the HTML.
    pub text: Option<String>,
    /// The header as sent.
    pub headers: Vec<(String, String)>,
    /// Where a one-click unsubscription is posted (RFC 8058): only with both headers, as mailbox providers ask.
    pub one_click: Option<String>,
}

/// Reads a mail. What can't be read is missing, never wrong.
pub(super) fn read(data: &[u8]) -> Letter {
    let Some(message) = MessageParser::default().parse(data) else { return Letter::default() };
    let (sender_name, sender_address) = sender(&message).unwrap_or_default();
    let part = |parts: &[u32], html: bool| {
        parts.iter().find_map(|index| match &message.parts.get(*index as usize)?.body {
            PartType::Html(text) if html => Some(limited(text)),
            PartType::Text(text) if !html => Some(limited(text)),
            _ => None,
        })
    };
    Letter {
        subject: message.subject().unwrap_or_default().to_owned(),
        sender_name,
        sender_address,
        recipients: message.to().map(addresses).unwrap_or_default(),
        html: part(&message.html_body, true),
        text: part(&message.text_body, false),
        headers: message
            .headers_raw()
            .take(HEADERS_MAX)
            .map(|(name, value)| {
                (name.to_owned(), value.trim_end_matches(['\r', '\n']).replace("\r\n", "\n"))
            })
            .collect(),
        one_click: one_click(&message),
    }
}

/// Name and address of the sender.
pub(super) fn sender(message: &Message<'_>) -> Option<(Option<String>, String)> {
    let from = message.from()?.first()?;
    let name = from.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    Some((name, from.address.as_deref().unwrap_or_default().to_owned()))
}

fn addresses(address: &Address<'_>) -> String {
    address.iter().filter_map(|address| address.address.as_deref()).collect::<Vec<_>>().join(", ")
}

fn limited(text: &str) -> String {
    let mut end = text.len().min(PART_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// The first `http(s)` URL among the angle-bracketed ones (RFC 2369 §3.2), if the Post header is as RFC 8058 wants it.
fn one_click(message: &Message<'_>) -> Option<String> {
    let raw = |name: &str| message.header_raw(HeaderName::from(name.to_owned()));
    let post = raw("List-Unsubscribe-Post")?;
    if post.trim() != "List-Unsubscribe=One-Click" {
        return None;
    }
    let urls = raw("List-Unsubscribe")?.split('<').skip(1).filter_map(|rest| rest.split('>').next());
    let unfolded = urls.map(|url| url.chars().filter(|c| !c.is_whitespace()).collect::<String>());
    unfolded.into_iter().find(|url| url.starts_with("https://") || url.starts_with("http://"))
}
