//! Loading what changes are resolved against.

use consent::{Address, AddressId, ConsentWord, Origin, ProfileId, Subject, Timestamp};

use super::{ProfileState, Recorder};
use crate::error::{Result, StoreError};
use crate::state::fence::{KNOWS_ORIGINS, open_only_to};
use crate::state::rows::{AddressState, Details, Rows, raw};
use crate::state::stamps::Values;

impl ProfileState {
    /// Notes that the brand brought this person in; whether that is news. The caller writes it.
    pub fn bring_in(&mut self) -> bool {
        let is_news = !self.values.word().has_default();
        self.values.set_word(|word| word.without_flags(ConsentWord::NO_DEFAULT));
        is_news
    }
}

impl<R: Rows> Recorder<'_, R> {
    /// The profile and address that a subject names. An address never seen before gets a profile of its own (I7).
    pub fn subject(
        &mut self,
        subject: &Subject,
        now: Timestamp,
    ) -> Result<(ProfileState, Option<AddressState>)> {
        let address = match subject {
            Subject::Profile(profile) => {
                let current = self.current(*profile)?;
                return Ok((self.profile(current)?, None));
            }
            Subject::Address(address) => self.address(*address)?,
            Subject::Named(address, origin) => {
                let named = self.named(address, *origin, now)?;
                let mut profile = self.profile(named.profile)?;
                if *origin == Origin::Operator && profile.bring_in() {
                    self.rows.save_profile(profile.id, &profile.values)?;
                }
                return Ok((profile, Some(named)));
            }
        };
        Ok((self.profile(address.profile)?, Some(address)))
    }

    /// Loads a profile's consent.
    pub fn profile(&mut self, id: ProfileId) -> Result<ProfileState> {
        let values = self.rows.profile(id)?.ok_or_else(|| StoreError::Missing(id.to_string()))?;
        Ok(ProfileState { id, values })
    }

    /// Loads an address's consent.
    pub fn address(&mut self, id: AddressId) -> Result<AddressState> {
        self.rows.address(id)?.ok_or_else(|| StoreError::Missing(id.to_string()))
    }

    /// Finds an address by its key, or by one that it had.
    pub fn find(&mut self, address: &Address) -> Result<Option<AddressState>> {
        let Some(namespace) = self.rows.namespace(address.namespace())? else { return Ok(None) };
        if let Some(found) = self.rows.find_address(namespace, address.key())? {
            return Ok(Some(found));
        }
        for former in consent::former_keys(address.namespace(), address.key()) {
            if let Some(found) = self.rows.find_address(namespace, &former)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Finds an address, or makes it with a profile of its own, of that origin. One that is there stays what it is.
    pub fn named(&mut self, address: &Address, origin: Origin, now: Timestamp) -> Result<AddressState> {
        if let Some(found) = self.find(address)? {
            return Ok(found);
        }
        if origin == Origin::Stranger {
            self.close_to_programs_of_before()?;
        }
        let profile = self.rows.new_profile_id()?;
        self.rows.insert_profile(profile, &Values::of(origin), &Details::default(), now)?;
        self.rows.note_unclaimed(profile)?;
        let id = self.rows.new_address_id()?;
        let made = AddressState { id, profile, values: Values::default(), epoch: 0 };
        let namespace = self.rows.namespace_or_new(address.namespace())?;
        self.insert_address(&made, address, namespace, 0)?;
        Ok(made)
    }

    /// Programs that don't know [`ConsentWord::NO_DEFAULT`] would send to whoever only turned up.
    pub fn close_to_programs_of_before(&mut self) -> Result<()> {
        if !self.closed {
            let (db, _) = self.rows.write_beside();
            open_only_to(db, KNOWS_ORIGINS)?;
            self.closed = true;
        }
        Ok(())
    }

    /// Writes a new address, unless there is one with this key; whether it did.
    pub fn insert_address(
        &mut self,
        state: &AddressState,
        address: &Address,
        namespace: i64,
        position: i64,
    ) -> Result<bool> {
        self.rows.insert_address(state, namespace, position, address.key(), raw(address))
    }
}
