//! Replies of the server (RFC 5321 section 4.2), within limits.

use std::fmt;

/// Longest line of a reply in bytes, line end included. RFC 5321 section 4.5.3.1.5 says 512; some servers
/// put links in.
pub(super) const REPLY_LINE_BYTES_MAX: usize = 2048;
/// Most lines of one reply. EHLO answers have about 20.
pub(super) const REPLY_LINES_MAX: usize = 128;
/// Characters of reply text that are kept.
pub(super) const REPLY_TEXT_CHARS_MAX: usize = 512;

/// An enhanced status code (RFC 3463): class, subject, detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnhancedCode {
    /// 2, 4 or 5.
    pub class: u8,
    /// What the status is about: 1 addressing, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// The precise status.
    pub detail: u16,
}

impl EnhancedCode {
    /// Reads the code at the start of a reply text and returns it with what follows.
    fn split(text: &str) -> Option<(Self, &str)> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let mut parts = word.split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || !matches!(class, "2" | "4" | "5") {
            return None;
        }
        let number = |s: &str| {
            let short = (1..=3).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
            short.then(|| s.parse().ok()).flatten()
        };
        Some((Self { class: class.parse().ok()?, subject: number(subject)?, detail: number(detail)? }, rest))
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// A complete reply. `Display` and `Debug` leave the text out: servers quote addresses in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    enhanced: Option<EnhancedCode>,
    text: String,
}

impl Reply {
    /// The reply code, 200 to 599.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// The enhanced status code, if the server sent one.
    pub fn enhanced(&self) -> Option<EnhancedCode> {
        self.enhanced
    }

    /// The text of all lines joined by spaces, without control characters, at most 512 characters. It may hold
    /// addresses: store it with the delivery, don't log it.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Takes one complete reply off the front of `bytes`: the reply and how many bytes it took, or `None` if
    /// more bytes are needed. The error says what is wrong with what came.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, &'static str> {
        let Some(end) = complete(bytes)? else { return Ok(None) };
        Ok(Some((Self::build(&bytes[..end]), end)))
    }

    /// `lines` is what [`complete`] found.
    fn build(lines: &[u8]) -> Self {
        let code = lines[..3].iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
        let mut enhanced = None;
        let mut text = String::new();
        let mut room = REPLY_TEXT_CHARS_MAX;
        for line in lines.split(|&b| b == b'\n') {
            let line = String::from_utf8_lossy(line.get(4..).unwrap_or_default());
            let mut line = line.trim();
            if let Some((found, rest)) = EnhancedCode::split(line) {
                enhanced = enhanced.or(Some(found));
                line = rest;
            }
            if !text.is_empty() && !line.is_empty() && room > 0 {
                text.push(' ');
                room -= 1;
            }
            for c in line.chars().filter(|&c| !is_unsafe(c)).take(room) {
                text.push(c);
                room -= 1;
            }
        }
        Self { code, enhanced, text }
    }
}

