//! The form in which entries of the suppression list and the allow list are kept and looked for.
//!
//! An address stands there by its key, a domain (under `email`, without an `@`) as lower-case A-label, and an address that
//! mayn't be shared by its hash. Values are brought into this form here: an entry in another form would never be found, and
//! silently do nothing.

use consent::{Address, Namespace};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::error::{Result, StoreError};
use crate::types::EntryKind;

/// What a hashed entry begins with.
const HASH_PREFIX: &str = "sha256:";
/// Hexadecimal digits of a SHA-256.
const HASH_DIGITS: usize = 64;
/// A number of a country that isn't known is longer than this, its `+` included.
const NUMBER_LENGTH_MIN: usize = 7;
/// Bytes of an entry's reason or comment, and of who made it.
const NOTE_LENGTH_MAX: usize = 200;

/// The kind of an entry as a number, see [`kind_code`]; in SQL of both engines.
macro_rules! kind_sql {
    () => {
        "CASE WHEN substr(value, 1, 7) = 'sha256:' THEN 3 WHEN namespace = 'email' AND value NOT LIKE '%@%' THEN 2 ELSE 1 END"
    };
}
pub(super) use kind_sql;

/// The number of a kind in [`kind_sql`].
pub(super) const fn kind_code(kind: EntryKind) -> u8 {
    match kind {
        EntryKind::Address => 1,
        EntryKind::Domain => 2,
        EntryKind::Hash => 3,
    }
}

/// The kind of a number.
pub(super) fn kind_of(code: u8) -> Result<EntryKind> {
    [EntryKind::Address, EntryKind::Domain, EntryKind::Hash]
        .into_iter()
        .find(|kind| kind_code(*kind) == code)
        .ok_or_else(|| StoreError::Damaged(format!("an entry of the kind {code}")))
}

/// The form of an address or a domain.
pub(super) fn plain(namespace: &Namespace, value: &str) -> Result<String> {
    let invalid = |what: &str| StoreError::Invalid(format!("an entry's value is no {what}"));
    if *namespace == Namespace::Email && !value.contains('@') {
        let domain = Address::email(&format!("x@{}", value.trim())).map_err(|_| invalid("domain"))?;
        return Ok(domain.domain().to_owned());
    }
    // What came from a number that is no number may be suppressed all the same, if it is as long as one.
    let parsed = match namespace {
        Namespace::Phone => Address::phone(value, None).or_else(|refused| {
            let received = Address::phone_as_received(value).ok();
            received.filter(|address| address.key().len() > NUMBER_LENGTH_MIN).ok_or(refused)
        }),
        namespace => Address::parse(namespace, value, None),
    };
    let address = parsed
        .ok()
        .filter(|address| address.namespace() == namespace)
        .ok_or_else(|| invalid(&format!("address of the namespace {}", namespace.as_str())))?;
    Ok(address.key().to_owned())
}

/// The form of an address, a domain or a hash.
pub(super) fn any(namespace: &Namespace, value: &str) -> Result<String> {
    let trimmed = value.trim();
    if !trimmed.get(..HASH_PREFIX.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(HASH_PREFIX)) {
        return plain(namespace, value);
    }
    let digits = &trimmed[HASH_PREFIX.len()..];
    if digits.len() != HASH_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(StoreError::Invalid(format!(
            "an entry's hash is `{HASH_PREFIX}` and {HASH_DIGITS} hexadecimal digits"
        )));
    }
    Ok(trimmed.to_ascii_lowercase())
}

/// Whether a value in its form is a hash.
pub(super) fn is_hash(value: &str) -> bool {
    value.starts_with(HASH_PREFIX)
}

/// The value under which an address's hash stands, by the address's key.
pub(crate) fn hash(key: &str) -> String {
    format!("{HASH_PREFIX}{}", HEXLOWER.encode(&Sha256::digest(key)))
}

/// The values under which an address's hash may stand, by the address's key: whoever hashed a list may have done so before
/// the form of a number changed.
pub(crate) fn hashes(namespace: &Namespace, key: &str) -> impl Iterator<Item = String> {
    let older = if *namespace == Namespace::Phone { older_form(key) } else { None };
    let former = consent::former_keys(namespace, key).into_iter().map(|former| hash(&former));
    [Some(hash(key)), older.map(|older| hash(&older))].into_iter().flatten().chain(former)
}

