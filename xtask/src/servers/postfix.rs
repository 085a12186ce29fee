//! A real Postfix of our own: its configuration, queue and mail in a temporary folder, on a free port, relaying nothing and
//! asking no name server. Whatever Postfix the machine runs is left alone.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use super::guard::Guard;
use super::{
    PATIENCE, accepts, find_program, free_port, is_root, make_certificate, output_of, poll_until, skip,
};

const PORT_ATTEMPTS: usize = 5;
/// The user `nobody`, who owns delivered mail. Postfix delivers as no system user.
const DELIVERY_ID: u32 = 65534;
/// Lines of the log that an error shows.
const LOG_LINES_SHOWN: usize = 20;

/// Stops master by its own pid file, waits until it is gone, removes everything.
const CLEAN_UP: &str = r#"
pid=$(tr -d ' ' <"$1/queue/pid/master.pid" 2>/dev/null)
if [ -n "$pid" ] && grep -q master "/proc/$pid/comm" 2>/dev/null; then
  kill "$pid"
  n=0
  while [ $n -lt 500 ] && grep -q '^State:.[^Z]' "/proc/$pid/status" 2>/dev/null; do sleep 0.01; n=$((n + 1)); done
  kill -9 -- "-$pid" 2>/dev/null
fi
rm -rf "$1"
"#;

/// How a [`Postfix`] behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Domains it takes mail for, every local part. Name the envelope sender's domain too to get bounces delivered.
    pub domains: Vec<String>,
    /// Offer SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
    /// Offer STARTTLS with a throwaway certificate for `localhost` and 127.0.0.1.
    pub starttls: bool,
    /// Recipients refused at RCPT, with the reply: `("gone@example.com", "550 5.1.1 no such user")`.
    pub refuse: Vec<(String, String)>,
    /// Recipients accepted first and bounced then, with a delivery status notification (RFC 3464) to the envelope sender.
    pub bounce: Vec<String>,
    /// Further lines of `main.cf`, which win.
    pub main_cf: Vec<String>,
    /// Further lines of `master.cf`: services that it lacks, such as the SMTP client.
    pub master_cf: Vec<String>,
    /// No name server is asked: only names of /etc/hosts exist.
    pub offline: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            domains: vec!["example.com".to_owned()],
            smtputf8: true,
            starttls: false,
            refuse: Vec::new(),
            bounce: Vec::new(),
            main_cf: Vec::new(),
            master_cf: Vec::new(),
            offline: false,
        }
    }
}

/// A running Postfix; stopped and removed when dropped.
#[derive(Debug)]
pub struct Postfix {
    // Dropped first: stops Postfix, removes the folder.
    _guard: Guard,
    folder: TempDir,
    port: u16,
}

impl Postfix {
    /// Starts an instance and waits until it answers. `None` without root or without Postfix's programs.
    pub fn start(options: &Options) -> Result<Option<Self>> {
        let what = "a Postfix of our own";
        if !is_root() {
            return skip(what, "its master process needs root");
        }
        let (Some(postfix), Some(_)) = (find_program("postfix"), find_program("smtp-source")) else {
            return skip(what, "Debian's package postfix isn't installed");
        };
        for _ in 0..PORT_ATTEMPTS {
            if let Some(running) = Self::start_on(free_port()?, &postfix, options)? {
                return Ok(Some(running));
            }
        }
        bail!("found no port for Postfix in {PORT_ATTEMPTS} attempts")
    }

    fn start_on(port: u16, postfix: &Path, options: &Options) -> Result<Option<Self>> {
        let folder = tempfile::Builder::new().prefix("consentry-postfix-").tempdir()?;
        let guard = Guard::new(CLEAN_UP, &[folder.path().as_os_str()])?;
        let running = Self { _guard: guard, folder, port };
        running.write_configuration(options)?;
        let mut start = if options.offline { running.offline()? } else { Command::new("env") };
        output_of(start.arg(postfix).arg("-c").arg(running.path("config")).arg("start"))?;
        let answers = poll_until(PATIENCE, || Ok(accepts(port) || running.log().contains("fatal:")))?;
        let log = running.log();
        if log.contains("Address already in use") {
            return Ok(None);
        }
        if !answers || log.contains("fatal:") {
            bail!("Postfix doesn't answer; its log ends with:\n{}", running.log_end());
        }
        Ok(Some(running))
    }

    /// Runs what follows with a view of the file system in which names come from /etc/hosts alone.
    fn offline(&self) -> Result<Command> {
        let switch = self.path("config/nsswitch.conf");
        fs::write(&switch, "passwd: files\ngroup: files\nhosts: files\n")?;
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", r#"mount --bind "$0" /etc/nsswitch.conf && exec "$@""#]);
        command.arg(switch);
        Ok(command)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate that STARTTLS shows (PEM, signed by itself), for clients to trust.
    pub fn certificate(&self) -> PathBuf {
        self.path("config/cert.pem")
    }

    /// All mail delivered so far, oldest first, as the Maildir holds it: what was sent, below the `Return-Path`,
    /// `X-Original-To`, `Delivered-To` and `Received` that Postfix adds. Lines end with LF.
    pub fn mails(&self) -> Result<Vec<Vec<u8>>> {
        let folder = self.path("mail/all/new");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            files.push((entry.metadata()?.modified()?, entry.path()));
        }
        files.sort();
        files.iter().map(|(_, path)| fs::read(path).context("can't read a delivered mail")).collect()
    }

