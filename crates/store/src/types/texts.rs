//! Text messages that people sent, what they set going, and what is said back.

use consent::{AddressId, Channel, EntryId, ListId, ProfileId, RunId, Timestamp};
use data_encoding::HEXLOWER;

/// What makes a text message unique: the first 16 bytes of a SHA-256 over who told of it and the provider's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextId(pub [u8; 16]);

impl TextId {
    /// Tells the answer to it from all others.
    pub fn intent(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// The text of an intent.
    pub fn of_intent(intent: &str) -> Option<Self> {
        HEXLOWER.decode(intent.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

/// A text message from somebody, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What makes it unique.
    pub id: TextId,
    /// Whose number it came from.
    pub profile: ProfileId,
    /// The number.
    pub address: AddressId,
    /// What it came by: [`Channel::Sms`] or [`Channel::WhatsApp`].
    pub channel: Channel,
    /// The sender of ours that it went to, as [`consent::sms::Sender::as_str`] has it.
    pub sender: String,
    /// What it says.
    pub text: String,
    /// What was read in it, as [`consent::sms::Class::as_str`] has it.
    pub class: String,
    /// The rule that decided, at most 64 bytes.
    pub rule: String,
    /// When it was sent.
    pub at: Timestamp,
    /// When it reached us.
    pub received_at: Timestamp,
    /// What brought it, e.g. `sms:NAME`; at most 64 bytes.
    pub source: String,
    /// The ledger entry of the choice that was made by it.
    pub entry: Option<EntryId>,
}

impl Text {
    /// Bytes of [`Self::text`]; 255 parts of 70 letters of three bytes are fewer.
    pub const TEXT_BYTES_MAX: usize = 64 << 10;
    /// Bytes of [`Self::class`], [`Self::rule`] and [`Self::source`].
    pub const NOTE_LENGTH_MAX: usize = 64;
    /// Bytes of [`Self::sender`].
    pub const SENDER_LENGTH_MAX: usize = 64;
}

/// What a text message sets going. Where it asks for a thing and its opposite, the one that sends less stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextEffects {
    /// Senders that the number blocks from now on.
    pub block: Vec<String>,
    /// Senders that it doesn't block any more.
    pub unblock: Vec<String>,
    /// No marketing to the number until a person has read this message.
    pub hold: bool,
    /// What was held of the number needs no reading any more: its owner has said it clearly.
    pub release: bool,
    /// The number was asked whether it means it.
    pub ask: Option<NewAsk>,
    /// What it was asked, it answered.
    pub end_ask: bool,
    /// What is said back.
    pub reply: Option<NewReply>,
}

/// A question that waits for the answer of a number (double opt-in). A later one takes the place of an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAsk {
    /// The list that is asked about; the channel if absent.
    pub list: Option<ListId>,
    /// Until when an answer counts.
    pub expires_at: Timestamp,
}

/// What an automatic answer is about. The codes stand on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ReplyKind {
    /// The opt-out was taken.
    OptedOut = 1,
    /// The opt-in was taken.
    OptedIn = 2,
    /// Whether the opt-in is meant (double opt-in).
    Ask = 3,
    /// Who this is and how to stop.
    Help = 4,
    /// To a keyword of the brand's own.
    Custom = 5,
    /// To everything else.
    Default = 6,
}

impl ReplyKind {
    /// Every kind, in the order of its code.
    pub const ALL: [Self; 6] =
        [Self::OptedOut, Self::OptedIn, Self::Ask, Self::Help, Self::Custom, Self::Default];
}

/// An automatic answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReply {
    /// What it is about.
    pub kind: ReplyKind,
    /// What it says.
    pub body: String,
    /// From when on it isn't worth sending.
    pub expires_at: Timestamp,
    /// No more of this kind to this number within 24 hours.
    pub per_day: u32,
    /// Whether it goes out with the answer to the provider, so that nobody sends it later.
    pub at_once: bool,
}

/// What became of a text message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextTaken {
    /// Whether it was the first time.
    pub new: bool,
    /// Whether the reply goes out: it was asked for, and the number hasn't had too many.
    pub replied: bool,
}

/// What taking a text message depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextStanding {
    /// Whether the number blocks one of the senders that were asked about.
    pub blocked: bool,
    /// Whether a message of the number waits to be read.
    pub held: bool,
    /// What the number was asked last, answered or not, expired or not.
    pub ask: Option<Ask>,
    /// The last message that a run sent to the number from one of the senders.
    pub last: Option<LastMessage>,
}

/// What a number was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// About which list; about the channel if absent.
    pub list: Option<ListId>,
    /// When.
    pub at: Timestamp,
    /// Until when an answer counts.
    pub expires_at: Timestamp,
    /// Whether it was answered.
    pub answered: bool,
}

/// A message of a run's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastMessage {
    /// The run.
    pub run: RunId,
    /// Its campaign.
    pub campaign: String,
    /// The list that the message was bound to.
    pub list: Option<ListId>,
    /// When it was handed over.
    pub at: Timestamp,
}

/// A text message that waits for a person to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The message.
    pub text: Text,
    /// The number, as it was written.
    pub number: String,
    /// How it ended, if it has.
    pub decision: Option<HoldDecision>,
}

/// How a hold ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldDecision {
    /// It was a refusal; the caller has recorded that.
    pub refused: bool,
    /// Who decided.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// An automatic answer that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The message that it answers.
    pub id: TextId,
    /// To which number, by id and as it was written.
    pub address: AddressId,
    /// The number as it was written.
    pub number: String,
    /// Who the number belongs to.
    pub profile: ProfileId,
    /// What it goes by.
    pub channel: Channel,
    /// From which sender.
    pub sender: String,
    /// What brought the message that it answers, see [`Text::source`].
    pub source: String,
    /// What it is about.
    pub kind: ReplyKind,
    /// What it says.
    pub body: String,
    /// From when on it isn't worth sending.
    pub expires_at: Timestamp,
}

/// What became of an automatic answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyEnd {
    /// It was handed over.
    Sent,
    /// It can't be, or may have been.
    Failed,
    /// It isn't worth sending any more.
    Dropped,
}

/// A part of a message that came in several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPart {
    /// The message, made from who told of it, the number and the reference that its parts share.
    pub message: TextId,
    /// 1 to `total`.
    pub number: u16,
    /// How many there are, at most 255.
    pub total: u16,
    /// What it says.
    pub text: String,
    /// When it reached us.
    pub received_at: Timestamp,
}

impl TextPart {
    /// Parts of one message (3GPP TS 23.040 §9.2.3.24.1: their count is a byte).
    pub const TOTAL_MAX: u16 = 255;
    /// Bytes of [`Self::text`].
    pub const TEXT_BYTES_MAX: usize = 4 << 10;
}
