//! How the pages look: a brand's colours, logo, postal address, privacy notice and words.
//!
//! A look is checked when it is set, and again when it is read: one that fails then gives way to the plain pages (I3).

mod colour;
pub(super) mod file;
mod logo;
mod serve;
mod texts;
pub(super) mod wardrobe;

pub use colour::{EDGE_CONTRAST_MIN, Measured, TEXT_CONTRAST_MIN};
pub use file::{Checked, LogoFile, LookFile, Privacy, check, check_logo, set};
pub(crate) use serve::show;
pub use texts::{TEXT_CHARS_MAX, keys};

/// Why a look can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct LookError {
    /// What is wrong, and where.
    pub what: String,
    /// What helps.
    pub hint: String,
}

impl LookError {
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}
