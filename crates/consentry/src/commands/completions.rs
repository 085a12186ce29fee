//! `consentry completions`

use anyhow::Result;
use clap::CommandFactory;

use crate::cli::Cli;
use crate::output::{self, Exit};

/// Prints a shell's completion script.
#[allow(clippy::unnecessary_wraps, reason = "commands share a signature")]
pub fn run(shell: clap_complete::Shell) -> Result<Exit> {
    // Into memory first: writing straight to a pipe that was closed would panic.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "consentry", &mut script);
    output::document(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Done)
}
