//! Numbered migrations. One that has been released is never edited; a change is a new number.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{Result, StoreError};
use crate::state::jobs::adopt;
use crate::state::origins;

/// The migrations, the first being number 1. `PRAGMA user_version` tells how many a database has.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_consent.sql"),
    include_str!("migrations/0002_delivery.sql"),
    include_str!("migrations/0003_people.sql"),
    include_str!("migrations/0004_parts.sql"),
    include_str!("migrations/0005_feedback.sql"),
    include_str!("migrations/0006_uploads.sql"),
    include_str!("migrations/0007_texts.sql"),
    include_str!("migrations/0008_aliases.sql"),
    include_str!("migrations/0009_filter.sql"),
    include_str!("migrations/0010_pages.sql"),
    include_str!("migrations/0011_origin.sql"),
    include_str!("migrations/0012_tallies.sql"),
    include_str!("migrations/0013_run_opt_outs.sql"),
    include_str!("migrations/0014_imports.sql"),
    include_str!("migrations/0015_causes.sql"),
    include_str!("migrations/0016_sends.sql"),
    include_str!("migrations/0017_definitions.sql"),
    JOBS,
    include_str!("migrations/0019_api.sql"),
];
/// The one that [`origins::mark`] completes.
const ORIGIN: i64 = 11;
/// The one that [`adopt::adopt`] completes.
const JOBS: &str = include_str!("migrations/0018_jobs.sql");

