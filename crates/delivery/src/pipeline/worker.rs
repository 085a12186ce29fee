//! A worker: one connection's worth of rendering, signing and handing over.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use consent::Category;
use consent::sms::tells_how_to_stop;
use futures_util::future::BoxFuture;
use store::{DeliveryState, StoreError};

use super::{Fate, Health, Job, Lines, Pipeline};
use crate::error::DeliveryError;
use crate::gate::{Gate, Permit};
use crate::links::WaysOut;
use crate::other_side::LineError;
use crate::person::Person;
use crate::render::{Rendered, Renderer};
use crate::standing::Verdict;
use crate::transport::{Handed, Lease, Outgoing, Said, Transport};

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
    transport: Box<dyn Transport>,
    rendered: Rendered,
}

/// The relay's failures while one message is tried.
struct Failures {
    count: u32,
    /// Exchanges of all workers when the first one failed.
    exchanges: u64,
}

/// Takes jobs until there are no more.
pub(crate) async fn work(pipeline: Arc<Pipeline>, lines: Arc<Lines>) {
    let transport = pipeline.route.transport();
    let mut worker = Worker { pipeline, lines, transport, rendered: Rendered::default() };
    loop {
        let Some(job) = worker.lines.jobs.lock().await.recv().await else { return };
        let Job { permit, attempts, claim } = job;
        let clock = Arc::clone(&worker.pipeline.gate.clock);
        let began = clock.monotonic();
        let fate = worker.deliver(permit, attempts).await;
        // Whoever else sends by this relay gets the connection meanwhile.
        worker.transport.rest();
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
            if let Err(error) = self.transport.ready().await {
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
            let handed = match self.hand_over(&permit).await {
                Ok((_, Some(fate))) => return fate,
                Ok((handed, None)) => handed,
                Err(problem) => {
                    let said = Said { text: Some(problem), ..Said::default() };
                    return self.fate(&permit, DeliveryState::Rejected, said);
                }
            };
            match handed {
                Handed::LeaseExpired => {}
                Handed::NotHandedOver(error) => {
                    if let Some(error) = self.failed(error, &mut failures, true).await {
                        if self.health().is_halted() {
                            return Fate::PutBack;
                        }
                        // The relay works for others and never for this message.
                        let said = Said { text: Some(error.to_string()), ..Said::default() };
                        return self.deferred(&permit, attempts, said);
                    }
                }
                handed => {
                    self.health().exchanges.fetch_add(1, Ordering::Relaxed);
                    return self.concluded(&permit, attempts, handed);
                }
            }
        }
    }

    async fn renew(&self, permit: &Permit) -> Result<Permit, Fate> {
        renew(&self.pipeline.gate, self.health(), permit).await
    }

    /// Renders, makes and sends; an error is about this message alone and for good. With the outcome comes the fate of a
    /// message that was withdrawn at the last moment.
    async fn hand_over(&mut self, permit: &Permit) -> Result<(Handed, Option<Fate>), String> {
        let Self { pipeline, transport, rendered, lines } = self;
        let Pipeline { gate, renderer, .. } = &**pipeline;
        render(renderer, gate.category, &permit.person, rendered)?;
        let (links, at) = (renderer.links(), gate.clock.now());
        let outgoing = Outgoing { person: &permit.person, rendered, links, at };
        transport.prepare(&outgoing).map_err(|error| error.to_string())?;
        let lease = Leased { gate, health: &lines.health, permit, withdrawn: OnceLock::new() };
        let handed = transport.hand_over(&lease).await;
        Ok((handed, lease.withdrawn.into_inner()))
    }

    /// After a failure of the relay: waits and answers `None` to try again, or the error when that is of no use. A relay
    /// that answers nobody ends the run.
    async fn failed(&self, error: LineError, failures: &mut Failures, connected: bool) -> Option<LineError> {
        if let Some(why) = error.no_turn() {
            self.health().fail(StoreError::Unavailable(why.to_owned()));
            return Some(error);
        }
        failures.count += 1;
        let nobody = self.health().exchanges.load(Ordering::Relaxed) == failures.exchanges;
        let last = failures.count >= FAILURES_MAX;
        if error.is_lasting() || last && nobody {
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

    fn concluded(&self, permit: &Permit, attempts: u32, handed: Handed) -> Fate {
        match handed {
            Handed::Accepted(said) => {
                self.pipeline.standing.taken(permit.profile);
                self.fate(permit, DeliveryState::Sent, said)
            }
            Handed::Deferred(said) => self.deferred(permit, attempts, said),
            Handed::SenderRefused(said) => self.refused(permit, said),
            Handed::Rejected(said) if said.of_us => self.refused(permit, said),
            Handed::Rejected(said) => self.fate(permit, DeliveryState::Rejected, said),
            Handed::InDoubt(error) => {
                self.fate(permit, DeliveryState::InDoubt, Said { text: Some(error), ..Said::default() })
            }
            Handed::LeaseExpired | Handed::NotHandedOver(_) => Fate::PutBack,
        }
    }

    /// A refusal that is about us: of this message alone if others are taken.
    fn refused(&self, permit: &Permit, said: Said) -> Fate {
        let wait = match self.pipeline.standing.refused(permit.profile) {
            Verdict::Individual => return self.fate(permit, DeliveryState::Rejected, said),
            Verdict::Again(wait) => wait,
            Verdict::Stop(refused) => {
                let code = if said.code == 0 { String::new() } else { format!("{} ", said.code) };
                let words = said.text.as_deref().map(without_addresses).unwrap_or_default();
                self.health().fail(DeliveryError::Refused { refused, reply: format!("{code}{words}") });
                Duration::ZERO
            }
        };
        let mut fate = self.fate(permit, DeliveryState::Deferred, said);
        if let Fate::Attempted(outcome) = &mut fate {
            outcome.due_at = Some(outcome.at.plus(wait));
        }
        fate
    }

    fn deferred(&self, permit: &Permit, attempts: u32, said: Said) -> Fate {
        let delay = self
            .pipeline
            .retry
            .delay_after(attempts + 1)
            .map(|delay| delay.max(said.after.unwrap_or_default()));
        let state = if delay.is_some() { DeliveryState::Deferred } else { DeliveryState::GivenUp };
        let mut fate = self.fate(permit, state, said);
        if let (Fate::Attempted(outcome), Some(delay)) = (&mut fate, delay) {
            outcome.due_at = Some(outcome.at.plus(delay));
        }
        fate
    }

    fn fate(&self, permit: &Permit, state: DeliveryState, said: Said) -> Fate {
        Fate::Attempted(store::Outcome {
            profile: permit.profile,
            address: permit.person.address(),
            state,
            at: self.pipeline.gate.clock.now(),
            code: said.code,
            detail: said.text,
            due_at: None,
        })
    }
}

/// What a server said, fit for a screen.
fn without_addresses(text: &str) -> String {
    let shown = |word: &str| if word.contains('@') { "…".to_owned() } else { word.to_owned() };
    text.split_whitespace().map(shown).collect::<Vec<_>>().join(" ")
}

/// Decides anew, just now (I1).
async fn renew(gate: &Gate, health: &Health, permit: &Permit) -> Result<Permit, Fate> {
    match gate.decide(vec![permit.profile], Some(vec![permit.person.address()])).await {
        Err(error) => {
            health.fail(error);
            Err(Fate::PutBack)
        }
        Ok(decided) => {
            match (decided.permits.into_iter().next(), decided.deferred.first(), decided.excluded.first()) {
                (Some(permit), ..) => Ok(permit),
                (None, Some(wait), _) => Err(Fate::Deferred(*wait)),
                (None, None, Some((profile, cause))) => Err(Fate::Excluded(*profile, *cause)),
                // The store answered about nobody: no permit, no mail (I9).
                (None, None, None) => Err(Fate::PutBack),
            }
        }
    }
}

/// A permit, and what becomes of its message if it is withdrawn at the last moment.
struct Leased<'a> {
    gate: &'a Gate,
    health: &'a Health,
    permit: &'a Permit,
    withdrawn: OnceLock<Fate>,
}

impl Lease for Leased<'_> {
    fn holds(&self) -> bool {
        self.permit.still_holds(self.gate.clock.monotonic())
    }

    /// If the permit has run out meanwhile, it is decided anew (I1). A slow relay gets its mail, somebody who has said no
    /// doesn't.
    fn confirm(&self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            if self.holds() {
                return true;
            }
            match renew(self.gate, self.health, self.permit).await {
                Ok(renewed) => {
                    // Who refuses personalization by now gets other content, so the message is made once more.
                    let same = renewed.person.personal || !self.permit.person.personal;
                    same && renewed.still_holds(self.gate.clock.monotonic())
                }
                Err(fate) => {
                    // It is asked once.
                    let _ = self.withdrawn.set(fate);
                    false
                }
            }
        })
    }
}

/// Renders; where that fails for this person's attributes, or leaves no way out (I3), it is rendered without them, as the
/// publish check has proved possible.
pub(crate) fn render(
    renderer: &Renderer,
    category: Category,
    person: &Arc<Person>,
    out: &mut Rendered,
) -> Result<(), String> {
    let Err(problem) = render_one(renderer, category, person, out) else { return Ok(()) };
    if !person.personal {
        return Err(problem);
    }
    let plain = Arc::new(Person { personal: false, ..Person::clone(person) });
    render_one(renderer, category, &plain, out).map_err(|_| problem)
}

fn render_one(
    renderer: &Renderer,
    category: Category,
    person: &Arc<Person>,
    out: &mut Rendered,
) -> Result<(), String> {
    renderer.render(person, out).map_err(|error| error.to_string())?;
    let mut ways_out = WaysOut::new(renderer.links(), person.link());
    let mut parts = out.html.iter().chain([&out.text]);
    let mut has = |part: &String| ways_out.stands_in(part) || renderer.by_reply() && tells_how_to_stop(part);
    let fine = category == Category::Transactional || parts.all(&mut has);
    if fine { Ok(()) } else { Err(NO_WAY_OUT.to_owned()) }
}
