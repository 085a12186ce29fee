//! `consentry key`

use clap::Subcommand;
use consent::Timestamp;
use service::keys::{Role, Scope};

use super::moment;

/// `key ...`
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key for a program, and show it: this once
    Create {
        /// Its name, which all that it does is put down to
        name: String,
        /// What it may be used for, e.g. decisions:read; `key scopes` lists them. More than once, or with commas between
        #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', value_parser = scope)]
        scopes: Vec<Scope>,
        /// All that a role may do: admin, marketer, support, auditor, developer
        #[arg(long = "role", value_name = "ROLE", value_parser = role)]
        roles: Vec<Role>,
        /// When it expires, e.g. 2027-06-30T00:00:00Z; never without it
        #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "days")]
        expires: Option<Timestamp>,
        /// In how many days it expires
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3_650))]
        days: Option<u32>,
    },
    /// Show all keys, newest first, without their secrets
    List,
    /// Revoke a key: within a second it opens nothing
    Revoke {
        /// Its id, its name, or what it begins with
        key: String,
    },
    /// Show what a key may be used for, and which role may do it
    Scopes,
}

fn scope(text: &str) -> Result<Scope, String> {
    text.parse().map_err(|error| format!("{error}; `consentry key scopes` lists them"))
}

fn role(text: &str) -> Result<Role, String> {
    let names = Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>();
    text.parse().map_err(|_| format!("use one of {}", names.join(", ")))
}
