//! Which places ask for an opt-in before marketing, per channel.
//!
//! Not legal advice; each row names its law. A place or channel that no row covers counts as opt-in (I9).

use crate::Channel;

/// A country, ISO 3166-1 alpha-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// The two letters, upper case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::str::FromStr for Country {
    type Err = crate::field::UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => Err(crate::field::UnknownName("the two letters of ISO 3166-1, e.g. DE")),
        }
    }
}

/// A law under which marketing needs no opt-in on some channels.
#[derive(Debug)]
pub struct OptOutRegime {
    /// Where it holds.
    pub country: Country,
    /// On which channels.
    pub channels: &'static [Channel],
    /// Its name.
    pub law: &'static str,
}

/// The rows: places and channels where opt-out is enough.
pub const OPT_OUT: [OptOutRegime; 2] = [
    OptOutRegime {
        country: Country(*b"US"),
        channels: &[Channel::Email, Channel::CommercialEmail],
        law: "CAN-SPAM, 15 U.S.C. 7704",
    },
    OptOutRegime {
        country: Country(*b"SG"),
        channels: &[Channel::Email, Channel::CommercialEmail, Channel::Sms],
        law: "Spam Control Act 2007",
    },
];

/// Whether marketing on this channel to someone there needs an express yes or a named basis.
pub fn opt_in_required(country: Option<Country>, channel: Channel) -> bool {
    !OPT_OUT.iter().any(|row| Some(row.country) == country && row.channels.contains(&channel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opt_out_is_the_exception() {
        let country = |text: &str| Some(text.parse().unwrap());
        assert!(!opt_in_required(country("us"), Channel::Email));
        assert!(opt_in_required(country("US"), Channel::Sms));
        assert!(opt_in_required(country("DE"), Channel::Email));
        assert!(opt_in_required(None, Channel::Email));
        assert!("USA".parse::<Country>().is_err());
        assert!("U1".parse::<Country>().is_err());
    }
}
