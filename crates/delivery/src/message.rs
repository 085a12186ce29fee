//! A rendered message becomes the bytes that are sent.

use std::fmt::Write as _;

use consent::{Timestamp, TokenError};
use mail_builder::headers::Header;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::text::Text;
use mail_builder::headers::url::URL;
use mail_builder::mime::MimePart;
use sha2::{Digest, Sha256};
use wire::smtp::{Envelope, EnvelopeError};

use crate::campaign::Campaign;
use crate::configuration::{EmailConfiguration, ListUnsubscribe};
use crate::dkim::Signer;
use crate::links::Links;
use crate::mailbox::{Mailbox, deliverable};
use crate::person::Person;
use crate::render::Rendered;

/// Longest List-Id in octets (RFC 2919 section 3).
const LIST_ID_LENGTH_MAX: usize = 255;
/// Characters of a message's own name: 130 bits.
const ID_LENGTH: usize = 26;

/// Why a message couldn't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// The address can't stand in an envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// A link can't be signed.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// DKIM.
    #[error("the message can't be signed: {0}")]
    Dkim(String),
}

/// What all messages of a run have in common, made once.
#[derive(Debug)]
pub struct Composer {
    from: Vec<u8>,
    reply_to: Vec<u8>,
    list: Vec<u8>,
    /// List-Unsubscribe-Post, Feedback-ID, MIME-Version.
    tail: Vec<u8>,
    list_unsubscribe: ListUnsubscribe,
    mailto_domain: Option<String>,
    bounce_domain: String,
    id_domain: String,
    signer: Signer,
}

/// Buffers of a worker, reused from message to message.
#[derive(Debug, Default)]
pub struct Buffers {
    header: Vec<u8>,
    body: Vec<u8>,
    message: Vec<u8>,
}

impl Buffers {
    /// The message that was made last.
    pub(crate) fn message(&self) -> &[u8] {
        &self.message
    }
}

impl Composer {
    /// Prepares. The keys come loaded.
    pub fn new(campaign: &Campaign, configuration: &EmailConfiguration, signer: Signer) -> Self {
        Self::of(&campaign.name, campaign.list.as_deref(), configuration, signer)
    }

