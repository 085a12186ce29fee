//! `import ...`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `import ...`
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Import people from CSV or JSON Lines
    Profiles(ImportProfiles),
    /// What was imported, newest first
    List {
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Take an import back: what it set is put back where nothing newer stands; refusals stay
    Undo {
        /// Its id, as the import and `import list` tell it
        #[arg(value_name = "IMPORT")]
        id: String,
        /// Say what would be taken back; change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// `import profiles`
#[derive(Debug, Default, Args)]
pub struct ImportProfiles {
    /// The file; - for standard input
    pub file: PathBuf,
    /// The file's format; found out from its content if not given
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// The tool whose export the file is; found out from its columns if not given, "none" for no tool's
    #[arg(long, value_name = "TOOL", value_parser = clap::builder::PossibleValuesParser::new(::intake::import::preset_names().chain(["none"])))]
    pub from: Option<String>,
    /// Read a column as another, e.g. "E-Mail=email", with what its values mean if it is about consent:
    /// "Newsletter=consent.email:Ja=y,Nein=n", where hard, complaint and manual suppress the address, - says nothing and * is
    /// every other value; an empty name leaves the column out
    #[arg(long, value_name = "COLUMN=NAME[:VALUE=CHOICE,...]", value_parser = pair)]
    pub map: Vec<(String, String)>,
    /// What holds for every row, e.g. consent.email=n, list.news=y, suppression.email=hard, country=DE
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// Keep a column as an attribute though it looks like a refusal or a consent
    #[arg(long, value_name = "COLUMN")]
    pub ignore_column: Vec<String>,
    /// Import a file whose name looks like a list of refusals as people who may be mailed
    #[arg(long)]
    pub ignore_file_name: bool,
    /// How dates are written: dmy, mdy, iso or a pattern such as "%d.%m.%Y %H:%M"; found out from each column if not given
    #[arg(long, value_name = "FORMAT")]
    pub date_format: Option<::intake::import::DateFormat>,
    /// The file's encoding, e.g. windows-1252, unless it is UTF-8 or has a byte order mark
    #[arg(long)]
    pub encoding: Option<String>,
    /// Where rejected rows go; beside the file if not given
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Where it goes what was left out of which row; the first of it to standard error if not given
    #[arg(long, value_name = "FILE")]
    pub warnings: Option<PathBuf>,
    /// Make lists that the header names and that don't exist
    #[arg(long)]
    pub create_lists: bool,
    /// Say what each column would be read as, what its values would do and who could be reached afterwards; change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// A file's format.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// Comma, semicolon or tab separated, with a header row
    Csv,
    /// A JSON object per line
    Jsonl,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (from, to) = text.split_once('=').ok_or("write it as COLUMN=NAME")?;
    Ok((from.trim().to_owned(), to.trim().to_owned()))
}
