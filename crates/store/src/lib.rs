//! The state: profiles, consent, subscription lists, runs and the ledger.
//!
//! [`Store`] is the one interface: [`sqlite::open`] and [`postgres::open`] give one. SQL stands in this crate only.

mod connection;
pub mod data_dir;
mod detached;
mod document;
pub mod error;
mod faults;
pub mod ledger;
pub mod postgres;
pub mod private;
mod sealer;
pub mod secrets;
mod sql;
pub mod sqlite;
mod state;
mod store;
pub mod types;

pub use document::document;
pub use error::{Result, StoreError};
pub use faults::Faults;
pub use state::record::changes::MakeChange;
pub use store::{Access, Answer, Key, Operation, Store};
pub use types::*;

/// Most profiles in one [`ReadingQuery`].
pub const READ_MAX: usize = 4096;
/// Most rows in one import transaction.
pub const IMPORT_MAX: usize = 32_768;
/// Most pieces of feedback at once.
pub const FEEDBACK_MAX: usize = 1_000;
