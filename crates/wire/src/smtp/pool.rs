//! The transport: its connections, and the sessions that use them.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::config::TransportConfig;
use super::connection::Connection;
use super::encode::encode;
use super::envelope::Envelope;
use super::error::TransportError;
use super::outcome::Outcome;
use super::settings::Settings;
use super::transaction::{self, Wire};
use crate::rate::RateLimit;

/// Unused for longer than this, a connection is looked at before it is used again.
const LOOK_AFTER: Duration = Duration::from_secs(1);
/// Bytes of message buffer that a session keeps for the next message.
const BUFFER_BYTES_KEPT: usize = 1 << 20;

struct Shared {
    settings: Settings,
    rate: Option<RateLimit>,
    permits: Arc<Semaphore>,
    /// The last one used is the first one taken: what isn't needed grows old and is closed.
    idle: Mutex<Vec<Connection>>,
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A relay and the connections to it. Clones share them.
#[derive(Clone)]
pub struct SmtpTransport(Arc<Shared>);

impl SmtpTransport {
    /// Checks the configuration and reads the password and the certificates that it names. Nothing is connected yet, and
    /// nothing limits the speed.
    pub fn new(config: TransportConfig) -> Result<Self, TransportError> {
        Self::with_rate(config, None)
    }

    /// Like [`Self::new`], with the limit of speed of all who send to this relay.
    pub fn with_rate(config: TransportConfig, rate: Option<RateLimit>) -> Result<Self, TransportError> {
        let settings = Settings::of(config)?;
        Ok(Self(Arc::new(Shared {
            rate,
            permits: Arc::new(Semaphore::new(settings.config.connections_max)),
            idle: Mutex::new(Vec::new()),
            settings,
        })))
    }

    /// Whether it is what a new one of this configuration would be: a password or certificates that were replaced in
    /// their file make another.
    pub fn serves(&self, config: &TransportConfig) -> bool {
        self.0.settings.are_those_of(config)
    }

    /// What it was made of.
    pub fn config(&self) -> &TransportConfig {
        &self.0.settings.config
    }

    /// The most sessions there can be at a time.
    pub fn connections_max(&self) -> usize {
        self.0.settings.config.connections_max
    }

    /// A connection, an unused one or a new one; waits for a turn of the limit of speed, and while `connections_max` are
    /// taken. In this order: whoever waits for a turn keeps no connection from others.
    pub async fn session(&self) -> Result<Session, TransportError> {
        if let Some(rate) = &self.0.rate {
            rate.acquire().await?;
        }
        let permits = Arc::clone(&self.0.permits);
        let permit = permits.acquire_owned().await.map_err(|_| TransportError::Closed)?;
        let mut session = Session {
            shared: Arc::clone(&self.0),
            connection: self.take_idle().await,
            _permit: permit,
            turn_taken: self.0.rate.is_some(),
            wire: Vec::new(),
        };
        session.connect().await?;
        Ok(session)
    }

    async fn take_idle(&self) -> Option<Connection> {
        loop {
            let connection = self.0.idle().pop()?;
            let idle = connection.idle();
            // A run gives its connection back after each message and takes it again: no time is lost on that.
            let lives =
                if idle < LOOK_AFTER { connection.seems_quiet().await } else { connection.is_quiet().await };
            if lives && idle < self.0.settings.config.timeouts.idle {
                return Some(connection);
            }
        }
    }

    /// Closes the unused connections politely. Sessions keep theirs.
    pub async fn close_idle(&self) {
        self.close_unused(|_| true).await;
    }

    /// Closes connections that have been unused for longer than servers keep them.
    pub async fn close_old(&self) {
        let longest = self.0.settings.config.timeouts.idle;
        self.close_unused(|connection| connection.idle() >= longest).await;
    }

    async fn close_unused(&self, mut which: impl FnMut(&Connection) -> bool) {
        let connections: Vec<_> = self.0.idle().extract_if(.., |connection| which(connection)).collect();
        for connection in connections {
            connection.quit().await;
        }
    }

    /// Whether there are other clones of it, or sessions.
    pub fn is_in_use(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Connections that are open and that nobody uses.
    pub fn unused(&self) -> usize {
        self.0.idle().len()
    }
}

impl fmt::Debug for SmtpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpTransport").field("config", &self.0.settings.config).finish_non_exhaustive()
    }
}

