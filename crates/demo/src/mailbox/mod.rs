//! The demo's mailbox and phones: they take what the demo sends and show it as a mail client or a phone would. Nothing in
//! them is kept.
//!
//! [`Mailbox`] is the store, and a sink for the SMTP receiver; [`mailbox_router`] the pages, the demo's front page among
//! them. [`Phones`] are reached through a [`Provider`] that speaks as Twilio does. Mails are hostile input: what they say is escaped, their HTML is shown in a sandboxed frame without scripts and
//! without anything loaded from elsewhere.

mod box_;
mod handset;
mod letter;
mod pages;
mod phones;
mod provider;
mod shared;
#[cfg(test)]
mod tests;

pub use box_::{Mail, Mailbox, MailboxLimits};
pub use pages::mailbox_router;
pub use phones::{Bubble, Phones};
pub use provider::{ACCOUNT, Provider, provider_router};
pub use shared::{Demo, DemoRun, DemoState, MailboxConfig};
