//! The folder that is read: which mails are new, and what remembers that they were taken.

use std::collections::BTreeSet;
use std::time::Duration;

use async_imap::types::{Flag, UnsolicitedResponse};

use super::config::{ImapConfig, ImapError};
use super::connect::{self, ImapSession, PATIENCE, patiently};
use super::exchange::{self, Told, set};
use super::reader::{MailReader, Taken};
use super::troubles::Troubles;

/// Mails that are asked for at once.
const BATCH: usize = 50;
/// Mails in a row that a server may fail to hand out before the connection is given up.
const FAILURES_MAX: u32 = 3;
/// Set on what was taken.
const TAKEN: &str = "ConsentryTaken";
/// Set on what was left for people: ordinary mail, and what is too large.
const LEFT: &str = "ConsentryLeft";

/// An open folder.
#[allow(
    clippy::struct_excessive_bools,
    reason = "what the server can do and what it told, each asked for by itself"
)]
pub(super) struct Folder {
    session: ImapSession,
    host: String,
    /// Whether the folder keeps keywords; otherwise `\Seen` alone remembers what was taken.
    keywords: bool,
    idle: bool,
    moves: bool,
    done: Option<String>,
    /// The address whose mail the folder holds, if the operator says so.
    address: Option<String>,
    mail_bytes_max: usize,
    /// Mails that were looked at on this connection, should the folder keep no flags.
    looked_at: BTreeSet<u32>,
    /// Mail has come in since the folder was searched.
    news: bool,
}

impl Folder {
    pub(super) async fn open(
        mut session: ImapSession,
        config: &ImapConfig,
        troubles: &mut Troubles,
    ) -> Result<Self, ImapError> {
        let capabilities = patiently("CAPABILITY", session.capabilities()).await?;
        let mailbox = patiently("the folder", session.select(&config.folder)).await?;
        troubles.opened(mailbox.uid_validity);
        Ok(Self {
            session,
            host: config.host.clone(),
            keywords: mailbox.permanent_flags.contains(&Flag::MayCreate),
            idle: capabilities.has_str("IDLE"),
            moves: capabilities.has_str("MOVE"),
            done: config.done_folder.clone(),
            address: config.address.clone(),
            mail_bytes_max: config.mail_bytes_max,
            looked_at: BTreeSet::new(),
            news: false,
        })
    }

