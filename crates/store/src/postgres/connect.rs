//! Which server, and how: the database URL.
//!
//! `postgres://USER:PASSWORD@HOST:PORT,HOST2:PORT2/DATABASE?sslmode=...`, as libpq has it (PostgreSQL manual, 34.1.1). Of
//! several hosts the one is taken that accepts writes. `sslmode`: `disable`; `prefer`, `require`, `verify-ca` and
//! `verify-full`, which all check the server's certificate and name, against `sslrootcert=FILE` or the public roots.
//! Without it: `disable` on this machine, `verify-full` elsewhere.

use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{AsyncMessage, CancelToken, Client, Config, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::in_words;
use crate::error::{Result, StoreError};

/// How long to wait for one host, unless the URL says.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection whose other end has gone is noticed within about this time.
const TCP_TIMEOUT: Duration = Duration::from_secs(10);
/// Where PostgreSQL listens, unless the URL says.
const DEFAULT_PORT: u16 = 5432;
/// Oldest server that is supported.
const VERSION_MIN: u32 = 13;

/// Where and how to connect. `Debug` doesn't show the password.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    config: Config,
    tls: Option<MakeTls>,
}

#[derive(Clone)]
struct MakeTls(MakeRustlsConnect);

impl std::fmt::Debug for MakeTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MakeTls")
    }
}

impl Connector {
    /// Reads a database URL; `password` stands in for one that the URL doesn't hold.
    pub fn new(url: &str, password: Option<&str>) -> Result<Self> {
        let (plain, options) = split_tls(url)?;
        let mut config: Config = plain
            .parse()
            .map_err(|error| invalid(&format!("the URL can't be read: {}", in_words(&error))))?;
        if config.get_hosts().is_empty() {
            return Err(invalid("the URL names no host; write postgres://USER@HOST/DATABASE"));
        }
        if config.get_user().is_none() {
            return Err(invalid("the URL names no user; write postgres://USER@HOST/DATABASE"));
        }
        if let (None, Some(password)) = (config.get_password(), password) {
            config.password(password);
        }
        if config.get_application_name().is_none() {
            config.application_name("consentry");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config.tcp_user_timeout(TCP_TIMEOUT).keepalives_idle(TCP_TIMEOUT);
        // Permits are read, and opt-outs recorded, where writes go: a standby may be behind (I1).
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        let tls = options.tls(&config)?;
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        Ok(Self { config, tls })
    }

    /// The database's name, for messages.
    pub fn database(&self) -> &str {
        self.config.get_dbname().or(self.config.get_user()).unwrap_or_default()
    }

    /// Connects; the connection's work is done by a task of the current runtime, which notes in `warned` that the server
    /// has warned of something.
    pub async fn connect(&self, warned: &Arc<AtomicBool>) -> Result<Client> {
        let refused = |error: tokio_postgres::Error| self.refused(&error);
        if let Some(tls) = &self.tls {
            let (client, connection) = self.config.connect(tls.0.clone()).await.map_err(refused)?;
            tokio::spawn(drive(connection, Arc::clone(warned)));
            Ok(client)
        } else {
            let (client, connection) = self.config.connect(NoTls).await.map_err(refused)?;
            tokio::spawn(drive(connection, Arc::clone(warned)));
            Ok(client)
        }
    }

    /// Asks the server to end what it does for a connection.
    pub async fn cancel(&self, token: CancelToken) -> std::result::Result<(), tokio_postgres::Error> {
        match &self.tls {
            Some(tls) => token.cancel_query(tls.0.clone()).await,
            None => token.cancel_query(NoTls).await,
        }
    }

    /// Why there is no connection, where to, and what to do about it.
    fn refused(&self, error: &tokio_postgres::Error) -> StoreError {
        let (why, remedy) = match error.as_db_error() {
            Some(refusal) => {
                let class = refusal.code().code().get(..2);
                let remedy = match (refusal.code(), class) {
                    (code, _) if *code == SqlState::UNDEFINED_DATABASE => {
                        "make it with createdb, or name another in the URL"
                    }
                    (_, Some("28")) => "check the URL's user and the password, and the server's pg_hba.conf",
                    (_, Some("53")) => {
                        "raise max_connections on the server, or stop what else connects to it"
                    }
                    _ => "see the server's log",
                };
                (refusal.message().to_owned(), remedy)
            }
            None if self.tls.is_some() => {
                (in_words(error), "check the URL's host and port, sslmode and sslrootcert")
            }
            None => (
                in_words(error),
                "check the URL's host and port, and that a server that takes writes runs there",
            ),
        };
        StoreError::Unavailable(format!("{}: {why}; {remedy}", self.place()))
    }

    /// Hosts with ports and the database, for messages.
    fn place(&self) -> String {
        let ports = self.config.get_ports();
        let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(DEFAULT_PORT);
        let name = |(at, host): (usize, &Host)| match host {
            Host::Tcp(name) => format!("{name}:{}", port(at)),
            Host::Unix(folder) => format!("{}:{}", folder.display(), port(at)),
        };
        let hosts: Vec<String> = self.config.get_hosts().iter().enumerate().map(name).collect();
        format!("{}/{}", hosts.join(","), self.database())
    }
}

/// Does a connection's work until it ends.
async fn drive<S, T>(mut connection: Connection<S, T>, warned: Arc<AtomicBool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notice(notice) = message
            && notice.parsed_severity() == Some(Severity::Warning)
        {
            warned.store(true, Ordering::Release);
            tracing::warn!(warning = notice.message(), "the database warns");
        }
    }
}

