//! What of a brand's HTML reaches the reader.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

/// Stands where our form belongs, of the characters that nobody else may use (Unicode, private use).
pub(super) const PLACE: char = '\u{e000}';

/// Words and their order; no form, image, frame, script, style, nor anything that could load or run. No `class` and `id`
/// either: what looks like our own buttons and notes is ours.
const TAGS: [&str; 43] = [
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::empty();
    cleaner
        .tags(HashSet::from(TAGS))
        .clean_content_tags(HashSet::from(["script", "style", "title", "textarea", "template", "noscript"]))
        .generic_attributes(HashSet::from(["lang", "dir", "title"]))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"])), ("th", HashSet::from(["scope"]))]))
        .url_schemes(HashSet::from(["https", "mailto", "tel"]))
        // Only to another part of the page: anything else could be taken for a page of ours, or be another's host.
        .url_relative(UrlRelative::Custom(Box::new(part_only)))
        .attribute_filter(|_, _, value| Some(value.replace(PLACE, "").into()))
        .link_rel(Some("noopener noreferrer nofollow"))
        .strip_comments(true);
    cleaner
});

fn part_only(url: &str) -> Option<Cow<'_, str>> {
    let name = url.strip_prefix("?page=")?;
    let plain =
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte));
    plain.then_some(Cow::Borrowed(url))
}

/// Sanitises.
pub(super) fn clean(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_links_stay() {
        for same in ["<h1>News</h1><p lang=\"de\">Ja <strong>gern</strong></p>", "<ul><li>one</li></ul>"] {
            assert_eq!(clean(same), same);
        }
        let link = clean("<a href=\"https://lumen.example/x\">x</a><a href='?page=more'>y</a>");
        assert!(
            link.contains("href=\"https://lumen.example/x\"") && link.contains("href=\"?page=more\""),
            "{link}"
        );
    }

    #[test]
    fn nothing_runs_loads_posts_or_hides() {
        for bad in [
            "<script>alert(1)</script>",
            "<ScRiPt src=//x.example></sCrIpT>",
            "<img src=x onerror=alert(1)>",
            "<svg/onload=alert(1)>",
            "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
            "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<a href=\"jav&#x09;ascript:alert(1)\">x</a>",
            "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
            "<a href=\"//x.example/\">x</a>",
            "<a href=\"../u/x\">x</a>",
            "<a href=\"http://x.example\">x</a>",
            "<iframe src=https://x.example></iframe>",
            "<object data=x></object><embed src=x>",
            "<form action=https://x.example><input name=a><button>Go</button></form>",
            "<input form=f formaction=https://x.example>",
            "<p style=\"background:url(https://x.example/?a)\">x</p>",
            "<style>p{background:url(https://x.example)}</style>",
            "<link rel=stylesheet href=https://x.example>",
            "<meta http-equiv=refresh content='0;url=https://x.example'>",
            "<base href=https://x.example>",
            "<p class=act id=main onclick=alert(1)>x</p>",
            "<table background=https://x.example><td background=https://x.example>x</table>",
            "<video poster=https://x.example><source src=https://x.example></video>",
            "<!--[if IE]><script>alert(1)</script><![endif]-->",
        ] {
            let clean = clean(bad).to_ascii_lowercase();
            // What is left is text and plain elements: no attribute that acts, no element that does.
            let tags: Vec<_> = clean.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()).collect();
            for tag in &tags {
                let name = tag.trim_start_matches('/').split(' ').next().unwrap();
                assert!(TAGS.contains(&name), "{bad} {clean}");
                for word in ["style", "onclick", "onerror", "class=", "id=", "href=", "background", "src"] {
                    assert!(!tag.contains(word), "{bad} {clean}");
                }
            }
        }
    }

    #[test]
    fn the_form_stands_among_elements_only() {
        assert_eq!(clean("<p title=\"\u{e000}\">\u{e000}</p>"), "<p title=\"\">\u{e000}</p>");
    }
}
