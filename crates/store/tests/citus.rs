//! Statements and schema keep what Citus can carry out: see `store::postgres::citus`.

#![allow(clippy::unwrap_used, reason = "a test ends at the first thing that isn't as expected")]

#[path = "citus/sql.rs"]
mod sql;

use std::fs;
use std::path::{Path, PathBuf};

use sql::{check, keys_without, statements, tables_made};
use store::postgres::citus::{TABLES, plan};

/// Files that PostgreSQL never gets a statement from, and why.
const SQLITE_ONLY: &[(&str, &str)] = &[(
    "state/statements.rs",
    "statements prepared for SQLite, whose rows PostgreSQL keeps in a working set",
)];

/// Statements that break a rule on purpose: the rule, a part of the statement, and why that is fine.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "joins off the key",
        "SELECT (SELECT count(*) FROM profile",
        "two counts without a common row, for `doctor` and imports' summaries: no hot path",
    ),
    (
        "joins off the key",
        "UPDATE ledger_head SET size = (SELECT count(*) FROM ledger_leaf)",
        "once, at the end of a copy into a database that nobody uses yet",
    ),
    (
        "joins off the key",
        "JOIN text_message t ON t.workspace = a.workspace AND t.address = a.id WHERE u.profile",
        "once, when a database of schema 6 is brought up to date, which none that is distributed can be",
    ),
];

fn source(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder)
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests" || stem == "delivery_fixture");
        if path.is_dir() && !is_test {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
            out.push(path);
        }
    }
}

#[test]
fn every_statement_can_be_carried_out() {
    let mut files = Vec::new();
    rust_files(&source("state"), &mut files);
    rust_files(&source("postgres"), &mut files);
    let (mut seen, mut findings) = (0, Vec::new());
    for file in files {
        if SQLITE_ONLY.iter().any(|(name, _)| file.ends_with(name)) {
            continue;
        }
        for (line, statement) in statements(&fs::read_to_string(&file).unwrap()) {
            seen += 1;
            for rule in check(&statement) {
                let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
                if !EXCEPTIONS.iter().any(|(of, part, _)| *of == rule && words.contains(part)) {
                    findings.push(format!("{}:{line}: {rule}: {words}", file.display()));
                }
            }
        }
    }
    assert!(seen > 30, "only {seen} statements found: they aren't where they were");
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn the_checker_finds_what_citus_refuses() {
    let cases = [
        ("volatile function", "UPDATE profile SET word = ?2, created_at = now() WHERE id = ?1"),
        ("volatile function", "DELETE FROM delivery WHERE profile = ?1 AND at < clock_timestamp()"),
        (
            "volatile function",
            "INSERT INTO delivery (profile, at) SELECT id, random() FROM profile WHERE id = ?1",
        ),
        ("lock off the key", "SELECT word FROM profile WHERE workspace = ?1 FOR UPDATE"),
        ("lock off the key", "SELECT run FROM run_part WHERE node IS NULL LIMIT 1 FOR UPDATE SKIP LOCKED"),
        ("key updated", "UPDATE address SET profile = ?3, position = 1 WHERE profile = ?1"),
        (
            "key updated",
            "INSERT INTO delivery (profile, at) VALUES (?1, ?2) ON CONFLICT (profile) DO UPDATE SET profile = excluded.profile",
        ),
        (
            "joins off the key",
            "SELECT a.id FROM address a JOIN profile p ON p.workspace = a.workspace WHERE p.id = ?1",
        ),
        ("joins off the key", "SELECT 1 FROM profile JOIN evidence ON evidence.entry = profile.id"),
        (
            "joins off the key",
            "SELECT id FROM profile WHERE EXISTS (SELECT 1 FROM address WHERE address.key = profile.external_id)",
        ),
    ];
    for (rule, statement) in cases {
        assert_eq!(check(statement), [rule], "{statement}");
    }
}

#[test]
fn the_checker_lets_pass_what_citus_does() {
    let fine = [
        "SELECT now()",
        "UPDATE settings SET body = ?2, at = now() WHERE workspace = ?1",
        "INSERT INTO ledger_event (id, profile) VALUES (nextval('ledger_event_id'), ?1)",
        "SELECT word FROM profile WHERE workspace = ?2 AND id = ?1 FOR UPDATE",
        "SELECT part FROM run_part AS p WHERE ?1 = p.run AND node IS NULL FOR UPDATE SKIP LOCKED",
        "SELECT a.id FROM address AS a JOIN profile p ON p.id = a.profile WHERE p.workspace = ?1",
        "SELECT word FROM profile WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM address WHERE profile = ?1)",
        "SELECT name FROM subscription JOIN list ON list.id = subscription.list WHERE profile = ANY(?1)",
        "INSERT INTO delivery (profile, at) VALUES (?1, ?2) ON CONFLICT (profile) DO UPDATE SET at = excluded.at",
        "UPDATE delivery SET state = ?4 WHERE profile = ?1",
    ];
    for statement in fine {
        assert!(check(statement).is_empty(), "{statement}: {:?}", check(statement));
    }
}

#[test]
fn statements_are_found_in_source() {
    let source = r#"
        // "SELECT 1 FROM a_comment"
        const A: &str = "SELECT 'x'
            FROM a";
        fn f<'a>(c: char) -> &'a str { if c == '"' { r~"DELETE FROM "b""~ } else { "say \"SELECT\"" } }
        const B: Sql = Sql::each("INSERT OR IGNORE INTO c VALUES (1)", "INSERT INTO c VALUES (1)");
        #[cfg(test)]
        mod tests { const C: &str = "UPDATE d SET e = 1"; }
    "#;
    let source = &source.replace('~', "#");
    let found: Vec<String> = statements(source).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("SELECT 'x'") && found[1] == "DELETE FROM \"b\"");
    assert_eq!(found[2], "INSERT INTO c VALUES (1)");
}

