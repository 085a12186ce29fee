//! What a request tells, and collecting it.

use consent::{BounceReason, Channel, Timestamp};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use store::TextPart;

use super::EVENTS_MAX;
use crate::mail::cut;
use crate::webhook::Refusal;

/// Longest text that is kept, in bytes; the longest that providers take have 1,600 characters.
const TEXT_LENGTH_MAX: usize = 8 * 1024;
/// Bytes of an id, a number, a code or a description.
const FIELD_LENGTH_MAX: usize = 512;

/// One thing that a provider tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody sent a text, or a part of one.
    Message(Message),
    /// Somebody changed what they want in their messaging app.
    Preference(Preference),
    /// What became of a message of ours.
    Receipt(Receipt),
}

impl Event {
    /// The number that it is about, as the provider writes it.
    pub fn number(&self) -> &str {
        match self {
            Self::Message(message) => &message.from,
            Self::Preference(preference) => &preference.from,
            Self::Receipt(receipt) => &receipt.to,
        }
    }
}

/// A text that somebody sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The provider's id; made of what the message says where the provider gives none.
    pub id: String,
    /// Who sent it, as the provider writes it.
    pub from: String,
    /// The sender of ours that it went to, as the provider writes it.
    pub to: String,
    /// The pool of senders that belongs to, if the provider says.
    pub pool: Option<String>,
    /// What it says.
    pub text: String,
    /// When it was sent, if the provider says.
    pub at: Option<Timestamp>,
    /// [`Channel::Sms`] (RCS too) or [`Channel::WhatsApp`].
    pub channel: Channel,
    /// What the provider took it for, and has answered.
    pub opt_out_type: Option<OptOutType>,
    /// Which part of a longer message it is.
    pub part: Option<Part>,
}

/// What a provider that answers keywords by itself took a message for (Twilio's `OptOutType`, Telnyx's
/// `autoresponse_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each name says it")]
pub enum OptOutType {
    Stop,
    Help,
    Start,
}

impl OptOutType {
    /// Reads the provider's word for it.
    pub(super) fn read(word: &str) -> Option<Self> {
        match word.to_ascii_uppercase().as_str() {
            "STOP" => Some(Self::Stop),
            "HELP" => Some(Self::Help),
            "START" => Some(Self::Start),
            _ => None,
        }
    }
}

/// A part of a message (3GPP TS 23.040 §9.2.3.24.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What the parts share. The sender's phone counts it in 8 or 16 bits, so that it comes again.
    pub reference: String,
    /// 1 to `total`.
    pub number: u16,
    /// How many there are.
    pub total: u16,
}

/// A choice that somebody made in their messaging app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    /// The provider's id, or what stands in for it.
    pub id: String,
    /// Whose number.
    pub from: String,
    /// The sender of ours that it is about; empty if the provider doesn't say.
    pub to: String,
    /// [`Channel::WhatsApp`], or [`Channel::Sms`] for RCS.
    pub channel: Channel,
    /// No more marketing; otherwise: marketing again.
    pub stop: bool,
    /// When, if the provider says.
    pub at: Option<Timestamp>,
}

/// What became of a message of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's id of the message, and of what became of it.
    pub id: String,
    /// To which number.
    pub to: String,
    /// From which sender of ours; empty if the provider doesn't say.
    pub from: String,
    /// Text in which a token of ours stands, if it came with one.
    pub token: String,
    /// [`Channel::Sms`] or [`Channel::WhatsApp`].
    pub channel: Channel,
    /// What became of it.
    pub state: State,
    /// The provider's error code; empty if there is none.
    pub code: String,
    /// The provider's words.
    pub detail: String,
    /// When, if the provider says.
    pub at: Option<Timestamp>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is on the phone.
    Delivered,
    /// It isn't, and won't be.
    Undelivered {
        /// Why.
        reason: BounceReason,
        /// Whether no further try can help.
        hard: bool,
    },
    /// The provider doesn't send to this number any more, because its owner told it so.
    OptedOut,
}

impl State {
    pub(super) const fn soft(reason: BounceReason) -> Self {
        Self::Undelivered { reason, hard: false }
    }

    pub(super) const fn hard(reason: BounceReason) -> Self {
        Self::Undelivered { reason, hard: true }
    }
}

/// What a request told.
#[derive(Debug, Default)]
pub struct Events {
    /// What is to be taken, in order.
    pub events: Vec<Event>,
    /// Events about nothing that matters here: what was queued or sent, typing, pictures without a text. Not kept.
    pub passed_over: u64,
}

impl Events {
    /// A message; one without a sender is passed over, since nobody can be found for it.
    pub(super) fn message(&mut self, mut message: Message) {
        if message.from.trim().is_empty() {
            return self.pass_over();
        }
        for field in [&mut message.id, &mut message.from, &mut message.to] {
            shorten(field, FIELD_LENGTH_MAX);
        }
        if let Some(pool) = &mut message.pool {
            shorten(pool, FIELD_LENGTH_MAX);
        }
        shorten(&mut message.text, TEXT_LENGTH_MAX);
        if message.id.is_empty() {
            let at = message.at.map(|at| at.0.to_string()).unwrap_or_default();
            message.id = made_id(&[&message.from, &message.to, &message.text, &at]);
        }
        // What is no part of anything sensible is a message of its own.
        message.part = message.part.filter(|part| {
            (2..=TextPart::TOTAL_MAX).contains(&part.total)
                && (1..=part.total).contains(&part.number)
                && !part.reference.is_empty()
                && message.text.len() <= TextPart::TEXT_BYTES_MAX
        });
        self.push(Event::Message(message));
    }

    pub(super) fn preference(&mut self, mut preference: Preference) {
        if preference.from.trim().is_empty() {
            return self.pass_over();
        }
        for field in [&mut preference.id, &mut preference.from, &mut preference.to] {
            shorten(field, FIELD_LENGTH_MAX);
        }
        if preference.id.is_empty() {
            let at = preference.at.map(|at| at.0.to_string()).unwrap_or_default();
            let stop = if preference.stop { "stop" } else { "resume" };
            preference.id = made_id(&[&preference.from, &preference.to, stop, &at]);
        }
        self.push(Event::Preference(preference));
    }

    pub(super) fn receipt(&mut self, mut receipt: Receipt) {
        for field in [
            &mut receipt.id,
            &mut receipt.to,
            &mut receipt.from,
            &mut receipt.token,
            &mut receipt.code,
            &mut receipt.detail,
        ] {
            shorten(field, FIELD_LENGTH_MAX);
        }
        self.push(Event::Receipt(receipt));
    }

    pub(super) fn pass_over(&mut self) {
        self.passed_over += 1;
    }

    fn push(&mut self, event: Event) {
        // One past the limit tells that there were too many.
        if self.events.len() <= EVENTS_MAX {
            self.events.push(event);
        }
    }

    /// What was collected, unless it was too much.
    pub(super) fn finish(self) -> Result<Self, Refusal> {
        if self.events.len() > EVENTS_MAX { Err(Refusal::TooLarge) } else { Ok(self) }
    }
}

/// An id for what has none: the same content is the same thing.
fn made_id(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    format!("made:{}", HEXLOWER.encode(&hash.finalize()))
}

/// Cuts a text to what is kept. PostgreSQL can't keep U+0000.
fn shorten(text: &mut String, length_max: usize) {
    if text.contains('\0') {
        *text = text.replace('\0', "\u{fffd}");
    }
    let kept = cut(text, length_max).len();
    text.truncate(kept);
}
