//! Recording consent. Everything that writes a choice goes through [`Recorder::apply`]: changes as they come in,
//! imports, undo, double opt-in. What else the ledger tells of a person goes through [`Recorder::note`].

pub mod changes;
mod merge;
mod repeats;
mod salts;
mod states;

use std::collections::HashSet;

use consent::change::{Resolution, resolve};
use consent::{
    AddressId, Choice, ConsentChange, ConsentWord, Entropy, EntryId, Evidence, Field, ListId, ProfileId,
    Stamp, Target, Timestamp,
};
use sha2::{Digest as _, Sha256};
use smallvec::SmallVec;

use super::rows::{AddressState, NewEvent, Rows};
use super::stamps::Values;
use crate::error::{Result, StoreError};

use crate::types::{Applied, Recorded};
use salts::Salts;

/// Most values in one change.
pub(crate) const SETS_MAX: usize = 512;
/// Longest evidence as JSON, in bytes.
const EVIDENCE_BYTES_MAX: usize = 64 * 1024;
/// Random bytes that keep a commitment from being guessed.
const SALT_LENGTH: usize = 16;

/// A profile's consent in memory.
pub(crate) struct ProfileState {
    /// Whose.
    pub id: ProfileId,
    /// Its choices.
    pub values: Values,
}

/// How sets win against what is recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// By [`resolve`].
    Resolve,
    /// They do: someone takes back what they have just done.
    Undo,
}

/// Records consent within one operation.
pub(crate) struct Recorder<'a, R> {
    pub rows: &'a mut R,
    salts: Salts<'a>,
    known_lists: HashSet<ListId>,
    /// Whether the database is known to be closed to programs that take everybody to have a default.
    closed: bool,
}

impl<'a, R: Rows> Recorder<'a, R> {
    /// Begins an operation.
    pub fn new(rows: &'a mut R, entropy: &'a dyn Entropy) -> Self {
        Self { rows, salts: Salts::new(entropy), known_lists: HashSet::new(), closed: false }
    }

    /// Records one change.
    pub fn record(&mut self, change: &ConsentChange) -> Result<Recorded> {
        let (mut profile, mut address) = self.subject(&change.subject, change.received_at)?;
        self.apply_and_save(&mut profile, address.as_mut(), change, Rule::Resolve)
    }

    /// [`Self::apply`], and writes what changed.
    pub fn apply_and_save(
        &mut self,
        profile: &mut ProfileState,
        mut address: Option<&mut AddressState>,
        change: &ConsentChange,
        rule: Rule,
    ) -> Result<Recorded> {
        let before = (profile.values.clone(), address.as_ref().map(|address| address.values.clone()));
        let recorded = self.apply(profile, address.as_deref_mut(), change, rule)?;
        if profile.values != before.0 {
            self.rows.save_profile(profile.id, &profile.values)?;
        }
        if let Some(address) = address.filter(|address| before.1.as_ref() != Some(&address.values)) {
            self.rows.save_address(address)?;
        }
        Ok(recorded)
    }

