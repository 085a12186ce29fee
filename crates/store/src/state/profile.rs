//! Who owns which address, and all that is known of a profile.

mod operations;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use consent::{
    Address, AddressId, Choice, ConsentWord, EntryId, Evidence, Field, ListId, Namespace, ProfileId, Stamp,
    Timestamp, WorkspaceId,
};
use roaring::RoaringTreemap;

use super::stamps::{Values, choice, word};
use super::{history, namespaces, preferences};
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, Sql, Value, params};
use crate::types::{AddressOwner, AddressView, Counts, Held, Preferences, ProfileView};

/// Most addresses in one question.
const ADDRESSES_MAX: usize = 8192;

macro_rules! select_owners {
    ($rest:literal) => {
        concat!(
            "SELECT address.id, address.namespace, coalesce(address.raw, address.key), address.profile, address.epoch,
             profile.locale, profile.word FROM address JOIN profile ON profile.id = address.profile ",
            $rest
        )
    };
}

/// Who owns these addresses.
pub(crate) fn resolve(
    db: &impl Db,
    workspace: WorkspaceId,
    addresses: &[Address],
) -> Result<Vec<Option<AddressOwner>>> {
    const SELECT: &str =
        select_owners!("WHERE address.workspace = ?1 AND address.namespace = ?2 AND address.key = ?3");
    limit(addresses)?;
    let find = |address: &Address| -> Result<Option<AddressOwner>> {
        let Some(namespace) = namespaces::code(db, workspace, address.namespace())? else {
            return Ok(None);
        };
        let by_key = |key: &str| db.first(SELECT, params![workspace.0, namespace, key], read_owner);
        let mut found = by_key(address.key())?;
        if found.is_none() {
            for former in consent::former_keys(address.namespace(), address.key()) {
                found = found.or(by_key(&former)?);
            }
        }
        let Some((_, word, owner)) = found else { return Ok(None) };
        speaking(db, workspace, owner(address.namespace().clone()), word).map(Some)
    };
    addresses.iter().map(find).collect()
}

/// The owner of an address by its id.
pub(crate) fn owner(db: &impl Db, workspace: WorkspaceId, id: AddressId) -> Result<Option<AddressOwner>> {
    const SELECT: &str = select_owners!("WHERE address.id = ?1 AND address.workspace = ?2");
    let found = db.first(SELECT, params![id.0, workspace.0], read_owner)?;
    let Some((namespace, word, owner)) = found else { return Ok(None) };
    speaking(db, workspace, owner(namespaces::name(db, workspace, namespace)?), word).map(Some)
}

/// The owner with the language that it chose, if it did.
fn speaking(
    db: &impl Db,
    workspace: WorkspaceId,
    owner: AddressOwner,
    word: ConsentWord,
) -> Result<AddressOwner> {
    let chosen = preferences::read::language(db, workspace, (owner.profile, word))?;
    Ok(AddressOwner { locale: chosen.or(owner.locale), ..owner })
}

/// Fails for more addresses than one question may have.
pub(crate) fn limit(addresses: &[Address]) -> Result<()> {
    if addresses.len() > ADDRESSES_MAX {
        return Err(StoreError::Invalid(format!("more than {ADDRESSES_MAX} addresses at once")));
    }
    Ok(())
}

/// A namespace's code, the profile's word, and the owner once the namespace is known.
fn read_owner(row: &Row<'_>) -> Result<(i64, ConsentWord, impl FnOnce(Namespace) -> AddressOwner + use<>)> {
    let (address, profile) = (AddressId(row.get(0)?), ProfileId(row.get(3)?));
    let (raw, epoch, locale) = (row.get(2)?, row.get(4)?, row.get(5)?);
    let owner = move |namespace| AddressOwner { address, namespace, raw, profile, epoch, locale };
    Ok((row.get(1)?, word(row.get(6)?)?, owner))
}

/// All that is known of a profile.
pub(crate) fn view(db: &impl Db, workspace: WorkspaceId, id: ProfileId) -> Result<Option<ProfileView>> {
    const SELECT: &str =
        "SELECT word, stamps, external_id, locale, time_zone, country, remainder, attributes, created_at
        FROM profile WHERE id = ?1 AND workspace = ?2";
    let profile = db.first(SELECT, params![id.0, workspace.0], |row| {
        let values = Values::unpack(row.get(0)?, row.get(1)?)?;
        let country: Option<&str> = row.get(5)?;
        let view = ProfileView {
            id,
            external_id: row.get(2)?,
            locale: row.get(3)?,
            time_zone: row.get(4)?,
            country: country.and_then(|country| country.parse().ok()),
            preferences: Preferences::default(),
            attributes: row.get::<Option<String>>(7)?.unwrap_or_else(|| "{}".to_owned()),
            word: values.word(),
            values: BTreeMap::new(),
            addresses: Vec::new(),
            subscriptions: Vec::new(),
            remainder: row.get(6)?,
            created_at: Timestamp(row.get(8)?),
        };
        Ok((view, values))
    })?;
    let Some((mut view, values)) = profile else { return Ok(None) };
    view.preferences = preferences::read::view(db, workspace, (id, view.word))?;
    view.locale = view.preferences.language.clone().or(view.locale);
    let addresses = addresses(db, workspace, id)?;
    let subscriptions = subscriptions(db, workspace, id)?;
    let of_addresses = addresses.iter().flat_map(|(_, values)| values.iter());
    let of_fields = values.iter().chain(of_addresses).map(|(_, _, stamp)| stamp.entry);
    let of_lists = subscriptions.iter().map(|(.., stamp)| stamp.entry);
    let entries: BTreeSet<_> = of_fields.chain(of_lists).collect();
    let reasons = Reasons(history::evidence_of(db, entries)?);
    view.values = reasons.held_values(&values);
    view.addresses = addresses
        .into_iter()
        .map(|(address, values)| AddressView { values: reasons.held_values(&values), ..address })
        .collect();
    view.subscriptions = subscriptions
        .into_iter()
        .map(|(list, name, choice, stamp)| (list, name, reasons.held(choice, stamp)))
        .collect();
    Ok(Some(view))
}

