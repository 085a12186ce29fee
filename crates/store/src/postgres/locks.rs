//! Locks that die with their node: session advisory locks on a connection of their own.
//!
//! When that connection breaks, all of them are gone, whoever thinks they hold one: what stands on a lock has a fence
//! besides (a part's generation).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tokio::sync::oneshot;

use super::lanes::{Link, closed};
use crate::error::{Result, StoreError};
use crate::sql::{Db as _, params};

/// How often the connection is used while nobody asks, so that one that broke is noticed, and none is taken for idle.
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
    Take(Key, oneshot::Sender<Result<Option<Taking>>>),
    Free(Key, Taking),
}

/// Which of the takings of a lock: whoever lost one with its connection mustn't free the next one's.
type Taking = u64;

/// The thread that holds this node's locks.
#[derive(Clone)]
pub(super) struct Locks {
    requests: Sender<Request>,
}

/// Frees a lock when dropped.
pub(super) struct Held {
    key: Key,
    taking: Taking,
    locks: Arc<Locks>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.locks.requests.send(Request::Free(self.key, self.taking));
    }
}

impl Locks {
    /// Starts the thread; it ends when nobody can ask any more.
    pub fn start(link: Link) -> Result<Self> {
        let (requests, inbox) = crossbeam_channel::unbounded();
        std::thread::Builder::new()
            .name("store-locks".to_owned())
            .spawn(move || Holder { link, held: HashMap::new(), takings: 0 }.serve(&inbox))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { requests })
    }

    /// Takes a lock, unless this node or another has it.
    pub async fn take(self: &Arc<Self>, key: Key) -> Result<Option<Held>> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Take(key, reply)).map_err(|_| closed())?;
        let taken = answer.await.map_err(|_| closed())??;
        Ok(taken.map(|taking| Held { key, taking, locks: Arc::clone(self) }))
    }
}

/// The connection and what it holds.
struct Holder {
    link: Link,
    held: HashMap<Key, Taking>,
    takings: Taking,
}

impl Holder {
    fn serve(&mut self, inbox: &Receiver<Request>) {
        loop {
            match inbox.recv_timeout(INTERVAL) {
                Ok(Request::Take(key, reply)) => {
                    let taken = self.take(key);
                    if let Err(Ok(Some(taking))) = reply.send(taken) {
                        // Whoever asked has gone away.
                        self.free(key, taking);
                    }
                }
                Ok(Request::Free(key, taking)) => self.free(key, taking),
                Err(RecvTimeoutError::Timeout) => {
                    if !self.held.is_empty() && !self.link.is_alive() {
                        self.held.clear();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn take(&mut self, key: Key) -> Result<Option<Taking>> {
        // The database would let the same connection take it twice.
        if self.held.contains_key(&key) && self.link.is_alive() {
            return Ok(None);
        }
        let taken = match self.try_lock(key) {
            // The connection broke while nobody used it.
            Err(StoreError::Unavailable(_)) if self.link.is_broken() => self.try_lock(key)?,
            taken => taken?,
        };
        if !taken {
            return Ok(None);
        }
        self.takings += 1;
        self.held.insert(key, self.takings);
        Ok(Some(self.takings))
    }

    fn try_lock(&mut self, key: Key) -> Result<bool> {
        let is_new = self.link.is_broken();
        if is_new {
            // All locks went with the old connection.
            self.held.clear();
        }
        let session = self.link.session()?;
        if is_new {
            session.batch(KEEPALIVE)?;
        }
        session.one("SELECT pg_try_advisory_lock(?1)", params![key.0], |row| row.get(0))
    }

    fn free(&mut self, key: Key, taking: Taking) {
        if self.link.is_broken() {
            self.held.clear();
        }
        if self.held.get(&key) != Some(&taking) {
            return;
        }
        self.held.remove(&key);
        if let Ok(session) = self.link.session()
            && session.execute("SELECT pg_advisory_unlock(?1)", params![key.0]).is_err()
        {
            // A connection that is dropped frees all it held.
            self.link.drop_session();
            self.held.clear();
        }
    }
}
