//! The embedded engine: the conformance suite, and what only an engine on a local disk can go through.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod conformance;
#[path = "sqlite/crash.rs"]
mod crash;
#[path = "sqlite/directory.rs"]
mod directory;
#[path = "sqlite/faults.rs"]
mod faults;
#[path = "sqlite/first_leaves.rs"]
mod first_leaves;
#[path = "sqlite/origins.rs"]
mod origins;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};

use conformance::support::{ManualClock, TestEntropy, World};
use store::Store;
use store::sqlite::OpenOptions;

/// Where the clock of a test starts.
const START: i64 = 1_000_000_000_000_000;

fn open(dir: &Path) -> store::Result<Store> {
    store::sqlite::open(options(dir))
}

fn options(dir: &Path) -> OpenOptions {
    let clock = Arc::new(ManualClock(AtomicI64::new(START)));
    let seed = dir
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(1u64, |seed, byte| seed.wrapping_mul(31) + u64::from(*byte));
    let entropy = Arc::new(TestEntropy(AtomicU64::new(seed)));
    OpenOptions { dir: dir.to_owned(), clock, entropy }
}

fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    World {
        ledger_key: store.ledger_verifier_key().unwrap(),
        store,
        clock: Arc::new(ManualClock(AtomicI64::new(START))),
        open: |dir| open(dir).unwrap(),
        keep: Box::new(dir),
    }
}

conformance_suite!(world);
