//! A small file system in memory, to run out of space on purpose.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use super::guard::Guard;
use super::{is_root, output_of, skip};

/// A mounted tmpfs; unmounted and gone when dropped.
#[derive(Debug)]
pub struct Tmpfs {
    // Dropped in this order: unmount, then remove the folder.
    _guard: Guard,
    folder: TempDir,
}

impl Tmpfs {
    /// Mounts a tmpfs of `size_bytes` (rounded up to whole pages). `None` where we aren't root or may not mount.
    pub fn mount(size_bytes: u64) -> Result<Option<Self>> {
        let what = "a tmpfs of our own";
        if !is_root() {
            return skip(what, "mounting needs root");
        }
        let folder = tempfile::Builder::new().prefix("consentry-tmpfs-").tempdir()?;
        let guard = Guard::new("umount -l \"$1\"; rmdir \"$1\"", &[folder.path().as_os_str()])?;
        let options = format!("size={size_bytes},mode=0755");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "consentry-test"]).arg(folder.path());
        if let Err(error) = output_of(&mut mount) {
            return skip(what, &format!("{error:#}"));
        }
        Ok(Some(Self { _guard: guard, folder }))
    }

    /// The folder it is mounted on.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}
