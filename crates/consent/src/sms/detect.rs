//! The decision.

use super::hits::{Hit, hits, parts, suppress};
use super::keywords::Keywords;
use super::lexicon::{LEXICON, Meaning, Roles};
use super::normalise::{MAX_CHARS, is_unspaced, words};
use super::tokens::{Token, meant, tokens};
use super::{Class, Verdict, masked, quoted, sentence};

/// A misspelling has at least so many letters.
const MIN_TYPO_CHARS: usize = 4;
/// A keyword of so many letters may be misspelt in a message of more than two words.
const LONG_KEYWORD_CHARS: usize = 6;
/// Pieces of a keyword that was torn apart.
const TORN_PIECES_MAX: usize = 3;
/// A number of so many digits is a sender's, not an amount.
const MIN_SENDER_DIGITS: usize = 4;

/// Says what `text` asks for. Reads [`MAX_CHARS`] characters; any text is fine.
pub fn classify<'k>(text: &str, keywords: &'k Keywords) -> Verdict<'k> {
    let text = text.char_indices().nth(MAX_CHARS).map_or(text, |(end, _)| &text[..end]);
    if quoted::is_reaction(text) {
        return verdict(Class::None, "reaction");
    }
    let message = Message::read(&masked::unmasked(&quoted::own_words(text), keywords), keywords);
    if message.tokens.is_empty() {
        return verdict(Class::None, "empty");
    }
    message.decide(keywords).unwrap_or_else(|| verdict(Class::None, "nothing"))
}

const fn verdict(class: Class, rule: &str) -> Verdict<'_> {
    Verdict { class, rule, language: None, keyword: None }
}

struct Message {
    tokens: Vec<Token>,
    /// Matches of word patterns, by word.
    hits: Vec<Hit>,
    /// Matches of parts in scripts without spaces, by byte.
    parts: Vec<Hit>,
    /// The words without spaces.
    compact: String,
}

impl Message {
    fn read(text: &str, keywords: &Keywords) -> Self {
        let lexicon = &*LEXICON;
        let tokens = tokens(&words(text), lexicon, keywords);
        let compact: String = tokens.iter().map(|token| token.text.as_str()).collect();
        let parts = if compact.contains(is_unspaced) { parts(&tokens, lexicon) } else { Vec::new() };
        let mut message = Self { hits: hits(&tokens, lexicon), tokens, parts, compact };
        message.hide();
        message
    }

    /// What lies within something harmless doesn't count.
    fn hide(&mut self) {
        for hit in self.hits.iter().filter(|hit| hit.means == Meaning::Harmless) {
            for token in &mut self.tokens[hit.start..hit.end] {
                token.hidden = true;
            }
        }
        suppress(&mut self.hits);
        suppress(&mut self.parts);
    }

