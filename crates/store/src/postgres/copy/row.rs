//! Rows as bytes, the same for the same row whichever engine has it: how PostgreSQL takes them in bulk, and what tells
//! whether two tables are the same.

use bytes::{BufMut as _, BytesMut};
use sha2::{Digest as _, Sha256};
use tokio_postgres::types::{IsNull, ToSql as _, Type};

use crate::error::{Result, StoreError};
use crate::sql::{Row, Value};

/// What a null has for its length (PostgreSQL manual, COPY, "Binary Format").
const NULL: i32 = -1;

/// Appends the first columns of a row as a tuple of the binary format of COPY.
pub(super) fn encode(row: &Row<'_>, types: &[Type], out: &mut BytesMut) -> Result<()> {
    let count = i16::try_from(types.len()).map_err(|_| StoreError::Damaged("too many columns".to_owned()))?;
    out.put_i16(count);
    for (at, ty) in types.iter().enumerate() {
        let length_at = out.len();
        out.put_i32(NULL);
        let value: Value<'_> = row.get(at)?;
        check(&value, ty)?;
        let written = value.to_sql(ty, out).map_err(|error| StoreError::Invalid(error.to_string()))?;
        if matches!(written, IsNull::No) {
            let length = i32::try_from(out.len() - length_at - size_of::<i32>())
                .map_err(|_| StoreError::Invalid("a value is too large".to_owned()))?;
            out[length_at..][..size_of::<i32>()].copy_from_slice(&length.to_be_bytes());
        }
    }
    Ok(())
}

/// SQLite keeps any value in any column, and any character in a text.
fn check(value: &Value<'_>, ty: &Type) -> Result<()> {
    let fits = match value {
        Value::Null => true,
        Value::Int(_) => [Type::INT2, Type::INT4, Type::INT8].contains(ty),
        Value::Text(_) => *ty == Type::TEXT,
        Value::Blob(_) => *ty == Type::BYTEA,
    };
    if !fits {
        return Err(StoreError::Damaged("a value isn't of its column's type".to_owned()));
    }
    if matches!(value, Value::Text(text) if text.contains('\0')) {
        return Err(StoreError::Invalid("a text holds U+0000, which PostgreSQL can't keep".to_owned()));
    }
    Ok(())
}

/// Tells tables apart whatever the order of their rows: the number of rows, and the sum of their hashes (SHA-256, 128
/// bits of it).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// Rows.
    pub rows: u64,
    /// Their hashes, added up.
    pub hashes: u128,
}

impl Sum {
    /// Adds a row, as [`encode`] has it.
    pub fn add(&mut self, row: &[u8]) {
        let mut half = [0; size_of::<u128>()];
        half.copy_from_slice(&Sha256::digest(row)[..size_of::<u128>()]);
        self.rows += 1;
        self.hashes = self.hashes.wrapping_add(u128::from_be_bytes(half));
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    fn encoded(sql: &str, types: &[Type]) -> Result<BytesMut> {
        let conn = Connection::open_in_memory().unwrap();
        let mut bytes = BytesMut::new();
        conn.query_row(sql, [], |row| Ok(encode(&Row::Sqlite(row), types, &mut bytes))).unwrap()?;
        Ok(bytes)
    }

    #[test]
    fn a_row_is_encoded_as_postgresql_has_it() {
        let types = [Type::INT2, Type::TEXT, Type::BYTEA, Type::INT8];
        let bytes = encoded("SELECT 258, 'é', x'ff', NULL", &types).unwrap();
        let expected = b"\0\x04\0\0\0\x02\x01\x02\0\0\0\x02\xc3\xa9\0\0\0\x01\xff\xff\xff\xff\xff";
        assert_eq!(bytes.as_ref(), expected);
    }

    #[test]
    fn what_a_column_cannot_hold_is_refused() {
        for (sql, ty) in [
            ("SELECT 'a'", Type::INT8),
            ("SELECT 1", Type::TEXT),
            ("SELECT x'00'", Type::TEXT),
            ("SELECT 40000", Type::INT2),
            ("SELECT 1.5", Type::INT8),
            ("SELECT 'a' || char(0)", Type::TEXT),
        ] {
            assert!(encoded(sql, &[ty]).is_err(), "{sql}");
        }
    }

    #[test]
    fn sums_know_rows_but_not_their_order() {
        let sum = |rows: &[&[u8]]| {
            let mut sum = Sum::default();
            for row in rows {
                sum.add(row);
            }
            sum
        };
        assert_eq!(sum(&[b"a", b"b", b"b"]), sum(&[b"b", b"a", b"b"]));
        assert_ne!(sum(&[b"a", b"b", b"b"]), sum(&[b"a", b"a", b"b"]));
        assert_ne!(sum(&[b"a", b"a"]), sum(&[b"b", b"b"]));
    }
}
