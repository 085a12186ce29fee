//! Whether links do what they say: a text that promises more than its link does is a lie to the reader, and an opt-out lost.

use std::collections::BTreeMap;

use consent::promise::{About, covers, names, only_points, promised};
use consent::sms::tells_how_to_stop;
use consent::{Level, ListId};

use super::seen::{Link, Seen, WaysOut};
use super::{Check, Finding};
use crate::html::LinkText;

/// Characters of a link's text that a finding quotes.
const QUOTED_MAX: usize = 80;
/// A line of text this long goes on in the next one.
const WRAPPED: usize = 60;

/// A list of the workspace, by what people call it.
#[derive(Debug, Clone)]
pub(crate) struct ListNames {
    pub(crate) id: ListId,
    /// Its name and its titles.
    pub(crate) names: Vec<String>,
}

impl Check<'_> {
    /// What the links of an HTML part say.
    pub(super) fn sayings(&mut self, part: &str, seen: &Seen, ways_out: &WaysOut) {
        let mut by_url: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for Link { url, text, .. } in seen.links.iter().chain(&seen.external) {
            if let Some(level) = ways_out.level(url) {
                for saying in sayings(text) {
                    self.judge(part, &saying, level);
                }
            }
            let shown = plain(&text.shown);
            let texts = by_url.entry(url).or_default();
            if !shown.is_empty() && !texts.iter().any(|known| same(known, &shown)) {
                texts.push(shown);
            }
        }
        for texts in by_url.values() {
            if let [first, second, ..] = texts.as_slice() {
                let (first, second) = (quoted(first), quoted(second));
                self.warnings.insert(Finding {
                    part: part.to_owned(),
                    problem: format!(
                        "{first} and {second} are one and the same link; give each its own, by \
                         one_click_url(level=\"...\"), or the same words"
                    ),
                });
            }
        }
    }

    /// What plain text says beside the addresses in it.
    pub(super) fn text_sayings(&mut self, part: &str, text: &str, ways_out: &WaysOut) {
        let own = ways_out.own.iter().filter_map(|(level, url)| Some(((*level)?, url)));
        let external = ways_out.external.iter().map(|(level, url)| (*level, url));
        for (level, url) in own.chain(external) {
            for saying in beside(text, url) {
                self.judge(part, &saying, level);
            }
        }
    }

    /// What a text message promises of a reply.
    pub(super) fn reply_sayings(&mut self, part: &str, text: &str) {
        for sentence in text.split_inclusive(['.', '!', '?', '\n']).filter(|one| tells_how_to_stop(one)) {
            // What is said of a link is judged with the link.
            let said = sentence.split("http").next().unwrap_or_default();
            if tells_how_to_stop(said) && self.promise(said) == Some(Level::Any) {
                let problem = format!(
                    "{} says more than a reply does: it stops these texts, not what comes by other ways; say only \
                     that, or link one_click_url(level=\"any\")",
                    quoted(said)
                );
                self.find(part, problem);
            }
        }
    }

    fn promise(&self, text: &str) -> Option<Level> {
        let own = self.own_list();
        promised(text, &About { channel: Some(self.channel), language: self.language, list: own })
    }

    fn own_list(&self) -> &[String] {
        let own = self.lists.iter().find(|list| Some(list.id) == self.links.list);
        own.map_or(&[], |list| &list.names)
    }

    fn judge(&mut self, part: &str, saying: &str, level: Level) {
        let does = match level {
            Level::Any => return,
            Level::Channel => "the link stops one channel",
            Level::Identity => "the link stops what goes to this one address",
            Level::Subscription => "the link leaves one list",
        };
        if let Some(promise) = self.promise(saying)
            && !covers(level, promise)
        {
            let problem = format!(
                "{} says more than it does: {does} (level {}); link one_click_url(level=\"{}\"), or say only what it does",
                quoted(saying),
                level.as_str(),
                promise.as_str()
            );
            self.find(part, problem);
        }
        let others = self.lists.iter().filter(|list| Some(list.id) != self.links.list);
        let other = others.into_iter().find(|list| names(saying, &list.names));
        if level == Level::Subscription
            && let Some(other) = other
            && !names(saying, self.own_list())
        {
            let (other, own) = (other.names.first().cloned(), self.own_list().first().cloned());
            let problem = format!(
                "{} names the list {}, and the link leaves {}",
                quoted(saying),
                other.unwrap_or_default(),
                own.unwrap_or_default()
            );
            self.find(part, problem);
        }
    }
}

