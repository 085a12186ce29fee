use super::*;
use crate::sqlite::migrate_for_tests;

const WS: WorkspaceId = WorkspaceId(1);

fn database() -> Connection {
    let mut conn = Connection::open_in_memory().unwrap();
    migrate_for_tests(&mut conn).unwrap();
    conn
}

/// Adds numbered entries.
fn add(conn: &Connection, numbers: std::ops::Range<i64>) {
    const INSERT: &str = "INSERT INTO suppression
        (workspace, namespace, value, category, reason, added_by, added_at)
        VALUES (1, 'email', ?1, 1, '', '', 0)";
    conn.execute_batch("SAVEPOINT adding").unwrap();
    let mut statement = conn.prepare_cached(INSERT).unwrap();
    for number in numbers {
        statement.execute([value(number)]).unwrap();
    }
    conn.execute_batch("RELEASE adding").unwrap();
}

fn value(number: i64) -> String {
    format!("a{number}@example.com")
}

fn held(filter: &Filter, numbers: std::ops::Range<i64>) -> usize {
    numbers.filter(|number| filter.may_hold(WS, "email", &value(*number))).count()
}

#[test]
fn what_is_listed_is_never_denied_and_most_of_the_rest_is() {
    let conn = database();
    add(&conn, 0..30_000);
    tend(&conn).unwrap();
    let shared = SharedFilter::default();
    let filter = shared.covering(&conn).unwrap().expect("a filter");
    assert_eq!(held(&filter, 0..30_000), 30_000);
    let wrong = held(&filter, 1_000_000..1_100_000);
    assert!(wrong < 1_000, "{wrong} of 100,000 looked up for nothing");
    assert!(!filter.may_hold(WorkspaceId(2), "email", &value(1)) || !filter.may_hold(WS, "phone", &value(1)));
    // As full as it gets before it is made anew.
    add(&conn, 30_000..60_000);
    let filter = shared.covering(&conn).unwrap().expect("a filter");
    assert_eq!(held(&filter, 0..60_000), 60_000);
    let wrong = held(&filter, 1_000_000..1_100_000);
    assert!(wrong < 3_000, "{wrong} of 100,000 looked up for nothing");
}

#[test]
fn a_short_list_needs_none() {
    let conn = database();
    add(&conn, 0..100);
    tend(&conn).unwrap();
    assert!(SharedFilter::default().covering(&conn).unwrap().is_none());
    assert!(Filter::load(&conn).unwrap().is_none());
}

#[test]
fn an_entry_counts_at_once_also_where_the_last_one_was_removed() {
    let conn = database();
    add(&conn, 0..20_000);
    tend(&conn).unwrap();
    let shared = SharedFilter::default();
    assert_eq!(held(&shared.covering(&conn).unwrap().unwrap(), 20_000..20_050), 0);
    for number in 20_000..20_050 {
        conn.execute("DELETE FROM suppression WHERE place = (SELECT max(place) FROM suppression)", [])
            .unwrap();
        add(&conn, number..number + 1);
        let filter = shared.covering(&conn).unwrap().unwrap();
        assert!(filter.may_hold(WS, "email", &value(number)), "{number}");
    }
}

#[test]
fn the_kept_one_follows_the_list_as_it_grows_and_another_process_takes_it() {
    let conn = database();
    let mut last = 0;
    for (until, made_anew) in
        [(20_000, true), (25_000, false), (60_000, true), (77_000, true), (700_000, true)]
    {
        add(&conn, last..until);
        last = until;
        let before = Filter::load(&conn).unwrap().map(|filter| filter.covered.into_inner());
        tend(&conn).unwrap();
        let kept = Filter::load(&conn).unwrap().unwrap();
        let covered = kept.covered.load(Ordering::Relaxed);
        assert_eq!(before != Some(covered), made_anew, "{until}");
        assert!(kept.entries.load(Ordering::Relaxed) <= kept.room);
        assert_eq!(held(&kept, 0..covered), covered as usize);
        let other = SharedFilter::default().covering(&conn).unwrap().expect("a filter");
        assert_eq!(held(&other, 0..until), until as usize);
        assert_eq!(check(&conn).unwrap(), Vec::<String>::new());
    }
}

#[test]
fn far_behind_it_is_not_used_until_the_kept_one_has_caught_up() {
    let conn = database();
    add(&conn, 0..20_000);
    tend(&conn).unwrap();
    let shared = SharedFilter::default();
    assert!(shared.covering(&conn).unwrap().is_some());
    add(&conn, 20_000..20_001 + TAIL_MAX);
    assert!(shared.covering(&conn).unwrap().is_none());
    tend(&conn).unwrap();
    let filter = shared.covering(&conn).unwrap().expect("a filter");
    assert_eq!(held(&filter, 0..20_001 + TAIL_MAX), 20_001 + TAIL_MAX as usize);
}

#[test]
fn a_filter_that_denies_entries_is_found() {
    let conn = database();
    add(&conn, 0..20_000);
    tend(&conn).unwrap();
    conn.execute("UPDATE suppression_filter SET bits = zeroblob(length(bits))", []).unwrap();
    assert!(check(&conn).unwrap()[0].contains("denies 20000 entries"));
    conn.execute("UPDATE suppression_filter SET bits = x'00'", []).unwrap();
    assert!(matches!(SharedFilter::default().covering(&conn), Err(StoreError::Damaged(_))));
}
