//! A store on a full disk: it reads, and takes no writes.

#[path = "full_disk/imports.rs"]
mod imports;
#[path = "full_disk/pages.rs"]
mod pages;

use std::sync::Arc;

use async_trait::async_trait;
use consent::{
    Address, AddressId, Channel, ConsentChange, EntryId, Evidence, ListId, Namespace, ProfileId, RunId,
    Timestamp, WorkspaceId,
};
use store::{
    AddressOwner, AllowEntry, ChangeSettings, Claim, ClaimId, Claimed, Configuration, ConfigurationId,
    Counts, Delivery, DeliveryState, Due, Entry, EntryKind, EntryPage, EntryQuery, Feedback, FeedbackCount,
    FeedbackId, HistoryPage, Hold, HoldDecision, List, NewClaim, NewList, NewRun, Offer, Part, ProfileRow,
    ProfileView, RateGrant, Reading, ReadingQuery, Recorded, Removal, Removed, Reply, Result, RowOutcome,
    Run, RunGuard, RunReport, RunState, Settings, Settlement, Store, StoreError, SuppressionCategory,
    SuppressionEntry, SuppressionStore, Taken, Text, TextEffects, TextId, TextPart, TextStanding, TextStore,
    TextTaken, Upload, Uploads,
};

/// Reads go to the real store.
pub struct FullDisk(pub Arc<dyn Store>);

fn full<T>() -> Result<T> {
    Err(StoreError::Unavailable("the disk is full".to_owned()))
}

#[async_trait]
impl SuppressionStore for FullDisk {
    async fn suppress(&self, _: WorkspaceId, _: Vec<SuppressionEntry>) -> Result<Vec<bool>> {
        full()
    }

    async fn unsuppress(&self, _: WorkspaceId, _: Vec<Removal>) -> Result<Vec<Vec<SuppressionEntry>>> {
        full()
    }

    async fn suppression(&self, _: WorkspaceId, _: &Namespace, _: &str) -> Result<Vec<SuppressionEntry>> {
        full()
    }

    async fn removed(
        &self,
        _: WorkspaceId,
        _: Option<(Namespace, String)>,
        _: usize,
    ) -> Result<Vec<Removed>> {
        full()
    }

    async fn suppressions(&self, _: WorkspaceId, _: EntryQuery) -> Result<EntryPage<SuppressionEntry>> {
        full()
    }

    async fn suppression_counts(
        &self,
        _: WorkspaceId,
    ) -> Result<Vec<(Namespace, SuppressionCategory, EntryKind, u64)>> {
        full()
    }

    async fn allow(&self, _: WorkspaceId, _: Vec<AllowEntry>) -> Result<Vec<bool>> {
        full()
    }

    async fn disallow(&self, _: WorkspaceId, _: Vec<(Namespace, String)>) -> Result<Vec<bool>> {
        full()
    }

    async fn allow_entry(&self, _: WorkspaceId, _: &Namespace, _: &str) -> Result<Option<AllowEntry>> {
        full()
    }

    async fn allow_entries(&self, _: WorkspaceId, _: EntryQuery) -> Result<EntryPage<AllowEntry>> {
        full()
    }

    async fn feedback_known(&self, _: WorkspaceId, _: Vec<FeedbackId>) -> Result<Vec<bool>> {
        full()
    }

    async fn take_feedback(&self, _: WorkspaceId, _: Vec<Feedback>) -> Result<Vec<Taken>> {
        full()
    }

    async fn feedback_counts(&self, _: WorkspaceId, _: Option<RunId>) -> Result<Vec<FeedbackCount>> {
        full()
    }

    async fn feedback_of(&self, _: WorkspaceId, _: &Address, _: usize) -> Result<Vec<Feedback>> {
        full()
    }
}

#[async_trait]
impl Uploads for FullDisk {
    async fn create_upload(&self, _: WorkspaceId, _: Upload) -> Result<()> {
        full()
    }

    async fn put_upload(&self, _: WorkspaceId, _: Upload) -> Result<bool> {
        full()
    }

    async fn upload(&self, workspace: WorkspaceId, id: &str) -> Result<Option<Upload>> {
        self.0.upload(workspace, id).await
    }

    async fn uploads(&self, workspace: WorkspaceId) -> Result<Vec<Upload>> {
        self.0.uploads(workspace).await
    }

    async fn delete_upload(&self, _: WorkspaceId, _: &str) -> Result<bool> {
        full()
    }
}

#[async_trait]
impl TextStore for FullDisk {
    async fn text_known(&self, workspace: WorkspaceId, id: TextId) -> Result<bool> {
        self.0.text_known(workspace, id).await
    }

