//! Opening a database: what is wrong is said in one line, which names the place and holds no password.

use std::path::Path;

use consent::{Namespace, Pace, ProfileId, Subject, Timestamp};
use store::{
    ImportPlace, NewImport, PreferenceChange, StoreError, SuppressionCategory, SuppressionEntry, TextEffects,
};
use xtask::servers::{Cluster, ClusterOptions, Database, shared};

use super::conformance::opt_ins::asking;
use super::conformance::support::{MAIN, address, row, suppressed};
use super::{database, open, world_on};

/// Why opening fails, told in one line without the password.
fn refusal(url: &str, dir: &Path) -> StoreError {
    let error = open(url, dir).err().unwrap();
    let text = error.to_string();
    let password = url.split([':', '@']).nth(2).unwrap();
    assert!(!text.contains('\n') && !text.contains(password), "{text}");
    error
}

fn empty_database() -> xtask::servers::Database {
    let server = shared().unwrap().expect("PostgreSQL's programs are installed by `cargo xtask test`");
    server.database("store_empty", |_| Ok(())).unwrap()
}

/// The URL with another user and password.
fn as_user(url: &str, user: &str, password: &str) -> String {
    let (_, place) = url.split_once('@').unwrap();
    format!("postgres://{user}:{password}@{place}")
}

#[test]
fn no_server_wrong_password_and_missing_database_name_the_place() {
    let (database, dir) = (database(), tempfile::tempdir().unwrap());
    let url = database.url();
    let place = url.split_once('@').unwrap().1.to_owned();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = refusal(&format!("postgres://u:geheim@{nobody}/x"), dir.path());
    assert!(error.is_transient() && error.to_string().contains(&format!("{nobody}/x")), "{error}");
    let error = refusal(&as_user(&url, "tester", "geheim"), dir.path());
    assert!(error.to_string().contains(&place) && error.to_string().contains("check"), "{error}");
    let missing = format!("{url}_missing");
    let error = refusal(&missing, dir.path());
    assert!(
        error.to_string().contains("does not exist") && error.to_string().contains("createdb"),
        "{error}"
    );
    assert!(!dir.path().join("master.key").exists());
}

#[test]
fn a_schema_is_refused_from_the_version_on_that_says_so() {
    let (database, dir) = (database(), tempfile::tempdir().unwrap());
    database.psql("UPDATE consentry_schema SET version = 98, works_with = 2").unwrap();
    drop(open(&database.url(), dir.path()).unwrap());
    database.psql("UPDATE consentry_schema SET version = 99, works_with = 98").unwrap();
    let error = refusal(&database.url(), dir.path());
    assert!(matches!(error, StoreError::TooNew { found: 99, .. }), "{error}");
    assert!(store::postgres::status(&database.url(), None).unwrap().version == 99);
}

/// What version 1 of the schema was made with.
const VERSION_1: &str = concat!(
    include_str!("../../src/postgres/migrations/0001_schema.sql"),
    "CREATE TABLE consentry_schema (id SMALLINT PRIMARY KEY, version BIGINT NOT NULL, works_with BIGINT NOT NULL);
    INSERT INTO consentry_schema VALUES (1, 1, 1);"
);

