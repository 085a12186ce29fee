//! The one interface to the state, whichever engine keeps it.

use async_trait::async_trait;
use consent::{
    Address, AddressId, ConsentChange, EntryId, ListId, Origin, ProfileId, RunId, Timestamp, WorkspaceId,
};

use crate::error::StoreError;
use crate::types::{
    AddressOwner, ChangeSettings, Claim, ClaimId, Claimed, Configuration, ConfigurationId, Counts, Delivery,
    DeliveryState, Due, Entry, HistoryPage, List, NewClaim, NewList, NewRun, Offer, Part, ProfileRow,
    ProfileView, RateGrant, Reading, ReadingQuery, Recorded, RowOutcome, Run, RunGuard, RunReport, RunState,
    Settings, Settlement,
};

mod imports;
mod pages;
mod suppression;
mod texts;

pub use imports::ImportStore;
pub use pages::PageStore;
pub use suppression::SuppressionStore;
pub use texts::TextStore;

/// What every operation answers with.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Makes a change of what is known about an address, or decides against one. It may be asked again, when another node
/// got in between.
pub type MakeChange = Box<dyn Fn(&AddressOwner) -> Option<ConsentChange> + Send>;

/// The state of all workspaces.
///
/// Every operation names its workspace first: there is no query without one. A write that returned `Ok` is durable
/// (I2); one that returned an error changed nothing. Operations that take many items do them in one transaction.
#[async_trait]
pub trait Store: SuppressionStore + TextStore + PageStore + ImportStore + crate::Uploads {
    /// Whether other nodes, with data directories of their own, work on the same state.
    fn is_shared(&self) -> bool;

    /// The folder of the ledger's files, for [`crate::ledger::verify`].
    fn ledger_dir(&self) -> std::path::PathBuf;

    /// The ledger's public key, `name+hash+base64` (C2SP signed-note): what an auditor needs.
    fn ledger_verifier_key(&self) -> Result<String>;

    // ---- consent ---------------------------------------------------------------------------------------------

    /// Records changes of consent: the only way in. Per value the latest `occurred_at` wins, see
    /// [`consent::change::resolve`]. All or none are recorded; answers in the order of `changes`.
    async fn record(&self, workspace: WorkspaceId, changes: Vec<ConsentChange>) -> Result<Vec<Recorded>>;

    /// Reads the owner of an address and records the change that `make` makes of it, in one step; `None` when it makes
    /// none. [`StoreError::Missing`] for an address that isn't there.
    async fn record_for(
        &self,
        workspace: WorkspaceId,
        address: AddressId,
        make: MakeChange,
    ) -> Result<Option<Recorded>>;

    /// Takes back what one ledger entry changed, where nothing newer has been recorded since: each value returns to
    /// what it was before. Recorded as a change of its own with source `undo`. A refusal that was said again through
    /// links (the button in the mail, then the one on the page) returns to what was before the first of these.
    async fn undo(
        &self,
        workspace: WorkspaceId,
        entry: EntryId,
        at: Timestamp,
        evidence: consent::Evidence,
    ) -> Result<Recorded>;

    /// One ledger entry.
    async fn entry(&self, workspace: WorkspaceId, entry: EntryId) -> Result<Option<Entry>>;

