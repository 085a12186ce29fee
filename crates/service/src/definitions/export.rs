//! Documents as they are stored, to be kept elsewhere or applied elsewhere.

use store::{DefinitionKind, DefinitionState, StoreError};

use super::Version;
use crate::{Actor, Fault, Page, Problem, Service};

/// Definitions read at a time.
const BATCH: usize = 100;

/// Which.
#[derive(Clone, Debug, Default)]
pub struct In {
    /// Only of this kind.
    pub kind: Option<DefinitionKind>,
    /// Only the one of this name, archived or not.
    pub name: Option<String>,
}

/// The current version of each, by kind and name. Archived ones are among them only by name.
pub type Out = Page<Version>;

/// Why nothing is exported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such definition.
    #[error("there is no {0} `{1}`")]
    Missing(DefinitionKind, String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Missing(..) => Problem::not_found("definition-not-found", "/name"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Reads documents. A name without a kind is looked for in all kinds.
pub async fn export(service: &Service, _actor: &Actor, In { kind, name }: In) -> Result<Out, Error> {
    let (store, workspace) = (&service.store, service.workspace);
    let mut data = Vec::new();
    let mut after = None;
    loop {
        let page = store.definitions(workspace, kind, after, BATCH).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.kind, last.name.clone()));
        for info in page {
            let wanted = match &name {
                Some(name) => *name == info.name,
                None => info.state != DefinitionState::Archived,
            };
            if !wanted {
                continue;
            }
            // One that goes in between is none of these any more.
            if let Some(found) = store.definition(workspace, info.kind, &info.name, None).await? {
                data.push(Version::of(found)?);
            }
        }
    }
    match name {
        Some(name) if data.is_empty() => Err(Error::Missing(kind.unwrap_or(DefinitionKind::Campaign), name)),
        _ => Ok(Page::whole(data)),
    }
}
