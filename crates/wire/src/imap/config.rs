//! Which mailbox is read, and why it can't be.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::reader::Failure;

/// How the connection is protected.
#[derive(Clone)]
pub enum ImapTls {
    /// TLS from the first byte (RFC 8314), mostly port 993.
    Implicit(Arc<ClientConfig>),
    /// STARTTLS, or nothing.
    StartTls(Arc<ClientConfig>),
    /// None. For a server on the same machine.
    None,
}

/// A mailbox to read.
#[derive(Clone)]
pub struct ImapConfig {
    /// Host name or IP address; the certificate must be for it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: ImapTls,
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
    /// The folder to read.
    pub folder: String,
    /// The address whose mail the folder holds, which is told with each mail. No header field says it, since anybody can
    /// write those.
    pub address: Option<String>,
    /// Where mail goes that was taken; it stays where it is if absent.
    pub done_folder: Option<String>,
    /// Longest mail that is fetched, in bytes; a longer one is left for people.
    pub mail_bytes_max: usize,
    /// How often to look, where the server doesn't say when mail comes; and at least.
    pub poll: Duration,
}

impl std::fmt::Debug for ImapConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImapConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Why a mailbox can't be read now. The texts of servers aren't in it: they name users.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    /// The connection.
    #[error("connection: {0}")]
    Connection(std::io::ErrorKind),
    /// The host can't be a certificate's name.
    #[error("the host is no name of a certificate")]
    Name,
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// User or password is wrong, or may not log in this way.
    #[error("the server refuses user and password")]
    Login,
    /// STARTTLS isn't there, or other bytes came with its answer.
    #[error("the server does not start tls")]
    StartTls,
    /// A folder isn't there or may not be written.
    #[error("the server refuses {0}")]
    Refused(&'static str),
    /// Answers that aren't IMAP.
    #[error("the server's answers can't be understood")]
    Protocol,
    /// A mail couldn't be taken; nothing was flagged.
    #[error(transparent)]
    NotTaken(#[from] Failure),
}
