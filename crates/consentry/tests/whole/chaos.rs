//! The short form of `cargo xtask chaos`: the real binary is killed at random moments, its disk is filled, and people opt out
//! while a run goes on. A failure names the seed; `cargo xtask chaos --seed N` chooses the same moments.

use std::path::Path;

use xtask::chaos::{Kind, Size, run_kind};

/// Rounds of each kind with a kill; those with a full disk and with opt-outs during a run take one.
const ROUNDS: usize = 3;
/// The same moments every time; the long form takes a seed of its own each time.
const SEED: u64 = 20_260_514;

fn keeps_every_promise(kind: Kind) {
    let binary = Path::new(env!("CARGO_BIN_EXE_consentry"));
    let tally = run_kind(kind, binary, ROUNDS, SEED, Size::QUICK).expect("the harness goes on to the end");
    assert!(tally.violations.is_empty(), "seed {SEED}: {tally}\n{}", tally.violations.join("\n"));
    println!("{tally}");
}

#[test]
fn killed_during_imports() {
    keeps_every_promise(Kind::Import);
}

#[test]
fn killed_during_campaign_runs() {
    keeps_every_promise(Kind::Campaign);
}

#[test]
fn killed_while_people_opt_out() {
    keeps_every_promise(Kind::OptOuts);
}

#[test]
fn the_disk_is_full() {
    keeps_every_promise(Kind::Disk);
}

#[test]
fn silence_within_a_second_of_an_opt_out() {
    keeps_every_promise(Kind::Silence);
}

#[test]
fn silence_within_a_second_of_a_text() {
    keeps_every_promise(Kind::Stops);
}

#[test]
fn nodes_and_their_database_are_killed_during_a_run() {
    keeps_every_promise(Kind::Nodes);
}

#[test]
fn a_standby_takes_over_while_people_opt_out() {
    keeps_every_promise(Kind::Failover);
}