    async fn text_standing(
        &self,
        workspace: WorkspaceId,
        address: AddressId,
        channel: Channel,
        senders: Vec<String>,
    ) -> Result<TextStanding> {
        self.0.text_standing(workspace, address, channel, senders).await
    }

    async fn take_text(&self, _: WorkspaceId, _: Text, _: TextEffects) -> Result<TextTaken> {
        full()
    }

    async fn keep_part(&self, _: WorkspaceId, _: TextPart) -> Result<Vec<(u16, String)>> {
        full()
    }

    async fn texts_of(&self, workspace: WorkspaceId, address: AddressId, limit: usize) -> Result<Vec<Text>> {
        self.0.texts_of(workspace, address, limit).await
    }

    async fn holds(&self, workspace: WorkspaceId, after: Option<TextId>, limit: usize) -> Result<Vec<Hold>> {
        self.0.holds(workspace, after, limit).await
    }

    async fn hold(&self, workspace: WorkspaceId, id: TextId) -> Result<Option<Hold>> {
        self.0.hold(workspace, id).await
    }

    async fn decide_hold(&self, _: WorkspaceId, _: TextId, _: HoldDecision) -> Result<bool> {
        full()
    }

    async fn blocks(&self, workspace: WorkspaceId, address: AddressId) -> Result<Vec<(String, Timestamp)>> {
        self.0.blocks(workspace, address).await
    }

    async fn block(&self, _: WorkspaceId, _: Vec<(AddressId, String)>, _: Timestamp) -> Result<()> {
        full()
    }

    async fn unblock(&self, _: WorkspaceId, _: Vec<(AddressId, String)>) -> Result<Vec<bool>> {
        full()
    }

    async fn take_replies(&self, _: WorkspaceId, _: Timestamp, _: usize) -> Result<Vec<Reply>> {
        full()
    }

    async fn reply_done(&self, _: WorkspaceId, _: TextId, _: bool, _: &str) -> Result<()> {
        full()
    }
}

#[async_trait]
impl Store for FullDisk {
    fn ledger_dir(&self) -> std::path::PathBuf {
        self.0.ledger_dir()
    }

    fn ledger_verifier_key(&self) -> Result<String> {
        self.0.ledger_verifier_key()
    }

    fn is_shared(&self) -> bool {
        false
    }

    async fn record(&self, _: WorkspaceId, _: Vec<ConsentChange>) -> Result<Vec<Recorded>> {
        full()
    }

    async fn record_for(
        &self,
        _: WorkspaceId,
        _: AddressId,
        _: store::MakeChange,
    ) -> Result<Option<Recorded>> {
        full()
    }

    async fn undo(&self, _: WorkspaceId, _: EntryId, _: Timestamp, _: Evidence) -> Result<Recorded> {
        full()
    }

    async fn entry(&self, workspace: WorkspaceId, entry: EntryId) -> Result<Option<Entry>> {
        self.0.entry(workspace, entry).await
    }

    async fn history(
        &self,
        _: WorkspaceId,
        _: ProfileId,
        _: Option<EntryId>,
        _: usize,
    ) -> Result<HistoryPage> {
        full()
    }

    async fn import(&self, _: WorkspaceId, _: Vec<ProfileRow>) -> Result<Vec<RowOutcome>> {
        full()
    }

    async fn resolve(&self, _: WorkspaceId, _: Vec<Address>) -> Result<Vec<Option<AddressOwner>>> {
        full()
    }

    async fn resolve_or_create(
        &self,
        _: WorkspaceId,
        _: Vec<Address>,
        _: consent::Origin,
        _: Timestamp,
    ) -> Result<Vec<AddressOwner>> {
        full()
    }

    async fn owner(&self, workspace: WorkspaceId, address: AddressId) -> Result<Option<AddressOwner>> {
        self.0.owner(workspace, address).await
    }

    async fn profile(&self, workspace: WorkspaceId, profile: ProfileId) -> Result<Option<ProfileView>> {
        self.0.profile(workspace, profile).await
    }

    async fn read(&self, _: WorkspaceId, _: ReadingQuery) -> Result<Vec<Reading>> {
        full()
    }

    async fn read_strangers(
        &self,
        _: WorkspaceId,
        _: Vec<Address>,
        _: Timestamp,
    ) -> Result<Vec<consent::Recipient>> {
        full()
    }

    async fn all_profiles(&self, _: WorkspaceId) -> Result<roaring::RoaringTreemap> {
        full()
    }

    async fn list_profiles(&self, _: WorkspaceId, _: ListId) -> Result<roaring::RoaringTreemap> {
        full()
    }

    async fn create_list(&self, _: WorkspaceId, _: NewList) -> Result<List> {
        full()
    }

