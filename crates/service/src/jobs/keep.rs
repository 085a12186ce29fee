//! Keeps a job's lease while somebody works on it, and notes how that ended.

use std::sync::Arc;
use std::time::Duration;

use store::{Job, JobEnd, JobLease, JobState, Renewed, StoreError};
use tokio::sync::watch;

use super::kind::{Attempt, Ended, Rules, Steps, Trouble};
use crate::Service;

/// How often is told how far a job is, and looked whether somebody asked that it be ended.
const EVERY: Duration = Duration::from_secs(1);
/// Times that the end of an attempt is noted before it is left to the lease.
const NOTES_MAX: u32 = 5;

/// A job in hand.
pub struct Kept {
    service: Service,
    node: String,
    rules: Rules,
    job: Job,
    lease: Option<JobLease>,
    /// What is told to stop, and why.
    stop: watch::Sender<bool>,
    cause: Cause,
    steps: Arc<Steps>,
    /// Monotonic time until which the lease holds, if nothing is heard of the store.
    holds_until: Duration,
}

/// Why work is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// It isn't.
    None,
    /// The node stops.
    Stopping,
    /// Somebody asked that the job be ended.
    Cancelled,
    /// Another has it, or it has ended.
    Lost,
}

impl Kept {
    /// A job that this node has the lease of.
    pub fn leased(service: &Service, node: &str, rules: Rules, job: Job) -> Self {
        let lease = Some(job.lease);
        Self { lease, ..Self::helping(service, node, rules, job) }
    }

    /// A job that another has the lease of, or had: this node helps, and takes the lease over once it ends.
    pub fn helping(service: &Service, node: &str, rules: Rules, job: Job) -> Self {
        Self {
            service: service.clone(),
            node: node.to_owned(),
            rules,
            job,
            lease: None,
            stop: watch::channel(false).0,
            cause: Cause::None,
            steps: Arc::default(),
            holds_until: service.clock.monotonic() + rules.lease,
        }
    }

    /// What the work is given.
    pub fn attempt(&self) -> Attempt {
        Attempt {
            service: self.service.clone(),
            job: self.job.clone(),
            helps: self.lease.is_none(),
            stop: self.stop.subscribe(),
            steps: Arc::clone(&self.steps),
        }
    }

    /// Keeps the lease until the work ends; `stop` is the node's.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>, mut stop: watch::Receiver<bool>) -> T {
        tokio::pin!(work);
        // Nothing more is heard of the node once it stops.
        let mut heard = false;
        loop {
            let pause = async {
                if heard {
                    tokio::time::sleep(EVERY).await;
                    return false;
                }
                tokio::time::timeout(EVERY, stop.wait_for(|stop| *stop)).await.is_ok()
            };
            tokio::select! {
                outcome = &mut work => return outcome,
                stopped = pause => if stopped {
                    heard = true;
                    self.halt(Cause::Stopping);
                },
            }
            // Together with the work: a store that answers late must not hold it up.
            tokio::select! {
                outcome = &mut work => return outcome,
                () = self.look() => {}
            }
        }
    }

    fn halt(&mut self, cause: Cause) {
        if self.cause == Cause::None || cause != Cause::Stopping {
            self.cause = cause;
        }
        let _ = self.stop.send(true);
    }

    /// Renews the lease, and looks whether the work may go on.
    async fn look(&mut self) {
        let now = self.service.now();
        let monotonic = self.service.clock.monotonic();
        let seen = match self.lease {
            Some(lease) => {
                let until = now.plus(self.rules.lease);
                let step = self.steps.step(false);
                self.service.store.renew_job(self.service.workspace, lease, step, until).await
            }
            None => self.watch().await,
        };
        match seen {
            Ok(Renewed::Held) => self.holds_until = monotonic + self.rules.lease,
            Ok(Renewed::Cancelled) => self.halt(Cause::Cancelled),
            Ok(Renewed::Lost) => self.halt(Cause::Lost),
            Err(error) => {
                tracing::warn!(job = %self.job.id, %error, "a job can't be held for longer");
                if self.lease.is_some() && self.service.clock.monotonic() >= self.holds_until {
                    self.halt(Cause::Lost);
                }
            }
        }
    }

    /// Whether the job that this node helps with still runs.
    async fn watch(&mut self) -> Result<Renewed, StoreError> {
        let Service { store, workspace, .. } = &self.service;
        let more = self.steps.step(true).more;
        if more > 0 {
            store.advance_job(*workspace, self.job.id, more).await?;
        }
        let Some(job) = store.job(*workspace, self.job.id).await? else { return Ok(Renewed::Lost) };
        if job.cancel {
            return Ok(Renewed::Cancelled);
        }
        if !job.state.is_open() {
            return Ok(Renewed::Lost);
        }
        let now = self.service.now();
        if job.state == JobState::Running && job.due_at <= now {
            let taken = store.lease_job(*workspace, &self.node, job.id, self.rules.lease, now).await?;
            self.lease = taken.map(|job| job.lease);
        }
        Ok(Renewed::Held)
    }

    /// Notes how the work ended.
    pub async fn end(self, outcome: &Result<Ended, Trouble>) {
        let now = self.service.now();
        let mut last = [0];
        self.service.entropy.fill(&mut last);
        let again_at = now.plus(self.rules.retry.pause(self.job.attempts, last[0]));
        let tries_left = self.job.attempts < self.rules.attempts_max;
        let end = match outcome {
            Ok(Ended::Done(result)) => JobEnd::Done(result.to_string()),
            Ok(Ended::Later(at, why)) => JobEnd::Later(*at, Some(why.clone())),
            Ok(Ended::Stopped) if self.cause == Cause::Cancelled => JobEnd::Cancelled(None),
            Ok(Ended::Stopped) => JobEnd::Later(now, None),
            Err(trouble) if self.cause == Cause::Cancelled => JobEnd::Cancelled(Some(trouble.told())),
            Err(trouble) => JobEnd::Failed(trouble.told(), (trouble.again && tries_left).then_some(again_at)),
        };
        self.note(end).await;
    }

    /// Notes that the work was ended here, because somebody asked for that.
    pub async fn cancel(self) {
        self.note(JobEnd::Cancelled(None)).await;
    }

    /// Notes that the work failed and is not to be tried again by itself.
    pub async fn fail(self, trouble: &Trouble) {
        self.note(JobEnd::Failed(trouble.told(), None)).await;
    }

    async fn note(&self, end: JobEnd) {
        let Service { store, workspace, .. } = &self.service;
        for _ in 0..NOTES_MAX {
            let now = self.service.now();
            // The last of what was counted, so that a job that is done says how many.
            let noted = match (self.lease, &end) {
                (Some(lease), end) => {
                    let step = self.steps.step(false);
                    let until = now.plus(self.rules.lease);
                    let renewed = store.renew_job(*workspace, lease, step, until).await;
                    match renewed {
                        Ok(_) => store.end_job(*workspace, lease, end.clone(), now).await.map(drop),
                        Err(error) => Err(error),
                    }
                }
                (None, JobEnd::Done(result)) => {
                    store.conclude_job(*workspace, self.job.id, result.clone(), now).await.map(drop)
                }
                (None, _) => return,
            };
            match noted {
                Ok(()) => return,
                Err(error) => tracing::warn!(job = %self.job.id, %error, "how a job ended can't be noted"),
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}
