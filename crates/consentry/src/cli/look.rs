//! `look ...`

use std::path::PathBuf;

use clap::Subcommand;

/// `look ...`
#[derive(Debug, Subcommand)]
pub enum Look {
    /// Check a look and put it on the pages, within a second, on every node
    Set {
        /// The look (TOML; docs/look.md); its logo's path is relative to it
        file: PathBuf,
    },
    /// Show the look that pages have
    Show,
    /// Check a look without putting it on; without a file, the one that pages have
    Check {
        /// The look
        file: Option<PathBuf>,
        /// List the texts that a look can replace, with their arguments
        #[arg(long, conflicts_with = "file")]
        texts: bool,
    },
}
