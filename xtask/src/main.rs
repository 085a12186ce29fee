//! `cargo xtask`: the tasks of this repository. The exit code tells whether the task went well.

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tests, checks and pictures")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the tests need, then run all tests and the tidy check
    Test(xtask::test::Options),
    /// Check the rules of the house
    Tidy,
    /// Write docs/errors.md, the exit codes and errors, from the source
    Reference,
    /// Take the pictures for the README with a real browser
    Screenshots(xtask::screenshots::Options),
    /// Measure against peers on this machine
    Bench(xtask::bench::Options),
    /// Kill the binary at random moments, fill its disk, and check that every promise is kept
    Chaos(xtask::chaos::Options),
    /// Do to the server what strangers could, and check that people are still answered
    Attack(xtask::attack::Options),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().task {
        Task::Test(options) => xtask::test::run(&options),
        Task::Tidy => xtask::tidy::run(&xtask::workspace_root()),
        Task::Reference => xtask::reference::run(&xtask::workspace_root()),
        Task::Screenshots(options) => xtask::screenshots::run(&options),
        Task::Bench(options) => xtask::bench::run(&options),
        Task::Chaos(options) => xtask::chaos::run(&options),
        Task::Attack(options) => xtask::attack::run(&options),
    }
}
