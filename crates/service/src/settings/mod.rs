//! The workspace's settings.

pub mod change;

pub use store::OptOutReason;
