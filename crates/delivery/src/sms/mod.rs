//! Texts by the interfaces of providers: one [`SmsTransport`] per configured provider.
//!
//! A caller takes an [`SmsSession`], which has a connection while a text is sent, and sends any number of texts, one at a time.
//! What became of a text is an [`SmsOutcome`]; as with mail, one that certainly wasn't handed over is kept apart from one of
//! which nobody can know. What a provider refuses because the number has opted out with it, or is none, is a [`Meaning`].

mod access;
mod answer;
mod config;
pub mod consents;
mod custom;
mod dispatch;
mod infobip;
mod provider;
mod sinch;
mod telnyx;
mod transport;
mod twilio;
mod vonage;

pub use access::OutText;
pub use answer::{Meaning, Refusal, SmsError, SmsOutcome};
pub use config::{CustomConfig, SmsTransportConfig};
pub use provider::Provider;
pub(crate) use provider::WHATSAPP;
pub use transport::{MakeRate, SmsSession, SmsTransport};
