//! Who owns which address, and all that is known of a profile.

use std::collections::BTreeMap;

use consent::{
    Address, AddressId, Choice, Field, ListId, Namespace, ProfileId, Stamp, Timestamp, WorkspaceId,
};
use roaring::RoaringTreemap;
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::stamps::Values;
use super::{history, namespaces};
use crate::api::Result;
use crate::error::StoreError;
use crate::sqlite::read_subscription;
use crate::types::{AddressOwner, AddressView, Counts, Held, ProfileView};

/// Most addresses in one question.
const ADDRESSES_MAX: usize = 8192;

macro_rules! select_owners {
    ($rest:literal) => {
        concat!(
            "SELECT address.id, address.namespace, coalesce(address.raw, address.key), address.profile, address.epoch,
             profile.locale FROM address JOIN profile ON profile.id = address.profile ",
            $rest
        )
    };
}

/// Who owns these addresses.
pub(crate) fn resolve(
    conn: &Connection,
    workspace: WorkspaceId,
    addresses: &[Address],
) -> Result<Vec<Option<AddressOwner>>> {
    const SELECT: &str =
        select_owners!("WHERE address.workspace = ?1 AND address.namespace = ?2 AND address.key = ?3");
    limit(addresses)?;
    let mut statement = conn.prepare_cached(SELECT)?;
    let mut find = |address: &Address| -> Result<Option<AddressOwner>> {
        let Some(namespace) = namespaces::code(conn, workspace, address.namespace())? else {
            return Ok(None);
        };
        let mut rows = statement.query((workspace.0, namespace, address.key()))?;
        rows.next()?.map(|row| read_owner(row, address.namespace().clone())).transpose()
    };
    addresses.iter().map(&mut find).collect()
}

/// The owner of an address by its id.
pub(crate) fn owner(
    conn: &Connection,
    workspace: WorkspaceId,
    id: AddressId,
) -> Result<Option<AddressOwner>> {
    const SELECT: &str = select_owners!("WHERE address.id = ?1 AND address.workspace = ?2");
    let mut statement = conn.prepare_cached(SELECT)?;
    let mut rows = statement.query((id.0, workspace.0))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let namespace = namespaces::name(conn, workspace, row.get(1)?)?;
    read_owner(row, namespace).map(Some)
}

/// Fails for more addresses than one question may have.
pub(crate) fn limit(addresses: &[Address]) -> Result<()> {
    if addresses.len() > ADDRESSES_MAX {
        return Err(StoreError::Invalid(format!("more than {ADDRESSES_MAX} addresses at once")));
    }
    Ok(())
}

fn read_owner(row: &Row<'_>, namespace: Namespace) -> Result<AddressOwner> {
    Ok(AddressOwner {
        address: AddressId(row.get(0)?),
        namespace,
        raw: row.get(2)?,
        profile: ProfileId(row.get(3)?),
        epoch: row.get(4)?,
        locale: row.get(5)?,
    })
}

/// All that is known of a profile.
pub(crate) fn view(conn: &Connection, workspace: WorkspaceId, id: ProfileId) -> Result<Option<ProfileView>> {
    const SELECT: &str =
        "SELECT word, stamps, external_id, locale, time_zone, country, remainder, attributes, created_at
        FROM profile WHERE id = ?1 AND workspace = ?2";
    let mut statement = conn.prepare_cached(SELECT)?;
    let mut rows = statement.query((id.0, workspace.0))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let values = Values::unpack(row.get(0)?, row.get_ref(1)?.as_blob_or_null()?)?;
    let country: Option<String> = row.get(5)?;
    Ok(Some(ProfileView {
        id,
        external_id: row.get(2)?,
        locale: row.get(3)?,
        time_zone: row.get(4)?,
        country: country.and_then(|country| country.parse().ok()),
        attributes: row.get::<_, Option<String>>(7)?.unwrap_or_else(|| "{}".to_owned()),
        word: values.word(),
        values: held_values(conn, &values)?,
        addresses: addresses(conn, workspace, id)?,
        subscriptions: subscriptions(conn, workspace, id)?,
        remainder: row.get(6)?,
        created_at: Timestamp(row.get(8)?),
    }))
}

