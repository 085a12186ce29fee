//! [`PageStore`]'s operations on an [`Engine`].

use async_trait::async_trait;
use consent::{EntryId, Evidence, ListId, RunId, Timestamp, WorkspaceId};

use super::Engine;
use crate::api::{PageStore, Result};
use crate::state::notices::ask::Asking;
use crate::state::opt_ins::confirm::ConfirmOptIn;
use crate::state::preferences::set::SetPreferences;
use crate::state::{landing, lists, look, notices, opt_ins, reasons, run_opt_outs, tallies};
use crate::types::{
    Asked, Asset, Confirmed, GivenReason, LandingPage, LandingPageId, LandingPageInfo, List, ListUpdate,
    Look, NewLandingPage, NewNotice, NewOptInRequest, Notice, NoticeId, NoticeLimits, NoticeOutcome,
    OptInKey, OptInRequest, PreferenceChange, Quota, RunOptOuts, Spent,
};

/// Quotas with what stands for their keys.
fn hashed<E: Engine>(engine: &E, workspace: WorkspaceId, quotas: Vec<Quota>) -> tallies::Hashed {
    let hash = |quota: Quota| (engine.secrets().counted(workspace, &quota.key), quota);
    quotas.into_iter().map(hash).collect()
}

#[async_trait]
impl<E: Engine> PageStore for E {
    async fn set_preferences(
        &self,
        workspace: WorkspaceId,
        change: PreferenceChange,
    ) -> Result<Option<EntryId>> {
        self.change(workspace, SetPreferences { change }).await
    }

    async fn give_reason(
        &self,
        workspace: WorkspaceId,
        entry: EntryId,
        code: &str,
        text: &str,
        at: Timestamp,
    ) -> Result<()> {
        let given = GivenReason { entry, code: code.to_owned(), text: text.to_owned(), at };
        self.write(move |db| reasons::give(db, workspace, &given)).await
    }

    async fn reasons_given(&self, workspace: WorkspaceId, entries: Vec<EntryId>) -> Result<Vec<GivenReason>> {
        self.query(move |db| reasons::of_entries(db, workspace, &entries)).await
    }

    async fn run_opt_outs(&self, workspace: WorkspaceId, run: RunId) -> Result<RunOptOuts> {
        self.query(move |db| run_opt_outs::count(db, workspace, run)).await
    }

    async fn reason_counts(&self, workspace: WorkspaceId, run: Option<RunId>) -> Result<Vec<(String, u64)>> {
        self.query(move |db| reasons::counts(db, workspace, run)).await
    }

    async fn erase_reasons(&self, workspace: WorkspaceId, entries: Vec<EntryId>) -> Result<u64> {
        self.write(move |db| reasons::erase(db, workspace, &entries)).await
    }

    async fn request_opt_in(&self, workspace: WorkspaceId, request: NewOptInRequest) -> Result<OptInRequest> {
        let hash = self.secrets().typed_address(workspace, &request.address);
        let who = opt_ins::request::who(&hash);
        self.write(move |db| opt_ins::request::keep(db, workspace, who, &request)).await
    }

    async fn opt_in_request(&self, workspace: WorkspaceId, key: OptInKey) -> Result<Option<OptInRequest>> {
        self.query(move |db| opt_ins::by_key(db, workspace, key)).await
    }

    async fn confirm_opt_in(
        &self,
        workspace: WorkspaceId,
        key: OptInKey,
        evidence: Evidence,
        now: Timestamp,
    ) -> Result<Confirmed> {
        self.change(workspace, ConfirmOptIn { key, evidence, now }).await
    }

    async fn ask_notice(
        &self,
        workspace: WorkspaceId,
        notice: NewNotice,
        limits: NoticeLimits,
    ) -> Result<Asked> {
        let hash = self.secrets().typed_address(workspace, &notice.address);
        let asking = Asking { hash, notice, limits };
        self.write(move |db| notices::ask::ask(db, workspace, &asking)).await
    }

