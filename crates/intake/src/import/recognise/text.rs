//! Refusals in sentences: "wants no more emails", in a column of whatever name.
//!
//! Two readers look at a text: the phrases in `data/notes.toml`, which tell of a person, and the one for replies to text messages, which
//! knows how people refuse themselves. Both are asked only where a needle is found that one of them needs.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use consent::sms::{Class, Keywords, classify};
use serde::Deserialize;

use super::plain::{Plain, squashed};

/// Longest text that is read as one, in bytes; of a longer one each part.
const TEXT_LENGTH_MAX: usize = 6_000;
/// How much two parts of a long text have in common, in bytes: a sentence.
const OVERLAP: usize = 600;
/// Shortest one that can be a sentence, in bytes.
const TEXT_LENGTH_MIN: usize = 6;
/// Other words between two of a phrase.
const BETWEEN_MAX: usize = 2;
/// Letters of a word that a text is searched for before anything costs more.
const NEEDLE: usize = 4;

#[derive(Deserialize)]
struct File {
    about: Vec<String>,
    refusal: Vec<Refusal>,
    harmless: Vec<Harmless>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "language")]
    _language: String,
    says: Vec<String>,
    wants: Vec<String>,
}

#[derive(Deserialize)]
struct Harmless {
    says: Vec<String>,
}

/// One word of a phrase, or a beginning of words.
enum Part {
    Whole(String),
    Start(String),
}

/// Words one after the other; in scripts without spaces what a text holds.
enum Phrase {
    Words(Vec<Part>),
    Inside(String),
}

struct Phrases {
    about: Vec<Phrase>,
    says: Vec<Phrase>,
    wants: Vec<Phrase>,
    harmless: Vec<Phrase>,
    needles: AhoCorasick,
    keywords: Keywords,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../data/notes.toml")).expect("the notes are TOML");
    let phrases = |texts: &[String]| texts.iter().map(|text| Phrase::new(text)).collect::<Vec<_>>();
    let all = |of: fn(&Refusal) -> &Vec<String>| {
        file.refusal.iter().flat_map(of).map(|text| Phrase::new(text)).collect::<Vec<_>>()
    };
    let says = file.refusal.iter().flat_map(|refusal| &refusal.says);
    let mut needles: Vec<String> = file.about.iter().chain(says).flat_map(|text| needles(text)).collect();
    needles.sort();
    needles.dedup();
    Phrases {
        about: phrases(&file.about),
        says: all(|refusal| &refusal.says),
        wants: all(|refusal| &refusal.wants),
        harmless: file.harmless.iter().flat_map(|harmless| phrases(&harmless.says)).collect(),
        needles: AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(needles)
            .expect("words can be searched for"),
        keywords: Keywords::default(),
    }
});

/// The beginning of a phrase's longest word, as people write it. Accents hide a needle, which [`may_refuse`] sees to.
fn needles(phrase: &str) -> Vec<String> {
    let longest = phrase.split(' ').max_by_key(|word| word.chars().count()).unwrap_or(phrase);
    let start: String = longest.trim_end_matches('*').chars().take(NEEDLE).collect();
    vec![start.to_uppercase(), start]
}

/// Whether a cell may be a sentence that refuses: a cheap look before a dear one.
fn may_refuse(cell: &str) -> bool {
    // Most cells are one word of ASCII: an address, a number, a date.
    if !cell.bytes().any(|byte| !byte.is_ascii() || matches!(byte, b'\t'..=b'\r' | b' ')) {
        return false;
    }
    let sentence = || cell.trim().contains(char::is_whitespace) || cell.contains(is_unspaced);
    cell.len() >= TEXT_LENGTH_MIN
        && sentence()
        && (PHRASES.needles.is_match(cell) || !cell.is_ascii() && PHRASES.needles.is_match(&squashed(cell)))
}

/// Written without spaces.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// Whether a text says that somebody wants no messages.
pub(super) fn refuses(cell: &str) -> bool {
    // A part of a long text is looked at cheaply once more; a short one is its only part.
    may_refuse(cell)
        && parts(cell).any(|part| (part.len() == cell.len() || may_refuse(part)) && part_refuses(part))
}

/// A text in parts of at most [`TEXT_LENGTH_MAX`] bytes, each of which begins [`OVERLAP`] bytes before the last one's end.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        if text.len() <= TEXT_LENGTH_MAX {
            rest = None;
            return Some(text);
        }
        let end = text.floor_char_boundary(TEXT_LENGTH_MAX);
        rest = Some(&text[text.floor_char_boundary(end - OVERLAP)..]);
        Some(&text[..end])
    })
}

