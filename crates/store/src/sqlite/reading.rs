//! What decisions and rendering read: the hot path of sending.

use std::sync::Arc;

use consent::decide::{Allow, Reach, Suppressed};
use consent::{
    Address, AddressId, Choice, ConsentWord, Namespace, Pace, ProfileId, Recipient, Timestamp, WorkspaceId,
};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row};

use super::filter::{Filter, SharedFilter};
use crate::error::{Result, StoreError};
use crate::state::stamps::{choice, word};
use crate::state::suppression::{Domains, Known};
use crate::state::{allow, holds, namespaces, preferences, settings, suppression};
use crate::types::{READ_MAX, Reading, ReadingQuery};

const SELECT_PROFILE: &str = "SELECT word, country FROM profile WHERE id = ?1 AND workspace = ?2";
const SELECT_WITH_ATTRIBUTES: &str = "SELECT word, country, locale, time_zone, external_id, attributes FROM profile WHERE id = ?1 AND workspace = ?2";
const SELECT_FIRST_ADDRESS: &str = "SELECT id, word, epoch, key, raw FROM address
    WHERE profile = ?1 AND namespace = ?2 AND workspace = ?3 ORDER BY position LIMIT 1";
const SELECT_ADDRESS: &str = "SELECT id, word, epoch, key, raw FROM address
    WHERE id = ?4 AND profile = ?1 AND namespace = ?2 AND workspace = ?3";
const SELECT_SUBSCRIPTION: &str =
    "SELECT choice FROM subscription WHERE workspace = ?1 AND profile = ?2 AND list = ?3";
const SELECT_BLOCK: &str =
    "SELECT EXISTS (SELECT 1 FROM sender_block WHERE workspace = ?1 AND address = ?2 AND sender = ?3)";

/// Reads what decisions need, in the order asked.
pub(super) fn read(
    conn: &Connection,
    filter: &SharedFilter,
    workspace: WorkspaceId,
    query: &ReadingQuery,
) -> Result<Vec<Reading>> {
    if query.profiles.len() > READ_MAX {
        return Err(StoreError::Invalid(format!("more than {READ_MAX} profiles at once")));
    }
    if query.addresses.as_ref().is_some_and(|addresses| addresses.len() != query.profiles.len()) {
        return Err(StoreError::Invalid("there must be one address per profile".to_owned()));
    }
    let mut reader = Reader::new(conn, filter, workspace, query)?;
    let addresses = query.addresses.as_deref();
    let one =
        |(at, profile): (usize, &ProfileId)| reader.one(*profile, addresses.map(|addresses| addresses[at]));
    query.profiles.iter().enumerate().map(one).collect()
}

/// Reads what decisions need about addresses that nobody owns.
pub(super) fn read_strangers(
    conn: &Connection,
    filter: &SharedFilter,
    workspace: WorkspaceId,
    addresses: &[Address],
    now: Timestamp,
) -> Result<Vec<Recipient>> {
    if addresses.len() > READ_MAX {
        return Err(StoreError::Invalid(format!("more than {READ_MAX} addresses at once")));
    }
    let active = settings::settings(conn, workspace)?.allow_lists_active;
    let mut domains = Domains::new();
    let filter = filter.covering(conn)?;
    let mut one = |address: &Address| {
        let (namespace, key, domain) = (address.namespace(), address.key(), address.domain());
        let hashed = suppression::any_hashed(conn, workspace, namespace.as_str())?;
        let known = Known {
            hashed,
            may_hold: &may_hold(filter.as_deref(), workspace, namespace),
            domains: &mut domains,
        };
        let suppressed = suppression::suppressed(conn, workspace, namespace, (key, domain), known, now)?;
        let mut recipient = Recipient { suppressed, ..Recipient::UNKNOWN };
        if active.iter().any(|active| active == namespace.as_str()) {
            recipient.allow = listed(allow::allowed(conn, workspace, namespace, key, domain)?);
        }
        Ok(recipient)
    };
    addresses.iter().map(&mut one).collect()
}

/// Whether a value may be on the suppression list, as far as can be told without looking.
fn may_hold(filter: Option<&Filter>, workspace: WorkspaceId, namespace: &Namespace) -> impl Fn(&str) -> bool {
    move |value| filter.is_none_or(|filter| filter.may_hold(workspace, namespace.as_str(), value))
}

const fn listed(listed: bool) -> Allow {
    if listed { Allow::Listed } else { Allow::NotListed }
}

struct Reader<'c> {
    conn: &'c Connection,
    workspace: WorkspaceId,
    query: &'c ReadingQuery,
    /// Namespace of the channel's addresses and its code.
    namespace: Option<(Namespace, i64)>,
    /// Whether there is any suppression entry.
    suppression: bool,
    /// Whether the namespace has hashed entries of it.
    hashed: bool,
    /// Who is surely not on it.
    filter: Option<Arc<Filter>>,
    domains: Domains,
    /// Whether the namespace's allow list is active.
    allow_list: bool,
    profile: CachedStatement<'c>,
    address: CachedStatement<'c>,
    subscription: CachedStatement<'c>,
    block: CachedStatement<'c>,
    /// Where any message from such an address waits to be read.
    hold: Option<CachedStatement<'c>>,
}

