//! One rule at a time here; random histories against a model in `model.rs`.

use consent::{AddressId, Deferral, Detail, Reason};
use rusqlite::Connection;

use super::*;
use crate::state::configurations::put_configuration;
use crate::state::deliveries::{due, next_due, retry_doubtful, run_outcome, run_report};
use crate::state::delivery_fixture::database;
use crate::state::runs;
use crate::types::{Delivery, Due, NewRun, PartRef};

mod model;

pub(crate) const WS: WorkspaceId = WorkspaceId(1);

/// A database with a run whose audience is `ids`.
pub(crate) fn with_run(ids: impl IntoIterator<Item = i64>) -> (Connection, RunId) {
    let conn = database();
    let configuration = put_configuration(&conn, WS, "mail", "", Timestamp(0)).unwrap().id;
    let run = NewRun {
        campaign: "c".to_owned(),
        configuration,
        list: None,
        fingerprint: String::new(),
        spec: String::new(),
        audience: ids.into_iter().map(|id| id as u64).collect(),
        created_at: Timestamp(0),
    };
    let run = runs::create::create_run(&conn, WS, &run, None).unwrap().id;
    (conn, run)
}

/// Like the writing thread: what fails leaves nothing behind.
pub(crate) fn write<T>(conn: &Connection, op: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    conn.execute_batch("SAVEPOINT op").unwrap();
    let result = op(conn);
    let end = if result.is_ok() { "RELEASE op" } else { "ROLLBACK TO op; RELEASE op" };
    conn.execute_batch(end).unwrap();
    result
}

/// The run's one part.
pub(crate) fn whole(conn: &Connection, run: RunId) -> Part {
    parts::progress(conn, WS, run, 1).unwrap().part
}

pub(crate) fn member(id: i64) -> Member {
    (ProfileId(id), AddressId(id + 1_000))
}

pub(crate) fn excluded(ids: impl IntoIterator<Item = i64>) -> Vec<(ProfileId, Exclusion)> {
    ids.into_iter().map(|id| (ProfileId(id), Exclusion::of(Reason::NoConsent))).collect()
}

fn new_claim(run: RunId, permitted: &[i64], left_out: &[i64], cursor: Option<i64>) -> NewClaim {
    NewClaim {
        run,
        part: PartRef { number: 1, generation: 0 },
        permitted: permitted.iter().copied().map(member).collect(),
        paced: vec![],
        deferred: vec![],
        excluded: excluded(left_out.iter().copied()),
        cursor: cursor.map(ProfileId),
        at: Timestamp(1),
    }
}

fn take(conn: &Connection, claim_: &NewClaim) -> Result<ClaimId> {
    write(conn, |conn| claim(conn, WS, claim_)).map(|claimed| claimed.id)
}

fn outcome(id: i64, state: DeliveryState, due_at: Option<i64>) -> Outcome {
    let (profile, address) = member(id);
    let due_at = due_at.map(Timestamp);
    Outcome { profile, address, state, at: Timestamp(2), code: 250, detail: None, due_at }
}

fn finish(conn: &Connection, claim: ClaimId, outcomes: Vec<Outcome>, left_out: &[i64]) -> Result<()> {
    let excluded = excluded(left_out.iter().copied());
    let settlement = Settlement { claim, outcomes, deferred: vec![], excluded, at: Timestamp(9) };
    write(conn, |conn| settle(conn, WS, &settlement))
}

