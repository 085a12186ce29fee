//! Why a connection couldn't be made or used, and what to do about it.

use std::io;

use super::reply::Reply;
use crate::rate::NoTurn;
use crate::tls::{RootsError, TlsProblem};

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
    /// The environment variable that `password_env` names isn't set, or isn't UTF-8.
    #[error("the environment variable {0}, which password_env names, is not set")]
    PasswordVariable(String),
    /// The name doesn't resolve.
    #[error("the host name {0} can't be resolved")]
    UnknownHost(String),
    /// No address of the host accepts the connection.
    #[error("can't connect to {at}: {kind}")]
    Connect {
        /// Host and port.
        at: String,
        /// What the network says.
        kind: io::ErrorKind,
    },
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
    /// The TLS handshake failed.
    #[error("tls handshake failed: {0}")]
    Tls(TlsProblem),
    /// The server waits for TLS where we greet in plain text.
    #[error("the server speaks tls from the first byte, and tls is not \"implicit\"")]
    TlsExpected,
    /// `tls = "required"` and the server doesn't offer STARTTLS.
    #[error("the server does not offer starttls, and tls = \"required\"")]
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

impl TransportError {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        let plain = match self {
            Self::PasswordVariable(variable) => {
                return Some(format!(
                    "set {variable} where this command runs, or name a file by password_file"
                ));
            }
            Self::UnknownHost(_) => "check transport.host, and that this machine can resolve names",
            Self::Connect { kind: io::ErrorKind::ConnectionRefused, .. } => {
                "nothing listens there: check transport.host and transport.port, and that the relay runs"
            }
            Self::Connect { .. } | Self::Timeout("connect" | "name resolution") => {
                "check transport.host and transport.port, and that no firewall stands between"
            }
            Self::Tls(problem) => return Some(problem.hint().to_owned()),
            Self::TlsExpected => "write tls = \"implicit\", or name the port for starttls, mostly 587",
            Self::Timeout("greeting") | Self::Closed => {
                "check transport.port and transport.tls: a port for tls from the first byte (465) wants tls = \"implicit\""
            }
            Self::StartTlsMissing => {
                "use a port that offers starttls (587) or tls = \"implicit\" (465); \"opportunistic\" or \"none\" is for a \
                 relay that you reach by a safe network"
            }
            Self::AuthMissing => {
                "leave username out if the relay knows you by your address, or ask its operator for AUTH PLAIN or LOGIN"
            }
            Self::AuthUnprotected => {
                "protect the connection with tls = \"required\" or \"implicit\"; insecure_auth = true sends the password \
                 in the open"
            }
            Self::Refused { stage: "auth", .. } => {
                "check username and the password that password_env or password_file names; some relays want an app password"
            }
            Self::Refused { stage: "greeting", .. } => {
                "the relay takes no connections from here: ask its operator to allow this machine's address"
            }
            Self::Refused { stage: "ehlo", .. } => "set hello_name to this machine's name in the DNS",
            _ => return None,
        };
        Some(plain.to_owned())
    }
}

impl From<io::Error> for TransportError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Closed,
            kind => Self::Io(kind),
        }
    }
}

impl From<NoTurn> for TransportError {
    fn from(NoTurn(why): NoTurn) -> Self {
        Self::NoTurn(why)
    }
}

impl From<RootsError> for TransportError {
    fn from(error: RootsError) -> Self {
        match error {
            RootsError::Unreadable(kind) => Self::ConfigFile { field: "ca_file", kind },
            RootsError::Unusable(why) => Self::Config(why),
        }
    }
}
