//! Sends the automatic answers to texts that don't go out within the answer to a webhook.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use consent::{Category, Clock, Decision, Deferral, Exclusion, SendOrigin};
use delivery::gate::{Gate, LEASE};
use delivery::sms::{OutText, SmsOutcome, SmsSession, SmsTransport};
use serde_json::json;
use store::{Begun, DeliveryState, NewSend, REPLY_JOB, Reply, ReplyEnd, SendOutcome, SendState};
use tokio::sync::Mutex;

use crate::Service;
use crate::jobs::{Attempt, Ended, JobKind, Retry, Rules, Trouble, Work};

/// Attempts while the provider can't be reached, and the pause between them.
const ATTEMPTS_MAX: u32 = 5;
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

/// What became of one attempt.
enum Sending {
    Sent,
    Unsent(Unsent),
    /// Another attempt may help.
    NotNow,
}

/// The sender of answers.
pub struct TextReplies {
    /// By what brought the text, `sms:NAME`.
    lines: HashMap<String, Mutex<SmsSession>>,
}

impl TextReplies {
    /// With the transports of the receivers that have one, by what brings their texts.
    pub fn new(transports: impl IntoIterator<Item = (String, Arc<SmsTransport>)>) -> Self {
        let line =
            |(source, transport): (String, Arc<SmsTransport>)| (source, Mutex::new(transport.session()));
        Self { lines: transports.into_iter().map(line).collect() }
    }

    async fn answer(&self, attempt: &Attempt) -> Result<Ended, Trouble> {
        let Service { store, workspace, .. } = &attempt.service;
        let unknown = || Trouble::lasting("job-unreadable", "the job names no text");
        let id = attempt.job.text().ok_or_else(unknown)?;
        // It was sent by an attempt that could not say so.
        let Some(reply) = store.reply(*workspace, id).await? else { return Ok(done("over")) };
        if attempt.service.now() > reply.expires_at {
            store.reply_done(*workspace, id, ReplyEnd::Dropped, "too late").await?;
            return Ok(done("too-late"));
        }
        let unsent = match self.send_once(attempt, &reply).await? {
            Sending::Sent => {
                store.reply_done(*workspace, id, ReplyEnd::Sent, "").await?;
                return Ok(done("sent"));
            }
            Sending::NotNow => {
                let (again, code) = (true, "provider-unusable");
                let message = "the provider can't be reached".to_owned();
                return Err(Trouble { again, code, message, more: serde_json::Value::Null });
            }
            Sending::Unsent(unsent) => unsent,
        };
        tracing::warn!(source = reply.source, kind = ?reply.kind, "an answer to a text wasn't sent");
        let detail = &unsent.words[..unsent.words.floor_char_boundary(DETAIL_LENGTH_MAX)];
        store.reply_done(*workspace, id, ReplyEnd::Failed, detail).await?;
        Ok(Ended::Done(json!({ "outcome": "not-sent", "why": detail })))
    }

    /// Sends an answer unless it was sent before (I10), and notes what became of it.
    async fn send_once(&self, attempt: &Attempt, reply: &Reply) -> Result<Sending, Trouble> {
        let Service { store, workspace, .. } = &attempt.service;
        let new = NewSend {
            origin: SendOrigin::Reply,
            intent: reply.id.intent(),
            profile: Some(reply.profile),
            address: Some(reply.address),
            channel: reply.channel,
            category: Category::Transactional,
            at: attempt.service.now(),
        };
        let send = match store.begin_send(*workspace, new).await? {
            Begun::Go(send) => send,
            Begun::Over(_, SendState::Message(DeliveryState::Sent)) => return Ok(Sending::Sent),
            Begun::Over(..) => return Ok(Sending::Unsent(Unsent::failed("it was tried before"))),
        };
        let last = attempt.job.attempts >= ATTEMPTS_MAX;
        let answered = match self.send(&attempt.service, reply).await {
            Ok(Sending::NotNow) if last => Sending::Unsent(Unsent::given_up("the provider can't be reached")),
            Ok(answered) => answered,
            Err(unsent) => Sending::Unsent(unsent),
        };
        let attempted = |state, detail| SendOutcome::Attempted { state, code: 0, detail };
        let outcome = match &answered {
            Sending::Sent => attempted(DeliveryState::Sent, None),
            Sending::NotNow => SendOutcome::Waits(None),
            Sending::Unsent(Unsent { cause: Some(cause), .. }) => SendOutcome::Excluded(*cause),
            Sending::Unsent(Unsent { state, words, .. }) => attempted(*state, Some(words.clone())),
        };
        store.settle_send(*workspace, send, outcome, attempt.service.now()).await?;
        Ok(answered)
    }

    async fn send(&self, service: &Service, reply: &Reply) -> Result<Sending, Unsent> {
        let line = self.lines.get(&reply.source);
        let mut session = line.ok_or_else(|| Unsent::failed("the receiver has no `send`"))?.lock().await;
        if session.ready(&reply.sender).await.is_err() {
            return Ok(Sending::NotNow);
        }
        let clock: &Arc<dyn Clock> = &service.clock;
        let issued = clock.monotonic();
        may(service, reply).await?;
        let text = OutText {
            to: &reply.number,
            from: &reply.sender,
            body: &reply.body,
            reference: "",
            callback: None,
        };
        let outcome = session.send(&text, || clock.monotonic().saturating_sub(issued) < LEASE).await;
        Ok(match outcome {
            SmsOutcome::Accepted(_) => Sending::Sent,
            SmsOutcome::Deferred(_) | SmsOutcome::LeaseExpired | SmsOutcome::NotHandedOver(_) => {
                Sending::NotNow
            }
            SmsOutcome::Rejected(refusal) => {
                Sending::Unsent(Unsent::failed(format!("{} {}", refusal.code, refusal.text)))
            }
            // It may have arrived: nobody is answered twice.
            SmsOutcome::InDoubt(error) => {
                let doubt = Unsent { state: DeliveryState::InDoubt, ..Unsent::failed(error.to_string()) };
                Sending::Unsent(doubt)
            }
        })
    }
}

/// An answer is asked for by the text that it answers, so neither consent nor the block that STOP has just made holds it
/// back; suppression and the allow list, the emergency brake among it, do.
async fn may(service: &Service, reply: &Reply) -> Result<(), Unsent> {
    let gate = Gate {
        store: service.store.clone(),
        workspace: service.workspace,
        clock: Arc::clone(&service.clock),
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

fn done(outcome: &str) -> Ended {
    Ended::Done(json!({ "outcome": outcome }))
}

impl JobKind for TextReplies {
    fn name(&self) -> &'static str {
        REPLY_JOB
    }

    fn rules(&self) -> Rules {
        Rules {
            at_once: 8,
            attempts_max: ATTEMPTS_MAX,
            lease: Duration::from_mins(1),
            retry: Retry { first: PAUSE, longest: 2 * PAUSE },
        }
    }

    fn work<'a>(&'a self, attempt: &'a Attempt) -> Work<'a> {
        Box::pin(self.answer(attempt))
    }
}
