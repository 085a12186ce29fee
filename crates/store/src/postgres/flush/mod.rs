//! Writing a working set: a statement per table, each for all of its rows, all on their way at once.

mod addresses;
mod entries;
mod people;
mod subscriptions;

use consent::{AddressId, ProfileId};
use futures_util::future::try_join_all;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::working_set::{Person, Slot, WorkingSet};
use crate::error::{Result, StoreError};

/// A column's values, one per row.
type Column<'a> = Box<dyn ToSql + Sync + Send + 'a>;
/// People with their ids, by id.
type People<'a> = Vec<(ProfileId, &'a Person)>;
/// Addresses with their ids, by id.
type Slots<'a> = Vec<(AddressId, &'a Slot)>;

/// How many rows a statement must change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meets {
    /// Each that it names: it is there, or isn't there, as the snapshot says.
    Each,
    /// Those that it finds.
    Some,
}

/// A statement and its columns, which are its parameters from `?2` on; `?1` is the workspace.
struct Write<'a> {
    sql: &'static str,
    meets: Meets,
    columns: Vec<Column<'a>>,
    rows: usize,
}

/// Gathers rows into the columns of a statement; for no rows there is no statement.
macro_rules! gather {
    ($writes:expr, $meets:ident $sql:expr, $rows:expr, |$row:pat_param| [$($column:expr),* $(,)?]) => {{
        let rows = $rows;
        if !rows.is_empty() {
            #[allow(unused_variables, reason = "each column takes its part of the row")]
            let columns: Vec<$crate::postgres::flush::Column<'_>> =
                vec![$(Box::new(rows.iter().map(|$row| $column).collect::<Vec<_>>())),*];
            let meets = $crate::postgres::flush::Meets::$meets;
            $writes.push($crate::postgres::flush::Write { sql: $sql, meets, columns, rows: rows.len() });
        }
    }};
}
use gather;

impl WorkingSet<'_> {
    /// Writes what has been changed. An error or a row that isn't there any more means: roll back.
    pub fn flush(&self) -> Result<()> {
        let people = self.people.iter().filter_map(|(id, person)| Some((*id, person.as_ref()?)));
        let mut people: People<'_> = people.collect();
        // In one order on every node, so that two of them don't wait for each other.
        people.sort_unstable_by_key(|(id, _)| *id);
        let slots = self.addresses.iter().filter_map(|(id, slot)| Some((*id, slot.as_ref()?)));
        let mut slots: Slots<'_> = slots.collect();
        slots.sort_unstable_by_key(|(id, _)| *id);
        let mut writes = Vec::new();
        people::gather_people(&people, &mut writes);
        people::gather_marks(&people, &mut writes);
        addresses::gather_addresses(&slots, &mut writes);
        addresses::gather_owners(&slots, &mut writes);
        subscriptions::gather_subscriptions(&people, &mut writes);
        entries::gather_entries(&self.events, &mut writes);
        entries::gather_repeated(&self.repeated, &mut writes);
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
        let missed =
            |(write, count): (&Write<'_>, &u64)| write.meets == Meets::Each && *count != write.rows as u64;
        if writes.iter().zip(&counts).any(missed) {
            return Err(StoreError::Conflict);
        }
        Ok(())
    }
}
