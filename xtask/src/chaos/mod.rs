//! `cargo xtask chaos`: kills the real binary at random moments, fills its disk, opts people out in the middle of a run, and
//! checks after each time that every promise was kept.
//!
//! | kind | what happens | promises |
//! |---|---|---|
//! | `import` | SIGKILL during `import profiles` | I2, I7, I8 |
//! | `campaign` | SIGKILL during `campaign run` | nobody mailed twice, nobody skipped but those in doubt |
//! | `opt-outs` | SIGKILL of `serve` under one-click POSTs | I2 |
//! | `disk` | the disk full during imports and opt-outs | I2 |
//! | `silence` | 100 clients opt people out while a run goes on | I1 |
//! | `stops` | people reply STOP, in several wordings, while texts go out, on both engines | I1 |
//! | `nodes` | five nodes on one PostgreSQL, which is killed and restarted as they are | I1, I2, nobody mailed twice or skipped |
//! | `failover` | the primary killed under one-click POSTs, its standby promoted | I2 |
//!
//! A round that finds something wrong names it; the seed that is printed chooses the same moments again.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

mod campaign;
mod checks;
mod disk;
mod doors;
mod failover;
pub(crate) mod http;
mod import;
mod nodes;
mod opt_outs;
mod random;
mod senders;
mod silence;
mod stops;

use random::Random;

/// Most violations of one kind that are printed.
const SHOWN_MAX: usize = 20;
/// A round with a full disk, and one with a run and 100 clients, for this many rounds with a kill.
const ROUNDS_PER_DISK: usize = 20;
const ROUNDS_PER_SILENCE: usize = 40;
/// A fail-over, and a run of many nodes, which alone takes minutes, for this many.
const ROUNDS_PER_FAILOVER: usize = 20;
const ROUNDS_PER_NODES: usize = 200;
/// See [`usual`].
const UNDISTURBED_RUNS: usize = 3;
const LATE: f64 = 1.1;

/// What to do to the binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Kill it during imports
    Import,
    /// Kill it during campaign runs
    Campaign,
    /// Kill it while people opt out
    OptOuts,
    /// Fill its disk
    Disk,
    /// Opt people out during a run and measure when the last message to each began
    Silence,
    /// Reply STOP during a run of texts and measure when the last text to each began
    Stops,
    /// Kill and restart nodes, and the PostgreSQL they share, during a run in which people opt out
    Nodes,
    /// Kill the primary while people opt out, and promote its standby
    Failover,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Import,
        Self::Campaign,
        Self::OptOuts,
        Self::Disk,
        Self::Silence,
        Self::Stops,
        Self::Nodes,
        Self::Failover,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Campaign => "campaign",
            Self::OptOuts => "opt-outs",
            Self::Disk => "disk",
            Self::Silence => "silence",
            Self::Stops => "stops",
            Self::Nodes => "nodes",
            Self::Failover => "failover",
        }
    }

    fn rounds(self, rounds: usize) -> usize {
        match self {
            Self::Import | Self::Campaign | Self::OptOuts => rounds,
            Self::Disk => rounds.div_ceil(ROUNDS_PER_DISK),
            Self::Silence | Self::Stops => rounds.div_ceil(ROUNDS_PER_SILENCE),
            Self::Nodes => rounds.div_ceil(ROUNDS_PER_NODES),
            Self::Failover => rounds.div_ceil(ROUNDS_PER_FAILOVER),
        }
    }
}

/// How much of it.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Rounds of each kind with a kill; a 20th as many with a full disk or a fail-over, a 40th with opt-outs during a run, a 200th
    /// with many nodes
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub rounds: usize,
    /// Repeat the moments that an earlier run chose
    #[arg(long)]
    pub seed: Option<u64>,
    /// Only these kinds
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    pub only: Vec<Kind>,
    /// This binary, in place of a release build of the workspace
    #[arg(long, value_name = "FILE")]
    pub binary: Option<PathBuf>,
    /// Few people, for a first look
    #[arg(long)]
    pub quick: bool,
}

/// How many people and clients take part.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Rows of an import.
    import_rows: usize,
    /// Audience of a run that is killed.
    campaign_people: usize,
    /// People with a link.
    opt_out_people: usize,
    /// Audience of the run during which people opt out.
    silence_people: usize,
    /// Clients at a time that opt people out during a run.
    silence_clients: usize,
    /// Audience of the run of many nodes.
    nodes_people: usize,
    /// How long that run is disturbed, at most.
    nodes_time: Duration,
    /// So many faults in that time, on average.
    nodes_faults: u32,
}

impl Size {
    /// For `cargo xtask chaos`.
    pub const FULL: Self = Self {
        import_rows: 8_000,
        campaign_people: 1_500,
        opt_out_people: 3_000,
        silence_people: 6_000,
        silence_clients: 100,
        nodes_people: 100_000,
        nodes_time: Duration::from_mins(10),
        nodes_faults: 60,
    };
    /// For the tests.
    pub const QUICK: Self = Self {
        import_rows: 2_000,
        campaign_people: 400,
        opt_out_people: 600,
        silence_people: 1_200,
        silence_clients: 100,
        nodes_people: 3_000,
        nodes_time: Duration::from_secs(25),
        nodes_faults: 15,
    };
}

