use std::fmt::Debug;

use consent::{
    Address, Choice, ConsentChange, Entropy, EntryId, Evidence, Field, Namespace, ProfileId, Source, Subject,
    Target, Timestamp, WorkspaceId,
};
use rusqlite::Connection;
use smallvec::smallvec;

use super::SqliteRows;
use crate::error::Result;
use crate::sqlite::migrate::migrate;
use crate::state::change::{BULK_MIN, ChangeConsent, Wants};
use crate::state::import::Import;
use crate::state::people::ResolveOrCreate;
use crate::state::record::Recorder;
use crate::state::record::changes::{Record, RecordFor};
use crate::state::undo::Undo;
use crate::types::{AddressOwner, ProfileRow, Recorded, RowConsent, RowOutcome, RowTarget};

const AT: Timestamp = Timestamp(1_700_000_000_000_000);

struct Fixed;

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn database() -> Connection {
    let mut conn = Connection::open_in_memory().unwrap();
    migrate(&mut conn).unwrap();
    conn
}

fn email(name: &str) -> Address {
    Address::email(&format!("{name}@example.com")).unwrap()
}

fn refusal(subject: Subject) -> ConsentChange {
    ConsentChange {
        subject,
        sets: smallvec![(Target::Identity(Field::Email), Choice::No)],
        occurred_at: Some(AT),
        received_at: AT,
        source: Source::PAGE,
        run: None,
        evidence: Evidence { reason: Some("too much".to_owned()), ..Evidence::default() },
    }
}

fn row(id: &str, addresses: Vec<Address>) -> ProfileRow {
    ProfileRow { external_id: Some(id.to_owned()), addresses, received_at: AT, ..ProfileRow::default() }
}

fn once<C: ChangeConsent>(conn: &Connection, change: &C) -> Result<C::Answer> {
    let mut rows = SqliteRows::new(conn, WorkspaceId(1))?;
    change.run(&mut Recorder::new(&mut rows, &Fixed))
}

/// Runs an operation, takes it back, and runs it again.
fn twice<C: ChangeConsent>(conn: &Connection, change: &C) -> C::Answer
where
    C::Answer: Debug + PartialEq,
{
    conn.execute_batch("SAVEPOINT operation").unwrap();
    let first = once(conn, change).unwrap();
    conn.execute_batch("ROLLBACK TO operation; RELEASE operation").unwrap();
    let second = once(conn, change).unwrap();
    assert_eq!(first, second);
    second
}

#[test]
fn an_operation_that_is_run_again_does_the_same() {
    let conn = database();
    let asked = ResolveOrCreate {
        addresses: vec![email("ann"), email("bob")],
        origin: consent::Origin::Stranger,
        at: AT,
    };
    let owners: Vec<AddressOwner> = twice(&conn, &asked);
    let changes = vec![
        refusal(Subject::Named(email("cat"), consent::Origin::Stranger)),
        refusal(Subject::Address(owners[0].address)),
    ];
    let recorded: Vec<Recorded> = twice(&conn, &Record { changes });
    assert_eq!(recorded[1].profile, owners[0].profile);
    let address = owners[1].address;
    let change = move |owner: &AddressOwner| Some(refusal(Subject::Address(owner.address)));
    let recorded: Option<Recorded> = twice(&conn, &RecordFor { address, make: Box::new(change) });
    let entry = recorded.unwrap().entry.unwrap();
    let undone = twice(&conn, &Undo { entry, at: AT, evidence: Evidence::default() });
    assert_eq!(undone.applied[0].new, Choice::Unset);
    let outcomes =
        twice(&conn, &Import { rows: vec![row("c1", vec![email("ann"), email("cat")])], place: None });
    assert_eq!(outcomes, [RowOutcome::Updated(owners[0].profile)]);
    let entries: i64 = conn.query_row("SELECT count(*) FROM ledger_event", [], |row| row.get(0)).unwrap();
    assert!(entries >= 4, "{entries}");
}

#[test]
fn a_row_whose_address_belongs_to_another_id_is_rejected() {
    let conn = database();
    once(&conn, &Import { rows: vec![row("c1", vec![email("ann")])], place: None }).unwrap();
    let outcomes = once(&conn, &Import { rows: vec![row("c2", vec![email("ann")])], place: None }).unwrap();
    assert_eq!(outcomes, [RowOutcome::Rejected("email belongs to another profile".to_owned())]);
    let profiles: i64 = conn.query_row("SELECT count(*) FROM profile", [], |row| row.get(0)).unwrap();
    assert_eq!(profiles, 1);
}

fn wants(change: &impl ChangeConsent) -> Wants {
    let mut wants = Wants::default();
    change.wants(&mut wants);
    wants
}

#[test]
fn operations_name_what_they_read() {
    let key = |name: &str| (Namespace::Email, format!("{name}@example.com"));
    let address = consent::AddressId(5);
    let subjects = [
        Subject::Named(email("ann"), consent::Origin::Stranger),
        Subject::Address(address),
        Subject::Profile(ProfileId(9)),
    ];
    let named = wants(&Record { changes: subjects.into_iter().map(refusal).collect() });
    assert_eq!(
        (named.keys, named.addresses, named.profiles),
        (vec![key("ann")], vec![address], vec![ProfileId(9)])
    );
    assert_eq!(wants(&RecordFor { address, make: Box::new(|_| None) }).addresses, [address]);
    let undo = Undo { entry: EntryId(3), at: AT, evidence: Evidence::default() };
    assert_eq!(wants(&undo).entries, [EntryId(3)]);
    let consent = RowConsent {
        target: RowTarget::Identity(email("bob"), Field::Email),
        choice: Choice::No,
        at: None,
        reason: None,
    };
    let imported = wants(&Import {
        place: None,
        rows: vec![ProfileRow { consents: vec![consent], ..row("c1", vec![email("ann")]) }],
    });
    assert_eq!((imported.keys, imported.external_ids), (vec![key("ann"), key("bob")], vec!["c1".to_owned()]));
    assert_eq!(
        wants(&ResolveOrCreate { addresses: vec![email("ann")], origin: consent::Origin::Stranger, at: AT })
            .keys,
        [key("ann")]
    );
}

#[test]
fn only_large_operations_are_bulk() {
    let import = |count| Import { rows: vec![row("c1", vec![]); count], place: None };
    assert!(!import(BULK_MIN - 1).is_bulk());
    assert!(import(BULK_MIN).is_bulk());
}
