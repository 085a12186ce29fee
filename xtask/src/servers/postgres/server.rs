//! One server: how it is made, started, asked and stopped. What cleans up after it is its owner's.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use super::super::{User, is_root, make_certificate, output_of};
use super::{ClusterOptions, PORT_ATTEMPTS, process, program, random_hex, steady_port};

/// The superuser, over TCP with a password.
const SUPERUSER: &str = "tester";
/// Seconds that `pg_ctl` waits for a start, recovery included, or a stop.
const PG_CTL_SECONDS: &str = "120";
/// Lines of the log that an error shows.
const LOG_LINES_SHOWN: usize = 20;
/// Longest name of a database, in bytes (`NAMEDATALEN` - 1).
const NAME_BYTES_MAX: usize = 63;

/// How `pg_ctl` stops a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopMode {
    /// Connections are cut, everything is written out.
    Fast,
    /// As in a crash: recovery at the next start.
    Immediate,
}

impl StopMode {
    const fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Immediate => "immediate",
        }
    }
}

/// A PostgreSQL server in a folder.
#[derive(Clone, Debug)]
pub struct Server {
    folder: PathBuf,
    port: u16,
    password: String,
    tls: bool,
    user: Option<User>,
}

impl Server {
    /// Describes a server that isn't there yet.
    pub(super) fn new(folder: &Path, tls: bool) -> Result<Self> {
        Ok(Self::known(folder, 0, random_hex(16)?, tls))
    }

    /// Describes a server that somebody else has started.
    pub(super) fn known(folder: &Path, port: u16, password: String, tls: bool) -> Self {
        Self { folder: folder.to_owned(), port, password, tls, user: server_user() }
    }

    /// Whom it runs as, if not us.
    pub(super) fn user(&self) -> Option<User> {
        self.user
    }

    pub(super) fn has_tls(&self) -> bool {
        self.tls
    }

    /// The superuser's password.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where a client finds `database`, as the superuser, with its password.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// Where a client finds `database` on whichever of this server and `other` is the primary. The other must be a copy of
    /// this one, since they share the password.
    pub fn url_with(&self, other: &Self, database: &str) -> String {
        let (one, two) = (self.port, other.port);
        format!("postgres://{SUPERUSER}:{}@127.0.0.1:{one},127.0.0.1:{two}/{database}", self.password)
    }

    /// The certificate that the server shows (PEM, signed by itself), for clients to trust; it is made only with
    /// [`ClusterOptions::tls`].
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Gives a file or folder to the server's user.
    pub(super) fn own(&self, path: &Path) -> Result<()> {
        let Some(user) = self.user else { return Ok(()) };
        chown(path, Some(user.uid), Some(user.gid))
            .with_context(|| format!("can't give away {}", path.display()))
    }

    /// A program of PostgreSQL, as the server's user, that knows nothing of other servers.
    fn command(&self, name: &str) -> Result<Command> {
        let mut command = Command::new(program(name).with_context(|| format!("{name} isn't installed"))?);
        if let Some(user) = self.user {
            user.applied_to(&mut command);
        }
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("HOME", &self.folder).current_dir(&self.folder).stdin(Stdio::null());
        Ok(command)
    }

    /// A client program of PostgreSQL that talks to this server over TCP: `pgbench`, `psql`.
    ///
    /// # Errors
    /// When it isn't installed.
    pub fn client(&self, name: &str) -> Result<Command> {
        let mut command = self.command(name)?;
        command.env("PGPASSWORD", &self.password);
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", SUPERUSER]);
        Ok(command)
    }

