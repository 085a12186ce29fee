//! Taking an address or a domain off the suppression list.

use intake::suppression::{EntryType, Named, ValueError, note};
use serde::Serialize;
use store::{Removal, StoreError, SuppressionCategory, SuppressionEntry};

use super::{Entry, entries_of, in_force, named};
use crate::{Actor, Fault, Problem, Service};

/// What to take off.
#[derive(Clone, Debug)]
pub struct In {
    /// An address, a domain or the hash of an address, as it is typed.
    pub value: String,
    /// What it is, unless that is plain.
    pub entry_type: Option<EntryType>,
    /// Why; it is kept.
    pub reason: String,
    /// Only the entry of this category.
    pub category: Option<SuppressionCategory>,
}

/// What that did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SuppressionRemoved)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The entries that were there.
    pub removed: Vec<Entry>,
    /// Entries that go on suppressing it: of another category, of its hash or of its domain.
    pub still: Vec<Entry>,
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
    /// Nobody says why.
    #[error("say why it is taken off: that is kept")]
    NoReason,
    /// It isn't there.
    #[error("{0}: not on the suppression list")]
    NotThere(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Value { .. } => Problem::invalid("value-invalid", "/value"),
            Self::NoReason => Problem::invalid("reason-missing", "/reason"),
            Self::NotThere(_) => Problem::not_found("not-on-list", "/value"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Takes a value off the list. What was there, who took it off and why is kept.
pub async fn remove(service: &Service, actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { value, entry_type, reason, category } = asked;
    let (now, by, reason) = (service.now(), actor.note(), note(&reason));
    if reason.is_empty() {
        return Err(Error::NoReason);
    }
    let named = named(&value, entry_type).map_err(|error| Error::Value { value: value.clone(), error })?;
    let removal = |Named { namespace, value }: &Named| Removal {
        namespace: namespace.clone(),
        value: value.clone(),
        category,
        reason: reason.clone(),
        by: by.clone(),
        at: now,
    };
    let removals = named.iter().map(removal).collect();
    let removed = service.store.unsuppress(service.workspace, removals).await?;
    let removed: Vec<SuppressionEntry> = removed.into_iter().flatten().collect();
    if removed.is_empty() {
        return Err(Error::NotThere(value));
    }
    let mut still = Vec::new();
    for named in &named {
        still.extend(entries_of(service, named).await?);
    }
    still.retain(|entry| in_force(entry, now));
    let shown =
        |entries: Vec<SuppressionEntry>| entries.into_iter().map(|entry| Entry::of(entry, now)).collect();
    Ok(Out { removed: shown(removed), still: shown(still) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suppression::add;
    use crate::testing::World;

    #[tokio::test]
    async fn what_goes_on_suppressing_is_told() {
        let World { service, actor, dir: _dir } = World::new();
        for value in ["bob@example.com", "example.com"] {
            let entry = add::In {
                value: value.to_owned(),
                entry_type: None,
                comment: String::new(),
                expires_at: None,
            };
            add::add(&service, &actor, entry).await.unwrap();
        }
        let asked = |reason: &str| In {
            value: "bob@example.com".to_owned(),
            entry_type: None,
            reason: reason.to_owned(),
            category: None,
        };
        assert!(matches!(remove(&service, &actor, asked(" \n")).await, Err(Error::NoReason)));
        let out = remove(&service, &actor, asked("wrong Bob")).await.unwrap();
        assert_eq!((out.removed.len(), out.still.len()), (1, 1));
        assert_eq!(out.still[0].kind, "DOMAIN");
        assert!(matches!(remove(&service, &actor, asked("again")).await, Err(Error::NotThere(_))));
    }
}
