//! Webhooks of relay services: who may call, what the call says, and bringing it into effect.
//!
//! [`Endpoint::admit`] looks at a request before its body is read, [`Endpoint::receive`] verifies it and reads the events,
//! [`take`] makes them durable and in effect, each once. What a service tells that is about no choice and no delivery
//! (opens, clicks) is passed over; what isn't known here is kept as a note, and is never an error.

mod azure;
pub(crate) mod endpoint;
pub(crate) mod event;
mod mailgun;
mod postmark;
mod reason;
pub(crate) mod secret;
mod sendgrid;
pub mod ses;
pub mod sns;
mod sparkpost;
mod take;
#[cfg(test)]
mod tests;
pub mod topic;

pub use endpoint::{Endpoint, Provider, Setup, SetupError};
pub use event::{EVENTS_MAX, Events};
pub use take::{TakeError, take};

use async_trait::async_trait;
use consent::Timestamp;

/// Longest body of any service, in bytes; [`Endpoint::body_length_max`] is what counts.
pub const BODY_LENGTH_MAX: usize = 5 * 1024 * 1024;

/// A request as it came.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Header names in lower case, and values; those that aren't ASCII left out.
    pub headers: &'a [(&'a str, &'a str)],
    /// What stands behind the `?`, as it came.
    pub query: &'a str,
    /// The body; empty while the request is only looked at ([`Endpoint::admit`]).
    pub body: &'a [u8],
    /// Now.
    pub now: Timestamp,
}

impl<'a> Request<'a> {
    /// The first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.trim())
    }

    /// The media type without its parameters, in lower case.
    pub(crate) fn content_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

/// What a verified request asks for.
#[derive(Debug)]
pub enum Reception {
    /// Take these, then answer 2xx.
    Events(Events),
    /// Fetch this address, which was checked to be the service's, then answer 2xx.
    ConfirmSubscription {
        /// An https address on SNS's host in the topic's region.
        url: String,
    },
    /// Answer with this code, by which the service learns that the endpoint wants its events.
    Validation {
        /// As the service sent it.
        code: String,
    },
}

/// Why a request is refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Neither a signature nor a secret.
    #[error("the request bears no {0}")]
    Unsigned(&'static str),
    /// A signature that doesn't match, or the wrong secret.
    #[error("the {0} doesn't match")]
    Forged(&'static str),
    /// Signed, but for a topic that isn't configured.
    #[error("the topic isn't one of those that are configured")]
    OtherTopic,
    /// Signed too long ago, or in the future.
    #[error("the signed time is too far from now")]
    Stale,
    /// A token that was used before, with another event.
    #[error("the token was used before")]
    Replayed,
    /// It can't be read.
    #[error("the body can't be read: {0}")]
    Malformed(String),
    /// Longer than [`Endpoint::body_length_max`], or more than [`EVENTS_MAX`] events.
    #[error("the body is too large")]
    TooLarge,
    /// Neither of the content types that the service sends.
    #[error("the content type isn't one that this service sends")]
    ContentType,
    /// What the check needs can't be had right now; trying again can help.
    ///
    /// Why is for the log alone: what this host can and can't reach is no caller's business.
    #[error("the signature can't be checked right now")]
    Unavailable(String),
}

/// The way out to the service's own servers. [`Endpoint::receive`] asks it for nothing but addresses that it has checked.
#[async_trait]
pub trait Outside: Send + Sync {
    /// What a GET of `url` answers, if that is a 2xx; redirects aren't followed.
    async fn get(&self, url: &str) -> Result<Vec<u8>, String>;
}
