//! What a text message that somebody sent back asks for.
//!
//! [`classify`] reads one message: the keywords of [`Keywords`], plain-language refusals in many languages, and the
//! doubtful ones that a person must look at. Rules are data (`sms/data/*.toml`, one file per language), there is no
//! model. What acts, what is held and what isn't: `docs/sms-keywords.md`.

mod detect;
mod hits;
mod keywords;
mod lexicon;
mod masked;
mod normalise;
mod pattern;
mod quoted;
mod segments;
mod sender;
mod sentence;
#[cfg(test)]
mod tests;
mod tokens;
mod typo;
mod wording;
mod written;

pub use detect::classify;
pub use keywords::{KeywordError, Keywords, Kind, MAX_CUSTOM, MAX_KEYWORD_CHARS};
pub use normalise::{MAX_CHARS, normalise};
pub use segments::{Encoding, Segments, segments};
pub use sender::{InvalidSender, Sender, SenderKind};

pub use wording::{Wording, tells_how_to_stop, wording};

/// What a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Send no more.
    OptOut,
    /// Send (again). A yes counts only from a number that was asked or is opted out: for the caller to check.
    OptIn,
    /// A keyword that a configuration named for asking once more.
    DoubleOptIn,
    /// Say who you are and how to stop.
    Help,
    /// A keyword that a configuration named for itself, by the number it gave.
    Custom(u16),
    /// Perhaps a refusal: no marketing to that number until a person has decided.
    Review,
    /// Nothing about consent.
    None,
}

impl Class {
    /// The name in JSON: `opt_out`, `opt_in`, `double_opt_in`, `help`, `custom`, `review` or `none`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptOut => "opt_out",
            Self::OptIn => "opt_in",
            Self::DoubleOptIn => "double_opt_in",
            Self::Help => "help",
            Self::Custom(_) => "custom",
            Self::Review => "review",
            Self::None => "none",
        }
    }
}

/// The answer of [`classify`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict<'k> {
    /// What the message asks for.
    pub class: Class,
    /// The rule that decided, `keyword` or `fr.no-more`.
    pub rule: &'k str,
    /// The language of the words that decided, ISO 639-1, where they belong to one alone.
    pub language: Option<&'static str>,
    /// The keyword that was found, normalised; of a misspelling the word it was taken for.
    pub keyword: Option<&'k str>,
}
