//! What a decision comes to: the basis of a permit, the reason of an exclusion or a deferral.

use std::fmt;

use crate::{Choice, Timestamp};

/// Why a message may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Transactional: consent isn't asked.
    Transactional,
    /// The choice that counts.
    Choice(Choice),
    /// No choice is recorded, and the workspace's default for the channel permits.
    Default(Choice),
}

impl Basis {
    /// The code's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transactional => "Transactional",
            Self::Choice(Choice::Yes | Choice::DefaultYes) => "OptedIn",
            Self::Choice(_) => "NamedBasis",
            Self::Default(_) => "Default",
        }
    }

    /// In people's words, to stand after "sends:".
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Transactional => "transactional, so consent isn't asked",
            Self::Choice(Choice::Yes) => "opted in",
            Self::Choice(Choice::DefaultYes) => "opted in by default",
            Self::Choice(Choice::LegitimateInterest) => "legitimate interest",
            Self::Choice(Choice::Contract) => "performance of a contract",
            Self::Choice(Choice::Compliance) => "compliance with a legal obligation",
            Self::Choice(Choice::VitalInterest) => "vital interest of the person",
            Self::Choice(_) => "public interest",
            Self::Default(_) => "nothing recorded, and the default permits",
        }
    }
}

/// The row of the decision table that withholds a message. The codes stand on disk: never reassigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the decision table names them")]
pub enum Reason {
    AddressMissing = 1,
    AddressMalformed = 2,
    TokenDead = 3,
    AddressSuppressed = 4,
    DomainSuppressed = 5,
    NotAllowed = 6,
    SenderBlocked = 7,
    OptedOutAll = 8,
    OptedOutChannel = 9,
    OptedOutAddress = 10,
    ListNotLive = 11,
    UnsubscribedFromList = 12,
    NotSubscribed = 13,
    PendingVerification = 14,
    NoConsent = 15,
    OptInRequired = 16,
    HeldForReview = 17,
    Paused = 18,
    Capped = 19,
    PermissionDenied = 20,
    ConsentExpired = 21,
    PolicyRefused = 22,
    FrequencyCapped = 23,
    QuietHours = 24,
}

impl Reason {
    /// Every reason, in the order of its code.
    pub const ALL: [Self; 24] = [
        Self::AddressMissing,
        Self::AddressMalformed,
        Self::TokenDead,
        Self::AddressSuppressed,
        Self::DomainSuppressed,
        Self::NotAllowed,
        Self::SenderBlocked,
        Self::OptedOutAll,
        Self::OptedOutChannel,
        Self::OptedOutAddress,
        Self::ListNotLive,
        Self::UnsubscribedFromList,
        Self::NotSubscribed,
        Self::PendingVerification,
        Self::NoConsent,
        Self::OptInRequired,
        Self::HeldForReview,
        Self::Paused,
        Self::Capped,
        Self::PermissionDenied,
        Self::ConsentExpired,
        Self::PolicyRefused,
        Self::FrequencyCapped,
        Self::QuietHours,
    ];

    /// The reason for a code; `None` for a code never given out.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// The code kept on disk.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The code's name, as in the decision table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AddressMissing => "AddressMissing",
            Self::AddressMalformed => "AddressMalformed",
            Self::TokenDead => "TokenDead",
            Self::AddressSuppressed => "AddressSuppressed",
            Self::DomainSuppressed => "DomainSuppressed",
            Self::NotAllowed => "NotAllowed",
            Self::SenderBlocked => "SenderBlocked",
            Self::OptedOutAll => "OptedOutAll",
            Self::OptedOutChannel => "OptedOutChannel",
            Self::OptedOutAddress => "OptedOutAddress",
            Self::ListNotLive => "ListNotLive",
            Self::UnsubscribedFromList => "UnsubscribedFromList",
            Self::NotSubscribed => "NotSubscribed",
            Self::PendingVerification => "PendingVerification",
            Self::NoConsent => "NoConsent",
            Self::OptInRequired => "OptInRequired",
            Self::HeldForReview => "HeldForReview",
            Self::Paused => "Paused",
            Self::Capped => "Capped",
            Self::PermissionDenied => "PermissionDenied",
            Self::ConsentExpired => "ConsentExpired",
            Self::PolicyRefused => "PolicyRefused",
            Self::FrequencyCapped => "FrequencyCapped",
            Self::QuietHours => "QuietHours",
        }
    }

    /// In people's words, to stand after "withheld:".
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::AddressMissing => "no address on this channel",
            Self::AddressMalformed => "the address is malformed",
            Self::TokenDead => "the push token is dead",
            Self::AddressSuppressed => "the address is on the suppression list",
            Self::DomainSuppressed => "the address's domain is on the suppression list",
            Self::NotAllowed => "the allow list is active and doesn't hold this address",
            Self::SenderBlocked => "blocked this sender",
            Self::OptedOutAll => "opted out of all marketing",
            Self::OptedOutChannel => "opted out of this channel",
            Self::OptedOutAddress => "opted out for this address",
            Self::ListNotLive => "the list has not started or has expired",
            Self::UnsubscribedFromList => "unsubscribed from this list",
            Self::NotSubscribed => "not subscribed to this list",
            Self::PendingVerification => "waits for confirmation",
            Self::NoConsent => "no consent",
            Self::OptInRequired => "the law there asks for an opt-in",
            Self::HeldForReview => "a reply that may be a refusal waits to be read",
            Self::Paused => "asked for a pause",
            Self::Capped => "has had as many as it asked for",
            Self::PermissionDenied => "the device doesn't allow notifications",
            Self::ConsentExpired => "consent was given too long ago",
            Self::PolicyRefused => "a consent policy refuses",
            Self::FrequencyCapped => "has had as many as the frequency cap allows",
            Self::QuietHours => "quiet hours at the recipient",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which policy, cap, quiet hours or pack row a [`Reason`] is about: its id, unique among those of its kind and never
/// reused. 0 where the reason says it all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Detail(pub u32);

impl Detail {
    /// The reason says it all.
    pub const NONE: Self = Self(0);
}

/// Why a message may not go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Exclusion {
    /// The row that withholds it.
    pub reason: Reason,
    /// What the row is about.
    pub detail: Detail,
}

impl Exclusion {
    /// One whose reason says it all.
    pub const fn of(reason: Reason) -> Self {
        Self { reason, detail: Detail::NONE }
    }

    /// What is kept on disk: the reason's code in the lowest 8 bits, the detail in the 32 above.
    pub const fn code(self) -> i64 {
        (self.detail.0 as i64) << 8 | self.reason as i64
    }

    /// What [`Self::code`] made; `None` for anything else.
    pub fn from_code(code: i64) -> Option<Self> {
        let [reason, rest @ ..] = code.to_le_bytes();
        let [a, b, c, d, 0, 0, 0] = rest else { return None };
        Some(Self { reason: Reason::from_code(reason)?, detail: Detail(u32::from_le_bytes([a, b, c, d])) })
    }

    /// In people's words, to stand after "withheld:".
    pub const fn in_words(self) -> &'static str {
        self.reason.in_words()
    }
}

impl fmt::Display for Exclusion {
    /// `OptedOutAll`, or with a detail `PolicyRefused(3)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.detail {
            Detail::NONE => fmt::Display::fmt(&self.reason, f),
            Detail(id) => write!(f, "{}({id})", self.reason),
        }
    }
}

/// Until when a message waits, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deferral {
    /// Decided again then.
    pub until: Timestamp,
    /// What makes it wait.
    pub cause: Exclusion,
}
