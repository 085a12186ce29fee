//! Submission of mail by SMTP (RFC 5321, RFC 6409): one [`SmtpTransport`] per configured relay.
//!
//! A transport keeps up to `connections_max` connections. A caller takes a [`Session`], which is one
//! of them for as long as it is held, and sends any number of messages through it; a campaign is a
//! handful of tasks that hold a session each. What became of a message is an [`Outcome`], and the
//! difference that counts is kept apart there: a message that certainly wasn't handed over, and one
//! of which nobody can know ([`Outcome::InDoubt`]).
//!
//! Promise I1 lives in [`Session::send`]: its `hand_off` is asked immediately before the first byte of
//! `MAIL FROM` is written, and a "no" means that nothing is written. A server may take its time before it asks for the
//! message, so `confirm` is asked once more before the first byte of that.

mod config;
mod connection;
mod encode;
mod envelope;
mod error;
mod outcome;
mod pool;
mod reply;
mod settings;
mod stream;
#[cfg(test)]
mod tests;
mod transaction;

pub use config::{Timeouts, TlsMode, TransportConfig};
pub use envelope::{Envelope, EnvelopeError, HelloName};
pub use error::TransportError;
pub use outcome::{Outcome, Unsendable};
pub use pool::{Session, SmtpTransport};
pub use reply::{EnhancedCode, Reply, is_about_us};
