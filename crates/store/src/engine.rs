//! [`Store`] on any engine: what an operation is, whichever database keeps the state. An [`Engine`] says where it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use consent::{
    Address, AddressId, ConsentChange, Entropy, EntryId, Evidence, KeyRing, ListId, Namespace, ProfileId, Recipient,
    RunId, Timestamp, WorkspaceId,
};
use roaring::RoaringTreemap;

use crate::api::{MakeChange, Result, Store};
use crate::error::StoreError;
use crate::ledger::LedgerReader;
use crate::sealer::{self, retrying};
use crate::secrets::Secrets;
use crate::sql::{Db, params};
use crate::state::change::ChangeConsent;
use crate::state::import::Import;
use crate::state::link_keys::SharedKeyRing;
use crate::state::people::ResolveOrCreate;
use crate::state::record::{Record, RecordFor};
use crate::state::undo::Undo;
use crate::state::{
    check, claims, configurations, deliveries, history, link_keys, lists, parts, profile, rates, runs, settings, suppression,
};
use crate::types::{
    AddressOwner, AllowEntry, Claim, ClaimId, Configuration, ConfigurationId, Counts, Delivery,
    DeliveryState, Due, Entry, HistoryPage, List, NewClaim, NewList, NewRun, Offer, Part, ProfileRow,
    ProfileView, RateGrant, Reading, ReadingQuery, Recorded, RowOutcome, Run, RunGuard, RunReport, RunState,
    Settings, Settlement, SuppressionEntry,
};

/// What an engine does its own way.
pub(crate) trait Engine: Send + Sync + 'static {
    /// A connection.
    type Db: Db;
    /// Whether other nodes work on the same state.
    const SHARED: bool;
    /// Members of a part of a run; `None`: the whole audience.
    const PART_SIZE: Option<u64>;

    /// The keys made from the master key.
    fn secrets(&self) -> &Secrets;
    /// The link keys.
    fn shared_key_ring(&self) -> &SharedKeyRing;
    /// Where randomness comes from.
    fn entropy(&self) -> &Arc<dyn Entropy>;
    /// The ledger's files.
    fn ledger_files(&self) -> PathBuf;

    /// Runs an operation in a transaction of its own. An error rolls it back; an Ok is answered once it is durable. Where
    /// another node got in between, it is run again from the start.
    fn write<T: Send + 'static>(
        &self,
        op: impl Fn(&Self::Db) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send;

    /// Runs an operation that changes consent; otherwise like [`Self::write`].
    fn change<C: ChangeConsent>(
        &self,
        workspace: WorkspaceId,
        change: C,
    ) -> impl Future<Output = Result<C::Answer>> + Send;

    /// Runs a query on one consistent snapshot, which holds all that was acknowledged before the call.
    fn query<T: Send + 'static>(
        &self,
        op: impl Fn(&Self::Db) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send;

    /// See [`profile::resolve`].
    fn resolve(db: &Self::Db, workspace: WorkspaceId, addresses: &[Address]) -> Result<Vec<Option<AddressOwner>>>;
    /// See [`Store::owner`].
    fn owner(
        &self,
        workspace: WorkspaceId,
        address: AddressId,
    ) -> impl Future<Output = Result<Option<AddressOwner>>> + Send;
    /// See [`Store::read`].
    fn read(db: &Self::Db, workspace: WorkspaceId, query: &ReadingQuery) -> Result<Vec<Reading>>;
    /// See [`Store::read_strangers`].
    fn read_strangers(
        db: &Self::Db,
        workspace: WorkspaceId,
        addresses: &[Address],
        now: Timestamp,
    ) -> Result<Vec<Recipient>>;

    /// Takes a run (part 0) or a part of one for this node, unless somebody has it.
    fn lock(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: u32,
    ) -> impl Future<Output = Result<Option<RunGuard>>> + Send;

    /// Brings everything committed before the call into the ledger's files; answers its size.
    fn seal(&self) -> impl Future<Output = Result<u64>> + Send;
    /// See [`Store::backup`].
    fn backup(
        &self,
        into: PathBuf,
        progress: Box<dyn FnMut(u64, u64) + Send>,
    ) -> impl Future<Output = Result<()>> + Send;
    /// What only this engine can find wrong with the state.
    fn check_engine(&self) -> impl Future<Output = Result<Vec<String>>> + Send;
}

