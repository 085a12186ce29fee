//! A receipt: the proof that an entry is in the ledger.

use consent::EntryId;
use serde::Serialize;
use store::StoreError;

use crate::{Actor, Fault, Problem, Service, shape};

/// Of which entry.
#[derive(Clone, Copy, Debug)]
pub struct In {
    /// The entry.
    pub entry: EntryId,
}

/// The receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Receipt)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The entry.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub entry: EntryId,
    /// Its proof (C2SP tlog-proof), as a file of its own.
    pub receipt: String,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such entry.
    #[error("{0} doesn't exist")]
    NoEntry(EntryId),
    /// The store.
    #[error(transparent)]
    Store(StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NoEntry(_) => Problem::not_found("entry-not-found", "/entry"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Makes a receipt.
pub async fn receipt(service: &Service, _actor: &Actor, In { entry }: In) -> Result<Out, Error> {
    service.store.seal_ledger().await.map_err(Error::Store)?;
    let receipt = service.store.receipt(service.workspace, entry).await.map_err(|error| match error {
        StoreError::Missing(_) => Error::NoEntry(entry),
        error => Error::Store(error),
    })?;
    Ok(Out { entry, receipt })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consents::opt_out;
    use crate::ledger::check_receipt;
    use crate::testing::World;

    #[tokio::test]
    async fn a_receipt_opens_and_an_entry_that_is_none_has_none() {
        let World { service, actor, dir: _dir } = World::new();
        opt_out::opt_out(&service, &actor, opt_out::In::of("ann@example.com")).await.unwrap();
        let out = receipt(&service, &actor, In { entry: EntryId(0) }).await.unwrap();
        let asked =
            check_receipt::In { receipt: out.receipt, key: service.store.ledger_verifier_key().unwrap() };
        let checked = check_receipt::check_receipt(&asked).unwrap();
        assert_eq!((checked.entry, checked.verified), (EntryId(0), true));
        assert!(checked.subject.is_some() && checked.address.is_some());
        let none = receipt(&service, &actor, In { entry: EntryId(9) }).await.unwrap_err();
        assert_eq!(none.problem(), Problem::not_found("entry-not-found", "/entry"));
    }
}
