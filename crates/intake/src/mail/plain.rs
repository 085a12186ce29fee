//! Reports written for people: where the explanation ends and the returned message begins, and what is said of whom.

use super::text;

/// Lines of a report that are looked at.
const LINES_MAX: usize = 5_000;
/// People that one text may name.
const BLOCKS_MAX: usize = 100;
/// Bytes of one line that are looked at.
const LINE_LENGTH_MAX: usize = 2_000;

/// How servers announce the returned message: the line contains it.
const MARKERS: [&str; 31] = [
    "original message -----",
    "--- original message",
    "original message follows",
    "original mail as follows",
    "original message is following",
    "header of the original message",
    "headers of the original message",
    "copy of the message",
    "copy of your message",
    "copy of the original message",
    "copy of the mail",
    "message headers follow",
    "message header follows",
    "unsent message follows",
    "unsent message below",
    "undelivered message follows",
    "returned message -",
    "returned message follows",
    "your message follows",
    "message is returned below",
    "first lines of the message",
    "start of returned message",
    "-- included message",
    "original text follows",
    "returned mail follows",
    "the text of your message",
    "message text follows",
    "rejected message follows",
    "bounced message follows",
    "-- message header",
    "nachricht folgt",
];

/// The explanation, and the returned message if it stands in the same text.
pub(super) fn split(text: &str) -> (&str, &str) {
    let mut at = 0;
    // A report that was wrapped in text has a header of its own, before the fields of its status.
    let fields = last_field(text);
    for line in text.split_inclusive('\n').take(LINES_MAX) {
        let next = at + line.len();
        let lower = text::cut(line.trim(), LINE_LENGTH_MAX).to_lowercase();
        // "These did not receive a copy of your message" is the beginning of what is said.
        let marked = lower.len() < 120 && !lower.contains("not receive");
        if marked && MARKERS.iter().any(|marker| lower.contains(marker)) {
            return (&text[..at], &text[next..]);
        }
        let own = !(lower.contains("<>") || lower.contains("mailer-daemon"));
        let header = lower.starts_with("received: from ") || lower.starts_with("return-path: ");
        let part = lower.starts_with("content-type: message/rfc822")
            || lower.starts_with("content-type: text/rfc822-head");
        if (header && own || part) && at >= fields {
            return (&text[..at], &text[at..]);
        }
        at = next;
    }
    (&text[..at.min(text.len())], "")
}

/// Where the last `Final-Recipient` stands, or 0.
fn last_field(text: &str) -> usize {
    memchr::memmem::rfind(text.as_bytes(), b"Final-Recipient:").unwrap_or(0)
}

/// Undoes the quoting of a forwarded report (`> `), unless the `>>>` are a transcript's.
pub(super) fn unquote(text: &str) -> std::borrow::Cow<'_, str> {
    let quoted = text.lines().filter(|line| line.starts_with("> ")).take(5).count();
    if quoted < 5 {
        return text.into();
    }
    let line = |line: &str| {
        let line = line.strip_prefix('>').unwrap_or(line);
        format!("{}\n", line.strip_prefix(' ').unwrap_or(line))
    };
    text.lines().map(line).collect::<String>().into()
}

/// What a text says of one person.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) address: String,
    pub(super) text: String,
}

/// Cuts an explanation into what is said of whom: a block begins with a line that begins with an address.
///
/// `own` are addresses that the report went to or came from; they are no recipients.
pub(super) fn blocks(explanation: &str, own: &dyn Fn(&str) -> bool) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut previous = "";
    for line in explanation.lines().take(LINES_MAX) {
        let line = text::cut(line, LINE_LENGTH_MAX);
        let opened = subject(line).filter(|address| !own(address) && !leads_elsewhere(previous));
        match opened {
            Some(address)
                if blocks.last().is_none_or(|block| !block.address.eq_ignore_ascii_case(address)) =>
            {
                if blocks.len() >= BLOCKS_MAX {
                    break;
                }
                blocks.push(Block { address: address.to_owned(), text: String::new() });
            }
            _ => {}
        }
        if let Some(block) = blocks.last_mut()
            && block.text.len() < text::DIAGNOSTIC_LENGTH_MAX
        {
            block.text.push_str(line.trim());
            block.text.push('\n');
        }
        if !line.trim().is_empty() {
            previous = line;
        }
    }
    merge(blocks)
}

/// One block for each address, in the order of their first.
fn merge(blocks: Vec<Block>) -> Vec<Block> {
    let mut merged: Vec<Block> = Vec::new();
    for block in blocks {
        match merged.iter_mut().find(|known| known.address.eq_ignore_ascii_case(&block.address)) {
            Some(known) if known.text.len() < text::DIAGNOSTIC_LENGTH_MAX => known.text.push_str(&block.text),
            Some(_) => {}
            None => merged.push(block),
        }
    }
    merged
}

