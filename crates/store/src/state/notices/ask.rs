//! Somebody asks for a notice to an address.

use consent::{Timestamp, WorkspaceId};

use super::{DAY, HOUR, SENT, WAITING};
use crate::api::Result;
use crate::error::StoreError;
use crate::sql::{Db, params};
use crate::state::preferences::check_language;
use crate::types::{Asked, NewNotice, NoticeLimits};

/// The kind of the row that counts what an address was sent.
const TALLY: u8 = 0;

/// A notice with what stands for its address.
pub(crate) struct Asking {
    /// The keyed hash of the address.
    pub hash: [u8; 16],
    /// What is asked for.
    pub notice: NewNotice,
    /// How many there may be.
    pub limits: NoticeLimits,
}

/// What is kept of an address.
struct Known {
    /// Whether the notice waits, or is on its way.
    open: bool,
    /// Whether it waits and says something else than what is asked for now.
    differs: bool,
    /// Times at which notices to the address were queued, oldest first.
    times: Vec<i64>,
}

/// What asking would come to; `None`: something is to be written. So a flood for one address only reads.
pub(crate) fn look(db: &impl Db, workspace: WorkspaceId, asking: &Asking) -> Result<Option<Asked>> {
    let asked = checked(asking)?;
    let known = known(db, workspace, asking, &asked)?;
    if known.open {
        return Ok((!known.differs).then_some(Asked::Queued));
    }
    refusal(db, workspace, asking, &known)
}

/// Queues a notice, see [`crate::PageStore::ask_notice`].
pub(crate) fn ask(db: &impl Db, workspace: WorkspaceId, asking: &Asking) -> Result<Asked> {
    let asked = checked(asking)?;
    super::purge(db, workspace, asking.notice.at)?;
    let known = known(db, workspace, asking, &asked)?;
    if known.open {
        if known.differs {
            reword(db, workspace, asking, &asked)?;
        }
        return Ok(Asked::Queued);
    }
    if let Some(refused) = refusal(db, workspace, asking, &known)? {
        return Ok(refused);
    }
    put(db, workspace, asking, &asked)?;
    tally(db, workspace, asking, known.times)?;
    Ok(Asked::Queued)
}

/// What is asked as JSON text, within the limits.
fn checked(asking: &Asking) -> Result<String> {
    let invalid = |why: String| StoreError::Invalid(format!("a notice: {why}"));
    check_language(&asking.notice.language)?;
    if asking.limits.per_day > NoticeLimits::PER_DAY_MAX {
        return Err(invalid(format!("at most {} a day are counted", NoticeLimits::PER_DAY_MAX)));
    }
    let asked = serde_json::to_string(&asking.notice.asked).map_err(|error| invalid(error.to_string()))?;
    if asked.len() > NewNotice::ASKED_BYTES_MAX {
        return Err(invalid(format!("who asked takes at most {} bytes", NewNotice::ASKED_BYTES_MAX)));
    }
    Ok(asked)
}

fn known(db: &impl Db, workspace: WorkspaceId, asking: &Asking, asked: &str) -> Result<Known> {
    const SELECT: &str = "SELECT kind, list, state, times, language, asked FROM notice
        WHERE hash = ?1 AND workspace = ?2 AND (kind = 0 OR kind = ?3 AND list = ?4)";
    let notice = &asking.notice;
    let mut known = Known { open: false, differs: false, times: Vec::new() };
    let key = params![&asking.hash, workspace.0, notice.kind as u8, list(asking)];
    db.each(SELECT, key, |row| {
        if row.get::<u8>(0)? == TALLY {
            known.times = unpack(row.get(3)?)?;
            return Ok(());
        }
        let state: u8 = row.get(2)?;
        let same = row.get::<&str>(4)? == notice.language && row.get::<Option<&str>>(5)? == Some(asked);
        (known.open, known.differs) = (state < SENT, state == WAITING && !same);
        Ok(())
    })?;
    Ok(known)
}

