//! Whom a run left out and why: a bitmap per reason and block of 65,536 profile ids, so that a receipt for every
//! recipient takes no row for every recipient.

use std::collections::BTreeMap;

use consent::{Exclusion, ProfileId, RunId, WorkspaceId};
use roaring::RoaringBitmap;

use crate::api::Result;
use crate::error::StoreError;
use crate::sql::{Db, params};

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
    const SELECT: &str =
        "SELECT reason, members FROM run_exclusion WHERE workspace = ?1 AND run = ?2 AND hi = ?3";
    const UPSERT: &str = "INSERT INTO run_exclusion (workspace, run, hi, reason, members)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (workspace, run, hi, reason) DO UPDATE SET members = excluded.members";
    let mut blocks: BTreeMap<i64, BTreeMap<u8, RoaringBitmap>> = BTreeMap::new();
    for (profile, reason) in excluded {
        let reasons = blocks.entry(block(*profile)).or_default();
        reasons.entry(reason.code()).or_default().insert(bit(*profile));
    }
    let mut rows = Vec::new();
    for (hi, mut reasons) in blocks {
        db.each(SELECT, params![workspace.0, run.0, hi], |row| {
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
    db.execute_all(
        UPSERT,
        rows.iter().map(|(hi, reason, bytes)| {
            [workspace.0.into(), run.0.into(), (*hi).into(), (*reason).into(), bytes.into()]
        }),
    )?;
    Ok(())
}

/// How many a run excluded, per reason.
pub(crate) fn counts(db: &impl Db, workspace: WorkspaceId, run: RunId) -> Result<BTreeMap<Exclusion, u64>> {
    const SELECT: &str = "SELECT reason, members FROM run_exclusion WHERE workspace = ?1 AND run = ?2";
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
    const SELECT: &str =
        "SELECT reason, members FROM run_exclusion WHERE workspace = ?1 AND run = ?2 AND hi = ?3";
    let mut found = None;
    db.each(SELECT, params![workspace.0, run.0, block(profile)], |row| {
        if found.is_none() && decode(row.get(1)?)?.contains(bit(profile)) {
            found = Some(reason_from(row.get(0)?)?);
        }
        Ok(())
    })?;
    Ok(found)
}

fn reason_from(code: u8) -> Result<Exclusion> {
    Exclusion::from_code(code).ok_or_else(|| StoreError::Damaged(format!("exclusion reason {code}")))
}

#[cfg(test)]
mod tests {
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
        batch(65_000..66_000, Exclusion::NoConsent);
        batch(66_000..66_100, Exclusion::NoConsent);
        batch(66_100..66_101, Exclusion::OptedOutAll);
        // Again is no more.
        batch(65_000..65_010, Exclusion::NoConsent);
        let expected = BTreeMap::from([(Exclusion::NoConsent, 1_100), (Exclusion::OptedOutAll, 1)]);
        assert_eq!(counts(&conn, WS, RUN).unwrap(), expected);
        let reason = |workspace, run, id| reason(&conn, workspace, run, ProfileId(id)).unwrap();
        assert_eq!(reason(WS, RUN, 65_535), Some(Exclusion::NoConsent));
        assert_eq!(reason(WS, RUN, 65_536), Some(Exclusion::NoConsent));
        assert_eq!(reason(WS, RUN, 66_100), Some(Exclusion::OptedOutAll));
        assert_eq!(reason(WS, RUN, 66_101), None);
        assert_eq!(reason(WS, RUN, 65_536 + 65_536), None);
        assert_eq!(reason(WorkspaceId(2), RUN, 65_536), None);
        assert_eq!(reason(WS, RunId(4), 65_536), None);
    }

    #[test]
    fn a_damaged_bitmap_is_told() {
        let conn = super::super::delivery_fixture::database();
        add(&conn, WS, RUN, &[(ProfileId(1), Exclusion::NoConsent)]).unwrap();
        conn.execute("UPDATE run_exclusion SET members = x'01'", []).unwrap();
        assert!(matches!(counts(&conn, WS, RUN), Err(StoreError::Damaged(_))));
        assert!(matches!(reason(&conn, WS, RUN, ProfileId(1)), Err(StoreError::Damaged(_))));
        let again = add(&conn, WS, RUN, &[(ProfileId(2), Exclusion::NoConsent)]);
        assert!(matches!(again, Err(StoreError::Damaged(_))));
    }
}