fn held(conn: &Connection, choice: Choice, stamp: Stamp) -> Result<Held> {
    let reason = history::evidence(conn, stamp.entry)?.reason;
    Ok(Held { choice, at: stamp.at, entry: stamp.entry, reason })
}

fn held_values(conn: &Connection, values: &Values) -> Result<BTreeMap<Field, Held>> {
    values.iter().map(|(field, choice, stamp)| Ok((field, held(conn, choice, stamp)?))).collect()
}

fn addresses(conn: &Connection, workspace: WorkspaceId, profile: ProfileId) -> Result<Vec<AddressView>> {
    const SELECT: &str = "SELECT id, namespace, coalesce(raw, key), word, stamps, epoch FROM address
        WHERE profile = ?1 AND workspace = ?2 ORDER BY namespace, position, id";
    let mut statement = conn.prepare_cached(SELECT)?;
    let read = |row: &Row<'_>| -> Result<AddressView> {
        Ok(AddressView {
            id: AddressId(row.get(0)?),
            namespace: namespaces::name(conn, workspace, row.get(1)?)?,
            raw: row.get(2)?,
            values: held_values(conn, &Values::unpack(row.get(3)?, row.get_ref(4)?.as_blob_or_null()?)?)?,
            epoch: row.get(5)?,
        })
    };
    statement.query_and_then((profile.0, workspace.0), read)?.collect()
}

fn subscriptions(
    conn: &Connection,
    workspace: WorkspaceId,
    profile: ProfileId,
) -> Result<Vec<(ListId, String, Held)>> {
    const SELECT: &str = "SELECT choice, at, entry, list, name FROM subscription
        JOIN list ON list.workspace = subscription.workspace AND list.id = subscription.list
        WHERE subscription.workspace = ?1 AND profile = ?2 ORDER BY name";
    let mut statement = conn.prepare_cached(SELECT)?;
    let read = |row: &Row<'_>| -> Result<(ListId, String, Held)> {
        let (choice, stamp) = read_subscription(row)?;
        Ok((ListId(row.get(3)?), row.get(4)?, held(conn, choice, stamp)?))
    };
    statement.query_and_then((workspace.0, profile.0), read)?.collect()
}

/// All profiles but those that were merged into others.
pub(crate) fn all(conn: &Connection, workspace: WorkspaceId) -> Result<RoaringTreemap> {
    const SELECT: &str = "SELECT id FROM profile INDEXED BY profile_external_id WHERE workspace = ?1";
    const MERGED: &str = "SELECT from_profile FROM profile_merged WHERE workspace = ?1";
    let profiles = ids(conn.prepare_cached(SELECT)?.query([workspace.0])?)?;
    Ok(profiles - ids(conn.prepare_cached(MERGED)?.query([workspace.0])?)?)
}

/// The profiles that have a value for a list.
pub(crate) fn of_list(conn: &Connection, workspace: WorkspaceId, list: ListId) -> Result<RoaringTreemap> {
    const SELECT: &str = "SELECT profile FROM subscription WHERE workspace = ?1 AND list = ?2";
    ids(conn.prepare_cached(SELECT)?.query((workspace.0, list.0))?)
}

fn ids(mut rows: rusqlite::Rows<'_>) -> Result<RoaringTreemap> {
    let mut ids = RoaringTreemap::new();
    while let Some(row) = rows.next()? {
        ids.insert(row.get(0)?);
    }
    Ok(ids)
}

/// Row counts; `sealed` is the caller's.
pub(crate) fn counts(conn: &Connection, workspace: WorkspaceId) -> Result<Counts> {
    let count = |sql: &str| -> Result<u64> {
        Ok(conn.prepare_cached(sql)?.query_row([workspace.0], |row| row.get(0)).optional()?.unwrap_or(0))
    };
    Ok(Counts {
        profiles: count(
            "SELECT (SELECT count(*) FROM profile WHERE workspace = ?1)
                - (SELECT count(*) FROM profile_merged WHERE workspace = ?1)",
        )?,
        addresses: count("SELECT count(*) FROM address WHERE workspace = ?1")?,
        lists: count("SELECT count(*) FROM list WHERE workspace = ?1")?,
        runs: count("SELECT count(*) FROM run WHERE workspace = ?1")?,
        entries: history::count(conn)?,
        sealed: 0,
    })
}