#[tokio::test]
async fn a_node_of_version_1_goes_on_beside_a_new_one_until_there_are_hashes() {
    let (database, dir) = (empty_database(), tempfile::tempdir().unwrap());
    database.psql(VERSION_1).unwrap();
    // Word for word what programs of version 1 ask; they wrote neither table but when copying.
    let insert = |value: &str| {
        let sql = format!(
            "INSERT INTO suppression (value, namespace, workspace, reason, added_by, added_at, expires_at)
            VALUES ('{value}', 'email', 1, 'manual', 'me', 5, NULL);
            INSERT INTO allow_entry (value, namespace, workspace, added_at) VALUES ('{value}', 'email', 1, 5)"
        );
        database.psql(&sql).unwrap();
    };
    let read = |value: &str| {
        let sql = format!(
            "SELECT value FROM suppression WHERE value = ANY('{{{value}}}') AND namespace = 'email'
            AND workspace = 1 AND (expires_at IS NULL OR expires_at > 50)"
        );
        database.psql(&sql).unwrap()
    };
    insert("before@example.com");
    let store = open(&database.url(), dir.path()).unwrap();
    let status = store::postgres::status(&database.url(), None).unwrap();
    assert_eq!((status.version, status.works_with), (status.known, 1));
    insert("beside@example.com");
    for value in ["before@example.com", "beside@example.com"] {
        let found = store.suppression(MAIN, &Namespace::Email, value).await.unwrap();
        let manual = SuppressionEntry {
            reason: "manual".to_owned(),
            by: "me".to_owned(),
            ..suppressed(value, Timestamp(5))
        };
        assert_eq!(found, [manual]);
        assert!(store.allow_entry(MAIN, &Namespace::Email, value).await.unwrap().is_some());
    }
    let new = suppressed("new@example.com", Timestamp(5));
    let complaint = SuppressionEntry { category: SuppressionCategory::Complaint, ..new.clone() };
    store.suppress(MAIN, vec![new, complaint]).await.unwrap();
    assert_eq!(read("new@example.com"), "new@example.com\nnew@example.com");
    assert_eq!(read("before@example.com"), "before@example.com");
    // It would send to whoever is suppressed by a hash.
    let hash = suppressed(&format!("sha256:{}", "0".repeat(64)), Timestamp(5));
    store.suppress(MAIN, vec![hash]).await.unwrap();
    let status = store::postgres::status(&database.url(), None).unwrap();
    assert_eq!((status.version, status.works_with), (status.known, 2));
}

#[tokio::test]
async fn a_hold_closes_the_database_to_nodes_that_look_for_none() {
    let database = empty_database();
    let url = database.url();
    database.psql(VERSION_1).unwrap();
    database.psql(include_str!("../../src/postgres/migrations/0002_feedback.sql")).unwrap();
    // There are hashes in it: later migrations don't open it again to version 1.
    database.psql("UPDATE consentry_schema SET version = 2, works_with = 2").unwrap();
    let world = world_on(database);
    let works_with = || store::postgres::status(&url, None).unwrap().works_with;
    assert_eq!(works_with(), 2);
    let ana = world.caller("+4930123456").await;
    world.text(ana.text(1, world.now()), TextEffects::default()).await;
    assert_eq!(works_with(), 2);
    world.text(ana.text(2, world.now()), TextEffects { hold: true, ..TextEffects::default() }).await;
    assert_eq!(works_with(), 4);
}

#[tokio::test]
async fn rows_of_an_import_kept_as_one_close_the_database_to_nodes_that_would_take_back_the_first() {
    let database = empty_database();
    let url = database.url();
    database.psql(VERSION_1).unwrap();
    let world = world_on(database);
    let works_with = || store::postgres::status(&url, None).unwrap().works_with;
    let new = NewImport { file: "p.csv".to_owned(), sha256: "00".to_owned(), started_at: world.now() };
    let import = world.store.begin_import(MAIN, new).await.unwrap();
    let place = |first| ImportPlace { import, first };
    world.store.import_rows(MAIN, place(0), vec![row("1", "a@example.com")]).await.unwrap();
    assert_eq!(works_with(), 1);
    let two = vec![row("2", "b@example.com"), row("3", "c@example.com")];
    world.store.import_rows(MAIN, place(1), two).await.unwrap();
    assert_eq!(works_with(), 11);
}

