//! One process at a time works on a run.
//!
//! The lock is an advisory one of the operating system on a file of its own: it ends with the process, however that
//! ends. The file stays, since removing it would let two processes lock two files of the same name.

use std::fs::TryLockError;
use std::path::Path;

use consent::{RunId, WorkspaceId};

use crate::error::{Result, StoreError};
use crate::private;
use crate::types::RunGuard;

/// Folder of the lock files within the data directory.
const FOLDER: &str = "locks";

/// Takes a run for this process; [`StoreError::Busy`] while it is taken, be it by this process itself.
pub(crate) fn lock_run(dir: &Path, workspace: WorkspaceId, run: RunId) -> Result<RunGuard> {
    let unavailable = |error: std::io::Error| StoreError::Unavailable(format!("cannot lock {run}: {error}"));
    let folder = dir.join(FOLDER);
    private::create_dir_all(&folder).map_err(unavailable)?;
    let path = folder.join(format!("run-{}-{}.lock", workspace.0, run.0));
    let file = private::create_or_keep(&path).map_err(unavailable)?;
    match file.try_lock() {
        Ok(()) => Ok(RunGuard::new(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy(run.to_string())),
        Err(TryLockError::Error(error)) => Err(unavailable(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_run_is_taken_once_and_free_again_after() {
        let dir = tempfile::tempdir().unwrap();
        let held = lock_run(dir.path(), WorkspaceId(1), RunId(7)).unwrap();
        assert!(matches!(lock_run(dir.path(), WorkspaceId(1), RunId(7)), Err(StoreError::Busy(_))));
        let _other_run = lock_run(dir.path(), WorkspaceId(1), RunId(8)).unwrap();
        let _other_workspace = lock_run(dir.path(), WorkspaceId(2), RunId(7)).unwrap();
        drop(held);
        lock_run(dir.path(), WorkspaceId(1), RunId(7)).unwrap();
    }

    /// Takes the lock in a process of its own, which runs this very test with the folder in its environment.
    #[test]
    fn a_dead_process_holds_nothing() {
        const FOLDER_VARIABLE: &str = "STORE_TEST_LOCK_FOLDER";
        if let Some(dir) = std::env::var_os(FOLDER_VARIABLE) {
            let _held = lock_run(Path::new(&dir), WorkspaceId(1), RunId(7)).unwrap();
            std::fs::write(Path::new(&dir).join("taken"), "").unwrap();
            loop {
                std::thread::park();
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let (_crate_name, module) = module_path!().split_once("::").unwrap();
        let name = format!("{module}::a_dead_process_holds_nothing");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &name, "--nocapture"])
            .env(FOLDER_VARIABLE, dir.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while !dir.path().join("taken").exists() {
            assert!(child.try_wait().unwrap().is_none(), "the child ended before it took the lock");
            std::thread::yield_now();
        }
        assert!(matches!(lock_run(dir.path(), WorkspaceId(1), RunId(7)), Err(StoreError::Busy(_))));
        child.kill().unwrap();
        child.wait().unwrap();
        lock_run(dir.path(), WorkspaceId(1), RunId(7)).unwrap();
    }
}
