//! [`Rows`] on SQLite.

mod formers;
mod read;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use consent::{
    AddressId, Choice, EntryId, Evidence, ListId, Namespace, ProfileId, RunId, Stamp, Timestamp, WorkspaceId,
};
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};

use formers::Formers;
use read::{read_address, read_subscription, read_values};

use super::statements::{NEXT_ADDRESS, NEXT_PROFILE, Statements};
use crate::error::{Result, StoreError};
use crate::state::rows::{AddressRow, AddressState, Details, Event, NewEvent, Rows};
use crate::state::stamps::{Values, pack_sets, unpack_sets};
use crate::state::{history, namespaces, profile};
use crate::types::{AddressOwner, HistoryPage};

/// The rows of one workspace for one operation. Ids are counted here, so it must not outlive the operation's savepoint.
pub(super) struct SqliteRows<'c> {
    conn: &'c Connection,
    workspace: WorkspaceId,
    statements: Statements<'c>,
    next_entry: i64,
    next_profile: Option<i64>,
    next_address: Option<i64>,
    formers: Formers,
}

impl<'c> SqliteRows<'c> {
    /// Begins an operation. The caller holds the write lock.
    pub fn new(conn: &'c Connection, workspace: WorkspaceId) -> Result<Self> {
        Ok(Self {
            conn,
            workspace,
            statements: Statements::new(conn),
            next_entry: number(conn, "SELECT coalesce(max(id) + 1, 0) FROM ledger_event")?,
            next_profile: None,
            next_address: None,
            formers: Formers::default(),
        })
    }

    /// Runs a statement that is rarely used.
    fn execute(&self, sql: &str, params: impl Params) -> Result<()> {
        self.conn.prepare_cached(sql)?.execute(params)?;
        Ok(())
    }

    /// Runs a query for one boolean.
    fn exists(&self, sql: &str, params: impl Params) -> Result<bool> {
        Ok(self.conn.prepare_cached(sql)?.query_row(params, |row| row.get(0))?)
    }
}