/// A node of before would answer the link in such a message with an error.
#[tokio::test]
async fn links_that_name_their_message_close_the_database_to_nodes_that_cannot_open_them() {
    for of_a_run in [true, false] {
        let database = empty_database();
        let url = database.url();
        database.psql(VERSION_1).unwrap();
        let world = world_on(database);
        let works_with = || store::postgres::status(&url, None).unwrap().works_with;
        assert_eq!(works_with(), 1);
        if of_a_run {
            let run = crate::conformance::runs::start(&world, 1).await;
            assert_eq!(works_with(), 1, "nothing is sent yet");
            world.store.take_part(MAIN, run, world.now()).await.unwrap();
        } else {
            world.store.begin_send(MAIN, crate::conformance::sends::notice(&world, "a")).await.unwrap();
        }
        assert_eq!(works_with(), 12);
    }
}

#[tokio::test]
async fn a_preference_closes_the_database_to_nodes_that_look_for_none() {
    let database = empty_database();
    let url = database.url();
    for script in [
        VERSION_1,
        include_str!("../../src/postgres/migrations/0002_feedback.sql"),
        include_str!("../../src/postgres/migrations/0003_uploads.sql"),
        include_str!("../../src/postgres/migrations/0004_texts.sql"),
        include_str!("../../src/postgres/migrations/0005_aliases.sql"),
        "UPDATE consentry_schema SET version = 5",
        "INSERT INTO list VALUES (1, 3, 'before', NULL, 9, 5)",
    ] {
        database.psql(script).unwrap();
    }
    let world = world_on(database);
    let status = || store::postgres::status(&url, None).unwrap();
    assert_eq!((status().version, status().works_with), (status().known, 1));
    // Lists of before, and those that programs of version 5 make beside us.
    let world_list = async |name: &str| world.store.list_by_name(MAIN, name).await.unwrap().unwrap();
    assert_eq!(world_list("before").await.details, store::ListDetails::default());
    let insert = "INSERT INTO list (workspace, id, name, starts_at, ends_at, created_at)
        VALUES (1, 4, 'beside', NULL, NULL, 5) ON CONFLICT (workspace, name) DO NOTHING";
    let (_, database): &(tempfile::TempDir, Database) = world.keep.downcast_ref().unwrap();
    database.psql(insert).unwrap();
    assert_eq!(world_list("beside").await.details, store::ListDetails::default());
    // What they don't look at leaves it open to them.
    let ana = world.create(row("1", "a@example.com")).await;
    let subject = || Subject::Profile(ana);
    assert_eq!(
        world.set(PreferenceChange { pace: Some(Pace::AsItComes), ..world.prefers(subject()) }).await,
        None
    );
    let request = asking(address("b@example.com"), world_list("beside").await.id, world.now());
    world.store.request_opt_in(MAIN, request).await.unwrap();
    assert_eq!(status().works_with, 1);
    // They would send to whoever asked for a pause.
    world.pause(subject(), Some(Timestamp(world.now().0 + 9_000_000))).await.unwrap();
    assert_eq!(status().works_with, 6);
}

