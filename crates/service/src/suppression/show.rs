//! Showing what the suppression list holds and held of an address or a domain.

use consent::Timestamp;
use intake::suppression::{EntryType, ValueError};
use serde::Serialize;
use store::{Removed, StoreError};

use super::{Entry, entries_of, named};
use crate::{Actor, Fault, Problem, Service, shape};

/// Removed entries shown of a value.
const REMOVED_SHOWN: usize = 20;

/// Of what.
#[derive(Clone, Debug)]
pub struct In {
    /// An address, a domain or the hash of an address, as it is typed.
    pub value: String,
    /// What it is, unless that is plain.
    pub entry_type: Option<EntryType>,
}

/// What the list holds and held of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SuppressionShown)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// Whether nothing goes there.
    pub suppressed: bool,
    /// Entries of the value, of its hash and of its domain; expired ones too.
    pub entries: Vec<Entry>,
    /// Entries that were taken off, newest first.
    pub removed: Vec<RemovedEntry>,
}

/// An entry that was taken off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovedEntry {
    /// As it was; never in force.
    #[serde(flatten)]
    pub entry: Entry,
    /// Its removal.
    pub removal: Removal,
}

/// Taking an entry off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// Why it can't be shown.
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
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Value { .. } => Problem::invalid("value-invalid", "/value"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Shows what the list holds and held of a value.
pub async fn show(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { value, entry_type } = asked;
    let now = service.now();
    let named = named(&value, entry_type).map_err(|error| Error::Value { value, error })?;
    let (mut entries, mut removed) = (Vec::new(), Vec::new());
    for named in named {
        entries.extend(entries_of(service, &named).await?);
        let whose = Some((named.namespace, named.value));
        removed.extend(service.store.removed(service.workspace, whose, REMOVED_SHOWN).await?);
    }
    let entries: Vec<_> = entries.into_iter().map(|entry| Entry::of(entry, now)).collect();
    let removed = removed.into_iter().map(|Removed { entry, removal }| RemovedEntry {
        entry: Entry { in_force: false, ..Entry::of(entry, now) },
        removal: Removal { reason: removal.reason, by: removal.by, at: removal.at },
    });
    let suppressed = entries.iter().any(|entry| entry.in_force);
    Ok(Out { suppressed, removed: removed.collect(), entries })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suppression::{add, remove};
    use crate::testing::World;

    #[tokio::test]
    async fn what_was_taken_off_is_shown_with_who_and_why() {
        let World { service, actor, dir: _dir } = World::new();
        let value = "bob@example.com".to_owned();
        let entry =
            add::In { value: value.clone(), entry_type: None, comment: String::new(), expires_at: None };
        add::add(&service, &actor, entry).await.unwrap();
        let asked = In { value: value.clone(), entry_type: None };
        assert!(show(&service, &actor, asked.clone()).await.unwrap().suppressed);
        let removal = remove::In { value, entry_type: None, reason: "wrong Bob".to_owned(), category: None };
        remove::remove(&service, &actor, removal).await.unwrap();
        let out = show(&service, &actor, asked).await.unwrap();
        assert!(!out.suppressed && out.entries.is_empty());
        let shown = serde_json::to_value(&out.removed[0]).unwrap();
        assert_eq!((&shown["inForce"], &shown["removal"]["by"]), (&false.into(), &"cli:ada".into()));
    }
}
