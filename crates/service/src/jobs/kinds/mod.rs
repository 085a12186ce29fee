//! The kinds of jobs there are.

pub mod campaign;
pub mod notice;
pub mod reply;
