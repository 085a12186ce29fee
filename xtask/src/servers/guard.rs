//! Cleaning up for certain: a small shell process waits until our end of a pipe closes, then runs the clean-up. The pipe
//! closes when the [`Guard`] is dropped, and just as well when our process is killed.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

/// Runs its clean-up script once, when dropped or when this process ends in whatever way.
#[derive(Debug)]
pub struct Guard {
    shell: Child,
}

impl Guard {
    /// `script` is run by `sh` with `arguments` as `$1`, `$2`, ... It should go on after a step that fails.
    ///
    /// # Errors
    /// When `sh` can't be started.
    pub fn new(script: &str, arguments: &[&std::ffi::OsStr]) -> Result<Self> {
        let shell = Command::new("sh")
            .arg("-c")
            .arg(format!("cat >/dev/null\n{script}"))
            .arg("guard")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Out of reach of a Ctrl-C meant for us, which would end it before it has cleaned up.
            .process_group(0)
            .current_dir("/")
            .spawn()
            .context("can't start sh")?;
        Ok(Self { shell })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        if let Err(error) = self.shell.wait() {
            eprintln!("clean-up didn't end well: {error}");
        }
    }
}
