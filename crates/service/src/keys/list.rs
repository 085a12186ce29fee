//! Showing the keys of programs.

use store::StoreError;

use super::Key;
use crate::{Actor, Fault, Page, Problem, Service};

/// Nothing is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct In;

/// All keys, newest first, with those that were revoked lately.
pub type Out = Page<Key>;

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

/// Shows the workspace's keys.
pub async fn list(service: &Service, _actor: &Actor, _asked: In) -> Result<Out, Error> {
    let now = service.now();
    let keys = service.store.api_keys(service.workspace).await?;
    Ok(Page::whole(keys.into_iter().map(|key| Key::of(key, now)).collect()))
}
