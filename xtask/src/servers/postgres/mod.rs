//! A real PostgreSQL of our own: its data, socket and log in a temporary folder, on a free port of 127.0.0.1, with standbys
//! that can be promoted, and with the faults that nodes must live through. Whatever PostgreSQL the machine runs is left alone.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Deref;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

use super::guard::Guard;
use super::{PATIENCE, find_program, poll_until, skip};

mod process;
mod server;
mod shared;

pub use server::{Server, StopMode};
pub use shared::{Database, Shared, shared};

const WHAT: &str = "a PostgreSQL of our own";
const PORT_ATTEMPTS: usize = 5;
/// Where a port is looked for: below those that the system gives to outgoing connections, so that nobody takes it while the
/// server is down on purpose.
const PORTS: std::ops::Range<u16> = 12_000..32_000;
/// Debian keeps each version's programs in a folder of its own.
const VERSIONS: &str = "/usr/lib/postgresql";
const PROGRAMS: [&str; 5] = ["initdb", "pg_ctl", "pg_basebackup", "pgbench", "psql"];

/// Stops the postmaster, waits until it is gone, ends what is left of it in this folder, removes everything. Runs as the
/// server's user, since others may not see where its processes are.
const CLEAN_UP: &str = r#"
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd")" = "$1/data" ]; then
  kill -QUIT "$pid"
  n=0
  while [ $n -lt 500 ] && grep -q '^State:.[^Z]' "/proc/$pid/status" 2>/dev/null; do sleep 0.01; n=$((n + 1)); done
fi
for process in /proc/[0-9]*; do
  if [ "$(readlink "$process/cwd" 2>/dev/null)" = "$1/data" ]; then kill -9 "${process#/proc/}"; fi
done
segment=$(sed -n '7s/.* //p' "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$segment" ]; then ipcrm -m "$segment"; fi
rm -rf "$@"
"#;

/// How a [`Cluster`] behaves.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// Lines of `postgresql.conf`, name and value; they win over ours.
    pub settings: Vec<(String, String)>,
    /// Commits reach the disk. Without, tests are faster, and what they leave behind is of no worth.
    pub durable: bool,
    /// TLS with a throwaway certificate for `localhost` and 127.0.0.1; connections without TLS are still taken.
    pub tls: bool,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self { settings: Vec::new(), durable: true, tls: false }
    }
}

impl ClusterOptions {
    /// For tests that start no fault in the server: fast, and for many connections.
    pub fn for_tests() -> Self {
        let settings = [("max_connections", "500")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { settings: settings.to_vec(), durable: false, tls: false }
    }
}

/// A running PostgreSQL; stopped and removed when dropped.
#[derive(Debug)]
pub struct Cluster {
    // Dropped first: stops the server, removes the folder.
    _guard: Guard,
    folder: TempDir,
    server: Server,
}

impl Deref for Cluster {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// Whether all programs are there.
pub(crate) fn is_installed() -> bool {
    missing().is_empty()
}

fn missing() -> Vec<&'static str> {
    PROGRAMS.into_iter().filter(|name| program(name).is_none()).collect()
}

/// A program of the newest version in Debian's folders, else the one in `PATH`.
fn program(name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let mut versions: Vec<u32> =
        versions.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable();
    let newest = versions
        .into_iter()
        .rev()
        .map(|version| PathBuf::from(VERSIONS).join(version.to_string()).join("bin").join(name));
    newest.into_iter().find(|file| file.is_file()).or_else(|| find_program(name))
}

/// `Some` when a server can be started here.
fn possible() -> Result<Option<()>> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(Some(()));
    }
    skip(WHAT, &format!("Debian's package postgresql isn't installed ({} missing)", missing.join(", ")))
}

impl Cluster {
    /// Starts an instance with an empty database `postgres` and waits until it answers. `None` without PostgreSQL's programs.
    ///
    /// # Errors
    /// When it doesn't start; the error shows its log.
    pub fn start(options: &ClusterOptions) -> Result<Option<Self>> {
        let Some(()) = possible()? else { return Ok(None) };
        let cluster = Self::empty(options.tls)?;
        cluster.server.make(options)?;
        Self::with_port(cluster).map(Some)
    }

    /// The folder of a server that isn't there yet.
    fn empty(tls: bool) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("consentry-postgres-").tempdir()?;
        let server = Server::new(folder.path(), tls)?;
        server.own(folder.path())?;
        let guard = Guard::of_user(server.user(), CLEAN_UP, &[folder.path().as_os_str()])?;
        Ok(Self { _guard: guard, folder, server })
    }

    fn with_port(mut self) -> Result<Self> {
        self.server.start_on_free_port()?;
        Ok(self)
    }

    /// A copy of this server that follows it. When `synchronous`, no commit here is acknowledged before it is on the disk
    /// there. Once promoted it is a server of its own.
    ///
    /// # Errors
    /// When it can't be made, or doesn't catch up.
    pub fn standby(&self, synchronous: bool) -> Result<Self> {
        let mut standby = Self::empty(self.server.has_tls())?;
        let name = format!("standby_{}", random_hex(4)?);
        standby.server.copy_of(&self.server, &name)?;
        let standby = standby.with_port()?;
        let follows = format!(
            "SELECT EXISTS (SELECT FROM pg_stat_replication \
             WHERE application_name = '{name}' AND state = 'streaming')"
        );
        if !poll_until(PATIENCE, || Ok(self.psql(&follows)? == "t"))? {
            bail!("the standby doesn't follow; its log ends with:\n{}", standby.log_end());
        }
        if synchronous {
            self.server.set(&[("synchronous_standby_names", &name)])?;
            self.psql("SELECT pg_reload_conf()")?;
            let waits = format!(
                "SELECT EXISTS (SELECT FROM pg_stat_replication \
                 WHERE application_name = '{name}' AND sync_state = 'sync')"
            );
            ensure!(poll_until(PATIENCE, || Ok(self.psql(&waits)? == "t"))?, "the standby isn't synchronous");
        }
        Ok(standby)
    }

    /// The folder that holds all of this instance.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

/// A port that was free a moment ago, and that the system gives to nobody by itself.
fn steady_port() -> Result<u16> {
    let start = usize::from_str_radix(&random_hex(4)?, 16)?;
    let count = PORTS.len();
    let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let ports = (0..count).filter_map(|step| u16::try_from((start + step) % count).ok());
    ports.map(|port| PORTS.start + port).find(free).context("no free port on 127.0.0.1")
}

/// So many random bytes, in hexadecimal.
fn random_hex(bytes: usize) -> Result<String> {
    use std::fmt::Write as _;
    use std::io::Read as _;
    let mut random = vec![0_u8; bytes];
    fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    let mut text = String::new();
    for byte in random {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}
