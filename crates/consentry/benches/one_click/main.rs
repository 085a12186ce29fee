//! Durable one-click POSTs per second against the real binary, beside its route that does nothing. Every POST is another
//! person's and changes the state; all are looked for afterwards. Prints a JSON object per line, which
//! `cargo xtask bench one-click` makes a table of; `--quick` shows only that it works.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]

mod load;
#[path = "../../src/system.rs"]
mod system;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use consent::{
    Address, Channel, Clock as _, Decision, Exclusion, Level, ListId, Message, ProfileId, Purpose, Reason,
    Rules, Token, WorkspaceId, decide,
};
use load::{Load, Server};
use serde_json::json;
use store::sqlite::OpenOptions;
use store::{AddressOwner, READ_MAX, ReadingQuery, Store};
use system::{OsEntropy, SystemClock};

const BINARY: &str = env!("CARGO_BIN_EXE_consentry");
const WORKSPACE: WorkspaceId = WorkspaceId::MAIN;
const RUNS: usize = 5;
/// POSTs in a run, and as many GETs.
const REQUESTS: usize = 20_000;
const RUNS_QUICK: usize = 2;
const REQUESTS_QUICK: usize = 500;
/// Connections, each with one request at a time.
const CONNECTIONS: [usize; 2] = [64, 256];
/// People made at once.
const BATCH: usize = 4_000;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (runs, requests) = if quick { (RUNS_QUICK, REQUESTS_QUICK) } else { (RUNS, REQUESTS) };
    let folder = tempfile::tempdir()?;
    let store = open(folder.path())?;
    let people = people(&store, CONNECTIONS.len() * (runs + 1) * requests).await?;
    let posts: Vec<_> = people.iter().map(|owner| post(&store, owner)).collect::<Result<_>>()?;
    drop(store);
    let server = Server::start(BINARY, folder.path())?;
    let mut rounds = posts.chunks(requests);
    let mut next = || rounds.next().context("too few people");
    let get: Arc<[Box<[u8]>]> =
        vec![Box::from(&b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"[..]); requests].into();
    for connections in CONNECTIONS {
        let (mut nothing, mut one_click) = (Vec::new(), Vec::new());
        // The first round warms up and isn't counted.
        for run in 0..=runs {
            let gets = load::run(server.port, connections, Arc::clone(&get)).await?;
            let posts = load::run(server.port, connections, next()?.iter().cloned().collect()).await?;
            if run > 0 {
                nothing.push(gets);
                one_click.push(posts);
            }
        }
        print("one-click POST", connections, &one_click, Some(&nothing));
        print("GET /healthz", connections, &nothing, None);
    }
    drop(server);
    verify(folder.path(), &people).await
}

fn open(folder: &Path) -> Result<Store> {
    let clock = Arc::new(SystemClock::new());
    Ok(store::sqlite::open(OpenOptions { dir: folder.to_owned(), clock, entropy: Arc::new(OsEntropy) })?)
}

async fn people(store: &Store, count: usize) -> Result<Vec<AddressOwner>> {
    let mut owners = Vec::with_capacity(count);
    let addresses = (0..count).map(|person| Address::email(&format!("person{person}@people.example")));
    let addresses: Vec<_> = addresses.collect::<Result<_, _>>()?;
    for batch in addresses.chunks(BATCH) {
        let at = SystemClock::new().now();
        owners
            .extend(store.resolve_or_create(WORKSPACE, batch.to_vec(), consent::Origin::Operator, at).await?);
    }
    Ok(owners)
}

/// The request that a mailbox provider sends (RFC 8058).
fn post(store: &Store, owner: &AddressOwner) -> Result<Box<[u8]>> {
    let token = Token {
        purpose: Purpose::Unsubscribe,
        level: Level::Channel,
        workspace: WORKSPACE,
        address: owner.address,
        reference: consent::Reference::NO_MESSAGE,
        list: ListId(0),
        epoch: owner.epoch,
    };
    let token = store.key_ring().sign(&token)?.to_url();
    let request = format!(
        "POST /u/{token} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 26\r\n\r\nList-Unsubscribe=One-Click"
    );
    Ok(request.into_bytes().into())
}

fn print(what: &str, connections: usize, runs: &[Load], peer: Option<&[Load]>) {
    let rates: Vec<_> = runs.iter().map(Load::per_second).collect();
    let ratios = peer
        .map(|peer| rates.iter().zip(peer).map(|(ours, peer)| ours / peer.per_second()).collect::<Vec<_>>());
    let milliseconds = |share: f64| {
        let mut all: Vec<_> = runs.iter().map(|run| run.latency(share).as_secs_f64() * 1e3).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let note =
        format!("p50 {:.2} ms, p99 {:.2} ms (median of the runs)", milliseconds(0.5), milliseconds(0.99));
    let line = json!({
        "what": format!("{what}, {connections} connections"), "unit": "requests/s", "runs": rates,
        "peer": peer.map(|_| "GET /healthz"), "ratios": ratios.unwrap_or_default(), "note": note,
    });
    println!("{line}");
}

/// Every one of the acknowledged opt-outs is in the state, and the ledger verifies.
async fn verify(folder: &Path, people: &[AddressOwner]) -> Result<()> {
    let verified = Command::new(BINARY)
        .args(["ledger", "verify", "--data-dir"])
        .arg(folder)
        .stdout(Stdio::null())
        .status()?;
    ensure!(verified.success(), "the ledger doesn't verify");
    let store = open(folder)?;
    let message = Message {
        channel: Channel::Email,
        category: consent::Category::Marketing,
        list: None,
        after_complaint: false,
    };
    for batch in people.chunks(READ_MAX) {
        let query = ReadingQuery {
            profiles: batch.iter().map(|owner| owner.profile).collect::<Vec<ProfileId>>(),
            channel: Channel::Email,
            addresses: None,
            list: None,
            sender: None,
            run: None,
            with_attributes: false,
            now: SystemClock::new().now(),
        };
        for reading in store.read(WORKSPACE, query).await? {
            if decide(&reading.recipient, &message, &Rules::default())
                != Decision::Exclude(Exclusion::of(Reason::OptedOutChannel))
            {
                bail!("an acknowledged opt-out is missing: {}", reading.profile);
            }
        }
    }
    let entries = store.counts(WORKSPACE).await?.entries;
    ensure!(entries == people.len() as u64, "{} opt-outs made {entries} ledger entries", people.len());
    Ok(())
}
