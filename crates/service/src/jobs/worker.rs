//! The worker: takes jobs that are due and works them off, so many of a kind at a time, until it is told to stop.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use consent::JobId;
use data_encoding::HEXLOWER;
use store::{Job, JobsKept, JobsWanted, StoreError};
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

use super::keep::Kept;
use super::kind::JobKind;
use crate::Service;

/// How often is looked for jobs.
const EVERY: Duration = Duration::from_millis(500);
/// How often a node says that it works, and how long that counts.
const BEAT: Duration = Duration::from_secs(3);
const HEARD: Duration = Duration::from_secs(10);
/// How often is looked for jobs to help with.
const HELP: Duration = Duration::from_secs(2);
/// How often is looked for what nodes of before jobs have queued, and jobs are forgotten.
const TEND: Duration = Duration::from_mins(1);
/// For how long ended jobs are kept.
const KEPT: JobsKept = JobsKept { done: Duration::from_hours(7 * 24), dead: Duration::from_hours(30 * 24) };

/// A name for this node that no other has.
pub fn node_name(service: &Service) -> String {
    let mut bytes = [0; 8];
    service.entropy.fill(&mut bytes);
    format!("node-{}", HEXLOWER.encode(&bytes))
}

/// Works off jobs.
pub struct Worker {
    service: Service,
    node: String,
    kinds: Vec<Arc<dyn JobKind>>,
    tasks: JoinSet<()>,
    /// What is in hand: its kind, by place, and its job.
    in_hand: HashMap<Id, (usize, JobId)>,
}

impl Worker {
    /// A worker for jobs of these kinds.
    pub fn new(service: Service, kinds: Vec<Arc<dyn JobKind>>) -> Self {
        let node = node_name(&service);
        Self { service, node, kinds, tasks: JoinSet::new(), in_hand: HashMap::new() }
    }

    /// Works until `stop` turns true; what is in hand then is finished or given back.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let (mut beaten, mut helped, mut tended) = (None, None, None);
        while !*stop.borrow() {
            let now = self.service.clock.monotonic();
            let due = |last: &mut Option<Duration>, every: Duration| {
                let is_due = last.is_none_or(|last| now.saturating_sub(last) >= every);
                if is_due {
                    *last = Some(now);
                }
                is_due
            };
            let (beat, help, tend) = (due(&mut beaten, BEAT), due(&mut helped, HELP), due(&mut tended, TEND));
            if let Err(error) = self.round((beat, help, tend), &stop).await {
                tracing::warn!(%error, "jobs can't be read");
            }
            tokio::select! {
                stopped = tokio::time::timeout(EVERY, stop.wait_for(|stop| *stop)) => if stopped.is_ok() {
                    break;
                },
                // A place is free.
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
            }
            while let Some(ended) = self.tasks.try_join_next_with_id() {
                self.ended(ended);
            }
        }
        if let Err(error) = self.service.store.worker_gone(self.service.workspace, &self.node).await {
            tracing::warn!(%error, "that this node works no more can't be noted");
        }
        while self.tasks.join_next().await.is_some() {}
    }

    fn ended(&mut self, ended: Result<(Id, ()), tokio::task::JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                // Its lease runs out: it is begun anew, and given up once that has come too often.
                tracing::error!(%error, "a job broke down");
                error.id()
            }
        };
        self.in_hand.remove(&id);
    }

    async fn round(
        &mut self,
        (beat, help, tend): (bool, bool, bool),
        stop: &watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        let Service { store, workspace, .. } = self.service.clone();
        let now = self.service.now();
        let names = || self.kinds.iter().map(|kind| kind.name().to_owned()).collect::<Vec<_>>();
        if beat {
            store.worker_beat(workspace, &self.node, names(), now.plus(HEARD), now).await?;
        }
        if tend {
            store.adopt_jobs(workspace).await?;
            store.purge_jobs(workspace, KEPT, now).await?;
        }
        if store.jobs_due(workspace, names(), now).await? {
            self.take(stop).await?;
        }
        if help && store.is_shared() {
            self.help(stop).await?;
        }
        Ok(())
    }

    /// Places of a kind that are free.
    fn free(&self, kind: usize) -> usize {
        let taken = self.in_hand.values().filter(|(of, _)| *of == kind).count();
        self.kinds[kind].rules().at_once.saturating_sub(taken)
    }

    async fn take(&mut self, stop: &watch::Receiver<bool>) -> Result<(), StoreError> {
        for place in 0..self.kinds.len() {
            let (kind, at_most) = (Arc::clone(&self.kinds[place]), self.free(place));
            if at_most == 0 {
                continue;
            }
            let rules = kind.rules();
            let wanted =
                JobsWanted { kind: kind.name().to_owned(), at_most, attempts_max: rules.attempts_max };
            let Service { store, workspace, .. } = &self.service;
            let (node, now) = (&self.node, self.service.now());
            let jobs = store.lease_jobs(*workspace, node, vec![wanted], rules.lease, now).await?;
            for job in jobs {
                let kept = Kept::leased(&self.service, &self.node, rules, job.clone());
                self.begin(place, &job, kept, stop);
            }
        }
        Ok(())
    }

    /// Helps other nodes with jobs that several can work on.
    async fn help(&mut self, stop: &watch::Receiver<bool>) -> Result<(), StoreError> {
        for place in 0..self.kinds.len() {
            let kind = Arc::clone(&self.kinds[place]);
            if !kind.is_shared() || self.free(place) == 0 {
                continue;
            }
            let Service { store, workspace, .. } = &self.service;
            for job in store.running_jobs(*workspace, kind.name()).await? {
                let mine = self.in_hand.values().any(|(_, id)| *id == job.id);
                if !mine && !job.cancel && self.free(place) > 0 {
                    let kept = Kept::helping(&self.service, &self.node, kind.rules(), job.clone());
                    self.begin(place, &job, kept, stop);
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, place: usize, job: &Job, mut kept: Kept, stop: &watch::Receiver<bool>) {
        let (kind, stop, id) = (Arc::clone(&self.kinds[place]), stop.clone(), job.id);
        let task = self.tasks.spawn(async move {
            let attempt = kept.attempt();
            let outcome = kept.during(kind.work(&attempt), stop).await;
            if let Err(trouble) = &outcome {
                tracing::warn!(job = %id, kind = kind.name(), code = trouble.code, "a job failed");
            }
            kept.end(&outcome).await;
        });
        self.in_hand.insert(task.id(), (place, id));
    }
}
