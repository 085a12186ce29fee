//! Ledger entries as the state keeps them.

mod operations;

use std::collections::HashMap;
use std::fmt::Write as _;

use consent::{AddressId, EntryId, Evidence, ProfileId, RunId, Timestamp, WorkspaceId};

use super::rows::Event;
use super::stamps::unpack_sets;
use crate::error::{Result, StoreError};
use crate::sql::{Db, Row, Sql, params};
use crate::types::{Entry, HistoryPage};

/// Most entries in a page.
const PAGE_MAX: usize = 1_000;

/// Selects what [`read`] reads.
macro_rules! select_events {
    ($rest:literal) => {
        concat!(
            "SELECT ledger_event.id, ledger_event.workspace, ledger_event.profile, ledger_event.address,
                ledger_event.run, ledger_event.occurred_at, ledger_event.received_at, ledger_event.source,
                ledger_event.sets, ledger_event.commitment",
            $rest
        )
    };
}

/// One entry without its evidence.
pub(crate) fn event(db: &impl Db, workspace: WorkspaceId, entry: EntryId) -> Result<Option<Event>> {
    const SELECT: &str = select_events!(" FROM ledger_event WHERE id = ?1 AND workspace = ?2");
    db.first(SELECT, params![entry.0, workspace.0], read)
}

/// One entry.
pub(crate) fn entry(db: &impl Db, workspace: WorkspaceId, entry: EntryId) -> Result<Option<Entry>> {
    let Some(event) = event(db, workspace, entry)? else { return Ok(None) };
    let evidence = if event.commitment.is_some() { evidence(db, event.id)? } else { Evidence::default() };
    Ok(Some(with_evidence(event, evidence)))
}

/// A profile's entries, newest first, with those of the profiles that were merged into it.
pub(crate) fn history(
    db: &impl Db,
    workspace: WorkspaceId,
    profile: ProfileId,
    before: Option<EntryId>,
    limit: usize,
) -> Result<HistoryPage> {
    const SELECT: &str = select_events!(
        " FROM ledger_event WHERE workspace = ?2 AND id < ?3 AND profile IN (
                SELECT CAST(?1 AS BIGINT) UNION ALL
                SELECT from_profile FROM profile_merged WHERE workspace = ?2 AND into_profile = ?1
            ) ORDER BY id DESC LIMIT ?4"
    );
    let limit = limit.clamp(1, PAGE_MAX);
    let before = before.map_or(i64::MAX, |entry| entry.0);
    let key = params![profile.0, workspace.0, before, limit as i64 + 1];
    let mut events = db.all(SELECT, key, read)?;
    let more = events.len() > limit;
    events.truncate(limit);
    let proved = events.iter().filter(|event| event.commitment.is_some()).map(|event| event.id);
    let mut evidence = evidence_of(db, proved)?;
    let entries = events.into_iter().map(|event| {
        let evidence = evidence.remove(&event.id).unwrap_or_default();
        with_evidence(event, evidence)
    });
    Ok(HistoryPage { entries: entries.collect(), more })
}

/// The events from a place in the log on, at most `limit`, without gaps.
pub(crate) fn events_from(db: &impl Db, first: u64, limit: usize) -> Result<Vec<Event>> {
    // PostgreSQL's is bounded on both sides: with a limit it can plan to sort all the rest of the log.
    const SELECT: Sql = Sql::each(
        select_events!(", id FROM ledger_event WHERE id >= ?1 ORDER BY id LIMIT ?2"),
        select_events!(
            ", ledger_leaf.leaf FROM ledger_leaf JOIN ledger_event
                ON ledger_event.id = ledger_leaf.entry AND ledger_event.profile = ledger_leaf.profile
                WHERE ledger_leaf.leaf >= ?1 AND ledger_leaf.leaf < ?1 + ?2 ORDER BY ledger_leaf.leaf"
        ),
    );
    let mut expected = first;
    db.all(SELECT, params![first as i64, limit as i64], |row| {
        if row.get::<i64>(10)? != expected as i64 {
            return Err(StoreError::Damaged(format!("ledger entry {expected} is missing from the database")));
        }
        expected += 1;
        read(row)
    })
}