#[test]
fn a_batch_goes_from_claim_to_settlement() {
    let (conn, run) = with_run(1..=6);
    let id = take(&conn, &new_claim(run, &[4, 1, 2, 3], &[5], Some(5))).unwrap();
    assert_eq!(whole(&conn, run).cursor, Some(ProfileId(5)));
    let open = Claim { id, permitted: [1, 2, 3, 4].map(member).into() };
    assert_eq!(open_claims(&conn, WS, run, 1).unwrap(), [open]);
    let long = format!("{}é", "ü".repeat(DETAIL_CHARS_MAX));
    let rejected = Outcome { code: 550, detail: Some(long), ..outcome(2, DeliveryState::Rejected, None) };
    let outcomes =
        vec![outcome(3, DeliveryState::Deferred, Some(50)), rejected, outcome(1, DeliveryState::Sent, None)];
    finish(&conn, id, outcomes, &[]).unwrap();
    assert!(open_claims(&conn, WS, run, 1).unwrap().is_empty());
    let expected = Delivery::Message {
        profile: ProfileId(2),
        address: AddressId(1_002),
        state: DeliveryState::Rejected,
        attempts: 1,
        at: Timestamp(2),
        code: 550,
        detail: Some("ü".repeat(DETAIL_CHARS_MAX)),
        waits: None,
    };
    assert_eq!(run_outcome(&conn, WS, run, ProfileId(2)).unwrap(), Some(expected));
    let reason = Exclusion::of(Reason::NoConsent);
    let left_out = Delivery::Excluded { profile: ProfileId(5), reason };
    assert_eq!(run_outcome(&conn, WS, run, ProfileId(5)).unwrap(), Some(left_out));
    assert_eq!(run_outcome(&conn, WS, run, ProfileId(6)).unwrap(), None);
    // Number 4 wasn't named: due at the settlement's time, with no attempt made.
    let waits = |id, attempts, due_at| {
        let (profile, address) = member(id);
        Due { profile, address, attempts, due_at: Timestamp(due_at) }
    };
    assert_eq!(
        due(&conn, WS, run, &whole(&conn, run), Timestamp(50), 9).unwrap(),
        [waits(4, 0, 9), waits(3, 1, 50)]
    );
    assert_eq!(due(&conn, WS, run, &whole(&conn, run), Timestamp(49), 9).unwrap(), [waits(4, 0, 9)]);
    assert_eq!(next_due(&conn, WS, run, None).unwrap(), Some(Timestamp(9)));
}

#[test]
fn a_cursor_moves_forwards_and_past_everyone_named() {
    let (conn, run) = with_run(1..=9);
    take(&conn, &new_claim(run, &[1], &[2], Some(4))).unwrap();
    for (permitted, left_out, cursor) in [
        (&[5][..], &[][..], 4),
        (&[], &[], 3),
        (&[4], &[], 6),
        (&[], &[4], 6),
        (&[7], &[], 6),
        (&[5, 5], &[], 6),
        (&[5], &[5], 6),
    ] {
        let refused = take(&conn, &new_claim(run, permitted, left_out, Some(cursor)));
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{permitted:?} {left_out:?} {cursor}");
    }
    assert_eq!(open_claims(&conn, WS, run, 1).unwrap().len(), 1);
    take(&conn, &new_claim(run, &[5], &[], Some(6))).unwrap();
    let unknown = take(&conn, &new_claim(RunId(99), &[5], &[], Some(7)));
    assert!(matches!(unknown, Err(StoreError::Missing(_))));
    let crowd: Vec<i64> = (7..8 + CLAIM_MAX as i64).collect();
    let refused = take(&conn, &new_claim(run, &crowd, &[], Some(1 << 20)));
    assert!(matches!(refused, Err(StoreError::Invalid(_))));
}

#[test]
fn a_run_that_has_ended_takes_no_claim_but_a_settlement() {
    let (conn, run) = with_run(1..=9);
    let open = take(&conn, &new_claim(run, &[1], &[], Some(1))).unwrap();
    runs::set_run_state(&conn, WS, run, RunState::Stopped, Timestamp(5)).unwrap();
    let refused = take(&conn, &new_claim(run, &[2], &[], Some(2)));
    assert!(matches!(refused, Err(StoreError::Invalid(_))));
    finish(&conn, open, vec![outcome(1, DeliveryState::Sent, None)], &[]).unwrap();
}

