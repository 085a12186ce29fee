//! Settlements: what became of the messages of a claim is made durable, and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use consent::{Clock, RunId};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use store::{DeliveryState, Outcome, Settlement, StoreError};
use tokio::sync::mpsc;

use super::refusals;
use super::{Closed, Health, Pipeline};
use crate::deps::Progress;
use crate::gate::Gate;

/// Settlements being written at a time; the store commits them together.
const SETTLING_MAX: usize = 16;
/// Attempts to write a settlement while the store can't take it, and the wait between them. A shared store may be failing
/// over, which takes longer than for a disk to have room again.
const SETTLE_TRIES_MAX: u32 = 20;
const SETTLE_TRIES_MAX_SHARED: u32 = 240;
const SETTLE_PAUSE: Duration = Duration::from_millis(250);

/// Counts for the progress display.
pub(crate) struct Tally {
    base: Progress,
    started: Duration,
    counts: [AtomicU64; 5],
    /// Of those in doubt, what an earlier process left so.
    found: AtomicU64,
    pub(crate) excluded: AtomicU64,
    progress: Arc<dyn Fn(&Progress) + Send + Sync>,
}

impl Tally {
    pub(crate) async fn new(
        gate: &Gate,
        run: RunId,
        progress: Arc<dyn Fn(&Progress) + Send + Sync>,
    ) -> Result<Self, StoreError> {
        use store::DeliveryState as State;
        let report = gate.store.run_report(gate.workspace, run).await?;
        let count = |state| report.deliveries.get(&state).copied().unwrap_or(0);
        let base = Progress {
            total: report.audience,
            sent: count(State::Sent),
            excluded: report.excluded.values().sum(),
            rejected: count(State::Rejected) + count(State::GivenUp),
            in_doubt: count(State::InDoubt),
            ..Progress::default()
        };
        let started = gate.clock.monotonic();
        Ok(Self {
            base,
            started,
            counts: Default::default(),
            found: AtomicU64::new(0),
            excluded: AtomicU64::new(0),
            progress,
        })
    }

    pub(crate) fn add(&self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            self.counts[outcome.state as usize - 1].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts messages that wait because the decision says so.
    pub(crate) fn add_deferred(&self, count: usize) {
        self.counts[DeliveryState::Deferred as usize - 1].fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Counts messages that an earlier process left in doubt.
    pub(crate) fn add_doubtful(&self, count: u64) {
        self.counts[DeliveryState::InDoubt as usize - 1].fetch_add(count, Ordering::Relaxed);
        self.found.fetch_add(count, Ordering::Relaxed);
    }

    /// Whether the relay took messages of the run before this process began.
    pub(crate) fn sent_before(&self) -> bool {
        self.base.sent > 0
    }

    /// Messages of which this process doesn't know whether the relay took them.
    pub(crate) fn broken_off(&self) -> u64 {
        let in_doubt = self.counts[DeliveryState::InDoubt as usize - 1].load(Ordering::Relaxed);
        in_doubt.saturating_sub(self.found.load(Ordering::Relaxed))
    }

    /// How much has been done: it grows with whatever is.
    pub(crate) fn done(&self) -> u64 {
        let counted: u64 = self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum();
        counted + self.excluded.load(Ordering::Relaxed)
    }

    pub(crate) fn show(&self, clock: &dyn Clock) {
        let [sent, deferred, rejected, in_doubt, given_up] =
            [0, 1, 2, 3, 4].map(|at| self.counts[at].load(Ordering::Relaxed));
        let elapsed = clock.monotonic().saturating_sub(self.started);
        (self.progress)(&Progress {
            total: self.base.total,
            sent: self.base.sent + sent,
            excluded: self.base.excluded + self.excluded.load(Ordering::Relaxed),
            deferred,
            rejected: self.base.rejected + rejected + given_up,
            in_doubt: self.base.in_doubt + in_doubt,
            elapsed,
            per_second: if elapsed.is_zero() { 0.0 } else { sent as f64 / elapsed.as_secs_f64() },
        });
    }
}

/// Writes settlements as claims close, several at a time, until every worker is gone.
pub(crate) async fn settle_all(
    pipeline: Arc<Pipeline>,
    mut closed: mpsc::UnboundedReceiver<Closed>,
    health: Arc<Health>,
    tally: Arc<Tally>,
) {
    let mut writing = FuturesUnordered::new();
    let mut open = true;
    while open || !writing.is_empty() {
        tokio::select! {
            next = closed.recv(), if open && writing.len() < SETTLING_MAX => match next {
                Some(one) => writing.push(settle(&pipeline, one, &tally)),
                None => open = false,
            },
            Some(written) = writing.next() => {
                if let Err(error) = written {
                    health.fail(error);
                }
            }
        }
    }
}

async fn settle(pipeline: &Pipeline, closed: Closed, tally: &Tally) -> Result<(), StoreError> {
    let gate = &pipeline.gate;
    let Closed { claim, outcomes, deferred, excluded, in_hand } = closed;
    let settlement = Settlement { claim, outcomes, deferred, excluded, at: gate.clock.now() };
    let tries_max = if gate.store.is_shared() { SETTLE_TRIES_MAX_SHARED } else { SETTLE_TRIES_MAX };
    let mut tries = 0;
    loop {
        // A settlement that can't be written leaves the claim open: in doubt, never sent twice.
        let written = match refusals::keep(pipeline, &settlement).await {
            Ok(()) => gate.store.settle(gate.workspace, settlement.clone()).await,
            Err(error) => Err(error),
        };
        match written {
            Err(error) if error.is_transient() && tries < tries_max => {
                tracing::debug!(%error, "a settlement is tried again");
                tries += 1;
            }
            Err(StoreError::Missing(_)) if gate.store.is_shared() => {
                // An earlier attempt was written after all, or another node took us for dead.
                tracing::warn!(?claim, tries, "a claim was closed already; its messages may stand in doubt");
                break;
            }
            Err(error) => return Err(error),
            Ok(()) => break,
        }
        tokio::time::sleep(SETTLE_PAUSE).await;
    }
    pipeline.handed().remove(&claim);
    tally.add(&settlement.outcomes);
    tally.add_deferred(settlement.deferred.len());
    tally.excluded.fetch_add(settlement.excluded.len() as u64, Ordering::Relaxed);
    drop(in_hand);
    tally.show(&*gate.clock);
    Ok(())
}
