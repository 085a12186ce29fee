//! The one binary: serves the pages, runs campaigns, answers questions, keeps the data directory in order.

#![allow(clippy::disallowed_methods, reason = "time and randomness enter here, and nowhere else")]

mod background;
mod cli;
mod commands;
mod context;
mod data_dir;
mod files;
mod listen;
mod mail_section;
mod output;
mod pages_section;
mod probe;
mod server_file;
mod sms_section;
mod system;
mod webhook_section;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use cli::{Cli, Command};
use context::Context;
use output::Exit;

/// Imports, pages and campaigns make many small strings; the system's allocator spends a tenth of an import on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::parse().unwrap_or_else(|error| cli::leave(&error));
    start_logging();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::say(format_args!("error: can't start: {error}"));
            return ExitCode::from(Exit::Failed as u8);
        }
    };
    let json = cli.global.json;
    let exit = runtime.block_on(run(cli)).unwrap_or_else(|error| {
        output::failure(json, &error);
        Exit::Failed
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    ExitCode::from(exit as u8)
}

/// Logs go to standard error; `CONSENTRY_LOG` sets the level, e.g. `info` or `delivery=debug`.
fn start_logging() {
    let filter =
        tracing_subscriber::EnvFilter::try_from_env("CONSENTRY_LOG").unwrap_or_else(|_| "warn".into());
    // Colours are for people at a terminal (https://no-color.org), not for files and journals.
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !plain)
        .with_target(false)
        .init();
}

async fn run(cli: Cli) -> anyhow::Result<Exit> {
    let Cli { global, command } = cli;
    let open = || Context::open(&global);
    match command {
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Classify(command) => commands::classify::run(global.json, command),
        Command::Intake(command) => commands::intake::run(&global, command).await,
        Command::Init(args) => commands::init::run(&global, args).await,
        Command::Demo(args) => commands::demo::run(&global, args).await,
        Command::Serve(args) => {
            let context = open().await?.with_server_file(args.config.as_deref());
            commands::serve::run(&context, args).await
        }
        Command::List(command) => commands::list::run(&open().await?, command).await,
        Command::Look(command) => commands::look::run(&open().await?, command).await,
        Command::Page(command) => commands::page::run(&open().await?, command).await,
        Command::Import(cli::Import::Profiles(args)) => commands::import::run(&open().await?, args).await,
        Command::Import(cli::Import::List { limit }) => commands::imports::list(&open().await?, limit).await,
        Command::Import(cli::Import::Undo { id, dry_run }) => {
            commands::imports::undo(&open().await?, id, dry_run).await
        }
        Command::Campaign(command) => commands::campaign::run(&open().await?, command).await,
        Command::Apply(args) => commands::definition::apply(&open().await?, args).await,
        Command::Plan(args) => commands::definition::plan(&open().await?, args).await,
        Command::Export(args) => commands::definition::export(&open().await?, args).await,
        Command::Definition(command) => commands::definition::run(&open().await?, command).await,
        Command::Check(args) => commands::check::run(&open().await?, args).await,
        Command::Profile(cli::Profile::Show { address }) => {
            commands::profile::run(&open().await?, address).await
        }
        Command::OptOut(args) => commands::opt_out::run(&open().await?, args).await,
        Command::OptIn(args) => commands::opt_out::opt_in(&open().await?, args).await,
        Command::Suppression(command) => commands::suppression::run(&open().await?, command).await,
        Command::Allow(command) => commands::allow::run(&open().await?, command).await,
        Command::Sms(command) => commands::sms::run(&open().await?, command).await,
        Command::Send(command) => commands::send::run(&global, command).await,
        Command::Job(command) => commands::job::run(&open().await?, command).await,
        Command::Ledger(command) => commands::ledger::run(&global, command).await,
        Command::Key(command) => commands::key::run(&open().await?, command).await,
        Command::Keys(cli::Keys::Rotate) => commands::keys::rotate(&open().await?).await,
        Command::Workspace(command) => commands::workspace::run(&open().await?, command).await,
        Command::Backup(args) => commands::backup::run(&open().await?, args).await,
        Command::Db(command) => commands::db::run(&global, command),
        Command::Doctor(cli::Doctor { on: None, config }) => {
            commands::doctor::run(&open().await?.with_server_file(config.as_deref()), config.as_deref()).await
        }
        Command::Doctor(cli::Doctor { on: Some(cli::DoctorOn::WaysOut(args)), .. }) => {
            commands::doctor::ways_out::run(&open().await?.with_server_file(args.config.as_deref()), *args)
                .await
        }
    }
}
