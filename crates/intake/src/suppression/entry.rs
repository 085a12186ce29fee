//! What an entry names, in the form in which the store keeps it.

use consent::{Address, AddressError, Namespace};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use store::EntryKind;

use rows::squash;

/// What the value of a hashed entry begins with.
const HASH_PREFIX: &str = "sha256:";
/// Hex digits of a SHA-256.
const HASH_DIGITS: usize = 64;

/// The `TYPE` of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryType {
    /// `EMAIL`: one email address.
    Email,
    /// `DOMAIN`: all email addresses of a domain, not of its subdomains.
    Domain,
    /// `PHONE`: a number in E.164, with `+`.
    Phone,
    /// `PUSH`: a push token.
    Push,
    /// `SHA256`: an address by its hash; of which namespace `EMAIL_SHA256`, `PHONE_SHA256` and `PUSH_SHA256` say. Without
    /// that it is entered as an email address's and as a phone number's: as one alone it might silently do nothing.
    Hash(Option<Namespace>),
}

/// One value of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Namespace of the address; for a domain `email`.
    pub namespace: Namespace,
    /// As in [`store::SuppressionEntry::value`].
    pub value: String,
}

/// Why a text names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not an address of its type.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Not a domain.
    #[error("not a domain name such as example.com")]
    Domain,
    /// A wildcard that the list has no meaning for.
    #[error(
        "not a wildcard: `*@example.com`, `@example.com` or a DOMAIN entry means all addresses of one domain, not of its subdomains"
    )]
    Wildcard,
    /// Not a hash.
    #[error("a hash is the 64 hex digits of a SHA-256")]
    Hash,
}

impl EntryType {
    /// What a `TYPE` cell says, in any case, separators aside.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match squash(text).as_str() {
            "email" => Self::Email,
            "domain" => Self::Domain,
            "phone" => Self::Phone,
            "push" => Self::Push,
            "sha256" => Self::Hash(None),
            "emailsha256" => Self::Hash(Some(Namespace::Email)),
            "phonesha256" => Self::Hash(Some(Namespace::Phone)),
            "pushsha256" => Self::Hash(Some(Namespace::Push)),
            _ => return None,
        })
    }

    /// The type of a value that somebody typed: an `@` means email, `+` or digits a phone number, 64 hex digits or `sha256:`
    /// a hash, anything else a domain.
    pub fn guess(text: &str) -> Self {
        let text = text.trim();
        let punctuation = |c: char| " -./()\u{a0}".contains(c);
        if whole_domain(text).is_some() {
            return Self::Domain;
        }
        if hash(text).is_some() {
            Self::Hash(None)
        } else if text.trim_start_matches('@').contains('@') {
            Self::Email
        } else if text.starts_with('+') || text.chars().all(|c| c.is_ascii_digit() || punctuation(c)) {
            Self::Phone
        } else {
            Self::Domain
        }
    }

    /// Reads a value of this type from a list of whom not to write to: of an address that was copied with quotes or brackets
    /// around it, the address is what is meant.
    pub fn read_refused(&self, text: &str) -> Result<Vec<Named>, ValueError> {
        self.read(text).or_else(|error| match (self, Address::email_as_received(text)) {
            (Self::Email, Ok(address)) if !has_wildcard(text) => {
                Ok(vec![Named { namespace: Namespace::Email, value: address.key().to_owned() }])
            }
            _ => Err(error),
        })
    }

    /// Reads a value of this type: one entry, or two of a hash that may be an email address's or a phone number's.
    pub fn read(&self, text: &str) -> Result<Vec<Named>, ValueError> {
        let address = |address: Address| Named {
            namespace: address.namespace().clone(),
            value: address.key().to_owned(),
        };
        Ok(match self {
            Self::Email => match whole_domain(text) {
                Some(text) => vec![Named { namespace: Namespace::Email, value: domain(text)? }],
                None if has_wildcard(text) => return Err(ValueError::Wildcard),
                None => vec![address(Address::email(text)?)],
            },
            Self::Phone => vec![address(Address::phone(text, None)?)],
            Self::Push => vec![address(Address::parse(&Namespace::Push, text, None)?)],
            Self::Domain => vec![Named { namespace: Namespace::Email, value: domain(text)? }],
            Self::Hash(namespace) => {
                let value = hash(text).ok_or(ValueError::Hash)?;
                let both = [Namespace::Email, Namespace::Phone];
                let namespaces = namespace.as_ref().map_or(&both[..], std::slice::from_ref);
                let named =
                    |namespace: &Namespace| Named { namespace: namespace.clone(), value: value.clone() };
                namespaces.iter().map(named).collect()
            }
        })
    }
}

