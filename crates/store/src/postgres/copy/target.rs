//! Writing the tables of PostgreSQL, a page of rows in a transaction.

use std::pin::pin;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::{SinkExt as _, TryStreamExt as _};
use tokio_postgres::types::Type;

use super::notes::Done;
use super::row::{Sum, encode};
use super::tables::Table;
use crate::error::{Result, StoreError};
use crate::postgres::session::Session;
use crate::sql::{Db as _, Row, params};

/// Rows and bytes from which on a page is full.
pub(super) const PAGE_ROWS: u64 = 5_000;
const PAGE_BYTES: usize = 4 << 20;
/// The binary format of COPY begins with this, no flags and no extension, and ends with that (PostgreSQL manual, COPY).
const BEGINS: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const ENDS: i16 = -1;
/// Held by whoever copies: "copy" as hexadecimal digits.
const LOCK: i64 = 0x636f_7079;

/// Rows that go over together.
pub(super) struct Page {
    bytes: BytesMut,
    rows: u64,
    sum: Sum,
}

impl Page {
    /// The first page after rows of which there is a sum.
    pub fn new(before: Sum) -> Self {
        Self { bytes: BytesMut::from(BEGINS), rows: 0, sum: before }
    }

    /// Adds a row.
    pub fn add(&mut self, row: &[u8]) {
        self.bytes.extend_from_slice(row);
        self.rows += 1;
        self.sum.add(row);
    }

    /// Rows in it.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The sum of its rows and all before.
    pub fn sum(&self) -> Sum {
        self.sum
    }

    /// Whether it is to be written.
    pub fn is_full(&self) -> bool {
        self.rows >= PAGE_ROWS || self.bytes.len() >= PAGE_BYTES
    }

    /// Takes its rows out, so that the next begins.
    fn take(&mut self) -> Bytes {
        self.rows = 0;
        let mut bytes = std::mem::replace(&mut self.bytes, BytesMut::from(BEGINS));
        bytes.put_i16(ENDS);
        bytes.freeze()
    }
}

/// The database that is copied into.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    /// Its connection.
    pub session: &'a Session,
}

impl<'a> Target<'a> {
    pub fn new(session: &'a Session) -> Self {
        Self { session }
    }

    /// Keeps other copies out until the connection ends.
    pub fn lock(&self) -> Result<()> {
        // Whole tables are read here, not rows by their keys.
        self.session.batch("RESET enable_seqscan")?;
        let taken = self.session.one("SELECT pg_try_advisory_lock(?1)", params![LOCK], |row| row.get(0))?;
        if taken { Ok(()) } else { Err(StoreError::Busy("the copy into this database".to_owned())) }
    }

    /// Runs `op` in a transaction.
    pub fn transaction<T>(&self, op: impl FnOnce() -> Result<T>) -> Result<T> {
        self.run("BEGIN", op)
    }

    fn run<T>(&self, begin: &str, op: impl FnOnce() -> Result<T>) -> Result<T> {
        self.session.batch(begin)?;
        let outcome = op();
        if outcome.is_ok() {
            self.session.batch("COMMIT")?;
        } else if !self.session.is_closed() {
            self.session.batch("ROLLBACK")?;
        }
        outcome
    }

    /// The types of a table's columns.
    pub fn types(&self, table: &Table) -> Result<Vec<Type>> {
        let sql = format!("SELECT {} FROM {}", table.columns, table.name);
        let statement = self.session.wait(self.session.client().prepare(&sql))?;
        Ok(statement.columns().iter().map(|column| column.type_().clone()).collect())
    }

    /// Writes a page and notes how far the table has come, both or neither.
    pub fn write(&self, table: &Table, page: &mut Page, done: &Done) -> Result<()> {
        // A page needn't be durable before the next is begun: after a crash of the server the last ones are missing, and so
        // is what tells of them. The commit that says that the copy is complete waits for all before it.
        const BEGIN: &str = "BEGIN; SET LOCAL synchronous_commit = off";
        self.run(BEGIN, || {
            if page.rows > 0 {
                self.copy_in(table, page.rows, page.take())?;
            }
            done.note(self.session, table.name)
        })
    }

    fn copy_in(&self, table: &Table, rows: u64, bytes: Bytes) -> Result<()> {
        let sql = format!("COPY {} ({}) FROM STDIN (FORMAT binary)", table.name, table.columns);
        let written = self.session.wait(async {
            let mut sink = pin!(self.session.client().copy_in::<_, Bytes>(&sql).await?);
            sink.send(bytes).await?;
            sink.finish().await
        })?;
        if written == rows {
            return Ok(());
        }
        Err(StoreError::Damaged(format!("the database took {written} of {rows} rows")))
    }

    /// Sets what follows from the rows: the ledger's size, and where ids go on.
    pub fn finish_state(&self) -> Result<()> {
        const DERIVE: &str = "UPDATE ledger_head SET size = (SELECT count(*) FROM ledger_leaf);
            SELECT setval('profile_id', greatest(max(id), nullif((SELECT max(last_profile) FROM import_run), 0))) FROM profile;
            SELECT setval('address_id', greatest(max(address), nullif((SELECT max(last_address) FROM import_run), 0)))
                FROM address_owner;
            SELECT setval('entry_id', max(entry)) FROM ledger_leaf;";
        self.transaction(|| self.session.batch(DERIVE))?;
        // The planner knows nothing of the tables yet.
        self.session.batch("ANALYZE")
    }

    /// Reads a whole table; `heard` is told how many rows more have been, now and then and at the end.
    pub fn sum(&self, table: &Table, mut heard: impl FnMut(u64)) -> Result<Sum> {
        let sql = format!("SELECT {} FROM {}", table.columns, table.name);
        let client = self.session.client();
        let mut sum = Sum::default();
        let read = self.session.wait(async {
            let statement = client.prepare(&sql).await?;
            let types: Vec<Type> = statement.columns().iter().map(|column| column.type_().clone()).collect();
            let mut rows = pin!(client.query_raw(&statement, std::iter::empty::<i64>()).await?);
            let mut bytes = BytesMut::new();
            while let Some(row) = rows.try_next().await? {
                bytes.clear();
                if let Err(error) = encode(&Row::Postgres(&row), &types, &mut bytes) {
                    return Ok(Err(error));
                }
                sum.add(&bytes);
                if sum.rows.is_multiple_of(PAGE_ROWS) {
                    heard(PAGE_ROWS);
                }
            }
            heard(sum.rows % PAGE_ROWS);
            Ok(Ok(()))
        })?;
        read.map(|()| sum)
    }
}
