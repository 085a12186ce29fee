//! Numbered migrations. One that has been released is never edited; a change is a new number.
//!
//! A database tells two numbers: its version, and the oldest program version that still works with it. So an old node
//! goes on beside new ones while they are replaced, as long as the migration leaves it what it uses.

use super::session::Session;
use crate::error::{Result, StoreError};
use crate::sql::{Db as _, params};
use crate::state::jobs::adopt;
use crate::state::origins;

/// A migration.
struct Migration {
    script: &'static str,
    /// The oldest version whose programs work with its result, unless what is in the database asks for a later one
    /// (`state/fence.rs`).
    works_with: i64,
}

/// The migrations, the first being number 1.
const MIGRATIONS: &[Migration] = &[
    Migration { script: include_str!("migrations/0001_schema.sql"), works_with: 1 },
    Migration { script: include_str!("migrations/0002_feedback.sql"), works_with: 1 },
    Migration { script: include_str!("migrations/0003_uploads.sql"), works_with: 1 },
    Migration { script: include_str!("migrations/0004_texts.sql"), works_with: 1 },
    // 5 where there are numbers to rewrite.
    Migration { script: include_str!("migrations/0005_aliases.sql"), works_with: 1 },
    Migration { script: include_str!("migrations/0006_pages.sql"), works_with: 1 },
    // 7 where somebody only turned up.
    Migration { script: include_str!("migrations/0007_origin.sql"), works_with: 1 },
    Migration { script: include_str!("migrations/0008_tallies.sql"), works_with: 1 },
    Migration { script: include_str!("migrations/0009_run_opt_outs.sql"), works_with: 1 },
    Migration { script: include_str!("migrations/0010_imports.sql"), works_with: 1 },
    Migration { script: include_str!("migrations/0011_causes.sql"), works_with: 1 },
    Migration { script: include_str!("migrations/0012_sends.sql"), works_with: 1 },
    Migration { script: include_str!("migrations/0013_definitions.sql"), works_with: 1 },
    Migration { script: JOBS, works_with: 1 },
    Migration { script: include_str!("migrations/0015_api.sql"), works_with: 1 },
];
/// The one that [`origins::mark`] completes.
const ORIGIN: i64 = 7;

/// The one that [`adopt::adopt`] completes.
const JOBS: &str = include_str!("migrations/0014_jobs.sql");

/// The version that this program brings a database to.
pub(super) const KNOWN: i64 = MIGRATIONS.len() as i64;

/// Held by whoever migrates: "consentry" as hexadecimal digits, cut to 63 bits.
const LOCK: i64 = 0x636f_6e73_656e_7472;

/// What a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaStatus {
    /// Its version; 0 before the first migration.
    pub version: i64,
    /// The oldest program version that works with it.
    pub works_with: i64,
    /// The version of this program.
    pub known: i64,
}

impl SchemaStatus {
    /// Whether migrations are missing.
    pub const fn is_behind(&self) -> bool {
        self.version < self.known
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.works_with > self.known {
            return Err(StoreError::TooNew { found: self.version, known: self.known });
        }
        Ok(())
    }
}

/// Tells a database's version; refuses nothing.
pub(super) fn status(session: &Session) -> Result<SchemaStatus> {
    const EXISTS: &str = "SELECT to_regclass('consentry_schema') IS NOT NULL";
    let mut status = SchemaStatus { version: 0, works_with: 0, known: KNOWN };
    if session.one(EXISTS, params![], |row| row.get::<bool>(0))? {
        let found = session.first("SELECT version, works_with FROM consentry_schema", params![], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        // The first migration begins with a table without a row.
        (status.version, status.works_with) = found.unwrap_or_default();
    }
    Ok(status)
}

/// Brings a database up to date, all of it or none; refuses one that a newer program made unusable for this one.
pub(super) fn migrate(session: &Session) -> Result<SchemaStatus> {
    let found = status(session)?;
    found.check()?;
    if !found.is_behind() {
        return Ok(found);
    }
    session.batch("BEGIN")?;
    let migrated = migrate_within(session);
    session.batch(if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    migrated?;
    status(session)
}

fn migrate_within(session: &Session) -> Result<()> {
    const TABLE: &str = "CREATE TABLE IF NOT EXISTS consentry_schema (
        id SMALLINT PRIMARY KEY, version BIGINT NOT NULL, works_with BIGINT NOT NULL)";
    const NOTE: &str = "INSERT INTO consentry_schema (id, version, works_with) VALUES (1, ?1, ?2)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version,
            works_with = greatest(consentry_schema.works_with, excluded.works_with)";
    // Freed by the transaction's end. Whoever waited for it finds nothing left to do.
    session.execute("SELECT pg_advisory_xact_lock(?1)", params![LOCK])?;
    session.batch(TABLE)?;
    let found = status(session)?.version;
    for (number, migration) in (1i64..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
        session.batch(migration.script)?;
        if number == ORIGIN {
            origins::mark(session)?;
        }
        if migration.script == JOBS {
            adopt::adopt(session)?;
        }
        session.execute(NOTE, params![number, migration.works_with])?;
    }
    Ok(())
}
