//! A real Dovecot of our own: an IMAP server whose configuration and mail are in a temporary folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use tempfile::TempDir;

use super::guard::Guard;
use super::{PATIENCE, accepts, find_program, free_port, is_root, make_certificate, poll_until, skip};
use crate::process::stream;

const PORT_ATTEMPTS: usize = 3;
/// The user `nobody`, whose mail it is.
const MAIL_ID: u32 = 65534;
const CLEAN_UP: &str = r#"
pid=$(cat "$1/run/master.pid" 2>/dev/null)
if [ -n "$pid" ] && grep -q dovecot "/proc/$pid/comm" 2>/dev/null; then
  kill "$pid"
  n=0
  while [ $n -lt 500 ] && grep -q '^State:.[^Z]' "/proc/$pid/status" 2>/dev/null; do sleep 0.01; n=$((n + 1)); done
fi
rm -rf "$1"
"#;

/// A running Dovecot with one mailbox, of [`Dovecot::USER`].
#[derive(Debug)]
pub struct Dovecot {
    // Dropped first: stops Dovecot, removes the folder.
    _guard: Guard,
    folder: TempDir,
    port: u16,
    tls_port: u16,
}

impl Dovecot {
    /// The user and the password.
    pub const USER: (&'static str, &'static str) = ("returns", "opensesame");

    /// Starts it. `None` without root or without Dovecot's programs.
    pub fn start() -> Result<Option<Self>> {
        let what = "a Dovecot of our own";
        if !is_root() {
            return skip(what, "it needs root");
        }
        let Some(program) = find_program("dovecot").filter(|_| is_installed()) else {
            return skip(what, "Debian's package dovecot-imapd isn't installed");
        };
        for _ in 0..PORT_ATTEMPTS {
            if let Some(running) = Self::start_on((free_port()?, free_port()?), &program)? {
                return Ok(Some(running));
            }
        }
        bail!("Dovecot doesn't answer, {PORT_ATTEMPTS} times")
    }

    fn start_on((port, tls_port): (u16, u16), program: &Path) -> Result<Option<Self>> {
        let folder = tempfile::Builder::new().prefix("consentry-dovecot-").tempdir()?;
        let guard = Guard::new(CLEAN_UP, &[folder.path().as_os_str()])?;
        let path = |name: &str| folder.path().join(name);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        make_certificate(&path("cert.pem"), &path("key.pem"))?;
        for name in ["mail", "mail/new", "mail/cur", "mail/tmp"] {
            fs::create_dir(path(name))?;
            chown(path(name), Some(MAIL_ID), Some(MAIL_ID))?;
        }
        fs::write(path("dovecot.conf"), configuration(folder.path(), port, tls_port))?;
        // It keeps what it prints to open, so nobody may wait for the end of that.
        let started = stream(Command::new(program).arg("-c").arg(path("dovecot.conf")).stdout(Stdio::null()));
        let up = started.is_ok() && poll_until(PATIENCE, || Ok(accepts(port) && accepts(tls_port)))?;
        Ok(up.then_some(Self { _guard: guard, folder, port, tls_port }))
    }

    /// The port on 127.0.0.1, in clear and with STARTTLS.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port on 127.0.0.1 with TLS from the first byte.
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// The certificate (PEM, signed by itself), for clients to trust.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// Puts a mail into INBOX, as a delivery does.
    pub fn deliver(&self, name: &str, mail: &[u8]) -> Result<()> {
        let draft = self.folder.path().join("mail/tmp").join(name);
        fs::write(&draft, mail)?;
        chown(&draft, Some(MAIL_ID), Some(MAIL_ID))?;
        fs::rename(draft, self.folder.path().join("mail/new").join(name))?;
        Ok(())
    }

    /// The mails of a folder, INBOX if empty, with the flags that IMAP shows.
    pub fn mails(&self, folder: &str) -> Result<Vec<(String, Vec<String>)>> {
        let folder = if folder.is_empty() { String::new() } else { format!(".{folder}") };
        let folder = self.folder.path().join("mail").join(folder);
        let keywords = fs::read_to_string(folder.join("dovecot-keywords")).unwrap_or_default();
        let keyword = |letter: char| {
            let number = (letter as u32).checked_sub('a' as u32)?;
            let line = keywords.lines().find(|line| line.starts_with(&format!("{number} ")))?;
            line.split_once(' ').map(|(_, name)| name.to_owned())
        };
        let mut mails = Vec::new();
        for part in ["new", "cur"] {
            let Ok(entries) = fs::read_dir(folder.join(part)) else { continue };
            for entry in entries {
                let name = entry?.file_name().to_string_lossy().into_owned();
                let (name, letters) = name.split_once(":2,").unwrap_or((&name, ""));
                let flag = |letter| if letter == 'S' { Some("\\Seen".to_owned()) } else { keyword(letter) };
                let name = name.split(',').next().unwrap_or(name);
                mails.push((name.to_owned(), letters.chars().filter_map(flag).collect()));
            }
        }
        mails.sort();
        Ok(mails)
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// Whether Dovecot's IMAP server is there.
pub(crate) fn is_installed() -> bool {
    find_program("dovecot").is_some() && Path::new("/usr/lib/dovecot/imap").is_file()
}

fn configuration(folder: &Path, port: u16, tls_port: u16) -> String {
    let folder = folder.display();
    let (_, password) = Dovecot::USER;
    format!(
        "base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={MAIL_ID} gid={MAIL_ID} home={folder}/mail
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Done {{
    auto = create
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"
    )
}
