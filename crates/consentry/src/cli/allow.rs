//! `consentry allow`

use clap::Subcommand;
use consent::Channel;
use intake::suppression::EntryType;

use super::suppression::{EntryFilter, ExportList, ImportList, entry_type};
use super::words;

/// `allow ...`
#[derive(Debug, Subcommand)]
pub enum Allow {
    /// Allow a file's addresses and domains: CSV with TYPE,VALUE,COMMENT
    Import(ImportList),
    /// Write the list as CSV with TYPE,VALUE,COMMENT
    Export(ExportList),
    /// Allow an address or a domain
    Add {
        /// An email address, a domain, or a phone number with +
        value: String,
        /// What VALUE is, unless that is plain: email, domain, phone or push
        #[arg(long = "type", value_name = "TYPE", value_parser = entry_type)]
        entry_type: Option<EntryType>,
        /// A note
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// Take an address or a domain off the list
    Remove {
        /// As for `add`
        value: String,
        /// What VALUE is, unless that is plain
        #[arg(long = "type", value_name = "TYPE", value_parser = entry_type)]
        entry_type: Option<EntryType>,
    },
    /// Show where the list is active, and its entries, newest first
    List {
        #[command(flatten)]
        filter: EntryFilter,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
        limit: u16,
        /// Go on where the page before ended
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
    /// From now on send on this channel only to what the list names. Active and empty, nothing is sent: the emergency brake
    On {
        /// Which
        #[arg(value_parser = words::sending_channel())]
        channel: Channel,
    },
    /// Send on this channel to everybody again
    Off {
        /// Which
        #[arg(value_parser = words::sending_channel())]
        channel: Channel,
    },
}
