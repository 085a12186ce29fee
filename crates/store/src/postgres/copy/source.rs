//! Reading the tables of SQLite in the order of their keys.

use bytes::BytesMut;
use rusqlite::{Connection, params_from_iter};
use tokio_postgres::types::Type;

use super::notes::KeyPart;
use super::row::encode;
use super::tables::Table;
use crate::error::{Result, StoreError};
use crate::sql::{Row, Value};

/// Which rows.
#[derive(Clone, Copy)]
pub(super) struct Range<'a> {
    /// Those past this key, or from the first on where it is empty.
    pub after: &'a [KeyPart],
    /// Those up to this key, or to the last.
    pub until: Option<&'a [KeyPart]>,
}

/// Counts the rows of a table.
pub(super) fn count(source: &Connection, table: &Table) -> Result<u64> {
    let sql = format!("SELECT count(*) FROM {} WHERE {}", table.from, table.filter);
    let count: i64 = source.query_row(&sql, [], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

/// Hands over the rows of a table one after the other: as [`encode`] has them, with what reads their key.
pub(super) fn each(
    source: &Connection,
    table: &Table,
    types: &[Type],
    range: Range<'_>,
    mut take: impl FnMut(&[u8], &dyn Fn() -> Result<Vec<KeyPart>>) -> Result<()>,
) -> Result<()> {
    let mut statement = source.prepare(&select(table, range))?;
    let bounds = range.after.iter().chain(range.until.unwrap_or_default());
    let mut rows = statement.query(params_from_iter(bounds.map(KeyPart::value)))?;
    let mut bytes = BytesMut::new();
    while let Some(row) = rows.next()? {
        let row = Row::Sqlite(row);
        bytes.clear();
        encode(&row, types, &mut bytes)?;
        take(&bytes, &|| {
            (types.len()..types.len() + table.key_width()).map(|at| key_part(row.get(at)?)).collect()
        })?;
    }
    Ok(())
}

fn select(table: &Table, range: Range<'_>) -> String {
    let Table { select, from, filter, key, .. } = table;
    let marks = vec!["?"; table.key_width()].join(", ");
    let past = if range.after.is_empty() { String::new() } else { format!(" AND ({key}) > ({marks})") };
    let up_to = range.until.map_or_else(String::new, |_| format!(" AND ({key}) <= ({marks})"));
    format!("SELECT {select}, {key} FROM {from} WHERE {filter}{past}{up_to} ORDER BY {key}")
}

fn key_part(value: Value<'_>) -> Result<KeyPart> {
    match value {
        Value::Int(value) => Ok(KeyPart::Int(value)),
        Value::Text(text) => Ok(KeyPart::Text(text.to_owned())),
        Value::Null | Value::Blob(_) => Err(StoreError::Damaged("a key can't be read".to_owned())),
    }
}
