//! Serving HTTP with limits on everything a client can keep open.

mod paced;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::IntoResponse;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;
use web::{ConnectionLimits, Connections, Place};

use self::paced::{Pace, Paced};

/// How long a request's head may take, from the connection's beginning or from the answer before.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// The same for a proxy, which takes heads in before it passes them on, and keeps connections for later: nginx for a minute.
const PROXY_TIME_MAX: Duration = Duration::from_secs(75);
/// Longest head of a request, in bytes; a token is 51 characters.
const HEAD_LENGTH_MAX: usize = 16 * 1024;
/// What the system may hold of an answer that a client hasn't taken yet, and of a request that we haven't; it takes twice
/// that, for its own accounts.
const SOCKET_BYTES_MAX: u32 = 64 * 1024;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;
/// How long requests in hand get when the server stops.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);
/// Where load balancers ask whether to send requests here.
const READINESS: &str = "/readyz";
/// Pause after a connection can't be accepted, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// File descriptors that are left for everything else: the store, mail, what is sent.
const DESCRIPTORS_SHARE: usize = 2;

/// How connections are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peers {
    /// Each is the client's own.
    Clients,
    /// All are a proxy's, which limits its clients itself; each request names the client.
    Proxy,
}

/// Listens on an address, with small buffers for each connection: what clients don't take would be kept there otherwise.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    // Connections get those of the socket that they are accepted from.
    socket.set_send_buffer_size(SOCKET_BYTES_MAX)?;
    socket.set_recv_buffer_size(SOCKET_BYTES_MAX)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop` turns true, then lets requests in hand end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    peers: Peers,
    stop: watch::Receiver<bool>,
) -> Result<()> {
    let most = open_files_max().map_or(usize::MAX, |files| files / DESCRIPTORS_SHARE);
    let places = Connections::new(ConnectionLimits::DEFAULT.within(most));
    let head_time_max = if peers == Peers::Proxy { PROXY_TIME_MAX } else { HEAD_TIME_MAX };
    Server { router, peers, places, head_time_max, pace: Pace::DEFAULT }.serve(listener, stop).await
}

/// How many files this process may have open; `None` where the system doesn't say.
fn open_files_max() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Turns true `drain` after `stop`: until then the server goes on, so that whoever asks for its readiness can turn to
/// another one first.
pub fn after(mut stop: watch::Receiver<bool>, drain: Duration) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        if stop.wait_for(|stop| *stop).await.is_ok() {
            tokio::time::sleep(drain).await;
        }
        let _ = sender.send(true);
    });
    receiver
}

/// Answers the readiness route with 503 once `stop` is true; everything else as before.
pub fn unready_when(router: Router, stop: watch::Receiver<bool>) -> Router {
    router.layer(axum::middleware::from_fn(move |request: Request, next: Next| {
        let stopping = *stop.borrow() && request.uri().path() == READINESS;
        async move {
            if stopping {
                (StatusCode::SERVICE_UNAVAILABLE, "the server is stopping\n").into_response()
            } else {
                next.run(request).await
            }
        }
    }))
}

/// What each connection is served with.
struct Server {
    router: Router,
    peers: Peers,
    places: Arc<Connections>,
    head_time_max: Duration,
    pace: Pace,
}

impl Server {
    async fn serve(self, listener: TcpListener, mut stop: watch::Receiver<bool>) -> Result<()> {
        let server = Arc::new(self);
        let graceful = GracefulShutdown::new();
        // Ends those that are still there when the time for that is over.
        let mut connections = JoinSet::new();
        let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                () = &mut stopped => break,
                accepted = listener.accept() => if let Ok((stream, peer)) = accepted {
                        let ip = (server.peers == Peers::Clients).then(|| peer.ip());
                        // Where every other connection is in work this one is closed unheard.
                        if let Some(place) = server.places.admit(ip) {
                            let (server, watcher) = (Arc::clone(&server), graceful.watcher());
                            connections.spawn(async move { server.answer(stream, peer, &place, watcher).await });
                        }
                } else {
                    server.places.relieve();
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                },
            }
            while connections.try_join_next().is_some() {}
        }
        drop(listener);
        let _ = tokio::time::timeout(DRAIN_TIME_MAX, graceful.shutdown()).await;
        Ok(())
    }

    async fn answer(&self, stream: TcpStream, peer: SocketAddr, place: &Place, watcher: Watcher) {
        let _ = stream.set_nodelay(true);
        let activity = place.activity();
        let service = self.router.clone().map_request(move |mut request: Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(activity.clone());
            request.map(axum::body::Body::new)
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_time_max)
            .max_buf_size(HEAD_LENGTH_MAX)
            .serve_connection(TokioIo::new(Paced::new(stream, self.pace)), TowerToHyperService::new(service));
        tokio::select! {
            // A client that breaks off or breaks the rules is no matter of ours.
            _ = watcher.watch(connection) => {}
            () = place.closed() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn server(router: Router, limits: ConnectionLimits) -> Server {
        let head_time_max = Duration::from_millis(300);
        let pace = Pace { within: Duration::from_millis(300), ..Pace::DEFAULT };
        Server { router, peers: Peers::Clients, places: Connections::new(limits), head_time_max, pace }
    }

    fn started(server: Server) -> (SocketAddr, watch::Sender<bool>, tokio::task::JoinHandle<Result<()>>) {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        (address, stop, tokio::spawn(server.serve(listener, stopped)))
    }

    async fn ask(stream: &mut TcpStream) -> String {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
        let mut buffer = [0; 512];
        let length = stream.read(&mut buffer).await.unwrap_or(0);
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[tokio::test]
    async fn newcomers_are_answered_whatever_waits() {
        let router = Router::new().route("/", axum::routing::get(|| async { "here" }));
        let few = ConnectionLimits { all: 8, per_address: 6, ..ConnectionLimits::DEFAULT };
        let long = Server { head_time_max: Duration::from_mins(1), ..server(router, few) };
        let (address, stop, serving) = started(long);
        let mut idle = Vec::new();
        for _ in 0..30 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"POST /u/x HTTP/1.1\r\nHost: h\r\n").await.unwrap();
            idle.push(stream);
        }
        for _ in 0..10 {
            assert!(ask(&mut TcpStream::connect(address).await.unwrap()).await.ends_with("here"));
        }
        drop(idle);
        stop.send(true).unwrap();
        serving.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_cut_off() {
        let router = Router::new().route("/", axum::routing::get(|| async { "x".repeat(8 << 20) }));
        let (address, stop, serving) = started(server(router, ConnectionLimits::DEFAULT));
        let mut deaf = TcpStream::connect(address).await.unwrap();
        deaf.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut taken = Vec::new();
        // What the system holds still comes, then it ends.
        let _ = deaf.read_to_end(&mut taken).await;
        assert!(taken.len() < 8 << 20, "{}", taken.len());
        stop.send(true).unwrap();
        serving.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_head_that_never_ends_is_cut_off_and_stopping_ends_idle_connections() {
        let router = Router::new().route("/", axum::routing::get(|| async { "here" }));
        let (address, stop, serving) = started(server(router, ConnectionLimits::DEFAULT));
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nX: ").await.unwrap();
        let mut answer = Vec::new();
        // Ends by itself, or the test never does.
        slow.read_to_end(&mut answer).await.unwrap();
        let mut idle = TcpStream::connect(address).await.unwrap();
        assert!(ask(&mut idle).await.ends_with("here"));
        let mut buffer = [0; 512];
        stop.send(true).unwrap();
        assert_eq!(idle.read(&mut buffer).await.unwrap(), 0);
        serving.await.unwrap().unwrap();
    }
}
