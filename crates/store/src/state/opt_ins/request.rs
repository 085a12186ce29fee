//! Somebody asks for a list. It may be anybody who knows the address, so it is kept apart from whoever owns it.

use consent::{Timestamp, WorkspaceId};

use super::typed;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::store::{Answer, Key, Store};
use crate::types::{NewOptInRequest, OptInKey, OptInRequest};

/// How long a request that wasn't confirmed is kept after its end, so that its link can say that it has ended.
const KEPT_AFTER_END: i64 = 7 * 24 * 3_600 * 1_000_000;
/// Requests of one list that could have the same key: more never meet.
const ALIKE_MAX: i64 = 16;

impl Store {
    /// Keeps a request for a list until it is confirmed. Nothing else changes, no profile and no value, whoever typed the
    /// address and whoever owns it. The same request again, told by its address, list and time, gets a later end.
    pub fn request_opt_in(&self, workspace: WorkspaceId, request: NewOptInRequest) -> Answer<OptInRequest> {
        let hash = self.secrets().typed_address(workspace, &request.address);
        let who = who(&hash);
        self.write("request_opt_in", Key::Workspace(workspace), move |db| keep(db, workspace, who, &request))
    }
}

/// What of an address's keyed hash names its requests: as much as a link has room for.
pub(crate) fn who(hash: &[u8; 16]) -> i64 {
    hash[..6].iter().fold(0, |who, byte| who << 8 | i64::from(*byte))
}

/// Keeps a request, see [`crate::Store::request_opt_in`].
pub(crate) fn keep(
    db: &impl Db,
    workspace: WorkspaceId,
    who: i64,
    request: &NewOptInRequest,
) -> Result<OptInRequest> {
    const LIST: &str = "SELECT count(*) FROM list WHERE workspace = ?1 AND id = ?2";
    let asked = checked(request)?;
    if db.one(LIST, params![workspace.0, request.list.0], |row| row.get::<i64>(0))? == 0 {
        return Err(StoreError::Missing(request.list.to_string()));
    }
    forget(db, workspace, request.requested_at)?;
    let first = request.requested_at.0.div_euclid(1_000).max(0);
    // Addresses whose hashes begin alike, at the same time for the same list: they don't share a request.
    for id in first..first.saturating_add(ALIKE_MAX) {
        let key = OptInKey::Typed { who, list: request.list, id };
        let held = typed(db, workspace, key)?;
        if held.as_ref().is_none_or(|held| held.address.as_ref() == Some(&request.address)) {
            let ends =
                held.as_ref().map_or(request.expires_at, |held| held.expires_at.max(request.expires_at));
            put(db, workspace, (who, id), request, ends, &asked)?;
            return Ok(OptInRequest {
                key,
                address: Some(request.address.clone()),
                list: request.list,
                requested_at: request.requested_at,
                expires_at: ends,
                confirmed_at: held.and_then(|held| held.confirmed_at),
                asked: request.asked.clone(),
            });
        }
    }
    Err(StoreError::Conflict)
}

/// What is asked as JSON text, within the limits.
fn checked(request: &NewOptInRequest) -> Result<String> {
    if request.expires_at <= request.requested_at {
        return Err(invalid("ends after it begins"));
    }
    let asked = serde_json::to_string(&request.asked).map_err(|error| invalid(&error.to_string()))?;
    if asked.len() > NewOptInRequest::ASKED_BYTES_MAX {
        return Err(invalid(&format!("says at most {} bytes", NewOptInRequest::ASKED_BYTES_MAX)));
    }
    Ok(asked)
}

fn invalid(why: &str) -> StoreError {
    StoreError::Invalid(format!("an opt-in request {why}"))
}

fn put(
    db: &impl Db,
    workspace: WorkspaceId,
    (who, id): (i64, i64),
    request: &NewOptInRequest,
    ends: Timestamp,
    asked: &str,
) -> Result<()> {
    const PUT: &str = "INSERT INTO list_request
        (who, workspace, list, id, requested_at, expires_at, confirmed_at, namespace, address, asked)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7, ?8, ?9)
        ON CONFLICT (who, list, id, workspace) DO UPDATE SET expires_at = excluded.expires_at,
            asked = excluded.asked";
    let values = params![
        who,
        workspace.0,
        request.list.0,
        id,
        request.requested_at.0,
        ends.0,
        request.address.namespace().as_str(),
        request.address.raw(),
        asked,
    ];
    db.execute(PUT, values).map(drop)
}

/// Forgets addresses that were typed and never confirmed: they may be anybody's.
fn forget(db: &impl Db, workspace: WorkspaceId, now: Timestamp) -> Result<()> {
    const DELETE: &str =
        "DELETE FROM list_request WHERE workspace = ?1 AND confirmed_at IS NULL AND expires_at < ?2";
    db.execute(DELETE, params![workspace.0, now.0.saturating_sub(KEPT_AFTER_END)]).map(drop)
}
