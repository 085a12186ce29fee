//! A connection that one thread uses, waiting for each answer.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::future::try_join_all;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use super::connect::{Connector, check_version};
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, Sql, Value};

/// Parameters of the driver's own kinds: arrays among them.
pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// What every connection is set to.
///
/// A commit that is cancelled while it waits for the standby would count as done: no time limit. Statements find their
/// rows by keys, however few or many there are: without statistics, of a table that has just been filled, the planner
/// would go through all of it; and it needn't plan each of them again.
const SETTINGS: &str = "SET statement_timeout = 0; SET enable_seqscan = off; SET enable_hashjoin = off;
    SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan";
/// How long a commit may take: longer than a standby takes to restart, shorter than callers have patience. What it came to
/// isn't known then.
const COMMIT_MAX: Duration = Duration::from_secs(30);
/// The same for a commit that only proves who the primary is: whoever waits for it has a message in hand.
const PROOF_MAX: Duration = Duration::from_secs(5);
/// How long to try to tell the server that nobody waits any more.
const CANCEL_MAX: Duration = Duration::from_secs(1);
/// Where commits wait for a standby, writes something, for which it is waited; in one step with the commit. A transaction
/// that has failed doesn't come to its commit.
const PROVEN: &str = "SELECT pg_logical_emit_message(true, 'consentry', '') \
    WHERE current_setting('synchronous_standby_names') <> ''; COMMIT";

/// A connection with its prepared statements.
pub(crate) struct Session {
    connector: Connector,
    runtime: Runtime,
    client: Client,
    statements: RefCell<HashMap<&'static str, Statement>>,
    /// The server has warned of something.
    warned: Arc<AtomicBool>,
    /// How long an answer is waited for.
    patience: Cell<Option<Duration>>,
    /// An answer has been waited for in vain: whoever uses the connection next would get it.
    gave_up: Cell<bool>,
    /// The server has been told of that.
    cancelled: Cell<bool>,
    /// The transaction's commit has to prove that the server is the primary.
    proves: Cell<bool>,
}

impl Session {
    /// Connects to a server that accepts writes, and makes sure that a commit there is durable (I2).
    pub(super) fn connect(connector: &Connector) -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let warned = Arc::new(AtomicBool::new(false));
        let client = runtime.block_on(connector.connect(&warned))?;
        let session = Self {
            connector: connector.clone(),
            runtime,
            client,
            statements: RefCell::default(),
            warned,
            patience: Cell::new(None),
            gave_up: Cell::new(false),
            cancelled: Cell::new(false),
            proves: Cell::new(false),
        };
        check_version(&session.setting("server_version")?)?;
        session.batch(SETTINGS)?;
        if ["off", "local"].contains(&session.setting("synchronous_commit")?.as_str()) {
            session.batch("SET synchronous_commit = on")?;
        }
        Ok(session)
    }

    /// A setting of the server, as this connection has it.
    pub fn setting(&self, name: &str) -> Result<String> {
        let row = self.wait(self.client.query_one("SELECT current_setting($1)", &[&name]))?;
        Ok(row.try_get(0)?)
    }

    /// A setting as the server or the user has it, whatever this connection made of it.
    pub fn reset_setting(&self, name: &str) -> Result<Option<String>> {
        let row =
            self.wait(self.client.query_opt("SELECT reset_val FROM pg_settings WHERE name = $1", &[&name]))?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Sets how long an answer is waited for: without, for as long as the connection holds.
    pub fn set_patience(&self, patience: Option<Duration>) {
        self.patience.set(patience);
    }

    /// Whether the connection is gone, or no longer of use.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed() || self.gave_up.get()
    }

    /// Whether it is of no use since an answer didn't come in time.
    pub fn gave_up(&self) -> bool {
        self.gave_up.get()
    }

    /// Runs statements without parameters.
    pub fn batch(&self, sql: &str) -> Result<()> {
        self.wait(self.client.batch_execute(sql))
    }

    /// Commits what has been written. A server that gave up waiting for its standby only warns of it: that isn't durable
    /// (I2). A transaction that changed nothing, since what it was to write stood there already, waits for the standby too:
    /// after a crash of the primary, what stands there needn't be on the standby.
    pub fn commit(&self) -> Result<()> {
        self.commit_within(PROVEN, COMMIT_MAX)
    }

    /// Ends a transaction that has only read.
    pub fn commit_read(&self) -> Result<()> {
        self.commit_within(if self.proves.take() { PROVEN } else { "COMMIT" }, PROOF_MAX)
    }

    fn commit_within(&self, sql: &str, patience: Duration) -> Result<()> {
        self.warned.store(false, Ordering::Release);
        self.within(Some(patience), self.client.batch_execute(sql))?;
        if self.warned.load(Ordering::Acquire) {
            return Err(StoreError::Unavailable("the database did not wait for its standby".to_owned()));
        }
        Ok(())
    }

    /// Makes the commit of this transaction prove that the server is still the primary: one that a standby has replaced,
    /// without having noticed, would answer reads with what was (I1).
    pub fn prove_primary(&self) {
        self.proves.set(true);
    }

    /// Waits for an answer.
    pub fn wait<T>(
        &self,
        answer: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        self.within(self.patience.get(), answer)
    }

    fn within<T>(
        &self,
        patience: Option<Duration>,
        answer: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        let mut outcome = Err(too_late());
        self.run(pin!(async { outcome = self.in_time(patience, answer).await }));
        outcome
    }

    /// Runs a future to its end. It takes all kinds by one type, so that the runtime's loop is compiled once and not for each
    /// operation.
    fn run(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        self.runtime.block_on(future);
        self.cancel_if_late();
    }

    async fn in_time<T>(
        &self,
        patience: Option<Duration>,
        answer: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        if self.gave_up.get() {
            return Err(too_late());
        }
        let Some(patience) = patience else { return Ok(answer.await?) };
        if let Ok(answer) = tokio::time::timeout(patience, answer).await {
            Ok(answer?)
        } else {
            self.gave_up.set(true);
            Err(too_late())
        }
    }

    /// Tells the server that nobody waits any more, so that it doesn't keep what it holds for this connection: a commit that
    /// waits for a standby would hold its rows, and the connection, until that one is back.
    fn cancel_if_late(&self) {
        if self.gave_up.get() && !self.cancelled.replace(true) {
            let cancel = self.connector.cancel(self.client.cancel_token());
            let heard = self.runtime.block_on(async { tokio::time::timeout(CANCEL_MAX, cancel).await });
            tracing::error!(
                heard = matches!(heard, Ok(Ok(()))),
                "the database does not answer; the request was given up"
            );
        }
    }

    /// The connection itself, for questions that are to be on their way at the same time.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A statement with `?N` for its parameters, prepared once.
    pub fn prepared(&self, sql: &'static str) -> Result<Statement> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.wait(self.client.prepare(&numbered(sql)))?;
        self.statements.borrow_mut().insert(sql, statement.clone());
        Ok(statement)
    }

    /// Runs a query whose parameters may be arrays.
    pub fn rows(&self, sql: &'static str, params: Params<'_>) -> Result<Vec<tokio_postgres::Row>> {
        let statement = self.prepared(sql)?;
        self.wait(self.client.query(&statement, params))
    }

    /// Runs a statement whose parameters may be arrays.
    pub fn change(&self, sql: &'static str, params: Params<'_>) -> Result<u64> {
        let statement = self.prepared(sql)?;
        self.wait(self.client.execute(&statement, params))
    }
}

