//! Work that is done in the background.

use std::time::Duration;

use consent::{JobId, Timestamp};

use super::{NoticeId, TextId};

/// The kind of job that sends a notice; the store itself queues them.
pub const NOTICE_JOB: &str = "notice";
/// The kind of job that answers a text; the store itself queues them.
pub const REPLY_JOB: &str = "reply";

/// How far a job is. The codes stand on disk; those below 4 are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum JobState {
    /// Waits until it is due and somebody takes it.
    Queued = 1,
    /// Somebody works on it.
    Running = 2,
    /// The last attempt failed; it waits for the next.
    Failed = 3,
    /// Done.
    Done = 4,
    /// Given up: it failed too often, or in a way that no further attempt would mend.
    Dead = 5,
    /// Ended because somebody asked for it.
    Cancelled = 6,
}

impl JobState {
    /// Every state, in the order of its code.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Failed, Self::Done, Self::Dead, Self::Cancelled];

    /// Its name outside.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether something is still to come of it.
    pub const fn is_open(self) -> bool {
        (self as u8) < Self::Done as u8
    }
}

/// A name that no state of a job has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the states of a job are queued, running, failed, done, dead, cancelled")]
pub struct UnknownJobState;

impl std::str::FromStr for JobState {
    type Err = UnknownJobState;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.name() == name).ok_or(UnknownJobState)
    }
}

/// Work to do. The same intent, told by kind and key, is queued once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// What kind of work, e.g. `campaign`; at most 64 bytes.
    pub kind: String,
    /// What tells it from all others of that kind, 1 to 255 bytes; no address.
    pub key: String,
    /// What there is to do, as JSON with its version; at most [`Self::PAYLOAD_BYTES_MAX`] bytes.
    pub payload: String,
    /// From when on.
    pub due_at: Timestamp,
    /// Who asked for it.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// What happens where it was queued before.
    pub repeat: Repeat,
}

/// What queueing does with a job that was queued before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing: it is done once.
    Never,
    /// One that has ended is begun anew, with the new payload.
    WhenOver,
    /// So is one that waits, or whose worker has died.
    WhenIdle,
}

impl NewJob {
    /// Bytes of [`Self::payload`].
    pub const PAYLOAD_BYTES_MAX: usize = 16 << 20;

    /// The job that sends a notice.
    pub(crate) fn noticing(id: NoticeId, due_at: Timestamp) -> Self {
        Self {
            kind: NOTICE_JOB.to_owned(),
            key: id.intent(),
            payload: r#"{"version":1}"#.to_owned(),
            due_at,
            actor: "page".to_owned(),
            at: id.at,
            repeat: Repeat::WhenOver,
        }
    }

    /// The job that sends the answer to a text.
    pub(crate) fn answering(text: TextId, at: Timestamp) -> Self {
        Self {
            kind: REPLY_JOB.to_owned(),
            key: text.intent(),
            payload: r#"{"version":1}"#.to_owned(),
            due_at: at,
            actor: "text".to_owned(),
            at,
            repeat: Repeat::Never,
        }
    }
}

/// What became of queueing a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It is queued.
    New(JobId),
    /// It was queued before and is still open; nothing changed.
    Open(JobId),
    /// It was queued before and has ended; nothing changed.
    Over(JobId, JobState),
}

impl Enqueued {
    /// The job.
    pub const fn id(self) -> JobId {
        match self {
            Self::New(id) | Self::Open(id) | Self::Over(id, _) => id,
        }
    }
}

/// Which jobs a worker asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobsWanted {
    /// Of which kind.
    pub kind: String,
    /// At most so many.
    pub at_most: usize,
    /// One whose workers died so often is given up.
    pub attempts_max: u32,
}

/// Leave to work on a job, until it ends or another takes the job over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobLease {
    /// The job.
    pub job: JobId,
    pub(crate) generation: i64,
}

/// How far the work on a job has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobStep {
    /// Done since this was told last.
    pub more: u64,
    /// How many there are in all.
    pub total: u64,
    /// What is counted, e.g. `messages`.
    pub unit: &'static str,
}

/// What a renewal answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// It is held for longer.
    Held,
    /// It is held, but somebody asked that the work be ended.
    Cancelled,
    /// Another has it by now, or it has ended.
    Lost,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// The work is done, with this result (JSON).
    Done(String),
    /// It goes on later; that was no attempt. With a word on what it waits for.
    Later(Timestamp, Option<String>),
    /// It failed, with what is told of it (JSON), and is tried again then; `None`: never.
    Failed(String, Option<Timestamp>),
    /// It was ended because somebody asked for it.
    Cancelled(Option<String>),
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What kind of work.
    pub kind: String,
    /// What tells it from all others of that kind.
    pub key: String,
    /// How far it is.
    pub state: JobState,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// From when on it may be taken; of one that runs, until when it is leased.
    pub due_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Attempts begun.
    pub attempts: u32,
    /// Whether somebody asked that it be ended.
    pub cancel: bool,
    /// How many are done, of [`Self::total`].
    pub done: u64,
    /// How many there are; 0 where nothing is counted.
    pub total: u64,
    /// What is counted.
    pub unit: String,
    /// Who asked for it.
    pub actor: String,
    /// The node that works on it.
    pub owner: Option<String>,
    /// What there is to do (JSON).
    pub payload: String,
    /// What came of it (JSON).
    pub result: Option<String>,
    /// Why the last attempt failed, or what it waits for.
    pub error: Option<String>,
    /// Leave to work on it, if it was taken just now.
    pub lease: JobLease,
}

impl Job {
    /// The notice that a job of the kind [`NOTICE_JOB`] sends.
    pub fn notice(&self) -> Option<NoticeId> {
        (self.kind == NOTICE_JOB).then(|| NoticeId::of_intent(&self.key)).flatten()
    }

    /// The message that a job of the kind [`REPLY_JOB`] answers.
    pub fn text(&self) -> Option<TextId> {
        (self.kind == REPLY_JOB).then(|| TextId::of_intent(&self.key)).flatten()
    }
}

/// Which jobs are listed, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// In one of these states; in any if empty.
    pub states: Vec<JobState>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Those behind this one, which may be gone.
    pub after: Option<(Timestamp, JobId)>,
}

/// How many jobs of a kind are in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobCount {
    /// The kind.
    pub kind: String,
    /// The state: an open one, or [`JobState::Dead`].
    pub state: JobState,
    /// How many.
    pub count: u64,
    /// Since when the oldest of them is there.
    pub oldest: Timestamp,
    /// When the next of them is due, or the next lease ends.
    pub next: Timestamp,
}

/// What became of asking that a job be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobCancelled {
    /// It has ended.
    Now,
    /// Whoever works on it is told, and ends it.
    Asked,
    /// It had ended before.
    Over(JobState),
}

/// A node that works on jobs of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobWorker {
    /// The node.
    pub node: String,
    /// The kind.
    pub kind: String,
    /// Until when that is known.
    pub until: Timestamp,
}

/// For how long ended jobs are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobsKept {
    /// Those that are done or were cancelled.
    pub done: Duration,
    /// Those that were given up.
    pub dead: Duration,
}
