//! The text part of a message that comes with HTML only.

use html2text::config;
use html2text::render::TextDecorator;

/// Columns of the text.
const WIDTH: usize = 76;
/// Columns while a template is turned into text: no line is wrapped then.
const WIDTH_UNWRAPPED: usize = 100_000;
/// Stands for template tags while HTML is turned into text: private use, plane 15.
const PLACEHOLDER_FIRST: u32 = 0xf_0000;
/// Most tags in a template that is turned into text as a whole.
const TAGS_MAX: usize = 0xfff0;

/// Text for rendered HTML; `None` if it can't be read at all.
pub(crate) fn from_html(html: &str) -> Option<String> {
    let text = config::with_decorator(Inline::default())
        .raw_mode(true)
        .no_link_wrapping()
        .allow_width_overflow()
        .string_from_read(html.as_bytes(), WIDTH_UNWRAPPED)
        .ok()?;
    Some(tidy(&text))
}

/// Turns an HTML template into a text template, so that the HTML of each message needn't be parsed. `None` where the
/// result could differ from the text of the rendered HTML in more than its spacing.
pub(crate) fn template_from_html(source: &str) -> Option<String> {
    if source.chars().any(|c| u32::from(c) >= PLACEHOLDER_FIRST) {
        return None;
    }
    let mut tags: Vec<&str> = Vec::new();
    let mut html = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        let (before, tag) = rest.split_at(at);
        html.push_str(before);
        let end = match tag.as_bytes().get(1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => {
                html.push('{');
                rest = &tag[1..];
                continue;
            }
        };
        let length = 2 + tag[2..].find(end)? + 2;
        let (tag, tail) = tag.split_at(length);
        rest = tail;
        if end == "#}" {
            continue;
        }
        if !is_plain(tag) || tags.len() >= TAGS_MAX {
            return None;
        }
        html.push(char::from_u32(PLACEHOLDER_FIRST + u32::try_from(tags.len()).ok()?)?);
        tags.push(tag);
    }
    html.push_str(rest);
    restore(&from_html(&html)?, &tags)
}

/// Whether the tag means the same in text: no filter that makes or undoes HTML, no statement that moves content.
fn is_plain(tag: &str) -> bool {
    let inner = tag[2..tag.len() - 2].trim_matches(['-', '+']).trim();
    if ["safe", "escape", "|e", "| e", "tojson", "\"", "'"].iter().any(|word| inner.contains(word))
        && tag.starts_with("{{")
    {
        // Texts are fine as long as they can't end the tag early or hold HTML.
        let harmless =
            !["safe", "escape", "|e", "| e", "tojson", "<", "&"].iter().any(|word| inner.contains(word));
        return harmless;
    }
    let word = inner.split([' ', '\n', '\t', '\r']).next().unwrap_or_default();
    tag.starts_with("{{")
        || matches!(word, "if" | "elif" | "else" | "endif" | "for" | "endfor")
        || (word == "set" && inner.contains('='))
}

/// Puts the tags back. Every statement must have come through, in order: HTML moves or drops text in some places.
fn restore(text: &str, tags: &[&str]) -> Option<String> {
    if ["{{", "{%", "{#"].iter().any(|open| text.contains(open)) {
        return None;
    }
    let mut statements =
        tags.iter().enumerate().filter(|(_, tag)| tag.starts_with("{%")).map(|(index, _)| index);
    let mut result = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        match u32::from(c).checked_sub(PLACEHOLDER_FIRST) {
            Some(index) => {
                let tag = tags.get(index as usize)?;
                if tag.starts_with("{%") && statements.next() != Some(index as usize) {
                    return None;
                }
                result.push_str(tag);
            }
            None => result.push(c),
        }
    }
    statements.next().is_none().then_some(result)
}

/// Long rules cut short, no more than one empty line in a row, no spaces at line ends.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut empty = true;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            if !empty {
                tidied.push('\n');
            }
            empty = true;
            continue;
        }
        empty = false;
        tidied.push_str(if line.chars().all(|c| c == '─') { "--------" } else { line });
        tidied.push('\n');
    }
    tidied.truncate(tidied.trim_end().len());
    tidied.push('\n');
    tidied
}

