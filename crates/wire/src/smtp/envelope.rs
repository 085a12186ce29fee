//! The parameters of a transaction, which can't hold anything that would end a command line.

use std::fmt;

/// Longest local part in bytes (RFC 5321 section 4.5.3.1.1).
const LOCAL_PART_BYTES_MAX: usize = 64;
/// Longest domain in bytes (RFC 5321 section 4.5.3.1.2).
const DOMAIN_BYTES_MAX: usize = 255;
/// Longest path in bytes without its angle brackets (RFC 5321 section 4.5.3.1.3).
const PATH_BYTES_MAX: usize = 254;

/// Why an address or name can't be part of a command. The messages don't repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Longer than RFC 5321 allows, or a part is empty.
    #[error("address part empty or too long")]
    Length,
    /// No `@`.
    #[error("address without a domain")]
    NoDomain,
    /// A control character, white space or angle bracket where none may be.
    #[error("character that can't be in a command")]
    Character,
}

/// Sender and recipient of one message. One recipient: marketing mail has a sender address (VERP), links and
/// an outcome for each.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    from: String,
    to: String,
    needs_smtputf8: bool,
}

impl Envelope {
    /// Checks and takes both addresses. `from` may be empty: the null reverse-path of RFC 5321 section 4.5.5.
    /// Domains come as A-labels; anything that isn't ASCII makes the message need SMTPUTF8.
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Result<Self, EnvelopeError> {
        let (from, to) = (from.into(), to.into());
        if !from.is_empty() {
            check_path(&from)?;
        }
        check_path(&to)?;
        let needs_smtputf8 = !(from.is_ascii() && to.is_ascii());
        Ok(Self { from, to, needs_smtputf8 })
    }

    /// Says that the message's own header fields hold raw UTF-8 (RFC 6532), which needs SMTPUTF8 too.
    #[must_use]
    pub fn with_utf8_header(mut self) -> Self {
        self.needs_smtputf8 = true;
        self
    }

    /// The reverse-path without angle brackets; empty for the null sender.
    pub fn from(&self) -> &str {
        &self.from
    }

    /// The recipient's forward-path without angle brackets.
    pub fn to(&self) -> &str {
        &self.to
    }

    /// Whether the server must have SMTPUTF8 (RFC 6531) to take this.
    pub fn needs_smtputf8(&self) -> bool {
        self.needs_smtputf8
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").field("needs_smtputf8", &self.needs_smtputf8).finish_non_exhaustive()
    }
}

/// Whether `path` can stand between `<` and `>`. It isn't the full grammar of addresses, which is the job of
/// the crate that keeps them; it is what makes injection impossible.
fn check_path(path: &str) -> Result<(), EnvelopeError> {
    let (local, domain) = path.rsplit_once('@').ok_or(EnvelopeError::NoDomain)?;
    let too_long =
        path.len() > PATH_BYTES_MAX || local.len() > LOCAL_PART_BYTES_MAX || domain.len() > DOMAIN_BYTES_MAX;
    if local.is_empty() || domain.is_empty() || too_long {
        return Err(EnvelopeError::Length);
    }
    check_domain(domain)?;
    match local.strip_prefix('"') {
        Some(rest) => check_quoted(rest),
        None if local.chars().any(|c| is_special(c) || c == '"') => Err(EnvelopeError::Character),
        None => Ok(()),
    }
}

fn check_domain(domain: &str) -> Result<(), EnvelopeError> {
    let literal = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let plain = |c: char| {
        !c.is_ascii() && !is_special(c) || c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')
    };
    let allowed = match literal {
        Some(inside) => inside.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-')),
        None => domain.chars().all(plain),
    };
    if allowed { Ok(()) } else { Err(EnvelopeError::Character) }
}

/// A quoted local part after its opening quote (RFC 5321 `Quoted-string`).
fn check_quoted(rest: &str) -> Result<(), EnvelopeError> {
    let inside = rest.strip_suffix('"').ok_or(EnvelopeError::Character)?;
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        let c = if c == '\\' {
            chars.next().ok_or(EnvelopeError::Character)?
        } else if c == '"' {
            '\r'
        } else {
            c
        };
        if c.is_control() || is_line_break(c) {
            return Err(EnvelopeError::Character);
        }
    }
    Ok(())
}

