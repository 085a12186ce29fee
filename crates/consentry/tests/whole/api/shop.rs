//! A shop's day: it asks, it tells, it looks up, and what the command line shows is the same.

use serde_json::json;

use super::client::{Program, call};
use crate::support::Desk;

#[test]
fn a_shop_tells_asks_and_sees_what_it_told() {
    Desk::on_each_engine(|desk| {
        let program = Program::new(&desk);
        program.post("/lists", &json!({"name": "news", "texts": {"en": {"title": "News"}}})).is(201);
        let events = json!({"events": [
            {"address": "ann@example.com", "source": "checkout", "evidence": {"ip": "192.0.2.7", "text": "ticked: news"},
             "choices": [{"list": "news", "choice": "y"}, {"choice": "y"}]},
            {"address": "+14155550101", "source": "checkout", "choices": [{"choice": "n"}]},
            {"address": "nothing", "choices": [{"choice": "n"}]},
        ]});
        let told = program.post("/consent-events", &events).is(200).json();
        let token = told["consistencyToken"].as_str().unwrap();
        assert_eq!(told["events"][2]["error"]["errors"][0]["pointer"], "/address");
        let asked = json!({"channel": "sms", "atLeastAsFresh": token, "explain": true,
            "recipients": [{"address": "+14155550101"}, {"address": "+14155550102"}]});
        let decided = program.post("/decisions", &asked).is(200).json();
        assert_eq!(decided["decisions"][0]["reason"], "OptedOutChannel");
        assert_eq!(
            decided["decisions"][0]["trace"].as_array().unwrap().last().unwrap()["entry"],
            told["events"][1]["entry"]
        );
        assert_eq!(decided["decisions"][1]["known"], false);
        let bound =
            json!({"channel": "email", "list": "news", "recipients": [{"address": "ann@example.com"}]});
        assert_eq!(program.post("/decisions", &bound).is(200).json()["decisions"][0]["decision"], "permit");
        let shown = desk.run(&["profile", "show", "ann@example.com", "--json"]).exits(0).json();
        assert_eq!(shown["history"][0]["source"], "checkout");
        let looked_up =
            program.post("/profiles/lookup", &json!({"address": "ann@example.com"})).is(200).json();
        assert_eq!(looked_up, shown, "one shape for both");
        let check = desk.run(&["check", "+14155550101", "--channel", "sms", "--json"]).json();
        assert_eq!(check["reason"], "OptedOutChannel");
        let entry = told["events"][0]["entry"].as_str().unwrap();
        let receipt = program.get(&format!("/ledger/entries/{entry}/receipt")).is(200).json();
        assert!(receipt["receipt"].as_str().unwrap().contains("tlog-proof"), "{receipt}");
    });
}

#[test]
fn two_editors_do_not_undo_each_other() {
    let desk = Desk::new();
    let program = Program::new(&desk);
    program.post("/lists", &json!({"name": "news"})).is(201);
    for path in ["/settings", "/lists/news"] {
        let read = program.get(path).is(200);
        let etag = read.header("etag").unwrap().to_owned();
        let (first, second) = if path == "/settings" {
            (json!({"brand": "Lumen"}), json!({"brand": "Other"}))
        } else {
            (json!({"position": 1}), json!({"position": 2}))
        };
        let changed = program.send_with("PATCH", path, &[("If-Match", &etag)], &first).is(200);
        assert_ne!(changed.header("etag"), Some(&*etag));
        let refused = program.send_with("PATCH", path, &[("If-Match", &etag)], &second).is(412);
        assert_eq!(refused.code(), "changed-meanwhile");
        program.send_with("PATCH", path, &[("If-Match", "*")], &second).is(200);
        program.send_with("PATCH", path, &[("If-Match", "W/\"x\"")], &second).is(400);
    }
}

