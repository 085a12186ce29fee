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
    /// Parses `Name <a@b>`, `"Name" <a@b>` or `a@b`. The part before the `@` must be ASCII: a sender that needs
    /// SMTPUTF8 reaches few.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
            Some((name, address)) => (name.trim(), address),
            None => ("", text),
        };
        let inner = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let quoted = inner.filter(|inner| !inner.contains('"'));
        let name = quoted.unwrap_or(name).trim_matches('"').trim();
        // `A <a@b>, C <c@d>` would come out as a name that holds the first address.
        if name.contains(['<', '>', '@']) {
            return Err("the name holds `<`, `>` or `@`; name one address only".to_owned());
        }
        if quoted.is_none() && name.contains(',') {
            return Err("name one address only, and put a name with a comma in double quotes".to_owned());
        }
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
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), email, domain_at })
    }

    /// The domain as lower-case A-label.
    pub fn domain(&self) -> &str {
        &self.email[self.domain_at..]
    }
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
    fn domains_become_a_labels() {
        assert_eq!(deliverable("Bob@Example.COM").unwrap(), "Bob@Example.COM");
        assert_eq!(deliverable("bob@bücher.example").unwrap(), "bob@xn--bcher-kva.example");
        assert_eq!(deliverable("用户@例子.example").unwrap(), "用户@xn--fsqu00a.example");
    }
}
