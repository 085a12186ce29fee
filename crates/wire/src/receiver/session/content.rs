//! A session's DATA, and what becomes of a complete message.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::super::config::MESSAGE_TIME_BASE;
use super::super::data::{DataError, DataReader, Progress};
use super::super::sink::ReceivedMail;
use super::{Over, Session, Transaction};
use crate::budget::Reserved;

/// The reply to a message past the size limit.
pub(super) const TOO_LARGE: &str = "552 5.3.4 message too large";

/// A message that isn't complete yet.
pub(super) struct Pending {
    /// What is held of it.
    reserved: Reserved,
    begun: Instant,
}

impl Session<'_> {
    /// The message, from after DATA to the reply to its end.
    pub(super) async fn data(&mut self) -> Result<(), Over> {
        let mut pending = self.begin();
        let mut reader = DataReader::new(self.shared.config.message_bytes_max);
        let message = loop {
            let step = reader.push(&self.input[self.used..]);
            match step {
                Ok((used, progress)) => {
                    self.used += used;
                    if let Progress::Done(message) = progress {
                        break message;
                    }
                }
                Err(error) => {
                    self.say(match error {
                        DataError::Line(error) => error.reply(),
                        DataError::Endless => TOO_LARGE,
                    });
                    return Err(Over);
                }
            }
            self.hold(&mut pending, reader.held())?;
            self.more(&pending).await?;
        };
        let transaction = self.transaction.take().ok_or(Over)?;
        self.complete(transaction, message).await;
        Ok(())
    }

    /// A message begins.
    pub(super) fn begin(&self) -> Pending {
        let reserved = self.shared.pending.begin(self.peer.map(|peer| peer.ip()));
        Pending { reserved, begun: Instant::now() }
    }

    /// Counts what is held of a message. Where messages hold too much together, the session that has been silent longest
    /// gives way, or else this one: its client is to try again.
    pub(super) fn hold(&mut self, pending: &mut Pending, held: usize) -> Result<(), Over> {
        let more = held.saturating_sub(pending.reserved.bytes());
        if pending.reserved.grow(more) {
            return Ok(());
        }
        self.activity.relieve();
        self.say("421 4.3.1 too much mail at once");
        Err(Over)
    }

    /// Waits for more of a message, which must keep coming.
    pub(super) async fn more(&mut self, pending: &Pending) -> Result<(), Over> {
        self.flush().await?;
        let config = &self.shared.config;
        let earned = pending.reserved.bytes() / config.bytes_per_second_min.max(1);
        let within = config.message_time.min(MESSAGE_TIME_BASE + Duration::from_secs(earned as u64));
        let patience = (pending.begun + within).min(Instant::now() + config.idle);
        if let Ok(read) = timeout_at(patience, self.fill()).await {
            return read;
        }
        self.say("421 4.4.2 message takes too long");
        Err(Over)
    }

    /// Hands a message over and says what became of it: once, or in LMTP for each recipient (RFC 2033 section 4.2). `None`
    /// was too large.
    pub(super) async fn complete(&mut self, transaction: Transaction, message: Option<Vec<u8>>) {
        let Transaction { from, to, begun_at, .. } = transaction;
        let replies = if self.lmtp() { to.len() } else { 1 };
        let reply = match message {
            None => {
                self.refuse(TOO_LARGE);
                for _ in 1..replies {
                    self.say(TOO_LARGE);
                }
                return;
            }
            Some(data) => {
                let mail = ReceivedMail { from, to, data, begun_at, peer: self.peer };
                let _busy = self.activity.clone().begin();
                self.shared.sink.message(mail).await
            }
        };
        let line = reply.map_or_else(|reply| reply.to_string(), |()| "250 2.0.0 taken".to_owned());
        for _ in 0..replies {
            self.say(&line);
        }
    }
}