    /// Waits until at least `count` mails are delivered, and gives them.
    ///
    /// # Errors
    /// When there are fewer after `limit`; the error shows the end of Postfix's log.
    pub fn wait_for(&self, count: usize, limit: Duration) -> Result<Vec<Vec<u8>>> {
        let folder = self.path("mail/all/new");
        let delivered = || fs::read_dir(&folder).map_or(0, Iterator::count);
        if !poll_until(limit, || Ok(delivered() >= count))? {
            bail!("{} mails instead of {count}; Postfix's log ends with:\n{}", delivered(), self.log_end());
        }
        self.mails()
    }

    /// Postfix's log so far. Holds addresses: for messages of failing tests only.
    pub fn log(&self) -> String {
        fs::read(self.path("data/log"))
            .map_or_else(|_| String::new(), |log| String::from_utf8_lossy(&log).into_owned())
    }

    /// The folder that holds all of this instance.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn log_end(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
    }

    fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.folder.path().join(name.as_ref())
    }

    fn write_configuration(&self, options: &Options) -> Result<()> {
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o755))?;
        for name in ["config", "queue", "data", "mail"] {
            fs::create_dir(self.path(name))?;
        }
        output_of(Command::new("chown").arg("postfix").arg(self.path("data")))?;
        chown(self.path("mail"), Some(DELIVERY_ID), Some(DELIVERY_ID))?;
        if options.starttls {
            make_certificate(&self.certificate(), &self.path("config/key.pem"))?;
        }
        let refused: Vec<_> =
            options.refuse.iter().map(|(address, reply)| format!("{address} {reply}\n")).collect();
        fs::write(self.path("config/refuse"), refused.concat())?;
        fs::write(self.path("config/mailboxes"), mailboxes(&options.bounce))?;
        fs::write(self.path("config/main.cf"), self.main_cf(options))?;
        fs::write(
            self.path("config/master.cf"),
            master_cf(self.port) + &options.master_cf.join("\n") + "\n",
        )?;
        Ok(())
    }

    fn main_cf(&self, options: &Options) -> String {
        let folder = self.folder.path().display();
        let domains = options.domains.join(", ");
        let smtputf8 = if options.smtputf8 { "yes" } else { "no" };
        let tls_level = if options.starttls { "may" } else { "none" };
        let settings = format!(
            "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/data/log
maillog_file_prefixes = {folder}
mail_owner = postfix
myhostname = mx.test.invalid
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
# Nothing leaves: no SMTP client in master.cf, and every other destination is an error.
mynetworks =
mydestination =
relayhost =
relay_domains =
local_transport = error:5.1.1 no local users
default_transport = error:5.1.2 this server relays nothing
relay_transport = error:5.1.2 this server relays nothing
smtpd_relay_restrictions = reject_unauth_destination
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
# Mail stays as it came: no header field is added or completed.
local_header_rewrite_clients =
always_add_missing_headers = no
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = regexp:{folder}/config/mailboxes
virtual_uid_maps = static:{DELIVERY_ID}
virtual_gid_maps = static:{DELIVERY_ID}
virtual_minimum_uid = 1
smtpd_recipient_restrictions = check_recipient_access texthash:{folder}/config/refuse
smtpd_reject_unlisted_recipient = no
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
smtputf8_enable = {smtputf8}
smtpd_tls_security_level = {tls_level}
smtpd_tls_cert_file = {folder}/config/cert.pem
smtpd_tls_key_file = {folder}/config/key.pem
"
        );
        // One that stands twice makes each of Postfix's programs warn of it, postlogd too, which then waits for itself when
        // others have filled its socket.
        let key = |line: &str| line.split_once('=').map(|(key, _)| key.trim().to_owned());
        let replaced: Vec<_> = options.main_cf.iter().filter_map(|line| key(line)).collect();
        let stays = |line: &&str| key(line).is_none_or(|key| !replaced.contains(&key));
        let lines = settings.lines().filter(stays).chain(options.main_cf.iter().map(String::as_str));
        lines.fold(String::new(), |all, line| all + line + "\n")
    }
}

/// Every address has the one mailbox, but those that shall bounce have none.
fn mailboxes(bounce: &[String]) -> String {
    let catch_all = "/./ all/\n";
    if bounce.is_empty() {
        return catch_all.to_owned();
    }
    let quoted: Vec<_> = bounce.iter().map(|address| quote_expression(address)).collect();
    format!("if !/^({})$/\n{catch_all}endif\n", quoted.join("|"))
}

/// `text` as a POSIX regular expression that matches just it.
fn quote_expression(text: &str) -> String {
    let mut quoted = String::new();
    for letter in text.chars() {
        if letter.is_ascii_punctuation() && letter != '@' && letter != '-' && letter != '_' {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted
}

fn master_cf(port: u16) -> String {
    format!(
        "127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"
    )
}
