//! Checking the state against itself.
//!
//! Tables are read in pages of rows, and what a page's rows say is looked up for all of them at once.

use std::collections::{BTreeSet, HashMap};

use consent::{Choice, EntryId, Field, ListId, Target};
use smallvec::SmallVec;

use super::record::commitment;
use super::stamps::{Values, choice, unpack_sets};
use super::{history, leaf, preferences};
use crate::error::Result;
use crate::ledger::LedgerReader;
use crate::secrets::Secrets;
use crate::sql::{Db, Sql, params};
use crate::types::Applied;

/// Findings after which the check stops.
const FINDINGS_MAX: usize = 100;
/// Leaves compared with the database at once.
const LEAVES: usize = 4096;
/// Rows of a page.
const PAGE: i64 = 1000;

/// Findings so far; full after [`FINDINGS_MAX`].
struct Findings(Vec<String>);

impl Findings {
    fn add(&mut self, finding: String) {
        if self.0.len() < FINDINGS_MAX {
            self.0.push(finding);
        }
    }
}

/// Checks a SQLite database's pages and indexes, which no query would.
pub(crate) fn sqlite_integrity(conn: &rusqlite::Connection) -> Result<Vec<String>> {
    let lines = conn.all("PRAGMA integrity_check(20)", &[], |row| row.get::<String>(0))?;
    Ok(lines.into_iter().filter(|line| line != "ok").map(|line| format!("database: {line}")).collect())
}

/// Checks the database. Reads all of it; the caller's transaction makes that one snapshot.
pub(crate) fn check_database(db: &impl Db) -> Result<Vec<String>> {
    const PROFILES: &str = "SELECT id, word, stamps FROM profile WHERE id > ?1 ORDER BY id LIMIT ?2";
    const ADDRESSES: &str = "SELECT id, word, stamps FROM address WHERE id > ?1 ORDER BY id LIMIT ?2";
    let mut findings = Findings(Vec::new());
    check_places(db, &mut findings)?;
    check_evidence(db, &mut findings)?;
    check_values(db, &mut findings, "profile", PROFILES, Target::Field)?;
    check_values(db, &mut findings, "address", ADDRESSES, Target::Identity)?;
    check_subscriptions(db, &mut findings)?;
    check_owners(db, &mut findings)?;
    preferences::check::check(db, &mut |finding| findings.add(finding))?;
    Ok(findings.0)
}

/// Compares the ledger's files with the database, entry by entry.
pub(crate) fn check_ledger(db: &impl Db, reader: &LedgerReader, secrets: &Secrets) -> Result<Vec<String>> {
    let mut findings = Findings(Vec::new());
    let entries = history::count(db)?;
    if reader.size() > entries {
        findings.add(format!("ledger: {} entries, but {entries} in the database", reader.size()));
    }
    let mut from = 0;
    while from < reader.size().min(entries) {
        let events = history::events_from(db, from, LEAVES)?;
        let until = reader.size().min(from + events.len() as u64);
        for (event, found) in events.iter().zip(reader.entries(from..until)?) {
            if leaf::leaf(event, secrets).as_bytes() != found? {
                findings.add(format!("ledger: {} isn't what the database holds", event.id));
            }
        }
        if until == from {
            findings.add(format!("ledger entry {from} is missing from the database"));
            break;
        }
        from = until;
    }
    Ok(findings.0)
}

