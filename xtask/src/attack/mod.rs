//! `cargo xtask attack`: what a stranger can do to the server without any right, cheaply, and what becomes of it.
//!
//! | attack | what a stranger does |
//! |---|---|
//! | `heads` | sends the heads of posts, and no bodies |
//! | `idle` | opens connections and begins a request on each, thousands of them |
//! | `deaf` | asks for much, again and again, and reads none of it |
//! | `reload` | asks for the pages of links, as fast as they come, on many connections |
//! | `hooks` | begins posts to a webhook and lets them stand |
//! | `unsigned` | posts large JSON without a signature |
//! | `hosts` | names hosts of its own for Amazon's certificate |
//! | `pages` | asks for landing pages whose templates are deep, or costly |
//! | `mail` | takes the places of the mail receiver from four addresses, and holds half messages |
//! | `oracle` | types addresses into forms, and looks in the public ledger for who they are |
//! | `bombing` | has mails sent to a mailbox, under all its names and from many networks |
//! | `pumping` | has texts sent to numbers in a row, to dear ones, and as answers |
//!
//! Everything stays on this machine, is bounded, and ends by itself. While an attack runs, people go on opting out and a load
//! balancer goes on asking for `/healthz`: each answer counts, and how long they take is printed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

mod hooks;
mod mail;
mod pages;
mod probe;
mod sockets;
mod strangers;
mod target;

use probe::Watched;
use target::Target;

/// Most violations of one attack that are printed.
const SHOWN_MAX: usize = 10;
/// What the server may hold in memory whatever is done to it, in bytes; docs/operations.md says how it adds up.
pub const MEMORY_MAX: u64 = 512 << 20;
/// How long a one-click POST may take at the 99th percentile: a goal that is printed, since a test that measures time fails
/// on a busy machine.
const GOAL: Duration = Duration::from_millis(50);

/// How much of it.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// This binary, in place of a release build of the workspace
    #[arg(long, value_name = "FILE")]
    pub binary: Option<PathBuf>,
    /// A short form, which shows only that it works
    #[arg(long)]
    pub quick: bool,
    /// Only these attacks
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub only: Vec<String>,
}

/// How large and how long the attacks are.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Of each attack.
    time: Duration,
    /// Connections of those that hold many.
    connections: usize,
    /// People who opt out meanwhile.
    people: usize,
}

impl Size {
    /// For tests.
    pub const QUICK: Self = Self { time: Duration::from_millis(1500), connections: 400, people: 200 };
    /// For a look at how it stands.
    pub const FULL: Self = Self { time: Duration::from_secs(6), connections: 4300, people: 2000 };
}

/// What was tried and what happened.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The attack.
    pub name: &'static str,
    tried: String,
    happened: String,
    watched: Watched,
    /// What shouldn't have happened.
    pub violations: Vec<String>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.violations.is_empty() { "holds" } else { "FAILS" };
        write!(f, "{:<9} {verdict}  {}: {}; {}", self.name, self.tried, self.happened, self.watched)?;
        if self.watched.p99() > GOAL {
            write!(f, " (goal {} ms)", GOAL.as_millis())?;
        }
        Ok(())
    }
}

/// What one attack found.
struct Found {
    tried: String,
    happened: String,
    violations: Vec<String>,
}

/// Does something to a target for a while.
type Act = fn(&Target, Size) -> Result<Found>;

/// Where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// This machine: all connections are one client's.
    Here,
    /// Many networks, as a proxy tells of them.
    Everywhere,
}

const ATTACKS: [(&str, From, Act); 12] = [
    ("heads", From::Here, sockets::heads),
    ("idle", From::Here, sockets::idle),
    ("deaf", From::Here, sockets::deaf),
    ("reload", From::Here, sockets::reload),
    ("hooks", From::Here, hooks::standing),
    ("unsigned", From::Here, hooks::unsigned),
    ("hosts", From::Here, hooks::hosts),
    ("pages", From::Here, pages::costly),
    ("mail", From::Here, mail::places),
    ("oracle", From::Everywhere, strangers::oracle),
    ("bombing", From::Everywhere, strangers::bombing),
    ("pumping", From::Everywhere, strangers::pumping),
];

/// Runs the attacks, prints a line each, and fails if the server did.
///
/// # Errors
/// When an attack succeeds, or can't be made.
pub fn run(options: &Options) -> Result<()> {
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => crate::product::build_release()?,
    };
    let size = if options.quick { Size::QUICK } else { Size::FULL };
    let only: Vec<&str> = options.only.iter().map(String::as_str).collect();
    let mut failed = Vec::new();
    for outcome in run_all(&binary, size, &only)? {
        println!("{outcome}");
        for violation in outcome.violations.iter().take(SHOWN_MAX) {
            println!("          {violation}");
        }
        if !outcome.violations.is_empty() {
            failed.push(outcome.name);
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("{} succeeded", failed.join(", ")) }
}

/// Runs the attacks with these names, or all; each on a server of its own, one after the other.
///
/// # Errors
/// When one can't be made.
pub fn run_all(binary: &Path, size: Size, only: &[&str]) -> Result<Vec<Outcome>> {
    let chosen: Vec<_> = ATTACKS.iter().filter(|(name, ..)| only.is_empty() || only.contains(name)).collect();
    if chosen.is_empty() {
        bail!("there is no such attack");
    }
    let stage = target::prepare(binary, size.people)?;
    chosen.into_iter().map(|(name, from, act)| one(&stage, name, (*from, *act), size)).collect()
}

fn one(
    stage: &target::Prepared,
    name: &'static str,
    (from, act): (From, Act),
    size: Size,
) -> Result<Outcome> {
    let mut target = stage.start(from)?;
    let watch = probe::begin(&target);
    let found = act(&target, size);
    let watched = watch.end();
    let Found { tried, happened, mut violations } = found?;
    violations.extend(watched.violations());
    let memory = target.memory();
    if memory > MEMORY_MAX {
        violations.push(format!("{} MiB of memory", memory >> 20));
    }
    if !target.runs()? {
        violations.push("the server has ended".to_owned());
    }
    let happened = format!("{happened}, {} MiB", memory >> 20);
    Ok(Outcome { name, tried, happened, watched, violations })
}
