//! The command line, as a user types it.

use crate::support::Desk;

const PEOPLE: &str = "\
id,email,phone,consent.email,consent.any,consent_time,list.news,plan
1,ann@example.com,+4930123456,y,,2026-01-02,y,pro
2,bob@example.com,,n,,2026-01-02,,free
3,cat@example.com,,,n,2026-01-02,n,free
4,dan@example.com,,p,,2026-01-02,p,free
5,eve@example.com,,,,,,free
";

fn desk_with_people() -> Desk {
    let desk = Desk::new();
    desk.run(&["list", "create", "news"]).exits(0);
    desk.write("people.csv", PEOPLE);
    desk.run(&["import", "profiles", "people.csv"]).exits(0);
    desk
}

fn reason(desk: &Desk, arguments: &[&str], code: i32) -> String {
    let mut all = vec!["check", "--json", "--channel"];
    all.extend(arguments);
    let value = desk.run(&all).exits(code).json();
    assert_eq!(value["decision"], if code == 0 { "permit" } else { "exclude" });
    value["reason"].as_str().unwrap().to_owned()
}

#[test]
fn import_tells_what_it_did_and_again_changes_nothing() {
    let desk = Desk::new();
    desk.run(&["list", "create", "news"]).exits(0);
    desk.write("people.csv", PEOPLE);
    let counts = |read: u64, created: u64, unchanged: u64| serde_json::json!({ "read": read, "created": created, "updated": 0, "unchanged": unchanged, "rejected": 0 });
    let told = || {
        let mut told = desk.run(&["import", "profiles", "people.csv", "--json"]).exits(0).json();
        told.as_object_mut().unwrap().retain(|name, _| {
            ["read", "created", "updated", "unchanged", "rejected"].contains(&name.as_str())
        });
        told
    };
    assert_eq!(told(), counts(5, 5, 0));
    assert_eq!(told(), counts(5, 0, 5));
    let same = desk.run(&["import", "profiles", "people.csv", "--rejects", "./people.csv"]).exits(1);
    assert!(same.err.contains("rejects"), "{}", same.err);
    assert_eq!(std::fs::read_to_string(desk.path("people.csv")).unwrap(), PEOPLE);
    let missing = desk.run(&["import", "profiles", "nothing.csv"]).exits(1);
    assert!(missing.err.contains("nothing.csv"), "{}", missing.err);
}

#[test]
fn an_import_is_taken_back_as_one() {
    let desk = desk_with_people();
    desk.write("wrong.csv", "id,email,consent.email,plan\n1,ann@example.com,y,gold\n8,gus@example.com,y,gold\n9,hal@example.com,n,gold\n");
    let imported = desk.run(&["import", "profiles", "wrong.csv", "--json"]).exits(0);
    assert_eq!(imported.json()["import"], "imp_2");
    assert!(imported.err.contains("import undo imp_2"), "{}", imported.err);
    let unknown = desk.run(&["import", "undo", "imp_9"]).exits(1);
    assert!(unknown.err.contains("hint: consentry import list"), "{}", unknown.err);
    desk.run(&["import", "undo", "wrong.csv"]).exits(1);
    let would = desk.run(&["import", "undo", "imp_2", "--dry-run", "--json"]).exits(0).json();
    assert_eq!((&would["deleted"], &would["state"]), (&1.into(), &"imported".into()));
    desk.run(&["profile", "show", "gus@example.com"]).exits(0);
    let done = desk.run(&["import", "undo", "imp_2", "--json"]).exits(0).json();
    assert_eq!((&done["profiles"], &done["deleted"], &done["restored"]), (&3.into(), &1.into(), &1.into()));
    assert_eq!((&done["keptForRefusal"], &done["refusalsKept"]), (&1.into(), &1.into()));
    let kept = desk.run(&["profile", "show", "hal@example.com"]).exits(0);
    assert!(!kept.out.contains("gold"), "{}", kept.out);
    let ann = desk.run(&["profile", "show", "ann@example.com"]).exits(0);
    assert!(ann.out.contains("pro") && !ann.out.contains("gold"), "{}", ann.out);
    let again = desk.run(&["import", "undo", "imp_2"]).exits(0);
    assert!(again.err.contains("already"), "{}", again.err);
    let listed = desk.run(&["import", "list", "--json"]).exits(0).json();
    assert_eq!(
        (&listed["data"][0]["state"], &listed["data"][1]["state"]),
        (&"undone".into(), &"imported".into())
    );
    assert_eq!((&listed["data"][0]["file"], &listed["data"][0]["created"]), (&"wrong.csv".into(), &2.into()));
    desk.run(&["import", "profiles", "wrong.csv"]).exits(0);
    desk.run(&["doctor"]);
}

