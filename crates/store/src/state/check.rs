//! Checking the state against itself.

use consent::{Choice, EntryId, Target};
use rusqlite::{Connection, Row};

use super::history;
use super::stamps::{Values, choice, unpack_sets};
use crate::api::Result;
use crate::ledger::LedgerReader;
use crate::secrets::Secrets;

/// Findings after which the check stops.
const FINDINGS_MAX: usize = 100;
/// Leaves compared with the database at once.
const LEAVES: usize = 4096;

/// Findings so far; full after [`FINDINGS_MAX`].
struct Findings(Vec<String>);

impl Findings {
    fn add(&mut self, finding: String) {
        if self.0.len() < FINDINGS_MAX {
            self.0.push(finding);
        }
    }
}

/// Checks the database. Reads all of it, in one snapshot.
pub(crate) fn check_database(conn: &Connection) -> Result<Vec<String>> {
    let mut findings = Findings(Vec::new());
    conn.prepare("PRAGMA integrity_check(20)")?
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?
        .into_iter()
        .filter(|line| line != "ok")
        .for_each(|line| findings.add(format!("database: {line}")));
    check_events(conn, &mut findings)?;
    check_values(conn, &mut findings, "profile", "SELECT id, word, stamps FROM profile", Target::Field)?;
    check_values(conn, &mut findings, "address", "SELECT id, word, stamps FROM address", Target::Identity)?;
    check_subscriptions(conn, &mut findings)?;
    check_owners(conn, &mut findings)?;
    Ok(findings.0)
}

/// Compares the ledger's files with the database, entry by entry.
pub(crate) fn check_ledger(
    conn: &Connection,
    reader: &LedgerReader,
    secrets: &Secrets,
) -> Result<Vec<String>> {
    let mut findings = Findings(Vec::new());
    let entries = history::count(conn)?;
    if reader.size() > entries {
        findings.add(format!("ledger: {} entries, but {entries} in the database", reader.size()));
    }
    let mut from = 0;
    while from < reader.size().min(entries) {
        let events = history::events_from(conn, from, LEAVES)?;
        let until = reader.size().min(from + events.len() as u64);
        for (event, leaf) in events.iter().zip(reader.entries(from..until)?) {
            if history::leaf(event, secrets).as_bytes() != leaf? {
                findings.add(format!("ledger: {} isn't what the database holds", event.id));
            }
        }
        if until == from {
            break;
        }
        from = until;
    }
    Ok(findings.0)
}

fn check_events(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let (count, last): (i64, i64) =
        conn.query_row("SELECT count(*), coalesce(max(id) + 1, 0) FROM ledger_event", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if count != last {
        findings.add(format!("{} ledger entries are missing", last - count));
    }
    let mut statement = conn.prepare(
        "SELECT evidence.entry, salt, content, commitment FROM evidence
         LEFT JOIN ledger_event ON ledger_event.id = evidence.entry",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let kept = super::record::commitment(row.get_ref(1)?.as_blob()?, row.get_ref(2)?.as_str()?);
        if row.get_ref(3)?.as_blob_or_null()? != Some(&kept) {
            findings
                .add(format!("the evidence of {} isn't what the entry vouches for", EntryId(row.get(0)?)));
        }
    }
    Ok(())
}

/// Each choice of a word has a stamp, and the entry that the stamp names made that choice.
fn check_values(
    conn: &Connection,
    findings: &mut Findings,
    what: &str,
    sql: &str,
    target: fn(consent::Field) -> Target,
) -> Result<()> {
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let Ok(values) = row_values(row) else {
            findings.add(format!("{what} {id} has a consent word or stamps that can't be read"));
            continue;
        };
        for (field, choice) in values.word().choices() {
            if values.get(field).is_none() {
                findings.add(format!("{what} {id}: {field} is {choice}, but nothing says since when"));
            }
        }
        for (field, choice, stamp) in values.iter() {
            if made(conn, stamp.entry, target(field))? != Some(choice) {
                findings.add(format!("{what} {id}: {field} is {choice}, but {} doesn't say so", stamp.entry));
            }
        }
    }
    Ok(())
}

fn check_subscriptions(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let mut statement = conn.prepare("SELECT profile, list, choice, entry FROM subscription")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (profile, list) = (row.get::<_, i64>(0)?, consent::ListId(row.get(1)?));
        let (held, entry) = (choice(row.get(2)?)?, EntryId(row.get(3)?));
        if made(conn, entry, Target::List(list))? != Some(held) {
            findings.add(format!("profile {profile}: {list} is {held}, but {entry} doesn't say so"));
        }
    }
    Ok(())
}

fn check_owners(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let orphans: i64 = conn.query_row(
        "SELECT count(*) FROM address WHERE NOT EXISTS
            (SELECT 1 FROM profile WHERE profile.id = address.profile AND profile.workspace = address.workspace)",
        [],
        |row| row.get(0),
    )?;
    let merged: i64 = conn.query_row(
        "SELECT count(*) FROM address JOIN profile_merged
            ON profile_merged.from_profile = address.profile AND profile_merged.workspace = address.workspace",
        [],
        |row| row.get(0),
    )?;
    if merged > 0 {
        findings.add(format!("{merged} addresses belong to a profile that was merged into another"));
    }
    if orphans > 0 {
        findings.add(format!("{orphans} addresses have no profile"));
    }
    Ok(())
}

fn row_values(row: &Row<'_>) -> Result<Values> {
    Values::unpack(row.get(1)?, row.get_ref(2)?.as_blob_or_null()?)
}

/// What an entry made of a value.
fn made(conn: &Connection, entry: EntryId, target: Target) -> Result<Option<Choice>> {
    let mut statement = conn.prepare_cached("SELECT sets FROM ledger_event WHERE id = ?1")?;
    let mut rows = statement.query([entry.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let sets = unpack_sets(row.get_ref(0)?.as_blob()?)?;
    Ok(sets.iter().find(|set| set.target == target).map(|set| set.new))
}
