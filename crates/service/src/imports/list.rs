//! What was imported.

use consent::{ImportId, Timestamp};
use serde::Serialize;
use store::{ImportRun, StoreError};

use crate::{Actor, Fault, Page, Problem, Service, shape};

/// How many.
#[derive(Clone, Copy, Debug)]
pub struct In {
    /// At most so many.
    pub limit: usize,
}

/// Imports, newest first.
pub type Out = Page<Imported>;

/// An import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// Its id.
    #[serde(serialize_with = "shape::text")]
    pub import: ImportId,
    /// How it stands.
    pub state: State,
    /// Its file's name as it was given; empty for standard input.
    pub file: String,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// When it began.
    #[serde(serialize_with = "shape::text")]
    pub started_at: Timestamp,
    /// When it ended; null while it goes on, or if it died.
    #[serde(serialize_with = "shape::text_or_null")]
    pub finished_at: Option<Timestamp>,
    /// When all of it was taken back.
    #[serde(serialize_with = "shape::text_or_null")]
    pub undone_at: Option<Timestamp>,
    /// Rows in the file.
    pub read: u64,
    /// New profiles.
    pub created: u64,
    /// Profiles changed.
    pub updated: u64,
    /// Rows that said nothing new.
    pub unchanged: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// Addresses that it put on the suppression list.
    pub suppressed: u64,
}

/// How an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// It goes on, or died.
    Unfinished,
    /// All of it went in, the rows aside that were rejected.
    Imported,
    /// Somebody began to take it back.
    PartlyUndone,
    /// It was taken back.
    Undone,
}

impl State {
    /// Of an import.
    pub(crate) fn of(run: &ImportRun) -> Self {
        match run {
            ImportRun { undone_at: Some(_), .. } => Self::Undone,
            ImportRun { undo_began_at: Some(_), .. } => Self::PartlyUndone,
            ImportRun { finished_at: Some(_), .. } => Self::Imported,
            _ => Self::Unfinished,
        }
    }
}

/// Why they can't be shown.
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

impl From<ImportRun> for Imported {
    fn from(run: ImportRun) -> Self {
        let (state, counts) = (State::of(&run), run.counts);
        Self {
            import: run.id,
            state,
            file: run.file.file,
            sha256: run.file.sha256,
            started_at: run.file.started_at,
            finished_at: run.finished_at,
            undone_at: run.undone_at,
            read: counts.read,
            created: counts.created,
            updated: counts.updated,
            unchanged: counts.unchanged,
            rejected: counts.rejected,
            suppressed: counts.suppressed,
        }
    }
}

/// Shows what was imported.
pub async fn list(service: &Service, _actor: &Actor, In { limit }: In) -> Result<Out, Error> {
    let runs = service.store.imports(service.workspace, limit).await?;
    Ok(Page::whole(runs.into_iter().map(Imported::from).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn imports_stand_newest_first() {
        let world = World::new();
        for file in ["a.csv", "b.csv"] {
            world.import(file, "id,email\n1,ann@example.com\n").await;
        }
        let World { service, actor, dir: _dir } = world;
        let out = list(&service, &actor, In { limit: 5 }).await.unwrap();
        let shown: Vec<_> = out.data.iter().map(|run| (run.file.as_str(), run.created, run.state)).collect();
        assert_eq!(shown, [("b.csv", 0, State::Imported), ("a.csv", 1, State::Imported)]);
    }
}
