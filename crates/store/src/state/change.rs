//! Operations that change consent, for whichever engine runs them: the only users of [`Recorder`].
//!
//! An engine runs several in one transaction. It may run one again from the start, when another node got in between, so
//! an operation doesn't use itself up.

use consent::{Address, AddressId, EntryId, Namespace, ProfileId};

use super::record::Recorder;
use super::rows::Rows;
use crate::api::Result;

/// What an operation is going to read, so that an engine across a network can fetch it for many operations at once.
/// What isn't named is fetched when it is read.
#[derive(Default)]
pub(crate) struct Wants {
    pub profiles: Vec<ProfileId>,
    pub addresses: Vec<AddressId>,
    pub keys: Vec<(Namespace, String)>,
    pub external_ids: Vec<String>,
    pub entries: Vec<EntryId>,
}

impl Wants {
    /// Adds an address by its key.
    pub fn key(&mut self, address: &Address) {
        self.keys.push((address.namespace().clone(), address.key().to_owned()));
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
