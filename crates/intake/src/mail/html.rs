//! HTML to text: enough to read what a report says.

use std::borrow::Cow;

use wire::markup::{Piece, read};

/// Elements that begin a line, and those that end one.
const BEGINS: [&str; 6] = ["br", "p", "div", "tr", "li", "td"];
const ENDS: [&str; 4] = ["p", "div", "tr", "h2"];
/// Elements whose content isn't text.
const SKIPPED: [&str; 3] = ["style", "script", "head"];
/// Longest address in angle brackets, in bytes.
const ADDRESS_LENGTH_MAX: usize = 320;

/// The text between the tags, character references decoded, a line per block. Linear in the length.
pub(super) fn to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut skipped: Option<String> = None;
    read(&addresses_escaped(html), |piece| match piece {
        Piece::Open(tag) if tag.name == "body" => skipped = None,
        Piece::Close(name) if skipped.as_ref() == Some(&name) => skipped = None,
        _ if skipped.is_some() => {}
        Piece::Open(tag) => {
            if BEGINS.contains(&&*tag.name) {
                text.push('\n');
            }
            if SKIPPED.contains(&&*tag.name) {
                skipped = Some(tag.name);
            }
        }
        Piece::Close(name) if ENDS.contains(&&*name) => text.push('\n'),
        Piece::Close(_) => {}
        Piece::Text(piece) => {
            text.extend(piece.chars().map(|c| if c == '\u{a0}' { ' ' } else { c }));
        }
    });
    text
}

/// Addresses in angle brackets that nobody escaped, `<ann@shop.example>`, as text: to a browser they are tags.
fn addresses_escaped(html: &str) -> Cow<'_, str> {
    let mut escaped = String::new();
    let mut done = 0;
    for (at, _) in html.match_indices('<') {
        let inside = &html[at + 1..html.floor_char_boundary(at + 1 + ADDRESS_LENGTH_MAX)];
        let end = inside.find(['<', '>', '=', '"']).filter(|end| inside[*end..].starts_with('>'));
        if end.is_some_and(|end| inside[..end].contains('@') && !inside.starts_with(['/', '!'])) {
            escaped.push_str(&html[done..at]);
            escaped.push_str("&lt;");
            done = at + 1;
        }
    }
    if done == 0 {
        return Cow::Borrowed(html);
    }
    escaped.push_str(&html[done..]);
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_addresses_stay() {
        for (html, text) in [
            (
                "<head><style>b{}</style></head><p>Can&#39;t deliver to <b>a@b.example</b><br><c@d.example> &lt;x&gt; & &bogus; 1<2",
                "\nCan't deliver to a@b.example\n<c@d.example> <x> & &bogus; 1<2",
            ),
            ("<Ann@Shop.example>: user&nbsp;unknown", "<Ann@Shop.example>: user unknown"),
            ("<a href='mailto:a@b.example'>write</a>", "write"),
            ("<a href=x>a@b.example</a>", "a@b.example"),
            ("<!-- c@d.example --><p title=\"a > b\">x</p>", "\nx\n"),
            ("<script>if (a<b) '</p>'</script>x", "x"),
            ("&Uuml;ber&shy;lauf &euro; &copy 2026", "Über\u{ad}lauf € © 2026"),
            ("<head><title>Bounce</title><body>x", "x"),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }

    #[test]
    fn unclosed_heads_end_the_text() {
        assert_eq!(to_text("a<style>b"), "a");
    }

    #[test]
    fn hostile_mail_is_read_in_time() {
        for html in ["<", "<a@", "<a@b>", "&lt;@", "<div>", "<p a@b ", "<!--", "\0<\0@\0>"] {
            let text = to_text(&html.repeat(200_000));
            assert!(text.len() <= html.len() * 200_000 * 3, "{html}");
        }
        assert_eq!(to_text(&format!("{}x", "<div>".repeat(1_000))).trim(), "x");
    }
}
