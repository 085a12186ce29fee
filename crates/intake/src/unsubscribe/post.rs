//! What a POST to a link asks for.

/// Longest body that is read, in bytes. The one-click body has 26, a form of ours some hundreds.
pub const BODY_BYTES_MAX: usize = 16 * 1024;
/// Most fields in a body: the page of choices has two for each value that it shows.
const FIELDS_MAX: usize = 320;
/// Longest multipart boundary, in characters (RFC 2046 §5.1.1).
const BOUNDARY_LENGTH_MAX: usize = 70;
/// The whole body as RFC 8058 §3.2 has it, and as nearly every mailbox provider sends it.
const ONE_CLICK_BODY: &[u8] = b"List-Unsubscribe=One-Click";
const ONE_CLICK: (&str, &str) = ("List-Unsubscribe", "One-Click");
/// The field by which forms on our own pages are told from anything that a program might post.
const PAGE_MARKER: (&str, &str) = ("via", "page");

/// What the body of a POST asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Post {
    /// One-click unsubscription (RFC 8058).
    OneClick,
    /// A button on one of our pages.
    Page(Action, Fields),
    /// Anything else: nothing may change (I4).
    Neither,
}

/// A button on one of our pages, by the form's field `action`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `unsubscribe`: opt out at the link's level.
    Unsubscribe,
    /// `undo`: take the opt-out back.
    Undo,
    /// `save`: record the choices of the form.
    Save,
    /// `stop-all`: opt out of all marketing.
    StopAll,
    /// `reason`: say why, after an opt-out.
    Reason,
}

/// The fields of a form, in order, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value of a field that is there once; `None` if it is missing or there twice.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(field, _)| field == name);
        let value = found.next().map(|(_, value)| value.as_str());
        if found.next().is_some() { None } else { value }
    }

    fn names(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    fn is_just(&self, (name, value): (&str, &str)) -> bool {
        matches!(self.0.as_slice(), [(field, content)] if field == name && content.trim_ascii() == value)
    }
}

/// Reads a body. Whether it is one-click is told by the body alone, which RFC 8058 §3.2 fixes: `List-Unsubscribe=One-Click`
/// and nothing else, as a form or as `multipart/form-data`. Senders label it with other media types, or with none. A button
/// of our pages comes as `application/x-www-form-urlencoded`, as browsers send it. Whatever isn't exactly one of the two is
/// [`Post::Neither`].
pub fn parse_post(content_type: &str, body: &[u8]) -> Post {
    if body.len() > BODY_BYTES_MAX {
        return Post::Neither;
    }
    let (essence, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let trimmed = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    if trimmed == ONE_CLICK_BODY
        || multipart(parameters, trimmed).is_some_and(|fields| fields.is_just(ONE_CLICK))
    {
        return Post::OneClick;
    }
    let is_form = essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
    parse_urlencoded(trimmed).map_or(Post::Neither, |fields| classify(fields, is_form))
}

/// Reads `multipart/form-data`, by the boundary that the media type names or else by the one that the body begins with.
fn multipart(parameters: &str, body: &[u8]) -> Option<Fields> {
    let body = std::str::from_utf8(body).ok()?;
    let declared = boundary(parameters).and_then(|boundary| parse_multipart(boundary, body));
    declared.or_else(|| {
        let line = body.lines().next()?.trim_end();
        // Where the body doesn't end with its first line and two dashes, that is no delimiter.
        (line.len() <= BOUNDARY_LENGTH_MAX + 2).then(|| parse_multipart(line, body))?
    })
}

fn classify(fields: Fields, may_be_page: bool) -> Post {
    if fields.is_just(ONE_CLICK) {
        return Post::OneClick;
    }
    if !may_be_page || fields.names(ONE_CLICK.0) || fields.get(PAGE_MARKER.0) != Some(PAGE_MARKER.1) {
        return Post::Neither;
    }
    let action = match fields.get("action") {
        Some("unsubscribe") => Action::Unsubscribe,
        Some("undo") => Action::Undo,
        Some("save") => Action::Save,
        Some("stop-all") => Action::StopAll,
        Some("reason") => Action::Reason,
        _ => return Post::Neither,
    };
    Post::Page(action, fields)
}

fn parse_urlencoded(body: &[u8]) -> Option<Fields> {
    let mut fields = Vec::new();
    for pair in body.split(|byte| *byte == b'&') {
        if fields.len() == FIELDS_MAX {
            return None;
        }
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        fields.push((percent_decode(&pair[..equals])?, percent_decode(&pair[equals + 1..])?));
    }
    Some(Fields(fields))
}

/// A name or value of a form, decoded; `None` for one that no form writes.
pub(crate) fn percent_decode(text: &[u8]) -> Option<String> {
    // The library lets stand what is no escape.
    let is_escape = |behind: &[u8]| behind.get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    if !text.split(|byte| *byte == b'%').skip(1).all(is_escape) {
        return None;
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let decoded = percent_encoding::percent_decode(&spaced).decode_utf8();
    decoded.ok().map(std::borrow::Cow::into_owned)
}

/// The boundary among the parameters of a media type.
fn boundary(parameters: &str) -> Option<&str> {
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim())
    })?;
    let value = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value);
    ((1..=BOUNDARY_LENGTH_MAX).contains(&value.len()) && !value.contains('"')).then_some(value)
}

