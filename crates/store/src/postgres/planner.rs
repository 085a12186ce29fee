//! What the server's planner is told.

use super::session::Session;
use crate::error::Result;
use crate::sql::Db as _;
use crate::state::change::BULK_MIN;

/// A bulk is told to the planner at once: by the statistics of a short list it would walk all of a long one at each
/// reading, until the server gets round to it.
pub(crate) fn suppression_grew(session: &Session, by: usize) -> Result<()> {
    const OUTGROWN: &str = "SELECT pg_relation_size(oid) / current_setting('block_size')::BIGINT
        > 2 * greatest(relpages, 8) FROM pg_class WHERE oid = 'suppression'::REGCLASS";
    if by >= BULK_MIN && session.one(OUTGROWN, &[], |row| row.get(0))? {
        session.batch("ANALYZE suppression")?;
    }
    Ok(())
}
