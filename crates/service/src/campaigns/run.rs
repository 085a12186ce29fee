//! Sending a campaign, or going on with one that was interrupted.

use std::sync::Arc;

use consent::{RunId, Timestamp};
use delivery::{Campaign, DeliveryError, LinkProbe, Progress, RunOptions, RunSummary, run_campaign};
use serde::Serialize;
use store::StoreError;
use tokio::sync::watch;

use super::ShownRun;
use super::shown::{Counts, Versions, state};
use crate::{Actor, Fault, Problem, Service, shape};

/// The campaign, and who hears how it goes.
pub struct In<'a> {
    /// The campaign.
    pub campaign: &'a Campaign,
    /// How it is sent.
    pub options: &'a RunOptions,
    /// Opens our own pages, for the publish check.
    pub probe: &'a dyn LinkProbe,
    /// Hears how far it is.
    pub progress: Arc<dyn Fn(&Progress) + Send + Sync>,
    /// Becomes true when it is to stop; it can go on later.
    pub stop: watch::Receiver<bool>,
}

/// What became of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The campaign's name.
    pub campaign: String,
    /// The run.
    #[serde(serialize_with = "shape::text")]
    pub run: RunId,
    /// The versions of the definitions that it goes by, if it was stored.
    pub versions: Option<Versions>,
    /// `open`, `finished` or `stopped`.
    pub state: &'static str,
    /// Whether an earlier process had begun it.
    pub resumed: bool,
    /// Rows of the address file without a well-formed address.
    pub malformed: u64,
    /// When the next message is due, if one waits.
    #[serde(serialize_with = "shape::text_or_null")]
    pub next_due: Option<Timestamp>,
    /// What became of its messages.
    #[serde(flatten)]
    pub counts: Counts,
    /// The same, for what is said in words.
    #[serde(skip)]
    pub summary: RunSummary,
}

/// Why it couldn't be sent, or not to its end. It goes on where it ended once that is mended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It was sent to its end before.
    #[error("campaign {} has been sent already ({})", .0.campaign, .0.run)]
    AlreadyFinished(Box<ShownRun>),
    /// The relay refuses everybody's mail; how far the run came.
    #[error("{error}")]
    RelayRefuses {
        /// What it says.
        error: Box<DeliveryError>,
        /// The run.
        run: Option<Box<ShownRun>>,
    },
    /// Anything else.
    #[error(transparent)]
    Campaign(#[from] super::Error),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::AlreadyFinished(_) => Problem::new(crate::Kind::Conflict, "already-finished"),
            Self::RelayRefuses { .. } => Problem::new(crate::Kind::Unavailable, "relay-refuses"),
            Self::Campaign(error) => error.problem(),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Campaign(DeliveryError::Store(error).into())
    }
}

/// Sends a campaign.
pub async fn run(service: &Service, _actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    let In { campaign, options, probe, progress, stop } = asked;
    let deps = super::deps(service, stop);
    let summary = match run_campaign(&deps, campaign, options, probe, progress).await {
        Ok(summary) => summary,
        Err(error) => return Err(explained(service, campaign, error).await?),
    };
    Ok(Out {
        campaign: campaign.name.clone(),
        run: summary.run,
        versions: campaign.pins.map(Versions::from),
        state: state(summary.state),
        resumed: summary.resumed,
        malformed: summary.malformed_addresses,
        next_due: summary.next_due,
        counts: summary.report.clone().into(),
        summary,
    })
}

/// An error, with the run that it is about.
async fn explained(
    service: &Service,
    campaign: &Campaign,
    error: DeliveryError,
) -> Result<Error, StoreError> {
    let (store, workspace) = (&service.store, service.workspace);
    Ok(match error {
        DeliveryError::AlreadyFinished { run, .. } => {
            let run = store.run(workspace, run).await?;
            let run = run.ok_or_else(|| StoreError::Missing("the run".to_owned()))?;
            Error::AlreadyFinished(Box::new(ShownRun::of(service, run).await?))
        }
        error @ DeliveryError::Refused { .. } => {
            let run = match store.latest_run(workspace, &campaign.name).await? {
                Some(run) => Some(Box::new(ShownRun::of(service, run).await?)),
                None => None,
            };
            Error::RelayRefuses { error: Box::new(error), run }
        }
        error => Error::Campaign(error.into()),
    })
}
