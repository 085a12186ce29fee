//! Signing new links with a new key.

use serde::Serialize;
use store::StoreError;

use crate::{Actor, Fault, Problem, Service};

/// Nothing is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct In;

/// The key that signs from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// Its number.
    pub key: u8,
}

/// Why there is no new key.
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

/// Adds a link key, which signs from now on; links of older ones go on working.
pub async fn rotate(service: &Service, _actor: &Actor, _asked: In) -> Result<Out, Error> {
    Ok(Out { key: service.store.rotate_link_key(service.now()).await? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn each_key_has_the_next_number() {
        let World { service, actor, dir: _dir } = World::new();
        for key in [2, 3] {
            assert_eq!(rotate(&service, &actor, In).await.unwrap(), Out { key });
        }
    }
}
