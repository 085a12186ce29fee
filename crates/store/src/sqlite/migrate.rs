//! Numbered migrations. One that has been released is never edited; a change is a new number.

use rusqlite::{Connection, TransactionBehavior};

use crate::api::Result;
use crate::error::StoreError;

/// The migrations, the first being number 1. `PRAGMA user_version` tells how many a database has.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_consent.sql"),
    include_str!("migrations/0002_delivery.sql"),
    include_str!("migrations/0003_people.sql"),
];

/// Brings a database up to date, or refuses one that a newer program wrote. The caller holds the directory's lock.
pub(super) fn migrate(conn: &mut Connection) -> Result<()> {
    let known = MIGRATIONS.len() as i64;
    let found: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for (number, script) in (1i64..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(script)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_once_and_refuses_a_newer_schema() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn).unwrap();
        migrate(&mut conn).unwrap();
        conn.pragma_update(None, "user_version", 99).unwrap();
        let refused = migrate(&mut conn);
        assert!(matches!(refused, Err(StoreError::TooNew { found: 99, .. })), "{refused:?}");
    }
}
