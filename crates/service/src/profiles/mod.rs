//! People.

pub mod history;
mod origin;
pub mod show;

pub use origin::Origin;
