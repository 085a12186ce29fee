//! The part of the interface that the pages people meet stand on.

use async_trait::async_trait;
use consent::{EntryId, Evidence, ListId, RunId, Timestamp, WorkspaceId};

use super::Result;
use crate::types::{
    Asked, Asset, Confirmed, GivenReason, LandingPage, LandingPageId, LandingPageInfo, List, ListUpdate,
    Look, NewLandingPage, NewNotice, NewOptInRequest, Notice, NoticeId, NoticeLimits, NoticeOutcome,
    OptInKey, OptInRequest, PreferenceChange, Quota, RunOptOuts, Spent,
};

/// Preferences, lists in people's words, notices, double opt-in, reasons, looks and landing pages. A part of
/// [`super::Store`], whose rules it keeps.
#[async_trait]
pub trait PageStore: Send + Sync {
    // ---- what a person says ----------------------------------------------------------------------------------

    /// Changes what a person prefers. Recorded as an entry that sets no choice, whose evidence tells what changed; `None`
    /// when nothing does. In effect for every permit read from then on (I1).
    async fn set_preferences(
        &self,
        workspace: WorkspaceId,
        change: PreferenceChange,
    ) -> Result<Option<EntryId>>;

    /// Keeps why somebody opted out, in place of what they said before. The entry must hold a refusal.
    async fn give_reason(
        &self,
        workspace: WorkspaceId,
        entry: EntryId,
        code: &str,
        text: &str,
        at: Timestamp,
    ) -> Result<()>;

    /// What was said of entries, in the order of their ids.
    async fn reasons_given(&self, workspace: WorkspaceId, entries: Vec<EntryId>) -> Result<Vec<GivenReason>>;

    /// How often each reason was given, for opt-outs by messages of a run or all, most frequent first.
    async fn reason_counts(&self, workspace: WorkspaceId, run: Option<RunId>) -> Result<Vec<(String, u64)>>;

    /// Who opted out through the messages of a run, by whatever way.
    async fn run_opt_outs(&self, workspace: WorkspaceId, run: RunId) -> Result<RunOptOuts>;

    /// Forgets what was said of entries; answers of how many something was there.
    async fn erase_reasons(&self, workspace: WorkspaceId, entries: Vec<EntryId>) -> Result<u64>;

    // ---- double opt-in ---------------------------------------------------------------------------------------

    /// Keeps a request for a list until it is confirmed. Nothing else changes, no profile and no value, whoever typed the
    /// address and whoever owns it. The same request again, told by its address, list and time, gets a later end.
    async fn request_opt_in(&self, workspace: WorkspaceId, request: NewOptInRequest) -> Result<OptInRequest>;

    /// A request; `None` for one that is forgotten, a week after its end, or in whose place a later one stands.
    async fn opt_in_request(&self, workspace: WorkspaceId, key: OptInKey) -> Result<Option<OptInRequest>>;

    /// Confirms a request: records `y` for the list, with source `confirm`, unless the person has said no since. An address
    /// that nobody has gets a profile, of [`consent::Origin::Stranger`]. Nothing else changes: whoever has refused the
    /// channel before goes on refusing it. Other requests of the address for the list end with it. Call for a deliberate
    /// POST only (I4).
    async fn confirm_opt_in(
        &self,
        workspace: WorkspaceId,
        key: OptInKey,
        evidence: Evidence,
        now: Timestamp,
    ) -> Result<Confirmed>;

    // ---- notices ---------------------------------------------------------------------------------------------

    /// Queues a notice to an address that somebody typed. One that waits already isn't queued a second time, but says
    /// what was asked last. Nothing depends on whether the address is known, nor on what was sent to it before: each call
    /// writes one row, so that not even its time tells.
    async fn ask_notice(
        &self,
        workspace: WorkspaceId,
        notice: NewNotice,
        limits: NoticeLimits,
    ) -> Result<Asked>;

