//! A connection that one thread uses, waiting for each answer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::TryStreamExt as _;
use futures_util::future::try_join_all;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use super::connect::{Connector, check_version};
use crate::api::Result;
use crate::error::StoreError;
use crate::sql::{Db, Row, Sql, Value};

/// Parameters of the driver's own kinds: arrays among them.
pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection with its prepared statements.
pub(crate) struct Session {
    runtime: Runtime,
    client: Client,
    statements: RefCell<HashMap<&'static str, Statement>>,
    /// The server has warned of something.
    warned: Arc<AtomicBool>,
    /// Commits here wait for a standby, which may take over one day.
    has_standby: bool,
}

impl Session {
    /// Connects to a server that accepts writes, and makes sure that a commit there is durable (I2).
    pub fn connect(connector: &Connector) -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let warned = Arc::new(AtomicBool::new(false));
        let client = runtime.block_on(connector.connect(&warned))?;
        let mut session =
            Self { runtime, client, statements: RefCell::default(), warned, has_standby: false };
        check_version(&session.setting("server_version")?)?;
        // A commit that is cancelled while it waits for the standby would count as done.
        session.batch("SET statement_timeout = 0")?;
        session.has_standby = !session.setting("synchronous_standby_names")?.is_empty();
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

    /// Whether the connection is gone.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs statements without parameters.
    pub fn batch(&self, sql: &str) -> Result<()> {
        self.wait(self.client.batch_execute(sql))
    }

    /// Commits. A server that gave up waiting for its standby only warns of it: that isn't durable (I2).
    pub fn commit(&self) -> Result<()> {
        self.warned.store(false, Ordering::Release);
        self.batch("COMMIT")?;
        if self.warned.load(Ordering::Acquire) {
            return Err(StoreError::Unavailable("the database did not wait for its standby".to_owned()));
        }
        Ok(())
    }

    /// Makes the commit of this transaction prove that the server is still the primary: one that a standby has replaced,
    /// without having noticed, would answer reads with what was (I1). It writes something, for which the standby is
    /// waited for; a transaction that only reads isn't.
    pub fn prove_primary(&self) -> Result<()> {
        const PROVE: &str = "SELECT pg_logical_emit_message(true, 'consentry', '')";
        if self.has_standby { self.execute(PROVE, &[]).map(drop) } else { Ok(()) }
    }

    /// Waits for an answer.
    pub fn wait<T>(&self, answer: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>) -> Result<T> {
        Ok(self.runtime.block_on(answer)?)
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
        let statement = self.prepared(sql.into().postgres)?;
        let rows: Vec<_> = rows.into_iter().collect();
        // All are sent before the first answer is waited for.
        let answers = rows.iter().map(|row| self.client.execute_raw(&statement, params_of(row)));
        self.wait(try_join_all(answers))
    }

    fn each(
        &self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let statement = self.prepared(sql.into().postgres)?;
        self.runtime.block_on(async {
            let mut rows = pin!(self.client.query_raw(&statement, params_of(params)).await?);
            while let Some(row) = rows.try_next().await? {
                read(&Row::Postgres(&row))?;
            }
            Ok(())
        })
    }
}
