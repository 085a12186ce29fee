//! A worker: one connection's worth of rendering, signing and handing over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use consent::Category;
use store::{DeliveryState, StoreError};

use crate::gate::{Gate, Permit};
use crate::links::WaysOut;
use crate::message::{Buffers, MessageError};
use crate::pipeline::{Fate, Health, Job, Lines, Pipeline};
use crate::render::{Person, Rendered, Renderer};
use crate::smtp::{Envelope, Outcome, Reply, Session, TransportError};

/// Times that one message is decided anew before it goes back to the queue.
const DECISIONS_MAX: u32 = 5;
/// Failures of the relay in a row before a worker gives up on a message.
const FAILURES_MAX: u32 = 6;
/// Longest wait between two failures.
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// A permit with less than this left is renewed first, since it would run out while the message is made.
const MARGIN: Duration = Duration::from_millis(50);
/// Why a marketing message isn't sent that lacks a link of ours (I3).
const NO_WAY_OUT: &str = "no way out in the rendered content";

struct Worker {
    pipeline: Arc<Pipeline>,
    lines: Arc<Lines>,
    session: Option<Session>,
    rendered: Rendered,
    buffers: Buffers,
}

/// The relay's failures while one message is tried.
struct Failures {
    count: u32,
    /// Exchanges of all workers when the first one failed.
    exchanges: u64,
}

/// Takes jobs until there are no more.
pub(crate) async fn work(pipeline: Arc<Pipeline>, lines: Arc<Lines>) {
    let mut worker =
        Worker { pipeline, lines, session: None, rendered: Rendered::default(), buffers: Buffers::default() };
    loop {
        let Some(job) = worker.lines.jobs.lock().await.recv().await else { return };
        let Job { permit, attempts, claim } = job;
        let clock = Arc::clone(&worker.pipeline.gate.clock);
        let began = clock.monotonic();
        let fate = worker.deliver(permit, attempts).await;
        worker.pipeline.window.note(clock.monotonic().saturating_sub(began));
        worker.lines.note(&claim, fate);
    }
}

impl Worker {
    fn health(&self) -> &Health {
        &self.lines.health
    }

    async fn deliver(&mut self, mut permit: Permit, attempts: u32) -> Fate {
        let mut failures = Failures { count: 0, exchanges: self.health().exchanges.load(Ordering::Relaxed) };
        let mut decisions = 0;
        loop {
            if self.health().is_halted() {
                return Fate::PutBack;
            }
            // The rate limit and the connection are waited for first: the permit mustn't run out meanwhile.
            if let Err(error) = self.ready().await {
                match self.failed(error, &mut failures, false).await {
                    Some(_) => return Fate::PutBack,
                    None => continue,
                }
            }
            let clock = Arc::clone(&self.pipeline.gate.clock);
            if !permit.still_holds(clock.monotonic() + MARGIN) {
                decisions += 1;
                if decisions > DECISIONS_MAX {
                    return Fate::PutBack;
                }
                permit = match self.renew(&permit).await {
                    Ok(permit) => permit,
                    Err(fate) => return fate,
                };
            }
            let outcome = match self.hand_over(&permit).await {
                Ok((_, Some(fate))) => return fate,
                Ok((outcome, None)) => outcome,
                Err(problem) => return self.fate(&permit, DeliveryState::Rejected, None, Some(problem)),
            };
            match outcome {
                Outcome::LeaseExpired => {}
                Outcome::NotHandedOver(error) => {
                    if let Some(error) = self.failed(error, &mut failures, true).await {
                        if self.health().is_halted() {
                            return Fate::PutBack;
                        }
                        // The relay works for others and never for this message.
                        return self.deferred(&permit, attempts, None, error.to_string());
                    }
                }
                outcome => {
                    self.health().exchanges.fetch_add(1, Ordering::Relaxed);
                    return self.concluded(&permit, attempts, outcome);
                }
            }
        }
    }

