//! Showing a version of a definition.

use store::{DefinitionKind, StoreError};

use super::Version;
use crate::{Actor, Fault, Problem, Service};

/// Which.
#[derive(Clone, Debug)]
pub struct In {
    /// What it describes.
    pub kind: DefinitionKind,
    /// Its name.
    pub name: String,
    /// Which version; the current one if absent.
    pub version: Option<i64>,
}

/// The version.
pub type Out = Version;

/// Why it can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such definition.
    #[error("there is no {0} `{1}`")]
    Missing(DefinitionKind, String),
    /// It has no such version.
    #[error("the {0} `{1}` has no version {2}")]
    NoVersion(DefinitionKind, String, i64),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Missing(..) => Problem::not_found("definition-not-found", "/name"),
            Self::NoVersion(..) => Problem::not_found("version-not-found", "/version"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Shows a version.
pub async fn show(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { kind, name, version } = asked;
    let (store, workspace) = (&service.store, service.workspace);
    if let Some(found) = store.definition(workspace, kind, &name, version).await? {
        return Ok(Version::of(found)?);
    }
    match version {
        Some(version) if store.definition(workspace, kind, &name, None).await?.is_some() => {
            Err(Error::NoVersion(kind, name, version))
        }
        _ => Err(Error::Missing(kind, name)),
    }
}