    /// Resolves a change against what is recorded, changes the states in memory, and writes the ledger entry, evidence
    /// and subscriptions. The caller writes the states.
    ///
    /// A refusal said again has an entry of its own, with its evidence: the older one can't be undone any more. Through
    /// the same door at once (a double click) it has none, and neither has an old choice in a newer file: these move
    /// the value's time, and the entry that made the choice still stands for it.
    pub fn apply(
        &mut self,
        profile: &mut ProfileState,
        mut address: Option<&mut AddressState>,
        change: &ConsentChange,
        rule: Rule,
    ) -> Result<Recorded> {
        check(change)?;
        let entry = self.rows.next_entry()?;
        let mut sets: SmallVec<[Applied; 2]> = SmallVec::new();
        let mut outranked = 0;
        let mut epochs = Renewal::None;
        for (target, new) in &change.sets {
            let held = self.held(profile, address.as_deref(), *target)?;
            let at = match resolution(rule, held, *new, change) {
                Resolution::Apply { at } => at,
                Resolution::Unchanged => match held {
                    Some((old, stamp)) if said_again(rule, old, *new, change) => stamp.at,
                    _ => continue,
                },
                Resolution::Outranked => {
                    outranked += 1;
                    continue;
                }
            };
            let old = held.map_or(Choice::Unset, |(old, _)| old);
            let kept = match held {
                Some((old, stamp)) if old == *new => {
                    self.keeps_entry(stamp, at, *new, address.as_deref(), change)?.then_some(stamp.entry)
                }
                _ => None,
            };
            let by = kept.unwrap_or(entry);
            self.set(profile, address.as_deref_mut(), *target, *new, Stamp { at, entry: by })?;
            if kept.is_none() {
                sets.push(Applied { target: *target, old, new: *new });
                epochs = epochs.max(Renewal::of(*target, old, *new, change));
            }
        }
        match (epochs, address.as_deref_mut()) {
            (Renewal::None, _) => {}
            (Renewal::Address, Some(address)) => self.raise_epoch(address)?,
            (_, address) => self.raise_epochs(profile.id, address)?,
        }
        if sets.is_empty() {
            return Ok(Recorded { entry: None, profile: profile.id, applied: sets, outranked });
        }
        self.write_entry(profile.id, address.map(|address| address.id), &sets, change)?;
        sets.retain(|set| set.old != set.new);
        Ok(Recorded { entry: Some(entry), profile: profile.id, applied: sets, outranked })
    }

    /// What is recorded for one value.
    pub fn held(
        &mut self,
        profile: &ProfileState,
        address: Option<&AddressState>,
        target: Target,
    ) -> Result<Option<(Choice, Stamp)>> {
        match target {
            Target::Field(field) => Ok(profile.values.get(field)),
            Target::Identity(field) => Ok(address.ok_or_else(no_address)?.values.get(field)),
            Target::List(list) => {
                self.check_list(list)?;
                if profile.values.word().flags() & ConsentWord::HAS_SUBSCRIPTIONS == 0 {
                    return Ok(None);
                }
                self.rows.subscription(profile.id, list)
            }
        }
    }

    fn set(
        &mut self,
        profile: &mut ProfileState,
        address: Option<&mut AddressState>,
        target: Target,
        new: Choice,
        stamp: Stamp,
    ) -> Result<()> {
        match target {
            Target::Field(field) => profile.values.set(field, new, stamp),
            Target::Identity(field) => {
                address.ok_or_else(no_address)?.values.set(field, new, stamp);
                profile.values.set_word(|word| word.with_flags(ConsentWord::HAS_ADDRESS_VALUES));
            }
            Target::List(list) => {
                self.rows.save_subscription(profile.id, list, new, stamp)?;
                profile.values.set_word(|word| word.with_flags(ConsentWord::HAS_SUBSCRIPTIONS));
            }
        }
        Ok(())
    }

    /// Fails with [`StoreError::Missing`] for a list that isn't there.
    pub fn check_list(&mut self, list: ListId) -> Result<()> {
        if !self.known_lists.contains(&list) {
            if !self.rows.list_exists(list)? {
                return Err(StoreError::Missing(list.to_string()));
            }
            self.known_lists.insert(list);
        }
        Ok(())
    }

    fn raise_epoch(&mut self, address: &mut AddressState) -> Result<()> {
        address.epoch += 1;
        self.rows.save_address(address)
    }

    fn raise_epochs(&mut self, profile: ProfileId, address: Option<&mut AddressState>) -> Result<()> {
        self.rows.raise_epochs(profile)?;
        if let Some(address) = address {
            address.epoch += 1;
        }
        Ok(())
    }