fn invalid(why: &str) -> StoreError {
    StoreError::Invalid(format!("the database URL: {why}"))
}

/// What the URL says of TLS, which the driver knows less of.
#[derive(Default)]
struct TlsOptions {
    mode: Option<String>,
    root_cert: Option<String>,
}

fn split_tls(url: &str) -> Result<(String, TlsOptions)> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(invalid("it must begin with postgres://"));
    }
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_owned(), TlsOptions::default())) };
    let mut options = TlsOptions::default();
    let mut kept = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", mode)) => options.mode = Some(mode.to_owned()),
            Some(("sslrootcert", file)) => {
                options.root_cert = Some(file.replace("%2F", "/").replace("%2f", "/"));
            }
            _ => kept.push(pair),
        }
    }
    let plain = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
    Ok((plain, options))
}

impl TlsOptions {
    fn tls(&self, config: &Config) -> Result<Option<MakeTls>> {
        match self.mode.as_deref() {
            Some("disable") => return Ok(None),
            None if config.get_hosts().iter().all(is_local) => return Ok(None),
            None | Some("prefer" | "require" | "verify-ca" | "verify-full") => {}
            Some(other) => {
                return Err(invalid(&format!("sslmode={other} isn't known; use verify-full or disable")));
            }
        }
        let roots = self.roots()?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(&error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Some(MakeTls(MakeRustlsConnect::new(client))))
    }

    fn roots(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        let Some(file) = &self.root_cert else {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            return Ok(roots);
        };
        let unreadable = |error: &dyn std::fmt::Display| invalid(&format!("sslrootcert={file}: {error}"));
        for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))? {
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            roots.add(certificate).map_err(|error| unreadable(&error))?;
        }
        if roots.is_empty() {
            return Err(unreadable(&"there is no certificate in it"));
        }
        Ok(roots)
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    }
}

/// Refuses a server that is too old.
pub(super) fn check_version(version: &str) -> Result<()> {
    let major: u32 =
        version.split(['.', ' ', 'd', 'b', 'r']).next().and_then(|major| major.parse().ok()).unwrap_or(0);
    if major >= VERSION_MIN {
        return Ok(());
    }
    Err(StoreError::Invalid(format!(
        "the server is PostgreSQL {version}; version {VERSION_MIN} or later is needed"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(url: &str) -> String {
        Connector::new(url, None).unwrap_err().to_string()
    }

    #[test]
    fn wrong_urls_are_told_apart() {
        assert!(problem("mysql://a@b/c").contains("postgres://"));
        assert!(problem("postgres:///x").contains("no "), "{}", problem("postgres:///x"));
        assert!(problem("postgres://host/x").contains("user"));
        assert!(problem("postgres://u@host:port/x").contains("can't be read"));
        assert!(problem("postgres://u@host/x?sslmode=allow").contains("sslmode=allow"));
        assert!(problem("postgres://u@host/x?sslrootcert=/nowhere").contains("/nowhere"));
    }

    #[test]
    fn another_machine_is_reached_with_tls_only() {
        let tls = |url| Connector::new(url, None).unwrap().tls.is_some();
        assert!(!tls("postgres://u@127.0.0.1/x"));
        assert!(!tls("postgres://u@localhost/x"));
        assert!(tls("postgres://u@db.example/x"));
        assert!(tls("postgres://u@127.0.0.1,db.example/x"));
        assert!(tls("postgres://u@127.0.0.1/x?sslmode=require"));
        assert!(!tls("postgres://u@db.example/x?sslmode=disable"));
    }

    #[test]
    fn a_password_is_never_shown() {
        let connector = Connector::new("postgres://u:geheim@localhost/x", None).unwrap();
        assert!(!format!("{connector:?}").contains("geheim"));
        let connector = Connector::new("postgres://u@localhost/x", Some("geheim")).unwrap();
        assert_eq!(connector.config.get_password(), Some(b"geheim".as_slice()));
        assert!(!format!("{connector:?}").contains("geheim"));
    }

    #[test]
    fn old_servers_are_refused() {
        assert!(check_version("9.6.24").is_err());
        assert!(check_version("12.1").is_err());
        check_version("15.18 (Debian 15.18-0+deb12u1)").unwrap();
        check_version("18beta2").unwrap();
    }
}
