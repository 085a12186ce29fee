//! `[mail]` and `[[mailbox]]` of the server's file: mail that comes back, received or read.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use consent::Address;
use intake::inbox::{Inbox, MAIL_LENGTH_MAX};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::task::JoinSet;
use wire::imap::{self, ImapConfig, ImapTls};
use wire::receiver::{Protocol, Receiver, ReceiverConfig};

use crate::context::Context;
use crate::output::{self, fail};
use crate::server_file::{Secret, ServerFile};

/// Connections at once, of one address and of one network.
const CONNECTIONS_MAX: usize = 100;
const CONNECTIONS_PER_PEER_MAX: usize = 20;
const CONNECTIONS_PER_NETWORK_MAX: usize = 50;
/// Bytes of messages that aren't complete yet, of all connections together.
const PENDING_BYTES_MAX: usize = 32 << 20;
/// How often a mailbox is looked at that doesn't say when mail comes, in seconds: the default, and what may be set.
const POLL_SECONDS: u64 = 60;
const POLL_SECONDS_ALLOWED: std::ops::RangeInclusive<u64> = 5..=1500;

/// Receiving, as it stands there; docs/receiving.md explains the keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSection {
    listen: Option<SocketAddr>,
    lmtp: Option<String>,
    hostname: Option<String>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    #[serde(default)]
    extra: Vec<String>,
}

impl MailSection {
    /// Where mail is received.
    pub fn doors(&self) -> Vec<String> {
        self.listen.map(|address| address.to_string()).into_iter().chain(self.lmtp.clone()).collect()
    }
}

/// A mailbox to read, as it stands there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxSection {
    name: Option<String>,
    host: String,
    port: Option<u16>,
    #[serde(default)]
    tls: MailboxTls,
    ca_file: Option<PathBuf>,
    user: String,
    password: Secret,
    folder: Option<String>,
    /// The address whose mail it holds, one of `extra`.
    address: Option<String>,
    done_folder: Option<String>,
    poll_seconds: Option<u64>,
    /// Holds messages that the operator got, for `doctor ways-out --mailbox`; `serve` leaves it alone.
    #[serde(default)]
    self_test: bool,
}

