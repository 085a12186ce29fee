//! Loading and saving what changes are resolved against.

use consent::{Address, AddressId, ProfileId, Subject, Timestamp};
use rusqlite::{Row, params};

use super::{AddressState, ProfileState, Recorder};
use crate::api::Result;
use crate::error::StoreError;
use crate::state::namespaces;
use crate::state::stamps::Values;

impl Recorder<'_> {
    /// The profile and address that a subject names. An address never seen before gets a profile of its own (I7).
    pub fn subject(
        &mut self,
        subject: &Subject,
        now: Timestamp,
    ) -> Result<(ProfileState, Option<AddressState>)> {
        let address = match subject {
            Subject::Profile(profile) => return Ok((self.profile(self.current(*profile)?)?, None)),
            Subject::Address(address) => self.address(*address)?,
            Subject::Named(address) => self.named(address, now)?,
        };
        Ok((self.profile(address.profile)?, Some(address)))
    }

    /// Loads a profile's consent.
    pub fn profile(&mut self, id: ProfileId) -> Result<ProfileState> {
        let mut rows = self.statements.load_profile.query((id.0, self.workspace.0))?;
        let row = rows.next()?.ok_or_else(|| StoreError::Missing(id.to_string()))?;
        Ok(ProfileState { id, values: Values::unpack(row.get(0)?, row.get_ref(1)?.as_blob_or_null()?)? })
    }

    /// Loads an address's consent.
    pub fn address(&mut self, id: AddressId) -> Result<AddressState> {
        let mut rows = self.statements.load_address.query((id.0, self.workspace.0))?;
        read_address(rows.next()?.ok_or_else(|| StoreError::Missing(id.to_string()))?)
    }

    /// Finds an address by its key.
    pub fn find(&mut self, address: &Address) -> Result<Option<AddressState>> {
        let Some(namespace) = namespaces::code(self.conn, self.workspace, address.namespace())? else {
            return Ok(None);
        };
        let mut rows = self.statements.find_address.query((self.workspace.0, namespace, address.key()))?;
        rows.next()?.map(read_address).transpose()
    }

    /// Finds an address, or makes it with a profile of its own.
    pub fn named(&mut self, address: &Address, now: Timestamp) -> Result<AddressState> {
        if let Some(found) = self.find(address)? {
            return Ok(found);
        }
        let profile = ProfileState { id: self.new_profile_id(), values: Values::default() };
        let none = rusqlite::types::Null;
        let row = params![profile.id.0, self.workspace.0, 0, none, none, none, none, now.0, none, none, none];
        self.statements.insert_profile.execute(row)?;
        self.note_unclaimed(profile.id)?;
        let made = AddressState {
            id: self.new_address_id(),
            profile: profile.id,
            values: Values::default(),
            epoch: 0,
        };
        let namespace = namespaces::code_or_new(self.conn, self.workspace, address.namespace())?;
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
        let raw = (address.raw() != address.key()).then_some(address.raw());
        let inserted = self.statements.insert_address.execute(params![
            state.id.0,
            self.workspace.0,
            state.profile.0,
            namespace,
            position,
            state.values.word().bits() as i64,
            state.epoch,
            address.key(),
            raw,
            state.values.pack().as_deref(),
        ])?;
        Ok(inserted > 0)
    }

    /// Writes a profile's consent.
    pub fn save_profile(&mut self, profile: &ProfileState) -> Result<()> {
        let (bits, stamps) = (profile.values.word().bits() as i64, profile.values.pack());
        self.statements.save_profile.execute((profile.id.0, self.workspace.0, bits, stamps.as_deref()))?;
        Ok(())
    }

    /// Writes an address's consent.
    pub fn save_address(&mut self, address: &AddressState) -> Result<()> {
        let (bits, stamps) = (address.values.word().bits() as i64, address.values.pack());
        let row = (address.id.0, self.workspace.0, bits, address.epoch, stamps.as_deref());
        self.statements.save_address.execute(row)?;
        Ok(())
    }

    /// Gives out the id of a new profile.
    pub fn new_profile_id(&mut self) -> ProfileId {
        self.next_profile += 1;
        ProfileId(self.next_profile - 1)
    }

    /// Gives out the id of a new address.
    pub fn new_address_id(&mut self) -> AddressId {
        self.next_address += 1;
        AddressId(self.next_address - 1)
    }
}

fn read_address(row: &Row<'_>) -> Result<AddressState> {
    Ok(AddressState {
        id: AddressId(row.get(0)?),
        profile: ProfileId(row.get(1)?),
        values: Values::unpack(row.get(2)?, row.get_ref(4)?.as_blob_or_null()?)?,
        epoch: row.get(3)?,
    })
}
