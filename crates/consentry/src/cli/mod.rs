//! The command line.

mod allow;
mod classify;
mod db;
mod definition;
mod demo;
mod doctor;
mod import;
mod init;
mod intake;
mod job;
mod key;
mod ledger;
mod list;
mod look;
mod page;
mod send;
mod sms;
mod suppression;
mod words;
mod workspace;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use consent::{Category, Channel, Level, Source, Timestamp};

pub use allow::Allow;
pub use classify::{Classify, ClassifyMail, ClassifySms};
pub use db::Db;
pub use definition::{Apply, Definition, Export, Plan};
pub use demo::Demo;
pub use doctor::{Doctor, DoctorOn, WaysOut};
pub use import::{Format, Import, ImportProfiles};
pub use init::Init;
pub use intake::{Intake, leave};
pub use job::Job;
pub use key::Key;
pub use ledger::{Ledger, Readers};
pub use list::{List, ListDetails};
pub use look::Look;
pub use page::Page;
pub use send::Send;
pub use sms::{Decision, ImportOptOuts, PushOptOuts, Review, Sms};
pub use suppression::{EntryFilter, ExportList, ImportList, Suppression};
pub use words::parse;
pub use workspace::Workspace;

const EXIT_CODES: &str = "\
Exit codes:
  0  done; for `check`: permit
  1  failed; standard error says why
  2  the command line is wrong
  3  `check`: exclude
  4  `campaign run`: ended with messages in doubt or waiting for a retry; run it again to go on
  5  `campaign run`: the content was refused by the publish check
  6  `campaign run`: stopped, since the relay refuses everybody's mail; mend that and run it again to go on
  7  `import profiles`, `suppression import`, `allow import`: done, but some rows were rejected; 1 if all were
  8  `import profiles`: nothing was imported, because it isn't said how a column or the file is read

Standard output is data, JSON with --json. Messages go to standard error.";

/// Consentry makes every opt-out stick.
#[derive(Debug, Parser)]
#[command(name = "consentry", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The data directory; `init` makes one
    #[arg(
        long,
        global = true,
        env = "CONSENTRY_DATA_DIR",
        hide_env_values = true,
        default_value = "consentry-data",
        value_name = "DIR"
    )]
    pub data_dir: PathBuf,
    /// Make the data directory, or with --database the state there, where there is none yet: as `init` does, for scripts.
    /// Without it a command fails then, rather than answer from one in which nobody has ever opted out
    #[arg(long, global = true)]
    pub create: bool,
    /// The workspace to work in; the main one if not given
    #[arg(long, global = true, env = "CONSENTRY_WORKSPACE", hide_env_values = true, value_name = "NAME")]
    pub workspace: Option<String>,
    /// Keep the state in PostgreSQL, which any number of nodes share: <postgres://USER@HOST/DATABASE>. The data directory
    /// then holds master.key, the same on every node, and the ledger's files
    #[arg(long, global = true, env = "CONSENTRY_DATABASE", hide_env_values = true, value_name = "URL")]
    pub database: Option<String>,
    /// A file that holds the database's password, unless the URL or PGPASSWORD does
    #[arg(
        long,
        global = true,
        env = "CONSENTRY_DATABASE_PASSWORD_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub database_password_file: Option<PathBuf>,
    /// Write data to standard output as JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a data directory, or change settings of one
    Init(Init),
    /// Take what comes back, handed over by another program
    #[command(subcommand)]
    Intake(Intake),
    /// Serve the pages that people opt out on
    Serve(Serve),
    /// Show the main job with a sample brand, 10,000 generated people and a built-in mailbox
    Demo(Demo),
    /// Subscription lists
    #[command(subcommand)]
    List(List),
    /// How the pages look: colours, logo, postal address, privacy notice, words
    #[command(subcommand)]
    Look(Look),
    /// Pages that the brand makes itself, with a form for choices
    #[command(subcommand)]
    Page(Page),
    /// Bring people and their consents in
    #[command(subcommand)]
    Import(Import),
    /// Campaigns
    #[command(subcommand)]
    Campaign(Campaign),
    /// Store definitions: configurations, contents and campaigns, from files
    Apply(Apply),
    /// Say what `apply` would change
    Plan(Plan),
    /// Print stored definitions, or write them to files
    Export(Export),
    /// Stored definitions
    #[command(subcommand)]
    Definition(Definition),
    /// May this message go to this address? Exit code 0: permit, 3: exclude
    Check(Check),
    /// People
    #[command(subcommand)]
    Profile(Profile),
    /// Record an opt-out on someone's behalf
    OptOut(OptOut),
    /// Record on someone's behalf that they said yes
    OptIn(OptIn),
    /// Addresses and domains that are never sent to
    #[command(subcommand)]
    Suppression(Suppression),
    /// Addresses and domains that alone are sent to, and the emergency brake
    #[command(subcommand)]
    Allow(Allow),
    /// Text messages: replies that wait to be read, blocked senders, providers' opt-out lists
    #[command(subcommand)]
    Sms(Sms),
    /// Single messages, by their ids
    #[command(subcommand)]
    Send(Send),
    /// Work in the background: campaigns, notices, answers to texts
    #[command(subcommand)]
    Job(Job),
    /// The ledger of consent changes
    #[command(subcommand)]
    Ledger(Ledger),
    /// The keys that programs call the HTTP interface with
    #[command(subcommand)]
    Key(Key),
    /// The keys that sign links
    #[command(subcommand)]
    Keys(Keys),
    /// Workspaces: isolated sets of people, lists, definitions and settings
    #[command(subcommand)]
    Workspace(Workspace),
    /// Copy the whole data directory while everything goes on
    Backup(Backup),
    /// The PostgreSQL database
    #[command(subcommand)]
    Db(Db),
    /// Debug what comes in
    #[command(subcommand)]
    Classify(Classify),
    /// Check the data directory and the settings, or whether the ways out of messages really work
    Doctor(Doctor),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// `serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port to listen on
    #[arg(long, default_value = "127.0.0.1:8025", value_name = "ADDR:PORT")]
    pub listen: std::net::SocketAddr,
    /// What comes in besides: received mail, webhooks, programs (TOML; docs/receiving.md)
    #[arg(long, env = "CONSENTRY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Take the client's address from the last entry of X-Forwarded-For: only behind a proxy of your own
    #[arg(long)]
    pub behind_proxy: bool,
    /// After SIGTERM or ctrl-c, go on serving for so long with /readyz at 503, so that a load balancer turns away first
    #[arg(long, default_value_t = 5, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=300))]
    pub drain_seconds: u64,
}