    /// Takes what is new, at most [`BATCH`] mails. Whether there may be more: something may have come in the meantime, and
    /// what a server told while it was asked something else it doesn't tell again.
    ///
    /// A mail that isn't handed out is nothing that was looked at: it stays as it is and is asked for again (RFC 5530
    /// section 3: a NO may be for now). Only one that is here is flagged.
    pub(super) async fn take_some(
        &mut self,
        reader: &dyn MailReader,
        troubles: &mut Troubles,
    ) -> Result<bool, ImapError> {
        let query = if self.keywords {
            format!("UID SEARCH UNDELETED UNKEYWORD {TAKEN} UNKEYWORD {LEFT}")
        } else {
            "UID SEARCH UNDELETED UNSEEN".to_owned()
        };
        self.heard_of_more();
        let found: BTreeSet<u32> = self.run("SEARCH", &query).await?.found.into_iter().collect();
        troubles.keep(|uid| found.contains(&uid));
        let now = reader.monotonic();
        let is_new = |uid: &u32| !self.looked_at.contains(uid) && troubles.is_due(*uid, now);
        let batch: Vec<u32> = found.into_iter().filter(is_new).take(BATCH).collect();
        if batch.is_empty() {
            return Ok(self.heard_of_more());
        }
        let sizes = self.sizes(&batch).await?;
        let mut failures = 0;
        for uid in batch {
            let size = sizes.iter().find(|told| told.uid == uid).and_then(|told| told.size);
            match self.take_one(reader, uid, size).await {
                Ok(()) => {
                    self.looked_at.insert(uid);
                    troubles.succeeded(uid);
                    failures = 0;
                }
                Err(ImapError::Refused(what)) => {
                    self.note(reader, troubles, uid, what).await?;
                    failures += 1;
                    if failures >= FAILURES_MAX {
                        return Err(ImapError::Refused(what));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Takes a mail and flags it. Refused: the server doesn't hand it out, or doesn't keep the flag.
    async fn take_one(
        &mut self,
        reader: &dyn MailReader,
        uid: u32,
        size: Option<u32>,
    ) -> Result<(), ImapError> {
        let size = match size {
            Some(size) => size,
            // Left out of the answer for all: asked for by itself.
            None => self
                .told("(UID RFC822.SIZE)", uid)
                .await?
                .size
                .ok_or(ImapError::Refused("the size of a mail"))?,
        };
        if size as usize > self.mail_bytes_max {
            return self.leave(uid).await;
        }
        let body = self.told("(UID BODY.PEEK[])", uid).await?.body.unwrap_or_default();
        if body.is_empty() && size > 0 {
            return Err(ImapError::Refused("a mail"));
        }
        match reader.take(body, self.address.as_deref()).await? {
            Taken::ForPeople => self.leave(uid).await,
            Taken::Done => self.done(uid).await,
        }
    }

    /// Tells of a mail that couldn't be read now.
    async fn note(
        &mut self,
        reader: &dyn MailReader,
        troubles: &mut Troubles,
        uid: u32,
        what: &'static str,
    ) -> Result<(), ImapError> {
        let failed = troubles.failed(uid, reader.monotonic());
        tracing::warn!(
            host = self.host,
            uid,
            tries = failed.tries,
            seconds = failed.pause.as_secs(),
            "the server refuses {what}; the mail is asked for again"
        );
        if failed.tell {
            reader.cannot_be_read(&format!("{} {uid}", self.host)).await?;
        }
        Ok(())
    }

    /// Whether the server told of new mail since this was asked last.
    fn heard_of_more(&mut self) -> bool {
        let told = std::iter::from_fn(|| self.session.unsolicited_responses.try_recv().ok());
        let unsolicited = told
            .filter(|told| matches!(told, UnsolicitedResponse::Exists(_) | UnsolicitedResponse::Recent(_)))
            .count();
        std::mem::take(&mut self.news) || unsolicited > 0
    }

    async fn run(&mut self, what: &'static str, command: &str) -> Result<exchange::Answer, ImapError> {
        let answer = exchange::run(&mut self.session, what, command).await?;
        self.news |= answer.news;
        Ok(answer)
    }

    /// The sizes of what the server tells one of. Where it refuses that for all at once, each is asked for by itself later.
    async fn sizes(&mut self, batch: &[u32]) -> Result<Vec<Told>, ImapError> {
        match self.run("FETCH", &format!("UID FETCH {} (UID RFC822.SIZE)", set(batch))).await {
            Ok(answer) => Ok(answer.mails),
            Err(ImapError::Refused(what)) => {
                tracing::warn!(
                    host = self.host,
                    "the server refuses {what} of many mails at once; each is asked for by itself"
                );
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }

    /// What is told of one mail; refused if it is left out of the answer. One that is gone isn't found the next time.
    async fn told(&mut self, what: &str, uid: u32) -> Result<Told, ImapError> {
        let answer = self.run("FETCH", &format!("UID FETCH {uid} {what}")).await?;
        // A server may split what it tells of one mail.
        let of_it = answer.mails.into_iter().filter(|told| told.uid == uid);
        let joined = of_it.reduce(|one, other| Told {
            uid,
            size: one.size.or(other.size),
            body: one.body.or(other.body),
        });
        joined.ok_or(ImapError::Refused("a mail"))
    }

    async fn done(&mut self, uid: u32) -> Result<(), ImapError> {
        let flags = if self.keywords { format!("\\Seen {TAKEN}") } else { "\\Seen".to_owned() };
        self.flag(uid, &flags).await?;
        let Some(folder) = &self.done else { return Ok(()) };
        let moved = if self.moves {
            patiently("the folder for what is done", self.session.uid_mv(set(&[uid]), folder)).await
        } else {
            // Without MOVE the mail would have to be deleted here; it stays, flagged.
            patiently("the folder for what is done", self.session.uid_copy(set(&[uid]), folder)).await
        };
        if let Err(ImapError::Refused(what)) = moved {
            // It was taken, and says so: it stays where it is.
            tracing::warn!(host = self.host, uid, "the server refuses {what}; the mail stays where it is");
            return Ok(());
        }
        moved
    }

    async fn leave(&mut self, uid: u32) -> Result<(), ImapError> {
        if self.keywords { self.flag(uid, LEFT).await } else { Ok(()) }
    }

    async fn flag(&mut self, uid: u32, flags: &str) -> Result<(), ImapError> {
        self.run("a flag", &format!("UID STORE {uid} +FLAGS.SILENT ({flags})")).await.map(drop)
    }

    /// Waits until something happens in the folder, or for `poll`.
    pub(super) async fn wait(mut self, poll: Duration) -> Result<Self, ImapError> {
        if !self.idle {
            tokio::time::sleep(poll).await;
            patiently("NOOP", self.session.noop()).await?;
            return Ok(self);
        }
        let told = self.session.unsolicited_responses.clone();
        let mut idle = self.session.idle();
        patiently("IDLE", idle.init()).await?;
        // What came in before the server began to watch isn't told again either.
        if told.is_empty() && !self.news {
            let (waiting, _stop) = idle.wait_with_timeout(poll);
            let waited =
                tokio::time::timeout(poll + PATIENCE, waiting).await.map_err(|_| ImapError::Timeout)?;
            waited.map_err(|error| connect::failed("IDLE", &error))?;
        }
        let session = patiently("IDLE", idle.done()).await?;
        Ok(Self { session, ..self })
    }
}
