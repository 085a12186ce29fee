//! The rules and words of all languages, read once from the files in `data/`.

use std::collections::HashMap;
use std::sync::LazyLock;

use smallvec::SmallVec;

use super::normalise::words;
use super::pattern::{MAX_GAP, Part, Set};
pub(super) use super::written::Meaning;
use super::written::{File, Language};

/// The languages of the world's senders, one file each; `any` holds for all, `more` has the smaller ones.
const FILES: &[&str] = &[
    include_str!("data/any.toml"),
    include_str!("data/en.toml"),
    include_str!("data/en_idioms.toml"),
    include_str!("data/fr.toml"),
    include_str!("data/es.toml"),
    include_str!("data/de.toml"),
    include_str!("data/it.toml"),
    include_str!("data/pt.toml"),
    include_str!("data/nl.toml"),
    include_str!("data/sv.toml"),
    include_str!("data/no.toml"),
    include_str!("data/da.toml"),
    include_str!("data/fi.toml"),
    include_str!("data/pl.toml"),
    include_str!("data/ru.toml"),
    include_str!("data/zh.toml"),
    include_str!("data/ja.toml"),
    include_str!("data/ko.toml"),
    include_str!("data/ar.toml"),
    include_str!("data/more.toml"),
];

/// What a word is by itself; several at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Roles(u16);

impl Roles {
    /// A keyword that means no almost wherever it stands.
    pub const FIRM: Self = Self(1);
    /// A keyword that people use for other things, too (cancel, end).
    pub const LOOSE: Self = Self(1 << 1);
    /// A keyword only where it stands alone (no, baja).
    pub const ALONE: Self = Self(1 << 2);
    /// A keyword that means yes.
    pub const START: Self = Self(1 << 3);
    /// A keyword that asks for help.
    pub const HELP: Self = Self(1 << 4);
    /// Courtesy, greetings, haste.
    pub const POLITE: Self = Self(1 << 5);
    /// What an opt-out is about: texts, me, your list.
    pub const ABOUT: Self = Self(1 << 6);
    /// The same for a yes.
    pub const JOIN: Self = Self(1 << 7);
    /// The same for a call for help.
    pub const ASK: Self = Self(1 << 8);
    /// Names messages: beside it a loose keyword is a doubt.
    pub const MESSAGE: Self = Self(1 << 9);
    /// A loose keyword that is one at a message's end, too, after a word that no rule knows: "this is Ann remove".
    pub const LAST: Self = Self(1 << 10);
    /// Any of the keywords that mean no.
    pub const STOP: Self = Self(Self::FIRM.0 | Self::LOOSE.0 | Self::ALONE.0);

    /// Any of these.
    pub const fn any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }

    /// Both.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Where a rule comes from.
#[derive(Debug)]
pub(super) struct Origin {
    /// `fr.no-more`.
    pub name: String,
    /// The language, unless the rule holds for all.
    pub language: Option<&'static str>,
}

/// A rule's pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    pub parts: Vec<Part>,
    pub means: Meaning,
    /// Its rule, in [`Lexicon::origins`].
    pub origin: usize,
}

/// What is known of a word.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub roles: Roles,
    /// A bit per language; none: all.
    pub languages: u64,
    pub sets: SmallVec<[Set; 8]>,
}

/// A message that is exactly this.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exact {
    pub role: Roles,
    pub language: Option<&'static str>,
}

/// Everything that the files say.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    pub words: HashMap<String, Entry>,
    pub prefixes: HashMap<String, Entry>,
    /// Keywords without spaces.
    pub exact: HashMap<String, Exact>,
    /// Keywords that a misspelling may stand for.
    pub misspelt: Vec<(String, Roles)>,
    pub patterns: Vec<Pattern>,
    /// The patterns that begin with a word of the set.
    pub starting: Vec<Vec<usize>>,
    /// Parts of messages in scripts without spaces.
    pub parts: Vec<(String, Meaning, usize)>,
    /// Courtesy in those scripts.
    pub endings: Vec<String>,
    pub origins: Vec<Origin>,
    /// The languages by bit.
    pub languages: Vec<&'static str>,
    sets: HashMap<Vec<String>, Set>,
}

/// The one that everything uses.
pub(super) static LEXICON: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::read(FILES).expect("the files are part of the program, and a test reads them"));

