//! A session's DATA, and what becomes of a complete message.

use tokio::time::{Instant, timeout_at};

use super::data::{DataError, DataReader, Progress};
use super::server::{MailSink, ReceivedMail};
use super::session::{Over, Session, Transaction};

/// The reply to a message past the size limit.
pub(super) const TOO_LARGE: &str = "552 5.3.4 message too large";

impl<S: MailSink> Session<'_, S> {
    /// The message, from after DATA to the reply to its end.
    pub(super) async fn data(&mut self) -> Result<(), Over> {
        let config = &self.shared.config;
        let deadline = Instant::now() + config.message_time;
        let mut reader = DataReader::new(config.message_bytes_max);
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
            self.more(deadline).await?;
        };
        let transaction = self.transaction.take().ok_or(Over)?;
        self.complete(transaction, message).await;
        Ok(())
    }

    /// Waits for more of a message.
    pub(super) async fn more(&mut self, deadline: Instant) -> Result<(), Over> {
        self.flush().await?;
        let patience = deadline.min(Instant::now() + self.shared.config.idle);
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
                self.shared.sink.message(mail).await
            }
        };
        let line = reply.map_or_else(|reply| reply.to_string(), |()| "250 2.0.0 taken".to_owned());
        for _ in 0..replies {
            self.say(&line);
        }
    }
}
