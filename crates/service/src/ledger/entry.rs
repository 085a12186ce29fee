//! One entry of the ledger, with what proves it.

use consent::{EntryId, ProfileId};
use serde::Serialize;
use store::StoreError;

use crate::profiles::history::Event;
use crate::profiles::history::{Change, field_name};
use crate::{Actor, Fault, Problem, Service, shape};

/// Which.
#[derive(Clone, Copy, Debug)]
pub struct In {
    /// The entry.
    pub entry: EntryId,
}

/// The entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = LedgerEntry)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// Whose it is.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub profile: ProfileId,
    /// What it says.
    #[serde(flatten)]
    pub event: Event,
}

/// Why it can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such entry.
    #[error("{0} doesn't exist")]
    NoEntry(EntryId),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NoEntry(_) => Problem::not_found("entry-not-found", "/entry"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Shows an entry.
pub async fn entry(service: &Service, _actor: &Actor, In { entry: id }: In) -> Result<Out, Error> {
    let store = &service.store;
    let entry = store.entry(service.workspace, id).await?.ok_or(Error::NoEntry(id))?;
    let lists = store.lists(service.workspace).await?;
    let names = |list| lists.iter().find(|known| known.id == list).map(|known| known.name.clone());
    let given = store.reasons_given(service.workspace, vec![id]).await?.into_iter().next();
    let changes = entry.applied.iter().map(|set| Change::of(set, field_name(set.target, &names))).collect();
    Ok(Out { profile: entry.profile, event: Event::of(entry, changes, given) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consents::opt_out;
    use crate::testing::World;

    #[tokio::test]
    async fn an_entry_names_the_actor_in_its_evidence() {
        let World { service, actor, dir: _dir } = World::new();
        let recorded = opt_out::opt_out(&service, &actor, opt_out::In::of("ann@example.com")).await.unwrap();
        let out = entry(&service, &actor, In { entry: recorded.entry.unwrap() }).await.unwrap();
        let shown = serde_json::to_value(&out).unwrap();
        assert_eq!(shown["evidence"]["actor"], "cli:ada");
        assert_eq!(
            (&shown["changes"][0]["field"], &shown["changes"][0]["new"]),
            (&"email".into(), &"n".into())
        );
        let none = entry(&service, &actor, In { entry: EntryId(9) }).await.unwrap_err();
        assert!(matches!(none, Error::NoEntry(EntryId(9))));
    }
}
