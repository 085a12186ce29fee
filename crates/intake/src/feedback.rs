//! What came back about a message, brought into effect: noted, suppressed, recorded as an opt-out; each piece once.

mod take;

pub use take::{Outcome, take, token_in};

use consent::{BounceReason, Timestamp};
use sha2::{Digest, Sha256};
use store::FeedbackId;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It was delivered.
    Delivered,
    /// It bounced.
    Bounced {
        /// Why.
        reason: BounceReason,
        /// Whether no further try can help.
        hard: bool,
    },
    /// It was reported as spam.
    Complained,
    /// The person wants no more: by mail to the unsubscribe address, or through a relay service's own page.
    Unsubscribed {
        /// Of this list only, by its name; else at the level of the link that it answers, or of the channel.
        list: Option<String>,
    },
    /// Something else, which is kept and counted.
    Noted,
}

/// One event about one recipient, as a mail or a webhook told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What makes it unique, see [`report_id`].
    pub id: FeedbackId,
    /// What came back.
    pub what: What,
    /// Texts in which a token of ours may stand, the surest first: local parts `b.TOKEN`, `u.TOKEN`, addresses with them, links.
    pub tokens: Vec<String>,
    /// The recipient's address, as the report has it; complaint reports often leave it out.
    pub address: Option<String>,
    /// When it happened, if the report says.
    pub occurred_at: Option<Timestamp>,
    /// What brought it: `dsn`, `arf`, `mailto`, `webhook:NAME`, `sms:NAME`. At most 64 bytes.
    pub source: String,
    /// Status and text of a bounce, or what is to be noted.
    pub detail: String,
    /// What proves an opt-out: the part of the message or of the event that asks for it.
    pub raw: Option<String>,
}

/// The id of what a source tells of under `parts`: its own event id and the recipient, or what else can't be the same twice.
pub fn report_id(source: &str, parts: &[&str]) -> FeedbackId {
    let mut hash = Sha256::new();
    for part in std::iter::once(&source).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    FeedbackId(id)
}
