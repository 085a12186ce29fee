//! Merging a profile that stands for nothing but an address into the one that turns out to own the address.

use consent::{
    AddressId, Choice, ConsentChange, ConsentWord, Evidence, ListId, ProfileId, Source, Stamp, Subject,
    Target, Timestamp,
};
use rusqlite::{OptionalExtension as _, Row};
use smallvec::smallvec;

use super::{AddressState, ProfileState, Recorder, Rule, read_subscription};
use crate::api::Result;
use crate::state::history;
use crate::state::stamps::{Values, choice};

/// Behind every address that the profile has; the import puts it where the row says.
const LAST_POSITION: i64 = i32::MAX as i64;

impl Recorder<'_> {
    /// Notes that a new profile stands for nothing but its address.
    pub(crate) fn note_unclaimed(&self, profile: ProfileId) -> Result<()> {
        const INSERT: &str = "INSERT INTO unclaimed_profile (profile) VALUES (?1)";
        self.conn.prepare_cached(INSERT)?.execute([profile.0])?;
        Ok(())
    }

    /// Whether a profile stands for nothing but its address: no import has ever been about it.
    pub fn is_unclaimed(&self, profile: ProfileId) -> Result<bool> {
        const FIND: &str = "SELECT EXISTS (SELECT 1 FROM unclaimed_profile WHERE profile = ?1)";
        Ok(self.conn.prepare_cached(FIND)?.query_row([profile.0], |row| row.get(0))?)
    }

    /// Notes that an import is about a profile.
    pub fn note_claimed(&self, profile: ProfileId) -> Result<()> {
        const DELETE: &str = "DELETE FROM unclaimed_profile WHERE profile = ?1";
        self.conn.prepare_cached(DELETE)?.execute([profile.0])?;
        Ok(())
    }

    /// The profile that a profile has been merged into, or itself.
    pub(crate) fn current(&self, profile: ProfileId) -> Result<ProfileId> {
        const FIND: &str =
            "SELECT into_profile FROM profile_merged WHERE workspace = ?1 AND from_profile = ?2";
        let mut find = self.conn.prepare_cached(FIND)?;
        let into = find.query_row((self.workspace.0, profile.0), |row| row.get(0)).optional()?;
        Ok(into.map_or(profile, ProfileId))
    }

    /// Merges an unclaimed profile into another: moves its addresses and carries its choices over, as a file would that
    /// holds them with their times, each with an entry of its own. A refusal binds where nothing later is recorded, and
    /// binds its address in any case; consent never lifts a refusal. The caller writes `into`.
    pub fn merge(&mut self, from: ProfileId, into: &mut ProfileState, received_at: Timestamp) -> Result<()> {
        const LIST: &str =
            "SELECT choice, at, entry, list FROM subscription WHERE workspace = ?1 AND profile = ?2";
        let merged = self.profile(from)?;
        let mut addresses = self.addresses_of(from)?;
        for (field, choice, stamp) in merged.values.iter() {
            let target = Target::Field(field);
            let bound = self.carry(into, addresses.first_mut(), target, choice, stamp, received_at)?;
            if !bound && choice.is_no() {
                for address in &mut addresses {
                    self.carry(into, Some(address), Target::Identity(field), choice, stamp, received_at)?;
                }
            }
        }
        let read = |row: &Row<'_>| -> Result<(Target, Choice, Stamp)> {
            let (code, stamp) = read_subscription(row)?;
            Ok((Target::List(ListId(row.get(3)?)), choice(code)?, stamp))
        };
        let lists: Vec<_> = self
            .conn
            .prepare_cached(LIST)?
            .query_and_then((self.workspace.0, from.0), read)?
            .collect::<Result<_>>()?;
        for (list, choice, stamp) in lists {
            self.carry(into, addresses.first_mut(), list, choice, stamp, received_at)?;
        }
        for address in &addresses {
            self.save_address(address)?;
            if address.values != Values::default() {
                into.values.set_word(|word| word.with_flags(ConsentWord::HAS_ADDRESS_VALUES));
            }
        }
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
            evidence: Evidence {
                reason: history::evidence(self.conn, stamp.entry)?.reason,
                ..Evidence::default()
            },
        };
        let recorded = self.apply(into, address, &change, Rule::Resolve)?;
        Ok(recorded.outranked == 0)
    }

    fn addresses_of(&mut self, profile: ProfileId) -> Result<Vec<AddressState>> {
        const SELECT: &str =
            "SELECT id FROM address WHERE profile = ?1 AND workspace = ?2 ORDER BY namespace, position, id";
        let ids: Vec<AddressId> = self
            .conn
            .prepare_cached(SELECT)?
            .query_map((profile.0, self.workspace.0), |row| Ok(AddressId(row.get(0)?)))?
            .collect::<rusqlite::Result<_>>()?;
        ids.into_iter().map(|id| self.address(id)).collect()
    }

    /// Moves a profile's addresses, and leaves an empty row of it.
    fn retire(&mut self, from: ProfileId, into: ProfileId) -> Result<()> {
        const MOVE: &str =
            "UPDATE address SET profile = ?3, position = ?4 WHERE profile = ?1 AND workspace = ?2";
        const LEAVE: &str = "DELETE FROM subscription WHERE profile = ?1 AND workspace = ?2";
        const MERGED: &str =
            "INSERT INTO profile_merged (workspace, from_profile, into_profile) VALUES (?1, ?2, ?3)";
        let workspace = self.workspace.0;
        self.conn.prepare_cached(MOVE)?.execute((from.0, workspace, into.0, LAST_POSITION))?;
        self.conn.prepare_cached(LEAVE)?.execute((from.0, workspace))?;
        self.conn.prepare_cached(MERGED)?.execute((workspace, from.0, into.0))?;
        self.note_claimed(from)?;
        self.save_profile(&ProfileState { id: from, values: Values::default() })
    }
}
