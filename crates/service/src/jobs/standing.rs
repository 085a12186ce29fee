//! How it stands with the jobs: how many wait, run, were given up, and who works on them.

use consent::Timestamp;
use serde::Serialize;
use store::{JobState, StoreError};

use crate::{Actor, Service, shape};

/// How it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// What is open or was given up, by kind and state.
    pub jobs: Vec<Count>,
    /// Which nodes work on which kind, now.
    pub workers: Vec<At>,
}

/// Jobs of a kind in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// The kind.
    pub kind: String,
    /// The state.
    pub state: &'static str,
    /// How many.
    pub count: u64,
    /// When the oldest of them was asked for.
    #[serde(serialize_with = "shape::text")]
    pub oldest: Timestamp,
    /// How many seconds ago that was.
    pub oldest_seconds: u64,
    /// How many seconds ago the first of them could have been taken; 0 if none can yet.
    pub overdue_seconds: u64,
}

/// A node that works on jobs of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct At {
    /// The node.
    pub node: String,
    /// The kind.
    pub kind: String,
}

impl Out {
    /// Whether a node works on jobs of a kind.
    pub fn works(&self, kind: &str) -> bool {
        self.workers.iter().any(|worker| worker.kind == kind)
    }

    /// How many jobs are in a state.
    pub fn count(&self, state: JobState) -> u64 {
        self.jobs.iter().filter(|count| count.state == state.name()).map(|count| count.count).sum()
    }
}

/// Tells how it stands.
pub async fn standing(service: &Service, _actor: &Actor) -> Result<Out, StoreError> {
    let Service { store, workspace, .. } = service;
    let now = service.now();
    let counts = store.job_counts(*workspace).await?;
    let workers = store.workers(*workspace, now).await?;
    let jobs = counts.into_iter().map(|count| Count {
        kind: count.kind,
        state: count.state.name(),
        count: count.count,
        oldest: count.oldest,
        oldest_seconds: now.since(count.oldest).as_secs(),
        overdue_seconds: if count.state.is_open() { now.since(count.next).as_secs() } else { 0 },
    });
    let workers = workers.into_iter().map(|worker| At { node: worker.node, kind: worker.kind });
    Ok(Out { jobs: jobs.collect(), workers: workers.collect() })
}
