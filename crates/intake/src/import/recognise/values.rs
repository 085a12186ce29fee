//! Words in cells that say whether somebody may be mailed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use serde::Deserialize;

use super::plain::{squash_ascii, squash_into, squashed};
use super::text;

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::import) enum Said {
    Refused,
    Bounced,
    Complained,
    /// Never agreed to anything.
    Never,
    Pending,
    Agreed,
    No,
    Yes,
    /// The state of something else: a sale, an order.
    Unrelated,
}

impl Said {
    /// Whether it means that nothing may be sent, in any column about consent.
    pub(in crate::import) const fn withholds(self) -> bool {
        !matches!(self, Self::Agreed | Self::Yes | Self::Unrelated)
    }
}

#[derive(Deserialize)]
struct File {
    values: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    means: Said,
    words: Vec<String>,
    here: Vec<String>,
}

struct Words {
    /// What each word says, and whether it does so in any column.
    known: HashMap<String, (Said, bool)>,
    /// Beginnings of words that tell in any column, as they may stand in a squashed line.
    telling: AhoCorasick,
}

/// Letters of a telling word that a line is searched for before anything costs more.
const NEEDLE: usize = 5;
/// Longest cell that is looked at as a word or a list of words, in bytes.
const CELL_LENGTH_MAX: usize = 200;

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../data/values.toml")).expect("the values are TOML");
    let mut known = HashMap::new();
    let mut needles = Vec::new();
    for entry in &file.values {
        for (words, anywhere) in [(&entry.words, true), (&entry.here, false)] {
            for word in words {
                known.entry(key(word)).or_insert((entry.means, anywhere));
                if anywhere {
                    needles.push(needle(word));
                }
            }
        }
    }
    needles.sort();
    needles.dedup();
    let telling = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .build(needles)
        .expect("words can be searched for");
    Words { known, telling }
});

/// The beginning of the longest word of an entry: the short ones (`no`, `na`) stand in every line. Where all are short, as in
/// `do not mail`, with the word before it: addresses are full of `mail` and `out`.
fn needle(entry: &str) -> String {
    let words = entry.split(|c: char| !c.is_alphanumeric()).map(squashed).filter(|word| !word.is_empty());
    let words: Vec<String> = words.collect();
    let length = |word: &String| word.chars().count();
    let Some((at, longest)) = words.iter().enumerate().max_by_key(|(_, word)| length(word)) else {
        return String::new();
    };
    match words.get(at.wrapping_sub(1)) {
        Some(before) if length(longest) < NEEDLE => format!("{before}{longest}"),
        _ => longest.chars().take(NEEDLE).collect(),
    }
}

/// Whether a line of a file may hold a telling word: a cheap look before a dear one. The line is squashed as cells are when
/// they are compared, so whatever stands between the letters of a word hides none.
pub(in crate::import) fn telling_line(line: &[u8]) -> bool {
    thread_local! {
        static SQUASHED: RefCell<(Vec<u8>, String)> = RefCell::default();
    }
    SQUASHED.with_borrow_mut(|(plain, other)| {
        if line.is_ascii() {
            squash_ascii(line, plain);
            return WORDS.telling.is_match(&*plain);
        }
        other.clear();
        // What isn't UTF-8 costs its own cell, not the others.
        for chunk in line.utf8_chunks() {
            squash_into(chunk.valid(), other);
        }
        WORDS.telling.is_match(other.as_str())
    })
}

/// What a cell says in a column about consent.
pub(in crate::import) fn said(cell: &str) -> Option<Said> {
    if cell.len() > CELL_LENGTH_MAX {
        return None;
    }
    let key = key(cell);
    let crossed_out = !key.is_empty() && key.chars().all(is_cross);
    WORDS.known.get(&key).map(|(said, _)| *said).or_else(|| crossed_out.then_some(Said::Refused))
}

/// Signs that cross something out, with the selectors of their look.
fn is_cross(c: char) -> bool {
    matches!(
        c,
        '✗' | '✘' | '✕' | '✖' | '❌' | '❎' | '☒' | '🗙' | '⛔' | '🚫' | '🛑' | '\u{fe0e}' | '\u{fe0f}'
    )
}