    /// Takes notices that are due, oldest first, at most `limit`. Each is given out once, unless nothing was heard of it
    /// for five minutes: then again, three times in all. Those that have waited for a day are dropped.
    async fn take_notices(&self, workspace: WorkspaceId, now: Timestamp, limit: usize)
    -> Result<Vec<Notice>>;

    /// Notes what became of a notice; the address is forgotten with it. False if it isn't the taker's any more.
    async fn notice_done(&self, workspace: WorkspaceId, id: NoticeId, outcome: NoticeOutcome)
    -> Result<bool>;

    /// Counts something in every quota, or in none if one of them is used up. A notice that was counted before is within
    /// them and isn't counted again. All nodes count together; nothing is kept for longer than a day.
    async fn spend(
        &self,
        workspace: WorkspaceId,
        notice: Option<NoticeId>,
        quotas: Vec<Quota>,
        now: Timestamp,
    ) -> Result<Spent>;

    /// How often was counted for the key of each quota within its span.
    async fn spent(&self, workspace: WorkspaceId, quotas: Vec<Quota>, now: Timestamp) -> Result<Vec<u64>>;

    // ---- the brand's -----------------------------------------------------------------------------------------

    /// Replaces what can be changed of a list.
    async fn update_list(&self, workspace: WorkspaceId, list: ListId, update: ListUpdate) -> Result<List>;

    /// How pages look; version 0 and no body before it was ever set.
    async fn page_look(&self, workspace: WorkspaceId) -> Result<Look>;

    /// Its version alone, for whoever keeps it.
    async fn page_look_version(&self, workspace: WorkspaceId) -> Result<i64>;

    /// Replaces how pages look; the same again is the same version.
    async fn put_page_look(&self, workspace: WorkspaceId, body: &str, at: Timestamp) -> Result<Look>;

    /// An asset by its name.
    async fn asset(&self, workspace: WorkspaceId, name: &str) -> Result<Option<Asset>>;

    /// The names of all assets, with their hashes, by name.
    async fn assets(&self, workspace: WorkspaceId) -> Result<Vec<(String, [u8; 32])>>;

    /// Keeps an asset in place of one of the same name; answers its hash.
    async fn put_asset(
        &self,
        workspace: WorkspaceId,
        name: &str,
        content_type: &str,
        bytes: Vec<u8>,
        at: Timestamp,
    ) -> Result<[u8; 32]>;

    /// Removes an asset; false if it isn't there.
    async fn remove_asset(&self, workspace: WorkspaceId, name: &str, at: Timestamp) -> Result<bool>;

    /// Keeps a landing page's content as a new version, which nobody sees before it is published. The latest version's
    /// content again is that version.
    async fn put_landing_page(&self, workspace: WorkspaceId, page: NewLandingPage) -> Result<LandingPage>;

    /// Shows a version of a page in place of the one that was shown.
    async fn publish_landing_page(
        &self,
        workspace: WorkspaceId,
        name: &str,
        version: i64,
        at: Timestamp,
    ) -> Result<LandingPage>;

    /// Shows a page no more; false if it isn't shown.
    async fn unpublish_landing_page(&self, workspace: WorkspaceId, name: &str) -> Result<bool>;

    /// The version of a page that is shown, be it expired or not.
    async fn landing_page(&self, workspace: WorkspaceId, name: &str) -> Result<Option<LandingPage>>;

    /// The version that is shown of the page that a link names.
    async fn landing_page_by_id(
        &self,
        workspace: WorkspaceId,
        id: LandingPageId,
    ) -> Result<Option<LandingPage>>;

    /// A version of a page, shown or not; the latest if `version` is `None`.
    async fn landing_page_version(
        &self,
        workspace: WorkspaceId,
        name: &str,
        version: Option<i64>,
    ) -> Result<Option<LandingPage>>;

    /// All landing pages, by name.
    async fn landing_pages(&self, workspace: WorkspaceId) -> Result<Vec<LandingPageInfo>>;
}
