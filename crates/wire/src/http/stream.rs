//! The byte stream under a connection.

use tokio::io::{AsyncRead, AsyncWrite};

/// Plain or TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}
