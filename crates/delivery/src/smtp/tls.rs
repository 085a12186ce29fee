//! TLS for the client: which certificates count.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::TlsConnector;

use super::config::{TlsMode, TransportConfig};
use super::error::TransportError;

/// The connector of a transport and the name that its certificate must have; `None` without TLS.
pub(super) fn connector(
    config: &TransportConfig,
) -> Result<Option<(TlsConnector, ServerName<'static>)>, TransportError> {
    if config.tls == TlsMode::None {
        return Ok(None);
    }
    let name = ServerName::try_from(config.host.clone())
        .map_err(|_| TransportError::Config("host can't be the name of a certificate"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| TransportError::Config("no tls protocol version"))?;
    let unverified = config.tls == TlsMode::Opportunistic && config.username.is_none();
    let client = if unverified || config.accept_invalid_certs {
        let verifier = Arc::new(AnyCertificate(provider));
        builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
    } else {
        builder.with_root_certificates(trusted_roots(config.ca_file.as_deref())?).with_no_client_auth()
    };
    Ok(Some((TlsConnector::from(Arc::new(client)), name)))
}

/// A connector that takes any certificate: for a look, and for nothing that is sent.
pub(super) fn any_connector(
    config: &TransportConfig,
) -> Result<(TlsConnector, ServerName<'static>), TransportError> {
    let name = ServerName::try_from(config.host.clone())
        .map_err(|_| TransportError::Config("host can't be the name of a certificate"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| TransportError::Config("no tls protocol version"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    Ok((TlsConnector::from(Arc::new(client)), name))
}

/// The authorities of a PEM file, or the built-in ones.
pub fn trusted_roots(ca_file: Option<&Path>) -> Result<RootCertStore, TransportError> {
    let Some(path) = ca_file else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let kind = std::fs::metadata(path).err().map(|error| error.kind());
    if let Some(kind) = kind {
        return Err(TransportError::ConfigFile { field: "ca_file", kind });
    }
    let unusable = |_| TransportError::Config("ca_file holds no usable certificates");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unusable)? {
        let certificate = certificate.map_err(unusable)?;
        roots
            .add(certificate)
            .map_err(|_| TransportError::Config("ca_file holds an unusable certificate"))?;
    }
    if roots.is_empty() {
        return Err(TransportError::Config("ca_file holds no certificates"));
    }
    Ok(roots)
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
