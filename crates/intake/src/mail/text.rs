//! Addresses, reply codes, statuses and commands in text that servers wrote for people.

/// Bytes of one diagnostic that are kept and matched.
pub(super) const DIAGNOSTIC_LENGTH_MAX: usize = 4 * 1024;
/// Octets of an address (RFC 5321 §4.5.3.1.3 has 256; UTF-8 and source routes want room).
const ADDRESS_LENGTH_MAX: usize = 320;

/// An address at the beginning of `text`, with or without `<>` or quotes; and what follows it.
pub(super) fn leading_address(text: &str) -> Option<(&str, &str)> {
    if let Some((address, rest)) = quoted_address(text.trim_start_matches('<')) {
        return Some((address, rest.trim_start_matches('>')));
    }
    let bare = text.trim_start_matches(['<', '"', '\'', '(', '`']);
    let end = bare
        .char_indices()
        .find(|(_, c)| c.is_whitespace() || c.is_control() || "<>\"()[],;:'`|\\".contains(*c))
        .map_or(bare.len(), |(at, _)| at);
    let address = bare[..end].trim_end_matches('.');
    is_address(address).then(|| (address, bare[address.len()..].trim_start_matches(['>', '"', '\'', ')'])))
}

/// `"a b"@host` at the beginning of a text (RFC 5321 §4.1.2), and what follows.
fn quoted_address(text: &str) -> Option<(&str, &str)> {
    let quoted = text.strip_prefix('"')?;
    let close = cut(quoted, 66).find("\"@")?;
    let domain = &quoted[close + 2..];
    let end = domain.find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-')).unwrap_or(domain.len());
    let (address, rest) = text.split_at(close + 3 + end);
    is_address(address).then_some((address, rest))
}

/// Looks like an address: something, `@`, and a domain of letters, digits, dots and hyphens.
pub(super) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let label = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    text.len() <= ADDRESS_LENGTH_MAX
        && !local.is_empty()
        && !local.starts_with(['@', '|', '/'])
        && !domain.is_empty()
        && domain.chars().all(label)
        && !domain.starts_with('.')
        && domain.chars().any(char::is_alphabetic)
}

/// The first address anywhere in a line.
pub(super) fn first_address(line: &str) -> Option<&str> {
    addresses(line).next()
}

/// The addresses of a line, from left to right.
pub(super) fn addresses(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || "<>\"()[],;".contains(c)).filter_map(|word| {
        let word = word.trim_matches(|c: char| matches!(c, ':' | '.' | '\'' | '`' | '!' | '*' | '…'));
        let word = word.rsplit_once("mailto:").map_or(word, |(_, address)| address);
        // `rfc822:a@b` and `T=a@b`; but `=` is also part of VERP's local parts.
        let labelled =
            word.split_once(':').or_else(|| word.split_once('=').filter(|(label, _)| label.len() <= 2));
        let word = labelled.filter(|(_, tail)| is_address(tail)).map_or(word, |(_, tail)| tail);
        is_address(word).then_some(word)
    })
}

/// Lower case, white space run together, addresses replaced by `<@>`: what phrases are looked for in. A space stands at both ends.
pub(super) fn normalise(text: &str) -> String {
    let text = cut(text, 2 * DIAGNOSTIC_LENGTH_MAX);
    let mut normal = String::with_capacity(text.len() + 2);
    normal.push(' ');
    for word in text.split_whitespace() {
        if normal.len() > DIAGNOSTIC_LENGTH_MAX {
            break;
        }
        push_word(&mut normal, word);
        normal.push(' ');
    }
    normal
}

fn push_word(normal: &mut String, word: &str) {
    let Some(at) = word.find('@') else {
        push_text(normal, word);
        return;
    };
    // What stands around the address: brackets, colons, dots that end a sentence.
    let around = |c: char| "<>\"()[],;:'".contains(c);
    let start =
        word[..at].rfind(around).map_or(0, |at| at + word[at..].chars().next().map_or(1, char::len_utf8));
    let end = word[at..].find(around).map_or(word.len(), |end| at + end);
    let (head, tail) = (word[..start].trim_end_matches('<'), word[end..].trim_start_matches('>'));
    let dots =
        if tail.is_empty() { word[start..end].bytes().rev().take_while(|b| *b == b'.').count() } else { 0 };
    normal.push_str(&head.to_lowercase());
    normal.push_str("<@>");
    normal.push_str(&"..."[..dots.min(3)]);
    for c in tail.chars().take(DIAGNOSTIC_LENGTH_MAX) {
        normal.extend(c.to_lowercase());
    }
}

