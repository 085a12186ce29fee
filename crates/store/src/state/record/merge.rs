//! Merging a profile that stands for nothing but an address into the one that turns out to own the address.

use consent::{
    Choice, ConsentChange, ConsentWord, Evidence, ProfileId, Source, Stamp, Subject, Target, Timestamp,
};
use smallvec::smallvec;

use super::{ProfileState, Recorder, Rule};
use crate::error::Result;
use crate::state::rows::{AddressState, Rows};
use crate::state::stamps::Values;

/// Behind every address that the profile has; the import puts it where the row says.
const LAST_POSITION: i64 = i32::MAX as i64;

impl<R: Rows> Recorder<'_, R> {
    /// The profile that a profile has been merged into, or itself.
    pub fn current(&mut self, profile: ProfileId) -> Result<ProfileId> {
        Ok(self.rows.merged_into(profile)?.unwrap_or(profile))
    }

    /// Merges an unclaimed profile into another: moves its addresses and carries its choices over, as a file would that
    /// holds them with their times, each with an entry of its own. A refusal binds where nothing later is recorded, and
    /// binds its address in any case; consent never lifts a refusal. Preferences are carried over, too. The caller writes
    /// `into`.
    pub fn merge(&mut self, from: ProfileId, into: &mut ProfileState, received_at: Timestamp) -> Result<()> {
        let merged = self.profile(from)?;
        let mut addresses: Vec<AddressState> =
            self.rows.addresses_of(from)?.into_iter().map(|address| address.state).collect();
        for (field, choice, stamp) in merged.values.iter() {
            let target = Target::Field(field);
            let bound = self.carry(into, addresses.first_mut(), target, choice, stamp, received_at)?;
            if !bound && choice.is_no() {
                for address in &mut addresses {
                    self.carry(into, Some(address), Target::Identity(field), choice, stamp, received_at)?;
                }
            }
        }
        for (list, choice, stamp) in self.rows.subscriptions_of(from)? {
            self.carry(into, addresses.first_mut(), Target::List(list), choice, stamp, received_at)?;
        }
        for address in &addresses {
            self.rows.save_address(address)?;
            if address.values != Values::default() {
                into.values.set_word(|word| word.with_flags(ConsentWord::HAS_ADDRESS_VALUES));
            }
        }
        self.merge_preferences(&merged, into, received_at)?;
        self.retire(from, into.id)
    }

    /// Carries one choice over; whether it is what `into` says now.
    fn carry(
        &mut self,
        into: &mut ProfileState,
        address: Option<&mut AddressState>,
        target: Target,
        choice: Choice,
        stamp: Stamp,
        received_at: Timestamp,
    ) -> Result<bool> {
        let held = self.held(into, address.as_deref(), target)?;
        let refused = held.is_some_and(|(held, _)| held.is_no());
        if choice == Choice::Unset || (refused && !choice.is_no()) {
            return Ok(false);
        }
        let change = ConsentChange {
            subject: Subject::Profile(into.id),
            sets: smallvec![(target, choice)],
            occurred_at: (stamp.at != Timestamp::UNDATED).then_some(stamp.at),
            received_at: received_at.max(stamp.at),
            source: Source::IMPORT,
            run: None,
            evidence: Evidence { reason: self.rows.evidence(stamp.entry)?.reason, ..Evidence::default() },
        };
        let recorded = self.apply(into, address, &change, Rule::Resolve)?;
        Ok(recorded.outranked == 0)
    }

    /// Moves a profile's addresses, and leaves an empty row of it.
    fn retire(&mut self, from: ProfileId, into: ProfileId) -> Result<()> {
        self.rows.move_addresses(from, into, LAST_POSITION)?;
        self.rows.remove_subscriptions(from)?;
        self.rows.note_merged(from, into)?;
        self.rows.note_claimed(from)?;
        self.rows.save_profile(from, &Values::default())
    }
}
