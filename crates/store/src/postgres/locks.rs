//! Locks that die with their node: session advisory locks on a connection of their own.
//!
//! When that connection breaks, all of them are gone, whoever thinks they hold one: what stands on a lock has a fence
//! besides (a part's generation).

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tokio::sync::oneshot;

use super::lanes::{Link, closed};
use crate::api::Result;
use crate::error::StoreError;
use crate::sql::{Db as _, params};

/// How often a broken connection is looked for while nobody asks.
const INTERVAL: Duration = Duration::from_secs(5);
/// So that the server notices within about ten seconds when this machine is gone, and frees the locks.
const KEEPALIVE: &str =
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3";

/// What a lock is about. The codes stand in the database's lock table while a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(i64);

impl Key {
    /// A part of a run; part 0 for the run as a whole.
    pub fn part(workspace: i64, run: i64, part: u32) -> Self {
        // Runs and parts are numbered from 1; 20 bits for the workspace, 22 each for run and part. Two that meet in one
        // key only wait for each other.
        Self((workspace & 0xf_ffff) << 44 | (run & 0x3f_ffff) << 22 | i64::from(part) & 0x3f_ffff)
    }
}

enum Request {
    Take(Key, oneshot::Sender<Result<bool>>),
    Free(Key),
}

/// The thread that holds this node's locks.
#[derive(Clone)]
pub(super) struct Locks {
    requests: Sender<Request>,
}

/// Frees a lock when dropped.
pub(super) struct Held {
    key: Key,
    locks: Arc<Locks>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.locks.requests.send(Request::Free(self.key));
    }
}

impl Locks {
    /// Starts the thread; it ends when nobody can ask any more.
    pub fn start(mut link: Link) -> Result<Self> {
        let (requests, inbox) = crossbeam_channel::unbounded();
        std::thread::Builder::new()
            .name("store-locks".to_owned())
            .spawn(move || serve(&mut link, &inbox))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { requests })
    }

    /// Takes a lock, unless this node or another has it.
    pub async fn take(self: &Arc<Self>, key: Key) -> Result<Option<Held>> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Take(key, reply)).map_err(|_| closed())?;
        let taken = answer.await.map_err(|_| closed())??;
        Ok(taken.then(|| Held { key, locks: Arc::clone(self) }))
    }
}

fn serve(link: &mut Link, inbox: &Receiver<Request>) {
    let mut held = HashSet::new();
    loop {
        match inbox.recv_timeout(INTERVAL) {
            Ok(Request::Take(key, reply)) => {
                let _ = reply.send(take(link, &mut held, key));
            }
            Ok(Request::Free(key)) => free(link, &mut held, key),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn take(link: &mut Link, held: &mut HashSet<Key>, key: Key) -> Result<bool> {
    // The database would let the same connection take it twice.
    if held.contains(&key) && link.is_alive() {
        return Ok(false);
    }
    let taken = match try_lock(link, held, key) {
        // The connection broke while nobody used it.
        Err(StoreError::Unavailable(_)) if link.is_broken() => try_lock(link, held, key)?,
        taken => taken?,
    };
    if taken {
        held.insert(key);
    }
    Ok(taken)
}

fn try_lock(link: &mut Link, held: &mut HashSet<Key>, key: Key) -> Result<bool> {
    let is_new = link.is_broken();
    if is_new {
        // All locks went with the old connection.
        held.clear();
    }
    let session = link.session()?;
    if is_new {
        session.batch(KEEPALIVE)?;
    }
    session.one("SELECT pg_try_advisory_lock(?1)", params![key.0], |row| row.get(0))
}

fn free(link: &mut Link, held: &mut HashSet<Key>, key: Key) {
    if link.is_broken() {
        held.clear();
    }
    if held.remove(&key)
        && let Ok(session) = link.session()
        && session.execute("SELECT pg_advisory_unlock(?1)", params![key.0]).is_err()
    {
        // A connection that is dropped frees all it held.
        link.drop_session();
        held.clear();
    }
}
