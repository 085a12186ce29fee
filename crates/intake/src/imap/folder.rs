//! The folder that is read: which mails are new, and what remembers that they were taken.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_imap::types::{Fetch, Flag, UnsolicitedResponse};
use futures_util::TryStreamExt as _;

use super::connect::{ImapSession, PATIENCE, patiently};
use super::{ImapConfig, ImapError};
use crate::inbox::{Inbox, MAIL_LENGTH_MAX, Origin, is_for_people};

/// Mails that are asked for at once.
const BATCH: usize = 50;
/// Set on what was taken.
const TAKEN: &str = "ConsentryTaken";
/// Set on what was left for people: ordinary mail, and what is too large.
const LEFT: &str = "ConsentryLeft";

/// An open folder.
pub(super) struct Folder {
    session: ImapSession,
    /// Whether the folder keeps keywords; otherwise `\Seen` alone remembers what was taken.
    keywords: bool,
    idle: bool,
    moves: bool,
    done: Option<String>,
    /// Mails that were looked at on this connection, should the folder keep no flags.
    looked_at: BTreeSet<u32>,
}

impl Folder {
    pub(super) async fn open(mut session: ImapSession, config: &ImapConfig) -> Result<Self, ImapError> {
        let capabilities = patiently("CAPABILITY", session.capabilities()).await?;
        let mailbox = patiently("the folder", session.select(&config.folder)).await?;
        Ok(Self {
            session,
            keywords: mailbox.permanent_flags.contains(&Flag::MayCreate),
            idle: capabilities.has_str("IDLE"),
            moves: capabilities.has_str("MOVE"),
            done: config.done_folder.clone(),
            looked_at: BTreeSet::new(),
        })
    }

    /// Takes what is new, at most [`BATCH`] mails. Whether there may be more: something may have come in the meantime, and
    /// what a server told while it was asked something else it doesn't tell again.
    pub(super) async fn take_some(&mut self, inbox: &Inbox) -> Result<bool, ImapError> {
        let query = if self.keywords {
            format!("UNDELETED UNKEYWORD {TAKEN} UNKEYWORD {LEFT}")
        } else {
            "UNDELETED UNSEEN".to_owned()
        };
        self.heard_of_more();
        let found = patiently("SEARCH", self.session.uid_search(query)).await?;
        let new: BTreeSet<u32> = found.into_iter().filter(|uid| !self.looked_at.contains(uid)).collect();
        let batch: Vec<u32> = new.into_iter().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(self.heard_of_more());
        }
        let sizes = self.sizes(&batch).await?;
        for uid in &batch {
            self.looked_at.insert(*uid);
            let fits = sizes.get(uid).is_some_and(|size| *size as usize <= MAIL_LENGTH_MAX);
            let mail = if fits { self.fetch(*uid).await? } else { None };
            let kind = match mail {
                Some(mail) => {
                    let origin = Origin { may_name_address: true, ..Origin::default() };
                    Some(inbox.take(mail, origin).await?)
                }
                None => None,
            };
            match kind {
                Some(kind) if !is_for_people(kind) => self.done(*uid).await?,
                _ => self.leave(*uid).await?,
            }
        }
        Ok(true)
    }

    /// Whether the server told of new mail since this was asked last.
    fn heard_of_more(&mut self) -> bool {
        let told = std::iter::from_fn(|| self.session.unsolicited_responses.try_recv().ok());
        told.filter(|told| matches!(told, UnsolicitedResponse::Exists(_) | UnsolicitedResponse::Recent(_)))
            .count()
            > 0
    }

    async fn sizes(&mut self, batch: &[u32]) -> Result<BTreeMap<u32, u32>, ImapError> {
        let fetched = self.ask(&set(batch), "(UID RFC822.SIZE)").await?;
        Ok(fetched.iter().filter_map(|fetch| Some((fetch.uid?, fetch.size?))).collect())
    }

    /// The mail; `None` if it is gone by now.
    async fn fetch(&mut self, uid: u32) -> Result<Option<Vec<u8>>, ImapError> {
        let fetched = self.ask(&set(&[uid]), "(UID BODY.PEEK[])").await?;
        let mail = fetched.iter().find(|fetch| fetch.uid == Some(uid)).and_then(|fetch| fetch.body());
        Ok(mail.map(<[u8]>::to_vec))
    }

    async fn ask(&mut self, uids: &str, what: &str) -> Result<Vec<Fetch>, ImapError> {
        ask(&mut self.session, uids, what).await
    }

    async fn done(&mut self, uid: u32) -> Result<(), ImapError> {
        let flags = if self.keywords { format!("\\Seen {TAKEN}") } else { "\\Seen".to_owned() };
        self.flag(uid, &flags).await?;
        let Some(folder) = &self.done else { return Ok(()) };
        if self.moves {
            patiently("the folder for what is done", self.session.uid_mv(set(&[uid]), folder)).await
        } else {
            // Without MOVE the mail would have to be deleted here; it stays, flagged.
            patiently("the folder for what is done", self.session.uid_copy(set(&[uid]), folder)).await
        }
    }

    async fn leave(&mut self, uid: u32) -> Result<(), ImapError> {
        if self.keywords { self.flag(uid, LEFT).await } else { Ok(()) }
    }

    async fn flag(&mut self, uid: u32, flags: &str) -> Result<(), ImapError> {
        let session = &mut self.session;
        let command = format!("+FLAGS.SILENT ({flags})");
        let storing = async move {
            let answers = session.uid_store(set(&[uid]), command).await?;
            answers.try_collect::<Vec<_>>().await
        };
        patiently::<_, async_imap::error::Error>("a flag", storing).await.map(drop)
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
        if told.is_empty() {
            let (waiting, _stop) = idle.wait_with_timeout(poll);
            let waited =
                tokio::time::timeout(poll + PATIENCE, waiting).await.map_err(|_| ImapError::Timeout)?;
            waited.map_err(|error| super::connect::failed("IDLE", &error))?;
        }
        let session = patiently("IDLE", idle.done()).await?;
        Ok(Self { session, ..self })
    }
}

/// Fetches what is asked for of some mails.
pub(super) async fn ask(session: &mut ImapSession, uids: &str, what: &str) -> Result<Vec<Fetch>, ImapError> {
    let fetching = async move { session.uid_fetch(uids, what).await?.try_collect().await };
    patiently::<_, async_imap::error::Error>("FETCH", fetching).await
}

pub(super) fn set(uids: &[u32]) -> String {
    uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}
