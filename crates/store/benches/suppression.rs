//! A large suppression list on SQLite: putting it there, and what it costs decisions. Prints a JSON object per line;
//! `--quick` shows only that it works.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use consent::{Address, Channel, Clock, Entropy, Namespace, ProfileId, Timestamp, WorkspaceId};
use serde_json::json;
use store::sqlite::OpenOptions;
use store::{
    EntryKind, EntryOrder, EntryQuery, IMPORT_MAX, ProfileRow, ReadingQuery, Store, SuppressionCategory,
    SuppressionEntry,
};

const ENTRIES: u64 = 5_000_000;
const PEOPLE: u64 = 200_000;
const BATCH: usize = 512;
const ROUNDS: usize = 9;
const WS: WorkspaceId = WorkspaceId::MAIN;

struct Real(Instant);

impl Clock for Real {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000_000)
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Numbers without an order (SplitMix64), as addresses have none.
const fn scatter(n: u64) -> u64 {
    let z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ (z >> 27)
}

fn address(n: u64) -> String {
    format!("{:x}@mail{}.example.com", scatter(n), n % 50)
}

/// Resident and highest resident memory of this process, in MiB (proc(5)).
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) / 1024
    };
    (of("VmRSS:"), of("VmHWM:"))
}

fn size(dir: &std::path::Path) -> u64 {
    let files = ["consentry.sqlite3", "consentry.sqlite3-wal"];
    files.iter().filter_map(|name| Some(std::fs::metadata(dir.join(name)).ok()?.len() >> 20)).sum()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (entries, people) = if quick { (40_000, 2_000) } else { (ENTRIES, PEOPLE) };
    let dir = tempfile::tempdir().expect("a folder");
    let options = OpenOptions {
        dir: dir.path().to_owned(),
        clock: Arc::new(Real(Instant::now())),
        entropy: Arc::new(Zeros),
    };
    let store = store::sqlite::open(options).expect("a store");
    let ids = fill(&store, people).await;
    let empty = read(&store, &ids).await;
    println!("{}", json!({ "what": "reading, no entries", "unit": "profiles/s", "runs": empty }));
    // Without any entry the list isn't asked; what its length costs shows beside a list of one.
    store.suppress(WS, vec![entry("nobody@example.org")]).await.expect("an entry");
    let empty = read(&store, &ids).await;
    println!("{}", json!({ "what": "reading, one entry", "unit": "profiles/s", "runs": empty }));
    let before = size(dir.path());
    let begun = Instant::now();
    import(&store, entries).await;
    let took = begun.elapsed().as_secs_f64();
    let (now, highest) = memory();
    println!(
        "{}",
        json!({
            "what": "import", "entries": entries, "seconds": took, "unit": "rows/s", "runs": [entries as f64 / took],
            "rss_mib": now, "rss_highest_mib": highest, "file_mib": size(dir.path()) - before,
        })
    );
    let full = read(&store, &ids).await;
    let ratios: Vec<f64> = full.iter().zip(&empty).map(|(full, empty)| full / empty).collect();
    println!(
        "{}",
        json!({ "what": format!("reading, {entries} entries"), "unit": "profiles/s", "runs": full, "ratios": ratios })
    );
    pages(&store).await;
    let hashed = entry(&format!("sha256:{}", "0".repeat(64)));
    store.suppress(WS, vec![hashed]).await.expect("a hashed entry");
    let with_hashes = read(&store, &ids).await;
    println!("{}", json!({ "what": "reading, hashed ones too", "unit": "profiles/s", "runs": with_hashes }));
}

async fn fill(store: &Store, people: u64) -> Vec<ProfileId> {
    let numbers: Vec<u64> = (0..people).collect();
    for chunk in numbers.chunks(10_000) {
        // One in a hundred is on the list later.
        let row = |n: &u64| ProfileRow {
            addresses: Address::email(&address(if n.is_multiple_of(100) { *n } else { n + (1 << 40) }))
                .into_iter()
                .collect(),
            received_at: Timestamp(1),
            ..ProfileRow::default()
        };
        store.import(WS, chunk.iter().map(row).collect()).await.expect("an import");
    }
    store
        .all_profiles(WS)
        .await
        .expect("profiles")
        .into_iter()
        .map(|id| ProfileId(id.cast_signed()))
        .collect()
}

fn entry(value: &str) -> SuppressionEntry {
    SuppressionEntry {
        namespace: Namespace::Email,
        value: value.to_owned(),
        category: SuppressionCategory::Manual,
        reason: "imported".to_owned(),
        by: "list.csv".to_owned(),
        at: Timestamp(1),
        updated_at: Timestamp(1),
        expires_at: None,
    }
}

async fn import(store: &Store, entries: u64) {
    let mut next = 0;
    while next < entries {
        let until = entries.min(next + IMPORT_MAX as u64);
        let chunk = (next..until).map(|n| entry(&address(n))).collect();
        store.suppress(WS, chunk).await.expect("an import");
        next = until;
    }
}

/// Profiles per second, in batches as a campaign reads them.
async fn read(store: &Store, ids: &[ProfileId]) -> Vec<f64> {
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for batch in ids.chunks(BATCH) {
            let query = ReadingQuery {
                profiles: batch.to_vec(),
                channel: Channel::Email,
                addresses: None,
                list: None,
                sender: None,
                run: None,
                with_attributes: false,
                now: Timestamp(2),
            };
            assert_eq!(store.read(WS, query).await.expect("readings").len(), batch.len());
        }
        rates.push(ids.len() as f64 / begun.elapsed().as_secs_f64());
    }
    rates
}

/// How long pages take, at the beginning and deep in the list, and filtered.
async fn pages(store: &Store) {
    for order in [EntryOrder::Value, EntryOrder::Newest, EntryOrder::Oldest] {
        let mut query = EntryQuery { order, limit: 100, ..EntryQuery::default() };
        let mut times = Vec::new();
        for _ in 0..50 {
            let begun = Instant::now();
            let page = store.suppressions(WS, query.clone()).await.expect("a page");
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            query.after = page.next;
            // Deeper.
            let far = EntryQuery { limit: 2_000, ..query.clone() };
            query.after = store.suppressions(WS, far).await.expect("a page").next;
        }
        println!("{}", json!({ "what": format!("a page of 100, {order:?}"), "unit": "ms", "runs": times }));
        let filtered =
            EntryQuery { kind: Some(EntryKind::Domain), order, limit: 100, ..EntryQuery::default() };
        let begun = Instant::now();
        store.suppressions(WS, filtered).await.expect("a page");
        let took = begun.elapsed().as_secs_f64() * 1e3;
        println!(
            "{}",
            json!({ "what": format!("no domain in all of it, {order:?}"), "unit": "ms", "runs": [took] })
        );
    }
}