#[test]
fn an_import_stops_at_a_refusal_that_nobody_mapped() {
    let desk = Desk::new();
    desk.write("people.csv", "Email,Status\nann@example.com,unsubscribed\nbob@example.com,active\n");
    let stopped = desk.run(&["import", "profiles", "people.csv"]).exits(8);
    assert!(
        stopped.err.contains("column `Status`") && stopped.err.contains("--ignore-column Status"),
        "{}",
        stopped.err
    );
    assert!(
        stopped.err.contains("--map \"Status=consent.email:active=y,unsubscribed=n\""),
        "{}",
        stopped.err
    );
    let map = ["--map", "Email=email", "--map", "Status=consent.email:active=y,unsubscribed=n"];
    let all = |more: &[&'static str]| [&["import", "profiles", "people.csv"][..], &map, more].concat();
    let dry = desk.run(&all(&["--dry-run"])).exits(0);
    assert!(
        dry.out.contains("unsubscribed → consent.email=n")
            && dry.out.contains("reachable by email afterwards: 1"),
        "{}",
        dry.out
    );
    desk.run(&["profile", "show", "ann@example.com"]).exits(1);
    desk.run(&all(&[])).exits(0);
    assert_eq!(reason(&desk, &["email", "--address", "ann@example.com"], 3), "OptedOutChannel");
    assert_eq!(reason(&desk, &["email", "--address", "bob@example.com"], 0), "OptedIn");
}

#[test]
fn an_import_says_by_its_exit_code_whether_rows_were_rejected() {
    let desk = Desk::new();
    desk.write("some.csv", "email,phone\nann@example.com,12\nnobody,\n");
    let some = desk.run(&["import", "profiles", "some.csv"]).exits(7);
    assert!(some.err.contains("line 2: phone: not a phone number"), "{}", some.err);
    desk.write("all.csv", "email\nnobody\n");
    desk.run(&["import", "profiles", "all.csv"]).exits(1);
}

#[test]
fn check_decides_and_says_why() {
    let desk = desk_with_people();
    assert_eq!(reason(&desk, &["email", "--address", "ann@example.com"], 0), "OptedIn");
    assert_eq!(reason(&desk, &["email", "--address", "BOB@example.com"], 3), "OptedOutChannel");
    assert_eq!(reason(&desk, &["email", "--address", "cat@example.com"], 3), "OptedOutAll");
    assert_eq!(reason(&desk, &["email", "--address", "dan@example.com"], 3), "PendingVerification");
    assert_eq!(reason(&desk, &["email", "--address", "eve@example.com"], 0), "Default");
    assert_eq!(reason(&desk, &["email", "--address", "stranger@example.com"], 0), "Default");
    assert_eq!(reason(&desk, &["email", "--address", "no address"], 3), "AddressMalformed");
    assert_eq!(
        reason(&desk, &["email", "--address", "cat@example.com", "--category", "transactional"], 0),
        "Transactional"
    );
    assert_eq!(reason(&desk, &["email", "--address", "ann@example.com", "--list", "news"], 0), "OptedIn");
    assert_eq!(
        reason(&desk, &["email", "--address", "eve@example.com", "--list", "news"], 3),
        "NotSubscribed"
    );
    assert_eq!(reason(&desk, &["sms", "--address", "+49 30 123456"], 0), "Default");
    let words = desk.run(&["check", "--channel", "email", "--address", "bob@example.com"]).exits(3).out;
    assert!(words.starts_with("○ withheld: opted out of this channel (OptedOutChannel)"), "{words}");
    assert!(words.contains("ent_"), "the trace names the ledger entry: {words}");
    desk.run(&["check", "--channel", "pigeon", "--address", "a@example.com"]).exits(2);
    let missing =
        desk.run(&["check", "--channel", "email", "--address", "a@example.com", "--list", "nope"]).exits(1);
    assert!(missing.err.contains("hint: consentry list create nope"), "{}", missing.err);
}

#[test]
fn opt_outs_bind_at_their_level_even_for_strangers() {
    let desk = desk_with_people();
    desk.run(&["opt-out", "ann@example.com", "--level", "subscription", "--list", "news"]).exits(0);
    assert_eq!(
        reason(&desk, &["email", "--address", "ann@example.com", "--list", "news"], 3),
        "UnsubscribedFromList"
    );
    assert_eq!(reason(&desk, &["email", "--address", "ann@example.com"], 0), "OptedIn");
    desk.run(&["opt-out", "ann@example.com", "--level", "identity"]).exits(0);
    assert_eq!(reason(&desk, &["email", "--address", "ann@example.com"], 3), "OptedOutAddress");
    desk.run(&["opt-out", "+4930123456", "--level", "channel"]).exits(0);
    assert_eq!(reason(&desk, &["sms", "--address", "+4930123456"], 3), "OptedOutChannel");
    let recorded = desk
        .run(&[
            "opt-out",
            "new@example.com",
            "--level",
            "any",
            "--source",
            "phone-call",
            "--reason",
            "rang us",
            "--json",
        ])
        .exits(0)
        .json();
    assert!(recorded["entry"].as_str().unwrap().starts_with("ent_"));
    // The stranger turns up later, with a yes that is older, and stays out (I7, I8).
    desk.write("later.csv", "id,email,consent.any,consent_time\n9,New@Example.com,y,2026-01-01\n");
    desk.run(&["import", "profiles", "later.csv"]).exits(0);
    assert_eq!(reason(&desk, &["email", "--address", "new@example.com"], 3), "OptedOutAll");
    let shown = desk.run(&["profile", "show", "new@example.com", "--json"]).exits(0).json();
    assert_eq!(shown["id"], "9");
    assert_eq!(shown["consents"]["marketing"]["any"]["val"], "n");
    assert_eq!(shown["consents"]["marketing"]["any"]["reason"], "rang us");
    assert_eq!(shown["history"][0]["source"], "phone-call");
    desk.run(&["opt-out", "not an address"]).exits(1);
    desk.run(&["opt-out", "a@example.com", "--level", "identity", "--channel", "sms"]).exits(1);
    desk.run(&["opt-out", "a@example.com", "--level", "subscription"]).exits(2);
}

#[test]
fn the_default_can_be_changed_when_a_data_directory_is_made() {
    let desk = Desk::bare();
    desk.run(&["init", "--default-consent", "email=n", "--default-consent", "sms=p"]).exits(0);
    assert_eq!(reason(&desk, &["email", "--address", "a@example.com"], 3), "NoConsent");
    assert_eq!(reason(&desk, &["sms", "--address", "+4930123456"], 3), "PendingVerification");
    assert_eq!(reason(&desk, &["push", "--address", "token"], 0), "Default");
    let again = desk.run(&["init"]).exits(1);
    assert!(again.err.contains("exists and isn't empty"), "{}", again.err);
    // Settings can be changed later; those not named stay.
    desk.run(&["init", "--default-consent", "email=y", "--brand", "Brand"]).exits(0);
    assert_eq!(reason(&desk, &["email", "--address", "a@example.com"], 0), "Default");
    assert_eq!(reason(&desk, &["sms", "--address", "+4930123456"], 3), "PendingVerification");
    desk.run(&["init", "--default-consent", "email=maybe"]).exits(2);
}

#[test]
fn the_ledger_verifies_until_a_byte_is_changed() {
    let desk = desk_with_people();
    let verified = desk.run(&["ledger", "verify", "--json"]).exits(0).json();
    assert_eq!(verified["verified"], true);
    let entries = verified["entries"].as_u64().unwrap();
    assert!(entries >= 4, "{verified}");
    let key = desk.run(&["ledger", "key"]).exits(0).out.trim().to_owned();
    let receipt = desk.run(&["ledger", "receipt", "ent_0"]).exits(0).out;
    desk.write("receipt.tlog-proof", &receipt);
    desk.run(&["ledger", "check-receipt", "receipt.tlog-proof", "--key", &key]).exits(0);
    // An auditor keeps a checkpoint and the key; the ledger grows.
    std::fs::copy(desk.data_dir().join("ledger/checkpoint"), desk.path("old")).unwrap();
    desk.run(&["opt-out", "eve@example.com"]).exits(0);
    desk.run(&["ledger", "verify", "--since", "old"]).exits(0);
    let bundle = desk.data_dir().join("ledger/tile/entries");
    let file = std::fs::read_dir(&bundle).unwrap().next().unwrap().unwrap().path();
    let file =
        if file.is_dir() { std::fs::read_dir(file).unwrap().next().unwrap().unwrap().path() } else { file };
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let ledger = desk.data_dir().join("ledger");
    let found = desk.run(&["ledger", "verify", "--files", ledger.to_str().unwrap(), "--key", &key]).exits(1);
    assert!(found.err.contains("tile/entries"), "{}", found.err);
    desk.run(&["doctor"]).exits(1);
}

#[test]
fn a_backup_made_live_opens_and_verifies() {
    let desk = desk_with_people();
    desk.run(&["backup", "copy"]).exits(0);
    desk.run(&["opt-out", "eve@example.com"]).exits(0);
    let copy = ["--data-dir", "copy"];
    desk.run(&[&["ledger", "verify"], &copy[..]].concat()).exits(0);
    desk.run(&[&["doctor"], &copy[..]].concat()).exits(0);
    desk.run(&[&["check", "--channel", "email", "--address", "bob@example.com"], &copy[..]].concat())
        .exits(3);
    desk.run(&[&["check", "--channel", "email", "--address", "eve@example.com"], &copy[..]].concat())
        .exits(0);
    let taken = desk.run(&["backup", "copy"]).exits(1);
    assert!(taken.err.contains("copy"), "{}", taken.err);
}

#[test]
fn help_completions_and_keys_work() {
    let desk = Desk::new();
    assert!(desk.run(&["--help"]).exits(0).out.contains("Exit codes"));
    assert!(desk.run(&["completions", "bash"]).exits(0).out.contains("consentry"));
    assert_eq!(desk.run(&["keys", "rotate", "--json"]).exits(0).json()["key"], 2);
    desk.run(&["doctor"]).exits(0);
}

#[test]
fn a_wrong_command_line_is_shown_and_steers_nothing() {
    let desk = Desk::bare();
    for words in [
        &["check", "--channel", "\u{202e}liame\u{9b}31m"][..],
        &["\u{202e}kcehc\u{115f}"],
        &["check", "--\u{2066}x\u{7}"],
        &["intake", "mail", "--\u{202e}x"],
    ] {
        let ran = desk.run(words);
        assert!(matches!(ran.code, 2 | 64 | 75), "{words:?}: {ran:?}");
        assert!(ran.err.contains("error: ") && ran.err.contains("\\u{"), "{words:?}: {}", ran.err);
        assert!(
            !ran.err.contains(['\u{202e}', '\u{2066}', '\u{9b}', '\u{7}', '\u{115f}']),
            "{words:?}: {}",
            ran.err
        );
    }
}

/// Each of several processes changes what it names: none undoes the brake or what another one set.
#[test]
fn settings_changed_by_several_processes_at_once_all_hold() {
    Desk::on_each_engine(|desk| {
        let domains: Vec<String> = (0..6).map(|n| format!("d{n}.example")).collect();
        let mut commands: Vec<Vec<&str>> =
            domains.iter().map(|domain| vec!["init", "--mail-domain", domain]).collect();
        commands.insert(3, vec!["allow", "on", "email"]);
        let running: Vec<_> =
            commands.iter().map(|arguments| desk.command(arguments).spawn().unwrap()).collect();
        for mut process in running {
            assert!(process.wait().unwrap().success());
        }
        let settings = desk.run(&["--json", "init", "--brand", "Shop"]).exits(0).json()["settings"].clone();
        let mut held: Vec<&str> = settings["mailDomains"]
            .as_array()
            .unwrap()
            .iter()
            .map(|domain| domain.as_str().unwrap())
            .collect();
        held.sort_unstable();
        assert_eq!(held, domains);
        assert_eq!(settings["allowListsActive"], serde_json::json!(["email"]));
    });
}
