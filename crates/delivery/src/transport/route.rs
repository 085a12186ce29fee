//! The way out of a configuration's messages.

use store::FeedbackKind;

use super::Transport;
use crate::other_side::{Judge, LineError};

/// The way out of a configuration's messages.
pub(crate) trait Route: Send + Sync {
    /// How many messages can be handed over at a time.
    fn at_once(&self) -> usize;

    /// Whence it is known what became of a message: the source of feedback that is kept.
    fn source(&self) -> &'static str;

    /// What a refusal says of the address, if anything.
    fn meaning(&self, refusal: &Refusal<'_>) -> Option<FeedbackKind>;

    /// What one message at a time is sent by. Nothing is connected before it is needed.
    fn transport(&self) -> Box<dyn Transport>;
}

/// A message that was refused for good, or given up.
pub(crate) struct Refusal<'a> {
    pub(crate) code: u16,
    pub(crate) text: &'a str,
    /// For good.
    pub(crate) rejected: bool,
    /// Reads a reply.
    pub(crate) judge: Judge,
}

/// What goes out by it.
#[derive(Clone, Copy)]
pub(crate) enum Purpose<'a> {
    /// A campaign's messages.
    Campaign {
        name: &'a str,
        list: Option<&'a str>,
        /// Where our pages are reached, if that is known: receipts are sent there.
        public_url: Option<&'a str>,
    },
    /// Single messages that somebody asked for.
    Single,
}

/// Why a configuration gives no way out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RouteError {
    /// A DKIM key.
    #[error("{0}")]
    Key(String),
    /// Its transport.
    #[error(transparent)]
    Line(#[from] LineError),
}
