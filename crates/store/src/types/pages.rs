//! What people say and ask for on the pages they meet: preferences, notices, opt-in requests, reasons.

use consent::{
    Address, AddressId, EntryId, Evidence, ListId, Pace, Preferred, RunId, Source, Subject, Timestamp,
};
use data_encoding::HEXLOWER;

/// What a person prefers, beside its choices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// No marketing before this moment, which may have passed.
    pub pause_until: Option<Timestamp>,
    /// How often marketing may come on one channel.
    pub pace: Pace,
    /// BCP 47 tag that the person chose, which comes before the one that was imported.
    pub language: Option<String>,
    /// The preferred channel.
    pub preferred: Preferred,
}

/// A change of preferences; what is `None` stays as it is.
#[derive(Clone, Debug)]
pub struct PreferenceChange {
    /// Whose.
    pub subject: Subject,
    /// A pause, at most [`consent::PauseDays::MAX`] long from `received_at`, or its end.
    pub pause_until: Option<Option<Timestamp>>,
    /// How often.
    pub pace: Option<Pace>,
    /// BCP 47 tag, or that of the import again.
    pub language: Option<Option<String>>,
    /// The preferred channel.
    pub preferred: Option<Preferred>,
    /// When it reached us.
    pub received_at: Timestamp,
    /// Through which door.
    pub source: Source,
    /// The run whose message it answers.
    pub run: Option<RunId>,
    /// What proves it; the store adds what changes ([`Evidence::preferences`]).
    pub evidence: Evidence,
}

impl PreferenceChange {
    /// A change of nothing yet.
    pub fn new(subject: Subject, source: Source, received_at: Timestamp) -> Self {
        Self {
            subject,
            pause_until: None,
            pace: None,
            language: None,
            preferred: None,
            received_at,
            source,
            run: None,
            evidence: Evidence::default(),
        }
    }
}

/// What a notice says. The codes stand on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum NoticeKind {
    /// Where the choices of this address are made.
    Choices = 1,
    /// How an opt-in to a list is confirmed.
    Confirm = 2,
}

impl NoticeKind {
    /// Every kind, in the order of its code.
    pub const ALL: [Self; 2] = [Self::Choices, Self::Confirm];
}

/// Something that `serve` is to send to one address by itself, because somebody typed the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// What it says.
    pub kind: NoticeKind,
    /// To whom; nobody looks whether the address is known.
    pub address: Address,
    /// About which list.
    pub list: Option<ListId>,
    /// BCP 47 tag of what it is written in.
    pub language: String,
    /// Who asked, on which page and in which words; at most [`Self::ASKED_BYTES_MAX`] bytes as JSON.
    pub asked: Evidence,
    /// When it was asked for.
    pub at: Timestamp,
}

impl NewNotice {
    /// Bytes of [`Self::asked`] as JSON.
    pub const ASKED_BYTES_MAX: usize = 8 << 10;
    /// How long a notice is worth sending.
    pub const WORTH: std::time::Duration = std::time::Duration::from_hours(24);
}

/// How many notices are queued. How many are sent is counted where they are sent, see [`crate::Store::spend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeLimits {
    /// That wait, in all.
    pub waiting_max: u32,
}

/// What became of asking for a notice. Whoever typed the address is told the same in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It will be looked at, and sent unless its address had enough.
    Queued,
    /// Too many wait; nothing changed.
    Full,
}

/// What tells a notice from all others, also from one that was asked for the same before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoticeId {
    pub(crate) hash: [u8; 16],
    pub(crate) kind: NoticeKind,
    pub(crate) list: i64,
    pub(crate) at: Timestamp,
}

impl NoticeId {
    /// Tells the notice from all others, however often it is tried. Holds no address.
    pub fn intent(&self) -> String {
        let hash = HEXLOWER.encode(&self.hash);
        format!("{hash}.{}.{}.{}", self.kind as u8, self.list, self.at.0)
    }

