//! Reading a mail as a mail program does: the links that a person can follow.

use anyhow::{Context as _, Result};
use consent::{KeyRing, Level, Purpose, Token};
use delivery::selftest::Delivered;
use mail_parser::{HeaderName, HeaderValue, Message, MessageParser};

/// The links of one mail.
pub struct Links {
    /// From the List-Unsubscribe header.
    pub header: String,
    /// From the body.
    pub body: Vec<Link>,
}

/// A link of ours in a mail.
pub struct Link {
    /// Where it leads.
    pub url: String,
    /// What it says.
    pub says: String,
    /// What it means.
    token: Token,
}

/// Finds the links of a mail.
pub fn links(raw: &[u8], public_url: &str, ring: &KeyRing) -> Result<Links> {
    let mail = MessageParser::new().parse(raw).context("not a mail")?;
    let delivered = Delivered::read(raw).context("not a mail")?;
    let seen = delivered.links().into_iter().filter(|link| link.part == "html" && link.visible);
    let body = seen
        .filter_map(|link| {
            let token = read(&link.url, public_url, ring)?;
            Some(Link { url: link.url, says: link.says, token })
        })
        .collect();
    Ok(Links { header: header_url(&mail).context("no https or http link in List-Unsubscribe")?, body })
}

impl Links {
    /// The body's link of a kind.
    pub fn of(&self, purpose: Purpose, level: Option<Level>) -> Result<&Link> {
        let fits = |token: &Token| token.purpose == purpose && level.is_none_or(|level| token.level == level);
        let found = self.body.iter().find(|link| fits(&link.token));
        found.with_context(|| format!("no link {purpose:?} {level:?} in the body"))
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