/// Brings a database up to date, or refuses one that a newer program wrote. The caller holds the directory's lock.
pub(crate) fn migrate(conn: &mut Connection) -> Result<()> {
    let known = MIGRATIONS.len() as i64;
    let found = version(conn)?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for (number, script) in (1i64..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(script)?;
        if number == ORIGIN {
            origins::mark(&*transaction)?;
        }
        if *script == JOBS {
            adopt::adopt(&*transaction)?;
        }
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}

/// How many migrations a database has; 0: there is nothing in it.
pub(super) fn version(conn: &Connection) -> Result<i64> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use consent::{AddressId, Exclusion, ProfileId, Reason, RunId, Timestamp, WorkspaceId};
    use roaring::RoaringBitmap;

    use super::*;
    use crate::state::deliveries;
    use crate::types::{Delivery, DeliveryState};

    /// What a run of schema 14 has left out and deferred reads the same afterwards.
    #[test]
    fn reasons_of_before_there_were_details_are_read() {
        let mut conn = Connection::open_in_memory().unwrap();
        for script in &MIGRATIONS[..14] {
            conn.execute_batch(script).unwrap();
        }
        conn.pragma_update(None, "user_version", 14).unwrap();
        conn.execute("INSERT INTO run VALUES (1, 3, 'c', 1, NULL, 1, 4, 0, NULL, '', '')", []).unwrap();
        let members = |id: u32| {
            let mut bytes = Vec::new();
            RoaringBitmap::from_iter([id]).serialize_into(&mut bytes).unwrap();
            bytes
        };
        let exclude =
            "INSERT INTO run_exclusion (workspace, run, hi, reason, members) VALUES (1, 3, 0, ?1, ?2)";
        conn.execute(exclude, (9, members(1))).unwrap();
        conn.execute(exclude, (19, members(2))).unwrap();
        conn.execute("INSERT INTO delivery VALUES (1, 3, 4, 5, 2, 1, 6, 450, 7, 'later')", []).unwrap();
        migrate(&mut conn).unwrap();
        let (workspace, run) = (WorkspaceId(1), RunId(3));
        let report = deliveries::run_report(&conn, workspace, run).unwrap();
        let reasons = [Reason::OptedOutChannel, Reason::Capped].map(|reason| (Exclusion::of(reason), 1));
        assert_eq!((report.excluded, report.waiting), (reasons.into(), [].into()));
        let told = deliveries::run_outcome(&conn, workspace, run, ProfileId(4)).unwrap();
        let expected = Delivery::Message {
            profile: ProfileId(4),
            address: AddressId(5),
            state: DeliveryState::Deferred,
            attempts: 1,
            at: Timestamp(6),
            code: 450,
            detail: Some("later".to_owned()),
            waits: None,
        };
        assert_eq!(told, Some(expected));
    }

    #[test]
    fn a_run_of_before_has_one_part_and_keeps_its_open_claims() {
        let mut conn = Connection::open_in_memory().unwrap();
        for script in &MIGRATIONS[..3] {
            conn.execute_batch(script).unwrap();
        }
        conn.pragma_update(None, "user_version", 3).unwrap();
        for (run, state, size, cursor) in
            [(1, 1, 9, Some(5)), (2, 2, 9, Some(9)), (3, 1, 9, None), (4, 1, 0, None)]
        {
            conn.execute(
                "INSERT INTO run VALUES (1, ?1, 'c', 1, NULL, ?2, ?3, 0, NULL, '', '')",
                [run, state, size],
            )
            .unwrap();
            conn.execute("INSERT INTO run_progress VALUES (1, ?1, ?2, 7)", (run, cursor)).unwrap();
        }
        conn.execute("INSERT INTO run_claim VALUES (1, 1, 7, 0, x'0100')", []).unwrap();
        migrate(&mut conn).unwrap();
        let mut statement = conn
            .prepare("SELECT run, part, cursor, cursor IS NOT NULL AND cursor >= until_profile, claims FROM run_part")
            .unwrap();
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
        let parts: Vec<(i64, i64, Option<i64>, bool, i64)> = rows.unwrap().map(|row| row.unwrap()).collect();
        let expected = [(1, 1, Some(5), false, 7), (2, 1, Some(i64::MAX), true, 7), (3, 1, None, false, 7)];
        assert_eq!(parts, expected);
        let claim = conn.query_row("SELECT part, number FROM run_claim", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
        assert_eq!(claim.unwrap(), (1, 7));
    }

    #[test]
    fn suppression_of_before_is_manual_and_stays_in_force() {
        let mut conn = Connection::open_in_memory().unwrap();
        for script in &MIGRATIONS[..4] {
            conn.execute_batch(script).unwrap();
        }
        conn.pragma_update(None, "user_version", 4).unwrap();
        conn.execute_batch(
            "INSERT INTO suppression VALUES (1, 'email', 'b.example', 'r', 'me', 5, NULL),
                (2, 'phone', '+4930123456', 'r2', 'you', 6, 7);
            INSERT INTO allow_entry VALUES (1, 'email', 'a.example', 5);",
        )
        .unwrap();
        migrate(&mut conn).unwrap();
        let mut statement = conn
            .prepare(
                "SELECT workspace || namespace || value || category || reason || added_by || added_at
                    || ifnull(updated_at, '-') || ifnull(expires_at, '-') FROM suppression ORDER BY workspace",
            )
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap().map(|row| row.unwrap());
        assert_eq!(rows.collect::<Vec<String>>(), ["1emailb.example1rme5--", "2phone+49301234561r2you6-7"]);
        let allowed =
            conn.query_row("SELECT value || comment || added_by FROM allow_entry", [], |row| row.get(0));
        assert_eq!(allowed, Ok("a.example".to_owned()));
    }

    #[test]
    fn phone_numbers_of_before_are_matched_by_their_newest_form() {
        let mut conn = Connection::open_in_memory().unwrap();
        for script in &MIGRATIONS[..7] {
            conn.execute_batch(script).unwrap();
        }
        conn.pragma_update(None, "user_version", 7).unwrap();
        conn.execute_batch(include_str!("../../tests/aliases.sql")).unwrap();
        conn.execute_batch(
            "INSERT INTO address (workspace, profile, namespace, position, word, epoch, key, raw)
                SELECT 1, id, namespace, 0, 0, 0, key, raw FROM before_address;",
        )
        .unwrap();
        migrate(&mut conn).unwrap();
        let rows = |sql: &str| -> Vec<String> {
            let mut statement = conn.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(|row| row.unwrap()).collect()
        };
        let differing = rows(
            "SELECT key || ' ' || ifnull(raw, '-') FROM
                (SELECT profile AS id, namespace, key, raw FROM address
                    EXCEPT SELECT id, namespace, new_key, new_raw FROM before_address)",
        );
        assert_eq!(differing, Vec::<String>::new());
        let suppressed = rows(
            "SELECT namespace || value || ':' || category || ifnull(expires_at, '-') FROM suppression ORDER BY 1",
        );
        assert_eq!(
            suppressed,
            [
                "email+5215512345678@x.example:1-",
                "phone+5215511110000:199",
                "phone+525511110000:199",
                "phone+525512345678:1-",
                "phone+525512345678:270",
                "phone+5511987654321:180",
            ]
        );
        assert_eq!(
            rows("SELECT namespace || value FROM allow_entry ORDER BY 1"),
            ["phone+4930123456", "phone+541112345678"]
        );
    }

    #[test]
    fn lists_of_before_are_private_and_ask_for_a_confirmation() {
        let mut conn = Connection::open_in_memory().unwrap();
        for script in &MIGRATIONS[..9] {
            conn.execute_batch(script).unwrap();
        }
        conn.pragma_update(None, "user_version", 9).unwrap();
        conn.execute_batch("INSERT INTO list VALUES (1, 3, 'news', NULL, 9, 5)").unwrap();
        migrate(&mut conn).unwrap();
        let found = crate::state::lists::list_by_name(&conn, consent::WorkspaceId::MAIN, "news").unwrap();
        let expected = crate::types::List {
            id: consent::ListId(3),
            name: "news".to_owned(),
            starts_at: None,
            ends_at: Some(consent::Timestamp(9)),
            details: crate::types::ListDetails::default(),
        };
        assert_eq!(found, Some(expected));
    }

    /// What waited to be sent before there were jobs has one afterwards: also what was given out to a process that died,
    /// but no answer that was, which may have been sent.
    #[test]
    fn what_waited_before_there_were_jobs_has_one() {
        let before = MIGRATIONS.iter().position(|script| *script == JOBS).unwrap();
        let mut conn = Connection::open_in_memory().unwrap();
        for script in &MIGRATIONS[..before] {
            conn.execute_batch(script).unwrap();
        }
        conn.pragma_update(None, "user_version", before as i64).unwrap();
        conn.execute_batch("INSERT OR IGNORE INTO workspace (id, name) VALUES (1, 'main')").unwrap();
        let insert = "INSERT INTO notice (workspace, hash, kind, list, state, at, due_at, generation, takings, times,
            namespace, address, language, asked) VALUES (1, ?1, 2, 7, ?2, ?3, ?4, 1, 1, x'', 'email', ?5, 'de', '{}')";
        for n in 0..2_500_i64 {
            let mut hash = [0_u8; 16];
            hash[..8].copy_from_slice(&n.to_be_bytes());
            // Waits, was given out, was sent.
            let state = [1, 2, 3][usize::try_from(n % 3).unwrap()];
            conn.execute(insert, (hash, state, 100 + n, 200 + n % 7, "a@example.com")).unwrap();
        }
        let reply =
            "INSERT INTO text_reply (workspace, address, kind, place, message, body, received_at, expires_at,
            state, detail) VALUES (1, 5, 1, ?1, ?2, 'Fertig.', 300, 400, ?3, '')";
        for (place, state) in (1_u8..).zip([1, 2, 3, 1]) {
            conn.execute(reply, (place, [place; 16], state)).unwrap();
        }
        migrate(&mut conn).unwrap();
        let count = |kind: &str| -> i64 {
            let sql = "SELECT count(*) FROM job WHERE workspace = 1 AND kind = ?1 AND state = 1";
            conn.query_row(sql, [kind], |row| row.get(0)).unwrap()
        };
        assert_eq!((count("notice"), count("reply")), (1_667, 2));
        let key = "00000000000000010000000000000000.2.7.101";
        let found =
            conn.query_row("SELECT due_at, created_at, id, payload FROM job WHERE key = ?1", [key], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
            });
        let id = consent::JobId::of(WorkspaceId::MAIN, "notice", key);
        assert_eq!(found.unwrap(), (201_i64, 101_i64, id.0, r#"{"version":1}"#.to_owned()));
        let texts =
            "SELECT group_concat(key, ' ') FROM (SELECT key FROM job WHERE kind = 'reply' ORDER BY key)";
        let texts: String = conn.query_row(texts, [], |row| row.get(0)).unwrap();
        assert_eq!(texts, format!("{} {}", "01".repeat(16), "04".repeat(16)));
    }

    #[test]
    fn runs_once_and_refuses_a_newer_schema() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn).unwrap();
        migrate(&mut conn).unwrap();
        conn.pragma_update(None, "user_version", 99).unwrap();
        let refused = migrate(&mut conn);
        assert!(matches!(refused, Err(StoreError::TooNew { found: 99, .. })), "{refused:?}");
    }
}
