//! Choices that are said again.

use consent::{Choice, ConsentChange, EntryId, Stamp, Timestamp};

use super::Recorder;
use crate::error::Result;
use crate::state::rows::{AddressState, Rows};

/// How long a refusal through the same door is the same refusal, in microseconds.
const SAME_MICROS: u64 = 24 * 60 * 60 * 1_000_000;

impl<R: Rows> Recorder<'_, R> {
    /// Whether a choice that is said again, now from `at` on, needs no entry: the one that made it goes on standing for
    /// it. Notes it where a file repeats a refusal, which the older entry's undo may not take back.
    pub(crate) fn keeps_entry(
        &mut self,
        held: Stamp,
        at: Timestamp,
        choice: Choice,
        address: Option<&AddressState>,
        change: &ConsentChange,
    ) -> Result<bool> {
        if change.source.is_live() {
            return Ok(choice.is_no() && self.through_same_door(held.entry, address, change)?);
        }
        if choice.is_no() && at > held.at {
            self.rows.note_repeated(held.entry)?;
        }
        Ok(true)
    }

    /// Whether a change repeats an entry exactly: double clicks, a provider that posts twice.
    fn through_same_door(
        &mut self,
        entry: EntryId,
        address: Option<&AddressState>,
        change: &ConsentChange,
    ) -> Result<bool> {
        let Some(event) = self.rows.event(entry)? else { return Ok(false) };
        let same = event.source == change.source
            && event.run == change.run
            && event.address == address.map(|address| address.id)
            && event.received_at.0.abs_diff(change.received_at.0) < SAME_MICROS;
        Ok(same && !self.rows.is_repeated(entry)?)
    }
}
