//! The move of a data directory of SQLite into a database.

#[path = "copy/fill.rs"]
mod fill;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};

use consent::{
    AddressId, Choice, EntryId, Level, ListId, ProfileId, Purpose, RunId, Source, Timestamp, Token,
};
use store::ledger::{Receipt, VerifierKey};
use store::postgres::{CopyOptions, CopyPhase, CopyProgress, CopyReport, copy};
use store::sqlite::OpenOptions;
use store::{Entry, Offer, Part, ProfileView, RunReport, Settings, Store, StoreError};
use tempfile::TempDir;
use xtask::servers::Database;

use crate::conformance::support::{
    MAIN, ManualClock, TestEntropy, World, address, change, email, named, row_saying,
};
use crate::{START, database, open};
use fill::{PEOPLE, Pages, fill};

fn sqlite(dir: &Path) -> World {
    let clock = Arc::new(ManualClock(AtomicI64::new(START)));
    let entropy = Arc::new(TestEntropy(AtomicU64::new(7)));
    let store =
        store::sqlite::open(OpenOptions { dir: dir.to_owned(), clock: clock.clone(), entropy }).unwrap();
    let ledger_key = store.ledger_verifier_key().unwrap();
    let open = |_: &Path| unreachable!("nothing is backed up");
    World { store, clock, ledger_key, open, keep: Box::new(()) }
}

/// A source, where it goes, and what nobody may touch meanwhile.
struct Move {
    from: TempDir,
    into: TempDir,
    database: Database,
}

impl Move {
    /// From a data directory that `fill` fills.
    async fn of<F: AsyncFnOnce(&World)>(fill: F) -> Self {
        let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let world = sqlite(from.path());
        fill(&world).await;
        drop(world);
        let moved = Self { from, into, database: database() };
        moved.source().execute("INSERT INTO sender_block VALUES (1, 1, 'sender', 1)", []).unwrap();
        // As programs before left them; none are made any more.
        let request = "INSERT INTO opt_in_request VALUES (1, 1, 1, 1, 1, 2, NULL, NULL, '{}')";
        moved.source().execute(request, []).unwrap();
        moved
    }

    fn options(&self) -> CopyOptions {
        CopyOptions {
            from: self.from.path().to_owned(),
            url: self.database.url(),
            password: None,
            into_dir: self.into.path().join("node"),
            restart: false,
            clock: Arc::new(ManualClock(AtomicI64::new(START))),
        }
    }

    fn copy(&self) -> store::Result<CopyReport> {
        copy(&self.options(), &mut |_| ())
    }

    /// Runs a copy that ends at the progress that `at` picks.
    fn interrupt(&self, at: fn(&CopyProgress) -> bool) {
        let mut listen = |progress: CopyProgress| assert!(!at(&progress), "interrupted");
        catch_unwind(AssertUnwindSafe(|| copy(&self.options(), &mut listen))).unwrap_err();
    }

    fn refusal(&self) -> String {
        self.copy().unwrap_err().to_string()
    }

    /// The database opened by a node.
    fn open(&self) -> store::Result<Store> {
        open(&self.database.url(), &self.into.path().join("node"))
    }

    fn source(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.from.path().join("consentry.sqlite3")).unwrap()
    }
}

async fn take(store: &Store, run: RunId, now: Timestamp) -> Part {
    match store.take_part(MAIN, run, now).await.unwrap() {
        Offer::Part { part, .. } => part,
        other => panic!("{other:?}"),
    }
}

/// What a store tells.
#[derive(Debug, PartialEq)]
struct Told {
    profiles: BTreeMap<u64, (ProfileView, Vec<Entry>)>,
    lists: Vec<store::List>,
    settings: Settings,
    runs: Vec<store::Run>,
    report: RunReport,
    deliveries: Vec<store::Delivery>,
    sends: Vec<store::SendView>,
    counts: store::Counts,
    suppressed: Vec<consent::Recipient>,
    pages: Pages,
    programs: (Vec<store::ApiKey>, store::RequestBegun, store::PartOutcome),
    receipts: Vec<String>,
}

async fn told(store: &Store) -> Told {
    store.seal_ledger().await.unwrap();
    let mut profiles = BTreeMap::new();
    let all = store.all_profiles(MAIN).await.unwrap();
    for profile in all.iter().filter(|profile| *profile % 97 == 0 || *profile < 10 || *profile > 5_990) {
        let id = ProfileId(profile.cast_signed());
        let view = store.profile(MAIN, id).await.unwrap().unwrap();
        let history = store.history(MAIN, id, None, 100).await.unwrap();
        profiles.insert(profile, (view, history.entries));
    }
    let runs = store.runs(MAIN, 10).await.unwrap();
    let run = runs[0].id;
    let counts = store.counts(MAIN).await.unwrap();
    let mut receipts = Vec::new();
    for entry in (0..counts.entries.cast_signed()).step_by(499) {
        receipts.push(store.receipt(MAIN, EntryId(entry)).await.unwrap());
    }
    let asked = ["x@bad.example", "p7@example.com", "x@good.example"].map(address).to_vec();
    Told {
        profiles,
        lists: store.lists(MAIN).await.unwrap(),
        settings: store.settings(MAIN).await.unwrap(),
        report: store.run_report(MAIN, run).await.unwrap(),
        deliveries: store.deliveries(MAIN, run, None, None, 1_000).await.unwrap(),
        sends: store.single_sends(MAIN, ProfileId(7), 10).await.unwrap(),
        runs,
        counts,
        suppressed: store.read_strangers(MAIN, asked, Timestamp(START)).await.unwrap(),
        pages: fill::pages_told(store).await,
        programs: fill::programs_told(store).await,
        receipts,
    }
}

