//! A session's BDAT (RFC 3030): the message in pieces whose lengths are told beforehand.

use super::super::command::Chunk;
use super::super::config::OVERSIZE_FACTOR_MAX;
use super::content::{Pending, TOO_LARGE};
use super::{Over, Session, Transaction};

/// Most bytes that are read and thrown away behind a BDAT that is refused.
const REFUSED_BYTES_MAX: u64 = 64 << 20;

/// What came so far.
pub(super) struct Chunks {
    /// Nothing once it is past the limit.
    message: Option<Vec<u8>>,
    seen: u64,
    pending: Pending,
}

impl Session<'_> {
    /// The bytes behind one BDAT, and the reply. They are read whatever the reply is, or they would be taken for commands.
    pub(super) async fn chunk(&mut self, chunk: Chunk) -> Result<(), Over> {
        let Some(mut transaction) = self.transaction.take() else {
            return self.skip(chunk, "503 5.5.1 MAIL first").await;
        };
        if transaction.to.is_empty() {
            self.transaction = Some(transaction);
            return self.skip(chunk, self.no_recipients()).await;
        }
        let chunks = transaction.chunks.get_or_insert_with(|| Chunks {
            message: Some(Vec::new()),
            seen: 0,
            pending: self.begin(),
        });
        let limit = self.shared.config.message_bytes_max as u64;
        chunks.seen = chunks.seen.saturating_add(chunk.bytes);
        if chunks.seen > limit.saturating_mul(OVERSIZE_FACTOR_MAX as u64) {
            self.say(TOO_LARGE);
            return Err(Over);
        }
        if chunks.seen > limit {
            chunks.message = None;
        }
        self.take_bytes(chunk.bytes, chunks).await?;
        self.end(chunk, transaction).await;
        Ok(())
    }

    /// The reply to a chunk that is in.
    async fn end(&mut self, chunk: Chunk, mut transaction: Transaction) {
        let message = transaction.chunks.as_mut().and_then(|chunks| chunks.message.take());
        if chunk.last {
            self.complete(transaction, message).await;
        } else if message.is_some() {
            if let Some(chunks) = &mut transaction.chunks {
                chunks.message = message;
            }
            self.transaction = Some(transaction);
            self.say(&format!("250 2.0.0 {} bytes", chunk.bytes));
        } else {
            // RFC 3030 section 2: the transaction is over; chunks that the client has sent already are refused.
            self.refuse(TOO_LARGE);
        }
    }

    async fn take_bytes(&mut self, bytes: u64, chunks: &mut Chunks) -> Result<(), Over> {
        let mut left = bytes;
        loop {
            let here = &self.input[self.used..];
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(here.len());
            if let Some(message) = &mut chunks.message {
                message.extend_from_slice(&here[..count]);
            }
            self.used += count;
            left -= count as u64;
            let held = chunks.message.as_ref().map_or(0, Vec::len);
            self.hold(&mut chunks.pending, held)?;
            if left == 0 {
                return Ok(());
            }
            self.more(&chunks.pending).await?;
        }
    }

    async fn skip(&mut self, chunk: Chunk, reply: &'static str) -> Result<(), Over> {
        if chunk.bytes > REFUSED_BYTES_MAX {
            self.say(reply);
            return Err(Over);
        }
        let pending = self.begin();
        self.take_bytes(chunk.bytes, &mut Chunks { message: None, seen: 0, pending }).await?;
        self.refuse(reply);
        Ok(())
    }
}