fn list(asking: &Asking) -> i64 {
    asking.notice.list.map_or(0, |list| list.0)
}

/// Why no further notice is queued.
fn refusal(db: &impl Db, workspace: WorkspaceId, asking: &Asking, known: &Known) -> Result<Option<Asked>> {
    const COUNT: &str = "SELECT count(*) FROM
        (SELECT 1 FROM notice WHERE workspace = ?1 AND state < 3 LIMIT ?2) AS waiting";
    let limits = &asking.limits;
    // Whatever bears a later time counts too: a clock may have been put back.
    let since = |span: i64| {
        let from = asking.notice.at.0.saturating_sub(span);
        known.times.iter().filter(|time| **time > from).count() as u64
    };
    if since(HOUR) >= u64::from(limits.per_hour) || since(DAY) >= u64::from(limits.per_day) {
        return Ok(Some(Asked::Enough));
    }
    let waiting: u64 = db.one(COUNT, params![workspace.0, limits.waiting_max], |row| row.get(0))?;
    Ok((waiting >= u64::from(limits.waiting_max)).then_some(Asked::Full))
}

fn put(db: &impl Db, workspace: WorkspaceId, asking: &Asking, asked: &str) -> Result<()> {
    const PUT: &str =
        "INSERT INTO notice (hash, workspace, kind, list, state, at, due_at, generation, takings,
            times, namespace, address, language, asked)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, 0, ?7, ?8, ?9, ?10, ?11)
        ON CONFLICT (hash, kind, list, workspace) DO UPDATE SET state = excluded.state, at = excluded.at,
            due_at = excluded.due_at, takings = 0, namespace = excluded.namespace,
            address = excluded.address, language = excluded.language, asked = excluded.asked";
    let notice = &asking.notice;
    let values = params![
        &asking.hash,
        workspace.0,
        notice.kind as u8,
        list(asking),
        WAITING,
        notice.at.0,
        &[0_u8; 0],
        notice.address.namespace().as_str(),
        notice.address.raw(),
        &notice.language,
        asked,
    ];
    db.execute(PUT, values).map(drop)
}

/// A notice that waits says what was asked last.
fn reword(db: &impl Db, workspace: WorkspaceId, asking: &Asking, asked: &str) -> Result<()> {
    const UPDATE: &str = "UPDATE notice SET language = ?5, asked = ?6
        WHERE hash = ?1 AND workspace = ?2 AND kind = ?3 AND list = ?4 AND state = 1";
    let notice = &asking.notice;
    let key = params![&asking.hash, workspace.0, notice.kind as u8, list(asking), &notice.language, asked];
    db.execute(UPDATE, key).map(drop)
}

/// Notes when notices to the address were queued. One row for all of them: of two nodes that count at once, one does it
/// again.
fn tally(db: &impl Db, workspace: WorkspaceId, asking: &Asking, mut times: Vec<i64>) -> Result<()> {
    const PUT: &str =
        "INSERT INTO notice (hash, workspace, kind, list, state, at, due_at, generation, takings,
            times, namespace, address, language, asked)
        VALUES (?1, ?2, 0, 0, ?3, ?4, ?4, 0, 0, ?5, '', NULL, '', NULL)
        ON CONFLICT (hash, kind, list, workspace) DO UPDATE SET at = excluded.at, times = excluded.times";
    let Timestamp(at) = asking.notice.at;
    times.retain(|time| *time > at.saturating_sub(DAY));
    times.push(at);
    times.sort_unstable();
    let latest = times.last().copied().unwrap_or(at);
    let packed: Vec<u8> = times.iter().flat_map(|time| time.to_be_bytes()).collect();
    db.execute(PUT, params![&asking.hash, workspace.0, SENT, latest, &packed]).map(drop)
}

fn unpack(bytes: &[u8]) -> Result<Vec<i64>> {
    let (times, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err(StoreError::Damaged("times of notices".to_owned()));
    }
    Ok(times.iter().map(|time| i64::from_be_bytes(*time)).collect())
}
