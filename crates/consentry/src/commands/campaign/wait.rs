//! Waits for a campaign that a server sends, with a progress bar.

use std::time::Duration;

use anyhow::Result;
use consent::JobId;
use indicatif::ProgressBar;
use service::campaigns::failed::{Failed, failed};
use service::campaigns::outcome::{self, Outcome};
use service::jobs::kinds::campaign::CAMPAIGN_JOB;
use service::jobs::{ShownJob, show, standing};
use tokio::sync::watch;

use crate::context::Context;
use crate::output::{self, grouped, told};

/// How often is looked how far it is.
const EVERY: Duration = Duration::from_millis(300);
/// How much of the latest speed counts.
const SMOOTHING: f64 = 0.1;

/// How waiting ended.
pub enum Waited {
    /// The campaign was sent, or was before.
    Over(Outcome),
    /// It couldn't be.
    Failed(Failed),
    /// Somebody cancelled it.
    Cancelled,
    /// Messages wait that the server deferred, and nobody waits for them.
    Later,
    /// Whoever waited went away; the server goes on.
    Left,
    /// No server works on such jobs any more.
    Unserved,
}

/// Waits; `no_wait`: not for messages that the mail server deferred.
pub async fn wait(
    context: &Context,
    job: JobId,
    bar: &ProgressBar,
    no_wait: bool,
    mut stop: watch::Receiver<bool>,
) -> Result<Waited> {
    let (service, actor) = (context.service(), context.actor());
    let (mut failures, mut seen, mut speed) = (0, None::<u64>, 0.0);
    loop {
        let shown = show::show(&service, &actor, show::In { job }).await.map_err(told)?;
        match shown.state {
            "done" => {
                let result = shown.result.unwrap_or_default();
                let outcome = outcome::outcome(&service, &result).await?;
                return Ok(outcome.map_or(Waited::Cancelled, Waited::Over));
            }
            "dead" => {
                let error = shown.error.unwrap_or_default();
                return Ok(Waited::Failed(failed(&service, &error).await?));
            }
            "cancelled" => return Ok(Waited::Cancelled),
            "queued" if no_wait && shown.error.is_some() => return Ok(Waited::Later),
            "failed" if shown.attempts > failures => {
                failures = shown.attempts;
                bar.suspend(|| say_failed(&shown));
            }
            _ => {}
        }
        let done = shown.progress.done;
        let more = seen.map_or(0, |seen| done.saturating_sub(seen)) as f64 / EVERY.as_secs_f64();
        (seen, speed) = (Some(done), speed + SMOOTHING * (more - speed));
        draw(bar, &shown, speed);
        if !standing::standing(&service, &actor).await?.works(CAMPAIGN_JOB) {
            return Ok(Waited::Unserved);
        }
        if let Ok(Ok(_)) = tokio::time::timeout(EVERY, stop.wait_for(|stop| *stop)).await {
            return Ok(Waited::Left);
        }
    }
}

fn say_failed(shown: &ShownJob) {
    let (_, message) = shown.trouble().unwrap_or_default();
    let at = shown.due_at.map(|at| at.to_string()).unwrap_or_default();
    output::say(format_args!("the server couldn't send it: {message}; it tries again at {at}"));
}

fn draw(bar: &ProgressBar, shown: &ShownJob, speed: f64) {
    if shown.progress.total == 0 {
        return;
    }
    let (done, total) = (shown.progress.done, shown.progress.total);
    bar.set_length(total);
    bar.set_position(done.min(total));
    let left = total.saturating_sub(done) as f64 / speed;
    let left = if left.is_finite() { format!(", about {left:.0} s left") } else { String::new() };
    bar.set_message(format!("{} done by the server, {speed:.0}/s{left}", grouped(done)));
}