    async fn list_by_name(&self, _: WorkspaceId, _: &str) -> Result<Option<List>> {
        full()
    }

    async fn list_by_id(&self, workspace: WorkspaceId, list: ListId) -> Result<Option<List>> {
        self.0.list_by_id(workspace, list).await
    }

    async fn lists(&self, workspace: WorkspaceId) -> Result<Vec<List>> {
        self.0.lists(workspace).await
    }

    async fn settings(&self, workspace: WorkspaceId) -> Result<Settings> {
        self.0.settings(workspace).await
    }

    async fn update_settings(&self, _: WorkspaceId, _: ChangeSettings) -> Result<Settings> {
        full()
    }

    async fn put_configuration(
        &self,
        _: WorkspaceId,
        _: &str,
        _: &str,
        _: Timestamp,
    ) -> Result<Configuration> {
        full()
    }

    async fn configuration(&self, _: WorkspaceId, _: ConfigurationId) -> Result<Option<Configuration>> {
        full()
    }

    async fn create_run(&self, _: WorkspaceId, _: NewRun) -> Result<Run> {
        full()
    }

    async fn latest_run(&self, _: WorkspaceId, _: &str) -> Result<Option<Run>> {
        full()
    }

    async fn run(&self, workspace: WorkspaceId, run: RunId) -> Result<Option<Run>> {
        self.0.run(workspace, run).await
    }

    async fn runs(&self, _: WorkspaceId, _: usize) -> Result<Vec<Run>> {
        full()
    }

    async fn audience(&self, _: WorkspaceId, _: RunId) -> Result<roaring::RoaringTreemap> {
        full()
    }

    async fn lock_run(&self, _: WorkspaceId, _: RunId) -> Result<RunGuard> {
        full()
    }

    async fn take_part(&self, _: WorkspaceId, _: RunId, _: Timestamp) -> Result<Offer> {
        full()
    }

    async fn claim(&self, _: WorkspaceId, _: NewClaim) -> Result<Claimed> {
        full()
    }

    async fn settle(&self, _: WorkspaceId, _: Settlement) -> Result<()> {
        full()
    }

    async fn open_claims(&self, _: WorkspaceId, _: RunId, _: u32) -> Result<Vec<Claim>> {
        full()
    }

    async fn doubt(&self, _: WorkspaceId, _: ClaimId, _: Timestamp) -> Result<u64> {
        full()
    }

    async fn retry_doubtful(&self, _: WorkspaceId, _: RunId, _: Option<Part>, _: Timestamp) -> Result<u64> {
        full()
    }

    async fn due(&self, _: WorkspaceId, _: RunId, _: Part, _: Timestamp, _: usize) -> Result<Vec<Due>> {
        full()
    }

    async fn next_due(&self, _: WorkspaceId, _: RunId, _: Option<Part>) -> Result<Option<Timestamp>> {
        full()
    }

    async fn finish_run_if_done(&self, _: WorkspaceId, _: RunId, _: Timestamp) -> Result<bool> {
        full()
    }

    async fn rate_turns(&self, _: WorkspaceId, _: &str, _: u32, _: u32, _: Timestamp) -> Result<RateGrant> {
        full()
    }

    async fn set_run_state(&self, _: WorkspaceId, _: RunId, _: RunState, _: Timestamp) -> Result<()> {
        full()
    }

    async fn run_report(&self, _: WorkspaceId, _: RunId) -> Result<RunReport> {
        full()
    }

    async fn run_outcome(&self, _: WorkspaceId, _: RunId, _: ProfileId) -> Result<Option<Delivery>> {
        full()
    }

    async fn deliveries(
        &self,
        _: WorkspaceId,
        _: RunId,
        _: Option<DeliveryState>,
        _: Option<ProfileId>,
        _: usize,
    ) -> Result<Vec<Delivery>> {
        full()
    }

    fn key_ring(&self) -> std::sync::Arc<consent::KeyRing> {
        self.0.key_ring()
    }

    async fn rotate_link_key(&self, _: Timestamp) -> Result<u8> {
        full()
    }

    async fn seal_ledger(&self) -> Result<u64> {
        full()
    }

    async fn receipt(&self, _: WorkspaceId, _: EntryId) -> Result<String> {
        full()
    }

    async fn backup(&self, _: std::path::PathBuf, _: Box<dyn FnMut(u64, u64) + Send>) -> Result<()> {
        full()
    }

    async fn ready(&self) -> Result<()> {
        full()
    }

    async fn counts(&self, _: WorkspaceId) -> Result<Counts> {
        full()
    }

    async fn check(&self) -> Result<Vec<String>> {
        full()
    }
}
