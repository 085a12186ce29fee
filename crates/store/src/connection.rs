//! A connection to either database, for operations that are the same on both.

use crate::error::Result;
use crate::postgres::Session;
use crate::postgres::planner;
use crate::sql::{Db, Row, Sql, Value};
use crate::sqlite::filter;

/// Members of a part of a run: about a second's work of a fast relay.
const PART_SIZE: u64 = 8_192;

/// A connection in the hands of one operation.
#[derive(Clone, Copy)]
pub(crate) enum Connection<'c> {
    /// To the embedded database.
    Sqlite(&'c rusqlite::Connection),
    /// To a server.
    Postgres(&'c Session),
}

impl Connection<'_> {
    /// Members of a part of a run; `None`: the whole audience.
    pub fn part_size(&self) -> Option<u64> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(_) => Some(PART_SIZE),
        }
    }

    /// Called in the transaction that has put so many entries on the suppression list, or replaced them.
    pub fn suppression_grew(&self, by: usize) -> Result<()> {
        match self {
            Self::Sqlite(db) => filter::tend(db),
            Self::Postgres(db) => planner::suppression_grew(db, by),
        }
    }
}

impl Db for Connection<'_> {
    fn execute(&self, sql: impl Into<Sql>, params: &[Value<'_>]) -> Result<u64> {
        match self {
            Self::Sqlite(db) => Db::execute(*db, sql, params),
            Self::Postgres(db) => db.execute(sql, params),
        }
    }

    fn execute_all<'v, const N: usize>(
        &self,
        sql: impl Into<Sql>,
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
    ) -> Result<Vec<u64>> {
        match self {
            Self::Sqlite(db) => Db::execute_all(*db, sql, rows),
            Self::Postgres(db) => db.execute_all(sql, rows),
        }
    }

    fn each(
        &self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Sqlite(db) => Db::each(*db, sql, params, read),
            Self::Postgres(db) => db.each(sql, params, read),
        }
    }
}
