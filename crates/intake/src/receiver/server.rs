//! Accepting connections, within limits, until told to stop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use consent::{Clock, Timestamp};
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::config::{ACCEPT_PAUSE, NETWORK_SHARE, ReceiverConfig, SHUTDOWN_GRACE};
use super::listener::Listener;
use super::reply::Reply;
use super::session;
use super::stream::Stream;
use crate::budget::Budget;
use crate::connections::{ConnectionLimits, Connections};

/// How long a connection that is turned away gets to take the reason.
const REFUSAL_WAIT: Duration = Duration::from_secs(1);

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

/// What all sessions share.
pub(super) struct Shared {
    pub(super) config: ReceiverConfig,
    pub(super) hostname: String,
    pub(super) sink: Arc<dyn MailSink>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) pending: Arc<Budget>,
    places: Arc<Connections>,
}

/// A listening receiver.
pub struct Receiver {
    listener: Listener,
    shared: Arc<Shared>,
}

impl Receiver {
    /// Listens on `address`. Port 0 takes any free port. Nothing is accepted before [`Self::run`].
    pub async fn bind(
        address: SocketAddr,
        config: ReceiverConfig,
        sink: Arc<dyn MailSink>,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        Ok(Self::on(Listener::tcp(address).await?, config, sink, clock))
    }

    /// Listens on a socket in the file system, which is removed when the receiver ends. Whoever may enter the folder may
    /// connect. A socket that a dead process left is replaced.
    pub async fn bind_unix(
        path: &Path,
        config: ReceiverConfig,
        sink: Arc<dyn MailSink>,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        Ok(Self::on(Listener::unix(path).await?, config, sink, clock))
    }

    fn on(
        listener: Listener,
        config: ReceiverConfig,
        sink: Arc<dyn MailSink>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let hostname = config.safe_hostname();
        let places = Connections::new(ConnectionLimits {
            all: config.connections_max,
            per_address: config.connections_per_peer_max,
            per_network: config.connections_per_network_max,
            exchange: false,
        });
        // One message of the largest size always has room.
        let of_network = (config.pending_bytes_max / NETWORK_SHARE).max(config.message_bytes_max);
        let pending = Budget::new(config.pending_bytes_max.max(of_network), of_network);
        let shared = Arc::new(Shared { config, hostname, sink, clock, pending, places });
        Self { listener, shared }
    }

    /// Where it listens; `None` on a socket in the file system.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown` is done. Sessions then finish the message they are in, for at most 10 seconds, and
    /// clients that wait get 421.
    pub fn run<'a>(self, shutdown: impl Future<Output = ()> + Send + 'a) -> BoxFuture<'a, ()> {
        // Boxed, so that the sessions' code is made here and not once more where it is called.
        Box::pin(self.serve(Box::pin(shutdown)))
    }

    async fn serve(self, mut shutdown: BoxFuture<'_, ()>) {
        let (stop, stopping) = watch::channel(false);
        let mut sessions = JoinSet::new();
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => self.admit(&mut sessions, stream, peer, stopping.clone()),
                    Err(error) => {
                        tracing::warn!(kind = ?error.kind(), "accepting a connection failed");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = sessions.join_next() => {}
            }
        }
        drop(self.listener);
        // Nobody listens if there is no session.
        let _ = stop.send(true);
        let finishing = async { while sessions.join_next().await.is_some() {} };
        if timeout(SHUTDOWN_GRACE, finishing).await.is_err() {
            sessions.shutdown().await;
        }
    }

    fn admit(
        &self,
        sessions: &mut JoinSet<()>,
        stream: Stream,
        peer: Option<SocketAddr>,
        stopping: watch::Receiver<bool>,
    ) {
        // Those who come through a socket in the file system can't be told apart.
        let Some(place) = self.shared.places.admit(peer.map(|peer| peer.ip())) else {
            // Twice the limit, not even a reason is given.
            if sessions.len() < self.shared.config.connections_max.saturating_mul(2) {
                sessions.spawn(turn_away(stream));
            }
            return;
        };
        let shared = Arc::clone(&self.shared);
        sessions.spawn(async move {
            let talk = session::run(&shared, stream, peer, place.activity(), stopping);
            tokio::select! {
                () = talk => {}
                () = place.closed() => {}
            }
        });
    }
}

async fn turn_away(mut stream: Stream) {
    // Whether or not the client hears it.
    let _ = timeout(REFUSAL_WAIT, stream.write(b"421 4.7.0 too many connections\r\n")).await;
}