/// How many events have a place in the log, in all workspaces.
pub(crate) fn count(db: &impl Db) -> Result<u64> {
    const SELECT: Sql = Sql::each(
        "SELECT coalesce(max(id) + 1, 0) FROM ledger_event",
        // Inserted by a migration, so it is always there.
        "SELECT size FROM ledger_head",
    );
    db.one(SELECT, &[], |row| row.get(0))
}

/// How many events wait for a place in the log, in all workspaces.
pub(crate) fn count_pending(db: &impl Db) -> Result<u64> {
    const SELECT: Sql = Sql::each("SELECT 0", "SELECT count(*) FROM ledger_pending");
    db.one(SELECT, &[], |row| row.get(0))
}

/// An entry's place in the log; `None` when there is no such entry, or it has none yet.
#[allow(dead_code, reason = "on SQLite the place is the id")]
pub(crate) fn leaf_of(db: &impl Db, entry: EntryId) -> Result<Option<u64>> {
    const SELECT: Sql = Sql::each(
        "SELECT id FROM ledger_event WHERE id = ?1",
        "SELECT leaf FROM ledger_leaf WHERE entry = ?1",
    );
    db.first(SELECT, params![entry.0], |row| row.get(0))
}

/// Reads the columns of `select_events!`.
pub(crate) fn read(row: &Row<'_>) -> Result<Event> {
    let source: &str = row.get(7)?;
    let (form, sets) = unpack_sets(row.get(8)?)?;
    Ok(Event {
        id: EntryId(row.get(0)?),
        workspace: WorkspaceId(row.get(1)?),
        profile: ProfileId(row.get(2)?),
        address: row.get::<Option<i64>>(3)?.map(AddressId),
        run: row.get::<Option<i64>>(4)?.map(RunId),
        occurred_at: row.get::<Option<i64>>(5)?.map(Timestamp),
        received_at: Timestamp(row.get(6)?),
        source: source.parse().map_err(|_| StoreError::Damaged("a ledger entry's source".to_owned()))?,
        form,
        sets,
        commitment: row.get(9)?,
    })
}

/// An entry, whole.
pub(crate) fn with_evidence(event: Event, evidence: Evidence) -> Entry {
    Entry {
        id: event.id,
        profile: event.profile,
        address: event.address,
        applied: event.sets,
        occurred_at: event.occurred_at,
        received_at: event.received_at,
        source: event.source,
        run: event.run,
        evidence,
    }
}

/// What proves an entry; empty once erased.
pub(crate) fn evidence(db: &impl Db, entry: EntryId) -> Result<Evidence> {
    const SELECT: &str = "SELECT content FROM evidence WHERE entry = ?1";
    let evidence = db.first(SELECT, params![entry.0], |row| parse_evidence(entry, row.get(0)?))?;
    Ok(evidence.unwrap_or_default())
}

/// What proves entries, where it hasn't been erased.
pub(crate) fn evidence_of(
    db: &impl Db,
    entries: impl IntoIterator<Item = EntryId>,
) -> Result<HashMap<EntryId, Evidence>> {
    const SELECT: Sql = Sql::each(
        "SELECT entry, content FROM evidence WHERE entry IN (SELECT value FROM json_each('[' || ?1 || ']'))",
        "SELECT entry, content FROM evidence WHERE entry = ANY (CAST(string_to_array(?1, ',') AS BIGINT[]))",
    );
    let mut found = HashMap::new();
    let entries = id_list(entries);
    if !entries.is_empty() {
        db.each(SELECT, params![&entries], |row| {
            let entry = EntryId(row.get(0)?);
            found.insert(entry, parse_evidence(entry, row.get(1)?)?);
            Ok(())
        })?;
    }
    Ok(found)
}

fn parse_evidence(entry: EntryId, content: &str) -> Result<Evidence> {
    serde_json::from_str(content).map_err(|_| StoreError::Damaged(format!("the evidence of {entry}")))
}

/// Ids with commas between them: any number as one parameter, which each engine takes apart in its way.
pub(crate) fn id_list(entries: impl IntoIterator<Item = EntryId>) -> String {
    let mut list = String::new();
    for entry in entries {
        let comma = if list.is_empty() { "" } else { "," };
        write!(list, "{comma}{}", entry.0).expect("writing to a string can't fail");
    }
    list
}

