//! What operators author, as documents without paths and secrets: configurations, contents, campaigns. The store keeps every
//! version; a run names those that it was started with.

pub mod apply;
pub mod archive;
pub(crate) mod checked;
mod diff;
pub mod export;
pub mod list;
pub mod plan;
pub mod schema;
pub mod show;
mod shown;

pub use checked::{Given, Invalid};
pub use diff::{Field, FieldChange};
pub use shown::{Shown, Version};
pub use store::{DefinitionKind, UnknownKind};

#[cfg(test)]
mod tests;
