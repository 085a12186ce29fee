//! Writing files so that a crash never leaves half of one under its name.

use super::LedgerError;
use crate::private;
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

/// The one temporary file: there is one writer, and what a crash leaves in it is overwritten.
const TEMPORARY_FILE: &str = ".writing";
/// Up to so many files are flushed one by one; past that the whole file system is, once.
const FLUSH_EACH_MAX: usize = 8;

/// Files that become durable together.
pub(super) struct Batch<'a> {
    dir: &'a Path,
    written: usize,
    /// Folders whose lists of names have changed.
    folders: BTreeSet<PathBuf>,
    last_folder: PathBuf,
}

impl<'a> Batch<'a> {
    pub fn new(dir: &'a Path) -> Self {
        Self { dir, written: 0, folders: BTreeSet::new(), last_folder: dir.to_owned() }
    }

    /// Writes a file under a temporary name and gives it its own. It may not be durable before [`Self::flush`].
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), LedgerError> {
        let path = self.dir.join(name);
        let folder = path.parent().unwrap_or(self.dir);
        if folder != self.last_folder {
            self.make_folder(folder).map_err(LedgerError::io("make the folder of", name))?;
            folder.clone_into(&mut self.last_folder);
        }
        self.written += 1;
        // One by one where it is few, or where there is no call for the whole file system.
        let flush = self.written <= FLUSH_EACH_MAX || !cfg!(target_os = "linux");
        if flush {
            self.folders.insert(folder.to_owned());
        }
        replace(self.dir, &path, bytes, flush).map_err(LedgerError::io("write", name))
    }

    /// Makes all files written so far durable, their names too.
    pub fn flush(self) -> Result<(), LedgerError> {
        let failed = |folder: &Path| LedgerError::io("flush", folder.display().to_string());
        #[cfg(target_os = "linux")]
        if self.written > FLUSH_EACH_MAX {
            let flush_all = || -> io::Result<()> {
                fault::step()?;
                Ok(rustix::fs::syncfs(File::open(self.dir)?)?)
            };
            return flush_all().map_err(failed(self.dir));
        }
        for folder in &self.folders {
            flush_folder(folder).map_err(failed(folder))?;
        }
        Ok(())
    }

    fn make_folder(&mut self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let parent = folder.parent().ok_or(ErrorKind::NotFound)?;
        self.make_folder(parent)?;
        fault::step()?;
        private::create_dir_all(folder)?;
        self.folders.insert(parent.to_owned());
        Ok(())
    }
}

/// Replaces a file, durably and in one step.
pub(super) fn replace_durably(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), LedgerError> {
    replace(dir, &dir.join(name), bytes, true)
        .and_then(|()| flush_folder(dir))
        .map_err(LedgerError::io("write", name))
}

fn replace(dir: &Path, path: &Path, bytes: &[u8], flush: bool) -> io::Result<()> {
    let temporary = dir.join(TEMPORARY_FILE);
    fault::step()?;
    let mut file = private::create(&temporary)?;
    fault::step_writing(&mut file, bytes)?;
    file.write_all(bytes)?;
    if flush {
        fault::step()?;
        file.sync_all()?;
    }
    drop(file);
    fault::step()?;
    fs::rename(&temporary, path)
}

fn flush_folder(folder: &Path) -> io::Result<()> {
    fault::step()?;
    File::open(folder)?.sync_all()
}

/// Removes the partial tiles in `folder` but the one named `keep`. What can't be removed does no harm and is tried
/// again with the next wider tile, so errors are not reported.
pub(super) fn remove_partials(folder: &Path, keep: Option<usize>) {
    let keep = keep.map(|width| width.to_string());
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if keep.as_deref().is_none_or(|keep| entry.file_name() != keep) && fault::step().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
    if keep.is_none() && fault::step().is_ok() {
        let _ = fs::remove_dir(folder);
    }
}

/// In tests, makes the n-th file operation and all after it fail, as a crash or a full disk does.
#[cfg(test)]
pub(super) mod fault {
    use std::{
        cell::Cell,
        fs::File,
        io::{self, ErrorKind, Write as _},
    };

    thread_local!(static STEPS_LEFT: Cell<Option<u32>> = const { Cell::new(None) });

    /// Lets `steps` file operations of this thread succeed and no more; `None` lets all.
    pub fn allow(steps: Option<u32>) {
        STEPS_LEFT.set(steps);
    }

    /// Whether the operations allowed have been used up.
    pub fn is_reached() -> bool {
        STEPS_LEFT.get() == Some(0)
    }

    pub fn step() -> io::Result<()> {
        match STEPS_LEFT.get() {
            Some(0) => Err(ErrorKind::StorageFull.into()),
            Some(left) => {
                STEPS_LEFT.set(Some(left - 1));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A write that fails leaves half of the bytes.
    pub fn step_writing(file: &mut File, bytes: &[u8]) -> io::Result<()> {
        step().inspect_err(|_| drop(file.write_all(&bytes[..bytes.len() / 2])))
    }
}

#[cfg(not(test))]
mod fault {
    use std::{fs::File, io};

    #[allow(clippy::unnecessary_wraps, reason = "the test build can fail here")]
    pub fn step() -> io::Result<()> {
        Ok(())
    }

    #[allow(clippy::unnecessary_wraps, reason = "the test build can fail here")]
    pub fn step_writing(_: &mut File, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}