#[test]
fn a_due_message_is_handed_out_once() {
    let (conn, run) = with_run(1..=2);
    let first = take(&conn, &new_claim(run, &[1, 2], &[], Some(2))).unwrap();
    let deferred = [1, 2].map(|id| outcome(id, DeliveryState::Deferred, Some(10)));
    finish(&conn, first, deferred.into(), &[]).unwrap();
    let retry = take(&conn, &new_claim(run, &[1], &[2], None)).unwrap();
    assert!(due(&conn, WS, run, &whole(&conn, run), Timestamp(99), 9).unwrap().is_empty());
    assert_eq!(next_due(&conn, WS, run, None).unwrap(), None);
    for (permitted, left_out) in [(&[1][..], &[][..]), (&[], &[1]), (&[2], &[]), (&[3], &[])] {
        let refused = take(&conn, &new_claim(run, permitted, left_out, None));
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{permitted:?} {left_out:?}");
    }
    finish(&conn, retry, vec![outcome(1, DeliveryState::Sent, None)], &[]).unwrap();
    let report = run_report(&conn, WS, run).unwrap();
    assert_eq!(report.deliveries, [(DeliveryState::Sent, 1)].into());
    assert_eq!(report.excluded, [(Exclusion::of(Reason::NoConsent), 1)].into());
    let sent = run_outcome(&conn, WS, run, ProfileId(1)).unwrap();
    assert!(matches!(sent, Some(Delivery::Message { attempts: 2, .. })), "{sent:?}");
}

#[test]
fn what_the_decision_defers_waits_without_an_attempt() {
    let (conn, run) = with_run(1..=4);
    let quiet = |detail| Exclusion { reason: Reason::QuietHours, detail: Detail(detail) };
    let wait = |id, until, cause| {
        let (profile, address) = member(id);
        Deferred { profile, address, until: Timestamp(until), cause }
    };
    // From the audience, then by a permit that ran out before hand-off.
    let mut first = new_claim(run, &[2], &[3], Some(4));
    first.deferred = vec![wait(1, 20, quiet(7)), wait(4, 30, quiet(8))];
    let claim_ = take(&conn, &first).unwrap();
    let settlement = Settlement {
        claim: claim_,
        outcomes: vec![],
        deferred: vec![wait(2, 40, quiet(8))],
        excluded: vec![],
        at: Timestamp(9),
    };
    write(&conn, |conn| settle(conn, WS, &settlement)).unwrap();
    let report = run_report(&conn, WS, run).unwrap();
    assert_eq!(report.deliveries, [(DeliveryState::Deferred, 3)].into());
    assert_eq!(report.waiting, [(quiet(7), 1), (quiet(8), 2)].into());
    let waits = |id| match run_outcome(&conn, WS, run, ProfileId(id)).unwrap() {
        Some(Delivery::Message { waits, attempts: 0, code: 0, .. }) => waits,
        other => panic!("{other:?}"),
    };
    assert_eq!(waits(2), Some(Deferral { until: Timestamp(40), cause: quiet(8) }));
    let due_at = |now| due(&conn, WS, run, &whole(&conn, run), Timestamp(now), 9).unwrap();
    assert_eq!(due_at(19), []);
    assert_eq!(
        due_at(30).iter().map(|due| (due.profile.0, due.attempts)).collect::<Vec<_>>(),
        [(1, 0), (4, 0)]
    );
    // Due again: one waits once more, the other goes to the relay, which defers it.
    let mut again = new_claim(run, &[4], &[], None);
    again.deferred = vec![wait(1, 50, quiet(9))];
    let claim_ = take(&conn, &again).unwrap();
    finish(&conn, claim_, vec![outcome(4, DeliveryState::Deferred, Some(60))], &[]).unwrap();
    assert_eq!(waits(1), Some(Deferral { until: Timestamp(50), cause: quiet(9) }));
    let relayed = run_outcome(&conn, WS, run, ProfileId(4)).unwrap();
    assert!(matches!(relayed, Some(Delivery::Message { waits: None, attempts: 1, .. })), "{relayed:?}");
    assert_eq!(run_report(&conn, WS, run).unwrap().waiting, [(quiet(8), 1), (quiet(9), 1)].into());
    // Nobody can be deferred who isn't due, or is named twice.
    again.deferred = vec![wait(2, 50, quiet(9))];
    again.permitted = vec![member(2)];
    assert!(matches!(take(&conn, &again), Err(StoreError::Invalid(_))));
    again.permitted = vec![];
    again.deferred = vec![wait(3, 50, quiet(9))];
    assert!(matches!(take(&conn, &again), Err(StoreError::Invalid(_))));
}

