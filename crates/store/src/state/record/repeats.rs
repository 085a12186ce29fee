//! Choices that are said again.

use consent::{Choice, ConsentChange, EntryId, Stamp, Timestamp};
use rusqlite::{OptionalExtension as _, params};

use super::{AddressState, Recorder};
use crate::api::Result;

/// How long a refusal through the same door is the same refusal, in microseconds.
const SAME_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

impl Recorder<'_> {
    /// Whether a choice that is said again, now from `at` on, needs no entry: the one that made it goes on standing for
    /// it. Notes it where a file repeats a refusal, which the older entry's undo may not take back.
    pub(crate) fn keeps_entry(
        &self,
        held: Stamp,
        at: Timestamp,
        choice: Choice,
        address: Option<&AddressState>,
        change: &ConsentChange,
    ) -> Result<bool> {
        const NOTE: &str = "INSERT OR IGNORE INTO repeated_refusal (entry) VALUES (?1)";
        if change.source.is_live() {
            return Ok(choice.is_no() && self.through_same_door(held.entry, address, change)?);
        }
        if choice.is_no() && at > held.at {
            self.conn.prepare_cached(NOTE)?.execute([held.entry.0])?;
        }
        Ok(true)
    }

    /// Whether a file has said an entry's refusal again with a later time.
    pub fn is_repeated(&self, entry: EntryId) -> Result<bool> {
        const FIND: &str = "SELECT EXISTS (SELECT 1 FROM repeated_refusal WHERE entry = ?1)";
        Ok(self.conn.prepare_cached(FIND)?.query_row([entry.0], |row| row.get(0))?)
    }

    /// Whether a change repeats an entry exactly: double clicks, a provider that posts twice.
    fn through_same_door(
        &self,
        entry: EntryId,
        address: Option<&AddressState>,
        change: &ConsentChange,
    ) -> Result<bool> {
        const COMPARE: &str =
            "SELECT source = ?3 AND run IS ?4 AND address IS ?5 AND abs(?6 - received_at) < ?7
            FROM ledger_event WHERE id = ?1 AND workspace = ?2";
        let row = params![
            entry.0,
            self.workspace.0,
            change.source.as_str(),
            change.run.map(|run| run.0),
            address.map(|address| address.id.0),
            change.received_at.0,
            SAME_MICROS,
        ];
        let same = self.conn.prepare_cached(COMPARE)?.query_row(row, |row| row.get(0)).optional()?;
        Ok(same.unwrap_or(false) && !self.is_repeated(entry)?)
    }
}
