//! Real servers and independent tools that tests, benchmarks and fault injection run against.
//!
//! | type | what it is |
//! |---|---|
//! | [`Postfix`] | a mail server of our own that delivers into a folder |
//! | [`Exim`] | a mail server of our own that bounces everything |
//! | [`Dovecot`] | an IMAP server of our own |
//! | [`Cluster`] | a PostgreSQL of our own, with standbys; [`shared`] is one for all tests of a run |
//! | [`SmtpSink`], [`smtp_source`] | Postfix's load generator pair |
//! | [`dkim`] | a DKIM verifier that shares no code with ours |
//! | [`Browser`] | Chromium, driven by a script |
//! | [`Signer`] | signs webhooks as relay services do |
//! | [`TextSigner`] | signs webhooks as providers of text messages do |
//! | [`Tmpfs`] | a small file system to fill up |
//!
//! All listen on 127.0.0.1 and keep everything in a temporary folder. Each ends, with its processes and files, when it is
//! dropped, and also when the process that started it is killed (see [`guard`]).
//!
//! Where something can't run (no root, a program missing), `start` fails and says what to install. Only where somebody allows it
//! ([`MAY_SKIP`]) does it print why and give `None`, and the test returns early.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

pub(crate) mod api;
pub(crate) mod browser;
pub mod dkim;
pub(crate) mod dovecot;
pub(crate) mod exim;
pub mod guard;
mod postfix;
pub(crate) mod postgres;
mod sink;
pub(crate) mod texts;
mod tmpfs;
pub(crate) mod webhooks;

pub use api::schemathesis;
pub use browser::Browser;
pub use dovecot::Dovecot;
pub use exim::Exim;
pub use postfix::{Options as PostfixOptions, Postfix};
pub use postgres::{Cluster, ClusterOptions, Database, Server, Shared, StopMode, shared};
pub use sink::{SmtpSink, Source, smtp_source};
pub use texts::{TextProviders, TextSigner};
pub use tmpfs::Tmpfs;
pub use webhooks::Signer;

/// When this environment variable is set, tests that can't run pass. Without it they fail, so that nobody takes for tested
/// what never ran.
pub const MAY_SKIP: &str = "CONSENTRY_TESTS_MAY_SKIP";

/// How long a server may take to start or to stop before it counts as broken.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// A port on 127.0.0.1 that was free a moment ago. Another process can take it before it is used: who starts a server
/// on it tries again with another.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

/// Whom a server runs as, when we are root and it refuses to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    uid: u32,
    gid: u32,
}

impl User {
    /// The user of this name, from `/etc/passwd`.
    fn named(name: &str) -> Option<Self> {
        let users = std::fs::read_to_string("/etc/passwd").ok()?;
        users.lines().find_map(|line| {
            let fields: Vec<_> = line.split(':').collect();
            let number = |at: usize| fields.get(at)?.parse().ok();
            (fields.first() == Some(&name)).then_some(Self { uid: number(2)?, gid: number(3)? })
        })
    }

    /// The command runs as this user, without our other groups.
    fn applied_to(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }
}

/// Where the executable `name` is, looked for in `PATH` and in the folders of system programs.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

/// An error, or `Ok(None)` with a message where tests may be skipped.
///
/// # Errors
/// Unless [`MAY_SKIP`] is set.
pub fn skip<T>(what: &str, reason: &str) -> Result<Option<T>> {
    if std::env::var_os(MAY_SKIP).is_none() {
        bail!(
            "{what} can't run here: {reason}\n\
             hint: `cargo xtask test` as root installs what tests need; with {MAY_SKIP}=1 those that can't run are skipped"
        );
    }
    eprintln!("skipped: {what} can't run here: {reason}");
    Ok(None)
}

/// Asks `done` every few milliseconds; `Ok(false)` when it never said yes within `limit`.
pub fn poll_until(limit: Duration, mut done: impl FnMut() -> Result<bool>) -> Result<bool> {
    let rounds = limit.as_millis() / POLL.as_millis();
    for _ in 0..=rounds {
        if done()? {
            return Ok(true);
        }
        thread::sleep(POLL);
    }
    Ok(false)
}

/// Whether something accepts connections on `port` of 127.0.0.1.
fn accepts(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Runs a command to its end and gives its standard output; an error shows what it printed.
fn output_of(command: &mut Command) -> Result<Vec<u8>> {
    let output =
        command.output().with_context(|| format!("can't start {}", command.get_program().display()))?;
    if !output.status.success() {
        bail!(
            "{} failed ({}): {}{}",
            command.get_program().display(),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(output.stdout)
}

/// Makes a throwaway certificate for `localhost` and 127.0.0.1, signed by itself, and its key (both PEM).
fn make_certificate(certificate: &Path, key: &Path) -> Result<()> {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
    openssl.args(["-days", "2", "-subj", "/CN=localhost"]);
    openssl.args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-keyout").arg(key).arg("-out").arg(certificate);
    output_of(&mut openssl).map(drop)
}
