//! The byte stream under a session, plain or TLS.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

/// Bytes made room for at each read.
pub(super) const READ_BYTES: usize = 32 * 1024;
/// Most bytes that are taken in after the last reply.
const CLOSING_BYTES_MAX: usize = 1 << 20;

/// Plain or TLS.
pub(super) enum Stream {
    Plain(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Only while and after a handshake fails.
    Gone,
}

impl Stream {
    /// Appends what there is; 0 is the end.
    pub(super) async fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read_buf(buffer).await,
            Self::Unix(unix) => unix.read_buf(buffer).await,
            Self::Tls(tls) => tls.read_buf(buffer).await,
            Self::Gone => Ok(0),
        }
    }

    /// Writes all of it.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.write_all(bytes).await,
            Self::Unix(unix) => unix.write_all(bytes).await,
            Self::Tls(tls) => {
                tls.write_all(bytes).await?;
                tls.flush().await
            }
            Self::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Says that nothing more will come, and takes in what the client still sends: closing at once would make the
    /// system throw away the last reply.
    pub(super) async fn close(mut self) {
        let closed = match &mut self {
            Self::Plain(tcp) => tcp.shutdown().await,
            Self::Unix(unix) => unix.shutdown().await,
            Self::Tls(tls) => tls.shutdown().await,
            Self::Gone => return,
        };
        let mut rest = Vec::with_capacity(READ_BYTES);
        let mut room = CLOSING_BYTES_MAX;
        while closed.is_ok() && room > 0 {
            rest.clear();
            match self.read(&mut rest).await {
                Ok(count) if count > 0 => room = room.saturating_sub(count),
                _ => return,
            }
        }
    }
}
