//! What a job of sending a campaign says: which campaign, and how.

use std::path::PathBuf;

use consent::RunId;
use delivery::{Campaign, DeliveryError, InputError, RunOptions};
use serde::{Deserialize, Serialize};
use store::{RunState, StoreError};

use crate::Service;

/// The version of an order as it is written.
const VERSION: u32 = 1;

/// An order to send a campaign, as a job keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    version: u32,
    /// The campaign's name.
    pub campaign: String,
    /// Over everything that decides what is sent to whom.
    pub fingerprint: String,
    document: Document,
    /// Send it once more, though it has been sent.
    again: bool,
    /// Send what is in doubt once more.
    resend_in_doubt: bool,
    /// The run that was the last one when this was asked for.
    last_run: Option<i64>,
}

/// The campaign's file as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Document {
    /// Where it was: what it names is beside it.
    file: PathBuf,
    text: String,
}

/// Why an order can't be carried out.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// It was written by another version of this program, or is damaged.
    #[error("what the job says can't be read: {0}")]
    Unreadable(String),
    /// The campaign can't be read.
    #[error(transparent)]
    Campaign(#[from] InputError),
    /// Something that the campaign's file names isn't what it was.
    #[error("{}: a file that it names has changed since the campaign was started", .0.display())]
    Changed(PathBuf),
}

impl Order {
    /// An order to send a campaign whose file says `text`.
    pub async fn new(
        service: &Service,
        campaign: &Campaign,
        text: String,
        options: &RunOptions,
    ) -> Result<Self, StoreError> {
        let last = service.store.latest_run(service.workspace, &campaign.name).await?;
        let file = std::path::absolute(&campaign.file).unwrap_or_else(|_| campaign.file.clone());
        Ok(Self {
            version: VERSION,
            campaign: campaign.name.clone(),
            fingerprint: campaign.fingerprint().to_owned(),
            document: Document { file, text },
            again: options.again,
            resend_in_doubt: options.retry_doubtful,
            last_run: last.map(|run| run.id.0),
        })
    }

    /// Reads one.
    pub fn read(payload: &str) -> Result<Self, OrderError> {
        let unreadable = |error: serde_json::Error| OrderError::Unreadable(error.to_string());
        let value: serde_json::Value = serde_json::from_str(payload).map_err(unreadable)?;
        if value["version"] != VERSION {
            return Err(OrderError::Unreadable(format!("its version is {}", value["version"])));
        }
        serde_json::from_value(value).map_err(unreadable)
    }

    /// Whether it asks for what an ordinary start does.
    pub const fn is_plain(&self) -> bool {
        !self.again && !self.resend_in_doubt
    }

    /// The campaign.
    pub fn campaign(&self) -> Result<Campaign, OrderError> {
        let Document { file, text } = &self.document;
        let campaign = Campaign::parse(text, file)?;
        if campaign.fingerprint() == self.fingerprint {
            Ok(campaign)
        } else {
            Err(OrderError::Changed(file.clone()))
        }
    }

    /// How a worker runs it, that may have died in the middle and begins anew: a run that was made since isn't sent
    /// again, and what came in doubt since isn't either (I10).
    pub async fn options(&self, service: &Service, resent: bool) -> Result<RunOptions, StoreError> {
        let last = service.store.latest_run(service.workspace, &self.campaign).await?;
        let untouched = last.map(|run| run.id) == self.last_run.map(RunId);
        Ok(RunOptions {
            again: self.again && untouched,
            retry_doubtful: self.resend_in_doubt && !resent,
            // It waits in the queue: a place is free for others meanwhile, and a server that is started anew goes on.
            wait_for_retries: false,
            ..RunOptions::default()
        })
    }

    /// Whether its run is on: another node can help with it.
    pub async fn is_on(&self, service: &Service) -> Result<bool, StoreError> {
        let last = service.store.latest_run(service.workspace, &self.campaign).await?;
        Ok(last.is_some_and(|run| run.state == RunState::Open && run.fingerprint == self.fingerprint))
    }
}

impl From<OrderError> for super::Error {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Campaign(error) => DeliveryError::Input(error).into(),
            other => DeliveryError::Store(StoreError::Invalid(other.to_string())).into(),
        }
    }
}
