//! A small HTTP/1.1 client for the interfaces of providers: one connection that is kept open, one request at a time, no
//! redirects, no proxies.
//!
//! Promise I1 lives in [`HttpSession::send`]: `still_holds` is asked when everything that can make one wait is over, and a
//! "no" means that no byte of the request is written. The connection is driven by the task that sends, and by nobody
//! else, so that nothing stands between that answer and the first byte.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper::header::{HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::Body;
use super::address::{check_public_url, is_loopback};
use super::stream::Stream;
use crate::tls::{self, TlsProblem};

/// Longest answer in bytes.
pub const ANSWER_BYTES_MAX: usize = 256 << 10;
/// How long name resolution, the connection and the TLS handshake may take together.
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// How long an answer may take, from the first byte of the request on.
const ANSWER_WAIT: Duration = Duration::from_secs(30);
/// An unused connection is kept so long: servers close theirs after five seconds or more, and a request that meets a
/// closing connection is in doubt.
const IDLE_MAX: Duration = Duration::from_secs(4);

/// What goes wrong between us and the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The address can't be used.
    #[error("the address must begin with https://; http:// is for loopback addresses only")]
    Address,
    /// The file with the authorities can't be used.
    #[error("ca_file can't be used")]
    Authorities,
    /// The name doesn't resolve.
    #[error("the host name {0} can't be resolved")]
    UnknownHost(String),
    /// No address of the host accepts the connection.
    #[error("can't connect to {at}: {kind}")]
    Connect {
        /// Host and port.
        at: String,
        /// What the network says.
        kind: io::ErrorKind,
    },
    /// The TLS handshake failed.
    #[error("tls handshake failed: {0}")]
    Tls(TlsProblem),
    /// It took too long.
    #[error("timed out at {0}")]
    Timeout(&'static str),
    /// The connection broke.
    #[error("connection closed by the server")]
    Closed,
    /// The answer isn't HTTP.
    #[error("the answer is no http")]
    Protocol,
    /// The answer is longer than [`ANSWER_BYTES_MAX`].
    #[error("the answer is too long")]
    TooLong,
}

impl HttpError {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Address => "write transport.url with https://",
            Self::Authorities => "check that ca_file is there and holds certificates",
            Self::UnknownHost(_) => "check transport.url, and that this machine can resolve names",
            Self::Connect { kind: io::ErrorKind::ConnectionRefused, .. } => {
                "nothing listens there: check transport.url"
            }
            Self::Connect { .. } | Self::Timeout("connect") => {
                "check transport.url, and that no firewall stands between"
            }
            Self::Tls(TlsProblem::NotTls) => "the port speaks no tls: check transport.url",
            Self::Tls(problem) => problem.hint(),
            Self::Protocol => "what answers there is no web server: check transport.url",
            _ => return None,
        })
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// Status code.
    pub status: u16,
    /// Retry-After, where it is a number of seconds.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Bytes,
}

/// What became of a request. Exactly one of these is true of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchange {
    /// The server answered.
    Answered(HttpAnswer),
    /// `still_holds` said no: nothing was written.
    LeaseExpired,
    /// Nothing was written. Safe to send again.
    NotSent(HttpError),
    /// It was begun, and no complete answer came: nobody knows whether the server acted on it.
    InDoubt(HttpError),
}

/// A server, by scheme, host and port.
#[derive(Clone)]
pub struct HttpHost {
    host: String,
    port: u16,
    /// Header Host.
    authority: HeaderValue,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl HttpHost {
    /// The server of an address, which is `https://`, or `http://` on a loopback address; `ca_file` as a relay's.
    pub fn of(url: &str, ca_file: Option<&std::path::Path>) -> Result<Self, HttpError> {
        let url = check_public_url(url).map_err(|_| HttpError::Address)?;
        let uri: Uri = url.parse().map_err(|_| HttpError::Address)?;
        let authority = uri.authority().ok_or(HttpError::Address)?;
        let secure = uri.scheme_str() == Some("https");
        // The check above has seen to it; what goes over the wire unprotected is worth a second look.
        if !secure && !is_loopback(authority.as_str()) {
            return Err(HttpError::Address);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = if secure {
            let name = ServerName::try_from(host.clone()).map_err(|_| HttpError::Address)?;
            Some((connector(ca_file)?, name))
        } else {
            None
        };
        Ok(Self {
            port: authority.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| HttpError::Address)?,
            host,
            tls,
        })
    }
}

fn connector(ca_file: Option<&std::path::Path>) -> Result<TlsConnector, HttpError> {
    let roots = tls::trusted_roots(ca_file).map_err(|_| HttpError::Authorities)?;
    let client = tls::client(roots).map_err(|_| HttpError::Tls(TlsProblem::Refused))?;
    Ok(TlsConnector::from(client))
}

/// What moves bytes, for as long as it is polled.
type Driver = Connection<TokioIo<Box<dyn Stream>>, Body>;

struct Open {
    sender: SendRequest<Body>,
    driver: Pin<Box<Driver>>,
    used: Instant,
}

/// One connection to a server, made when it is needed and kept while it is of use.
pub struct HttpSession {
    host: Arc<HttpHost>,
    open: Option<Open>,
    answer_wait: Duration,
}

impl HttpSession {
    /// Nothing is connected yet.
    pub fn new(host: Arc<HttpHost>) -> Self {
        Self { host, open: None, answer_wait: ANSWER_WAIT }
    }

