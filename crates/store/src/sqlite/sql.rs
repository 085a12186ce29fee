//! [`Db`] on SQLite.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};

use crate::error::Result;
use crate::sql::{Db, Row, Sql, Value};

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Db for Connection {
    fn execute(&self, sql: impl Into<Sql>, params: &[Value<'_>]) -> Result<u64> {
        Ok(self.prepare_cached(sql.into().sqlite)?.execute(params_from_iter(params))? as u64)
    }

    fn execute_all<'v, const N: usize>(
        &self,
        sql: impl Into<Sql>,
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
    ) -> Result<Vec<u64>> {
        let mut statement = self.prepare_cached(sql.into().sqlite)?;
        rows.into_iter().map(|row| Ok(statement.execute(params_from_iter(&row))? as u64)).collect()
    }

    fn each(
        &self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        each_row(self, sql.into().sqlite, params, &mut read)
    }
}

/// Compiled once: how a row is read is handed in.
fn each_row(
    conn: &Connection,
    sql: &'static str,
    params: &[Value<'_>],
    read: &mut dyn FnMut(&Row<'_>) -> Result<()>,
) -> Result<()> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(params))?;
    while let Some(row) = rows.next()? {
        read(&Row::Sqlite(row))?;
    }
    Ok(())
}
