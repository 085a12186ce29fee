//! `page ...`

use std::path::PathBuf;

use clap::Subcommand;

/// `page ...`
#[derive(Debug, Subcommand)]
pub enum Page {
    /// Keep a landing page as a draft, which nobody sees; says what keeps it from being published
    Put {
        /// Its name: of a-z, A-Z, 0-9, _ - .
        name: String,
        /// The page (TOML; docs/landing-pages.md)
        file: PathBuf,
    },
    /// Show the latest draft of a page, or another version, to people from now on
    Publish {
        /// Its name
        name: String,
        /// The version; the latest if it isn't named
        #[arg(long, value_name = "N")]
        version: Option<i64>,
    },
    /// Show a page no more; its links lead to the plain page of choices
    Unpublish {
        /// Its name
        name: String,
    },
    /// List all pages
    List,
    /// Write a page's HTML to standard output, as a person would see it
    Preview {
        /// Its name
        name: String,
        /// The version; the latest if it isn't named
        #[arg(long, value_name = "N")]
        version: Option<i64>,
        /// The part
        #[arg(long, default_value = "primary", value_name = "NAME")]
        part: String,
        /// A sample profile's attributes, a JSON object
        #[arg(long, value_name = "FILE")]
        profile: Option<PathBuf>,
    },
}
