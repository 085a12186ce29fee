//! Showing which definitions there are.

use store::{DefinitionKind, StoreError};

use super::Shown;
use crate::{Actor, Fault, Page, Problem, Service};

/// Definitions on a page at most.
const PAGE_MAX: usize = 1_000;

/// Which.
#[derive(Clone, Debug)]
pub struct In {
    /// Only of this kind.
    pub kind: Option<DefinitionKind>,
    /// The cursor that the page before named.
    pub after: Option<String>,
    /// How many at most.
    pub limit: usize,
}

impl Default for In {
    fn default() -> Self {
        Self { kind: None, after: None, limit: PAGE_MAX }
    }
}

/// Definitions by kind and name, archived ones among them.
pub type Out = Page<Shown>;

/// Why they can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The cursor isn't one that a page named.
    #[error("no page begins at this cursor")]
    Cursor,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Cursor => Problem::invalid("cursor-invalid", "/after"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Shows a page of them.
pub async fn list(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { kind, after, limit } = asked;
    let after = after.map(|cursor| read_cursor(&cursor).ok_or(Error::Cursor)).transpose()?;
    let limit = limit.clamp(1, PAGE_MAX);
    let mut page = service.store.definitions(service.workspace, kind, after, limit + 1).await?;
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|last| format!("{}/{}", last.kind, last.name));
    Ok(Page { data: page.into_iter().map(Shown::from).collect(), next })
}

fn read_cursor(text: &str) -> Option<(DefinitionKind, String)> {
    let (kind, name) = text.split_once('/')?;
    (!name.is_empty()).then_some((kind.parse().ok()?, name.to_owned()))
}
