//! What a receiver is told, and its limits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;

/// Longest command line in bytes, line end included. RFC 5321 section 4.5.3.1.4 asks for 512 and extensions add to it.
pub(super) const COMMAND_LINE_BYTES_MAX: usize = 2048;
/// Longest line of a message in bytes, line end included. RFC 5321 section 4.5.3.1.6 asks for 1000; real mail has longer ones.
pub(super) const DATA_LINE_BYTES_MAX: usize = 64 * 1024;
/// How much of a message that is too large is read and thrown away before the connection is closed, as a multiple
/// of the size limit.
pub(super) const OVERSIZE_FACTOR_MAX: usize = 4;
/// How long a message may take whatever its length.
pub(super) const MESSAGE_TIME_BASE: Duration = Duration::from_mins(1);
/// What share of the pending bytes one network's messages may hold.
pub(super) const NETWORK_SHARE: usize = 4;
/// How long sessions may take to finish their message when the receiver stops.
pub(super) const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);
/// How long to wait after the system refused to give a connection (out of file descriptors).
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Which of the two protocols is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// SMTP (RFC 5321).
    #[default]
    Smtp,
    /// LMTP (RFC 2033): from a mail server of one's own, which gets a reply for each recipient. Never on port 25.
    Lmtp,
}

/// How a receiver behaves. The defaults are for a host that takes mail from anywhere.
#[derive(Clone)]
pub struct ReceiverConfig {
    /// SMTP or LMTP.
    pub protocol: Protocol,
    /// The name in the greeting; only letters, digits, `.`, `-`, `[`, `]` and `:` of it are shown.
    pub hostname: String,
    /// Largest message in bytes, offered as SIZE (RFC 1870).
    pub message_bytes_max: usize,
    /// Most recipients of one message.
    pub recipients_max: usize,
    /// Most connections at a time. Where all are taken, the one that has been silent longest gives way, of the network that
    /// holds most.
    pub connections_max: usize,
    /// Most connections at a time from one IPv4 address or one IPv6 network of 64 bits; past it a client is turned away.
    pub connections_per_peer_max: usize,
    /// Most connections at a time from one IPv4 network of 24 bits or one IPv6 network of 48; past it the one that has been
    /// silent longest gives way.
    pub connections_per_network_max: usize,
    /// Most bytes of messages that aren't complete yet, of all connections together.
    pub pending_bytes_max: usize,
    /// Most messages of one connection.
    pub messages_per_connection_max: u32,
    /// Errors of the client after which its connection is closed.
    pub errors_max: u32,
    /// How long a connection may stay silent (RFC 5321 section 4.5.3.2.7).
    pub idle: Duration,
    /// How long one message may take from DATA, or the first BDAT, to its end.
    pub message_time: Duration,
    /// How many bytes a second a message must bring, once it has taken a minute.
    pub bytes_per_second_min: usize,
    /// How long a whole connection may last.
    pub session_time: Duration,
    /// Certificate and key; offers STARTTLS (RFC 3207) when set.
    pub tls: Option<Arc<ServerConfig>>,
}

impl ReceiverConfig {
    /// The defaults, with this name in the greeting.
    pub fn new(hostname: impl Into<String>) -> Self {
        Self {
            protocol: Protocol::Smtp,
            hostname: hostname.into(),
            message_bytes_max: 25 << 20,
            recipients_max: 100,
            connections_max: 256,
            connections_per_peer_max: 32,
            connections_per_network_max: 128,
            pending_bytes_max: 128 << 20,
            messages_per_connection_max: 1000,
            errors_max: 20,
            idle: Duration::from_mins(5),
            message_time: Duration::from_mins(10),
            bytes_per_second_min: 1024,
            session_time: Duration::from_hours(1),
            tls: None,
        }
    }

    /// The host name reduced to what can't break a reply line.
    pub(super) fn safe_hostname(&self) -> String {
        let safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':');
        let name: String = self.hostname.chars().filter(safe).take(255).collect();
        if name.is_empty() { "localhost".to_owned() } else { name }
    }
}

impl fmt::Debug for ReceiverConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverConfig")
            .field("hostname", &self.hostname)
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}
