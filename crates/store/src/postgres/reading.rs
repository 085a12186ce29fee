//! What decisions and rendering read: a few queries for all profiles at once, on one snapshot of the primary (I1).

use std::collections::{HashMap, HashSet};

use consent::decide::{Allow, Reach, Suppressed};
use consent::{
    Address, AddressId, Choice, ListId, Namespace, Pace, ProfileId, Recipient, Timestamp, WorkspaceId,
};
use tokio_postgres::Row;

use super::preferences;
use super::session::Session;
use crate::error::{Result, StoreError};
use crate::state::stamps::{choice, word};
use crate::state::suppression::{InForce, any_hashed, verdict};
use crate::state::{entry_key, holds, namespaces, settings};
use crate::types::{READ_MAX, Reading, ReadingQuery};

/// An address as decisions read it.
#[derive(Clone)]
struct Found {
    id: AddressId,
    word: consent::ConsentWord,
    epoch: u32,
    key: String,
    raw: Option<String>,
}

/// Reads what decisions need, in the order asked.
pub(super) fn read(session: &Session, workspace: WorkspaceId, query: &ReadingQuery) -> Result<Vec<Reading>> {
    if query.profiles.len() > READ_MAX {
        return Err(StoreError::Invalid(format!("more than {READ_MAX} profiles at once")));
    }
    if query.addresses.as_ref().is_some_and(|addresses| addresses.len() != query.profiles.len()) {
        return Err(StoreError::Invalid("there must be one address per profile".to_owned()));
    }
    let ids: Vec<i64> = query.profiles.iter().map(|id| id.0).collect();
    let mut profiles = read_profiles(session, workspace, &ids, query.with_attributes)?;
    preferences::read(session, workspace, query, &mut profiles)?;
    let namespace = Namespace::of_channel(query.channel);
    let code = match &namespace {
        Some(namespace) => namespaces::code(session, workspace, namespace)?,
        None => None,
    };
    let addresses = match code {
        Some(code) => read_addresses(session, workspace, &ids, code, query.addresses.as_deref())?,
        None => HashMap::new(),
    };
    let subscriptions = match query.list {
        Some(list) => read_subscriptions(session, workspace, &ids, list)?,
        None => HashMap::new(),
    };
    let blocked = match &query.sender {
        Some(sender) => read_blocks(session, workspace, sender, addresses.values().map(|found| found.id.0))?,
        None => HashSet::new(),
    };
    let held = match &namespace {
        Some(Namespace::Phone) => read_holds(session, workspace, addresses.values().map(|found| found.id.0))?,
        _ => HashSet::new(),
    };
    let lists = match &namespace {
        Some(namespace) => Lists::read(
            session,
            workspace,
            namespace,
            addresses.values().map(|found| found.key.as_str()),
            query.now,
        )?,
        None => Lists::default(),
    };
    let reading = |(at, id): (usize, &ProfileId)| {
        let mut reading = profiles.get(id).cloned().unwrap_or_else(|| unknown(*id));
        let asked = query.addresses.as_ref().map(|addresses| addresses[at]);
        // A profile that isn't there has no address, so nothing is sent.
        if let Some(address) = addresses.get(&(*id, asked)).cloned() {
            let recipient = &mut reading.recipient;
            recipient.reach = Reach::Reachable;
            recipient.identity = address.word;
            recipient.suppressed = lists.suppressed(&address.key);
            recipient.allow = lists.allow(&address.key);
            recipient.sender_blocked = blocked.contains(&address.id.0);
            recipient.held = held.contains(&address.id.0);
            reading.epoch = address.epoch;
            reading.address = Some((address.id, address.raw.unwrap_or(address.key)));
        }
        if let Some(choice) = subscriptions.get(id) {
            reading.recipient.subscription = *choice;
        }
        reading
    };
    Ok(query.profiles.iter().enumerate().map(reading).collect())
}

/// Reads what decisions need about addresses that nobody owns.
pub(super) fn read_strangers(
    session: &Session,
    workspace: WorkspaceId,
    addresses: &[Address],
    now: Timestamp,
) -> Result<Vec<Recipient>> {
    if addresses.len() > READ_MAX {
        return Err(StoreError::Invalid(format!("more than {READ_MAX} addresses at once")));
    }
    let mut by_namespace: HashMap<&Namespace, Lists> = HashMap::new();
    for address in addresses {
        if !by_namespace.contains_key(address.namespace()) {
            let same = addresses.iter().filter(|other| other.namespace() == address.namespace());
            let lists = Lists::read(session, workspace, address.namespace(), same.map(Address::key), now)?;
            by_namespace.insert(address.namespace(), lists);
        }
    }
    let recipient = |address: &Address| {
        let lists = &by_namespace[address.namespace()];
        let (suppressed, allow) = (lists.suppressed(address.key()), lists.allow(address.key()));
        Recipient { suppressed, allow, ..Recipient::UNKNOWN }
    };
    Ok(addresses.iter().map(recipient).collect())
}

