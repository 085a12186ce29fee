//! What `serve` does in the background. Kinds of jobs are put together here, and nowhere else.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use delivery::LinkProbe;
use delivery::sms::SmsTransport;
use service::Service;
use service::jobs::kinds::campaign::Campaigns;
use service::jobs::kinds::notice::Notices;
use service::jobs::kinds::reply::TextReplies;
use service::jobs::{JobKind, Worker, standing};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::context::Context;
use crate::output::{self, grouped};

/// How often is looked for workspaces that were made meanwhile.
const NEW_WORKSPACES: Duration = Duration::from_secs(5);

/// What kinds of jobs work with, as the server's file says.
pub struct Means {
    /// Opens our own pages.
    pub probe: Arc<dyn LinkProbe>,
    /// What sends for the pages on which somebody types an address.
    pub notices: Option<Notices>,
    /// What answers texts, by what brings them.
    pub transports: Vec<(String, Arc<SmsTransport>)>,
}

/// Works off the jobs of this installation until `stop` turns true: of the server's workspace all kinds, of the others
/// campaigns, also of those that are made meanwhile.
pub async fn work(context: Context, means: Means, stop: watch::Receiver<bool>) {
    let campaigns: Arc<dyn JobKind> = Arc::new(Campaigns::new(means.probe));
    let mut kinds = vec![Arc::clone(&campaigns)];
    kinds.extend(means.notices.map(|notices| Arc::new(notices) as Arc<dyn JobKind>));
    if !means.transports.is_empty() {
        kinds.push(Arc::new(TextReplies::new(means.transports)));
    }
    let mut workers = JoinSet::new();
    let mut known = HashSet::from([context.workspace]);
    workers.spawn(Worker::new(context.service(), kinds).run(stop.clone()));
    let mut stopped = stop.clone();
    loop {
        match context.store.workspaces().await {
            Ok(found) => {
                for workspace in found.into_iter().map(|workspace| workspace.id) {
                    if known.insert(workspace) {
                        let service = Service { workspace, ..context.service() };
                        let worker = Worker::new(service, vec![Arc::clone(&campaigns)]);
                        workers.spawn(worker.run(stop.clone()));
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "workspaces can't be read"),
        }
        if tokio::time::timeout(NEW_WORKSPACES, stopped.wait_for(|stop| *stop)).await.is_ok() {
            break;
        }
    }
    while workers.join_next().await.is_some() {}
}

/// How it stands with the jobs, in words; nothing where none is open or was given up.
pub fn words(standing: &standing::Out) -> Option<String> {
    let word = |count: &standing::Count| {
        let state = if count.state == "dead" { "DEAD" } else { count.state };
        let (number, kind) = (grouped(count.count), &count.kind);
        format!("{number} {kind} {state}, the oldest for {}", span(count.oldest_seconds))
    };
    let words: Vec<String> = standing.jobs.iter().map(word).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

/// Seconds as people say them.
pub fn span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Says what waits when a server starts.
pub async fn announce(context: &Context) -> Result<()> {
    let standing = standing::standing(&context.service(), &context.actor()).await?;
    if let Some(words) = words(&standing) {
        output::say(format_args!("jobs: {words}"));
    }
    if standing.count(service::jobs::JobState::Dead) > 0 {
        output::say("hint: `consentry job list --state dead` shows why they were given up");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_said_in_words() {
        let count = |kind: &str, state, count, oldest_seconds| standing::Count {
            kind: kind.to_owned(),
            state,
            count,
            oldest: consent::Timestamp(0),
            oldest_seconds,
            overdue_seconds: 0,
        };
        let jobs = vec![count("campaign", "running", 1, 61), count("notice", "dead", 1_200, 200_000)];
        let said = words(&standing::Out { jobs, workers: Vec::new() });
        let expected =
            "1 campaign running, the oldest for 1 minute; 1,200 notice DEAD, the oldest for 2 days";
        assert_eq!(said.as_deref(), Some(expected));
        assert_eq!(words(&standing::Out::default()), None);
        assert_eq!(
            (span(1), span(59), span(7_200)),
            ("1 second".into(), "59 seconds".into(), "2 hours".into())
        );
    }
}
