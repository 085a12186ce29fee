//! Double opt-in: requests for a list, which their address's owner has yet to confirm. One of each address for each list.

pub(crate) mod confirm;
pub(crate) mod request;

use consent::{AddressId, Choice, EntryId, Evidence, Field, ListId, Stamp, Timestamp, WorkspaceId};

use crate::api::Result;
use crate::error::StoreError;
use crate::sql::{Db, Row, params};
use crate::state::record::{AddressState, ProfileState, Recorder};
use crate::state::rows::Rows;
use crate::state::stamps::Values;
use crate::types::{OptInId, OptInRequest};

/// A request as it is kept; whose it is, the address's owner tells.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub id: OptInId,
    pub list: ListId,
    pub requested_at: Timestamp,
    pub expires_at: Timestamp,
    pub confirmed_at: Option<Timestamp>,
    pub entry: Option<EntryId>,
    pub asked: Evidence,
}

impl Kept {
    fn of(self, address: &AddressState) -> OptInRequest {
        OptInRequest {
            id: self.id,
            address: address.id,
            profile: address.profile,
            list: self.list,
            requested_at: self.requested_at,
            expires_at: self.expires_at,
            confirmed_at: self.confirmed_at,
            entry: self.entry,
            asked: self.asked,
        }
    }
}

/// Selects what [`read`] reads.
macro_rules! select_requests {
    ($rest:literal) => {
        concat!(
            "SELECT id, list, requested_at, expires_at, confirmed_at, entry, asked FROM opt_in_request
            WHERE address = ?1 AND workspace = ?2 AND ",
            $rest
        )
    };
}

/// A request by its id.
fn by_id(db: &impl Db, workspace: WorkspaceId, address: AddressId, id: OptInId) -> Result<Option<Kept>> {
    const SELECT: &str = select_requests!("id = ?3");
    db.first(SELECT, params![address.0, workspace.0, id.0], read)
}

/// An address's last request for a list.
fn for_list(db: &impl Db, workspace: WorkspaceId, address: AddressId, list: ListId) -> Result<Option<Kept>> {
    const SELECT: &str = select_requests!("list = ?3");
    db.first(SELECT, params![address.0, workspace.0, list.0], read)
}

fn read(row: &Row<'_>) -> Result<Kept> {
    let asked: &str = row.get(6)?;
    Ok(Kept {
        id: OptInId(row.get(0)?),
        list: ListId(row.get(1)?),
        requested_at: Timestamp(row.get(2)?),
        expires_at: Timestamp(row.get(3)?),
        confirmed_at: row.get::<Option<_>>(4)?.map(Timestamp),
        entry: row.get::<Option<_>>(5)?.map(EntryId),
        asked: serde_json::from_str(asked)
            .map_err(|_| StoreError::Damaged("what an opt-in request says".to_owned()))?,
    })
}

/// Keeps a request in place of the address's last one for the list.
fn put(db: &impl Db, workspace: WorkspaceId, address: AddressId, kept: &Kept, asked: &str) -> Result<()> {
    const PUT: &str = "INSERT INTO opt_in_request
        (address, workspace, list, id, requested_at, expires_at, confirmed_at, entry, asked)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (address, list, workspace) DO UPDATE SET id = excluded.id,
            requested_at = excluded.requested_at, expires_at = excluded.expires_at,
            confirmed_at = excluded.confirmed_at, entry = excluded.entry, asked = excluded.asked";
    let values = params![
        address.0,
        workspace.0,
        kept.list.0,
        kept.id.0,
        kept.requested_at.0,
        kept.expires_at.0,
        kept.confirmed_at.map(|at| at.0),
        kept.entry.map(|entry| entry.0),
        asked,
    ];
    db.execute(PUT, values).map(drop)
}

/// A request of an address, see [`crate::PageStore::opt_in_request`].
pub(crate) fn request_of(
    db: &impl Db,
    workspace: WorkspaceId,
    id: OptInId,
    address: AddressId,
) -> Result<Option<OptInRequest>> {
    let Some(kept) = by_id(db, workspace, address, id)? else { return Ok(None) };
    let Some(profile) = super::texts::owner(db, workspace, address)? else { return Ok(None) };
    Ok(Some(kept.of(&AddressState { id: address, profile, values: Values::default(), epoch: 0 })))
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
