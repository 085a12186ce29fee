//! `Name <a@b>`: who a message is from.

use consent::Address;

/// A name and an address, as a configuration file writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, without line ends.
    pub name: Option<String>,
    /// The address, its domain as A-label.
    pub email: String,
    domain_at: usize,
}

/// Longest display name in characters.
const NAME_LENGTH_MAX: usize = 200;

impl Mailbox {
    /// Parses `Name <a@b>`, `"Name" <a@b>`, `a@b` or `a@b (Name)`. Quotes around the whole name are undone as RFC 5322
    /// section 3.2.4 says; others belong to it. The part before the `@` must be ASCII: a sender that needs SMTPUTF8 reaches
    /// few.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.ends_with(';') && text.contains(':') {
            return Err("is a group; name one address".to_owned());
        }
        let (name, address) = parts(text);
        let name = display_name(name)?;
        if name.chars().any(char::is_control) {
            return Err("the name holds a control character".to_owned());
        }
        if name.chars().count() > NAME_LENGTH_MAX {
            return Err(format!("the name has more than {NAME_LENGTH_MAX} characters"));
        }
        let address = Address::email(address).map_err(|error| error.to_string())?;
        let local = address.raw().rsplit_once('@').map_or("", |(local, _)| local);
        if !local.is_ascii() {
            return Err("the part before the `@` must be ascii".to_owned());
        }
        let email = format!("{local}@{}", address.domain());
        let domain_at = local.len() + 1;
        Ok(Self { name: (!name.is_empty()).then_some(name), email, domain_at })
    }

    /// The domain as lower-case A-label.
    pub fn domain(&self) -> &str {
        &self.email[self.domain_at..]
    }
}

/// The name and the address, as they are written. Before RFC 5322 the name stood in brackets behind the address.
fn parts(text: &str) -> (&str, &str) {
    if let Some((name, address)) = text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        return (name.trim(), address.trim());
    }
    match text.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
        Some((address, name)) if !address.contains('"') => (name.trim(), address.trim()),
        _ => ("", text),
    }
}

/// What readers see of a name.
fn display_name(written: &str) -> Result<String, String> {
    let quoted = unquoted(written)?;
    if quoted.is_none() && written.contains(',') {
        return Err("name one address only, and put a name with a comma in double quotes".to_owned());
    }
    let name = decoded(quoted.as_deref().unwrap_or(written));
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    // `A <a@b>, C <c@d>` would come out as a name that holds the first address, which isn't where the message is from.
    let is_address = |word: &str| {
        word.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
    };
    let brackets = quoted.is_none() && name.contains(['<', '>', '@']);
    if brackets || name.split([' ', '<', '>', ',', ';', '(', ')']).any(is_address) {
        return Err("the name holds `<`, `>` or `@`; name one address only".to_owned());
    }
    Ok(name)
}

/// What a name that is one quoted string says; `None` for any other name.
fn unquoted(name: &str) -> Result<Option<String>, String> {
    let Some(inside) = name.strip_prefix('"') else { return Ok(None) };
    let mut text = String::with_capacity(inside.len());
    let mut rest = inside.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok(rest.as_str().is_empty().then_some(text)),
            '\\' => text.extend(rest.next()),
            c => text.push(c),
        }
    }
    Err("the name has an opening double quote and no closing one".to_owned())
}

/// Undoes encoded words (RFC 2047), as they are copied from other mail.
fn decoded(name: &str) -> String {
    if !name.contains("=?") || name.contains(['\r', '\n']) {
        return name.to_owned();
    }
    let header = format!("Subject: {name}\r\n\r\n");
    let message = mail_parser::MessageParser::new().parse(header.as_bytes());
    let subject = message.as_ref().and_then(|message| message.subject());
    subject.map_or_else(|| name.to_owned(), str::to_owned)
}

