//! The embedded store, made to look like one that nodes share, to lose answers, and to hold people back.

mod imports;
mod pages;
mod texts;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use consent::decide::Limit;
use consent::{
    Address, AddressId, ConsentChange, EntryId, Evidence, KeyRing, ListId, Namespace, ProfileId, RunId,
    Timestamp, WorkspaceId,
};
use roaring::RoaringTreemap;
use store::sqlite::SqliteStore;
use store::*;

/// See the module.
pub struct SharedStore {
    pub inner: Arc<SqliteStore>,
    /// Answers to claims and settlements until one is lost: it is written and the caller is told that it wasn't.
    pub lose_claim_in: AtomicU32,
    pub lose_settlement_in: AtomicU32,
    /// Who is in quiet hours, by address.
    pub quiet: Mutex<HashMap<String, Limit>>,
}

/// Counts down to 1: that one is lost.
fn is_lost(counter: &AtomicU32) -> bool {
    counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) == Ok(1)
}

fn lost<T>() -> Result<T> {
    Err(StoreError::Unavailable("the connection broke".to_owned()))
}

#[async_trait]
impl SuppressionStore for SharedStore {
    async fn suppress(&self, workspace: WorkspaceId, entries: Vec<SuppressionEntry>) -> Result<Vec<bool>> {
        self.inner.suppress(workspace, entries).await
    }

    async fn unsuppress(
        &self,
        workspace: WorkspaceId,
        removals: Vec<Removal>,
    ) -> Result<Vec<Vec<SuppressionEntry>>> {
        self.inner.unsuppress(workspace, removals).await
    }

    async fn suppression(
        &self,
        workspace: WorkspaceId,
        namespace: &Namespace,
        value: &str,
    ) -> Result<Vec<SuppressionEntry>> {
        self.inner.suppression(workspace, namespace, value).await
    }

    async fn removed(
        &self,
        workspace: WorkspaceId,
        value: Option<(Namespace, String)>,
        limit: usize,
    ) -> Result<Vec<Removed>> {
        self.inner.removed(workspace, value, limit).await
    }

    async fn suppressions(
        &self,
        workspace: WorkspaceId,
        query: EntryQuery,
    ) -> Result<EntryPage<SuppressionEntry>> {
        self.inner.suppressions(workspace, query).await
    }

    async fn suppression_counts(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<(Namespace, SuppressionCategory, EntryKind, u64)>> {
        self.inner.suppression_counts(workspace).await
    }

    async fn allow(&self, workspace: WorkspaceId, entries: Vec<AllowEntry>) -> Result<Vec<bool>> {
        self.inner.allow(workspace, entries).await
    }

    async fn disallow(&self, workspace: WorkspaceId, entries: Vec<(Namespace, String)>) -> Result<Vec<bool>> {
        self.inner.disallow(workspace, entries).await
    }

    async fn allow_entry(
        &self,
        workspace: WorkspaceId,
        namespace: &Namespace,
        value: &str,
    ) -> Result<Option<AllowEntry>> {
        self.inner.allow_entry(workspace, namespace, value).await
    }

    async fn allow_entries(
        &self,
        workspace: WorkspaceId,
        query: EntryQuery,
    ) -> Result<EntryPage<AllowEntry>> {
        self.inner.allow_entries(workspace, query).await
    }

    async fn feedback_known(&self, workspace: WorkspaceId, ids: Vec<FeedbackId>) -> Result<Vec<bool>> {
        self.inner.feedback_known(workspace, ids).await
    }

    async fn take_feedback(&self, workspace: WorkspaceId, feedback: Vec<Feedback>) -> Result<Vec<Taken>> {
        self.inner.take_feedback(workspace, feedback).await
    }

    async fn feedback_counts(
        &self,
        workspace: WorkspaceId,
        run: Option<RunId>,
    ) -> Result<Vec<FeedbackCount>> {
        self.inner.feedback_counts(workspace, run).await
    }

    async fn feedback_of(
        &self,
        workspace: WorkspaceId,
        address: &Address,
        limit: usize,
    ) -> Result<Vec<Feedback>> {
        self.inner.feedback_of(workspace, address, limit).await
    }
}

#[async_trait]
impl Uploads for SharedStore {
    async fn create_upload(&self, workspace: WorkspaceId, upload: Upload) -> Result<()> {
        self.inner.create_upload(workspace, upload).await
    }

    async fn put_upload(&self, workspace: WorkspaceId, upload: Upload) -> Result<bool> {
        self.inner.put_upload(workspace, upload).await
    }

    async fn upload(&self, workspace: WorkspaceId, id: &str) -> Result<Option<Upload>> {
        self.inner.upload(workspace, id).await
    }

