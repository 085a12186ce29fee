//! What a job of sending a campaign says: which campaign, by the versions of its documents, and how.

use consent::RunId;
use delivery::{Campaign, RunOptions};
use serde::{Deserialize, Serialize};
use store::{RunState, StoreError};

use super::load;
use crate::{Actor, Fault, Problem, Service};

/// The version of an order as it is written.
const VERSION: u32 = 1;

/// An order to send a campaign, as a job keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    version: u32,
    /// The campaign.
    definition: load::In,
    /// Over everything that decides what is sent to whom.
    pub fingerprint: String,
    /// Send it once more, though it has been sent.
    again: bool,
    /// Send what is in doubt once more.
    resend_in_doubt: bool,
    /// The run that was the last one when this was asked for.
    last_run: Option<i64>,
}

/// Why an order can't be carried out.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// It was written by another version of this program, or is damaged.
    #[error("what the job says can't be read: {0}")]
    Unreadable(String),
    /// The campaign can't be read.
    #[error(transparent)]
    Campaign(#[from] load::Error),
}

impl Fault for OrderError {
    fn problem(&self) -> Problem {
        match self {
            Self::Unreadable(_) => Problem::new(crate::Kind::Internal, "job-unreadable"),
            Self::Campaign(error) => error.problem(),
        }
    }
}

impl Order {
    /// An order to send a campaign that is read from the store.
    pub async fn new(
        service: &Service,
        campaign: &Campaign,
        options: &RunOptions,
    ) -> Result<Self, StoreError> {
        let last = service.store.latest_run(service.workspace, &campaign.name).await?;
        Ok(Self {
            version: VERSION,
            definition: load::In { campaign: campaign.name.clone(), pins: campaign.pins },
            fingerprint: campaign.fingerprint().to_owned(),
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
    pub async fn campaign(&self, service: &Service) -> Result<Campaign, OrderError> {
        Ok(load::load(service, &Actor::System, self.definition.clone()).await?)
    }

    /// How a worker runs it, that may have died in the middle and begins anew: a run that was made since isn't sent
    /// again, and what came in doubt since isn't either (I10).
    pub async fn options(&self, service: &Service, resent: bool) -> Result<RunOptions, StoreError> {
        let last = service.store.latest_run(service.workspace, &self.definition.campaign).await?;
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
        let last = service.store.latest_run(service.workspace, &self.definition.campaign).await?;
        Ok(last.is_some_and(|run| run.state == RunState::Open && run.fingerprint == self.fingerprint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    fn order(last_run: Option<i64>) -> Order {
        Order {
            version: VERSION,
            definition: load::In { campaign: "spring".to_owned(), pins: None },
            fingerprint: "0".repeat(64),
            again: true,
            resend_in_doubt: true,
            last_run,
        }
    }

    #[tokio::test]
    async fn what_is_ordered_once_is_done_once_however_often_it_is_begun() {
        let world = World::new();
        let service = &world.service;
        let options = async |order: &Order, resent| order.options(service, resent).await.unwrap();
        let first = order(None);
        assert!(options(&first, false).await.again, "there is no run yet");
        assert!(!first.is_on(service).await.unwrap());
        world.run_of("spring").await;
        assert!(first.is_on(service).await.unwrap());
        // A worker that begins anew finds the run that the one before has made.
        assert!(!options(&first, false).await.again);
        let second = order(Some(1));
        assert!(options(&second, false).await.again);
        let plain = options(&second, true).await;
        assert!(!plain.retry_doubtful && !plain.wait_for_retries);
        assert!(options(&second, false).await.retry_doubtful);
    }

    #[test]
    fn an_order_of_another_version_is_refused() {
        let text = serde_json::to_string(&order(Some(7))).unwrap();
        assert_eq!(Order::read(&text).unwrap(), order(Some(7)));
        for bad in ["", "{}", &text.replace("\"version\":1", "\"version\":2"), &text.replace("again", "once")]
        {
            let refused = Order::read(bad).unwrap_err();
            assert_eq!(refused.problem().code, "job-unreadable", "{bad}");
        }
    }
}
