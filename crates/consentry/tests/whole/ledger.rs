//! The ledger as an outsider, a holder of a key and a holder of receipts meet it.

use crate::support::call::{Call, send};
use crate::support::{Desk, Serving};

const SERVER_FILE: &str = "\
[[api_key]]
name = \"auditor\"
secret = { env = \"AUDITOR_KEY\" }
scopes = [\"ledger\"]

[[api_key]]
name = \"crm\"
secret = { env = \"CRM_KEY\" }
scopes = [\"suppression\", \"consent\", \"decrypt\"]
";
const ENTRIES: &str = "/ledger/tile/entries/000.p/2";

fn get(serving: &Serving, path: &str, key: Option<&str>) -> (u16, String) {
    let call = Call { method: "GET", path: path.to_owned(), headers: Vec::new(), body: Vec::new() };
    let call = match key {
        Some(key) => call.with("authorization", &format!("Bearer {key}")),
        None => call,
    };
    send(&serving.address, &call, 0)
}

#[test]
fn entries_are_for_holders_of_a_key_until_the_workspace_says_public() {
    Desk::on_each_engine(|desk| {
        desk.write("consentry.toml", SERVER_FILE);
        desk.run(&["opt-out", "ann@example.com"]).exits(0);
        desk.run(&["opt-out", "ann@example.com", "--level", "any"]).exits(0);
        desk.run(&["ledger", "verify"]).exits(0);
        let serving = desk.serve_with_environment(
            &["--config", "consentry.toml"],
            &[("AUDITOR_KEY", "auditor-secret-0123"), ("CRM_KEY", "crm-secret-01234567")],
        );
        for path in ["/ledger/checkpoint", "/ledger/vkey", "/ledger/tile/0/000.p/2"] {
            assert_eq!(get(&serving, path, None).0, 200, "{path}");
        }
        let (status, answer) = get(&serving, ENTRIES, None);
        assert_eq!(status, 401, "{answer}");
        assert!(
            answer.contains("application/problem+json") && answer.contains("scope `ledger:read`"),
            "{answer}"
        );
        assert_eq!(get(&serving, ENTRIES, Some("auditor-secret-0124")).0, 401);
        assert_eq!(get(&serving, ENTRIES, Some("crm-secret-01234567")).0, 403);
        let (status, entries) = get(&serving, ENTRIES, Some("auditor-secret-0123"));
        assert_eq!(status, 200, "{entries}");
        // Two changes of one person, of which nothing says that they are.
        let subjects: Vec<&str> = entries.split("\"subject\":\"").skip(1).map(|rest| &rest[..64]).collect();
        assert_eq!(subjects.len(), 2, "{entries}");
        assert_ne!(subjects[0], subjects[1]);
        // The key is for nothing else.
        assert_eq!(get(&serving, "/ajo/config/suppression/addresses", Some("auditor-secret-0123")).0, 403);
        // Whatever else it finds: the tests' server isn't set to be durable.
        let doctor = desk.run(&["doctor"]).out;
        assert!(doctor.contains("keyed: entries over HTTP"), "{doctor}");
        let set = desk.run(&["init", "--ledger", "public", "--json"]).exits(0).json();
        assert_eq!(set["settings"]["ledger"], "public");
        assert_eq!(get(&serving, ENTRIES, None).0, 200);
        desk.run(&["init", "--ledger", "keyed"]).exits(0);
        assert_eq!(get(&serving, ENTRIES, None).0, 401);
        desk.run(&["init", "--ledger", "secret"]).exits(2);
    });
}

#[test]
fn two_receipts_of_one_person_show_one_pseudonym_and_cannot_be_mixed() {
    let desk = Desk::new();
    let mut receipts = Vec::new();
    for (at, arguments) in [
        &["opt-out", "ann@example.com"][..],
        &["opt-out", "ann@example.com", "--level", "any"],
        &["opt-out", "eve@example.com"],
    ]
    .into_iter()
    .enumerate()
    {
        desk.run(arguments).exits(0);
        let text = desk.run(&["ledger", "receipt", &format!("ent_{at}")]).exits(0).out;
        desk.write(&format!("{at}.tlog-proof"), &text);
        let file = format!("{at}.tlog-proof");
        receipts.push((desk.run(&["ledger", "check-receipt", &file, "--json"]).exits(0).json(), text));
    }
    assert_eq!(receipts[0].0["subject"], receipts[1].0["subject"]);
    assert_ne!(receipts[0].0["subject"], receipts[2].0["subject"]);
    assert_eq!(receipts[0].0["subject"].as_str().map(str::len), Some(32));
    let words = desk.run(&["ledger", "check-receipt", "0.tlog-proof"]).exits(0).out;
    assert!(words.contains("the same in every receipt of this person"), "{words}");
    // Another person's opening on Ann's entry.
    let extra = |text: &str| {
        let line = text.lines().nth(1).unwrap().strip_prefix("extra ").unwrap();
        String::from_utf8(data_encoding::BASE64.decode(line.as_bytes()).unwrap()).unwrap()
    };
    let (ann, eve) = (extra(&receipts[0].1), extra(&receipts[2].1));
    let (leaf, opening) = (ann.split_once('\n').unwrap().0, eve.split_once('\n').unwrap().1);
    for forged in [format!("{leaf}\n{opening}"), leaf.to_owned()] {
        let line = data_encoding::BASE64.encode(forged.as_bytes());
        let text = receipts[0].1.replace(receipts[0].1.lines().nth(1).unwrap(), &format!("extra {line}"));
        desk.write("forged.tlog-proof", text);
        let refused = desk.run(&["ledger", "check-receipt", "forged.tlog-proof"]).exits(1);
        assert!(refused.err.contains("whose entry it is"), "{}", refused.err);
    }
    // An auditor's check needs no data directory.
    let key = desk.run(&["ledger", "key"]).exits(0).out;
    let elsewhere = ["ledger", "check-receipt", "0.tlog-proof", "--key", key.trim(), "--data-dir", "nowhere"];
    desk.run(&elsewhere).exits(0);
}