/// Places in the log are dense: one for each number from 0 on.
fn check_places(db: &impl Db, findings: &mut Findings) -> Result<()> {
    const SELECT: Sql = Sql::each(
        "SELECT count(*), count(CASE WHEN id >= 0 AND id < ?1 THEN id END) FROM ledger_event",
        "SELECT count(*), count(DISTINCT CASE WHEN leaf >= 0 AND leaf < ?1 THEN leaf END) FROM ledger_leaf",
    );
    let size = history::count(db)?;
    let (rows, places): (u64, u64) =
        db.one(SELECT, params![size as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if places < size {
        findings.add(format!("{} ledger entries are missing", size - places));
    }
    if places < rows {
        findings
            .add(format!("{} ledger entries have a place in the log that isn't theirs alone", rows - places));
    }
    Ok(())
}

/// Where places are apart from the events (PostgreSQL): each event has one place, or waits for one.
#[allow(dead_code, reason = "on SQLite an event's place is its id")]
pub(crate) fn check_sequence(db: &impl Db) -> Result<Vec<String>> {
    const EVENTS: &str = "SELECT id, profile FROM ledger_event WHERE id > ?1 ORDER BY id LIMIT ?2";
    const PLACED: &str =
        "SELECT entry, profile FROM ledger_leaf WHERE entry > ?1 AND entry <= ?2 ORDER BY entry";
    const PENDING: &str =
        "SELECT entry, profile FROM ledger_pending WHERE entry > ?1 AND entry <= ?2 ORDER BY entry";
    let mut findings = Findings(Vec::new());
    let mut after = i64::MIN;
    loop {
        let events: Vec<(i64, i64)> =
            db.all(EVENTS, params![after, PAGE], |row| Ok((row.get(0)?, row.get(1)?)))?;
        // The last page has what names events that aren't there, too.
        let until = events.last().filter(|_| events.len() as i64 == PAGE).map_or(i64::MAX, |(id, _)| *id);
        let mut places: HashMap<(i64, i64), u32> = HashMap::new();
        for select in [PLACED, PENDING] {
            db.each(select, params![after, until], |row| {
                *places.entry((row.get(0)?, row.get(1)?)).or_default() += 1;
                Ok(())
            })?;
        }
        for event in events {
            match places.remove(&event) {
                Some(1) => {}
                None => findings.add(format!("{} has no place in the log", EntryId(event.0))),
                Some(_) => findings.add(format!("{} has more than one place in the log", EntryId(event.0))),
            }
        }
        let mut strangers: Vec<_> = places.into_keys().collect();
        strangers.sort_unstable();
        for (entry, _) in strangers {
            findings.add(format!("a place in the log names {}, which isn't there", EntryId(entry)));
        }
        if until == i64::MAX {
            return Ok(findings.0);
        }
        after = until;
    }
}

fn check_evidence(db: &impl Db, findings: &mut Findings) -> Result<()> {
    const SELECT: &str = "SELECT entry, salt, content FROM evidence WHERE entry > ?1 ORDER BY entry LIMIT ?2";
    let mut after = i64::MIN;
    loop {
        let page = db.all(SELECT, params![after, PAGE], |row| {
            Ok((EntryId(row.get(0)?), commitment(row.get(1)?, row.get(2)?)))
        })?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = last.0;
        let entries = entries(db, page.iter().map(|(entry, _)| *entry))?;
        for (entry, kept) in page {
            if entries.get(&entry).and_then(|made| made.commitment) != Some(kept) {
                findings.add(format!("the evidence of {entry} isn't what the entry vouches for"));
            }
        }
    }
}

/// Each choice of a word has a stamp, and the entry that the stamp names made that choice.
fn check_values(
    db: &impl Db,
    findings: &mut Findings,
    what: &str,
    sql: &'static str,
    target: fn(Field) -> Target,
) -> Result<()> {
    let mut after = i64::MIN;
    loop {
        let page = db.all(sql, params![after, PAGE], |row| {
            let values = row.get(1).and_then(|word| Values::unpack(word, row.get(2)?));
            Ok((row.get::<i64>(0)?, values.ok()))
        })?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        let stamps = page.iter().filter_map(|(_, values)| values.as_ref()).flat_map(Values::iter);
        let entries = entries(db, stamps.map(|(_, _, stamp)| stamp.entry))?;
        for (id, values) in page {
            let Some(values) = values else {
                findings.add(format!("{what} {id} has a consent word or stamps that can't be read"));
                continue;
            };
            for (field, choice) in values.word().choices() {
                if values.get(field).is_none() {
                    findings.add(format!("{what} {id}: {field} is {choice}, but nothing says since when"));
                }
            }
            for (field, choice, stamp) in values.iter() {
                let entry = stamp.entry;
                if entries.get(&entry).and_then(|made| made.choice(target(field))) != Some(choice) {
                    findings.add(format!("{what} {id}: {field} is {choice}, but {entry} doesn't say so"));
                }
            }
        }
    }
}

fn check_subscriptions(db: &impl Db, findings: &mut Findings) -> Result<()> {
    const SELECT: &str = "SELECT workspace, profile, list, choice, entry FROM subscription
        WHERE (workspace, profile, list) > (?1, ?2, ?3) ORDER BY workspace, profile, list LIMIT ?4";
    let mut after = (i64::MIN, i64::MIN, i64::MIN);
    loop {
        let page = db.all(SELECT, params![after.0, after.1, after.2, PAGE], |row| {
            let key: (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((key, choice(row.get(3)?)?, EntryId(row.get(4)?)))
        })?;
        let Some((last, ..)) = page.last() else { return Ok(()) };
        after = *last;
        let entries = entries(db, page.iter().map(|(.., entry)| *entry))?;
        for ((_, profile, of), held, entry) in page {
            let subscribed = ListId(of);
            if entries.get(&entry).and_then(|made| made.choice(Target::List(subscribed))) != Some(held) {
                findings
                    .add(format!("profile {profile}: {subscribed} is {held}, but {entry} doesn't say so"));
            }
        }
    }
}

fn check_owners(db: &impl Db, findings: &mut Findings) -> Result<()> {
    const ORPHANS: &str = "SELECT count(*) FROM address WHERE NOT EXISTS
        (SELECT 1 FROM profile WHERE profile.id = address.profile AND profile.workspace = address.workspace)";
    const MERGED: &str = "SELECT count(*) FROM address JOIN profile_merged
        ON profile_merged.from_profile = address.profile AND profile_merged.workspace = address.workspace";
    let merged: u64 = db.one(MERGED, &[], |row| row.get(0))?;
    if merged > 0 {
        findings.add(format!("{merged} addresses belong to a profile that was merged into another"));
    }
    let orphans: u64 = db.one(ORPHANS, &[], |row| row.get(0))?;
    if orphans > 0 {
        findings.add(format!("{orphans} addresses have no profile"));
    }
    Ok(())
}

/// What an entry made of the values that it names, and what it holds of its evidence.
struct Made {
    sets: SmallVec<[Applied; 2]>,
    commitment: Option<[u8; 32]>,
}

impl Made {
    fn choice(&self, target: Target) -> Option<Choice> {
        self.sets.iter().find(|set| set.target == target).map(|set| set.new)
    }
}

/// The entries of these that are there.
fn entries(db: &impl Db, of: impl Iterator<Item = EntryId>) -> Result<HashMap<EntryId, Made>> {
    const SELECT: Sql = Sql::each(
        "SELECT id, sets, commitment FROM ledger_event
            WHERE id IN (SELECT value FROM json_each('[' || ?1 || ']'))",
        "SELECT id, sets, commitment FROM ledger_event
            WHERE id = ANY (CAST(string_to_array(?1, ',') AS BIGINT[]))",
    );
    let list = history::id_list(of.collect::<BTreeSet<_>>());
    if list.is_empty() {
        return Ok(HashMap::new());
    }
    let found = db.all(SELECT, params![&list], |row| {
        let (_, sets) = unpack_sets(row.get(1)?)?;
        Ok((EntryId(row.get(0)?), Made { sets, commitment: row.get(2)? }))
    })?;
    Ok(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use consent::ConsentWord;
    use rusqlite::Connection;

    use super::super::stamps::pack_sets;
    use super::*;

    /// A database with `refusals` profiles, each of which has said no to email and to list 1, with evidence.
    fn database(refusals: i64) -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("../sqlite/migrations/0001_consent.sql")).unwrap();
        conn.execute_batch(include_str!("../sqlite/migrations/0002_delivery.sql")).unwrap();
        conn.execute_batch(include_str!("../sqlite/migrations/0003_people.sql")).unwrap();
        conn.execute_batch(include_str!("../sqlite/migrations/0010_pages.sql")).unwrap();
        let set = |target| Applied { target, old: Choice::Unset, new: Choice::No };
        let sets = pack_sets(&[set(Target::Field(Field::Email)), set(Target::List(ListId(1)))]);
        let word = ConsentWord::default().with(Field::Email, Choice::No).bits() as i64;
        for id in 0..refusals {
            let mut stamps = vec![Field::Email.code()];
            stamps.extend_from_slice(&1i64.to_be_bytes());
            stamps.extend_from_slice(&id.to_be_bytes());
            let profile =
                "INSERT INTO profile (id, workspace, word, created_at, stamps) VALUES (?1, 1, ?2, 1, ?3)";
            conn.execute(profile, (id, word, stamps)).unwrap();
            let event = "INSERT INTO ledger_event VALUES (?1, 1, ?1, NULL, NULL, NULL, 1, 'api', ?2, ?3)";
            conn.execute(event, (id, sets.as_slice(), commitment(b"salt", "{}"))).unwrap();
            let choice = Choice::No.code();
            conn.execute("INSERT INTO subscription VALUES (1, ?1, 1, ?2, 1, ?1)", (id, choice)).unwrap();
            conn.execute("INSERT INTO evidence VALUES (?1, 1, x'73616c74', '{}')", [id]).unwrap();
        }
        conn
    }

    #[test]
    fn damage_on_any_page_is_found_and_nothing_else() {
        let conn = database(2 * PAGE + 1);
        assert_eq!(sqlite_integrity(&conn).unwrap(), Vec::<String>::new());
        assert_eq!(check_database(&conn).unwrap(), Vec::<String>::new());
        for id in [0, PAGE - 1, PAGE, 2 * PAGE] {
            conn.execute_batch("SAVEPOINT intact").unwrap();
            conn.execute("UPDATE evidence SET content = '{ }' WHERE entry = ?1", [id]).unwrap();
            conn.execute("UPDATE profile SET word = 0 WHERE id = ?1", [id]).unwrap();
            conn.execute("UPDATE subscription SET list = 2 WHERE profile = ?1", [id]).unwrap();
            let entry = EntryId(id);
            let expected = [
                format!("the evidence of {entry} isn't what the entry vouches for"),
                format!("profile {id}: email is unset, but {entry} doesn't say so"),
                format!("profile {id}: {} is n, but {entry} doesn't say so", ListId(2)),
            ];
            assert_eq!(check_database(&conn).unwrap(), expected);
            conn.execute_batch("ROLLBACK TO intact").unwrap();
        }
        conn.execute("DELETE FROM ledger_event WHERE id = 5", []).unwrap();
        let findings = check_database(&conn).unwrap();
        assert_eq!(findings.len(), 4, "{findings:?}");
        assert_eq!(findings[0], "1 ledger entries are missing");
        conn.execute("DELETE FROM ledger_event", []).unwrap();
        assert_eq!(check_database(&conn).unwrap().len(), FINDINGS_MAX);
    }

    #[test]
    fn each_event_has_one_place_or_waits_for_one() {
        let conn = database(2 * PAGE);
        conn.execute_batch(
            "CREATE TABLE ledger_leaf (leaf INTEGER, entry INTEGER, profile INTEGER);
             CREATE TABLE ledger_pending (entry INTEGER, profile INTEGER);
             INSERT INTO ledger_leaf SELECT id, id, profile FROM ledger_event WHERE id < 1500;
             INSERT INTO ledger_pending SELECT id, profile FROM ledger_event WHERE id >= 1500;",
        )
        .unwrap();
        assert_eq!(check_sequence(&conn).unwrap(), Vec::<String>::new());
        let tampering = [
            ("DELETE FROM ledger_leaf WHERE entry = 999", "ent_999 has no place in the log"),
            ("INSERT INTO ledger_pending VALUES (1000, 1000)", "ent_1000 has more than one place in the log"),
            (
                "INSERT INTO ledger_leaf VALUES (1500, 1500, 1500)",
                "ent_1500 has more than one place in the log",
            ),
            (
                "INSERT INTO ledger_leaf VALUES (1500, 3000, 1)",
                "a place in the log names ent_3000, which isn't there",
            ),
        ];
        for (sql, finding) in tampering {
            conn.execute_batch("SAVEPOINT intact").unwrap();
            assert_eq!(conn.execute(sql, []).unwrap(), 1);
            assert_eq!(check_sequence(&conn).unwrap(), [finding]);
            conn.execute_batch("ROLLBACK TO intact").unwrap();
        }
    }
}
