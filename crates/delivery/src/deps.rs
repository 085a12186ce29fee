//! What a run works with, how it is to run, and what it tells.

use std::sync::Arc;
use std::time::Duration;

use consent::{Channel, Clock, ListId, RunId, Timestamp, WorkspaceId};
use store::{RunReport, RunState, Store};
use tokio::sync::watch;

use crate::campaign::Campaign;
use crate::error::DeliveryError;
use crate::finding::{Finding, PublishError};
use crate::gate::Gate;
use crate::landing::published;
use crate::links::Links;
pub use crate::other_side::Judge;
use crate::transport::Transports;

/// What a run works with.
#[derive(Clone)]
pub struct Deps {
    /// The state.
    pub store: Store,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The connections to relays and providers.
    pub transports: Transports,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What a server's refusal means; see [`Judge`].
    pub judge: Judge,
    /// Becomes true when the run is to stop: it finishes what is in hand and can be resumed.
    pub stop: watch::Receiver<bool>,
}

/// How to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// Send a finished campaign once more, to everyone.
    pub again: bool,
    /// Send what is in doubt once more: some people may get it twice.
    pub retry_doubtful: bool,
    /// Stay until everything that was refused for now has been tried again; otherwise it waits for the next start.
    pub wait_for_retries: bool,
    /// First wait after the relay couldn't be reached; it doubles with each further failure.
    pub backoff: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            again: false,
            retry_doubtful: false,
            wait_for_retries: true,
            backoff: Duration::from_millis(250),
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Progress {
    /// In the audience.
    pub total: u64,
    /// Taken by the relay.
    pub sent: u64,
    /// Excluded.
    pub excluded: u64,
    /// Refused for now; one that is refused twice counts twice.
    pub deferred: u64,
    /// Refused for good, or given up.
    pub rejected: u64,
    /// In doubt.
    pub in_doubt: u64,
    /// Since this process started on the run.
    pub elapsed: Duration,
    /// Messages taken per second since then.
    pub per_second: f64,
}

/// What became of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// The run.
    pub run: RunId,
    /// Finished, or open when something waits.
    pub state: RunState,
    /// Whether an earlier process had begun it.
    pub resumed: bool,
    /// Messages that an earlier process left in doubt, found now.
    pub doubtful_found: u64,
    /// Messages that came in doubt in this process: the connection broke before the answer.
    pub doubtful_now: u64,
    /// Of those in doubt, how many were made due again.
    pub doubtful_retried: u64,
    /// Rows of the address file without a well-formed address.
    pub malformed_addresses: u64,
    /// Lines of the first of them.
    pub malformed_lines: Vec<u64>,
    /// When the next message is due, if one waits.
    pub next_due: Option<Timestamp>,
    /// Counts of the whole run.
    pub report: RunReport,
    /// What the publish check warns of.
    pub warnings: Vec<Finding>,
}

impl Deps {
    /// The list that the campaign is bound to.
    pub(crate) async fn list(&self, campaign: &Campaign) -> Result<Option<ListId>, DeliveryError> {
        let Some(name) = &campaign.list else { return Ok(None) };
        let list = self.store.list_by_name(self.workspace, name).await?;
        list.map(|list| Some(list.id)).ok_or_else(|| DeliveryError::NoList(name.clone()))
    }

    pub(crate) fn gate(&self, campaign: &Campaign, list: Option<ListId>) -> Gate {
        Gate {
            store: self.store.clone(),
            workspace: self.workspace,
            clock: Arc::clone(&self.clock),
            channel: campaign.configuration.channel(),
            category: campaign.configuration.category,
            list,
            run: None,
            audience: None,
            sender: Some(campaign.configuration.sender().to_owned()),
            after_complaint: campaign.configuration.send_after_complaint,
        }
    }

    /// Where our pages are reached, if anybody says so.
    pub(crate) async fn public_url(&self, campaign: &Campaign) -> Result<Option<String>, DeliveryError> {
        match &campaign.configuration.public_url {
            Some(url) => Ok(Some(url.clone())),
            None => Ok(self.store.settings(self.workspace).await?.public_url),
        }
    }

    /// The maker of a campaign's links; without an address of our pages there are none.
    pub async fn links(&self, campaign: &Campaign, run: Option<RunId>) -> Result<Links, DeliveryError> {
        let public_url = self.public_url(campaign).await?;
        let missing = || Finding {
            part: "configuration.public_url".to_owned(),
            problem: "is missing; name the address at which our pages are reached".to_owned(),
        };
        let public_url = public_url.ok_or_else(|| PublishError { findings: vec![missing()] })?;
        Ok(Links {
            ring: self.store.key_ring(),
            public_url: public_url.trim_end_matches('/').into(),
            workspace: self.workspace,
            run,
            list: self.list(campaign).await?,
            level: campaign.configuration.level,
            short: campaign.configuration.channel() != Channel::Email,
            landing: Arc::new(published(&self.store, self.workspace, campaign).await?),
            opt_in: None,
        })
    }
}
