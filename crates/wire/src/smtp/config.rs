//! How a transport is configured, and what of it is refused.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::envelope::HelloName;
use super::error::TransportError;
use crate::secret::Secret;

/// Most connections that one transport may be told to keep.
const CONNECTIONS_LIMIT: usize = 1000;
/// Longest user name or password in bytes.
const CREDENTIAL_BYTES_MAX: usize = 1024;
/// Longest host name in bytes.
const HOST_BYTES_MAX: usize = 255;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// Plain text. For a relay on the same machine.
    None,
    /// STARTTLS where the server offers it, plain text otherwise (RFC 7435). The certificate is verified only when a
    /// user name is configured: without one, an unverified connection is no worse than a plain one.
    Opportunistic,
    /// STARTTLS with a verified certificate, or nothing is sent (RFC 3207).
    #[default]
    Required,
    /// TLS from the first byte with a verified certificate (RFC 8314), mostly port 465.
    Implicit,
}

/// One SMTP relay, as it stands in the configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransportConfig {
    /// Host name or IP address of the relay. TLS certificates are checked against it.
    pub host: String,
    /// TCP port.
    #[serde(default = "default_port")]
    pub port: u16,
    /// Protection of the connection.
    #[serde(default)]
    pub tls: TlsMode,
    /// User name for AUTH (RFC 4954); none: no authentication.
    #[serde(default)]
    pub username: Option<String>,
    /// Name of the secret that is the password.
    #[serde(default)]
    pub secret: Option<String>,
    /// Environment variable that holds the password.
    #[serde(default)]
    #[schemars(skip)]
    pub password_env: Option<String>,
    /// File that holds the password; one line end after it is cut off.
    #[serde(default)]
    #[schemars(skip)]
    pub password_file: Option<PathBuf>,
    /// The password itself, for callers that have it. It can't come from the configuration file.
    #[serde(skip)]
    pub password: Option<Secret>,
    /// Most connections at a time.
    #[serde(default = "default_connections_max")]
    pub connections_max: usize,
    /// Messages after which a connection is closed and made anew.
    #[serde(default = "default_messages_per_connection_max")]
    pub messages_per_connection_max: NonZeroU32,
    /// Messages per second over all connections; none: no limit.
    #[serde(default)]
    pub rate_per_second: Option<NonZeroU32>,
    /// Name in EHLO; none: the address literal of our end of the connection.
    #[serde(default)]
    pub hello_name: Option<String>,
    /// Allows AUTH on a connection without TLS.
    #[serde(default)]
    pub insecure_auth: bool,
    /// Takes any certificate; the relay must then be on a loopback address.
    #[serde(default)]
    pub accept_invalid_certs: bool,
    /// Name of the secret that is a PEM file with the authorities to trust in place of the built-in ones.
    #[serde(default)]
    pub ca: Option<String>,
    /// PEM file with the authorities to trust in place of the built-in ones.
    #[serde(default)]
    #[schemars(skip)]
    pub ca_file: Option<PathBuf>,
    /// How long each step may take.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// How long each step may take; the defaults are those of RFC 5321 section 4.5.3.2 where it has one. In the
