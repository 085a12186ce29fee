//! What our own texts say, and whether a text says how to stop. The words are data: `data/wording.toml`.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{Class, Keywords, classify};

/// Words beside a keyword that are looked at, before it and after it.
const NEAR: usize = 2;
/// Digits of a number to which a reply goes, at least.
const NUMBER_LENGTH_MIN: usize = 4;

/// Our texts in one language; `{brand}` and `{url}` stand for the brand's name and the link.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// ISO 639-1.
    pub language: String,
    /// How to opt out by replying, to stand in a marketing text.
    pub stop: String,
    /// How to opt out by link.
    pub link: String,
    /// That an opt-out was taken.
    pub opted_out: String,
    /// That an opt-in was taken.
    pub opted_in: String,
    /// Whether an opt-in is meant.
    pub ask: String,
    /// Who this is and how to stop.
    pub help: String,
    cues: Vec<String>,
    verbs: Vec<String>,
    #[serde(default)]
    phrases: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    wording: Vec<Wording>,
}

static WORDINGS: LazyLock<Vec<Wording>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("data/wording.toml")).expect("a test reads the file");
    file.wording
});

/// The cues, verbs and phrases of all languages.
static SIGNS: LazyLock<Signs> = LazyLock::new(|| {
    let all = |list: fn(&Wording) -> &[String]| WORDINGS.iter().flat_map(list).map(String::as_str);
    Signs {
        cues: all(|wording| &wording.cues).collect(),
        verbs: all(|wording| &wording.verbs).collect(),
        phrases: all(|wording| &wording.phrases).collect(),
    }
});

struct Signs {
    cues: HashSet<&'static str>,
    verbs: HashSet<&'static str>,
    phrases: Vec<&'static str>,
}

/// Our texts in a language, given as a BCP 47 tag; English if it isn't among ours.
pub fn wording(language: Option<&str>) -> &'static Wording {
    let primary = language.unwrap_or("en").split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    // Both written forms of Norwegian.
    let primary = if matches!(&*primary, "nb" | "nn") { "no" } else { &*primary };
    WORDINGS.iter().find(|wording| wording.language == primary).unwrap_or(&WORDINGS[0])
}

/// Whether a text tells how to stop by replying: an opt-out keyword in capitals near words or a number that show what it
/// is for, or a keyword in any case after "reply" and the like. A shop that asks to stop by doesn't.
pub fn tells_how_to_stop(text: &str) -> bool {
    let lower = text.to_lowercase();
    if SIGNS.phrases.iter().any(|phrase| lower.contains(phrase)) {
        return true;
    }
    let words: Vec<&str> = words(text).collect();
    (0..words.len()).any(|at| is_keyword(words[at]) && is_explained(&words, at))
}

fn is_explained(words: &[&str], at: usize) -> bool {
    let before = &words[at.saturating_sub(NEAR)..at];
    let after = &words[at + 1..(at + 1 + NEAR).min(words.len())];
    let capitals = !words[at].chars().any(char::is_lowercase);
    let is = |set: &HashSet<&str>, word: &str| {
        let word = word.to_lowercase();
        // Scripts without spaces: the cue stands somewhere in a run of characters.
        set.contains(&*word)
            || !word.is_ascii() && set.iter().any(|cue| !cue.is_ascii() && word.contains(cue))
    };
    let number = |word: &str| word.len() >= NUMBER_LENGTH_MIN && word.bytes().all(|b| b.is_ascii_digit());
    // The verb stands before its keyword, but where it ends the sentence, as in Turkish.
    before.iter().any(|word| is(&SIGNS.verbs, word))
        || capitals
            && (before.iter().chain(after).any(|word| is(&SIGNS.cues, word))
                || after.iter().any(|word| number(word) || is(&SIGNS.verbs, word)))
}

fn is_keyword(word: &str) -> bool {
    static KEYWORDS: LazyLock<Keywords> = LazyLock::new(Keywords::default);
    let verdict = classify(word, &KEYWORDS);
    verdict.class == Class::OptOut && verdict.rule == "keyword"
}

/// Runs of letters and digits, parted where ASCII meets other scripts without an accent between: `回复TD退订` is three.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|c: char| !c.is_alphanumeric());
    runs.filter(|run| !run.is_empty()).flat_map(|run| {
        let wide = |c: char| c >= '\u{2e80}';
        let mut parts = Vec::new();
        let (mut start, mut last) = (0, None);
        for (at, c) in run.char_indices() {
            if last.is_some_and(|last| last != wide(c)) {
                parts.push(&run[start..at]);
                start = at;
            }
            last = Some(wide(c));
        }
        parts.push(&run[start..]);
        parts
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sms::{Encoding, segments};

    #[test]
    fn every_language_says_what_its_replies_are_read_for() {
        let keywords = Keywords::default();
        let capitals = |text: &str, class: Class| {
            let upper = |word: &&str| !word.chars().any(char::is_lowercase);
            words(text).filter(upper).any(|word| classify(word, &keywords).class == class)
        };
        for wording in &*WORDINGS {
            let Wording { language, opted_out, opted_in, ask, help, .. } = wording;
            assert!(tells_how_to_stop(&wording.stop), "{language}: {}", wording.stop);
            assert!(wording.link.contains("{url}"), "{language}");
            for text in [opted_out, opted_in, ask, help] {
                assert!(text.contains("{brand}"), "{language}: {text}");
                assert!(segments(&text.replace("{brand}", "Shop")).count <= 3, "{language}: {text}");
            }
            for (text, classes) in [
                (opted_out, [Class::OptIn].as_slice()),
                (opted_in, &[Class::OptOut, Class::Help]),
                (ask, &[Class::OptIn, Class::OptOut]),
                (help, &[Class::OptOut]),
            ] {
                let missing = classes.iter().find(|class| !capitals(text, **class));
                assert_eq!(missing, None, "{language}: {text}");
            }
        }
        assert_eq!(segments(&wording(Some("en-GB")).opted_out).encoding, Encoding::Gsm7);
        assert_eq!(wording(Some("nb-NO")).language, "no");
        assert_eq!(wording(Some("xx")).language, "en");
    }

    #[test]
    fn ways_to_stop_are_recognised() {
        for text in [
            "Sale! Reply STOP to opt out",
            "SALE TODAY. TXT STOP TO END",
            "20% off. STOP to end",
            "Text 'stop' to quit.",
            "Soldes! STOP au 36179",
            "Promo STOP SMS 36105",
            "Angebot! Abmelden: STOP an 12345",
            "oferta. Baja: envia BAJA al 5555",
            "Opt out: STOP",
            "特卖!回复TD退订",
            "拒收请回复R",
            "セール!配信停止は「停止」と返信",
            "Скидки! Отказ: СТОП",
            "unsub? send UNSUBSCRIBE",
            "Promo! Rispondi STOP",
            "Reply \"STOP\" to unsubscribe. Msg rates apply",
        ] {
            assert!(tells_how_to_stop(text), "{text}");
        }
        for text in [
            "",
            "Stop by the store today!",
            "STOP! Look what we have for you",
            "Don't stop now",
            "Non-stop music",
            "bus stop",
            "The end of summer sale",
            "Cancel anytime",
            "quit smoking tips",
            "Reply YES to win",
            "The music won't STOP",
        ] {
            assert!(!tells_how_to_stop(text), "{text}");
        }
    }
}