fn unknown(profile: ProfileId) -> Reading {
    Reading {
        profile,
        recipient: Recipient { reach: Reach::Missing, ..Recipient::UNKNOWN },
        address: None,
        epoch: 0,
        pace: Pace::AsItComes,
        locale: None,
        time_zone: None,
        external_id: None,
        attributes: None,
    }
}

fn read_profiles(
    session: &Session,
    workspace: WorkspaceId,
    ids: &[i64],
    with_attributes: bool,
) -> Result<HashMap<ProfileId, Reading>> {
    const PLAIN: &str = "SELECT id, word, country FROM profile WHERE id = ANY(?1) AND workspace = ?2";
    const FULL: &str = "SELECT id, word, country, locale, time_zone, external_id, attributes
        FROM profile WHERE id = ANY(?1) AND workspace = ?2";
    let read = |row: &Row| -> Result<(ProfileId, Reading)> {
        let mut reading = unknown(ProfileId(row.try_get(0)?));
        reading.recipient.profile = word(row.try_get(1)?)?;
        let country: Option<&str> = row.try_get(2)?;
        reading.recipient.country = country.and_then(|country| country.parse().ok());
        if with_attributes {
            reading.locale = row.try_get(3)?;
            reading.time_zone = row.try_get(4)?;
            reading.external_id = row.try_get(5)?;
            reading.attributes = row.try_get(6)?;
        }
        Ok((reading.profile, reading))
    };
    let sql = if with_attributes { FULL } else { PLAIN };
    session.rows(sql, &[&ids, &workspace.0])?.iter().map(read).collect()
}

/// Each profile's first address of a namespace, or the one that is asked for.
fn read_addresses(
    session: &Session,
    workspace: WorkspaceId,
    ids: &[i64],
    namespace: i64,
    asked: Option<&[AddressId]>,
) -> Result<HashMap<(ProfileId, Option<AddressId>), Found>> {
    const FIRST: &str = "SELECT DISTINCT ON (profile) profile, id, word, epoch, key, raw FROM address
        WHERE profile = ANY(?1) AND workspace = ?2 AND namespace = ?3 ORDER BY profile, position, id";
    const ASKED: &str = "SELECT address.profile, address.id, word, epoch, key, raw
        FROM unnest(?1::BIGINT[], ?4::BIGINT[]) AS asked (profile, id)
        JOIN address ON address.profile = asked.profile AND address.id = asked.id
        WHERE address.workspace = ?2 AND namespace = ?3";
    let code = i16::try_from(namespace).unwrap_or(i16::MAX);
    let rows = match asked {
        None => session.rows(FIRST, &[&ids, &workspace.0, &code])?,
        Some(asked) => {
            let asked: Vec<i64> = asked.iter().map(|address| address.0).collect();
            session.rows(ASKED, &[&ids, &workspace.0, &code, &asked])?
        }
    };
    let read = |row: &Row| -> Result<((ProfileId, Option<AddressId>), Found)> {
        let epoch: i64 = row.try_get(3)?;
        let found = Found {
            id: AddressId(row.try_get(1)?),
            word: word(row.try_get(2)?)?,
            epoch: u32::try_from(epoch).unwrap_or(u32::MAX),
            key: row.try_get(4)?,
            raw: row.try_get(5)?,
        };
        Ok(((ProfileId(row.try_get(0)?), asked.map(|_| found.id)), found))
    };
    rows.iter().map(read).collect()
}

fn read_subscriptions(
    session: &Session,
    workspace: WorkspaceId,
    ids: &[i64],
    list: ListId,
) -> Result<HashMap<ProfileId, Choice>> {
    const SELECT: &str = "SELECT profile, choice FROM subscription
        WHERE profile = ANY(?1) AND workspace = ?2 AND list = ?3";
    let read = |row: &Row| -> Result<(ProfileId, Choice)> {
        let code: i16 = row.try_get(1)?;
        Ok((ProfileId(row.try_get(0)?), choice(u8::try_from(code).unwrap_or(u8::MAX))?))
    };
    session.rows(SELECT, &[&ids, &workspace.0, &list.0])?.iter().map(read).collect()
}

