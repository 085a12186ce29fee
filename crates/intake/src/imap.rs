//! Reading a mailbox by IMAP (RFC 9051, RFC 3501): what came back is taken, flagged, and moved if wanted. Nothing is ever
//! deleted, and what nobody can make sense of is left for people.
//!
//! The flags are what remembers: a mail that was taken and couldn't be flagged is read again, which is no harm, since
//! each mail counts once.

mod connect;
mod exchange;
mod folder;
mod look;
mod troubles;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use rustls::{ClientConfig, RootCertStore};
use store::StoreError;
use tokio::sync::watch;

use crate::inbox::Inbox;
use folder::Folder;
pub use look::newest_from;
use troubles::Troubles;

/// First and longest wait before a lost connection is made anew.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));
/// Shortest wait before a folder is looked at again.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// Wait after the server refused user and password: some lock an account after a few tries.
const LOGIN_BACKOFF: Duration = Duration::from_mins(5);

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
    /// The address whose mail the folder holds: if it is one of the inbox's further addresses, reports there may name whom
    /// they are about. No header field says it, since anybody can write those.
    pub address: Option<String>,
    /// Where mail goes that was taken; it stays where it is if absent.
    pub done_folder: Option<String>,
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
    /// The store couldn't make it durable; nothing was flagged.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// TLS that trusts these authorities.
pub fn client_tls(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Reads the mailbox until `stop` turns true; a connection that is lost is made anew.
pub fn run(config: ImapConfig, inbox: Inbox, stop: watch::Receiver<bool>) -> BoxFuture<'static, ()> {
    Box::pin(read_until(config, inbox, stop))
}

async fn read_until(config: ImapConfig, inbox: Inbox, mut stop: watch::Receiver<bool>) {
    let (mut wait, mut troubles) = (BACKOFF.0, Troubles::default());
    let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
    let reading = async {
        loop {
            let mut worked = false;
            let Err(error) = read(&config, &inbox, &mut troubles, &mut worked).await;
            if worked {
                wait = BACKOFF.0;
            }
            let pause = if matches!(error, ImapError::Login) { LOGIN_BACKOFF } else { wait };
            tracing::warn!(host = config.host, %error, seconds = pause.as_secs(), "the mailbox can't be read; trying again");
            tokio::time::sleep(pause).await;
            wait = (wait * 2).min(BACKOFF.1);
        }
    };
    // What is being taken when it stops is either durable or read again.
    tokio::select! {
        () = stopped => {}
        () = reading => {}
    }
}

/// Reads on one connection until it breaks. `worked` says that what was there was read.
async fn read(
    config: &ImapConfig,
    inbox: &Inbox,
    troubles: &mut Troubles,
    worked: &mut bool,
) -> Result<std::convert::Infallible, ImapError> {
    let session = connect::login(config).await?;
    let mut folder = Folder::open(session, config, troubles).await?;
    loop {
        while folder.take_some(inbox, troubles).await? {
            *worked = true;
        }
        *worked = true;
        // What the server couldn't hand out is asked for again sooner than that.
        let again = troubles.next(inbox.monotonic()).unwrap_or(config.poll);
        folder = folder.wait(config.poll.min(again.max(PAUSE_MIN))).await?;
    }
}