/// The form in which values are compared; signs alone (`✓`) stand for themselves.
pub(in crate::import) fn key(cell: &str) -> String {
    let squashed = squashed(cell);
    if squashed.is_empty() { cell.trim().to_owned() } else { squashed }
}

/// What a cell says that says so in any column, be it one of several in a list (`VIP, unsubscribed`) or a sentence (`wants no
/// more emails`).
pub(in crate::import) fn telling(cell: &str) -> Option<Said> {
    telling_word(cell).or_else(|| text::refuses(cell).then_some(Said::Refused))
}

/// The same in a line that was looked over: `line_tells` as [`telling_line`] has it.
pub(in crate::import) fn telling_in(cell: &str, line_tells: bool) -> Option<Said> {
    let word = if line_tells { telling_word(cell) } else { None };
    word.or_else(|| text::refuses(cell).then_some(Said::Refused))
}

/// Whether a cell answers a question of any kind: a word that is known, or one of several.
pub(in crate::import) fn answers(cell: &str) -> bool {
    said(cell).is_some_and(|said| said != Said::Unrelated)
}

fn telling_word(cell: &str) -> Option<Said> {
    // A list may be long, its items aren't.
    let tells = |text: &str| {
        let known = (text.len() <= CELL_LENGTH_MAX * 4).then(|| WORDS.known.get(&key(text))).flatten();
        known.and_then(|(said, anywhere)| anywhere.then_some(*said))
    };
    tells(cell).or_else(|| tokens(cell).find_map(tells)).or_else(|| tells(&without_circumstance(cell)))
}

/// Words around a telling one that say when, or please.
const CIRCUMSTANCE: [&str; 24] = [
    "am", "seit", "vom", "on", "since", "as", "of", "at", "le", "depuis", "el", "desde", "il", "dal", "em",
    "op", "sinds", "den", "sedan", "please", "bitte", "merci", "gracias", "utc",
];
/// Most words of a text that is taken for a telling word with its circumstance.
const CIRCUMSTANCE_WORDS_MAX: usize = 9;

/// A cell without dates, numbers and the words that lead to them: `abgemeldet am 3.4.2023`.
fn without_circumstance(cell: &str) -> String {
    let words = cell.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.take(CIRCUMSTANCE_WORDS_MAX + 1).collect();
    if words.len() > CIRCUMSTANCE_WORDS_MAX {
        return String::new();
    }
    let tells = |word: &&&str| {
        !word.contains(|c: char| c.is_numeric()) && !CIRCUMSTANCE.contains(&word.to_lowercase().as_str())
    };
    words.iter().filter(tells).copied().collect::<Vec<_>>().join(" ")
}

/// The items of a cell that holds a list.
pub(in crate::import) fn tokens(cell: &str) -> impl Iterator<Item = &str> {
    let separator = |c: char| matches!(c, ',' | ';' | '|' | '[' | ']' | '{' | '}' | '"' | '\n' | '\t');
    let is_list = cell.contains(separator);
    cell.split(separator).map(str::trim).filter(move |item| is_list && !item.is_empty())
}

