//! Ids in blocks from the database's sequences.

use std::ops::Range;

use super::session::Session;
use crate::error::Result;
use crate::sql::{Db as _, Sql, params};

/// Ids that one call takes: the sequences' increment.
pub(super) const BLOCK: i64 = 256;

/// A sequence's ids that are this thread's. What is left of a block at the end is never given out.
pub(super) struct Ids {
    next: Sql,
    left: Range<i64>,
}

impl Ids {
    /// Answers the first of a block of entries' ids.
    pub const NEXT_ENTRY: &'static str = "SELECT nextval('entry_id')";

    /// Ids by a statement that answers the first of a block.
    pub fn new(next: &'static str) -> Self {
        Self { next: next.into(), left: 0..0 }
    }

    /// The id that [`Self::take`] gives out next.
    pub fn peek(&mut self, session: &Session) -> Result<i64> {
        if self.left.is_empty() {
            let first = session.one(self.next, params![], |row| row.get::<i64>(0))?;
            self.left = first..first + BLOCK;
        }
        Ok(self.left.start)
    }

    /// Gives out an id.
    pub fn take(&mut self, session: &Session) -> Result<i64> {
        let id = self.peek(session)?;
        self.left.start += 1;
        Ok(id)
    }

    /// Whether the block is used up.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Forgets what is left of the block.
    pub fn start_anew(&mut self) {
        self.left = 0..0;
    }

    /// Forgets what is left of the block, and goes on with the one that begins with `first`.
    pub fn begin_at(&mut self, first: i64) {
        self.left = first..first + BLOCK;
    }
}