/// Reads `multipart/form-data` (RFC 7578). The example of RFC 8058 §8.3 lacks the `--` before the boundary, and senders
/// have copied it, so a body whose delimiters are the bare boundary is read too.
fn parse_multipart(boundary: &str, body: &str) -> Option<Fields> {
    let proper = format!("--{boundary}");
    let delimiter = if body.starts_with(&proper) { proper.as_str() } else { boundary };
    let mut rest = body.strip_prefix(delimiter)?;
    let mut fields = Vec::new();
    loop {
        if let Some(tail) = rest.strip_prefix("--") {
            return matches!(tail, "" | "\r\n" | "\n").then_some(Fields(fields));
        }
        if fields.len() == FIELDS_MAX {
            return None;
        }
        let (field, tail) = parse_part(delimiter, after_line_end(rest)?)?;
        fields.push(field);
        rest = tail;
    }
}

/// One part, and what follows the delimiter behind it.
fn parse_part<'a>(delimiter: &str, mut rest: &'a str) -> Option<((String, String), &'a str)> {
    let mut name = None;
    loop {
        let (line, tail) = rest.split_once('\n')?;
        rest = tail;
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            break;
        }
        let (header, value) = line.split_once(':')?;
        if header.eq_ignore_ascii_case("content-disposition") {
            name = Some(disposition_name(value)?);
        }
    }
    let at = rest.find(&format!("\n{delimiter}"))?;
    let content = rest[..at].strip_suffix('\r').unwrap_or(&rest[..at]);
    Some(((name?, content.to_owned()), &rest[at + 1 + delimiter.len()..]))
}

/// The field's name; `None` for a file, and for anything but `form-data`.
fn disposition_name(value: &str) -> Option<String> {
    let mut parts = value.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("form-data") {
        return None;
    }
    let mut name = None;
    for part in parts {
        let (key, value) = part.split_once('=')?;
        if !key.trim().eq_ignore_ascii_case("name") || name.is_some() {
            return None;
        }
        let value = value.trim();
        name = Some(
            value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value).to_owned(),
        );
    }
    name
}

