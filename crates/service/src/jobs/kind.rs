//! What a kind of job is to the worker.

use std::pin::Pin;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use consent::Timestamp;
use serde_json::{Value, json};
use store::{Job, JobStep, StoreError};
use tokio::sync::watch;

use crate::{Fault, Service};

/// A kind of job. What it does must bear to be begun twice: a worker may die in the middle, and another begins anew.
pub trait JobKind: Send + Sync {
    /// Its name in the store.
    fn name(&self) -> &'static str;

    /// How it is worked off.
    fn rules(&self) -> Rules;

    /// Whether nodes that share a store can work on one job together. Such a job has ended for all when one sees it done.
    fn is_shared(&self) -> bool {
        false
    }

    /// Works on a job until it is done, or `attempt.stop` says so.
    fn work<'a>(&'a self, attempt: &'a Attempt) -> Work<'a>;
}

/// Work on a job.
pub type Work<'a> = Pin<Box<dyn Future<Output = Result<Ended, Trouble>> + Send + 'a>>;

/// How jobs of a kind are worked off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Jobs at a time on one node.
    pub at_once: usize,
    /// Attempts before a job is given up.
    pub attempts_max: u32,
    /// How long nothing may be heard of a job's worker before the job is given to another.
    pub lease: Duration,
    /// When a job is tried again.
    pub retry: Retry,
}

/// When a job that failed is tried again: after `first`, then after twice as long each time, up to `longest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The first pause.
    pub first: Duration,
    /// The longest.
    pub longest: Duration,
}

impl Retry {
    /// The pause after so many attempts. `luck`, of all 256 values the same chance, takes up to half of it off, so that
    /// what failed together isn't tried together again.
    pub fn pause(&self, attempts: u32, luck: u8) -> Duration {
        let doubled = self.first.saturating_mul(1 << attempts.saturating_sub(1).min(20));
        let pause = doubled.min(self.longest);
        pause.saturating_sub(pause * u32::from(luck) / 512)
    }
}

/// How an attempt ended well.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// The work is done.
    Done(Value),
    /// It goes on then; with what it waits for.
    Later(Timestamp, String),
    /// It stopped because it was told to; it can go on where it ended.
    Stopped,
}

/// How an attempt failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// Whether another attempt may help.
    pub again: bool,
    /// A stable name in kebab case.
    pub code: &'static str,
    /// A sentence.
    pub message: String,
    /// What a front shows besides; `null` if nothing.
    pub more: Value,
}

impl Trouble {
    /// An error of a use case. What can't be done now may be later.
    pub fn of(error: &impl Fault) -> Self {
        let problem = error.problem();
        let again = problem.kind == crate::Kind::Unavailable;
        Self { again, code: problem.code, message: error.to_string(), more: Value::Null }
    }

    /// Something that no further attempt mends.
    pub fn lasting(code: &'static str, message: impl Into<String>) -> Self {
        Self { again: false, code, message: message.into(), more: Value::Null }
    }

    /// As the store keeps it.
    pub(super) fn told(&self) -> String {
        let Self { code, message, more, .. } = self;
        json!({ "code": code, "message": message, "more": more }).to_string()
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self { again: error.is_transient(), ..Self::of(&error) }
    }
}

/// One attempt at a job.
pub struct Attempt {
    /// What use cases work with.
    pub service: Service,
    /// The job.
    pub job: Job,
    /// Whether this node only helps the one that holds the job.
    pub helps: bool,
    /// Becomes true when the work is to stop: what is in hand is finished, nothing more is begun.
    pub stop: watch::Receiver<bool>,
    /// How far it is.
    pub steps: std::sync::Arc<Steps>,
}

/// How far the work on a job is, told by whoever does it and read by whoever keeps its lease.
#[derive(Debug, Default)]
pub struct Steps(Mutex<Counted>);

#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    /// Where this node began to count.
    from: Option<u64>,
    done: u64,
    told: u64,
    total: u64,
    unit: &'static str,
}

impl Steps {
    /// So many of `total` are done.
    pub fn tell(&self, done: u64, total: u64, unit: &'static str) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.from.get_or_insert(done);
        (counted.done, counted.total, counted.unit) = (done, total, unit);
    }

    /// What is new since this was asked last. Whoever only helps counts from where it began.
    pub(super) fn step(&self, helps: bool) -> JobStep {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = if helps { counted.from.unwrap_or_default() } else { 0 };
        let done = counted.done.saturating_sub(from);
        let more = done.saturating_sub(counted.told);
        counted.told = counted.told.max(done);
        JobStep { more, total: counted.total, unit: counted.unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_differ_by_luck() {
        let retry = Retry { first: Duration::from_secs(2), longest: Duration::from_mins(1) };
        let pauses = [1, 2, 3, 5, 6, 99].map(|attempts| retry.pause(attempts, 0).as_secs());
        assert_eq!(pauses, [2, 4, 8, 32, 60, 60]);
        for luck in 0..=u8::MAX {
            let pause = retry.pause(3, luck);
            assert!(pause > Duration::from_secs(4) && pause <= Duration::from_secs(8), "{luck}: {pause:?}");
        }
        assert_ne!(retry.pause(3, 1), retry.pause(3, 2));
    }

    #[test]
    fn whoever_helps_counts_its_own_part() {
        let told = |helps| {
            let steps = Steps::default();
            let mut sum = 0;
            for done in [40, 50, 50, 70] {
                steps.tell(done, 100, "messages");
                sum += steps.step(helps).more;
            }
            assert_eq!(steps.step(helps), JobStep { more: 0, total: 100, unit: "messages" });
            sum
        };
        assert_eq!((told(false), told(true)), (70, 30));
    }
}
