//! The first step: what an import set is put back, where nothing newer stands.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use consent::{
    AddressId, Choice, ConsentChange, ConsentWord, Evidence, ImportId, ProfileId, Source, Subject, Target,
    Timestamp,
};
use roaring::RoaringTreemap;
use smallvec::smallvec;

use super::image::{self, Image, PROFILES, Touch};
use super::touch::{self, Step};
use super::{count, remove};
use crate::error::{Result, StoreError};
use crate::sql::{Db as _, params};
use crate::state::change::{ChangeConsent, Wants};
use crate::state::record::{ProfileState, Recorder, Rule};
use crate::state::rows::{AddressRow, AddressState, Details, Rows};
use crate::types::UndoCounts;

/// Takes back what an import set of the next [`PROFILES`] profiles.
pub(crate) struct TakeBack {
    pub import: ImportId,
    /// The last profile of the step before.
    pub after: ProfileId,
    pub at: Timestamp,
    /// Everybody who is in the audience of a run.
    pub in_runs: Arc<RoaringTreemap>,
    /// Where it is told what the step would do; nothing is done then.
    pub dry: Option<Arc<Mutex<Step>>>,
}

impl ChangeConsent for TakeBack {
    type Answer = Step;

    fn wants(&self, _: &mut Wants) {}

    fn is_bulk(&self) -> bool {
        true
    }

    fn run<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<Step> {
        let (db, workspace) = recorder.rows.beside();
        let touches = touch::after(db, (workspace, self.import), touch::STANDS, self.after, PROFILES)?;
        let mut done = UndoCounts::default();
        for of_profile in touches.chunk_by(|one, other| one.profile == other.profile) {
            let mut undo = Undo { op: self, recorder, done: &mut done, touches: of_profile };
            undo.profile(of_profile[0].profile)?;
        }
        let step = (done, touches.last().map(|touch| touch.profile));
        if let Some(dry) = &self.dry {
            *dry.lock().map_err(|_| StoreError::Unavailable("a dry run".to_owned()))? = step;
            // Rolls back what it did.
            return Err(StoreError::Superseded);
        }
        if step.1.is_some() {
            let (db, workspace) = recorder.rows.write_beside();
            count(db, workspace, self.import, &step.0)?;
        }
        Ok(step)
    }
}

/// What is taken back, by address and value, with the choice that stands again.
type Back = BTreeMap<(Option<AddressId>, Target), Choice>;

/// One profile.
struct Undo<'u, 'a, R> {
    op: &'u TakeBack,
    recorder: &'u mut Recorder<'a, R>,
    done: &'u mut UndoCounts,
    /// What the import's rows changed of it, newest first.
    touches: &'u [Touch],
}

/// What becomes of a profile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It was there before.
    Restored,
    /// The import created it, and nothing is known of it.
    Deleted,
    /// The import created it, and it stays as one that turned up.
    Kept,
    /// The import created it, and a later one names it.
    Named,
}

impl<R: Rows> Undo<'_, '_, R> {
    fn profile(&mut self, id: ProfileId) -> Result<()> {
        self.done.profiles += 1;
        let Some((stored, held)) = self.recorder.rows.details(id)? else { return self.settle(id, None) };
        if self.recorder.rows.merged_into(id)?.is_some() {
            self.done.merged += 1;
            return self.settle(id, None);
        }
        let mut profile = ProfileState { id, values: stored.clone() };
        let later = self.later(id)?;
        let mut addresses = self.recorder.rows.addresses_of(id)?;
        self.consents(&mut profile, &mut addresses)?;
        let fate = self.fate(&profile, &addresses, !later.is_empty())?;
        let details = match fate {
            Fate::Kept | Fate::Deleted => Details {
                // What the law or the hour asks may depend on these.
                country: held.country.clone(),
                time_zone: held.time_zone.clone(),
                ..Details::default()
            },
            Fate::Named => held.clone(),
            Fate::Restored => self.details(&held)?,
        };
        let brought_in = later.iter().any(|(_, flags)| flags & image::BRINGS_IN != 0);
        self.origin(&mut profile, fate, brought_in)?;
        if details != held && fate != Fate::Deleted {
            self.recorder.rows.save_details(id, &details)?;
        }
        if profile.values != stored {
            self.recorder.rows.save_profile(id, &profile.values)?;
        }
        self.claim(id, fate, &details, later.is_empty() && addresses.len() == 1)?;
        if let Some((import, _)) = later.first() {
            self.hand_on(id, *import, fate)?;
        }
        self.settle(id, Some(fate))
    }

    /// Later imports that changed the profile, and stand, with the flags of their rows.
    fn later(&mut self, id: ProfileId) -> Result<Vec<(ImportId, u8)>> {
        const SELECT: &str = "SELECT t.import, t.flags FROM import_run r JOIN import_touch t
            ON t.workspace = r.workspace AND t.import = r.id AND t.profile = ?3
            WHERE r.workspace = ?1 AND r.id > ?2 AND t.state = 0 ORDER BY t.import, t.number";
        let (db, workspace) = self.recorder.rows.beside();
        db.all(SELECT, params![workspace.0, self.op.import.0, id.0], |row| {
            Ok((ImportId(row.get(0)?), row.get(1)?))
        })
    }

