//! The engine for many machines: PostgreSQL.

mod error;
mod sql;
