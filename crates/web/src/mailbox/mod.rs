//! The demo's mailbox: takes what the demo sends and shows it as a mail client would. Nothing in it is kept.
//!
//! [`Mailbox`] is the store, and a sink for the SMTP receiver; [`mailbox_router`] the pages, the demo's front page among
//! them. Mails are hostile input: what they say is escaped, their HTML is shown in a sandboxed frame without scripts and
//! without anything loaded from elsewhere.

mod box_;
mod letter;
mod pages;
#[cfg(test)]
mod tests;

pub use box_::{Mail, Mailbox, MailboxLimits};
pub use pages::{Demo, DemoRun, DemoState, MailboxConfig, mailbox_router};