/// Lower case, quotes made one kind; `mailbox_full` is two words, `OFR_104` is a code.
fn push_text(normal: &mut String, word: &str) {
    let mut chars = word.chars().take(DIAGNOSTIC_LENGTH_MAX).peekable();
    let mut letter = false;
    while let Some(c) = chars.next() {
        match c {
            '\u{2018}' | '\u{2019}' | '`' => normal.push('\''),
            '\u{201c}' | '\u{201d}' => normal.push('"'),
            '_' if letter && chars.peek().is_some_and(|next| next.is_alphabetic()) => normal.push(' '),
            c => normal.extend(c.to_lowercase()),
        }
        letter = c.is_alphabetic();
    }
}

/// Words cut at white space and at the brackets and quotes that servers put around codes.
fn code_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "\"'()[]<>:;,#=/".contains(c))
}

/// The enhanced status (RFC 3463) in a text: the first that says something, else the first.
pub(super) fn enhanced_status(text: &str) -> Option<&str> {
    let mut first = None;
    for word in code_words(text) {
        for candidate in [Some(word), word.get(4..)] {
            let Some(status) =
                candidate.map(|word| word.trim_end_matches(['.', '-'])).filter(|word| is_status(word))
            else {
                continue;
            };
            // `5.1.0 - Unknown address error 550-'5.7.1 ...`: the detail wins over `.0`.
            if !status.ends_with(".0") {
                return Some(status);
            }
            first = first.or(Some(status));
        }
    }
    first
}

/// `class.subject.detail` of class 2, 4 or 5.
pub(super) fn is_status(text: &str) -> bool {
    let mut pieces = text.split('.');
    let class = matches!(pieces.next(), Some("2" | "4" | "5"));
    let number = |piece: Option<&str>| {
        piece.is_some_and(|piece| {
            (1..=3).contains(&piece.len())
                && piece.bytes().all(|b| b.is_ascii_digit())
                && (piece.len() == 1 || !piece.starts_with('0'))
        })
    };
    class && number(pieces.next()) && number(pieces.next()) && pieces.next().is_none()
}

/// The first SMTP reply code (RFC 5321 §4.2) of class 4 or 5, or 2 if there is none.
pub(super) fn reply_code(text: &str) -> Option<&str> {
    let mut success = None;
    for word in text.split(|c: char| c.is_whitespace() || "\"'()[]<>:;,#=".contains(c)) {
        let code = word.get(..3).filter(|code| code.bytes().all(|b| b.is_ascii_digit()));
        let bounded = word.len() == 3 || word.as_bytes().get(3) == Some(&b'-');
        if let Some(code) = code.filter(|_| bounded) {
            match (code.as_bytes()[0], code.as_bytes()[1]) {
                (b'4' | b'5', b'0'..=b'7') => return Some(code),
                (b'2', b'5') => success = success.or(Some(code)),
                _ => {}
            }
        }
    }
    success
}

/// The SMTP command that was answered with a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// The greeting, EHLO, HELO, STARTTLS.
    Hello,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, and the end of the data.
    Data,
}

impl Command {
    /// Its name in the rules.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
        }
    }
}

/// How servers write which command was refused, in normalised text.
const COMMANDS: &[(&str, Command)] = &[
    ("in reply to rcpt", Command::Rcpt),
    ("in reply to mail", Command::Mail),
    ("in reply to end of data", Command::Data),
    ("in reply to data", Command::Data),
    ("in reply to ehlo", Command::Hello),
    ("in reply to helo", Command::Hello),
    ("in reply to starttls", Command::Hello),
    ("after rcpt to", Command::Rcpt),
    ("after rcpt command", Command::Rcpt),
    ("after mail from", Command::Mail),
    ("after end of data", Command::Data),
    ("after data command", Command::Data),
    ("after ehlo", Command::Hello),
    ("after helo", Command::Hello),
    ("after initial connection", Command::Hello),
    ("after pipelined rcpt", Command::Rcpt),
    ("after pipelined mail", Command::Mail),
    ("after pipelined end of data", Command::Data),
    ("after sending data block", Command::Data),
    ("for text command", Command::Data),
    ("for rcpt to command", Command::Rcpt),
    ("for mail from command", Command::Mail),
    ("for rcpt command", Command::Rcpt),
    ("for mail command", Command::Mail),
    ("like our rcpt to", Command::Rcpt),
    ("like our mail from", Command::Mail),
    ("like our data", Command::Data),
    ("like our final data", Command::Data),
    ("like our ehlo", Command::Hello),
    ("does not like recipient", Command::Rcpt),
    ("does not like sender", Command::Mail),
    ("failed on data command", Command::Data),
    ("failed after i sent the message", Command::Data),
    ("[rcpt to]", Command::Rcpt),
    ("[mail from]", Command::Mail),
    ("[data]", Command::Data),
    ("refused to accept your message (data)", Command::Data),
    ("server rejected mail from address", Command::Mail),
    ("while talking to mailserver after rcpt", Command::Rcpt),
    ("but greeting failed", Command::Hello),
    ("but my name was rejected", Command::Hello),
    ("but sender was rejected", Command::Mail),
    ("smtp command rcpt", Command::Rcpt),
    ("smtp command mail", Command::Mail),
    ("smtp command data", Command::Data),
    ("following rcpt command", Command::Rcpt),
    ("following mail command", Command::Mail),
    ("following data command", Command::Data),
    ("sent: rcpt to", Command::Rcpt),
    ("sent: mail from", Command::Mail),
];