/// A file says something that can't be understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum LexiconError {
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    #[error("the pattern `{0}`: {1}")]
    Pattern(String, String),
}

impl Lexicon {
    pub(super) fn read(files: &[&str]) -> Result<Self, LexiconError> {
        let mut lexicon = Self::default();
        for text in files {
            for language in toml::from_str::<File>(text)?.language {
                lexicon.add(&language)?;
            }
        }
        lexicon.sets.clear();
        Ok(lexicon)
    }

    /// All that is known of a word: its own entry and those of its beginnings.
    pub(super) fn entry(&self, word: &str) -> Option<Entry> {
        let mut found = self.words.get(word).cloned();
        let ends = word.char_indices().map(|(at, _)| at).chain([word.len()]).skip(2).take(14);
        for end in ends {
            if let Some(entry) = self.prefixes.get(&word[..end]) {
                match &mut found {
                    Some(found) => found.add(entry),
                    None => found = Some(entry.clone()),
                }
            }
        }
        found
    }

    fn add(&mut self, language: &Language) -> Result<(), LexiconError> {
        let code = self.code(&language.code);
        let bit = code
            .map_or(0, |code| self.languages.iter().position(|&other| other == code).map_or(0, |at| 1 << at));
        let kinds: [(&[String], Roles, Option<Meaning>); 5] = [
            (&language.stop, Roles::FIRM, Some(Meaning::Stop)),
            (&language.loose, Roles::LOOSE, Some(Meaning::Stop)),
            (&language.alone, Roles::ALONE, None),
            (&language.start, Roles::START, Some(Meaning::Start)),
            (&language.help, Roles::HELP, Some(Meaning::Help)),
        ];
        for (keywords, role, means) in kinds {
            for keyword in keywords {
                self.keyword(keyword, role, means, (code, bit), language)?;
            }
        }
        let lists = [
            (&language.polite, Roles::POLITE),
            (&language.about, Roles::ABOUT),
            (&language.join, Roles::JOIN),
            (&language.ask, Roles::ASK),
            (&language.message, Roles::MESSAGE),
            (&language.real, Roles::default()),
            (&language.last, Roles::LAST),
        ];
        for (list, roles) in lists {
            for word in list.split_whitespace() {
                self.word(word).mark(roles, bit);
            }
        }
        self.endings.extend(language.endings.split_whitespace().map(compact));
        for rule in &language.rule {
            let origin = self.origin(code, &rule.name);
            for pattern in &rule.words {
                self.pattern(pattern, rule.means, origin, (bit, language))?;
            }
            self.parts.extend(rule.parts.iter().map(|part| (compact(part), rule.means, origin)));
        }
        Ok(())
    }

