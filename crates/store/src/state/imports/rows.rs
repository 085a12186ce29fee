//! The operations that bring rows in.

use consent::WorkspaceId;

use crate::state::import::Import;
use crate::store::{Answer, Key, Store};
use crate::types::{ImportPlace, ProfileRow, RowOutcome};

impl Store {
    /// Creates or updates profiles with their addresses and consents, a row each, in one transaction. A row that
    /// can't be applied is reported in its outcome and leaves nothing behind but the refusals it carried.
    ///
    /// Profiles that [`Store::record`] or [`Store::resolve_or_create`] made for an address alone are merged into the
    /// row's: their address moves, their choices are carried over. Nobody else's profiles are ever merged.
    pub fn import(&self, workspace: WorkspaceId, rows: Vec<ProfileRow>) -> Answer<Vec<RowOutcome>> {
        self.change("import", Key::Each(workspace), workspace, Import { rows, place: None })
    }

    /// [`Store::import`], keeping what it takes to undo it. [`crate::StoreError::Superseded`] once somebody has begun to take
    /// the import back.
    pub fn import_rows(
        &self,
        workspace: WorkspaceId,
        place: ImportPlace,
        rows: Vec<ProfileRow>,
    ) -> Answer<Vec<RowOutcome>> {
        self.change("import_rows", Key::Each(workspace), workspace, Import { rows, place: Some(place) })
    }
}