/// Which command was refused, if the text says so.
pub(super) fn command(normal: &str) -> Option<Command> {
    COMMANDS.iter().find(|(phrase, _)| normal.contains(phrase)).map(|(_, command)| *command).or_else(|| {
        // A transcript: the last command before the first refusal.
        let refusal = ["<<< 5", "<<< 4"].iter().filter_map(|mark| normal.find(mark)).min()?;
        let sent = normal[..refusal].rfind(">>> ").map(|at| &normal[at + 4..])?;
        match sent.get(..4)? {
            "rcpt" => Some(Command::Rcpt),
            "mail" => Some(Command::Mail),
            "ehlo" | "helo" | "star" => Some(Command::Hello),
            "data" | "bdat" => Some(Command::Data),
            _ => None,
        }
    })
}

/// Cuts a text at a character boundary.
pub(crate) fn cut(text: &str, length: usize) -> &str {
    if text.len() <= length { text } else { &text[..text.floor_char_boundary(length)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_what_surrounds_them() {
        assert_eq!(leading_address("<a@b.example>: host x said"), Some(("a@b.example", ": host x said")));
        assert_eq!(leading_address("\"a@b.example\":"), Some(("a@b.example", ":")));
        assert_eq!(leading_address("a@b.example."), Some(("a@b.example", ".")));
        assert_eq!(leading_address("to a@b.example"), None);
        assert_eq!(first_address(">>> RCPT To:<a@b.example>"), Some("a@b.example"));
        assert_eq!(first_address("Final-Recipient: rfc822;a@b.example"), Some("a@b.example"));
        assert_eq!(first_address("T=[a@b.example]"), Some("a@b.example"));
        assert_eq!(first_address("<b+x=y.example@b.example>"), Some("b+x=y.example@b.example"));
        assert_eq!(first_address("see @b.example or 1@2"), None);
    }

    #[test]
    fn statuses_and_codes_are_told_from_addresses_and_dates() {
        assert_eq!(enhanced_status("550-5.7.1 x"), Some("5.7.1"));
        assert_eq!(enhanced_status("(#5.1.1)"), Some("5.1.1"));
        assert_eq!(enhanced_status("5.1.0 - x 550-'5.7.1 y"), Some("5.7.1"));
        assert_eq!(enhanced_status("5.3.0 - x"), Some("5.3.0"));
        assert_eq!(enhanced_status("[5.2.1.9] 5.2.01"), None);
        assert_eq!(reply_code("smtp; 550 no"), Some("550"));
        assert_eq!(reply_code("550-no"), Some("550"));
        assert_eq!(reply_code("at 23:45:01 on 2015 of [192.0.2.250]"), None);
        assert_eq!(reply_code("250 2.1.5 ok"), Some("250"));
    }

    #[test]
    fn addresses_never_match_phrases() {
        assert_eq!(normalise("550 <user.unknown@x.example>...  No\u{2019} such"), " 550 <@>... no' such ");
        assert_eq!(normalise("to userunknown@x.example."), " to <@>. ");
    }

    #[test]
    fn commands_are_read_from_sentences_and_transcripts() {
        assert_eq!(command(" x (in reply to rcpt to command) "), Some(Command::Rcpt));
        assert_eq!(command(" >>> mail from:<@> <<< 250 ok >>> data <<< 550 no "), Some(Command::Data));
        assert_eq!(command(" 550 no "), None);
    }
}
