//! Who owns which address: found by key or by id in tables of their own, then read with the person.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use consent::{Address, AddressId, Namespace, ProfileId, WorkspaceId};
use tokio_postgres::Row;

use super::preferences;
use super::session::Session;
use crate::error::Result;
use crate::state::stamps::word;
use crate::state::{namespaces, profile};
use crate::types::AddressOwner;

/// The owners of addresses, by id. `pairs` are addresses with their profiles.
fn read_owners(
    session: &Session,
    workspace: WorkspaceId,
    pairs: &[(i64, i64)],
) -> Result<HashMap<AddressId, AddressOwner>> {
    const SELECT: &str =
        "SELECT address.id, address.namespace, coalesce(address.raw, address.key), address.profile,
            address.epoch, profile.locale, profile.word
        FROM unnest(?1::BIGINT[], ?2::BIGINT[]) AS asked (profile, id)
        JOIN address ON address.profile = asked.profile AND address.id = asked.id
        JOIN profile ON profile.id = address.profile
        WHERE address.workspace = ?3";
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let (ids, profiles): (Vec<i64>, Vec<i64>) = pairs.iter().copied().unzip();
    let rows = session.rows(SELECT, &[&profiles, &ids, &workspace.0])?;
    let mut names: HashMap<i16, Namespace> = HashMap::new();
    let mut owners = HashMap::with_capacity(rows.len());
    let mut words = HashMap::new();
    for row in rows {
        let code: i16 = row.try_get(1)?;
        if let Entry::Vacant(unknown) = names.entry(code) {
            unknown.insert(namespaces::name(session, workspace, i64::from(code))?);
        }
        let namespace = names[&code].clone();
        let owner = owner_of(&row, namespace)?;
        words.insert(owner.profile, word(row.try_get(6)?)?);
        owners.insert(owner.address, owner);
    }
    preferences::speak(session, workspace, &words, &mut owners)?;
    Ok(owners)
}

fn owner_of(row: &Row, namespace: Namespace) -> Result<AddressOwner> {
    let epoch: i64 = row.try_get(4)?;
    Ok(AddressOwner {
        address: AddressId(row.try_get(0)?),
        namespace,
        raw: row.try_get(2)?,
        profile: ProfileId(row.try_get(3)?),
        epoch: u32::try_from(epoch).unwrap_or(u32::MAX),
        locale: row.try_get(5)?,
    })
}

/// Who owns these addresses.
pub(crate) fn resolve(
    session: &Session,
    workspace: WorkspaceId,
    addresses: &[Address],
) -> Result<Vec<Option<AddressOwner>>> {
    const FIND: &str = "SELECT key, namespace, address, profile FROM address_key
        WHERE key = ANY(?1) AND workspace = ?2";
    profile::limit(addresses)?;
    let former = |address: &Address| consent::former_keys(address.namespace(), address.key());
    let keys: Vec<String> = addresses
        .iter()
        .flat_map(|address| std::iter::once(address.key().to_owned()).chain(former(address)))
        .collect();
    let mut found: HashMap<(i64, String), (i64, i64)> = HashMap::new();
    for row in session.rows(FIND, &[&keys, &workspace.0])? {
        let namespace: i16 = row.try_get(1)?;
        found.insert((i64::from(namespace), row.try_get(0)?), (row.try_get(2)?, row.try_get(3)?));
    }
    let pairs: Vec<(i64, i64)> = found.values().copied().collect();
    let owners = read_owners(session, workspace, &pairs)?;
    addresses
        .iter()
        .map(|address| {
            let code = namespaces::code(session, workspace, address.namespace())?;
            let by_key = |key: String| code.and_then(|code| found.get(&(code, key)));
            let pair =
                by_key(address.key().to_owned()).or_else(|| former(address).into_iter().find_map(by_key));
            Ok(pair.and_then(|(address, _)| owners.get(&AddressId(*address)).cloned()))
        })
        .collect()
}

/// The owners of addresses by their ids, as links name them.
pub(super) fn owners(
    session: &Session,
    workspace: WorkspaceId,
    addresses: &[i64],
) -> Result<HashMap<AddressId, AddressOwner>> {
    const FIND: &str =
        "SELECT address, profile FROM address_owner WHERE address = ANY(?1) AND workspace = ?2";
    let pairs = session
        .rows(FIND, &[&addresses, &workspace.0])?
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<Vec<_>>>()?;
    read_owners(session, workspace, &pairs)
}
