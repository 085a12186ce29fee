//! Double opt-in: requests for a list, which their address's owner has yet to confirm.
//!
//! They stand outside of all profiles, by a keyed hash of the address, so that nothing of whoever owns the address changes
//! because somebody typed it. Those of `opt_in_request` were made before that, of addresses that are known; their links
//! work as long as they always did, and none are added.

pub(crate) mod confirm;
pub(crate) mod request;

use consent::{
    Address, AddressId, Choice, Evidence, Field, ListId, Namespace, Stamp, Timestamp, WorkspaceId,
};

use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, params};
use crate::state::record::{ProfileState, Recorder};
use crate::state::rows::{AddressState, Rows};
use crate::store::{Answer, Key, Store};
use crate::types::{OptInId, OptInKey, OptInRequest};

impl Store {
    /// A request; `None` for one that is forgotten, a week after its end, or in whose place a later one stands.
    pub fn opt_in_request(&self, workspace: WorkspaceId, key: OptInKey) -> Answer<Option<OptInRequest>> {
        self.query("opt_in_request", Key::Workspace(workspace), move |db| by_key(db, workspace, key))
    }
}

/// A request by its key, see [`crate::Store::opt_in_request`].
pub(crate) fn by_key(db: &impl Db, workspace: WorkspaceId, key: OptInKey) -> Result<Option<OptInRequest>> {
    match key {
        OptInKey::Typed { .. } => typed(db, workspace, key),
        OptInKey::Known(address, id) => known(db, workspace, address, id),
    }
}

fn typed(db: &impl Db, workspace: WorkspaceId, key: OptInKey) -> Result<Option<OptInRequest>> {
    const SELECT: &str = "SELECT list, requested_at, expires_at, confirmed_at, asked, namespace, address
        FROM list_request WHERE who = ?1 AND workspace = ?2 AND list = ?3 AND id = ?4";
    let OptInKey::Typed { who, list, id } = key else { return Ok(None) };
    db.first(SELECT, params![who, workspace.0, list.0, id], |row| {
        let namespace: Namespace = row.get::<&str>(5)?.parse().map_err(|_| damaged())?;
        let address = Address::parse(&namespace, row.get::<&str>(6)?, None).map_err(|_| damaged())?;
        Ok(OptInRequest { address: Some(address), ..read(row, key)? })
    })
}

fn known(
    db: &impl Db,
    workspace: WorkspaceId,
    address: AddressId,
    id: OptInId,
) -> Result<Option<OptInRequest>> {
    const SELECT: &str = "SELECT list, requested_at, expires_at, confirmed_at, asked FROM opt_in_request
        WHERE address = ?1 AND workspace = ?2 AND id = ?3";
    db.first(SELECT, params![address.0, workspace.0, id.0], |row| read(row, OptInKey::Known(address, id)))
}

fn read(row: &Row<'_>, key: OptInKey) -> Result<OptInRequest> {
    Ok(OptInRequest {
        key,
        address: None,
        list: ListId(row.get(0)?),
        requested_at: Timestamp(row.get(1)?),
        expires_at: Timestamp(row.get(2)?),
        confirmed_at: row.get::<Option<_>>(3)?.map(Timestamp),
        asked: serde_json::from_str::<Evidence>(row.get(4)?).map_err(|_| damaged())?,
    })
}

fn damaged() -> StoreError {
    StoreError::Damaged("an opt-in request".to_owned())
}

impl<R: Rows> Recorder<'_, R> {
    /// Whether the person has said no since a moment, or at it: to the list, or in the profile or for the address to all
    /// marketing or the address's channel.
    fn refused_since(
        &mut self,
        profile: &ProfileState,
        address: &AddressState,
        list: Option<(Choice, Stamp)>,
        since: Timestamp,
    ) -> Result<bool> {
        let owner = self.rows.owner(address.id)?;
        let channel = owner.and_then(|owner| owner.namespace.main_channel()).map(consent::Channel::field);
        // Marketing email is commercial email.
        let twin = (channel == Some(Field::Email)).then_some(Field::CommercialEmail);
        let fields = [Some(Field::Any), channel, twin].into_iter().flatten();
        let of_fields = fields.flat_map(|field| [profile.values.get(field), address.values.get(field)]);
        Ok(of_fields.chain([list]).flatten().any(|(choice, stamp)| choice.is_no() && stamp.at >= since))
    }
}
