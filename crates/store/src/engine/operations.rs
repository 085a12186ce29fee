//! [`Store`]'s operations on an [`Engine`].

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use consent::{
    Address, AddressId, ConsentChange, EntryId, Evidence, KeyRing, ListId, Origin, ProfileId, Recipient,
    RunId, Timestamp, WorkspaceId,
};
use roaring::RoaringTreemap;

use super::Engine;
use crate::api::{MakeChange, Result, Store};
use crate::error::StoreError;
use crate::sealer::{self, retrying};
use crate::sql::{Db, params};
use crate::state::import::Import;
use crate::state::people::ResolveOrCreate;
use crate::state::record::{Record, RecordFor};
use crate::state::undo::Undo;
use crate::state::{
    claims, configurations, deliveries, history, link_keys, lists, parts, profile, rates, runs, settings,
};
use crate::types::{
    AddressOwner, ChangeSettings, Claim, ClaimId, Claimed, Configuration, ConfigurationId, Counts, Delivery,
    DeliveryState, Due, Entry, HistoryPage, List, NewClaim, NewList, NewRun, Offer, Part, ProfileRow,
    ProfileView, RateGrant, Reading, ReadingQuery, Recorded, RowOutcome, Run, RunGuard, RunReport, RunState,
    Settings, Settlement,
};

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
        self.change(workspace, Import { rows, place: None }).await
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
        origin: Origin,
        at: Timestamp,
    ) -> Result<Vec<AddressOwner>> {
        self.change(workspace, ResolveOrCreate { addresses, origin, at }).await
    }

    async fn owner(&self, workspace: WorkspaceId, address: AddressId) -> Result<Option<AddressOwner>> {
        Engine::owner(self, workspace, address).await
    }

    async fn profile(&self, workspace: WorkspaceId, profile: ProfileId) -> Result<Option<ProfileView>> {
        self.query(move |db| profile::view(db, workspace, profile)).await
    }

    async fn read(&self, workspace: WorkspaceId, query: ReadingQuery) -> Result<Vec<Reading>> {
        Engine::read(self, workspace, query).await
    }

    async fn read_strangers(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        now: Timestamp,
    ) -> Result<Vec<Recipient>> {
        Engine::read_strangers(self, workspace, addresses, now).await
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

    async fn ready(&self) -> Result<()> {
        // A real write: it has to reach the disk, or a full one, or a standby, would go unnoticed.
        self.write(|db| db.execute("UPDATE workspace SET name = name WHERE id = 1", params![]).map(drop))
            .await
    }

    async fn settings(&self, workspace: WorkspaceId) -> Result<Settings> {
        self.query(move |db| settings::settings(db, workspace)).await
    }

    async fn update_settings(&self, workspace: WorkspaceId, change: ChangeSettings) -> Result<Settings> {
        self.write(move |db| settings::update(db, workspace, &*change)).await
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

    async fn claim(&self, workspace: WorkspaceId, claim: NewClaim) -> Result<Claimed> {
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