    /// Waits so long for answers instead of the usual half a minute.
    #[must_use]
    pub fn with_answer_wait(mut self, wait: Duration) -> Self {
        self.answer_wait = wait;
        self
    }

    /// Whether it has a connection that is young enough to be used.
    pub fn is_open(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.used.elapsed() < IDLE_MAX && !open.sender.is_closed())
    }

    /// Sees that there is a live connection. [`Self::send`] doesn't: whose permit is a lease calls this before the lease
    /// is looked at.
    pub async fn ready(&mut self) -> Result<(), HttpError> {
        if let Some(open) = &mut self.open
            && open.used.elapsed() < IDLE_MAX
            && !open.sender.is_closed()
        {
            // A look at what the server did meanwhile: that it closed the connection shows only when it is read.
            let driven = futures_util::poll!(open.driver.as_mut());
            if driven.is_pending() && open.sender.is_ready() {
                return Ok(());
            }
        }
        self.open = None;
        let connecting = timeout(CONNECT_WAIT, self.connect()).await;
        self.open = Some(connecting.map_err(|_| HttpError::Timeout("connect"))??);
        Ok(())
    }

    async fn connect(&self) -> Result<Open, HttpError> {
        let HttpHost { host, port, tls, .. } = &*self.host;
        let refused =
            |error: io::Error| HttpError::Connect { at: format!("{host}:{port}"), kind: error.kind() };
        let addresses = tokio::net::lookup_host((&**host, *port)).await;
        let addresses: Vec<_> = addresses.map_err(|_| HttpError::UnknownHost(host.clone()))?.collect();
        let tcp = TcpStream::connect(addresses.as_slice()).await.map_err(refused)?;
        tcp.set_nodelay(true).map_err(refused)?;
        let stream: Box<dyn Stream> = match tls {
            None => Box::new(tcp),
            Some((connector, name)) => {
                let tls = connector.connect(name.clone(), tcp).await;
                Box::new(tls.map_err(|error| HttpError::Tls(TlsProblem::of(&error)))?)
            }
        };
        let (mut sender, driver) = handshake(TokioIo::new(stream)).await.map_err(|_| HttpError::Closed)?;
        let mut driver = Box::pin(driver);
        tokio::select! {
            biased;
            ready = sender.ready() => ready.map_err(|_| HttpError::Closed)?,
            _ = &mut driver => return Err(HttpError::Closed),
        }
        Ok(Open { sender, driver, used: Instant::now() })
    }

    /// Sends one request over the connection that [`Self::ready`] has made; Host and User-Agent are put in here.
    ///
    /// `still_holds` is asked once, in the instant before the first byte is written. A caller that drops the future before
    /// it is done knows nothing about the request: it is then in doubt.
    pub async fn send(&mut self, mut request: Request<Body>, still_holds: impl FnOnce() -> bool) -> Exchange {
        let Some(mut open) = self.open.take() else { return Exchange::NotSent(HttpError::Closed) };
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.authority.clone());
        headers.insert(USER_AGENT, HeaderValue::from_static("consentry"));
        if !still_holds() {
            self.open = Some(open);
            return Exchange::LeaseExpired;
        }
        match timeout(self.answer_wait, exchange(&mut open, request)).await {
            Err(_) => Exchange::InDoubt(HttpError::Timeout("answer")),
            Ok(Err(ended)) => ended,
            Ok(Ok(answer)) => {
                open.used = Instant::now();
                self.open = Some(open);
                Exchange::Answered(answer)
            }
        }
    }
}

async fn exchange(open: &mut Open, request: Request<Body>) -> Result<HttpAnswer, Exchange> {
    let Open { sender, driver, .. } = open;
    let asking = async {
        let response = sender.try_send_request(request).await.map_err(|mut error| {
            // Given back, it was never begun.
            if error.take_message().is_some() {
                Exchange::NotSent(HttpError::Closed)
            } else {
                Exchange::InDoubt(if error.error().is_parse() {
                    HttpError::Protocol
                } else {
                    HttpError::Closed
                })
            }
        })?;
        read(response).await.map_err(Exchange::InDoubt)
    };
    tokio::pin!(asking);
    let mut driving = true;
    loop {
        tokio::select! {
            biased;
            answer = &mut asking => return answer,
            // It ends with the connection, which may be at the end of the answer.
            _ = driver.as_mut(), if driving => driving = false,
        }
    }
}

async fn read(response: Response<Incoming>) -> Result<HttpAnswer, HttpError> {
    let (head, body) = response.into_parts();
    let seconds = head.headers.get(hyper::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = seconds.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() { HttpError::TooLong } else { HttpError::Closed }
    })?;
    Ok(HttpAnswer { status: head.status.as_u16(), retry_after, body: body.to_bytes() })
}