#[tokio::test]
async fn who_only_turned_up_before_is_recognised() {
    let database = empty_database();
    let url = database.url();
    // 1 and 5 were claimed by an import; 2 has opted out by a page and 3 has texted, both at their first moment; 4, which a
    // file named, has opted out since; of 6, which another named, nothing is known; 7 was told to have said yes.
    for script in [
        VERSION_1,
        include_str!("../../src/postgres/migrations/0002_feedback.sql"),
        include_str!("../../src/postgres/migrations/0003_uploads.sql"),
        include_str!("../../src/postgres/migrations/0004_texts.sql"),
        include_str!("../../src/postgres/migrations/0005_aliases.sql"),
        include_str!("../../src/postgres/migrations/0006_pages.sql"),
        "UPDATE consentry_schema SET version = 6",
        "INSERT INTO profile (id, workspace, word, created_at) SELECT n, 1, 0, 100 FROM generate_series(1, 7) AS n",
        "INSERT INTO unclaimed_profile VALUES (2), (3), (4), (6), (7)",
        "INSERT INTO address (profile, id, workspace, word, epoch, position, namespace, key) VALUES (3, 3, 1, 0, 0, 0, 2, '+4930123456')",
        "INSERT INTO ledger_event (profile, id, workspace, received_at, source, sets) VALUES
            (1, 0, 1, 100, 'form', '\\x0102'), (2, 1, 1, 100, 'page', '\\x0102'),
            (4, 2, 1, 300, 'page', '\\x0102'), (7, 3, 1, 100, 'api', '\\x0101')",
        "INSERT INTO text_message (id, workspace, profile, address, at, received_at, channel, number, sender, body, class, rule, source)
            VALUES ('\\x00', 1, 3, 3, 90, 100, 2, '+4930123456', 'x', 'HELP', 'help', 'keyword', 'sms:main')",
        "INSERT INTO run (workspace, id, campaign, configuration, list, state, audience_size, created_at, finished_at, fingerprint, spec)
            VALUES (1, 1, 'c', 1, NULL, 2, 1, 100, NULL, '', '')",
        "INSERT INTO delivery (profile, run, workspace, address, at, attempts, code, state) VALUES (4, 1, 1, 4, 200, 1, 250, 1)",
    ] {
        database.psql(script).unwrap();
    }
    let world = world_on(database);
    let mut turned_up = Vec::new();
    for n in 1..=7 {
        if !world.view(ProfileId(n)).await.word.has_default() {
            turned_up.push(n);
        }
    }
    assert_eq!(turned_up, [2, 3]);
    // Programs of before would send to them.
    assert_eq!(store::postgres::status(&url, None).unwrap().works_with, 7);
}

#[test]
fn phone_numbers_of_before_are_matched_by_their_newest_form() {
    let (database, dir) = (empty_database(), tempfile::tempdir().unwrap());
    for script in [
        VERSION_1,
        include_str!("../../src/postgres/migrations/0002_feedback.sql"),
        include_str!("../../src/postgres/migrations/0003_uploads.sql"),
        include_str!("../../src/postgres/migrations/0004_texts.sql"),
        "UPDATE consentry_schema SET version = 4",
        include_str!("../aliases.sql"),
        "INSERT INTO address (workspace, profile, id, namespace, position, word, epoch, key, raw)
            SELECT 1, id, id, namespace, 0, 0, 0, key, raw FROM before_address;
        INSERT INTO address_key (key, namespace, workspace, address, profile)
            SELECT key, namespace, 1, id, id FROM before_address;",
    ] {
        database.psql(script).unwrap();
    }
    drop(open(&database.url(), dir.path()).unwrap());
    let rows = |sql: &str| database.psql(sql).unwrap();
    let differing = "SELECT id, namespace, key, raw FROM address
        EXCEPT SELECT id, namespace, new_key, new_raw FROM before_address";
    assert_eq!(rows(differing), "");
    let differing = "SELECT address, profile, namespace, key FROM address_key
        EXCEPT SELECT id, profile, namespace, key FROM address";
    assert_eq!(rows(differing), "");
    assert_eq!(rows("SELECT count(*) FROM address_key"), "13");
    let suppressed = rows(
        "SELECT namespace || value || ':' || category || coalesce(expires_at::TEXT, '-') FROM suppression
            ORDER BY namespace, value COLLATE \"C\", category",
    );
    assert_eq!(
        suppressed,
        "email+5215512345678@x.example:1-\nphone+5215511110000:199\nphone+525511110000:199\n\
         phone+525512345678:1-\nphone+525512345678:270\nphone+5511987654321:180"
    );
    let allowed = "SELECT namespace || value FROM allow_entry ORDER BY value COLLATE \"C\"";
    assert_eq!(rows(allowed), "phone+4930123456\nphone+541112345678");
    assert_eq!(rows("SELECT works_with FROM consentry_schema"), "5");
}

