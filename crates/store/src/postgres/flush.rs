//! Writing a working set: a statement per table, each for all of its rows, all on their way at once.

use std::borrow::Cow;

use consent::{AddressId, ProfileId};
use futures_util::future::try_join_all;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::working_set::{Change, Person, Slot, WorkingSet};
use crate::api::Result;
use crate::error::StoreError;
use crate::state::rows::Details;

/// A column's values, one per row.
type Column<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// A statement and its columns.
struct Write<'a> {
    sql: &'static str,
    columns: Vec<Column<'a>>,
    rows: usize,
    /// Whether each row must be met.
    each: bool,
}

/// Gathers rows into columns.
macro_rules! write {
    ($writes:expr, $each:expr, $sql:expr, $rows:expr, |$row:pat_param| [$($column:expr),* $(,)?]) => {{
        let rows = $rows;
        if !rows.is_empty() {
            #[allow(unused_variables, reason = "each column takes its part of the row")]
            let columns: Vec<Column<'_>> =
                vec![$(Box::new(rows.iter().map(|$row| $column).collect::<Vec<_>>())),*];
            $writes.push(Write { sql: $sql, columns, rows: rows.len(), each: $each });
        }
    }};
}

type People<'a> = Vec<(ProfileId, &'a Person)>;
type Slots<'a> = Vec<(AddressId, &'a Slot)>;

