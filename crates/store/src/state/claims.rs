//! Claims: what makes a run survive the death of its process without mailing anyone twice.
//!
//! Before a batch is handed over, a claim notes who is in it; afterwards a settlement notes what became of each. What
//! stands between the two when a process dies is in doubt, and only that.
//!
//! At any moment every member of the audience is in exactly one place: above its part's cursor, in an open claim, in a state
//! of `delivery`, or in one bitmap of exclusions. (A message that is claimed for another attempt keeps its row, without
//! a due time, for as long as its claim is open.)

mod members;

use std::collections::HashSet;

use consent::{Exclusion, ProfileId, Reason, RunId, Timestamp, WorkspaceId};

use self::members::{Member, pack, unpack};
use super::{exclusions, fence, paced, parts};
use crate::error::{Result, StoreError};
use crate::sql::{Db, Value, params};
use crate::store::{Answer, Key, Store};
use crate::types::{
    Claim, ClaimId, Claimed, Deferred, DeliveryState, NewClaim, Outcome, Part, RunState, Settlement,
};

/// Most profiles in one claim.
pub(crate) const CLAIM_MAX: usize = 1 << 16;
/// Characters kept of a server's reply.
pub(crate) const DETAIL_CHARS_MAX: usize = 200;

impl Store {
    /// Before hand-off: notes which profiles are about to be mailed, which are excluded and why, and moves the part's
    /// cursor past them. After a crash, what is claimed and not settled is in doubt. Whom another run has claimed within
    /// their pace since the decision is excluded, not mailed. [`StoreError::Busy`] when the part was taken by someone else
    /// since.
    pub fn claim(&self, workspace: WorkspaceId, claim: NewClaim) -> Answer<Claimed> {
        self.write("claim", Key::Run(workspace, claim.run), move |db| self::claim(db, workspace, &claim))
    }

    /// After hand-off: notes what became of a claim's messages, and closes the claim. Messages of the claim that the
    /// settlement doesn't name become due at once (they weren't handed over). [`StoreError::Missing`] when the claim
    /// isn't open, such as one that was found in doubt meanwhile.
    pub fn settle(&self, workspace: WorkspaceId, settlement: Settlement) -> Answer<()> {
        self.write("settle", Key::Workspace(workspace), move |db| settle(db, workspace, &settlement))
    }

    /// Claims of a part that a dead process left open. Call only while holding the part.
    pub fn open_claims(&self, workspace: WorkspaceId, run: RunId, part: u32) -> Answer<Vec<Claim>> {
        self.query("open_claims", Key::Run(workspace, run), move |db| open_claims(db, workspace, run, part))
    }

    /// Closes an open claim whose process died: its messages become [`DeliveryState::InDoubt`].
    pub fn doubt(&self, workspace: WorkspaceId, claim: ClaimId, at: Timestamp) -> Answer<u64> {
        self.write("doubt", Key::Workspace(workspace), move |db| doubt(db, workspace, claim, at))
    }
}

/// Notes who is about to be mailed and who is excluded, and moves the part's cursor past them.
///
/// With a cursor, everyone named lies between the old one and the new one; without, everyone named has a message
/// that is due. A claim that permits nobody is closed at once; settling it changes nothing.
pub(crate) fn claim(db: &impl Db, workspace: WorkspaceId, claim: &NewClaim) -> Result<Claimed> {
    const INSERT: &str = "INSERT INTO run_claim (workspace, run, part, number, claimed_at, members)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (run, part) = (claim.run, claim.part.number);
    let permitted = claim.permitted.iter().map(|(profile, _)| *profile);
    let named = named_once(permitted, &claim.deferred, &claim.excluded)?;
    let progress = parts::progress(db, workspace, run, part)?;
    if progress.state != RunState::Open {
        return Err(invalid("the run has ended"));
    }
    parts::check_generation(run, &progress.part, claim.part)?;
    check_window(&named, &progress.part, claim.cursor)?;
    let capped = cap(db, workspace, claim)?;
    let held_back;
    let claim = if capped.is_empty() {
        claim
    } else {
        held_back = without(claim, &capped);
        &held_back
    };
    if claim.cursor.is_none() {
        take_due(db, workspace, claim)?;
    }
    postpone(db, workspace, run, &claim.deferred, claim.at)?;
    exclusions::add(db, workspace, run, &claim.excluded)?;
    let number = progress.claims.checked_add(1).ok_or_else(|| invalid("the part has had too many claims"))?;
    parts::advance(db, workspace, run, part, number, claim.cursor)?;
    if !claim.permitted.is_empty() {
        let mut members = claim.permitted.clone();
        members.sort_unstable();
        let members = pack(&members);
        db.execute(INSERT, params![workspace.0, run.0, part, number, claim.at.0, &members])?;
    }
    Ok(Claimed { id: ClaimId { run, part, number }, capped })
}

