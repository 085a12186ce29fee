//! `consentry suppression`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use consent::{Namespace, Timestamp};
use intake::suppression::EntryType;
use store::{EntryKind, SuppressionCategory};

/// `suppression ...`
#[derive(Debug, Subcommand)]
pub enum Suppression {
    /// Put a file's addresses and domains on the list: CSV with TYPE,VALUE,COMMENT
    Import(ImportList),
    /// Write the list as CSV with TYPE,VALUE,COMMENT
    Export(ExportList),
    /// Put an address or a domain on the list
    Add {
        /// An email address, a domain, a phone number with + or the hash of one
        value: String,
        /// What VALUE is, unless that is plain: email, domain, phone, push, sha256
        #[arg(long = "type", value_name = "TYPE", value_parser = entry_type)]
        entry_type: Option<EntryType>,
        /// Why
        #[arg(long, default_value = "")]
        comment: String,
        /// Until when, e.g. 2027-01-01; for good without it
        #[arg(long, value_name = "TIME", value_parser = super::moment)]
        expires: Option<Timestamp>,
    },
    /// Take an address or a domain off the list. What was there and why it went is kept
    Remove {
        /// As for `add`
        value: String,
        /// What VALUE is, unless that is plain
        #[arg(long = "type", value_name = "TYPE", value_parser = entry_type)]
        entry_type: Option<EntryType>,
        /// Why; it is kept
        #[arg(long, value_parser = reason)]
        reason: String,
        /// Only the entry of this category: manual, hard, soft or complaint
        #[arg(long, value_parser = category)]
        category: Option<SuppressionCategory>,
    },
    /// Show what the list holds and held of an address or a domain
    Show {
        /// As for `add`
        value: String,
        /// What VALUE is, unless that is plain
        #[arg(long = "type", value_name = "TYPE", value_parser = entry_type)]
        entry_type: Option<EntryType>,
    },
    /// Show entries, newest first
    List {
        #[command(flatten)]
        filter: EntryFilter,
        /// Only this category: manual, hard, soft or complaint
        #[arg(long, value_parser = category)]
        category: Option<SuppressionCategory>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
        limit: u16,
        /// Go on where the page before ended
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
    /// Count the entries
    Stats,
}

/// `... import`
#[derive(Debug, Args)]
pub struct ImportList {
    /// The file; - for standard input
    pub file: PathBuf,
    /// The file's encoding, e.g. windows-1252, unless it is UTF-8 or has a byte order mark
    #[arg(long)]
    pub encoding: Option<String>,
    /// Where rows go that didn't go in; beside the file if not given
    #[arg(long, value_name = "FILE")]
    pub errors: Option<PathBuf>,
}

/// `... export`
#[derive(Debug, Args)]
pub struct ExportList {
    /// The file; - or none for standard output
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub filter: EntryFilter,
    /// More columns: who and when; for the suppression list also category and expiry
    #[arg(long)]
    pub details: bool,
}

/// Which entries.
#[derive(Debug, Args)]
pub struct EntryFilter {
    /// Only address, domain or hash
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// Only of this namespace: email, phone or push
    #[arg(long)]
    pub namespace: Option<Namespace>,
}

/// What an entry names.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Kind {
    /// One address
    Address,
    /// All addresses of a domain
    Domain,
    /// One address, by its hash
    Hash,
}

impl From<Kind> for EntryKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Address => Self::Address,
            Kind::Domain => Self::Domain,
            Kind::Hash => Self::Hash,
        }
    }
}

/// A `TYPE` of the CSV file.
pub fn entry_type(text: &str) -> Result<EntryType, String> {
    EntryType::parse(text).ok_or_else(|| "use email, domain, phone, push or sha256".to_owned())
}

fn reason(text: &str) -> Result<String, String> {
    let text = intake::suppression::note(text);
    if text.is_empty() { Err("say why".to_owned()) } else { Ok(text) }
}

fn category(text: &str) -> Result<SuppressionCategory, String> {
    let named = SuppressionCategory::ALL.into_iter().find(|category| category.as_str() == text);
    named.ok_or_else(|| "use manual, hard, soft or complaint".to_owned())
}