#[tokio::test]
async fn everything_is_there_afterwards_and_goes_on() {
    let mut before = None;
    let token = Token {
        purpose: Purpose::Preferences,
        level: Level::Any,
        workspace: MAIN,
        address: AddressId(1),
        reference: consent::Reference::NO_MESSAGE,
        list: ListId(0),
        epoch: 0,
    };
    let moved = Move::of(async |world: &World| {
        fill(world).await;
        let link = world.store.key_ring().sign(&token).unwrap().to_url();
        before = Some((told(&world.store).await, link, world.ledger_key.clone()));
    })
    .await;
    let (before, link, key) = before.unwrap();
    let report = moved.copy().unwrap();
    assert_eq!(report.ledger_size, before.counts.entries);
    let rows: BTreeMap<_, _> = report.tables.iter().copied().collect();
    assert_eq!((rows["workspace"], rows["link_key"]), (1, 2));
    assert_eq!((rows["address"], rows["address_key"]), (rows["address_owner"], rows["address"]));
    for (table, rows) in &report.tables {
        // None are made any more.
        assert!(*rows > 0, "{table} is to be in the test");
        assert_eq!(
            moved.database.psql(&format!("SELECT count(*) FROM {table}")).unwrap().trim(),
            rows.to_string()
        );
    }
    let status = store::postgres::status(&moved.database.url(), None).unwrap();
    assert_eq!(status.works_with, status.known, "older programs may not know what is in it");
    let store = moved.open().unwrap();
    let after = told(&store).await;
    for ((id, one), other) in before.profiles.iter().zip(after.profiles.values()) {
        assert_eq!(one, other, "{id}");
    }
    assert_eq!(after, before);
    assert_eq!(store.ledger_verifier_key().unwrap(), key);
    assert_eq!(store.key_ring().read_url(&link), Ok(token));
    let key = VerifierKey::parse(&key).unwrap();
    for receipt in &after.receipts {
        Receipt::parse(receipt).unwrap().verify(&key).unwrap();
    }
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    goes_on(&store, &before).await;
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    assert!(moved.refusal().contains("complete copy"), "what was recorded since stays");
}

/// New people, entries and claims come after the old ones.
async fn goes_on(store: &Store, before: &Told) {
    let now = Timestamp(START * 2);
    let no = change(named("new@example.com"), email(), Choice::No, Source::ONE_CLICK, now);
    let recorded = store.record(MAIN, vec![no]).await.unwrap().remove(0);
    assert!(recorded.entry.unwrap().0 >= before.counts.entries.cast_signed());
    assert!(!before.profiles.contains_key(&recorded.profile.0.cast_unsigned()));
    assert_eq!(store.seal_ledger().await.unwrap(), before.counts.entries + 1);
    let run = before.runs[0].id;
    let part = take(store, run, now).await;
    assert_eq!(part.position(), ProfileId(30));
    let open = store.open_claims(MAIN, run, part.number).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(store.doubt(MAIN, open[0].id, now).await.unwrap(), 9);
    let due = store.due(MAIN, run, part, now, 10).await.unwrap();
    assert_eq!(due.iter().map(|due| due.profile.0).collect::<Vec<_>>(), [9]);
}

