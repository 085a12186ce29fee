//! Sends the automatic answers to texts that don't go out within the answer to a webhook.
//!
//! An answer is taken from the store once, before it is sent: after a crash nobody is answered twice.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use consent::{Category, Clock, Decision, Deferral, Exclusion, SendOrigin};
use data_encoding::HEXLOWER;
use delivery::gate::{Gate, LEASE};
use delivery::sms::{OutText, SmsOutcome, SmsSession, SmsTransport};
use store::{Begun, DeliveryState, NewSend, Reply, SendOutcome, SendState, Store, StoreError};
use tokio::sync::watch;

use crate::context::WORKSPACE;

/// How often answers are looked for.
const EVERY: Duration = Duration::from_millis(500);
/// Answers taken at once.
const BATCH: usize = 16;
/// Times that one is tried while the provider can't be reached, a pause apart.
const TRIES_MAX: u32 = 5;
const PAUSE: Duration = Duration::from_secs(2);
/// Longest text that is kept of what went wrong, in bytes.
const DETAIL_LENGTH_MAX: usize = 255;

/// Why an answer wasn't sent.
struct Unsent {
    /// What became of it.
    state: DeliveryState,
    /// What the decision said, where that was it.
    cause: Option<Exclusion>,
    /// In words.
    words: String,
}

impl Unsent {
    fn failed(words: impl Into<String>) -> Self {
        Self { state: DeliveryState::Rejected, cause: None, words: words.into() }
    }

    fn given_up(words: &str) -> Self {
        Self { state: DeliveryState::GivenUp, ..Self::failed(words) }
    }

    fn withheld(cause: Exclusion) -> Self {
        Self { cause: Some(cause), ..Self::failed(cause.in_words()) }
    }
}

/// The sender of answers.
pub struct TextReplies {
    store: Store,
    clock: Arc<dyn Clock>,
    /// By what brought the text, `sms:NAME`.
    lines: HashMap<String, SmsSession>,
}

