//! Texts of the shared store: the inner one's.

use async_trait::async_trait;
use consent::{AddressId, Channel, Timestamp, WorkspaceId};
use store::{
    Hold, HoldDecision, Reply, Result, Text, TextEffects, TextId, TextPart, TextStanding, TextStore,
    TextTaken,
};

use super::SharedStore;

#[async_trait]
impl TextStore for SharedStore {
    async fn text_known(&self, workspace: WorkspaceId, id: TextId) -> Result<bool> {
        self.inner.text_known(workspace, id).await
    }

    async fn text_standing(
        &self,
        workspace: WorkspaceId,
        address: AddressId,
        channel: Channel,
        senders: Vec<String>,
    ) -> Result<TextStanding> {
        self.inner.text_standing(workspace, address, channel, senders).await
    }

    async fn take_text(&self, workspace: WorkspaceId, text: Text, effects: TextEffects) -> Result<TextTaken> {
        self.inner.take_text(workspace, text, effects).await
    }

    async fn keep_part(&self, workspace: WorkspaceId, part: TextPart) -> Result<Vec<(u16, String)>> {
        self.inner.keep_part(workspace, part).await
    }

    async fn texts_of(&self, workspace: WorkspaceId, address: AddressId, limit: usize) -> Result<Vec<Text>> {
        self.inner.texts_of(workspace, address, limit).await
    }

    async fn holds(&self, workspace: WorkspaceId, after: Option<TextId>, limit: usize) -> Result<Vec<Hold>> {
        self.inner.holds(workspace, after, limit).await
    }

    async fn hold(&self, workspace: WorkspaceId, id: TextId) -> Result<Option<Hold>> {
        self.inner.hold(workspace, id).await
    }

    async fn decide_hold(&self, workspace: WorkspaceId, id: TextId, decision: HoldDecision) -> Result<bool> {
        self.inner.decide_hold(workspace, id, decision).await
    }

    async fn blocks(&self, workspace: WorkspaceId, address: AddressId) -> Result<Vec<(String, Timestamp)>> {
        self.inner.blocks(workspace, address).await
    }

    async fn block(
        &self,
        workspace: WorkspaceId,
        pairs: Vec<(AddressId, String)>,
        at: Timestamp,
    ) -> Result<()> {
        self.inner.block(workspace, pairs, at).await
    }

    async fn unblock(&self, workspace: WorkspaceId, pairs: Vec<(AddressId, String)>) -> Result<Vec<bool>> {
        self.inner.unblock(workspace, pairs).await
    }

    async fn take_replies(&self, workspace: WorkspaceId, now: Timestamp, limit: usize) -> Result<Vec<Reply>> {
        self.inner.take_replies(workspace, now, limit).await
    }

    async fn reply_done(&self, workspace: WorkspaceId, id: TextId, sent: bool, detail: &str) -> Result<()> {
        self.inner.reply_done(workspace, id, sent, detail).await
    }
}