/// The address that a line is about: it begins with it, after bullets, a reply code, or `RCPT TO:`.
fn subject(line: &str) -> Option<&str> {
    let line = line
        .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '-' | '·' | '•' | '#' | '|'));
    let line = line.strip_prefix("> ").unwrap_or(line);
    let line = line.strip_prefix(">>> ").map_or(line, |command| {
        let begins =
            |verb: &str| command.get(..verb.len()).is_some_and(|head| head.eq_ignore_ascii_case(verb));
        match command {
            _ if begins("rcpt to") => command[7..].trim_start_matches([':', ' ']),
            _ if begins("mail from") => "",
            // Some put these marks before the address.
            _ => command,
        }
    });
    let line = line.strip_prefix("<<< ").unwrap_or(line);
    // `1. `, `2) `
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = number.strip_prefix(['.', ')']).and_then(|rest| rest.strip_prefix(' '));
    let line = numbered.filter(|_| number.len() < line.len()).unwrap_or(line);
    let line = line.get(..4).filter(|code| is_code(code)).map_or(line, |_| {
        let rest = line[4..].trim_start();
        rest.split_once(' ')
            .filter(|(status, _)| text::is_status(status))
            .map_or(rest, |(_, rest)| rest.trim_start())
    });
    let (address, rest) = text::leading_address(line)?;
    let ends = rest.is_empty() || rest.starts_with([':', ' ', '\t', '.', ',', ';', '(']);
    ends.then_some(address)
}

fn is_code(code: &str) -> bool {
    let bytes = code.as_bytes();
    matches!(bytes, [b'4' | b'5', a, b, b' '] if a.is_ascii_digit() && b.is_ascii_digit())
}

/// The line before says that an address follows which isn't the one that failed.
fn leads_elsewhere(line: &str) -> bool {
    let line = line.trim().trim_end_matches(':').to_lowercase();
    ["sent by", "from", "contact", "reply to", "email to", "mail to", "message by", "sender", "postmaster at"]
        .iter()
        .any(|end| line.ends_with(end))
}

/// Words of a line that names the one who failed in the middle of a sentence.
const SENTENCES: [&str; 24] = [
    "deliver",
    "recipient",
    "addressed to",
    "rcpt to",
    "failed",
    "could not be",
    "undeliverable",
    "allowed size",
    "unknown",
    "duplicated",
    "no such",
    "message to",
    "mail to",
    "sent to",
    "rejected",
    "mailbox",
    "address",
    "user",
    "account",
    "quota",
    "wurde nicht",
    "n'a pas",
    "destinat",
    "no se ha",
];

/// Addresses named within sentences, from lines that speak of delivery; all other addresses if there are none.
pub(super) fn mentioned(explanation: &str, own: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for line in explanation.lines().take(LINES_MAX) {
        let line = text::cut(line, LINE_LENGTH_MAX);
        if !line.contains('@') {
            continue;
        }
        let lower = line.to_lowercase();
        let header = ["to:", "from:", "message-id", "cc:", "reply-to:", "mail from", ">>> mail"];
        if header.iter().any(|name| lower.trim_start().starts_with(name)) {
            continue;
        }
        if SENTENCES.iter().any(|word| lower.contains(word)) {
            for address in text::addresses(line).filter(|address| !own(address)) {
                if said.len() < BLOCKS_MAX && !said.iter().any(|known| known.eq_ignore_ascii_case(address)) {
                    said.push(address.to_owned());
                }
            }
        }
    }
    said
}

/// The last resort: the first address of a text that doesn't stand where senders and helpers do.
pub(super) fn anyone(explanation: &str, own: &dyn Fn(&str) -> bool) -> Option<String> {
    let others =
        ["from", "reply-to", "message-id", "sender", "contact", "cc:", "help", "abuse", "postmaster"];
    let lines = explanation.lines().take(LINES_MAX).map(|line| text::cut(line, LINE_LENGTH_MAX));
    let lines = lines.filter(|line| {
        let lower = line.to_lowercase();
        !others.iter().any(|word| lower.trim_start().starts_with(word))
    });
    lines.flat_map(text::addresses).find(|address| !own(address)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody(_: &str) -> bool {
        false
    }

    #[test]
    fn the_returned_message_is_cut_off() {
        let text = "<a@x.example>:\nno\n\n--- Below this line is a copy of the message.\nTo: b@x.example\n";
        assert_eq!(split(text), ("<a@x.example>:\nno\n\n", "To: b@x.example\n"));
        let sendmail =
            "The original message was received at noon\n<a@x.example>\nReturn-Path: <c@x.example>\n";
        assert_eq!(split(sendmail).1, "Return-Path: <c@x.example>\n");
        assert_eq!(split("Return-Path: <>\nx").1, "");
    }

    #[test]
    fn each_person_has_a_block() {
        let text = "Hi.\n<a@x.example>:\nno such user\n  a@x.example\n<b@x.example>: full\n>>> RCPT To:<c@x.example>\n<<< 550 no\n550 5.1.1 <c@x.example>... no\n";
        let blocks = blocks(text, &nobody);
        let named: Vec<_> = blocks.iter().map(|block| block.address.as_str()).collect();
        assert_eq!(named, ["a@x.example", "b@x.example", "c@x.example"]);
        assert!(blocks[0].text.contains("no such user") && !blocks[0].text.contains("full"));
        assert!(blocks[2].text.contains("<<< 550 no"));
    }

    #[test]
    fn forwarded_reports_lose_their_quotes_and_transcripts_keep_theirs() {
        let quoted = "> a\n> b\n> c\n> d\n>>>> DATA\n> <<< 550\n";
        assert_eq!(unquote(quoted), "a\nb\nc\nd\n>>> DATA\n<<< 550\n");
        assert_eq!(unquote(">>> DATA\n<<< 550\n"), ">>> DATA\n<<< 550\n");
    }

    #[test]
    fn people_named_in_sentences_are_found() {
        let text = "Please write to help@x.example.\nDelivering your mail to <a@x.example> failed.\nFrom: c@x.example\n";
        assert_eq!(mentioned(text, &nobody), ["a@x.example"]);
    }
}