/// What a link says, each by itself: what is shown, and what is read out. A link that says only where to click says what its
/// sentence does.
fn sayings(text: &LinkText) -> Vec<String> {
    let shown = plain(&text.shown);
    let mut sayings: Vec<String> = text.labels.iter().map(|label| plain(label)).collect();
    let (before, after) = (last_sentence(&text.before), first_sentence(&text.after));
    if shown.is_empty() || only_points(&shown) {
        sayings.push(plain(&format!("{before} {shown} {after}")));
    } else {
        let whole = plain(&format!("{} {shown} {}", leading(before), following(after)));
        sayings.extend(Some(whole).filter(|whole| *whole != shown));
    }
    sayings.push(shown);
    sayings.retain(|saying| !saying.is_empty());
    sayings
}

/// What parts a link's words from other clauses of their sentence.
const BREAKS: [char; 13] = [',', ';', ':', '(', ')', '|', '—', '–', '·', '•', '、', '，', '：'];
/// Words for "or", which begins another choice.
const OR: [&str; 22] = [
    "or", "oder", "ou", "o", "u", "oppure", "of", "eller", "tai", "lub", "albo", "nebo", "alebo", "vagy",
    "sau", "ή", "veya", "або", "или", "או", "أو", "bzw",
];
/// Words before a link, at most, that are read with it.
const LEAD_MAX: usize = 6;

/// What leads up to a link in its clause: `From all emails <a>unsubscribe</a>`.
fn leading(before: &str) -> String {
    let clause = before.rsplit(BREAKS).next().unwrap_or_default();
    let words: Vec<&str> = clause.split_whitespace().collect();
    let from = words.iter().rposition(|word| is_or(word)).map_or(0, |at| at + 1);
    let words = &words[from..];
    if words.len() > LEAD_MAX { String::new() } else { words.join(" ") }
}

/// How a link's clause goes on behind it: `<a>Unsubscribe</a> from all emails`.
fn following(after: &str) -> String {
    let clause = after.split(BREAKS).next().unwrap_or_default();
    clause.split_whitespace().take_while(|word| !is_or(word)).collect::<Vec<_>>().join(" ")
}

fn is_or(word: &str) -> bool {
    OR.contains(&word.to_lowercase().as_str())
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether two texts say the same, but for case, spaces and punctuation.
fn same(one: &str, other: &str) -> bool {
    let letters =
        |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    letters(one) == letters(other)
}

fn quoted(text: &str) -> String {
    let text = plain(text);
    let cut = text.char_indices().nth(QUOTED_MAX).map_or(text.len(), |(at, _)| at);
    format!("\"{}{}\"", &text[..cut], if cut < text.len() { "…" } else { "" })
}

/// What ends a sentence, or parts one link from the next.
const ENDS: [&str; 10] = [". ", "! ", "? ", "。", "！", "？", " · ", " | ", "•", " – "];

fn last_sentence(text: &str) -> &str {
    let starts = ENDS.iter().filter_map(|end| text.rfind(end).map(|at| at + end.len()));
    &text[starts.max().unwrap_or(0)..]
}

fn first_sentence(text: &str) -> &str {
    let ends = ENDS.iter().filter_map(|end| text.find(end));
    let end = ends.chain(text.find(['\n', '.'])).min();
    &text[..end.unwrap_or(text.len())]
}

/// What stands beside each occurrence of an address: what leads up to it, and what follows on its line.
fn beside(text: &str, url: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(url) {
        let behind = &text[at + url.len()..];
        if behind.starts_with(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c)) {
            continue;
        }
        let before = &text[..at];
        // Not what belongs to the address before.
        let from = before.rfind("://").map_or(0, |before_at| {
            let rest = &before[before_at..];
            before_at + rest.find(|c: char| c.is_whitespace() || ">)".contains(c)).unwrap_or(rest.len())
        });
        let lead = last_lines(&before[from..]);
        let lead = last_sentence(lead.trim_end_matches(['<', '(', ' ']));
        let after = behind.split('\n').next().unwrap_or_default();
        let after = first_sentence(after.trim_start_matches(['>', ')']));
        let of_next = after.contains("://") || behind[after.len()..].trim_start().starts_with("http");
        let says = if of_next { lead.to_owned() } else { format!("{lead} {after}") };
        found.push(plain(&says));
    }
    found
}

