//! The ledger's verifier key.

use serde::Serialize;
use store::StoreError;

use crate::{Actor, Fault, Problem, Service};

/// Nothing is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct In;

/// The key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = LedgerKey)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// `name+hash+base64` (C2SP signed-note): what an auditor needs.
    pub key: String,
}

/// Why it can't be told.
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

/// Tells the key by which others check checkpoints and receipts.
#[allow(clippy::unused_async, reason = "every use case is called alike")]
pub async fn key(service: &Service, _actor: &Actor, _asked: In) -> Result<Out, Error> {
    Ok(Out { key: service.store.ledger_verifier_key()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::parse_key;
    use crate::testing::World;

    #[tokio::test]
    async fn the_key_is_one() {
        let World { service, actor, dir: _dir } = World::new();
        assert!(parse_key(&key(&service, &actor, In).await.unwrap().key).is_ok());
    }
}
