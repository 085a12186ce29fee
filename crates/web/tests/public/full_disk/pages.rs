//! Pages on a full disk: they are read, and take no writes.

use async_trait::async_trait;
use consent::{EntryId, Evidence, ListId, RunId, Timestamp, WorkspaceId};
use store::{
    Asked, Asset, Confirmed, GivenReason, LandingPage, LandingPageId, LandingPageInfo, List, ListUpdate,
    Look, NewLandingPage, NewNotice, NewOptInRequest, Notice, NoticeId, NoticeLimits, NoticeOutcome,
    OptInKey, OptInRequest, PageStore, PreferenceChange, Quota, Result, Spent,
};

use super::{FullDisk, full};

#[async_trait]
impl PageStore for FullDisk {
    async fn set_preferences(&self, _: WorkspaceId, _: PreferenceChange) -> Result<Option<EntryId>> {
        full()
    }

    async fn give_reason(&self, _: WorkspaceId, _: EntryId, _: &str, _: &str, _: Timestamp) -> Result<()> {
        full()
    }

    async fn reasons_given(&self, workspace: WorkspaceId, entries: Vec<EntryId>) -> Result<Vec<GivenReason>> {
        self.0.reasons_given(workspace, entries).await
    }

    async fn run_opt_outs(&self, workspace: WorkspaceId, run: RunId) -> Result<store::RunOptOuts> {
        self.0.run_opt_outs(workspace, run).await
    }

    async fn reason_counts(&self, workspace: WorkspaceId, run: Option<RunId>) -> Result<Vec<(String, u64)>> {
        self.0.reason_counts(workspace, run).await
    }

    async fn erase_reasons(&self, _: WorkspaceId, _: Vec<EntryId>) -> Result<u64> {
        full()
    }

    async fn request_opt_in(&self, _: WorkspaceId, _: NewOptInRequest) -> Result<OptInRequest> {
        full()
    }

    async fn opt_in_request(&self, workspace: WorkspaceId, key: OptInKey) -> Result<Option<OptInRequest>> {
        self.0.opt_in_request(workspace, key).await
    }

    async fn confirm_opt_in(
        &self,
        _: WorkspaceId,
        _: OptInKey,
        _: Evidence,
        _: Timestamp,
    ) -> Result<Confirmed> {
        full()
    }

    async fn ask_notice(&self, _: WorkspaceId, _: NewNotice, _: NoticeLimits) -> Result<Asked> {
        full()
    }

    async fn take_notices(&self, _: WorkspaceId, _: Timestamp, _: usize) -> Result<Vec<Notice>> {
        full()
    }

    async fn notice_done(&self, _: WorkspaceId, _: NoticeId, _: NoticeOutcome) -> Result<bool> {
        full()
    }

    async fn spend(&self, _: WorkspaceId, _: Option<NoticeId>, _: Vec<Quota>, _: Timestamp) -> Result<Spent> {
        full()
    }

    async fn spent(&self, workspace: WorkspaceId, quotas: Vec<Quota>, now: Timestamp) -> Result<Vec<u64>> {
        self.0.spent(workspace, quotas, now).await
    }

    async fn update_list(&self, _: WorkspaceId, _: ListId, _: ListUpdate) -> Result<List> {
        full()
    }

    async fn page_look(&self, workspace: WorkspaceId) -> Result<Look> {
        self.0.page_look(workspace).await
    }

    async fn page_look_version(&self, workspace: WorkspaceId) -> Result<i64> {
        self.0.page_look_version(workspace).await
    }

    async fn put_page_look(&self, _: WorkspaceId, _: &str, _: Timestamp) -> Result<Look> {
        full()
    }

    async fn asset(&self, workspace: WorkspaceId, name: &str) -> Result<Option<Asset>> {
        self.0.asset(workspace, name).await
    }

    async fn assets(&self, workspace: WorkspaceId) -> Result<Vec<(String, [u8; 32])>> {
        self.0.assets(workspace).await
    }

    async fn put_asset(
        &self,
        _: WorkspaceId,
        _: &str,
        _: &str,
        _: Vec<u8>,
        _: Timestamp,
    ) -> Result<[u8; 32]> {
        full()
    }

    async fn remove_asset(&self, _: WorkspaceId, _: &str, _: Timestamp) -> Result<bool> {
        full()
    }

    async fn put_landing_page(&self, _: WorkspaceId, _: NewLandingPage) -> Result<LandingPage> {
        full()
    }

    async fn publish_landing_page(
        &self,
        _: WorkspaceId,
        _: &str,
        _: i64,
        _: Timestamp,
    ) -> Result<LandingPage> {
        full()
    }

    async fn unpublish_landing_page(&self, _: WorkspaceId, _: &str) -> Result<bool> {
        full()
    }

    async fn landing_page(&self, workspace: WorkspaceId, name: &str) -> Result<Option<LandingPage>> {
        self.0.landing_page(workspace, name).await
    }

    async fn landing_page_by_id(
        &self,
        workspace: WorkspaceId,
        id: LandingPageId,
    ) -> Result<Option<LandingPage>> {
        self.0.landing_page_by_id(workspace, id).await
    }

    async fn landing_page_version(
        &self,
        workspace: WorkspaceId,
        name: &str,
        version: Option<i64>,
    ) -> Result<Option<LandingPage>> {
        self.0.landing_page_version(workspace, name, version).await
    }

    async fn landing_pages(&self, workspace: WorkspaceId) -> Result<Vec<LandingPageInfo>> {
        self.0.landing_pages(workspace).await
    }
}
