//! The byte stream under a connection, plain or TLS, with a time limit on every wait.

use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use rustls_pki_types::ServerName;

use super::error::TransportError;
use crate::tls::TlsProblem;

/// Plain or TLS.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub(super) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }

    /// Makes it TLS.
    pub(super) async fn handshake(
        self,
        (connector, name): &(TlsConnector, ServerName<'static>),
        limit: Duration,
    ) -> Result<Self, TransportError> {
        let Self::Plain(tcp) = self else { return Ok(self) };
        let connecting = timeout(limit, connector.connect(name.clone(), tcp));
        let tls = connecting.await.map_err(|_| TransportError::Timeout("tls"))?;
        tls.map(|tls| Self::Tls(Box::new(tls))).map_err(|error| TransportError::Tls(TlsProblem::of(&error)))
    }

    /// Appends what there is to `buffer`; an end of the stream is an error.
    pub(super) async fn read(&mut self, buffer: &mut Vec<u8>) -> Result<(), TransportError> {
        let count = match self {
            Self::Plain(tcp) => tcp.read_buf(buffer).await?,
            Self::Tls(tls) => tls.read_buf(buffer).await?,
        };
        if count == 0 { Err(TransportError::Closed) } else { Ok(()) }
    }

    /// Writes all of `bytes`; `limit` is for each block that the connection takes, mostly one. After an error the
    /// last byte of `bytes` has not been given to the network.
    pub(super) async fn write_all(
        &mut self,
        mut bytes: &[u8],
        stage: &'static str,
        limit: Duration,
    ) -> Result<(), TransportError> {
        while !bytes.is_empty() {
            let writing = async {
                match self {
                    Self::Plain(tcp) => tcp.write(bytes).await,
                    Self::Tls(tls) => tls.write(bytes).await,
                }
            };
            let count = timeout(limit, writing).await.map_err(|_| TransportError::Timeout(stage))??;
            if count == 0 {
                return Err(TransportError::Closed);
            }
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Sends what TLS still holds back.
    pub(super) async fn flush(&mut self, stage: &'static str, limit: Duration) -> Result<(), TransportError> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(tls) => {
                Ok(timeout(limit, tls.flush()).await.map_err(|_| TransportError::Timeout(stage))??)
            }
        }
    }

    /// Whether nothing has come since the last read. Bytes or an end of the stream on a connection that waits for
    /// us mean that the server is done with it.
    pub(super) async fn is_quiet(&self) -> bool {
        timeout(Duration::ZERO, self.tcp().peek(&mut [0])).await.is_err()
    }

    /// The same as far as it is known without waiting, not even for the tick of a timer.
    pub(super) async fn seems_quiet(&self) -> bool {
        futures_util::poll!(pin!(self.tcp().peek(&mut [0]))).is_pending()
    }
}
