//! Who a text message comes from: the brand's number, short code or name. Typed before it is parsed as a number, since
//! short codes and names aren't numbers.

use std::fmt;

use crate::Address;

/// Longest alphanumeric sender (3GPP TS 23.040 §9.1.2.5: 11 characters of seven bits).
pub const ALPHANUMERIC_LENGTH_MAX: usize = 11;
/// Longest id of a pool, in bytes.
const POOL_LENGTH_MAX: usize = 64;

/// What kind of sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SenderKind {
    /// 3 to 8 digits, of one country.
    ShortCode,
    /// An ordinary number in E.164.
    LongCode,
    /// A North American toll-free number: there the network itself blocks after STOP.
    TollFree,
    /// A name: people can't reply to it.
    Alphanumeric,
    /// A messaging service or pool, by the provider's id: the provider picks the number.
    Pool,
}

impl SenderKind {
    /// Its name in configurations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ShortCode => "short_code",
            Self::LongCode => "long_code",
            Self::TollFree => "toll_free",
            Self::Alphanumeric => "alphanumeric",
            Self::Pool => "pool",
        }
    }

    /// Whether people can reply to it.
    pub const fn receives(self) -> bool {
        !matches!(self, Self::Alphanumeric)
    }
}

/// A sender, in the form in which blocks are kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sender {
    kind: SenderKind,
    text: String,
}

/// Why a text is no sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a sender; write a number as +15005550006, a short code as 3 to 8 digits, a name as 1 to 11 letters and digits with a \
     letter among them, or name a pool by its id"
)]
pub struct InvalidSender;

impl Sender {
    /// Reads a sender. The kind of numbers, short codes and names shows; ids of Twilio's messaging services (`MG` and 32 hex
    /// digits) and of Telnyx's messaging profiles (a UUID) too; other pools are named so by `kind`.
    pub fn parse(text: &str, kind: Option<SenderKind>) -> Result<Self, InvalidSender> {
        let text = text.trim();
        let of = |kind, text: &str| Self { kind, text: text.to_owned() };
        let found = if kind == Some(SenderKind::Pool) || kind.is_none() && is_pool(text) {
            let fits =
                (1..=POOL_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
            fits.then(|| of(SenderKind::Pool, text))
        } else if text.starts_with('+') || text.starts_with("tel:") {
            let address = Address::phone(text, None).ok();
            address.map(|address| of(number_kind(address.raw()), address.raw()))
        } else if text.bytes().all(|b| b.is_ascii_digit()) {
            (3..=8).contains(&text.len()).then(|| of(SenderKind::ShortCode, text))
        } else {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b" +-_&.".contains(&b);
            let fits = text.len() <= ALPHANUMERIC_LENGTH_MAX && text.bytes().all(plain);
            (fits && text.bytes().any(|b| b.is_ascii_alphabetic()))
                .then(|| of(SenderKind::Alphanumeric, text))
        };
        found.filter(|sender| kind.is_none_or(|kind| kind == sender.kind)).ok_or(InvalidSender)
    }

    /// Its kind.
    pub fn kind(&self) -> SenderKind {
        self.kind
    }

    /// Its text, as providers take it and as blocks are kept.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether people can reply to it.
    pub fn receives(&self) -> bool {
        self.kind.receives()
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_pool(text: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let twilio = text.strip_prefix("MG").is_some_and(|id| id.len() == 32 && hex(id));
    let lengths = text.split('-').map(str::len);
    twilio || lengths.eq([8, 4, 4, 4, 12]) && text.split('-').all(hex)
}

/// Toll-free area codes of the North American Numbering Plan.
fn number_kind(number: &str) -> SenderKind {
    let toll_free = ["800", "833", "844", "855", "866", "877", "888"];
    let area = number.strip_prefix("+1").filter(|rest| rest.len() == 10).and_then(|rest| rest.get(..3));
    if area.is_some_and(|area| toll_free.contains(&area)) {
        SenderKind::TollFree
    } else {
        SenderKind::LongCode
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_typed_before_they_are_parsed() {
        use SenderKind as K;
        for (text, kind, canonical) in [
            ("+1 500 555 0006", K::LongCode, "+15005550006"),
            ("+18885550100", K::TollFree, "+18885550100"),
            ("+498005550100", K::LongCode, "+498005550100"),
            ("12345", K::ShortCode, "12345"),
            ("Shop24", K::Alphanumeric, "Shop24"),
            ("A&B Shop", K::Alphanumeric, "A&B Shop"),
            ("MG0123456789abcdef0123456789abcdef", K::Pool, "MG0123456789abcdef0123456789abcdef"),
            ("4000eba1-a0c0-4563-9925-b25e842a7cb6", K::Pool, "4000eba1-a0c0-4563-9925-b25e842a7cb6"),
        ] {
            let sender = Sender::parse(text, None).unwrap();
            assert_eq!((sender.kind(), sender.as_str()), (kind, canonical));
        }
        assert_eq!(Sender::parse("pool-7", Some(K::Pool)).unwrap().kind(), K::Pool);
        for bad in ["", "12", "123456789", "ThisIsTooLong", "4915112345678", "Grüße", "+12", "a\nb"] {
            assert!(Sender::parse(bad, None).is_err(), "{bad}");
        }
        assert!(Sender::parse("12345", Some(K::LongCode)).is_err());
    }
}
