//! Fetching a working set: for all of a group's operations at once, questions that don't need each other's answers on
//! their way at the same time.

use std::borrow::Cow;

use consent::{AddressId, EntryId, ListId, ProfileId, Stamp, Timestamp};
use futures_util::future::{try_join3, try_join4};

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::ids::Ids;
use super::session::Params;
use super::working_set::{Change, Mark, More, Person, Slot, Subscription, WorkingSet};
use crate::error::Result;
use crate::state::change::Wants;
use crate::state::rows::{AddressRow, AddressState, Details};
use crate::state::stamps::{Values, choice};

impl WorkingSet<'_> {
    /// Fetches what operations are going to read.
    pub fn fetch(&mut self, wants: &Wants, with_more: bool) -> Result<()> {
        let mut profiles = wants.profiles.clone();
        profiles.extend(self.fetch_owners(wants)?);
        profiles.sort_unstable();
        profiles.dedup();
        self.fetch_people(&profiles)?;
        if with_more {
            self.fetch_more(&profiles)?;
        }
        Ok(())
    }

    /// Finds out whose the wanted addresses and external ids are.
    fn fetch_owners(&mut self, wants: &Wants) -> Result<Vec<ProfileId>> {
        const BY_ID: &str =
            "SELECT address, profile FROM address_owner WHERE address = ANY(?1) AND workspace = ?2";
        const BY_KEY: &str = "SELECT key, namespace, address, profile FROM address_key
            WHERE key = ANY(?1) AND workspace = ?2";
        const BY_EXTERNAL_ID: &str = "SELECT external_id, profile FROM profile_external_id
            WHERE external_id = ANY(?1) AND workspace = ?2";
        let ids: Vec<i64> = wants.addresses.iter().map(|id| id.0).collect();
        let mut keys = Vec::with_capacity(wants.keys.len());
        for (namespace, key) in &wants.keys {
            if let Some(code) = self.namespace_code(namespace)? {
                self.keys.entry((code, key.clone())).or_insert(None);
                keys.push(key.as_str());
            }
        }
        let externals: Vec<&str> = wants.external_ids.iter().map(String::as_str).collect();
        let workspace = self.workspace.0;
        let session = self.session;
        let (by_id, by_key) = (session.prepared(BY_ID)?, session.prepared(BY_KEY)?);
        let by_external = session.prepared(BY_EXTERNAL_ID)?;
        let client = session.client();
        let entries = session.prepared(Ids::NEXT_ENTRY)?;
        let (by_id, by_key, by_external, entries) = session.wait(try_join4(
            ask(client, &by_id, ids.is_empty(), &[&ids, &workspace]),
            ask(client, &by_key, keys.is_empty(), &[&keys, &workspace]),
            ask(client, &by_external, externals.is_empty(), &[&externals, &workspace]),
            // Every group writes entries; their ids come along with the first question.
            ask(client, &entries, !self.stock.entries.is_empty(), &[]),
        ))?;
        if let Some(row) = entries.first() {
            self.stock.entries.begin_at(row.try_get(0)?);
        }
        let mut profiles = Vec::with_capacity(by_id.len() + by_key.len() + by_external.len());
        for id in &wants.addresses {
            self.addresses.entry(*id).or_insert(None);
        }
        for row in &by_id {
            profiles.push(ProfileId(row.try_get(1)?));
        }
        for row in &by_key {
            let namespace: i16 = row.try_get(1)?;
            self.keys.insert((i64::from(namespace), row.try_get(0)?), Some(AddressId(row.try_get(2)?)));
            profiles.push(ProfileId(row.try_get(3)?));
        }
        for id in &wants.external_ids {
            self.external_ids.entry(id.clone()).or_insert(None);
        }
        for row in &by_external {
            let profile = ProfileId(row.try_get(1)?);
            self.external_ids.insert(row.try_get(0)?, Some(profile));
            profiles.push(profile);
        }
        Ok(profiles)
    }

    /// Fetches people with their addresses and subscriptions; those that are here stay as they are.
    pub fn fetch_people(&mut self, ids: &[ProfileId]) -> Result<()> {
        const PEOPLE: &str =
            "SELECT id, word, stamps, created_at, locale FROM profile WHERE id = ANY(?1) AND workspace = ?2";
        const ADDRESSES: &str =
            "SELECT id, profile, word, epoch, stamps, namespace, position, key, raw FROM address
            WHERE profile = ANY(?1) AND workspace = ?2";
        const SUBSCRIPTIONS: &str = "SELECT profile, list, choice, at, entry FROM subscription
            WHERE profile = ANY(?1) AND workspace = ?2";
        let ids: Vec<i64> = ids.iter().filter(|id| !self.people.contains_key(*id)).map(|id| id.0).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let session = self.session;
        let (people, addresses) = (session.prepared(PEOPLE)?, session.prepared(ADDRESSES)?);
        let subscriptions = session.prepared(SUBSCRIPTIONS)?;
        let params: [&(dyn ToSql + Sync); 2] = [&ids, &self.workspace.0];
        let (people, addresses, subscriptions) = session.wait(try_join3(
            session.client().query(&people, &params),
            session.client().query(&addresses, &params),
            session.client().query(&subscriptions, &params),
        ))?;
        for id in ids {
            self.people.insert(ProfileId(id), None);
        }
        for row in &people {
            let values = Values::unpack(row.try_get(1)?, row.try_get(2)?)?;
            let (created_at, locale) = (Timestamp(row.try_get(3)?), row.try_get(4)?);
            let person = Person { values, created_at, locale, ..Person::default() };
            self.people.insert(ProfileId(row.try_get(0)?), Some(person));
        }
        for row in &addresses {
            self.add_address(read_address(row)?);
        }
        for row in &subscriptions {
            let subscription = read_subscription(row)?;
            if let Some(Some(person)) = self.people.get_mut(&ProfileId(row.try_get(0)?)) {
                person.subscriptions.push(subscription);
            }
        }
        Ok(())
    }

    fn add_address(&mut self, row: AddressRow) {
        let id = row.state.id;
        if let Some(Some(person)) = self.people.get_mut(&row.state.profile) {
            person.addresses.push(id);
        }
        self.keys.insert((row.namespace, row.key.clone()), Some(id));
        self.addresses.insert(id, Some(Slot { row, change: Change::None, moved_from: None }));
    }

    /// Fetches what imports and merges ask for.
    pub fn fetch_more(&mut self, ids: &[ProfileId]) -> Result<()> {
        const DETAILS: &str =
            "SELECT id, external_id, locale, time_zone, country, remainder, attributes FROM profile
            WHERE id = ANY(?1) AND workspace = ?2";
        const UNCLAIMED: &str = "SELECT profile FROM unclaimed_profile WHERE profile = ANY(?1)";
        const MERGED: &str = "SELECT from_profile, into_profile FROM profile_merged
            WHERE from_profile = ANY(?1) AND workspace = ?2";
        let missing = |id: &&ProfileId| matches!(self.people.get(*id), Some(Some(Person { more: None, .. })));
        let ids: Vec<i64> = ids.iter().filter(missing).map(|id| id.0).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let session = self.session;
        let (details, unclaimed) = (session.prepared(DETAILS)?, session.prepared(UNCLAIMED)?);
        let merged = session.prepared(MERGED)?;
        let both: [&(dyn ToSql + Sync); 2] = [&ids, &self.workspace.0];
        let client = session.client();
        let (details, unclaimed, merged) = session.wait(try_join3(
            client.query(&details, &both),
            client.query(&unclaimed, &both[..1]),
            client.query(&merged, &both),
        ))?;
        for row in &details {
            let more = More { details: read_details(row)?, ..More::default() };
            if let Some(Some(person)) = self.people.get_mut(&ProfileId(row.try_get(0)?)) {
                person.more = Some(more);
            }
        }
        for row in &unclaimed {
            if let Some(more) = self.fetched_more(row.try_get(0)?) {
                more.unclaimed = Mark::stored(true);
            }
        }
        for row in &merged {
            let into = ProfileId(row.try_get(1)?);
            if let Some(more) = self.fetched_more(row.try_get(0)?) {
                more.merged_into = Some(into);
            }
        }
        Ok(())
    }

    /// What has just been fetched of a profile.
    fn fetched_more(&mut self, profile: i64) -> Option<&mut More> {
        self.people.get_mut(&ProfileId(profile))?.as_mut()?.more.as_mut()
    }
}