/// configuration file the fields end in `_seconds`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Name resolution and TCP connection, for each address of the host.
    #[serde(rename = "connect_seconds", deserialize_with = "seconds")]
    #[schemars(with = "NonZeroU32")]
    pub connect: Duration,
    /// TLS handshake.
    #[serde(rename = "tls_seconds", deserialize_with = "seconds")]
    #[schemars(with = "NonZeroU32")]
    pub tls: Duration,
    /// The server's greeting (4.5.3.2.1).
    #[serde(rename = "greeting_seconds", deserialize_with = "seconds")]
    #[schemars(with = "NonZeroU32")]
    pub greeting: Duration,
    /// EHLO, STARTTLS, AUTH, RSET.
    #[serde(rename = "command_seconds", deserialize_with = "seconds")]
    #[schemars(with = "NonZeroU32")]
    pub command: Duration,
    /// MAIL (4.5.3.2.2).
    #[serde(rename = "mail_seconds", deserialize_with = "seconds")]
    #[schemars(with = "NonZeroU32")]
    pub mail: Duration,
    /// RCPT (4.5.3.2.3).
    #[serde(rename = "rcpt_seconds", deserialize_with = "seconds")]
    #[schemars(with = "NonZeroU32")]
    pub rcpt: Duration,
    /// The answer to DATA (4.5.3.2.4).
    #[serde(rename = "data_seconds", deserialize_with = "seconds")]
    #[schemars(with = "NonZeroU32")]
    pub data: Duration,
    /// Each block of the message that the connection takes (4.5.3.2.5).
    #[serde(rename = "data_block_seconds", deserialize_with = "seconds")]
    #[schemars(with = "NonZeroU32")]
    pub data_block: Duration,
    /// The answer to the end of the message (4.5.3.2.6).
    #[serde(rename = "data_end_seconds", deserialize_with = "seconds")]
    #[schemars(with = "NonZeroU32")]
    pub data_end: Duration,
    /// How long an unused connection is kept; less than servers wait before they close it.
    #[serde(rename = "idle_seconds", deserialize_with = "seconds")]
    #[schemars(with = "NonZeroU32")]
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            tls: Duration::from_mins(1),
            greeting: Duration::from_mins(5),
            command: Duration::from_mins(5),
            mail: Duration::from_mins(5),
            rcpt: Duration::from_mins(5),
            data: Duration::from_mins(2),
            data_block: Duration::from_mins(3),
            data_end: Duration::from_mins(10),
            idle: Duration::from_mins(1),
        }
    }
}

fn default_port() -> u16 {
    587
}

fn default_connections_max() -> usize {
    10
}

fn default_messages_per_connection_max() -> NonZeroU32 {
    const { NonZeroU32::new(1000).expect("1000 is not zero") }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    NonZeroU32::deserialize(deserializer).map(|seconds| Duration::from_secs(u64::from(seconds.get())))
}

impl TransportConfig {
    /// A configuration with the defaults.
    pub fn new(host: impl Into<String>, port: u16, tls: TlsMode) -> Self {
        Self {
            host: host.into(),
            port,
            tls,
            username: None,
            secret: None,
            password_env: None,
            password_file: None,
            password: None,
            connections_max: default_connections_max(),
            messages_per_connection_max: default_messages_per_connection_max(),
            rate_per_second: None,
            hello_name: None,
            insecure_auth: false,
            accept_invalid_certs: false,
            ca: None,
            ca_file: None,
            timeouts: Timeouts::default(),
        }
    }

