//! Turns of a limit of speed from the store, which all processes and nodes take theirs from.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use consent::{Clock, WorkspaceId};
use store::Store;
use wire::rate::{Grant, NoTurn, RateLimit, Turns};

/// Attempts while a store of one node can't write, and the wait between them. Where nodes share one, the run waits.
const TRIES_MAX: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// Limits of speed that all processes on one store keep together.
#[derive(Clone)]
pub(super) struct Rates {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
}

impl Rates {
    /// The limit that `key` names.
    pub(super) fn limit(&self, key: String, per_second: NonZeroU32) -> RateLimit {
        let turns = StoreTurns { store: self.store.clone(), clock: Arc::clone(&self.clock), key, per_second };
        RateLimit::new(per_second, Arc::new(turns))
    }
}

/// Turns from the store, for one relay or one sender of texts.
struct StoreTurns {
    store: Store,
    clock: Arc<dyn Clock>,
    key: String,
    per_second: NonZeroU32,
}

#[async_trait]
impl Turns for StoreTurns {
    async fn take(&self, wanted: u32) -> Result<Grant, NoTurn> {
        let mut tries = 0;
        loop {
            let now = self.clock.now();
            // The other side counts what comes from us, whichever workspace it is for: they keep to one limit together.
            let per_second = self.per_second.get();
            let taken = self.store.rate_turns(WorkspaceId::MAIN, &self.key, per_second, wanted, now);
            match taken.await {
                Ok(grant) => return Ok(Grant { turns: grant.turns, wait: grant.at.since(now) }),
                Err(error) if error.is_transient() && !self.store.is_shared() && tries < TRIES_MAX => {
                    tries += 1;
                }
                Err(error) => return Err(NoTurn(error.to_string())),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engine::World;

    #[tokio::test]
    async fn two_processes_take_turns_at_one_relay() {
        let world = World::new();
        let process = |key: &str| {
            let clock: Arc<dyn Clock> = Arc::<crate::tests::HandClock>::clone(&world.clock);
            let per_second = NonZeroU32::new(20).unwrap();
            StoreTurns { store: world.store.clone(), clock, key: key.to_owned(), per_second }
        };
        let (one, two, other) = (process("h:25"), process("h:25"), process("h:26"));
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(one.take(9).await.unwrap());
            all.push(two.take(9).await.unwrap());
        }
        // Two turns each, a tenth of a second: twenty in the first second, whoever takes them.
        let waits = (0..10).map(|n| Grant { turns: 2, wait: Duration::from_millis(100) * n });
        assert_eq!(all, waits.collect::<Vec<_>>());
        assert_eq!(other.take(1).await.unwrap(), Grant { turns: 1, wait: Duration::ZERO });
    }

    #[tokio::test]
    async fn a_full_disk_is_waited_for_and_a_shared_store_isn_t() {
        let world = World::new();
        let faults = Arc::new(store::Faults::default());
        let turns = || {
            let clock: Arc<dyn Clock> = Arc::<crate::tests::HandClock>::clone(&world.clock);
            let (store, key) = (world.store.with_faults(Arc::clone(&faults)), "h:25".to_owned());
            StoreTurns { store, clock, key, per_second: NonZeroU32::MIN }
        };
        faults.fill_disk(true);
        let waiting = turns();
        let taking = tokio::spawn(async move { waiting.take(1).await });
        tokio::time::sleep(PAUSE).await;
        assert!(!taking.is_finished());
        faults.fill_disk(false);
        assert_eq!(taking.await.unwrap().unwrap().turns, 1);
        // Where nodes share a store, the run waits, with all that belongs to it.
        faults.pass_for_shared();
        faults.fill_disk(true);
        assert!(turns().take(1).await.is_err());
    }
}
