//! How long the server takes for a page at a fixed rate of pages, against the real binary, beside its route that does
//! nothing. The load runs on the same cores. Prints a JSON object per line, which `cargo xtask bench pages` makes a table of;
//! `--quick` shows only that it works.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]

#[allow(dead_code, reason = "the other benchmark uses the rest")]
#[path = "../one_click/load.rs"]
mod load;
mod paced;
#[path = "../../src/system.rs"]
mod system;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use consent::{
    Address, Channel, Choice, Clock as _, ConsentChange, Evidence, Level, ListId, Purpose, Source, Subject,
    Target, Timestamp, Token, WorkspaceId,
};
use load::Server;
use paced::Paced;
use serde_json::json;
use store::sqlite::OpenOptions;
use store::{AddressOwner, ListDetails, ListText, NewList, Settings, Store};
use system::{OsEntropy, SystemClock};

const BINARY: &str = env!("CARGO_BIN_EXE_consentry");
const WORKSPACE: WorkspaceId = WorkspaceId::MAIN;
/// Pages per second.
const RATE: u32 = 1_000;
const RUNS: usize = 5;
/// Pages in a run: ten seconds of them.
const REQUESTS: usize = 10_000;
const RUNS_QUICK: usize = 1;
const REQUESTS_QUICK: usize = 500;
/// Connections that are kept, each with one request at a time.
const CONNECTIONS: usize = 8;
/// Everybody has said something about email and about two of the lists.
const PEOPLE: usize = 5_000;
const LISTS: i32 = 5;
/// People made at once.
const BATCH: usize = 1_000;

/// What is asked for in turns.
const ROUTES: [&str; 3] = ["GET /healthz", "GET /u/TOKEN", "GET /p/TOKEN"];

fn main() -> Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (runs, requests) = if quick { (RUNS_QUICK, REQUESTS_QUICK) } else { (RUNS, REQUESTS) };
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = runtime.block_on(prepare(folder.path()))?;
    let before = runtime.block_on(entries(folder.path()))?;
    let server = Server::start(BINARY, folder.path())?;
    let mut measured = ROUTES.map(|_| Vec::new());
    // The first round warms up and isn't counted.
    for run in 0..=runs {
        for (requests_of, measured) in asked.iter().zip(&mut measured) {
            let paced = paced::run(server.port, CONNECTIONS, RATE, requests_of, requests)?;
            if run > 0 {
                measured.push(paced);
            }
        }
    }
    drop(server);
    let [nothing, opt_out, choices] = &measured;
    print(ROUTES[1], opt_out, Some(nothing));
    print(ROUTES[2], choices, Some(nothing));
    print(ROUTES[0], nothing, None);
    let after = runtime.block_on(entries(folder.path()))?;
    ensure!(before == after, "looking at pages made {} ledger entries", after - before);
    Ok(())
}

/// Makes the people, their choices and the lists; gives the requests of each route.
async fn prepare(folder: &Path) -> Result<[Vec<Box<[u8]>>; 3]> {
    let store = open(folder)?;
    let settings = Settings { brand: Some("Lumen Coffee".to_owned()), ..store.settings(WORKSPACE).await? };
    store.update_settings(WORKSPACE, settings.replacing()).await?;
    let now = SystemClock::new().now();
    let mut lists = Vec::new();
    for position in 0..LISTS {
        lists.push(store.create_list(WORKSPACE, list(position, now)).await?.id);
    }
    let mut requests = [Vec::new(), Vec::new(), Vec::new()];
    let addresses = (0..PEOPLE).map(|person| Address::email(&format!("person{person}@people.example")));
    let addresses: Vec<_> = addresses.collect::<Result<_, _>>()?;
    for batch in addresses.chunks(BATCH) {
        let owners =
            store.resolve_or_create(WORKSPACE, batch.to_vec(), consent::Origin::Operator, now).await?;
        let changes = batch.iter().map(|address| change(address, &lists, now)).collect();
        store.record(WORKSPACE, changes).await?;
        for owner in owners {
            requests[0].push(get("/healthz"));
            requests[1].push(get(&format!("/u/{}", token(&store, &owner, Purpose::Unsubscribe)?)));
            requests[2].push(get(&format!("/p/{}", token(&store, &owner, Purpose::Preferences)?)));
        }
    }
    Ok(requests)
}

fn open(folder: &Path) -> Result<Store> {
    let clock = Arc::new(SystemClock::new());
    Ok(store::sqlite::open(OpenOptions { dir: folder.to_owned(), clock, entropy: Arc::new(OsEntropy) })?)
}

async fn entries(folder: &Path) -> Result<u64> {
    Ok(open(folder)?.counts(WORKSPACE).await?.entries)
}

fn list(position: i32, now: Timestamp) -> NewList {
    let text = ListText {
        title: format!("List number {position}"),
        description: "What is new, what is back, and what there is to taste, once a month".to_owned(),
    };
    let details = ListDetails {
        public: true,
        position,
        texts: [("en".to_owned(), text)].into_iter().collect(),
        ..ListDetails::default()
    };
    NewList { details, ..NewList::new(format!("list-{position}"), now) }
}

fn change(address: &Address, lists: &[ListId], now: Timestamp) -> ConsentChange {
    let lists = lists.iter().take(2).map(|list| (Target::List(*list), Choice::Yes));
    ConsentChange {
        subject: Subject::Named(address.clone(), consent::Origin::Operator),
        sets: std::iter::once((Target::Field(Channel::Email.field()), Choice::Yes)).chain(lists).collect(),
        occurred_at: Some(now),
        received_at: now,
        source: Source::IMPORT,
        run: None,
        evidence: Evidence::default(),
    }
}

fn token(store: &Store, owner: &AddressOwner, purpose: Purpose) -> Result<String> {
    let token = Token {
        purpose,
        level: Level::Channel,
        workspace: WORKSPACE,
        address: owner.address,
        reference: consent::Reference::NO_MESSAGE,
        list: ListId(0),
        epoch: owner.epoch,
    };
    Ok(store.key_ring().sign(&token)?.to_url())
}

/// As a browser asks.
fn get(path: &str) -> Box<[u8]> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nAccept-Language: en-GB,en;q=0.9\r\n\r\n"
    );
    request.into_bytes().into()
}

fn print(what: &str, runs: &[Paced], peer: Option<&[Paced]>) {
    let p99 = |run: &Paced| run.since_sent(0.99);
    let times: Vec<_> = runs.iter().map(p99).collect();
    let ratios =
        peer.map(|peer| times.iter().zip(peer).map(|(ours, peer)| ours / p99(peer)).collect::<Vec<_>>());
    let middle = |of: &dyn Fn(&Paced) -> f64| {
        let mut all: Vec<_> = runs.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let note = format!(
        "{:.0} a second, {:.1} KB each; p50 {:.2} ms, p99.9 {:.2} ms, longest {:.2} ms; p99 from when it was due {:.2} ms \
         (median of the runs)",
        middle(&Paced::per_second),
        middle(&Paced::kilobytes),
        middle(&|run| run.since_sent(0.5)),
        middle(&|run| run.since_sent(0.999)),
        middle(&|run| run.since_sent(1.0)),
        middle(&|run| run.since_due(0.99)),
    );
    let line = json!({
        "what": format!("{what}, p99 at {RATE}/s"), "unit": "ms", "runs": times,
        "peer": peer.map(|_| ROUTES[0]), "ratios": ratios.unwrap_or_default(), "note": note,
    });
    println!("{line}");
}
