//! Showing all workspaces.

use store::StoreError;

use super::Shown;
use crate::{Actor, Fault, Page, Problem, Service};

/// Nothing is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct In;

/// All workspaces, in the order in which they were made.
pub type Out = Page<Shown>;

/// Why they can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        let Self::Store(error) = self;
        error.problem()
    }
}

/// Shows all workspaces.
pub async fn list(service: &Service, _actor: &Actor, _asked: In) -> Result<Out, Error> {
    Ok(Page::whole(service.store.workspaces().await?.into_iter().map(Shown::from).collect()))
}
