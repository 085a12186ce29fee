//! Replies to the client.

use std::fmt;

/// Characters of text that a reply carries.
const TEXT_CHARS_MAX: usize = 400;

/// A negative reply (RFC 5321 section 4.2) with its enhanced status code (RFC 3463), as a sink gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    permanent: bool,
    /// Code, enhanced code and text, without the line end.
    line: String,
}

impl Reply {
    /// Refuses for good: `550 5.1.1` for a recipient that doesn't exist, `554 5.7.1` for a message that isn't wanted.
    /// Codes that aren't permanent errors become 554 and 5.0.0. Of `text`, only printable ASCII is kept.
    pub fn reject(code: u16, enhanced: (u8, u16, u16), text: &str) -> Self {
        Self::new(true, code, enhanced, text)
    }

    /// Refuses for now; the client is to try again: `451 4.3.0`. Codes that aren't transient errors become 451 and 4.0.0.
    pub fn defer(code: u16, enhanced: (u8, u16, u16), text: &str) -> Self {
        Self::new(false, code, enhanced, text)
    }

    fn new(permanent: bool, code: u16, enhanced: (u8, u16, u16), text: &str) -> Self {
        let (class, fallback) = if permanent { (5, 554) } else { (4, 451) };
        let code = if code / 100 == class && code != 421 { code } else { fallback };
        let (subject, detail) = match enhanced {
            (given, subject @ 0..=999, detail @ 0..=999) if u16::from(given) == class => (subject, detail),
            _ => (0, 0),
        };
        let text: String =
            text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(TEXT_CHARS_MAX).collect();
        Self { permanent, line: format!("{code} {class}.{subject}.{detail} {text}") }
    }

    /// Whether the client must not try again.
    pub fn is_permanent(&self) -> bool {
        self.permanent
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_clean_line_of_its_class() {
        assert_eq!(Reply::reject(550, (5, 1, 1), "no such user").to_string(), "550 5.1.1 no such user");
        assert_eq!(Reply::defer(250, (2, 0, 0), "a\r\n250 b\u{e9}").to_string(), "451 4.0.0 a250 b");
        assert_eq!(Reply::reject(421, (4, 7, 0), "").to_string(), "554 5.0.0 ");
        assert_eq!(Reply::defer(421, (4, 3, 2), "x").to_string(), "451 4.3.2 x");
        assert!(Reply::reject(550, (5, 1, 1), &"x".repeat(5000)).to_string().len() < 512);
    }
}
