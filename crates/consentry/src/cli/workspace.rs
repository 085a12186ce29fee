//! `workspace ...`

use clap::Subcommand;

/// `workspace ...`
#[derive(Debug, Subcommand)]
pub enum Workspace {
    /// Make a workspace with nothing in it
    Create {
        /// Its name
        name: String,
    },
    /// Show all workspaces
    List,
}
