//! Texts in which a token of ours may stand: local parts `b.TOKEN@`, `u.TOKEN@`, and URLs `…/u/TOKEN`.

use super::Envelope;
use super::mime::{Header, Mail};

/// Tokens that one mail may hold.
const TOKENS_MAX: usize = 32;
/// Bytes of a token's text: 38 bytes of token are 61 digits of base32.
const TOKEN_LENGTH_MAX: usize = 64;
/// A token has at least its version, key, kind and signature.
const TOKEN_LENGTH_MIN: usize = 24;

/// Fields of a received mail that hold the address it was sent to.
const OWN_FIELDS: [&str; 8] = [
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "original-recipient",
    "to",
    "cc",
];
/// Fields of the returned message that hold our addresses and links.
const ORIGINAL_FIELDS: [&str; 7] = [
    "return-path",
    "list-unsubscribe",
    "errors-to",
    "sender",
    "reply-to",
    "x-envelope-from",
    "list-unsubscribe-post",
];

/// What a local part is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Bounce,
    Unsubscribe,
}

/// The candidates that a mail and the message it returns hold, most trustworthy first, without repetitions.
pub(super) fn candidates(mail: &Mail, original: &Header, envelope: &Envelope<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let own = OWN_FIELDS.iter().flat_map(|name| mail.header.all(name));
    let feedback = mail.of_kind(super::mime::Kind::Feedback).map(|part| part.text.as_str());
    let returned = ORIGINAL_FIELDS.iter().flat_map(|name| original.all(name));
    for value in envelope.to.iter().copied().chain(own).chain(feedback).chain(returned) {
        for (_, token) in of_addresses(value) {
            push(&mut found, token);
        }
        for token in of_urls(value) {
            push(&mut found, token);
        }
    }
    found
}

/// The mail went to an address of ours that unsubscribes.
pub(super) fn asks_to_unsubscribe(mail: &Mail, envelope: &Envelope<'_>) -> bool {
    let own = OWN_FIELDS.iter().flat_map(|name| mail.header.all(name));
    envelope
        .to
        .iter()
        .copied()
        .chain(own)
        .any(|value| of_addresses(value).any(|(kind, _)| kind == Use::Unsubscribe))
}

fn push(found: &mut Vec<String>, token: String) {
    if found.len() < TOKENS_MAX && !found.contains(&token) {
        found.push(token);
    }
}

/// `u.TOKEN@host` in whatever clients make of it: capitals, `u+TOKEN`, `=2E`, dots at the end, brackets.
fn of_addresses(value: &str) -> impl Iterator<Item = (Use, String)> {
    value.split(|c: char| c.is_whitespace() || "<>\"'()[],;:?".contains(c)).filter_map(|word| {
        let (local, _) = word.split_once('@').or_else(|| word.split_once("%40"))?;
        let local = local
            .to_ascii_lowercase()
            .replace("=2e", ".")
            .replace("%2e", ".")
            .replace("=2b", "+")
            .replace("%2b", "+");
        let local = local.trim_matches('.');
        let mut pieces = local.splitn(2, ['.', '+']);
        let kind = match pieces.next()? {
            "u" => Use::Unsubscribe,
            "b" => Use::Bounce,
            _ => return None,
        };
        let token = pieces.next()?.trim_matches(['.', '+', '=']);
        let digits = token.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        (digits && (TOKEN_LENGTH_MIN..=TOKEN_LENGTH_MAX).contains(&token.len()))
            .then(|| (kind, token.to_owned()))
    })
}

/// The token of `https://host/u/TOKEN`.
fn of_urls(value: &str) -> impl Iterator<Item = String> {
    value.split("/u/").skip(1).filter_map(|tail| {
        let end =
            tail.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).unwrap_or(tail.len());
        let token = &tail[..end];
        (TOKEN_LENGTH_MIN..=TOKEN_LENGTH_MAX).contains(&token.len()).then(|| token.to_owned())
    })
}

/// The null sender (RFC 5321 §4.5.5), or what servers make of it.
pub(super) fn is_null_sender(mail: &Mail, envelope: &Envelope<'_>) -> bool {
    let null = |value: &str| {
        let bare = value.trim().trim_matches(['<', '>']).trim().to_ascii_lowercase();
        bare.is_empty() || bare == "mailer-daemon" || bare.starts_with("mailer-daemon@")
    };
    match envelope.from {
        Some(from) => null(from),
        None => mail.header.get("return-path").is_some_and(null),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "aebagbaf6x7wcllq2mzs3k5v7yq4adsbq2";

    #[test]
    fn mangled_addresses_still_give_their_token() {
        for form in [
            format!("u.{TOKEN}@x.example"),
            format!("<U.{}@X.example>", TOKEN.to_uppercase()),
            format!("\"u.{TOKEN}\" <u+{TOKEN}@x.example>"),
            format!("u=2E{TOKEN}@x.example"),
            format!("mailto:u.{TOKEN}.@x.example?subject=unsubscribe"),
            format!("u.{TOKEN}%40x.example"),
        ] {
            assert_eq!(
                of_addresses(&form).collect::<Vec<_>>(),
                [(Use::Unsubscribe, TOKEN.to_owned())],
                "{form}"
            );
        }
    }

    #[test]
    fn other_addresses_give_none() {
        for form in [
            "u.smith@x.example",
            "bob.aebagbaf6x7wcllq2mzs3k5v7yq4adsbq2@x.example",
            "u.@x.example",
            "u@x.example",
        ] {
            assert_eq!(of_addresses(form).count(), 0, "{form}");
        }
        let long = format!("u.{}@x.example", "a".repeat(65));
        assert_eq!(of_addresses(&long).count(), 0);
    }

    #[test]
    fn urls_give_theirs() {
        let value = "<https://x.example/u/ABagdef_-234567abcdefghij234567>, <https://x.example/u/short>";
        assert_eq!(of_urls(value).collect::<Vec<_>>(), ["ABagdef_-234567abcdefghij234567"]);
    }
}
