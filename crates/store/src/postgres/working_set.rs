//! The people that a group of operations is about, in memory: fetched for all of them at once, changed here, and
//! written at once at the end (`flush`). What nobody named beforehand is fetched when it is read.

use std::collections::HashMap;

use consent::{AddressId, Choice, EntryId, ListId, Namespace, ProfileId, Stamp, Timestamp, WorkspaceId};

use super::ids::Ids;
use super::session::Session;
use crate::error::{Result, StoreError};
use crate::sql::{Db as _, params};
use crate::state::change::Wants;
use crate::state::namespaces;
use crate::state::rows::{AddressRow, Details, Event};
use crate::state::stamps::Values;

/// Ids that a writing thread has in stock.
pub(super) struct Stock {
    /// Of profiles.
    pub profiles: Ids,
    /// Of addresses.
    pub addresses: Ids,
    /// Of ledger entries, for one transaction.
    pub entries: Ids,
}

impl Stock {
    /// Begins with none.
    pub fn new() -> Self {
        Self {
            profiles: Ids::new("SELECT nextval('profile_id')"),
            addresses: Ids::new("SELECT nextval('address_id')"),
            entries: Ids::new(Ids::NEXT_ENTRY),
        }
    }
}

/// What is to be written of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    #[default]
    None,
    /// Its row, which is there.
    Update,
    /// A new row.
    Insert,
    /// Its row goes.
    Delete,
}

impl Change {
    /// Notes an update, unless it is new anyway.
    pub fn touch(&mut self) {
        if *self == Self::None {
            *self = Self::Update;
        }
    }
}

/// A mark that the database has or hasn't, and whether it is to have it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    is_stored: bool,
    is_set: bool,
}

impl Mark {
    /// As it stands in the database.
    pub const fn stored(is_stored: bool) -> Self {
        Self { is_stored, is_set: is_stored }
    }

    /// Whether it is set now.
    pub const fn is_set(self) -> bool {
        self.is_set
    }

    /// Sets it or takes it away.
    pub const fn put(&mut self, is_set: bool) {
        self.is_set = is_set;
    }

    /// What is to be written.
    pub const fn change(self) -> Change {
        match (self.is_stored, self.is_set) {
            (false, true) => Change::Insert,
            (true, false) => Change::Delete,
            (false, false) | (true, true) => Change::None,
        }
    }
}

/// A profile with all that decides about its consent.
#[derive(Default)]
pub(super) struct Person {
    /// Its choices.
    pub values: Values,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its addresses, in no order.
    pub addresses: Vec<AddressId>,
    /// Its choices for lists, in no order.
    pub subscriptions: Vec<Subscription>,
    /// BCP 47 tag.
    pub locale: Option<String>,
    /// Of its row.
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
    /// What the profile has beside its consent.
    pub details: Details<'static>,
    /// Of the profile's row, as to these details.
    pub details_change: Change,
    /// Of the external id's own table.
    pub external_id_change: Change,
    /// The external id that it has no more.
    pub freed_external_id: Option<String>,
    /// No import has ever been about it.
    pub unclaimed: Mark,
    /// Which profile it has been merged into.
    pub merged_into: Option<ProfileId>,
    /// Of the table of merged profiles.
    pub merged_change: Change,
}

/// A choice for a list.
pub(super) struct Subscription {
    /// Which list.
    pub list: ListId,
    /// The choice.
    pub choice: Choice,
    /// When it was made, and by which entry.
    pub stamp: Stamp,
    /// Of its row; an update makes it if it isn't there.
    pub change: Change,
}

/// An address.
pub(super) struct Slot {
    /// As it is to be.
    pub row: AddressRow,
    /// Of its row.
    pub change: Change,
    /// Whose it is in the database, if it has moved since: rows lie with their profile's.
    pub moved_from: Option<ProfileId>,
}

/// A ledger entry to be written, with its columns as they are stored.
pub(super) struct QueuedEvent {
    /// The entry.
    pub event: Event,
    /// What it sets, packed.
    pub sets: Vec<u8>,
    /// Salt and JSON text.
    pub evidence: Option<(Vec<u8>, String)>,
}

/// See the module.
pub(super) struct WorkingSet<'s> {
    /// Where it is fetched from and written to.
    pub session: &'s Session,
    /// Ids for what is new.
    pub stock: &'s mut Stock,
    /// Whose people these are.
    pub workspace: WorkspaceId,
    /// By id; `None` for one that isn't there. So in all of these maps.
    pub people: HashMap<ProfileId, Option<Person>>,
    /// By id. Each address of each of the people is here.
    pub addresses: HashMap<AddressId, Option<Slot>>,
    /// Addresses by namespace and key.
    pub keys: HashMap<(i64, String), Option<AddressId>>,
    /// Profiles by external id.
    pub external_ids: HashMap<String, Option<ProfileId>>,
    /// Whether a list is there.
    pub lists: HashMap<ListId, bool>,
    /// Codes of namespaces.
    pub namespaces: HashMap<Namespace, i64>,
    /// New ledger entries, in the order of their ids.
    pub events: Vec<QueuedEvent>,
    /// Entries that have been read or are new.
    pub known_events: HashMap<EntryId, Option<Event>>,
    /// Whether an entry's refusal has been repeated.
    pub repeated: HashMap<EntryId, Mark>,
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

    /// A profile that an operation has read before it changes it.
    pub fn known(&mut self, id: ProfileId) -> Result<&mut Person> {
        self.changes += 1;
        self.person(id)?.ok_or_else(|| StoreError::Missing(id.to_string()))
    }

    /// Its further details, to be changed.
    pub fn known_more(&mut self, id: ProfileId) -> Result<&mut More> {
        self.known(id)?.touch();
        self.more(id)?.ok_or_else(|| StoreError::Missing(id.to_string()))
    }

    /// An address that an operation has read before it changes it.
    pub fn known_slot(&mut self, id: AddressId) -> Result<&mut Slot> {
        self.changes += 1;
        self.slot(id)?.ok_or_else(|| StoreError::Missing(id.to_string()))
    }

    /// See [`Person::touch`].
    pub fn touch(&mut self, id: ProfileId) -> Result<()> {
        self.known(id)?.touch();
        Ok(())
    }

    /// Adds an address.
    pub fn insert_slot(&mut self, row: AddressRow) -> Result<()> {
        let (id, profile) = (row.state.id, row.state.profile);
        self.keys.insert((row.namespace, row.key.clone()), Some(id));
        self.addresses.insert(id, Some(Slot { row, change: Change::Insert, moved_from: None }));
        let person = self.known(profile)?;
        person.addresses.push(id);
        person.touch();
        Ok(())
    }
}
