//! TLS for whoever asks and whoever answers: which certificates count, and which one is shown.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

/// TLS for a client that trusts these authorities.
pub fn client(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// TLS for a client that takes any certificate: no better than a plain connection against whoever stands between.
pub(crate) fn unverified_client() -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = provider();
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The authorities that browsers trust.
pub fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// Why a file with authorities can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RootsError {
    /// What the file system says.
    #[error("ca_file can't be read: {0}")]
    Unreadable(io::ErrorKind),
    /// What is wrong with what it holds.
    #[error("{0}")]
    Unusable(&'static str),
}

/// The authorities of a PEM file, or the built-in ones.
pub fn trusted_roots(ca_file: Option<&Path>) -> Result<RootCertStore, RootsError> {
    let Some(path) = ca_file else { return Ok(public_roots()) };
    if let Err(error) = std::fs::metadata(path) {
        return Err(RootsError::Unreadable(error.kind()));
    }
    let unusable = |_| RootsError::Unusable("ca_file holds no usable certificates");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unusable)? {
        let certificate = certificate.map_err(unusable)?;
        roots.add(certificate).map_err(|_| RootsError::Unusable("ca_file holds an unusable certificate"))?;
    }
    if roots.is_empty() {
        return Err(RootsError::Unusable("ca_file holds no certificates"));
    }
    Ok(roots)
}

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
pub fn server(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(certificate).map_err(|_| TlsError::Certificate)?.collect();
    let chain = chain.map_err(|_| TlsError::Certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|_| TlsError::Key)?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Unusable)?;
    Ok(Arc::new(config))
}

/// Why a TLS handshake fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsProblem {
    /// The server doesn't speak TLS there.
    NotTls,
    /// The certificate is for another name.
    Name,
    /// The certificate isn't valid now.
    Expired,
    /// Nobody whom we trust signed the certificate.
    Issuer,
    /// The certificate is of no use for another reason.
    Certificate,
    /// No common version or cipher, or the server ended it.
    Refused,
}

impl TlsProblem {
    /// Reads what the handshake came to.
    pub(crate) fn of(error: &io::Error) -> Self {
        use rustls::{CertificateError as C, Error as E};
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<E>());
        match inner {
            Some(E::InvalidMessage(_)) => Self::NotTls,
            Some(E::InvalidCertificate(problem)) => match problem {
                C::NotValidForName | C::NotValidForNameContext { .. } => Self::Name,
                C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. } => {
                    Self::Expired
                }
                C::UnknownIssuer => Self::Issuer,
                _ => Self::Certificate,
            },
            _ => Self::Refused,
        }
    }

    /// What to do about it.
    pub(crate) const fn hint(self) -> &'static str {
        match self {
            Self::NotTls => {
                "the port speaks plain text at first: write tls = \"required\" (starttls), or name the port for tls, mostly 465"
            }
            Self::Name => "write the name that stands in the certificate as the host",
            Self::Expired => "have the certificate renewed, and check this machine's clock",
            Self::Issuer => "name the authority that signed it by ca_file",
            Self::Certificate => "have the server's certificate replaced",
            Self::Refused => "the server must offer TLS 1.2 or 1.3; check host and port",
        }
    }
}

impl fmt::Display for TlsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotTls => "the server does not speak tls on this port",
            Self::Name => "the certificate is for another name than the host",
            Self::Expired => "the certificate is out of date, or not valid yet",
            Self::Issuer => "the certificate is signed by no authority that is trusted",
            Self::Certificate => "the certificate can't be used",
            Self::Refused => "the server ended it, or has no version in common with us",
        })
    }
}

/// Takes any certificate, but still checks that the server has its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
