//! Whether preferences are where their owners' words say, and can be read.

use crate::error::Result;
use crate::sql::Db;

/// Tells what is wrong, a sentence each.
pub(crate) fn check(db: &impl Db, found: &mut dyn FnMut(String)) -> Result<()> {
    // The flags are the word's highest byte; 4 is ConsentWord::HAS_PREFERENCES.
    const UNHEEDED: &str = "SELECT count(*) FROM preference WHERE NOT EXISTS (SELECT 1 FROM profile
        WHERE profile.id = preference.profile AND profile.workspace = preference.workspace
            AND (word >> 56) & 4 <> 0)";
    const LOST: &str = "SELECT count(*) FROM profile WHERE (word >> 56) & 4 <> 0 AND NOT EXISTS
        (SELECT 1 FROM preference
            WHERE preference.profile = profile.id AND preference.workspace = profile.workspace)";
    const UNREADABLE: &str = "SELECT count(*) FROM preference WHERE pace < 0 OR pace > 2 OR preferred > 14";
    for (sql, what) in [
        (UNHEEDED, "preferences that nobody heeds, since their profile doesn't say that it has any"),
        (LOST, "profiles say that they have preferences, and have none"),
        (UNREADABLE, "preferences can't be read"),
    ] {
        let count: u64 = db.one(sql, &[], |row| row.get(0))?;
        if count > 0 {
            found(format!("{count} {what}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use consent::ConsentWord;
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn words_and_preferences_belong_together() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::sqlite::migrate_for_tests(&mut conn).unwrap();
        let word = ConsentWord::EMPTY.with_flags(ConsentWord::HAS_PREFERENCES | 0x80).bits() as i64;
        for (id, word) in [(1, word), (2, 0), (3, word)] {
            conn.execute(
                "INSERT INTO profile (id, workspace, word, created_at) VALUES (?1, 1, ?2, 1)",
                (id, word),
            )
            .unwrap();
        }
        for (profile, pace) in [(1, 1), (2, 3), (4, 2)] {
            conn.execute("INSERT INTO preference VALUES (1, ?1, NULL, ?2, NULL, 1, NULL)", [profile, pace])
                .unwrap();
        }
        let mut findings = Vec::new();
        check(&conn, &mut |finding| findings.push(finding)).unwrap();
        assert_eq!(
            findings,
            [
                "2 preferences that nobody heeds, since their profile doesn't say that it has any",
                "1 profiles say that they have preferences, and have none",
                "1 preferences can't be read",
            ]
        );
        conn.execute_batch("DELETE FROM preference WHERE profile > 1; DELETE FROM profile WHERE id = 3")
            .unwrap();
        check(&conn, &mut |finding| panic!("{finding}")).unwrap();
    }
}
