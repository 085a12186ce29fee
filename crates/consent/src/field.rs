//! The places in a consent document that hold a choice, and the channels among them.

use std::fmt;

/// A channel that marketing reaches a person by, as XDM `marketing` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are XDM's and say it all")]
pub enum Channel {
    Email = 1,
    Sms = 2,
    Push = 3,
    WhatsApp = 4,
    Call = 5,
    Fax = 6,
    PostalMail = 7,
    CommercialEmail = 8,
}

impl Channel {
    /// Every channel, in the order of its code.
    pub const ALL: [Self; 8] = [
        Self::Email,
        Self::Sms,
        Self::Push,
        Self::WhatsApp,
        Self::Call,
        Self::Fax,
        Self::PostalMail,
        Self::CommercialEmail,
    ];

    /// The field that holds this channel's choice.
    pub const fn field(self) -> Field {
        Field::ALL[self as usize]
    }

    /// XDM's name: `email`, `sms`, `push`, `whatsApp`, `call`, `fax`, `postalMail`, `commercialEmail`.
    pub const fn as_str(self) -> &'static str {
        self.field().as_str()
    }
}

/// One place of a consent document that holds a choice.
///
/// The codes are positions in the [consent word](crate::ConsentWord) and stand on disk: never reassigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are XDM's and say it all")]
pub enum Field {
    /// `marketing.any`: stands for all channels.
    Any = 0,
    Email = 1,
    Sms = 2,
    Push = 3,
    WhatsApp = 4,
    Call = 5,
    Fax = 6,
    PostalMail = 7,
    CommercialEmail = 8,
    /// `personalize.content`.
    PersonalizeContent = 9,
    Collect = 10,
    Share = 11,
    /// `adID`.
    AdId = 12,
}

impl Field {
    /// Every field, in the order of its code.
    pub const ALL: [Self; 13] = [
        Self::Any,
        Self::Email,
        Self::Sms,
        Self::Push,
        Self::WhatsApp,
        Self::Call,
        Self::Fax,
        Self::PostalMail,
        Self::CommercialEmail,
        Self::PersonalizeContent,
        Self::Collect,
        Self::Share,
        Self::AdId,
    ];

    /// The field for a code; `None` past the last.
    pub const fn from_code(code: u8) -> Option<Self> {
        if (code as usize) < Self::ALL.len() { Some(Self::ALL[code as usize]) } else { None }
    }

    /// The code used in the consent word, in tokens and on disk.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The name used in columns, on the command line and in the ledger: XDM's own last path part, with
    /// `personalize.content` in full.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Push => "push",
            Self::WhatsApp => "whatsApp",
            Self::Call => "call",
            Self::Fax => "fax",
            Self::PostalMail => "postalMail",
            Self::CommercialEmail => "commercialEmail",
            Self::PersonalizeContent => "personalize.content",
            Self::Collect => "collect",
            Self::Share => "share",
            Self::AdId => "adID",
        }
    }

    /// The channel of a marketing field; `None` for `any` and the fields outside `marketing`.
    pub const fn channel(self) -> Option<Channel> {
        let code = self as usize;
        if code >= 1 && code <= Channel::ALL.len() { Some(Channel::ALL[code - 1]) } else { None }
    }
}

/// The preferred channel, XDM `marketing.preferred`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are XDM's and say it all")]
pub enum Preferred {
    #[default]
    Unset = 0,
    Email = 1,
    Push = 2,
    InApp = 3,
    Sms = 4,
    WhatsApp = 5,
    Phone = 6,
    PhyMail = 7,
    InVehicle = 8,
    InHome = 9,
    Iot = 10,
    Social = 11,
    Other = 12,
    None = 13,
    Unknown = 14,
}

impl Preferred {
    /// Every value with its XDM spelling, in the order of its code.
    pub const ALL: [(Self, &'static str); 15] = [
        (Self::Unset, ""),
        (Self::Email, "email"),
        (Self::Push, "push"),
        (Self::InApp, "inApp"),
        (Self::Sms, "sms"),
        (Self::WhatsApp, "whatsApp"),
        (Self::Phone, "phone"),
        (Self::PhyMail, "phyMail"),
        (Self::InVehicle, "inVehicle"),
        (Self::InHome, "inHome"),
        (Self::Iot, "iot"),
        (Self::Social, "social"),
        (Self::Other, "other"),
        (Self::None, "none"),
        (Self::Unknown, "unknown"),
    ];

    /// The value for a code of four bits; `None` for 15.
    pub const fn from_code(code: u8) -> Option<Self> {
        if (code as usize) < Self::ALL.len() { Some(Self::ALL[code as usize].0) } else { None }
    }

    /// The code of four bits.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// XDM's spelling; the empty text for unset.
    pub const fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Advertising, newsletters, anything a person may refuse.
    Marketing,
    /// What a person asked for or must be told: receipts, password resets, notices about the contract.
    Transactional,
}

impl Category {
    /// `marketing` or `transactional`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Transactional => "transactional",
        }
    }
}

/// A name that is none of those known; `0` says which are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown name; use one of {0}")]
pub struct UnknownName(pub &'static str);

impl std::str::FromStr for Channel {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str().eq_ignore_ascii_case(text))
            .ok_or(UnknownName("email, sms, push, whatsApp, call, fax, postalMail, commercialEmail"))
    }
}

impl std::str::FromStr for Field {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|field| field.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownName(
            "any, email, sms, push, whatsApp, call, fax, postalMail, commercialEmail, personalize.content, collect, share, adID",
        ))
    }
}

impl std::str::FromStr for Preferred {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL[1..].iter().find(|(_, name)| *name == text).map(|(value, _)| *value).ok_or(UnknownName(
            "email, push, inApp, sms, whatsApp, phone, phyMail, inVehicle, inHome, iot, social, other, none, unknown",
        ))
    }
}

impl std::str::FromStr for Category {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        [Self::Marketing, Self::Transactional]
            .into_iter()
            .find(|category| category.as_str() == text)
            .ok_or(UnknownName("marketing, transactional"))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_round_trip() {
        for (code, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(field.code() as usize, code);
            assert_eq!(Field::from_code(field.code()), Some(field));
            assert_eq!(field.as_str().parse(), Ok(field));
        }
        for channel in Channel::ALL {
            assert_eq!(channel.field().channel(), Some(channel));
            assert_eq!(channel.as_str().parse(), Ok(channel));
        }
        for (code, (preferred, name)) in Preferred::ALL.into_iter().enumerate() {
            assert_eq!(preferred.code() as usize, code);
            assert_eq!(preferred.as_str(), name);
        }
        assert_eq!(Field::Any.channel(), None);
        assert_eq!(Field::Collect.channel(), None);
    }
}
