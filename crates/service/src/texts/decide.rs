//! Deciding about a text that may be an opt-out.

use consent::{EntryId, Level};
use intake::review::{self, Decided, Verdict};
use serde::Serialize;
use store::{StoreError, TextId};

use crate::{Actor, Fault, Problem, Service, shape};

/// What somebody read in it.
#[derive(Clone, Copy, Debug)]
pub struct In {
    /// The text.
    pub id: TextId,
    /// Whether it is a refusal.
    pub refused: bool,
    /// How far it reaches if it is one.
    pub level: Level,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TextDecided)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The text's id.
    pub id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The entry of the opt-out, if it says anything new.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>)]
    pub entry: Option<EntryId>,
}

/// How a text ends that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TextOutcome)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The number may be sent marketing again, as far as this text goes.
    Released,
    /// The refusal is recorded, and the sender blocked.
    Refused,
    /// Somebody decided before.
    DecidedBefore,
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No text of this id was held.
    #[error("no message of this id was held")]
    NotHeld,
    /// The store.
    #[error(transparent)]
    Store(StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NotHeld => Problem::not_found("text-not-held", "/id"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Decides. A refusal is recorded with the text as its proof.
pub async fn decide(service: &Service, actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { id, refused, level } = asked;
    let verdict = Verdict { refused, level, by: actor.note(), at: service.now() };
    let decided = review::decide(&service.store, service.workspace, id, verdict).await;
    let decided = decided.map_err(|error| match error {
        StoreError::Missing(_) => Error::NotHeld,
        error => Error::Store(error),
    })?;
    let (outcome, entry) = match decided {
        Decided::Released => (Outcome::Released, None),
        Decided::Refused(entry) => (Outcome::Refused, entry),
        Decided::Before => (Outcome::DecidedBefore, None),
    };
    Ok(Out { id: shape::hex(&id.0), outcome, entry })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger;
    use crate::testing::World;
    use crate::texts::review;

    #[tokio::test]
    async fn a_refusal_names_who_read_it_and_is_decided_once() {
        let world = World::new();
        let id = world.held("+491751234567", "who is this? stop").await;
        let World { service, actor, dir: _dir } = world;
        let asked = |refused| In { id, refused, level: Level::Channel };
        let out = decide(&service, &actor, asked(true)).await.unwrap();
        assert_eq!(out.outcome, Outcome::Refused);
        let entry = ledger::entry::In { entry: out.entry.unwrap() };
        let entry = ledger::entry::entry(&service, &actor, entry).await.unwrap();
        assert_eq!(entry.event.evidence.actor.as_deref(), Some("cli:ada"));
        assert_eq!(entry.event.evidence.raw.as_deref(), Some("who is this? stop"));
        let again = decide(&service, &actor, asked(false)).await.unwrap();
        assert_eq!((again.outcome, again.entry), (Outcome::DecidedBefore, None));
        let waiting = review::review(&service, &actor, review::In { limit: 5, after: None }).await.unwrap();
        assert!(waiting.data.is_empty());
        let other = decide(&service, &actor, In { id: TextId([9; 16]), ..asked(true) }).await.unwrap_err();
        assert_eq!(other.problem(), Problem::not_found("text-not-held", "/id"));
    }
}
