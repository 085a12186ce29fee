//! A server that follows a script and fails the test when the client doesn't.

use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What the server does next.
#[derive(Clone)]
pub(super) enum Step {
    /// Write this.
    Send(&'static str),
    /// Read exactly this; bytes that come in the same breath and aren't part of it fail the test.
    Expect(&'static str),
    /// Read this many bytes of whatever it is, then go on.
    Swallow(usize),
    /// Do nothing, not even read, until the test says so.
    Wait(Arc<Notify>),
    /// The client closes the connection without another byte.
    ExpectEnd,
    /// Keep the connection open and silent until the client closes it.
    Hold,
    /// Reset the connection, as a server that dies does, instead of closing it in order.
    Reset,
    /// TLS handshake.
    Tls(Arc<ServerConfig>),
    /// TLS handshake that the client is expected to give up.
    TlsRefused(Arc<ServerConfig>),
}

trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

pub(super) struct Server {
    port: u16,
    task: JoinHandle<()>,
}

impl Server {
    /// One script per connection, in the order in which they come.
    pub(super) async fn start(connections: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            let mut running = Vec::new();
            for steps in connections {
                let (tcp, _) = listener.accept().await.unwrap();
                running.push(tokio::spawn(play(tcp, steps)));
            }
            for connection in running {
                connection.await.unwrap();
            }
        });
        Self { port, task }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Waits until every script has been played to its end.
    pub(super) async fn finish(self) {
        self.task.await.unwrap();
    }
}

async fn play(tcp: TcpStream, steps: Vec<Step>) {
    if steps.iter().any(|step| matches!(step, Step::Reset)) {
        tcp.set_zero_linger().unwrap();
    }
    let mut io: Box<dyn Io> = Box::new(tcp);
    for step in steps {
        match step {
            Step::Send(text) => io.write_all(text.as_bytes()).await.unwrap(),
            Step::Expect(text) => expect(&mut io, text).await,
            Step::Swallow(count) => {
                let mut bytes = vec![0; count];
                io.read_exact(&mut bytes).await.unwrap();
            }
            Step::Wait(signal) => signal.notified().await,
            Step::Hold => {
                let mut rest = Vec::new();
                // However the client leaves.
                let _ = io.read_to_end(&mut rest).await;
            }
            Step::ExpectEnd => {
                let mut rest = Vec::new();
                let _ = io.read_to_end(&mut rest).await;
                assert_eq!(String::from_utf8_lossy(&rest), "");
            }
            Step::Reset => return,
            Step::Tls(config) => io = Box::new(TlsAcceptor::from(config).accept(io).await.unwrap()),
            Step::TlsRefused(config) => {
                assert!(TlsAcceptor::from(config).accept(io).await.is_err(), "the client should refuse");
                return;
            }
        }
        io.flush().await.unwrap();
    }
    io.shutdown().await.ok();
}

async fn expect(io: &mut Box<dyn Io>, text: &str) {
    let mut got = Vec::new();
    while got.len() < text.len() {
        let mut bytes = vec![0; 64 * 1024];
        let count = io.read(&mut bytes).await.unwrap();
        assert!(
            count > 0,
            "the client left instead of sending {text:?}, after {:?}",
            String::from_utf8_lossy(&got)
        );
        got.extend_from_slice(&bytes[..count]);
    }
    assert_eq!(String::from_utf8_lossy(&got), text);
}