fn read_blocks(
    session: &Session,
    workspace: WorkspaceId,
    sender: &str,
    addresses: impl Iterator<Item = i64>,
) -> Result<HashSet<i64>> {
    const SELECT: &str = "SELECT address FROM sender_block
        WHERE address = ANY(?1) AND workspace = ?2 AND sender = ?3";
    let addresses: Vec<i64> = addresses.collect();
    let rows = session.rows(SELECT, &[&addresses, &workspace.0, &sender])?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Those of the addresses of which a message waits to be read.
fn read_holds(
    session: &Session,
    workspace: WorkspaceId,
    addresses: impl Iterator<Item = i64>,
) -> Result<HashSet<i64>> {
    const SELECT: &str = "SELECT address FROM text_hold
        WHERE address = ANY(?1) AND workspace = ?2 AND decided_at IS NULL";
    if !holds::any(session, workspace)? {
        return Ok(HashSet::new());
    }
    let addresses: Vec<i64> = addresses.collect();
    let rows = session.rows(SELECT, &[&addresses, &workspace.0])?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// What the suppression list and the allow list say of some addresses and their domains.
#[derive(Default)]
struct Lists {
    suppressed: HashMap<String, InForce>,
    namespace: Option<Namespace>,
    /// Whether addresses may stand there by their hash.
    hashed: bool,
    /// `None`: the allow list isn't active.
    allowed: Option<HashSet<String>>,
    with_domains: bool,
}

impl Lists {
    fn read<'k>(
        session: &Session,
        workspace: WorkspaceId,
        namespace: &Namespace,
        keys: impl Iterator<Item = &'k str>,
        now: Timestamp,
    ) -> Result<Self> {
        const SUPPRESSED: &str = "SELECT value, category FROM suppression WHERE value = ANY(?1)
            AND namespace = ?2 AND workspace = ?3 AND (expires_at IS NULL OR expires_at > ?4)";
        const ALLOWED: &str =
            "SELECT value FROM allow_entry WHERE value = ANY(?1) AND namespace = ?2 AND workspace = ?3";
        let with_domains = *namespace == Namespace::Email;
        let addresses: Vec<&str> = keys.collect();
        let domains: HashSet<&str> =
            addresses.iter().filter_map(|key| with_domains.then(|| domain(key)).flatten()).collect();
        let former: Vec<String> =
            addresses.iter().flat_map(|key| consent::former_keys(namespace, key)).collect();
        let values: Vec<&str> = addresses.iter().copied().chain(domains).collect();
        let name = namespace.as_str();
        let hashed = any_hashed(session, workspace, name)?;
        let their_hashes: Vec<String> = if hashed {
            addresses.iter().flat_map(|key| entry_key::hashes(namespace, key)).collect()
        } else {
            Vec::new()
        };
        let asked: Vec<&str> =
            values.iter().copied().chain(their_hashes.iter().chain(&former).map(String::as_str)).collect();
        let mut suppressed: HashMap<String, InForce> = HashMap::new();
        for row in session.rows(SUPPRESSED, &[&asked, &name, &workspace.0, &now.0])? {
            let in_force = InForce::of(row.try_get::<_, i16>(1)?.into());
            let known = suppressed.entry(row.try_get(0)?).or_default();
            *known = in_force.max(*known);
        }
        let active = settings::settings(session, workspace)?.allow_lists_active;
        let allowed = if active.iter().any(|active| active == name) {
            let rows = session.rows(ALLOWED, &[&values, &name, &workspace.0])?;
            Some(rows.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<_>>()?)
        } else {
            None
        };
        Ok(Self { suppressed, namespace: Some(namespace.clone()), hashed, allowed, with_domains })
    }

    fn domain<'k>(&self, key: &'k str) -> Option<&'k str> {
        self.with_domains.then(|| domain(key)).flatten()
    }

    fn suppressed(&self, key: &str) -> Suppressed {
        let of = |value: &str| self.suppressed.get(value).copied().unwrap_or_default();
        let other = self.namespace.iter().flat_map(|namespace| {
            let hashed = self.hashed.then(|| entry_key::hashes(namespace, key)).into_iter().flatten();
            hashed.chain(consent::former_keys(namespace, key))
        });
        let address = other.map(|value| of(&value)).fold(of(key), InForce::max);
        verdict(address, self.domain(key).map_or(InForce::None, of))
    }

    fn allow(&self, key: &str) -> Allow {
        let Some(allowed) = &self.allowed else { return Recipient::UNKNOWN.allow };
        let listed = allowed.contains(key) || self.domain(key).is_some_and(|domain| allowed.contains(domain));
        if listed { Allow::Listed } else { Allow::NotListed }
    }
}

fn domain(key: &str) -> Option<&str> {
    key.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty())
}
