//! The parts of an email address.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::marks::{is_invisible, is_quote};
use super::{AddressError, LOCAL_PART_LENGTH_MAX};

/// `dot-atom` or `quoted-string` of RFC 5321 §4.1.2, with the non-ASCII characters of RFC 6531.
pub(super) fn check_local_part(local: &str) -> Result<(), AddressError> {
    if local.len() > LOCAL_PART_LENGTH_MAX {
        return Err(AddressError::TooLong);
    }
    if is_plain(local) {
        return Ok(());
    }
    if local.chars().any(|c| c.is_control() || is_invisible(c) || (c.is_whitespace() && c != ' ')) {
        return Err(AddressError::Control);
    }
    if let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        let mut escaped = false;
        let closed = inner.bytes().all(|b| {
            let fine = escaped || b != b'"';
            escaped = !escaped && b == b'\\';
            fine
        });
        return if closed && !escaped { Ok(()) } else { Err(AddressError::LocalPart) };
    }
    // A mailbox may be called anything; typographic quotes are what word processors make of plain ones.
    let fine = is_dot_atom(local) && !local.chars().any(is_quote);
    if fine { Ok(()) } else { Err(AddressError::LocalPart) }
}

/// Whether it is a `dot-atom` of the characters that nearly all have.
fn is_plain(local: &str) -> bool {
    let mut before = b'.';
    let fine = local.bytes().all(|byte| {
        let dots = byte == b'.' && before == b'.';
        before = byte;
        !dots && (byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+'))
    });
    fine && before != b'.'
}

/// `"ann"@` and `ann@` are one mailbox (RFC 5321 §4.1.2): quotes that aren't needed don't count in the key.
pub(super) fn unquoted(local: &str) -> &str {
    let inner = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|inner| is_dot_atom(inner)).unwrap_or(local)
}

pub(super) fn is_dot_atom(text: &str) -> bool {
    let atext = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(atext))
}

/// The domain as lower-case A-label; borrowed when it is that already.
pub(super) fn to_ascii(domain: &str) -> Result<Cow<'_, str>, AddressError> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
            && !label.starts_with("xn--")
    };
    let ascii = if domain.contains('.') && domain.split('.').all(label) {
        Cow::Borrowed(domain)
    } else {
        if let Some(odd) = domain.chars().find(|c| !c.is_ascii() && !may_name(*c) && !is_full_stop(*c)) {
            return Err(AddressError::DomainCharacter(odd));
        }
        let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| AddressError::Domain)?;
        // An A-label may stand for what a U-label mayn't hold.
        let (unicode, _) = idna::domain_to_unicode(&ascii);
        if let Some(odd) = unicode.chars().find(|c| !c.is_ascii() && !may_name(*c)) {
            return Err(AddressError::DomainCharacter(odd));
        }
        Cow::Owned(ascii)
    };
    let top = ascii.rsplit('.').next().unwrap_or_default();
    let named = ascii.contains('.')
        && ascii.len() <= 253
        && !top.is_empty()
        && !top.bytes().all(|b| b.is_ascii_digit());
    if named { Ok(ascii) } else { Err(AddressError::Domain) }
}

/// NFC with the case folded; borrowed when nothing changes.
pub(super) fn fold(local: &str) -> Cow<'_, str> {
    if local.is_ascii() {
        if local.bytes().any(|b| b.is_ascii_uppercase()) {
            local.to_ascii_lowercase().into()
        } else {
            local.into()
        }
    } else {
        // Upper case first, so that ß meets SS.
        local.nfc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect::<String>().into()
    }
}

/// Whether a character may stand in a domain's label: letters, digits and their marks, and the exceptions of RFC 5892 §2.6
/// and appendix A. UTS 46, by which labels are mapped, would also let symbols through.
fn may_name(c: char) -> bool {
    let exception = matches!(
        c,
        '\u{b7}' | '\u{375}' | '\u{5f3}' | '\u{5f4}' | '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '\u{30fb}'
    );
    // Joiners stand between letters of some scripts; the mapping drops them elsewhere.
    let joiner = matches!(c, '\u{200c}' | '\u{200d}');
    c.is_alphanumeric() || is_combining_mark(c) || exception || joiner
}

/// What UTS 46 takes for a full stop.
fn is_full_stop(c: char) -> bool {
    matches!(c, '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}
