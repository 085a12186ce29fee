//! One job.

use consent::JobId;
use store::StoreError;

use super::ShownJob;
use crate::{Actor, Fault, Problem, Service};

/// Which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct In {
    /// Its id.
    pub job: JobId,
}

/// The job.
pub type Out = ShownJob;

/// Why nothing is told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No job has the id.
    #[error("{0}: there is no such job")]
    Unknown(JobId),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Unknown(_) => Problem::not_found("job-not-found", "/job"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Shows a job.
pub async fn show(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let job = service.store.job(service.workspace, asked.job).await?;
    Ok(job.ok_or(Error::Unknown(asked.job))?.into())
}
