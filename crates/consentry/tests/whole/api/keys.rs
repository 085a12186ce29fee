//! Keys: made, used, revoked, expired, of the server's file.

use std::time::Duration;

use serde_json::json;

use super::client::{Program, call, call_at, key};
use crate::support::Desk;

const LISTS: (&str, &str) = ("GET", "/api/v1/lists");

#[test]
fn a_key_opens_until_it_is_revoked_or_expires_and_its_use_is_noted() {
    Desk::on_each_engine(|desk| {
        let shop = key(&desk, "shop", &["--scope", "lists:read,settings:write"]);
        let soon =
            consent::Timestamp((super::super::support::call::now() as i64 + 4) * 1_000_000).to_string();
        let brief = key(&desk, "brief", &["--scope", "lists:read", "--expires", &soon]);
        let serving = desk.serve();
        let answer = call(&serving, Some(&shop), LISTS, &[], b"").is(200);
        assert_eq!(answer.json()["data"], json!([]));
        call(&serving, Some(&brief), LISTS, &[], b"").is(200);
        // A key that is nearly right is answered as one that never was.
        let mut wrong = shop.clone();
        let last = wrong.pop().unwrap();
        wrong.push(if last == 'a' { 'b' } else { 'a' });
        let unknown = call(&serving, Some(&wrong), LISTS, &[], b"").is(401);
        std::thread::sleep(Duration::from_secs(5));
        let expired = call(&serving, Some(&brief), LISTS, &[], b"").is(401);
        assert_eq!((&unknown.body, unknown.code()), (&expired.body, "key-invalid".to_owned()));
        let listed = desk.run(&["key", "list", "--json"]).exits(0).json();
        let of = |name: &str| {
            listed["data"].as_array().unwrap().iter().find(|key| key["name"] == name).unwrap().clone()
        };
        assert!(of("shop")["lastUsedAt"].is_string(), "{listed}");
        assert_eq!(
            (of("shop")["state"].clone(), of("brief")["state"].clone()),
            (json!("active"), json!("expired"))
        );
        let changed = json!({"brand": "Lumen"}).to_string();
        call(&serving, Some(&shop), ("PATCH", "/api/v1/settings"), &[], changed.as_bytes()).is(200);
        let revoked = desk.run(&["key", "revoke", "shop"]).exits(0);
        assert!(revoked.out.contains("revoked the key `shop`"), "{revoked:?}");
        std::thread::sleep(Duration::from_millis(1_200));
        let revoked = call(&serving, Some(&shop), LISTS, &[], b"").is(401);
        assert_eq!(revoked.body, expired.body);
        let missing = desk.run(&["key", "revoke", "shop"]).exits(1);
        assert!(missing.err.contains("hint: consentry key list"), "{missing:?}");
    });
}

#[test]
fn the_actor_of_a_key_stands_in_evidence_and_records() {
    let desk = Desk::new();
    let program = Program::new(&desk);
    let no = json!({"events": [{"address": "ann@example.com", "choices": [{"choice": "n"}], "source": "checkout"}]});
    program.post("/consent-events", &no).is(200);
    let shown = program.post("/profiles/lookup", &json!({"address": "ANN@example.com"})).is(200).json();
    assert_eq!(shown["history"][0]["evidence"]["actor"], "key:admin");
    assert_eq!(shown["history"][0]["source"], "checkout");
    program.post("/suppression", &json!({"value": "bo@example.com", "reason": "asked by phone"})).is(200);
    let listed = program.get("/suppression").is(200).json();
    assert_eq!(listed["data"][0]["by"], "key:admin");
}

#[test]
fn one_kind_of_key_opens_every_interface_and_the_server_s_file_names_keys_too() {
    let desk = Desk::new();
    desk.write(
        "consentry.toml",
        "[[api_key]]\nname = \"crm\"\nsecret = { env = \"CRM_KEY\" }\nscopes = [\"suppression\", \"lists:read\"]\n",
    );
    let stored = key(&desk, "stored", &["--scope", "ajo:suppression"]);
    let serving =
        desk.serve_with_environment(&["--config", "consentry.toml"], &[("CRM_KEY", "crm-secret-01234567")]);
    let adobe = ("GET", "/ajo/config/suppression/addresses");
    for key in [&*stored, "crm-secret-01234567"] {
        call(&serving, Some(key), adobe, &[], b"").is(200);
    }
    call(&serving, Some("crm-secret-01234567"), LISTS, &[], b"").is(200);
    call(&serving, Some(&stored), LISTS, &[], b"").is(403);
    let listed = call(&serving, Some(&stored), ("GET", "/ledger/tile/entries/000.p/1"), &[], b"");
    assert_eq!(listed.status, 403, "{listed:?}");
}

#[test]
fn the_interfaces_listen_apart_where_the_server_s_file_says_so() {
    let desk = Desk::new();
    let shop = key(&desk, "shop", &["--scope", "lists:read"]);
    let port = xtask::servers::free_port().unwrap();
    desk.write(
        "consentry.toml",
        format!("[operators]\nlisten = \"127.0.0.1:{port}\"\n[api]\nrequests_per_minute = 3\n"),
    );
    let serving = desk.serve_with(&["--config", "consentry.toml"]);
    call(&serving, Some(&shop), LISTS, &[], b"").is(404);
    let operators = format!("127.0.0.1:{port}");
    for left in [2, 1, 0] {
        let answer = call_at(&operators, Some(&shop), LISTS, &[], b"").is(200);
        let told = format!("\"default\";r={left};t=");
        assert!(answer.header("ratelimit").unwrap().starts_with(&told), "{answer:?}");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"default\";q=3;w=60"));
    }
    let refused = call_at(&operators, Some(&shop), LISTS, &[], b"").is(429);
    assert_eq!(refused.code(), "rate-limited");
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() <= 60);
}
