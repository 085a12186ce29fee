//! The moving part of a run: the driver decides and claims, workers hand over, settlements are written in groups.

pub(crate) mod driver;
mod refusals;
pub(crate) mod settle;
pub(crate) mod worker;

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use consent::{Exclusion, ProfileId, RunId};
use roaring::RoaringTreemap;
use store::{ClaimId, Deferred, Outcome, Part, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::configuration::Retry;
use crate::deps::Judge;
use crate::error::DeliveryError;
use crate::gate::{Gate, Permit};
use crate::listed::Listed;
use crate::render::Renderer;
use crate::standing::Standing;
use crate::transport::Route;
use crate::window::Window;
use driver::Driver;
use settle::{Tally, settle_all};

/// Everything that a run's tasks share.
pub(crate) struct Pipeline {
    pub(crate) gate: Gate,
    pub(crate) run: RunId,
    pub(crate) listed: Listed,
    pub(crate) window: Window,
    pub(crate) route: Box<dyn Route>,
    pub(crate) renderer: Renderer,
    pub(crate) retry: Retry,
    pub(crate) backoff: Duration,
    pub(crate) judge: Judge,
    pub(crate) standing: Standing,
    /// Claims whose messages were given to the workers and that aren't settled.
    pub(crate) handed: Mutex<HashSet<ClaimId>>,
}

/// One message on its way to a worker.
pub(crate) struct Job {
    pub(crate) permit: Permit,
    /// Attempts made before this one.
    pub(crate) attempts: u32,
    pub(crate) claim: Arc<OpenClaim>,
}

/// What became of a job.
pub(crate) enum Fate {
    /// An attempt was made.
    Attempted(Outcome),
    /// The permit ran out, and the answer is later now.
    Deferred(Deferred),
    /// The permit ran out, and the answer is no now.
    Excluded(ProfileId, Exclusion),
    /// Nothing was handed over: due again at once.
    PutBack,
}

/// A claim whose messages are with the workers.
pub(crate) struct OpenClaim {
    pub(crate) id: ClaimId,
    pub(crate) progress: Mutex<ClaimProgress>,
}

pub(crate) struct ClaimProgress {
    pub(crate) left: usize,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) deferred: Vec<Deferred>,
    pub(crate) excluded: Vec<(ProfileId, Exclusion)>,
    pub(crate) in_hand: Option<OwnedSemaphorePermit>,
}

/// A claim whose messages have all met their fate.
pub(crate) struct Closed {
    pub(crate) claim: ClaimId,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) deferred: Vec<Deferred>,
    pub(crate) excluded: Vec<(ProfileId, Exclusion)>,
    /// Given back once the settlement is durable.
    pub(crate) in_hand: Option<OwnedSemaphorePermit>,
}

/// What ends a run early, and how many exchanges with the relay have worked.
pub(crate) struct Health {
    failure: Mutex<Option<DeliveryError>>,
    halted: AtomicBool,
    pub(crate) halt: watch::Sender<bool>,
    pub(crate) exchanges: AtomicU64,
}

impl Health {
    fn new() -> Self {
        let (failure, halted, exchanges) = (Mutex::new(None), AtomicBool::new(false), AtomicU64::new(0));
        Self { failure, halted, halt: watch::Sender::new(false), exchanges }
    }

    /// Ends the run with an error; the first one counts.
    pub(crate) fn fail(&self, error: impl Into<DeliveryError>) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error.into());
        self.halted.store(true, Ordering::Release);
        self.halt.send_replace(true);
    }

    pub(crate) fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Acquire)
    }

    /// Waits, at most until the run ends.
    pub(crate) async fn pause(&self, duration: Duration) {
        let mut halt = self.halt.subscribe();
        let _ = tokio::time::timeout(duration, halt.wait_for(|halted| *halted)).await;
    }
}

/// Where jobs and their fates pass through.
pub(crate) struct Lines {
    pub(crate) jobs: tokio::sync::Mutex<mpsc::UnboundedReceiver<Job>>,
    closed: mpsc::UnboundedSender<Closed>,
    pub(crate) health: Arc<Health>,
}

impl Lines {
    /// Notes a job's fate; the last one of a claim closes it.
    pub(crate) fn note(&self, claim: &OpenClaim, fate: Fate) {
        let mut progress = claim.progress.lock().unwrap_or_else(PoisonError::into_inner);
        match fate {
            Fate::Attempted(outcome) => progress.outcomes.push(outcome),
            Fate::Deferred(wait) => progress.deferred.push(wait),
            Fate::Excluded(profile, reason) => progress.excluded.push((profile, reason)),
            Fate::PutBack => {}
        }
        progress.left -= 1;
        if progress.left == 0 {
            let closed = Closed {
                claim: claim.id,
                outcomes: std::mem::take(&mut progress.outcomes),
                deferred: std::mem::take(&mut progress.deferred),
                excluded: std::mem::take(&mut progress.excluded),
                in_hand: progress.in_hand.take(),
            };
            // Nobody listens only when the run has failed already; the claim is in doubt then.
            let _ = self.closed.send(closed);
        }
    }
}

impl Pipeline {
    /// See the field.
    pub(crate) fn handed(&self) -> MutexGuard<'_, HashSet<ClaimId>> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drives a part of the run. True: it is walked and everything in hand is settled.
    ///
    /// Whatever ends it, everything that was given to the workers has been settled by then, or can't be.
    pub(crate) async fn drive(
        self: &Arc<Self>,
        part: Part,
        audience: &RoaringTreemap,
        wait: bool,
        stop: watch::Receiver<bool>,
        tally: Arc<Tally>,
    ) -> Result<bool, DeliveryError> {
        let (jobs, jobs_out) = mpsc::unbounded_channel();
        let (closed, closed_out) = mpsc::unbounded_channel();
        let health = Arc::new(Health::new());
        let lines = Lines { jobs: jobs_out.into(), closed, health: Arc::clone(&health) };
        let lines = Arc::new(lines);
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..self.route.at_once() {
            workers.spawn(worker::work(Arc::clone(self), Arc::clone(&lines)));
        }
        drop(lines);
        let settler = settle_all(Arc::clone(self), closed_out, Arc::clone(&health), Arc::clone(&tally));
        let settler = tokio::spawn(settler);
        let size = self.window.size();
        let mut driver = Driver {
            pipeline: self,
            part,
            walked: part.is_walked(),
            due: VecDeque::new(),
            in_hand: Arc::new(Semaphore::new(size)),
            size,
            look: 1,
            ahead: VecDeque::new(),
            jobs,
            tally,
            health: &health,
            stop,
        };
        let mut through = driver.drive(audience, wait).await;
        if let Err(error) = &through {
            tracing::debug!(%error, "work on the part ends early");
        }
        drop(driver);
        if self.gate.store.is_shared()
            && let Err(error) = through
        {
            // Another node may take the part any moment: what hasn't begun goes back.
            health.fail(error);
            through = Ok(false);
        }
        while workers.join_next().await.is_some() {}
        let settled = settler.await;
        let failure = health.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (failure, settled) {
            (Some(error), _) => Err(error),
            (None, Err(_)) => {
                Err(StoreError::Unavailable("settlements ended unexpectedly".to_owned()).into())
            }
            (None, Ok(())) => through,
        }
    }
}