    async fn ready(&mut self) -> Result<(), TransportError> {
        if let Some(session) = &mut self.session {
            return session.ready().await;
        }
        let mut session = self.pipeline.transport.session().await?;
        let ready = session.ready().await;
        self.session = Some(session);
        ready
    }

    async fn renew(&self, permit: &Permit) -> Result<Permit, Fate> {
        renew(&self.pipeline.gate, self.health(), permit).await
    }

    /// Renders, signs and sends; an error is about this message alone and for good. With the outcome comes the fate of a
    /// message that was withdrawn at the last moment.
    async fn hand_over(&mut self, permit: &Permit) -> Result<(Outcome, Option<Fate>), String> {
        let Self { pipeline, session, rendered, buffers, lines } = self;
        let marketing = pipeline.gate.category == Category::Marketing;
        render(&pipeline.renderer, marketing, &permit.person, rendered)?;
        let clock = &pipeline.gate.clock;
        let composed = pipeline.composer.compose(
            &permit.person,
            rendered,
            pipeline.renderer.links(),
            clock.now(),
            buffers,
        );
        let (envelope, bytes): (Envelope, &[u8]) =
            composed.map_err(|error: MessageError| error.to_string())?;
        let Some(session) = session else {
            return Ok((Outcome::NotHandedOver(TransportError::Closed), None));
        };
        let mut withdrawn = None;
        let confirm = confirm(&pipeline.gate, &lines.health, permit, &mut withdrawn);
        let outcome = session.send(&envelope, bytes, || permit.still_holds(clock.monotonic()), confirm).await;
        Ok((outcome, withdrawn))
    }

    /// After a failure of the relay: waits and answers `None` to try again, or the error when that is of no use. A relay
    /// that answers nobody ends the run.
    async fn failed(
        &self,
        error: TransportError,
        failures: &mut Failures,
        connected: bool,
    ) -> Option<TransportError> {
        if let TransportError::NoTurn(why) = &error {
            self.health().fail(StoreError::Unavailable(why.clone()));
            return Some(error);
        }
        failures.count += 1;
        let nobody = self.health().exchanges.load(Ordering::Relaxed) == failures.exchanges;
        let last = failures.count >= FAILURES_MAX;
        if is_lasting(&error) || last && nobody {
            self.health().fail(error.clone());
            return Some(error);
        }
        let doubled = self.pipeline.backoff.saturating_mul(1 << failures.count.min(16) >> 1);
        let wait = doubled.min(BACKOFF_MAX);
        // A broken connection is replaced at once the first time: servers close them after a while.
        if !connected || failures.count > 1 {
            self.health().pause(wait).await;
        }
        last.then_some(error)
    }

    fn concluded(&self, permit: &Permit, attempts: u32, outcome: Outcome) -> Fate {
        let text = |reply: &Reply| Some(said(reply));
        match outcome {
            Outcome::Accepted(reply) => self.fate(permit, DeliveryState::Sent, Some(&reply), None),
            Outcome::Deferred(reply) => {
                let detail = said(&reply);
                self.deferred(permit, attempts, Some(&reply), detail)
            }
            Outcome::Rejected(reply) => {
                self.fate(permit, DeliveryState::Rejected, Some(&reply), text(&reply))
            }
            Outcome::Unsendable(reason) => {
                self.fate(permit, DeliveryState::Rejected, None, Some(reason.to_string()))
            }
            Outcome::InDoubt(error) => {
                self.fate(permit, DeliveryState::InDoubt, None, Some(error.to_string()))
            }
            Outcome::LeaseExpired | Outcome::NotHandedOver(_) => Fate::PutBack,
        }
    }

    fn deferred(&self, permit: &Permit, attempts: u32, reply: Option<&Reply>, detail: String) -> Fate {
        let delay = self.pipeline.retry.delay_after(attempts + 1);
        let state = if delay.is_some() { DeliveryState::Deferred } else { DeliveryState::GivenUp };
        let mut fate = self.fate(permit, state, reply, Some(detail));
        if let (Fate::Attempted(outcome), Some(delay)) = (&mut fate, delay) {
            outcome.due_at = Some(outcome.at.plus(delay));
        }
        fate
    }