#[test]
fn a_consent_document_is_read_patched_and_never_lifts_a_refusal() {
    let desk = Desk::new();
    let program = Program::new(&desk);
    let no = json!({"events": [{"address": "ann@example.com", "choices": [{"choice": "n"}]}]});
    let told = program.post("/consent-events", &no).is(200).json();
    let path = format!("/profiles/{}/consents", told["events"][0]["profile"].as_str().unwrap());
    let read = program.get(&path).is(200);
    assert_eq!(read.json()["marketing"]["email"]["val"], "n");
    let etag = read.header("etag").unwrap().to_owned();
    program.send_with("PUT", &path, &[("If-Match", &etag)], &read.json()).is(200);
    let refused = program.send("PUT", &path, &json!({})).is(422);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/marketing/email");
    let change = json!({"marketing": {"sms": {"val": "y"}}});
    let answer = program.send("PATCH", &path, &change).is(200).json();
    assert_eq!(
        (&answer["consents"]["marketing"]["sms"]["val"], &answer["changed"]),
        (&json!("y"), &json!(1))
    );
    program.send_with("PATCH", &path, &[("If-Match", &etag)], &change).is(412);
}

#[test]
fn pages_go_on_and_back() {
    let desk = Desk::new();
    let program = Program::new(&desk);
    for n in 0..7 {
        program.post("/suppression", &json!({"value": format!("p{n}@example.com")})).is(200);
    }
    let page = |cursor: &str| program.get(&format!("/suppression?limit=3{cursor}")).is(200).json();
    let (mut cursor, mut pages) = (String::new(), Vec::new());
    loop {
        let shown = page(&cursor);
        pages.push(shown.clone());
        match shown["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(
        pages.iter().map(|page| page["data"].as_array().unwrap().len()).collect::<Vec<_>>(),
        [3, 3, 1]
    );
    assert_eq!(pages[0]["previous"], json!(null));
    let back = page(&format!("&cursor={}", pages[2]["previous"].as_str().unwrap()));
    assert_eq!(back["data"], pages[1]["data"]);
    let first = page(&format!("&cursor={}", back["previous"].as_str().unwrap()));
    assert_eq!(first["data"], pages[0]["data"]);
    // A cursor goes with its own filters.
    let other = program
        .get(&format!("/suppression?kind=domain&cursor={}", pages[0]["next"].as_str().unwrap()))
        .is(400);
    assert_eq!(other.code(), "cursor-invalid");
}

#[test]
fn the_reference_is_served_below_a_base_path_and_loads_nothing() {
    let desk = Desk::bare();
    desk.run(&["init", "--public-url", "https://example.com/mail"]).exits(0);
    let serving = desk.serve();
    for path in ["/api/docs", "/mail/api/docs"] {
        let answer = call(&serving, None, ("GET", path), &[], b"").is(200);
        assert!(answer.body.contains("POST /api/v1/decisions") && !answer.body.contains("<script"), "{path}");
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
    }
    let document = call(&serving, None, ("GET", "/mail/api/openapi.json"), &[], b"").is(200).json();
    assert_eq!(document["servers"][0]["url"], "/mail/api/v1");
}

#[test]
fn the_examples_work_and_a_killed_server_makes_nothing_twice() {
    let examples = [("python3", "examples/python/shop.py"), ("node", "examples/node/shop.mjs")];
    for (at, (program, script)) in examples.into_iter().enumerate() {
        let desk = Desk::new();
        let Program { serving, key } = Program::new(&desk);
        let (email, phone) = (format!("ann{at}@example.com"), format!("+1415555010{at}"));
        let port: u16 = serving.address.rsplit(':').next().unwrap().parse().unwrap();
        let url = serving.url();
        let shop = || {
            let mut shop = std::process::Command::new(program);
            shop.arg(crate::support::workspace_file(script)).args([&email, &phone]);
            shop.env("CONSENTRY_URL", &url).env("CONSENTRY_KEY", &key);
            shop
        };
        let first = shop().output().unwrap();
        let out = String::from_utf8(first.stdout).unwrap();
        assert!(
            out.contains("promo by SMS: exclude OptedOutChannel") && out.contains("from checkout"),
            "{out}"
        );
        // Begun while no server is there, ended once there is one again.
        drop(serving);
        let mut again = shop().stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1_500));
        let _serving = desk.serve_at(port, &[]);
        assert!(again.wait().unwrap().success(), "{program}");
        for address in [&email, &phone] {
            let shown = desk.run(&["profile", "show", address, "--json"]).exits(0).json();
            assert_eq!(shown["history"].as_array().unwrap().len(), 1, "{shown}");
            assert_eq!(shown["history"][0]["source"], "checkout");
        }
    }
}
