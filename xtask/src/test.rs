//! `cargo xtask test`: what the tests need, all tests, the tidy check.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::install;
use crate::process::stream;
use crate::servers::{MAY_SKIP, find_program};
use crate::{tidy, workspace_root};

/// What to run.
#[derive(Args, Debug, Default)]
pub struct Options {
    /// Don't install anything
    #[arg(long)]
    pub skip_install: bool,
    /// Pass over tests whose programs are missing, instead of failing
    #[arg(long)]
    pub allow_skips: bool,
    /// Run only tests whose name contains this
    pub filter: Option<String>,
}

/// Installs, tests, checks. Output goes straight through.
///
/// # Errors
/// When an installation or a test fails, or the tidy check finds something.
pub fn run(options: &Options) -> Result<()> {
    let root = workspace_root();
    if !options.skip_install {
        install::run()?;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tests = Command::new(&cargo);
    let nextest = find_program("cargo-nextest").is_some();
    tests.args(if nextest { &["nextest", "run"][..] } else { &["test"][..] });
    tests.args(["--workspace", "--locked", "--no-fail-fast"]).current_dir(&root);
    if nextest && options.filter.is_some() {
        // A filter that matches nothing in one crate is no failure.
        tests.arg("--no-tests=pass");
    }
    tests.args(&options.filter);
    if options.allow_skips {
        tests.env(MAY_SKIP, "1");
    }
    stream(&mut tests)?;
    if nextest {
        // nextest doesn't run the examples in documentation.
        let mut examples = Command::new(&cargo);
        stream(
            examples
                .args(["test", "--workspace", "--locked", "--doc", "--quiet"])
                .args(&options.filter)
                .current_dir(&root),
        )?;
    }
    if options.filter.is_none() { tidy::run(&root) } else { Ok(()) }
}
