//! Mail, by SMTP to a relay.

mod outcome;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use store::FeedbackKind;
use wire::smtp::{Envelope, Session, SmtpTransport, TransportConfig, TransportError, is_about_us};

use super::registry::{Pool, Transports};
use super::route::{Purpose, Refusal, Route, RouteError};
use super::{Handed, Lease, Outgoing, Transport, Unsendable};
use crate::configuration::EmailConfiguration;
use crate::dkim::Signer;
use crate::message::{Buffers, Composer, MessageError};
use crate::other_side::LineError;

impl Pool for SmtpTransport {
    fn account(&self) -> String {
        account(self.config())
    }

    fn close(&self, all: bool) -> BoxFuture<'_, ()> {
        Box::pin(async move { if all { self.close_idle().await } else { self.close_old().await } })
    }

    fn unused(&self) -> usize {
        Self::unused(self)
    }

    fn is_in_use(&self) -> bool {
        Self::is_in_use(self)
    }
}

/// `mail:user@host:port`, or without a user.
fn account(config: &TransportConfig) -> String {
    format!("mail:{}", limit(config))
}

/// What a limit of speed is of: relays count by account, or by where mail comes from.
fn limit(config: &TransportConfig) -> String {
    let host = config.host.to_ascii_lowercase();
    match &config.username {
        Some(user) => format!("{user}@{host}:{}", config.port),
        None => format!("{host}:{}", config.port),
    }
}

impl Transports {
    /// The connections to a relay.
    pub fn relay(&self, config: &TransportConfig) -> Result<Arc<SmtpTransport>, TransportError> {
        self.pool(
            |pool: &SmtpTransport| pool.serves(config),
            || {
                let limit = |per_second| self.rates().limit(limit(config), per_second);
                SmtpTransport::with_rate(config.clone(), config.rate_per_second.map(limit))
            },
        )
    }
}

/// The way out of a configuration.
pub(super) fn route(
    transports: &Transports,
    email: &EmailConfiguration,
    purpose: Purpose<'_>,
) -> Result<Box<dyn Route>, RouteError> {
    let signer = Signer::load(&email.dkim).map_err(RouteError::Key)?;
    let composer = match purpose {
        Purpose::Campaign { name, list, .. } => Composer::of(name, list, email, signer),
        Purpose::Single => Composer::single(email, signer),
    };
    let relay = transports.relay(&email.transport).map_err(LineError::from)?;
    Ok(Box::new(MailRoute { relay, composer: Arc::new(composer) }))
}

struct MailRoute {
    relay: Arc<SmtpTransport>,
    composer: Arc<Composer>,
}

impl Route for MailRoute {
    fn at_once(&self) -> usize {
        self.relay.connections_max()
    }

    fn source(&self) -> &'static str {
        "smtp"
    }

    fn meaning(&self, refusal: &Refusal<'_>) -> Option<FeedbackKind> {
        let Refusal { code, text, rejected, judge } = *refusal;
        let (reason, hard) = judge(&format!("{code} {text}"))?;
        // What is about us says nothing of the address.
        Some(FeedbackKind::Bounced { reason, hard: hard && rejected && !is_about_us(code, text) })
    }

    fn transport(&self) -> Box<dyn Transport> {
        let (relay, composer) = (Arc::clone(&self.relay), Arc::clone(&self.composer));
        Box::new(Mail { relay, composer, session: None, envelope: None, buffers: Buffers::default() })
    }
}

struct Mail {
    relay: Arc<SmtpTransport>,
    composer: Arc<Composer>,
    session: Option<Session>,
    envelope: Option<Envelope>,
    buffers: Buffers,
}

impl Transport for Mail {
    fn ready(&mut self) -> BoxFuture<'_, Result<(), LineError>> {
        Box::pin(async move {
            match &mut self.session {
                Some(session) => session.ready().await?,
                None => self.session = Some(self.relay.session().await?),
            }
            Ok(())
        })
    }

    fn prepare(&mut self, message: &Outgoing<'_>) -> Result<(), Unsendable> {
        let Outgoing { person, rendered, links, at } = *message;
        let made = self.composer.compose(person, rendered, links, at, &mut self.buffers);
        let (envelope, _) = made.map_err(|error| match error {
            MessageError::Envelope(_) => Unsendable::Address(error.to_string()),
            error => Unsendable::Message(error.to_string()),
        })?;
        self.envelope = Some(envelope);
        Ok(())
    }

    fn hand_over<'a>(&'a mut self, lease: &'a dyn Lease) -> BoxFuture<'a, Handed> {
        Box::pin(async move {
            let Self { session, envelope, buffers, .. } = self;
            let (Some(using), Some(envelope)) = (session.as_mut(), envelope.take()) else {
                return Handed::NotHandedOver(TransportError::Closed.into());
            };
            // Lazily: it is asked for only once the relay wants the message.
            let confirm = async { lease.confirm().await };
            let handed: Handed =
                using.send(&envelope, buffers.message(), || lease.holds(), confirm).await.into();
            if !matches!(handed, Handed::LeaseExpired) {
                *session = None;
            }
            handed
        })
    }

    fn rest(&mut self) {
        self.session = None;
    }
}