    /// Takes consents back: those for the profile in memory, those for addresses in memory and in the store.
    fn consents(&mut self, profile: &mut ProfileState, addresses: &mut [AddressRow]) -> Result<()> {
        let mut back = Back::new();
        for entry in self.touches.iter().flat_map(|touch| touch.image.entries.iter().rev()) {
            let Some(event) = self.recorder.rows.event(*entry)? else { continue };
            for set in &event.sets {
                let of = event.address.filter(|_| matches!(set.target, Target::Identity(_)));
                if let Some(stands) = back.get_mut(&(of, set.target)) {
                    if *stands == set.new && sends_no_more(set.old, set.new) {
                        *stands = set.old;
                    }
                    continue;
                }
                let state = address_of(addresses, of);
                if of.is_some() && state.is_none() {
                    continue;
                }
                let held = self.recorder.held(profile, state.as_deref(), set.target)?;
                let stands = held.is_some_and(|(held, stamp)| held == set.new && stamp.entry == *entry);
                if stands && set.new.is_no() {
                    self.done.refusals_kept += 1;
                } else if stands && sends_no_more(set.old, set.new) {
                    back.insert((of, set.target), set.old);
                } else {
                    self.done.values_kept += 1;
                }
            }
        }
        self.done.consents += back.len() as u64;
        for ((of, target), choice) in back {
            let change = self.change(profile.id, target, choice);
            let mut state = address_of(addresses, of);
            self.recorder.apply(profile, state.as_deref_mut(), &change, Rule::Undo)?;
            if let Some(state) = state {
                self.recorder.rows.save_address(state)?;
            }
        }
        Ok(())
    }

    fn change(&self, profile: ProfileId, target: Target, choice: Choice) -> ConsentChange {
        ConsentChange {
            subject: Subject::Profile(profile),
            sets: smallvec![(target, choice)],
            occurred_at: Some(self.op.at),
            received_at: self.op.at,
            source: Source::IMPORT_UNDO,
            run: None,
            evidence: Evidence {
                raw: Some(format!("{} was taken back", self.op.import)),
                ..Evidence::default()
            },
        }
    }

    fn is_created(&self) -> bool {
        self.has(image::CREATED)
    }

    fn has(&self, flag: u8) -> bool {
        self.touches.iter().any(|touch| touch.flags & flag != 0)
    }

    fn fate(&mut self, profile: &ProfileState, addresses: &[AddressRow], is_named: bool) -> Result<Fate> {
        if !self.is_created() {
            return Ok(Fate::Restored);
        }
        let lists = self.recorder.rows.subscriptions_of(profile.id)?;
        let of_addresses = addresses.iter().flat_map(|row| row.state.values.iter());
        let values = profile.values.iter().chain(of_addresses).map(|(_, choice, _)| choice);
        let holds_back = |choice: Choice| choice.counts() && !choice.is_yes();
        if values.chain(lists.iter().map(|(_, choice, _)| *choice)).any(holds_back) {
            self.done.kept_for_refusal += 1;
            return Ok(if is_named { Fate::Named } else { Fate::Kept });
        }
        if is_named {
            self.done.kept_for_import += 1;
            return Ok(Fate::Named);
        }
        let (db, workspace) = self.recorder.rows.beside();
        let own = self.touches.iter().flat_map(|touch| touch.image.entries.iter().copied());
        let known = self.op.in_runs.contains(profile.id.0.cast_unsigned())
            || remove::is_known(db, workspace, profile.id, &own.collect())?;
        if known {
            self.done.kept_for_history += 1;
            return Ok(Fate::Kept);
        }
        Ok(Fate::Deleted)
    }

