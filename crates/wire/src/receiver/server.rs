//! Accepting connections, within limits, until told to stop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use consent::Clock;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::config::{ACCEPT_PAUSE, NETWORK_SHARE, ReceiverConfig, SHUTDOWN_GRACE};
use super::listener::Listener;
use super::session;
use super::shared::Shared;
use super::sink::MailSink;
use super::stream::Stream;
use crate::budget::Budget;
use crate::connections::{ConnectionLimits, Connections};

/// How long a connection that is turned away gets to take the reason.
const REFUSAL_WAIT: Duration = Duration::from_secs(1);

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
