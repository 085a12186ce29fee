//! [`Store`] for [`SqliteStore`]: which function runs in which thread.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use consent::{
    Address, AddressId, ConsentChange, EntryId, Evidence, KeyRing, ListId, Namespace, ProfileId, RunId,
    Timestamp, WorkspaceId,
};
use roaring::RoaringTreemap;

use super::{LEDGER_DIR, SqliteStore, add_link_key, backup, reading, refresh_key_ring, run_lock, sealer};
use crate::api::{MakeChange, Result, Store};
use crate::error::StoreError;
use crate::ledger::{LedgerError, LedgerReader};
use crate::state::{
    check, claims, configurations, deliveries, history, import, lists, parts, profile, rates, record, runs,
    settings, suppression, undo,
};
use crate::types::{
    AddressOwner, AllowEntry, Claim, ClaimId, Configuration, ConfigurationId, Counts, Delivery,
    DeliveryState, Due, Entry, HistoryPage, List, NewClaim, NewList, NewRun, Offer, Part, ProfileRow,
    ProfileView, RateGrant, Reading, ReadingQuery, Recorded, RowOutcome, Run, RunGuard, RunReport, RunState,
    Settings, Settlement, SuppressionEntry,
};

/// Tries to read a ledger whose last files are replaced meanwhile.
const LEDGER_TRIES_MAX: u32 = 10;

#[async_trait]
impl Store for SqliteStore {
    fn is_shared(&self) -> bool {
        false
    }

    async fn record(&self, workspace: WorkspaceId, changes: Vec<ConsentChange>) -> Result<Vec<Recorded>> {
        let entropy = Arc::clone(&self.inner.entropy);
        self.write(move |conn| record::record(conn, &*entropy, workspace, &changes)).await
    }

    async fn record_for(
        &self,
        workspace: WorkspaceId,
        address: AddressId,
        make: MakeChange,
    ) -> Result<Option<Recorded>> {
        let entropy = Arc::clone(&self.inner.entropy);
        self.write(move |conn| {
            let owner = profile::owner(conn, workspace, address)?;
            let Some(change) = make(&owner.ok_or_else(|| StoreError::Missing(address.to_string()))?) else {
                return Ok(None);
            };
            Ok(record::record(conn, &*entropy, workspace, &[change])?.pop())
        })
        .await
    }

    async fn undo(
        &self,
        workspace: WorkspaceId,
        entry: EntryId,
        at: Timestamp,
        evidence: Evidence,
    ) -> Result<Recorded> {
        let entropy = Arc::clone(&self.inner.entropy);
        self.write(move |conn| undo::undo(conn, &*entropy, workspace, entry, at, evidence)).await
    }

    async fn entry(&self, workspace: WorkspaceId, entry: EntryId) -> Result<Option<Entry>> {
        self.query(move |conn| history::entry(conn, workspace, entry)).await
    }

