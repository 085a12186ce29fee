//! The real binary on a data directory, as benchmarks and fault injection use it: started, watched, measured, killed.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::servers::guard::Guard;
use crate::servers::poll_until;

mod mailing;
mod people;
mod phones;
mod receiver;
mod stage;
mod usage;

pub use mailing::{DkimKey, Mailing};
pub use people::{Choice, Person, address, choice, write_addresses, write_csv};
pub use phones::{Phones, Sent};
pub use receiver::{Mail, Pace, Receiver};
pub use stage::{Links, Stage, Summary, import};
pub use usage::Usage;

/// How long one command may take before it counts as hung.
pub const PATIENCE: Duration = Duration::from_mins(3);
/// Most of a command's output that is read.
const OUTPUT_BYTES_MAX: usize = 64 << 20;
/// How much of an error output stands in a message of ours.
const SHOWN_BYTES_MAX: usize = 600;
/// `serve` starts its first line with this, followed by the address.
const SERVING: &str = "serving the public pages on http://127.0.0.1:";
/// Names the database; the same as `--database`.
const DATABASE: &str = "CONSENTRY_DATABASE";
/// The name is looked at because the number may belong to somebody else by then.
const STOP: &str = r#"grep -q consentry "/proc/$1/comm" && kill -9 "$1""#;

