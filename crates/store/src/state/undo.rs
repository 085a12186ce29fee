//! Taking back what one ledger entry changed.

use consent::{Choice, ConsentChange, Entropy, EntryId, Evidence, Source, Subject, Timestamp, WorkspaceId};
use rusqlite::Connection;
use smallvec::SmallVec;

use super::history;
use super::record::{Recorder, Rule};
use crate::api::Result;
use crate::error::StoreError;
use crate::types::{Applied, Entry, Recorded};

/// Entries read at once in search of what was before a refusal that was said again.
const PAGE: usize = 64;

/// Returns each value that the entry changed to what it was before; all of them, or none if one has been set since.
pub(crate) fn undo(
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
    let (mut profile, _) = recorder.subject(&Subject::Profile(undone.profile), at)?;
    let mut address = undone.address.map(|address| recorder.address(address)).transpose()?;
    if recorder.is_repeated(entry)? {
        return Err(StoreError::Superseded);
    }
    let mut sets = SmallVec::new();
    for set in &undone.applied {
        let held = recorder.held(&profile, address.as_ref(), set.target)?;
        if held.is_none_or(|(_, stamp)| stamp.entry != entry) {
            return Err(StoreError::Superseded);
        }
        let old = if set.old == set.new && set.new.is_no() {
            before(conn, workspace, &undone, set, &recorder)?
        } else {
            set.old
        };
        sets.push((set.target, old));
    }
    let change = ConsentChange {
        subject: Subject::Profile(profile.id),
        sets,
        occurred_at: Some(at),
        received_at: at,
        source: Source::UNDO,
        run: undone.run,
        evidence,
    };
    recorder.apply_and_save(&mut profile, address.as_mut(), &change, Rule::Undo)
}

/// What a value was before a refusal that `undone` said again. Whoever pressed the button in the mail and then the one
/// on the page takes both back with one undo; a refusal that came another way stays.
fn before(
    conn: &Connection,
    workspace: WorkspaceId,
    undone: &Entry,
    repeat: &Applied,
    recorder: &Recorder<'_>,
) -> Result<Choice> {
    let by_link = |source: &Source| [Source::ONE_CLICK, Source::PAGE].contains(source);
    let mut from = Some(undone.id);
    while by_link(&undone.source) && from.is_some() {
        let page = history::history(conn, workspace, undone.profile, from, PAGE)?;
        for entry in &page.entries {
            let Some(set) = entry.applied.iter().find(|set| set.target == repeat.target) else { continue };
            let same = entry.address == undone.address && by_link(&entry.source);
            if !same || recorder.is_repeated(entry.id)? {
                return Ok(repeat.old);
            }
            if set.old != set.new {
                return Ok(set.old);
            }
        }
        from = page.entries.last().filter(|_| page.more).map(|entry| entry.id);
    }
    Ok(repeat.old)
}
