//! Why a message came back.

/// A bounce's reason. The names are those that bounce readers share, so that results can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "each name says it; docs/bounces.md explains them")]
pub enum BounceReason {
    UserUnknown = 1,
    HostUnknown = 2,
    HasMoved = 3,
    MailboxFull = 4,
    ExceedLimit = 5,
    Expired = 6,
    Filtered = 7,
    Rejected = 8,
    Blocked = 9,
    BadReputation = 10,
    AuthFailure = 11,
    PolicyViolation = 12,
    RequirePtr = 13,
    NotCompliantRfc = 14,
    SpamDetected = 15,
    VirusDetected = 16,
    SecurityError = 17,
    Suspend = 18,
    NoRelaying = 19,
    NotAccept = 20,
    NetworkError = 21,
    SystemError = 22,
    MailerError = 23,
    TooManyConn = 24,
    MesgTooBig = 25,
    OnHold = 26,
    Delivered = 27,
    Vacation = 28,
    Feedback = 29,
}

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

    /// Its name, e.g. `userunknown`.
    pub const fn as_str(self) -> &'static str {
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

    /// Whether it tells of a message that didn't arrive. The rest are deliveries, automatic answers and complaints.
    pub const fn is_bounce(self) -> bool {
        !matches!(self, Self::Delivered | Self::Vacation | Self::Feedback)
    }

    /// Whether no further try can help: the user or the host doesn't exist, or has moved. A code of 5xx alone says no
    /// such thing.
    pub const fn is_hard(self) -> bool {
        matches!(self, Self::UserUnknown | Self::HostUnknown | Self::HasMoved)
    }

    /// Whether a bounce for this reason says something about the address, so that several of them in a row suppress it.
    /// Refusals of the sender, of the content, or of too much at once don't: the same message from elsewhere, or another
    /// one, would have come in. Neither do troubles on our way there, nor mails that aren't bounces at all.
    pub const fn counts_against_address(self) -> bool {
        match self {
            Self::UserUnknown
            | Self::HostUnknown
            | Self::HasMoved
            | Self::MailboxFull
            | Self::Expired
            | Self::Filtered
            | Self::Suspend
            | Self::NotAccept
            | Self::SystemError
            | Self::MailerError
            | Self::OnHold => true,
            // The sender.
            Self::Rejected
            | Self::Blocked
            | Self::BadReputation
            | Self::AuthFailure
            | Self::PolicyViolation
            | Self::RequirePtr
            | Self::SecurityError
            | Self::NoRelaying
            | Self::TooManyConn
            // The message.
            | Self::ExceedLimit
            | Self::MesgTooBig
            | Self::NotCompliantRfc
            | Self::SpamDetected
            | Self::VirusDetected
            // The way there.
            | Self::NetworkError
            // No bounces.
            | Self::Delivered
            | Self::Vacation
            | Self::Feedback => false,
        }
    }
}

impl std::str::FromStr for BounceReason {
    type Err = crate::field::UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|reason| reason.as_str() == text);
        named.ok_or(crate::field::UnknownName("userunknown, mailboxfull and the like: see docs/bounces.md"))
    }
}

impl TryFrom<u8> for BounceReason {
    type Error = crate::field::UnknownName;

    fn try_from(code: u8) -> Result<Self, Self::Error> {
        let at = usize::from(code).checked_sub(1);
        at.and_then(|at| Self::ALL.get(at).copied()).ok_or(crate::field::UnknownName("1 to 29"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_lead_back() {
        for reason in BounceReason::ALL {
            assert_eq!(BounceReason::try_from(reason as u8), Ok(reason));
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
        assert!(BounceReason::try_from(0).is_err() && BounceReason::try_from(30).is_err());
    }

    #[test]
    fn what_is_hard_counts_and_what_is_about_the_sender_or_the_message_does_not() {
        assert!(
            BounceReason::ALL.into_iter().all(|reason| !reason.is_hard() || reason.counts_against_address())
        );
        for reason in [
            BounceReason::BadReputation,
            BounceReason::AuthFailure,
            BounceReason::PolicyViolation,
            BounceReason::SpamDetected,
            BounceReason::TooManyConn,
            BounceReason::MesgTooBig,
            BounceReason::NetworkError,
            BounceReason::Vacation,
            BounceReason::Delivered,
        ] {
            assert!(!reason.counts_against_address(), "{reason:?}");
        }
        assert!(
            BounceReason::MailboxFull.counts_against_address()
                && BounceReason::Suspend.counts_against_address()
        );
    }
}
