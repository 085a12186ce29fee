//! SQL written once for both engines.
//!
//! A statement has its parameters as `?1`, `?2`, ..., ids and times as 64-bit integers, JSON as text. What both engines
//! understand is one text; where they differ, [`Sql::each`] names the pair.
//!
//! The interface blocks: it is used in the threads that own a connection, never in an async task.

use crate::error::{Result, StoreError};

/// A statement, as each engine understands it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sql {
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL, but with `?N` for `$N`.
    pub postgres: &'static str,
}

impl Sql {
    /// A statement that the engines don't share.
    pub const fn each(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres }
    }
}

impl From<&'static str> for Sql {
    fn from(both: &'static str) -> Self {
        Self::each(both, both)
    }
}

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// None.
    Null,
    /// Any integer or boolean column.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

macro_rules! value_from_integers {
    ($($integer:ty)+) => {
        $(impl From<$integer> for Value<'_> {
            fn from(value: $integer) -> Self {
                Self::Int(i64::from(value))
            }
        })+
    };
}
value_from_integers!(i64 i32 u32 u16 u8 bool);

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Blob(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Blob(value)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Parameters of a statement: anything that a [`Value`] is made from.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::sql::Value::from($value)),*] };
}
pub(crate) use params;

/// A row of a result.
pub(crate) enum Row<'r> {
    /// From SQLite.
    Sqlite(&'r rusqlite::Row<'r>),
    /// From PostgreSQL.
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// A column by its position, from 0.
    pub fn get<'s, T: Column<'s>>(&'s self, column: usize) -> Result<T> {
        T::read(self.cell(column)?).ok_or_else(|| {
            StoreError::Damaged(format!("column {column} of a row isn't of the kind that it must be"))
        })
    }

    fn cell(&self, column: usize) -> Result<Value<'_>> {
        match self {
            Self::Sqlite(row) => Ok(match row.get_ref(column)? {
                rusqlite::types::ValueRef::Null => Value::Null,
                rusqlite::types::ValueRef::Integer(value) => Value::Int(value),
                rusqlite::types::ValueRef::Text(text) => {
                    Value::Text(std::str::from_utf8(text).map_err(|_| not_utf8())?)
                }
                rusqlite::types::ValueRef::Blob(bytes) => Value::Blob(bytes),
                rusqlite::types::ValueRef::Real(_) => {
                    return Err(StoreError::Damaged("a number with a fraction in a row".to_owned()));
                }
            }),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }
}

fn not_utf8() -> StoreError {
    StoreError::Damaged("text in a row isn't UTF-8".to_owned())
}

/// What a column can be read as. Text and bytes can be borrowed from the row.
pub(crate) trait Column<'r>: Sized {
    /// Reads it; `None` when it is something else.
    fn read(cell: Value<'r>) -> Option<Self>;
}

macro_rules! column_integers {
    ($($integer:ty)+) => {
        $(impl Column<'_> for $integer {
            fn read(cell: Value<'_>) -> Option<Self> {
                match cell {
                    Value::Int(value) => value.try_into().ok(),
                    _ => None,
                }
            }
        })+
    };
}
column_integers!(i64 i32 u64 u32 u16 u8);

impl<'r> Column<'r> for Value<'r> {
    fn read(cell: Value<'r>) -> Option<Self> {
        Some(cell)
    }
}

impl Column<'_> for bool {
    fn read(cell: Value<'_>) -> Option<Self> {
        i64::read(cell).map(|value| value != 0)
    }
}

impl<'r> Column<'r> for &'r str {
    fn read(cell: Value<'r>) -> Option<Self> {
        match cell {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Column<'_> for String {
    fn read(cell: Value<'_>) -> Option<Self> {
        <&str>::read(cell).map(str::to_owned)
    }
}

impl<'r> Column<'r> for &'r [u8] {
    fn read(cell: Value<'r>) -> Option<Self> {
        match cell {
            Value::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl Column<'_> for Vec<u8> {
    fn read(cell: Value<'_>) -> Option<Self> {
        <&[u8]>::read(cell).map(<[u8]>::to_vec)
    }
}

impl<const N: usize> Column<'_> for [u8; N] {
    fn read(cell: Value<'_>) -> Option<Self> {
        <&[u8]>::read(cell)?.try_into().ok()
    }
}

impl<'r, T: Column<'r>> Column<'r> for Option<T> {
    fn read(cell: Value<'r>) -> Option<Self> {
        match cell {
            Value::Null => Some(None),
            cell => T::read(cell).map(Some),
        }
    }
}

/// A connection, used by one thread at a time.
pub(crate) trait Db {
    /// Runs a statement; answers how many rows it changed.
    fn execute(&self, sql: impl Into<Sql>, params: &[Value<'_>]) -> Result<u64>;

    /// Runs a statement once for each of `rows`, without waiting in between where the engine is across a network;
    /// answers how many rows each changed. The first error ends it, with those before it done.
    fn execute_all<'v, const N: usize>(
        &self,
        sql: impl Into<Sql>,
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
    ) -> Result<Vec<u64>>;

    /// Runs a query and hands over its rows one after the other; they aren't all in memory at once.
    fn each(
        &self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()>;

    /// Runs a query and collects its rows.
    fn all<T>(
        &self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.each(sql, params, |row| {
            rows.push(read(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Runs a query that has one row at most.
    fn first<T>(
        &self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut first = None;
        self.each(sql, params, |row| {
            if first.is_none() {
                first = Some(read(row)?);
            }
            Ok(())
        })?;
        Ok(first)
    }

    /// Runs a query that always has one row.
    fn one<T>(
        &self,
        sql: impl Into<Sql>,
        params: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.first(sql, params, read)?
            .ok_or_else(|| StoreError::Damaged("a query that always has a row had none".to_owned()))
    }
}
