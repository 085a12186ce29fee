//! A tolerant look at HTML: which links a reader can really click, and where else addresses stand.

/// One thing of interest in HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// The `href` of an `<a>` or `<area>`, its entities decoded.
    Link {
        /// The address.
        href: String,
        /// Whether a reader sees it: it has content and neither it nor what holds it is hidden.
        visible: bool,
    },
    /// A comment, with what is in it. Conditional comments of old mail programs are comments to all others.
    Comment(String),
    /// Another attribute's value, decoded.
    Attribute {
        /// Of which element.
        tag: String,
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

/// Elements whose content isn't shown.
const UNSEEN: [&str; 7] = ["script", "style", "title", "template", "noscript", "textarea", "head"];
/// Elements whose content is text up to their end tag, whatever it looks like.
const RAW: [&str; 4] = ["script", "style", "title", "textarea"];
/// Elements without end tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];
/// Deepest nesting that is followed.
const DEPTH_MAX: usize = 4096;

#[derive(Default)]
struct Scan {
    found: Vec<Found>,
    /// Open elements, and whether each hides what is in it.
    open: Vec<(String, bool)>,
    /// The open `<a>`: its place in `found`, and whether it has shown anything yet.
    link: Option<(usize, bool)>,
}

/// Looks through `html`.
pub(crate) fn scan(html: &str) -> Vec<Found> {
    let mut scan = Scan::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        scan.text(&rest[..at]);
        rest = scan.markup(&rest[at..]);
    }
    scan.text(rest);
    scan.close_link();
    scan.found
}

impl Scan {
    fn hidden(&self) -> bool {
        self.open.iter().any(|(_, hides)| *hides)
    }

    fn text(&mut self, text: &str) {
        let shows = !decode(text)
            .trim_matches(|c: char| c.is_whitespace() || "\u{200b}\u{200c}\u{200d}\u{feff}".contains(c))
            .is_empty();
        if shows && !self.hidden() {
            self.show();
        }
    }

    fn show(&mut self) {
        if let Some((_, shown)) = &mut self.link {
            *shown = true;
        }
    }

    fn close_link(&mut self) {
        if let Some((place, shown)) = self.link.take()
            && let Some(Found::Link { visible, .. }) = self.found.get_mut(place)
        {
            *visible &= shown;
        }
    }

    /// One tag or comment at the start of `text`; what comes after it.
    fn markup<'t>(&mut self, text: &'t str) -> &'t str {
        if let Some(comment) = text.strip_prefix("<!--") {
            let (inside, rest) = comment.split_once("-->").unwrap_or((comment, ""));
            self.found.push(Found::Comment(inside.to_owned()));
            return rest;
        }
        if let Some(name) = text.strip_prefix("</") {
            let (name, rest) = name.split_once('>').unwrap_or((name, ""));
            self.end(&name.trim().to_ascii_lowercase());
            return rest;
        }
        if text.starts_with("<!") || text.starts_with("<?") {
            return text.split_once('>').map_or("", |(_, rest)| rest);
        }
        if !text[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.text("<");
            return &text[1..];
        }
        self.start(&text[1..])
    }

    fn end(&mut self, name: &str) {
        if name == "a" {
            self.close_link();
        }
        if let Some(at) = self.open.iter().rposition(|(open, _)| open == name) {
            self.open.truncate(at);
        }
    }

    fn start<'t>(&mut self, text: &'t str) -> &'t str {
        let length = text.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(text.len());
        let name = text[..length].to_ascii_lowercase();
        let (attributes, rest) = attributes(&text[length..]);
        let hides = UNSEEN.contains(&&*name) || attributes.iter().any(|(name, value)| hides(name, value));
        if name == "a" {
            self.close_link();
        }
        let hidden = hides || self.hidden();
        for (attribute, value) in attributes {
            if attribute == "href" && (name == "a" || name == "area") {
                self.found.push(Found::Link { href: value.trim().to_owned(), visible: !hidden });
                if name == "a" {
                    self.link = Some((self.found.len() - 1, false));
                }
            } else {
                self.found.push(Found::Attribute { tag: name.clone(), name: attribute, value });
            }
        }
        if name == "img" && !hidden {
            self.show();
        }
        if RAW.contains(&&*name) {
            let end = find_end(rest, &name);
            return rest[end..].split_once('>').map_or("", |(_, rest)| rest);
        }
        if !VOID.contains(&&*name) && self.open.len() < DEPTH_MAX {
            self.open.push((name, hides));
        }
        rest
    }
}

/// A tag by itself.
pub(crate) struct Tag {
    /// In lower case.
    pub name: String,
    /// Whether it is an end tag.
    pub closes: bool,
    attributes: Vec<(String, String)>,
}