/// Unicode's own line and paragraph separators, which some parsers take for line ends.
fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

fn is_special(c: char) -> bool {
    c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '\\' | ',' | ';' | '(' | ')' | '[' | ']')
}

/// The name in EHLO: a domain or an address literal (RFC 5321 section 4.1.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelloName(String);

impl HelloName {
    /// Checks and takes a name: ASCII letters, digits, `-`, `.`, `_`, or an address in square brackets.
    pub fn new(name: impl Into<String>) -> Result<Self, EnvelopeError> {
        let name = name.into();
        if name.is_empty() || name.len() > DOMAIN_BYTES_MAX {
            return Err(EnvelopeError::Length);
        }
        if !name.is_ascii() {
            return Err(EnvelopeError::Character);
        }
        check_domain(&name)?;
        Ok(Self(name))
    }

    /// The address literal of a client that has no name (RFC 5321 section 4.1.3).
    pub(super) fn literal(ip: std::net::IpAddr) -> Self {
        Self(match ip {
            std::net::IpAddr::V4(ip) => format!("[{ip}]"),
            std::net::IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
        })
    }

    /// The name as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_real_addresses() {
        let odd = [
            "a@b.example",
            "o'hara+x=y@sub.example",
            "\"a b>c\\\"d\"@b.example",
            "x@[192.0.2.1]",
            "x@[IPv6:::1]",
        ];
        for to in odd {
            let envelope = Envelope::new("", to).unwrap();
            assert!(!envelope.needs_smtputf8(), "{to}");
        }
        assert!(Envelope::new("u@b.example", "jürgen@b.example").unwrap().needs_smtputf8());
        assert!(Envelope::new("u@b.example", "a@b.example").unwrap().with_utf8_header().needs_smtputf8());
    }

    #[test]
    fn refuses_injection() {
        for bad in [
            "a\r\nDATA@b.example",
            "a@b.example\r\nRSET",
            "a@b.example>\r\n",
            "a@b.example> SIZE=1",
            "a b@c.example",
            "\"a\r\n\"@b.example",
            "\"a\\\r\n\"@b.example",
            "\"a\" b\"@c.example",
            "\"a@b.example",
            "a\0@b.example",
            "a\u{85}@b.example",
            "a\u{2028}@b.example",
            "a@b\u{2028}c",
            "a@[1\r\n]",
            "a@b c",
            "<a@b.example>",
        ] {
            assert_eq!(Envelope::new("s@b.example", bad), Err(EnvelopeError::Character), "{bad:?}");
            assert_eq!(Envelope::new(bad, "s@b.example"), Err(EnvelopeError::Character), "{bad:?}");
        }
        assert_eq!(Envelope::new("", ""), Err(EnvelopeError::NoDomain));
        assert_eq!(Envelope::new("", "@b.example"), Err(EnvelopeError::Length));
        assert_eq!(Envelope::new("", format!("{}@b.example", "x".repeat(65))), Err(EnvelopeError::Length));
        assert!(HelloName::new("a\r\nMAIL").is_err());
        assert!(HelloName::new("a b").is_err());
        assert_eq!(HelloName::new("[192.0.2.1]").unwrap().as_str(), "[192.0.2.1]");
    }

    #[test]
    fn debug_hides_addresses() {
        let envelope = Envelope::new("sender@b.example", "person@b.example").unwrap();
        assert!(!format!("{envelope:?}").contains("example"));
    }

    proptest! {
        #[test]
        fn never_holds_a_line_end(to in "\\PC{0,3}[\\x00-\\x7f]{0,12}@[\\x00-\\x7f]{1,8}", from in any::<String>()) {
            for envelope in [Envelope::new("", to), Envelope::new(from, "a@b.example")].into_iter().flatten() {
                let both = format!("{}{}", envelope.from(), envelope.to());
                prop_assert!(!both.chars().any(char::is_control));
            }
        }
    }
}
