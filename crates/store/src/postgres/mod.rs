//! The engine for many machines: PostgreSQL.
//!
//! | file | is |
//! |---|---|
//! | `connect`, `session` | where the server is; a connection that one thread uses |
//! | `lanes`, `changes`, `owners` | the threads that own connections, and what they gather into one transaction or query |
//! | `working_set`, `fetch`, `rows`, `flush` | the people a transaction is about: fetched at once, changed in memory, written at once |
//! | `reading`, `people` | what decisions and links read |
//! | `sequencer`, `locks` | what one node at a time does |
//! | `copy` | the move of a data directory of SQLite into a database |
//! | `migrate`, `store` | the schema; the engine itself |
//! | `citus` | how the tables are distributed past one server |

mod changes;
pub mod citus;
mod connect;
mod copy;
mod engine;
mod error;
mod fetch;
mod flush;
mod ids;
mod lanes;
mod locks;
mod migrate;
mod owners;
pub(crate) mod people;
pub(crate) mod planner;
mod preferences;
mod reading;
mod rows;
mod sequencer;
mod session;
mod sql;
mod store;
mod working_set;

pub use copy::{CopyOptions, CopyPhase, CopyProgress, CopyReport, copy};
pub(crate) use engine::PostgresEngine;
pub use engine::PostgresOptions;
pub use migrate::SchemaStatus;
pub(crate) use session::Session;
pub use store::{Durability, migrate, open, open_existing, status};
