//! Messages, by their ids.

pub mod show;