impl TextReplies {
    /// With the transports of the receivers that have one, by what brings their texts.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        transports: impl IntoIterator<Item = (String, Arc<SmsTransport>)>,
    ) -> Self {
        let lines = transports.into_iter().map(|(source, transport)| (source, transport.session())).collect();
        Self { store, clock, lines }
    }

    /// Works until `stop` turns true.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.round().await {
                Ok(BATCH..) => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "answers to texts can't be read"),
            }
            let _ = tokio::time::timeout(EVERY, stop.wait_for(|stop| *stop)).await;
        }
    }

    /// Sends what waits; how many were taken.
    async fn round(&mut self) -> Result<usize, StoreError> {
        let replies = self.store.take_replies(WORKSPACE, self.clock.now(), BATCH).await?;
        for reply in &replies {
            // The others are given out already: none of them is lost over this one.
            if let Err(error) = self.answer(reply).await {
                tracing::warn!(%error, "what became of an answer to a text can't be kept");
            }
        }
        Ok(replies.len())
    }

    async fn answer(&mut self, reply: &Reply) -> Result<(), StoreError> {
        let sent = self.send_once(reply).await?;
        let detail = sent.as_ref().err().map_or("", |why| why.words.as_str());
        if !detail.is_empty() {
            tracing::warn!(source = reply.source, kind = ?reply.kind, "an answer to a text wasn't sent");
        }
        let detail = &detail[..detail.floor_char_boundary(DETAIL_LENGTH_MAX)];
        self.store.reply_done(WORKSPACE, reply.id, sent.is_ok(), detail).await
    }

    /// Sends an answer unless it was sent before (I10), and notes what became of it.
    async fn send_once(&mut self, reply: &Reply) -> Result<Result<(), Unsent>, StoreError> {
        let new = NewSend {
            origin: SendOrigin::Reply,
            intent: HEXLOWER.encode(&reply.id.0),
            profile: Some(reply.profile),
            address: Some(reply.address),
            channel: reply.channel,
            category: Category::Transactional,
            at: self.clock.now(),
        };
        let send = match self.store.begin_send(WORKSPACE, new).await? {
            Begun::Go(send) => send,
            Begun::Over(_, SendState::Message(DeliveryState::Sent)) => return Ok(Ok(())),
            Begun::Over(..) => return Ok(Err(Unsent::failed("it was tried before"))),
        };
        let answered = self.send(reply).await;
        let outcome = match &answered {
            Ok(()) => SendOutcome::Attempted { state: DeliveryState::Sent, code: 0, detail: None },
            Err(Unsent { cause: Some(cause), .. }) => SendOutcome::Excluded(*cause),
            Err(Unsent { state, words, .. }) => {
                SendOutcome::Attempted { state: *state, code: 0, detail: Some(words.clone()) }
            }
        };
        self.store.settle_send(WORKSPACE, send, outcome, self.clock.now()).await?;
        Ok(answered)
    }

    async fn send(&mut self, reply: &Reply) -> Result<(), Unsent> {
        for attempt in 1..=TRIES_MAX {
            let now = self.clock.now();
            if now > reply.expires_at {
                return Err(Unsent::given_up("too late"));
            }
            if let Some(outcome) = self.attempt(reply).await? {
                return outcome;
            }
            if attempt < TRIES_MAX {
                tokio::time::sleep(PAUSE).await;
            }
        }
        Err(Unsent::given_up("the provider can't be reached"))
    }

    /// One attempt; `None` if another may help.
    async fn attempt(&mut self, reply: &Reply) -> Result<Option<Result<(), Unsent>>, Unsent> {
        let clock = Arc::clone(&self.clock);
        let session =
            self.lines.get_mut(&reply.source).ok_or_else(|| Unsent::failed("the receiver has no `send`"))?;
        if session.ready(&reply.sender).await.is_err() {
            return Ok(None);
        }
        let issued = clock.monotonic();
        may(&self.store, &clock, reply).await?;
        let text = OutText {
            to: &reply.number,
            from: &reply.sender,
            body: &reply.body,
            reference: "",
            callback: None,
        };
        let outcome = session.send(&text, || clock.monotonic().saturating_sub(issued) < LEASE).await;
        Ok(match outcome {
            SmsOutcome::Accepted(_) => Some(Ok(())),
            SmsOutcome::Deferred(_) | SmsOutcome::LeaseExpired | SmsOutcome::NotHandedOver(_) => None,
            SmsOutcome::Rejected(refusal) => {
                Some(Err(Unsent::failed(format!("{} {}", refusal.code, refusal.text))))
            }
            // It may have arrived: nobody is answered twice.
            SmsOutcome::InDoubt(error) => {
                Some(Err(Unsent { state: DeliveryState::InDoubt, ..Unsent::failed(error.to_string()) }))
            }
        })
    }
}

/// An answer is asked for by the text that it answers, so neither consent nor the block that STOP has just made holds it
/// back; suppression and the allow list, the emergency brake among it, do.
async fn may(store: &Store, clock: &Arc<dyn Clock>, reply: &Reply) -> Result<(), Unsent> {
    let gate = Gate {
        store: store.clone(),
        workspace: WORKSPACE,
        clock: Arc::clone(clock),
        channel: reply.channel,
        category: Category::Transactional,
        list: None,
        run: None,
        audience: None,
        sender: None,
        after_complaint: false,
    };
    let explained = gate.explain(reply.profile, Some(reply.address)).await;
    let explained = explained.map_err(|error| Unsent::failed(error.to_string()))?;
    match explained.ok_or_else(|| Unsent::failed("nobody has this number any more"))?.0 {
        Decision::Permit(_) => Ok(()),
        // Nobody waits for an answer until then.
        Decision::Defer(Deferral { cause, .. }) | Decision::Exclude(cause) => Err(Unsent::withheld(cause)),
    }
}