/// Breaks lines at spaces. Words, and so addresses of pages, stay whole.
pub(crate) fn wrap(text: &str, out: &mut String) {
    out.reserve(text.len() + text.len() / 32);
    for line in text.lines() {
        if line.len() <= WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            continue;
        }
        let mut column = 0;
        for word in line.split(' ') {
            let width = if word.is_ascii() { word.len() } else { word.chars().count() };
            if column > 0 && column + 1 + width > WIDTH {
                out.truncate(out.trim_end_matches(' ').len());
                out.push('\n');
                column = 0;
            } else if column > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += width;
        }
        out.push('\n');
    }
}

/// Writes a link's address right after its text, where it also is when the link stands in a loop.
#[derive(Clone, Default)]
struct Inline {
    links: Vec<String>,
}

impl TextDecorator for Inline {
    type Annotation = ();

    fn decorate_link_start(&mut self, url: &str) -> (String, ()) {
        self.links.push(url.to_owned());
        (String::new(), ())
    }

    fn decorate_link_end(&mut self) -> String {
        self.links.pop().filter(|url| !url.is_empty()).map(|url| format!(" <{url}>")).unwrap_or_default()
    }

    fn decorate_em_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_em_end(&self) -> String {
        String::new()
    }

    fn decorate_strong_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_strong_end(&self) -> String {
        String::new()
    }

    fn decorate_strikeout_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_strikeout_end(&self) -> String {
        String::new()
    }

    fn decorate_code_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_code_end(&self) -> String {
        String::new()
    }

    fn decorate_preformat_first(&self) {}

    fn decorate_preformat_cont(&self) {}

    fn decorate_image(&mut self, _src: &str, title: &str) -> (String, ()) {
        (title.to_owned(), ())
    }

    fn header_prefix(&self, _level: usize) -> String {
        String::new()
    }

    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }

    fn unordered_item_prefix(&self) -> String {
        "* ".to_owned()
    }

    fn ordered_item_prefix(&self, i: i64) -> String {
        format!("{i}. ")
    }

    fn make_subblock_decorator(&self) -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_text_and_links() {
        let html = "<h1>Hi</h1><p>One <b>two</b> <a href=\"https://a.example/u/x\">no more</a></p><hr>\
                    <table><tr><td>a</td><td>b</td></tr></table><!-- hidden -->";
        let text = from_html(html).unwrap();
        assert!(text.contains("One two no more <https://a.example/u/x>"), "{text}");
        assert!(text.lines().all(|line| line.len() < 80), "{text}");
        assert!(!text.contains("hidden"));
    }

    #[test]
    fn a_template_becomes_a_text_template() {
        let html = "<style>p{color:red}</style><p>Hello {{ profile.name }}{# no #}</p>{% if profile.vip %}<p class=\"{{ c }}\">\
                    <a href=\"{{ unsubscribe_url }}\">off</a></p>{% endif %}";
        let text = template_from_html(html).unwrap();
        assert!(text.contains("Hello {{ profile.name }}"), "{text}");
        assert!(text.contains("off <{{ unsubscribe_url }}>"), "{text}");
        assert!(text.contains("{% if profile.vip %}") && text.contains("{% endif %}"), "{text}");
        assert!(!text.contains("{{ c }}") && !text.contains("no"), "{text}");
    }

    #[test]
    fn a_template_that_html_would_tear_is_left_alone() {
        for html in [
            "{{ profile.bio|safe }}",
            "{% macro x() %}a{% endmacro %}",
            "<p {% if a %}class=x{% endif %}>a</p>",
            "{% raw %}{{{% endraw %}",
            "a {{ b",
        ] {
            assert_eq!(template_from_html(html), None, "{html}");
        }
    }

    #[test]
    fn wraps_between_words() {
        let url = format!("https://a.example/{}", "x".repeat(100));
        let mut out = String::new();
        wrap(&format!("{} {url} end\nshort", "word ".repeat(20).trim_end()), &mut out);
        assert!(out.lines().all(|line| line.len() <= 76 || line == url), "{out}");
        assert!(out.ends_with("end\nshort\n"));
    }
}
