//! `consentry completions`

use anyhow::Result;
use clap::CommandFactory;

use crate::cli::Cli;
use crate::output::Exit;

/// Prints a shell's completion script.
#[allow(clippy::unnecessary_wraps, reason = "commands share a signature")]
pub fn run(shell: clap_complete::Shell) -> Result<Exit> {
    clap_complete::generate(shell, &mut Cli::command(), "consentry", &mut std::io::stdout());
    Ok(Exit::Done)
}
