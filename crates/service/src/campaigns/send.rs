//! Sends a campaign in this process, where no server does: works off the job that was queued for it.

use std::sync::Arc;

use consent::JobId;
use delivery::{Campaign, LinkProbe, Progress, RunOptions};
use store::{RunState, StoreError};
use tokio::sync::watch;

use super::order::Order;
use super::run::{self, Error, Out};
use crate::jobs::kinds::campaign::{RESENT, RULES, ended, trouble};
use crate::jobs::{Ended, Kept, node_name};
use crate::{Actor, Service};

/// The campaign, its job, and who hears how it goes.
pub struct In<'a> {
    /// The job, as [`super::start`] queued it.
    pub job: JobId,
    /// The campaign.
    pub campaign: &'a Campaign,
    /// How it is sent.
    pub options: &'a RunOptions,
    /// Whether a server was to send it: what is asked for once counts only if it hasn't done it already.
    pub taken_over: bool,
    /// Opens our own pages, for the publish check.
    pub probe: &'a dyn LinkProbe,
    /// Hears how far it is.
    pub progress: Arc<dyn Fn(&Progress) + Send + Sync>,
    /// Becomes true when it is to stop; it can go on later.
    pub stop: watch::Receiver<bool>,
}

/// Sends it. Where another process has the job, this one helps; where the store isn't shared and that process lives, the
/// run is [`StoreError::Busy`].
///
/// What fails here, or is stopped, doesn't go on by itself once a server is started: whoever is there decides.
pub async fn send(service: &Service, actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    let In { job, campaign, options, taken_over, probe, progress, stop } = asked;
    let Service { store, workspace, .. } = service;
    let node = node_name(service);
    let taken = store.lease_job(*workspace, &node, job, RULES.lease, service.now()).await?;
    let mut kept = match taken {
        Some(job) => Kept::leased(service, &node, RULES, job),
        None => match store.job(*workspace, job).await? {
            Some(job) => Kept::helping(service, &node, RULES, job),
            None => return Err(StoreError::Missing(job.to_string()).into()),
        },
    };
    let attempt = kept.attempt();
    let mut options = options.clone();
    if taken_over {
        let order =
            Order::read(&attempt.job.payload).map_err(|error| StoreError::Invalid(error.to_string()))?;
        let RunOptions { again, retry_doubtful, .. } =
            order.options(service, attempt.job.result.is_some()).await?;
        options = RunOptions { again, retry_doubtful, ..options };
    }
    if options.retry_doubtful && !attempt.helps {
        // Before it is done: whoever begins anew after a crash doesn't do it again.
        store.note_job(*workspace, attempt.job.lease, RESENT.to_owned()).await?;
    }
    let steps = Arc::clone(&attempt.steps);
    let progress = move |now: &Progress| {
        steps.tell(now.sent + now.excluded + now.rejected + now.in_doubt, now.total, "messages");
        progress(now);
    };
    let sending = run::In {
        campaign,
        options: &options,
        probe,
        progress: Arc::new(progress),
        stop: attempt.stop.clone(),
    };
    let outcome = kept.during(run::run(service, actor, sending), stop).await;
    match &outcome {
        Ok(out) if out.summary.state == RunState::Open && *attempt.stop.borrow() => kept.cancel().await,
        Ok(out) => kept.end(&Ok(ended(out, service.now()))).await,
        Err(Error::AlreadyFinished(shown)) => {
            let told = serde_json::json!({ "alreadyFinished": true, "run": shown.run.to_string() });
            kept.end(&Ok(Ended::Done(told))).await;
        }
        Err(error) => kept.fail(&trouble(error)).await,
    }
    outcome
}