impl MailboxSection {
    /// Whether it goes by this name: its own, or its user's where it has none.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.as_ref().unwrap_or(&self.user) == name
    }

    /// How to open it.
    pub fn config(&self, beside: &Path) -> Result<ImapConfig> {
        mailbox(self, beside)
    }

    /// An address that isn't listed would change nothing, and whoever wrote it meant otherwise.
    fn check_address(&self, extra: &[Address], beside: &Path) -> Result<()> {
        let Some(text) = &self.address else { return Ok(()) };
        let address = address(text, beside)?;
        if extra.iter().any(|listed| listed.key() == address.key()) {
            return Ok(());
        }
        let what = format!(
            "{}: mailbox on {}: address: it isn't among `extra` of [mail]",
            beside.display(),
            self.host
        );
        Err(fail(
            what,
            "list it there if reports in this mailbox may name whom they are about, else leave `address` out",
        ))
    }

    /// How often `serve` looks into it at least; `None` where it doesn't.
    pub fn polled(&self) -> Option<Duration> {
        let seconds = self.poll_seconds.unwrap_or(POLL_SECONDS);
        (!self.self_test).then(|| Duration::from_secs(seconds))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MailboxTls {
    #[default]
    Implicit,
    StartTls,
    None,
}

/// What is bound and read already, and runs once it is spawned.
pub struct MailDesk {
    receivers: Vec<Receiver>,
    mailboxes: Vec<(ImapConfig, Inbox)>,
}

impl MailDesk {
    /// Checks the sections and takes the ports: what is wrong shows before anything is served.
    pub async fn open(context: &Context, file: &ServerFile, beside: &Path) -> Result<Self> {
        let mut desk = Self { receivers: Vec::new(), mailboxes: Vec::new() };
        let extra = extra(file, beside)?;
        let inbox = Inbox::new(context.store.clone(), context.workspace, Arc::clone(&context.clock), &extra);
        if let Some(mail) = &file.mail {
            desk.receive(context, mail, &inbox, beside).await?;
        }
        for section in file.mailbox.iter().filter(|section| !section.self_test) {
            section.check_address(&extra, beside)?;
            desk.mailboxes.push((mailbox(section, beside)?, inbox.clone()));
        }
        Ok(desk)
    }

    async fn receive(
        &mut self,
        context: &Context,
        mail: &MailSection,
        inbox: &Inbox,
        beside: &Path,
    ) -> Result<()> {
        if mail.listen.is_none() && mail.lmtp.is_none() {
            // For what comes by a pipe or from mailboxes.
            if !mail.extra.is_empty() {
                return Ok(());
            }
            let what = format!("{}: [mail] names neither `listen` nor `lmtp`", beside.display());
            return Err(fail(what, "e.g. listen = \"0.0.0.0:25\""));
        }
        let config = receiver_config(mail, beside)?;
        if let Some(address) = mail.listen {
            let receiver =
                Receiver::bind(address, config.clone(), Arc::new(inbox.clone()), Arc::clone(&context.clock));
            self.add(receiver.await, "SMTP", &address.to_string())?;
        }
        if let Some(place) = &mail.lmtp {
            let config = ReceiverConfig { protocol: Protocol::Lmtp, ..config };
            let (inbox, clock) = (Arc::new(inbox.clone()), Arc::clone(&context.clock));
            let receiver = if let Some(path) = place.strip_prefix("unix:") {
                Receiver::bind_unix(Path::new(path), config, inbox, clock).await
            } else {
                let address = place.parse().map_err(|_| {
                    let what = format!("{}: [mail] lmtp = \"{place}\"", beside.display());
                    fail(what, "write it as \"unix:/run/consentry/lmtp.sock\" or \"127.0.0.1:8024\"")
                })?;
                Receiver::bind(address, config, inbox, clock).await
            };
            self.add(receiver, "LMTP", place)?;
        }
        if context.settings().await?.mail_domains.is_empty() {
            output::say("hint: mail is taken for no domain yet: `consentry init --mail-domain DOMAIN`");
        }
        Ok(())
    }

    fn add(&mut self, receiver: std::io::Result<Receiver>, protocol: &str, place: &str) -> Result<()> {
        let receiver = receiver.map_err(|error| {
            let hint = match error.kind() {
                std::io::ErrorKind::PermissionDenied => {
                    "ports below 1024 need the capability CAP_NET_BIND_SERVICE"
                }
                std::io::ErrorKind::AddrInUse => {
                    "another program listens there; name another place in [mail]"
                }
                _ => "name another place in [mail]",
            };
            fail(format!("{place}: {error}"), hint)
        })?;
        let place = receiver.local_addr().map_or_else(|| place.to_owned(), |address| address.to_string());
        output::say(format_args!("receiving mail by {protocol} on {place}"));
        self.receivers.push(receiver);
        Ok(())
    }

    /// Starts it all; each ends soon after `stop` turns true.
    pub fn spawn(self, stop: &watch::Receiver<bool>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for receiver in self.receivers {
            let mut stop = stop.clone();
            tasks.spawn(receiver.run(async move {
                let _ = stop.wait_for(|stop| *stop).await;
            }));
        }
        for (config, inbox) in self.mailboxes {
            tasks.spawn(imap::run(config, Arc::new(inbox), stop.clone()));
        }
        tasks
    }
}

/// The further addresses of `[mail]`: what arrives there may name whom it is about.
pub fn extra(file: &ServerFile, beside: &Path) -> Result<Vec<Address>> {
    let listed = file.mail.as_ref().map_or(&[][..], |mail| &mail.extra);
    listed.iter().map(|text| address(text, beside)).collect()
}

fn address(text: &str, beside: &Path) -> Result<Address> {
    Address::email(text).map_err(|error| {
        let what = format!("{}: [mail] extra: {error}", beside.display());
        fail(what, "list whole addresses, e.g. \"fbl@example.com\"")
    })
}

fn receiver_config(mail: &MailSection, beside: &Path) -> Result<ReceiverConfig> {
    let hostname = mail.hostname.as_deref().ok_or_else(|| {
        let what = format!("{}: [mail] has no `hostname`", beside.display());
        fail(what, "the name that the MX record has, e.g. hostname = \"back.example.com\"")
    })?;
    let mut config = ReceiverConfig::new(hostname);
    config.message_bytes_max = MAIL_LENGTH_MAX;
    config.connections_max = CONNECTIONS_MAX;
    config.connections_per_peer_max = CONNECTIONS_PER_PEER_MAX;
    config.connections_per_network_max = CONNECTIONS_PER_NETWORK_MAX;
    config.pending_bytes_max = PENDING_BYTES_MAX;
    let folder = beside.parent().unwrap_or(Path::new(""));
    match (&mail.tls_certificate, &mail.tls_key) {
        (None, None) => {}
        (Some(certificate), Some(key)) => {
            let tls = wire::tls::server(&folder.join(certificate), &folder.join(key));
            config.tls = Some(tls.map_err(|error| {
                fail(
                    format!("{}: [mail]: {error}", beside.display()),
                    "both are PEM files that this user can read",
                )
            })?);
        }
        _ => {
            let what = format!("{}: [mail] names one of `tls_certificate` and `tls_key`", beside.display());
            return Err(fail(what, "name both, or neither"));
        }
    }
    Ok(config)
}

fn mailbox(section: &MailboxSection, beside: &Path) -> Result<ImapConfig> {
    let wrong = |what: &str, hint: &str| {
        fail(format!("{}: mailbox on {}: {what}", beside.display(), section.host), hint)
    };
    let loopback = section.host == "localhost"
        || section.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if section.tls == MailboxTls::None && !loopback {
        return Err(wrong("tls = \"none\" is for this machine only", "use \"implicit\" or \"starttls\""));
    }
    let poll = section.poll_seconds.unwrap_or(POLL_SECONDS);
    if !POLL_SECONDS_ALLOWED.contains(&poll) {
        return Err(wrong("poll_seconds is out of range", "use 5 to 1500"));
    }
    let ca_file = section.ca_file.as_ref().map(|file| beside.parent().unwrap_or(Path::new("")).join(file));
    let client = || -> Result<_> {
        let roots = wire::tls::trusted_roots(ca_file.as_deref())
            .map_err(wire::smtp::TransportError::from)
            .map_err(|error| wrong(&error.to_string(), "ca_file is a PEM file with certificates"))?;
        wire::tls::client(roots).map_err(|error| wrong(&error.to_string(), "this build has no TLS"))
    };
    let (tls, port) = match section.tls {
        MailboxTls::Implicit => (ImapTls::Implicit(client()?), 993),
        MailboxTls::StartTls => (ImapTls::StartTls(client()?), 143),
        MailboxTls::None => (ImapTls::None, 143),
    };
    Ok(ImapConfig {
        host: section.host.clone(),
        port: section.port.unwrap_or(port),
        tls,
        user: section.user.clone(),
        password: section.password.read(beside)?,
        folder: section.folder.clone().unwrap_or_else(|| "INBOX".to_owned()),
        address: section.address.clone(),
        done_folder: section.done_folder.clone(),
        mail_bytes_max: MAIL_LENGTH_MAX,
        poll: Duration::from_secs(poll),
    })
}
