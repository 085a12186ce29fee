//! Single messages that somebody asked for, such as the link that confirms an opt-in: no campaign, no run, one address.
//!
//! They pass the gate as every transactional message does: a suppressed address gets nothing, whoever typed it.

use std::sync::Arc;
use std::time::Duration;

use consent::{
    Address, AddressId, Category, Channel, Clock, Deferral, Exclusion, Level, ProfileId, Reason, SendId,
    SendOrigin, Sent, WorkspaceId,
};
use futures_util::future::BoxFuture;
use store::{Begun, DeliveryState, NewSend, OptInKey, SendOutcome, SendState, Store, StoreError};

use crate::configuration::ChannelConfiguration;
use crate::error::DeliveryError;
use crate::gate::{Gate, Permit, Withheld};
use crate::links::Links;
use crate::render::Rendered;
use crate::transport::{Handed, Lease, Outgoing, Purpose, RouteError, Transport, Transports, Unsendable};

/// Times that one message is decided anew before it is left for later.
const DECISIONS_MAX: u32 = 3;

/// What a message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// One line; nothing to texts.
    pub subject: String,
    /// The plain text, the whole of a text message.
    pub text: String,
    /// HTML; nothing to texts.
    pub html: Option<String>,
}

/// What a message is sent for. The same intent is never handed over twice (I10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Why.
    pub origin: SendOrigin,
    /// What tells it from all others of that origin; no address.
    pub key: String,
}

impl Intent {
    /// The id that the message has.
    pub fn send(&self, workspace: WorkspaceId) -> SendId {
        SendId::of_intent(workspace, self.origin, &self.key)
    }
}

/// Whom a message goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// Somebody who is known, at one of the addresses.
    Known(ProfileId, AddressId),
    /// An address as it was typed, about the request for a list that it came with. Nobody may have it yet.
    Typed(Address, OptInKey),
}

/// What became of a message. Exactly one of these is true of it.
#[derive(Debug)]
pub enum Fate {
    /// It was handed over.
    Sent,
    /// The gate holds it back.
    Excluded(Exclusion),
    /// It can't be sent to this address, ever.
    Refused,
    /// It may have arrived, nobody knows.
    InDoubt,
    /// Not now: the relay wants to be left alone for so long, or can't be used.
    Later {
        /// How long, if the relay or the decision says so.
        after: Option<Duration>,
        /// What it waits for by decision.
        wait: Option<Deferral>,
        /// What is wrong; names no address.
        why: String,
    },
}

impl Fate {
    fn later(why: impl Into<String>) -> Self {
        Self::Later { after: None, wait: None, why: why.into() }
    }

    /// What became of the same intent before.
    fn of(state: SendState) -> Self {
        match state {
            SendState::Message(DeliveryState::Sent) => Self::Sent,
            SendState::Message(DeliveryState::Rejected | DeliveryState::GivenUp) => Self::Refused,
            // What waits is begun again, so nothing else comes here.
            SendState::Message(DeliveryState::InDoubt | DeliveryState::Deferred) => Self::InDoubt,
            SendState::Excluded(cause) => Self::Excluded(cause),
        }
    }

    fn outcome(&self) -> SendOutcome {
        let attempted = |state| SendOutcome::Attempted { state, code: 0, detail: None };
        match self {
            Self::Sent => attempted(DeliveryState::Sent),
            Self::Refused => attempted(DeliveryState::Rejected),
            Self::InDoubt => attempted(DeliveryState::InDoubt),
            Self::Excluded(cause) => SendOutcome::Excluded(*cause),
            Self::Later { wait, .. } => SendOutcome::Waits(*wait),
        }
    }
}

/// Sends single messages by one transactional configuration.
pub struct Single {
    gate: Gate,
    links: Links,
    transport: Box<dyn Transport>,
}

/// Why a configuration can't be used for single messages.
#[derive(Debug, thiserror::Error)]
pub enum SingleError {
    /// It is for marketing.
    #[error("the configuration's category is marketing; name a transactional one")]
    Marketing,
    /// Neither it nor the workspace says where the pages are.
    #[error("nobody says where the pages are reached")]
    NoPublicUrl,
    /// Its transport or its keys.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// A DKIM key.
    #[error("dkim.key_file: {0}")]
    Key(String),
}

impl Single {
    /// Reads keys and secrets; `public_url` is the workspace's, for configurations without one. Nothing is connected yet.
    pub fn new(
        transports: &Transports,
        store: &Store,
        workspace: WorkspaceId,
        clock: &Arc<dyn Clock>,
        configuration: &ChannelConfiguration,
        public_url: Option<String>,
    ) -> Result<Self, SingleError> {
        if configuration.category != Category::Transactional {
            return Err(SingleError::Marketing);
        }
        let public_url = configuration.public_url.clone().or(public_url).ok_or(SingleError::NoPublicUrl)?;
        let route = transports.route(configuration, Purpose::Single).map_err(|error| match error {
            RouteError::Key(problem) => SingleError::Key(problem),
            RouteError::Line(error) => DeliveryError::from(error).into(),
        })?;
        let channel = configuration.channel();
        let gate = Gate {
            store: store.clone(),
            workspace,
            clock: Arc::clone(clock),
            channel,
            category: Category::Transactional,
            list: None,
            run: None,
            audience: None,
            sender: Some(configuration.sender().to_owned()),
            after_complaint: configuration.send_after_complaint,
        };
        let links = Links {
            ring: store.key_ring(),
            public_url: public_url.trim_end_matches('/').into(),
            workspace,
            run: None,
            list: None,
            level: Level::Channel,
            short: channel != Channel::Email,
            landing: Arc::default(),
            opt_in: None,
        };
        Ok(Self { gate, links, transport: route.transport() })
    }

