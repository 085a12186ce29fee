//! What a receiver hands over, and to whom.

use std::net::SocketAddr;

use async_trait::async_trait;
use consent::Timestamp;

use super::reply::Reply;

/// A message with its envelope.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    /// Reverse-path without angle brackets; empty for bounces.
    pub from: String,
    /// The recipients that the sink accepted, at least one, as the client wrote them.
    pub to: Vec<String>,
    /// Header and body with CRLF line ends, dots unstuffed.
    pub data: Vec<u8>,
    /// When the MAIL FROM of this transaction arrived.
    pub begun_at: Timestamp,
    /// The client; `None` through a socket in the file system.
    pub peer: Option<SocketAddr>,
}

impl std::fmt::Debug for ReceivedMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceivedMail")
            .field("recipients", &self.to.len())
            .field("bytes", &self.data.len())
            .field("begun_at", &self.begun_at)
            .finish_non_exhaustive()
    }
}

/// What takes the mail.
#[async_trait]
pub trait MailSink: Send + Sync + 'static {
    /// Whether mail for this address is taken. The address is what stood between the angle brackets, or
    /// `postmaster` in any case without a domain (RFC 5321 section 4.5.1).
    async fn rcpt(&self, to: &str) -> Result<(), Reply>;

    /// Takes a message. `Ok` is acknowledged to the client, which then forgets the message: make it durable first.
    async fn message(&self, mail: ReceivedMail) -> Result<(), Reply>;
}
