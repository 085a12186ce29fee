//! The workspace's settings.

pub mod change;
pub mod show;

pub use change::Out as Shown;
pub use store::{LedgerReaders, OptOutReason, UnknownRecipients};