/// `campaign ...`
#[derive(Debug, Subcommand)]
pub enum Campaign {
    /// Send a campaign, or go on with one that was interrupted
    Run(CampaignRun),
    /// Show what became of the runs, newest first
    Report {
        /// Only runs of this campaign
        name: Option<String>,
    },
    /// Say what became of one person in a campaign's latest run, and why
    Explain {
        /// The campaign's name
        name: String,
        /// The person's address
        address: String,
    },
}

/// `campaign run`
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct CampaignRun {
    /// The campaign's file (TOML, YAML or JSON), or the name of a stored campaign
    #[arg(value_name = "FILE|NAME")]
    pub file: PathBuf,
    /// Say who would get it and who wouldn't, and why; send and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Send a campaign that has finished once more, as a new run
    #[arg(long)]
    pub again: bool,
    /// Send the messages in doubt again: their people may get them twice
    #[arg(long)]
    pub resend_in_doubt: bool,
    /// End without waiting for messages that the server deferred
    #[arg(long)]
    pub no_wait: bool,
}

/// `check`
#[derive(Debug, Args)]
pub struct Check {
    /// The address: email, or phone number with + and country code
    #[arg(required_unless_present = "address_flag")]
    pub address: Option<String>,
    /// As it was given before
    #[arg(long = "address", hide = true, value_name = "ADDRESS", conflicts_with = "address")]
    pub address_flag: Option<String>,
    /// The channel
    #[arg(long, value_parser = words::channel())]
    pub channel: Channel,
    /// The list that the message is bound to
    #[arg(long)]
    pub list: Option<String>,
    /// What kind of message
    #[arg(long, default_value = "marketing", value_parser = words::category())]
    pub category: Category,
    /// The sender that a text would come from: a recipient may block one and not another
    #[arg(long, value_parser = service::texts::kept_sender)]
    pub sender: Option<String>,
}

/// `profile ...`
#[derive(Debug, Subcommand)]
pub enum Profile {
    /// Show a person: consent document, subscriptions, history
    Show {
        /// One of the person's addresses
        address: String,
    },
}

/// Whom a choice is about, and how far it reaches.
#[derive(Debug, Args)]
pub struct Whose {
    /// The address; one never seen before is kept, and the choice binds when it turns up
    pub address: String,
    /// How far it reaches
    #[arg(long, default_value = "channel", value_parser = words::level())]
    pub level: Level,
    /// The channel; by the kind of address if not given
    #[arg(long, value_parser = words::channel())]
    pub channel: Option<Channel>,
    /// The list, for level subscription
    #[arg(long, required_if_eq("level", "subscription"))]
    pub list: Option<String>,
}

/// `opt-out`
#[derive(Debug, Args)]
pub struct OptOut {
    #[command(flatten)]
    pub whose: Whose,
    /// Through which door it came, e.g. phone-call (at most 15 characters)
    #[arg(long, default_value = "operator")]
    pub source: Source,
    /// The reason given
    #[arg(long)]
    pub reason: Option<String>,
}

/// `opt-in`
#[derive(Debug, Args)]
pub struct OptIn {
    #[command(flatten)]
    pub whose: Whose,
    /// Through which door it came, e.g. phone-call (at most 15 characters)
    #[arg(long, default_value = "operator")]
    pub source: Source,
    /// What proves it: where, when and in which words the person agreed. It is kept
    #[arg(long, value_name = "TEXT")]
    pub proof: String,
}

/// `keys ...`
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Sign new links with a new key; links already sent go on working
    Rotate,
}

/// `backup`
#[derive(Debug, Args)]
pub struct Backup {
    /// A folder that is empty or not there yet
    pub into: PathBuf,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
