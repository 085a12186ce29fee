//! The engine for many machines: PostgreSQL.

pub mod citus;
mod error;
mod sql;
