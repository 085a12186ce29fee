//! What is at the place where a data directory is looked for, before anything is opened or made.
//!
//! A folder that was misspelt, or a volume that isn't mounted, looks like one in which nobody has ever opted out. So
//! nothing is made unless that was asked for.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::secrets::MASTER_KEY_FILE;
use crate::sqlite::{DATABASE_FILE, LEDGER_DIR};

/// What file systems and mounts put into an empty volume.
const OF_THE_VOLUME: [&str; 1] = ["lost+found"];
/// What is in a data directory of which only the key was put in place; anything else of ours is a trace of use.
const TRACES: [&str; 5] = [LEDGER_DIR, "lock", "locks", "consentry.sqlite3-wal", "consentry.sqlite3-shm"];

/// What was found.
#[derive(Debug)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A symbolic link that leads to what isn't there.
    BrokenLink(PathBuf),
    /// No folder but a file or something else.
    NoFolder,
    /// Something that can't be looked at.
    Unreadable(io::Error),
    /// An empty folder.
    Empty,
    /// A folder with other things in it.
    Foreign,
    /// A folder with a master key and no database. A further node of PostgreSQL's begins with that, and works with it.
    KeyAlone {
        /// Whether there are traces of a database that has been here, such as a ledger.
        used: bool,
    },
    /// A folder with a database and no master key.
    DatabaseAlone,
    /// A folder with a database file of no length, and a key.
    EmptyDatabase,
    /// A data directory.
    Whole,
}

/// Looks at a place, changing nothing.
pub fn look(dir: &Path) -> Found {
    match try_look(dir) {
        Ok(found) => found,
        Err(error) => Found::Unreadable(error),
    }
}

fn try_look(dir: &Path) -> io::Result<Found> {
    match fs::metadata(dir) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return Ok(Found::NoFolder),
        Err(error) if error.kind() == ErrorKind::NotADirectory => return Ok(Found::Nothing),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(fs::read_link(dir).map_or(Found::Nothing, Found::BrokenLink));
        }
        Err(error) => return Err(error),
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        if OF_THE_VOLUME.iter().all(|known| name != *known) {
            names.push(name);
        }
    }
    let length = |name: &str| match fs::metadata(dir.join(name)) {
        Ok(meta) => Ok(Some(meta.len())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    let (key, database) = (length(MASTER_KEY_FILE)?, length(DATABASE_FILE)?);
    Ok(match (key, database) {
        (Some(_), Some(0)) if length("consentry.sqlite3-wal")?.unwrap_or(0) == 0 => Found::EmptyDatabase,
        (Some(_), Some(_)) => Found::Whole,
        (None, Some(_)) => Found::DatabaseAlone,
        (Some(_), None) => {
            Found::KeyAlone { used: TRACES.iter().any(|trace| names.iter().any(|name| name == trace)) }
        }
        (None, None) if names.is_empty() => Found::Empty,
        (None, None) => Found::Foreign,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_told_for_what_it_is() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("data");
        let seen = || format!("{:?}", look(&dir));
        assert_eq!(seen(), "Nothing");
        std::os::unix::fs::symlink("gone", &dir).unwrap();
        assert_eq!(seen(), "BrokenLink(\"gone\")");
        fs::remove_file(&dir).unwrap();
        fs::write(&dir, "").unwrap();
        assert_eq!(seen(), "NoFolder");
        assert!(matches!(look(&dir.join("below")), Found::Nothing));
        fs::remove_file(&dir).unwrap();
        fs::create_dir_all(dir.join("lost+found")).unwrap();
        assert_eq!(seen(), "Empty");
        fs::write(dir.join("notes.txt"), "").unwrap();
        assert_eq!(seen(), "Foreign");
        fs::write(dir.join(MASTER_KEY_FILE), [7; 32]).unwrap();
        assert_eq!(seen(), "KeyAlone { used: false }");
        fs::create_dir(dir.join(LEDGER_DIR)).unwrap();
        assert_eq!(seen(), "KeyAlone { used: true }");
        fs::write(dir.join(DATABASE_FILE), "").unwrap();
        assert_eq!(seen(), "EmptyDatabase");
        fs::write(dir.join(DATABASE_FILE), "x").unwrap();
        assert_eq!(seen(), "Whole");
        fs::remove_file(dir.join(MASTER_KEY_FILE)).unwrap();
        assert_eq!(seen(), "DatabaseAlone");
        let link = parent.path().join("link");
        std::os::unix::fs::symlink(&dir, &link).unwrap();
        assert!(matches!(look(&link), Found::DatabaseAlone));
    }
}
