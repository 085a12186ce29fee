//! One consent value, XDM `choice-value`.

use std::fmt;

/// A consent choice as XDM's `xdm:val` spells it, or unset.
///
/// Source: `consents-and-preferences` data type, definition `choice-value`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Choice {
    /// No value recorded. What it means is the workspace's default.
    #[default]
    Unset = 0,
    /// `y`: yes, opted in.
    Yes = 1,
    /// `n`: no, opted out.
    No = 2,
    /// `p`: waiting for verification, e.g. the confirmation of a double opt-in.
    Pending = 3,
    /// `u`: unknown; counts like unset.
    Unknown = 4,
    /// `dy`: yes by default.
    DefaultYes = 5,
    /// `dn`: no by default.
    DefaultNo = 6,
    /// `LI`: legitimate interest.
    LegitimateInterest = 7,
    /// `CT`: performance of a contract.
    Contract = 8,
    /// `CP`: compliance with a legal obligation.
    Compliance = 9,
    /// `VI`: vital interest of the person.
    VitalInterest = 10,
    /// `PI`: public interest.
    PublicInterest = 11,
}

/// A text that is no XDM choice value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a consent choice; use one of y, n, p, u, dy, dn, LI, CT, CP, VI, PI")]
pub struct InvalidChoice;

impl Choice {
    /// Every value, in the order of its code.
    pub const ALL: [Self; 12] = [
        Self::Unset,
        Self::Yes,
        Self::No,
        Self::Pending,
        Self::Unknown,
        Self::DefaultYes,
        Self::DefaultNo,
        Self::LegitimateInterest,
        Self::Contract,
        Self::Compliance,
        Self::VitalInterest,
        Self::PublicInterest,
    ];

    /// The value for a code of four bits; `None` for the codes 12 to 15, which no choice uses.
    pub const fn from_code(code: u8) -> Option<Self> {
        if code < Self::ALL.len() as u8 { Some(Self::ALL[code as usize]) } else { None }
    }

    /// The code of four bits used in the [consent word](crate::ConsentWord) and on disk. Never reassigned.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// `n` or `dn`: nothing of that kind may be sent.
    pub const fn is_no(self) -> bool {
        matches!(self, Self::No | Self::DefaultNo)
    }

    /// `y` or `dy`.
    pub const fn is_yes(self) -> bool {
        matches!(self, Self::Yes | Self::DefaultYes)
    }

    /// `LI CT CP VI PI`: a basis of processing other than consent.
    pub const fn is_named_basis(self) -> bool {
        (self as u8) >= Self::LegitimateInterest as u8
    }

    /// Says something, that is neither unset nor `u`.
    pub const fn counts(self) -> bool {
        !matches!(self, Self::Unset | Self::Unknown)
    }

    /// The XDM spelling; the empty text for unset.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "",
            Self::Yes => "y",
            Self::No => "n",
            Self::Pending => "p",
            Self::Unknown => "u",
            Self::DefaultYes => "dy",
            Self::DefaultNo => "dn",
            Self::LegitimateInterest => "LI",
            Self::Contract => "CT",
            Self::Compliance => "CP",
            Self::VitalInterest => "VI",
            Self::PublicInterest => "PI",
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Unset { "unset" } else { self.as_str() })
    }
}

impl std::str::FromStr for Choice {
    type Err = InvalidChoice;

    /// Parses the XDM spelling, exactly (`Y` or `yes` are refused: a guess about consent is no consent).
    fn from_str(text: &str) -> Result<Self, InvalidChoice> {
        Self::ALL[1..].iter().copied().find(|choice| choice.as_str() == text).ok_or(InvalidChoice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_and_code_round_trip() {
        for choice in Choice::ALL {
            assert_eq!(Choice::from_code(choice.code()), Some(choice));
            if choice != Choice::Unset {
                assert_eq!(choice.as_str().parse(), Ok(choice));
            }
        }
        for bad in ["", "Y", "yes", "li", " y", "unset", "0"] {
            assert_eq!(bad.parse::<Choice>(), Err(InvalidChoice), "{bad:?}");
        }
        assert_eq!(Choice::from_code(12), None);
    }

    #[test]
    fn each_choice_is_of_one_kind() {
        for choice in Choice::ALL {
            let kinds = [
                choice.is_no(),
                choice.is_yes(),
                choice.is_named_basis(),
                choice == Choice::Pending,
                !choice.counts(),
            ];
            assert_eq!(kinds.iter().filter(|kind| **kind).count(), 1, "{choice}");
        }
    }
}
