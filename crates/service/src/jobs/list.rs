//! Jobs, newest first.

use consent::{JobId, Timestamp};
use store::{JobFilter, JobState, StoreError};

use super::ShownJob;
use crate::{Actor, Fault, Page, Problem, Service};

/// Most jobs on a page.
pub const PAGE_MAX: usize = 500;

/// Which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct In {
    /// In one of these states; in any if empty.
    pub states: Vec<JobState>,
    /// Of this kind.
    pub kind: Option<String>,
    /// At most so many, and at most [`PAGE_MAX`].
    pub limit: usize,
    /// The cursor that the page before answered.
    pub cursor: Option<String>,
}

/// The jobs.
pub type Out = Page<ShownJob>;

/// Why they can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The cursor isn't one of ours.
    #[error("`{0}` is no cursor of this list")]
    Cursor(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Cursor(_) => Problem::invalid("cursor-invalid", "/cursor"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Lists jobs.
pub async fn list(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { states, kind, limit, cursor } = asked;
    let limit = limit.clamp(1, PAGE_MAX);
    let after = cursor.map(|cursor| place(&cursor).ok_or(Error::Cursor(cursor))).transpose()?;
    let filter = JobFilter { states, kind, after };
    let mut jobs = service.store.jobs(service.workspace, filter, limit + 1).await?;
    let more = jobs.len() > limit;
    jobs.truncate(limit);
    let last = jobs.last().filter(|_| more);
    let next = last.map(|job| format!("{}.{}", job.created_at.0, job.id.0));
    Ok(Page { data: jobs.into_iter().map(ShownJob::from).collect(), next })
}

fn place(cursor: &str) -> Option<(Timestamp, JobId)> {
    let (at, id) = cursor.split_once('.')?;
    Some((Timestamp(at.parse().ok()?), JobId(id.parse().ok()?)))
}
