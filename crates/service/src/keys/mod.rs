//! Keys: those that sign links, and those that programs call with.

pub mod create;
pub mod list;
pub mod revoke;
pub mod rotate;
pub mod scope;
mod secret;
mod shown;

pub use scope::{Role, Scope};
pub use secret::{Secret, digest};
pub use shown::Key;
