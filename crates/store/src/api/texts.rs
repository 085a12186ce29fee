//! The part of the interface about text messages that people send, and about the senders that they block.

use async_trait::async_trait;
use consent::{AddressId, Channel, Timestamp, WorkspaceId};

use super::Result;
use crate::types::{Hold, HoldDecision, Reply, Text, TextEffects, TextId, TextPart, TextStanding, TextTaken};

/// Text messages, holds, blocked senders and automatic answers. A part of [`super::Store`], whose rules it keeps.
#[async_trait]
pub trait TextStore: Send + Sync {
    /// Whether a text message has been taken already.
    async fn text_known(&self, workspace: WorkspaceId, id: TextId) -> Result<bool>;

    /// What taking a text message from `address` to one of `senders` depends on.
    async fn text_standing(
        &self,
        workspace: WorkspaceId,
        address: AddressId,
        channel: Channel,
        senders: Vec<String>,
    ) -> Result<TextStanding>;

    /// Keeps a text message and what it sets going, once by its id, all or nothing. Changes of consent that it asks for
    /// are recorded by the caller before, so that one that dies in between is asked again. When it answers, all is
    /// durable and in effect for every permit read from then on (I1, I2).
    async fn take_text(&self, workspace: WorkspaceId, text: Text, effects: TextEffects) -> Result<TextTaken>;

    /// Keeps a part of a message and answers all parts of it that are known by now, by number. Parts that came seven days
    /// before or earlier are forgotten. References are used again: a part that contradicts what is there (other words under
    /// its number, another total) begins another message, of which nothing that came more than an hour before is a part.
    async fn keep_part(&self, workspace: WorkspaceId, part: TextPart) -> Result<Vec<(u16, String)>>;

    /// The latest text messages of a number, newest first, at most `limit`.
    async fn texts_of(&self, workspace: WorkspaceId, address: AddressId, limit: usize) -> Result<Vec<Text>>;

    /// The messages that wait to be read, oldest first, after `after` (which may have been decided), at most `limit`.
    async fn holds(&self, workspace: WorkspaceId, after: Option<TextId>, limit: usize) -> Result<Vec<Hold>>;

    /// A message that waits to be read, or waited.
    async fn hold(&self, workspace: WorkspaceId, id: TextId) -> Result<Option<Hold>>;

    /// Ends a hold; false if it isn't there or has ended.
    async fn decide_hold(&self, workspace: WorkspaceId, id: TextId, decision: HoldDecision) -> Result<bool>;

    /// Which senders an address blocks, and since when.
    async fn blocks(&self, workspace: WorkspaceId, address: AddressId) -> Result<Vec<(String, Timestamp)>>;

    /// Makes addresses block senders; pairs that are there already stay as they are.
    async fn block(
        &self,
        workspace: WorkspaceId,
        pairs: Vec<(AddressId, String)>,
        at: Timestamp,
    ) -> Result<()>;

    /// Takes blocks back; answers, in order, whether each was there.
    async fn unblock(&self, workspace: WorkspaceId, pairs: Vec<(AddressId, String)>) -> Result<Vec<bool>>;

    /// Takes answers that wait to be sent, oldest first, at most `limit`; those that aren't worth sending any more are
    /// dropped. An answer is given out once: one whose process dies is never sent.
    async fn take_replies(&self, workspace: WorkspaceId, now: Timestamp, limit: usize) -> Result<Vec<Reply>>;

    /// Notes what became of an answer that was taken, once; `detail` is at most 255 bytes.
    async fn reply_done(&self, workspace: WorkspaceId, id: TextId, sent: bool, detail: &str) -> Result<()>;
}