impl WorkingSet<'_> {
    /// Writes what has been changed. An error or a row that isn't there any more means: roll back.
    pub fn flush(&self) -> Result<()> {
        let mut writes = Vec::new();
        let mut people: People<'_> =
            self.people.iter().filter_map(|(id, person)| Some((*id, person.as_ref()?))).collect();
        // In one order on every node, so that two of them don't wait for each other.
        people.sort_unstable_by_key(|(id, _)| *id);
        let mut slots: Slots<'_> =
            self.addresses.iter().filter_map(|(id, slot)| Some((*id, slot.as_ref()?))).collect();
        slots.sort_unstable_by_key(|(id, _)| *id);
        self.write_people(&people, &mut writes);
        self.write_marks(&people, &mut writes);
        self.write_addresses(&slots, &mut writes);
        self.write_subscriptions(&people, &mut writes);
        self.write_events(&mut writes);
        self.send(&writes)
    }

    fn send(&self, writes: &[Write<'_>]) -> Result<()> {
        let workspace = self.workspace.0;
        let statements: Vec<Statement> =
            writes.iter().map(|write| self.session.prepared(write.sql)).collect::<Result<_>>()?;
        let params: Vec<Vec<&(dyn ToSql + Sync)>> = writes
            .iter()
            .map(|write| {
                let columns = write.columns.iter().map(|column| &**column as &(dyn ToSql + Sync));
                std::iter::once(&workspace as &(dyn ToSql + Sync)).chain(columns).collect()
            })
            .collect();
        let client = self.session.client();
        let answers =
            statements.iter().zip(&params).map(|(statement, params)| client.execute(statement, params));
        let counts = self.session.wait(try_join_all(answers))?;
        let missed = |(write, count): (&Write<'_>, &u64)| write.each && *count != write.rows as u64;
        if writes.iter().zip(&counts).any(missed) {
            return Err(StoreError::Conflict);
        }
        Ok(())
    }

    fn write_people<'a>(&self, people: &People<'a>, writes: &mut Vec<Write<'a>>) {
        const INSERT: &str = "INSERT INTO profile (id, workspace, word, stamps, created_at, external_id, locale,
                time_zone, country, remainder, attributes)
            SELECT id, ?1, word, stamps, created_at, external_id, locale, time_zone, country, remainder, attributes
            FROM unnest(?2::BIGINT[], ?3::BIGINT[], ?4::BYTEA[], ?5::BIGINT[], ?6::TEXT[], ?7::TEXT[], ?8::TEXT[],
                ?9::TEXT[], ?10::TEXT[], ?11::TEXT[]) AS new
                (id, word, stamps, created_at, external_id, locale, time_zone, country, remainder, attributes)";
        const UPDATE: &str = "UPDATE profile SET word = new.word, stamps = new.stamps
            FROM unnest(?2::BIGINT[], ?3::BIGINT[], ?4::BYTEA[]) AS new (id, word, stamps)
            WHERE profile.id = new.id AND profile.workspace = ?1";
        const DETAILS: &str = "UPDATE profile SET external_id = new.external_id, locale = new.locale,
                time_zone = new.time_zone, country = new.country, remainder = new.remainder,
                attributes = new.attributes
            FROM unnest(?2::BIGINT[], ?3::TEXT[], ?4::TEXT[], ?5::TEXT[], ?6::TEXT[], ?7::TEXT[], ?8::TEXT[])
                AS new (id, external_id, locale, time_zone, country, remainder, attributes)
            WHERE profile.id = new.id AND profile.workspace = ?1";
        const EXTERNAL_ID: &str = "INSERT INTO profile_external_id (external_id, workspace, profile)
            SELECT external_id, ?1, profile FROM unnest(?2::TEXT[], ?3::BIGINT[]) AS new (external_id, profile)";
        let with = |change| -> People<'a> {
            people.iter().filter(|(_, person)| person.change == change).copied().collect()
        };
        let details = |person: &'a Person| person.more.as_ref().map(|more| &more.details);
        let text = |person: &'a Person, of: fn(&'a Details<'static>) -> &'a Option<Cow<'static, str>>| {
            details(person).and_then(|details| of(details).as_deref())
        };
        write!(writes, true, INSERT, with(Change::Insert), |(id, person)| [
            id.0,
            person.values.word().bits() as i64,
            person.values.pack().map(|stamps| stamps.to_vec()),
            person.created_at.0,
            text(person, |details| &details.external_id),
            text(person, |details| &details.locale),
            text(person, |details| &details.time_zone),
            text(person, |details| &details.country),
            text(person, |details| &details.remainder),
            text(person, |details| &details.attributes),
        ]);
        write!(writes, true, UPDATE, with(Change::Update), |(id, person)| [
            id.0,
            person.values.word().bits() as i64,
            person.values.pack().map(|stamps| stamps.to_vec()),
        ]);
        let more = |(_, person): &&(ProfileId, &'a Person)| {
            person.change == Change::Update
                && person.more.as_ref().is_some_and(|more| more.details_change != Change::None)
        };
        write!(writes, true, DETAILS, people.iter().filter(more).copied().collect::<People<'a>>(), |(id, person)| [
            id.0,
            text(person, |details| &details.external_id),
            text(person, |details| &details.locale),
            text(person, |details| &details.time_zone),
            text(person, |details| &details.country),
            text(person, |details| &details.remainder),
            text(person, |details| &details.attributes),
        ]);
        let named: People<'a> = people
            .iter()
            .filter(|(_, person)| person.more.as_ref().is_some_and(|more| more.new_external_id))
            .copied()
            .collect();
        write!(writes, true, EXTERNAL_ID, named, |(id, person)| [
            text(person, |details| &details.external_id),
            id.0,
        ]);
    }

    fn write_marks<'a>(&self, people: &People<'a>, writes: &mut Vec<Write<'a>>) {
        const UNCLAIMED: &str = "INSERT INTO unclaimed_profile (profile)
            SELECT profile FROM unnest(?2::BIGINT[]) AS new (profile) WHERE ?1::BIGINT IS NOT NULL";
        const CLAIMED: &str =
            "DELETE FROM unclaimed_profile WHERE profile = ANY(?2::BIGINT[]) AND ?1::BIGINT IS NOT NULL";
        const MERGED: &str = "INSERT INTO profile_merged (from_profile, workspace, into_profile)
            SELECT from_profile, ?1, into_profile
            FROM unnest(?2::BIGINT[], ?3::BIGINT[]) AS new (from_profile, into_profile)";
        let mores = || people.iter().filter_map(|(id, person)| Some((id.0, person.more.as_ref()?)));
        let unclaimed = |now: bool| -> Vec<i64> {
            mores()
                .filter(|(_, more)| more.unclaimed_changed && more.unclaimed == now)
                .map(|(id, _)| id)
                .collect()
        };
        write!(writes, true, UNCLAIMED, unclaimed(true), |id| [*id]);
        write!(writes, true, CLAIMED, unclaimed(false), |id| [*id]);
        let merged: Vec<(i64, i64)> = mores()
            .filter(|(_, more)| more.merged_changed)
            .filter_map(|(id, more)| Some((id, more.merged_into?.0)))
            .collect();
        write!(writes, true, MERGED, merged, |(from, into)| [*from, *into]);
    }

    fn write_addresses<'a>(&self, slots: &Slots<'a>, writes: &mut Vec<Write<'a>>) {
        const INSERT: &str = "INSERT INTO address (profile, id, workspace, namespace, position, word, epoch, key, raw, stamps)
            SELECT profile, id, ?1, namespace, position, word, epoch, key, raw, stamps
            FROM unnest(?2::BIGINT[], ?3::BIGINT[], ?4::SMALLINT[], ?5::INTEGER[], ?6::BIGINT[], ?7::BIGINT[],
                ?8::TEXT[], ?9::TEXT[], ?10::BYTEA[])
                AS new (profile, id, namespace, position, word, epoch, key, raw, stamps)";
        const UPDATE: &str = "UPDATE address SET position = new.position, word = new.word, epoch = new.epoch,
                raw = new.raw, stamps = new.stamps
            FROM unnest(?2::BIGINT[], ?3::BIGINT[], ?4::INTEGER[], ?5::BIGINT[], ?6::BIGINT[], ?7::TEXT[], ?8::BYTEA[])
                AS new (profile, id, position, word, epoch, raw, stamps)
            WHERE address.profile = new.profile AND address.id = new.id AND address.workspace = ?1";
        const LEAVE: &str = "DELETE FROM address USING unnest(?2::BIGINT[], ?3::BIGINT[]) AS old (profile, id)
            WHERE address.profile = old.profile AND address.id = old.id AND address.workspace = ?1";
        const KEY: &str = "INSERT INTO address_key (key, namespace, workspace, address, profile)
            SELECT key, namespace, ?1, address, profile
            FROM unnest(?2::TEXT[], ?3::SMALLINT[], ?4::BIGINT[], ?5::BIGINT[])
                AS new (key, namespace, address, profile)";
        const OWNER: &str = "INSERT INTO address_owner (address, workspace, profile)
            SELECT address, ?1, profile FROM unnest(?2::BIGINT[], ?3::BIGINT[]) AS new (address, profile)";
        const MOVE_KEY: &str = "UPDATE address_key SET profile = new.profile
            FROM unnest(?2::TEXT[], ?3::SMALLINT[], ?4::BIGINT[]) AS new (key, namespace, profile)
            WHERE address_key.key = new.key AND address_key.namespace = new.namespace AND address_key.workspace = ?1";
        const MOVE_OWNER: &str = "UPDATE address_owner SET profile = new.profile
            FROM unnest(?2::BIGINT[], ?3::BIGINT[]) AS new (address, profile)
            WHERE address_owner.address = new.address AND address_owner.workspace = ?1";
        let pick = |wanted: fn(&Slot) -> bool| -> Slots<'a> {
            slots.iter().filter(|(_, slot)| wanted(slot)).copied().collect()
        };
        let moved = pick(|slot| slot.moved_from.is_some());
        write!(writes, true, LEAVE, &moved, |(id, slot)| [slot.moved_from.map(|from| from.0), id.0]);
        write!(
            writes,
            true,
            INSERT,
            pick(|slot| slot.change == Change::Insert || slot.moved_from.is_some()),
            |(id, slot)| [
                slot.row.state.profile.0,
                id.0,
                slot.row.namespace as i16,
                slot.row.position as i32,
                slot.row.state.values.word().bits() as i64,
                i64::from(slot.row.state.epoch),
                slot.row.key.as_str(),
                slot.row.raw.as_deref(),
                slot.row.state.values.pack().map(|stamps| stamps.to_vec()),
            ]
        );
        write!(
            writes,
            true,
            UPDATE,
            pick(|slot| slot.change == Change::Update && slot.moved_from.is_none()),
            |(id, slot)| [
                slot.row.state.profile.0,
                id.0,
                slot.row.position as i32,
                slot.row.state.values.word().bits() as i64,
                i64::from(slot.row.state.epoch),
                slot.row.raw.as_deref(),
                slot.row.state.values.pack().map(|stamps| stamps.to_vec()),
            ]
        );
        let new = pick(|slot| slot.change == Change::Insert);
        write!(writes, true, KEY, &new, |(id, slot)| [
            slot.row.key.as_str(),
            slot.row.namespace as i16,
            id.0,
            slot.row.state.profile.0,
        ]);
        write!(writes, true, OWNER, &new, |(id, slot)| [id.0, slot.row.state.profile.0]);
        write!(writes, true, MOVE_KEY, &moved, |(_, slot)| [
            slot.row.key.as_str(),
            slot.row.namespace as i16,
            slot.row.state.profile.0,
        ]);
        write!(writes, true, MOVE_OWNER, &moved, |(id, slot)| [id.0, slot.row.state.profile.0]);
    }

    fn write_subscriptions<'a>(&self, people: &People<'a>, writes: &mut Vec<Write<'a>>) {
        const UPSERT: &str = "INSERT INTO subscription (profile, workspace, list, choice, at, entry)
            SELECT profile, ?1, list, choice, at, entry
            FROM unnest(?2::BIGINT[], ?3::BIGINT[], ?4::SMALLINT[], ?5::BIGINT[], ?6::BIGINT[])
                AS new (profile, list, choice, at, entry)
            ON CONFLICT (profile, workspace, list)
            DO UPDATE SET choice = excluded.choice, at = excluded.at, entry = excluded.entry";
        const DELETE: &str = "DELETE FROM subscription USING unnest(?2::BIGINT[], ?3::BIGINT[]) AS old (profile, list)
            WHERE subscription.profile = old.profile AND subscription.list = old.list
                AND subscription.workspace = ?1";
        let all: Vec<_> = people
            .iter()
            .flat_map(|(id, person)| person.subscriptions.iter().map(|subscription| (id.0, subscription)))
            .collect();
        let pick = |removed: bool| -> Vec<_> {
            all.iter()
                .filter(|(_, held)| held.removed == removed && (held.changed || removed))
                .copied()
                .collect()
        };
        write!(writes, false, DELETE, pick(true), |(id, held)| [*id, held.list.0]);
        write!(writes, true, UPSERT, pick(false), |(id, held)| [
            *id,
            held.list.0,
            i16::from(held.choice.code()),
            held.stamp.at.0,
            held.stamp.entry.0,
        ]);
    }

    fn write_events<'a>(&'a self, writes: &mut Vec<Write<'a>>) {
        const EVENT: &str = "INSERT INTO ledger_event
                (profile, id, workspace, address, run, occurred_at, received_at, source, sets, commitment)
            SELECT profile, id, ?1, address, run, occurred_at, received_at, source, sets, commitment
            FROM unnest(?2::BIGINT[], ?3::BIGINT[], ?4::BIGINT[], ?5::BIGINT[], ?6::BIGINT[], ?7::BIGINT[],
                ?8::TEXT[], ?9::BYTEA[], ?10::BYTEA[])
                AS new (profile, id, address, run, occurred_at, received_at, source, sets, commitment)";
        const PENDING: &str = "INSERT INTO ledger_pending (entry, profile)
            SELECT entry, profile FROM unnest(?2::BIGINT[], ?3::BIGINT[]) AS new (entry, profile)
            WHERE ?1::BIGINT IS NOT NULL";
        const EVIDENCE: &str = "INSERT INTO evidence (entry, workspace, salt, content)
            SELECT entry, ?1, salt, content FROM unnest(?2::BIGINT[], ?3::BYTEA[], ?4::TEXT[])
                AS new (entry, salt, content)";
        const REPEATED: &str = "INSERT INTO repeated_refusal (entry)
            SELECT entry FROM unnest(?2::BIGINT[]) AS new (entry) WHERE ?1::BIGINT IS NOT NULL
            ON CONFLICT (entry) DO NOTHING";
        write!(writes, true, EVENT, &self.events, |queued| [
            queued.event.profile.0,
            queued.event.id.0,
            queued.event.address.map(|address| address.0),
            queued.event.run.map(|run| run.0),
            queued.event.occurred_at.map(|at| at.0),
            queued.event.received_at.0,
            queued.event.source.as_str(),
            queued.sets.as_slice(),
            queued.event.commitment.as_ref().map(<[u8; 32]>::as_slice),
        ]);
        write!(writes, true, PENDING, &self.events, |queued| [queued.event.id.0, queued.event.profile.0]);
        let proved: Vec<_> = self
            .events
            .iter()
            .filter_map(|queued| queued.evidence.as_ref().map(|evidence| (queued.event.id.0, evidence)))
            .collect();
        write!(writes, true, EVIDENCE, proved, |(id, (salt, content))| [
            *id,
            salt.as_slice(),
            content.as_str(),
        ]);
        let mut repeated: Vec<i64> = self
            .repeated
            .iter()
            .filter(|(_, (_, to_write))| *to_write)
            .map(|(entry, _)| entry.0)
            .collect();
        repeated.sort_unstable();
        write!(writes, false, REPEATED, repeated, |entry| [*entry]);
    }
}
