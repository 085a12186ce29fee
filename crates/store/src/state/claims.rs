//! Claims: what makes a run survive the death of its process without mailing anyone twice.
//!
//! Before a batch is handed over, a claim notes who is in it; afterwards a settlement notes what became of each. What
//! stands between the two when a process dies is in doubt, and only that.
//!
//! At any moment every member of the audience is in exactly one place: above the cursor, in an open claim, in a state
//! of `delivery`, or in one bitmap of exclusions. (A message that is claimed for another attempt keeps its row, without
//! a due time, for as long as its claim is open.)

mod members;

use consent::{Exclusion, ProfileId, RunId, Timestamp, WorkspaceId};
use rusqlite::{Connection, OptionalExtension, params};

use self::members::{Member, pack, unpack};
use super::{exclusions, runs};
use crate::api::Result;
use crate::error::StoreError;
use crate::types::{Claim, ClaimId, DeliveryState, NewClaim, Outcome, RunState, Settlement};

/// Most profiles in one claim.
pub(crate) const CLAIM_MAX: usize = 1 << 16;
/// Characters kept of a server's reply.
pub(crate) const DETAIL_CHARS_MAX: usize = 200;

/// A claim's id: the run's, then the claim's number within the run. Numbers aren't used again.
const fn claim_id(run: RunId, number: u32) -> ClaimId {
    ClaimId((run.0 << 32) | number as i64)
}

const fn parts(claim: ClaimId) -> (RunId, u32) {
    (RunId(claim.0 >> 32), claim.0 as u32)
}

/// Notes who is about to be mailed and who is excluded, and moves the run's cursor past them.
///
/// With a cursor, everyone named lies between the old one and the new one; without, everyone named has a message
/// that is due. A claim that permits nobody is closed at once; settling it changes nothing.
pub(crate) fn claim(conn: &Connection, workspace: WorkspaceId, mut claim: NewClaim) -> Result<ClaimId> {
    const INSERT: &str = "INSERT INTO run_claim (workspace, run, number, claimed_at, members)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let run = claim.run;
    let named = named_once(claim.permitted.iter().map(|(profile, _)| *profile), &claim.excluded)?;
    let progress = runs::progress(conn, workspace, run)?;
    if progress.state != RunState::Open {
        return Err(invalid("the run has ended"));
    }
    match claim.cursor {
        Some(cursor) => check_window(&named, progress.cursor, cursor)?,
        None => take_due(conn, workspace, &claim)?,
    }
    exclusions::add(conn, workspace, run, &claim.excluded)?;
    let number = progress.claims.checked_add(1).ok_or_else(|| invalid("the run has had too many claims"))?;
    runs::advance(conn, workspace, run, number, claim.cursor)?;
    if !claim.permitted.is_empty() {
        claim.permitted.sort_unstable();
        let members = pack(&claim.permitted);
        conn.prepare_cached(INSERT)?.execute(params![workspace.0, run.0, number, claim.at.0, members])?;
    }
    Ok(claim_id(run, number))
}

/// The profiles named, in order; an error if one is named twice.
fn named_once(
    first: impl Iterator<Item = ProfileId>,
    excluded: &[(ProfileId, Exclusion)],
) -> Result<Vec<ProfileId>> {
    let mut named: Vec<ProfileId> = first.chain(excluded.iter().map(|(profile, _)| *profile)).collect();
    named.sort_unstable();
    if named.len() > CLAIM_MAX {
        return Err(invalid(&format!("a claim has at most {CLAIM_MAX} profiles")));
    }
    if named.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(invalid("a claim names a profile twice"));
    }
    Ok(named)
}

fn check_window(named: &[ProfileId], old: Option<ProfileId>, new: ProfileId) -> Result<()> {
    let old = old.unwrap_or(ProfileId(0));
    if new <= old {
        return Err(invalid("a run's cursor only moves forwards"));
    }
    let inside =
        named.first().is_none_or(|first| *first > old) && named.last().is_none_or(|last| *last <= new);
    if inside { Ok(()) } else { Err(invalid("a claim names a profile that its cursor doesn't pass")) }
}

