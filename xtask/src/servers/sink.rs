//! Postfix's `smtp-sink` and `smtp-source`: a server that throws mail away and a client that sends as fast as it can.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::guard::Guard;
use super::{PATIENCE, accepts, find_program, free_port, is_root, output_of, poll_until, skip};

/// Connections that may wait to be accepted.
const BACKLOG: &str = "1024";
const PORT_ATTEMPTS: usize = 3;
/// The name is looked at because the number may belong to somebody else by then.
const STOP: &str = r#"grep -q smtp-sink "/proc/$1/comm" && kill "$1""#;

/// A running `smtp-sink`: takes any mail for anybody, keeps none, counts.
#[derive(Debug)]
pub struct SmtpSink {
    port: u16,
    child: Child,
    counter: Option<JoinHandle<()>>,
    mails: Arc<AtomicU64>,
    guard: Option<Guard>,
}

impl SmtpSink {
    /// Starts it with further `options` of smtp-sink(1), such as `-e` (no ESMTP), `-r RCPT` (refuse softly), `-w 1` (slow).
    /// Counting (`-c`) is always on. `None` when it isn't installed.
    pub fn start(options: &[&str]) -> Result<Option<Self>> {
        let Some(program) = find_program("smtp-sink") else {
            return skip("smtp-sink", "Debian's package postfix isn't installed");
        };
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port()?;
            let mut command = Command::new(&program);
            if is_root() {
                // It refuses to run as root.
                command.args(["-u", "nobody"]);
            }
            let mut child = command
                .arg("-c")
                .args(options)
                .args([&format!("inet:127.0.0.1:{port}"), BACKLOG])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .process_group(0)
                .spawn()
                .context("can't start smtp-sink")?;
            let guard = Guard::new(STOP, &[child.id().to_string().as_ref()])?;
            let up = poll_until(PATIENCE, || Ok(child.try_wait()?.is_some() || accepts(port)))?;
            if !up || child.try_wait()?.is_some() {
                continue;
            }
            let mails = Arc::new(AtomicU64::new(0));
            let stdout = child.stdout.take().context("smtp-sink has no output")?;
            let counter = Some(thread::spawn({
                let mails = Arc::clone(&mails);
                move || count(stdout, &mails)
            }));
            return Ok(Some(Self { port, child, counter, mails, guard: Some(guard) }));
        }
        bail!("smtp-sink ended at once, {PORT_ATTEMPTS} times")
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many mails it has taken in so far. Lags behind by the moment that its output takes.
    pub fn mails(&self) -> u64 {
        self.mails.load(Ordering::Relaxed)
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        drop(self.guard.take());
        // Already gone is fine.
        let _ = self.child.wait();
        if let Some(counter) = self.counter.take() {
            let _ = counter.join();
        }
    }
}

/// Follows what `-c` prints: `sess=N quit=N mesg=N` and a carriage return, over and over.
fn count(mut output: impl std::io::Read, mails: &AtomicU64) {
    let mut buffer = [0; 4096];
    let mut line = String::new();
    while let Ok(length @ 1..) = output.read(&mut buffer) {
        for byte in &buffer[..length] {
            if !matches!(byte, b'\r' | b'\n') {
                line.push(char::from(*byte));
                continue;
            }
            if let Some(number) = mail_count(&line) {
                mails.store(number, Ordering::Relaxed);
            }
            line.clear();
        }
    }
}

fn mail_count(line: &str) -> Option<u64> {
    line.split_whitespace().find_map(|field| field.strip_prefix("mesg=")?.parse().ok())
}

/// What `smtp-source` shall send.
#[derive(Clone, Debug)]
pub struct Source {
    /// How many mails in all.
    pub mails: u64,
    /// How many sessions at once.
    pub sessions: u32,
    /// A mail to send instead of a generated one: header, empty line, body. smtp-source adds one empty line at its end.
    pub message: Option<Vec<u8>>,
    /// The envelope sender.
    pub from: String,
    /// The envelope recipient.
    pub to: String,
    /// Further options of smtp-source(1), such as `-d` (several mails per session).
    pub options: Vec<String>,
}

/// Sends mails to `port` of 127.0.0.1 and gives the time it took. `None` when `smtp-source` isn't installed.
#[expect(clippy::disallowed_methods, reason = "this measures real time")]
pub fn smtp_source(port: u16, source: &Source) -> Result<Option<Duration>> {
    let Some(program) = find_program("smtp-source") else {
        return skip("smtp-source", "Debian's package postfix isn't installed");
    };
    let mut command = Command::new(program);
    command.args(["-m", &source.mails.to_string(), "-s", &source.sessions.to_string()]);
    command.args(["-f", &source.from, "-t", &source.to]).args(&source.options);
    let file = tempfile::NamedTempFile::new()?;
    if let Some(message) = &source.message {
        std::fs::write(file.path(), message)?;
        command.arg("-F").arg(file.path());
    }
    command.arg(format!("inet:127.0.0.1:{port}"));
    let start = Instant::now();
    output_of(&mut command)?;
    Ok(Some(start.elapsed()))
}
