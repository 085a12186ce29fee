//! A connection whose client has to take what it is sent.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// What a client takes at least while there is something for it to take: so many bytes in so long.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The bytes.
    pub bytes: usize,
    /// The time.
    pub within: Duration,
}

impl Pace {
    /// 4 KB a second; the slowest mobile networks have ten times that.
    pub const DEFAULT: Self = Self { bytes: 64 * 1024, within: Duration::from_secs(15) };
}

/// Fails writes to a client that doesn't read, or hardly does.
pub struct Paced<S> {
    stream: S,
    pace: Pace,
    /// Runs while the client lags behind.
    deadline: Option<Pin<Box<Sleep>>>,
    /// What it has taken since that began.
    taken: usize,
}

impl<S> Paced<S> {
    /// Nothing has been written yet.
    pub fn new(stream: S, pace: Pace) -> Self {
        Self { stream, pace, deadline: None, taken: 0 }
    }

    /// Looks at how the client keeps up, after a write of `length` bytes went as `wrote` says.
    fn judge(
        &mut self,
        wrote: Poll<io::Result<usize>>,
        length: usize,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(count)) = wrote {
            self.taken += count;
            if count == length || self.taken >= self.pace.bytes {
                (self.deadline, self.taken) = (None, 0);
            }
        }
        if wrote.is_pending() {
            let until = Instant::now() + self.pace.within;
            let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
            if deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        wrote
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(wrote, bytes.len(), context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.judge(wrote, parts.iter().map(|part| part.len()).sum(), context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const QUICK: Pace = Pace { bytes: 1000, within: Duration::from_millis(100) };

    #[tokio::test]
    async fn a_client_that_does_not_read_is_cut_off_and_a_slow_one_is_not() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let mut paced = Paced::new(ours, QUICK);
        let error = paced.write_all(&[0; 10_000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let drip = tokio::spawn(async move {
            let mut byte = [0];
            while theirs.read(&mut byte).await.is_ok_and(|count| count > 0) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        let error = paced.write_all(&[0; 10_000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut, "a byte a millisecond is too slow here");
        drip.abort();
        let (ours, mut theirs) = tokio::io::duplex(64);
        let mut paced = Paced::new(ours, Pace { within: Duration::from_mins(1), ..QUICK });
        let reading = tokio::spawn(async move {
            let mut all = Vec::new();
            theirs.read_to_end(&mut all).await.unwrap();
            all.len()
        });
        paced.write_all(&vec![0; 100_000]).await.unwrap();
        drop(paced);
        assert_eq!(reading.await.unwrap(), 100_000);
    }
}
