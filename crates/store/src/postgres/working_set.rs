//! The people that a group of operations is about, in memory: fetched for all of them at once, changed here, and
//! written at once at the end (`flush.rs`). What nobody named beforehand is fetched when it is read.

use std::borrow::Cow;
use std::collections::HashMap;

use consent::{AddressId, Choice, EntryId, ListId, Namespace, ProfileId, Stamp, Timestamp, WorkspaceId};
use futures_util::future::try_join3;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::ids::Ids;
use super::session::{Params, Session};
use crate::api::Result;
use crate::sql::{Db as _, params};
use crate::state::change::Wants;
use crate::state::namespaces;
use crate::state::record::AddressState;
use crate::state::rows::{AddressRow, Details, Event};
use crate::state::stamps::{Values, choice};

/// Ids that a writing thread has in stock.
pub(super) struct Stock {
    pub profiles: Ids,
    pub addresses: Ids,
    pub entries: Ids,
}

impl Stock {
    pub fn new() -> Self {
        Self {
            profiles: Ids::new("SELECT nextval('profile_id')"),
            addresses: Ids::new("SELECT nextval('address_id')"),
            entries: Ids::new("SELECT nextval('entry_id')"),
        }
    }
}

/// What is to be written of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Change {
    #[default]
    None,
    Update,
    Insert,
}

impl Change {
    /// Notes an update, unless it is new anyway.
    pub fn touch(&mut self) {
        if *self == Self::None {
            *self = Self::Update;
        }
    }
}

/// A profile with all that decides about its consent.
#[derive(Default)]
pub(super) struct Person {
    pub values: Values,
    pub created_at: Timestamp,
    pub addresses: Vec<AddressId>,
    pub subscriptions: Vec<Subscription>,
    pub locale: Option<String>,
    pub change: Change,
    /// Its id has been given out in this transaction: there is nothing of it in the database.
    pub is_new: bool,
    /// `None` until somebody asks.
    pub more: Option<More>,
}

impl Person {
    /// Notes that its row is written: whoever changes anything of a person writes the profile's row, so that two nodes
    /// that change the same person at once get in each other's way, and one of them begins again.
    pub fn touch(&mut self) {
        if !self.is_new {
            self.change.touch();
        }
    }
}

/// What only imports and merges ask for.
#[derive(Default)]
pub(super) struct More {
    pub details: Details<'static>,
    pub details_change: Change,
    /// The external id has to be entered into its table.
    pub new_external_id: bool,
    pub unclaimed: bool,
    pub unclaimed_changed: bool,
    pub merged_into: Option<ProfileId>,
    pub merged_changed: bool,
}

pub(super) struct Subscription {
    pub list: ListId,
    pub choice: Choice,
    pub stamp: Stamp,
    pub changed: bool,
    pub removed: bool,
}

pub(super) struct Slot {
    pub row: AddressRow,
    pub change: Change,
    /// Whose it was in the database, if somebody else's.
    pub moved_from: Option<ProfileId>,
}

/// A ledger entry to be written, with its columns as they are stored.
pub(super) struct QueuedEvent {
    pub event: Event,
    pub sets: Vec<u8>,
    pub evidence: Option<(Vec<u8>, String)>,
}

/// See the module.
pub(super) struct WorkingSet<'s> {
    pub session: &'s Session,
    pub stock: &'s mut Stock,
    pub workspace: WorkspaceId,
    pub people: HashMap<ProfileId, Option<Person>>,
    pub addresses: HashMap<AddressId, Option<Slot>>,
    pub keys: HashMap<(i64, String), Option<AddressId>>,
    pub external_ids: HashMap<String, Option<ProfileId>>,
    pub lists: HashMap<ListId, bool>,
    pub namespaces: HashMap<Namespace, i64>,
    pub events: Vec<QueuedEvent>,
    pub known_events: HashMap<EntryId, Option<Event>>,
    /// Whether an entry's refusal has been repeated, and whether that is to be written.
    pub repeated: HashMap<EntryId, (bool, bool)>,
    /// Counts what has been changed, so that an operation that failed halfway is noticed.
    pub changes: u64,
}


impl<'s> WorkingSet<'s> {
    /// Begins with nothing. The session is in a transaction.
    pub fn new(session: &'s Session, stock: &'s mut Stock, workspace: WorkspaceId) -> Self {
        stock.entries.start_anew();
        Self {
            session,
            stock,
            workspace,
            people: HashMap::new(),
            addresses: HashMap::new(),
            keys: HashMap::new(),
            external_ids: HashMap::new(),
            lists: HashMap::new(),
            namespaces: HashMap::new(),
            events: Vec::new(),
            known_events: HashMap::new(),
            repeated: HashMap::new(),
            changes: 0,
        }
    }

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
        const BY_ID: &str = "SELECT address, profile FROM address_owner WHERE address = ANY(?1) AND workspace = ?2";
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
        let (by_id, by_key, by_external) = session.wait(try_join3(
            ask(client, &by_id, ids.is_empty(), &[&ids, &workspace]),
            ask(client, &by_key, keys.is_empty(), &[&keys, &workspace]),
            ask(client, &by_external, externals.is_empty(), &[&externals, &workspace]),
        ))?;
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
        const ADDRESSES: &str = "SELECT id, profile, word, epoch, stamps, namespace, position, key, raw FROM address
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
        const DETAILS: &str = "SELECT id, external_id, locale, time_zone, country, remainder, attributes FROM profile
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
                more.unclaimed = true;
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

    fn fetched_more(&mut self, profile: i64) -> Option<&mut More> {
        self.people.get_mut(&ProfileId(profile))?.as_mut()?.more.as_mut()
    }

    /// A profile, if there is one.
    pub fn person(&mut self, id: ProfileId) -> Result<Option<&mut Person>> {
        if !self.people.contains_key(&id) {
            self.fetch_people(&[id])?;
        }
        Ok(self.people.get_mut(&id).and_then(Option::as_mut))
    }

    /// What imports and merges ask of a profile.
    pub fn more(&mut self, id: ProfileId) -> Result<Option<&mut More>> {
        self.fetch_people(&[id])?;
        self.fetch_more(&[id])?;
        let person = self.people.get_mut(&id).and_then(Option::as_mut);
        Ok(person.and_then(|person| person.more.as_mut()))
    }

    /// An address, if there is one.
    pub fn slot(&mut self, id: AddressId) -> Result<Option<&mut Slot>> {
        if !self.addresses.contains_key(&id) {
            self.fetch(&Wants { addresses: vec![id], ..Wants::default() }, false)?;
        }
        Ok(self.addresses.get_mut(&id).and_then(Option::as_mut))
    }

    /// The code of a namespace; `None` for one of the brand's own that no address has used yet.
    pub fn namespace_code(&mut self, namespace: &Namespace) -> Result<Option<i64>> {
        if let Some(code) = self.namespaces.get(namespace) {
            return Ok(Some(*code));
        }
        let code = namespaces::code(self.session, self.workspace, namespace)?;
        if let Some(code) = code {
            self.namespaces.insert(namespace.clone(), code);
        }
        Ok(code)
    }

    /// Whether a list is there.
    pub fn has_list(&mut self, list: ListId) -> Result<bool> {
        const FIND: &str = "SELECT EXISTS (SELECT 1 FROM list WHERE workspace = ?1 AND id = ?2)";
        if let Some(known) = self.lists.get(&list) {
            return Ok(*known);
        }
        let exists = self.session.one(FIND, params![self.workspace.0, list.0], |row| row.get(0))?;
        self.lists.insert(list, exists);
        Ok(exists)
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
        changed: false,
        removed: false,
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