fn part_refuses(cell: &str) -> bool {
    // What a link is called says nothing.
    let own = cell.split_whitespace().filter(|word| !word.contains("://") && !word.contains('@'));
    let mut text = Plain::new(&without_elisions(&own.collect::<Vec<_>>().join(" ")));
    for phrase in &PHRASES.harmless {
        phrase.cut(&mut text);
    }
    let any = |phrases: &[Phrase]| phrases.iter().any(|phrase| phrase.find(&text).is_some());
    if any(&PHRASES.says) {
        return true;
    }
    any(&PHRASES.about) && (any(&PHRASES.wants) || refuses_as_reply(&text))
}

/// `plus d'emails`, `all'indirizzo`: two words, where `don't` is one.
fn without_elisions(text: &str) -> String {
    const ELIDED: [&str; 14] =
        ["l", "d", "n", "s", "j", "m", "t", "c", "qu", "dell", "all", "dall", "nell", "quest"];
    let mut apart = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        match word.split_once(['\'', '\u{2019}']) {
            Some((before, after)) if ELIDED.contains(&before.to_lowercase().as_str()) => {
                apart.extend([before, " ", after]);
            }
            _ => apart.push_str(word),
        }
    }
    apart
}

/// Whether somebody would refuse who wrote this in reply. Keywords don't count: they are words of other things in notes.
fn refuses_as_reply(text: &Plain) -> bool {
    let text = text.words.join(" ");
    let verdict = classify(&text, &PHRASES.keywords);
    verdict.class == Class::OptOut && !verdict.rule.contains("keyword")
}

impl Phrase {
    fn new(text: &str) -> Self {
        if text.contains(is_unspaced) {
            return Self::Inside(squashed(text));
        }
        let parts = text.split(' ').map(|word| match word.strip_suffix('*') {
            Some(start) => Part::Start(squashed(start)),
            None => Part::Whole(squashed(word)),
        });
        Self::Words(parts.collect())
    }

    /// Where it stands among a text's words.
    fn find(&self, text: &Plain) -> Option<(usize, usize)> {
        let parts = match self {
            Self::Inside(text_inside) => return text.squashed.contains(text_inside).then_some((0, 0)),
            Self::Words(parts) => parts,
        };
        let fits = |part: &Part, word: &str| match part {
            Part::Whole(whole) => word == whole,
            Part::Start(start) => word.starts_with(start.as_str()),
        };
        let (first, rest) = parts.split_first()?;
        let starts = (0..text.words.len()).filter(|at| fits(first, &text.words[*at]));
        starts.into_iter().find_map(|start| {
            let mut end = start + 1;
            for part in rest {
                let near = text.words.iter().enumerate().skip(end).take(BETWEEN_MAX + 1);
                end = near.into_iter().find(|(_, word)| fits(part, word))?.0 + 1;
            }
            Some((start, end))
        })
    }

    /// Takes it out of a text.
    fn cut(&self, text: &mut Plain) {
        while let Some((start, end)) = self.find(text).filter(|(start, end)| start < end) {
            text.words.drain(start..end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_refuse_are_read_in_many_languages() {
        let missed: Vec<&str> =
            include_str!("../tests/data/notes-refuse.txt").lines().filter(|text| !refuses(text)).collect();
        assert_eq!(missed, [""; 0]);
    }

    /// At whatever place of a text of whatever length.
    #[test]
    fn a_long_note_is_read_to_its_end() {
        let filler = "met on Monday and talked about shoes. ";
        for length in [5_990, 6_000, 6_010, 11_900, 12_000, 60_000] {
            let talk: String = filler.chars().cycle().take(length).collect();
            for at in [0, length / 2, length] {
                let note = format!("{}. Please do not mail. {}", &talk[..at], &talk[at..]);
                assert!(refuses(&note), "{length} {at}");
            }
            assert!(!refuses(&talk), "{length}");
            // Where two parts meet in the middle of a letter.
            let talk: String = "größer, schöner ".chars().cycle().take(length).collect();
            assert!(refuses(&format!("{talk}. Bitte keine Werbung mehr.")), "{length}");
        }
    }

    #[test]
    fn other_notes_are_left_alone() {
        let taken: Vec<&str> =
            include_str!("../tests/data/notes-other.txt").lines().filter(|text| refuses(text)).collect();
        assert_eq!(taken, [""; 0]);
    }
}
