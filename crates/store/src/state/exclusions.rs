//! Whom a run left out and why: a bitmap per cause and block of 65,536 profile ids, so that a receipt for every
//! recipient takes no row for every recipient.

use std::collections::BTreeMap;

use consent::{Exclusion, ProfileId, RunId, WorkspaceId};
use roaring::RoaringBitmap;

use super::fence;
use crate::error::{Result, StoreError};
use crate::sql::{Db, params};

/// A block's bitmaps with their causes ([`Exclusion::code`]). Those with a detail stand in a table of their own, which programs
/// from before there were details don't read.
const OF_BLOCK: &str =
    "SELECT reason, members FROM run_exclusion WHERE workspace = ?1 AND run = ?2 AND hi = ?3
    UNION ALL SELECT cause, members FROM run_cause WHERE workspace = ?1 AND run = ?2 AND hi = ?3";

/// The number of the block that a profile's bit is in.
const fn block(profile: ProfileId) -> i64 {
    profile.0 >> 16
}

/// The profile's bit within its block.
const fn bit(profile: ProfileId) -> u32 {
    (profile.0 & 0xFFFF) as u32
}

fn decode(bytes: &[u8]) -> Result<RoaringBitmap> {
    RoaringBitmap::deserialize_from(bytes)
        .map_err(|error| StoreError::Damaged(format!("a bitmap of exclusions: {error}")))
}

/// Adds to a run's exclusions, in the order of the table: one read for each block, one write for each block and reason.
/// That nobody is excluded for two reasons is up to the caller.
pub(crate) fn add(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    excluded: &[(ProfileId, Exclusion)],
) -> Result<()> {
    const UPSERT: &str = "INSERT INTO run_exclusion (workspace, run, hi, reason, members)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (workspace, run, hi, reason) DO UPDATE SET members = excluded.members";
    const UPSERT_CAUSE: &str = "INSERT INTO run_cause (workspace, run, hi, cause, members)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (workspace, run, hi, cause) DO UPDATE SET members = excluded.members";
    let mut blocks: BTreeMap<i64, BTreeMap<i64, RoaringBitmap>> = BTreeMap::new();
    for (profile, reason) in excluded {
        let reasons = blocks.entry(block(*profile)).or_default();
        reasons.entry(reason.code()).or_default().insert(bit(*profile));
    }
    let mut rows = Vec::new();
    for (hi, mut reasons) in blocks {
        db.each(OF_BLOCK, params![workspace.0, run.0, hi], |row| {
            if let Some(members) = reasons.get_mut(&row.get(0)?) {
                *members |= decode(row.get(1)?)?;
            }
            Ok(())
        })?;
        for (reason, members) in reasons {
            let mut bytes = Vec::with_capacity(members.serialized_size());
            members
                .serialize_into(&mut bytes)
                .map_err(|error| StoreError::Invalid(format!("a bitmap of exclusions: {error}")))?;
            rows.push((hi, reason, bytes));
        }
    }
    let (plain, detailed): (Vec<_>, Vec<_>) =
        rows.iter().partition(|(_, cause, _)| u8::try_from(*cause).is_ok());
    if !detailed.is_empty() {
        fence::open_only_to(db, fence::KNOWS_CAUSES)?;
    }
    for (statement, rows) in [(UPSERT, plain), (UPSERT_CAUSE, detailed)] {
        let values = rows.into_iter().map(|(hi, cause, bytes)| {
            [workspace.0.into(), run.0.into(), (*hi).into(), (*cause).into(), bytes.into()]
        });
        db.execute_all(statement, values)?;
    }
    Ok(())
}

/// How many a run excluded, per reason.
pub(crate) fn counts(db: &impl Db, workspace: WorkspaceId, run: RunId) -> Result<BTreeMap<Exclusion, u64>> {
    const SELECT: &str = "SELECT reason, members FROM run_exclusion WHERE workspace = ?1 AND run = ?2
        UNION ALL SELECT cause, members FROM run_cause WHERE workspace = ?1 AND run = ?2";
    let mut counts = BTreeMap::new();
    db.each(SELECT, params![workspace.0, run.0], |row| {
        *counts.entry(reason_from(row.get(0)?)?).or_default() += decode(row.get(1)?)?.len();
        Ok(())
    })?;
    Ok(counts)
}

