//! Starts a campaign: queues the job that sends it. A server sends it, whichever front started it.

use consent::JobId;
use delivery::{Campaign, RunOptions};
use serde::Serialize;
use store::{Enqueued, NewJob, Repeat, StoreError};

use super::order::Order;
use crate::jobs::kinds::campaign::CAMPAIGN_JOB;
use crate::{Actor, Fault, Kind, Problem, Service, shape};

/// The campaign.
pub struct In<'a> {
    /// The campaign, as the store has it.
    pub campaign: &'a Campaign,
    /// How it is sent.
    pub options: &'a RunOptions,
}

/// The job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = StartedCampaign)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The job that sends it.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub job: JobId,
    /// Whether it was being sent already.
    pub joined: bool,
    /// Whether a server works on such jobs.
    pub served: bool,
}

/// Why it wasn't started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is being sent, with other content.
    #[error("{1} is being sent with other content ({0})")]
    OtherContent(JobId, String),
    /// It is being sent, and what was asked for can't be done meanwhile.
    #[error("{1} is being sent ({0})")]
    Busy(JobId, String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::OtherContent(..) => Problem::new(Kind::Conflict, "other-content"),
            Self::Busy(..) => Problem::new(Kind::Conflict, "being-sent"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Starts a campaign, or joins whoever sends it.
pub async fn start(service: &Service, actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    let In { campaign, options } = asked;
    let Service { store, workspace, .. } = service;
    let order = Order::new(service, campaign, options).await?;
    let now = service.now();
    let invalid = |error: serde_json::Error| StoreError::Invalid(error.to_string());
    let job = NewJob {
        kind: CAMPAIGN_JOB.to_owned(),
        key: key(&campaign.name),
        payload: serde_json::to_string(&order).map_err(invalid)?,
        due_at: now,
        actor: actor.note(),
        at: now,
        repeat: Repeat::WhenIdle,
    };
    let queued = store.enqueue_job(*workspace, job).await?;
    let workers = store.workers(*workspace, service.now()).await?;
    let served = workers.iter().any(|worker| worker.kind == CAMPAIGN_JOB);
    let joined = matches!(queued, Enqueued::Open(_));
    let id = queued.id();
    if joined && served {
        let running = store.job(*workspace, id).await?;
        let running = running.and_then(|job| Order::read(&job.payload).ok());
        if running.is_some_and(|running| running.fingerprint != order.fingerprint) {
            return Err(Error::OtherContent(id, campaign.name.clone()));
        }
        if !order.is_plain() {
            return Err(Error::Busy(id, campaign.name.clone()));
        }
    }
    Ok(Out { job: id, joined, served })
}

/// What tells a campaign's job from all others: its name, or, of a long one, what stands for it.
fn key(name: &str) -> String {
    const LENGTH_MAX: usize = 200;
    if name.len() <= LENGTH_MAX {
        return name.to_owned();
    }
    let cut = name.floor_char_boundary(LENGTH_MAX - 40);
    format!("{}-{:016x}", &name[..cut], JobId::of(consent::WorkspaceId::MAIN, CAMPAIGN_JOB, name).0)
}
