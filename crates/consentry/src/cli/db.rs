//! `consentry db`

use std::path::PathBuf;

use clap::Subcommand;

/// `db ...`
#[derive(Debug, Subcommand)]
pub enum Db {
    /// Bring the schema up to date, all of it or nothing. Nodes do it when they start, too
    Migrate,
    /// Show the schema's version
    Status,
    /// Copy a data directory of SQLite into a new database, and verify the copy. Interrupted, it goes on where it was when
    /// run again. --data-dir is the first node's: it gets the master key and the ledger's files
    Copy {
        /// The data directory, which no process may have open
        #[arg(value_name = "sqlite:DIR", value_parser = sqlite_dir)]
        from: PathBuf,
        /// The database; that of --database if not given
        #[arg(value_name = "postgres://USER@HOST/DATABASE")]
        to: Option<String>,
        /// Empty the database first of a copy that isn't complete
        #[arg(long)]
        restart: bool,
    },
    /// Print how the tables are to be distributed past one database server, which doesn't work yet (docs/scaling.md)
    Plan {
        /// For Citus, on which the program doesn't run yet: the statements that are to distribute them, with the reasons
        #[arg(long, required = true)]
        citus: bool,
    },
}

fn sqlite_dir(text: &str) -> Result<PathBuf, String> {
    let dir = text.strip_prefix("sqlite:").filter(|dir| !dir.is_empty()).ok_or("write it as sqlite:DIR")?;
    Ok(PathBuf::from(dir.strip_prefix("//").unwrap_or(dir)))
}
