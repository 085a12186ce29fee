//! One connection: how it is opened, and what it can do.

mod auth;

use std::ops::Range;
use std::time::Duration;

use smtp_proto as proto;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use super::config::{Timeouts, TlsMode};
use super::envelope::HelloName;
use super::error::TransportError;
use super::reply::Reply;
use super::settings::{Settings, any_connector};
use super::stream::Stream;
use auth::authenticate;

/// Bytes made room for at each read; replies are far shorter.
const READ_BYTES: usize = 4096;
/// How long a server may be silent before it is asked whether it speaks TLS, and how long that may take.
const GREETING_PATIENCE: Duration = Duration::from_secs(5);
/// The first bytes of records of TLS: an alert, a handshake.
const TLS_RECORDS: [u8; 2] = [0x15, 0x16];
/// How long closing a connection politely may take.
const QUIT_WAIT: Duration = Duration::from_secs(1);

/// What the server said in its answer to EHLO that matters to us.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one keyword of the server's list")]
pub(super) struct Features {
    pub(super) pipelining: bool,
    pub(super) eight_bit: bool,
    pub(super) smtputf8: bool,
    pub(super) starttls: bool,
    pub(super) auth_plain: bool,
    pub(super) auth_login: bool,
    /// SIZE is offered: messages may be announced with their size.
    pub(super) size: bool,
    /// The most that the server takes, in bytes; 0: it doesn't say.
    pub(super) size_max: usize,
}

impl Features {
    fn parse(lines: &[u8]) -> Result<Self, TransportError> {
        let hello = proto::EhloResponse::parse(&mut lines.iter())
            .map_err(|_| TransportError::Protocol("answer to ehlo can't be read"))?;
        let has = |bit| hello.capabilities & bit != 0;
        Ok(Self {
            pipelining: has(proto::EXT_PIPELINING),
            eight_bit: has(proto::EXT_8BIT_MIME),
            smtputf8: has(proto::EXT_SMTP_UTF8),
            starttls: has(proto::EXT_START_TLS),
            auth_plain: hello.auth_mechanisms & proto::AUTH_PLAIN != 0,
            auth_login: hello.auth_mechanisms & proto::AUTH_LOGIN != 0,
            size: has(proto::EXT_SIZE),
            size_max: hello.size,
        })
    }
}

/// An open connection.
pub(super) struct Connection {
    stream: Stream,
    /// What was read and not yet used begins at `used`.
    read: Vec<u8>,
    used: usize,
    features: Features,
    /// No transaction is open and every command has been answered.
    clean: bool,
    /// Transactions begun on it.
    messages: u32,
    used_at: Instant,
}

impl Connection {
    /// Connects, greets, protects and authenticates.
    pub(super) async fn open(settings: &Settings) -> Result<Self, TransportError> {
        let timeouts = &settings.config.timeouts;
        let mut stream = Stream::Plain(connect(settings).await?);
        if let (TlsMode::Implicit, Some(tls)) = (settings.config.tls, &settings.tls) {
            stream = stream.handshake(tls, timeouts.tls).await?;
        }
        let name = match &settings.hello_name {
            Some(name) => name.clone(),
            None => HelloName::literal(stream.tcp().local_addr()?.ip()),
        };
        let mut connection = Self::new(stream);
        let greeting = connection.greeting(settings).await?;
        if greeting.code() != 220 {
            return Err(TransportError::Refused { stage: "greeting", reply: greeting });
        }
        connection.hello(&name, timeouts).await?;
        if !connection.stream.is_tls() {
            connection = connection.start_tls(settings, &name).await?;
        }
        if let Some(credentials) = &settings.credentials {
            if !(connection.stream.is_tls() || settings.config.insecure_auth) {
                return Err(TransportError::AuthUnprotected);
            }
            authenticate(&mut connection, credentials, timeouts).await?;
        }
        connection.clean = true;
        Ok(connection)
    }

