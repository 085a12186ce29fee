//! HTML to text: enough to read what a report says.

/// Tags that end a line.
const BREAKS: [&str; 10] = ["br", "p", "/p", "div", "/div", "tr", "/tr", "li", "td", "/h2"];
/// Tags whose content isn't text.
const SKIPPED: [&str; 3] = ["style", "script", "head"];

/// The text between the tags, entities decoded, a line per block. Linear in the length.
pub(super) fn to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        push_entities(&mut text, &rest[..start]);
        let tag = &rest[start + 1..];
        let Some(end) = tag.find('>') else {
            rest = tag;
            break;
        };
        let name: String = tag[..end]
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '/')
            .take(8)
            .collect::<String>()
            .to_ascii_lowercase();
        // An address in angle brackets that nobody escaped.
        if tag[..end].contains('@') && !tag[..end].contains('=') {
            text.push_str(&rest[start..=start + 1 + end]);
        }
        if BREAKS.contains(&name.as_str()) {
            text.push('\n');
        }
        rest = &tag[end + 1..];
        if SKIPPED.contains(&name.as_str()) {
            rest = skip_past(rest, &name);
        }
    }
    push_entities(&mut text, rest);
    text
}

fn skip_past<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut at = 0;
    while let Some(found) = rest[at..].find("</") {
        at += found + 2;
        if rest[at..].get(..name.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(name)) {
            let rest = &rest[at + name.len()..];
            return rest.split_once('>').map_or("", |(_, rest)| rest);
        }
    }
    ""
}

fn push_entities(text: &mut String, raw: &str) {
    let mut rest = raw;
    while let Some(start) = rest.find('&') {
        text.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let end = after.bytes().take(10).position(|b| b == b';');
        let decoded = end.and_then(|end| entity(&after[..end]));
        if let (Some(decoded), Some(end)) = (decoded, end) {
            text.push(decoded);
            rest = &after[end + 1..];
        } else {
            text.push('&');
            rest = after;
        }
    }
    text.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let code = name.strip_prefix('#')?;
            let code = match code.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => code.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_addresses_stay() {
        let html = "<head><style>b{}</style></head><p>Can&#39;t deliver to <b>a@b.example</b><br><c@d.example> &lt;x&gt; & &bogus; 1<2";
        assert_eq!(to_text(html), "\nCan't deliver to a@b.example\n<c@d.example> <x> & &bogus; 12");
    }

    #[test]
    fn unclosed_heads_end_the_text() {
        assert_eq!(to_text("a<style>b"), "a");
    }
}
