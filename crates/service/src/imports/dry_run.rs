//! What an import would do, without doing it.

use std::collections::BTreeMap;
use std::sync::Arc;

use intake::import::{self as files, ColumnReading, DryRun, Import, Input, Options};
use serde::Serialize;

pub use super::Error;
use super::run;
use crate::{Actor, Service};

/// The file.
pub struct In {
    /// The file.
    pub input: Box<dyn Input>,
    /// How it is read.
    pub options: Options,
}

/// What would become of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// What the import would say of the file.
    pub notices: Vec<String>,
    /// Counts of rows; nothing is created, updated or suppressed.
    #[serde(flatten)]
    pub rows: run::Out,
    /// What each column is read as.
    pub columns: Vec<ColumnReading>,
    /// What holds for every row.
    pub every_row: Vec<String>,
    /// Of the file's rows, how many would be about somebody whom marketing may reach afterwards, by channel.
    pub reachable: BTreeMap<&'static str, u64>,
}

/// Reads a file as an import would, and changes nothing.
pub async fn dry_run(service: &Service, _actor: &Actor, In { input, options }: In) -> Result<Out, Error> {
    let from = Import { store: &service.store, workspace: service.workspace, clock: &*service.clock };
    let dry = files::dry_run(from, input, options, Arc::default()).await?;
    let DryRun { notices, report, columns, every_row, reachable } = dry;
    Ok(Out { notices, rows: report.into(), columns, every_row, reachable })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn nothing_is_imported() {
        let World { service, actor, dir: _dir } = World::new();
        let input = Box::new(std::io::Cursor::new(
            "id,email,consent.email\n1,ann@example.com,n\n2,bob@example.com,y\n",
        ));
        let out = dry_run(&service, &actor, In { input, options: Options::default() }).await.unwrap();
        assert_eq!((out.rows.read, out.reachable["email"], out.columns.len()), (2, 1, 3));
        assert_eq!(service.store.counts(service.workspace).await.unwrap().profiles, 0);
    }
}
