//! Ledger entries as the state keeps them, and as leaves of the log.

use std::fmt::Write as _;

use consent::{AddressId, EntryId, Evidence, ProfileId, RunId, Source, Target, Timestamp, WorkspaceId};
use rusqlite::{Connection, OptionalExtension as _, Row};
use smallvec::SmallVec;

use super::stamps::unpack_sets;
use crate::api::Result;
use crate::error::StoreError;
use crate::secrets::Secrets;
use crate::types::{Applied, Entry, HistoryPage};

/// Most entries in a page.
const PAGE_MAX: usize = 1_000;

macro_rules! select_events {
    ($rest:literal) => {
        concat!(
            "SELECT id, workspace, profile, address, run, occurred_at, received_at, source, sets, commitment
             FROM ledger_event ",
            $rest
        )
    };
}

/// A row of `ledger_event`: an entry without its evidence.
#[derive(Debug)]
pub(crate) struct Event {
    pub id: EntryId,
    pub workspace: WorkspaceId,
    pub profile: ProfileId,
    pub address: Option<AddressId>,
    pub run: Option<RunId>,
    pub occurred_at: Option<Timestamp>,
    pub received_at: Timestamp,
    pub source: Source,
    pub sets: SmallVec<[Applied; 2]>,
    pub commitment: Option<[u8; 32]>,
}

/// One entry.
pub(crate) fn entry(conn: &Connection, workspace: WorkspaceId, entry: EntryId) -> Result<Option<Entry>> {
    const SELECT: &str = select_events!("WHERE id = ?1 AND workspace = ?2");
    let mut statement = conn.prepare_cached(SELECT)?;
    let mut rows = statement.query((entry.0, workspace.0))?;
    let event = rows.next()?.map(read).transpose()?;
    event.map(|event| with_evidence(conn, event)).transpose()
}

/// A profile's entries, newest first, with those of the profiles that were merged into it.
pub(crate) fn history(
    conn: &Connection,
    workspace: WorkspaceId,
    profile: ProfileId,
    before: Option<EntryId>,
    limit: usize,
) -> Result<HistoryPage> {
    const SELECT: &str = select_events!(
        "WHERE workspace = ?2 AND id < ?3 AND profile IN (
                SELECT ?1 UNION ALL
                SELECT from_profile FROM profile_merged WHERE workspace = ?2 AND into_profile = ?1
            ) ORDER BY id DESC LIMIT ?4"
    );
    let limit = limit.clamp(1, PAGE_MAX);
    let mut statement = conn.prepare_cached(SELECT)?;
    let key = (profile.0, workspace.0, before.map_or(i64::MAX, |entry| entry.0), limit as i64 + 1);
    let events = statement.query_and_then(key, read)?.collect::<Result<Vec<_>>>()?;
    let more = events.len() > limit;
    let entries =
        events.into_iter().take(limit).map(|event| with_evidence(conn, event)).collect::<Result<_>>()?;
    Ok(HistoryPage { entries, more })
}

/// The events from an index on, at most `limit`, without gaps.
pub(crate) fn events_from(conn: &Connection, first: u64, limit: usize) -> Result<Vec<Event>> {
    const SELECT: &str = select_events!("WHERE id >= ?1 ORDER BY id LIMIT ?2");
    let mut statement = conn.prepare_cached(SELECT)?;
    let events: Vec<Event> =
        statement.query_and_then((first as i64, limit as i64), read)?.collect::<Result<_>>()?;
    for (expected, event) in (first as i64..).zip(&events) {
        if event.id.0 != expected {
            return Err(StoreError::Damaged(format!("ledger entry {expected} is missing from the database")));
        }
    }
    Ok(events)
}

/// How many events there are, in all workspaces.
pub(crate) fn count(conn: &Connection) -> Result<u64> {
    const SELECT: &str = "SELECT coalesce(max(id) + 1, 0) FROM ledger_event";
    Ok(conn.prepare_cached(SELECT)?.query_row([], |row| row.get(0))?)
}