/// Why a run excluded a profile; `None` if it didn't.
pub(crate) fn reason(
    db: &impl Db,
    workspace: WorkspaceId,
    run: RunId,
    profile: ProfileId,
) -> Result<Option<Exclusion>> {
    let mut found = None;
    db.each(OF_BLOCK, params![workspace.0, run.0, block(profile)], |row| {
        if found.is_none() && decode(row.get(1)?)?.contains(bit(profile)) {
            found = Some(reason_from(row.get(0)?)?);
        }
        Ok(())
    })?;
    Ok(found)
}

pub(super) fn reason_from(code: i64) -> Result<Exclusion> {
    Exclusion::from_code(code).ok_or_else(|| StoreError::Damaged(format!("exclusion reason {code}")))
}

#[cfg(test)]
mod tests {
    use consent::{Detail, Reason};

    use super::*;

    const WS: WorkspaceId = WorkspaceId(1);
    const RUN: RunId = RunId(3);

    #[test]
    fn exclusions_add_up_across_batches_blocks_and_reasons() {
        let conn = super::super::delivery_fixture::database();
        let batch = |ids: std::ops::Range<i64>, reason| {
            let excluded: Vec<_> = ids.map(|id| (ProfileId(id), reason)).collect();
            add(&conn, WS, RUN, &excluded).unwrap();
        };
        batch(65_000..66_000, Exclusion::of(Reason::NoConsent));
        batch(66_000..66_100, Exclusion::of(Reason::NoConsent));
        batch(66_100..66_101, Exclusion::of(Reason::OptedOutAll));
        // Of one reason, each detail counts by itself.
        let policy = |id| Exclusion { reason: Reason::PolicyRefused, detail: Detail(id) };
        batch(66_101..66_104, policy(1));
        batch(66_104..66_106, policy(u32::MAX));
        // Again is no more.
        batch(65_000..65_010, Exclusion::of(Reason::NoConsent));
        let expected = BTreeMap::from([
            (Exclusion::of(Reason::NoConsent), 1_100),
            (Exclusion::of(Reason::OptedOutAll), 1),
            (policy(1), 3),
            (policy(u32::MAX), 2),
        ]);
        assert_eq!(counts(&conn, WS, RUN).unwrap(), expected);
        let reason = |workspace, run, id| reason(&conn, workspace, run, ProfileId(id)).unwrap();
        assert_eq!(reason(WS, RUN, 65_535), Some(Exclusion::of(Reason::NoConsent)));
        assert_eq!(reason(WS, RUN, 65_536), Some(Exclusion::of(Reason::NoConsent)));
        assert_eq!(reason(WS, RUN, 66_100), Some(Exclusion::of(Reason::OptedOutAll)));
        assert_eq!(reason(WS, RUN, 66_105), Some(policy(u32::MAX)));
        assert_eq!(reason(WS, RUN, 66_106), None);
        assert_eq!(reason(WS, RUN, 65_536 + 65_536), None);
        assert_eq!(reason(WorkspaceId(2), RUN, 65_536), None);
        assert_eq!(reason(WS, RunId(4), 65_536), None);
    }

    #[test]
    fn a_damaged_bitmap_is_told() {
        let conn = super::super::delivery_fixture::database();
        add(&conn, WS, RUN, &[(ProfileId(1), Exclusion::of(Reason::NoConsent))]).unwrap();
        conn.execute("UPDATE run_exclusion SET members = x'01'", []).unwrap();
        assert!(matches!(counts(&conn, WS, RUN), Err(StoreError::Damaged(_))));
        assert!(matches!(reason(&conn, WS, RUN, ProfileId(1)), Err(StoreError::Damaged(_))));
        let again = add(&conn, WS, RUN, &[(ProfileId(2), Exclusion::of(Reason::NoConsent))]);
        assert!(matches!(again, Err(StoreError::Damaged(_))));
    }
}