#[tokio::test]
async fn what_was_interrupted_goes_on_where_it_was() {
    let mut before = None;
    let moved = Move::of(async |world: &World| {
        fill(world).await;
        before = Some(told(&world.store).await);
    })
    .await;
    let in_pages = |progress: &CopyProgress| {
        progress.phase == CopyPhase::Copying && progress.table == "profile" && progress.rows > 5_000
    };
    moved.interrupt(in_pages);
    let copied =
        || moved.database.psql("SELECT count(*) FROM profile").unwrap().trim().parse::<i64>().unwrap();
    assert!((5_000..PEOPLE).contains(&copied()), "{}", copied());
    let refused = moved.open().unwrap_err().to_string();
    assert!(refused.contains("isn't complete"), "{refused}");
    moved.interrupt(|progress| progress.table == "ledger_leaf");
    moved.interrupt(|progress| progress.phase == CopyPhase::Verifying && progress.table == "delivery");
    let mut resumed = Vec::new();
    let mut listen = |progress: CopyProgress| {
        if progress.phase == CopyPhase::Resuming {
            resumed.push(progress.table);
        }
    };
    let report = copy(&moved.options(), &mut listen).unwrap();
    assert_eq!(resumed.last(), Some(&"rate_limit"), "all was copied before");
    assert!(report.tables.contains(&("profile", copied().cast_unsigned())));
    let store = moved.open().unwrap();
    assert_eq!(told(&store).await, before.unwrap());
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// Little, so that each refusal is quick.
async fn few(world: &World) {
    let rows =
        (0..20).map(|n| row_saying(&n.to_string(), &format!("p{n}@example.com"), Choice::Yes, Some(n)));
    world.store.import(MAIN, rows.collect()).await.unwrap();
    world.opt_out(named("p3@example.com"), email()).await;
}

#[tokio::test]
async fn a_source_that_has_changed_begins_anew() {
    let moved = Move::of(few).await;
    let late = |progress: &CopyProgress| progress.table == "ledger_event";
    for sql in [
        "UPDATE profile SET locale = 'fr' WHERE id = 1",
        "INSERT INTO profile SELECT max(id) + 1, 1, word, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL FROM profile",
        "DELETE FROM address WHERE id = 20",
    ] {
        moved.interrupt(late);
        assert_eq!(moved.source().execute(sql, []).unwrap(), 1);
        let refused = moved.refusal();
        assert!(refused.contains("the source has changed"), "{sql}: {refused}");
        assert!(refused.contains("--restart"), "{refused}");
        let restarted = CopyOptions { restart: true, ..moved.options() };
        let mut listen = |progress: CopyProgress| assert!(!late(&progress), "interrupted");
        catch_unwind(AssertUnwindSafe(|| copy(&restarted, &mut listen))).unwrap_err();
    }
    // What comes after what is copied is no change.
    let sql =
        "INSERT INTO suppression VALUES (1, 1, 'email', 'bad.example', 1, 'manual', 'me', 1, NULL, NULL)";
    moved.source().execute(sql, []).unwrap();
    let refused = moved.refusal();
    assert!(refused.contains("suppression"), "a table that was done: {refused}");
    let restarted = CopyOptions { restart: true, ..moved.options() };
    let report = copy(&restarted, &mut |_| ()).unwrap();
    assert!(report.tables.contains(&("suppression", 1)));
    // Not once nodes may have recorded something.
    let refused = copy(&restarted, &mut |_| ()).unwrap_err().to_string();
    assert!(refused.contains("complete copy"), "{refused}");
}

#[tokio::test]
async fn what_is_in_use_or_taken_is_refused() {
    let moved = Move::of(few).await;
    let world = sqlite(moved.from.path());
    assert!(matches!(moved.copy(), Err(StoreError::Busy(_))), "a process has the source open");
    drop(world);

    let other = Move::of(few).await;
    std::fs::create_dir(other.into.path().join("node")).unwrap();
    std::fs::write(other.into.path().join("node/master.key"), [7; 32]).unwrap();
    assert!(other.refusal().contains("another master.key"));

    // A database that a node has opened.
    let mut used = Move::of(few).await;
    drop(open(&used.database.url(), tempfile::tempdir().unwrap().path()).unwrap());
    assert!(used.refusal().contains("set up with another master.key"));
    used.database = database();
    used.database.psql("INSERT INTO settings (workspace, body) VALUES (1, '{}')").unwrap();
    assert!(used.refusal().contains("holds something"));

    // A copy of another data directory, which has the same key only by chance of the test's seed.
    moved.interrupt(|progress| progress.table == "profile");
    let mut stranger = Move::of(few).await;
    std::fs::write(stranger.from.path().join("master.key"), [9; 32]).unwrap();
    std::fs::remove_dir_all(stranger.from.path().join("ledger")).unwrap();
    stranger.database = moved.database;
    assert!(stranger.refusal().contains("another data directory"));

    let empty = tempfile::tempdir().unwrap();
    let options = CopyOptions { from: empty.path().to_owned(), ..stranger.options() };
    assert!(matches!(copy(&options, &mut |_| ()), Err(StoreError::Missing(_))));
}

#[tokio::test]
async fn a_row_that_is_not_of_the_copy_is_found() {
    let moved = Move::of(few).await;
    moved.interrupt(|progress| progress.phase == CopyPhase::Verifying);
    moved.database.psql("UPDATE profile SET word = word + 1 WHERE id = 5").unwrap();
    let refused = moved.refusal();
    assert!(refused.starts_with("profile: the database has 20 rows"), "{refused}");
    moved.open().unwrap_err();
}

#[tokio::test]
async fn the_key_is_private_and_the_directory_may_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let moved = Move::of(few).await;
    let options = CopyOptions { into_dir: moved.from.path().to_owned(), ..moved.options() };
    let report = copy(&options, &mut |_| ()).unwrap();
    let mode = std::fs::metadata(moved.from.path().join("master.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let store = open(&moved.database.url(), moved.from.path()).unwrap();
    assert_eq!(store.seal_ledger().await.unwrap(), report.ledger_size);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}