    /// The first reply. A server that is silent may be waiting for TLS; that is looked at before long.
    async fn greeting(&mut self, settings: &Settings) -> Result<Reply, TransportError> {
        let limit = settings.config.timeouts.greeting;
        let first = limit.min(GREETING_PATIENCE);
        let plain = settings.config.tls != TlsMode::Implicit;
        let greeting = self.reply("greeting", first).await;
        let alert = plain && self.read.first().is_some_and(|byte| TLS_RECORDS.contains(byte));
        match greeting {
            Err(TransportError::Protocol(_)) if alert => Err(TransportError::TlsExpected),
            Err(TransportError::Timeout(_)) if plain && speaks_tls(settings).await => {
                Err(TransportError::TlsExpected)
            }
            Err(TransportError::Timeout(_)) if first < limit => {
                self.reply("greeting", limit.saturating_sub(first)).await
            }
            greeting => greeting,
        }
    }

    fn new(stream: Stream) -> Self {
        Self {
            stream,
            read: Vec::new(),
            used: 0,
            features: Features::default(),
            clean: false,
            messages: 0,
            used_at: Instant::now(),
        }
    }

    async fn hello(&mut self, name: &HelloName, timeouts: &Timeouts) -> Result<(), TransportError> {
        let hello = format!("EHLO {}\r\n", name.as_str());
        self.write(hello.as_bytes(), "ehlo", timeouts.command).await?;
        let (mut reply, lines) = self.reply_at("ehlo", timeouts.command).await?;
        self.features = Features::default();
        if reply.is_success() {
            self.features = Features::parse(&self.read[lines])?;
            return Ok(());
        }
        if (500..=504).contains(&reply.code()) {
            reply = self.command(&format!("HELO {}", name.as_str()), "helo", timeouts.command).await?;
        }
        if reply.is_success() { Ok(()) } else { Err(TransportError::Refused { stage: "ehlo", reply }) }
    }

    async fn start_tls(mut self, settings: &Settings, name: &HelloName) -> Result<Self, TransportError> {
        let timeouts = &settings.config.timeouts;
        let (mode, Some(tls)) = (settings.config.tls, &settings.tls) else { return Ok(self) };
        if !self.features.starttls {
            let optional = mode == TlsMode::Opportunistic;
            return if optional { Ok(self) } else { Err(TransportError::StartTlsMissing) };
        }
        let reply = self.command("STARTTLS", "starttls", timeouts.command).await?;
        if reply.code() != 220 {
            let optional = mode == TlsMode::Opportunistic && reply.code() != 421;
            return if optional {
                Ok(self)
            } else {
                Err(TransportError::Refused { stage: "starttls", reply })
            };
        }
        // Whoever can add bytes here would have them read as if they were protected.
        if self.has_unread() {
            return Err(TransportError::StartTlsInjection);
        }
        let mut protected = Self::new(self.stream.handshake(tls, timeouts.tls).await?);
        protected.hello(name, timeouts).await?;
        Ok(protected)
    }

    pub(super) fn features(&self) -> Features {
        self.features
    }

    pub(super) fn messages(&self) -> u32 {
        self.messages
    }

    pub(super) fn is_clean(&self) -> bool {
        self.clean && !self.has_unread()
    }

    /// Bytes of the server that nothing has asked for.
    pub(super) fn has_unread(&self) -> bool {
        self.used < self.read.len()
    }

    /// How long nothing was sent on it.
    pub(super) fn idle(&self) -> Duration {
        self.used_at.elapsed()
    }

    /// Whether the server seems to be still there and waiting.
    pub(super) async fn is_quiet(&self) -> bool {
        self.is_clean() && self.stream.is_quiet().await
    }

    /// The same, as far as it is known at once.
    pub(super) async fn seems_quiet(&self) -> bool {
        self.is_clean() && self.stream.seems_quiet().await
    }

    /// From here until [`Self::end_transaction`] the connection can't be used for anything else, also when the
    /// future that uses it is dropped.
    pub(super) fn begin_transaction(&mut self) {
        self.clean = false;
        self.messages = self.messages.saturating_add(1);
    }

    pub(super) fn end_transaction(&mut self) {
        self.clean = true;
        self.used_at = Instant::now();
    }

