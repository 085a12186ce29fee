//! Taking a definition out of use. Runs that were started with one of its versions go on; applying it again takes it back
//! into use.

use store::{DefinitionKind, DefinitionState, PutDefinitions, StoreError};

use super::Shown;
use crate::{Actor, Fault, Kind, Problem, Service};

/// Which.
#[derive(Clone, Debug)]
pub struct In {
    /// What it describes.
    pub kind: DefinitionKind,
    /// Its name.
    pub name: String,
    /// The version that is current, as far as the caller knows; `None`: whichever is.
    pub expected: Option<i64>,
}

/// As it is now.
pub type Out = Shown;

/// Why it wasn't.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such definition.
    #[error("there is no {0} `{1}`")]
    Missing(DefinitionKind, String),
    /// Somebody else changed it.
    #[error("the {kind} `{name}` has version {current} by now")]
    Stale {
        /// What it describes.
        kind: DefinitionKind,
        /// Its name.
        name: String,
        /// The current version.
        current: i64,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Missing(..) => Problem::not_found("definition-not-found", "/name"),
            Self::Stale { .. } => Problem::new(Kind::Conflict, "definition-changed"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Archives it.
pub async fn archive(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { kind, name, expected } = asked;
    let (store, workspace) = (&service.store, service.workspace);
    let found = store.definition(workspace, kind, &name, None).await?;
    let current = found.ok_or_else(|| Error::Missing(kind, name.clone()))?.version;
    let expected = expected.unwrap_or(current);
    let (state, now) = (DefinitionState::Archived, service.now());
    match store.set_definition_state(workspace, kind, &name, expected, state, now).await? {
        PutDefinitions::Stored(mut stored) => match stored.pop() {
            Some(info) => Ok(info.into()),
            None => Err(Error::Missing(kind, name)),
        },
        PutDefinitions::Changed { kind, name, current } => Err(Error::Stale { kind, name, current }),
    }
}
