use consent::{Exclusion, Reason};
use rusqlite::Connection;

use super::*;
use crate::state::claims::{claim, doubt, open_claims, settle};
use crate::state::configurations::put_configuration;
use crate::state::delivery_fixture::database;
use crate::types::{NewClaim, NewRun, Settlement};

const WS: WorkspaceId = WorkspaceId(1);
const NOW: Timestamp = Timestamp(100);

/// A run in parts of `size`.
fn with_parts(ids: impl IntoIterator<Item = u64>, size: u64) -> (Connection, RunId) {
    let db = database();
    let configuration = put_configuration(&db, WS, "mail", "", Timestamp(0)).unwrap().id;
    let run = NewRun {
        campaign: "c".to_owned(),
        configuration,
        list: None,
        fingerprint: String::new(),
        spec: String::new(),
        audience: ids.into_iter().collect(),
        created_at: Timestamp(0),
    };
    let run = runs::create::create_run(&db, WS, &run, Some(size)).unwrap().id;
    (db, run)
}

fn candidates_at(db: &Connection, run: RunId, now: i64) -> Vec<u32> {
    candidates(db, WS, run, Timestamp(now)).unwrap().unwrap()
}

fn claim_of(run: RunId, part: &Part, permitted: &[i64], cursor: Option<i64>) -> NewClaim {
    NewClaim {
        run,
        part: part.reference(),
        permitted: permitted.iter().map(|id| (ProfileId(*id), consent::AddressId(*id))).collect(),
        paced: vec![],
        deferred: vec![],
        excluded: vec![],
        cursor: cursor.map(ProfileId),
        at: NOW,
    }
}

#[test]
fn parts_cover_the_audience_without_gap_or_overlap() {
    for (count, size, expected) in [(10, 4, 3), (8, 4, 2), (3, 4, 1), (0, 4, 0), (5, 1, 5), (5, u64::MAX, 1)]
    {
        let members: Vec<u64> = (0..count).map(|n| 65_530 + n * 7).collect();
        let (db, run) = with_parts(members.iter().copied(), size);
        let parts: Vec<Part> = candidates_at(&db, run, 0)
            .into_iter()
            .map(|number| progress(&db, WS, run, number).unwrap().part)
            .collect();
        assert_eq!(parts.len(), expected, "{count} {size}");
        let mut rest = members.as_slice();
        let mut after = None;
        for part in parts {
            assert_eq!(part.after, after);
            let (own, others) = rest.split_at(usize::try_from(size).unwrap_or(usize::MAX).min(rest.len()));
            assert_eq!(part.until.0.cast_unsigned(), *own.last().unwrap());
            (rest, after) = (others, Some(part.until));
        }
        assert!(rest.is_empty());
    }
}

#[test]
fn the_unwalked_come_first_then_those_of_the_dead_then_those_due() {
    let (db, run) = with_parts(1..=16, 4);
    assert_eq!(candidates_at(&db, run, 0), [1, 2, 3, 4]);
    let parts = [1, 2, 3].map(|number| begin(&db, WS, run, number).unwrap());
    // The first is walked, with messages due at 50; the second too, with an open claim; the third is walked half.
    let first = claim(&db, WS, &claim_of(run, &parts[0], &[1, 2], Some(4))).unwrap().id;
    let nothing =
        Settlement { claim: first, outcomes: vec![], deferred: vec![], excluded: vec![], at: Timestamp(50) };
    settle(&db, WS, &nothing).unwrap();
    let second = claim(&db, WS, &claim_of(run, &parts[1], &[8], Some(8))).unwrap().id;
    claim(&db, WS, &claim_of(run, &parts[2], &[], Some(10))).unwrap();
    assert_eq!(candidates_at(&db, run, 49), [3, 4, 2]);
    assert_eq!(candidates_at(&db, run, 50), [3, 4, 2, 1]);
    assert!(!finish_if_done(&db, WS, run, NOW).unwrap());
    for (number, until) in [(3, 12), (4, 16)] {
        let part = begin(&db, WS, run, number).unwrap();
        claim(&db, WS, &claim_of(run, &part, &[], Some(until))).unwrap();
    }
    assert_eq!(candidates_at(&db, run, 50), [2, 1]);
    assert!(open_claims(&db, WS, run, 1).unwrap().is_empty());
    assert_eq!(open_claims(&db, WS, run, 2).unwrap()[0].id, second);
    assert_eq!(doubt(&db, WS, second, NOW).unwrap(), 1);
    assert!(!finish_if_done(&db, WS, run, NOW).unwrap(), "messages wait");
    let mut last = claim_of(run, &parts[0], &[], None);
    last.excluded = [1, 2].map(|id| (ProfileId(id), Exclusion::of(Reason::NoConsent))).into();
    claim(&db, WS, &last).unwrap();
    assert_eq!(candidates_at(&db, run, 99), [0_u32; 0]);
    assert!(finish_if_done(&db, WS, run, NOW).unwrap());
    assert!(finish_if_done(&db, WS, run, Timestamp(999)).unwrap(), "and again");
    assert_eq!(runs::run(&db, WS, run).unwrap().unwrap().finished_at, Some(NOW));
    assert_eq!(candidates(&db, WS, run, NOW).unwrap(), None);
}

#[test]
fn whoever_lost_a_part_claims_no_more() {
    let (db, run) = with_parts(1..=8, 4);
    let lost = begin(&db, WS, run, 1).unwrap();
    let held = begin(&db, WS, run, 1).unwrap();
    assert_eq!((lost.generation, held.generation), (1, 2));
    let refused = claim(&db, WS, &claim_of(run, &lost, &[1], Some(1)));
    assert!(matches!(refused, Err(StoreError::Busy(_))), "{refused:?}");
    claim(&db, WS, &claim_of(run, &held, &[1], Some(1))).unwrap();
    assert!(matches!(begin(&db, WS, run, 9), Err(StoreError::Missing(_))));
}

#[test]
fn a_claim_stays_in_its_part() {
    let (db, run) = with_parts(1..=12, 4);
    let part = begin(&db, WS, run, 2).unwrap();
    for (permitted, cursor) in [(&[][..], 9), (&[4], 6), (&[7], 6), (&[], 4)] {
        let refused = claim(&db, WS, &claim_of(run, &part, permitted, Some(cursor)));
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{permitted:?} {cursor}");
    }
    let id = claim(&db, WS, &claim_of(run, &part, &[5], Some(8))).unwrap().id;
    assert_eq!((id.part, id.number), (2, 1));
    assert!(progress(&db, WS, run, 2).unwrap().part.is_walked());
    assert!(!progress(&db, WS, run, 3).unwrap().part.is_walked());
}