    async fn uploads(&self, workspace: WorkspaceId) -> Result<Vec<Upload>> {
        self.inner.uploads(workspace).await
    }

    async fn delete_upload(&self, workspace: WorkspaceId, id: &str) -> Result<bool> {
        self.inner.delete_upload(workspace, id).await
    }
}

#[async_trait]
impl Store for SharedStore {
    fn ledger_dir(&self) -> std::path::PathBuf {
        self.inner.ledger_dir()
    }

    fn ledger_verifier_key(&self) -> Result<String> {
        self.inner.ledger_verifier_key()
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn take_part(&self, workspace: WorkspaceId, run: RunId, now: Timestamp) -> Result<Offer> {
        match self.inner.take_part(workspace, run, now).await {
            Err(StoreError::Busy(_)) => Ok(Offer::Busy),
            offer => offer,
        }
    }

    async fn claim(&self, workspace: WorkspaceId, claim: NewClaim) -> Result<Claimed> {
        let claimed = self.inner.claim(workspace, claim).await;
        if is_lost(&self.lose_claim_in) { lost() } else { claimed }
    }

    async fn settle(&self, workspace: WorkspaceId, settlement: Settlement) -> Result<()> {
        let settled = self.inner.settle(workspace, settlement).await;
        if is_lost(&self.lose_settlement_in) { lost() } else { settled }
    }

    async fn record(&self, workspace: WorkspaceId, changes: Vec<ConsentChange>) -> Result<Vec<Recorded>> {
        self.inner.record(workspace, changes).await
    }

    async fn record_for(
        &self,
        workspace: WorkspaceId,
        address: AddressId,
        make: MakeChange,
    ) -> Result<Option<Recorded>> {
        self.inner.record_for(workspace, address, make).await
    }

    async fn undo(
        &self,
        workspace: WorkspaceId,
        entry: EntryId,
        at: Timestamp,
        evidence: Evidence,
    ) -> Result<Recorded> {
        self.inner.undo(workspace, entry, at, evidence).await
    }

    async fn entry(&self, workspace: WorkspaceId, entry: EntryId) -> Result<Option<Entry>> {
        self.inner.entry(workspace, entry).await
    }

    async fn history(
        &self,
        workspace: WorkspaceId,
        profile: ProfileId,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<HistoryPage> {
        self.inner.history(workspace, profile, before, limit).await
    }

    async fn import(&self, workspace: WorkspaceId, rows: Vec<ProfileRow>) -> Result<Vec<RowOutcome>> {
        self.inner.import(workspace, rows).await
    }

    async fn resolve(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
    ) -> Result<Vec<Option<AddressOwner>>> {
        self.inner.resolve(workspace, addresses).await
    }

    async fn resolve_or_create(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        origin: consent::Origin,
        at: Timestamp,
    ) -> Result<Vec<AddressOwner>> {
        self.inner.resolve_or_create(workspace, addresses, origin, at).await
    }

    async fn owner(&self, workspace: WorkspaceId, address: AddressId) -> Result<Option<AddressOwner>> {
        self.inner.owner(workspace, address).await
    }

    async fn profile(&self, workspace: WorkspaceId, profile: ProfileId) -> Result<Option<ProfileView>> {
        self.inner.profile(workspace, profile).await
    }

    async fn read(&self, workspace: WorkspaceId, query: ReadingQuery) -> Result<Vec<Reading>> {
        let mut readings = self.inner.read(workspace, query).await?;
        let quiet = self.quiet.lock().unwrap();
        for reading in &mut readings {
            let limit = reading.address.as_ref().and_then(|(_, address)| quiet.get(address));
            reading.recipient.quiet = limit.copied().unwrap_or(Limit::Within);
        }
        Ok(readings)
    }

    async fn read_strangers(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        now: Timestamp,
    ) -> Result<Vec<consent::Recipient>> {
        self.inner.read_strangers(workspace, addresses, now).await
    }

    async fn all_profiles(&self, workspace: WorkspaceId) -> Result<RoaringTreemap> {
        self.inner.all_profiles(workspace).await
    }

    async fn list_profiles(&self, workspace: WorkspaceId, list: ListId) -> Result<RoaringTreemap> {
        self.inner.list_profiles(workspace, list).await
    }

    async fn create_list(&self, workspace: WorkspaceId, list: NewList) -> Result<List> {
        self.inner.create_list(workspace, list).await
    }

    async fn list_by_name(&self, workspace: WorkspaceId, name: &str) -> Result<Option<List>> {
        self.inner.list_by_name(workspace, name).await
    }

    async fn list_by_id(&self, workspace: WorkspaceId, list: ListId) -> Result<Option<List>> {
        self.inner.list_by_id(workspace, list).await
    }

    async fn lists(&self, workspace: WorkspaceId) -> Result<Vec<List>> {
        self.inner.lists(workspace).await
    }

    async fn settings(&self, workspace: WorkspaceId) -> Result<Settings> {
        self.inner.settings(workspace).await
    }

    async fn update_settings(&self, workspace: WorkspaceId, change: ChangeSettings) -> Result<Settings> {
        self.inner.update_settings(workspace, change).await
    }

    async fn put_configuration(
        &self,
        workspace: WorkspaceId,
        name: &str,
        body: &str,
        at: Timestamp,
    ) -> Result<Configuration> {
        self.inner.put_configuration(workspace, name, body, at).await
    }

    async fn configuration(
        &self,
        workspace: WorkspaceId,
        id: ConfigurationId,
    ) -> Result<Option<Configuration>> {
        self.inner.configuration(workspace, id).await
    }

    async fn create_run(&self, workspace: WorkspaceId, run: NewRun) -> Result<Run> {
        self.inner.create_run(workspace, run).await
    }

    async fn latest_run(&self, workspace: WorkspaceId, campaign: &str) -> Result<Option<Run>> {
        self.inner.latest_run(workspace, campaign).await
    }

    async fn run(&self, workspace: WorkspaceId, run: RunId) -> Result<Option<Run>> {
        self.inner.run(workspace, run).await
    }

    async fn runs(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<Run>> {
        self.inner.runs(workspace, limit).await
    }

    async fn audience(&self, workspace: WorkspaceId, run: RunId) -> Result<RoaringTreemap> {
        self.inner.audience(workspace, run).await
    }

    async fn lock_run(&self, workspace: WorkspaceId, run: RunId) -> Result<RunGuard> {
        self.inner.lock_run(workspace, run).await
    }

    async fn open_claims(&self, workspace: WorkspaceId, run: RunId, part: u32) -> Result<Vec<Claim>> {
        self.inner.open_claims(workspace, run, part).await
    }

    async fn doubt(&self, workspace: WorkspaceId, claim: ClaimId, at: Timestamp) -> Result<u64> {
        self.inner.doubt(workspace, claim, at).await
    }

    async fn retry_doubtful(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Option<Part>,
        at: Timestamp,
    ) -> Result<u64> {
        self.inner.retry_doubtful(workspace, run, part, at).await
    }

    async fn due(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Part,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Due>> {
        self.inner.due(workspace, run, part, now, limit).await
    }

    async fn next_due(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Option<Part>,
    ) -> Result<Option<Timestamp>> {
        self.inner.next_due(workspace, run, part).await
    }

    async fn set_run_state(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        state: RunState,
        at: Timestamp,
    ) -> Result<()> {
        self.inner.set_run_state(workspace, run, state, at).await
    }

    async fn finish_run_if_done(&self, workspace: WorkspaceId, run: RunId, at: Timestamp) -> Result<bool> {
        self.inner.finish_run_if_done(workspace, run, at).await
    }

    async fn rate_turns(
        &self,
        workspace: WorkspaceId,
        key: &str,
        per_second: u32,
        wanted: u32,
        now: Timestamp,
    ) -> Result<RateGrant> {
        self.inner.rate_turns(workspace, key, per_second, wanted, now).await
    }

    async fn run_report(&self, workspace: WorkspaceId, run: RunId) -> Result<RunReport> {
        self.inner.run_report(workspace, run).await
    }

    async fn run_outcome(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        profile: ProfileId,
    ) -> Result<Option<Delivery>> {
        self.inner.run_outcome(workspace, run, profile).await
    }

    async fn deliveries(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        state: Option<DeliveryState>,
        after: Option<ProfileId>,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        self.inner.deliveries(workspace, run, state, after, limit).await
    }

    fn key_ring(&self) -> Arc<KeyRing> {
        self.inner.key_ring()
    }

    async fn rotate_link_key(&self, at: Timestamp) -> Result<u8> {
        self.inner.rotate_link_key(at).await
    }

    async fn seal_ledger(&self) -> Result<u64> {
        self.inner.seal_ledger().await
    }

    async fn receipt(&self, workspace: WorkspaceId, entry: EntryId) -> Result<String> {
        self.inner.receipt(workspace, entry).await
    }

    async fn backup(&self, into: PathBuf, progress: Box<dyn FnMut(u64, u64) + Send>) -> Result<()> {
        self.inner.backup(into, progress).await
    }

    async fn ready(&self) -> Result<()> {
        self.inner.ready().await
    }

    async fn counts(&self, workspace: WorkspaceId) -> Result<Counts> {
        self.inner.counts(workspace).await
    }

    async fn check(&self) -> Result<Vec<String>> {
        self.inner.check().await
    }
}