    /// Sends one command line (without its line end) and reads the reply.
    pub(super) async fn command(
        &mut self,
        line: &str,
        stage: &'static str,
        limit: Duration,
    ) -> Result<Reply, TransportError> {
        debug_assert!(!line.contains(['\r', '\n']), "a command is one line");
        self.write(format!("{line}\r\n").as_bytes(), stage, limit).await?;
        self.reply(stage, limit).await
    }

    /// Writes and flushes.
    pub(super) async fn write(
        &mut self,
        bytes: &[u8],
        stage: &'static str,
        limit: Duration,
    ) -> Result<(), TransportError> {
        self.stream.write_all(bytes, stage, limit).await?;
        self.stream.flush(stage, limit).await
    }

    pub(super) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// The next reply; `limit` is for all of it.
    pub(super) async fn reply(
        &mut self,
        stage: &'static str,
        limit: Duration,
    ) -> Result<Reply, TransportError> {
        Ok(self.reply_at(stage, limit).await?.0)
    }

    /// The next reply and where its bytes are, until the next read.
    async fn reply_at(
        &mut self,
        stage: &'static str,
        limit: Duration,
    ) -> Result<(Reply, Range<usize>), TransportError> {
        if let Some(found) = self.take_reply()? {
            return Ok(found);
        }
        let reading = async {
            loop {
                self.fill().await?;
                if let Some(found) = self.take_reply()? {
                    return Ok(found);
                }
            }
        };
        timeout(limit, reading).await.unwrap_or(Err(TransportError::Timeout(stage)))
    }

    async fn fill(&mut self) -> Result<(), TransportError> {
        if !self.has_unread() {
            self.read.clear();
            self.used = 0;
        }
        self.read.reserve(READ_BYTES);
        self.stream.read(&mut self.read).await
    }

    fn take_reply(&mut self) -> Result<Option<(Reply, Range<usize>)>, TransportError> {
        let parsed = Reply::parse(&self.read[self.used..]).map_err(TransportError::Protocol)?;
        let Some((reply, length)) = parsed else { return Ok(None) };
        let range = self.used..self.used + length;
        self.used = range.end;
        Ok(Some((reply, range)))
    }

    /// Ends an open transaction (RSET), so that the connection can be used again. Errors leave it unusable.
    pub(super) async fn reset(&mut self, limit: Duration) {
        if self.has_unread() {
            return;
        }
        if let Ok(reply) = self.command("RSET", "rset", limit).await
            && reply.is_success()
        {
            self.end_transaction();
        }
    }

    /// Closes it politely, without waiting long.
    pub(super) async fn quit(mut self) {
        if self.is_clean() {
            // The connection goes either way.
            let _ = self.command("QUIT", "quit", QUIT_WAIT).await;
        }
    }
}

async fn connect(settings: &Settings) -> Result<TcpStream, TransportError> {
    let config = &settings.config;
    let limit = config.timeouts.connect;
    let resolving = timeout(limit, lookup_host((config.host.as_str(), config.port)));
    let addresses = resolving.await.map_err(|_| TransportError::Timeout("name resolution"))?;
    let at = || format!("{}:{}", config.host, config.port);
    let mut last = TransportError::UnknownHost(config.host.clone());
    for address in addresses.map_err(|_| TransportError::UnknownHost(config.host.clone()))? {
        if config.accept_invalid_certs && !address.ip().is_loopback() {
            last = TransportError::NotLoopback;
            continue;
        }
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                tcp.set_nodelay(true)?;
                return Ok(tcp);
            }
            Ok(Err(error)) => last = TransportError::Connect { at: at(), kind: error.kind() },
            Err(_) => last = TransportError::Timeout("connect"),
        }
    }
    Err(last)
}

/// Whether the server takes a TLS handshake on a connection of its own, whatever its certificate.
async fn speaks_tls(settings: &Settings) -> bool {
    let asking = async {
        let stream = Stream::Plain(connect(settings).await?);
        stream.handshake(&any_connector(&settings.config)?, GREETING_PATIENCE).await
    };
    timeout(GREETING_PATIENCE, asking).await.is_ok_and(|asked| asked.is_ok())
}