/// Whether a cell stands for nothing: what programs write where there is no value.
pub(in crate::import) fn means_nothing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.chars().all(|c| {
        matches!(
            c,
            '-' | '–' | '—' | '.' | '/' | '\\' | '?' | '_' | '\'' | '"' | '(' | ')' | '[' | ']' | '{' | '}'
        ) || c.is_whitespace()
    }) || ["null", "nil", "na", "nan", "undefined", "blank", "empty"].contains(&squashed(cell).as_str())
        || cell.starts_with("0000-00-00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_a_telling_word_is_looked_at_and_others_are_not() {
        let file: File = toml::from_str(include_str!("../data/values.toml")).unwrap();
        let words = file.values.iter().flat_map(|entry| &entry.words);
        for word in words.filter(|word| telling_word(word).is_some()) {
            let spaced: String = word.chars().flat_map(|c| [c, '-']).collect();
            for spelled in [word.clone(), word.to_uppercase(), word.replace(' ', "_"), spaced] {
                assert!(telling_line(format!("ann@a.example,{spelled},49").as_bytes()), "{spelled}");
            }
        }
        assert!(telling_line("x,No E-Mails please".as_bytes()));
        assert!(telling_line(b"\xff,Unsubscribed"));
        for line in ["c0,p0@mail0.example,+4915110000000,N0,y,2026-01-11", "Jörg,Straße 1,ja", "a,na,no,do,n"]
        {
            assert!(!telling_line(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn crosses_refuse_and_other_signs_are_no_empty_cells() {
        for cell in ["✗", "✘", "❌", "☒", "⛔", "✖\u{fe0f}"] {
            assert_eq!(said(cell), Some(Said::Refused), "{cell}");
            assert!(!means_nothing(cell), "{cell}");
        }
        assert!(["-", "—", "?", "n/a", "NULL", ""].into_iter().all(means_nothing));
        assert!(!["!", "☑", "★", "✓"].into_iter().any(means_nothing));
    }

    #[test]
    fn a_date_beside_a_telling_word_changes_nothing() {
        for cell in
            ["UNSUBSCRIBED 2021", "abgemeldet am 3.4.2023", "opted out 2020-01-01", "Please do not contact!"]
        {
            assert!(telling(cell).is_some_and(Said::withholds), "{cell}");
        }
        assert_eq!(telling("Was here on 3 April 2023"), None);
    }

    #[test]
    fn refusals_are_read_in_many_languages() {
        for cell in "Nein non No nej nei Nee não ei nie ne нет いいえ false 0".split(' ') {
            assert_eq!(said(cell), Some(Said::No), "{cell}");
            assert_eq!(telling(cell), None, "{cell}");
        }
        let refusals = "unsubscribed|UNSUBSCRIBED|Opted-Out|do not contact|Do_Not_Email|abgemeldet|Désabonné|baja|disiscritto|descadastrado|afgemeld|avregistrerad|afmeldt|avmeldt|peruutettu|wypisany|odhlášen|leiratkozott|dezabonat|отписан|配信停止|退订|blocklisted";
        for cell in refusals.split('|') {
            assert_eq!(said(cell), Some(Said::Refused), "{cell}");
            assert_eq!(telling(cell), Some(Said::Refused), "{cell}");
            assert!(telling_line(cell.as_bytes()), "{cell}");
            assert!(telling_line(cell.to_uppercase().as_bytes()), "{cell}");
        }
        for (cell, meant) in [
            ("cleaned", Said::Bounced),
            ("HARD_BOUNCE", Said::Bounced),
            ("Spam complaint", Said::Complained),
            ("NEVER_SUBSCRIBED", Said::Never),
            ("unconfirmed", Said::Pending),
            ("angemeldet", Said::Agreed),
            ("Ja", Said::Yes),
        ] {
            assert_eq!(said(cell), Some(meant), "{cell}");
        }
        assert_eq!(telling("VIP, unsubscribed"), Some(Said::Refused));
        assert_eq!(telling(r#"["UNSUBSCRIBE"]"#), Some(Said::Refused));
        for cell in
            ["Anna", "pro", "open", "active", "Berlin", "inactive", "", "https://x.example/unsubscribe?u=1"]
        {
            assert_eq!(telling(cell), None, "{cell}");
        }
    }

    #[test]
    fn no_word_both_withholds_and_permits() {
        let file: File = toml::from_str(include_str!("../data/values.toml")).unwrap();
        for entry in file.values.iter().filter(|entry| !entry.means.withholds()) {
            for word in entry.words.iter().chain(&entry.here) {
                assert_eq!(said(word), Some(entry.means), "{word} stands among others, too");
            }
        }
    }

    #[test]
    fn nothing_is_told_from_something() {
        for cell in ["", "-", "[]", "{}", "NULL", "n/a", "0000-00-00 00:00:00"] {
            assert!(means_nothing(cell), "{cell}");
        }
        for cell in ["0", "no", "x", "2025-01-01", "✓"] {
            assert!(!means_nothing(cell), "{cell}");
        }
    }
}