    /// Writes an entry that sets no choice: what its evidence tells is all that it says.
    pub fn note(
        &mut self,
        profile: ProfileId,
        address: Option<AddressId>,
        told: &ConsentChange,
    ) -> Result<EntryId> {
        let entry = self.rows.next_entry()?;
        self.write_entry(profile, address, &[], told)?;
        Ok(entry)
    }

    fn write_entry(
        &mut self,
        profile: ProfileId,
        address: Option<AddressId>,
        sets: &[Applied],
        change: &ConsentChange,
    ) -> Result<()> {
        let content = evidence(&change.evidence)?;
        let salt = content.is_some().then(|| self.salts.next());
        let evidence = salt
            .as_ref()
            .zip(content.as_deref())
            .map(|(salt, content)| (salt.as_slice(), content, commitment(salt, content)));
        self.rows.insert_event(&NewEvent {
            profile,
            address,
            run: change.run,
            occurred_at: change.occurred_at,
            received_at: change.received_at,
            source: &change.source,
            sets,
            evidence,
        })
    }
}

/// Evidence as it is kept; `None` for none.
fn evidence(evidence: &Evidence) -> Result<Option<String>> {
    if evidence.is_empty() {
        return Ok(None);
    }
    let content = serde_json::to_string(evidence).map_err(|error| StoreError::Invalid(error.to_string()))?;
    if content.len() > EVIDENCE_BYTES_MAX {
        return Err(StoreError::Invalid(format!("evidence is longer than {EVIDENCE_BYTES_MAX} bytes")));
    }
    Ok(Some(content))
}

/// Whether a refusal is said again live, if only by a clock that went backwards.
fn said_again(rule: Rule, old: Choice, new: Choice, change: &ConsentChange) -> bool {
    rule == Rule::Resolve && old == new && new.is_no() && change.source.is_live()
}

/// Which links a renewed yes outdates: all that the address or the profile's addresses were sent. A list's yes outdates
/// none: a link has one epoch for all levels, and the links that leave a whole channel must go on acting. An old link of
/// that list goes on acting, too: it sends less, and can be undone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Renewal {
    None,
    Address,
    Profile,
}

impl Renewal {
    fn of(target: Target, old: Choice, new: Choice, change: &ConsentChange) -> Self {
        let marketing = |field: Field| field == Field::Any || field.channel().is_some();
        match target {
            _ if !(old.is_no() && new.is_yes() && change.source.renews()) => Self::None,
            Target::Identity(field) if marketing(field) => Self::Address,
            Target::Field(field) if marketing(field) => Self::Profile,
            Target::Identity(_) | Target::Field(_) | Target::List(_) => Self::None,
        }
    }
}

fn resolution(rule: Rule, held: Option<(Choice, Stamp)>, new: Choice, change: &ConsentChange) -> Resolution {
    match (rule, held) {
        (Rule::Undo, Some((old, stamp))) if old != new => {
            // Later than what it takes back, also if a clock went backwards.
            let at = change.received_at.max(Timestamp(stamp.at.0.saturating_add(1)));
            Resolution::Apply { at }
        }
        (Rule::Undo, _) => Resolution::Unchanged,
        (Rule::Resolve, held) => resolve(held, new, change),
    }
}

fn check(change: &ConsentChange) -> Result<()> {
    let sets = &change.sets;
    if !(1..=SETS_MAX).contains(&sets.len()) {
        return Err(StoreError::Invalid(format!("a change names 1 to {SETS_MAX} values")));
    }
    let mut targets: SmallVec<[Target; 4]> = sets.iter().map(|(target, _)| *target).collect();
    targets.sort_unstable();
    if targets.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(StoreError::Invalid("a change names a value twice".to_owned()));
    }
    Ok(())
}

fn no_address() -> StoreError {
    StoreError::Invalid("a choice for an address needs the address as its subject".to_owned())
}

/// What a ledger entry holds of its evidence: SHA-256 over salt and content.
pub(crate) fn commitment(salt: &[u8], content: &str) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(content).finalize().into()
}
