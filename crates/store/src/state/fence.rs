//! Closing a shared database to programs too old for what is in it.
//!
//! A migration leaves older programs what they use, so nodes are replaced one after the other. What they would silently
//! leave unheeded closes the database to them from the first such row on.

use crate::error::Result;
use crate::sql::{Db, Sql, params};

/// The first version of PostgreSQL's schema whose programs look for hashed suppression entries.
pub(super) const KNOWS_HASHES: i64 = 2;
/// The first one whose programs look for holds.
pub(super) const KNOWS_HOLDS: i64 = 4;
/// The first one whose programs look for pauses and paces.
pub(super) const KNOWS_PREFERENCES: i64 = 6;

/// The first one whose programs know that not everybody has a default.
pub(super) const KNOWS_ORIGINS: i64 = 7;

/// The first one whose programs read causes with a detail, and messages that wait by decision.
pub(super) const KNOWS_CAUSES: i64 = 11;

/// The first one whose programs read rows of imports that are kept as one.
pub(super) const KNOWS_RUNS: i64 = 11;

/// The first one whose programs open links that name their message, and know of single messages: an older one would answer
/// such a link with an error (I3).
pub(super) const KNOWS_MESSAGES: i64 = 12;

/// From now on only programs of this version or a later one are to open the database.
pub(crate) fn open_only_to(db: &impl Db, version: i64) -> Result<()> {
    // SQLite's version closes it already.
    const FENCE: Sql = Sql::each(
        "SELECT ?1",
        "UPDATE consentry_schema SET works_with = ?1 WHERE id = 1 AND works_with < ?1",
    );
    db.each(FENCE, params![version], |_| Ok(()))
}
