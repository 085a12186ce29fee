//! Makes a job due now that was given up or cancelled, or waits.

use consent::JobId;
use store::{JobState, StoreError};

use super::ShownJob;
use crate::{Actor, Fault, Kind, Problem, Service};

/// Which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct In {
    /// Its id.
    pub job: JobId,
}

/// The job after that.
pub type Out = ShownJob;

/// Why it isn't tried again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No job has the id.
    #[error("{0}: there is no such job")]
    Unknown(JobId),
    /// It is running, or done.
    #[error("{0} is {state}: there is nothing to try again", state = .1.name())]
    Nothing(JobId, JobState),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Unknown(_) => Problem::not_found("job-not-found", "/job"),
            Self::Nothing(..) => Problem::new(Kind::Conflict, "nothing-to-retry"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Makes a job due now.
pub async fn retry(service: &Service, actor: &Actor, asked: In) -> Result<Out, Error> {
    let Service { store, workspace, .. } = service;
    let was = store.retry_job(*workspace, asked.job, service.now()).await?;
    match was.ok_or(Error::Unknown(asked.job))? {
        state @ (JobState::Running | JobState::Done) => return Err(Error::Nothing(asked.job, state)),
        JobState::Queued | JobState::Failed | JobState::Dead | JobState::Cancelled => {}
    }
    tracing::info!(job = %asked.job, actor = %actor, "a job is tried again");
    let job = store.job(*workspace, asked.job).await?.ok_or(Error::Unknown(asked.job))?;
    Ok(job.into())
}
