//! Putting an address or a domain on the suppression list.

use consent::Timestamp;
use intake::suppression::{EntryType, Named, ValueError, note};
use serde::Serialize;
use store::{StoreError, SuppressionCategory, SuppressionEntry};

use super::{Entry, named};
use crate::{Actor, Fault, Problem, Service};

/// What to put there.
#[derive(Clone, Debug)]
pub struct In {
    /// An address, a domain or the hash of an address, as it is typed.
    pub value: String,
    /// What it is, unless that is plain.
    pub entry_type: Option<EntryType>,
    /// Why.
    pub comment: String,
    /// Until when; for good if absent.
    pub expires_at: Option<Timestamp>,
}

/// What is there now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SuppressionAdded)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// Whether it wasn't there before.
    pub added: bool,
    /// The entries.
    pub entries: Vec<Entry>,
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
    /// It would have ended before it began.
    #[error("the entry would have expired at {0} already")]
    Past(Timestamp),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Value { .. } => Problem::invalid("value-invalid", "/value"),
            Self::Past(_) => Problem::invalid("expires-in-the-past", "/expiresAt"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Puts an address, a domain or a hash on the list. From then on nothing goes there.
pub async fn add(service: &Service, actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { value, entry_type, comment, expires_at } = asked;
    let now = service.now();
    if let Some(expiry) = expires_at.filter(|expiry| *expiry <= now) {
        return Err(Error::Past(expiry));
    }
    let named = named(&value, entry_type).map_err(|error| Error::Value { value, error })?;
    let (by, reason) = (actor.note(), note(&comment));
    let entry = |Named { namespace, value }| SuppressionEntry {
        namespace,
        value,
        category: SuppressionCategory::Manual,
        reason: reason.clone(),
        by: by.clone(),
        at: now,
        updated_at: now,
        expires_at,
    };
    let entries: Vec<_> = named.into_iter().map(entry).collect();
    let new = service.store.suppress(service.workspace, entries.clone()).await?;
    let added = new.into_iter().any(|new| new);
    Ok(Out { added, entries: entries.into_iter().map(|entry| Entry::of(entry, now)).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn an_entry_says_by_whom_and_one_that_is_over_is_refused() {
        let World { service, actor, dir: _dir } = World::new();
        let asked = |value: &str, expires_at| In {
            value: value.to_owned(),
            entry_type: None,
            comment: "by phone".to_owned(),
            expires_at,
        };
        let out = add(&service, &actor, asked("Bob@Example.com", None)).await.unwrap();
        let entry = &out.entries[0];
        assert_eq!(
            (entry.value.as_str(), entry.by.as_str(), entry.in_force),
            ("bob@example.com", "cli:ada", true)
        );
        assert!(!add(&service, &actor, asked("bob@example.com", None)).await.unwrap().added);
        let hashed = add(&service, &actor, asked(&"0".repeat(64), None)).await.unwrap();
        assert_eq!(hashed.entries.len(), 2, "an email address's and a number's");
        let past = add(&service, &actor, asked("c@example.com", Some(Timestamp(0)))).await.unwrap_err();
        assert_eq!(past.problem(), Problem::invalid("expires-in-the-past", "/expiresAt"));
        let nothing = add(&service, &actor, asked("*@*.example.com", None)).await.unwrap_err();
        assert!(matches!(nothing, Error::Value { .. }), "{nothing}");
    }
}
