//! The connections to relays and providers, kept for whoever sends next.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use consent::Clock;
use futures_util::future::BoxFuture;
use store::Store;
use tokio::sync::watch;

use super::turns::Rates;

/// How often connections are looked for that have been unused for too long.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// The connections to one relay or provider account, as one configuration has them.
pub(super) trait Pool: Any + Send + Sync {
    /// Whose account: what a changed configuration has in common with the one before.
    fn account(&self) -> String;

    /// Closes connections that have been unused for long, or whatever is unused.
    fn close(&self, all: bool) -> BoxFuture<'_, ()>;

    /// Connections that are open and that nobody uses.
    fn unused(&self) -> usize;

    /// Whether somebody sends by it, or may at any time.
    fn is_in_use(&self) -> bool;
}

struct Entry {
    pool: Arc<dyn Pool>,
    /// The configuration has changed: it is closed as soon as nobody uses it.
    drains: bool,
}

impl Entry {
    /// Whether nobody but the registry has it.
    fn is_free(&self) -> bool {
        Arc::strong_count(&self.pool) == 1 && !self.pool.is_in_use()
    }
}

struct Shared {
    rates: Rates,
    pools: Mutex<Vec<Entry>>,
}

/// The registry of connections, one for a process. Whoever sends by the same relay or provider with the same settings
/// shares them, whatever the campaign; limits of speed are the store's, so that processes and nodes share those.
#[derive(Clone)]
pub struct Transports(Arc<Shared>);

impl Transports {
    /// Nothing is connected yet.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared { rates: Rates { store, clock }, pools: Mutex::default() }))
    }

    fn pools(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pool of these settings: the one that there is, or a new one, for which an older one of the same account makes
    /// room.
    pub(super) fn pool<P: Pool, E>(
        &self,
        serves: impl Fn(&P) -> bool,
        make: impl FnOnce() -> Result<P, E>,
    ) -> Result<Arc<P>, E> {
        let mut pools = self.pools();
        for entry in pools.iter_mut() {
            let pool: Arc<dyn Any + Send + Sync> = Arc::<dyn Pool>::clone(&entry.pool);
            if let Ok(pool) = pool.downcast::<P>()
                && serves(&pool)
            {
                entry.drains = false;
                return Ok(pool);
            }
        }
        let pool = Arc::new(make()?);
        let account = pool.account();
        for entry in pools.iter_mut().filter(|entry| entry.pool.account() == account) {
            entry.drains = true;
        }
        pools.push(Entry { pool: Arc::clone(&pool) as Arc<dyn Pool>, drains: false });
        Ok(pool)
    }

    /// The limits of speed.
    pub(super) fn rates(&self) -> &Rates {
        &self.0.rates
    }

    /// Closes connections that nobody has used for as long as servers keep them, and those of settings that have changed.
    pub async fn sweep(&self) {
        let entries: Vec<_> = {
            let mut pools = self.pools();
            pools.retain(|entry| !(entry.is_free() && entry.pool.unused() == 0));
            pools.iter().map(|entry| (Arc::clone(&entry.pool), entry.drains)).collect()
        };
        for (pool, drains) in entries {
            pool.close(drains).await;
        }
    }

    /// Closes whatever nobody uses.
    pub async fn close(&self) {
        let pools: Vec<_> = self.pools().iter().map(|entry| Arc::clone(&entry.pool)).collect();
        for pool in pools {
            pool.close(true).await;
        }
        self.pools().retain(|entry| !entry.is_free());
    }

    /// Sweeps now and then until `stop` turns true, and closes the rest then: what a process that goes on for long does.
    pub async fn keep(self, mut stop: watch::Receiver<bool>) {
        while tokio::time::timeout(SWEEP_EVERY, stop.wait_for(|stop| *stop)).await.is_err() {
            self.sweep().await;
        }
        self.close().await;
    }
}

impl fmt::Debug for Transports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accounts: Vec<String> = self.pools().iter().map(|entry| entry.pool.account()).collect();
        f.debug_struct("Transports").field("accounts", &accounts).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