/// Claims people who asked for fewer messages; answers those whom another run has claimed since they were decided about.
fn cap(db: &impl Db, workspace: WorkspaceId, claim: &NewClaim) -> Result<Vec<ProfileId>> {
    if claim.paced.is_empty() {
        return Ok(Vec::new());
    }
    let permitted: HashSet<ProfileId> = claim.permitted.iter().map(|(profile, _)| *profile).collect();
    if !claim.paced.iter().all(|send| permitted.contains(&send.profile)) {
        return Err(invalid("a claim names a paced profile that it doesn't permit"));
    }
    paced::claim(db, workspace, claim.run, &claim.paced, claim.at)
}

/// The claim with some of those permitted excluded.
fn without(claim: &NewClaim, capped: &[ProfileId]) -> NewClaim {
    let mut claim = claim.clone();
    claim.permitted.retain(|(profile, _)| !capped.contains(profile));
    claim.excluded.extend(capped.iter().map(|profile| (*profile, Exclusion::of(Reason::Capped))));
    claim
}

/// The profiles named, in order; an error if one is named twice.
fn named_once(
    first: impl Iterator<Item = ProfileId>,
    deferred: &[Deferred],
    excluded: &[(ProfileId, Exclusion)],
) -> Result<Vec<ProfileId>> {
    let withheld = excluded.iter().map(|(profile, _)| *profile);
    let mut named: Vec<ProfileId> =
        first.chain(deferred.iter().map(|wait| wait.profile)).chain(withheld).collect();
    named.sort_unstable();
    if named.len() > CLAIM_MAX {
        return Err(invalid(&format!("a claim has at most {CLAIM_MAX} profiles")));
    }
    if named.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(invalid("a claim names a profile twice"));
    }
    Ok(named)
}

/// Everyone named lies in the part and, in a batch from the audience, between its old cursor and the new one.
fn check_window(named: &[ProfileId], part: &Part, cursor: Option<ProfileId>) -> Result<()> {
    let (above, until) = match cursor {
        Some(new) if new <= part.position() => return Err(invalid("a part's cursor only moves forwards")),
        Some(new) if new > part.until => return Err(invalid("a part's cursor stays in the part")),
        Some(new) => (part.position(), new),
        None => (part.after.unwrap_or(ProfileId(0)), part.until),
    };
    let inside =
        named.first().is_none_or(|first| *first > above) && named.last().is_none_or(|last| *last <= until);
    if inside { Ok(()) } else { Err(invalid("a claim names a profile that its cursor doesn't pass")) }
}

/// Takes due messages out of the queue: those permitted or deferred keep their row, those excluded lose it.
fn take_due(db: &impl Db, workspace: WorkspaceId, claim: &NewClaim) -> Result<()> {
    const TAKE: &str = "UPDATE delivery SET due_at = NULL
        WHERE workspace = ?1 AND run = ?2 AND profile = ?3 AND due_at IS NOT NULL";
    const DROP: &str = "DELETE FROM delivery
        WHERE workspace = ?1 AND run = ?2 AND profile = ?3 AND due_at IS NOT NULL";
    let key = |profile: ProfileId| message_key(workspace, claim.run, profile);
    let kept = claim.permitted.iter().map(|(profile, _)| *profile);
    let kept = kept.chain(claim.deferred.iter().map(|wait| wait.profile));
    let mut changed = db.execute_all(TAKE, kept.map(key))?;
    changed.extend(db.execute_all(DROP, claim.excluded.iter().map(|(profile, _)| key(*profile)))?);
    if changed.contains(&0) {
        return Err(invalid("a claim names a profile that has no message due"));
    }
    Ok(())
}

