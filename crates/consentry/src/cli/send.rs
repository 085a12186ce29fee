//! `consentry send`

use clap::Subcommand;

/// `send ...`
#[derive(Debug, Subcommand)]
pub enum Send {
    /// Tell what became of one message, by its id
    Show {
        /// The message, e.g. snd_42
        send: consent::SendId,
    },
}
