//! `consentry sms`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use consent::Level;
use consent::jurisdiction::Country;
use consent::sms::Sender;
use service::texts::{kept_sender, sender};
use store::TextId;

/// `sms ...`
#[derive(Debug, Subcommand)]
pub enum Sms {
    /// Read the replies that may be refusals: one key decides. No marketing goes to their numbers until then
    Review(Review),
    /// Decide about one reply by its id
    Decide {
        /// The id, as `sms review --list` shows it
        #[arg(value_parser = text_id)]
        id: TextId,
        /// Whether it is a refusal
        #[arg(value_enum)]
        decision: Decision,
        #[command(flatten)]
        reach: Reach,
    },
    /// Show which senders a number blocks, and what it wrote lately
    Show {
        /// The number, with +
        number: String,
    },
    /// Let a sender text a number again, because its owner asked for it some other way. Marketing consent stays as it is
    Unblock {
        /// The number, with +
        number: String,
        /// The sender, as `sms show` names it
        #[arg(value_parser = kept_sender)]
        sender: String,
    },
    /// Take in a provider's own list of numbers that opted out: a CSV, or a number per line
    ImportOptOuts(ImportOptOuts),
    /// Tell a provider who has opted out, so that its own block agrees with ours (Twilio's consent interface)
    PushOptOuts(PushOptOuts),
}

/// `sms review`
#[derive(Debug, Args)]
pub struct Review {
    /// Print them and change nothing
    #[arg(long)]
    pub list: bool,
    /// With --list: at most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// With --list: go on after the one of this id
    #[arg(long, value_parser = text_id)]
    pub after: Option<TextId>,
    #[command(flatten)]
    pub reach: Reach,
}

/// How far a refusal reaches.
#[derive(Clone, Copy, Debug, Args)]
pub struct Reach {
    /// How far a refusal reaches: channel, identity (this number) or any
    #[arg(long, default_value = "channel", value_parser = level)]
    pub level: Level,
}

/// What a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Decision {
    /// A refusal: recorded, and the sender blocked
    Refused,
    /// None: marketing goes on as before
    Fine,
}

/// `sms import-opt-outs`
#[derive(Debug, Args)]
pub struct ImportOptOuts {
    /// The file; - for standard input
    pub file: PathBuf,
    /// The sender of yours that these numbers block: a number, a short code or a messaging service's id
    #[arg(long, value_parser = sender)]
    pub sender: Option<Sender>,
    /// The header of the column of numbers, if it isn't found
    #[arg(long)]
    pub column: Option<String>,
    /// Encoding of the file, if it is neither UTF-8 nor UTF-16, e.g. windows-1252
    #[arg(long)]
    pub encoding: Option<String>,
    /// Read numbers without + in the national form of this country, e.g. FR
    #[arg(long)]
    pub country: Option<Country>,
    #[command(flatten)]
    pub reach: Reach,
}

/// `sms push-opt-outs`
#[derive(Debug, Args)]
pub struct PushOptOuts {
    /// A campaign or configuration file with the sender and its transport
    pub configuration: PathBuf,
    /// Count, and tell nobody
    #[arg(long)]
    pub dry_run: bool,
}

fn level(text: &str) -> Result<Level, String> {
    match text.parse() {
        Ok(Level::Subscription) | Err(_) => Err("use channel, identity or any".to_owned()),
        Ok(level) => Ok(level),
    }
}

fn text_id(text: &str) -> Result<TextId, String> {
    service::texts::text_id(text).ok_or_else(|| "an id has 32 hexadecimal digits".to_owned())
}
