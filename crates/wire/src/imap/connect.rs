//! From nothing to a session that is logged in.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_imap::{Client, Session};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::config::{ImapConfig, ImapError, ImapTls};

/// How long the server may take for one answer.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// What a session runs over.
pub(super) trait Io: AsyncRead + AsyncWrite + Unpin + Send + Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Debug> Io for T {}
pub(super) type ImapSession = Session<Box<dyn Io>>;

/// Waits for one answer of the server, no longer than [`PATIENCE`].
pub(super) async fn patiently<T, E>(
    what: &'static str,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, ImapError>
where
    async_imap::error::Error: From<E>,
{
    let answer = timeout(PATIENCE, answer).await.map_err(|_| ImapError::Timeout)?;
    answer.map_err(|error| failed(what, &error.into()))
}

pub(super) fn failed(what: &'static str, error: &async_imap::error::Error) -> ImapError {
    use async_imap::error::Error;
    match error {
        Error::Io(error) => ImapError::Connection(error.kind()),
        Error::ConnectionLost => ImapError::Connection(std::io::ErrorKind::UnexpectedEof),
        Error::No(_) | Error::Bad(_) | Error::Validate(_) => ImapError::Refused(what),
        _ => ImapError::Protocol,
    }
}

pub(super) async fn login(config: &ImapConfig) -> Result<ImapSession, ImapError> {
    let tcp = patiently("the connection", TcpStream::connect((config.host.as_str(), config.port))).await?;
    let client = match &config.tls {
        ImapTls::None => greeted(Box::new(tcp) as Box<dyn Io>).await?,
        ImapTls::Implicit(tls) => greeted(handshake(tls, config, tcp).await?).await?,
        ImapTls::StartTls(tls) => start_tls(tls, config, tcp).await?,
    };
    let answer = timeout(PATIENCE, client.login(&config.user, &config.password)).await;
    answer.map_err(|_| ImapError::Timeout)?.map_err(|(error, _)| match failed("the login", &error) {
        ImapError::Refused(_) if is_for_now(&error) => ImapError::Refused("the login for now"),
        ImapError::Refused(_) => ImapError::Login,
        other => other,
    })
}

/// Whether the server says that it would take the same later (RFC 5530 section 3).
fn is_for_now(error: &async_imap::error::Error) -> bool {
    let text = error.to_string().to_ascii_uppercase();
    ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"].iter().any(|code| text.contains(code))
}

async fn greeted<T: Io>(stream: T) -> Result<Client<T>, ImapError> {
    let mut client = Client::new(stream);
    let greeting = patiently("the connection", client.read_response()).await?;
    greeting.ok_or(ImapError::Connection(std::io::ErrorKind::UnexpectedEof))?;
    Ok(client)
}

async fn handshake(
    tls: &Arc<ClientConfig>,
    config: &ImapConfig,
    tcp: TcpStream,
) -> Result<Box<dyn Io>, ImapError> {
    let name = ServerName::try_from(config.host.clone()).map_err(|_| ImapError::Name)?;
    let connecting = TlsConnector::from(Arc::clone(tls)).connect(name, tcp);
    Ok(Box::new(patiently("tls", connecting).await?))
}

/// What came in clear counts for nothing afterwards: the client is a new one, without the greeting.
async fn start_tls(
    tls: &Arc<ClientConfig>,
    config: &ImapConfig,
    tcp: TcpStream,
) -> Result<Client<Box<dyn Io>>, ImapError> {
    let mut client = greeted(tcp).await?;
    patiently("STARTTLS", client.run_command_and_check_ok("STARTTLS", None))
        .await
        .map_err(|_| ImapError::StartTls)?;
    Ok(Client::new(handshake(tls, config, client.into_inner()).await?))
}