#[cfg(test)]
mod tests {
    use consent::{Choice, Field, Source, Target};
    use rusqlite::Connection;
    use smallvec::smallvec;

    use super::super::stamps::pack_sets;
    use super::*;
    use crate::types::Applied;

    const WS: WorkspaceId = WorkspaceId(1);

    /// Entries 0 to 4 of profile 1, of which 1, 2 and 4 have evidence, and that of 2 has been erased.
    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("../sqlite/migrations/0001_consent.sql")).unwrap();
        conn.execute_batch(include_str!("../sqlite/migrations/0002_delivery.sql")).unwrap();
        conn.execute_batch(include_str!("../sqlite/migrations/0003_people.sql")).unwrap();
        let sets = pack_sets(&[set()]);
        for id in 0..5i64 {
            let commitment = [1, 2, 4].contains(&id).then_some([7u8; 32]);
            conn.execute(
                "INSERT INTO ledger_event VALUES (?1, 1, 1, NULL, NULL, NULL, ?1, 'api', ?2, ?3)",
                (id, sets.as_slice(), commitment),
            )
            .unwrap();
        }
        for id in [1, 4] {
            let content = format!(r#"{{"reason":"because {id}"}}"#);
            conn.execute("INSERT INTO evidence VALUES (?1, 1, x'00', ?2)", (id, content)).unwrap();
        }
        conn
    }

    fn set() -> Applied {
        Applied { target: Target::Field(Field::Email), old: Choice::Unset, new: Choice::No }
    }

    #[test]
    fn a_page_holds_entries_with_their_own_evidence() {
        let conn = database();
        let page = history(&conn, WS, ProfileId(1), None, 4).unwrap();
        assert!(page.more);
        let reasons = page.entries.iter().map(|entry| (entry.id.0, entry.evidence.reason.as_deref()));
        let expected = [(4, Some("because 4")), (3, None), (2, None), (1, Some("because 1"))];
        assert_eq!(reasons.collect::<Vec<_>>(), expected);
        let rest = history(&conn, WS, ProfileId(1), Some(EntryId(1)), 4).unwrap();
        assert_eq!((rest.entries.len(), rest.more), (1, false));
        for whole in page.entries.iter().chain(&rest.entries) {
            assert_eq!(entry(&conn, WS, whole.id).unwrap().as_ref(), Some(whole));
        }
        assert_eq!(history(&conn, WS, ProfileId(2), None, 4).unwrap().entries.len(), 0);
        assert_eq!(entry(&conn, WorkspaceId(2), EntryId(1)).unwrap(), None);
    }

    #[test]
    fn places_in_the_log_have_no_gap() {
        let conn = database();
        assert_eq!(count(&conn).unwrap(), 5);
        assert_eq!(leaf_of(&conn, EntryId(4)).unwrap(), Some(4));
        assert_eq!(leaf_of(&conn, EntryId(5)).unwrap(), None);
        let events = events_from(&conn, 1, 3).unwrap();
        assert_eq!(events.iter().map(|event| event.id.0).collect::<Vec<_>>(), [1, 2, 3]);
        let (source, sets) = (Source::API, smallvec![set()]);
        assert_eq!((&events[0].source, &events[0].sets), (&source, &sets));
        conn.execute("DELETE FROM ledger_event WHERE id = 3", []).unwrap();
        assert!(matches!(events_from(&conn, 1, 3), Err(StoreError::Damaged(_))));
        assert_eq!(events_from(&conn, 4, 3).unwrap().len(), 1);
    }

    #[test]
    fn damaged_evidence_is_told() {
        let conn = database();
        conn.execute("UPDATE evidence SET content = '{' WHERE entry = 4", []).unwrap();
        assert!(matches!(evidence(&conn, EntryId(4)), Err(StoreError::Damaged(_))));
        assert!(matches!(evidence_of(&conn, [EntryId(1), EntryId(4)]), Err(StoreError::Damaged(_))));
        assert_eq!(evidence_of(&conn, [EntryId(1), EntryId(2)]).unwrap().len(), 1);
        assert_eq!(evidence_of(&conn, []).unwrap().len(), 0);
    }
}
