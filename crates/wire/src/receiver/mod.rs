//! A small SMTP (RFC 5321) and LMTP (RFC 2033) server that hands complete messages to a [`MailSink`].
//!
//! It doesn't relay, queue or keep anything: a message is acknowledged when the sink has taken it, so the sink
//! makes it durable first. It is strict where leniency makes two servers disagree about where a message ends
//! ("SMTP smuggling"): only CRLF ends a line, only CRLF `.` CRLF ends a message, and a lone CR or LF ends the
//! connection.

mod command;
mod config;
mod data;
mod lines;
mod listener;
mod reply;
mod server;
mod session;
mod shared;
mod sink;
mod stream;
#[cfg(test)]
mod tests;

pub use config::{Protocol, ReceiverConfig};
pub use reply::Reply;
pub use server::Receiver;
pub use sink::{MailSink, ReceivedMail};
