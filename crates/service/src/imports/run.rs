//! Bringing a file of people and their consents in.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use intake::import::{Import, Input, Options, Outputs, Progress, Report, import_profiles};
use serde::Serialize;

pub use super::Error;
use crate::{Actor, Service};

/// Hears of something in a line.
pub type Warn<'a> = Box<dyn FnMut(u64, &str) + Send + 'a>;

/// The file, and who hears how it goes.
pub struct In<'a> {
    /// The file.
    pub input: Box<dyn Input>,
    /// How it is read.
    pub options: Options,
    /// How far it is; read while it runs.
    pub progress: Arc<Progress>,
    /// Opened for the first row that doesn't go in.
    pub rejects: Box<dyn FnOnce() -> std::io::Result<Box<dyn Write + Send>> + Send + 'a>,
    /// Hears of what is read how, before anything is written.
    pub notice: Box<dyn FnMut(&str) + Send + 'a>,
    /// Hears of what is left out of a row that goes in: its line, and why.
    pub warn: Warn<'a>,
}

/// What became of its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The import's id, by which it can be taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
    /// Rows in the file, without the header.
    pub read: u64,
    /// New profiles.
    pub created: u64,
    /// Profiles changed.
    pub updated: u64,
    /// Rows that said nothing new.
    pub unchanged: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// Rows that went in without a part of them.
    pub incomplete: u64,
    /// Addresses put on the suppression list that weren't on it.
    pub suppressed: u64,
    /// Why rows were rejected, the most frequent first.
    pub rejected_for: Vec<Counted>,
    /// What was left out of rows that went in, the most frequent first.
    pub left_out: Vec<Counted>,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
}

/// How often something was met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// What, in words.
    pub reason: String,
    /// How often.
    pub count: u64,
}

impl From<Report> for Out {
    fn from(report: Report) -> Self {
        let Report { import, summary, rejected_for, left_out, sha256 } = report;
        Self {
            import,
            read: summary.read,
            created: summary.created,
            updated: summary.updated,
            unchanged: summary.unchanged,
            rejected: summary.rejected,
            incomplete: summary.incomplete,
            suppressed: summary.suppressed,
            rejected_for: by_frequency(rejected_for),
            left_out: by_frequency(left_out),
            sha256,
        }
    }
}

fn by_frequency(counts: BTreeMap<String, u64>) -> Vec<Counted> {
    let mut counts: Vec<_> = counts.into_iter().map(|(reason, count)| Counted { reason, count }).collect();
    counts.sort_by_key(|counted| std::cmp::Reverse(counted.count));
    counts
}

/// Imports a file.
pub async fn run(service: &Service, _actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    let In { input, options, progress, rejects, notice, warn } = asked;
    let into = Import { store: &service.store, workspace: service.workspace, clock: &*service.clock };
    let outputs = Outputs { rejects, notice, warn };
    Ok(import_profiles(into, input, options, progress, outputs).await?.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use intake::import::ImportError;

    #[tokio::test]
    async fn rows_are_counted_with_the_reasons_of_the_rest() {
        let World { service, actor, dir: _dir } = World::new();
        let rejects: Vec<u8> = Vec::new();
        let asked = |text: &'static str| In {
            input: Box::new(std::io::Cursor::new(text)),
            options: Options::default(),
            progress: Arc::default(),
            rejects: Box::new({
                let rejects = rejects.clone();
                || Ok(Box::new(rejects))
            }),
            notice: Box::new(|_| ()),
            warn: Box::new(|_, _| ()),
        };
        let out =
            run(&service, &actor, asked("id,email\n1,ann@example.com\n2,nobody\n3,none\n")).await.unwrap();
        assert_eq!((out.read, out.created, out.rejected, out.rejected_for[0].count), (3, 1, 2, 2));
        let undecided = run(&service, &actor, asked("email,Status\nann@example.com,unsubscribed\n")).await;
        assert!(matches!(undecided, Err(Error(ImportError::Undecided(_)))));
    }
}
