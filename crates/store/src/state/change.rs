//! Operations that change consent, for whichever engine runs them: the only users of [`Recorder`].
//!
//! An engine runs several in one transaction. It may run one again from the start, when another node got in between, so
//! an operation doesn't use itself up.

use consent::{Address, AddressId, EntryId, Namespace, ProfileId, Subject};

use super::record::Recorder;
use super::rows::Rows;
use crate::error::Result;

/// From how many changes, rows or addresses on an operation is large.
pub(crate) const BULK_MIN: usize = 65;

/// What an operation is going to read, so that an engine across a network can fetch it for many operations at once.
/// What isn't named is fetched when it is read.
#[derive(Default)]
pub(crate) struct Wants {
    /// Profiles, or those that they have been merged into.
    pub profiles: Vec<ProfileId>,
    /// Addresses by id, with their profiles.
    pub addresses: Vec<AddressId>,
    /// Addresses by key, with their profiles.
    pub keys: Vec<(Namespace, String)>,
    /// Profiles by external id.
    pub external_ids: Vec<String>,
    /// Ledger entries, with what they are about.
    pub entries: Vec<EntryId>,
}

impl Wants {
    /// Adds an address by its key.
    pub fn key(&mut self, address: &Address) {
        let former = consent::former_keys(address.namespace(), address.key());
        let keys = std::iter::once(address.key().to_owned()).chain(former);
        self.keys.extend(keys.map(|key| (address.namespace().clone(), key)));
    }

    /// Adds what a change is about.
    pub fn subject(&mut self, subject: &Subject) {
        match subject {
            Subject::Profile(profile) => self.profiles.push(*profile),
            Subject::Address(address) => self.addresses.push(*address),
            Subject::Named(address, _) => self.key(address),
        }
    }
}

/// One operation.
pub(crate) trait ChangeConsent: Send + 'static {
    /// What it answers with.
    type Answer: Send + 'static;

    /// Names what it is going to read.
    fn wants(&self, wants: &mut Wants);

    /// Whether it is large: such operations don't share a transaction with others.
    fn is_bulk(&self) -> bool {
        false
    }

    /// Does it. An error leaves nothing behind.
    fn run<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<Self::Answer>;
}
