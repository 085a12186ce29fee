//! Putting an address or a domain on the allow list.

use intake::suppression::{EntryType, Named, ValueError, note};
use serde::Serialize;
use store::{AllowEntry, StoreError};

use super::Entry;
use crate::suppression::named;
use crate::{Actor, Fault, Problem, Service};

/// What to put there.
#[derive(Clone, Debug)]
pub struct In {
    /// An address or a domain, as it is typed.
    pub value: String,
    /// What it is, unless that is plain.
    pub entry_type: Option<EntryType>,
    /// A note.
    pub comment: String,
}

/// What is there now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AllowListAdded)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// Whether it wasn't there before.
    pub added: bool,
    /// The entries.
    pub entries: Vec<Entry>,
    /// The namespaces whose list is active; an entry changes nothing while its own isn't.
    pub active: Vec<String>,
}

/// Why nothing was put there.
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
    /// Only the suppression list takes hashes.
    #[error("{0}: the allow list takes no hashes")]
    Hash(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Value { .. } => Problem::invalid("value-invalid", "/value"),
            Self::Hash(_) => Problem::invalid("allow-hash", "/value"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Puts an address or a domain on the list.
pub async fn add(service: &Service, actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { value, entry_type, comment } = asked;
    let named = named(&value, entry_type).map_err(|error| Error::Value { value: value.clone(), error })?;
    if named.iter().any(|named| named.value.starts_with("sha256:")) {
        return Err(Error::Hash(value));
    }
    let (now, by, comment) = (service.now(), actor.note(), note(&comment));
    let entry = |Named { namespace, value }| AllowEntry {
        namespace,
        value,
        comment: comment.clone(),
        by: by.clone(),
        at: now,
    };
    let entries: Vec<_> = named.into_iter().map(entry).collect();
    let added = service.store.allow(service.workspace, entries.clone()).await?.into_iter().any(|new| new);
    let active = service.store.settings(service.workspace).await?.allow_lists_active;
    Ok(Out { added, entries: entries.into_iter().map(Entry::from).collect(), active })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn an_entry_says_by_whom_and_a_hash_is_none() {
        let World { service, actor, dir: _dir } = World::new();
        let asked =
            |value: &str| In { value: value.to_owned(), entry_type: None, comment: "of ours\n".to_owned() };
        let out = add(&service, &actor, asked("Ops@Example.com")).await.unwrap();
        assert!(out.added && out.active.is_empty());
        assert_eq!(
            (out.entries[0].value.as_str(), out.entries[0].by.as_str()),
            ("ops@example.com", "cli:ada")
        );
        assert_eq!(out.entries[0].comment, "of ours");
        assert!(!add(&service, &actor, asked("ops@example.com")).await.unwrap().added);
        let hash = "0".repeat(64);
        let refused = add(&service, &actor, asked(&hash)).await.unwrap_err();
        assert!(matches!(refused, Error::Hash(_)), "{refused}");
        let refused = add(&service, &actor, asked("a b@example.com")).await.unwrap_err();
        assert_eq!(refused.problem(), Problem::invalid("value-invalid", "/value"));
    }
}
