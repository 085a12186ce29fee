//! Patterns of words: `don't|never (text|call) *2 again`, written without the brackets.
//!
//! | part | matches |
//! |---|---|
//! | `a\|b` | one of these words |
//! | `text~` | a word that begins so |
//! | `@name` | a word of a set of the language's file |
//! | `a?` | this word or nothing |
//! | `a\|$` | this word or the end of the clause, which ends the pattern |
//! | `*2` | up to two words |
//! | `!a` | nothing, if the next word isn't this one |
//! | `^` `$` | the start and the end of a clause |
//! | `^^` `$$` | the start and the end of the message |
//!
//! A match never goes across punctuation. Of several the longest counts.

use smallvec::SmallVec;

/// A gap is at most so long, which bounds the work.
pub(super) const MAX_GAP: usize = 4;

/// A set of words, by number.
pub(super) type Set = u16;

/// One part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A word of the set.
    One(Set),
    /// A word of the set, or nothing.
    Maybe(Set),
    /// A word of the set, or the end of the clause.
    OneOrEnd(Set),
    /// Up to so many words.
    Gap(usize),
    /// The next word isn't of the set.
    Not(Set),
    /// A clause starts here.
    ClauseStart,
    /// A clause ends here.
    ClauseEnd,
    /// The message starts here.
    Start,
    /// The message ends here.
    End,
}

/// What a pattern sees of a word.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// The sets that the word is in.
    pub sets: SmallVec<[Set; 16]>,
    /// Punctuation stands before it.
    pub breaks: bool,
}

/// Where the longest match of `parts` from `at` on ends.
pub(super) fn longest(parts: &[Part], words: &[Seen], at: usize) -> Option<usize> {
    Matcher { words, origin: at }.end(parts, at)
}

struct Matcher<'w> {
    words: &'w [Seen],
    origin: usize,
}

impl Matcher<'_> {
    fn end(&self, parts: &[Part], at: usize) -> Option<usize> {
        let Some((&part, rest)) = parts.split_first() else { return Some(at) };
        match part {
            Part::One(set) => self.is(at, set).then(|| self.end(rest, at + 1)).flatten(),
            Part::Maybe(set) => {
                let with = self.is(at, set).then(|| self.end(rest, at + 1)).flatten();
                with.or_else(|| self.end(rest, at))
            }
            Part::OneOrEnd(set) => {
                if self.is(at, set) {
                    self.end(rest, at + 1)
                } else {
                    self.end(&[Part::ClauseEnd], at)
                }
            }
            Part::Gap(most) => {
                let reach = (0..most).take_while(|&skipped| self.goes_on(at + skipped)).count();
                (0..=reach).rev().find_map(|skipped| self.end(rest, at + skipped))
            }
            Part::Not(set) => (!self.is(at, set)).then(|| self.end(rest, at)).flatten(),
            Part::ClauseStart => (at == 0 || self.breaks(at)).then(|| self.end(rest, at)).flatten(),
            Part::ClauseEnd => {
                (at >= self.words.len() || self.breaks(at)).then(|| self.end(rest, at)).flatten()
            }
            Part::Start => (at == 0).then(|| self.end(rest, at)).flatten(),
            Part::End => (at >= self.words.len()).then(|| self.end(rest, at)).flatten(),
        }
    }

    fn breaks(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| word.breaks)
    }

    fn goes_on(&self, at: usize) -> bool {
        at < self.words.len() && (at == self.origin || !self.breaks(at))
    }

    fn is(&self, at: usize, set: Set) -> bool {
        self.goes_on(at) && self.words[at].sets.contains(&set)
    }
}
