//! Why a message came back.

use std::fmt;

/// Why a message wasn't delivered, or what else its report says.
///
/// The codes are kept on disk and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum BounceReason {
    /// The mailbox doesn't exist.
    UserUnknown = 1,
    /// The domain doesn't exist, or has no mail server.
    HostUnknown = 2,
    /// The mailbox has moved and nothing is forwarded.
    HasMoved = 3,
    /// The recipient's mailbox is over its quota.
    MailboxFull = 4,
    /// The message is longer than the recipient's own limit.
    ExceedLimit = 5,
    /// The sending server tried for as long as it tries, without success.
    Expired = 6,
    /// Refused for this recipient after the content was seen, or by the recipient's own filter.
    Filtered = 7,
    /// Refused because of the sender's address.
    Rejected = 8,
    /// Refused because of the sending host's address or name.
    Blocked = 9,
    /// Refused because of the sender's reputation.
    BadReputation = 10,
    /// SPF, DKIM or DMARC failed.
    AuthFailure = 11,
    /// Against a policy of the recipient's server.
    PolicyViolation = 12,
    /// The sending host has no matching reverse DNS.
    RequirePtr = 13,
    /// The message isn't well-formed (RFC 5322).
    NotCompliantRfc = 14,
    /// Taken for spam by its content.
    SpamDetected = 15,
    /// Taken for a virus.
    VirusDetected = 16,
    /// Refused for want of permission, authentication or encryption.
    SecurityError = 17,
    /// The mailbox is disabled or inactive, perhaps for a while.
    Suspend = 18,
    /// The server doesn't relay for this sender or recipient.
    NoRelaying = 19,
    /// The host or domain takes no mail at all (RFC 7504, RFC 7505).
    NotAccept = 20,
    /// Name service, routing or connection failed.
    NetworkError = 21,
    /// The recipient's system is out of order or wrongly set up.
    SystemError = 22,
    /// The program that files the message failed.
    MailerError = 23,
    /// Too many connections, messages or recipients in too short a time.
    TooManyConn = 24,
    /// The message is larger than the system takes.
    MesgTooBig = 25,
    /// Not delivered, and nothing says why.
    OnHold = 26,
    /// Delivered: a report of success.
    Delivered = 27,
    /// An automatic answer of someone who is away.
    Vacation = 28,
    /// A complaint by the recipient or their provider.
    Feedback = 29,
}

/// A text that names no bounce reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a bounce reason")]
pub struct UnknownReason;

impl BounceReason {
    /// Every reason, in the order of its code.
    pub const ALL: [Self; 29] = [
        Self::UserUnknown,
        Self::HostUnknown,
        Self::HasMoved,
        Self::MailboxFull,
        Self::ExceedLimit,
        Self::Expired,
        Self::Filtered,
        Self::Rejected,
        Self::Blocked,
        Self::BadReputation,
        Self::AuthFailure,
        Self::PolicyViolation,
        Self::RequirePtr,
        Self::NotCompliantRfc,
        Self::SpamDetected,
        Self::VirusDetected,
        Self::SecurityError,
        Self::Suspend,
        Self::NoRelaying,
        Self::NotAccept,
        Self::NetworkError,
        Self::SystemError,
        Self::MailerError,
        Self::TooManyConn,
        Self::MesgTooBig,
        Self::OnHold,
        Self::Delivered,
        Self::Vacation,
        Self::Feedback,
    ];

    /// Its name in interfaces and files, e.g. `userunknown`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserUnknown => "userunknown",
            Self::HostUnknown => "hostunknown",
            Self::HasMoved => "hasmoved",
            Self::MailboxFull => "mailboxfull",
            Self::ExceedLimit => "exceedlimit",
            Self::Expired => "expired",
            Self::Filtered => "filtered",
            Self::Rejected => "rejected",
            Self::Blocked => "blocked",
            Self::BadReputation => "badreputation",
            Self::AuthFailure => "authfailure",
            Self::PolicyViolation => "policyviolation",
            Self::RequirePtr => "requireptr",
            Self::NotCompliantRfc => "notcompliantrfc",
            Self::SpamDetected => "spamdetected",
            Self::VirusDetected => "virusdetected",
            Self::SecurityError => "securityerror",
            Self::Suspend => "suspend",
            Self::NoRelaying => "norelaying",
            Self::NotAccept => "notaccept",
            Self::NetworkError => "networkerror",
            Self::SystemError => "systemerror",
            Self::MailerError => "mailererror",
            Self::TooManyConn => "toomanyconn",
            Self::MesgTooBig => "mesgtoobig",
            Self::OnHold => "onhold",
            Self::Delivered => "delivered",
            Self::Vacation => "vacation",
            Self::Feedback => "feedback",
        }
    }

    /// Its code on disk.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The reason with this code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// It won't ever be delivered there: the user or the host is unknown, or the mailbox has moved.
    ///
    /// Everything else may be different next time, whatever first digit the status has.
    pub const fn is_hard(self) -> bool {
        matches!(self, Self::UserUnknown | Self::HostUnknown | Self::HasMoved)
    }
}

impl fmt::Display for BounceReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for BounceReason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|reason| reason.name() == text).ok_or(UnknownReason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_read_back() {
        for (at, reason) in BounceReason::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(reason.code()), at + 1);
            assert_eq!(BounceReason::from_code(reason.code()), Some(reason));
            assert_eq!(reason.name().parse(), Ok(reason));
        }
        assert_eq!(BounceReason::from_code(0), None);
        assert_eq!(BounceReason::from_code(30), None);
        assert_eq!("UserUnknown".parse::<BounceReason>(), Err(UnknownReason));
    }

    #[test]
    fn three_reasons_are_hard() {
        let hard: Vec<_> = BounceReason::ALL.into_iter().filter(|reason| reason.is_hard()).collect();
        assert_eq!(hard, [BounceReason::UserUnknown, BounceReason::HostUnknown, BounceReason::HasMoved]);
    }
}
