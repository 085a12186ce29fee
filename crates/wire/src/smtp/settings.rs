//! A configuration with everything that is derived from it.

use rustls_pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::config::{TlsMode, TransportConfig};
use super::envelope::HelloName;
use super::error::TransportError;
use crate::secret::Secret;
use crate::tls;

/// The configuration, the password that it names, and which certificates count.
pub(super) struct Settings {
    pub(super) config: TransportConfig,
    pub(super) hello_name: Option<HelloName>,
    pub(super) credentials: Option<(String, Secret)>,
    pub(super) tls: Option<(TlsConnector, ServerName<'static>)>,
    /// What `ca_file` held.
    authorities: Option<Vec<u8>>,
}

impl Settings {
    /// Checks the configuration and reads what it names.
    pub(super) fn of(config: TransportConfig) -> Result<Self, TransportError> {
        Ok(Self {
            hello_name: config.check()?,
            credentials: config.credentials()?,
            tls: connector(&config)?,
            authorities: authorities(&config),
            config,
        })
    }

    /// Whether they would be the same if they were made of `config` now, with what the files it names hold by now.
    pub(super) fn are_those_of(&self, config: &TransportConfig) -> bool {
        self.config == *config
            && config.credentials().is_ok_and(|credentials| credentials == self.credentials)
            && authorities(config) == self.authorities
    }
}

fn authorities(config: &TransportConfig) -> Option<Vec<u8>> {
    config.ca_file.as_ref().and_then(|file| std::fs::read(file).ok())
}

/// The connector of a transport and the name that its certificate must have; `None` without TLS.
fn connector(
    config: &TransportConfig,
) -> Result<Option<(TlsConnector, ServerName<'static>)>, TransportError> {
    if config.tls == TlsMode::None {
        return Ok(None);
    }
    let unverified = config.tls == TlsMode::Opportunistic && config.username.is_none();
    if unverified || config.accept_invalid_certs {
        return any_connector(config).map(Some);
    }
    let name = name(config)?;
    let roots = tls::trusted_roots(config.ca_file.as_deref())?;
    let client = tls::client(roots).map_err(|_| NO_VERSION)?;
    Ok(Some((TlsConnector::from(client), name)))
}

/// A connector that takes any certificate: where none can be verified, and for a look.
pub(super) fn any_connector(
    config: &TransportConfig,
) -> Result<(TlsConnector, ServerName<'static>), TransportError> {
    let name = name(config)?;
    let client = tls::unverified_client().map_err(|_| NO_VERSION)?;
    Ok((TlsConnector::from(client), name))
}

const NO_VERSION: TransportError = TransportError::Config("no tls protocol version");

fn name(config: &TransportConfig) -> Result<ServerName<'static>, TransportError> {
    ServerName::try_from(config.host.clone())
        .map_err(|_| TransportError::Config("host can't be the name of a certificate"))
}
