//! The parameters of lists, and links to their next pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Decoded parameters, in their order.
pub(crate) type Params = Vec<(String, String)>;

/// What a value isn't escaped for: letters, digits and the unreserved signs (RFC 3986 section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The last value of a parameter.
pub(crate) fn last<'p>(params: &'p Params, name: &str) -> Option<&'p str> {
    params.iter().rev().find(|(named, _)| named == name).map(|(_, value)| value.as_str())
}

/// How many entries a page has: what `limit` says, at most `most`; `None` if it is no positive number.
pub(crate) fn limit(params: &Params, unless_said: usize, most: usize) -> Option<usize> {
    let Some(text) = last(params, "limit") else { return Some(unless_said) };
    text.trim().parse().ok().filter(|limit| *limit > 0).map(|limit: usize| limit.min(most))
}

/// A path with these parameters behind it.
pub(crate) fn link(path: &str, params: &[(&str, &str)]) -> String {
    let mut link = path.to_owned();
    for (at, (name, value)) in params.iter().enumerate() {
        link.push(if at == 0 { '?' } else { '&' });
        link.push_str(name);
        link.push('=');
        link.extend(utf8_percent_encode(value, ESCAPED));
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_escaped() {
        let params = [("type", "client"), ("property", "creationdate<5"), ("start", "a+b@c.d~é")];
        let escaped = "/addresses?type=client&property=creationdate%3C5&start=a%2Bb%40c.d~%C3%A9";
        assert_eq!(link("/addresses", &params), escaped);
        assert_eq!(link("/addresses", &[]), "/addresses");
    }
}