    /// The notice of an intent.
    pub fn of_intent(intent: &str) -> Option<Self> {
        let mut parts = intent.split('.');
        let hash = HEXLOWER.decode(parts.next()?.as_bytes()).ok()?.try_into().ok()?;
        let code: u8 = parts.next()?.parse().ok()?;
        let kind = NoticeKind::ALL.into_iter().find(|kind| *kind as u8 == code)?;
        let (list, at) = (parts.next()?.parse().ok()?, Timestamp(parts.next()?.parse().ok()?));
        parts.next().is_none().then_some(Self { hash, kind, list, at })
    }
}

/// A notice to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// What it says.
    pub kind: NoticeKind,
    /// To whom.
    pub address: Address,
    /// About which list.
    pub list: Option<ListId>,
    /// BCP 47 tag of what it is written in.
    pub language: String,
    /// See [`NewNotice::asked`].
    pub asked: Evidence,
    /// When it was asked for.
    pub at: Timestamp,
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeOutcome {
    /// Handed over.
    Sent,
    /// It can't be, for good.
    Failed,
    /// It has waited for too long to be worth sending.
    Dropped,
}

/// Id of an opt-in request among those of its address, as [`consent::Token::reference`] has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OptInId(pub i64);

/// How a link that confirms names its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OptInKey {
    /// Outside of all profiles, whoever owns the address: [`consent::Purpose::Join`].
    Typed {
        /// Stands for the address as it was typed: 48 bits, keyed.
        who: i64,
        /// The list.
        list: ListId,
        /// When it was asked for, in milliseconds.
        id: i64,
    },
    /// Of an address that is known, as they were kept before: [`consent::Purpose::Confirm`].
    Known(AddressId, OptInId),
}

/// Somebody asks for a list with double opt-in.
#[derive(Clone, Debug)]
pub struct NewOptInRequest {
    /// For which address, as somebody typed it.
    pub address: Address,
    /// Which list.
    pub list: ListId,
    /// When.
    pub requested_at: Timestamp,
    /// Until when it can be confirmed.
    pub expires_at: Timestamp,
    /// Who asked, on which page and what was agreed to; at most [`Self::ASKED_BYTES_MAX`] bytes as JSON.
    pub asked: Evidence,
}

impl NewOptInRequest {
    /// Bytes of [`Self::asked`] as JSON.
    pub const ASKED_BYTES_MAX: usize = 16 << 10;
}

/// A request that waits to be confirmed, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptInRequest {
    /// Its key.
    pub key: OptInKey,
    /// For which address, as it was typed; `None` for one that names a known address.
    pub address: Option<Address>,
    /// Which list.
    pub list: ListId,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Until when it can be confirmed.
    pub expires_at: Timestamp,
    /// When it was confirmed, by this or another link for the same list.
    pub confirmed_at: Option<Timestamp>,
    /// See [`NewOptInRequest::asked`].
    pub asked: Evidence,
}

/// What became of a confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// The list's value is `y` by this entry.
    Now(EntryId),
    /// It was confirmed before, or the person is on the list by now.
    Already,
    /// It came too late, or there is no such request any more. Nothing was recorded.
    Expired,
    /// The person has said no since, to the list, the address, the channel or all. Nothing was recorded.
    Superseded,
}

/// Why somebody opted out, as they said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenReason {
    /// The entry of the opt-out.
    pub entry: EntryId,
    /// One of the brand's own, may be empty.
    pub code: String,
    /// In the person's words, may be empty.
    pub text: String,
    /// When it was said.
    pub at: Timestamp,
}

impl GivenReason {
    /// Bytes of [`Self::code`], of the characters a-z, A-Z, 0-9, `_`, `-`, `.`.
    pub const CODE_LENGTH_MAX: usize = 64;
    /// Characters of [`Self::text`].
    pub const TEXT_CHARS_MAX: usize = 500;
}
