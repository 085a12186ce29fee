//! How far a text says that an opt-out reaches: "Unsubscribe from all our email" promises more than leaving one list does.
//!
//! The words are data, `promise/words.toml`, in the languages of the pages. Where two readings are possible, the wider one
//! counts (I9): a link that does more than it says harms nobody.

mod language;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::{Channel, Level, is_invisible};

use self::language::{Kind, LANGUAGES, Language};

/// Words between one such as "no" and what there is to be none of, at most.
const NONE_REACHES: usize = 3;
/// Words before a quantifier that can take it back.
const NOT_REACHES: usize = 2;
/// Words between "all" and the settings that it is about, at most: "all your email preferences".
const SETTINGS_REACH: usize = 3;
/// Words between "all" and the list that it is about, at most: "all issues of the Brew Letter".
const LIST_REACHES: usize = 4;
/// Longest text that is read, in bytes: links say less.
const TEXT_MAX: usize = 2_000;
/// After these, "all" isn't about the list that is named behind them.
const JOINERS: [&str; 26] = [
    "and",
    "not",
    "only",
    "just",
    "also",
    "other",
    "including",
    "plus",
    "und",
    "nicht",
    "auch",
    "et",
    "pas",
    "aussi",
    "y",
    "e",
    "i",
    "a",
    "og",
    "och",
    "en",
    "ja",
    "nie",
    "ook",
    "ve",
    "και",
];
/// Words of text messages and the like, in mail.
const BESIDE_MAIL: [&str; 20] = [
    "sms",
    "mms",
    "rcs",
    "whatsapp",
    "push",
    "texts",
    "texting",
    "phone",
    "telephone",
    "telefon",
    "téléphone",
    "teléfono",
    "telefono",
    "telefone",
    "calls",
    "смс",
    "短信",
    "簡訊",
    "문자",
    "tekstiviestit",
];
/// Words of mail, in text messages; whatever begins so.
const BESIDE_TEXTS: [&str; 12] = [
    "email",
    "epost",
    "mail",
    "mejl",
    "correo",
    "courriel",
    "correio",
    "sähköposti",
    "邮件",
    "郵件",
    "メール",
    "이메일",
];

/// What a text stands in.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// What the message goes out on; `None` for a page.
    pub channel: Option<Channel>,
    /// BCP 47 tag of the text, where it is known.
    pub language: Option<&'a str>,
    /// The names and titles of the list that the message is bound to.
    pub list: &'a [String],
}

/// How far an opt-out must reach for a text to be true; `None` where it promises nothing by its words.
pub fn promised(text: &str, about: &About<'_>) -> Option<Level> {
    let text = &text[..text.floor_char_boundary(TEXT_MAX)];
    let clauses: Vec<Vec<String>> = text.split(ends_clause).map(tokens).collect();
    let tokens = clauses.concat();
    let scores = LANGUAGES.iter().map(|language| language.score(&tokens, about.language));
    let scores: Vec<usize> = scores.collect();
    let best = scores.iter().copied().max().filter(|best| *best > 0)?;
    let likely = LANGUAGES.iter().zip(scores).filter(|(_, score)| *score == best);
    likely.filter_map(|(language, _)| language.promised(&clauses, about)).max_by_key(|level| reach(*level))
}

/// Whether an opt-out at a level keeps what a text promised.
pub fn covers(level: Level, promised: Level) -> bool {
    match (level, promised) {
        (Level::Any, _) | (Level::Channel | Level::Identity, Level::Subscription) => true,
        (Level::Channel, promised) => promised != Level::Any,
        (level, promised) => level == promised,
    }
}

/// Whether a link says no more than where to click: its sentence says what it does then.
pub fn only_points(text: &str) -> bool {
    let tokens = tokens(text);
    LANGUAGES.iter().any(|language| language.here.contains(&tokens))
}

/// Whether a text names a list, by one of its names or titles. Those that are words for any list name none.
pub fn names(text: &str, list: &[String]) -> bool {
    let text = tokens(text);
    list.iter().map(|name| tokens(name)).any(|name| !is_generic(&name) && !find(&text, &name).is_empty())
}

fn is_generic(name: &[String]) -> bool {
    let listed = |word: &String| {
        let known = LANGUAGES.iter().filter_map(|language| language.words.get(word));
        word.len() < 3 || known.into_iter().any(|kind| kind.mail || kind.beyond)
    };
    name.iter().all(listed)
}

const fn reach(level: Level) -> u8 {
    match level {
        Level::Subscription => 0,
        Level::Identity => 1,
        Level::Channel => 2,
        Level::Any => 3,
    }
}

