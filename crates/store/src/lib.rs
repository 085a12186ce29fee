//! The state: profiles, consent, subscription lists, runs and the ledger.
//!
//! [`Store`] is the one interface; [`sqlite::SqliteStore`] the embedded engine behind it. SQL stands in this crate only.

pub mod api;
pub mod data_dir;
mod document;
mod engine;
pub mod error;
pub mod ledger;
pub mod postgres;
pub mod private;
mod sealer;
pub mod secrets;
mod sql;
pub mod sqlite;
mod state;
pub mod types;
mod uploads;

pub use api::{ImportStore, MakeChange, PageStore, Result, Store, SuppressionStore, TextStore};
pub use document::document;
pub use error::StoreError;
pub use types::*;
pub use uploads::Uploads;

/// Most profiles in one [`ReadingQuery`].
pub const READ_MAX: usize = 4096;
/// Most rows in one import transaction.
pub const IMPORT_MAX: usize = 32_768;
/// Most pieces of feedback at once.
pub const FEEDBACK_MAX: usize = 1_000;
