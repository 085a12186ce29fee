//! Pages and mail addresses of the brand's own that take an opt-out and tell us by the consent interface: they get signed
//! parameters, and no address stands in a URL.

use consent::{Address, External, Level};
use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Error, ErrorKind, State};

use crate::links::{LinkFor, Links};

/// Longest URL without its parameters, in bytes: with them it fits into a header line (RFC 5322 section 2.1.1).
const URL_LENGTH_MAX: usize = 700;
/// What we add to a URL, and so may not stand in it.
const PARAMETERS: [&str; 4] = ["params", "pid", "sig", "emailParams"];

/// A page of the brand's own: `https`, nothing in it that a header, HTML or a mail program could misread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalUrl(String);

impl ExternalUrl {
    /// Reads it; an error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("https://").ok_or("must begin with https://")?;
        if text.len() > URL_LENGTH_MAX {
            return Err(format!("is longer than {URL_LENGTH_MAX} bytes"));
        }
        if rest.contains('#') {
            return Err("must be without fragment: what stands behind a `#` isn't sent".to_owned());
        }
        if rest.bytes().any(|byte| !byte.is_ascii_graphic() || b"\"'<>\\^`{|},".contains(&byte)) {
            return Err("holds a character that must be escaped, as in `%20`".to_owned());
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        if !is_authority(&rest[..end]) {
            return Err("must name a host, without user and password".to_owned());
        }
        let query = rest.split_once('?').map_or("", |(_, query)| query);
        let mut names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
        if let Some(name) = names.find(|name| PARAMETERS.contains(name)) {
            return Err(format!("must be without `{name}`, which is added to it"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The link for one message.
    pub fn with(&self, signed: &External) -> String {
        let Self(url) = self;
        let joint = match url.bytes().last() {
            Some(b'?' | b'&') => "",
            _ if url.contains('?') => "&",
            _ => "?",
        };
        format!("{url}{joint}{}", signed.to_query())
    }
}

/// A host name or address, and perhaps a port.
fn is_authority(text: &str) -> bool {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (host, port) = if let Some((v6, rest)) = bracketed {
        (
            v6.parse::<std::net::Ipv6Addr>().is_ok(),
            rest.strip_prefix(':').or(rest.is_empty().then_some("443")),
        )
    } else {
        let (name, port) = text.split_once(':').unwrap_or((text, "443"));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        let named = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(plain);
        (named && name.len() <= 253 && !name.contains(".."), Some(port))
    };
    host && port.is_some_and(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// A mail address of the brand's own that takes opt-outs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalMail(String);

impl ExternalMail {
    /// Reads it; an error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        const PLAIN: &str =
            "must be a mail address of the characters a-z, A-Z, 0-9, `.`, `_`, `+`, `-` before the @";
        let (local, domain) = text.rsplit_once('@').ok_or(PLAIN)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
        let address = Address::email(text).map_err(|_| PLAIN)?;
        if !local.bytes().all(plain) || domain.contains(['?', '&', '%']) {
            return Err(PLAIN.to_owned());
        }
        Ok(Self(format!("{local}@{}", address.domain())))
    }

    /// The link for one message: the parameters are the subject (RFC 6068), which needs no escape.
    pub fn with(&self, signed: &External) -> String {
        format!("mailto:{}?subject={}", self.0, signed.to_mail())
    }
}

/// What a template's calls of `external_opt_out_url` say: the pages with their levels, and what is wrong with them.
///
/// Read from the source, not from a rendering: a call in a branch that no sample takes counts too.
pub(crate) fn external_pages(
    source: &str,
    found: &mut Vec<(Level, ExternalUrl)>,
    problems: &mut Vec<String>,
) {
    for call in crate::links::calls(source, NAME, "page") {
        match call.and_then(|(level, page)| read_call(level.as_deref(), page.as_deref())) {
            Ok(call) if found.contains(&call) => {}
            Ok(call) => found.push(call),
            Err(problem) => problems.push(format!("{NAME}: {problem}")),
        }
    }
}

/// The template function.
pub(crate) const NAME: &str = "external_opt_out_url";

/// What the template function answers.
pub(crate) fn page(
    state: &State<'_, '_>,
    links: &Links,
    to: LinkFor,
    arguments: &Kwargs,
) -> Result<Value, Error> {
    let (level, page) = (arguments.get::<Option<&str>>("level")?, arguments.get::<Option<&str>>("page")?);
    arguments.assert_all_used()?;
    let refuse = |problem: String| Error::new(ErrorKind::InvalidOperation, problem);
    let (level, page) = read_call(level, page).map_err(refuse)?;
    if level == Level::Subscription && links.list.is_none() {
        return Err(refuse("the message is bound to no list".to_owned()));
    }
    let signed = links.external_page(level, to);
    let url = page.with(&signed.map_err(|_| refuse("the link can't be signed".to_owned()))?);
    // `&params` would be a pilcrow sign in HTML; nothing else in the URL means anything there.
    let html = state.auto_escape() == AutoEscape::Html;
    Ok(Value::from_safe_string(if html { url.replace('&', "&amp;") } else { url }))
}

/// The arguments of one call; the level is `channel` unless said otherwise.
pub(crate) fn read_call(level: Option<&str>, page: Option<&str>) -> Result<(Level, ExternalUrl), String> {
    let level = level.map_or(Ok(Level::Channel), str::parse::<Level>);
    let level = level.map_err(|_| "the levels are any, channel, identity, subscription")?;
    let page = page.ok_or("name your page, as page=\"https://...\"")?;
    let page = ExternalUrl::parse(page).map_err(|problem| format!("the page {problem}"))?;
    Ok((level, page))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> External {
        External { params: "P".to_owned(), pid: "I".to_owned(), sig: "S".to_owned() }
    }

    #[test]
    fn parameters_join_what_is_there() {
        for (url, link) in [
            ("https://a.example", "https://a.example?params=P&pid=I&sig=S"),
            ("https://a.example:8443/out", "https://a.example:8443/out?params=P&pid=I&sig=S"),
            ("https://a.example/out?brand=x", "https://a.example/out?brand=x&params=P&pid=I&sig=S"),
            ("https://a.example/out?", "https://a.example/out?params=P&pid=I&sig=S"),
            ("https://[2001:db8::1]/?a=1&", "https://[2001:db8::1]/?a=1&params=P&pid=I&sig=S"),
        ] {
            assert_eq!(ExternalUrl::parse(url).unwrap().with(&signed()), link);
        }
        let mail = ExternalMail::parse("Out+news@Bücher.example").unwrap();
        assert_eq!(mail.with(&signed()), "mailto:Out+news@xn--bcher-kva.example?subject=v1.P.I");
    }

    #[test]
    fn what_could_be_misread_is_refused() {
        let long = format!("https://a.example/{}", "x".repeat(700));
        for url in [
            "",
            "http://a.example/out",
            "http://127.0.0.1/out",
            "HTTPS://a.example",
            "//a.example",
            "javascript:alert(1)",
            "https://",
            "https:///out",
            "https://user@a.example",
            "https://user:secret@a.example/",
            "https://a.example:port/",
            "https://a.example:0/",
            "https://a.example:+1/",
            "https://[a.example]/",
            "https://a..example/",
            "https://-a.example/",
            "https://a.example/out#top",
            "https://a.example/a b",
            "https://a.example/ä",
            "https://a.example/\r\nX: y",
            "https://a.example/>,<https://b.example",
            "https://a.example/,",
            "https://a.example/'",
            "https://a.example/?params=x",
            "https://a.example/?a=1&pid",
            "https://a.example/?sig=1",
            &long,
        ] {
            assert!(ExternalUrl::parse(url).is_err(), "{url}");
        }
        for mail in [
            "",
            "out",
            "a b@c.example",
            "o?x@c.example",
            "o%41@c.example",
            "o@",
            "o@c.example?cc=d@e.example",
            "ö@c.example",
        ] {
            assert!(ExternalMail::parse(mail).is_err(), "{mail}");
        }
    }

    #[test]
    fn calls_are_found_in_every_branch() {
        let scan = |source: &str| {
            let (mut found, mut problems) = (Vec::new(), Vec::new());
            external_pages(source, &mut found, &mut problems);
            (found, problems)
        };
        let source = "{% if false %}{{ external_opt_out_url(page='https://a.example/o', level=\"identity\") }}{% endif %}\
                      {{ external_opt_out_url( page = 'https://b.example' ) }} external_opt_out_url";
        let (found, problems) = scan(source);
        assert_eq!(problems, [""; 0]);
        let page = |url| ExternalUrl::parse(url).unwrap();
        let expected =
            [(Level::Identity, page("https://a.example/o")), (Level::Channel, page("https://b.example"))];
        assert_eq!(found, expected);
        for bad in [
            "{{ external_opt_out_url() }}",
            "{{ external_opt_out_url(page=profile.page) }}",
            "{{ external_opt_out_url(page='http://a.example') }}",
            "{{ external_opt_out_url(page='https://a.example', level='all') }}",
            "{{ external_opt_out_url(page='https://a.example', confirmation='https://a.example') }}",
            "{{ external_opt_out_url(page='https://a' ~ x) }}",
        ] {
            assert!(!scan(bad).1.is_empty(), "{bad}");
        }
    }
}
