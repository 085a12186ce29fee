//! [`crate::Store`] on any engine: what an operation is, whichever database keeps the state. An [`Engine`] says where it runs.

mod imports;
mod operations;
mod pages;
mod suppression;
mod texts;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use consent::{Address, AddressId, Entropy, Recipient, RunId, Timestamp, WorkspaceId};

use crate::api::Result;
use crate::error::StoreError;
use crate::ledger::LedgerReader;
use crate::sealer::{self, retrying};
use crate::secrets::Secrets;
use crate::sql::Db;
use crate::state::change::ChangeConsent;
use crate::state::check;
use crate::state::link_keys::SharedKeyRing;
use crate::types::{AddressOwner, Reading, ReadingQuery, RunGuard};

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

    /// See [`crate::state::profile::resolve`].
    fn resolve(
        db: &Self::Db,
        workspace: WorkspaceId,
        addresses: &[Address],
    ) -> Result<Vec<Option<AddressOwner>>>;
    /// See [`crate::Store::owner`].
    fn owner(
        &self,
        workspace: WorkspaceId,
        address: AddressId,
    ) -> impl Future<Output = Result<Option<AddressOwner>>> + Send;
    /// See [`crate::Store::read`].
    fn read(
        &self,
        workspace: WorkspaceId,
        query: ReadingQuery,
    ) -> impl Future<Output = Result<Vec<Reading>>> + Send;
    /// See [`crate::Store::read_strangers`].
    fn read_strangers(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Recipient>>> + Send;
    /// Called in the transaction that has put so many entries on the suppression list, or replaced them.
    fn suppression_grew(db: &Self::Db, by: usize) -> Result<()>;

    /// Takes a run (part 0) or a part of one for this node, unless somebody has it.
    fn lock(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: u32,
    ) -> impl Future<Output = Result<Option<RunGuard>>> + Send;

    /// Brings everything committed before the call into the ledger's files; answers its size.
    fn seal(&self) -> impl Future<Output = Result<u64>> + Send;
    /// See [`crate::Store::backup`].
    fn backup(
        &self,
        into: PathBuf,
        progress: Box<dyn FnMut(u64, u64) + Send>,
    ) -> impl Future<Output = Result<()>> + Send;
    /// What only this engine can find wrong with the state.
    fn check_engine(&self) -> impl Future<Output = Result<Vec<String>>> + Send;
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