/// The moment, for measuring.
#[expect(clippy::disallowed_methods, reason = "benchmarks and fault injection measure real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// Builds the binary with `cargo build --release` and gives its path.
///
/// # Errors
/// When cargo can't be run or the build fails.
pub fn build_release() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = crate::workspace_root();
    let output = Command::new(cargo)
        .args(["build", "--release", "--locked", "--package", "consentry", "--bin", "consentry"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(&root)
        .stderr(Stdio::inherit())
        .output()
        .context("can't run cargo")?;
    if !output.status.success() {
        bail!("the release build failed ({})", output.status);
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    };
    messages.lines().rev().find_map(executable).context("cargo named no executable")
}

/// The binary with one data directory, and perhaps a database beside it.
#[derive(Clone, Debug)]
pub struct Product {
    binary: PathBuf,
    data: PathBuf,
    database: Option<String>,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The command line after the binary, for messages.
    pub line: String,
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// From start to end.
    pub took: Duration,
    /// What it used, looked at a few times a second: short commands may show nothing.
    pub usage: Usage,
}

impl Ended {
    /// The JSON on standard output, if the exit code is one of `codes`.
    ///
    /// # Errors
    /// When it isn't, or when the output isn't JSON.
    pub fn json(&self, codes: &[i32]) -> Result<Value> {
        self.expect(codes)?;
        serde_json::from_str(&self.stdout)
            .with_context(|| format!("`{}` printed no JSON: {}", self.line, shown(&self.stdout)))
    }

    /// Passes if the exit code is one of `codes`.
    ///
    /// # Errors
    /// When it isn't; the error shows standard error.
    pub fn expect(&self, codes: &[i32]) -> Result<()> {
        if self.code.is_some_and(|code| codes.contains(&code)) {
            return Ok(());
        }
        let code = self.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
        bail!("`{}` ended with {code}: {}{}", self.line, shown(&self.stderr), shown(&self.stdout))
    }
}

fn shown(text: &str) -> &str {
    let end = (0..=SHOWN_BYTES_MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text[..end.unwrap_or_default()].trim()
}

impl Product {
    /// `binary` on the data directory `data`, which `init` makes.
    pub fn new(binary: &Path, data: &Path) -> Self {
        Self { binary: binary.to_owned(), data: data.to_owned(), database: None }
    }

    /// The same as a node on the PostgreSQL database at `url`.
    #[must_use]
    pub fn on(mut self, url: &str) -> Self {
        self.database = Some(url.to_owned());
        self
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Starts a command; its data is JSON.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Running> {
        let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--json").arg("--data-dir").arg(&self.data);
        command.env_remove("CONSENTRY_DATA_DIR").env_remove(DATABASE).stdin(Stdio::null());
        // Not as an argument, which everybody can read and which holds the password.
        command.envs(self.database.iter().map(|url| (DATABASE, url)));
        command.stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
        let begun = now();
        let child = command.spawn().with_context(|| format!("can't start {}", self.binary.display()))?;
        let line: Vec<_> = arguments.iter().map(|argument| argument.as_ref().to_string_lossy()).collect();
        Ok(Running { child, line: line.join(" "), stdout, stderr, begun, guard: None })
    }

    /// The same for one that may not end by itself: it is killed, too, when this process is.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start_guarded<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Running> {
        let mut running = self.start(arguments)?;
        running.guard = Some(Guard::new(STOP, &[running.child.id().to_string().as_ref()])?);
        Ok(running)
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it can't be started or hangs.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Ended> {
        self.start(arguments)?.wait(PATIENCE)
    }

    /// Runs a command that must end well and gives the JSON that it prints.
    ///
    /// # Errors
    /// When it doesn't.
    pub fn json<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Value> {
        self.run(arguments)?.json(&[0])
    }

    /// Starts `serve` on a free port and waits until it says that it listens.
    ///
    /// # Errors
    /// When it ends or says nothing.
    pub fn serve(&self) -> Result<(Running, u16)> {
        self.serve_with(&[])
    }

    /// The same with more arguments.
    ///
    /// # Errors
    /// When it ends or says nothing.
    pub fn serve_with(&self, arguments: &[&OsStr]) -> Result<(Running, u16)> {
        let serve = ["serve", "--listen", "127.0.0.1:0"].map(OsStr::new);
        let mut running = self.start_guarded(&[&serve, arguments].concat())?;
        let mut port = None;
        poll_until(PATIENCE, || {
            port = running.said(SERVING)?.and_then(|rest| rest.split('/').next()?.parse().ok());
            Ok(port.is_some() || running.child.try_wait()?.is_some())
        })?;
        let said = read(&running.stderr)?;
        Ok((running, port.with_context(|| format!("`serve` doesn't serve: {}", shown(&said)))?))
    }
}

/// A command that runs; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    line: String,
    stdout: File,
    stderr: File,
    begun: Instant,
    guard: Option<Guard>,
}

impl Running {
    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// When it takes longer than `limit`; it is killed then.
    pub fn wait(mut self, limit: Duration) -> Result<Ended> {
        let mut usage = Usage::default();
        let mut code = None;
        let ended = poll_until(limit, || {
            usage.look_at(self.child.id());
            let status = self.child.try_wait()?;
            code = status.and_then(|status| status.code());
            Ok(status.is_some())
        })?;
        let took = self.begun.elapsed();
        if !ended {
            bail!("`{}` hung: no end after {} s", self.line, limit.as_secs());
        }
        let (stdout, stderr) = (read(&self.stdout)?, read(&self.stderr)?);
        Ok(Ended { line: self.line.clone(), code, stdout, stderr, took, usage })
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// When the system doesn't say.
    pub fn runs(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// SIGKILL, at once. Answers whether it was still running.
    ///
    /// # Errors
    /// When the signal can't be sent.
    pub fn kill(mut self) -> Result<bool> {
        let ran = self.runs()?;
        self.end()?;
        Ok(ran)
    }

    fn end(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        drop(self.guard.take());
        Ok(())
    }

    /// The rest of the line of standard error that has `mark` in it.
    fn said(&self, mark: &str) -> Result<Option<String>> {
        let text = read(&self.stderr)?;
        let rest = text.split_once(mark).and_then(|(_, rest)| rest.split_once('\n'));
        Ok(rest.map(|(line, _)| line.to_owned()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone is fine.
        let _ = self.end();
    }
}

/// All that stands in the file, without moving the place where its writer goes on.
fn read(file: &File) -> Result<String> {
    let length = usize::try_from(file.metadata()?.len())?.min(OUTPUT_BYTES_MAX);
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
