//! Sends campaigns.

use std::sync::Arc;
use std::time::Duration;

use consent::Timestamp;
use delivery::{DeliveryError, LinkProbe, Progress, PublishError};
use serde_json::json;

use crate::Actor;
use crate::campaigns::order::Order;
use crate::campaigns::{self, outcome, run};
use crate::jobs::{Attempt, Ended, JobKind, Retry, Rules, Trouble, Work};

/// The kind's name.
pub const CAMPAIGN_JOB: &str = "campaign";

/// What is noted with a job once what is in doubt is about to be sent again.
pub(crate) const RESENT: &str = r#"{"resent":true}"#;

/// How campaigns are worked off. The lease is short, so that another node soon goes on where one has died; should the first
/// live after all, what it has claimed nobody else sends.
pub(crate) const RULES: Rules = Rules {
    at_once: 4,
    attempts_max: 10,
    lease: Duration::from_secs(15),
    retry: Retry { first: Duration::from_secs(5), longest: Duration::from_mins(10) },
};
/// When is looked again at a run that others work on.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The sender of campaigns.
pub struct Campaigns {
    probe: Arc<dyn LinkProbe>,
}

impl Campaigns {
    /// `probe` opens our own pages, for the publish check.
    pub fn new(probe: Arc<dyn LinkProbe>) -> Self {
        Self { probe }
    }

    async fn attempt(&self, attempt: &Attempt) -> Result<Ended, Trouble> {
        let (service, job) = (&attempt.service, &attempt.job);
        let order = Order::read(&job.payload).map_err(|error| Trouble::of(&error))?;
        if attempt.helps && !order.is_on(service).await? {
            return Ok(Ended::Stopped);
        }
        let campaign = order.campaign(service).await.map_err(|error| Trouble::of(&error))?;
        let resent = attempt.helps || job.result.is_some();
        let options = order.options(service, resent).await?;
        if options.retry_doubtful {
            // Before it is done: whoever begins anew after a crash doesn't do it again.
            if !service.store.note_job(service.workspace, job.lease, RESENT.to_owned()).await? {
                return Ok(Ended::Stopped);
            }
        }
        let steps = Arc::clone(&attempt.steps);
        let progress = move |now: &Progress| {
            steps.tell(now.sent + now.excluded + now.rejected + now.in_doubt, now.total, "messages");
        };
        let asked = run::In {
            campaign: &campaign,
            options: &options,
            probe: self.probe.as_ref(),
            progress: Arc::new(progress),
            stop: attempt.stop.clone(),
        };
        match run::run(service, &Actor::System, asked).await {
            Ok(out) if *attempt.stop.borrow() && outcome::goes_on(&out, service.now()).is_some() => {
                Ok(Ended::Stopped)
            }
            Ok(out) => Ok(ended(&out, service.now())),
            // Whoever holds the job says so.
            Err(run::Error::AlreadyFinished(_)) if attempt.helps => Ok(Ended::Stopped),
            Err(run::Error::AlreadyFinished(shown)) => {
                Ok(Ended::Done(json!({ "alreadyFinished": true, "run": shown.run.to_string() })))
            }
            Err(error) => Err(trouble(&error)),
        }
    }
}

/// How a job ends whose run ended well, or waits.
pub(crate) fn ended(out: &run::Out, now: Timestamp) -> Ended {
    match (outcome::goes_on(out, now), out.next_due) {
        (None, _) => Ended::Done(outcome::told(out)),
        (Some(_), Some(due)) => Ended::Later(due, "messages that the server deferred wait".to_owned()),
        (Some(_), None) => Ended::Later(now.plus(LOOK_AGAIN), "others work on it".to_owned()),
    }
}

/// What is told of a run that failed.
pub(crate) fn trouble(error: &run::Error) -> Trouble {
    let mut trouble = Trouble::of(error);
    match error {
        // It refuses everybody's mail: to go on trying would make that worse.
        run::Error::RelayRefuses { run, .. } => {
            trouble.again = false;
            trouble.more = json!({ "run": run.as_ref().map(|run| run.run.to_string()) });
        }
        run::Error::Campaign(campaigns::Error(DeliveryError::Publish(PublishError { findings }))) => {
            trouble.more = json!({ "findings": findings });
        }
        _ => {}
    }
    trouble
}

impl JobKind for Campaigns {
    fn name(&self) -> &'static str {
        CAMPAIGN_JOB
    }

    fn rules(&self) -> Rules {
        RULES
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn work<'a>(&'a self, attempt: &'a Attempt) -> Work<'a> {
        Box::pin(self.attempt(attempt))
    }
}