    /// Checks what the types don't, and returns the name for EHLO if one is set.
    pub(super) fn check(&self) -> Result<Option<HelloName>, TransportError> {
        let host_ok = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b':');
        if self.host.is_empty() || self.host.len() > HOST_BYTES_MAX || !self.host.bytes().all(host_ok) {
            return Err(TransportError::Config("host must be a host name or an ip address"));
        }
        if self.port == 0 {
            return Err(TransportError::Config("port must not be 0"));
        }
        if !(1..=CONNECTIONS_LIMIT).contains(&self.connections_max) {
            return Err(TransportError::Config("connections_max must be 1 to 1000"));
        }
        let name = self.hello_name.as_deref().map(HelloName::new).transpose();
        name.map_err(|_| TransportError::Config("hello_name must be a domain or an address literal"))
    }

    /// User name and password, if authentication is configured; reads the variable or file.
    pub(super) fn credentials(&self) -> Result<Option<(String, Secret)>, TransportError> {
        let sources = [self.password.is_some(), self.password_env.is_some(), self.password_file.is_some()];
        let sources = sources.into_iter().filter(|&set| set).count();
        let Some(username) = &self.username else {
            return if sources == 0 {
                Ok(None)
            } else {
                Err(TransportError::Config("a password is set without a username"))
            };
        };
        if sources != 1 {
            return Err(TransportError::Config(
                "username needs one of secret, password_env and password_file",
            ));
        }
        let password = self.read_password()?;
        let fits = |s: &str| !s.is_empty() && s.len() <= CREDENTIAL_BYTES_MAX && !s.contains('\0');
        if !fits(username) || !fits(password.expose()) {
            return Err(TransportError::Config("username or password empty, too long or with a nul byte"));
        }
        Ok(Some((username.clone(), password)))
    }

    fn read_password(&self) -> Result<Secret, TransportError> {
        if let Some(password) = &self.password {
            return Ok(password.clone());
        }
        if let Some(variable) = &self.password_env {
            return std::env::var(variable)
                .map(Secret::new)
                .map_err(|_| TransportError::PasswordVariable(variable.clone()));
        }
        let path = self.password_file.as_ref().ok_or(TransportError::Config("no password"))?;
        let text = std::fs::read_to_string(path)
            .map_err(|error| TransportError::ConfigFile { field: "password_file", kind: error.kind() })?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        Ok(Secret::new(line.strip_suffix('\r').unwrap_or(line)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn config(text: &str) -> Result<TransportConfig, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn reads_toml_with_defaults() {
        let read = config("host = 'mail.example'").unwrap();
        assert_eq!(read, TransportConfig::new("mail.example", 587, TlsMode::Required));
        assert_eq!((read.connections_max, read.timeouts.data_end.as_secs()), (10, 600));
        let read =
            config("host='h'\nport=25\ntls='opportunistic'\nrate_per_second=5\ntimeouts={mail_seconds=7}")
                .unwrap();
        assert_eq!((read.tls, read.timeouts.mail.as_secs()), (TlsMode::Opportunistic, 7));
        assert_eq!(read.timeouts.rcpt, Timeouts::default().rcpt);
    }

    #[test]
    fn refuses_unknown_and_impossible_values() {
        for bad in [
            "host='h'\nprot=1",
            "host='h'\npassword='x'",
            "host='h'\ntls='maybe'",
            "host='h'\nrate_per_second=0",
        ] {
            assert!(config(bad).is_err(), "{bad}");
        }
        assert!(config("host='h'\ntimeouts={mail_seconds=0}").is_err());
        for bad in [
            "host='a b'",
            "host=''",
            "host='h'\nport=0",
            "host='h'\nconnections_max=0",
            "host='h'\nhello_name='a b'",
        ] {
            assert!(matches!(config(bad).unwrap().check(), Err(TransportError::Config(_))), "{bad}");
        }
    }

    #[test]
    fn password_comes_from_one_place_and_stays_hidden() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"s3cret word\r\n").unwrap();
        let mut config = TransportConfig::new("h", 25, TlsMode::None);
        assert_eq!(config.credentials(), Ok(None));
        config.password_file = Some(file.path().to_owned());
        assert!(config.credentials().is_err());
        config.username = Some("user".to_owned());
        let (user, password) = config.credentials().unwrap().unwrap();
        assert_eq!((user.as_str(), password.expose()), ("user", "s3cret word"));
        config.password = Some(Secret::new("hunter2"));
        assert!(config.credentials().is_err(), "two sources");
        assert!(!format!("{config:?}").contains("hunter2"));
        config.password = Some(Secret::new("nul\0byte"));
        config.password_file = None;
        assert!(config.credentials().is_err());
        config.password = None;
        config.password_env = Some("CONSENTRY_TEST_VARIABLE_NOT_SET".to_owned());
        let unset = TransportError::PasswordVariable("CONSENTRY_TEST_VARIABLE_NOT_SET".to_owned());
        assert_eq!(config.credentials(), Err(unset));
    }
}
