//! Showing the settings.

use store::StoreError;

use super::Shown;
use crate::{Actor, Fault, Problem, Service};

/// Nothing is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct In;

/// The settings as they are now.
pub type Out = Shown;

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

/// Shows the settings.
pub async fn show(service: &Service, _actor: &Actor, _asked: In) -> Result<Out, Error> {
    Ok(service.store.settings(service.workspace).await?.into())
}
