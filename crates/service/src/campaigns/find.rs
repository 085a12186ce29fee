//! What became of one run.

use consent::RunId;
use store::StoreError;

use super::report::Reported;
use super::{Feedback, ShownRun};
use crate::{Actor, Fault, Kind, Problem, Service};

/// Which.
#[derive(Clone, Copy, Debug)]
pub struct In {
    /// The run.
    pub run: RunId,
}

/// The run with what came back.
pub type Out = Reported;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such run.
    #[error("{0} doesn't exist")]
    NoRun(RunId),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NoRun(_) => Problem::new(Kind::NotFound, "run-not-found"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Reports on a run.
pub async fn find(service: &Service, _actor: &Actor, In { run }: In) -> Result<Out, Error> {
    let found = service.store.run(service.workspace, run).await?.ok_or(Error::NoRun(run))?;
    let feedback = Feedback::of(service, run).await?;
    let opt_outs = service.store.run_opt_outs(service.workspace, run).await?.into();
    Ok(Reported { run: ShownRun::of(service, found).await?, feedback, opt_outs })
}
