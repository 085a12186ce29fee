//! A small SMTP (RFC 5321) and LMTP (RFC 2033) server that hands complete messages to a [`MailSink`].
//!
//! It doesn't relay, queue or keep anything: a message is acknowledged when the sink has taken it, so the sink
//! makes it durable first. It is strict where leniency makes two servers disagree about where a message ends
//! ("SMTP smuggling"): only CRLF ends a line, only CRLF `.` CRLF ends a message, and a lone CR or LF ends the
//! connection.

mod chunks;
mod command;
mod config;
mod content;
mod data;
mod lines;
mod listener;
mod reply;
mod server;
mod session;
mod stream;
#[cfg(test)]
mod tests;
mod tls;

pub use config::{Protocol, ReceiverConfig};
pub use reply::Reply;
pub use server::{MailSink, ReceivedMail, Receiver};
pub use tls::{TlsError, server_tls};
