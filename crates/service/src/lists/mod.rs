//! Subscription lists.

pub mod create;
pub mod form;
pub mod list;
pub mod show;
mod shown;
pub mod update;

pub use shown::{Details, Shown, Text};