impl<'c> Reader<'c> {
    fn new(
        conn: &'c Connection,
        filter: &SharedFilter,
        workspace: WorkspaceId,
        query: &'c ReadingQuery,
    ) -> Result<Self> {
        let namespace = Namespace::of_channel(query.channel);
        let namespace = match namespace {
            Some(namespace) => namespaces::code(conn, workspace, &namespace)?.map(|code| (namespace, code)),
            None => None,
        };
        let allow_list = match &namespace {
            Some((namespace, _)) => settings::settings(conn, workspace)?
                .allow_lists_active
                .iter()
                .any(|active| active == namespace.as_str()),
            None => false,
        };
        let suppression = suppression::any_suppression(conn, workspace)?;
        let hashed = match &namespace {
            Some((namespace, _)) if suppression => {
                suppression::any_hashed(conn, workspace, namespace.as_str())?
            }
            _ => false,
        };
        let held = matches!(namespace, Some((Namespace::Phone, _))) && holds::any(conn, workspace)?;
        let select_profile = if query.with_attributes { SELECT_WITH_ATTRIBUTES } else { SELECT_PROFILE };
        let select_address = if query.addresses.is_some() { SELECT_ADDRESS } else { SELECT_FIRST_ADDRESS };
        Ok(Self {
            conn,
            workspace,
            query,
            namespace,
            suppression,
            hashed,
            filter: if suppression { filter.covering(conn)? } else { None },
            domains: Domains::new(),
            allow_list,
            profile: conn.prepare_cached(select_profile)?,
            address: conn.prepare_cached(select_address)?,
            subscription: conn.prepare_cached(SELECT_SUBSCRIPTION)?,
            block: conn.prepare_cached(SELECT_BLOCK)?,
            hold: held.then(|| conn.prepare_cached(holds::IS_HELD)).transpose()?,
        })
    }

    fn one(&mut self, id: ProfileId, address: Option<AddressId>) -> Result<Reading> {
        let mut reading = Reading {
            profile: id,
            recipient: Recipient { reach: Reach::Missing, ..Recipient::UNKNOWN },
            address: None,
            epoch: 0,
            pace: Pace::AsItComes,
            locale: None,
            time_zone: None,
            external_id: None,
            attributes: None,
        };
        // A profile that isn't there has no address, so nothing is sent.
        if !self.read_profile(&mut reading)? {
            return Ok(reading);
        }
        self.read_address(&mut reading, address)?;
        if let Some(list) = self.query.list
            && reading.recipient.profile.flags() & ConsentWord::HAS_SUBSCRIPTIONS != 0
        {
            let key = (self.workspace.0, id.0, list.0);
            let code: Option<u8> = self.subscription.query_row(key, |row| row.get(0)).optional()?;
            reading.recipient.subscription = code.map_or(Ok(Choice::Unset), choice)?;
        }
        preferences::read::read_one(self.conn, self.workspace, self.query, &mut reading)?;
        Ok(reading)
    }

    fn read_profile(&mut self, reading: &mut Reading) -> Result<bool> {
        let mut rows = self.profile.query((reading.profile.0, self.workspace.0))?;
        let Some(row) = rows.next()? else { return Ok(false) };
        reading.recipient.profile = word(row.get(0)?)?;
        reading.recipient.country =
            row.get_ref(1)?.as_str_or_null()?.and_then(|country| country.parse().ok());
        if self.query.with_attributes {
            reading.locale = row.get(2)?;
            reading.time_zone = row.get(3)?;
            reading.external_id = row.get(4)?;
            reading.attributes = row.get(5)?;
        }
        Ok(true)
    }

    fn read_address(&mut self, reading: &mut Reading, asked: Option<AddressId>) -> Result<()> {
        let Some((namespace, code)) = &self.namespace else { return Ok(()) };
        let (profile, workspace) = (reading.profile.0, self.workspace.0);
        let mut rows = match asked {
            Some(address) => self.address.query((profile, code, workspace, address.0))?,
            None => self.address.query((profile, code, workspace))?,
        };
        let Some(row) = rows.next()? else { return Ok(()) };
        let id = AddressId(row.get(0)?);
        let recipient = &mut reading.recipient;
        recipient.reach = Reach::Reachable;
        recipient.identity = word(row.get(1)?)?;
        reading.epoch = row.get(2)?;
        if self.suppression || self.allow_list {
            let key = row.get_ref(3)?.as_str()?;
            let domain = if *namespace == Namespace::Email {
                key.rsplit_once('@').map_or("", |(_, domain)| domain)
            } else {
                ""
            };
            if self.suppression {
                let known = Known {
                    hashed: self.hashed,
                    may_hold: &may_hold(self.filter.as_deref(), self.workspace, namespace),
                    domains: &mut self.domains,
                };
                let (address, now) = ((key, domain), self.query.now);
                recipient.suppressed =
                    suppression::suppressed(self.conn, self.workspace, namespace, address, known, now)?;
            }
            if self.allow_list {
                recipient.allow = listed(allow::allowed(self.conn, self.workspace, namespace, key, domain)?);
            }
        }
        reading.address = Some((id, raw_form(row)?));
        drop(rows);
        if let Some(sender) = &self.query.sender {
            let key = (self.workspace.0, id.0, sender);
            recipient.sender_blocked = self.block.query_row(key, |row| row.get(0))?;
        }
        if let Some(hold) = &mut self.hold {
            recipient.held = hold.query_row((self.workspace.0, id.0), |row| row.get(0))?;
        }
        debug_assert!(self.suppression || recipient.suppressed == Suppressed::No);
        Ok(())
    }
}

/// The raw form is only stored where it differs from the key.
fn raw_form(row: &Row<'_>) -> Result<String> {
    let raw = row.get_ref(4)?.as_str_or_null()?;
    Ok(match raw {
        Some(raw) => raw.to_owned(),
        None => row.get_ref(3)?.as_str()?.to_owned(),
    })
}
