//! Writing the suppression list out.

use std::io::Write;

use consent::Namespace;
use intake::suppression::{ExportError, export_suppressions};
use serde::Serialize;
use store::{EntryKind, EntryOrder, EntryQuery};

use super::Entry;
use crate::{Actor, Fault, Kind, Problem, Service};

/// Entries read at once.
const PAGE: usize = 10_000;

/// Which entries, and where they go.
pub struct In<'a> {
    /// Only of this namespace.
    pub namespace: Option<Namespace>,
    /// Only of this kind.
    pub kind: Option<EntryKind>,
    /// Where they go.
    pub to: To<'a, Entry>,
    /// Hears how many are done.
    pub progress: &'a mut (dyn FnMut(u64) + Send),
}

/// Where entries go.
pub enum To<'a, T> {
    /// A file that the import reads.
    Csv {
        /// The file.
        output: Box<dyn Write + Send + 'a>,
        /// With more columns than it takes: who and when; for the suppression list also category and expiry.
        details: bool,
    },
    /// Each by itself.
    Each(&'a mut (dyn FnMut(&T) -> std::io::Result<()> + Send)),
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// Entries that were written.
    pub exported: u64,
}

/// Why it stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file, or the store.
    #[error(transparent)]
    Export(#[from] ExportError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Export(ExportError::Write(_)) => Problem::new(Kind::Unavailable, "file-unwritable"),
            Self::Export(ExportError::Store(error)) => error.problem(),
        }
    }
}

/// Writes the list out, in the order of its values.
pub async fn export(service: &Service, _actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    let In { namespace, kind, to, progress } = asked;
    let mut query =
        EntryQuery { namespace, kind, order: EntryOrder::Value, limit: PAGE, ..EntryQuery::default() };
    let each = match to {
        To::Csv { output, details } => {
            let (store, workspace) = (&service.store, service.workspace);
            let exported = export_suppressions(store, workspace, query, details, output, progress).await?;
            return Ok(Out { exported });
        }
        To::Each(each) => each,
    };
    let (now, mut exported) = (service.now(), 0);
    loop {
        let page = service.store.suppressions(service.workspace, query.clone()).await;
        let page = page.map_err(ExportError::Store)?;
        for entry in page.entries {
            each(&Entry::of(entry, now)).map_err(ExportError::Write)?;
            exported += 1;
        }
        progress(exported);
        query.after = page.next;
        if query.after.is_none() {
            return Ok(Out { exported });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suppression::add;
    use crate::testing::World;

    #[tokio::test]
    async fn the_same_entries_come_in_either_form() {
        let World { service, actor, dir: _dir } = World::new();
        for value in ["b@example.com", "a@example.com", "example.com"] {
            let entry = add::In {
                value: value.to_owned(),
                entry_type: None,
                comment: String::new(),
                expires_at: None,
            };
            add::add(&service, &actor, entry).await.unwrap();
        }
        let (mut file, mut values) = (Vec::new(), Vec::new());
        let kind = Some(EntryKind::Address);
        let to = To::Csv { output: Box::new(&mut file), details: false };
        let asked = In { namespace: None, kind, to, progress: &mut |_| () };
        assert_eq!(export(&service, &actor, asked).await.unwrap(), Out { exported: 2 });
        assert_eq!(String::from_utf8(file).unwrap().lines().count(), 3);
        let mut each = |entry: &Entry| {
            values.push(entry.value.clone());
            Ok(())
        };
        let asked = In { namespace: None, kind, to: To::Each(&mut each), progress: &mut |_| () };
        assert_eq!(export(&service, &actor, asked).await.unwrap(), Out { exported: 2 });
        assert_eq!(values, ["a@example.com", "b@example.com"]);
    }
}
