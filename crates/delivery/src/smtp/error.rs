//! Why a connection couldn't be made or used.

use std::io;

use super::reply::Reply;

/// What goes wrong between us and the relay before a message is at stake, or while one is sent.
///
/// No text of the server is part of the messages: replies quote addresses. The reply itself is in the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The configuration can't be used; the text names the field.
    #[error("transport configuration: {0}")]
    Config(&'static str),
    /// A file that the configuration names can't be read or used.
    #[error("transport configuration: {field} can't be read: {kind}")]
    ConfigFile {
        /// The configuration's field.
        field: &'static str,
        /// What the file system says.
        kind: io::ErrorKind,
    },
    /// The environment variable named by `password_env` isn't set, or isn't UTF-8.
    #[error("transport configuration: the variable that password_env names is not set")]
    PasswordVariable,
    /// The name doesn't resolve or no address of it accepts the connection.
    #[error("can't connect: {0}")]
    Connect(io::ErrorKind),
    /// Certificates that aren't verified are for loopback only, and the relay isn't on it.
    #[error("accept_invalid_certs is for loopback addresses only")]
    NotLoopback,
    /// The connection broke.
    #[error("connection lost: {0}")]
    Io(io::ErrorKind),
    /// The server closed the connection.
    #[error("connection closed by the server")]
    Closed,
    /// The server didn't answer, or take our bytes, in time.
    #[error("timed out at {0}")]
    Timeout(&'static str),
    /// The TLS handshake failed: certificate, name or protocol.
    #[error("tls handshake failed")]
    Tls,
    /// `tls = "required"` and the server doesn't offer STARTTLS.
    #[error("the server does not offer starttls")]
    StartTlsMissing,
    /// The server sent bytes after its answer to STARTTLS and before the handshake: an injection (RFC 3207 section 6).
    #[error("unprotected bytes after starttls")]
    StartTlsInjection,
    /// A user name is configured and the server offers neither PLAIN nor LOGIN.
    #[error("the server offers no usable authentication")]
    AuthMissing,
    /// A user name is configured, the connection isn't protected and `insecure_auth` is off.
    #[error("authentication refused on an unprotected connection")]
    AuthUnprotected,
    /// The server answers with an error where the session can't go on (greeting, EHLO, AUTH, STARTTLS).
    #[error("refused at {stage}: {reply}")]
    Refused {
        /// The command that was refused.
        stage: &'static str,
        /// The server's reply.
        reply: Reply,
    },
    /// The speed limit that nodes share can't be asked; nothing is wrong with the relay.
    #[error("the shared limit of speed can't be asked: {0}")]
    NoTurn(String),
    /// What came isn't an SMTP reply, or one past the limits; the text says which.
    #[error("protocol error: {0}")]
    Protocol(&'static str),
}

impl From<io::Error> for TransportError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Closed,
            kind => Self::Io(kind),
        }
    }
}
