//! Group commit: changes of consent that have queued up are fetched for, resolved, and written in one transaction.

use std::sync::Arc;

use consent::{Entropy, WorkspaceId};
use crossbeam_channel::Receiver;
use tokio::sync::oneshot;

use super::lanes::{Lane, Link, guarded};
use super::session::Session;
use super::working_set::{Stock, WorkingSet};
use crate::api::Result;
use crate::error::StoreError;
use crate::state::change::{ChangeConsent, Wants};
use crate::state::record::Recorder;

/// Operations in one transaction.
const GROUP_MAX: usize = 512;
/// Times that a group is tried without the operations that fail in it, before each is tried alone.
const ATTEMPTS_MAX: u32 = 3;
/// Times that a transaction is begun again with the ids in stock: what others have used of them is found out this way.
const STOCK_ATTEMPTS_MAX: u32 = 3;

/// An operation that waits for its group.
pub(super) struct Queued {
    workspace: WorkspaceId,
    job: Box<dyn Job>,
}

/// An operation that doesn't know its answer's type.
trait Job: Send {
    fn wants(&self, wants: &mut Wants);
    fn is_bulk(&self) -> bool;
    /// Runs it; whether it succeeded.
    fn run(&mut self, recorder: &mut Recorder<'_, WorkingSet<'_>>) -> bool;
    /// Whether it has failed by itself.
    fn has_failed(&self) -> bool;
    /// Tells the caller: its own outcome, or that the transaction failed.
    fn answer(self: Box<Self>, failed: Option<&StoreError>);
}

struct Operation<O: ChangeConsent> {
    op: O,
    outcome: Option<Result<O::Answer>>,
    reply: oneshot::Sender<Result<O::Answer>>,
}

impl<O: ChangeConsent> Job for Operation<O> {
    fn wants(&self, wants: &mut Wants) {
        self.op.wants(wants);
    }

    fn is_bulk(&self) -> bool {
        self.op.is_bulk()
    }

    fn run(&mut self, recorder: &mut Recorder<'_, WorkingSet<'_>>) -> bool {
        let outcome = guarded(|| self.op.run(recorder));
        let succeeded = outcome.is_ok();
        self.outcome = Some(outcome);
        succeeded
    }

    fn has_failed(&self) -> bool {
        matches!(self.outcome, Some(Err(_)))
    }

    fn answer(self: Box<Self>, failed: Option<&StoreError>) {
        let answer = match (self.outcome, failed) {
            (Some(Err(own)), _) => Err(own),
            (_, Some(failed)) => Err(same(failed)),
            (Some(outcome), None) => outcome,
            (None, None) => Err(super::lanes::closed()),
        };
        let _ = self.reply.send(answer);
    }
}

/// The same error once more, for each caller of a failed transaction.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::Conflict => StoreError::Conflict,
        StoreError::Denied(what) => StoreError::Denied(what.clone()),
        StoreError::Damaged(what) => StoreError::Damaged(what.clone()),
        StoreError::Unavailable(what) => StoreError::Unavailable(what.clone()),
        other => StoreError::Unavailable(other.to_string()),
    }
}

/// The lanes that change consent.
pub(super) struct Changes {
    small: Lane<Queued>,
    bulk: Lane<Queued>,
}

impl Changes {
    /// Starts the threads.
    pub fn start(small: Vec<Link>, bulk: Vec<Link>, entropy: &Arc<dyn Entropy>) -> Result<Self> {
        let serving = |group_max: usize| {
            let entropy = Arc::clone(entropy);
            move |link: Link, jobs: &Receiver<Queued>| {
                let mut server = Server { link, entropy: &*entropy, stock: Stock::new() };
                server.serve(jobs, group_max);
            }
        };
        Ok(Self {
            small: Lane::start("changes", small, serving(GROUP_MAX))?,
            bulk: Lane::start("bulk", bulk, serving(1))?,
        })
    }

    /// Does an operation; answers when it is durable, or has failed without a trace.
    pub async fn submit<O: ChangeConsent>(&self, workspace: WorkspaceId, op: O) -> Result<O::Answer> {
        let (reply, answer) = oneshot::channel();
        let lane = if op.is_bulk() { &self.bulk } else { &self.small };
        lane.submit(Queued { workspace, job: Box::new(Operation { op, outcome: None, reply }) })?;
        answer.await.map_err(|_| super::lanes::closed())?
    }
}

struct Server<'a> {
    link: Link,
    entropy: &'a dyn Entropy,
    stock: Stock,
}

impl Server<'_> {
    fn serve(&mut self, jobs: &Receiver<Queued>, group_max: usize) {
        let mut next = None;
        loop {
            let Some(first) = next.take().or_else(|| jobs.recv().ok()) else { return };
            let workspace = first.workspace;
            let mut group = vec![first.job];
            while group.len() < group_max
                && let Ok(queued) = jobs.try_recv()
            {
                if queued.workspace != workspace {
                    next = Some(queued);
                    break;
                }
                group.push(queued.job);
            }
            let failed = self.transaction(workspace, &mut group).err();
            if let Some(error) = &failed {
                tracing::error!(%error, operations = group.len(), "the store could not commit");
            }
            for job in group {
                job.answer(failed.as_ref());
            }
        }
    }

    /// One transaction. On an error nobody in the group gets an Ok (I2).
    fn transaction(&mut self, workspace: WorkspaceId, group: &mut [Box<dyn Job>]) -> Result<()> {
        let Self { link, entropy, stock } = self;
        let mut wants = Wants::default();
        for job in group.iter() {
            job.wants(&mut wants);
        }
        let bulk = group.iter().any(|job| job.is_bulk());
        let mut attempts = 0;
        let is_new = link.is_broken();
        link.write(|session| {
            attempts += 1;
            // After a fail-over a sequence may hand out once more what a transaction without effect had taken.
            if is_new || attempts > STOCK_ATTEMPTS_MAX {
                *stock = Stock::new();
            }
            run_group(session, stock, *entropy, workspace, group, (&wants, bulk))
        })
    }
}

/// Runs the group's operations in memory and writes what they changed. An operation that fails after it has changed
/// something spoils the working set: then all begin again without those that fail.
fn run_group(
    session: &Session,
    stock: &mut Stock,
    entropy: &dyn Entropy,
    workspace: WorkspaceId,
    group: &mut [Box<dyn Job>],
    (wants, bulk): (&Wants, bool),
) -> Result<()> {
    let mut left_out = vec![false; group.len()];
    for _ in 0..ATTEMPTS_MAX {
        let mut set = WorkingSet::new(session, stock, workspace);
        set.fetch(wants, bulk)?;
        let mut spoilt = false;
        for (job, left_out) in group.iter_mut().zip(&mut left_out).filter(|(_, left_out)| !**left_out) {
            let before = set.changes;
            let succeeded = job.run(&mut Recorder::new(&mut set, entropy));
            if !succeeded && (set.changes != before || session.is_closed()) {
                *left_out = true;
                spoilt = true;
            }
        }
        if !spoilt {
            return if group.iter().all(|job| job.has_failed()) { Ok(()) } else { set.flush() };
        }
    }
    Err(StoreError::Unavailable("too many requests failed together; try again".to_owned()))
}
