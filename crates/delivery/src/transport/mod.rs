//! What messages go out by: one trait, an implementation in a folder for each kind of channel, and the registry of their
//! connections.
//!
//! Whoever sends takes a [`Route`] of the configuration from the registry, [`Transports`], and of that as many [`Transport`]s
//! as it sends messages at a time: campaign runs, single messages, answers to texts. For each message:
//! [`Transport::ready`] waits for all that can make one wait, then the permit is read or renewed, [`Transport::prepare`]
//! makes the message, and [`Transport::hand_over`] looks at the lease in the instant before the first byte (I1).

mod handed;
mod lease;
mod mail;
mod registry;
mod route;
mod text;
mod turns;

use consent::Timestamp;
use futures_util::future::BoxFuture;

pub(crate) use handed::{Handed, Said};
pub(crate) use lease::Lease;
pub use registry::Transports;
pub(crate) use route::{Purpose, Refusal, Route, RouteError};

use crate::configuration::{ChannelConfiguration, Medium};
use crate::links::Links;
use crate::other_side::LineError;
use crate::person::Person;
use crate::render::Rendered;

/// A rendered message, and to whom.
pub(crate) struct Outgoing<'a> {
    pub(crate) person: &'a Person,
    pub(crate) rendered: &'a Rendered,
    pub(crate) links: &'a Links,
    pub(crate) at: Timestamp,
}

/// Why a message can't be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsendable {
    /// It can't be sent to this address, ever.
    #[error("{0}")]
    Address(String),
    /// Something else about it.
    #[error("{0}")]
    Message(String),
}

/// What one message at a time is sent by.
pub(crate) trait Transport: Send + Sync {
    /// Waits for a turn of the speed limit and for a live connection, and keeps both for the next message. The permit is
    /// a lease, so this comes before it.
    fn ready(&mut self) -> BoxFuture<'_, Result<(), LineError>>;

    /// Makes what is handed over next.
    fn prepare(&mut self, message: &Outgoing<'_>) -> Result<(), Unsendable>;

    /// Hands over what was prepared. [`Lease::holds`] is asked once, in the instant before the first byte is written, after
    /// everything that can make one wait; if it says no, nothing is written. The connection goes back to the others, unless
    /// the lease had run out.
    ///
    /// A caller that drops the future before it is done knows nothing about the message: it is then in doubt.
    fn hand_over<'a>(&'a mut self, lease: &'a dyn Lease) -> BoxFuture<'a, Handed>;

    /// Gives back the connection of a message that isn't sent after all.
    fn rest(&mut self);
}

impl Transports {
    /// The way out of a configuration: reads the keys and secrets that it names. **Here a channel's transport is registered.**
    pub(crate) fn route(
        &self,
        configuration: &ChannelConfiguration,
        purpose: Purpose<'_>,
    ) -> Result<Box<dyn Route>, RouteError> {
        match &configuration.medium {
            Medium::Email(email) => mail::route(self, email, purpose),
            Medium::Sms(sms) => text::route(self, sms, purpose),
        }
    }
}
