//! Taking an address or a domain off the allow list.

use intake::suppression::{EntryType, ValueError};
use serde::Serialize;
use store::StoreError;

use super::brakes;
use crate::suppression::named;
use crate::{Actor, Fault, Problem, Service};

/// What to take off.
#[derive(Clone, Debug)]
pub struct In {
    /// An address or a domain, as it is typed.
    pub value: String,
    /// What it is, unless that is plain.
    pub entry_type: Option<EntryType>,
}

/// What that did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AllowListRemoved)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// It was there, and isn't any more.
    pub removed: bool,
    /// The namespaces whose list is active and empty now: nothing is sent to them.
    pub empty: Vec<String>,
}

/// Why nothing was taken off.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text names nothing.
    #[error("{value}: {error}")]
    Value {
        /// The text.
        value: String,
        /// What is wrong with it.
        error: ValueError,
    },
    /// It isn't there.
    #[error("{0}: not on the allow list")]
    NotThere(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Value { .. } => Problem::invalid("value-invalid", "/value"),
            Self::NotThere(_) => Problem::not_found("not-on-list", "/value"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Takes an address or a domain off the list. An entry keeps no record of who took it off.
pub async fn remove(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { value, entry_type } = asked;
    let named = named(&value, entry_type).map_err(|error| Error::Value { value: value.clone(), error })?;
    let entries = named.into_iter().map(|named| (named.namespace, named.value)).collect();
    let removed = service.store.disallow(service.workspace, entries).await?;
    if !removed.into_iter().any(|removed| removed) {
        return Err(Error::NotThere(value));
    }
    let settings = service.store.settings(service.workspace).await?;
    Ok(Out { removed: true, empty: brakes(service, &settings).await? })
}

#[cfg(test)]
mod tests {
    use consent::Channel;

    use super::*;
    use crate::allow::{add, turn};
    use crate::testing::World;

    #[tokio::test]
    async fn the_last_entry_of_an_active_list_leaves_a_brake() {
        let World { service, actor, dir: _dir } = World::new();
        let value = "ops@example.com".to_owned();
        let asked = In { value: value.clone(), entry_type: None };
        assert!(matches!(remove(&service, &actor, asked.clone()).await, Err(Error::NotThere(_))));
        let entry = add::In { value, entry_type: None, comment: String::new() };
        add::add(&service, &actor, entry).await.unwrap();
        turn::turn(&service, &actor, turn::In { channel: Channel::Email, on: true }).await.unwrap();
        let out = remove(&service, &actor, asked).await.unwrap();
        assert_eq!(out, Out { removed: true, empty: vec!["email".to_owned()] });
    }
}