/// Runs a query, or answers without one when nothing is asked.
async fn ask(
    client: &Client,
    statement: &Statement,
    nothing: bool,
    params: Params<'_>,
) -> std::result::Result<Vec<Row>, tokio_postgres::Error> {
    if nothing { Ok(Vec::new()) } else { client.query(statement, params).await }
}

fn read_address(row: &Row) -> Result<AddressRow> {
    let (namespace, position): (i16, i32) = (row.try_get(5)?, row.try_get(6)?);
    let epoch: i64 = row.try_get(3)?;
    Ok(AddressRow {
        state: AddressState {
            id: AddressId(row.try_get(0)?),
            profile: ProfileId(row.try_get(1)?),
            values: Values::unpack(row.try_get(2)?, row.try_get(4)?)?,
            epoch: u32::try_from(epoch).unwrap_or(u32::MAX),
        },
        namespace: i64::from(namespace),
        position: i64::from(position),
        key: row.try_get(7)?,
        raw: row.try_get(8)?,
    })
}

fn read_subscription(row: &Row) -> Result<Subscription> {
    let code: i16 = row.try_get(2)?;
    let stamp = Stamp { at: Timestamp(row.try_get(3)?), entry: EntryId(row.try_get(4)?) };
    Ok(Subscription {
        list: ListId(row.try_get(1)?),
        choice: choice(u8::try_from(code).unwrap_or(u8::MAX))?,
        stamp,
        change: Change::None,
    })
}

fn read_details(row: &Row) -> Result<Details<'static>> {
    let text = |column| -> Result<Option<Cow<'static, str>>> {
        Ok(row.try_get::<_, Option<String>>(column)?.map(Cow::Owned))
    };
    Ok(Details {
        external_id: text(1)?,
        locale: text(2)?,
        time_zone: text(3)?,
        country: text(4)?,
        remainder: text(5)?,
        attributes: text(6)?,
    })
}