fn message_key<'v>(workspace: WorkspaceId, run: RunId, profile: ProfileId) -> [Value<'v>; 3] {
    [workspace.0.into(), run.0.into(), profile.0.into()]
}

/// Closes a claim: answers its members, in order; `None` if it isn't open.
fn close(db: &impl Db, workspace: WorkspaceId, claim: ClaimId) -> Result<Option<Vec<Member>>> {
    const DELETE: &str =
        "DELETE FROM run_claim WHERE workspace = ?1 AND run = ?2 AND part = ?3 AND number = ?4
        RETURNING members";
    let key = params![workspace.0, claim.run.0, claim.part, claim.number];
    db.first(DELETE, key, |row| unpack(row.get(0)?))
}

/// Notes what became of a claim's messages, and closes the claim. Messages that the settlement doesn't name become due
/// at its time, as if never taken.
pub(crate) fn settle(db: &impl Db, workspace: WorkspaceId, settlement: &Settlement) -> Result<()> {
    let run = settlement.claim.run;
    let outcomes = settlement.outcomes.iter().map(|outcome| outcome.profile);
    let named = named_once(outcomes, &settlement.deferred, &settlement.excluded)?;
    let Some(members) = close(db, workspace, settlement.claim)? else {
        return settled_nothing(db, workspace, settlement);
    };
    if !named.iter().all(|profile| members.binary_search_by_key(profile, |member| member.0).is_ok()) {
        return Err(invalid("a settlement names a profile that isn't in its claim"));
    }
    // In the order of the table, one leaf page after the other.
    let mut outcomes: Vec<&Outcome> = settlement.outcomes.iter().collect();
    outcomes.sort_unstable_by_key(|outcome| outcome.profile);
    note(db, workspace, run, &outcomes)?;
    postpone(db, workspace, run, &settlement.deferred, settlement.at)?;
    drop_messages(db, workspace, run, settlement.excluded.iter().map(|(profile, _)| *profile))?;
    exclusions::add(db, workspace, run, &settlement.excluded)?;
    let unnamed = members.iter().filter(|member| named.binary_search(&member.0).is_err());
    put_back(db, workspace, run, unnamed, settlement.at)
}

/// A claim that isn't open can be settled only by a settlement of nothing: such a claim has permitted nobody.
fn settled_nothing(db: &impl Db, workspace: WorkspaceId, settlement: &Settlement) -> Result<()> {
    let ClaimId { run, part, number } = settlement.claim;
    let known = match parts::progress(db, workspace, run, part) {
        Err(StoreError::Missing(_)) => false,
        progress => (1..=progress?.claims).contains(&number),
    };
    let Settlement { outcomes, deferred, excluded, .. } = settlement;
    let nothing = outcomes.is_empty() && deferred.is_empty() && excluded.is_empty();
    if known && nothing { Ok(()) } else { Err(missing_claim()) }
}

/// Writes what became of messages; one more attempt has been made of each.
fn note(db: &impl Db, workspace: WorkspaceId, run: RunId, outcomes: &[&Outcome]) -> Result<()> {
    const UPSERT: &str = "INSERT INTO delivery
        (workspace, run, profile, address, state, attempts, at, code, due_at, detail)
        VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8, ?9)
        ON CONFLICT (workspace, run, profile) DO UPDATE SET
            address = excluded.address, state = excluded.state, attempts = delivery.attempts + 1,
            at = excluded.at, code = excluded.code, due_at = excluded.due_at, detail = excluded.detail, cause = 0";
    let deferred = |outcome: &Outcome| outcome.state == DeliveryState::Deferred;
    if outcomes.iter().any(|outcome| deferred(outcome) && outcome.due_at.is_none()) {
        return Err(invalid("a deferred message has a time at which it is due"));
    }
    let rows = outcomes.iter().map(|outcome| {
        let detail = outcome.detail.as_deref().filter(|_| outcome.state != DeliveryState::Sent);
        [
            workspace.0.into(),
            run.0.into(),
            outcome.profile.0.into(),
            outcome.address.0.into(),
            (outcome.state as u8).into(),
            outcome.at.0.into(),
            outcome.code.into(),
            outcome.due_at.filter(|_| deferred(outcome)).map(|due| due.0).into(),
            detail.map(|text| cut(text, DETAIL_CHARS_MAX)).into(),
        ]
    });
    db.execute_all(UPSERT, rows)?;
    Ok(())
}

