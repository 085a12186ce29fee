//! Whether there is a data directory where a command looks for one, and what to do when there isn't.
//!
//! A command that made one in passing would answer from it that everybody may be sent to.

use std::path::{Path, PathBuf};

use anyhow::Result;
use store::data_dir::{Found, look};

use crate::cli::Global;
use crate::output::fail;

/// How to name another.
const NAME_ANOTHER: &str = "name another with --data-dir or CONSENTRY_DATA_DIR";
/// How to come by one.
const MAKE_ONE: &str = "`consentry init` makes a new one";
/// How a node comes by its key.
const BRING_KEY: &str = "copy master.key from another node into it, or name another with --data-dir or CONSENTRY_DATA_DIR; \
                         for the first node of a new database, `consentry init` makes one";

/// What a place is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A data directory, or a node's.
    Ready,
    /// One can be made there.
    Free,
}

/// A path as the whole of it, however it was given.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Passes if the data directory is there, or fails with what is there instead.
pub fn require(global: &Global) -> Result<()> {
    let found = look(&global.data_dir);
    match place(global, &found) {
        Some(Place::Ready) => Ok(()),
        _ => Err(refusal(global, &found)),
    }
}

/// Passes if the data directory is there, or nothing is where `--create` would make it. A key alone is one whose database
/// was lost, or another node's: whoever begins anew with it says so by `init`.
pub fn require_or_create(global: &Global) -> Result<Place> {
    let found = look(&global.data_dir);
    match found {
        Found::KeyAlone { .. } if global.database.is_none() => Err(refusal(global, &found)),
        _ => require_or_free(global),
    }
}

/// Passes if the data directory is there, or can be made without being taken for one whose contents were lost.
pub fn require_or_free(global: &Global) -> Result<Place> {
    let found = look(&global.data_dir);
    place(global, &found).ok_or_else(|| match found {
        Found::Foreign => fail(
            format!("{}: exists and isn't empty", absolute(&global.data_dir).display()),
            "name another with --data-dir or CONSENTRY_DATA_DIR; a data directory is made where nothing is",
        ),
        found => refusal(global, &found),
    })
}

fn place(global: &Global, found: &Found) -> Option<Place> {
    let is_node = global.database.is_some();
    match found {
        Found::Whole => Some(Place::Ready),
        Found::KeyAlone { .. } | Found::EmptyDatabase if is_node => Some(Place::Ready),
        // Where the key alone was put in place, for a new installation.
        Found::Nothing | Found::Empty | Found::KeyAlone { used: false } => Some(Place::Free),
        _ => None,
    }
}

fn refusal(global: &Global, found: &Found) -> anyhow::Error {
    let dir = absolute(&global.data_dir);
    let place = dir.display();
    let is_node = global.database.is_some();
    let another = || if is_node { BRING_KEY.to_owned() } else { format!("{NAME_ANOTHER}; {MAKE_ONE}") };
    match found {
        Found::Nothing => fail(format!("{place}: there is no data directory"), another()),
        Found::BrokenLink(target) => {
            let target = target.display();
            fail(format!("{place}: is a symbolic link to {target}, which isn't there"), another())
        }
        Found::NoFolder => fail(format!("{place}: is no folder, so it is no data directory"), another()),
        Found::Unreadable(error) => fail(
            format!("{place}: can't be read: {error}"),
            format!("run the command as the user who owns it, or {NAME_ANOTHER}"),
        ),
        Found::Empty => fail(format!("{place}: is empty, so it is no data directory"), another()),
        Found::Foreign => fail(
            format!(
                "{place}: has neither master.key nor consentry.sqlite3 in it, so it is no data directory"
            ),
            another(),
        ),
        Found::KeyAlone { used } => fail(
            format!(
                "{place}: consentry.sqlite3 is missing, though master.key is there: nobody's opt-out is known"
            ),
            format!(
                "put consentry.sqlite3 back from a backup; if the state is in PostgreSQL, name it with --database or \
                 CONSENTRY_DATABASE{}",
                if *used {
                    ""
                } else {
                    "; for a new installation with this key, `consentry init` makes the rest"
                }
            ),
        ),
        Found::EmptyDatabase => fail(
            format!("{place}: consentry.sqlite3 is empty: nobody's opt-out is known"),
            "put consentry.sqlite3 back from a backup; if nothing was ever in it, remove the folder and run \
             `consentry init` again",
        ),
        Found::DatabaseAlone => fail(
            format!(
                "{place}: master.key is missing, though consentry.sqlite3 is there; links and ledger are signed with it"
            ),
            if is_node {
                "copy master.key from another node into it"
            } else {
                "put master.key back from a backup, or from wherever it is kept apart; another one would not do"
            },
        ),
        // Whole: the caller has asked something else.
        Found::Whole => fail(format!("{place}: is a data directory already"), NAME_ANOTHER),
    }
}
