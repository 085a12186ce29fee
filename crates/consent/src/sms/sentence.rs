//! A keyword that is a sentence by itself, in a message with others: "I moved. Remove".
//!
//! Loose keywords mean other things within a sentence ("I quit my job", "the end of it"). As a sentence, a line, or what an
//! emoji sets apart, they are hardly ever anything else.

use super::detect::trim_endings;
use super::lexicon::{LEXICON, Roles};
use super::tokens::Token;

/// Sentences of one word, set apart by commas, from which on they are an enumeration: "keep, edit, delete".
const ENUMERATED_MIN: usize = 3;

/// The keyword, if there is one.
pub(super) fn keyword(tokens: &[Token]) -> Option<&str> {
    let sentences: Vec<&[Token]> = tokens.chunk_by(|_, next| !(next.breaks || next.apart)).collect();
    let enumerates = sentences.iter().filter(|sentence| sentence.len() == 1).count() >= ENUMERATED_MIN;
    let beside = sentences.len() > 1 && !enumerates;
    let own = sentences.iter().filter(|_| beside).find_map(|sentence| of_its_own(sentence));
    // Before a comma such a word is an exclamation.
    let first = sentences.first().filter(|first| tokens.get(first.len()).is_some_and(|next| next.ends));
    let ends = [first, sentences.last()].into_iter().flatten();
    let at_an_end = ends.filter(|_| beside).find_map(|sentence| alone(sentence, tokens));
    own.or(at_an_end).or_else(|| at_the_end(tokens))
}

/// Plain answers. In a message of several sentences they answer what was asked.
const ANSWERS: [&str; 20] = [
    "non", "nan", "nein", "nee", "neen", "nej", "nei", "nao", "nie", "nem", "tidak", "hayir", "нет", "khong",
    "nahi", "nahin", "nhi", "enough", "genug", "assez",
];
/// Shorter ones are words of many languages.
const ALONE_CHARS_MIN: usize = 3;

/// One word in so many may be of another language: short words are of several.
const FOREIGN_SHARE: usize = 4;

/// A keyword that counts only where it stands alone ("baja"), as the first or last sentence of a message in its language.
fn alone<'t>(sentence: &'t [Token], tokens: &[Token]) -> Option<&'t str> {
    let [word] = sentence else { return None };
    let speaks =
        |token: &Token| token.entry.languages == 0 || token.entry.languages & word.entry.languages != 0;
    let others = tokens.iter().filter(|token| !speaks(token)).count();
    let counts = word.entry.roles.any(Roles::ALONE)
        && !word.hidden
        && word.text.chars().count() >= ALONE_CHARS_MIN
        && !ANSWERS.contains(&word.text.as_str())
        && others <= tokens.len() / FOREIGN_SHARE;
    counts.then_some(word.text.as_str())
}

/// A keyword and nothing else but courtesy.
fn of_its_own(sentence: &[Token]) -> Option<&str> {
    let keywords = Roles::FIRM.with(Roles::LOOSE);
    let is_keyword = |token: &&Token| token.entry.roles.any(keywords) && !token.hidden;
    // "I quit" says who does.
    let is_courtesy = |roles: Roles| roles.any(Roles::POLITE) && !roles.any(Roles::ABOUT);
    let fits =
        |token: &Token| !token.hidden && (token.entry.roles.any(keywords) || is_courtesy(token.entry.roles));
    if sentence.iter().all(fits) {
        return sentence.iter().find(is_keyword).map(|token| token.text.as_str());
    }
    // In scripts without spaces, and of several words: "ta bort".
    let whole: String = sentence.iter().map(|token| token.text.as_str()).collect();
    let exact =
        LEXICON.exact.get(trim_endings(&whole)).filter(|_| sentence.iter().all(|token| !token.hidden));
    exact
        .filter(|exact| exact.role.any(keywords))
        .and_then(|_| sentence.first())
        .map(|token| token.text.as_str())
}

/// A keyword that ends the message after a word that no rule knows, a name perhaps.
fn at_the_end(tokens: &[Token]) -> Option<&str> {
    let is_courtesy =
        |token: &&Token| token.entry.roles.any(Roles::POLITE) && !token.entry.roles.any(Roles::STOP);
    let polite = tokens.iter().rev().take_while(is_courtesy).count();
    let [.., before, last] = &tokens[..tokens.len() - polite] else { return None };
    let goes_on = !last.breaks && !last.apart;
    let fits = goes_on && before.unknown && !last.hidden && last.entry.roles.any(Roles::LAST);
    fits.then_some(last.text.as_str())
}
