//! One request as the outside makes it: a connection of its own, no cookies, no redirect followed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONNECTION, CONTENT_TYPE, HOST, HeaderMap, LOCATION, USER_AGENT,
};
use hyper::{Method, Request, Response, StatusCode, body::Incoming};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url};
use x509_cert::der::Decode as _;

use super::Body;
use super::stream::Stream;
use super::visit_error::VisitError;
use crate::tls;

/// How long name resolution, the connection and the TLS handshake may take, each.
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// How long an answer may take; mailbox providers wait no longer.
const ANSWER_WAIT: Duration = Duration::from_secs(15);
/// Longest answer in bytes, unless said otherwise.
const BODY_BYTES_MAX: usize = 1 << 20;

/// A request.
#[derive(Debug, Clone)]
pub struct Visit<'a> {
    /// `GET`, `HEAD`, `POST`.
    pub method: Method,
    /// What is asked for.
    pub url: &'a Url,
    /// Who asks, as User-Agent.
    pub agent: &'a str,
    /// Content type and content.
    pub body: Option<(&'a str, &'a [u8])>,
}

/// A server's certificate, which was found valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Certificate {
    /// Seconds since 1970 at which it ends.
    pub ends_at: u64,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
    /// The certificate, where the connection was protected.
    pub certificate: Option<Certificate>,
}

impl Answer {
    /// A header field as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The content as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Where it leads on to, if it is a redirect.
    pub fn leads_to(&self, from: &Url) -> Option<Url> {
        let location = self.headers.get(LOCATION).filter(|_| self.status.is_redirection())?;
        from.join(&String::from_utf8_lossy(location.as_bytes())).ok()
    }
}

/// Asks servers from outside.
#[derive(Clone)]
pub struct Visitor {
    tls: Arc<ClientConfig>,
    /// Hosts that are reached at another address than their name's.
    via: Vec<(String, SocketAddr)>,
    bytes_max: usize,
}

impl Visitor {
    /// Trusts these authorities.
    pub fn new(roots: RootCertStore) -> Result<Self, rustls::Error> {
        Ok(Self { tls: tls::client(roots)?, via: Vec::new(), bytes_max: BODY_BYTES_MAX })
    }

    /// Takes no longer answers than this.
    #[must_use]
    pub fn within(mut self, bytes_max: usize) -> Self {
        self.bytes_max = bytes_max;
        self
    }

    /// Reaches a host at this address from now on, as where a machine can't reach its own public one.
    pub fn reach(&mut self, host: &str, via: SocketAddr) {
        self.via.push((host.to_owned(), via));
    }

    /// Asks once.
    pub async fn visit(&self, visit: &Visit<'_>) -> Result<Answer, VisitError> {
        let (stream, certificate) = self.connect(visit.url).await?;
        let request = request(visit)?;
        let asking = async {
            let (mut sender, connection) =
                handshake(TokioIo::new(stream)).await.map_err(|_| VisitError::Closed)?;
            let answer = async {
                read(sender.send_request(request).await.map_err(|error| lost(&error))?, self.bytes_max).await
            };
            tokio::pin!(answer);
            tokio::pin!(connection);
            tokio::select! {
                biased;
                answer = &mut answer => answer,
                // It ends with the connection, which may be at the end of the answer.
                _ = &mut connection => answer.await,
            }
        };
        let answered = timeout(ANSWER_WAIT, asking).await.map_err(|_| VisitError::Timeout("answer"))?;
        let (status, headers, body) = answered?;
        Ok(Answer { status, headers, body, certificate })
    }

    /// Whether the server of an address can be reached, its certificate included; asks it for nothing.
    pub async fn knock(&self, url: &Url) -> Result<(), VisitError> {
        self.connect(url).await.map(drop)
    }

    async fn connect(&self, url: &Url) -> Result<(Box<dyn Stream>, Option<Certificate>), VisitError> {
        let (host, port) = (url.host_str(), url.port_or_known_default());
        let (Some(host), Some(port)) = (host, port) else { return Err(VisitError::Address) };
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(VisitError::Address),
        };
        let tcp = self.reach_host(host.trim_matches(['[', ']']), port).await?;
        if !secure {
            return Ok((Box::new(tcp), None));
        }
        let name = match url.host() {
            Some(Host::Ipv4(ip)) => ServerName::from(std::net::IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => ServerName::from(std::net::IpAddr::V6(ip)),
            _ => ServerName::try_from(host.to_owned()).map_err(|_| VisitError::Address)?,
        };
        let shaking = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp);
        let shaken = timeout(CONNECT_WAIT, shaking).await.map_err(|_| VisitError::Timeout("tls"))?;
        let stream = shaken.map_err(|error| VisitError::of_handshake(&error))?;
        let certificate =
            stream.get_ref().1.peer_certificates().and_then(|chain| read_certificate(chain.first()?));
        Ok((Box::new(stream), certificate))
    }

    async fn reach_host(&self, host: &str, port: u16) -> Result<TcpStream, VisitError> {
        let via = self.via.iter().find(|(named, _)| named == host).map(|(_, via)| *via);
        let addresses: Vec<SocketAddr> = if let Some(via) = via {
            vec![via]
        } else {
            let looking = timeout(CONNECT_WAIT, lookup_host((host, port))).await;
            let found = looking.map_err(|_| VisitError::Timeout("name"))?;
            found.map_err(|_| VisitError::Name(host.to_owned()))?.collect()
        };
        let mut last = VisitError::Name(host.to_owned());
        for address in addresses {
            match timeout(CONNECT_WAIT, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => return Ok(tcp),
                Ok(Err(error)) => last = VisitError::Connect(error.kind()),
                Err(_) => last = VisitError::Timeout("connection"),
            }
        }
        Err(last)
    }
}

fn request(visit: &Visit<'_>) -> Result<Request<Body>, VisitError> {
    let url = visit.url;
    let host = url.host_str().ok_or(VisitError::Address)?;
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let mut request = Request::builder()
        .method(visit.method.clone())
        .uri(target)
        .header(HOST, host)
        .header(USER_AGENT, visit.agent)
        .header(ACCEPT, "text/html, */*;q=0.8")
        .header(ACCEPT_LANGUAGE, "en")
        .header(CONNECTION, "close");
    let content = match visit.body {
        Some((kind, content)) => {
            request = request.header(CONTENT_TYPE, kind);
            Bytes::copy_from_slice(content)
        }
        None => Bytes::new(),
    };
    request.body(Full::new(content)).map_err(|_| VisitError::Address)
}

fn lost(error: &hyper::Error) -> VisitError {
    if error.is_parse() { VisitError::Protocol } else { VisitError::Closed }
}

async fn read(
    response: Response<Incoming>,
    bytes_max: usize,
) -> Result<(StatusCode, HeaderMap, Bytes), VisitError> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, bytes_max).collect().await.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            VisitError::TooLong(bytes_max)
        } else {
            VisitError::Closed
        }
    })?;
    Ok((head.status, head.headers, body.to_bytes()))
}

fn read_certificate(der: &rustls_pki_types::CertificateDer<'_>) -> Option<Certificate> {
    let certificate = x509_cert::Certificate::from_der(der).ok()?;
    let ends_at = certificate.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
    Some(Certificate { ends_at })
}
