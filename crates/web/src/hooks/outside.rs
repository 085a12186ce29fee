//! The way out to a relay service's own servers, for what its webhooks need: SNS's certificates and confirmations.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use hyper_util::rt::TokioIo;
use intake::webhook::Outside;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long a fetch may take, from the name's look-up to the last byte.
const TIME_MAX: Duration = Duration::from_secs(5);
/// Longest answer, in bytes; a certificate has about 2,000.
const ANSWER_LENGTH_MAX: usize = 64 * 1024;
/// HTTPS only.
const PORT: u16 = 443;

/// HTTPS with the roots that browsers trust: one request, one connection, no redirects.
pub struct Https(TlsConnector);

impl Https {
    /// Ready to ask.
    pub fn new() -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has suites for TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self(TlsConnector::from(Arc::new(config)))
    }

    async fn fetch(&self, url: &str) -> Result<Vec<u8>, String> {
        let uri: Uri = url.parse().map_err(|_| "not a URL".to_owned())?;
        let host = uri.host().filter(|_| uri.scheme_str() == Some("https")).ok_or("not an https URL")?;
        let name = ServerName::try_from(host.to_owned()).map_err(words)?;
        let stream = TcpStream::connect((host, PORT)).await.map_err(words)?;
        let stream = self.0.connect(name, stream).await.map_err(words)?;
        let connecting = hyper::client::conn::http1::handshake(TokioIo::new(stream));
        let (mut sender, connection) = connecting.await.map_err(words)?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::get(path)
            .header(header::HOST, host)
            .header(header::USER_AGENT, "consentry")
            .header(header::CONNECTION, "close")
            .body(Body::empty())
            .map_err(words)?;
        let ask = async {
            let answer = sender.send_request(request).await.map_err(words)?;
            if !answer.status().is_success() {
                return Err(format!("{host} answers {}", answer.status()));
            }
            let body = Limited::new(answer.into_body(), ANSWER_LENGTH_MAX).collect().await.map_err(words)?;
            Ok(body.to_bytes().to_vec())
        };
        tokio::pin!(connection);
        tokio::pin!(ask);
        tokio::select! {
            answer = &mut ask => answer,
            // Both end together where the server closes at the end of its answer.
            _ = &mut connection => ask.await,
        }
    }
}

impl Default for Https {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Outside for Https {
    async fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        let fetched = tokio::time::timeout(TIME_MAX, self.fetch(url)).await;
        fetched.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }
}

fn words(error: impl Display) -> String {
    error.to_string()
}
