//! Brings committed changes into the ledger's files, in the order of their places in the log.
//!
//! A thread of its own, so that writers never wait for it. What it does can be repeated: the database is the source,
//! and the ledger's own lock lets one process at a time write the files.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use consent::{EntryId, WorkspaceId};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tokio::sync::oneshot;

use crate::error::{Result, StoreError};
use crate::ledger::{LedgerError, LedgerReader, LedgerWriter, Signer};
use crate::secrets::Secrets;
use crate::sql::Db;
use crate::state::{history, leaf};

/// Entries brought in with one checkpoint; they are in memory meanwhile.
const BATCH_MAX: usize = 4096;
/// How often, and how long apart, to try while another process writes the ledger.
const LOCKED_TRIES_MAX: u32 = 500;
const LOCKED_PAUSE: Duration = Duration::from_millis(20);

/// Tries to read a ledger whose last files are replaced meanwhile.
const LEDGER_TRIES_MAX: u32 = 10;

/// Someone who waits for the ledger to be complete.
type Request = oneshot::Sender<Result<u64>>;

/// The thread. Dropped, it seals what is left and ends.
pub(crate) struct Sealer {
    requests: Option<Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl Sealer {
    /// Starts the thread. Every `interval` and on request `seal` brings everything that is committed into the ledger, and
    /// answers its size.
    pub fn start(interval: Duration, seal: impl FnMut() -> Result<u64> + Send + 'static) -> Result<Self> {
        let (requests, inbox) = crossbeam_channel::unbounded();
        let thread = std::thread::Builder::new()
            .name("store-sealer".to_owned())
            .spawn(move || serve(&inbox, interval, seal))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    /// Brings everything committed before the call into the ledger; answers its size.
    pub async fn seal(&self) -> Result<u64> {
        let closed = || StoreError::Unavailable("it is shutting down".to_owned());
        let (reply, answer) = oneshot::channel();
        self.requests.as_ref().ok_or_else(closed)?.send(reply).map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) =
            self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id())
        {
            let _ = thread.join();
        }
    }
}

fn serve(inbox: &Receiver<Request>, interval: Duration, mut seal: impl FnMut() -> Result<u64>) {
    loop {
        let request = inbox.recv_timeout(interval);
        let ends = matches!(request, Err(RecvTimeoutError::Disconnected));
        let sealed = seal();
        if let Err(error) = &sealed {
            tracing::error!(%error, "could not bring changes into the ledger; trying again");
        }
        if let Ok(reply) = request {
            let _ = reply.send(sealed);
        }
        if ends {
            return;
        }
    }
}

/// Opens the ledger, so that it can be verified from the first moment on. One that is damaged doesn't keep opt-outs from
/// being recorded: `check` and `verify` tell, and what is missing in it is in the database.
pub(crate) fn begin(ledger: &Path, secrets: &Secrets) {
    if let Err(error) = writer(ledger, secrets) {
        tracing::error!(%error, "the ledger can't be opened");
    }
}

/// Writes the entries that have a place in the log and aren't in the files yet; answers the ledger's size.
pub(crate) fn write_files<D: Db>(db: &D, ledger: &Path, secrets: &Secrets) -> Result<u64> {
    let entries = history::count(db)?;
    let sealed = size(ledger)?;
    if sealed > entries {
        return Err(StoreError::Damaged(format!("the ledger has {sealed} entries, the database {entries}")));
    }
    if sealed == entries {
        return Ok(sealed);
    }
    let mut writer = writer(ledger, secrets)?;
    while writer.size() < entries {
        let from = writer.size();
        let events = history::events_from(db, from, BATCH_MAX)?;
        if events.is_empty() {
            return Err(StoreError::Damaged(format!("ledger entry {from} is missing from the database")));
        }
        writer.append(events.iter().map(|event| leaf::leaf(event, secrets)))?;
    }
    Ok(writer.size())
}

/// Takes the ledger for writing, waiting for another process that does so.
fn writer(ledger: &Path, secrets: &Secrets) -> Result<LedgerWriter> {
    for _ in 0..LOCKED_TRIES_MAX {
        match LedgerWriter::open(ledger, signer(secrets)?) {
            Err(LedgerError::Locked) => std::thread::sleep(LOCKED_PAUSE),
            opened => return Ok(opened?),
        }
    }
    Err(StoreError::Busy("the ledger".to_owned()))
}

/// The ledger's name and key.
pub(crate) fn signer(secrets: &Secrets) -> Result<Signer> {
    Ok(Signer::from_seed(&secrets.ledger_origin(), &secrets.ledger_seed())?)
}

/// Entries under the last checkpoint.
pub(crate) fn size(ledger: &Path) -> Result<u64> {
    Ok(LedgerReader::open(ledger, None)?.size())
}

/// A portable proof that an entry is in the ledger, which has been sealed.
pub(crate) fn receipt(
    db: &impl Db,
    ledger: &Path,
    secrets: &Secrets,
    workspace: WorkspaceId,
    entry: EntryId,
) -> Result<String> {
    let missing = || StoreError::Missing(entry.to_string());
    let event = history::event(db, workspace, entry)?.ok_or_else(missing)?;
    let place = history::leaf_of(db, entry)?.ok_or_else(missing)?;
    let reader = LedgerReader::open(ledger, Some(&signer(secrets)?.verifier()))?;
    Ok(reader.receipt(place)?.opened(leaf::opening(&event, secrets)).to_string())
}

/// Reads the ledger again when a file was replaced between reading the checkpoint and reading the file.
pub(crate) fn retrying<T>(mut read: impl FnMut() -> Result<T>) -> Result<T> {
    for _ in 0..LEDGER_TRIES_MAX {
        match read() {
            Err(StoreError::Ledger(LedgerError::Missing { .. })) => {}
            read => return read,
        }
    }
    read()
}
