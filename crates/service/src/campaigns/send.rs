//! Sends a campaign in this process, where no server does: works off the job that was queued for it.

use std::sync::Arc;

use consent::JobId;
use delivery::{Campaign, LinkProbe, Progress, RunOptions};
use store::RunState;
use tokio::sync::watch;

use super::run::{self, Error, Out};
use crate::jobs::kinds::campaign::{RULES, ended, trouble};
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
    /// Opens our own pages, for the publish check.
    pub probe: &'a dyn LinkProbe,
    /// Hears how far it is.
    pub progress: Arc<dyn Fn(&Progress) + Send + Sync>,
    /// Becomes true when it is to stop; it can go on later.
    pub stop: watch::Receiver<bool>,
}

/// Sends it. Where another process has the job, this one helps; where the store isn't shared and that process lives, the
/// run is [`store::StoreError::Busy`].
///
/// What fails here, or is stopped, doesn't go on by itself once a server is started: whoever is there decides.
pub async fn send(service: &Service, actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    let In { job, campaign, options, probe, progress, stop } = asked;
    let Service { store, workspace, .. } = service;
    let node = node_name(service);
    let taken = store.lease_job(*workspace, &node, job, RULES.lease, service.now()).await?;
    let mut kept = match taken {
        Some(job) => Kept::leased(service, &node, RULES, job),
        None => match store.job(*workspace, job).await? {
            Some(job) => Kept::helping(service, &node, RULES, job),
            None => return Err(store::StoreError::Missing(job.to_string()).into()),
        },
    };
    let attempt = kept.attempt();
    let steps = Arc::clone(&attempt.steps);
    let progress = move |now: &Progress| {
        steps.tell(now.sent + now.excluded + now.rejected + now.in_doubt, now.total, "messages");
        progress(now);
    };
    let sending =
        run::In { campaign, options, probe, progress: Arc::new(progress), stop: attempt.stop.clone() };
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
