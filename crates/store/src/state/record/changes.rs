//! The operations that record what somebody chose.

use consent::{AddressId, ConsentChange, WorkspaceId};

use super::Recorder;
use crate::error::{Result, StoreError};
use crate::state::change::{BULK_MIN, ChangeConsent, Wants};
use crate::state::rows::Rows;
use crate::store::{Answer, Key, Store};
use crate::types::{AddressOwner, Recorded};

/// Makes a change of what is known about an address, or decides against one. It may be asked again, when another node
/// got in between.
pub type MakeChange = Box<dyn Fn(&AddressOwner) -> Option<ConsentChange> + Send>;

impl Store {
    /// Records changes of consent: the only way in. Per value the latest `occurred_at` wins, see
    /// [`consent::change::resolve`]. All or none are recorded; answers in the order of `changes`.
    pub fn record(&self, workspace: WorkspaceId, changes: Vec<ConsentChange>) -> Answer<Vec<Recorded>> {
        self.change("record", Key::Each(workspace), workspace, Record { changes })
    }

    /// Reads the owner of an address and records the change that `make` makes of it, in one step; `None` when it makes
    /// none. [`StoreError::Missing`] for an address that isn't there.
    pub fn record_for(
        &self,
        workspace: WorkspaceId,
        address: AddressId,
        make: MakeChange,
    ) -> Answer<Option<Recorded>> {
        self.change("record_for", Key::Address(workspace, address), workspace, RecordFor { address, make })
    }
}

/// Records changes of consent: all of them or, with an error, none.
pub(crate) struct Record {
    /// In the order in which they are recorded.
    pub changes: Vec<ConsentChange>,
}

impl ChangeConsent for Record {
    type Answer = Vec<Recorded>;

    fn wants(&self, wants: &mut Wants) {
        for change in &self.changes {
            wants.subject(&change.subject);
        }
    }

    fn is_bulk(&self) -> bool {
        self.changes.len() >= BULK_MIN
    }

    fn run<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<Vec<Recorded>> {
        self.changes.iter().map(|change| recorder.record(change)).collect()
    }
}

/// Records the change, if any, that is made of what is known about an address.
pub(crate) struct RecordFor {
    /// Which address.
    pub address: AddressId,
    /// Makes the change.
    pub make: MakeChange,
}

impl ChangeConsent for RecordFor {
    type Answer = Option<Recorded>;

    fn wants(&self, wants: &mut Wants) {
        wants.addresses.push(self.address);
    }

    fn run<R: Rows>(&self, recorder: &mut Recorder<'_, R>) -> Result<Option<Recorded>> {
        let owner = recorder.rows.owner(self.address)?;
        let change = (self.make)(&owner.ok_or_else(|| StoreError::Missing(self.address.to_string()))?);
        change.map(|change| recorder.record(&change)).transpose()
    }
}
