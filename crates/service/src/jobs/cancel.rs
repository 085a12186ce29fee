//! Ends a job. One that runs finishes what it has in hand.

use consent::JobId;
use serde::Serialize;
use store::{JobCancelled, JobState, StoreError};

use super::ShownJob;
use crate::{Actor, Fault, Kind, Problem, Service};

/// Which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct In {
    /// Its id.
    pub job: JobId,
}

/// The job after that.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The job.
    #[serde(flatten)]
    pub job: ShownJob,
}

/// Why it wasn't ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No job has the id.
    #[error("{0}: there is no such job")]
    Unknown(JobId),
    /// It had ended.
    #[error("{0} has ended already: it is {state}", state = .1.name())]
    Over(JobId, JobState),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Unknown(_) => Problem::not_found("job-not-found", "/job"),
            Self::Over(..) => Problem::new(Kind::Conflict, "job-over"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Ends a job.
pub async fn cancel(service: &Service, actor: &Actor, asked: In) -> Result<Out, Error> {
    let Service { store, workspace, .. } = service;
    match store.cancel_job(*workspace, asked.job, service.now()).await? {
        None => return Err(Error::Unknown(asked.job)),
        Some(JobCancelled::Over(state)) => return Err(Error::Over(asked.job, state)),
        Some(JobCancelled::Now | JobCancelled::Asked) => {}
    }
    tracing::info!(job = %asked.job, actor = %actor, "a job is cancelled");
    let job = store.job(*workspace, asked.job).await?.ok_or(Error::Unknown(asked.job))?;
    Ok(Out { job: job.into() })
}