fn too_late() -> StoreError {
    StoreError::Unavailable("the database did not answer in time; whether it did it isn't known".to_owned())
}

/// `?1` as `$1`. Statements of ours hold no other question marks.
fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}

fn params_of<'a, 'v>(params: &'a [Value<'v>]) -> impl ExactSizeIterator<Item = &'a (dyn ToSql + Sync)> + 'a
where
    'v: 'a,
{
    params.iter().map(|value| value as &(dyn ToSql + Sync))
}

impl Db for Session {
    fn execute(&self, sql: impl Into<Sql>, params: &[Value<'_>]) -> Result<u64> {
        let statement = self.prepared(sql.into().postgres)?;
        self.wait(self.client.execute_raw(&statement, params_of(params)))
    }

    fn execute_all<'v, const N: usize>(
        &self,
        sql: impl Into<Sql>,
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
    ) -> Result<Vec<u64>> {
        let rows: Vec<_> = rows.into_iter().collect();
        let rows: Vec<&[Value<'_>]> = rows.iter().map(|row| &row[..]).collect();
        self.execute_rows(sql.into().postgres, &rows)
    }

    fn each(
        &self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.each_row(sql.into().postgres, params, &mut read)
    }
}

impl Session {
    fn each_row(
        &self,
        sql: &'static str,
        params: &[Value<'_>],
        read: &mut dyn FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let statement = self.prepared(sql)?;
        let mut outcome = Err(too_late());
        let read_all = async {
            let patience = self.patience.get();
            let mut rows =
                pin!(self.in_time(patience, self.client.query_raw(&statement, params_of(params))).await?);
            while let Some(row) = self.in_time(patience, rows.try_next()).await? {
                read(&Row::Postgres(&row))?;
            }
            Ok(())
        };
        self.run(pin!(async { outcome = read_all.await }));
        outcome
    }

    fn execute_rows(&self, sql: &'static str, rows: &[&[Value<'_>]]) -> Result<Vec<u64>> {
        let statement = self.prepared(sql)?;
        // All are sent before the first answer is waited for.
        let answers = rows.iter().map(|row| self.client.execute_raw(&statement, params_of(row)));
        self.wait(try_join_all(answers))
    }
}