/// Messages that wait because the decision says so: due when the wait is over, no attempt made.
fn postpone(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    deferred: &[Deferred],
    at: Timestamp,
) -> Result<()> {
    const UPSERT: &str = "INSERT INTO delivery
        (workspace, run, profile, address, state, attempts, at, code, due_at, cause)
        VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, 0, ?7, ?8)
        ON CONFLICT (workspace, run, profile) DO UPDATE SET
            address = excluded.address, at = excluded.at, due_at = excluded.due_at, cause = excluded.cause";
    if deferred.is_empty() {
        return Ok(());
    }
    fence::open_only_to(db, fence::KNOWS_CAUSES)?;
    let state = DeliveryState::Deferred as u8;
    let rows = deferred.iter().map(|wait| {
        [
            workspace.0.into(),
            run.0.into(),
            wait.profile.0.into(),
            wait.address.0.into(),
            state.into(),
            at.0.into(),
            wait.until.0.into(),
            wait.cause.code().into(),
        ]
    });
    db.execute_all(UPSERT, rows)?;
    Ok(())
}

/// People who were to get a message and won't: there is no row of them from now on.
fn drop_messages(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    profiles: impl Iterator<Item = ProfileId>,
) -> Result<()> {
    const DELETE: &str = "DELETE FROM delivery WHERE workspace = ?1 AND run = ?2 AND profile = ?3";
    db.execute_all(DELETE, profiles.map(|profile| message_key(workspace, run, profile)))?;
    Ok(())
}

/// Messages that were claimed and not handed over: due at once, no attempt made.
fn put_back<'m>(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    members: impl Iterator<Item = &'m Member>,
    at: Timestamp,
) -> Result<()> {
    const UPSERT: &str = "INSERT INTO delivery
        (workspace, run, profile, address, state, attempts, at, code, due_at)
        VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, 0, ?6)
        ON CONFLICT (workspace, run, profile) DO UPDATE SET due_at = excluded.due_at, cause = 0";
    let deferred = DeliveryState::Deferred as u8;
    let rows = members.map(|(profile, address)| {
        [workspace.0.into(), run.0.into(), profile.0.into(), address.0.into(), deferred.into(), at.0.into()]
    });
    db.execute_all(UPSERT, rows)?;
    Ok(())
}

/// A part's open claims, oldest first.
pub(crate) fn open_claims(db: &impl Db, workspace: WorkspaceId, run: RunId, part: u32) -> Result<Vec<Claim>> {
    const SELECT: &str = "SELECT number, members FROM run_claim
        WHERE workspace = ?1 AND run = ?2 AND part = ?3 ORDER BY number";
    db.all(SELECT, params![workspace.0, run.0, part], |row| {
        let id = ClaimId { run, part, number: row.get(0)? };
        Ok(Claim { id, permitted: unpack(row.get(1)?)? })
    })
}

/// Closes an open claim whose process died: its messages are in doubt, which counts as an attempt. Answers how many.
pub(crate) fn doubt(db: &impl Db, workspace: WorkspaceId, claim: ClaimId, at: Timestamp) -> Result<u64> {
    let members = close(db, workspace, claim)?.ok_or_else(missing_claim)?;
    let state = DeliveryState::InDoubt;
    let outcomes: Vec<Outcome> = members
        .into_iter()
        .map(|(profile, address)| Outcome {
            profile,
            address,
            state,
            at,
            code: 0,
            detail: None,
            due_at: None,
        })
        .collect();
    note(db, workspace, claim.run, &outcomes.iter().collect::<Vec<_>>())?;
    Ok(outcomes.len() as u64)
}

/// The first `limit` characters.
pub(super) fn cut(text: &str, limit: usize) -> &str {
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
