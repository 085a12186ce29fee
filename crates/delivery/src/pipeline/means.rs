//! What a run sends by: a relay for mail, or a provider of texts. What became of a message comes to the same for both.

use std::time::Duration;

use wire::smtp::{Envelope, Outcome, Reply, Session, SmtpTransport, TransportError, is_about_us};

use super::worker::{Withdrawn, confirm};
use super::{Health, Pipeline};
use crate::error::LineError;
use crate::gate::Permit;
use crate::message::{Buffers, Composer};
use crate::render::Rendered;
use crate::sms::{OutText, SmsOutcome, SmsSession, SmsTransport};

/// What a run sends by.
pub(crate) enum Means {
    Mail { transport: SmtpTransport, composer: Box<Composer> },
    Text(TextMeans),
}

/// A provider of texts, and who they are from.
pub(crate) struct TextMeans {
    pub(crate) transport: SmsTransport,
    pub(crate) sender: String,
    /// Where the provider tells what became of a text, before the token.
    pub(crate) callback: Option<String>,
}

impl Means {
    pub(crate) fn connections_max(&self) -> usize {
        match self {
            Self::Mail { transport, .. } => transport.connections_max(),
            Self::Text(text) => text.transport.connections_max(),
        }
    }

    /// Closes connections that nobody uses.
    pub(crate) async fn close_idle(&self) {
        if let Self::Mail { transport, .. } = self {
            transport.close_idle().await;
        }
    }

    /// A worker's own connection, made when it is needed.
    pub(crate) fn line(&self) -> Line {
        match self {
            Self::Mail { .. } => Line::Mail { session: None, buffers: Box::default() },
            Self::Text(text) => Line::Text(Box::new(text.transport.session())),
        }
    }
}

/// What a relay or a provider said.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) code: u16,
    pub(crate) text: Option<String>,
    /// How long it wants to be left alone.
    pub(crate) after: Option<Duration>,
    /// Whether it refuses us, and not this recipient.
    pub(crate) of_us: bool,
}

/// What became of a message. Exactly one of these is true of it.
pub(crate) enum Handed {
    Accepted(Said),
    Deferred(Said),
    Rejected(Said),
    InDoubt(String),
    LeaseExpired,
    NotHandedOver(LineError),
}

/// A worker's connection.
pub(crate) enum Line {
    Mail { session: Option<Session>, buffers: Box<Buffers> },
    Text(Box<SmsSession>),
}

impl Line {
    /// Waits for a turn of the speed limit and for a live connection.
    pub(crate) async fn ready(&mut self, means: &Means) -> Result<(), LineError> {
        match (self, means) {
            (Self::Text(session), _) => Ok(session.ready().await?),
            (Self::Mail { session: Some(session), .. }, _) => Ok(session.ready().await?),
            (Self::Mail { session, .. }, Means::Mail { transport, .. }) => {
                let mut new = transport.session().await?;
                let ready = new.ready().await;
                *session = Some(new);
                Ok(ready?)
            }
            (Self::Mail { .. }, Means::Text(_)) => Err(TransportError::Closed.into()),
        }
    }

    /// Hands over what was rendered; an error is about this message alone and for good.
    pub(crate) async fn send(
        &mut self,
        pipeline: &Pipeline,
        health: &Health,
        permit: &Permit,
        rendered: &Rendered,
        withdrawn: &mut Withdrawn,
    ) -> Result<Handed, String> {
        let (clock, links) = (&pipeline.gate.clock, pipeline.renderer.links());
        let holds = || permit.still_holds(clock.monotonic());
        match (self, &pipeline.means) {
            (Self::Mail { session, buffers }, Means::Mail { composer, .. }) => {
                let composed = composer.compose(&permit.person, rendered, links, clock.now(), buffers);
                let (envelope, bytes): (Envelope, &[u8]) = composed.map_err(|error| error.to_string())?;
                let Some(session) = session else {
                    return Ok(Handed::NotHandedOver(TransportError::Closed.into()));
                };
                let confirm = confirm(&pipeline.gate, health, permit, withdrawn);
                Ok(session.send(&envelope, bytes, holds, confirm).await.into())
            }
            (Self::Text(session), Means::Text(text)) => {
                let person = &permit.person;
                let reference = links.bounce(person.link()).map_err(|error| error.to_string())?;
                let text = OutText {
                    to: &person.to,
                    from: &text.sender,
                    body: &rendered.text,
                    reference: &reference,
                    callback: text.callback.as_deref(),
                };
                Ok(session.send(&text, holds).await.into())
            }
            _ => Ok(Handed::NotHandedOver(TransportError::Closed.into())),
        }
    }
}

impl From<Outcome> for Handed {
    fn from(outcome: Outcome) -> Self {
        let said = |reply: &Reply| {
            let text = words(reply);
            let of_us = is_about_us(reply.code(), &text);
            Said { code: reply.code(), text: Some(text), of_us, ..Said::default() }
        };
        match outcome {
            Outcome::Accepted(reply) => Self::Accepted(Said { code: reply.code(), ..Said::default() }),
            Outcome::Deferred(reply) => Self::Deferred(said(&reply)),
            Outcome::Rejected(reply) => Self::Rejected(said(&reply)),
            // Its words say nothing of the recipient, so no code goes with them: nothing is concluded from it.
            Outcome::SenderRefused(reply) => Self::Rejected(Said {
                text: Some(format!("MAIL FROM refused: {} {}", reply.code(), words(&reply))),
                of_us: true,
                ..Said::default()
            }),
            Outcome::Unsendable(reason) => {
                Self::Rejected(Said { text: Some(reason.to_string()), ..Said::default() })
            }
            Outcome::InDoubt(error) => Self::InDoubt(error.to_string()),
            Outcome::LeaseExpired => Self::LeaseExpired,
            Outcome::NotHandedOver(error) => Self::NotHandedOver(error.into()),
        }
    }
}

impl From<SmsOutcome> for Handed {
    fn from(outcome: SmsOutcome) -> Self {
        let said = |refusal: crate::sms::Refusal| Said {
            code: refusal.code,
            text: Some(refusal.text),
            after: refusal.after,
            of_us: false,
        };
        match outcome {
            SmsOutcome::Accepted(_) => Self::Accepted(Said { code: 200, ..Said::default() }),
            SmsOutcome::Deferred(refusal) => Self::Deferred(said(refusal)),
            SmsOutcome::Rejected(refusal) => Self::Rejected(said(refusal)),
            SmsOutcome::InDoubt(error) => Self::InDoubt(error.to_string()),
            SmsOutcome::LeaseExpired => Self::LeaseExpired,
            SmsOutcome::NotHandedOver(error) => Self::NotHandedOver(error.into()),
        }
    }
}

/// What the server said, without the reply code, which is kept by itself.
fn words(reply: &Reply) -> String {
    match reply.enhanced() {
        Some(code) => format!("{code} {}", reply.text()),
        None => reply.text().to_owned(),
    }
}
