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
mod operation;
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
pub use operation::{Access, Key, Operation};
pub use state::record::changes::MakeChange;
pub use store::{Answer, Store};
pub use types::*;