    /// What the profile had beside its consent, where the import's values still stand.
    fn details(&mut self, held: &Details<'static>) -> Result<Details<'static>> {
        let mut details = held.clone();
        let mut attributes = image::members(held.attributes.as_deref());
        for Touch { image, .. } in self.touches {
            if image.external_id.is_some() && details.external_id.as_deref() == image.external_id.as_deref() {
                details.external_id = None;
            }
            for (text, change) in
                [(&mut details.locale, &image.locale), (&mut details.remainder, &image.remainder)]
            {
                let Some((old, new)) = change else { continue };
                if text.as_deref() == new.as_deref() {
                    *text = old.clone().map(Cow::Owned);
                } else {
                    self.done.values_kept += 1;
                }
            }
            for (name, (old, new)) in &image.attributes {
                if attributes.get(name) != Some(new) {
                    self.done.values_kept += 1;
                    continue;
                }
                match old {
                    Some(old) => attributes.insert(name.clone(), old.clone()),
                    None => attributes.remove(name),
                };
            }
        }
        if self.touches.iter().any(|touch| !touch.image.attributes.is_empty()) {
            let text = serde_json::to_string(&attributes);
            let text = text.map_err(|error| StoreError::Invalid(error.to_string()))?;
            details.attributes = (!attributes.is_empty()).then_some(Cow::Owned(text));
        }
        Ok(details)
    }

    /// Nobody has a default whom only this import brought in.
    fn origin(&mut self, profile: &mut ProfileState, fate: Fate, is_brought_in: bool) -> Result<()> {
        let only_turned_up = match fate {
            Fate::Restored => self.has(image::NO_DEFAULT_BEFORE),
            Fate::Deleted | Fate::Kept | Fate::Named => true,
        };
        if only_turned_up && !is_brought_in && profile.values.word().has_default() {
            self.recorder.close_to_programs_of_before()?;
            profile.values.set_word(|word| word.with_flags(ConsentWord::NO_DEFAULT));
        }
        Ok(())
    }

    /// Leaves a profile to the next row that names its address, as it was before there was an import about it.
    fn claim(&mut self, id: ProfileId, fate: Fate, details: &Details<'_>, is_alone: bool) -> Result<()> {
        let was_unclaimed = fate == Fate::Kept || self.has(image::UNCLAIMED_BEFORE);
        let empty =
            details.external_id.is_none() && details.attributes.is_none() && details.remainder.is_none();
        if was_unclaimed && is_alone && empty && !self.recorder.rows.is_unclaimed(id)? {
            self.recorder.rows.note_unclaimed(id)?;
        }
        Ok(())
    }

    /// What the profile was before this import is what it was before the next one.
    fn hand_on(&mut self, id: ProfileId, import: ImportId, fate: Fate) -> Result<()> {
        const UPDATE: &str = "UPDATE import_touch SET flags = flags | ?4
            WHERE workspace = ?1 AND import = ?2 AND profile = ?3";
        let turned_up = fate != Fate::Restored || self.has(image::NO_DEFAULT_BEFORE);
        let flags = if turned_up { image::NO_DEFAULT_BEFORE } else { 0 };
        let (db, workspace) = self.recorder.rows.write_beside();
        db.execute(UPDATE, params![workspace.0, import.0, id.0, flags]).map(drop)
    }

    /// Removes the profile's touches, but for what the second step needs.
    fn settle(&mut self, id: ProfileId, fate: Option<Fate>) -> Result<()> {
        const DELETE: &str = "DELETE FROM import_touch WHERE workspace = ?1 AND import = ?2 AND profile = ?3";
        const INSERT: &str =
            "INSERT INTO import_touch (workspace, import, profile, number, flags, state, image)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let entries = self.touches.iter().flat_map(|touch| touch.image.entries.iter().copied()).collect();
        let addresses: Vec<_> =
            self.touches.iter().flat_map(|touch| touch.image.addresses.iter().copied()).collect();
        self.done.restored += u64::from(fate == Some(Fate::Restored));
        let left = match fate {
            Some(Fate::Deleted) => Some((touch::TO_DELETE, Image { entries, ..Image::default() })),
            Some(Fate::Restored) if !addresses.is_empty() => {
                Some((touch::TO_TAKE_OFF, Image { entries, addresses, ..Image::default() }))
            }
            _ => None,
        };
        if self.op.dry.is_some() {
            // The second step doesn't come.
            match &left {
                Some((touch::TO_DELETE, _)) => self.done.deleted += 1,
                Some((_, image)) => self.done.addresses += image.addresses.len() as u64,
                None => {}
            }
        }
        let number = self.touches.first().map_or(0, |touch| touch.number.cast_signed());
        let (db, workspace) = self.recorder.rows.write_beside();
        db.execute(DELETE, params![workspace.0, self.op.import.0, id.0])?;
        if let Some((state, image)) = left {
            let image =
                serde_json::to_string(&image).map_err(|error| StoreError::Invalid(error.to_string()))?;
            let key = (workspace.0, self.op.import.0, id.0);
            db.execute(INSERT, params![key.0, key.1, key.2, number, 0_u8, state, &image])?;
        }
        Ok(())
    }
}

fn address_of(addresses: &mut [AddressRow], of: Option<AddressId>) -> Option<&mut AddressState> {
    let of = of?;
    addresses.iter_mut().map(|row| &mut row.state).find(|state| state.id == of)
}

/// Whether nobody becomes a recipient who gets the old choice back for the new one: nothing sends more than a yes; a yes by
/// default does more than no choice, or than what holds messages back. Anything else an import set stays.
fn sends_no_more(old: Choice, new: Choice) -> bool {
    match new {
        Choice::Yes => true,
        Choice::DefaultYes => !old.counts() || old.is_no() || old == Choice::Pending,
        _ => false,
    }
}
