//! The move from one machine to many, as a user types it.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{Desk, Ran};
use xtask::servers::{Database, poll_until, shared};

/// Enough for several pages of each table.
const PEOPLE: usize = 12_000;

fn database() -> Database {
    let server = shared().unwrap().expect("PostgreSQL's programs are installed by `cargo xtask test`");
    server.database("copy_empty", |_| Ok(())).unwrap()
}

fn desk() -> Desk {
    let desk = Desk::new();
    let mut people = "id,email,consent.email,consent_time\n".to_owned();
    for n in 0..PEOPLE {
        let choice = if n % 7 == 0 { "n" } else { "y" };
        writeln!(people, "{n},p{n}@example.com,{choice},2026-01-02").unwrap();
    }
    desk.write("people.csv", people);
    desk.run(&["import", "profiles", "people.csv"]).exits(0);
    desk
}

/// Runs a command as the new node.
fn node(desk: &Desk, arguments: &[&str]) -> Ran {
    desk.run(&[&["--data-dir", "node"], arguments].concat())
}

#[test]
fn a_copy_that_is_killed_goes_on_and_a_node_answers_from_it() {
    let (desk, database) = (desk(), database());
    let url = database.url();
    let copy = ["db", "copy", "sqlite:data", &url];
    let serving = desk.serve();
    let refused = node(&desk, &copy).exits(1);
    assert!(
        refused.err.contains("in use") && refused.err.contains("hint: stop every process"),
        "{}",
        refused.err
    );
    drop(serving);

    let mut command = desk.command(&[&["--data-dir", "node"][..], &copy].concat());
    let mut killed = command.stderr(Stdio::null()).spawn().unwrap();
    // The table is there once the schema is.
    let begun = || Ok(database.psql("SELECT count(*) FROM address").is_ok_and(|rows| rows.trim() != "0"));
    assert!(poll_until(Duration::from_mins(1), begun).unwrap(), "it copies nothing");
    killed.kill().unwrap();
    assert!(!killed.wait().unwrap().success(), "it was done too soon for this test");

    let check = ["--database", &url, "check", "--channel", "email", "--address", "p7@example.com"];
    let early = node(&desk, &check).exits(1);
    assert!(early.err.contains("isn't complete"), "{}", early.err);
    // The server frees what the dead process held when it notices its end.
    let mut report = None;
    let done = || {
        let ran = node(&desk, &[&copy[..], &["--json"]].concat());
        let again = ran.err.contains("in use");
        report = Some(ran);
        Ok(!again)
    };
    assert!(poll_until(Duration::from_mins(1), done).unwrap(), "{report:?}");
    let report = report.unwrap().exits(0);
    assert!(report.err.contains("hint: start nothing on data any more"), "{}", report.err);
    let report = report.json();
    for table in ["profile", "address", "address_key", "ledger_event", "ledger_leaf"] {
        assert_eq!(report["tables"][table], PEOPLE, "{report}");
    }
    assert_eq!(report["ledger"]["size"], PEOPLE);
    node(&desk, &check).exits(3);
    node(&desk, &["--database", &url, "ledger", "verify"]).exits(0);
}

#[test]
fn a_source_is_named_as_one() {
    let desk = Desk::new();
    let refused = desk.run(&["db", "copy", "data", "postgres://u@127.0.0.1/x"]).exits(2);
    assert!(refused.err.contains("sqlite:DIR"), "{}", refused.err);
    let missing = desk.run(&["db", "copy", "sqlite:nowhere", "postgres://u@127.0.0.1/x"]).exits(1);
    assert!(missing.err.contains("nowhere"), "{}", missing.err);
    assert!(!desk.path("nowhere").exists());
}
