//! Fields of a delivery status (RFC 3464, RFC 6533), in a part of their own or in the middle of a text.

use super::text::{self, DIAGNOSTIC_LENGTH_MAX};

/// Recipients that one report may have.
pub(super) const RECIPIENTS_MAX: usize = 100;
/// Lines of a report that are looked at.
const LINES_MAX: usize = 20_000;

/// What a report says about one recipient, as it stands there.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) original: Option<String>,
    pub(super) last: Option<String>,
    pub(super) action: String,
    pub(super) status: String,
    pub(super) remote: String,
    pub(super) diagnostic: String,
}

impl Fields {
    /// The address that refused; the original one where that is the only one given.
    pub(super) fn address(&self) -> Option<&str> {
        self.last.as_deref().or(self.original.as_deref())
    }

    fn is_some(&self) -> bool {
        self.last.is_some() || self.original.is_some()
    }

    fn is_complete(&self) -> bool {
        self.is_some() && !(self.action.is_empty() && self.status.is_empty() && self.diagnostic.is_empty())
    }
}

/// The recipients of a delivery status.
pub(super) fn read(text: &str) -> Vec<Fields> {
    let mut found = Vec::new();
    let mut now = Fields::default();
    // A final recipient that is no address still counts: the text may know better.
    let mut lines = text.lines().take(LINES_MAX).peekable();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            if now.is_complete() {
                found.push(std::mem::take(&mut now));
            }
            continue;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let Some(name) = known(name) else { continue };
        let mut value = value.trim().to_owned();
        while let Some(more) = lines.next_if(|line| line.starts_with([' ', '\t']) && !line.trim().is_empty())
        {
            if value.len() < DIAGNOSTIC_LENGTH_MAX {
                value.push(' ');
                value.push_str(more.trim());
            }
        }
        let value = text::cut(&value, DIAGNOSTIC_LENGTH_MAX);
        if now.is_complete() && repeats(&now, name) {
            found.push(std::mem::take(&mut now));
        }
        if found.len() >= RECIPIENTS_MAX {
            return found;
        }
        set(&mut now, name, value);
    }
    if now.is_complete() {
        found.push(now);
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Original,
    Final,
    Action,
    Status,
    Remote,
    Diagnostic,
}

fn known(name: &str) -> Option<Name> {
    let names = [
        ("original-recipient", Name::Original),
        ("final-recipient", Name::Final),
        ("action", Name::Action),
        ("status", Name::Status),
        ("remote-mta", Name::Remote),
        ("diagnostic-code", Name::Diagnostic),
    ];
    let name = name.trim();
    names.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, name)| name)
}

/// The field begins the next recipient, in a text that has no empty lines between them.
fn repeats(now: &Fields, name: Name) -> bool {
    match name {
        Name::Original => now.original.is_some(),
        Name::Final => now.last.is_some(),
        Name::Action => !now.action.is_empty(),
        Name::Status => !now.status.is_empty(),
        Name::Remote | Name::Diagnostic => false,
    }
}

fn set(now: &mut Fields, name: Name, value: &str) {
    match name {
        Name::Original => now.original = now.original.take().or_else(|| address(value)),
        // `Final-Recipient: RFC822; @host` names nobody, but is a recipient.
        Name::Final => now.last = Some(address(value).unwrap_or_default()),
        Name::Action => now.action = action(value),
        Name::Status => value.clone_into(&mut now.status),
        Name::Remote => now.remote = typed(value).1.to_ascii_lowercase(),
        Name::Diagnostic => {
            typed(value).1.clone_into(&mut now.diagnostic);
        }
    }
}

/// `failed (user unknown)` is `failed`; what no RFC knows stays.
fn action(value: &str) -> String {
    value
        .split(|c: char| !c.is_ascii_alphabetic())
        .find(|word| !word.is_empty())
        .unwrap_or("")
        .to_ascii_lowercase()
}

/// `type; value`
fn typed(value: &str) -> (&str, &str) {
    match value.split_once(';') {
        Some((kind, rest)) if kind.trim().len() <= 20 && !kind.trim().contains(' ') => {
            (kind.trim(), rest.trim())
        }
        _ => ("", value.trim()),
    }
}

fn address(value: &str) -> Option<String> {
    let (kind, rest) = typed(value);
    let decoded =
        if kind.to_ascii_lowercase().starts_with("utf-8") { decode_utf8(rest) } else { rest.to_owned() };
    let leading = text::leading_address(decoded.trim()).map(|(address, _)| address);
    leading.or_else(|| text::first_address(&decoded)).map(str::to_owned)
}

/// `\x{HEX}` of utf-8-addr-xtext (RFC 6533 §3).
fn decode_utf8(value: &str) -> String {
    let mut decoded = String::new();
    let mut rest = value;
    while let Some(start) = rest.find("\\x{") {
        decoded.push_str(&rest[..start]);
        let after = &rest[start + 3..];
        let end = after.bytes().take(7).position(|b| b == b'}');
        let code = end.and_then(|end| u32::from_str_radix(&after[..end], 16).ok()).and_then(char::from_u32);
        if let (Some(c), Some(end)) = (code, end) {
            decoded.push(c);
            rest = &after[end + 1..];
        } else {
            decoded.push_str("\\x{");
            rest = after;
        }
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_told_apart_with_and_without_empty_lines() {
        let apart = "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; <b@x.example>\nAction: delayed (still trying)\n";
        let run_on = apart.replace("\n\n", "\n");
        for text in [apart, &run_on] {
            let read = read(text);
            assert_eq!(read.len(), 2, "{text}");
            assert_eq!(read[0].address(), Some("a@x.example"));
            assert_eq!((read[1].address(), read[1].action.as_str()), (Some("b@x.example"), "delayed"));
        }
    }

    #[test]
    fn fields_may_come_in_any_order_and_be_folded() {
        let text = "Action: failed\nFinal-Recipient: rfc822;a@x.example\nDiagnostic-Code: smtp; 550\n\t5.1.1 no such\n  user\nStatus: 5.0.0 (permanent)\n";
        let read = read(text);
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].diagnostic, "550 5.1.1 no such user");
        assert_eq!(read[0].status, "5.0.0 (permanent)");
    }

    #[test]
    fn internationalised_addresses_are_decoded() {
        let text = "Final-Recipient: utf-8; \\x{E9}t\\x{E9}@x.example\nOriginal-Recipient: utf-8;été@x.example\nAction: failed\n";
        let read = read(text);
        assert_eq!(read[0].last.as_deref(), Some("été@x.example"));
        assert_eq!(read[0].original.as_deref(), Some("été@x.example"));
    }
}