impl Tag {
    /// An attribute's value, decoded; empty for one without.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// The tags in `html`, in their order; those in comments and in what isn't markup left out.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            continue;
        }
        let (closes, name) = rest.strip_prefix('/').map_or((false, rest), |name| (true, name));
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let length = name.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(name.len());
        let (attributes, tail) = attributes(&name[length..]);
        let name = name[..length].to_ascii_lowercase();
        rest = if !closes && RAW.contains(&&*name) { &tail[find_end(tail, &name)..] } else { tail };
        found.push(Tag { name, closes, attributes });
    }
    found
}

/// Where `</name` begins, in any case.
fn find_end(text: &str, name: &str) -> usize {
    let mut from = 0;
    while let Some(at) = text[from..].find("</") {
        let at = from + at;
        if text
            .as_bytes()
            .get(at + 2..at + 2 + name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        {
            return at;
        }
        from = at + 2;
    }
    text.len()
}

fn hides(name: &str, value: &str) -> bool {
    match name {
        "hidden" => true,
        "style" => {
            let style: String =
                value.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
            let last_zero = |property: &str| {
                style.split(';').any(|one| {
                    one.strip_prefix(property).and_then(|rest| rest.strip_prefix(':')).is_some_and(|value| {
                        matches!(
                            value.trim_end_matches("!important"),
                            "0" | "0px" | "0.0" | "0%" | "0pt" | "0em"
                        )
                    })
                })
            };
            style.contains("display:none")
                || style.contains("visibility:hidden")
                || last_zero("font-size")
                || last_zero("opacity")
        }
        _ => false,
    }
}

/// The attributes of a tag from after its name, and what comes after the tag.
fn attributes(mut text: &str) -> (Vec<(String, String)>, &str) {
    let mut attributes = Vec::new();
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if text.is_empty() {
            return (attributes, "");
        }
        if let Some(rest) = text.strip_prefix('>') {
            return (attributes, rest);
        }
        let end = text
            .find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'))
            .unwrap_or(text.len())
            .max(1);
        let end = (end..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        let name = text[..end].to_ascii_lowercase();
        text = text[end..].trim_start();
        let value = match text.strip_prefix('=') {
            None => "",
            Some(rest) => {
                let rest = rest.trim_start();
                let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
                let (value, tail) = match quote {
                    Some(quote) => rest[1..].split_once(quote).unwrap_or((&rest[1..], "")),
                    None => rest
                        .split_at(rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len())),
                };
                text = tail;
                value
            }
        };
        attributes.push((name, decode(value)));
    }
}

/// The character references that addresses and spaces are written with.
pub(crate) fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|b| b == b';');
        let known = end.and_then(|end| Some((reference(&rest[1..end])?, end + 1)));
        let (c, length) = known.unwrap_or(('&', 1));
        decoded.push(c);
        rest = &rest[length..];
    }
    decoded.push_str(rest);
    decoded
}

fn reference(name: &str) -> Option<char> {
    const KNOWN: [(&str, char); 9] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", '\u{a0}'),
        ("sol", '/'),
        ("colon", ':'),
        ("equals", '='),
    ];
    let Some(number) = name.strip_prefix('#') else {
        return KNOWN.iter().find(|(known, _)| *known == name).map(|(_, c)| *c);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn links(html: &str) -> Vec<(String, bool)> {
        let link = |found| match found {
            Found::Link { href, visible } => Some((href, visible)),
            _ => None,
        };
        scan(html).into_iter().filter_map(link).collect()
    }

    #[test]
    fn a_link_that_readers_see() {
        for html in [
            "<a href=\"U\">x</a>",
            "<A CLASS=b HREF='U' >x</A>",
            "<a href=U>x",
            "<p>a < b <a\nhref = \"U\">x</a>",
            "<a href=\"U\"><img src=x></a>",
            "<div style=\"display:none\">pre</div><a href=U>x</a>",
            "<title><a href=no>no</title><a href=U>x</a>",
            "<a href=\"&#85;\"><b>x</b></a>",
        ] {
            assert_eq!(links(html), [("U".to_owned(), true)], "{html}");
        }
    }

    #[test]
    fn a_link_that_nobody_sees() {
        for html in [
            "<a href=U></a>",
            "<a href=U>&nbsp; \u{200b}</a>",
            "<div hidden><a href=U>x</a></div>",
            "<div style='Display : none'><p><a href=U>x</a></p></div>",
            "<a href=U style='font-size:0px'>x</a>",
            "<template><a href=U>x</a></template>",
        ] {
            assert_eq!(links(html), [("U".to_owned(), false)], "{html}");
        }
        assert_eq!(links("<!-- <a href=U>x</a> --><script>'<a href=U>x</a>'</script>"), []);
        assert_eq!(scan("<!--U-->"), [Found::Comment("U".to_owned())]);
    }

    proptest! {
        #[test]
        fn takes_anything(html in "[<>a-z/ =\"'!&;#-]{0,60}\\PC{0,10}") {
            scan(&html);
        }
    }
}
