//! People who turn up without anything being said of them yet.

use consent::{Address, Origin, Timestamp, WorkspaceId};

use super::change::{BULK_MIN, ChangeConsent, Wants};
use super::profile;
use super::record::Recorder;
use super::rows::Rows;
use crate::error::{Result, StoreError};
use crate::store::{Answer, Key, Store};
use crate::types::AddressOwner;

impl Store {
    /// Like [`Store::resolve`], but an address never seen gets a profile of its own, of that origin. Profiles that are there
    /// stay what they are: to name somebody isn't to bring them in.
    pub fn resolve_or_create(
        &self,
        workspace: WorkspaceId,
        addresses: Vec<Address>,
        origin: Origin,
        at: Timestamp,
    ) -> Answer<Vec<AddressOwner>> {
        self.change(
            "resolve_or_create",
            Key::Each(workspace),
            workspace,
            ResolveOrCreate { addresses, origin, at },
        )
    }
}

/// Tells who owns these addresses, each of which has an owner afterwards.
pub(crate) struct ResolveOrCreate {
    /// In the order of the answer.
    pub addresses: Vec<Address>,
    /// That of the profiles that are made; those that are there stay what they are.
    pub origin: Origin,
    /// When new profiles are created.
    pub at: Timestamp,
}

impl ChangeConsent for ResolveOrCreate {
    type Answer = Vec<AddressOwner>;

    fn wants(&self, wants: &mut Wants) {
        for address in &self.addresses {
            wants.key(address);
        }
    }

    fn is_bulk(&self) -> bool {
        self.addresses.len() >= BULK_MIN
    }

    fn run<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<Vec<AddressOwner>> {
        profile::limit(&self.addresses)?;
        let missing = || StoreError::Damaged("an address just made is missing".to_owned());
        let mut owners = Vec::with_capacity(self.addresses.len());
        for address in &self.addresses {
            let id = recorder.named(address, self.origin, self.at)?.id;
            owners.push(recorder.rows.owner(id)?.ok_or_else(missing)?);
        }
        Ok(owners)
    }
}
