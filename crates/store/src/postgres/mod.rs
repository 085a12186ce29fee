//! The engine for many machines: PostgreSQL.

mod connect;
mod error;
mod flush;
mod ids;
mod migrate;
mod rows;
mod session;
mod sql;
mod working_set;
mod changes;
mod lanes;
