//! The certificate that STARTTLS shows.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why a certificate can't be used. Doesn't hold any of the key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificates can't be read.
    #[error("tls_certificate can't be read as PEM certificates")]
    Certificate,
    /// The key can't be read.
    #[error("tls_key can't be read as a PEM private key")]
    Key,
    /// They can't be used, such as when the key is another certificate's.
    #[error("certificate and key can't be used: {0}")]
    Unusable(rustls::Error),
}

/// Reads a certificate chain and its key, both PEM.
pub fn server_tls(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(certificate).map_err(|_| TlsError::Certificate)?.collect();
    let chain = chain.map_err(|_| TlsError::Certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|_| TlsError::Key)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Unusable)?;
    Ok(Arc::new(config))
}