#[async_trait]
impl<E: Engine> Store for E {
    fn is_shared(&self) -> bool {
        E::SHARED
    }

    fn ledger_dir(&self) -> PathBuf {
        self.ledger_files()
    }

    fn ledger_verifier_key(&self) -> Result<String> {
        Ok(sealer::signer(self.secrets())?.verifier_key())
    }

    async fn record(&self, workspace: WorkspaceId, changes: Vec<ConsentChange>) -> Result<Vec<Recorded>> {
        self.change(workspace, Record { changes }).await
    }

    async fn record_for(
        &self,
        workspace: WorkspaceId,
        address: AddressId,
        make: MakeChange,
    ) -> Result<Option<Recorded>> {
        self.change(workspace, RecordFor { address, make }).await
    }

    async fn undo(
        &self,
        workspace: WorkspaceId,
        entry: EntryId,
        at: Timestamp,
        evidence: Evidence,
    ) -> Result<Recorded> {
        self.change(workspace, Undo { entry, at, evidence }).await
    }

    async fn entry(&self, workspace: WorkspaceId, entry: EntryId) -> Result<Option<Entry>> {
        self.query(move |db| history::entry(db, workspace, entry)).await
    }

    async fn history(
        &self,
        workspace: WorkspaceId,
        profile: ProfileId,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<HistoryPage> {
        self.query(move |db| history::history(db, workspace, profile, before, limit)).await
    }

    async fn import(&self, workspace: WorkspaceId, rows: Vec<ProfileRow>) -> Result<Vec<RowOutcome>> {
        self.change(workspace, Import { rows }).await
    }

    async fn resolve(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
    ) -> Result<Vec<Option<AddressOwner>>> {
        self.query(move |db| E::resolve(db, workspace, &addresses)).await
    }

    async fn resolve_or_create(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        at: Timestamp,
    ) -> Result<Vec<AddressOwner>> {
        self.change(workspace, ResolveOrCreate { addresses, at }).await
    }

    async fn owner(&self, workspace: WorkspaceId, address: AddressId) -> Result<Option<AddressOwner>> {
        Engine::owner(self, workspace, address).await
    }

    async fn profile(&self, workspace: WorkspaceId, profile: ProfileId) -> Result<Option<ProfileView>> {
        self.query(move |db| profile::view(db, workspace, profile)).await
    }

    async fn read(&self, workspace: WorkspaceId, query: ReadingQuery) -> Result<Vec<Reading>> {
        self.query(move |db| E::read(db, workspace, &query)).await
    }

    async fn read_strangers(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        now: Timestamp,
    ) -> Result<Vec<Recipient>> {
        self.query(move |db| E::read_strangers(db, workspace, &addresses, now)).await
    }

    async fn all_profiles(&self, workspace: WorkspaceId) -> Result<RoaringTreemap> {
        self.query(move |db| profile::all(db, workspace)).await
    }

    async fn list_profiles(&self, workspace: WorkspaceId, list: ListId) -> Result<RoaringTreemap> {
        self.query(move |db| profile::of_list(db, workspace, list)).await
    }

    async fn create_list(&self, workspace: WorkspaceId, list: NewList) -> Result<List> {
        self.write(move |db| lists::create_list(db, workspace, &list)).await
    }

    async fn list_by_name(&self, workspace: WorkspaceId, name: &str) -> Result<Option<List>> {
        let name = name.to_owned();
        self.query(move |db| lists::list_by_name(db, workspace, &name)).await
    }

    async fn list_by_id(&self, workspace: WorkspaceId, list: ListId) -> Result<Option<List>> {
        self.query(move |db| lists::list_by_id(db, workspace, list)).await
    }

    async fn lists(&self, workspace: WorkspaceId) -> Result<Vec<List>> {
        self.query(move |db| lists::lists(db, workspace)).await
    }

    async fn suppress(&self, workspace: WorkspaceId, entries: Vec<SuppressionEntry>) -> Result<()> {
        self.write(move |db| suppression::suppress(db, workspace, &entries)).await
    }

    async fn unsuppress(&self, workspace: WorkspaceId, namespace: &Namespace, value: &str) -> Result<bool> {
        let (namespace, value) = (namespace.clone(), value.to_owned());
        self.write(move |db| suppression::unsuppress(db, workspace, &namespace, &value)).await
    }

    async fn allow(&self, workspace: WorkspaceId, entries: Vec<AllowEntry>) -> Result<()> {
        self.write(move |db| suppression::allow(db, workspace, &entries)).await
    }

    async fn ready(&self) -> Result<()> {
        // A real write: it has to reach the disk, or a full one, or a standby, would go unnoticed.
        self.write(|db| db.execute("UPDATE workspace SET name = name WHERE id = 1", params![]).map(drop)).await
    }

    async fn settings(&self, workspace: WorkspaceId) -> Result<Settings> {
        self.query(move |db| settings::settings(db, workspace)).await
    }

    async fn put_settings(&self, workspace: WorkspaceId, settings: Settings) -> Result<()> {
        self.write(move |db| settings::put_settings(db, workspace, &settings)).await
    }

    async fn put_configuration(
        &self,
        workspace: WorkspaceId,
        name: &str,
        body: &str,
        at: Timestamp,
    ) -> Result<Configuration> {
        let (name, body) = (name.to_owned(), body.to_owned());
        self.write(move |db| configurations::put_configuration(db, workspace, &name, &body, at)).await
    }

    async fn configuration(
        &self,
        workspace: WorkspaceId,
        id: ConfigurationId,
    ) -> Result<Option<Configuration>> {
        self.query(move |db| configurations::configuration(db, workspace, id)).await
    }

    async fn create_run(&self, workspace: WorkspaceId, run: NewRun) -> Result<Run> {
        self.write(move |db| runs::create_run(db, workspace, &run, E::PART_SIZE)).await
    }

    async fn latest_run(&self, workspace: WorkspaceId, campaign: &str) -> Result<Option<Run>> {
        let campaign = campaign.to_owned();
        self.query(move |db| runs::latest_run(db, workspace, &campaign)).await
    }

    async fn run(&self, workspace: WorkspaceId, run: RunId) -> Result<Option<Run>> {
        self.query(move |db| runs::run(db, workspace, run)).await
    }

    async fn runs(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<Run>> {
        self.query(move |db| runs::runs(db, workspace, limit)).await
    }

    async fn audience(&self, workspace: WorkspaceId, run: RunId) -> Result<RoaringTreemap> {
        self.query(move |db| runs::audience(db, workspace, run)).await
    }

    async fn lock_run(&self, workspace: WorkspaceId, run: RunId) -> Result<RunGuard> {
        self.lock(workspace, run, 0).await?.ok_or_else(|| StoreError::Busy(run.to_string()))
    }

    async fn take_part(&self, workspace: WorkspaceId, run: RunId, now: Timestamp) -> Result<Offer> {
        // Where only one process works on a run, its lock covers all parts.
        let whole = if E::SHARED { None } else { Some(self.lock_run(workspace, run).await?) };
        let candidates = self.query(move |db| parts::candidates(db, workspace, run, now)).await?;
        let Some(candidates) = candidates else { return Ok(Offer::Done) };
        if let (Some(guard), Some(part)) = (whole, candidates.first().copied()) {
            let part = self.write(move |db| parts::begin(db, workspace, run, part)).await?;
            return Ok(Offer::Part { part, guard });
        }
        for number in &candidates {
            let number = *number;
            let Some(guard) = self.lock(workspace, run, number).await? else { continue };
            // Whoever held it may have done it meanwhile.
            let still = self.query(move |db| parts::is_candidate(db, workspace, run, number, now)).await?;
            if still {
                let part = self.write(move |db| parts::begin(db, workspace, run, number)).await?;
                return Ok(Offer::Part { part, guard });
            }
        }
        if !candidates.is_empty() {
            return Ok(Offer::Busy);
        }
        Ok(self.next_due(workspace, run, None).await?.map_or(Offer::Done, Offer::Wait))
    }

    async fn claim(&self, workspace: WorkspaceId, claim: NewClaim) -> Result<ClaimId> {
        self.write(move |db| claims::claim(db, workspace, &claim)).await
    }

    async fn settle(&self, workspace: WorkspaceId, settlement: Settlement) -> Result<()> {
        self.write(move |db| claims::settle(db, workspace, &settlement)).await
    }

    async fn open_claims(&self, workspace: WorkspaceId, run: RunId, part: u32) -> Result<Vec<Claim>> {
        self.query(move |db| claims::open_claims(db, workspace, run, part)).await
    }

    async fn doubt(&self, workspace: WorkspaceId, claim: ClaimId, at: Timestamp) -> Result<u64> {
        self.write(move |db| claims::doubt(db, workspace, claim, at)).await
    }

    async fn retry_doubtful(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Option<Part>,
        at: Timestamp,
    ) -> Result<u64> {
        self.write(move |db| deliveries::retry_doubtful(db, workspace, run, part.as_ref(), at)).await
    }

    async fn due(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Part,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Due>> {
        self.query(move |db| deliveries::due(db, workspace, run, &part, now, limit)).await
    }

    async fn next_due(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Option<Part>,
    ) -> Result<Option<Timestamp>> {
        self.query(move |db| deliveries::next_due(db, workspace, run, part.as_ref())).await
    }

    async fn set_run_state(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        state: RunState,
        at: Timestamp,
    ) -> Result<()> {
        self.write(move |db| runs::set_run_state(db, workspace, run, state, at)).await
    }

    async fn finish_run_if_done(&self, workspace: WorkspaceId, run: RunId, at: Timestamp) -> Result<bool> {
        self.write(move |db| parts::finish_if_done(db, workspace, run, at)).await
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
        self.write(move |db| rates::turns(db, workspace, &key, per_second, wanted, now)).await
    }

    async fn run_report(&self, workspace: WorkspaceId, run: RunId) -> Result<RunReport> {
        self.query(move |db| deliveries::run_report(db, workspace, run)).await
    }

    async fn run_outcome(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        profile: ProfileId,
    ) -> Result<Option<Delivery>> {
        self.query(move |db| deliveries::run_outcome(db, workspace, run, profile)).await
    }

    async fn deliveries(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        state: Option<DeliveryState>,
        after: Option<ProfileId>,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        self.query(move |db| deliveries::deliveries(db, workspace, run, state, after, limit)).await
    }

    fn key_ring(&self) -> Arc<KeyRing> {
        link_keys::current(self.shared_key_ring())
    }

    async fn rotate_link_key(&self, at: Timestamp) -> Result<u8> {
        let entropy = Arc::clone(self.entropy());
        let id = self.write(move |db| link_keys::add(db, &*entropy, at)).await?;
        let (secrets, key_ring) = (self.secrets().clone(), Arc::clone(self.shared_key_ring()));
        self.query(move |db| link_keys::refresh(db, &secrets, &key_ring)).await?;
        Ok(id)
    }

    async fn seal_ledger(&self) -> Result<u64> {
        self.seal().await
    }

    async fn receipt(&self, workspace: WorkspaceId, entry: EntryId) -> Result<String> {
        self.seal().await?;
        let (secrets, ledger) = (self.secrets().clone(), self.ledger_files());
        self.query(move |db| retrying(|| sealer::receipt(db, &ledger, &secrets, workspace, entry))).await
    }

    async fn backup(&self, into: PathBuf, progress: Box<dyn FnMut(u64, u64) + Send>) -> Result<()> {
        self.seal().await?;
        Engine::backup(self, into, progress).await
    }

    async fn counts(&self, workspace: WorkspaceId) -> Result<Counts> {
        let ledger = self.ledger_files();
        self.query(move |db| {
            let sealed = retrying(|| sealer::size(&ledger))?;
            Ok(Counts { sealed, ..profile::counts(db, workspace)? })
        })
        .await
    }

    async fn check(&self) -> Result<Vec<String>> {
        let mut findings = match self.seal().await {
            Err(StoreError::Ledger(error)) => vec![format!("ledger: {error}")],
            Err(StoreError::Damaged(what)) => vec![what],
            sealed => sealed.map(|_| Vec::new())?,
        };
        findings.extend(self.check_engine().await?);
        Ok(findings)
    }
}

/// Compares the ledger's files with the database.
pub(crate) fn check_ledger(db: &impl Db, ledger: &Path, secrets: &Secrets) -> Result<Vec<String>> {
    let compared = retrying(|| {
        let reader = LedgerReader::open(ledger, Some(&sealer::signer(secrets)?.verifier()))?;
        check::check_ledger(db, &reader, secrets)
    });
    match compared {
        Err(StoreError::Ledger(error)) => Ok(vec![format!("ledger: {error}")]),
        compared => compared,
    }
}

/// Runs what takes long in a thread of its own, so that neither the caller nor short queries wait for it.
pub(crate) async fn detached<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (reply, answer) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("store-task".to_owned())
        .spawn(move || {
            let _ = reply.send(work());
        })
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    answer.await.map_err(|_| StoreError::Unavailable("it ended early".to_owned()))?
}
