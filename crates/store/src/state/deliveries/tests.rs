use rusqlite::Connection;

use super::*;
use crate::state::delivery_fixture::database;

const WS: WorkspaceId = WorkspaceId(1);
const RUN: RunId = RunId(1);

/// A database where profile n of run 1 has the state of code `n % 6`, for 1..=60; those of code 0 have no message.
fn filled() -> Connection {
    let conn = database();
    let insert = "INSERT INTO delivery
        (workspace, run, profile, address, state, attempts, at, code, due_at, detail)
        VALUES (?1, ?2, ?3, 7, ?4, 1, 5, 250, iif(?4 = 2, 100 - ?3, NULL), NULL)";
    for n in (1..=60).filter(|n| n % 6 > 0) {
        for (workspace, run) in [(1, 1), (1, 2), (2, 1)] {
            conn.execute(insert, [workspace, run, n, n % 6]).unwrap();
        }
    }
    conn
}

/// A part of the run.
fn part(after: Option<i64>, until: i64) -> Part {
    Part { number: 1, generation: 1, after: after.map(ProfileId), until: ProfileId(until), cursor: None }
}

fn ids(messages: &[Delivery]) -> Vec<i64> {
    let id = |delivery: &Delivery| match delivery {
        Delivery::Message { profile, .. } | Delivery::Excluded { profile, .. } => profile.0,
    };
    messages.iter().map(id).collect()
}

#[test]
fn pages_meet_without_gap_or_overlap() {
    let conn = filled();
    for state in [None, Some(1), Some(2), Some(3), Some(4), Some(5)] {
        let state = state.map(|code| state_from(code).unwrap());
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = ids(&deliveries(&conn, WS, RUN, state, after, 4).unwrap());
            let Some(last) = page.last() else { break };
            assert!(page.len() <= 4);
            after = Some(ProfileId(*last));
            all.extend(page);
        }
        let wanted = |n: &i64| state.map_or(n % 6 > 0, |state| n % 6 == state as i64);
        assert_eq!(all, (1..=60).filter(wanted).collect::<Vec<_>>(), "{state:?}");
    }
}

#[test]
fn due_messages_come_soonest_first() {
    let conn = filled();
    // Due at 100 - n for n = 2, 8, ... 56: the soonest is 56.
    assert_eq!(next_due(&conn, WS, RUN, None).unwrap(), Some(Timestamp(44)));
    let of = |now, limit| -> Vec<i64> {
        due(&conn, WS, RUN, &part(None, 60), Timestamp(now), limit)
            .unwrap()
            .iter()
            .map(|due| due.profile.0)
            .collect()
    };
    assert_eq!(of(43, 9), [0_i64; 0]);
    assert_eq!(of(56, 9), [56, 50, 44]);
    assert_eq!(of(99, 2), [56, 50]);
    assert_eq!(due(&conn, WorkspaceId(3), RUN, &part(None, 60), Timestamp(99), 9).unwrap(), []);
    assert_eq!(next_due(&conn, WS, RunId(9), None).unwrap(), None);
    let some = part(Some(8), 44);
    let of_part = due(&conn, WS, RUN, &some, Timestamp(99), 2).unwrap();
    assert_eq!(of_part.iter().map(|due| due.profile.0).collect::<Vec<_>>(), [44, 38]);
    assert_eq!(next_due(&conn, WS, RUN, Some(&some)).unwrap(), Some(Timestamp(56)));
    assert_eq!(next_due(&conn, WS, RUN, Some(&part(Some(56), 60))).unwrap(), None);
    // In doubt are 4, 10, ... 58: those of the part are 10 to 40.
    assert_eq!(retry_doubtful(&conn, WS, RUN, Some(&some), Timestamp(1)).unwrap(), 6);
}

#[test]
fn a_report_of_no_run_is_missing_and_an_unknown_state_is_damage() {
    let conn = filled();
    assert!(matches!(run_report(&conn, WS, RUN), Err(StoreError::Missing(_))));
    conn.execute("UPDATE delivery SET state = 77 WHERE profile = 1", []).unwrap();
    let damaged = run_outcome(&conn, WS, RUN, ProfileId(1));
    assert!(matches!(damaged, Err(StoreError::Damaged(_))));
}

/// A query that walks a whole run to find a few rows would do so for every page.
#[test]
fn the_rare_states_and_due_times_are_found_by_index() {
    let conn = database();
    let plan = |sql: &str| -> String {
        let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        // Their parameters stay unbound: the plan doesn't ask for them.
        let mut rows = explain.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get::<_, String>(3).unwrap());
        }
        steps.join("; ")
    };
    for sql in [DUE, DUE_PROFILES, NEXT_DUE, NEXT_DUE_OF_ALL] {
        let plan = plan(sql);
        assert!(plan.contains("INDEX delivery_due (workspace=? AND run=?"), "{plan}");
        assert!(!plan.contains("TEMP"), "{plan}");
    }
    for sql in [UNSENT, RETRY_DOUBTFUL] {
        let plan = plan(sql.sqlite);
        assert!(plan.contains("INDEX delivery_unsent (workspace=? AND run=? AND state=?"), "{plan}");
        assert!(!plan.contains("TEMP"), "{plan}");
    }
}