/// Takes due messages out of the queue: those permitted keep their row, those excluded lose it.
fn take_due(conn: &Connection, workspace: WorkspaceId, claim: &NewClaim) -> Result<()> {
    const TAKE: &str = "UPDATE delivery SET due_at = NULL
        WHERE workspace = ?1 AND run = ?2 AND profile = ?3 AND due_at IS NOT NULL";
    const DROP: &str = "DELETE FROM delivery
        WHERE workspace = ?1 AND run = ?2 AND profile = ?3 AND due_at IS NOT NULL";
    let permitted = claim.permitted.iter().map(|(profile, _)| (TAKE, profile));
    let excluded = claim.excluded.iter().map(|(profile, _)| (DROP, profile));
    for (sql, profile) in permitted.chain(excluded) {
        if conn.prepare_cached(sql)?.execute([workspace.0, claim.run.0, profile.0])? == 0 {
            return Err(invalid("a claim names a profile that has no message due"));
        }
    }
    Ok(())
}

/// Closes a claim: answers its members, in order; `None` if it isn't open.
fn close(conn: &Connection, workspace: WorkspaceId, claim: ClaimId) -> Result<Option<Vec<Member>>> {
    const DELETE: &str =
        "DELETE FROM run_claim WHERE workspace = ?1 AND run = ?2 AND number = ?3 RETURNING members";
    let (run, number) = parts(claim);
    let key = params![workspace.0, run.0, number];
    let members: Option<Vec<u8>> =
        conn.prepare_cached(DELETE)?.query_row(key, |row| row.get(0)).optional()?;
    members.map(|members| unpack(&members)).transpose()
}

/// Notes what became of a claim's messages, and closes the claim. Messages that the settlement doesn't name become due
/// at its time, as if never taken.
pub(crate) fn settle(conn: &Connection, workspace: WorkspaceId, mut settlement: Settlement) -> Result<()> {
    let run = settlement.run;
    let outcomes = settlement.outcomes.iter().map(|outcome| outcome.profile);
    let named = named_once(outcomes, &settlement.excluded)?;
    if parts(settlement.claim).0 != run {
        return Err(missing_claim());
    }
    let Some(members) = close(conn, workspace, settlement.claim)? else {
        return settled_nothing(conn, workspace, &settlement);
    };
    if !named.iter().all(|profile| members.binary_search_by_key(profile, |member| member.0).is_ok()) {
        return Err(invalid("a settlement names a profile that isn't in its claim"));
    }
    // In the order of the table, one leaf page after the other.
    settlement.outcomes.sort_unstable_by_key(|outcome| outcome.profile);
    for outcome in &settlement.outcomes {
        note(conn, workspace, run, outcome)?;
    }
    for (profile, _) in &settlement.excluded {
        drop_message(conn, workspace, run, *profile)?;
    }
    exclusions::add(conn, workspace, run, &settlement.excluded)?;
    for member in members.iter().filter(|member| named.binary_search(&member.0).is_err()) {
        put_back(conn, workspace, run, *member, settlement.at)?;
    }
    Ok(())
}

/// A claim that isn't open can be settled only by a settlement of nothing: such a claim has permitted nobody.
fn settled_nothing(conn: &Connection, workspace: WorkspaceId, settlement: &Settlement) -> Result<()> {
    let number = parts(settlement.claim).1;
    let known = (1..=runs::progress(conn, workspace, settlement.run)?.claims).contains(&number);
    let nothing = settlement.outcomes.is_empty() && settlement.excluded.is_empty();
    if known && nothing { Ok(()) } else { Err(missing_claim()) }
}

