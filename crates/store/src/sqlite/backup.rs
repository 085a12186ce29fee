//! Copying the whole state while everything goes on.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::connection::{DATABASE_FILE, LEDGER_DIR, io_error, open_reader};
use crate::error::{Result, StoreError};
use crate::private;
use crate::secrets::Secrets;

/// Pages copied in one step, between which writers get their turn.
const STEP_PAGES: i32 = 1024;
/// Steps that found the database locked before giving up.
const LOCKED_STEPS_MAX: u32 = 1_000;
const LOCKED_PAUSE: Duration = Duration::from_millis(10);
/// Deepest folder of the ledger.
const DEPTH_MAX: u32 = 16;

/// Copies database, ledger and master key into a folder that is empty or not there.
///
/// The ledger first: every entry in it is in the database that is copied after it, never the other way round. The copy
/// brings the rest into its ledger when it is opened.
pub(super) fn backup(
    dir: &Path,
    secrets: &Secrets,
    into: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    private::create_dir_all(into).map_err(|error| io_error(into, &error))?;
    if fs::read_dir(into).map_err(|error| io_error(into, &error))?.next().is_some() {
        return Err(StoreError::Exists(format!("{} isn't empty, and it", into.display())));
    }
    private::take_dir(into).map_err(|error| io_error(into, &error))?;
    copy_ledger(&dir.join(LEDGER_DIR), &into.join(LEDGER_DIR))?;
    copy_database(dir, into, progress)?;
    secrets.write(into).map_err(|error| io_error(into, &error))?;
    let folder = fs::File::open(into).map_err(|error| io_error(into, &error))?;
    rustix::fs::syncfs(&folder).map_err(|error| io_error(into, &error.into()))
}

fn copy_database(dir: &Path, into: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    let source = open_reader(dir)?;
    // One snapshot: without it, every write of another process would start the copy again.
    source.execute_batch("BEGIN; SELECT count(*) FROM workspace")?;
    let file = into.join(DATABASE_FILE);
    private::create(&file).map_err(|error| io_error(&file, &error))?;
    let mut target = Connection::open(file)?;
    let copy = Backup::new(&source, &mut target)?;
    let mut locked = 0;
    loop {
        let step = copy.step(STEP_PAGES)?;
        let pages = copy.progress();
        let total = u64::try_from(pages.pagecount).unwrap_or(0);
        progress(total - u64::try_from(pages.remaining).unwrap_or(0).min(total), total);
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            _ if locked < LOCKED_STEPS_MAX => {
                locked += 1;
                std::thread::sleep(LOCKED_PAUSE);
            }
            _ => return Err(StoreError::Busy("the database".to_owned())),
        }
    }
    Ok(())
}

/// Copies the checkpoint first, so that all it covers is there by the time the rest is copied. Full tiles and bundles
/// don't change; a partial one may be replaced by a wider one meanwhile, from which it can be read.
fn copy_ledger(from: &Path, into: &Path) -> Result<()> {
    private::create_dir_all(into).map_err(|error| io_error(into, &error))?;
    for _ in 0..LOCKED_STEPS_MAX {
        match try_copy_ledger(from, into) {
            // A partial file was replaced meanwhile: with the new checkpoint it comes out right.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => std::thread::sleep(LOCKED_PAUSE),
            Err(error) => return Err(io_error(into, &error)),
            Ok(()) if is_complete(into) => return Ok(()),
            Ok(()) => std::thread::sleep(LOCKED_PAUSE),
        }
    }
    Err(StoreError::Busy("the ledger".to_owned()))
}

fn try_copy_ledger(from: &Path, into: &Path) -> std::io::Result<()> {
    let checkpoint = fs::read(from.join("checkpoint"))?;
    copy_tree(&from.join("tile"), &into.join("tile"), DEPTH_MAX)?;
    private::write(&into.join("checkpoint"), checkpoint)
}

fn copy_tree(from: &Path, into: &Path, depth: u32) -> std::io::Result<()> {
    if depth == 0 || !from.exists() {
        return Ok(());
    }
    private::create_dir_all(into)?;
    for item in fs::read_dir(from)? {
        let item = item?;
        let target = into.join(item.file_name());
        if item.file_type()?.is_dir() {
            copy_tree(&item.path(), &target, depth - 1)?;
        } else {
            private::copy(&item.path(), &target)?;
        }
    }
    Ok(())
}

fn is_complete(ledger: &Path) -> bool {
    crate::ledger::verify(ledger, None, &mut |_, _| {}).is_ok()
}