/// What the kinds share.
struct Context<'a> {
    binary: &'a Path,
    size: Size,
    random: Random,
}

/// What became of one kind.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Rounds gone through.
    pub rounds: usize,
    /// Times that the binary was killed in the middle of its work.
    pub kills: usize,
    /// What was counted besides, in order.
    pub facts: Vec<(&'static str, usize)>,
    /// Longest time by which a message began after the opt-out's acknowledgement.
    pub largest_gap: Option<Duration>,
    /// Promises broken: a sentence each.
    pub violations: Vec<String>,
    /// Why the kind couldn't run here.
    pub skipped: bool,
}

impl Tally {
    fn count(&mut self, fact: &'static str, number: usize) {
        match self.facts.iter_mut().find(|(name, _)| *name == fact) {
            Some((_, count)) => *count += number,
            None => self.facts.push((fact, number)),
        }
    }

    /// Notes a broken promise unless `kept`.
    fn promise(&mut self, kept: bool, broken: impl FnOnce() -> String) {
        if !kept {
            let text = format!("round {}: {}", self.rounds, broken());
            eprintln!("  VIOLATION {text}");
            self.violations.push(text);
        }
    }

    /// Takes a check's error for a broken promise: what the checks ask must always be answered.
    fn hold<T>(&mut self, outcome: Result<T>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.promise(false, || format!("{error:#}"));
                None
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.skipped {
            return out.write_str("skipped");
        }
        write!(out, "{} rounds, {} kills", self.rounds, self.kills)?;
        self.facts.iter().try_for_each(|(name, number)| write!(out, ", {number} {name}"))?;
        if let Some(gap) = self.largest_gap {
            write!(out, ", largest gap {:.3} s", gap.as_secs_f64())?;
        }
        write!(out, ", {} violations", self.violations.len())
    }
}

/// Builds the binary and does everything that `options` ask for.
///
/// # Errors
/// When a promise was broken, or the harness itself can't go on.
pub fn run(options: &Options) -> Result<()> {
    let seed = options.seed.map_or_else(Random::seed, Ok)?;
    let binary = options.binary.clone().map_or_else(crate::product::build_release, Ok)?;
    let size = if options.quick { Size::QUICK } else { Size::FULL };
    let kinds = if options.only.is_empty() { &Kind::ALL[..] } else { &options.only };
    println!("seed {seed}");
    let mut broken = 0;
    for kind in kinds {
        let tally = run_kind(*kind, &binary, options.rounds, seed, size)?;
        println!("{:<10}{tally}", kind.name());
        tally.violations.iter().take(SHOWN_MAX).for_each(|violation| println!("  {violation}"));
        broken += tally.violations.len();
    }
    if broken > 0 {
        bail!("{broken} promises broken; the same moments again: --seed {seed}");
    }
    Ok(())
}

/// Does one kind to `binary`, which is there already.
///
/// # Errors
/// When the harness itself can't go on; broken promises stand in the tally.
pub fn run_kind(kind: Kind, binary: &Path, rounds: usize, seed: u64, size: Size) -> Result<Tally> {
    // Each kind has a sequence of its own, so that one alone goes as it does among the others.
    let random = Random::new(seed ^ (kind as u64) << 32);
    let mut context = Context { binary, size, random };
    let rounds = kind.rounds(rounds);
    let started = crate::product::now();
    let tally = match kind {
        Kind::Import => import::run(&mut context, rounds),
        Kind::Campaign => campaign::run(&mut context, rounds),
        Kind::OptOuts => opt_outs::run(&mut context, rounds),
        Kind::Disk => disk::run(&mut context, rounds),
        Kind::Silence => silence::run(&mut context, rounds),
        Kind::Stops => stops::run(&mut context, rounds),
        Kind::Nodes => nodes::run(&mut context, rounds),
        Kind::Failover => failover::run(&mut context, rounds),
    }?;
    eprintln!("{}: done in {:.0} s", kind.name(), started.elapsed().as_secs_f64());
    Ok(tally)
}

/// Within which time a kill comes: what the quickest of a few undisturbed runs takes, and a little more, so that some kills
/// come at the very end.
fn usual(mut undisturbed: impl FnMut() -> Result<Duration>) -> Result<Duration> {
    let mut quickest = Duration::MAX;
    for _ in 0..UNDISTURBED_RUNS {
        quickest = quickest.min(undisturbed()?);
    }
    Ok(quickest.mul_f64(LATE))
}

/// Says where we are, on standard error, for every tenth part of the way.
fn progress(kind: Kind, round: usize, rounds: usize, tally: &Tally) {
    if round.is_multiple_of(rounds.div_ceil(10)) {
        eprintln!(
            "{}: round {round} of {rounds}, {} kills, {} violations",
            kind.name(),
            tally.kills,
            tally.violations.len()
        );
    }
}