/// A recipient's address as the envelope and the header spell it: the local part as it came, the domain as A-label
/// (RFC 5891), unless the address is ASCII anyway.
pub(crate) fn deliverable(raw: &str) -> Option<String> {
    if raw.is_ascii() {
        return Some(raw.to_owned());
    }
    let address = Address::email(raw).ok()?;
    let (local, _) = address.raw().rsplit_once('@')?;
    Some(format!("{local}@{}", address.domain()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_usual_forms() {
        let read = |text| {
            let mailbox = Mailbox::parse(text).unwrap();
            (mailbox.name.clone(), mailbox.email.clone(), mailbox.domain().to_owned())
        };
        let some = |name: &str| Some(name.to_owned());
        let expected = ("a@b.example".to_owned(), "b.example".to_owned());
        assert_eq!(read("Ann <a@b.example>"), (some("Ann"), expected.0.clone(), expected.1.clone()));
        assert_eq!(
            read("\"Ann, B.\" <a@b.example>"),
            (some("Ann, B."), expected.0.clone(), expected.1.clone())
        );
        assert_eq!(read(" a@b.example "), (None, expected.0, expected.1));
        assert_eq!(read("Ä <a@BÜCHER.example>").1, "a@xn--bcher-kva.example");
        for bad in ["", "Ann", "Ann <a>", "A\r\nBcc: x@y.example <a@b.example>", "jürgen@b.example"] {
            assert!(Mailbox::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn more_than_one_address_is_no_name() {
        for bad in [
            "A <a@b.example>, B <b@b.example>",
            "\"A <a@b.example>, B\" <b@b.example>",
            "\"A\" <a@b.example>, \"B\" <b@b.example>",
            "a@b.example <b@b.example>",
            "a@b.example, B <b@b.example>",
            "Ann, Bob <b@b.example>",
            "\"A\", \"B\" <b@b.example>",
            "a@b.example, b@b.example",
        ] {
            assert!(Mailbox::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Mailbox::parse("\"Ann, B.\" <a@b.example>").unwrap().name.unwrap(), "Ann, B.");
    }

    #[test]
    fn names_come_out_as_they_are_meant() {
        for (written, name) in [
            (r#""The \"Best\" Shop" <a@b.example>"#, r#"The "Best" Shop"#),
            (r#""A\\B" <a@b.example>"#, r"A\B"),
            (r#"Shop "Best" <a@b.example>"#, r#"Shop "Best""#),
            (r#""Best" Shop <a@b.example>"#, r#""Best" Shop"#),
            (r#""\"Best\" Shop" <a@b.example>"#, r#""Best" Shop"#),
            (r#""Shop \"Best\"" <a@b.example>"#, r#"Shop "Best""#),
            (r#""Müller, Söhne & Co." <a@b.example>"#, "Müller, Söhne & Co."),
            ("Jürgen Müller <a@b.example>", "Jürgen Müller"),
            ("=?utf-8?q?J=C3=BCrgen?= Shop <a@b.example>", "Jürgen Shop"),
            ("\"=?UTF-8?B?SsO8cmdlbg==?=\" <a@b.example>", "Jürgen"),
            ("Shop (UK) <a@b.example>", "Shop (UK)"),
            ("a@b.example (The Shop)", "The Shop"),
            ("Joe's 12\" Pizza <a@b.example>", "Joe's 12\" Pizza"),
            ("\"Shop @ Home\" <a@b.example>", "Shop @ Home"),
            ("Shop: News; Offers <a@b.example>", "Shop: News; Offers"),
            ("\"\" <a@b.example>", ""),
            ("<a@b.example>", ""),
        ] {
            let mailbox = Mailbox::parse(written).unwrap();
            assert_eq!(
                (mailbox.name.as_deref().unwrap_or_default(), mailbox.email.as_str()),
                (name, "a@b.example")
            );
            // As others read what we write of it.
            let mut header = Vec::new();
            let address = mail_builder::headers::address::Address::new_address(
                mailbox.name.as_deref(),
                &*mailbox.email,
            );
            crate::message::field(&mut header, "From", &address);
            header.extend_from_slice(b"\r\n");
            let read = mail_parser::MessageParser::new().parse(&header).unwrap();
            let from = read.from().and_then(|from| from.first()).unwrap();
            assert_eq!(
                (from.name().unwrap_or_default(), from.address()),
                (name, Some("a@b.example")),
                "{header:?}"
            );
        }
        for bad in [
            "Shop: a@b.example;",
            "Shop: A <a@b.example>, B <b@b.example>;",
            "\"Best Shop <a@b.example>",
            "\"Best\\\" <a@b.example>",
            "\"x@y.example\" <a@b.example>",
        ] {
            assert!(Mailbox::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn domains_become_a_labels() {
        assert_eq!(deliverable("Bob@Example.COM").unwrap(), "Bob@Example.COM");
        assert_eq!(deliverable("bob@bücher.example").unwrap(), "bob@xn--bcher-kva.example");
        assert_eq!(deliverable("用户@例子.example").unwrap(), "用户@xn--fsqu00a.example");
    }
}
