//! Addresses: one identity that a message can go to.
//!
//! An address keeps the form it came in and has a key that it is matched by. For email the key is the domain as
//! lower-case A-label (IDNA, RFC 5891) and the local part in NFC with its case folded: a refusal for `Bob@` must also
//! hold for `bob@`. Nothing else is normalised, no dots or tags are dropped: the local part is opaque (RFC 5321 §2.3.11).
//! For phone numbers it is the newest of the forms that a number has had.

use std::borrow::Cow;
use std::fmt;

use crate::Channel;
use crate::jurisdiction::Country;

mod email;
mod mailbox;
mod marks;
mod phone;
mod reach;
mod repair;

/// What kind of identity an address is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Namespace {
    /// An email address (RFC 5321, RFC 6531).
    Email,
    /// A phone number in E.164.
    Phone,
    /// A push token.
    Push,
    /// The brand's own, e.g. `crm` or `ECID`: 1 to 32 characters of `A-Z a-z 0-9 _ -`.
    Custom(String),
}

impl Namespace {
    /// Its name in documents and on disk.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Push => "push",
            Self::Custom(name) => name,
        }
    }

    /// The namespace whose addresses a channel sends to; `None` for channels that only keep consent.
    pub const fn of_channel(channel: Channel) -> Option<Self> {
        match channel {
            Channel::Email | Channel::CommercialEmail => Some(Self::Email),
            Channel::Sms | Channel::WhatsApp | Channel::Call | Channel::Fax => Some(Self::Phone),
            Channel::Push => Some(Self::Push),
            Channel::PostalMail => None,
        }
    }

    /// The channel that an opt-out by an address of this kind is about, unless it says otherwise.
    pub const fn main_channel(&self) -> Option<Channel> {
        match self {
            Self::Email => Some(Channel::Email),
            Self::Phone => Some(Channel::Sms),
            Self::Push => Some(Channel::Push),
            Self::Custom(_) => None,
        }
    }
}

impl std::str::FromStr for Namespace {
    type Err = crate::field::UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        match text {
            // Journey Optimizer's standard namespaces are written with a capital.
            "email" | "Email" => Ok(Self::Email),
            "phone" | "Phone" => Ok(Self::Phone),
            "push" => Ok(Self::Push),
            name if (1..=32).contains(&name.len()) && name.bytes().all(plain) => {
                Ok(Self::Custom(name.to_owned()))
            }
            _ => Err(crate::field::UnknownName(
                "email, phone, push, or a name of 1 to 32 of the characters A-Z, a-z, 0-9, `_`, `-`",
            )),
        }
    }
}

/// A well-formed address. `Debug` and `Display` mask it, so that it doesn't end up in logs.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    namespace: Namespace,
    raw: String,
    /// `None` when it is the raw form itself, which is the common case.
    key: Option<String>,
}

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing there.
    #[error("the address is empty")]
    Empty,
    /// Past the limits of RFC 5321 §4.5.3.1 (64 octets before the `@`, 254 in all), or of the namespace.
    #[error("the address is too long")]
    TooLong,
    /// No `@`.
    #[error("the email address has no `@`")]
    NoAt,
    /// The part before the `@`.
    #[error("the part before the `@` holds a character that can't stand there")]
    LocalPart,
    /// The part after the `@`.
    #[error("the part after the `@` is not a domain name")]
    Domain,
    /// A character that can't stand in a domain name, such as a typographic quote (RFC 5892: DISALLOWED).
    #[error("the part after the `@` is not a domain name: U+{:04X} can't stand in one", u32::from(*.0))]
    DomainCharacter(char),
    /// More or fewer digits than numbers of its country have, or a trunk prefix before none of them.
    #[error("not a possible phone number: no number of its country has these digits")]
    Impossible,
    /// Not a number in E.164.
    #[error("not a phone number; write it with `+` and the country code, e.g. +4930123456")]
    Phone,
    /// A control character.
    #[error("the address holds a control character or a space")]
    Control,
}

/// Octets before the `@` (RFC 5321 §4.5.3.1.1).
pub const LOCAL_PART_LENGTH_MAX: usize = 64;
/// Octets of an email address in all (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const EMAIL_LENGTH_MAX: usize = 254;
/// Digits of what may stand as a phone number without being one, and bytes of what a message may come from.
const RECEIVED_DIGITS_MAX: usize = 20;
const RECEIVED_LENGTH_MAX: usize = 64;
/// Bytes of what is read as a phone number.
const NUMBER_LENGTH_MAX: usize = 40;
/// Octets of a push token or an id of a custom namespace.
pub const OPAQUE_LENGTH_MAX: usize = 4096;

