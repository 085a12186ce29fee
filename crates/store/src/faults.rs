//! Faults for tests: what a database, a disk or a network can do to an operation. The operations themselves are real.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use consent::decide::Limit;

use crate::error::{Result, StoreError};
use crate::operation::{Access, Operation};
use crate::types::Reading;

/// Faults that a store has, see [`crate::Store::with_faults`]. A new one has none.
#[derive(Debug, Default)]
pub struct Faults {
    disk_full: AtomicBool,
    shared: AtomicBool,
    lost: Mutex<HashMap<&'static str, u32>>,
    late: Mutex<HashMap<&'static str, Duration>>,
    quiet: Mutex<HashMap<String, Limit>>,
}

impl Faults {
    /// Writes fail, and change nothing, for as long as the disk is full. Reads go on.
    pub fn fill_disk(&self, full: bool) {
        self.disk_full.store(full, Ordering::SeqCst);
    }

    /// The store passes for one that nodes share, though it isn't.
    pub fn pass_for_shared(&self) {
        self.shared.store(true, Ordering::SeqCst);
    }

    /// The `nth` time from now (from 1) the operation is done, and its answer is lost on the way: the caller can't know.
    pub fn lose_answer(&self, operation: &'static str, nth: u32) {
        held(&self.lost).insert(operation, nth);
    }

    /// Whether every answer that was to be lost has been.
    pub fn all_lost(&self) -> bool {
        held(&self.lost).is_empty()
    }

    /// The operation begins so much later.
    pub fn delay(&self, operation: &'static str, by: Duration) {
        held(&self.late).insert(operation, by);
    }

    /// An address is in quiet hours, or no longer.
    pub fn quiet(&self, address: &str, limit: Option<Limit>) {
        let mut quiet = held(&self.quiet);
        match limit {
            Some(limit) => quiet.insert(address.to_owned(), limit),
            None => quiet.remove(address),
        };
    }

    pub(crate) fn is_shared(&self) -> bool {
        self.shared.load(Ordering::SeqCst)
    }

    pub(crate) async fn before(&self, operation: &Operation) -> Result<()> {
        let late = held(&self.late).get(operation.name).copied();
        if let Some(late) = late {
            tokio::time::sleep(late).await;
        }
        if operation.access == Access::Write && self.disk_full.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the disk is full".to_owned()));
        }
        Ok(())
    }

    pub(crate) fn after(&self, operation: &Operation) -> Result<()> {
        let mut lost = held(&self.lost);
        let Some(left) = lost.get_mut(operation.name) else { return Ok(()) };
        *left = left.saturating_sub(1);
        if *left > 0 {
            return Ok(());
        }
        lost.remove(operation.name);
        Err(StoreError::Unavailable("the connection broke".to_owned()))
    }

    pub(crate) fn hold_back(&self, readings: &mut [Reading]) {
        let quiet = held(&self.quiet);
        for reading in readings {
            let limit = reading.address.as_ref().and_then(|(_, address)| quiet.get(address));
            reading.recipient.quiet = limit.copied().unwrap_or(Limit::Within);
        }
    }
}

/// Nothing panics while it holds one of these locks.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