    fn code(&mut self, code: &str) -> Option<&'static str> {
        if code == "any" {
            return None;
        }
        let known = self.languages.iter().find(|&&known| known == code).copied();
        // At most as many as there are languages in the files, once per process.
        let code = known.unwrap_or_else(|| Box::leak(code.to_owned().into_boxed_str()));
        if known.is_none() {
            self.languages.push(code);
        }
        Some(code)
    }

    fn origin(&mut self, code: Option<&'static str>, name: &str) -> usize {
        self.origins.push(Origin { name: format!("{}.{name}", code.unwrap_or("any")), language: code });
        self.origins.len() - 1
    }

    fn keyword(
        &mut self,
        keyword: &str,
        role: Roles,
        means: Option<Meaning>,
        (code, bit): (Option<&'static str>, u64),
        language: &Language,
    ) -> Result<(), LexiconError> {
        let exact = self.exact.entry(compact(keyword)).or_insert(Exact { role, language: code });
        // Of two languages: no one's in particular; and a no counts before a yes.
        if exact.language != code {
            exact.language = None;
        }
        if role.any(Roles::STOP) && !exact.role.any(Roles::STOP) {
            exact.role = role;
        }
        if language.misspelt.iter().any(|word| word == keyword) {
            self.misspelt.push((compact(keyword), role));
        }
        if words(keyword).len() == 1 {
            self.word(keyword).mark(role, bit);
        } else if let Some(means) = means {
            let origin = self.origin(code, "keyword");
            self.pattern(keyword, means, origin, (bit, language))?;
        }
        Ok(())
    }

    /// The entry of a word, or of a beginning (`text~`).
    fn word(&mut self, word: &str) -> &mut Entry {
        let normal = compact(word);
        if word.ends_with('~') {
            self.prefixes.entry(normal).or_default()
        } else {
            self.words.entry(normal).or_default()
        }
    }

    fn pattern(
        &mut self,
        written: &str,
        means: Meaning,
        origin: usize,
        (bit, language): (u64, &Language),
    ) -> Result<(), LexiconError> {
        let mut parts = Vec::new();
        for part in written.split_whitespace() {
            parts.extend(self.part(part, bit, language, written)?);
        }
        // It is looked for wherever one of the words that it can begin with stands.
        let index = self.patterns.len();
        let mut begins = false;
        for part in parts.iter().filter(|part| !matches!(part, Part::ClauseStart | Part::Start)) {
            let (Part::One(set) | Part::Maybe(set)) = *part else { break };
            self.starting[usize::from(set)].push(index);
            begins = matches!(part, Part::One(_));
            if begins {
                break;
            }
        }
        if !begins {
            return Err(LexiconError::Pattern(written.to_owned(), "must begin with a word".to_owned()));
        }
        self.patterns.push(Pattern { parts, means, origin });
        Ok(())
    }

    fn part(
        &mut self,
        part: &str,
        bit: u64,
        language: &Language,
        written: &str,
    ) -> Result<SmallVec<[Part; 2]>, LexiconError> {
        let wrong = |what: &str| LexiconError::Pattern(written.to_owned(), what.to_owned());
        match part {
            "^" => return Ok(SmallVec::from_iter([Part::ClauseStart])),
            "$" => return Ok(SmallVec::from_iter([Part::ClauseEnd])),
            "^^" => return Ok(SmallVec::from_iter([Part::Start])),
            "$$" => return Ok(SmallVec::from_iter([Part::End])),
            _ => {}
        }
        if let Some(most) = part.strip_prefix('*') {
            let most = most
                .parse()
                .ok()
                .filter(|&most| most <= MAX_GAP)
                .ok_or_else(|| wrong("a gap that isn't one"))?;
            return Ok(SmallVec::from_iter([Part::Gap(most)]));
        }
        let (not, rest) = part.strip_prefix('!').map_or((false, part), |rest| (true, rest));
        let (maybe, rest) = rest.strip_suffix('?').map_or((false, rest), |rest| (true, rest));
        let mut list = Vec::new();
        let mut ends = false;
        for word in rest.split('|') {
            if word == "$" {
                ends = true;
                continue;
            }
            if let Some(name) = word.strip_prefix('@') {
                let set = language.sets.get(name).ok_or_else(|| wrong("a set that isn't there"))?;
                list.extend(set.split_whitespace().map(str::to_owned));
            } else {
                list.push(word.to_owned());
            }
        }
        // don't is one word and n'envoyez is two: an apostrophe or a hyphen in a pattern is read as in a message.
        if let ([word], false, false) = (list.as_slice(), not || ends, maybe) {
            let several = words(word);
            if several.len() > 1 {
                return Ok(several
                    .iter()
                    .map(|word| Part::One(self.set(vec![word.text.clone()], bit)))
                    .collect());
            }
        }
        let set = self.set(list, bit);
        Ok(SmallVec::from_iter([match (not, maybe, ends) {
            (true, ..) => Part::Not(set),
            (false, true, _) => Part::Maybe(set),
            (false, false, true) => Part::OneOrEnd(set),
            (false, false, false) => Part::One(set),
        }]))
    }

    fn set(&mut self, mut list: Vec<String>, bit: u64) -> Set {
        list.sort_unstable();
        list.dedup();
        if let Some(&set) = self.sets.get(&list) {
            return set;
        }
        let set = self.starting.len() as Set;
        self.starting.push(Vec::new());
        for word in &list {
            let entry = self.word(word);
            entry.mark(Roles::default(), bit);
            entry.sets.push(set);
        }
        self.sets.insert(list, set);
        set
    }
}

impl Entry {
    fn mark(&mut self, roles: Roles, languages: u64) {
        self.roles = self.roles.with(roles);
        self.languages |= languages;
    }

    fn add(&mut self, other: &Self) {
        self.mark(other.roles, other.languages);
        self.sets.extend_from_slice(&other.sets);
    }
}

/// Normalised and without spaces.
pub(super) fn compact(text: &str) -> String {
    words(text).into_iter().map(|word| word.text).collect()
}
