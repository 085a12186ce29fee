//! `doctor ...`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

/// `doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// On what; on the data directory and the settings if absent
    #[command(subcommand)]
    pub on: Option<DoctorOn>,
    /// The file of `serve --config`, whose limits what the pages have sent is compared with
    #[arg(long, env = "CONSENTRY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What `doctor` looks at.
#[derive(Debug, Subcommand)]
pub enum DoctorOn {
    /// Follow every way out that messages carry, over the network as the outside does, and say which really opts out
    ///
    /// Each configuration that has sent a campaign is tested with the links that its latest messages carry: the header's
    /// link, posted to as mailbox providers do; the pages; the mail address. The test address opts out by each of
    /// them, and is put back as it was. With --message or --mailbox, a delivered message is compared with what was
    /// sent. docs/self-test.md explains the answers.
    WaysOut(Box<WaysOut>),
}

/// `doctor ways-out`
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("of what").required(true).multiple(true).args(["test_address", "message", "mailbox"])),
    after_help = "Exit codes:\n  0  every way out that was tried works\n  1  at least one doesn't, or nothing could be tried"
)]
pub struct WaysOut {
    /// An address of your own, never a customer's, that is opted out by each way and put back: email, or phone number with +.
    /// Give one of each kind if you send both
    #[arg(long, value_name = "ADDRESS")]
    pub test_address: Vec<String>,
    /// Only this configuration; repeatable
    #[arg(long, value_name = "NAME")]
    pub configuration: Vec<String>,
    /// A message of ours as it was delivered, to be compared with what was sent
    #[arg(long, value_name = "FILE.eml", conflicts_with = "mailbox")]
    pub message: Option<PathBuf>,
    /// A mailbox of --config by its name, in which such messages are looked for; nothing in it is changed
    #[arg(long, value_name = "NAME", requires = "config")]
    pub mailbox: Option<String>,
    /// The file of `serve --config`
    #[arg(long, env = "CONSENTRY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Ask no name server for DKIM keys: our own are read from their files
    #[arg(long)]
    pub no_dns: bool,
    /// How long to wait for a mail to come back
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub wait: u64,
    /// Authorities to trust in place of those that browsers do (PEM), as for a test system
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Reach the public URL's host at this address, where this machine can't reach it by its name
    #[arg(long, value_name = "ADDR:PORT")]
    pub via: Option<SocketAddr>,
    /// Take the test address although its person has an id of yours, as a seed in your own data has
    #[arg(long)]
    pub really: bool,
}