    fn decide<'k>(&self, keywords: &'k Keywords) -> Option<Verdict<'k>> {
        self.exact(keywords)
            .or_else(|| self.whole_hold())
            .or_else(|| self.refusal())
            .or_else(|| self.covered_stop())
            .or_else(|| self.misspelt())
            .or_else(|| self.torn())
            .or_else(|| self.own_sentence())
            .or_else(|| self.doubt())
            .or_else(|| self.beside_others())
            .or_else(|| self.covered(Roles::START, Roles::JOIN, Meaning::Start, Class::OptIn))
            .or_else(|| self.covered(Roles::HELP, Roles::ASK, Meaning::Help, Class::Help))
    }

    /// The message is a keyword, with or without a please.
    fn exact<'k>(&self, keywords: &'k Keywords) -> Option<Verdict<'k>> {
        let polite = |token: &&Token| token.entry.roles.any(Roles::POLITE);
        let from = self.tokens.iter().take_while(polite).count();
        let to = self.tokens.len() - self.tokens.iter().rev().take_while(polite).count();
        let bare: String =
            self.tokens.get(from..to).unwrap_or_default().iter().map(|token| token.text.as_str()).collect();
        let trimmed = trim_endings(&self.compact);
        for form in [self.compact.as_str(), &bare, trimmed] {
            if let Some((class, keyword)) = keywords.custom(form) {
                return Some(Verdict { class, rule: "keyword.own", language: None, keyword: Some(keyword) });
            }
        }
        // Of the built-in ones, words with courtesy around them are left to the rules that look at each word.
        let lexicon = &*LEXICON;
        let find = |form: &str| lexicon.exact.get_key_value(form);
        let (keyword, exact) = find(&self.compact).or_else(|| find(trimmed))?;
        let class = class_of(exact.role);
        Some(Verdict { class, rule: "keyword", language: exact.language, keyword: Some(keyword) })
    }

    /// A doubt that is the whole message goes before its keyword ("cancel it").
    fn whole_hold(&self) -> Option<Verdict<'static>> {
        let around = Roles::POLITE.with(Roles::ABOUT);
        let outside = |hit: &Hit| {
            self.tokens[..hit.start]
                .iter()
                .chain(&self.tokens[hit.end..])
                .all(|token| token.entry.roles.any(around) && !token.entry.roles.any(Roles::STOP))
        };
        if self.hit(Meaning::Refuse).is_some() {
            return None;
        }
        let hold = self.hits.iter().find(|hit| hit.means == Meaning::Hold && outside(hit))?;
        Some(of_rule(Class::Review, hold.origin))
    }

    fn refusal(&self) -> Option<Verdict<'static>> {
        let refusal = self.hit(Meaning::Refuse)?;
        Some(if self.contradicted() {
            verdict(Class::Review, "mixed")
        } else {
            of_rule(Class::OptOut, refusal.origin)
        })
    }

    fn hit(&self, means: Meaning) -> Option<&Hit> {
        self.hits.iter().chain(&self.parts).find(|hit| hit.means == means)
    }

    /// Something in it wants messages.
    fn contradicted(&self) -> bool {
        self.hit(Meaning::Keep).is_some()
            || self.tokens.iter().any(|token| {
                let roles = token.entry.roles;
                roles.any(Roles::START) && !roles.any(Roles::POLITE.with(Roles::ABOUT)) && !token.hidden
            })
    }

    /// Keywords, and nothing else but courtesy and what they are about.
    fn covered_stop(&self) -> Option<Verdict<'static>> {
        let keyword = covers(&self.tokens, &self.hits, 0)?;
        if self.hit(Meaning::Keep).is_some() {
            return Some(verdict(Class::Review, "mixed"));
        }
        Some(self.said(Class::OptOut, "keyword.courtesy", Some(keyword)))
    }

    /// The same for a yes and for help.
    fn covered(&self, role: Roles, about: Roles, phrase: Meaning, class: Class) -> Option<Verdict<'static>> {
        let fits = role.with(about).with(Roles::POLITE);
        let mut keyword = None;
        for (at, token) in self.tokens.iter().enumerate() {
            let in_phrase =
                self.hits.iter().any(|hit| hit.means == phrase && (hit.start..hit.end).contains(&at));
            if token.hidden || !(in_phrase || token.entry.roles.any(fits) || is_sender(&token.text)) {
                return None;
            }
            if in_phrase || token.entry.roles.any(role) {
                keyword = keyword.or(Some(token.text.as_str()));
            }
        }
        Some(self.said(class, "keyword.courtesy", Some(keyword?)))
    }

    /// One word that is almost a keyword.
    fn misspelt(&self) -> Option<Verdict<'static>> {
        let mut unknown =
            self.tokens.iter().enumerate().filter(|(_, token)| token.unknown && !is_sender(&token.text));
        let (at, token) = unknown.next()?;
        if unknown.next().is_some() || token.text.chars().count() < MIN_TYPO_CHARS {
            return None;
        }
        let others =
            || self.tokens.iter().enumerate().filter(|&(other, _)| other != at).map(|(_, token)| token);
        let least = if self.tokens.len() <= 2 || others().any(|token| token.entry.roles.any(Roles::MESSAGE)) {
            MIN_TYPO_CHARS
        } else {
            LONG_KEYWORD_CHARS
        };
        let (keyword, role) = meant(&token.text, &LEXICON, least)?;
        let about = if role.any(Roles::STOP) { Roles::ABOUT.with(Roles::STOP) } else { role };
        let fits = about.with(Roles::POLITE);
        if !others().all(|token| !token.hidden && (token.entry.roles.any(fits) || is_sender(&token.text))) {
            return None;
        }
        Some(self.said(class_of(role), "keyword.misspelt", Some(keyword)))
    }

    /// A long keyword that is misspelt and in pieces: "opt outt", "un subscibe".
    fn torn(&self) -> Option<Verdict<'static>> {
        let own: Vec<&Token> =
            self.tokens.iter().filter(|token| !token.entry.roles.any(Roles::POLITE)).collect();
        if !(2..=TORN_PIECES_MAX).contains(&own.len())
            || !own.iter().any(|token| token.unknown)
            || own.iter().any(|token| token.hidden)
        {
            return None;
        }
        let joined: String = own.iter().map(|token| token.text.as_str()).collect();
        let (keyword, role) = meant(&joined, &LEXICON, LONG_KEYWORD_CHARS)?;
        Some(self.said(class_of(role), "keyword.misspelt", Some(keyword)))
    }

    /// A keyword as a line or sentence of its own, with nothing beside it but complaints.
    fn own_sentence(&self) -> Option<Verdict<'static>> {
        if self.contradicted() {
            return None;
        }
        let line = (1..self.tokens.len()).find(|&at| self.tokens[at].line).unwrap_or_default();
        if let Some(keyword) = covers(&self.tokens[..line], &self.hits, 0) {
            return Some(self.said(Class::OptOut, "keyword.line", Some(keyword)));
        }
        let mut found = None;
        let mut start = 0;
        for end in 1..=self.tokens.len() {
            if end < self.tokens.len() && !self.tokens[end].breaks {
                continue;
            }
            let clause = &self.tokens[start..end];
            let complains = self.hits.iter().any(|hit| {
                matches!(hit.means, Meaning::Complain | Meaning::Hold | Meaning::Ask)
                    && (start..end).contains(&hit.start)
            });
            let keyword = covers(clause, &self.hits, start);
            if !complains
                && keyword.is_none()
                && !clause.iter().all(|token| token.entry.roles.any(Roles::POLITE))
            {
                return None;
            }
            if !complains {
                found = found.or(keyword);
            }
            start = end;
        }
        found.map(|keyword| self.said(Class::OptOut, "keyword.sentence", Some(keyword)))
    }

    /// Something for a person to look at.
    fn doubt(&self) -> Option<Verdict<'static>> {
        let kinds = [Meaning::Ask, Meaning::Hold, Meaning::Complain];
        if let Some(hold) = kinds.into_iter().find_map(|means| self.hit(means)) {
            return Some(of_rule(Class::Review, hold.origin));
        }
        let all = |fits: Roles| self.tokens.iter().all(|token| token.entry.roles.any(fits) && !token.hidden);
        let some = |role: Roles| self.tokens.iter().any(|token| token.entry.roles.any(role));
        if all(Roles::STOP.with(Roles::START).with(Roles::POLITE)) && some(Roles::STOP) && some(Roles::START)
        {
            return Some(verdict(Class::Review, "mixed"));
        }
        let firm = |token: &&Token| token.entry.roles.any(Roles::FIRM) && !token.hidden;
        let loose = |token: &&Token| token.entry.roles.any(Roles::LOOSE) && !token.hidden;
        let phrase = self.hits.iter().find(|hit| hit.means == Meaning::Stop);
        let about_messages = self.tokens.iter().any(|token| token.entry.roles.any(Roles::MESSAGE));
        let keyword = self
            .tokens
            .iter()
            .find(firm)
            .or_else(|| phrase.map(|hit| &self.tokens[hit.start]))
            .or_else(|| self.tokens.iter().find(loose).filter(|_| about_messages))?;
        Some(self.said(Class::Review, "keyword.elsewhere", Some(&keyword.text)))
    }

    /// A keyword with a sentence of its own beside others: "I moved. Remove". Why somebody writes it, a person has to say.
    fn beside_others(&self) -> Option<Verdict<'static>> {
        let keyword = sentence::keyword(&self.tokens)?;
        Some(self.said(Class::Review, "keyword.beside", Some(keyword)))
    }

    /// A verdict with the language that all its words have in common.
    fn said(&self, class: Class, rule: &'static str, keyword: Option<&str>) -> Verdict<'static> {
        let lexicon = &*LEXICON;
        let known = self.tokens.iter().map(|token| token.entry.languages).filter(|&languages| languages != 0);
        let common = known.fold(u64::MAX, |all, languages| all & languages);
        let language =
            common.is_power_of_two().then(|| lexicon.languages.get(common.trailing_zeros() as usize));
        let keyword =
            keyword.and_then(|word| lexicon.words.get_key_value(word)).map(|(word, _)| word.as_str());
        Verdict { class, rule, language: language.flatten().copied(), keyword }
    }
}

