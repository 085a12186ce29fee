//! The second step: profiles that an import created, and addresses that it added, go if nothing is known of them.

use std::collections::HashSet;

use consent::{Address, AddressId, EntryId, ImportId, ProfileId, Source, WorkspaceId};
use roaring::RoaringTreemap;

use super::count;
use super::image::{PROFILES, Touch};
use super::touch::{self, Step};
use crate::error::Result;
use crate::sql::{Db, params};
use crate::state::stamps::Values;
use crate::state::{namespaces, profile, runs};
use crate::types::UndoCounts;

/// What refers to an address.
const OF_ADDRESS: [&str; 6] = [
    "SELECT EXISTS (SELECT 1 FROM text_message WHERE workspace = ?1 AND address = ?2)",
    "SELECT EXISTS (SELECT 1 FROM text_hold WHERE workspace = ?1 AND address = ?2)",
    "SELECT EXISTS (SELECT 1 FROM text_ask WHERE workspace = ?1 AND address = ?2)",
    "SELECT EXISTS (SELECT 1 FROM text_reply WHERE workspace = ?1 AND address = ?2)",
    "SELECT EXISTS (SELECT 1 FROM sender_block WHERE workspace = ?1 AND address = ?2)",
    "SELECT EXISTS (SELECT 1 FROM opt_in_request WHERE workspace = ?1 AND address = ?2)",
];
/// What refers to a profile. Deliveries and exclusions are in the audience of their run.
const OF_PROFILE: [&str; 3] = [
    "SELECT EXISTS (SELECT 1 FROM preference WHERE workspace = ?1 AND profile = ?2)",
    "SELECT EXISTS (SELECT 1 FROM paced_send WHERE workspace = ?1 AND profile = ?2)",
    "SELECT EXISTS (SELECT 1 FROM profile_merged WHERE workspace = ?1 AND into_profile = ?2)",
];

/// Everybody who is in the audience of a run.
pub(crate) fn in_runs(db: &impl Db, workspace: WorkspaceId) -> Result<RoaringTreemap> {
    const SELECT: &str = "SELECT id FROM run WHERE workspace = ?1 AND audience_size > 0";
    let ids = db.all(SELECT, params![workspace.0], |row| row.get(0).map(consent::RunId))?;
    ids.into_iter().try_fold(RoaringTreemap::new(), |all, run| Ok(all | runs::audience(db, workspace, run)?))
}

