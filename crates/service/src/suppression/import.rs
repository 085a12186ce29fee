//! Bringing a file of addresses and domains into the suppression list.

use std::io::Read;
use std::sync::Arc;

use intake::import::{ImportError, Progress};
use intake::suppression::{Failure, Options, Summary, Target, import_entries};
use serde::Serialize;

use crate::{Actor, Fault, Kind, Problem, Service};

/// The file, and who hears how it goes.
pub struct In<'a> {
    /// Its bytes.
    pub input: Box<dyn Read + Send>,
    /// Its encoding, unless it is UTF-8 or has a byte order mark.
    pub encoding: Option<String>,
    /// How far it is; read while it runs.
    pub progress: &'a Arc<Progress>,
    /// Hears of every row that didn't go in as it stands.
    pub failure: &'a mut (dyn FnMut(&Failure) -> std::io::Result<()> + Send),
}

/// What became of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// Rows in the file, without the header.
    pub read: u64,
    /// Rows whose entries are new.
    pub added: u64,
    /// Rows whose entries were on the list already.
    pub known: u64,
    /// Rows that didn't go in as they stand.
    pub failed: u64,
}

/// Why it stopped. What was read before stays in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file, or the store.
    #[error(transparent)]
    Import(#[from] ImportError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        let Self::Import(error) = self;
        import_problem(error)
    }
}

/// What a program reads of a file that can't be read.
pub(crate) fn import_problem(error: &ImportError) -> Problem {
    match error {
        ImportError::Store(error) => error.problem(),
        ImportError::Read { .. } => Problem::new(Kind::Invalid, "file-unreadable"),
        ImportError::Header(_) => Problem::new(Kind::Invalid, "header-invalid"),
        ImportError::Encoding(_) => Problem::invalid("encoding-unknown", "/encoding"),
        ImportError::UnknownList(_) => Problem::new(Kind::NotFound, "list-not-found"),
        ImportError::Undecided(_) => Problem::new(Kind::Invalid, "import-undecided"),
        ImportError::Rejects(_) => Problem::new(Kind::Unavailable, "rejects-unwritable"),
    }
}

/// Brings a file into the list.
pub async fn import(service: &Service, actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    into(service, actor, asked, Target::Suppression).await
}

/// Brings a file into one of the two lists.
pub(crate) async fn into(
    service: &Service,
    actor: &Actor,
    asked: In<'_>,
    target: Target,
) -> Result<Out, Error> {
    let In { input, encoding, progress, failure } = asked;
    let options = Options { target, by: actor.note(), encoding };
    let (store, clock) = (&service.store, &*service.clock);
    let summary = import_entries(store, service.workspace, input, &options, clock, progress, failure).await?;
    let Summary { read, added, known, failed } = summary;
    Ok(Out { read, added, known, failed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suppression::show;
    use crate::testing::World;

    #[tokio::test]
    async fn rows_go_in_by_whoever_brought_them_and_broken_ones_are_told() {
        let World { service, actor, dir: _dir } = World::new();
        let file = "TYPE,VALUE,COMMENT\nEMAIL,bob@example.com,\nEMAIL,nobody,\n";
        let mut lines = Vec::new();
        let asked = In {
            input: Box::new(file.as_bytes()),
            encoding: None,
            progress: &Arc::default(),
            failure: &mut |failure| {
                lines.push(failure.line);
                Ok(())
            },
        };
        let out = import(&service, &actor, asked).await.unwrap();
        assert_eq!(out, Out { read: 2, added: 1, known: 0, failed: 1 });
        assert_eq!(lines, [3]);
        let asked = show::In { value: "bob@example.com".to_owned(), entry_type: None };
        assert_eq!(show::show(&service, &actor, asked).await.unwrap().entries[0].by, "cli:ada");
    }
}
