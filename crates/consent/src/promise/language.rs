//! The languages and their words, as the file has them.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{find, tokens};

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
pub(super) struct Kind {
    pub(super) all: bool,
    pub(super) everything: bool,
    pub(super) none: bool,
    pub(super) mail: bool,
    pub(super) beyond: bool,
    pub(super) not: bool,
    pub(super) whom: bool,
    pub(super) settings: bool,
}

pub(super) struct Language {
    code: String,
    inside: bool,
    pub(super) words: HashMap<String, Kind>,
    pub(super) address: Vec<Vec<String>>,
    pub(super) list: Vec<Vec<String>>,
    pub(super) idioms: Vec<Vec<String>>,
    pub(super) here: Vec<Vec<String>>,
    pub(super) total: Vec<Vec<String>>,
    pub(super) but: Vec<Vec<String>>,
    pub(super) keeps: Vec<Vec<String>>,
}

pub(super) static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("words.toml")).expect("a test reads the file");
    file.language.into_iter().map(Language::of).collect()
});

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
    pub(super) fn kind(&self, word: &str) -> Option<Kind> {
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
    pub(super) fn score(&self, tokens: &[String], said: Option<&str>) -> usize {
        let known = tokens.iter().filter(|word| self.kind(word).is_some()).count();
        let primary = said.and_then(|tag| tag.split(['-', '_']).next()).unwrap_or_default();
        let primary = if matches!(primary, "nb" | "nn") { "no" } else { primary };
        if known == 0 { 0 } else { 2 * known + usize::from(primary.eq_ignore_ascii_case(&self.code)) }
    }

    pub(super) fn has(&self, tokens: &[String], phrases: &[Vec<String>]) -> bool {
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
}