/// Whether anything is known of a profile beside what one import said.
pub(super) fn is_known(
    db: &impl Db,
    workspace: WorkspaceId,
    id: ProfileId,
    own: &HashSet<EntryId>,
) -> Result<bool> {
    for sql in OF_PROFILE {
        if db.one(sql, params![workspace.0, id.0], |row| row.get(0))? {
            return Ok(true);
        }
    }
    if has_entries(db, id, None, own)? {
        return Ok(true);
    }
    for (address, namespace, key) in addresses(db, workspace, id)? {
        if is_referred_to(db, workspace, address, (namespace, &key))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the ledger holds entries about a profile, or an address of it, that aren't an import's own or its undo's.
fn has_entries(db: &impl Db, id: ProfileId, of: Option<AddressId>, own: &HashSet<EntryId>) -> Result<bool> {
    const SELECT: &str = "SELECT id, source, address FROM ledger_event WHERE profile = ?1";
    let mut found = false;
    db.each(SELECT, params![id.0], |row| {
        let is_own =
            own.contains(&EntryId(row.get(0)?)) || row.get::<&str>(1)? == Source::IMPORT_UNDO.as_str();
        let address = row.get::<Option<i64>>(2)?.map(AddressId);
        found |= !is_own && (of.is_none() || address == of);
        Ok(())
    })?;
    Ok(found)
}

fn is_referred_to(
    db: &impl Db,
    workspace: WorkspaceId,
    address: AddressId,
    (namespace, key): (i64, &str),
) -> Result<bool> {
    const FEEDBACK: &str = "SELECT EXISTS
        (SELECT 1 FROM feedback WHERE workspace = ?1 AND namespace = ?2 AND value = ?3)";
    for sql in OF_ADDRESS {
        if db.one(sql, params![workspace.0, address.0], |row| row.get(0))? {
            return Ok(true);
        }
    }
    let namespace = namespaces::name(db, workspace, namespace)?;
    db.one(FEEDBACK, params![workspace.0, namespace.as_str(), key], |row| row.get(0))
}

fn addresses(db: &impl Db, workspace: WorkspaceId, id: ProfileId) -> Result<Vec<(AddressId, i64, String)>> {
    const SELECT: &str = "SELECT id, namespace, key FROM address WHERE profile = ?1 AND workspace = ?2";
    db.all(SELECT, params![id.0, workspace.0], |row| Ok((AddressId(row.get(0)?), row.get(1)?, row.get(2)?)))
}

/// Deletes the next profiles whose values are taken back. Where something is known of one by now it stays.
pub(crate) fn profiles(
    db: &impl Db,
    key: (WorkspaceId, ImportId),
    after: ProfileId,
    in_runs: &RoaringTreemap,
    has_keys_apart: bool,
) -> Result<Step> {
    const PROFILE: &str = "DELETE FROM profile WHERE id = ?1 AND workspace = ?2";
    const REST: [&str; 2] = [
        "DELETE FROM subscription WHERE profile = ?1 AND workspace = ?2",
        "DELETE FROM unclaimed_profile WHERE profile = ?1 AND CAST(?2 AS BIGINT) IS NOT NULL",
    ];
    const EXTERNAL_ID: &str = "SELECT external_id FROM profile WHERE id = ?1 AND workspace = ?2";
    const KEY: &str = "DELETE FROM profile_external_id WHERE external_id = ?1 AND workspace = ?2";
    let workspace = key.0;
    let page = touch::after(db, key, touch::TO_DELETE, after, PROFILES)?;
    let (mut done, mut highest) = (UndoCounts::default(), (0, 0));
    for Touch { profile: id, image, .. } in &page {
        let own = image.entries.iter().copied().collect();
        let Some(view) = profile::view(db, workspace, *id)? else { continue };
        let choices = view.values.values().chain(view.addresses.iter().flat_map(|one| one.values.values()));
        let choices = choices.chain(view.subscriptions.iter().map(|(.., held)| held));
        let says_more = choices.into_iter().any(|held| held.choice.counts() && !held.choice.is_yes());
        if says_more || in_runs.contains(id.0.cast_unsigned()) || is_known(db, workspace, *id, &own)? {
            done.kept_for_history += 1;
            continue;
        }
        for (address, namespace, key) in addresses(db, workspace, *id)? {
            delete_address(db, workspace, (*id, address), (namespace, &key), has_keys_apart)?;
            highest.1 = highest.1.max(address.0);
        }
        if has_keys_apart {
            let external_id: Option<String> =
                db.one(EXTERNAL_ID, params![id.0, workspace.0], |row| row.get(0))?;
            if let Some(external_id) = external_id {
                db.execute(KEY, params![&external_id, workspace.0])?;
            }
        }
        for sql in REST {
            db.execute(sql, params![id.0, workspace.0])?;
        }
        db.execute(PROFILE, params![id.0, workspace.0])?;
        highest.0 = highest.0.max(id.0);
        done.deleted += 1;
    }
    settle(db, key, &page, &done, highest)?;
    Ok((done, page.last().map(|touch| touch.profile)))
}

/// The next addresses that an import added to people who had been there.
pub(crate) fn added(
    db: &impl Db,
    key: (WorkspaceId, ImportId),
    after: ProfileId,
) -> Result<Vec<(ProfileId, AddressId, Address)>> {
    const SELECT: &str = "SELECT namespace, coalesce(raw, key) FROM address
        WHERE profile = ?1 AND id = ?2 AND workspace = ?3";
    let mut found = Vec::new();
    for Touch { profile, image, .. } in touch::after(db, key, touch::TO_TAKE_OFF, after, PROFILES)? {
        for id in &image.addresses {
            let row = db.first(SELECT, params![profile.0, id.0, key.0.0], |row| {
                Ok((row.get::<i64>(0)?, row.get::<String>(1)?))
            })?;
            if let Some((namespace, raw)) = row {
                let namespace = namespaces::name(db, key.0, namespace)?;
                found.push((profile, *id, Address::kept(&namespace, &raw)));
            }
        }
    }
    Ok(found)
}

/// Takes the next addresses off people who had been there: those of `reachable` of which nothing is known. One that can't be
/// sent to stays, since the one after it would be sent to in its place.
pub(crate) fn addresses_off(
    db: &impl Db,
    key: (WorkspaceId, ImportId),
    after: ProfileId,
    reachable: &HashSet<AddressId>,
    has_keys_apart: bool,
) -> Result<Step> {
    const SELECT: &str = "SELECT namespace, key, word, stamps FROM address
        WHERE profile = ?1 AND id = ?2 AND workspace = ?3";
    const OTHERS: &str = "SELECT count(*) FROM address WHERE profile = ?1 AND workspace = ?2";
    const TOUCH: &str = "UPDATE profile SET word = word WHERE id = ?1 AND workspace = ?2";
    let workspace = key.0;
    let page = touch::after(db, key, touch::TO_TAKE_OFF, after, PROFILES)?;
    let (mut done, mut highest) = (UndoCounts::default(), (0, 0));
    for Touch { profile: id, image, .. } in &page {
        let own = image.entries.iter().copied().collect();
        for address in &image.addresses {
            let row = db.first(SELECT, params![id.0, address.0, workspace.0], |row| {
                Ok((row.get::<i64>(0)?, row.get::<String>(1)?, Values::unpack(row.get(2)?, row.get(3)?)?))
            })?;
            let Some((namespace, name, values)) = row else { continue };
            let others: i64 = db.one(OTHERS, params![id.0, workspace.0], |row| row.get(0))?;
            let stays = others < 2
                || !reachable.contains(address)
                || values.iter().any(|(_, choice, _)| choice.counts())
                || has_entries(db, *id, Some(*address), &own)?
                || is_referred_to(db, workspace, *address, (namespace, &name))?;
            if stays {
                done.addresses_kept += 1;
                continue;
            }
            delete_address(db, workspace, (*id, *address), (namespace, &name), has_keys_apart)?;
            db.execute(TOUCH, params![id.0, workspace.0])?;
            highest.1 = highest.1.max(address.0);
            done.addresses += 1;
        }
    }
    settle(db, key, &page, &done, highest)?;
    Ok((done, page.last().map(|touch| touch.profile)))
}

fn delete_address(
    db: &impl Db,
    workspace: WorkspaceId,
    (profile, id): (ProfileId, AddressId),
    (namespace, key): (i64, &str),
    has_keys_apart: bool,
) -> Result<()> {
    const ADDRESS: &str = "DELETE FROM address WHERE profile = ?1 AND id = ?2 AND workspace = ?3";
    const KEY: &str = "DELETE FROM address_key WHERE key = ?1 AND namespace = ?2 AND workspace = ?3";
    const OWNER: &str = "DELETE FROM address_owner WHERE address = ?1 AND workspace = ?2";
    db.execute(ADDRESS, params![profile.0, id.0, workspace.0])?;
    if has_keys_apart {
        db.execute(KEY, params![key, namespace, workspace.0])?;
        db.execute(OWNER, params![id.0, workspace.0])?;
    }
    Ok(())
}

/// Notes that these profiles' touches are done with, and which ids nobody gets again.
fn settle(
    db: &impl Db,
    (workspace, import): (WorkspaceId, ImportId),
    page: &[Touch],
    done: &UndoCounts,
    (profile, address): (i64, i64),
) -> Result<()> {
    const DELETE: &str = "DELETE FROM import_touch WHERE workspace = ?1 AND import = ?2 AND profile = ?3";
    const HIGHEST: &str = "UPDATE import_run SET
            last_profile = CASE WHEN last_profile < ?3 THEN ?3 ELSE last_profile END,
            last_address = CASE WHEN last_address < ?4 THEN ?4 ELSE last_address END
        WHERE workspace = ?1 AND id = ?2";
    let rows = page.iter().map(|touch| *params![workspace.0, import.0, touch.profile.0]);
    db.execute_all(DELETE, rows)?;
    db.execute(HIGHEST, params![workspace.0, import.0, profile, address])?;
    count(db, workspace, import, done)
}
