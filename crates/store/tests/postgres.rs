//! The engine for many machines, on a real PostgreSQL: the conformance suite, and what only several nodes can go through.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "postgres/acts.rs"]
mod acts;
#[path = "postgres/alike.rs"]
mod alike;
mod conformance;
#[path = "postgres/copy.rs"]
mod copy;
#[path = "postgres/failover.rs"]
mod failover;
#[path = "postgres/first_leaves.rs"]
mod first_leaves;
#[path = "postgres/groups.rs"]
mod groups;
#[path = "postgres/nodes.rs"]
mod nodes;
#[path = "postgres/opening.rs"]
mod opening;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};

use conformance::support::{ManualClock, TestEntropy, World};
use store::Store;
use store::postgres::PostgresOptions;
use store::sqlite::OpenOptions;
use xtask::servers::{Database, shared};

/// Where the clock of a test starts.
const START: i64 = 1_000_000_000_000_000;
/// Name of the database that every test's is a copy of.
const TEMPLATE: &str = "store_migrated";

fn open(url: &str, dir: &Path) -> store::Result<Store> {
    let seed = dir
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(1u64, |seed, byte| seed.wrapping_mul(31) + u64::from(*byte));
    store::postgres::open(PostgresOptions {
        url: url.to_owned(),
        password: None,
        dir: dir.to_owned(),
        clock: Arc::new(ManualClock(AtomicI64::new(START))),
        entropy: Arc::new(TestEntropy(AtomicU64::new(seed))),
    })
}

/// A migrated database of its own.
fn database() -> Database {
    let server = shared().unwrap().expect("PostgreSQL's programs are installed by `cargo xtask test`");
    server.database(TEMPLATE, |url| Ok(store::postgres::migrate(url, None).map(drop)?)).unwrap()
}

fn world() -> World {
    world_on(database())
}

fn world_on(database: Database) -> World {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&database.url(), dir.path()).unwrap();
    World {
        ledger_key: store.ledger_verifier_key().unwrap(),
        store,
        clock: Arc::new(ManualClock(AtomicI64::new(START))),
        open: |_| unreachable!("PostgreSQL isn't backed up into a folder"),
        keep: Box::new((dir, database)),
    }
}

/// The embedded engine, to compare with.
fn sqlite_world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock(AtomicI64::new(START)));
    let entropy = Arc::new(TestEntropy(AtomicU64::new(1)));
    let options = OpenOptions { dir: dir.path().to_owned(), clock: Arc::clone(&clock) as _, entropy };
    let store = store::sqlite::open(options).unwrap();
    World {
        ledger_key: store.ledger_verifier_key().unwrap(),
        store,
        clock,
        open: |_| unreachable!("only backups are opened"),
        keep: Box::new(dir),
    }
}

conformance_suite!(world);