    async fn take_notices(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Notice>> {
        self.write(move |db| notices::take::take(db, workspace, now, limit)).await
    }

    async fn notice_done(
        &self,
        workspace: WorkspaceId,
        id: NoticeId,
        outcome: NoticeOutcome,
    ) -> Result<bool> {
        self.write(move |db| notices::take::done(db, workspace, id, outcome)).await
    }

    async fn spend(
        &self,
        workspace: WorkspaceId,
        notice: Option<NoticeId>,
        quotas: Vec<Quota>,
        now: Timestamp,
    ) -> Result<Spent> {
        let quotas = hashed(self, workspace, quotas);
        self.write(move |db| tallies::spend(db, workspace, notice, &quotas, now)).await
    }

    async fn spent(&self, workspace: WorkspaceId, quotas: Vec<Quota>, now: Timestamp) -> Result<Vec<u64>> {
        let quotas = hashed(self, workspace, quotas);
        self.query(move |db| tallies::spent(db, workspace, &quotas, now)).await
    }

    async fn update_list(&self, workspace: WorkspaceId, list: ListId, update: ListUpdate) -> Result<List> {
        self.write(move |db| lists::update_list(db, workspace, list, &update)).await
    }

    async fn page_look(&self, workspace: WorkspaceId) -> Result<Look> {
        self.query(move |db| look::look(db, workspace)).await
    }

    async fn page_look_version(&self, workspace: WorkspaceId) -> Result<i64> {
        self.query(move |db| look::version(db, workspace)).await
    }

    async fn put_page_look(&self, workspace: WorkspaceId, body: &str, at: Timestamp) -> Result<Look> {
        let body = body.to_owned();
        self.write(move |db| look::put(db, workspace, &body, at)).await
    }

    async fn asset(&self, workspace: WorkspaceId, name: &str) -> Result<Option<Asset>> {
        let name = name.to_owned();
        self.query(move |db| look::asset(db, workspace, &name)).await
    }

    async fn assets(&self, workspace: WorkspaceId) -> Result<Vec<(String, [u8; 32])>> {
        self.query(move |db| look::assets(db, workspace)).await
    }

    async fn put_asset(
        &self,
        workspace: WorkspaceId,
        name: &str,
        content_type: &str,
        bytes: Vec<u8>,
        at: Timestamp,
    ) -> Result<[u8; 32]> {
        let (name, content_type) = (name.to_owned(), content_type.to_owned());
        self.write(move |db| look::put_asset(db, workspace, &name, (&content_type, &bytes), at)).await
    }

    async fn remove_asset(&self, workspace: WorkspaceId, name: &str, at: Timestamp) -> Result<bool> {
        let name = name.to_owned();
        self.write(move |db| look::remove_asset(db, workspace, &name, at)).await
    }

    async fn put_landing_page(&self, workspace: WorkspaceId, page: NewLandingPage) -> Result<LandingPage> {
        self.write(move |db| landing::put(db, workspace, &page)).await
    }

    async fn publish_landing_page(
        &self,
        workspace: WorkspaceId,
        name: &str,
        version: i64,
        at: Timestamp,
    ) -> Result<LandingPage> {
        let name = name.to_owned();
        self.write(move |db| landing::publish(db, workspace, &name, version, at)).await
    }

    async fn unpublish_landing_page(&self, workspace: WorkspaceId, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.write(move |db| landing::unpublish(db, workspace, &name)).await
    }

    async fn landing_page(&self, workspace: WorkspaceId, name: &str) -> Result<Option<LandingPage>> {
        let name = name.to_owned();
        self.query(move |db| landing::shown(db, workspace, &name)).await
    }

    async fn landing_page_by_id(
        &self,
        workspace: WorkspaceId,
        id: LandingPageId,
    ) -> Result<Option<LandingPage>> {
        self.query(move |db| landing::shown_by_id(db, workspace, id)).await
    }

    async fn landing_page_version(
        &self,
        workspace: WorkspaceId,
        name: &str,
        version: Option<i64>,
    ) -> Result<Option<LandingPage>> {
        let name = name.to_owned();
        self.query(move |db| landing::version(db, workspace, &name, version)).await
    }

    async fn landing_pages(&self, workspace: WorkspaceId) -> Result<Vec<LandingPageInfo>> {
        self.query(move |db| landing::pages(db, workspace)).await
    }
}
