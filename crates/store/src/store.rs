//! [`Store`]: the one way to the state, whichever database keeps it.
//!
//! An operation is a method of `Store` in the file of its SQL (`state/`), written once for both engines. Where an engine
//! itself uses that SQL, the methods stand below it, in `operations`: the engines know nothing of `Store`. This module runs
//! an operation: on which engine, in a transaction of its own, and with the faults that a test asked for.

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;

use consent::{Entropy, RunId, WorkspaceId};

pub(crate) use crate::connection::Connection;
use crate::error::{Result, StoreError};
use crate::faults::Faults;
pub(crate) use crate::operation::{Access, Key, Operation};
use crate::postgres::PostgresEngine;
use crate::secrets::{KEY_LENGTH, Secrets};
use crate::sqlite::SqliteEngine;
use crate::state::change::ChangeConsent;
use crate::state::link_keys::SharedKeyRing;
use crate::types::RunGuard;

/// The answer to an operation. It is boxed, so that an operation is compiled once, in this crate. Nothing happens until
/// it is awaited.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'static>>;

/// The state of all workspaces.
///
/// Every operation names its workspace first: there is no query without one. A write that returned `Ok` is durable
/// (I2); one that returned an error changed nothing. Operations that take many items do them in one transaction.
///
/// Clones share the engine; the last one dropped ends its threads, once they have done what is queued.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) engine: Engine,
    pub(crate) faults: Option<Arc<Faults>>,
}

/// The database behind a store.
#[derive(Clone, Debug)]
pub(crate) enum Engine {
    Sqlite(SqliteEngine),
    Postgres(PostgresEngine),
}

impl Store {
    /// The same store, but with faults: for tests of what callers do when the state can't be reached.
    #[must_use]
    pub fn with_faults(&self, faults: Arc<Faults>) -> Self {
        Self { engine: self.engine.clone(), faults: Some(faults) }
    }

    /// Whether other nodes, with data directories of their own, work on the same state.
    pub fn is_shared(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
            || self.faults.as_ref().is_some_and(|faults| faults.is_shared())
    }

    /// The key that cursors are sealed with, the same on every node.
    pub fn cursor_key(&self) -> [u8; KEY_LENGTH] {
        self.secrets().cursor_key()
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        match &self.engine {
            Engine::Sqlite(engine) => engine.secrets(),
            Engine::Postgres(engine) => engine.secrets(),
        }
    }

    pub(crate) fn shared_key_ring(&self) -> &SharedKeyRing {
        match &self.engine {
            Engine::Sqlite(engine) => engine.shared_key_ring(),
            Engine::Postgres(engine) => engine.shared_key_ring(),
        }
    }

    pub(crate) fn entropy(&self) -> &Arc<dyn Entropy> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.entropy(),
            Engine::Postgres(engine) => engine.entropy(),
        }
    }

    /// Runs an operation in a transaction of its own. An error rolls it back; an Ok is answered once it is durable. Where
    /// another node got in between, it is run again from the start.
    pub(crate) fn write<T, F>(&self, name: &'static str, key: Key, op: F) -> Answer<T>
    where
        T: Send + 'static,
        F: Fn(&Connection<'_>) -> Result<T> + Send + 'static,
    {
        answer_of(self.perform(Operation { name, key, access: Access::Write }, boxed(op)))
    }

    /// Runs a query on one consistent snapshot, which holds all that was acknowledged before the call.
    pub(crate) fn query<T, F>(&self, name: &'static str, key: Key, op: F) -> Answer<T>
    where
        T: Send + 'static,
        F: Fn(&Connection<'_>) -> Result<T> + Send + 'static,
    {
        answer_of(self.perform(Operation { name, key, access: Access::Read }, boxed(op)))
    }

    /// Both engines run operations of one type, whatever an operation answers: a hundred kinds of them would be a hundred
    /// copies of the way to the database and back, and most of what the compiler has to do for this crate.
    fn perform(&self, operation: Operation, op: Boxed) -> Answer<Box<dyn Any + Send>> {
        let store = self.clone();
        self.watch(operation, async move {
            match (&store.engine, operation.access) {
                (Engine::Sqlite(engine), Access::Read) => {
                    engine.query(move |db| op(&Connection::Sqlite(db))).await
                }
                (Engine::Sqlite(engine), Access::Write) => {
                    engine.write(move |db| op(&Connection::Sqlite(db))).await
                }
                (Engine::Postgres(engine), Access::Read) => {
                    engine.query(move |db| op(&Connection::Postgres(db))).await
                }
                (Engine::Postgres(engine), Access::Write) => {
                    engine.write(move |db| op(&Connection::Postgres(db))).await
                }
            }
        })
    }

    /// Runs an operation that changes consent; otherwise like [`Self::write`].
    pub(crate) fn change<C: ChangeConsent>(
        &self,
        name: &'static str,
        key: Key,
        workspace: WorkspaceId,
        change: C,
    ) -> Answer<C::Answer> {
        let store = self.clone();
        self.watch(Operation { name, key, access: Access::Write }, async move {
            match &store.engine {
                Engine::Sqlite(engine) => engine.change(workspace, change).await,
                Engine::Postgres(engine) => engine.change(workspace, change).await,
            }
        })
    }

    /// Takes a run (part 0) or a part of one for this node, unless somebody has it.
    pub(crate) async fn lock(
        &self,
        workspace: WorkspaceId,
        run: RunId,
        part: u32,
    ) -> Result<Option<RunGuard>> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.lock(workspace, run),
            Engine::Postgres(engine) => engine.lock(workspace, run, part).await,
        }
    }

    /// Boxes an operation, with the faults that a test asked for around it.
    pub(crate) fn watch<T: Send + 'static>(
        &self,
        operation: Operation,
        answer: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Answer<T> {
        let faults = self.faults.clone();
        Box::pin(async move {
            let Some(faults) = faults else { return noted(operation, answer.await) };
            faults.before(&operation).await?;
            let answer = answer.await?;
            faults.after(&operation)?;
            Ok(answer)
        })
    }
}

/// An operation that is run, whatever it answers.
type Boxed = Box<dyn Fn(&Connection<'_>) -> Result<Box<dyn Any + Send>> + Send>;

fn boxed<T: Send + 'static>(op: impl Fn(&Connection<'_>) -> Result<T> + Send + 'static) -> Boxed {
    Box::new(move |db| Ok(Box::new(op(db)?)))
}

/// The answer as the operation gave it.
fn answer_of<T: Send + 'static>(answer: Answer<Box<dyn Any + Send>>) -> Answer<T> {
    Box::pin(async move {
        let answer = answer.await?.downcast::<T>();
        answer.map(|answer| *answer).map_err(|_| StoreError::Damaged("an operation's answer".to_owned()))
    })
}

/// Logs what an operator has to know of: callers see an error, too, but not every caller has a log.
fn noted<T>(operation: Operation, answer: Result<T>) -> Result<T> {
    if let Err(StoreError::Damaged(what)) = &answer {
        tracing::error!(operation = operation.name, what, "the state is damaged");
    }
    answer
}
