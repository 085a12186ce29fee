//! Group commit: changes of consent that have queued up are fetched for, resolved, and written in one transaction.

use std::sync::Arc;

use consent::{Entropy, WorkspaceId};
use crossbeam_channel::Receiver;
use tokio::sync::oneshot;

use super::lanes::{BEGIN, Lane, Link, guarded};
use super::session::Session;
use super::working_set::{Stock, WorkingSet};
use crate::error::{Result, StoreError};
use crate::state::change::{ChangeConsent, Wants};
use crate::state::record::Recorder;

/// Operations in one transaction.
const GROUP_MAX: usize = 512;
/// Times that a group is tried, each time without those operations that failed in it before; then each is tried alone.
const ATTEMPTS_MAX: u32 = 3;
/// Times that a transaction is begun again with the ids in stock: what others have used of them is found out this way.
const STOCK_ATTEMPTS_MAX: u32 = 3;

/// An operation that waits for its group.
pub(super) struct Queued {
    workspace: WorkspaceId,
    job: Box<dyn Job>,
}

/// What became of an operation, so far.
enum Ran {
    /// It goes into the transaction.
    Done,
    /// What it asks for can't be done; its caller is told why.
    Refused,
    /// The database failed it, and with it the transaction.
    Failed(StoreError),
}

/// Whether an error came from the database, which takes no more of the transaction then.
const fn is_of_database(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Conflict | StoreError::Denied(_) | StoreError::Damaged(_) | StoreError::Unavailable(_)
    )
}

/// An operation that doesn't know its answer's type.
trait Job: Send {
    /// See [`ChangeConsent::wants`].
    fn wants(&self, wants: &mut Wants);
    /// See [`ChangeConsent::is_bulk`].
    fn is_bulk(&self) -> bool;
    /// Runs it.
    fn run(&mut self, recorder: &mut Recorder<'_, WorkingSet<'_>>) -> Ran;
    /// Whether it has failed by itself.
    fn has_failed(&self) -> bool;
    /// Tells the caller: its own outcome, or that the transaction failed.
    fn answer(self: Box<Self>, failed: Option<&StoreError>);
}

/// An operation with its outcome, once it has run, and where that goes.
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

    fn run(&mut self, recorder: &mut Recorder<'_, WorkingSet<'_>>) -> Ran {
        match guarded(|| self.op.run(recorder)) {
            Err(error) if is_of_database(&error) => Ran::Failed(error),
            outcome => {
                let ran = if outcome.is_ok() { Ran::Done } else { Ran::Refused };
                self.outcome = Some(outcome);
                ran
            }
        }
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
        StoreError::Invalid(what) => StoreError::Invalid(what.clone()),
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

/// A thread of a lane.
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
            self.answer(workspace, group);
        }
    }

    /// Runs a group and tells the callers. What one operation asks may make the database refuse all of them: then each is
    /// tried for itself.
    fn answer(&mut self, workspace: WorkspaceId, mut group: Vec<Box<dyn Job>>) {
        let failed = self.transaction(workspace, &mut group).err();
        if let Some(error) = &failed {
            tracing::error!(%error, operations = group.len(), "the store could not commit");
            if group.len() > 1 && !matches!(error, StoreError::Unavailable(_)) {
                for job in group {
                    self.answer(workspace, vec![job]);
                }
                return;
            }
        }
        for job in group {
            job.answer(failed.as_ref());
        }
    }

    /// One transaction. On an error nobody in the group gets an Ok (I2).
    fn transaction(&mut self, workspace: WorkspaceId, group: &mut [Box<dyn Job>]) -> Result<()> {
        let Self { link, entropy, stock } = self;
        let mut wants = Wants::default();
        for job in &*group {
            job.wants(&mut wants);
        }
        let bulk = group.iter().any(|job| job.is_bulk());
        let mut attempts = 0;
        let is_new = link.is_broken();
        let done = link.write(|session| {
            attempts += 1;
            // After a fail-over a sequence may hand out once more what a transaction without effect had taken.
            if is_new || attempts > STOCK_ATTEMPTS_MAX {
                *stock = Stock::new();
            }
            run_group(session, stock, *entropy, workspace, group, (&wants, bulk))
        });
        if done.is_err() {
            // After a crash or fail-over the server may give the same ids to somebody else.
            *stock = Stock::new();
        }
        done
    }
}

/// Runs the group's operations in memory and writes what they changed. An operation that fails after it has changed
/// something spoils the working set: then all begin again without those that fail. After an error of the database the
/// whole transaction is void.
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
            match job.run(&mut Recorder::new(&mut set, entropy)) {
                Ran::Done => {}
                Ran::Refused => *left_out = set.changes != before,
                Ran::Failed(error) => return Err(error),
            }
            spoilt |= *left_out;
        }
        if !spoilt {
            return if group.iter().all(|job| job.has_failed()) { Ok(()) } else { set.flush() };
        }
        // Namespaces are written at once: those of an operation that failed go, too.
        session.batch("ROLLBACK")?;
        session.batch(BEGIN)?;
    }
    Err(StoreError::Conflict)
}