/// What a keyword asks for.
fn class_of(role: Roles) -> Class {
    if role.any(Roles::STOP) {
        Class::OptOut
    } else if role.any(Roles::START) {
        Class::OptIn
    } else {
        Class::Help
    }
}

fn of_rule(class: Class, origin: usize) -> Verdict<'static> {
    let origin = &LEXICON.origins[origin];
    Verdict { class, rule: &origin.name, language: origin.language, keyword: None }
}

/// The keyword of words that are all keywords, courtesy or what an opt-out is about. `offset`: where they begin in the
/// message.
fn covers<'t>(tokens: &'t [Token], hits: &[Hit], offset: usize) -> Option<&'t str> {
    let mut keyword = None;
    let mut alone = None;
    let mut bare = true;
    for (at, token) in tokens.iter().enumerate() {
        let roles = token.entry.roles;
        let within = |means| {
            hits.iter().any(|hit| hit.means == means && (hit.start..hit.end).contains(&(at + offset)))
        };
        let fits = Roles::STOP.with(Roles::ABOUT).with(Roles::POLITE);
        // "wrong number stop": a complaint says why. A keyword at the end counts: "never signed up for this stop".
        let ends = at + 1 == tokens.len() && roles.any(Roles::FIRM);
        if within(Meaning::Complain) && !ends {
            bare = false;
            continue;
        }
        let in_phrase = within(Meaning::Stop);
        if token.hidden || !(in_phrase || roles.any(fits) || is_sender(&token.text)) {
            return None;
        }
        if in_phrase || roles.any(Roles::FIRM.with(Roles::LOOSE)) {
            keyword = keyword.or(Some(token.text.as_str()));
        } else if roles.any(Roles::ALONE) {
            alone = alone.or(Some(token.text.as_str()));
        } else if !roles.any(Roles::POLITE) || roles.any(Roles::START) {
            bare = false;
        }
    }
    keyword.or(alone.filter(|_| bare))
}

fn is_sender(word: &str) -> bool {
    word.len() >= MIN_SENDER_DIGITS && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Without courtesy at both ends, in scripts without spaces.
pub(super) fn trim_endings(mut text: &str) -> &str {
    if !text.contains(is_unspaced) {
        return text;
    }
    loop {
        let shorter = LEXICON.endings.iter().find_map(|ending| {
            text.strip_suffix(ending.as_str())
                .or_else(|| text.strip_prefix(ending.as_str()))
                .filter(|rest| !rest.is_empty())
        });
        match shorter {
            Some(shorter) => text = shorter,
            None => return text,
        }
    }
}