    /// What it sends on.
    pub fn channel(&self) -> Channel {
        self.gate.channel
    }

    /// Makes links, with the keys of now.
    pub fn links(&self) -> Links {
        Links { ring: self.gate.store.key_ring(), ..self.links.clone() }
    }

    /// Sends one message to one address, once for its intent (I10), if the gate lets it (I9).
    pub fn send<'a>(
        &'a mut self,
        intent: &'a Intent,
        to: &'a To,
        letter: &'a Letter,
    ) -> BoxFuture<'a, Result<Fate, StoreError>> {
        Box::pin(async move {
            let (profile, address) = match to {
                To::Known(profile, address) => (Some(*profile), Some(*address)),
                To::Typed(..) => (None, None),
            };
            let Gate { workspace, channel, category, .. } = self.gate;
            let Intent { origin, key } = intent.clone();
            let at = self.gate.clock.now();
            let new = NewSend { origin, intent: key, profile, address, channel, category, at };
            let send = match self.gate.store.begin_send(workspace, new).await? {
                Begun::Go(send) => send,
                Begun::Over(_, state) => return Ok(Fate::of(state)),
            };
            let fate = self.decide_and_send(send, to, letter).await;
            self.transport.rest();
            // Nothing was handed over where the state couldn't be read.
            let outcome = fate.as_ref().map_or(SendOutcome::Waits(None), Fate::outcome);
            self.gate.store.settle_send(workspace, send, outcome, self.gate.clock.now()).await?;
            fate
        })
    }

    async fn decide_and_send(&mut self, send: SendId, to: &To, letter: &Letter) -> Result<Fate, StoreError> {
        // Whatever makes one wait comes before the permit, which holds for a second.
        if let Err(error) = self.transport.ready().await {
            return Ok(Fate::later(error.to_string()));
        }
        for _ in 0..DECISIONS_MAX {
            let permit = match decided(&self.gate, to).await? {
                Ok(mut permit) => {
                    Arc::make_mut(&mut permit.person).sent = Sent::Message(send);
                    permit
                }
                Err(Withheld::Excluded(cause)) => return Ok(Fate::Excluded(cause)),
                Err(Withheld::Deferred(Deferral { until, cause })) => {
                    let after = Some(until.since(self.gate.clock.now()));
                    let (wait, why) = (Some(Deferral { until, cause }), cause.in_words().to_owned());
                    return Ok(Fate::Later { after, wait, why });
                }
            };
            if let Some(fate) = self.hand_over(to, &permit, letter).await {
                return Ok(fate);
            }
        }
        Ok(Fate::later("the permit ran out each time"))
    }

    /// `None`: the permit ran out, decide again.
    async fn hand_over(&mut self, to: &To, permit: &Permit, letter: &Letter) -> Option<Fate> {
        let mut links = self.links();
        if let To::Typed(_, key) = to {
            links.opt_in = Some(*key);
        }
        let rendered = Rendered::of(&letter.subject, letter.html.clone(), letter.text.clone());
        let at = self.gate.clock.now();
        let outgoing = Outgoing { person: &permit.person, rendered: &rendered, links: &links, at };
        match self.transport.prepare(&outgoing) {
            Ok(()) => {}
            Err(Unsendable::Address(_)) => return Some(Fate::Refused),
            Err(Unsendable::Message(why)) => return Some(Fate::later(why)),
        }
        let lease = Leased { gate: &self.gate, to, permit };
        of_handed(self.transport.hand_over(&lease).await)
    }
}

/// A permit for one message.
struct Leased<'a> {
    gate: &'a Gate,
    to: &'a To,
    permit: &'a Permit,
}

impl Lease for Leased<'_> {
    fn holds(&self) -> bool {
        self.permit.still_holds(self.gate.clock.monotonic())
    }

    fn confirm(&self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            if self.holds() {
                return true;
            }
            let again = decided(self.gate, self.to).await;
            let holds = |permit: Permit| permit.still_holds(self.gate.clock.monotonic());
            again.is_ok_and(|decided| decided.is_ok_and(holds))
        })
    }
}

/// Decides; an address that somebody has by now, as theirs.
async fn decided(gate: &Gate, to: &To) -> Result<Result<Permit, Withheld>, StoreError> {
    let (profile, address) = match to {
        To::Known(profile, address) => (*profile, *address),
        To::Typed(typed, _) => {
            let owner = gate.store.resolve(gate.workspace, vec![typed.clone()]).await?.pop().flatten();
            match owner {
                Some(owner) => (owner.profile, owner.address),
                None => return gate.decide_typed(typed).await,
            }
        }
    };
    let decided = gate.decide(vec![profile], Some(vec![address])).await?;
    let withheld = match (decided.deferred.first(), decided.excluded.first()) {
        (Some(wait), _) => Withheld::Deferred(Deferral { until: wait.until, cause: wait.cause }),
        (None, Some((_, cause))) => Withheld::Excluded(*cause),
        // The store answered about nobody (I9).
        (None, None) => Withheld::Excluded(Exclusion::of(Reason::AddressMissing)),
    };
    Ok(decided.permits.into_iter().next().ok_or(withheld))
}

fn of_handed(handed: Handed) -> Option<Fate> {
    Some(match handed {
        Handed::Accepted(_) => Fate::Sent,
        Handed::Deferred(said) => {
            Fate::Later { after: said.after, wait: None, why: format!("deferred with {}", said.code) }
        }
        Handed::Rejected(_) => Fate::Refused,
        Handed::SenderRefused(_) => Fate::later("the sender is refused"),
        Handed::LeaseExpired => return None,
        Handed::NotHandedOver(error) => Fate::later(error.to_string()),
        Handed::InDoubt(_) => Fate::InDoubt,
    })
}
