//! Counting the entries of the suppression list.

use serde::Serialize;
use store::{EntryKind, StoreError};

use crate::{Actor, Fault, Problem, Service};

/// Nothing is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct In;

/// How many there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// In all.
    pub total: u64,
    /// Of each kind.
    pub counts: Vec<Count>,
}

/// How many of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// The namespace of the addresses.
    pub namespace: String,
    /// Why they are suppressed.
    pub category: &'static str,
    /// `address`, `domain` or `hash`.
    pub kind: &'static str,
    /// How many.
    pub count: u64,
}

/// Why they can't be counted.
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

/// Counts the entries by namespace, category and kind; expired ones too.
pub async fn stats(service: &Service, _actor: &Actor, _asked: In) -> Result<Out, Error> {
    let counts = service.store.suppression_counts(service.workspace).await?;
    let counts: Vec<_> = counts
        .into_iter()
        .map(|(namespace, category, kind, count)| Count {
            namespace: namespace.as_str().to_owned(),
            category: category.as_str(),
            kind: name(kind),
            count,
        })
        .collect();
    Ok(Out { total: counts.iter().map(|count| count.count).sum(), counts })
}

const fn name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Address => "address",
        EntryKind::Domain => "domain",
        EntryKind::Hash => "hash",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suppression::add;
    use crate::testing::World;

    #[tokio::test]
    async fn entries_are_counted_by_kind() {
        let World { service, actor, dir: _dir } = World::new();
        for value in ["a@example.com", "b@example.com", "example.com"] {
            let entry = add::In {
                value: value.to_owned(),
                entry_type: None,
                comment: String::new(),
                expires_at: None,
            };
            add::add(&service, &actor, entry).await.unwrap();
        }
        let out = stats(&service, &actor, In).await.unwrap();
        assert_eq!(out.total, 3);
        let addresses = out.counts.iter().find(|count| count.kind == "address").unwrap();
        assert_eq!((addresses.count, addresses.category), (2, "manual"));
    }
}
