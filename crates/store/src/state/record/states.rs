//! Loading what changes are resolved against.

use consent::{Address, AddressId, ProfileId, Subject, Timestamp};

use super::{AddressState, ProfileState, Recorder};
use crate::api::Result;
use crate::error::StoreError;
use crate::state::rows::{Details, Rows, raw};
use crate::state::stamps::Values;

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
            Subject::Named(address) => self.named(address, now)?,
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

    /// Finds an address, or makes it with a profile of its own.
    pub fn named(&mut self, address: &Address, now: Timestamp) -> Result<AddressState> {
        if let Some(found) = self.find(address)? {
            return Ok(found);
        }
        let profile = self.rows.new_profile_id()?;
        self.rows.insert_profile(profile, &Values::default(), &Details::default(), now)?;
        self.rows.note_unclaimed(profile)?;
        let id = self.rows.new_address_id()?;
        let made = AddressState { id, profile, values: Values::default(), epoch: 0 };
        let namespace = self.rows.namespace_or_new(address.namespace())?;
        self.insert_address(&made, address, namespace, 0)?;
        Ok(made)
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
