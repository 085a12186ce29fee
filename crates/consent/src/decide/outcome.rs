//! What a decision comes to: the basis of a permit, the reason of an exclusion.

use std::fmt;

use crate::Choice;

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

/// Why a message may not go. The codes stand on disk: never reassigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the decision table names them")]
pub enum Exclusion {
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
}

impl Exclusion {
    /// Every reason, in the order of its code.
    pub const ALL: [Self; 19] = [
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
        }
    }
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