fn after_line_end(text: &str) -> Option<&str> {
    text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    /// As RFC 8058 §8.3 prints it: the declared boundary starts with the three dashes of the delimiter lines.
    const RFC_8058_TYPE: &str = "multipart/form-data; boundary=---FormBoundaryjWmhtjORrn";
    const RFC_8058_BODY: &str = "---FormBoundaryjWmhtjORrn\r\n\
        Content-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\
        \r\n\
        One-Click\r\n\
        ---FormBoundaryjWmhtjORrn--";

    #[test]
    fn one_click_in_every_form_that_is_sent() {
        for (kind, body) in [
            (FORM, "List-Unsubscribe=One-Click"),
            (FORM, "List-Unsubscribe=One-Click\r\n"),
            (FORM, "List%2DUnsubscribe=One%2dClick"),
            ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "List-Unsubscribe=One-Click"),
            ("", "List-Unsubscribe=One-Click"),
            ("text/plain;charset=UTF-8", "List-Unsubscribe=One-Click"),
            ("text/plain", "\r\nList-Unsubscribe=One-Click \r\n\r\n"),
            ("text/plain", "List-Unsubscribe=One%2DClick"),
            ("application/octet-stream", "\u{feff}List-Unsubscribe=One-Click\n"),
            ("application/json", "List-Unsubscribe=One-Click"),
            ("multipart/form-data; boundary=x", "List-Unsubscribe=One-Click"),
            // The body's own boundary counts where the media type names another, or none.
            ("", RFC_8058_BODY),
            ("text/plain", RFC_8058_BODY),
            ("multipart/form-data", RFC_8058_BODY),
            ("multipart/form-data; boundary=", RFC_8058_BODY),
            ("MULTIPART/Form-Data; Boundary=x", RFC_8058_BODY),
            (FORM, RFC_8058_BODY),
            (RFC_8058_TYPE, RFC_8058_BODY),
            // With the boundary of the verified erratum the same body is well-formed.
            ("multipart/form-data; boundary=-FormBoundaryjWmhtjORrn", RFC_8058_BODY),
            ("multipart/form-data; boundary=\"-FormBoundaryjWmhtjORrn\"; charset=utf-8", RFC_8058_BODY),
            (
                "multipart/form-data; boundary=x",
                "--x\r\ncontent-type: text/plain\r\ncontent-disposition: form-data; name=List-Unsubscribe\r\n\r\nOne-Click\r\n--x--\r\n",
            ),
            (
                "multipart/form-data; boundary=x",
                "--x\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\n\nOne-Click\n--x--\n",
            ),
        ] {
            assert_eq!(parse_post(kind, body.as_bytes()), Post::OneClick, "{kind} {body}");
        }
        assert_eq!(RFC_8058_BODY.len(), 124);
    }

    #[test]
    fn anything_else_changes_nothing() {
        let part = |inner: &str| format!("--x\r\n{inner}\r\n--x--");
        let multipart = "multipart/form-data; boundary=x";
        let named = "Content-Disposition: form-data; name=\"List-Unsubscribe\"";
        for (kind, body) in [
            (FORM, String::new()),
            ("", "via=page&action=unsubscribe".into()),
            ("text/plain", "via=page&action=unsubscribe".into()),
            ("text/plain", "reason=List-Unsubscribe=One-Click".into()),
            ("text/plain", "note=x&List-Unsubscribe=One-Click".into()),
            ("text/plain", "List-Unsubscribe=One-Click&note=x".into()),
            ("text/plain", "please List-Unsubscribe=One-Click".into()),
            ("text/plain", "List-Unsubscribe=One-Click\nList-Unsubscribe=One-Click".into()),
            (FORM, "via=page&text=List-Unsubscribe%3DOne-Click".into()),
            ("application/json", r#"{"List-Unsubscribe":"One-Click"}"#.into()),
            (FORM, "List-Unsubscribe".into()),
            (FORM, "List-Unsubscribe=".into()),
            (FORM, "List-Unsubscribe=one-click".into()),
            (FORM, "list-unsubscribe=One-Click".into()),
            (FORM, "List-Unsubscribe=One-Click&List-Unsubscribe=One-Click".into()),
            (FORM, "List-Unsubscribe=One-Click&via=page&action=unsubscribe".into()),
            (FORM, "via=page".into()),
            (FORM, "via=page&action=delete".into()),
            (FORM, "via=page&via=page&action=undo".into()),
            (FORM, "action=unsubscribe".into()),
            (FORM, "via=page&action=unsubscribe&x=%f".into()),
            (FORM, "via=page&action=unsubscribe&x=%ff".into()),
            (FORM, format!("via=page&action=unsubscribe&x={}", "a".repeat(BODY_BYTES_MAX))),
            (FORM, format!("via=page&action=unsubscribe{}", "&x=1".repeat(FIELDS_MAX))),
            (
                multipart,
                part("Content-Disposition: form-data; name=\"text\"\r\n\r\nList-Unsubscribe=One-Click"),
            ),
            (multipart, part(&format!("{named}\r\n\r\nOne-Click\r\n--x\r\n{named}\r\n\r\nOne-Click"))),
            (multipart, part(&format!("{named}\r\n\r\nOne-Click")) + "tail"),
            (multipart, part(&format!("{named}\r\n\r\nOne-Click")).replace("--x--", "--x")),
            (multipart, part(&format!("{named}; filename=\"a\"\r\n\r\nOne-Click"))),
            (multipart, part("Content-Disposition: form-data; name=\"via\"\r\n\r\npage")),
            (multipart, part("\r\nOne-Click")),
            (
                "multipart/form-data",
                part("Content-Disposition: form-data; name=\"via\"\r\n\r\nList-Unsubscribe=One-Click"),
            ),
        ] {
            assert_eq!(parse_post(kind, body.as_bytes()), Post::Neither, "{kind} {body}");
        }
    }

    #[test]
    fn buttons_of_our_pages_are_told_apart() {
        let Post::Page(Action::Save, fields) =
            parse_post(FORM, b"via=page&action=save&channel=n&note=a+b%C3%A9")
        else {
            panic!("a page's form was not recognised");
        };
        assert_eq!(fields.get("channel"), Some("n"));
        assert_eq!(fields.get("note"), Some("a bé"));
        assert_eq!(fields.get("missing"), None);
        for (name, action) in [
            ("unsubscribe", Action::Unsubscribe),
            ("undo", Action::Undo),
            ("stop-all", Action::StopAll),
            ("reason", Action::Reason),
        ] {
            let post = parse_post(FORM, format!("via=page&action={name}").as_bytes());
            assert!(matches!(post, Post::Page(found, _) if found == action), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_body_panics(kind in "multipart/form-data; boundary=[a-z-]{0,3}|application/x-www-form-urlencoded", body in "[a-z=&%+:;\"\r\n-]{0,60}") {
            prop_assert!(!matches!(parse_post(&kind, body.as_bytes()), Post::OneClick));
        }

        #[test]
        fn one_click_is_told_by_the_body_alone(kind in "\\PC{0,40}") {
            for body in ["List-Unsubscribe=One-Click", RFC_8058_BODY] {
                prop_assert_eq!(parse_post(&kind, body.as_bytes()), Post::OneClick);
            }
            prop_assert_eq!(parse_post(&kind, b"text=List-Unsubscribe=One-Click"), Post::Neither);
        }
    }
}