    async fn history(
        &self,
        workspace: WorkspaceId,
        profile: ProfileId,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<HistoryPage> {
        self.query(move |conn| history::history(conn, workspace, profile, before, limit)).await
    }

    async fn import(&self, workspace: WorkspaceId, rows: Vec<ProfileRow>) -> Result<Vec<RowOutcome>> {
        let entropy = Arc::clone(&self.inner.entropy);
        self.write(move |conn| import::import(conn, &*entropy, workspace, &rows)).await
    }

    async fn resolve(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
    ) -> Result<Vec<Option<AddressOwner>>> {
        self.query(move |conn| profile::resolve(conn, workspace, &addresses)).await
    }

    async fn resolve_or_create(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        at: Timestamp,
    ) -> Result<Vec<AddressOwner>> {
        let entropy = Arc::clone(&self.inner.entropy);
        self.write(move |conn| profile::resolve_or_create(conn, &*entropy, workspace, &addresses, at)).await
    }

    async fn owner(&self, workspace: WorkspaceId, address: AddressId) -> Result<Option<AddressOwner>> {
        self.query(move |conn| profile::owner(conn, workspace, address)).await
    }

    async fn profile(&self, workspace: WorkspaceId, profile: ProfileId) -> Result<Option<ProfileView>> {
        self.query(move |conn| profile::view(conn, workspace, profile)).await
    }

    async fn read(&self, workspace: WorkspaceId, query: ReadingQuery) -> Result<Vec<Reading>> {
        self.query(move |conn| reading::read(conn, workspace, &query)).await
    }

    async fn read_strangers(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        now: Timestamp,
    ) -> Result<Vec<consent::Recipient>> {
        self.query(move |conn| reading::read_strangers(conn, workspace, &addresses, now)).await
    }

    async fn all_profiles(&self, workspace: WorkspaceId) -> Result<RoaringTreemap> {
        self.query(move |conn| profile::all(conn, workspace)).await
    }

    async fn list_profiles(&self, workspace: WorkspaceId, list: ListId) -> Result<RoaringTreemap> {
        self.query(move |conn| profile::of_list(conn, workspace, list)).await
    }

    async fn create_list(&self, workspace: WorkspaceId, list: NewList) -> Result<List> {
        self.write(move |conn| lists::create_list(conn, workspace, list)).await
    }

    async fn list_by_name(&self, workspace: WorkspaceId, name: &str) -> Result<Option<List>> {
        let name = name.to_owned();
        self.query(move |conn| lists::list_by_name(conn, workspace, &name)).await
    }

    async fn list_by_id(&self, workspace: WorkspaceId, list: ListId) -> Result<Option<List>> {
        self.query(move |conn| lists::list_by_id(conn, workspace, list)).await
    }

    async fn lists(&self, workspace: WorkspaceId) -> Result<Vec<List>> {
        self.query(move |conn| lists::lists(conn, workspace)).await
    }

    async fn suppress(&self, workspace: WorkspaceId, entries: Vec<SuppressionEntry>) -> Result<()> {
        self.write(move |conn| suppression::suppress(conn, workspace, entries)).await
    }

    async fn unsuppress(&self, workspace: WorkspaceId, namespace: &Namespace, value: &str) -> Result<bool> {
        let (namespace, value) = (namespace.clone(), value.to_owned());
        self.write(move |conn| suppression::unsuppress(conn, workspace, &namespace, &value)).await
    }

    async fn allow(&self, workspace: WorkspaceId, entries: Vec<AllowEntry>) -> Result<()> {
        self.write(move |conn| suppression::allow(conn, workspace, entries)).await
    }

    async fn ready(&self) -> Result<()> {
        // A real write: it has to reach the disk, or a full one would go unnoticed.
        self.write(|conn| Ok(conn.execute("UPDATE workspace SET name = name WHERE id = 1", []).map(drop)?))
            .await
    }

    async fn settings(&self, workspace: WorkspaceId) -> Result<Settings> {
        self.query(move |conn| settings::settings(conn, workspace)).await
    }

    async fn put_settings(&self, workspace: WorkspaceId, settings: Settings) -> Result<()> {
        self.write(move |conn| settings::put_settings(conn, workspace, settings)).await
    }

    async fn put_configuration(
        &self,
        workspace: WorkspaceId,
        name: &str,
        body: &str,
        at: Timestamp,
    ) -> Result<Configuration> {
        let (name, body) = (name.to_owned(), body.to_owned());
        self.write(move |conn| configurations::put_configuration(conn, workspace, &name, &body, at)).await
    }

    async fn configuration(
        &self,
        workspace: WorkspaceId,
        id: ConfigurationId,
    ) -> Result<Option<Configuration>> {
        self.query(move |conn| configurations::configuration(conn, workspace, id)).await
    }

    async fn create_run(&self, workspace: WorkspaceId, run: NewRun) -> Result<Run> {
        self.write(move |conn| runs::create_run(conn, workspace, &run, None)).await
    }

    async fn latest_run(&self, workspace: WorkspaceId, campaign: &str) -> Result<Option<Run>> {
        let campaign = campaign.to_owned();
        self.query(move |conn| runs::latest_run(conn, workspace, &campaign)).await
    }

    async fn run(&self, workspace: WorkspaceId, run: RunId) -> Result<Option<Run>> {
        self.query(move |conn| runs::run(conn, workspace, run)).await
    }

    async fn runs(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<Run>> {
        self.query(move |conn| runs::runs(conn, workspace, limit)).await
    }

    async fn audience(&self, workspace: WorkspaceId, run: RunId) -> Result<RoaringTreemap> {
        self.query(move |conn| runs::audience(conn, workspace, run)).await
    }

    async fn lock_run(&self, workspace: WorkspaceId, run: RunId) -> Result<RunGuard> {
        run_lock::lock_run(&self.inner.dir, workspace, run)
    }

    async fn take_part(&self, workspace: WorkspaceId, run: RunId, now: Timestamp) -> Result<Offer> {
        run_lock::take_part(self, workspace, run, now).await
    }

    async fn claim(&self, workspace: WorkspaceId, claim: NewClaim) -> Result<ClaimId> {
        self.write(move |conn| claims::claim(conn, workspace, &claim)).await
    }

    async fn settle(&self, workspace: WorkspaceId, settlement: Settlement) -> Result<()> {
        self.write(move |conn| claims::settle(conn, workspace, &settlement)).await
    }

    async fn open_claims(&self, workspace: WorkspaceId, run: RunId, part: u32) -> Result<Vec<Claim>> {
        self.query(move |conn| claims::open_claims(conn, workspace, run, part)).await
    }

    async fn doubt(&self, workspace: WorkspaceId, claim: ClaimId, at: Timestamp) -> Result<u64> {
        self.write(move |conn| claims::doubt(conn, workspace, claim, at)).await
    }

    async fn retry_doubtful(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Option<Part>,
        at: Timestamp,
    ) -> Result<u64> {
        self.write(move |conn| deliveries::retry_doubtful(conn, workspace, run, part.as_ref(), at)).await
    }

    async fn due(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Part,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Due>> {
        self.query(move |conn| deliveries::due(conn, workspace, run, &part, now, limit)).await
    }

    async fn next_due(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Option<Part>,
    ) -> Result<Option<Timestamp>> {
        self.query(move |conn| deliveries::next_due(conn, workspace, run, part.as_ref())).await
    }

    async fn set_run_state(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        state: RunState,
        at: Timestamp,
    ) -> Result<()> {
        self.write(move |conn| runs::set_run_state(conn, workspace, run, state, at)).await
    }

    async fn finish_run_if_done(&self, workspace: WorkspaceId, run: RunId, at: Timestamp) -> Result<bool> {
        self.write(move |conn| parts::finish_if_done(conn, workspace, run, at)).await
    }

    async fn rate_turns(
        &self,
        workspace: WorkspaceId,
        key: &str,
        per_second: u32,
        wanted: u32,
        now: Timestamp,
    ) -> Result<RateGrant> {
        let key = key.to_owned();
        self.write(move |conn| rates::turns(conn, workspace, &key, per_second, wanted, now)).await
    }

    async fn run_report(&self, workspace: WorkspaceId, run: RunId) -> Result<RunReport> {
        self.query(move |conn| deliveries::run_report(conn, workspace, run)).await
    }

    async fn run_outcome(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        profile: ProfileId,
    ) -> Result<Option<Delivery>> {
        self.query(move |conn| deliveries::run_outcome(conn, workspace, run, profile)).await
    }

    async fn deliveries(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        state: Option<DeliveryState>,
        after: Option<ProfileId>,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        self.query(move |conn| deliveries::deliveries(conn, workspace, run, state, after, limit)).await
    }

    fn key_ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.inner.key_ring.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    async fn rotate_link_key(&self, at: Timestamp) -> Result<u8> {
        let entropy = Arc::clone(&self.inner.entropy);
        let id = self.write(move |conn| add_link_key(conn, &*entropy, at)).await?;
        let (secrets, key_ring) = (self.inner.secrets.clone(), Arc::clone(&self.inner.key_ring));
        self.query(move |conn| refresh_key_ring(conn, &secrets, &key_ring)).await?;
        Ok(id)
    }

    async fn seal_ledger(&self) -> Result<u64> {
        self.inner.sealer.seal().await
    }

    async fn receipt(&self, workspace: WorkspaceId, entry: EntryId) -> Result<String> {
        self.seal_ledger().await?;
        let (secrets, ledger) = (self.inner.secrets.clone(), self.ledger_dir());
        self.query(move |conn| retrying(|| sealer::receipt(conn, &ledger, &secrets, workspace, entry))).await
    }

    async fn backup(&self, into: PathBuf, mut progress: Box<dyn FnMut(u64, u64) + Send>) -> Result<()> {
        self.seal_ledger().await?;
        let (dir, secrets) = (self.inner.dir.clone(), self.inner.secrets.clone());
        detached(move || backup::backup(&dir, &secrets, &into, &mut *progress)).await
    }

    async fn counts(&self, workspace: WorkspaceId) -> Result<Counts> {
        let ledger = self.inner.dir.join(LEDGER_DIR);
        self.query(move |conn| {
            let sealed = retrying(|| sealer::size(&ledger))?;
            Ok(Counts { sealed, ..profile::counts(conn, workspace)? })
        })
        .await
    }

    async fn check(&self) -> Result<Vec<String>> {
        let mut findings = match self.seal_ledger().await {
            Err(StoreError::Ledger(error)) => vec![format!("ledger: {error}")],
            Err(StoreError::Damaged(what)) => vec![what],
            sealed => sealed.map(|_| Vec::new())?,
        };
        let (dir, secrets) = (self.inner.dir.clone(), self.inner.secrets.clone());
        findings.extend(detached(move || check_all(&dir, &secrets)).await?);
        Ok(findings)
    }
}

fn check_all(dir: &std::path::Path, secrets: &crate::secrets::Secrets) -> Result<Vec<String>> {
    let conn = super::connection::open_reader(dir)?;
    let mut findings = super::readers::in_snapshot(&conn, check::check_database)?;
    let ledger = retrying(|| {
        let reader = LedgerReader::open(dir.join(LEDGER_DIR), Some(&sealer::signer(secrets)?.verifier()))?;
        super::readers::in_snapshot(&conn, |conn| check::check_ledger(conn, &reader, secrets))
    });
    match ledger {
        Ok(more) => findings.extend(more),
        Err(StoreError::Ledger(error)) => findings.push(format!("ledger: {error}")),
        Err(error) => return Err(error),
    }
    Ok(findings)
}

/// Reads the ledger again when a file was replaced between reading the checkpoint and reading the file.
fn retrying<T>(mut read: impl FnMut() -> Result<T>) -> Result<T> {
    for _ in 0..LEDGER_TRIES_MAX {
        match read() {
            Err(StoreError::Ledger(LedgerError::Missing { .. })) => {}
            read => return read,
        }
    }
    read()
}

/// Runs what takes long in a thread of its own, so that neither the caller nor short queries wait for it.
async fn detached<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (reply, answer) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("store-task".to_owned())
        .spawn(move || {
            let _ = reply.send(work());
        })
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    answer.await.map_err(|_| StoreError::Unavailable("it ended early".to_owned()))?
}