/// One connection of the transport for as long as this is held; it goes back when dropped. A connection that broke
/// is replaced when the next message is sent.
pub struct Session {
    shared: Arc<Shared>,
    connection: Option<Connection>,
    _permit: OwnedSemaphorePermit,
    /// A turn of the rate limit was waited for and isn't used up.
    turn_taken: bool,
    wire: Vec<u8>,
}

impl Session {
    /// Waits for a turn of the transport's rate limit and sees that there is a live connection. [`Self::send`] does
    /// so by itself; a caller whose permit is a lease calls this **before** it takes the permit, so that the lease
    /// doesn't run out while waiting.
    pub async fn ready(&mut self) -> Result<(), TransportError> {
        if let (Some(rate), false) = (&self.shared.rate, self.turn_taken) {
            rate.acquire().await?;
            self.turn_taken = true;
        }
        self.connect().await
    }

    async fn connect(&mut self) -> Result<(), TransportError> {
        let settings = &self.shared.settings;
        if let Some(connection) = &self.connection {
            let spent = connection.messages() >= settings.config.messages_per_connection_max.get();
            let live =
                connection.is_clean() && (connection.idle() < LOOK_AFTER || connection.is_quiet().await);
            if live && !spent {
                return Ok(());
            }
        }
        if let Some(old) = self.connection.take() {
            old.quit().await;
        }
        self.connection = Some(Connection::open(settings).await?);
        Ok(())
    }

    /// Sends one message. `message` is the complete message, header and body; its line ends are made CRLF.
    ///
    /// `hand_off` is called once, immediately before the first byte of MAIL FROM is written, after everything that
    /// can make one wait; if it returns false, nothing is written and the outcome is [`Outcome::LeaseExpired`]. It
    /// isn't called when the outcome is known before.
    ///
    /// `confirm` is polled once the server asks for the message, before the first byte of that is written, and not at
    /// all if it comes to nothing before. If it says no, the connection is closed without the message and the outcome
    /// is [`Outcome::LeaseExpired`] too.
    ///
    /// A caller that drops the future before it is done knows nothing about the message: it is then in doubt.
    pub async fn send(
        &mut self,
        envelope: &Envelope,
        message: &[u8],
        hand_off: impl FnOnce() -> bool,
        confirm: impl Future<Output = bool>,
    ) -> Outcome {
        let mut buffer = std::mem::take(&mut self.wire);
        let size = encode(message, &mut buffer);
        let wire = Wire { bytes: &buffer, size, eight_bit: !message.is_ascii() };
        let outcome = self.send_wire(envelope, &wire, hand_off, confirm).await;
        if buffer.capacity() <= BUFFER_BYTES_KEPT {
            self.wire = buffer;
        }
        outcome
    }

    async fn send_wire(
        &mut self,
        envelope: &Envelope,
        wire: &Wire<'_>,
        hand_off: impl FnOnce() -> bool,
        confirm: impl Future<Output = bool>,
    ) -> Outcome {
        if let Err(error) = self.ready().await {
            return Outcome::NotHandedOver(error);
        }
        let timeouts = &self.shared.settings.config.timeouts;
        let Some(connection) = &mut self.connection else {
            return Outcome::NotHandedOver(TransportError::Closed);
        };
        let turn_taken = &mut self.turn_taken;
        let hand_off = || {
            let go = hand_off();
            *turn_taken &= !go;
            go
        };
        let outcome = transaction::send(connection, timeouts, envelope, wire, hand_off, confirm).await;
        if !connection.is_clean() {
            self.connection = None;
        }
        outcome
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && connection.is_clean()
        {
            self.shared.idle().push(connection);
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("connected", &self.connection.is_some()).finish_non_exhaustive()
    }
}

#[cfg(test)]
impl SmtpTransport {
    pub(super) fn take_idle_unchecked(&self) -> Option<Connection> {
        self.0.idle().pop()
    }

    pub(super) fn put_idle(&self, connection: Connection) {
        self.0.idle().push(connection);
    }
}

#[cfg(test)]
impl Session {
    pub(super) fn has_turn(&self) -> bool {
        self.turn_taken
    }
}
