//! A person says what it prefers.

use consent::{
    ConsentChange, ConsentWord, EntryId, Evidence, PauseDays, Preferred, Source, Subject, Timestamp,
    WorkspaceId,
};
use smallvec::SmallVec;

use super::{Kept, check_language, kept, put, told};
use crate::error::{Result, StoreError};
use crate::state::change::{ChangeConsent, Wants};
use crate::state::record::{ProfileState, Recorder};
use crate::state::rows::Rows;
use crate::store::{Answer, Key, Store};
use crate::types::PreferenceChange;

impl Store {
    /// Changes what a person prefers. Recorded as an entry that sets no choice, whose evidence tells what changed; `None`
    /// when nothing does. In effect for every permit read from then on (I1).
    pub fn set_preferences(
        &self,
        workspace: WorkspaceId,
        change: PreferenceChange,
    ) -> Answer<Option<EntryId>> {
        self.change("set_preferences", Key::Workspace(workspace), workspace, SetPreferences { change })
    }
}

/// Changes what a person prefers, and writes an entry that tells so; none when nothing changes.
pub(crate) struct SetPreferences {
    /// What is asked for.
    pub change: PreferenceChange,
}

impl ChangeConsent for SetPreferences {
    type Answer = Option<EntryId>;

    fn wants(&self, wants: &mut Wants) {
        wants.subject(&self.change.subject);
    }

    fn run<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<Option<EntryId>> {
        let change = &self.change;
        check(change)?;
        let (mut profile, address) = recorder.subject(&change.subject, change.received_at)?;
        let before = recorder.preferences(&profile)?;
        let was = profile.values.word().preferred();
        let now = change.preferred.unwrap_or(was);
        let after = applied(&before, change, was);
        let asked = told(&before, &after, (was, now), change.received_at);
        if asked.is_empty() {
            return Ok(None);
        }
        recorder.save_preferences(&mut profile, &after, now)?;
        let noted = Noted {
            at: change.received_at,
            source: change.source.clone(),
            run: change.run,
            evidence: Evidence { preferences: Some(asked), ..change.evidence.clone() },
        };
        let address = address.map(|address| address.id);
        recorder.note(profile.id, address, &noted.into_change(profile.id)).map(Some)
    }
}

fn check(change: &PreferenceChange) -> Result<()> {
    if let Some(Some(language)) = &change.language {
        check_language(language)?;
    }
    let longest = PauseDays::MAX.until(change.received_at);
    if change.pause_until.flatten().is_some_and(|until| until > longest) {
        return Err(StoreError::Invalid(format!("a pause lasts at most {} days", PauseDays::MAX.days())));
    }
    Ok(())
}

/// The preferences after a change; `was` is the preferred channel so far, whoever set it.
fn applied(before: &Kept, change: &PreferenceChange, was: Preferred) -> Kept {
    let mut after = before.clone();
    if let Some(until) = change.pause_until {
        after.pause_until = until.filter(|until| *until > change.received_at);
    }
    if let Some(pace) = change.pace {
        after.pace = pace;
    }
    if let Some(language) = &change.language {
        after.language.clone_from(language);
    }
    if let Some(preferred) = change.preferred.filter(|preferred| *preferred != was) {
        // Whoever has no preference any more leaves it to the next import.
        after.preferred = (preferred != Preferred::Unset).then_some(preferred);
    }
    after.updated_at = change.received_at;
    after
}

/// What an entry without choices is made of.
pub(super) struct Noted {
    pub at: Timestamp,
    pub source: Source,
    pub run: Option<consent::RunId>,
    pub evidence: Evidence,
}

impl Noted {
    pub(super) fn into_change(self, profile: consent::ProfileId) -> ConsentChange {
        ConsentChange {
            subject: Subject::Profile(profile),
            sets: SmallVec::new(),
            occurred_at: Some(self.at),
            received_at: self.at,
            source: self.source,
            run: self.run,
            evidence: self.evidence,
        }
    }
}

impl<R: Rows> Recorder<'_, R> {
    /// What a profile prefers.
    pub(crate) fn preferences(&mut self, profile: &ProfileState) -> Result<Kept> {
        if profile.values.word().flags() & ConsentWord::HAS_PREFERENCES == 0 {
            return Ok(Kept::default());
        }
        let (db, workspace) = self.rows.beside();
        Ok(kept(db, workspace, profile.id)?.unwrap_or_default())
    }

    /// Writes what a profile prefers, and its row: so two nodes that change the same person get in each other's way.
    pub(super) fn save_preferences(
        &mut self,
        profile: &mut ProfileState,
        kept: &Kept,
        preferred: Preferred,
    ) -> Result<()> {
        let (db, workspace) = self.rows.write_beside();
        put(db, workspace, profile.id, kept)?;
        profile
            .values
            .set_word(|word| word.with_preferred(preferred).with_flags(ConsentWord::HAS_PREFERENCES));
        self.rows.save_profile(profile.id, &profile.values)
    }
}
