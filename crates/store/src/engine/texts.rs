//! [`TextStore`]'s operations on an [`Engine`].

use async_trait::async_trait;
use consent::{AddressId, Channel, Timestamp, WorkspaceId};

use super::Engine;
use crate::api::{Result, TextStore};
use crate::state::{blocks, holds, replies, text_parts, text_standing, texts};
use crate::types::{Hold, HoldDecision, Reply, Text, TextEffects, TextId, TextPart, TextStanding, TextTaken};

#[async_trait]
impl<E: Engine> TextStore for E {
    async fn text_known(&self, workspace: WorkspaceId, id: TextId) -> Result<bool> {
        self.query(move |db| texts::known(db, workspace, id)).await
    }

    async fn text_standing(
        &self,
        workspace: WorkspaceId,
        address: AddressId,
        channel: Channel,
        senders: Vec<String>,
    ) -> Result<TextStanding> {
        self.query(move |db| text_standing::standing(db, workspace, address, channel, &senders)).await
    }

    async fn take_text(&self, workspace: WorkspaceId, text: Text, effects: TextEffects) -> Result<TextTaken> {
        self.write(move |db| texts::take(db, workspace, &text, &effects)).await
    }

    async fn keep_part(&self, workspace: WorkspaceId, part: TextPart) -> Result<Vec<(u16, String)>> {
        self.write(move |db| text_parts::keep(db, workspace, &part)).await
    }

    async fn texts_of(&self, workspace: WorkspaceId, address: AddressId, limit: usize) -> Result<Vec<Text>> {
        self.query(move |db| texts::of_address(db, workspace, address, limit)).await
    }

    async fn holds(&self, workspace: WorkspaceId, after: Option<TextId>, limit: usize) -> Result<Vec<Hold>> {
        self.query(move |db| holds::undecided(db, workspace, after, limit)).await
    }

    async fn hold(&self, workspace: WorkspaceId, id: TextId) -> Result<Option<Hold>> {
        self.query(move |db| holds::of_text(db, workspace, id)).await
    }

    async fn decide_hold(&self, workspace: WorkspaceId, id: TextId, decision: HoldDecision) -> Result<bool> {
        self.write(move |db| holds::decide(db, workspace, id, &decision)).await
    }

    async fn blocks(&self, workspace: WorkspaceId, address: AddressId) -> Result<Vec<(String, Timestamp)>> {
        self.query(move |db| blocks::blocks(db, workspace, address)).await
    }

    async fn block(
        &self,
        workspace: WorkspaceId,
        pairs: Vec<(AddressId, String)>,
        at: Timestamp,
    ) -> Result<()> {
        self.write(move |db| blocks::block(db, workspace, &pairs, at)).await
    }

    async fn unblock(&self, workspace: WorkspaceId, pairs: Vec<(AddressId, String)>) -> Result<Vec<bool>> {
        self.write(move |db| blocks::unblock(db, workspace, &pairs)).await
    }

    async fn take_replies(&self, workspace: WorkspaceId, now: Timestamp, limit: usize) -> Result<Vec<Reply>> {
        self.write(move |db| replies::take(db, workspace, now, limit)).await
    }

    async fn reply_done(&self, workspace: WorkspaceId, id: TextId, sent: bool, detail: &str) -> Result<()> {
        let detail = detail.to_owned();
        self.write(move |db| replies::done(db, workspace, id, sent, &detail)).await
    }
}
