//! The keys that sign links.

pub mod rotate;
