//! Taking back what one ledger entry changed.

use consent::{ConsentChange, Entropy, EntryId, Evidence, Source, Subject, Timestamp, WorkspaceId};
use rusqlite::Connection;

use super::history;
use super::record::{Recorder, Rule};
use crate::api::Result;
use crate::error::StoreError;
use crate::types::Recorded;

/// Returns each value that the entry changed to what it was before; all of them, or none if one has been set since.
pub(super) fn undo(
    conn: &Connection,
    entropy: &dyn Entropy,
    workspace: WorkspaceId,
    entry: EntryId,
    at: Timestamp,
    evidence: Evidence,
) -> Result<Recorded> {
    let undone =
        history::entry(conn, workspace, entry)?.ok_or_else(|| StoreError::Missing(entry.to_string()))?;
    let mut recorder = Recorder::new(conn, entropy, workspace)?;
    let mut profile = recorder.profile(undone.profile)?;
    let mut address = undone.address.map(|address| recorder.address(address)).transpose()?;
    for set in &undone.applied {
        let held = recorder.held(&profile, address.as_ref(), set.target)?;
        if held.is_none_or(|(_, stamp)| stamp.entry != entry) {
            return Err(StoreError::Superseded);
        }
    }
    let change = ConsentChange {
        subject: Subject::Profile(undone.profile),
        sets: undone.applied.iter().map(|set| (set.target, set.old)).collect(),
        occurred_at: Some(at),
        received_at: at,
        source: Source::UNDO,
        run: undone.run,
        evidence,
    };
    recorder.apply_and_save(&mut profile, address.as_mut(), &change, Rule::Undo)
}
