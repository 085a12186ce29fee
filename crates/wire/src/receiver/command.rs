//! Command lines (RFC 5321 section 4.1).

/// Longest path in bytes between its angle brackets.
const PATH_BYTES_MAX: usize = 320;

/// One command, as far as this server knows it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    Hello(Hello),
    Mail(MailParameters<'a>),
    Rcpt(&'a str),
    Data,
    Bdat(Chunk),
    Reset,
    Noop,
    Quit,
    StartTls,
    Verify,
    Help,
}

/// The greetings of the two protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hello {
    Helo,
    Ehlo,
    Lhlo,
}

/// What BDAT says of the bytes behind it (RFC 3030 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) bytes: u64,
    pub(super) last: bool,
}

/// MAIL FROM with what counts of its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MailParameters<'a> {
    /// Empty for the null sender.
    pub(super) from: &'a str,
    pub(super) size: Option<u64>,
    pub(super) smtputf8: bool,
}

/// Why a line isn't a command that can be done. The texts are complete replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommandError {
    Unknown,
    NotImplemented,
    Syntax,
    Parameter,
    Path,
    Utf8,
    /// The command is followed by bytes that would be taken for commands.
    Desynchronised,
}

impl CommandError {
    pub(super) fn reply(self) -> &'static str {
        match self {
            Self::Unknown => "500 5.5.1 unknown command",
            Self::NotImplemented => "502 5.5.1 command not implemented",
            Self::Syntax => "501 5.5.4 syntax error",
            Self::Parameter => "555 5.5.4 parameter not supported",
            Self::Path => "501 5.1.3 malformed address",
            Self::Utf8 => "500 5.5.2 command is not utf-8",
            Self::Desynchronised => "502 5.5.1 not offered, or malformed",
        }
    }
}

impl<'a> Command<'a> {
    /// Reads a line without its CRLF.
    pub(super) fn parse(line: &'a [u8]) -> Result<Self, CommandError> {
        let line = std::str::from_utf8(line).map_err(|_| CommandError::Utf8)?;
        if line.chars().any(char::is_control) {
            return Err(CommandError::Syntax);
        }
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_matches(' ');
        let bare = |command| if rest.is_empty() { Ok(command) } else { Err(CommandError::Syntax) };
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => hello(Hello::Ehlo, rest),
            "HELO" => hello(Hello::Helo, rest),
            "LHLO" => hello(Hello::Lhlo, rest),
            "MAIL" => mail(rest).map(Command::Mail),
            "RCPT" => rcpt(rest).map(Command::Rcpt),
            "DATA" => bare(Self::Data),
            "BDAT" => bdat(rest).map(Self::Bdat),
            "RSET" => bare(Self::Reset),
            "NOOP" => Ok(Self::Noop),
            "QUIT" => bare(Self::Quit),
            "STARTTLS" => bare(Self::StartTls),
            "VRFY" => Ok(Self::Verify),
            "HELP" => Ok(Self::Help),
            "EXPN" | "AUTH" | "ETRN" | "TURN" => Err(CommandError::NotImplemented),
            "BURL" | "GET" | "POST" | "PUT" | "HEAD" | "OPTIONS" | "CONNECT" => {
                Err(CommandError::Desynchronised)
            }
            _ => Err(CommandError::Unknown),
        }
    }
}

fn hello(hello: Hello, name: &str) -> Result<Command<'_>, CommandError> {
    if name.is_empty() || name.contains(' ') { Err(CommandError::Syntax) } else { Ok(Command::Hello(hello)) }
}

/// A size that can't be read leaves open what of the following are commands.
fn bdat(rest: &str) -> Result<Chunk, CommandError> {
    let mut words = rest.split_ascii_whitespace();
    let bytes = words.next().unwrap_or_default();
    // Other servers may read a sign or another notation differently.
    if bytes.is_empty() || !bytes.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CommandError::Desynchronised);
    }
    let bytes = bytes.parse().map_err(|_| CommandError::Desynchronised)?;
    let last = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("LAST") => true,
        Some(_) => return Err(CommandError::Desynchronised),
    };
    if words.next().is_some() { Err(CommandError::Desynchronised) } else { Ok(Chunk { bytes, last }) }
}

fn mail(rest: &str) -> Result<MailParameters<'_>, CommandError> {
    let (from, parameters) = path(after_keyword(rest, "FROM:")?)?;
    let mut mail = MailParameters { from, size: None, smtputf8: false };
    for parameter in parameters.split_ascii_whitespace() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.to_ascii_uppercase().as_str() {
            "SIZE" => mail.size = Some(value.parse().map_err(|_| CommandError::Syntax)?),
            "BODY" if value.eq_ignore_ascii_case("7BIT") || value.eq_ignore_ascii_case("8BITMIME") => {}
            "SMTPUTF8" if value.is_empty() => mail.smtputf8 = true,
            _ => return Err(CommandError::Parameter),
        }
    }
    if !(from.is_ascii() || mail.smtputf8) {
        return Err(CommandError::Path);
    }
    Ok(mail)
}

