//! How the pages look: a brand's colours, logo, postal address, privacy notice and words.
//!
//! A look is checked when it is set, and again when it is read: one that fails then gives way to the plain pages (I3).

mod colour;
mod error;
pub(super) mod file;
mod logo;
mod serve;
mod texts;
pub(super) mod wardrobe;

pub use colour::{EDGE_CONTRAST_MIN, Measured, TEXT_CONTRAST_MIN};
pub use error::LookError;
pub use file::{Checked, LogoFile, LookFile, Privacy, check, check_logo, set};
pub(crate) use serve::show;
pub use texts::{TEXT_CHARS_MAX, keys};