    /// The same for a campaign of which only the name and the list are known.
    pub(crate) fn of(
        campaign: &str,
        list: Option<&str>,
        configuration: &EmailConfiguration,
        signer: Signer,
    ) -> Self {
        let mut composer = Self::bare(configuration, signer);
        composer.list_unsubscribe = configuration.list_unsubscribe.clone();
        composer.mailto_domain = configuration.mailto_domain().map(str::to_owned);
        if let Some(list) = list {
            let id = format!("<{list}.{}>", configuration.from.domain());
            if id.len() <= LIST_ID_LENGTH_MAX {
                composer.list.extend_from_slice(format!("List-Id: {id}\r\n").as_bytes());
            }
        }
        // RFC 8058 section 3.1: both fields or none, and one-click needs an HTTPS link.
        if composer.list_unsubscribe.has_url() {
            composer.tail.extend_from_slice(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
        }
        if let Some(feedback) = feedback_id(campaign, list, configuration) {
            field(&mut composer.tail, "Feedback-ID", &Text::new(feedback));
        }
        composer.tail.extend_from_slice(b"MIME-Version: 1.0\r\n");
        composer
    }

    /// For single messages that somebody asked for: no list's, and nothing for a vacation notice to answer (RFC 3834
    /// section 5).
    pub fn single(configuration: &EmailConfiguration, signer: Signer) -> Self {
        let mut composer = Self::bare(configuration, signer);
        composer.tail.extend_from_slice(b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
        composer
    }

    fn bare(configuration: &EmailConfiguration, signer: Signer) -> Self {
        let mut composer = Self {
            from: Vec::new(),
            reply_to: Vec::new(),
            list: Vec::new(),
            tail: Vec::new(),
            list_unsubscribe: ListUnsubscribe::Own { url: false, mailto: false, mailto_domain: None },
            mailto_domain: None,
            bounce_domain: configuration.bounce_domain.clone(),
            id_domain: configuration.from.domain().to_owned(),
            signer,
        };
        field(&mut composer.from, "From", &mailbox(&configuration.from));
        if let Some(reply_to) = &configuration.reply_to {
            field(&mut composer.reply_to, "Reply-To", &mailbox(reply_to));
        }
        composer
    }

    /// Builds and signs one message. Its bytes are in `buffers` until the next call.
    pub fn compose<'b>(
        &self,
        person: &Person,
        rendered: &Rendered,
        links: &Links,
        at: Timestamp,
        buffers: &'b mut Buffers,
    ) -> Result<(Envelope, &'b [u8]), MessageError> {
        let token = links.bounce(person.link())?;
        let to = deliverable(&person.to).ok_or(EnvelopeError::Character)?;
        let envelope = Envelope::new(format!("b.{token}@{}", self.bounce_domain), to)?;
        let Buffers { header, body, message } = buffers;
        let id = match person.sent.message() {
            Some(send) => message_id(&format!("{token} {send}")),
            None => message_id(&token),
        };
        self.header(header, &envelope, &id, &rendered.subject, at);
        let ways_out = self.ways_out(person, links)?;
        if !ways_out.is_empty() {
            field(header, "List-Unsubscribe", &URL::new_list(ways_out.into_iter()));
        }
        header.extend_from_slice(&self.tail);
        body.clear();
        part(rendered, &id).write_part(body);
        // The part begins with its own header fields, which belong to the message's.
        let split = memchr::memmem::find(body, b"\r\n\r\n").map_or(body.len(), |at| at + 2);
        header.extend_from_slice(&body[..split]);
        let content = body.get(split + 2..).unwrap_or_default();
        message.clear();
        self.signer.sign(header, content, at, message).map_err(MessageError::Dkim)?;
        message.extend_from_slice(header);
        message.extend_from_slice(b"\r\n");
        message.extend_from_slice(content);
        Ok((envelope, message))
    }

    /// What List-Unsubscribe holds. RFC 2369 section 2 prefers the left-most, but mailbox providers take the link wherever it
    /// stands, and older programs know mail alone.
    fn ways_out(&self, person: &Person, links: &Links) -> Result<Vec<String>, TokenError> {
        let to = person.link();
        let mut ways_out = Vec::with_capacity(2);
        match &self.list_unsubscribe {
            ListUnsubscribe::Own { url, .. } => {
                if let Some(domain) = &self.mailto_domain {
                    let local = links.mailto(to)?;
                    ways_out.push(format!("mailto:{local}@{domain}?subject=unsubscribe"));
                }
                if *url {
                    ways_out.push(links.unsubscribe(to)?);
                }
            }
            ListUnsubscribe::External { url, mailto } => {
                let signed = links.external_header(to)?;
                ways_out.extend(mailto.as_ref().map(|mailto| mailto.with(&signed)));
                ways_out.extend(url.as_ref().map(|url| url.with(&signed)));
            }
        }
        Ok(ways_out)
    }

    /// The fields up to List-Id, in the order that mail clients show.
    fn header(&self, out: &mut Vec<u8>, envelope: &Envelope, id: &str, subject: &str, at: Timestamp) {
        out.clear();
        out.extend_from_slice(&self.from);
        field(out, "To", &Address::from(envelope.to()));
        field(out, "Subject", &Text::new(subject));
        field(out, "Date", &Date::new(at.0.div_euclid(1_000_000)));
        field(out, "Message-ID", &MessageId::new(format!("{id}@{}", self.id_domain)));
        out.extend_from_slice(&self.reply_to);
        out.extend_from_slice(&self.list);
    }
}

/// The message's own name, the same at each attempt. Not the token of the envelope sender: whoever is shown
/// the message could answer with a forged bounce.
pub(crate) fn message_id(token: &str) -> String {
    let mut id = data_encoding::BASE32_NOPAD.encode(&Sha256::digest(token));
    id.truncate(ID_LENGTH);
    id.make_ascii_lowercase();
    id
}

pub(crate) fn field(out: &mut Vec<u8>, name: &str, value: &impl Header) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    value.write_header(out, name.len() + 2);
}

fn mailbox(mailbox: &Mailbox) -> Address<'_> {
    Address::new_address(mailbox.name.as_deref(), &*mailbox.email)
}

/// `campaign:list:channel:sender`: who sends what, the same for all recipients.
fn feedback_id(campaign: &str, list: Option<&str>, configuration: &EmailConfiguration) -> Option<String> {
    let sender = configuration.feedback_id.as_ref()?;
    let plain = |text: &str| -> String {
        let clean = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
        text.chars().take(40).map(clean).collect()
    };
    let mut id = plain(campaign);
    let _ = write!(id, ":{}:email:{sender}", list.map(plain).unwrap_or_default());
    Some(id)
}

/// The body: both parts as alternatives, the plainer one first (RFC 2046 section 5.1.4), or the only one there is.
fn part<'r>(rendered: &'r Rendered, id: &str) -> MimePart<'r> {
    let text = MimePart::new("text/plain", rendered.text.as_str());
    let Some(html) = &rendered.html else { return text };
    let html = MimePart::new("text/html", html.as_str());
    // `=_` can't occur in quoted-printable, and no text holds the id: the boundary is unique and repeatable.
    let boundary = format!("=_{id}");
    MimePart::new(ContentType::new("multipart/alternative").attribute("boundary", boundary), vec![text, html])
}