/// A number that a query counts.
fn number(conn: &Connection, sql: &str) -> Result<i64> {
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// The next id, counted by a query when the operation first needs one.
fn take_next(next: &mut Option<i64>, conn: &Connection, first: &str) -> Result<i64> {
    let id = match *next {
        Some(id) => id,
        None => number(conn, first)?,
    };
    *next = Some(id + 1);
    Ok(id)
}

impl Rows for SqliteRows<'_> {
    type Db = Connection;

    fn beside(&self) -> (&Connection, WorkspaceId) {
        (self.conn, self.workspace)
    }

    fn write_beside(&mut self) -> (&Connection, WorkspaceId) {
        (self.conn, self.workspace)
    }

    fn next_entry(&mut self) -> Result<EntryId> {
        Ok(EntryId(self.next_entry))
    }

    fn new_profile_id(&mut self) -> Result<ProfileId> {
        take_next(&mut self.next_profile, self.conn, NEXT_PROFILE).map(ProfileId)
    }

    fn new_address_id(&mut self) -> Result<AddressId> {
        take_next(&mut self.next_address, self.conn, NEXT_ADDRESS).map(AddressId)
    }

    fn namespace(&mut self, namespace: &Namespace) -> Result<Option<i64>> {
        namespaces::code(self.conn, self.workspace, namespace)
    }

    fn namespace_or_new(&mut self, namespace: &Namespace) -> Result<i64> {
        namespaces::code_or_new(self.conn, self.workspace, namespace)
    }

    fn profile(&mut self, id: ProfileId) -> Result<Option<Values>> {
        let mut rows = self.statements.load_profile()?.query((id.0, self.workspace.0))?;
        rows.next()?.map(read_values).transpose()
    }

    fn details(&mut self, id: ProfileId) -> Result<Option<(Values, Details<'static>)>> {
        let key = (id.0, self.workspace.0);
        let mut rows = self.statements.load_details()?.query(key)?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let text = |column| -> rusqlite::Result<Option<Cow<'static, str>>> {
            Ok(row.get::<_, Option<String>>(column)?.map(Cow::Owned))
        };
        let details = Details {
            external_id: text(2)?,
            locale: text(3)?,
            time_zone: text(4)?,
            country: text(5)?,
            remainder: text(6)?,
            attributes: text(7)?,
        };
        Ok(Some((read_values(row)?, details)))
    }

    fn profile_of_external_id(&mut self, external_id: &str) -> Result<Option<ProfileId>> {
        let key = (self.workspace.0, external_id);
        let find = self.statements.find_by_external_id()?;
        Ok(find.query_row(key, |row| row.get(0)).optional()?.map(ProfileId))
    }

    fn insert_profile(
        &mut self,
        id: ProfileId,
        values: &Values,
        details: &Details<'_>,
        created_at: Timestamp,
    ) -> Result<()> {
        self.statements.insert_profile()?.execute(params![
            id.0,
            self.workspace.0,
            values.word().bits() as i64,
            details.country.as_deref(),
            details.external_id.as_deref(),
            details.locale.as_deref(),
            details.time_zone.as_deref(),
            created_at.0,
            values.pack().as_deref(),
            details.remainder.as_deref(),
            details.attributes.as_deref(),
        ])?;
        Ok(())
    }

    fn save_profile(&mut self, id: ProfileId, values: &Values) -> Result<()> {
        let (bits, stamps) = (values.word().bits() as i64, values.pack());
        self.statements.save_profile()?.execute((id.0, self.workspace.0, bits, stamps.as_deref()))?;
        Ok(())
    }

    fn save_details(&mut self, id: ProfileId, details: &Details<'_>) -> Result<()> {
        let workspace = self.workspace.0;
        self.statements.save_details()?.execute(params![
            id.0,
            workspace,
            details.external_id.as_deref(),
            details.locale.as_deref(),
            details.time_zone.as_deref(),
            details.country.as_deref(),
            details.remainder.as_deref(),
            details.attributes.as_deref(),
        ])?;
        Ok(())
    }

    fn is_unclaimed(&mut self, id: ProfileId) -> Result<bool> {
        self.exists("SELECT EXISTS (SELECT 1 FROM unclaimed_profile WHERE profile = ?1)", [id.0])
    }

    fn note_unclaimed(&mut self, id: ProfileId) -> Result<()> {
        self.execute("INSERT INTO unclaimed_profile (profile) VALUES (?1)", [id.0])
    }

    fn note_claimed(&mut self, id: ProfileId) -> Result<()> {
        self.execute("DELETE FROM unclaimed_profile WHERE profile = ?1", [id.0])
    }

    fn merged_into(&mut self, id: ProfileId) -> Result<Option<ProfileId>> {
        const FIND: &str =
            "SELECT into_profile FROM profile_merged WHERE workspace = ?1 AND from_profile = ?2";
        let mut find = self.conn.prepare_cached(FIND)?;
        Ok(find.query_row((self.workspace.0, id.0), |row| row.get(0)).optional()?.map(ProfileId))
    }

    fn note_merged(&mut self, from: ProfileId, into: ProfileId) -> Result<()> {
        const INSERT: &str =
            "INSERT INTO profile_merged (workspace, from_profile, into_profile) VALUES (?1, ?2, ?3)";
        self.execute(INSERT, (self.workspace.0, from.0, into.0))
    }

    fn find_address(&mut self, namespace: i64, key: &str) -> Result<Option<AddressState>> {
        let mut rows = self.statements.find_address()?.query((self.workspace.0, namespace, key))?;
        rows.next()?.map(read_address).transpose()
    }

    fn may_have_former(&mut self, namespace: i64, key: &str, former: &str) -> Result<bool> {
        self.formers.may_have(self.conn, (self.workspace.0, namespace), key, former)
    }

    fn address(&mut self, id: AddressId) -> Result<Option<AddressState>> {
        let mut rows = self.statements.load_address()?.query((id.0, self.workspace.0))?;
        rows.next()?.map(read_address).transpose()
    }

    fn owner(&mut self, id: AddressId) -> Result<Option<AddressOwner>> {
        profile::owner(self.conn, self.workspace, id)
    }

    fn addresses_of(&mut self, profile: ProfileId) -> Result<Vec<AddressRow>> {
        let key = (profile.0, self.workspace.0);
        let read = |row: &Row<'_>| -> Result<AddressRow> {
            Ok(AddressRow {
                state: read_address(row)?,
                namespace: row.get(5)?,
                position: row.get(6)?,
                key: row.get(7)?,
                raw: row.get(8)?,
            })
        };
        self.statements.load_addresses()?.query_and_then(key, read)?.collect()
    }

    fn insert_address(
        &mut self,
        state: &AddressState,
        namespace: i64,
        position: i64,
        key: &str,
        raw: Option<&str>,
    ) -> Result<bool> {
        let (id, workspace, profile) = (state.id.0, self.workspace.0, state.profile.0);
        let inserted = if raw.is_none() && state.epoch == 0 && state.values == Values::default() {
            let row = (id, workspace, profile, namespace, position, key);
            self.statements.insert_fresh_address()?.execute(row)?
        } else {
            let (word, stamps) = (state.values.word().bits() as i64, state.values.pack());
            self.statements.insert_address()?.execute(params![
                id,
                workspace,
                profile,
                namespace,
                position,
                word,
                state.epoch,
                key,
                raw,
                stamps.as_deref(),
            ])?
        };
        self.formers.note(namespace, key);
        Ok(inserted > 0)
    }

    fn remove_address(&mut self, id: AddressId) -> Result<()> {
        let key = (id.0, self.workspace.0);
        self.statements.remove_address()?.execute(key)?;
        Ok(())
    }

    fn save_address(&mut self, state: &AddressState) -> Result<()> {
        let (bits, stamps) = (state.values.word().bits() as i64, state.values.pack());
        let row = (state.id.0, self.workspace.0, bits, state.epoch, stamps.as_deref());
        self.statements.save_address()?.execute(row)?;
        Ok(())
    }

    fn place_address(&mut self, id: AddressId, position: i64, raw: Option<&str>) -> Result<()> {
        let row = (id.0, self.workspace.0, position, raw);
        self.statements.place_address()?.execute(row)?;
        Ok(())
    }

    fn raise_epochs(&mut self, profile: ProfileId) -> Result<()> {
        self.statements.raise_epochs()?.execute((profile.0, self.workspace.0))?;
        Ok(())
    }

    fn move_addresses(&mut self, from: ProfileId, into: ProfileId, position: i64) -> Result<()> {
        const MOVE: &str =
            "UPDATE address SET profile = ?3, position = ?4 WHERE profile = ?1 AND workspace = ?2";
        self.execute(MOVE, (from.0, self.workspace.0, into.0, position))
    }

    fn list_exists(&mut self, list: ListId) -> Result<bool> {
        Ok(self.statements.list_exists()?.query_row((self.workspace.0, list.0), |row| row.get(0))?)
    }

    fn subscription(&mut self, profile: ProfileId, list: ListId) -> Result<Option<(Choice, Stamp)>> {
        let mut rows = self.statements.load_subscription()?.query((self.workspace.0, profile.0, list.0))?;
        rows.next()?.map(read_subscription).transpose()
    }

    fn subscriptions_of(&mut self, profile: ProfileId) -> Result<Vec<(ListId, Choice, Stamp)>> {
        const LIST: &str = "SELECT choice, at, entry, list FROM subscription
            WHERE workspace = ?1 AND profile = ?2 ORDER BY list";
        let read = |row: &Row<'_>| -> Result<_> {
            let (choice, stamp) = read_subscription(row)?;
            Ok((ListId(row.get(3)?), choice, stamp))
        };
        let mut list = self.conn.prepare_cached(LIST)?;
        list.query_and_then((self.workspace.0, profile.0), read)?.collect()
    }

    fn save_subscription(
        &mut self,
        profile: ProfileId,
        list: ListId,
        choice: Choice,
        stamp: Stamp,
    ) -> Result<()> {
        let row = (self.workspace.0, profile.0, list.0, choice.code(), stamp.at.0, stamp.entry.0);
        self.statements.save_subscription()?.execute(row)?;
        Ok(())
    }

    fn remove_subscriptions(&mut self, profile: ProfileId) -> Result<()> {
        const REMOVE: &str = "DELETE FROM subscription WHERE profile = ?1 AND workspace = ?2";
        self.execute(REMOVE, (profile.0, self.workspace.0))
    }

    fn insert_event(&mut self, event: &NewEvent<'_>) -> Result<()> {
        let (entry, workspace) = (self.next_entry, self.workspace.0);
        if let Some((salt, content, _)) = &event.evidence {
            self.statements.insert_evidence()?.execute((entry, workspace, salt, content))?;
        }
        self.statements.insert_event()?.execute(params![
            entry,
            workspace,
            event.profile.0,
            event.address.map(|address| address.0),
            event.run.map(|run| run.0),
            event.occurred_at.map(|at| at.0),
            event.received_at.0,
            event.source.as_str(),
            pack_sets(event.sets).as_slice(),
            event.evidence.as_ref().map(|(_, _, commitment)| commitment.as_slice()),
        ])?;
        self.next_entry += 1;
        Ok(())
    }

    fn event(&mut self, entry: EntryId) -> Result<Option<Event>> {
        const SELECT: &str =
            "SELECT profile, address, run, occurred_at, received_at, source, sets, commitment
            FROM ledger_event WHERE id = ?1 AND workspace = ?2";
        let mut select = self.conn.prepare_cached(SELECT)?;
        let mut rows = select.query((entry.0, self.workspace.0))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let source: String = row.get(5)?;
        let (form, sets) = unpack_sets(row.get_ref(6)?.as_blob()?)?;
        Ok(Some(Event {
            id: entry,
            workspace: self.workspace,
            profile: ProfileId(row.get(0)?),
            address: row.get::<_, Option<i64>>(1)?.map(AddressId),
            run: row.get::<_, Option<i64>>(2)?.map(RunId),
            occurred_at: row.get::<_, Option<i64>>(3)?.map(Timestamp),
            received_at: Timestamp(row.get(4)?),
            source: source.parse().map_err(|_| StoreError::Damaged("a ledger entry's source".to_owned()))?,
            form,
            sets,
            commitment: row.get(7)?,
        }))
    }

    fn evidence(&mut self, entry: EntryId) -> Result<Evidence> {
        history::evidence(self.conn, entry)
    }

    fn history(&mut self, profile: ProfileId, before: EntryId, limit: usize) -> Result<HistoryPage> {
        history::history(self.conn, self.workspace, profile, Some(before), limit)
    }

    fn is_repeated(&mut self, entry: EntryId) -> Result<bool> {
        self.exists("SELECT EXISTS (SELECT 1 FROM repeated_refusal WHERE entry = ?1)", [entry.0])
    }

    fn note_repeated(&mut self, entry: EntryId) -> Result<()> {
        self.execute("INSERT OR IGNORE INTO repeated_refusal (entry) VALUES (?1)", [entry.0])
    }
}