#[test]
fn a_settlement_names_members_of_its_claim_once() {
    let (conn, run) = with_run(1..=9);
    let id = take(&conn, &new_claim(run, &[1, 2], &[3], Some(3))).unwrap();
    let sent = |id| outcome(id, DeliveryState::Sent, None);
    let invalid = [
        (vec![sent(1), sent(1)], &[][..]),
        (vec![sent(1)], &[1]),
        (vec![sent(3)], &[]),
        (vec![], &[3]),
        (vec![outcome(1, DeliveryState::Deferred, None)], &[]),
    ];
    for (outcomes, left_out) in invalid {
        let refused = finish(&conn, id, outcomes, left_out);
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    for other in [ClaimId { run: RunId(run.0 + 1), ..id }, ClaimId { part: 2, ..id }] {
        assert!(matches!(finish(&conn, other, vec![], &[]), Err(StoreError::Missing(_))));
    }
    finish(&conn, id, vec![sent(1)], &[2]).unwrap();
    for outcomes in [vec![sent(1)], vec![sent(9)]] {
        assert!(matches!(finish(&conn, id, outcomes, &[]), Err(StoreError::Missing(_))));
    }
    assert!(matches!(doubt(&conn, WS, id, Timestamp(1)), Err(StoreError::Missing(_))));
    // A later claim has an id of its own.
    assert_ne!(take(&conn, &new_claim(run, &[4], &[], Some(4))).unwrap(), id);
}

#[test]
fn a_claim_that_permits_nobody_is_closed_at_once() {
    let (conn, run) = with_run(1..=9);
    let id = take(&conn, &new_claim(run, &[], &[1, 2], Some(2))).unwrap();
    assert!(open_claims(&conn, WS, run, 1).unwrap().is_empty());
    finish(&conn, id, vec![], &[]).unwrap();
    let never_made = ClaimId { number: id.number + 1, ..id };
    assert!(matches!(finish(&conn, never_made, vec![], &[]), Err(StoreError::Missing(_))));
}

#[test]
fn what_a_dead_process_left_is_in_doubt_until_someone_asks() {
    let (conn, run) = with_run(1..=9);
    let first = take(&conn, &new_claim(run, &[1, 2], &[], Some(2))).unwrap();
    finish(&conn, first, vec![outcome(1, DeliveryState::Deferred, Some(3))], &[2]).unwrap();
    take(&conn, &new_claim(run, &[3], &[], Some(3))).unwrap();
    take(&conn, &new_claim(run, &[1], &[], None)).unwrap();
    for claim in open_claims(&conn, WS, run, 1).unwrap() {
        assert_eq!(write(&conn, |conn| doubt(conn, WS, claim.id, Timestamp(7))).unwrap(), 1);
    }
    assert!(open_claims(&conn, WS, run, 1).unwrap().is_empty());
    assert_eq!(run_report(&conn, WS, run).unwrap().deliveries, [(DeliveryState::InDoubt, 2)].into());
    assert_eq!(next_due(&conn, WS, run, None).unwrap(), None);
    assert_eq!(retry_doubtful(&conn, WorkspaceId(2), run, None, Timestamp(8)).unwrap(), 0);
    assert_eq!(retry_doubtful(&conn, WS, run, None, Timestamp(8)).unwrap(), 2);
    let again: Vec<(ProfileId, u32)> = due(&conn, WS, run, &whole(&conn, run), Timestamp(8), 9)
        .unwrap()
        .into_iter()
        .map(|due| (due.profile, due.attempts))
        .collect();
    assert_eq!(again, [(ProfileId(1), 2), (ProfileId(3), 1)]);
    assert_eq!(retry_doubtful(&conn, WS, run, None, Timestamp(9)).unwrap(), 0);
}
