//! `apply`, `plan`, `export`, `definition ...`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use service::definitions::DefinitionKind;

/// `apply`
#[derive(Debug, Args)]
pub struct Apply {
    /// A file of definitions (TOML, YAML or JSON), or a folder of them
    #[arg(short, long = "file", value_name = "FILE|DIR", required = true)]
    pub files: Vec<PathBuf>,
    /// Say what would change, as `plan` does; change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `plan`
#[derive(Debug, Args)]
pub struct Plan {
    /// A file of definitions (TOML, YAML or JSON), or a folder of them
    #[arg(short, long = "file", value_name = "FILE|DIR", required = true)]
    pub files: Vec<PathBuf>,
}

/// `export`
#[derive(Debug, Args)]
pub struct Export {
    /// Only definitions of this kind, or only this one
    #[arg(value_name = "KIND[/NAME]", value_parser = selected)]
    pub which: Option<(DefinitionKind, Option<String>)>,
    /// Write a file for each into this folder; without it they go to standard output, in one list
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// `definition ...`
#[derive(Debug, Subcommand)]
pub enum Definition {
    /// Show which definitions there are
    List {
        /// Only of this kind
        #[arg(value_parser = super::words::definition_kind())]
        kind: Option<DefinitionKind>,
    },
    /// Show a version of a definition
    Show {
        /// Which
        #[arg(value_name = "KIND/NAME", value_parser = one)]
        which: (DefinitionKind, String),
        /// Which version; the current one if not given
        #[arg(long, value_name = "N")]
        version: Option<i64>,
    },
    /// Take a definition out of use; runs that began with it go on, and `apply` takes it back
    Archive {
        /// Which
        #[arg(value_name = "KIND/NAME", value_parser = one)]
        which: (DefinitionKind, String),
    },
    /// Print the JSON Schema of a kind of document
    Schema {
        /// The kind
        #[arg(value_parser = super::words::definition_kind())]
        kind: DefinitionKind,
    },
}

fn selected(text: &str) -> Result<(DefinitionKind, Option<String>), String> {
    let (kind, name) = text.split_once('/').map_or((text, None), |(kind, name)| (kind, Some(name)));
    let kind = kind.parse::<DefinitionKind>().map_err(|error| error.to_string())?;
    Ok((kind, name.filter(|name| !name.is_empty()).map(str::to_owned)))
}

fn one(text: &str) -> Result<(DefinitionKind, String), String> {
    match selected(text)? {
        (kind, Some(name)) => Ok((kind, name)),
        (kind, None) => Err(format!("write {kind}/NAME")),
    }
}
