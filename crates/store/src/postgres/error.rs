//! What PostgreSQL's errors mean to callers. SQLSTATE codes: PostgreSQL manual, appendix A.

use tokio_postgres::error::{DbError, SqlState};

use crate::error::StoreError;

/// `transaction_timeout`, since PostgreSQL 17.
const TRANSACTION_TIMEOUT: &str = "25P04";

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(error) => of_server(error),
            // The connection: refused, broken, closed. Whether the last statement was carried out isn't known.
            None => Self::Unavailable(in_words(&error)),
        }
    }
}

fn of_server(error: &DbError) -> StoreError {
    let (code, text) = (error.code(), error.message().to_owned());
    if *code == SqlState::T_R_SERIALIZATION_FAILURE
        || *code == SqlState::T_R_DEADLOCK_DETECTED
        || *code == SqlState::UNIQUE_VIOLATION
    {
        return StoreError::Conflict;
    }
    if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        return StoreError::Unavailable("the database server is a read-only standby".to_owned());
    }
    if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        return StoreError::Denied(text);
    }
    if *code == SqlState::CHARACTER_NOT_IN_REPERTOIRE || *code == SqlState::UNTRANSLATABLE_CHARACTER {
        return StoreError::Invalid("the text holds U+0000, which the database can't keep".to_owned());
    }
    if *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT || code.code() == TRANSACTION_TIMEOUT {
        return StoreError::Unavailable(text);
    }
    // Connection, resources (disk full, too many connections), limits of the system, shutdown.
    match code.code().get(..2) {
        Some("08" | "53" | "55" | "57" | "58") => StoreError::Unavailable(text),
        _ => StoreError::Damaged(format!("{text} ({})", code.code())),
    }
}

/// The error with its causes: the outermost says little.
pub(super) fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}