/// The form that a phone number had before its present one, see [`consent::Address`].
fn older_form(number: &str) -> Option<String> {
    let after = |prefix: &str, digits: usize| number.strip_prefix(prefix).filter(|rest| rest.len() == digits);
    if let Some(rest) = after("+52", 10) {
        return Some(format!("+521{rest}"));
    }
    if let Some(rest) = after("+55", 11) {
        let (area, subscriber) = rest.split_at_checked(2)?;
        let eight = subscriber.strip_prefix('9').filter(|eight| eight.starts_with(['6', '7', '8', '9']))?;
        return Some(format!("+55{area}{eight}"));
    }
    if let Some(rest) = after("+54", 10) {
        return Some(format!("+549{rest}"));
    }
    after("+22901", 8).map(|rest| format!("+229{rest}"))
}

/// Refuses what is too long, or what not every engine can keep.
pub(super) fn check_notes(notes: [&str; 2]) -> Result<()> {
    if notes.iter().any(|note| note.len() > NOTE_LENGTH_MAX || note.contains('\0')) {
        return Err(StoreError::Invalid(format!(
            "an entry's reason or comment, and who made it, have at most {NOTE_LENGTH_MAX} bytes and no U+0000"
        )));
    }
    Ok(())
}

/// A note of at most as many bytes as an entry's may have, on one line.
pub(super) fn note(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(NOTE_LENGTH_MAX)
        .collect();
    line[..line.floor_char_boundary(NOTE_LENGTH_MAX)].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_folded_and_complete() {
        let digits = "AB".repeat(32);
        let hashed = any(&Namespace::Email, &format!(" SHA256:{digits}")).unwrap();
        assert_eq!(hashed, format!("sha256:{}", "ab".repeat(32)));
        assert!(is_hash(&hashed));
        for wrong in
            ["sha256:", "sha256:ab", &format!("sha256:{}", "ag".repeat(32)), &format!("sha256:{digits}0")]
        {
            assert!(matches!(any(&Namespace::Email, wrong), Err(StoreError::Invalid(_))), "{wrong}");
            assert!(any(&Namespace::Custom("crm".to_owned()), wrong).is_err(), "{wrong}");
        }
        assert!(plain(&Namespace::Email, &hashed).is_err(), "an allow entry is no hash");
    }

    /// SHA-256 of `a@example.com`, by coreutils' sha256sum.
    #[test]
    fn the_hash_is_of_the_key() {
        let hashed = hash(Address::email("A@EXAMPLE.com").unwrap().key());
        assert_eq!(hashed, "sha256:08168cd80dfd534ab0f10af10f1303fe00af2d43ab5c1432360d137f8197e17a");
    }

    #[test]
    fn numbers_may_have_been_hashed_in_their_older_form() {
        for (key, older) in [
            ("+525512345678", Some("+5215512345678")),
            ("+5511987654321", Some("+551187654321")),
            ("+541112345678", Some("+5491112345678")),
            ("+2290197123456", Some("+22997123456")),
            ("+551132654321", None),
            ("+5511932654321", None),
            ("+22997123456", None),
            ("+4930123456", None),
            ("+447911123456", None),
        ] {
            let found: Vec<_> = hashes(&Namespace::Phone, key).collect();
            let older = older.map(hash);
            assert_eq!(found[0], hash(key));
            // After it come the spellings with a trunk prefix.
            assert_eq!(found.get(1).filter(|_| older.is_some()), older.as_ref(), "{key}");
            assert_eq!(hashes(&Namespace::Custom("crm".to_owned()), key).count(), 1);
        }
    }

    #[test]
    fn notes_are_cut_between_characters_and_on_one_line() {
        assert_eq!(note("5.1.1\r\nno such user "), "5.1.1  no such user");
        let long = note(&"é".repeat(300));
        assert_eq!((long.len(), long.chars().count()), (200, 100));
        assert!(check_notes([&long, ""]).is_ok());
        assert!(check_notes(["a\0", ""]).is_err() && check_notes(["", &"x".repeat(201)]).is_err());
    }
}
