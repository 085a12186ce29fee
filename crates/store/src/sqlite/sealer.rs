//! The sequencer: brings committed changes into the ledger's files, in the order of their commits.
//!
//! A thread of its own, so that writers never wait for it. What it does can be repeated: the database is the source,
//! and the ledger's own lock lets one process at a time write.

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use consent::{EntryId, WorkspaceId};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::connection::open_reader;
use super::readers::in_snapshot;
use super::{SharedKeyRing, refresh_key_ring};
use crate::api::Result;
use crate::error::StoreError;
use crate::ledger::{LedgerError, LedgerReader, LedgerWriter, Signer};
use crate::secrets::Secrets;
use crate::state::history;

/// How long a change waits at most before it is brought into the ledger.
const INTERVAL: Duration = Duration::from_secs(1);
/// Entries brought in with one checkpoint; they are in memory meanwhile.
const BATCH_MAX: usize = 4096;
/// How often, and how long apart, to try while another process writes the ledger.
const LOCKED_TRIES_MAX: u32 = 500;
const LOCKED_PAUSE: Duration = Duration::from_millis(20);

/// Someone who waits for the ledger to be complete.
type Request = oneshot::Sender<Result<u64>>;

/// The thread. Dropped, it seals what is left and ends.
pub(super) struct Sealer {
    requests: Option<Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl Sealer {
    /// Starts the thread.
    pub fn start(dir: &Path, secrets: Secrets, key_ring: SharedKeyRing) -> Result<Self> {
        let (requests, inbox) = crossbeam_channel::unbounded();
        let seal =
            Sealing { conn: open_reader(dir)?, ledger: dir.join(super::LEDGER_DIR), secrets, key_ring };
        // So that the ledger can be verified from the first moment on. One that is damaged doesn't keep opt-outs from
        // being recorded: `check` and `verify` tell, and what is missing in it is in the database.
        if let Err(error) = seal.writer() {
            tracing::error!(%error, "the ledger can't be opened");
        }
        let thread = std::thread::Builder::new()
            .name("store-sealer".to_owned())
            .spawn(move || seal.serve(&inbox))
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

struct Sealing {
    conn: Connection,
    ledger: PathBuf,
    secrets: Secrets,
    key_ring: SharedKeyRing,
}

impl Sealing {
    fn serve(&self, inbox: &Receiver<Request>) {
        loop {
            let request = inbox.recv_timeout(INTERVAL);
            let ends = matches!(request, Err(RecvTimeoutError::Disconnected));
            let sealed = self.seal();
            if let Err(error) = &sealed {
                tracing::error!(%error, "could not bring changes into the ledger; trying again");
            }
            if let Ok(reply) = request {
                let _ = reply.send(sealed);
            }
            if ends {
                return;
            }
            if let Err(error) = refresh_key_ring(&self.conn, &self.secrets, &self.key_ring) {
                tracing::error!(%error, "could not read the link keys");
            }
        }
    }

    fn seal(&self) -> Result<u64> {
        let entries = in_snapshot(&self.conn, history::count)?;
        let sealed = size(&self.ledger)?;
        if sealed > entries {
            return Err(StoreError::Damaged(format!(
                "the ledger has {sealed} entries, the database {entries}"
            )));
        }
        if sealed == entries {
            return Ok(sealed);
        }
        let mut writer = self.writer()?;
        while writer.size() < entries {
            let from = writer.size();
            let events = in_snapshot(&self.conn, |conn| history::events_from(conn, from, BATCH_MAX))?;
            if events.is_empty() {
                return Err(StoreError::Damaged(format!("ledger entry {from} is missing from the database")));
            }
            writer.append(events.iter().map(|event| history::leaf(event, &self.secrets)))?;
        }
        Ok(writer.size())
    }

    /// Takes the ledger for writing, waiting for another process that does so.
    fn writer(&self) -> Result<LedgerWriter> {
        for _ in 0..LOCKED_TRIES_MAX {
            match LedgerWriter::open(&self.ledger, signer(&self.secrets)?) {
                Err(LedgerError::Locked) => std::thread::sleep(LOCKED_PAUSE),
                opened => return Ok(opened?),
            }
        }
        Err(StoreError::Busy("the ledger".to_owned()))
    }
}

/// The ledger's name and key.
pub(super) fn signer(secrets: &Secrets) -> Result<Signer> {
    Ok(Signer::from_seed(&secrets.ledger_origin(), &secrets.ledger_seed())?)
}

/// Entries under the last checkpoint.
pub(super) fn size(ledger: &Path) -> Result<u64> {
    Ok(LedgerReader::open(ledger, None)?.size())
}

/// A portable proof that an entry is in the ledger, which has been sealed.
pub(super) fn receipt(
    conn: &Connection,
    ledger: &Path,
    secrets: &Secrets,
    workspace: WorkspaceId,
    entry: EntryId,
) -> Result<String> {
    if history::entry(conn, workspace, entry)?.is_none() {
        return Err(StoreError::Missing(entry.to_string()));
    }
    let reader = LedgerReader::open(ledger, Some(&signer(secrets)?.verifier()))?;
    Ok(reader.receipt(entry.0 as u64)?.to_string())
}