/// The domain of `*@example.com` and `@example.com`.
fn whole_domain(text: &str) -> Option<&str> {
    let text = text.trim();
    text.strip_prefix("*@").or_else(|| text.strip_prefix('@'))
}

/// Whether somebody meant more than one address: `*` anywhere, `%` where SQL has it, `?` in a domain. None of these is in
/// use in addresses, and as one address the entry would do nothing.
fn has_wildcard(text: &str) -> bool {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@').unwrap_or(("", text));
    text.contains('*') || local.starts_with('%') || local.ends_with('%') || domain.contains(['%', '?'])
}

/// A domain as lower-case A-label; an `@` or `*@` in front, as in `@example.com`, doesn't count.
fn domain(text: &str) -> Result<String, ValueError> {
    let text = text.trim();
    let text = whole_domain(text).unwrap_or(text);
    if has_wildcard(text) {
        return Err(ValueError::Wildcard);
    }
    // A second `@` would make the first part of the text a local part.
    if text.contains('@') {
        return Err(ValueError::Domain);
    }
    let address = Address::email(&format!("x@{text}")).map_err(|_| ValueError::Domain)?;
    Ok(address.domain().to_owned())
}

/// A hash in the form in which it is kept.
fn hash(text: &str) -> Option<String> {
    let digits = text.trim();
    let digits = digits.get(..HASH_PREFIX.len()).map_or(digits, |prefix| {
        if prefix.eq_ignore_ascii_case(HASH_PREFIX) { &digits[HASH_PREFIX.len()..] } else { digits }
    });
    let fits = digits.len() == HASH_DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| format!("{HASH_PREFIX}{}", digits.to_ascii_lowercase()))
}

/// The value under which an address's hash stands on the list: SHA-256 over its key, in hex.
pub fn hash_of(address: &Address) -> String {
    format!("{HASH_PREFIX}{}", HEXLOWER.encode(&Sha256::digest(address.key())))
}

/// What a value of the list names.
pub fn entry_kind(namespace: &Namespace, value: &str) -> EntryKind {
    if value.strip_prefix(HASH_PREFIX).is_some_and(|digits| digits.len() == HASH_DIGITS) {
        EntryKind::Hash
    } else if *namespace == Namespace::Email && !value.contains('@') {
        EntryKind::Domain
    } else {
        EntryKind::Address
    }
}

/// The `TYPE` of a value of the list: what [`EntryType::parse`] reads back. Of the brand's own namespaces their name.
pub fn type_name<'n>(namespace: &'n Namespace, value: &str) -> &'n str {
    match (namespace, entry_kind(namespace, value)) {
        (Namespace::Email, EntryKind::Address) => "EMAIL",
        (Namespace::Email, EntryKind::Domain) => "DOMAIN",
        (Namespace::Email, EntryKind::Hash) => "EMAIL_SHA256",
        (Namespace::Phone, EntryKind::Hash) => "PHONE_SHA256",
        (Namespace::Phone, _) => "PHONE",
        (Namespace::Push, EntryKind::Hash) => "PUSH_SHA256",
        (Namespace::Push, _) => "PUSH",
        (Namespace::Custom(name), _) => name,
    }
}