/// Control characters, and those that change the direction or the line of text that follows.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Where the reply at the front of `bytes` ends, if it is complete. Every line is checked.
fn complete(bytes: &[u8]) -> Result<Option<usize>, &'static str> {
    let mut start = 0;
    for _ in 0..REPLY_LINES_MAX {
        let rest = &bytes[start..];
        let Some(end) = memchr::memchr(b'\n', &rest[..rest.len().min(REPLY_LINE_BYTES_MAX)]) else {
            if rest.len() >= REPLY_LINE_BYTES_MAX {
                return Err("reply line too long");
            }
            return Ok(None);
        };
        let line = &rest[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let digits = line.get(..3).ok_or("reply line too short")?;
        if !matches!(digits, [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9']) {
            return Err("not a reply code");
        }
        if digits != &bytes[..3] {
            return Err("reply code changes between lines");
        }
        start += end + 1;
        match line.get(3) {
            None | Some(b' ') => return Ok(Some(start)),
            Some(b'-') => {}
            Some(_) => return Err("not a reply line"),
        }
    }
    Err("too many reply lines")
}

/// Statuses of RFC 3463's policy subject that are about the recipient after all: lists and groups with senders of their own,
/// mailboxes and domains that changed hands.
const OF_RECIPIENT: [u16; 13] = [2, 17, 18, 124, 129, 130, 131, 132, 133, 134, 135, 136, 367];
/// Words of refusals without a telling status that are about who sends.
const OF_SENDER: [&str; 20] = [
    "relay",
    "authentication required",
    "authentication is required",
    "not authenticated",
    "unauthenticated",
    "authenticate",
    "sender",
    "mail from",
    "spf",
    "dkim",
    "dmarc",
    "blacklist",
    "blocklist",
    "block list",
    "blocked using",
    "spamhaus",
    "reputation",
    "your ip",
    "client host",
    "ptr record",
];

/// Whether a refusal for good is about us, and so says nothing of the recipient: not allowed to relay, not authenticated, a
/// sender that can't be verified, a listed address. `text` may begin with the enhanced status.
pub fn is_about_us(code: u16, text: &str) -> bool {
    let (enhanced, words) = match EnhancedCode::split(text) {
        Some((enhanced, rest)) => (Some(enhanced), rest.to_lowercase()),
        None => (None, text.to_lowercase()),
    };
    let worded = || OF_SENDER.iter().any(|word| words.contains(word));
    match (code, enhanced) {
        (500..=599, Some(EnhancedCode { class: 5, subject: 7, detail })) => !OF_RECIPIENT.contains(&detail),
        // The sender's address; or a reply about the command: out of order, or not before AUTH.
        (500..=599, Some(EnhancedCode { class: 5, subject: 1, detail: 7 | 8 }))
        | (502 | 503 | 530 | 535 | 538, _) => true,
        (500..=599, Some(EnhancedCode { class: 5, subject, detail })) => {
            (subject == 5 && detail != 3 || detail == 0) && worded()
        }
        (500..=599, _) => worded(),
        _ => false,
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.enhanced {
            Some(enhanced) => write!(f, "{} {enhanced}", self.code),
            None => write!(f, "{}", self.code),
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(bytes: &[u8]) -> Reply {
        let (reply, used) = Reply::parse(bytes).unwrap().unwrap();
        assert_eq!(used, bytes.len());
        reply
    }

    #[test]
    fn reads_code_enhanced_code_and_text() {
        let reply = one(b"550-5.1.1 No such\r\n550 5.1.1 user\r\n");
        assert_eq!((reply.code(), reply.text()), (550, "No such user"));
        assert_eq!(reply.enhanced(), Some(EnhancedCode { class: 5, subject: 1, detail: 1 }));
        assert_eq!(format!("{reply} {reply:?}"), "550 5.1.1 Reply(550 5.1.1)");
        assert_eq!(one(b"250\r\n").text(), "");
        assert_eq!(one(b"250 ok\n").text(), "ok");
        assert_eq!(one(b"250 1.2.3 not a status\r\n").enhanced(), None);
    }

    #[test]
    fn refusals_of_us_are_told_from_those_of_recipients() {
        for (code, text) in [
            (550, "5.7.1 Relaying denied"),
            (554, "5.7.1 <x@y.example>: Relay access denied"),
            (550, "5.7.26 This mail is unauthenticated"),
            (550, "5.7.515 Access denied, sending domain does not pass"),
            (530, "5.7.0 Authentication required"),
            (503, "5.5.1 bad sequence of commands"),
            (550, "relay not permitted"),
            (554, "blocked using zen.spamhaus.org"),
            (553, "5.1.8 sender address rejected"),
            (550, "5.0.0 sender rejected"),
        ] {
            assert!(is_about_us(code, text), "{code} {text}");
        }
        for (code, text) in [
            (550, "5.1.1 no such user"),
            (550, "no such user here"),
            (552, "5.2.2 mailbox full"),
            (550, "5.7.133 sender not authenticated for group"),
            (550, "5.2.1 mailbox disabled, sender may try later"),
            (451, "4.7.1 relay denied for now"),
            (552, "5.3.4 message too big"),
        ] {
            assert!(!is_about_us(code, text), "{code} {text}");
        }
    }

    #[test]
    fn waits_for_the_last_line() {
        for partial in [&b""[..], b"2", b"250", b"250-a\r\n", b"250-a\r\n250 b"] {
            assert_eq!(Reply::parse(partial).unwrap(), None);
        }
        let (first, used) = Reply::parse(b"250 a\r\n354 b\r\n").unwrap().unwrap();
        assert_eq!((first.code(), used), (250, 7));
    }

    #[test]
    fn refuses_what_is_no_reply() {
        for bad in
            [&b"hello\r\n"[..], b"99 x\r\n", b"650 x\r\n", b"250=x\r\n", b"\r\n", b"250-a\r\n550 b\r\n"]
        {
            assert!(Reply::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn limits_line_and_lines() {
        let long = vec![b'2'; REPLY_LINE_BYTES_MAX];
        assert_eq!(Reply::parse(&long), Err("reply line too long"));
        let many = b"250-x\r\n".repeat(REPLY_LINES_MAX);
        assert_eq!(Reply::parse(&many), Err("too many reply lines"));
    }

    #[test]
    fn text_is_cut_and_clean() {
        let reply = one(b"550 a\x1b[31m\x00b\xffc\t\xe2\x80\xae!\r\n");
        assert_eq!(reply.text(), "a[31mb\u{fffd}c!");
        let long = [&b"550-"[..], &[b'x'; 600], b"\r\n550 y\r\n"].concat();
        assert_eq!(one(&long).text().len(), REPLY_TEXT_CHARS_MAX);
    }
}
