//! What imports' rows changed, as it is kept until the import is taken back.

use consent::{ImportId, ProfileId};

use super::image::{RUN, Touch};
use super::runs;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};
use crate::state::fence;
use crate::types::UndoCounts;

/// The row stands.
pub(super) const STANDS: u8 = 0;
/// Its values are taken back; what remains is to delete the profile, unless something is known of it.
pub(super) const TO_DELETE: u8 = 1;
/// Its values are taken back; what remains is to take its addresses off.
pub(super) const TO_TAKE_OFF: u8 = 2;

/// What a step did, and the last profile that it looked at; `None`: there was nothing to do.
pub(crate) type Step = (UndoCounts, Option<ProfileId>);

/// Keeps what rows overwrote.
pub(crate) fn keep(
    db: &impl Db,
    workspace: consent::WorkspaceId,
    import: ImportId,
    touches: &[Touch],
) -> Result<()> {
    const INSERT: &str = "INSERT INTO import_touch (workspace, import, profile, number, flags, state, image)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let touches = runs::fold(touches);
    // A program that doesn't know runs would take back the first profile of each and leave the others.
    if touches.iter().any(|touch| touch.flags & RUN != 0) {
        fence::open_only_to(db, fence::KNOWS_RUNS)?;
    }
    let images = touches.iter().map(|touch| serde_json::to_string(&touch.image));
    let images = images.collect::<std::result::Result<Vec<_>, _>>();
    let images = images.map_err(|error| StoreError::Invalid(error.to_string()))?;
    let rows = touches.iter().zip(&images).map(|(touch, image)| {
        *params![
            workspace.0,
            import.0,
            touch.profile.0,
            touch.number.cast_signed(),
            touch.flags,
            STANDS,
            image,
        ]
    });
    db.execute_all(INSERT, rows).map(drop)
}

/// The images of profiles after one, of rows in a state: by profile, each profile's newest first, and of each profile all.
pub(super) fn after(
    db: &impl Db,
    key: (consent::WorkspaceId, ImportId),
    state: u8,
    after: ProfileId,
    profiles: usize,
) -> Result<Vec<Touch>> {
    const LAST: &str = "SELECT max(profile) FROM (SELECT DISTINCT profile FROM import_touch
        WHERE workspace = ?1 AND import = ?2 AND profile > ?3 AND state = ?4 ORDER BY profile LIMIT ?5) AS page";
    const RUN: &str = "SELECT min(profile) FROM import_touch
        WHERE workspace = ?1 AND import = ?2 AND profile > ?3 AND profile <= ?5 AND state = ?4 AND flags & 16 <> 0";
    let (workspace, import) = key;
    let limit = profiles as i64;
    let last: Option<i64> =
        db.one(LAST, params![workspace.0, import.0, after.0, state, limit], |row| row.get(0))?;
    let Some(last) = last else { return Ok(Vec::new()) };
    let run: Option<i64> =
        db.one(RUN, params![workspace.0, import.0, after.0, state, last], |row| row.get(0))?;
    // A run is the end of a page: the profiles that it stands for come after it, and may have rows of their own besides.
    let mut touches = between(db, key, state, after, ProfileId(run.unwrap_or(last)))?;
    if let Some(first) = run {
        let until = touches.iter().map(runs::last).max().unwrap_or(after);
        touches.extend(between(db, key, state, ProfileId(first), until)?);
        touches = touches.into_iter().flat_map(runs::unfold).collect();
        touches.sort_by_key(|touch| (touch.profile, std::cmp::Reverse(touch.number)));
    }
    Ok(touches)
}

/// The rows as they are kept.
fn between(
    db: &impl Db,
    (workspace, import): (consent::WorkspaceId, ImportId),
    state: u8,
    after: ProfileId,
    until: ProfileId,
) -> Result<Vec<Touch>> {
    const SELECT: &str = "SELECT profile, number, flags, image FROM import_touch
        WHERE workspace = ?1 AND import = ?2 AND profile > ?3 AND profile <= ?5 AND state = ?4
        ORDER BY profile, number DESC";
    db.all(SELECT, params![workspace.0, import.0, after.0, state, until.0], |row| {
        let image = serde_json::from_str(row.get(3)?)
            .map_err(|error| StoreError::Damaged(format!("what {import} overwrote: {error}")))?;
        Ok(Touch { profile: ProfileId(row.get(0)?), number: row.get(1)?, flags: row.get(2)?, image })
    })
}