/// The evidence of all entries that a profile's values name.
struct Reasons(HashMap<EntryId, Evidence>);

impl Reasons {
    fn held(&self, choice: Choice, stamp: Stamp) -> Held {
        let reason = self.0.get(&stamp.entry).and_then(|evidence| evidence.reason.clone());
        Held { choice, at: stamp.at, entry: stamp.entry, reason }
    }

    fn held_values(&self, values: &Values) -> BTreeMap<Field, Held> {
        values.iter().map(|(field, choice, stamp)| (field, self.held(choice, stamp))).collect()
    }
}

/// The addresses, yet without their values, which stand beside them.
fn addresses(db: &impl Db, workspace: WorkspaceId, profile: ProfileId) -> Result<Vec<(AddressView, Values)>> {
    const SELECT: &str = "SELECT id, namespace, coalesce(raw, key), word, stamps, epoch FROM address
        WHERE profile = ?1 AND workspace = ?2 ORDER BY namespace, position, id";
    let found = db.all(SELECT, params![profile.0, workspace.0], |row| {
        let (id, code, raw, epoch) = (AddressId(row.get(0)?), row.get(1)?, row.get(2)?, row.get(5)?);
        Ok((id, code, raw, epoch, Values::unpack(row.get(3)?, row.get(4)?)?))
    })?;
    let named = found.into_iter().map(|(id, code, raw, epoch, values)| {
        let namespace = namespaces::name(db, workspace, code)?;
        Ok((AddressView { id, namespace, raw, values: BTreeMap::new(), epoch }, values))
    });
    named.collect()
}

fn subscriptions(
    db: &impl Db,
    workspace: WorkspaceId,
    profile: ProfileId,
) -> Result<Vec<(ListId, String, Choice, Stamp)>> {
    const SELECT: &str = "SELECT choice, at, entry, list, name FROM subscription
        JOIN list ON list.workspace = subscription.workspace AND list.id = subscription.list
        WHERE subscription.workspace = ?1 AND profile = ?2 ORDER BY name";
    db.all(SELECT, params![workspace.0, profile.0], |row| {
        let stamp = Stamp { at: Timestamp(row.get(1)?), entry: EntryId(row.get(2)?) };
        Ok((ListId(row.get(3)?), row.get(4)?, choice(row.get(0)?)?, stamp))
    })
}

/// All profiles but those that were merged into others.
pub(crate) fn all(db: &impl Db, workspace: WorkspaceId) -> Result<RoaringTreemap> {
    const SELECT: Sql = Sql::each(
        // Narrower than the table, and holds the ids.
        "SELECT id FROM profile INDEXED BY profile_external_id WHERE workspace = ?1",
        "SELECT id FROM profile WHERE workspace = ?1",
    );
    const MERGED: &str = "SELECT from_profile FROM profile_merged WHERE workspace = ?1";
    let workspace = params![workspace.0];
    Ok(ids(db, SELECT, workspace)? - ids(db, MERGED, workspace)?)
}

/// The profiles that have a value for a list.
pub(crate) fn of_list(db: &impl Db, workspace: WorkspaceId, list: ListId) -> Result<RoaringTreemap> {
    const SELECT: &str = "SELECT profile FROM subscription WHERE workspace = ?1 AND list = ?2";
    ids(db, SELECT, params![workspace.0, list.0])
}

fn ids(db: &impl Db, select: impl Into<Sql>, params: &[Value<'_>]) -> Result<RoaringTreemap> {
    let mut ids = RoaringTreemap::new();
    db.each(select, params, |row| {
        ids.insert(row.get(0)?);
        Ok(())
    })?;
    Ok(ids)
}

/// Row counts; `sealed` is the caller's.
pub(crate) fn counts(db: &impl Db, workspace: WorkspaceId) -> Result<Counts> {
    let count = |sql: &'static str| -> Result<u64> { db.one(sql, params![workspace.0], |row| row.get(0)) };
    let profiles = count("SELECT count(*) FROM profile WHERE workspace = ?1")?;
    let merged = count("SELECT count(*) FROM profile_merged WHERE workspace = ?1")?;
    Ok(Counts {
        profiles: profiles.saturating_sub(merged),
        addresses: count("SELECT count(*) FROM address WHERE workspace = ?1")?,
        lists: count("SELECT count(*) FROM list WHERE workspace = ?1")?,
        runs: count("SELECT count(*) FROM run WHERE workspace = ?1")?,
        entries: history::count(db)? + history::count_pending(db)?,
        sealed: 0,
    })
}
