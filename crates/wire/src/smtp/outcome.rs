//! What became of one message.

use super::error::TransportError;
use super::reply::Reply;

/// What became of one message. Exactly one of these is true of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server took responsibility (250 to the end of data).
    Accepted(Reply),
    /// The server refuses it for now (4xx; 421 too): try again later.
    Deferred(Reply),
    /// The server refuses it for good (5xx).
    Rejected(Reply),
    /// The server refuses the sender (5xx to MAIL FROM), whoever the recipient is.
    SenderRefused(Reply),
    /// It can't go over this relay, found without handing anything over: for good.
    Unsendable(Unsendable),
    /// `hand_off` or `confirm` said no: nothing of the message was written. Decide again.
    LeaseExpired,
    /// The connection couldn't be made, or broke before the end of the message was sent: the server can't
    /// have it. Safe to send again.
    NotHandedOver(TransportError),
    /// The whole message was sent and no answer came. The server may or may not have it, so it is never sent
    /// again by itself (RFC 1047, RFC 5321 section 4.5.3.2.6).
    InDoubt(TransportError),
}

impl Outcome {
    /// The outcome for a negative reply; `None` for a reply that isn't negative.
    pub(super) fn refused(reply: &Reply) -> Option<Self> {
        match reply.code() {
            400..=499 => Some(Self::Deferred(reply.clone())),
            500..=599 => Some(Self::Rejected(reply.clone())),
            _ => None,
        }
    }

    /// Whether the same message may be sent again without anybody asking for it.
    pub fn may_retry(&self) -> bool {
        matches!(self, Self::Deferred(_) | Self::NotHandedOver(_) | Self::LeaseExpired)
    }
}

/// Why a message can't go over this relay at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsendable {
    /// An address or the message's header needs SMTPUTF8 (RFC 6531) and the server doesn't have it.
    #[error("the address needs smtputf8, which the server does not offer")]
    Smtputf8Missing,
    /// The message has 8-bit bytes and the server doesn't have 8BITMIME (RFC 6152). Recoding it here would
    /// break its DKIM signature.
    #[error("the message is 8-bit, which the server does not offer to take")]
    EightBitMissing,
    /// The message is larger than the server's SIZE (RFC 1870), or than our own limit.
    #[error("the message has {size} bytes, the limit is {limit}")]
    TooLarge {
        /// Bytes of the message with CRLF line ends.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
}
