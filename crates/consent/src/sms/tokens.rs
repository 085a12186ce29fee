//! The words of a message, looked up.

use super::keywords::Keywords;
use super::lexicon::{Entry, Lexicon, Roles};
use super::normalise::Word;
use super::{Class, typo};

/// A keyword of so many letters may have two mistakes.
const VERY_LONG_KEYWORD_CHARS: usize = 11;

/// A word and what is known of it.
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub(super) struct Token {
    pub text: String,
    pub entry: Entry,
    /// No rule knows it.
    pub unknown: bool,
    /// Part of something harmless.
    pub hidden: bool,
    /// Punctuation stands before it.
    pub breaks: bool,
    /// The end of a sentence stands before it.
    pub ends: bool,
    /// A new line stands before it.
    pub line: bool,
    /// An emoji, or a dash between spaces.
    pub apart: bool,
}

/// Looks words up: letters that are spelled out are put together, stretched ones are shortened.
pub(super) fn tokens(words: &[Word], lexicon: &Lexicon, keywords: &Keywords) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        if let Some((text, used)) = spelled(rest, lexicon) {
            tokens.push(token(&Word { text, ..word.clone() }, lexicon, keywords));
            rest = &rest[used..];
            continue;
        }
        rest = after;
        // un-subscribe
        if let Some((next, after)) = after.split_first().filter(|_| matches!(word.text.as_str(), "un" | "re"))
        {
            let joined = format!("{}{}", word.text, next.text);
            if lexicon.exact.contains_key(&joined) {
                tokens.push(token(&Word { text: joined, ..word.clone() }, lexicon, keywords));
                rest = after;
                continue;
            }
        }
        if let Some((keyword, about)) = glued(&word.text, lexicon) {
            tokens.push(token(&Word { text: keyword.to_owned(), ..word.clone() }, lexicon, keywords));
            tokens.push(token(
                &Word { text: about.to_owned(), breaks: false, ends: false, line: false, apart: false },
                lexicon,
                keywords,
            ));
            continue;
        }
        tokens.push(token(word, lexicon, keywords));
    }
    tokens
}

fn token(word: &Word, lexicon: &Lexicon, keywords: &Keywords) -> Token {
    let mut forms = [word.text.clone(), String::new(), String::new()];
    let mut found = lexicon.entry(&word.text);
    if found.is_none() && has_stretch(&word.text) {
        forms[1] = shortened(&word.text, 1);
        forms[2] = shortened(&word.text, 2);
        for form in 1..3 {
            if let Some(entry) = lexicon.entry(&forms[form]) {
                found = Some(entry);
                forms.swap(0, form);
                break;
            }
        }
        if found.is_none() {
            forms.swap(0, 1);
        }
    }
    let [mut text, ..] = forms;
    // A very long keyword is nothing else however it is spelt.
    if found.is_none()
        && text.chars().count() + 2 >= VERY_LONG_KEYWORD_CHARS
        && let Some((keyword, _)) = meant(&text, lexicon, VERY_LONG_KEYWORD_CHARS)
    {
        (found, text) = (lexicon.entry(keyword), keyword.to_owned());
    }
    let unknown = found.is_none();
    let mut entry = found.unwrap_or_default();
    if let Some((Class::OptOut, _)) = keywords.custom(&text) {
        entry.roles = entry.roles.with(Roles::FIRM);
    }
    let Word { breaks, ends, line, apart, .. } = *word;
    Token { text, entry, unknown, hidden: false, breaks, ends, line, apart }
}

fn has_stretch(text: &str) -> bool {
    let mut before = [None, None];
    text.chars().any(|char| {
        let stretched = before == [Some(char), Some(char)];
        before = [before[1], Some(char)];
        stretched && char.is_alphabetic()
    })
}

/// Runs of three and more of a letter become `most`.
fn shortened(text: &str, most: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let runs = chars.chunk_by(|one, other| one == other);
    runs.flat_map(|run| run.iter().take(if run.len() > 2 { most } else { run.len() })).collect()
}

/// `s t o p`: single letters that make a keyword, and how many there are.
fn spelled(words: &[Word], lexicon: &Lexicon) -> Option<(String, usize)> {
    let single = |word: &&Word| word.text.chars().count() == 1 && word.text.chars().all(char::is_alphabetic);
    let text: String = words.iter().take_while(single).take(16).map(|word| word.text.as_str()).collect();
    let letters = text.chars().count();
    // The longest keyword of at least three letters.
    (3..=letters).rev().find_map(|length| {
        let word: String = text.chars().take(length).collect();
        let known = lexicon.exact.get(&word).is_some_and(|exact| !exact.role.any(Roles::ALONE));
        known.then_some((word, length))
    })
}

/// `stoptexting`, `stop2end`: a keyword and what it is about.
fn glued<'w>(word: &'w str, lexicon: &Lexicon) -> Option<(&'w str, &'w str)> {
    if let Some((keyword, about)) = word.split_once(['2', '4'])
        && let Some(exact) = lexicon.exact.get(keyword)
        && exact.role.any(Roles::FIRM)
        && lexicon.words.contains_key(about)
    {
        return Some((keyword, about));
    }
    let (keyword, about) = word.split_at_checked(4)?;
    if keyword != "stop" || about.len() < 2 || lexicon.entry(word).is_some() {
        return None;
    }
    let known = lexicon.words.get(about)?;
    known.roles.any(Roles::ABOUT.with(Roles::FIRM).with(Roles::POLITE)).then_some((keyword, about))
}

/// The keyword that a misspelling stands for; a no before a yes.
pub(super) fn meant<'l>(word: &str, lexicon: &'l Lexicon, least: usize) -> Option<(&'l str, Roles)> {
    for mistakes in 1..=2 {
        let near = lexicon.misspelt.iter().filter(|(keyword, _)| {
            let length = keyword.chars().count();
            length >= least
                && (mistakes == 1
                    || (length >= VERY_LONG_KEYWORD_CHARS && keyword.chars().next() == word.chars().next()))
                && typo::within(word, keyword, mistakes)
        });
        let nearest = near.min_by_key(|(_, role)| !role.any(Roles::STOP));
        if let Some((keyword, role)) = nearest {
            return Some((keyword.as_str(), *role));
        }
    }
    None
}
