//! People.

pub mod find;
pub mod history;
mod origin;
pub mod put;
pub mod search;
pub mod show;
pub mod timeline;
mod whom;

pub use origin::Origin;
pub use whom::{Whom, WhomError};
