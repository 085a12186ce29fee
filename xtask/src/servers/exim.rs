//! A real exim4 of our own, for the bounces it writes. Debian's package can't be installed beside Postfix, so its program is
//! unpacked into a folder of ours; configuration, queue and mail are in a temporary folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use tempfile::TempDir;

use super::guard::Guard;
use super::{PATIENCE, User, accepts, find_program, free_port, is_root, output_of, poll_until, skip};
use crate::process::stream;
use crate::workspace_root;

const PORT_ATTEMPTS: usize = 3;
/// Whom Debian's build of exim4 runs as; the name is compiled in.
pub(crate) const USER: &str = "Debian-exim";
/// The name is looked at because the number may belong to somebody else by then.
const CLEAN_UP: &str = r#"
pid=$(cat "$1/spool/exim.pid" 2>/dev/null)
if [ -n "$pid" ] && grep -q exim4 "/proc/$pid/comm" 2>/dev/null; then kill "$pid"; fi
rm -rf "$1"
"#;

/// A running exim4 that takes any mail from us and bounces what it can't deliver. In `example.com` the mailbox `full` is over
/// its quota, and nobody else exists; of other domains it knows only that of the bounces.
#[derive(Debug)]
pub struct Exim {
    // Dropped first: stops exim, removes the folder.
    _guard: Guard,
    folder: TempDir,
    port: u16,
}

impl Exim {
    /// Starts it. Bounces to `domain` go by SMTP to `port` of 127.0.0.1. `None` without root or without exim4.
    pub fn start(domain: &str, port: u16) -> Result<Option<Self>> {
        let what = "an exim4 of our own";
        if !is_root() {
            return skip(what, "it needs root");
        }
        let Some(program) = program().filter(|_| has_user()) else {
            return skip(what, "Debian's exim4-daemon-light isn't unpacked; `cargo xtask test` does it");
        };
        for _ in 0..PORT_ATTEMPTS {
            let own = free_port()?;
            if let Some(running) = Self::start_on(own, &program, domain, port)? {
                return Ok(Some(running));
            }
        }
        bail!("exim4 doesn't answer, {PORT_ATTEMPTS} times")
    }

    fn start_on(port: u16, program: &Path, domain: &str, bounces: u16) -> Result<Option<Self>> {
        let folder = tempfile::Builder::new().prefix("consentry-exim-").tempdir()?;
        let guard = Guard::new(CLEAN_UP, &[folder.path().as_os_str()])?;
        let path = |name: &str| folder.path().join(name);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        for name in ["spool", "log", "mail"] {
            fs::create_dir(path(name))?;
            output_of(Command::new("chown").arg(format!("{USER}:")).arg(path(name)))?;
        }
        // Exim starts itself anew for each delivery, as its user: the build folder may not be that user's to enter.
        fs::copy(program, path("exim4"))?;
        fs::write(path("exim.conf"), configuration(folder.path(), port, domain, bounces))?;
        let mut start = Command::new(path("exim4"));
        start.arg("-C").arg(path("exim.conf")).arg("-bd");
        stream(start.stdout(Stdio::null()).stderr(Stdio::null()))?;
        let up = poll_until(PATIENCE, || Ok(accepts(port)))?;
        Ok(up.then_some(Self { _guard: guard, folder, port }))
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its log so far. Holds addresses: for messages of failing tests only.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log/mainlog")).unwrap_or_default()
    }
}

/// Where exim4 is: installed, or unpacked by us.
fn program() -> Option<PathBuf> {
    let unpacked = folder().join("usr/sbin/exim4");
    find_program("exim4").or_else(|| unpacked.is_file().then_some(unpacked))
}

/// Whether it can run: the program, and the user that it insists on.
pub(crate) fn is_ready() -> bool {
    program().is_some() && has_user()
}

/// Whether its user is there.
pub(crate) fn has_user() -> bool {
    User::named(USER).is_some()
}

/// Where the package is unpacked.
pub(crate) fn folder() -> PathBuf {
    workspace_root().join("target/exim4")
}

fn configuration(folder: &Path, port: u16, domain: &str, bounces: u16) -> String {
    let folder = folder.display();
    format!(
        "exim_path = {folder}/exim4
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/spool/exim.pid
local_interfaces = <; 127.0.0.1
daemon_smtp_ports = {port}
primary_hostname = mx.test.invalid
acl_smtp_rcpt = everything
host_lookup =
rfc1413_hosts =
keep_environment =
add_environment =
tls_advertise_hosts =
deliver_drop_privilege
# A name server that doesn't answer says that nothing exists.
dns_again_means_nonexist = *
begin acl
everything:
  accept
begin routers
bounces:
  driver = manualroute
  domains = {domain}
  route_list = * 127.0.0.1 byname
  self = send
  transport = bounces
full:
  driver = accept
  domains = example.com
  local_parts = full
  transport = mailbox
nobody:
  driver = redirect
  domains = example.com
  allow_fail
  data = :fail: Unknown user
away:
  driver = dnslookup
  domains = !example.com
  transport = remote
begin transports
bounces:
  driver = smtp
  port = {bounces}
  allow_localhost
remote:
  driver = smtp
mailbox:
  driver = appendfile
  file = {folder}/mail/full
  quota = 1K
# Without a rule nothing is tried again: a mailbox that is full bounces at once.
begin retry
"
    )
}
