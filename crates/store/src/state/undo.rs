//! Taking back what one ledger entry changed.

use consent::{Choice, ConsentChange, EntryId, Evidence, Source, Subject, Timestamp, WorkspaceId};
use smallvec::SmallVec;

use super::change::{ChangeConsent, Wants};
use super::record::{Recorder, Rule};
use super::rows::{Event, Rows};
use crate::error::{Result, StoreError};
use crate::store::{Answer, Key, Store};
use crate::types::{Applied, Recorded};

/// Entries read at once in search of what was before a refusal that was said again.
const PAGE: usize = 64;

impl Store {
    /// Takes back what one ledger entry changed, where nothing newer has been recorded since: each value returns to
    /// what it was before. Recorded as a change of its own with source `undo`. A refusal that was said again through
    /// links (the button in the mail, then the one on the page) returns to what was before the first of these.
    pub fn undo(
        &self,
        workspace: WorkspaceId,
        entry: EntryId,
        at: Timestamp,
        evidence: Evidence,
    ) -> Answer<Recorded> {
        self.change("undo", Key::Entry(workspace, entry), workspace, Undo { entry, at, evidence })
    }
}

/// Returns each value that the entry changed to what it was before; all of them, or none if one has been set since.
pub(crate) struct Undo {
    /// What to take back.
    pub entry: EntryId,
    /// When it is taken back.
    pub at: Timestamp,
    /// What proves that.
    pub evidence: Evidence,
}

impl ChangeConsent for Undo {
    type Answer = Recorded;

    fn wants(&self, wants: &mut Wants) {
        wants.entries.push(self.entry);
    }

    fn run<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<Recorded> {
        let (entry, at) = (self.entry, self.at);
        let undone = recorder.rows.event(entry)?.ok_or_else(|| StoreError::Missing(entry.to_string()))?;
        let (mut profile, _) = recorder.subject(&Subject::Profile(undone.profile), at)?;
        let mut address = undone.address.map(|address| recorder.address(address)).transpose()?;
        if undone.sets.is_empty() {
            return Err(StoreError::Invalid(format!("{entry} made no choice that could be taken back")));
        }
        if recorder.rows.is_repeated(entry)? {
            return Err(StoreError::Superseded);
        }
        let mut sets = SmallVec::new();
        for set in &undone.sets {
            let held = recorder.held(&profile, address.as_ref(), set.target)?;
            if held.is_none_or(|(_, stamp)| stamp.entry != entry) {
                return Err(StoreError::Superseded);
            }
            let repeats = set.old == set.new && set.new.is_no();
            let old = if repeats { before(recorder.rows, &undone, set)? } else { set.old };
            sets.push((set.target, old));
        }
        let change = ConsentChange {
            subject: Subject::Profile(profile.id),
            sets,
            occurred_at: Some(at),
            received_at: at,
            // What a self-test puts back is its own doing too.
            source: if undone.source == Source::SELF_TEST { Source::SELF_TEST } else { Source::UNDO },
            run: undone.run,
            evidence: self.evidence.clone(),
        };
        recorder.apply_and_save(&mut profile, address.as_mut(), &change, Rule::Undo)
    }
}

/// What a value was before a refusal that `undone` said again. Whoever pressed the button in the mail and then the one
/// on the page takes both back with one undo; a refusal that came another way stays.
fn before(rows: &mut impl Rows, undone: &Event, repeat: &Applied) -> Result<Choice> {
    let by_link = |source: &Source| [Source::ONE_CLICK, Source::PAGE].contains(source);
    let mut from = Some(undone.id);
    while let Some(last) = from.filter(|_| by_link(&undone.source)) {
        let page = rows.history(undone.profile, last, PAGE)?;
        for entry in &page.entries {
            let Some(set) = entry.applied.iter().find(|set| set.target == repeat.target) else { continue };
            let same = entry.address == undone.address && by_link(&entry.source);
            if !same || rows.is_repeated(entry.id)? {
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