    /// A profile's ledger entries, newest first, at most `limit`, before `before` if given. Entries from before a merge
    /// (see [`Store::import`]) name the profile that they were about.
    async fn history(
        &self,
        workspace: WorkspaceId,
        profile: ProfileId,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<HistoryPage>;

    // ---- profiles --------------------------------------------------------------------------------------------

    /// Creates or updates profiles with their addresses and consents, a row each, in one transaction. A row that
    /// can't be applied is reported in its outcome and leaves nothing behind but the refusals it carried.
    ///
    /// Profiles that [`Store::record`] or [`Store::resolve_or_create`] made for an address alone are merged into the
    /// row's: their address moves, their choices are carried over. Nobody else's profiles are ever merged.
    async fn import(&self, workspace: WorkspaceId, rows: Vec<ProfileRow>) -> Result<Vec<RowOutcome>>;

    /// Which profiles own these addresses, in order; `None` for one never seen.
    async fn resolve(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
    ) -> Result<Vec<Option<AddressOwner>>>;

    /// Like [`Store::resolve`], but an address never seen gets a profile of its own, of that origin. Profiles that are there
    /// stay what they are: to name somebody isn't to bring them in.
    async fn resolve_or_create(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        origin: Origin,
        at: Timestamp,
    ) -> Result<Vec<AddressOwner>>;

    /// The owner of an address by its id, as a link names it.
    async fn owner(&self, workspace: WorkspaceId, address: AddressId) -> Result<Option<AddressOwner>>;

    /// All that is known of a profile.
    async fn profile(&self, workspace: WorkspaceId, profile: ProfileId) -> Result<Option<ProfileView>>;

    /// What decisions and rendering read, for many profiles at once, in the order asked. One consistent snapshot: a
    /// change acknowledged before the call is in it (I1).
    async fn read(&self, workspace: WorkspaceId, query: ReadingQuery) -> Result<Vec<Reading>>;

    /// What decisions read about addresses that nobody owns, in order: suppression and allow lists still count.
    async fn read_strangers(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        now: Timestamp,
    ) -> Result<Vec<consent::Recipient>>;

    /// All profiles that existed at the call.
    async fn all_profiles(&self, workspace: WorkspaceId) -> Result<roaring::RoaringTreemap>;

    /// The profiles that have any value recorded for a list: who of them is subscribed, the decision tells.
    async fn list_profiles(&self, workspace: WorkspaceId, list: ListId) -> Result<roaring::RoaringTreemap>;

    // ---- lists -----------------------------------------------------------------------------------------------

    /// Creates a subscription list; [`StoreError::Exists`] if the name is taken.
    async fn create_list(&self, workspace: WorkspaceId, list: NewList) -> Result<List>;

    /// Looks a list up by name.
    async fn list_by_name(&self, workspace: WorkspaceId, name: &str) -> Result<Option<List>>;

    /// Looks a list up by id.
    async fn list_by_id(&self, workspace: WorkspaceId, list: ListId) -> Result<Option<List>>;

    /// All lists, by name.
    async fn lists(&self, workspace: WorkspaceId) -> Result<Vec<List>>;

    // ---- settings, configurations ----------------------------------------------------------------------------

    /// The workspace's settings.
    async fn settings(&self, workspace: WorkspaceId) -> Result<Settings>;

    /// Changes the workspace's settings, and answers what they are now. Whoever changes them at the same time, on any node,
    /// comes before or after: neither undoes the other.
    async fn update_settings(&self, workspace: WorkspaceId, change: ChangeSettings) -> Result<Settings>;

    /// Stores a channel configuration under its name. The same content again is the same version; other content
    /// makes a new version, while runs go on with theirs.
    async fn put_configuration(
        &self,
        workspace: WorkspaceId,
        name: &str,
        body: &str,
        at: Timestamp,
    ) -> Result<Configuration>;

    /// A configuration by id.
    async fn configuration(
        &self,
        workspace: WorkspaceId,
        id: ConfigurationId,
    ) -> Result<Option<Configuration>>;

    // ---- runs ------------------------------------------------------------------------------------------------

    /// Starts a run with its audience fixed.
    async fn create_run(&self, workspace: WorkspaceId, run: NewRun) -> Result<Run>;

    /// The latest run of a campaign.
    async fn latest_run(&self, workspace: WorkspaceId, campaign: &str) -> Result<Option<Run>>;

    /// A run by id.
    async fn run(&self, workspace: WorkspaceId, run: RunId) -> Result<Option<Run>>;

    /// All runs, newest first, at most `limit`.
    async fn runs(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<Run>>;

    /// The run's audience.
    async fn audience(&self, workspace: WorkspaceId, run: RunId) -> Result<roaring::RoaringTreemap>;

    /// Takes the run for this process, or fails with [`StoreError::Busy`] while another works on it. The guard's end,
    /// or the death of the process, frees it. Run 0, which there never is, stands for starting runs.
    async fn lock_run(&self, workspace: WorkspaceId, run: RunId) -> Result<RunGuard>;

    /// Takes a part of the run in which there is something to do at `now`: one that isn't walked to its end, else one
    /// whose process died within a claim, else one with messages due. Whoever held it before can't claim any more.
    ///
    /// An engine that isn't shared fails with [`StoreError::Busy`] while another process works on the run.
    async fn take_part(&self, workspace: WorkspaceId, run: RunId, now: Timestamp) -> Result<Offer>;

    /// Before hand-off: notes which profiles are about to be mailed, which are excluded and why, and moves the part's
    /// cursor past them. After a crash, what is claimed and not settled is in doubt. Whom another run has claimed within
    /// their pace since the decision is excluded, not mailed. [`StoreError::Busy`] when the part was taken by someone else
    /// since.
    async fn claim(&self, workspace: WorkspaceId, claim: NewClaim) -> Result<Claimed>;

    /// After hand-off: notes what became of a claim's messages, and closes the claim. Messages of the claim that the
    /// settlement doesn't name become due at once (they weren't handed over). [`StoreError::Missing`] when the claim
    /// isn't open, such as one that was found in doubt meanwhile.
    async fn settle(&self, workspace: WorkspaceId, settlement: Settlement) -> Result<()>;

    /// Claims of a part that a dead process left open. Call only while holding the part.
    async fn open_claims(&self, workspace: WorkspaceId, run: RunId, part: u32) -> Result<Vec<Claim>>;

    /// Closes an open claim whose process died: its messages become [`DeliveryState::InDoubt`].
    async fn doubt(&self, workspace: WorkspaceId, claim: ClaimId, at: Timestamp) -> Result<u64>;

    /// Makes the messages in doubt, of a part or of the whole run, due again, because someone asked for it. Answers how
    /// many.
    async fn retry_doubtful(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Option<Part>,
        at: Timestamp,
    ) -> Result<u64>;

    /// Messages of a part that are due for another attempt at `now`, soonest first, at most `limit`. Taking one is a
    /// claim.
    async fn due(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Part,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Due>>;

    /// When the next message of a part or of the whole run becomes due, if any waits.
    async fn next_due(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: Option<Part>,
    ) -> Result<Option<Timestamp>>;

    /// Ends a run, or reopens it.
    async fn set_run_state(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        state: RunState,
        at: Timestamp,
    ) -> Result<()>;

    /// Finishes the run if nothing is left: every part walked, no claim open, no message waiting. Whether it has ended.
    async fn finish_run_if_done(&self, workspace: WorkspaceId, run: RunId, at: Timestamp) -> Result<bool>;

    /// Turns to send at a speed that all nodes share: at most `wanted` of them, at most a tenth of a second's worth, and
    /// one at least. The caller sends the first at the answer's time and each next one an interval, 1 / `per_second`,
    /// later; turns that aren't used are lost. `key` names the limit, such as a relay's host and port.
    ///
    /// Over any second no more than `per_second` turns fall due, plus what nodes catch up on (at most one grant for each
    /// node), plus `per_second` times the difference in seconds between the nodes' clocks.
    async fn rate_turns(
        &self,
        workspace: WorkspaceId,
        key: &str,
        per_second: u32,
        wanted: u32,
        now: Timestamp,
    ) -> Result<RateGrant>;

    /// What became of a run: counts per delivery state and per exclusion reason.
    async fn run_report(&self, workspace: WorkspaceId, run: RunId) -> Result<RunReport>;

    /// What became of one profile in a run: the delivery, or the reason of its exclusion.
    async fn run_outcome(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        profile: ProfileId,
    ) -> Result<Option<Delivery>>;

    /// A run's deliveries in a state, by profile, after `after`, at most `limit`.
    async fn deliveries(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        state: Option<DeliveryState>,
        after: Option<ProfileId>,
        limit: usize,
    ) -> Result<Vec<Delivery>>;

    // ---- links -----------------------------------------------------------------------------------------------

    /// The keys that sign and verify link tokens.
    fn key_ring(&self) -> std::sync::Arc<consent::KeyRing>;

    /// Adds a link key, which signs from now on; older ones go on verifying. Answers its id.
    async fn rotate_link_key(&self, at: Timestamp) -> Result<u8>;

    // ---- upkeep ----------------------------------------------------------------------------------------------

    /// Integrates every recorded change into the ledger's files and signs a checkpoint; answers the ledger's size.
    /// Runs by itself every second too; callers use it before they verify.
    async fn seal_ledger(&self) -> Result<u64>;

    /// A portable proof that an entry is in the ledger.
    async fn receipt(&self, workspace: WorkspaceId, entry: EntryId) -> Result<String>;

    /// Copies the whole state into an empty folder while everything goes on; `progress` hears done and total pages.
    async fn backup(&self, into: std::path::PathBuf, progress: Box<dyn FnMut(u64, u64) + Send>)
    -> Result<()>;

    /// Whether a write can be made durable right now, found out by making one; for readiness.
    async fn ready(&self) -> Result<()>;

    /// Row counts, for `doctor` and tests.
    async fn counts(&self, workspace: WorkspaceId) -> Result<Counts>;

    /// Checks the state against itself: the engine's own integrity check, words against stamps and entries, ledger
    /// against its files. Each finding is a sentence; none means sound.
    async fn check(&self) -> Result<Vec<String>>;
}