impl Address {
    /// Parses an address of any namespace; `country` helps to read a phone number in national form.
    pub fn parse(namespace: &Namespace, text: &str, country: Option<Country>) -> Result<Self, AddressError> {
        match namespace {
            Namespace::Email => Self::email(text),
            Namespace::Phone => Self::phone(text, country),
            Namespace::Push | Namespace::Custom(_) => Self::opaque(namespace.clone(), text),
        }
    }

    /// Guesses the namespace from the text: an `@` means email, `+` and digits a phone number.
    pub fn guess(text: &str) -> Result<Self, AddressError> {
        if text.contains('@') { Self::email(text) } else { Self::phone(text, None) }
    }

    /// Parses an email address, internationalised ones included.
    pub fn email(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::NoAt)?;
        let ascii = email::to_ascii(domain)?;
        email::check_local_part(local)?;
        if text.len() > EMAIL_LENGTH_MAX || local.len() + 1 + ascii.len() > EMAIL_LENGTH_MAX {
            return Err(AddressError::TooLong);
        }
        let folded = email::fold(email::unquoted(local));
        // Few characters become others that can't stand there, such as the Greek question mark, a semicolon in NFC.
        if !local.is_ascii() && !local.starts_with('"') && !email::is_dot_atom(&folded) {
            return Err(AddressError::LocalPart);
        }
        let same = matches!((&folded, &ascii), (Cow::Borrowed(_), Cow::Borrowed(_)));
        let key = (!same).then(|| format!("{folded}@{ascii}"));
        Ok(Self { namespace: Namespace::Email, raw: text.to_owned(), key })
    }

    /// Parses an email address of somebody who refuses: what plainly came along when it was copied is taken off, such as
    /// quotes, angle brackets, `mailto:` and invisible characters. Only for what sends less: a message never goes to an
    /// address that had to be guessed.
    pub fn email_as_received(text: &str) -> Result<Self, AddressError> {
        Self::email(text).or_else(|error| repair::email(text).ok_or(error))
    }

    /// Parses a phone number into E.164: with `+` or `00`, or in the national form of `country`. A trunk prefix after the
    /// country code (`+44 (0)7911`) is no part of the number; of digits in other scripts, and of invisible characters that
    /// came along when it was copied, the number is what is meant.
    pub fn phone(text: &str, country: Option<Country>) -> Result<Self, AddressError> {
        let plain = marks::plain_number(text);
        let text = bare_number(&plain);
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.len() > NUMBER_LENGTH_MAX {
            return Err(AddressError::TooLong);
        }
        if let Some(international) = text.strip_prefix('+') {
            return Self::international(international);
        }
        // A country may have its own prefix for calls abroad, one that begins with 00 among them.
        match (country.and_then(|country| phone::national(text, country)), text.strip_prefix("00")) {
            (Some(number), _) => Ok(Self::number(number)),
            (None, Some(international)) => Self::international(international),
            (None, None) => Err(AddressError::Phone),
        }
    }

    fn international(text: &str) -> Result<Self, AddressError> {
        let digits = phone::digits(text).ok_or(AddressError::Phone)?;
        phone::international(&digits).map(Self::number)
    }

    fn number(number: String) -> Self {
        let key = phone::alias(&number);
        Self { namespace: Namespace::Phone, raw: number, key }
    }

    /// An address for whatever a message came from: a refusal isn't dropped because a number is no number (I7). Digits
    /// that are no number in E.164 stand as a phone number all the same, anything else in the namespace `sms`.
    pub fn phone_as_received(text: &str) -> Result<Self, AddressError> {
        let plain = marks::plain_number(text);
        let text = bare_number(&plain);
        let bare = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with("00");
        let international = if bare { Cow::Owned(format!("+{text}")) } else { Cow::Borrowed(text) };
        if let Ok(address) = Self::phone(&international, None) {
            return Ok(address);
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let numeric = text.bytes().all(|b| b.is_ascii_digit() || b"+-. ()/".contains(&b));
        if numeric && (1..=RECEIVED_DIGITS_MAX).contains(&digits.len()) {
            return Ok(Self { namespace: Namespace::Phone, raw: format!("+{digits}"), key: None });
        }
        let text = text.get(..text.floor_char_boundary(RECEIVED_LENGTH_MAX)).unwrap_or(text);
        Self::opaque(Namespace::Custom("sms".to_owned()), text)
    }

    fn opaque(namespace: Namespace, text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        match text {
            "" => Err(AddressError::Empty),
            text if text.len() > OPAQUE_LENGTH_MAX => Err(AddressError::TooLong),
            text if text.chars().any(char::is_control) => Err(AddressError::Control),
            text => Ok(Self { namespace, raw: text.to_owned(), key: None }),
        }
    }

    /// An address as it was kept: one that was well-formed by the rules of its time.
    pub fn kept(namespace: &Namespace, raw: &str) -> Self {
        let as_it_stands = |_| Self { namespace: namespace.clone(), raw: raw.to_owned(), key: None };
        Self::parse(namespace, raw, None).unwrap_or_else(as_it_stands)
    }

    /// The address as an earlier version kept it, for tests of what is read from its stores.
    #[doc(hidden)]
    pub fn under_former_key(&self) -> Option<Self> {
        let former = former_keys(&self.namespace, self.key()).into_iter().next()?;
        Some(Self { namespace: self.namespace.clone(), raw: former, key: None })
    }

    /// What kind of identity it is.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The form it came in, which messages go to.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The form it is matched by.
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or(&self.raw)
    }

    /// The domain of an email address as lower-case A-label; empty for other namespaces.
    pub fn domain(&self) -> &str {
        match self.namespace {
            Namespace::Email => self.key().rsplit_once('@').map_or("", |(_, domain)| domain),
            _ => "",
        }
    }

    /// A form that tells the owner which address is meant, and others little: `a…@example.com`, `+49…56`.
    pub fn masked(&self) -> String {
        mask(&self.namespace, &self.raw)
    }
}