    /// Makes the empty databases and the settings.
    pub(super) fn make(&self, options: &ClusterOptions) -> Result<()> {
        let file = self.folder.join("password");
        self.write(&file, &self.password)?;
        let mut initdb = self.command("initdb")?;
        initdb.arg("-D").arg(self.data()).args([
            "-U",
            SUPERUSER,
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        // The folder, and with it the socket, belongs to the server's user alone.
        initdb.args(["--auth-local=trust", "--auth-host=scram-sha-256"]).arg("--pwfile").arg(&file);
        output_of(&mut initdb)?;
        let durable = if options.durable { "on" } else { "off" };
        self.set(&[
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", &self.folder.display().to_string()),
            ("wal_level", "replica"),
            ("fsync", durable),
            ("full_page_writes", durable),
            // Its files lie in our folder, so that a kill leaves nothing in /dev/shm.
            ("dynamic_shared_memory_type", "mmap"),
            ("max_connections", "200"),
        ])?;
        if self.tls {
            self.set_certificate()?;
        }
        let more: Vec<_> = options.settings.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.set(&more)
    }

    fn set_certificate(&self) -> Result<()> {
        let key = self.folder.join("key.pem");
        make_certificate(&self.certificate(), &key)?;
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
        self.own(&key)?;
        self.own(&self.certificate())?;
        let (certificate, key) = (self.certificate().display().to_string(), key.display().to_string());
        self.set(&[("ssl", "on"), ("ssl_cert_file", &certificate), ("ssl_key_file", &key)])
    }

    /// Makes the data of a server that follows `primary` and calls itself `name` there.
    pub(super) fn copy_of(&mut self, primary: &Self, name: &str) -> Result<()> {
        self.password.clone_from(&primary.password);
        let mut copy = self.command("pg_basebackup")?;
        copy.arg("-D").arg(self.data()).args(["-R", "-X", "stream", "-c", "fast", "--no-sync", "-d"]);
        copy.arg(format!("{}?application_name={name}", primary.url("")));
        output_of(&mut copy)?;
        let folder = self.folder.display().to_string();
        // After a promotion it waits for nobody.
        self.set(&[("unix_socket_directories", &folder), ("synchronous_standby_names", "")])?;
        if self.tls { self.set_certificate() } else { Ok(()) }
    }

    /// Adds settings, which win over those before; a running server takes most of them at a reload.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn set(&self, settings: &[(&str, &str)]) -> Result<()> {
        let mut file = fs::OpenOptions::new().append(true).open(self.data().join("postgresql.conf"))?;
        for (name, value) in settings {
            writeln!(file, "{name} = '{}'", value.replace('\'', "''"))?;
        }
        Ok(())
    }

    fn write(&self, file: &Path, text: &str) -> Result<()> {
        fs::write(file, text)?;
        fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
        self.own(file)
    }

    pub(super) fn start_on_free_port(&mut self) -> Result<()> {
        for _ in 0..PORT_ATTEMPTS {
            self.port = steady_port()?;
            self.set(&[("port", &self.port.to_string())])?;
            match self.start() {
                Ok(()) => return Ok(()),
                Err(error) if !self.log_end().contains("Address already in use") => return Err(error),
                Err(_) => {}
            }
        }
        bail!("found no port for PostgreSQL in {PORT_ATTEMPTS} attempts")
    }

    /// Starts it after [`Self::stop`] or [`Self::kill9_postmaster`], on the port that it had; waits until it answers.
    ///
    /// # Errors
    /// When it doesn't start; the error shows its log.
    pub fn start(&self) -> Result<()> {
        self.control(&["start"])
    }

    /// Stops it.
    ///
    /// # Errors
    /// When it doesn't stop.
    pub fn stop(&self, mode: StopMode) -> Result<()> {
        self.control(&["stop", "-m", mode.name()])
    }

    /// Stops it, if it runs, and starts it again.
    ///
    /// # Errors
    /// When it doesn't stop or doesn't start; the error shows its log.
    pub fn restart(&self, mode: StopMode) -> Result<()> {
        self.control(&["restart", "-m", mode.name()])
    }

    /// Makes a standby take writes; waits until it does.
    ///
    /// # Errors
    /// When it is no standby.
    pub fn promote(&self) -> Result<()> {
        self.control(&["promote"])
    }

    fn control(&self, arguments: &[&str]) -> Result<()> {
        let mut pg_ctl = self.command("pg_ctl")?;
        pg_ctl.args(arguments).arg("-D").arg(self.data()).args(["-w", "-s", "-t", PG_CTL_SECONDS]);
        if !matches!(arguments, ["stop" | "promote", ..]) {
            pg_ctl.arg("-l").arg(self.folder.join("log"));
        }
        let log = || format!("PostgreSQL's log ends with:\n{}", self.log_end());
        output_of(&mut pg_ctl).map(drop).with_context(log)
    }

    /// SIGKILL to the postmaster, as the kernel does when memory runs out. Waits until its other processes, which notice by
    /// themselves, are gone.
    ///
    /// # Errors
    /// When it doesn't run.
    pub fn kill9_postmaster(&self) -> Result<()> {
        let file = self.data().join("postmaster.pid");
        let text = fs::read_to_string(&file).context("PostgreSQL doesn't run")?;
        let postmaster = text.lines().next().and_then(|line| line.trim().parse().ok());
        let postmaster = postmaster.context("PostgreSQL's pid file has no pid")?;
        process::kill_parent(postmaster)?;
        if !process::is_reaped(postmaster)? {
            // The next start would take the dead process for a live one.
            fs::remove_file(file)?;
        }
        Ok(())
    }

    /// What `sql` answers in the database `postgres`: rows as lines, columns with `|` between them.
    ///
    /// # Errors
    /// When the server isn't there or refuses the statement.
    pub fn psql(&self, sql: &str) -> Result<String> {
        self.psql_in("postgres", sql)
    }

    /// The same in `database`.
    ///
    /// # Errors
    /// When the server isn't there or refuses the statement.
    pub fn psql_in(&self, database: &str, sql: &str) -> Result<String> {
        let mut psql = self.command("psql")?;
        psql.arg("-h").arg(&self.folder).args([
            "-p",
            &self.port.to_string(),
            "-U",
            SUPERUSER,
            "-d",
            database,
        ]);
        psql.args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        Ok(String::from_utf8_lossy(&output_of(&mut psql)?).trim_end().to_owned())
    }

    /// Makes a database as a copy of `template`, to which nobody may be connected (`template0`: an empty one).
    ///
    /// # Errors
    /// When there is one of that name already.
    pub fn create_database(&self, name: &str, template: &str) -> Result<()> {
        let sql = format!("CREATE DATABASE {} TEMPLATE {}", quoted(name)?, quoted(template)?);
        self.psql(&sql).map(drop)
    }

    /// Removes a database, connections or not.
    ///
    /// # Errors
    /// When the server isn't there.
    pub fn drop_database(&self, name: &str) -> Result<()> {
        self.psql(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name)?)).map(drop)
    }

    /// The last lines of the server's log. Can hold what was in statements: for messages of failing tests only.
    pub fn log_end(&self) -> String {
        let log = fs::read(self.folder.join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
    }
}

/// A database's name as it stands in a statement; only plain ones are taken.
pub(super) fn quoted(name: &str) -> Result<String> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    ensure!(
        !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.chars().all(plain),
        "`{name}` is no name for a database here"
    );
    Ok(format!("\"{name}\""))
}

/// PostgreSQL refuses to run as root.
fn server_user() -> Option<User> {
    if is_root() { User::named("postgres").or_else(|| User::named("nobody")) } else { None }
}
