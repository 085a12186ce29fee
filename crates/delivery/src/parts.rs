//! A run is worked on part by part, by as many nodes as there are: whoever has nothing to do takes the next one.
//!
//! A node that loses the database drops its part, waits and takes one again; a part whose node died is taken by another,
//! which finds in doubt what the dead one had in hand.

use std::sync::Arc;
use std::time::Duration;

use roaring::RoaringTreemap;
use store::{Offer, Part, RunGuard, Settlement, StoreError};

use crate::deps::{Deps, RunOptions, RunSummary};
use crate::error::DeliveryError;
use crate::pipeline::Pipeline;
use crate::pipeline::driver::stopped;
use crate::pipeline::settle::Tally;
use crate::standing::SOON;

/// How often a node looks whether a part became free, and the longest it sleeps while only retries wait.
const BUSY_PAUSE: Duration = Duration::from_millis(250);
const WAIT_PAUSE: Duration = Duration::from_secs(1);
/// First and longest wait while the store can't be used, and how much is waited in all without any progress.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_mins(5);

/// What a node works with on a run.
pub(crate) struct Parts<'a> {
    pub(crate) deps: &'a Deps,
    pub(crate) options: &'a RunOptions,
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) audience: Arc<RoaringTreemap>,
    pub(crate) tally: Arc<Tally>,
    /// The part worked on last.
    pub(crate) last: Option<Part>,
    pub(crate) busy: bool,
}

/// What a look at the run led to.
enum Step {
    /// A part was worked on.
    Worked,
    /// There is nothing to do for now.
    Idle(Duration),
    /// Nothing is left, or nothing that is waited for.
    Ended,
}

impl Parts<'_> {
    /// Works until nothing is left, only retries wait that aren't waited for, or the run is to stop.
    pub(crate) async fn work(&mut self, summary: &mut RunSummary) -> Result<(), DeliveryError> {
        let shared = self.deps.store.is_shared();
        let mut patience = Patience::default();
        while !*self.deps.stop.borrow() {
            let pause = match self.step(summary).await {
                Ok(Step::Ended) => return Ok(()),
                Ok(Step::Worked) => Duration::ZERO,
                Ok(Step::Idle(pause)) => pause,
                // Someone took the part over: there are others.
                Err(DeliveryError::Store(StoreError::Busy(what))) if shared => {
                    tracing::warn!(%what, "a part was lost");
                    BUSY_PAUSE
                }
                Err(DeliveryError::Store(error)) if shared && error.is_transient() => {
                    match patience.after_failure(self.tally.done()) {
                        Some(pause) => {
                            tracing::warn!(%error, ?pause, "the store can't be used; trying again");
                            self.sleep(pause).await;
                            continue;
                        }
                        None => return Err(error.into()),
                    }
                }
                Err(error) => return Err(error),
            };
            patience = Patience::default();
            self.sleep(pause).await;
        }
        Ok(())
    }

    async fn sleep(&self, pause: Duration) {
        if !pause.is_zero() {
            let mut stop = self.deps.stop.clone();
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stopped(&mut stop) => {}
            }
        }
    }

    async fn step(&mut self, summary: &mut RunSummary) -> Result<Step, DeliveryError> {
        let Deps { store, workspace, clock, stop, .. } = self.deps;
        let run = self.pipeline.run;
        let offer = store.take_part(*workspace, run, clock.now()).await?;
        self.note_busy(matches!(offer, Offer::Busy));
        match offer {
            Offer::Part { part, guard } => {
                self.recover(&part, summary).await?;
                // Retries are waited for with the part in hand only where nobody else could take it.
                let wait = self.options.wait_for_retries && !store.is_shared();
                let tally = Arc::clone(&self.tally);
                let driven = self.pipeline.drive(part, &self.audience, wait, stop.clone(), tally).await;
                drop::<RunGuard>(guard);
                driven.map(|_| Step::Worked)
            }
            Offer::Wait(until)
                if self.options.wait_for_retries
                    || self.pipeline.standing.waits() && until.since(clock.now()) <= SOON =>
            {
                Ok(Step::Idle(until.since(clock.now()).min(WAIT_PAUSE)))
            }
            Offer::Wait(_) => Ok(Step::Ended),
            Offer::Done if store.finish_run_if_done(*workspace, run, clock.now()).await? => Ok(Step::Ended),
            // Done and yet not: something became due just now.
            Offer::Busy | Offer::Done => Ok(Step::Idle(BUSY_PAUSE)),
        }
    }

    fn note_busy(&mut self, busy: bool) {
        if busy && !self.busy {
            tracing::info!(run = %self.pipeline.run, "other nodes work on what is left");
        }
        self.busy = busy;
    }

    /// What an earlier process left open in the part is in doubt; it is sent again only when asked for. What this very
    /// process claimed without knowing that it had, since the answer was lost, never reached a worker: it goes back.
    async fn recover(&mut self, part: &Part, summary: &mut RunSummary) -> Result<(), DeliveryError> {
        let Deps { store, workspace, clock, .. } = self.deps;
        let (run, now) = (self.pipeline.run, clock.now());
        let before = self.last.replace(*part);
        let nobody_between =
            before.is_some_and(|last| last.number == part.number && last.generation + 1 == part.generation);
        let mut found = 0;
        for claim in store.open_claims(*workspace, run, part.number).await? {
            let handed = self.pipeline.handed().remove(&claim.id);
            if nobody_between && !handed {
                let (outcomes, deferred, excluded) = (Vec::new(), Vec::new(), Vec::new());
                let nothing = Settlement { claim: claim.id, outcomes, deferred, excluded, at: now };
                store.settle(*workspace, nothing).await?;
            } else {
                found += store.doubt(*workspace, claim.id, now).await?;
            }
        }
        summary.doubtful_found += found;
        if found > 0 && self.options.retry_doubtful {
            summary.doubtful_retried += store.retry_doubtful(*workspace, run, Some(*part), now).await?;
        } else {
            self.tally.add_doubtful(found);
        }
        Ok(())
    }
}

/// How long to go on trying.
#[derive(Default)]
struct Patience {
    waited: Duration,
    pause: Option<Duration>,
    done: u64,
}

impl Patience {
    /// How long to wait before the next attempt, when this much has been done; `None` when it is enough.
    fn after_failure(&mut self, done: u64) -> Option<Duration> {
        if done != self.done {
            *self = Self { done, ..Self::default() };
        }
        let pause = self.pause.map_or(FIRST_PAUSE, |pause| (pause * 2).min(PAUSE_MAX));
        (self.pause, self.waited) = (Some(pause), self.waited + pause);
        (self.waited <= PATIENCE).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends_but_not_while_there_is_progress() {
        let mut patience = Patience::default();
        let pauses: Vec<_> = std::iter::from_fn(|| patience.after_failure(7)).collect();
        assert_eq!(pauses[..6], [250, 500, 1_000, 2_000, 4_000, 5_000].map(Duration::from_millis));
        assert!(pauses.iter().sum::<Duration>() <= PATIENCE && pauses.len() > 60);
        assert_eq!(patience.after_failure(8), Some(FIRST_PAUSE));
    }
}
