//! [`Rows`] over the working set.

use std::borrow::Cow;

use consent::{
    AddressId, Choice, EntryId, Evidence, ListId, Namespace, ProfileId, Stamp, Timestamp, WorkspaceId,
};

use super::session::Session;
use super::working_set::{Change, Mark, More, Person, QueuedEvent, Subscription, WorkingSet};
use crate::error::{Result, StoreError};
use crate::sql::{Db as _, params};
use crate::state::rows::{AddressRow, AddressState, Details, Event, NewEvent, Rows};
use crate::state::stamps::{LeafForm, Values, pack_sets};
use crate::state::{history, namespaces, preferences};
use crate::types::{AddressOwner, HistoryPage};

impl Rows for WorkingSet<'_> {
    type Db = Session;

    fn beside(&self) -> (&Session, WorkspaceId) {
        (self.session, self.workspace)
    }

    fn write_beside(&mut self) -> (&Session, WorkspaceId) {
        self.changes += 1;
        (self.session, self.workspace)
    }

    fn next_entry(&mut self) -> Result<EntryId> {
        Ok(EntryId(self.stock.entries.peek(self.session)?))
    }

    fn new_profile_id(&mut self) -> Result<ProfileId> {
        let id = ProfileId(self.stock.profiles.take(self.session)?);
        let person = Person { is_new: true, more: Some(More::default()), ..Person::default() };
        self.people.insert(id, Some(person));
        Ok(id)
    }

    fn new_address_id(&mut self) -> Result<AddressId> {
        Ok(AddressId(self.stock.addresses.take(self.session)?))
    }

    fn namespace(&mut self, namespace: &Namespace) -> Result<Option<i64>> {
        self.namespace_code(namespace)
    }

    fn namespace_or_new(&mut self, namespace: &Namespace) -> Result<i64> {
        if let Some(code) = self.namespace_code(namespace)? {
            return Ok(code);
        }
        self.changes += 1;
        let code = namespaces::code_or_new(self.session, self.workspace, namespace)?;
        self.namespaces.insert(namespace.clone(), code);
        Ok(code)
    }

    fn profile(&mut self, id: ProfileId) -> Result<Option<Values>> {
        Ok(self.person(id)?.map(|person| person.values.clone()))
    }

    fn details(&mut self, id: ProfileId) -> Result<Option<(Values, Details<'static>)>> {
        let Some(more) = self.more(id)? else { return Ok(None) };
        let details = more.details.clone();
        Ok(self.profile(id)?.map(|values| (values, details)))
    }

    fn profile_of_external_id(&mut self, external_id: &str) -> Result<Option<ProfileId>> {
        const FIND: &str =
            "SELECT profile FROM profile_external_id WHERE external_id = ?1 AND workspace = ?2";
        if let Some(found) = self.external_ids.get(external_id) {
            return Ok(*found);
        }
        let found = self
            .session
            .first(FIND, params![external_id, self.workspace.0], |row| row.get(0).map(ProfileId))?;
        self.external_ids.insert(external_id.to_owned(), found);
        Ok(found)
    }

    fn insert_profile(
        &mut self,
        id: ProfileId,
        values: &Values,
        details: &Details<'_>,
        created_at: Timestamp,
    ) -> Result<()> {
        let details = owned(details);
        if let Some(external_id) = &details.external_id {
            self.external_ids.insert(external_id.clone().into_owned(), Some(id));
        }
        let person = self.known(id)?;
        person.values = values.clone();
        person.created_at = created_at;
        person.locale = details.locale.as_deref().map(str::to_owned);
        person.change = Change::Insert;
        let external_id_change = if details.external_id.is_some() { Change::Insert } else { Change::None };
        person.more = Some(More { details, external_id_change, ..More::default() });
        Ok(())
    }

    fn save_profile(&mut self, id: ProfileId, values: &Values) -> Result<()> {
        let person = self.known(id)?;
        person.values = values.clone();
        person.touch();
        Ok(())
    }

    fn save_details(&mut self, id: ProfileId, details: &Details<'_>) -> Result<()> {
        let details = owned(details);
        if let Some(external_id) = &details.external_id {
            self.external_ids.insert(external_id.clone().into_owned(), Some(id));
        }
        let held = self.more(id)?.and_then(|more| more.details.external_id.clone());
        let freed = held.filter(|_| details.external_id.is_none()).map(Cow::into_owned);
        if let Some(freed) = &freed {
            self.external_ids.insert(freed.clone(), None);
        }
        self.known(id)?.locale = details.locale.as_deref().map(str::to_owned);
        let more = self.known_more(id)?;
        if freed.is_some() {
            more.freed_external_id = freed;
        } else if more.details.external_id != details.external_id {
            more.external_id_change = Change::Insert;
        }
        more.details = details;
        more.details_change.touch();
        Ok(())
    }

    fn is_unclaimed(&mut self, id: ProfileId) -> Result<bool> {
        Ok(self.more(id)?.is_some_and(|more| more.unclaimed.is_set()))
    }

    fn note_unclaimed(&mut self, id: ProfileId) -> Result<()> {
        self.known_more(id)?.unclaimed.put(true);
        Ok(())
    }

    fn note_claimed(&mut self, id: ProfileId) -> Result<()> {
        if self.is_unclaimed(id)? {
            self.known_more(id)?.unclaimed.put(false);
        }
        Ok(())
    }

    fn merged_into(&mut self, id: ProfileId) -> Result<Option<ProfileId>> {
        Ok(self.more(id)?.and_then(|more| more.merged_into))
    }

    fn note_merged(&mut self, from: ProfileId, into: ProfileId) -> Result<()> {
        let more = self.known_more(from)?;
        more.merged_into = Some(into);
        more.merged_change = Change::Insert;
        Ok(())
    }

    fn find_address(&mut self, namespace: i64, key: &str) -> Result<Option<AddressState>> {
        const FIND: &str = "SELECT address, profile FROM address_key
            WHERE key = ?1 AND namespace = ?2 AND workspace = ?3";
        let known = (namespace, key.to_owned());
        if !self.keys.contains_key(&known) {
            let found = self.session.first(FIND, params![key, namespace, self.workspace.0], |row| {
                Ok((AddressId(row.get(0)?), ProfileId(row.get(1)?)))
            })?;
            self.keys.insert(known.clone(), found.map(|(address, _)| address));
            if let Some((_, profile)) = found {
                self.fetch_people(&[profile])?;
            }
        }
        match self.keys.get(&known).copied().flatten() {
            Some(id) => self.address(id),
            None => Ok(None),
        }
    }

    fn address(&mut self, id: AddressId) -> Result<Option<AddressState>> {
        Ok(self.slot(id)?.map(|slot| slot.row.state.clone()))
    }

    fn owner(&mut self, id: AddressId) -> Result<Option<AddressOwner>> {
        let Some(slot) = self.slot(id)? else { return Ok(None) };
        let (state, namespace) = (slot.row.state.clone(), slot.row.namespace);
        let raw = slot.row.raw.clone().unwrap_or_else(|| slot.row.key.clone());
        let namespace = namespaces::name(self.session, self.workspace, namespace)?;
        let person = self.person(state.profile)?;
        let (word, imported) =
            person.map(|person| (person.values.word(), person.locale.clone())).unwrap_or_default();
        let chosen = preferences::read::language(self.session, self.workspace, (state.profile, word))?;
        Ok(Some(AddressOwner {
            address: id,
            namespace,
            raw,
            profile: state.profile,
            epoch: state.epoch,
            locale: chosen.or(imported),
        }))
    }

    fn addresses_of(&mut self, profile: ProfileId) -> Result<Vec<AddressRow>> {
        let ids = self.person(profile)?.map(|person| person.addresses.clone()).unwrap_or_default();
        let row = |id: &AddressId| Some(self.addresses.get(id)?.as_ref()?.row.clone());
        let mut rows: Vec<AddressRow> = ids.iter().filter_map(row).collect();
        rows.sort_by_key(|row| (row.namespace, row.position, row.state.id));
        Ok(rows)
    }

    fn insert_address(
        &mut self,
        state: &AddressState,
        namespace: i64,
        position: i64,
        key: &str,
        raw: Option<&str>,
    ) -> Result<bool> {
        if self.find_address(namespace, key)?.is_some() {
            return Ok(false);
        }
        let (key, raw) = (key.to_owned(), raw.map(str::to_owned));
        self.insert_slot(AddressRow { state: state.clone(), namespace, position, key, raw })?;
        Ok(true)
    }

    fn remove_address(&mut self, id: AddressId) -> Result<()> {
        self.changes += 1;
        let Some(Some(slot)) = self.addresses.remove(&id) else { return Ok(()) };
        self.keys.insert((slot.row.namespace, slot.row.key), None);
        let profile = slot.row.state.profile;
        if let Some(Some(person)) = self.people.get_mut(&profile) {
            person.addresses.retain(|address| *address != id);
        }
        Ok(())
    }

    fn save_address(&mut self, state: &AddressState) -> Result<()> {
        let slot = self.known_slot(state.id)?;
        let profile = slot.row.state.profile;
        slot.row.state.values = state.values.clone();
        slot.row.state.epoch = state.epoch;
        slot.change.touch();
        self.touch(profile)
    }

    fn place_address(&mut self, id: AddressId, position: i64, raw: Option<&str>) -> Result<()> {
        let slot = self.known_slot(id)?;
        slot.row.position = position;
        slot.row.raw = raw.map(str::to_owned);
        slot.change.touch();
        let profile = slot.row.state.profile;
        self.touch(profile)
    }

    fn raise_epochs(&mut self, profile: ProfileId) -> Result<()> {
        for id in self.known(profile)?.addresses.clone() {
            let slot = self.known_slot(id)?;
            slot.row.state.epoch += 1;
            slot.change.touch();
        }
        self.touch(profile)
    }

    fn move_addresses(&mut self, from: ProfileId, into: ProfileId, position: i64) -> Result<()> {
        let moved = std::mem::take(&mut self.known(from)?.addresses);
        for id in &moved {
            let slot = self.known_slot(*id)?;
            if slot.change != Change::Insert {
                slot.moved_from.get_or_insert(from);
            }
            slot.row.state.profile = into;
            slot.row.position = position;
            slot.change.touch();
        }
        self.touch(from)?;
        self.known(into)?.addresses.extend(moved);
        self.touch(into)
    }

    fn list_exists(&mut self, list: ListId) -> Result<bool> {
        self.has_list(list)
    }

    fn subscription(&mut self, profile: ProfileId, list: ListId) -> Result<Option<(Choice, Stamp)>> {
        let Some(person) = self.person(profile)? else { return Ok(None) };
        let held =
            person.subscriptions.iter().find(|held| held.list == list && held.change != Change::Delete);
        Ok(held.map(|held| (held.choice, held.stamp)))
    }

    fn subscriptions_of(&mut self, profile: ProfileId) -> Result<Vec<(ListId, Choice, Stamp)>> {
        let Some(person) = self.person(profile)? else { return Ok(Vec::new()) };
        let held = person.subscriptions.iter().filter(|held| held.change != Change::Delete);
        let mut held: Vec<_> = held.map(|held| (held.list, held.choice, held.stamp)).collect();
        held.sort_unstable_by_key(|(list, ..)| *list);
        Ok(held)
    }

    fn save_subscription(
        &mut self,
        profile: ProfileId,
        list: ListId,
        choice: Choice,
        stamp: Stamp,
    ) -> Result<()> {
        let person = self.known(profile)?;
        let new = Subscription { list, choice, stamp, change: Change::Update };
        match person.subscriptions.iter_mut().find(|held| held.list == list) {
            Some(held) => *held = new,
            None => person.subscriptions.push(new),
        }
        person.touch();
        Ok(())
    }

    fn remove_subscriptions(&mut self, profile: ProfileId) -> Result<()> {
        let person = self.known(profile)?;
        person.subscriptions.iter_mut().for_each(|held| held.change = Change::Delete);
        person.touch();
        Ok(())
    }

    fn insert_event(&mut self, new: &NewEvent<'_>) -> Result<()> {
        let id = EntryId(self.stock.entries.take(self.session)?);
        let event = Event {
            id,
            workspace: self.workspace,
            profile: new.profile,
            address: new.address,
            run: new.run,
            occurred_at: new.occurred_at,
            received_at: new.received_at,
            source: new.source.clone(),
            form: LeafForm::Second,
            sets: new.sets.into(),
            commitment: new.evidence.map(|(.., commitment)| commitment),
        };
        self.known_events.insert(id, Some(event.clone()));
        self.repeated.insert(id, Mark::default());
        let evidence = new.evidence.map(|(salt, content, _)| (salt.to_vec(), content.to_owned()));
        self.events.push(QueuedEvent { event, sets: pack_sets(new.sets).to_vec(), evidence });
        self.changes += 1;
        Ok(())
    }

    fn event(&mut self, entry: EntryId) -> Result<Option<Event>> {
        if let Some(known) = self.known_events.get(&entry) {
            return Ok(known.clone());
        }
        let found = history::event(self.session, self.workspace, entry)?;
        self.known_events.insert(entry, found.clone());
        Ok(found)
    }

    fn evidence(&mut self, entry: EntryId) -> Result<Evidence> {
        match self.events.iter().find(|queued| queued.event.id == entry) {
            Some(QueuedEvent { evidence: Some((_, content)), .. }) => serde_json::from_str(content)
                .map_err(|_| StoreError::Damaged(format!("the evidence of {entry}"))),
            Some(_) => Ok(Evidence::default()),
            None => history::evidence(self.session, entry),
        }
    }

    fn history(&mut self, profile: ProfileId, before: EntryId, limit: usize) -> Result<HistoryPage> {
        // Only entries that were durable before this transaction are undone, and those before them were, too.
        history::history(self.session, self.workspace, profile, Some(before), limit)
    }

    fn is_repeated(&mut self, entry: EntryId) -> Result<bool> {
        const FIND: &str = "SELECT EXISTS (SELECT 1 FROM repeated_refusal WHERE entry = ?1)";
        if let Some(mark) = self.repeated.get(&entry) {
            return Ok(mark.is_set());
        }
        let repeated = self.session.one(FIND, params![entry.0], |row| row.get(0))?;
        self.repeated.insert(entry, Mark::stored(repeated));
        Ok(repeated)
    }

    fn note_repeated(&mut self, entry: EntryId) -> Result<()> {
        // Most of a file's refusals are repeated for the first time: that isn't looked up.
        self.repeated.entry(entry).or_default().put(true);
        self.changes += 1;
        Ok(())
    }
}

fn owned(details: &Details<'_>) -> Details<'static> {
    let text = |text: &Option<Cow<'_, str>>| text.as_deref().map(|text| Cow::Owned(text.to_owned()));
    Details {
        external_id: text(&details.external_id),
        locale: text(&details.locale),
        time_zone: text(&details.time_zone),
        country: text(&details.country),
        remainder: text(&details.remainder),
        attributes: text(&details.attributes),
    }
}
