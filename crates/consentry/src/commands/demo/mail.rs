//! Reading a mail as a mail program does: the links that a person can follow.

use anyhow::{Context as _, Result};
use consent::{KeyRing, Level, Purpose, Token};
use mail_parser::{HeaderName, HeaderValue, Message, MessageParser};

/// The links of one mail.
pub struct Links {
    /// From the List-Unsubscribe header.
    pub header: String,
    /// From the body, each with what it means.
    pub body: Vec<(String, Token)>,
}

/// Finds the links of a mail.
pub fn links(raw: &[u8], public_url: &str, ring: &KeyRing) -> Result<Links> {
    let mail = MessageParser::new().parse(raw).context("not a mail")?;
    let html = mail.body_html(0).context("no HTML part")?;
    let body = html
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter_map(|url| Some((url.to_owned(), read(url, public_url, ring)?)))
        .collect();
    Ok(Links { header: header_url(&mail).context("no https or http link in List-Unsubscribe")?, body })
}

impl Links {
    /// The body's link of a kind.
    pub fn of(&self, purpose: Purpose, level: Option<Level>) -> Result<&str> {
        let fits = |token: &Token| token.purpose == purpose && level.is_none_or(|level| token.level == level);
        let found = self.body.iter().find(|(_, token)| fits(token));
        found
            .map(|(url, _)| url.as_str())
            .with_context(|| format!("no link {purpose:?} {level:?} in the body"))
    }
}

fn read(url: &str, public_url: &str, ring: &KeyRing) -> Option<Token> {
    let path = url.strip_prefix(public_url)?;
    let token = path.strip_prefix("/u/").or_else(|| path.strip_prefix("/p/"))?;
    ring.read_url(token).ok()
}

/// The URL in List-Unsubscribe, as RFC 2369 writes it: in angle brackets, perhaps among others.
fn header_url(mail: &Message<'_>) -> Option<String> {
    let value = mail.header(HeaderName::ListUnsubscribe)?;
    let text = match value {
        HeaderValue::Text(text) => text.to_string(),
        HeaderValue::TextList(texts) => texts.join(","),
        HeaderValue::Address(addresses) => {
            addresses.iter().filter_map(|address| address.address()).collect::<Vec<_>>().join(",")
        }
        _ => return None,
    };
    text.split([',', '<', '>', ' ']).find(|part| part.starts_with("http")).map(str::to_owned)
}
