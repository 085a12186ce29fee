//! The keywords of a configuration: the built-in ones and its own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::lexicon::compact;
use super::normalise::normalise;
use super::{Class, classify};

/// A configuration has at most so many keywords of its own.
pub const MAX_CUSTOM: usize = 500;

/// A keyword of a configuration has at most so many characters, as short-code registries ask.
pub const MAX_KEYWORD_CHARS: usize = 30;

/// What a configuration's own keyword is for. The default reply answers what has no keyword ([`Class::None`]), so it has
/// no kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Send no more.
    OptOut,
    /// Send.
    OptIn,
    /// Ask once more before sending.
    DoubleOptIn,
    /// Say who you are.
    Help,
    /// Something of the configuration's own, by number.
    Custom(u16),
}

impl Kind {
    const fn class(self) -> Class {
        match self {
            Self::OptOut => Class::OptOut,
            Self::OptIn => Class::OptIn,
            Self::DoubleOptIn => Class::DoubleOptIn,
            Self::Help => Class::Help,
            Self::Custom(number) => Class::Custom(number),
        }
    }
}

/// A configuration's own keywords can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeywordError {
    /// Nothing is left of it once it is normalised.
    #[error("the keyword {0:?} has no letter, digit or sign")]
    Empty(String),
    /// Longer than [`MAX_KEYWORD_CHARS`].
    #[error("the keyword {0:?} is longer than {MAX_KEYWORD_CHARS} characters")]
    TooLong(String),
    /// More than [`MAX_CUSTOM`].
    #[error("{0} keywords: at most {MAX_CUSTOM} are possible")]
    TooMany(usize),
    /// It would take a way out from people: {0} already means no.
    #[error("{0:?} is how people opt out; it can't mean anything else")]
    OptsOut(String),
    /// Two of the configuration's keywords are the same once they are normalised.
    #[error("the keyword {0:?} is given twice with different meanings")]
    Twice(String),
}

/// What [`classify`] knows: the built-in keywords of all languages and those of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Keywords {
    /// By the keyword without spaces: its meaning, and itself normalised.
    custom: HashMap<String, (Kind, String)>,
}

impl Keywords {
    /// The built-in keywords and `custom`. None of the built-in ones that opt out can be taken away or given another
    /// meaning; of the others a configuration's own goes first.
    pub fn with(custom: &[(Kind, String)]) -> Result<Self, KeywordError> {
        if custom.len() > MAX_CUSTOM {
            return Err(KeywordError::TooMany(custom.len()));
        }
        let built_in = Self::default();
        let mut keywords = Self::default();
        // Opt-outs first: another meaning must not be added beside them either.
        let (stops, others): (Vec<_>, Vec<_>) = custom.iter().partition(|(kind, _)| *kind == Kind::OptOut);
        for (kind, written) in stops.into_iter().chain(others) {
            if written.chars().count() > MAX_KEYWORD_CHARS {
                return Err(KeywordError::TooLong(written.chars().take(MAX_KEYWORD_CHARS).collect()));
            }
            let key = compact(written);
            if key.is_empty() {
                return Err(KeywordError::Empty(written.clone()));
            }
            let opts_out = |known: &Self| classify(written, known).class == Class::OptOut;
            if *kind != Kind::OptOut && (opts_out(&built_in) || opts_out(&keywords)) {
                return Err(KeywordError::OptsOut(written.clone()));
            }
            match keywords.custom.entry(key) {
                Entry::Occupied(there) if there.get().0 == *kind => {}
                Entry::Occupied(_) => return Err(KeywordError::Twice(written.clone())),
                Entry::Vacant(free) => {
                    free.insert((*kind, normalise(written)));
                }
            }
        }
        Ok(keywords)
    }

    /// The class of a configuration's keyword, and the keyword, by its form without spaces.
    /// The keywords of its own that opt out, normalised.
    pub(super) fn own_stops(&self) -> impl Iterator<Item = &str> {
        self.custom.iter().filter(|(_, (kind, _))| *kind == Kind::OptOut).map(|(key, _)| key.as_str())
    }

    pub(super) fn custom(&self, key: &str) -> Option<(Class, &str)> {
        if self.custom.is_empty() {
            return None;
        }
        self.custom.get(key).map(|(kind, keyword)| (kind.class(), keyword.as_str()))
    }
}