    fn fate(
        &self,
        permit: &Permit,
        state: DeliveryState,
        reply: Option<&Reply>,
        detail: Option<String>,
    ) -> Fate {
        Fate::Attempted(store::Outcome {
            profile: permit.profile,
            address: permit.person.address(),
            state,
            at: self.pipeline.gate.clock.now(),
            code: reply.map_or(0, Reply::code),
            detail,
            due_at: None,
        })
    }
}

/// Decides anew, just now (I1).
async fn renew(gate: &Gate, health: &Health, permit: &Permit) -> Result<Permit, Fate> {
    match gate.decide(vec![permit.profile], Some(vec![permit.person.address()])).await {
        Err(error) => {
            health.fail(error);
            Err(Fate::PutBack)
        }
        Ok(decided) => match (decided.permits.into_iter().next(), decided.excluded.first()) {
            (Some(permit), _) => Ok(permit),
            (None, Some((profile, reason))) => Err(Fate::Excluded(*profile, *reason)),
            // The store answered about nobody: no permit, no mail (I9).
            (None, None) => Err(Fate::PutBack),
        },
    }
}

/// Whether the message may still go when the relay asks for it at last: if the permit has run out meanwhile, it is decided
/// anew (I1). A slow relay gets its mail, somebody who has said no doesn't.
async fn confirm(gate: &Gate, health: &Health, permit: &Permit, withdrawn: &mut Option<Fate>) -> bool {
    if permit.still_holds(gate.clock.monotonic()) {
        return true;
    }
    match renew(gate, health, permit).await {
        Ok(renewed) => {
            // Who refuses personalization by now gets other content, so the message is made once more.
            let same = renewed.person.personal || !permit.person.personal;
            same && renewed.still_holds(gate.clock.monotonic())
        }
        Err(fate) => {
            *withdrawn = Some(fate);
            false
        }
    }
}

/// What the server said, without the reply code, which is kept by itself.
fn said(reply: &Reply) -> String {
    match reply.enhanced() {
        Some(code) => format!("{code} {}", reply.text()),
        None => reply.text().to_owned(),
    }
}

/// Renders; where that fails for this person's attributes, or leaves no way out (I3), it is rendered without them, as the
/// publish check has proved possible.
pub(crate) fn render(
    renderer: &Renderer,
    marketing: bool,
    person: &Arc<Person>,
    out: &mut Rendered,
) -> Result<(), String> {
    let Err(problem) = render_one(renderer, marketing, person, out) else { return Ok(()) };
    if !person.personal {
        return Err(problem);
    }
    let plain = Arc::new(Person { personal: false, ..Person::clone(person) });
    render_one(renderer, marketing, &plain, out).map_err(|_| problem)
}

fn render_one(
    renderer: &Renderer,
    marketing: bool,
    person: &Arc<Person>,
    out: &mut Rendered,
) -> Result<(), String> {
    renderer.render(person, out).map_err(|error| error.to_string())?;
    let mut ways_out = WaysOut::new(renderer.links(), person.address(), person.epoch);
    let mut parts = out.html.iter().chain([&out.text]);
    if !marketing || parts.all(|part| ways_out.stands_in(part)) { Ok(()) } else { Err(NO_WAY_OUT.to_owned()) }
}

/// Whether trying again can't help until someone mends something.
fn is_lasting(error: &TransportError) -> bool {
    use TransportError as E;
    match error {
        E::Refused { reply, .. } => reply.code() >= 500,
        E::Config(_)
        | E::ConfigFile { .. }
        | E::PasswordVariable
        | E::NotLoopback
        | E::StartTlsMissing
        | E::StartTlsInjection
        | E::AuthMissing
        | E::AuthUnprotected => true,
        _ => false,
    }
}
