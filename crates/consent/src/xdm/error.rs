//! What can be wrong with a document, and where.

use std::fmt::Write as _;

/// The first thing wrong with a document.
///
/// Path and text quote the document, so they may hold a person's addresses: an answer for whoever sent it, not for logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {kind}")]
pub struct XdmError {
    /// Where, spelled as in the document: `$.xdm:consents.xdm:marketing.xdm:email.xdm:val`, `$.x["a b"][3]`. The place
    /// exists in the document; what is missing is reported at the object that lacks it.
    pub path: String,
    /// What.
    pub kind: XdmErrorKind,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XdmErrorKind {
    /// The text is no JSON.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// The text is over [`DOCUMENT_BYTES_MAX`](super::DOCUMENT_BYTES_MAX).
    #[error("longer than {} bytes", super::DOCUMENT_BYTES_MAX)]
    TooLarge,
    /// More levels than [`DEPTH_MAX`](super::DEPTH_MAX).
    #[error("deeper than {} levels", super::DEPTH_MAX)]
    TooDeep,
    /// More members or items than [`MEMBERS_MAX`](super::MEMBERS_MAX).
    #[error("more than {} members", super::MEMBERS_MAX)]
    TooManyMembers,
    /// One member twice, in one spelling or with and without `xdm:`.
    #[error("stands twice, with or without the prefix `xdm:`")]
    Duplicate,
    /// Choices beside `consents`, where nobody reads them.
    #[error("stands beside `consents`; put it inside")]
    Misplaced,
    /// Not the JSON type that the schema has here.
    #[error("not {0}")]
    WrongType(&'static str),
    /// A choice without `val`.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A text that is no choice.
    #[error("{0:?} is {err}", err = crate::choice::InvalidChoice)]
    Choice(String),
    /// A text that is none of those allowed; which those are.
    #[error("{0:?} is not one of {1}")]
    Name(String, &'static str),
    /// A text that is no date and time.
    #[error("{0:?} is {err}", err = crate::time::InvalidTimestamp)]
    Time(String),
    /// A text over its length, in characters.
    #[error("longer than {0} characters")]
    TooLong(usize),
}

/// Longest quotation from a document in an error, in characters.
const QUOTE_CHARS_MAX: usize = 40;

/// The start of a text from the document, for an error.
pub(super) fn quote(text: &str) -> String {
    match text.char_indices().nth(QUOTE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A place in a document, as a text that grows and shrinks with the walk.
#[derive(Debug)]
pub(super) struct Path(String);

impl Path {
    /// The document itself.
    pub fn root() -> Self {
        Self("$".to_owned())
    }

    /// Goes to a member; the result leads back, see [`Self::leave`].
    pub fn member(&mut self, key: &str) -> usize {
        let mark = self.0.len();
        let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':');
        let written = if plain {
            write!(self.0, ".{key}")
        } else {
            write!(self.0, "[{}]", serde_json::Value::from(key))
        };
        written.expect("a String takes any text");
        mark
    }

    /// Goes to an item; the result leads back, see [`Self::leave`].
    pub fn item(&mut self, index: usize) -> usize {
        let mark = self.0.len();
        write!(self.0, "[{index}]").expect("a String takes any text");
        mark
    }

    /// Goes back to where `member` or `item` went from.
    pub fn leave(&mut self, mark: usize) {
        self.0.truncate(mark);
    }

    /// An error here.
    pub fn error(&self, kind: XdmErrorKind) -> XdmError {
        XdmError { path: self.0.clone(), kind }
    }
}
