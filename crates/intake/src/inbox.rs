//! Mail that comes back to us, whichever way: who may write to us, and what becomes of a mail.
//!
//! Nothing here ever answers a mail, and a mail that nobody can make sense of is taken and noted: a bounce of it would go
//! to whoever its forged sender names.

mod addresses;
mod reader;
mod reports;
mod sink;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use consent::{Address, Clock, WorkspaceId};
use store::{Quota, Store, StoreError};

use crate::feedback;
use crate::mail::{self, Envelope, Kind};

pub use addresses::Refusal;
pub use reports::Origin;

/// Longest mail that the ways in take, in bytes. Bounces of our messages are far smaller, and a mail is held in memory
/// until it is taken.
pub const MAIL_LENGTH_MAX: usize = 5 * 1024 * 1024;

/// What takes mail that comes back.
#[derive(Clone)]
pub struct Inbox {
    store: Store,
    workspace: WorkspaceId,
    clock: Arc<dyn Clock>,
    /// Keys of further addresses, such as that of a feedback loop: reports that arrive there may name an address.
    extra: Arc<[String]>,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("extra", &self.extra.len()).finish_non_exhaustive()
    }
}

impl Inbox {
    /// `extra` are addresses besides those that our tokens live in: that of a feedback loop, or an old one for bounces.
    pub fn new(store: Store, workspace: WorkspaceId, clock: Arc<dyn Clock>, extra: &[Address]) -> Self {
        let extra = extra.iter().map(|address| address.key().to_owned()).collect();
        Self { store, workspace, clock, extra }
    }

    /// Whether mail for an address is ours: `u.TOKEN@` or `b.TOKEN@` one of our domains with a token that verifies, that
    /// domain's postmaster, or one of the further addresses. Anything else is refused: nothing is relayed.
    pub async fn accepts(&self, to: &str) -> Result<(), Refusal> {
        addresses::accepts(self, to).await
    }

    /// Takes a mail: durable, and in effect, once it answers; each mail once, however often it comes. What it is.
    pub async fn take(&self, raw: Vec<u8>, origin: Origin) -> Result<Kind, StoreError> {
        let now = self.clock.now();
        let ring = self.store.key_ring();
        // The one place where this is decided, whichever way a mail came in: whoever can write to an address of ours could
        // name anybody in a report. Only where the operator has listed the address is that taken.
        let may_name = origin.to.iter().any(|to| addresses::is_extra(self, to));
        // Reading takes milliseconds of a processor. Should it ever panic, the mail counts as one that can't be understood.
        let reading = tokio::task::spawn_blocking(move || {
            let to: Vec<String> = origin.to.iter().map(|to| addresses::canonical(&ring, to)).collect();
            let to: Vec<&str> = to.iter().map(String::as_str).collect();
            let reading = mail::read_with(&raw, Envelope { from: origin.from.as_deref(), to: &to });
            (reading.kind, reports::of(&reading, &raw, &origin, may_name, &ring, now))
        });
        let (kind, reports) = reading.await.unwrap_or_else(|_| {
            tracing::error!("a mail could not be read");
            (Kind::None, Vec::new())
        });
        feedback::take(&self.store, self.workspace, reports, now).await?;
        Ok(kind)
    }
}

/// What counts the mails that mailboxes didn't hand out within a day.
pub fn unread_mails() -> Quota {
    Quota::a_day("unread mails", u32::MAX)
}

/// Whether a person has to look at a mail, since nothing follows from it.
pub fn is_for_people(kind: Kind) -> bool {
    kind == Kind::None
}
