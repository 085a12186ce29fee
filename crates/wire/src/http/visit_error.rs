//! Why a server can't be asked, in words for people.

use std::io;

use rustls::{CertificateError, Error as TlsError};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VisitError {
    /// It isn't an address of a web page.
    #[error("it isn't the address of a page")]
    Address,
    /// The host has no address.
    #[error("no name server knows {0}")]
    Name(String),
    /// Nothing listens there, or nothing lets us through.
    #[error("the connection fails: {0}")]
    Connect(io::ErrorKind),
    /// It took too long.
    #[error("no answer in time ({0})")]
    Timeout(&'static str),
    /// The certificate isn't one that mailbox providers and browsers take.
    #[error("the certificate {0}")]
    Certificate(String),
    /// TLS fails for another reason.
    #[error("tls fails: {0}")]
    Tls(String),
    /// The connection broke before there was an answer.
    #[error("the connection is closed without an answer")]
    Closed,
    /// What came isn't HTTP.
    #[error("what answers speaks no http")]
    Protocol,
    /// More came than these bytes.
    #[error("the answer has more than {} KiB", .0 >> 10)]
    TooLong(usize),
}

impl VisitError {
    /// Whether every request to this server will fail like this.
    pub fn is_of_the_server(&self) -> bool {
        !matches!(self, Self::Closed | Self::TooLong(_) | Self::Timeout("answer"))
    }

    /// For programs: `name`, `connect`, `timeout`, `certificate`, ...
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Name(_) => "name",
            Self::Connect(_) => "connect",
            Self::Timeout(_) => "timeout",
            Self::Certificate(_) => "certificate",
            Self::Tls(_) => "tls",
            Self::Closed => "closed",
            Self::Protocol => "protocol",
            Self::TooLong(_) => "too_long",
        }
    }

    pub(super) fn of_handshake(error: &io::Error) -> Self {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
        match tls {
            Some(TlsError::InvalidCertificate(error)) => Self::Certificate(certificate(error)),
            Some(TlsError::InvalidMessage(_)) => Self::Tls("what answers speaks no tls".to_owned()),
            Some(error) => Self::Tls(error.to_string()),
            None if error.kind() == io::ErrorKind::UnexpectedEof => Self::Closed,
            None => Self::Tls(error.kind().to_string()),
        }
    }
}

fn certificate(error: &CertificateError) -> String {
    use CertificateError as E;
    match error {
        E::Expired | E::ExpiredContext { .. } => "has expired".to_owned(),
        E::NotValidYet | E::NotValidYetContext { .. } => "isn't valid yet".to_owned(),
        E::Revoked => "is revoked".to_owned(),
        E::UnknownIssuer => {
            "isn't signed by an authority that is trusted, or the chain is incomplete".to_owned()
        }
        E::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            format!("is for another name ({})", presented.join(", "))
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => "is for another name".to_owned(),
        E::BadSignature => "has a signature that doesn't match".to_owned(),
        other => format!("can't be used: {other:?}").chars().take(200).collect(),
    }
}
