//! `consentry ledger`

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

/// `ledger ...`
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Check every entry, tile and signature of the ledger from its files alone
    Verify {
        /// A ledger's folder other than the data directory's
        #[arg(long, value_name = "DIR", requires = "key")]
        files: Option<PathBuf>,
        /// The verifier key that its checkpoint must be signed with
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// A checkpoint kept from before: the ledger must have only grown since
        #[arg(long, value_name = "FILE")]
        since: Option<PathBuf>,
    },
    /// Print the verifier key
    Key,
    /// Show an entry: what it changed, and what proves it
    Show {
        /// The entry, e.g. ent_42
        entry: consent::EntryId,
    },
    /// Print a receipt: the proof that an entry is in the ledger
    Receipt {
        /// The entry, e.g. ent_42
        entry: consent::EntryId,
    },
    /// Check a receipt
    CheckReceipt {
        /// The receipt
        file: PathBuf,
        /// The verifier key; the data directory's if not given
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
}

/// Who may read the ledger's entries.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Readers {
    /// Holders of a key
    Keyed,
    /// Everybody
    Public,
}

impl From<Readers> for store::LedgerReaders {
    fn from(readers: Readers) -> Self {
        match readers {
            Readers::Keyed => Self::Keyed,
            Readers::Public => Self::Public,
        }
    }
}