/// Writes what became of one message; one more attempt has been made.
fn note(conn: &Connection, workspace: WorkspaceId, run: RunId, outcome: &Outcome) -> Result<()> {
    const UPSERT: &str = "INSERT INTO delivery
        (workspace, run, profile, address, state, attempts, at, code, due_at, detail)
        VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8, ?9)
        ON CONFLICT (workspace, run, profile) DO UPDATE SET
            address = excluded.address, state = excluded.state, attempts = delivery.attempts + 1,
            at = excluded.at, code = excluded.code, due_at = excluded.due_at, detail = excluded.detail";
    let deferred = outcome.state == DeliveryState::Deferred;
    if deferred && outcome.due_at.is_none() {
        return Err(invalid("a deferred message has a time at which it is due"));
    }
    let detail = outcome.detail.as_deref().filter(|_| outcome.state != DeliveryState::Sent);
    conn.prepare_cached(UPSERT)?.execute(params![
        workspace.0,
        run.0,
        outcome.profile.0,
        outcome.address.0,
        outcome.state as u8,
        outcome.at.0,
        outcome.code,
        outcome.due_at.filter(|_| deferred).map(|due| due.0),
        detail.map(|text| cut(text, DETAIL_CHARS_MAX)),
    ])?;
    Ok(())
}

/// Someone who was to get a message and won't: there is no row of them from now on.
fn drop_message(conn: &Connection, workspace: WorkspaceId, run: RunId, profile: ProfileId) -> Result<()> {
    const DELETE: &str = "DELETE FROM delivery WHERE workspace = ?1 AND run = ?2 AND profile = ?3";
    conn.prepare_cached(DELETE)?.execute([workspace.0, run.0, profile.0])?;
    Ok(())
}

/// A message that was claimed and not handed over: due at once, no attempt made.
fn put_back(
    conn: &Connection,
    workspace: WorkspaceId,
    run: RunId,
    member: Member,
    at: Timestamp,
) -> Result<()> {
    const UPSERT: &str = "INSERT INTO delivery
        (workspace, run, profile, address, state, attempts, at, code, due_at)
        VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, 0, ?6)
        ON CONFLICT (workspace, run, profile) DO UPDATE SET due_at = excluded.due_at";
    let (profile, address) = member;
    let deferred = DeliveryState::Deferred as u8;
    conn.prepare_cached(UPSERT)?.execute(params![
        workspace.0,
        run.0,
        profile.0,
        address.0,
        deferred,
        at.0
    ])?;
    Ok(())
}

/// The run's open claims, oldest first.
pub(crate) fn open_claims(conn: &Connection, workspace: WorkspaceId, run: RunId) -> Result<Vec<Claim>> {
    const SELECT: &str =
        "SELECT number, members FROM run_claim WHERE workspace = ?1 AND run = ?2 ORDER BY number";
    let mut statement = conn.prepare_cached(SELECT)?;
    let claims = statement.query_and_then([workspace.0, run.0], |row| {
        let members: Vec<u8> = row.get(1)?;
        Ok(Claim { id: claim_id(run, row.get(0)?), permitted: unpack(&members)? })
    })?;
    claims.collect()
}

/// Closes an open claim whose process died: its messages are in doubt, which counts as an attempt. Answers how many.
pub(crate) fn doubt(conn: &Connection, workspace: WorkspaceId, claim: ClaimId, at: Timestamp) -> Result<u64> {
    let members = close(conn, workspace, claim)?.ok_or_else(missing_claim)?;
    for (profile, address) in &members {
        let state = DeliveryState::InDoubt;
        let (profile, address) = (*profile, *address);
        let outcome = Outcome { profile, address, state, at, code: 0, detail: None, due_at: None };
        note(conn, workspace, parts(claim).0, &outcome)?;
    }
    Ok(members.len() as u64)
}

/// The first `limit` characters.
fn cut(text: &str, limit: usize) -> &str {
    text.char_indices().nth(limit).map_or(text, |(end, _)| &text[..end])
}

fn invalid(why: &str) -> StoreError {
    StoreError::Invalid(why.to_owned())
}

fn missing_claim() -> StoreError {
    StoreError::Missing("an open claim of that id".to_owned())
}

#[cfg(test)]
mod tests;