fn read(row: &Row<'_>) -> Result<Event> {
    let source: String = row.get(7)?;
    Ok(Event {
        id: EntryId(row.get(0)?),
        workspace: WorkspaceId(row.get(1)?),
        profile: ProfileId(row.get(2)?),
        address: row.get::<_, Option<i64>>(3)?.map(AddressId),
        run: row.get::<_, Option<i64>>(4)?.map(RunId),
        occurred_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        received_at: Timestamp(row.get(6)?),
        source: source.parse().map_err(|_| StoreError::Damaged("a ledger entry's source".to_owned()))?,
        sets: unpack_sets(row.get_ref(8)?.as_blob()?)?,
        commitment: row.get(9)?,
    })
}

fn with_evidence(conn: &Connection, event: Event) -> Result<Entry> {
    Ok(Entry {
        id: event.id,
        profile: event.profile,
        address: event.address,
        applied: event.sets,
        occurred_at: event.occurred_at,
        received_at: event.received_at,
        source: event.source,
        run: event.run,
        evidence: if event.commitment.is_some() { evidence(conn, event.id)? } else { Evidence::default() },
    })
}

/// What proves an entry; empty once erased.
pub(crate) fn evidence(conn: &Connection, entry: EntryId) -> Result<Evidence> {
    const SELECT: &str = "SELECT content FROM evidence WHERE entry = ?1";
    let content: Option<String> =
        conn.prepare_cached(SELECT)?.query_row([entry.0], |row| row.get(0)).optional()?;
    content.map_or(Ok(Evidence::default()), |content| {
        serde_json::from_str(&content).map_err(|_| StoreError::Damaged(format!("the evidence of {entry}")))
    })
}

/// An event as a leaf of the log: JSON in this order, without spaces, members without a value left out. Never changed;
/// another form gets another `v`. It holds no personal data: whose it is stands there under a pseudonym, and the
/// evidence as a salted hash.
///
/// ```json
/// {"v":1,"workspace":1,"subject":"<32 hex digits>","address":"<32 hex digits>",
///  "sets":[["email","y","n"],["identity:email","","n"],["list:7","y","n"]],
///  "occurred_at":"2026-05-03T14:00:00Z","received_at":"2026-05-03T14:00:01.5Z","source":"one_click",
///  "run":7,"evidence":"<64 hex digits>"}
/// ```
///
/// A set is target, old and new choice, the choices as XDM spells them, the empty text for unset. The address is there
/// when the change named one.
pub(crate) fn leaf(event: &Event, secrets: &Secrets) -> String {
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let subject = hex(&secrets.subject(event.workspace, event.profile));
    let mut leaf = format!(r#"{{"v":1,"workspace":{},"subject":"{subject}""#, event.workspace.0);
    let mut write = |text: std::fmt::Arguments<'_>| {
        leaf.write_fmt(text).expect("writing to a string can't fail");
    };
    if let Some(address) = event.address {
        write(format_args!(r#","address":"{}""#, hex(&secrets.address(event.workspace, address))));
    }
    write(format_args!(r#","sets":["#));
    for (at, set) in event.sets.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let (old, new) = (set.old.as_str(), set.new.as_str());
        match set.target {
            Target::Field(field) => write(format_args!(r#"{comma}["{field}","{old}","{new}"]"#)),
            Target::Identity(field) => write(format_args!(r#"{comma}["identity:{field}","{old}","{new}"]"#)),
            Target::List(list) => write(format_args!(r#"{comma}["list:{}","{old}","{new}"]"#, list.0)),
        }
    }
    write(format_args!("]"));
    if let Some(at) = event.occurred_at {
        write(format_args!(r#","occurred_at":"{at}""#));
    }
    // A source holds nothing that JSON would escape, see `consent::Source`.
    write(format_args!(r#","received_at":"{}","source":"{}""#, event.received_at, event.source.as_str()));
    if let Some(run) = event.run {
        write(format_args!(r#","run":{}"#, run.0));
    }
    if let Some(commitment) = &event.commitment {
        write(format_args!(r#","evidence":"{}""#, hex(commitment)));
    }
    write(format_args!("}}"));
    leaf
}