fn rcpt(rest: &str) -> Result<&str, CommandError> {
    let (to, parameters) = path(after_keyword(rest, "TO:")?)?;
    if to.is_empty() {
        return Err(CommandError::Path);
    }
    if parameters.is_empty() { Ok(to) } else { Err(CommandError::Parameter) }
}

fn after_keyword<'a>(rest: &'a str, keyword: &str) -> Result<&'a str, CommandError> {
    match rest.split_at_checked(keyword.len()) {
        // A space after the colon isn't allowed, but common and harmless.
        Some((word, rest)) if word.eq_ignore_ascii_case(keyword) => Ok(rest.trim_start_matches(' ')),
        _ => Err(CommandError::Syntax),
    }
}

/// Takes `<path>` off the front and returns what is in it, as it is, and the parameters. A source route
/// (RFC 5321 appendix C) is dropped.
fn path(text: &str) -> Result<(&str, &str), CommandError> {
    let text = text.strip_prefix('<').ok_or(CommandError::Syntax)?;
    let end = closing_bracket(text).ok_or(CommandError::Syntax)?;
    let (path, rest) = (&text[..end], &text[end + 1..]);
    if !(rest.is_empty() || rest.starts_with(' ')) || path.len() > PATH_BYTES_MAX {
        return Err(CommandError::Syntax);
    }
    let path = match path.strip_prefix('@') {
        Some(route) => route.split_once(':').ok_or(CommandError::Path)?.1,
        None => path,
    };
    if !(path.is_empty() || path.eq_ignore_ascii_case("postmaster") || is_mailbox(path)) {
        return Err(CommandError::Path);
    }
    Ok((path, rest.trim_matches(' ')))
}

/// The first `>` that isn't inside quotes.
fn closing_bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(index),
            _ => {}
        }
    }
    None
}

fn is_mailbox(path: &str) -> bool {
    let Some((local, domain)) = path.rsplit_once('@') else { return false };
    let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    let outside =
        |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\\' | ',' | ';' | '@' | '(' | ')');
    !local.is_empty()
        && !domain.is_empty()
        && (quoted || !local.contains(outside))
        && !domain.contains(outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command<'_>, CommandError> {
        Command::parse(line.as_bytes())
    }

    #[test]
    fn reads_mail_and_rcpt() {
        let mail = |from, size, smtputf8| Ok(Command::Mail(MailParameters { from, size, smtputf8 }));
        assert_eq!(parse("MAIL FROM:<>"), mail("", None, false));
        assert_eq!(
            parse("mail from: <a@b.example> size=12 body=8bitmime"),
            mail("a@b.example", Some(12), false)
        );
        assert_eq!(parse("MAIL FROM:<ä@b.example> SMTPUTF8"), mail("ä@b.example", None, true));
        assert_eq!(parse("MAIL FROM:<@x,@y:a@b.example>"), mail("a@b.example", None, false));
        assert_eq!(parse("RCPT TO:<\"a>b@c\"@d.example>"), Ok(Command::Rcpt("\"a>b@c\"@d.example")));
        assert_eq!(parse("bdat 0 last"), Ok(Command::Bdat(Chunk { bytes: 0, last: true })));
        assert_eq!(parse("BDAT 12"), Ok(Command::Bdat(Chunk { bytes: 12, last: false })));
        assert_eq!(parse("RCPT TO:<Postmaster>"), Ok(Command::Rcpt("Postmaster")));
    }

    #[test]
    fn refuses_what_is_malformed() {
        use CommandError::{Desynchronised, Parameter, Path, Syntax, Unknown, Utf8};
        for (line, error) in [
            ("MAIL FROM:a@b.example", Syntax),
            ("MAIL FROM:<a@b.example", Syntax),
            ("MAIL FROM:<a@b.example>x", Syntax),
            ("MAIL FROM:<a@b.example> SIZE=x", Syntax),
            ("MAIL FROM:<a@b.example> AUTH=<>", Parameter),
            ("MAIL FROM:<a@b.example> BODY=BINARYMIME", Parameter),
            ("MAIL FROM:<ä@b.example>", Path),
            ("MAIL", Syntax),
            ("MAIL TO:<a@b.example>", Syntax),
            ("RCPT TO:<>", Path),
            ("RCPT TO:<a>", Path),
            ("RCPT TO:<a@b@c>", Path),
            ("RCPT TO:<a b@c>", Path),
            ("RCPT TO:<a@b> NOTIFY=NEVER", Parameter),
            ("EHLO", Syntax),
            ("DATA now", Syntax),
            ("a\0b", Syntax),
            ("", Unknown),
            ("XYZ", Unknown),
            ("BDAT", Desynchronised),
            ("BDAT -5", Desynchronised),
            ("BDAT 0x5", Desynchronised),
            ("BDAT 99999999999999999999", Desynchronised),
            ("BDAT 5 FIRST", Desynchronised),
            ("BDAT 5 LAST x", Desynchronised),
            ("POST / HTTP/1.1", Desynchronised),
        ] {
            assert_eq!(parse(line), Err(error), "{line:?}");
        }
        assert_eq!(Command::parse(b"NOOP \xff"), Err(Utf8));
    }
}
