//! What became of a message that was handed over, or wasn't.

use std::time::Duration;

use crate::other_side::LineError;

/// What a relay or a provider said.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) code: u16,
    pub(crate) text: Option<String>,
    /// How long it wants to be left alone.
    pub(crate) after: Option<Duration>,
    /// Whether it refuses us, and not this recipient.
    pub(crate) of_us: bool,
}

/// What became of a message. Exactly one of these is true of it.
#[derive(Debug)]
pub(crate) enum Handed {
    Accepted(Said),
    Deferred(Said),
    Rejected(Said),
    /// The sender is refused; its words say nothing of the recipient.
    SenderRefused(Said),
    InDoubt(String),
    LeaseExpired,
    NotHandedOver(LineError),
}