#[test]
fn without_the_right_to_make_tables_nothing_is_made() {
    let (database, dir) = (empty_database(), tempfile::tempdir().unwrap());
    let role = format!("r_{}", database.name());
    database.psql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'geheim'")).unwrap();
    database.psql("REVOKE CREATE ON SCHEMA public FROM PUBLIC").unwrap();
    let url = as_user(&database.url(), &role, "geheim");
    let error = refusal(&url, dir.path());
    assert!(matches!(error, StoreError::Denied(_)), "{error}");
    assert_eq!(database.psql("SELECT to_regclass('public.consentry_schema') IS NULL").unwrap(), "t");
    assert!(!dir.path().join("master.key").exists());
    database.psql(&format!("GRANT ALL ON SCHEMA public TO {role}")).unwrap();
    drop(open(&url, dir.path()).unwrap());
    database.psql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
}

#[test]
fn a_migration_that_fails_leaves_nothing() {
    let (database, dir) = (empty_database(), tempfile::tempdir().unwrap());
    // The last table's name is taken, of the first migration and of the last one.
    for table in ["copy_progress", "feedback"] {
        database.psql(&format!("CREATE TABLE {table} (x INTEGER)")).unwrap();
        refusal(&database.url(), dir.path());
        assert_eq!(database.psql("SELECT to_regclass('public.consentry_schema') IS NULL").unwrap(), "t");
        database.psql(&format!("DROP TABLE {table}")).unwrap();
    }
    drop(open(&database.url(), dir.path()).unwrap());
}

#[test]
fn a_server_that_takes_no_writes_is_refused() {
    let (database, dir) = (database(), tempfile::tempdir().unwrap());
    let read_only = format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name());
    database.psql(&read_only).unwrap();
    let error = refusal(&database.url(), dir.path());
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(error.to_string().contains("takes writes"), "{error}");
}

#[test]
fn a_database_has_one_master_key() {
    let (database, first, second) = (database(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop(open(&database.url(), first.path()).unwrap());
    let error = refusal(&database.url(), second.path()).to_string();
    assert!(error.contains("no master.key") && error.contains("copy"), "{error}");
    assert!(!second.path().join("master.key").exists());
    std::fs::write(second.path().join("master.key"), [7; 32]).unwrap();
    let error = refusal(&database.url(), second.path()).to_string();
    assert!(error.contains("isn't the one") && error.contains(second.path().to_str().unwrap()), "{error}");
    std::fs::copy(first.path().join("master.key"), second.path().join("master.key")).unwrap();
    drop(open(&database.url(), second.path()).unwrap());
}

#[test]
fn migrating_at_once_is_done_once() {
    let database = empty_database();
    let url = database.url();
    std::thread::scope(|scope| {
        let migrating: Vec<_> =
            (0..6).map(|_| scope.spawn(|| store::postgres::migrate(&url, None))).collect();
        for migrated in migrating {
            let status = migrated.join().unwrap().unwrap();
            assert_eq!(status.version, status.known);
        }
    });
    assert_eq!(database.psql("SELECT count(*) FROM workspace").unwrap(), "1");
}

#[test]
fn tls_checks_certificate_and_name() {
    let options = ClusterOptions { tls: true, ..ClusterOptions::for_tests() };
    let server = Cluster::start(&options).unwrap().unwrap();
    let (url, dir) = (server.url("postgres"), tempfile::tempdir().unwrap());
    let root = server.certificate();
    let root = root.display();
    let error = refusal(&format!("{url}?sslmode=verify-full"), dir.path()).to_string();
    assert!(error.contains("sslrootcert"), "{error}");
    let other = url.replace("127.0.0.1", "127.0.0.2");
    server.set(&[("listen_addresses", "127.0.0.1,127.0.0.2")]).unwrap();
    server.restart(xtask::servers::StopMode::Fast).unwrap();
    let error = refusal(&format!("{other}?sslmode=verify-full&sslrootcert={root}"), dir.path()).to_string();
    assert!(error.contains("certificate"), "{error}");
    drop(open(&format!("{url}?sslmode=verify-full&sslrootcert={root}"), dir.path()).unwrap());
}
