//! Cleaning up for certain: a small shell process waits until our end of a pipe closes, then runs the clean-up. The pipe
//! closes when the [`Guard`] is dropped, and just as well when our process is killed.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

use super::User;

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
    pub fn new(script: &str, arguments: &[&OsStr]) -> Result<Self> {
        Self::of_user(None, script, arguments)
    }

    /// The same as another user, which only root may ask for.
    ///
    /// # Errors
    /// When `sh` can't be started.
    pub(super) fn of_user(user: Option<User>, script: &str, arguments: &[&OsStr]) -> Result<Self> {
        let shell = spawn(user, "cat >/dev/null", Stdio::piped(), script, arguments)?;
        Ok(Self { shell })
    }

    /// Cleans up when the process with the id `process` has ended, whatever becomes of ours.
    ///
    /// # Errors
    /// When `sh` can't be started.
    pub(super) fn outlive(
        process: u32,
        user: Option<User>,
        script: &str,
        arguments: &[&OsStr],
    ) -> Result<()> {
        let wait = format!("while [ -d /proc/{process} ]; do sleep 0.5; done");
        spawn(user, &wait, Stdio::null(), script, arguments).map(drop)
    }
}

fn spawn(user: Option<User>, wait: &str, stdin: Stdio, script: &str, arguments: &[&OsStr]) -> Result<Child> {
    let mut shell = Command::new("sh");
    if let Some(user) = user {
        user.applied_to(&mut shell);
    }
    shell
        .arg("-c")
        .arg(format!("{wait}\n{script}"))
        .arg("guard")
        .args(arguments)
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Out of reach of a Ctrl-C meant for us, which would end it before it has cleaned up.
        .process_group(0)
        .current_dir("/")
        .spawn()
        .context("can't start sh")
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        if let Err(error) = self.shell.wait() {
            eprintln!("clean-up didn't end well: {error}");
        }
    }
}
