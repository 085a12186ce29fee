//! Sends what people asked for by typing an address on a page: the link to their choices, or the one that confirms an
//! opt-in.
//!
//! Here, not when the page is posted, is looked whether the address is known and what it has said: whoever typed it can't
//! tell by the answer, nor by how long that takes.

mod errand;
mod words;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use consent::{Namespace, SendOrigin, Timestamp};
use delivery::quotas::StrangerLimits;
use delivery::single::{Fate, Intent, Single};
use serde_json::json;
use store::{NOTICE_JOB, NewNotice, Notice, NoticeOutcome};

use self::errand::Errand;
pub use self::words::{MailWords, Matter, NoticeWords, Saying};
use crate::jobs::{Attempt, Ended, JobKind, Retry, Rules, Trouble, Work};

/// How long one waits that can't be sent now: as long as it has waited already, within these bounds.
const PAUSE_MIN: Duration = Duration::from_secs(15);
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// The sender of notices.
pub struct Notices {
    email: Option<tokio::sync::Mutex<Single>>,
    texts: Option<tokio::sync::Mutex<Single>>,
    confirm_within: Duration,
    limits: StrangerLimits,
    alarm: Mutex<Alarm>,
    words: Arc<dyn NoticeWords>,
}

/// Tells the operator's log that a budget is used up: once an hour, since whoever uses it up can do so all day.
#[derive(Default)]
struct Alarm {
    told_at: Option<Timestamp>,
    since: u64,
}

impl Alarm {
    const EVERY: Duration = Duration::from_hours(1);

    fn withheld(&mut self, what: &str, now: Timestamp) {
        self.since += 1;
        if self.told_at.is_some_and(|told| told <= now && now < told.plus(Self::EVERY)) {
            return;
        }
        tracing::warn!(
            what,
            withheld = self.since,
            "the pages are asked for more than they may send: `consentry doctor` tells how much, docs/subscribe.md how to raise it"
        );
        (self.told_at, self.since) = (Some(now), 0);
    }
}

impl Notices {
    /// With what sends to email addresses and to phone numbers, and what writes the words.
    pub fn new(
        email: Option<Single>,
        texts: Option<Single>,
        confirm_within: Duration,
        limits: StrangerLimits,
        words: Arc<dyn NoticeWords>,
    ) -> Self {
        let [email, texts] = [email, texts].map(|sender| sender.map(tokio::sync::Mutex::new));
        Self { email, texts, confirm_within, limits, alarm: Mutex::default(), words }
    }

    fn alarm(&self, what: &str, now: Timestamp) {
        self.alarm.lock().unwrap_or_else(PoisonError::into_inner).withheld(what, now);
    }

    fn sender(&self, notice: &Notice) -> Option<&tokio::sync::Mutex<Single>> {
        match notice.address.namespace() {
            Namespace::Email => self.email.as_ref(),
            Namespace::Phone => self.texts.as_ref(),
            Namespace::Push | Namespace::Custom(_) => None,
        }
    }

    async fn attempt(&self, attempt: &Attempt) -> Result<Ended, Trouble> {
        let (service, store) = (&attempt.service, &attempt.service.store);
        let unknown = || Trouble::lasting("job-unreadable", "the job names no notice");
        let id = attempt.job.notice().ok_or_else(unknown)?;
        let now = service.now();
        // It was sent by an attempt that could not say so, or forgotten.
        let Some(notice) = store.notice(service.workspace, id).await? else { return Ok(done("over")) };
        if now.since(notice.at) >= NewNotice::WORTH {
            store.notice_done(service.workspace, id, NoticeOutcome::Dropped).await?;
            return Ok(done("dropped"));
        }
        let (outcome, word) = match self.send(attempt, &notice).await? {
            Sending::Later(after, why) => {
                let pause = now.since(notice.at).max(after.unwrap_or_default()).clamp(PAUSE_MIN, PAUSE_MAX);
                return Ok(Ended::Later(service.now().plus(pause), why));
            }
            Sending::Over(outcome, word) => (outcome, word),
        };
        store.notice_done(service.workspace, id, outcome).await?;
        Ok(done(word))
    }

    async fn send(&self, attempt: &Attempt, notice: &Notice) -> Result<Sending, Trouble> {
        let errand = self.errand(&attempt.service, notice).await?;
        let failed = |word| Ok(Sending::Over(NoticeOutcome::Failed, word));
        let (to, letter) = match errand {
            Errand::Send(to, letter) => (to, letter),
            Errand::Done => return Ok(Sending::Over(NoticeOutcome::Sent, "nothing-to-send")),
            Errand::Void => return failed("not-sent"),
        };
        let Some(sender) = self.sender(notice) else { return failed("no-sender") };
        // Single messages go one after the other: a connection has one in hand.
        let mut sender = sender.lock().await;
        Ok(match sender.send(&intent(notice), &to, &letter).await? {
            Fate::Sent => Sending::Over(NoticeOutcome::Sent, "sent"),
            // Nobody knows whether it has arrived: whoever misses it asks once more.
            Fate::InDoubt => Sending::Over(NoticeOutcome::Sent, "in-doubt"),
            Fate::Excluded(reason) => {
                tracing::info!(kind = ?notice.kind, reason = reason.in_words(), "a notice is held back");
                Sending::Over(NoticeOutcome::Failed, "withheld")
            }
            Fate::Refused => Sending::Over(NoticeOutcome::Failed, "refused"),
            Fate::Later { after, why, .. } => {
                tracing::warn!(kind = ?notice.kind, why, "a notice has to wait");
                Sending::Later(after, why)
            }
        })
    }
}

/// What became of trying to send.
enum Sending {
    Over(NoticeOutcome, &'static str),
    Later(Option<Duration>, String),
}

fn done(outcome: &str) -> Ended {
    Ended::Done(json!({ "outcome": outcome }))
}

/// What a notice is sent for.
fn intent(notice: &Notice) -> Intent {
    Intent { origin: SendOrigin::Notice, key: notice.id.intent() }
}

impl JobKind for Notices {
    fn name(&self) -> &'static str {
        NOTICE_JOB
    }

    fn rules(&self) -> Rules {
        Rules {
            at_once: 4,
            attempts_max: 4,
            lease: Duration::from_mins(5),
            retry: Retry { first: PAUSE_MIN, longest: PAUSE_MAX },
        }
    }

    fn work<'a>(&'a self, attempt: &'a Attempt) -> Work<'a> {
        Box::pin(self.attempt(attempt))
    }
}