/// Words in lower case, without accents, `E-Mail` as one.
fn tokens(text: &str) -> Vec<String> {
    let hyphens = |c: char| if matches!(c, '\u{2010}'..='\u{2013}') { '-' } else { c };
    // What nobody sees takes no word apart.
    let seen = text.chars().filter(|c| !is_invisible(*c));
    let folded: String = seen.nfkd().filter(|c| !is_combining_mark(*c)).map(hyphens).collect();
    let folded: String = folded.nfc().collect::<String>().to_lowercase();
    let folded = folded.replace("e-mail", "email").replace("e-post", "epost").replace('ı', "i");
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Punctuation between clauses.
fn ends_clause(c: char) -> bool {
    matches!(c, '(' | ')' | '.' | ',' | ';' | ':' | '!' | '?' | '|' | '\n' | '—' | '–' | '•' | '·')
        || matches!(c, '（' | '）' | '。' | '、' | '，' | '；' | '：' | '！' | '？' | '،' | '؛' | '؟')
}

/// Where a phrase begins.
fn find(text: &[String], phrase: &[String]) -> Vec<usize> {
    if phrase.is_empty() {
        return Vec::new();
    }
    let windows = text.windows(phrase.len()).enumerate();
    windows.filter(|(_, window)| *window == phrase).map(|(at, _)| at).collect()
}

impl Language {
    /// The words of clauses that don't say what goes on: "you will still get all other lists".
    fn promising(&self, clauses: &[Vec<String>]) -> Vec<String> {
        let begins = |word: &String| self.but.iter().any(|but| but.as_slice() == std::slice::from_ref(word));
        let parts = clauses.iter().flat_map(|clause| clause.chunk_by(|_, next| !begins(next)));
        parts.filter(|part| !self.has(part, &self.keeps)).flatten().cloned().collect()
    }

    fn promised(&self, clauses: &[Vec<String>], about: &About<'_>) -> Option<Level> {
        let mut tokens = self.promising(clauses);
        if self.has(&tokens, &self.total) {
            return Some(Level::Any);
        }
        for idiom in &self.idioms {
            for at in find(&tokens, idiom) {
                tokens[at..at + idiom.len()].iter_mut().for_each(String::clear);
            }
        }
        let kinds: Vec<Kind> = tokens.iter().map(|word| self.kind(word).unwrap_or_default()).collect();
        let counting = (0..tokens.len()).filter(|at| counts(&kinds, *at) && !about_list(&tokens, *at, about));
        let counting: Vec<usize> = counting.collect();
        let whole = !counting.is_empty();
        let any_all = (0..tokens.len()).any(|at| counts(&kinds, at));
        let (mail, beyond) = (kinds.iter().any(|kind| kind.mail), kinds.iter().any(|kind| kind.beyond));
        let beside = is_beside(&tokens, about.channel);
        if beside && (whole || mail && !kinds.iter().any(|kind| kind.not)) {
            return Some(Level::Any);
        }
        if !whole {
            return any_all.then_some(Level::Subscription);
        }
        if self.has(&tokens, &self.address) {
            return Some(Level::Identity);
        }
        if self.has(&tokens, &self.list) {
            return Some(Level::Subscription);
        }
        let everything = counting.iter().any(|at| kinds[*at].everything);
        Some(if (beyond || everything) && !mail { Level::Any } else { Level::Channel })
    }
}

/// Whether the word at a place says that all is meant, or nothing.
fn counts(kinds: &[Kind], at: usize) -> bool {
    let kind = kinds[at];
    let before = &kinds[at.saturating_sub(NOT_REACHES)..at];
    let behind = &kinds[at + 1..(at + 1 + NONE_REACHES).min(kinds.len())];
    let names_mail = behind.iter().any(|kind| kind.mail || kind.beyond);
    let of_something = kind.mail || kind.beyond || names_mail;
    let of_people = at > 0 && kinds[at - 1].whom && !names_mail;
    let of_settings = kinds[at + 1..].iter().take(SETTINGS_REACH).any(|kind| kind.settings);
    if of_people || of_settings {
        return false;
    }
    (kind.all || kind.everything) && (kind.none || !before.iter().any(|kind| kind.not))
        || kind.none && of_something
}

/// Whether "all" at a place is about the list that is named behind it.
fn about_list(tokens: &[String], at: usize, about: &About<'_>) -> bool {
    let behind = &tokens[at + 1..];
    about.list.iter().map(|name| self::tokens(name)).any(|name| {
        find(behind, &name).first().is_some_and(|distance| {
            *distance <= LIST_REACHES
                && !behind[..*distance].iter().any(|word| JOINERS.contains(&word.as_str()))
        })
    })
}

/// Whether another channel is named than the one that the message goes out on.
fn is_beside(words: &[String], channel: Option<Channel>) -> bool {
    let folded = |list: &[&str]| list.iter().flat_map(|word| tokens(word)).collect::<Vec<_>>();
    match channel {
        None => false,
        Some(Channel::Email) => {
            let beside = folded(&BESIDE_MAIL);
            words
                .iter()
                .any(|word| beside.iter().any(|one| word == one || !one.is_ascii() && word.contains(one)))
        }
        Some(_) => {
            let beside = folded(&BESIDE_TEXTS);
            words.iter().any(|word| beside.iter().any(|one| word.starts_with(one.as_str())))
        }
    }
}

#[cfg(test)]
mod tests;
