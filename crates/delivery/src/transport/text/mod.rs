//! Texts, by the HTTP interface of a provider.

mod outcome;

use std::sync::Arc;

use consent::BounceReason;
use futures_util::future::BoxFuture;
use store::FeedbackKind;
use wire::http::{Body, Request};

use super::registry::{Pool, Transports};
use super::route::{Purpose, Refusal, Route, RouteError};
use super::{Handed, Lease, Outgoing, Transport, Unsendable};
use crate::configuration::SmsConfiguration;
use crate::other_side::LineError;
use crate::sms::{Meaning, OutText, SmsError, SmsSession, SmsTransport, SmsTransportConfig};

impl Pool for SmsTransport {
    fn account(&self) -> String {
        format!("text:{}", self.account_name())
    }

    fn close(&self, all: bool) -> BoxFuture<'_, ()> {
        self.close_unused(all);
        Box::pin(std::future::ready(()))
    }

    fn unused(&self) -> usize {
        Self::unused(self)
    }

    fn is_in_use(&self) -> bool {
        Self::is_in_use(self)
    }
}

impl Transports {
    /// The connections to a provider.
    pub fn provider(&self, config: &SmsTransportConfig) -> Result<Arc<SmsTransport>, SmsError> {
        self.pool(
            |pool: &SmsTransport| pool.serves(config),
            || {
                let rates = self.rates().clone();
                let rate = move |sender: &str, per_second| rates.limit(format!("sms:{sender}"), per_second);
                SmsTransport::with_rates(config.clone(), Box::new(rate))
            },
        )
    }
}

/// The way out of a configuration.
pub(super) fn route(
    transports: &Transports,
    sms: &SmsConfiguration,
    purpose: Purpose<'_>,
) -> Result<Box<dyn Route>, RouteError> {
    let provider = transports.provider(&sms.transport).map_err(LineError::from)?;
    let callback = match (purpose, &sms.transport.receiver) {
        (Purpose::Campaign { public_url: Some(url), .. }, Some(receiver)) => {
            Some(format!("{}/sms/{receiver}", url.trim_end_matches('/')))
        }
        _ => None,
    };
    Ok(Box::new(TextRoute {
        provider,
        sender: sms.sender.as_str().into(),
        callback: callback.map(Into::into),
    }))
}

struct TextRoute {
    provider: Arc<SmsTransport>,
    sender: Arc<str>,
    /// Where the provider tells what became of a text, before the token.
    callback: Option<Arc<str>>,
}

impl Route for TextRoute {
    fn at_once(&self) -> usize {
        self.provider.connections_max()
    }

    fn source(&self) -> &'static str {
        "sms"
    }

    fn meaning(&self, refusal: &Refusal<'_>) -> Option<FeedbackKind> {
        Some(match self.provider.meaning(refusal.code, refusal.text)? {
            Meaning::OptedOut => FeedbackKind::Unsubscribed,
            Meaning::Invalid => FeedbackKind::Bounced { reason: BounceReason::UserUnknown, hard: true },
        })
    }

    fn transport(&self) -> Box<dyn Transport> {
        Box::new(Text {
            session: self.provider.session(),
            provider: Arc::clone(&self.provider),
            sender: Arc::clone(&self.sender),
            callback: self.callback.clone(),
            request: None,
        })
    }
}

struct Text {
    provider: Arc<SmsTransport>,
    session: SmsSession,
    sender: Arc<str>,
    callback: Option<Arc<str>>,
    request: Option<Request<Body>>,
}

impl Transport for Text {
    fn ready(&mut self) -> BoxFuture<'_, Result<(), LineError>> {
        Box::pin(async move { Ok(self.session.ready(&self.sender).await?) })
    }

    fn prepare(&mut self, message: &Outgoing<'_>) -> Result<(), Unsendable> {
        let Outgoing { person, rendered, links, .. } = *message;
        let reference =
            links.bounce(person.link()).map_err(|error| Unsendable::Message(error.to_string()))?;
        let text = OutText {
            to: &person.to,
            from: &self.sender,
            body: &rendered.text,
            reference: &reference,
            callback: self.callback.as_deref(),
        };
        self.request = self.provider.request(&text);
        Ok(())
    }

    fn hand_over<'a>(&'a mut self, lease: &'a dyn Lease) -> BoxFuture<'a, Handed> {
        Box::pin(async move {
            match self.request.take() {
                Some(request) => self.session.send_request(&self.sender, request, || lease.holds()).await,
                None => SmsTransport::unmade(),
            }
            .into()
        })
    }

    fn rest(&mut self) {
        self.session.rest();
    }
}