#[test]
fn every_table_has_its_place_and_every_key_its_column() {
    let folder = source("postgres/migrations");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the migrations of PostgreSQL")
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let schema: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let made = tables_made(&schema);
    assert!(!made.is_empty(), "no table is made in {}", folder.display());
    for table in &made {
        assert!(TABLES.iter().any(|known| known.name == table), "the plan doesn't know the table {table}");
    }
    for table in TABLES {
        assert!(made.iter().any(|name| name == table.name), "no migration makes the table {}", table.name);
    }
    assert_eq!(keys_without(&schema), Vec::<String>::new());
}

#[test]
fn keys_without_their_column_are_found() {
    let keys = |schema: &str| keys_without(schema).len();
    assert_eq!(keys("CREATE TABLE profile (id BIGINT PRIMARY KEY, word BIGINT);"), 0);
    assert_eq!(keys("CREATE TABLE profile (id BIGINT, word BIGINT UNIQUE);"), 1);
    assert_eq!(keys("CREATE TABLE address (id BIGINT, profile BIGINT, PRIMARY KEY (profile, id));"), 0);
    assert_eq!(keys("CREATE TABLE address (id BIGINT, profile BIGINT, PRIMARY KEY (id));"), 1);
    assert_eq!(keys("CREATE UNIQUE INDEX a ON address (workspace, key);"), 1);
    assert_eq!(keys("CREATE UNIQUE INDEX a ON address_key (workspace, \"key\") INCLUDE (b);"), 0);
    assert_eq!(keys("CREATE TABLE list (id BIGINT PRIMARY KEY, name TEXT UNIQUE);"), 0);
    assert_eq!(keys("ALTER TABLE ONLY address ADD CONSTRAINT k UNIQUE (id);"), 1);
}

#[test]
fn the_plan_spreads_every_table_once() {
    let plan = plan();
    for (index, table) in TABLES.iter().enumerate() {
        let quoted = format!("_table('{}'", table.name);
        assert_eq!(plan.matches(&quoted).count(), 1, "{}", table.name);
        assert!(table.why.ends_with('.') && !table.why.contains('\n'), "{}", table.name);
        let Some((_, with)) = table.distribution else { continue };
        // A group's first table must be spread before the others can lie with it.
        assert!(TABLES[..=index].iter().any(|first| first.name == with), "{}", table.name);
    }
    assert!(plan.contains("create_distributed_table('profile', 'id', colocate_with => 'none');"));
}
