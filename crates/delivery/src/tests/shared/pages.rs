//! Pages of the shared store: the inner one's.

use async_trait::async_trait;
use consent::{EntryId, Evidence, ListId, RunId, Timestamp, WorkspaceId};
use store::{
    Asked, Asset, Confirmed, GivenReason, LandingPage, LandingPageId, LandingPageInfo, List, ListUpdate,
    Look, NewLandingPage, NewNotice, NewOptInRequest, Notice, NoticeId, NoticeLimits, NoticeOutcome,
    OptInKey, OptInRequest, PageStore, PreferenceChange, Quota, Result, Spent,
};

use super::SharedStore;

#[async_trait]
impl PageStore for SharedStore {
    async fn set_preferences(
        &self,
        workspace: WorkspaceId,
        change: PreferenceChange,
    ) -> Result<Option<EntryId>> {
        self.inner.set_preferences(workspace, change).await
    }

    async fn give_reason(
        &self,
        workspace: WorkspaceId,
        entry: EntryId,
        code: &str,
        text: &str,
        at: Timestamp,
    ) -> Result<()> {
        self.inner.give_reason(workspace, entry, code, text, at).await
    }

    async fn reasons_given(&self, workspace: WorkspaceId, entries: Vec<EntryId>) -> Result<Vec<GivenReason>> {
        self.inner.reasons_given(workspace, entries).await
    }

    async fn run_opt_outs(&self, workspace: WorkspaceId, run: RunId) -> Result<store::RunOptOuts> {
        self.inner.run_opt_outs(workspace, run).await
    }

    async fn reason_counts(&self, workspace: WorkspaceId, run: Option<RunId>) -> Result<Vec<(String, u64)>> {
        self.inner.reason_counts(workspace, run).await
    }

    async fn erase_reasons(&self, workspace: WorkspaceId, entries: Vec<EntryId>) -> Result<u64> {
        self.inner.erase_reasons(workspace, entries).await
    }

    async fn request_opt_in(&self, workspace: WorkspaceId, request: NewOptInRequest) -> Result<OptInRequest> {
        self.inner.request_opt_in(workspace, request).await
    }

    async fn opt_in_request(&self, workspace: WorkspaceId, key: OptInKey) -> Result<Option<OptInRequest>> {
        self.inner.opt_in_request(workspace, key).await
    }

    async fn confirm_opt_in(
        &self,
        workspace: WorkspaceId,
        key: OptInKey,
        evidence: Evidence,
        now: Timestamp,
    ) -> Result<Confirmed> {
        self.inner.confirm_opt_in(workspace, key, evidence, now).await
    }

    async fn ask_notice(
        &self,
        workspace: WorkspaceId,
        notice: NewNotice,
        limits: NoticeLimits,
    ) -> Result<Asked> {
        self.inner.ask_notice(workspace, notice, limits).await
    }

    async fn take_notices(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Notice>> {
        self.inner.take_notices(workspace, now, limit).await
    }

    async fn notice_done(
        &self,
        workspace: WorkspaceId,
        id: NoticeId,
        outcome: NoticeOutcome,
    ) -> Result<bool> {
        self.inner.notice_done(workspace, id, outcome).await
    }

    async fn spend(
        &self,
        workspace: WorkspaceId,
        notice: Option<NoticeId>,
        quotas: Vec<Quota>,
        now: Timestamp,
    ) -> Result<Spent> {
        self.inner.spend(workspace, notice, quotas, now).await
    }

    async fn spent(&self, workspace: WorkspaceId, quotas: Vec<Quota>, now: Timestamp) -> Result<Vec<u64>> {
        self.inner.spent(workspace, quotas, now).await
    }

    async fn update_list(&self, workspace: WorkspaceId, list: ListId, update: ListUpdate) -> Result<List> {
        self.inner.update_list(workspace, list, update).await
    }

    async fn page_look(&self, workspace: WorkspaceId) -> Result<Look> {
        self.inner.page_look(workspace).await
    }

    async fn page_look_version(&self, workspace: WorkspaceId) -> Result<i64> {
        self.inner.page_look_version(workspace).await
    }

    async fn put_page_look(&self, workspace: WorkspaceId, body: &str, at: Timestamp) -> Result<Look> {
        self.inner.put_page_look(workspace, body, at).await
    }

    async fn asset(&self, workspace: WorkspaceId, name: &str) -> Result<Option<Asset>> {
        self.inner.asset(workspace, name).await
    }

    async fn assets(&self, workspace: WorkspaceId) -> Result<Vec<(String, [u8; 32])>> {
        self.inner.assets(workspace).await
    }

    async fn put_asset(
        &self,
        workspace: WorkspaceId,
        name: &str,
        content_type: &str,
        bytes: Vec<u8>,
        at: Timestamp,
    ) -> Result<[u8; 32]> {
        self.inner.put_asset(workspace, name, content_type, bytes, at).await
    }

    async fn remove_asset(&self, workspace: WorkspaceId, name: &str, at: Timestamp) -> Result<bool> {
        self.inner.remove_asset(workspace, name, at).await
    }

    async fn put_landing_page(&self, workspace: WorkspaceId, page: NewLandingPage) -> Result<LandingPage> {
        self.inner.put_landing_page(workspace, page).await
    }

    async fn publish_landing_page(
        &self,
        workspace: WorkspaceId,
        name: &str,
        version: i64,
        at: Timestamp,
    ) -> Result<LandingPage> {
        self.inner.publish_landing_page(workspace, name, version, at).await
    }

    async fn unpublish_landing_page(&self, workspace: WorkspaceId, name: &str) -> Result<bool> {
        self.inner.unpublish_landing_page(workspace, name).await
    }

    async fn landing_page(&self, workspace: WorkspaceId, name: &str) -> Result<Option<LandingPage>> {
        self.inner.landing_page(workspace, name).await
    }

    async fn landing_page_by_id(
        &self,
        workspace: WorkspaceId,
        id: LandingPageId,
    ) -> Result<Option<LandingPage>> {
        self.inner.landing_page_by_id(workspace, id).await
    }

    async fn landing_page_version(
        &self,
        workspace: WorkspaceId,
        name: &str,
        version: Option<i64>,
    ) -> Result<Option<LandingPage>> {
        self.inner.landing_page_version(workspace, name, version).await
    }

    async fn landing_pages(&self, workspace: WorkspaceId) -> Result<Vec<LandingPageInfo>> {
        self.inner.landing_pages(workspace).await
    }
}