/// The last line, with those before it that were broken only for their length.
fn last_lines(text: &str) -> &str {
    let mut from = text.len();
    loop {
        let start = text[..from].rfind('\n').map_or(0, |at| at + 1);
        let above = text[..start].trim_end_matches('\n');
        let line_above = above.rsplit('\n').next().unwrap_or_default();
        let blank_between = start > 0 && start - above.len() > 1;
        let empty = text[start..].trim_matches(['<', '(', ' ']).is_empty();
        if start == 0 || blank_between || line_above.chars().count() < WRAPPED && !empty {
            return &text[start..];
        }
        from = start - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_around_a_link_is_read_with_it() {
        let said = |before: &str, shown: &str, after: &str| {
            let text = LinkText {
                shown: shown.to_owned(),
                before: before.to_owned(),
                after: after.to_owned(),
                ..LinkText::default()
            };
            sayings(&text).remove(0)
        };
        for (before, shown, after, whole) in [
            ("", "Unsubscribe", " from all emails", "Unsubscribe from all emails"),
            ("", "Unsubscribe", " from all emails, any time", "Unsubscribe from all emails"),
            ("Von allen Newslettern ", "abmelden", "", "Von allen Newslettern abmelden"),
            ("You get all our news. ", "Unsubscribe", "", "Unsubscribe"),
            ("Manage all your lists or ", "unsubscribe", "", "unsubscribe"),
            ("", "Unsubscribe", " (you will still get all other lists)", "Unsubscribe"),
            ("", "Unsubscribe", " or manage all your lists", "Unsubscribe"),
        ] {
            assert_eq!(said(before, shown, after), whole);
        }
    }

    #[test]
    fn text_beside_an_address_is_what_it_says() {
        let url = "https://a.example/u/x";
        for (text, says) in [
            ("Stop it all: https://a.example/u/x", "Stop it all:"),
            ("Hello. Stop it <https://a.example/u/x>\nmore", "Stop it"),
            ("Offers for all\nStop it: https://a.example/u/x", "Stop it:"),
            ("Offers for all\n\nhttps://a.example/u/x", ""),
            ("Stop it:\nhttps://a.example/u/x", "Stop it:"),
            ("Leave: https://a.example/u/y Stop: https://a.example/u/x", "Stop:"),
            ("Open https://a.example/u/x to stop it.", "Open to stop it"),
            ("A · https://a.example/u/x · B: https://a.example/u/y", "A ·"),
        ] {
            assert_eq!(beside(text, url), [says], "{text}");
        }
        assert_eq!(beside("https://a.example/u/xy", url), [""; 0]);
        let wrapped = format!("{} all of it\nnow: {url}", "word ".repeat(12));
        assert!(beside(&wrapped, url)[0].ends_with("all of it now:"));
    }
}