/// Keys under which earlier versions kept the address that has this key now; none outside `phone`.
pub fn former_keys(namespace: &Namespace, key: &str) -> Vec<String> {
    if *namespace == Namespace::Phone { phone::formerly(key) } else { Vec::new() }
}

/// See [`Address::masked`]; for a raw form read from the store.
pub fn mask(namespace: &Namespace, raw: &str) -> String {
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    match (namespace, raw.rsplit_once('@')) {
        (Namespace::Email, Some((local, domain))) => format!("{}…@{domain}", first(local)),
        (Namespace::Phone, _) if raw.len() > 7 && raw.is_ascii() => {
            format!("{}…{}", &raw[..3], &raw[raw.len() - 2..])
        }
        _ => format!("{}…", first(raw)),
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.masked())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// A number without what programs put in front of one: a scheme, or the apostrophe with which spreadsheets keep a plus.
fn bare_number(text: &str) -> &str {
    let mut bare = text.trim();
    let schemes = ["whatsapp:", "tel:", "sms:", "rcs:"];
    for scheme in schemes {
        if bare.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) {
            bare = bare[scheme.len()..].trim_start();
        }
    }
    bare.trim_matches(['\'', '"', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(text: &str) -> String {
        Address::email(text).unwrap().key().to_owned()
    }

    #[test]
    fn email_keeps_its_form_and_matches_by_its_key() {
        let address = Address::email(" Bob.Smith+news@Example.COM ").unwrap();
        assert_eq!(address.raw(), "Bob.Smith+news@Example.COM");
        assert_eq!(address.key(), "bob.smith+news@example.com");
        assert_eq!(address.domain(), "example.com");
        assert_eq!(key("a@bücher.example"), "a@xn--bcher-kva.example");
        assert_eq!(key("a@BÜCHER.example"), key("a@xn--bcher-kva.example"));
        // e + combining acute accent is é.
        assert_eq!(key("Jose\u{301}@example.com"), key("josé@example.com"));
        assert_eq!(key("用户@例子.example"), "用户@xn--fsqu00a.example");
        assert_eq!(key("\"a b\"@example.com"), "\"a b\"@example.com");
        assert_eq!(key("\"Ann.B\"@example.com"), key("ann.b@example.com"));
        assert_eq!(key("straße@example.com"), key("STRASSE@example.com"));
    }

    #[test]
    fn malformed_email_is_refused() {
        for (text, error) in [
            ("", AddressError::Empty),
            ("example.com", AddressError::NoAt),
            ("@example.com", AddressError::LocalPart),
            ("a..b@example.com", AddressError::LocalPart),
            (".a@example.com", AddressError::LocalPart),
            ("a b@example.com", AddressError::LocalPart),
            ("a@b@example.com", AddressError::LocalPart),
            ("\"a\"b\"@example.com", AddressError::LocalPart),
            ("a@example", AddressError::Domain),
            ("a@exa mple.com", AddressError::Domain),
            ("a@-x.com", AddressError::Domain),
            ("a@x..com", AddressError::Domain),
            ("a@[127.0.0.1]", AddressError::Domain),
            ("a@127.0.0.1", AddressError::Domain),
            ("a\r\nBcc: b@example.com", AddressError::Control),
            ("a\0@example.com", AddressError::Control),
            ("a\u{ad}b@example.com", AddressError::Control),
            ("a\u{200b}@example.com", AddressError::Control),
        ] {
            assert_eq!(Address::email(text), Err(error), "{text:?}");
        }
        assert_eq!(Address::email(&format!("{}@example.com", "a".repeat(65))), Err(AddressError::TooLong));
        assert!(Address::email(&format!("{}@example.com", "a".repeat(64))).is_ok());
    }

    #[test]
    fn what_word_processors_put_around_an_address_is_no_part_of_it() {
        for (text, odd) in [
            ("\u{201c}ann@example.com\u{201d}", '\u{201d}'),
            ("ann@example.com\u{201d}", '\u{201d}'),
            ("ann@example.com\u{2026}", '\u{2026}'),
            ("\u{ab}ann@example.com\u{bb}", '\u{bb}'),
            ("ann@exam\u{200b}ple.com", '\u{200b}'),
            ("ann@\u{2764}.example", '\u{2764}'),
            ("ann@example.xn--com-9o0a", '\u{201d}'),
        ] {
            let error = Address::email(text).unwrap_err();
            assert_eq!(error, AddressError::DomainCharacter(odd), "{text:?}");
            assert!(error.to_string().starts_with("the part after the `@` is not a domain name"), "{error}");
        }
        assert_eq!(
            AddressError::DomainCharacter('\u{201d}').to_string(),
            "the part after the `@` is not a domain name: U+201D can't stand in one"
        );
        for text in ["\u{201c}ann@example.com", "ann\u{2019}s@example.com"] {
            assert_eq!(Address::email(text), Err(AddressError::LocalPart), "{text}");
        }
        for good in [
            "a@col\u{b7}lega.example",
            "a@\u{ff45}xample\u{3002}com",
            "a@\u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947}.example",
        ] {
            assert!(Address::email(good).is_ok(), "{good}");
        }
        // Whoever refuses is who is plainly meant.
        for text in [
            "\u{201c}ann@example.com\u{201d}",
            "ann@example.com\u{2026}",
            "\u{ab}ann@example.com\u{bb}",
            "<ann@example.com>",
            "Ann <ann@example.com>",
            "mailto:ann@example.com?subject=stop",
            "ann@example.com.",
            "ann@example.com,",
            "ann@example.com;",
            "ann\u{ff20}example.com",
            "\u{feff}ann@example.com\u{200b}",
            "ann@exam\u{200b}ple.com",
            "\"ann@example.com\"",
            "'ann@example.com'",
        ] {
            assert_eq!(Address::email_as_received(text).unwrap().key(), "ann@example.com", "{text:?}");
        }
        for nobody in
            ["ann", "ann@", "a@b@example.com", "ann@example.com bob@example.com", "ann@exa mple.com"]
        {
            assert!(Address::email_as_received(nobody).is_err(), "{nobody}");
        }
    }

    #[test]
    fn phone_numbers_become_e164() {
        let phone = |text, country: Option<&str>| {
            Address::phone(text, country.map(|country| country.parse().unwrap()))
                .map(|address| address.raw().to_owned())
        };
        assert_eq!(phone("+49 (30) 123456", None).unwrap(), "+4930123456");
        assert_eq!(phone("0049 30 123456", None).unwrap(), "+4930123456");
        assert_eq!(phone("+49 (0)30 123456", None).unwrap(), "+4930123456");
        assert_eq!(phone("030 123456", Some("DE")).unwrap(), "+4930123456");
        assert_eq!(phone("whatsapp:+14155552671", None).unwrap(), "+14155552671");
        assert_eq!(phone("(415) 555-2671", Some("US")).unwrap(), "+14155552671");
        for bad in ["", "030 123456", "+0123456789", "+49", "+49 abc", "+1234567890123456"] {
            assert!(phone(bad, None).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn masks_hide_the_person() {
        assert_eq!(Address::email("john@example.com").unwrap().to_string(), "j…@example.com");
        assert_eq!(format!("{:?}", Address::phone("+4930123456", None).unwrap()), "Address(+49…56)");
    }

    proptest! {
        #[test]
        fn keys_are_stable(text in "\\PC{1,12}@[a-zA-Zäöü]{1,8}\\.[a-z]{2,4}") {
            if let Ok(address) = Address::email(&text) {
                let again = Address::email(address.key()).unwrap();
                prop_assert_eq!(again.key(), address.key());
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,300}") {
            let _ = Address::guess(&text);
            let _ = Address::phone(&text, "BR".parse().ok());
        }
    }
}
