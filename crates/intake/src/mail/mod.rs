//! Reading what comes back by email: bounces, complaints, unsubscribe requests, automatic answers.
//!
//! [`read`] is pure and bounded: it does the same work for hostile bytes as for friendly ones, linear in their number up
//! to [`MESSAGE_LENGTH_MAX`], and never panics. It changes nothing; what a reading leads to is the caller's.

mod arf;
mod bounce;
mod decode;
mod fields;
mod html;
mod judge;
mod kind;
mod mime;
mod plain;
mod reply;
mod rules;
mod text;
mod token;

pub use judge::refusal;
pub use reply::is_automatic;
pub(crate) use text::cut;

use consent::{BounceReason, Timestamp};

/// Bytes of a message that are looked at; a report says what it has to say long before.
pub const MESSAGE_LENGTH_MAX: usize = 4 * 1024 * 1024;
/// Bytes of a diagnostic that a [`Recipient`] keeps.
pub const DIAGNOSTIC_KEPT_MAX: usize = 1024;

/// What a mail is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A report on the delivery of a message (RFC 3464, or in words).
    Bounce,
    /// A complaint (RFC 5965).
    Complaint,
    /// Sent to an address that unsubscribes, by a person or their mail program.
    Unsubscribe,
    /// An automatic answer: vacation, challenge, ticket (RFC 3834).
    AutoReply,
    /// None of these.
    #[default]
    None,
}

impl Kind {
    /// Its name in interfaces, e.g. `auto_reply`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
            Self::Unsubscribe => "unsubscribe",
            Self::AutoReply => "auto_reply",
            Self::None => "none",
        }
    }
}

/// What a complaint says of itself, `Feedback-Type` (RFC 5965 §3.1, RFC 6430, RFC 6591, the registry of IANA).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedbackType {
    /// Unsolicited mail, or any other kind of abuse.
    Abuse,
    /// Phishing and the like.
    Fraud,
    /// A virus was found.
    Virus,
    /// The recipient doesn't want such messages any more.
    OptOut,
    /// SPF, DKIM or DMARC failed.
    AuthFailure,
    /// The recipient says that the message is wanted: the opposite of a complaint.
    NotSpam,
    /// Anything else.
    Other,
}

impl FeedbackType {
    fn parse(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        match text.split([' ', ';']).next().unwrap_or_default() {
            "abuse" => Self::Abuse,
            "fraud" => Self::Fraud,
            "virus" => Self::Virus,
            "opt-out" | "opt-out-list" => Self::OptOut,
            "auth-failure" => Self::AuthFailure,
            "not-spam" => Self::NotSpam,
            _ => Self::Other,
        }
    }

    /// Its name as the format writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Abuse => "abuse",
            Self::Fraud => "fraud",
            Self::Virus => "virus",
            Self::OptOut => "opt-out",
            Self::AuthFailure => "auth-failure",
            Self::NotSpam => "not-spam",
            Self::Other => "other",
        }
    }

    /// The recipient, or their provider for them, objects to the message, so that it must be acted on.
    ///
    /// `not-spam` says the opposite, and `auth-failure` is a report by a machine that no person asked for.
    pub const fn is_objection(self) -> bool {
        !matches!(self, Self::NotSpam | Self::AuthFailure)
    }
}

/// What became of the message (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Given up.
    Failed,
    /// Still being tried; nothing follows from it.
    Delayed,
    /// Arrived, or is known to be deliverable.
    Delivered,
    /// Handed on to where no reports come from, or to a list.
    Relayed,
    /// Not a report on delivery.
    None,
}

impl Action {
    fn parse(text: &str) -> Self {
        match text {
            "delayed" => Self::Delayed,
            "delivered" | "deliverable" => Self::Delivered,
            "relayed" | "expanded" => Self::Relayed,
            // A status without an action, or with one that nobody knows, comes from a server that gave up.
            _ => Self::Failed,
        }
    }
}

/// One recipient of whom a mail speaks.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The address that refused, that complained or that answered; empty where a report leaves it out.
    pub address: String,
    /// The address that the message was sent to, where the report gives another (`Original-Recipient`).
    pub original: Option<String>,
    /// The enhanced status (RFC 3463), or empty.
    pub status: String,
    /// The reply code (RFC 5321), or empty.
    pub reply_code: String,
    /// Why.
    pub reason: BounceReason,
    /// Nothing will ever be delivered there, and the server has given up: suppress at once.
    pub hard: bool,
    /// What became of the message.
    pub action: Action,
    /// What the server said, at most [`DIAGNOSTIC_KEPT_MAX`] bytes. Holds addresses: evidence, not for logs.
    pub diagnostic: String,
}

impl Recipient {
    /// The address that we wrote to: the original recipient where it is known, else the one that refused.
    pub fn mailed(&self) -> &str {
        self.original.as_deref().unwrap_or(&self.address)
    }
}

impl std::fmt::Debug for Recipient {
    /// Without addresses and diagnostic, which holds addresses: this ends up in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recipient")
            .field("status", &self.status)
            .field("reply_code", &self.reply_code)
            .field("reason", &self.reason)
            .field("hard", &self.hard)
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}

/// What a mail says.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What it is.
    pub kind: Kind,
    /// For complaints. Only [`FeedbackType::is_objection`] leads to anything.
    pub feedback_type: Option<FeedbackType>,
    /// Of whom it speaks. Only those with `hard`, or counted soft failures with [`Action::Failed`], lead to suppression.
    pub recipients: Vec<Recipient>,
    /// Texts that may be tokens of ours, most trustworthy first: lower-case base32 from local parts, base64url from URLs. Not
    /// verified; `KeyRing` does that.
    pub tokens: Vec<String>,
    /// The mail's own `Message-ID`, without brackets.
    pub message_id: Option<String>,
    /// The mail's `Date`. Anyone can write anything there.
    pub date: Option<Timestamp>,
}

/// The envelope that a mail came in, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Envelope<'a> {
    /// MAIL FROM; empty for the null sender.
    pub from: Option<&'a str>,
    /// RCPT TO.
    pub to: &'a [&'a str],
}

/// Reads a mail whose envelope isn't known.
pub fn read(raw: &[u8]) -> Reading {
    read_with(raw, Envelope::default())
}

/// Reads a mail.
pub fn read_with(raw: &[u8], envelope: Envelope<'_>) -> Reading {
    kind::read(&raw[..raw.len().min(MESSAGE_LENGTH_MAX)], &envelope)
}

#[cfg(test)]
mod tests;
