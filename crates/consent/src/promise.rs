//! How far a text says that an opt-out reaches: "Unsubscribe from all our email" promises more than leaving one list does.
//!
//! The words are data, `promise/words.toml`, in the languages of the pages. Where two readings are possible, the wider one
//! counts (I9): a link that does more than it says harms nobody.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::{Channel, Level, is_invisible};

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

/// Words of one language as they stand in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    code: String,
    #[serde(default)]
    inside: bool,
    all: String,
    everything: String,
    none: String,
    mail: String,
    beyond: String,
    words: String,
    not: String,
    address: String,
    list: String,
    idioms: String,
    here: String,
    /// What makes a text promise everything.
    #[serde(default)]
    total: String,
    /// What begins another clause.
    #[serde(default)]
    but: String,
    /// A clause in which one of these stands says what goes on.
    #[serde(default)]
    keeps: String,
    /// Before "all" people are meant, unless messages are named behind it.
    #[serde(default)]
    whom: String,
    /// "All" of these is no message.
    #[serde(default)]
    settings: String,
}

#[derive(Deserialize)]
struct File {
    language: Vec<Listed>,
}

/// What a word can be, several of these at once.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a list of the file")]
struct Kind {
    all: bool,
    everything: bool,
    none: bool,
    mail: bool,
    beyond: bool,
    not: bool,
    whom: bool,
    settings: bool,
}

struct Language {
    code: String,
    inside: bool,
    words: HashMap<String, Kind>,
    address: Vec<Vec<String>>,
    list: Vec<Vec<String>>,
    idioms: Vec<Vec<String>>,
    here: Vec<Vec<String>>,
    total: Vec<Vec<String>>,
    but: Vec<Vec<String>>,
    keeps: Vec<Vec<String>>,
}

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("promise/words.toml")).expect("a test reads the file");
    file.language.into_iter().map(Language::of).collect()
});

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
    fn of(listed: Listed) -> Self {
        let mut words: HashMap<String, Kind> = HashMap::new();
        let mut add = |text: &str, mark: fn(&mut Kind)| {
            for word in tokens(text) {
                mark(words.entry(word).or_default());
            }
        };
        add(&listed.all, |kind| kind.all = true);
        add(&listed.everything, |kind| kind.everything = true);
        add(&listed.none, |kind| kind.none = true);
        add(&listed.mail, |kind| kind.mail = true);
        add(&listed.beyond, |kind| kind.beyond = true);
        add(&listed.not, |kind| kind.not = true);
        add(&listed.whom, |kind| kind.whom = true);
        add(&listed.settings, |kind| kind.settings = true);
        add(&listed.words, |_| ());
        let phrases =
            |text: &str| text.split('|').map(tokens).filter(|phrase| !phrase.is_empty()).collect::<Vec<_>>();
        Self {
            code: listed.code,
            inside: listed.inside,
            words,
            address: phrases(&listed.address),
            list: phrases(&listed.list),
            idioms: phrases(&listed.idioms),
            here: phrases(&listed.here),
            total: phrases(&listed.total),
            but: phrases(&listed.but),
            keeps: phrases(&listed.keeps),
        }
    }

    /// What a word of a text is; in scripts without spaces whatever is found within it.
    fn kind(&self, word: &str) -> Option<Kind> {
        if !self.inside {
            return self.words.get(word).copied();
        }
        let mut found: Option<Kind> = None;
        for kind in self.words.iter().filter(|(known, _)| word.contains(known.as_str())).map(|(_, kind)| kind)
        {
            let all = found.get_or_insert_default();
            all.all |= kind.all;
            all.everything |= kind.everything;
            all.none |= kind.none;
            all.mail |= kind.mail;
            all.beyond |= kind.beyond;
            all.not |= kind.not;
            all.whom |= kind.whom;
            all.settings |= kind.settings;
        }
        found
    }

    /// How much of a text is in this language; the one that it is said to be in wins where there are several.
    fn score(&self, tokens: &[String], said: Option<&str>) -> usize {
        let known = tokens.iter().filter(|word| self.kind(word).is_some()).count();
        let primary = said.and_then(|tag| tag.split(['-', '_']).next()).unwrap_or_default();
        let primary = if matches!(primary, "nb" | "nn") { "no" } else { primary };
        if known == 0 { 0 } else { 2 * known + usize::from(primary.eq_ignore_ascii_case(&self.code)) }
    }

    fn has(&self, tokens: &[String], phrases: &[Vec<String>]) -> bool {
        let stands = |phrase: &Vec<String>| match (self.inside, phrase.as_slice()) {
            (true, [word]) => tokens.iter().any(|token| token.contains(word.as_str())),
            // What follows may be a particle.
            (true, [first, last]) => {
                tokens.windows(2).any(|two| two[0] == *first && two[1].starts_with(last.as_str()))
            }
            _ => !find(tokens, phrase).is_empty(),
        };
        phrases.iter().any(stands)
    }

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
