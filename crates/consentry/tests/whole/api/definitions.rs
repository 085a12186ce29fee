//! Definitions, campaigns and jobs over HTTP, with a real server that sends to a real sink.

use std::time::Duration;

use serde_json::{Value, json};
use xtask::product::{Pace, Receiver};
use xtask::servers::{free_port, poll_until};

use super::client::{Answer, Program, call, key};
use crate::support::Desk;

const PATIENCE: Duration = Duration::from_mins(1);

pub fn configuration(name: &str, port: u16) -> Value {
    json!({"name": name, "channel": "email", "category": "marketing", "from": "Shop <n@shop.example>",
        "public_url": "https://m.shop.example", "transport": {"host": "127.0.0.1", "port": port, "tls": "none"}})
}

pub fn content(subject: &str) -> Value {
    json!({"name": "letter", "subject": subject, "html": "<p>Buy</p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a>"})
}

pub fn campaign(name: &str, configuration: impl Into<Value>) -> Value {
    json!({"name": name, "audience": {"all": true}, "configuration": configuration.into(), "content": "letter"})
}

/// The job, once it is in a state.
fn job(program: &Program, path: &str, state: &str) -> Value {
    let mut seen = Value::Null;
    let found = poll_until(PATIENCE, || {
        seen = program.get(path).is(200).json();
        Ok(seen["state"] == state)
    });
    assert!(found.unwrap(), "never {state}: {seen}");
    seen
}

/// The path below `/api/v1` that an answer leads to.
fn location(answer: &Answer) -> String {
    let location = answer.header("location").unwrap_or_else(|| panic!("{answer:?}"));
    location.strip_prefix("/api/v1").unwrap().to_owned()
}

#[test]
fn a_campaign_is_stored_started_and_sent_by_the_server() {
    Desk::on_each_engine(|desk| {
        let receiver = Receiver::start(Pace::default()).unwrap();
        let program = Program::new(&desk);
        let choice =
            |address: &str, choice: &str| json!({"address": address, "choices": [{"choice": choice}]});
        let events = json!({"events": [choice("ann@example.com", "y"), choice("bo@example.com", "y"), choice("cat@example.com", "n")]});
        program.post("/consent-events", &events).is(200);
        let documents = json!({"documents": [
            {"kind": "campaign", "document": campaign("spring", "mail")},
            {"kind": "configuration", "document": configuration("mail", receiver.port()), "expected": 0},
            {"kind": "content", "document": content("Hi")},
        ]});
        let planned = program.post("/definitions/plan", &documents).is(200).json();
        assert_eq!(
            (planned["data"].as_array().unwrap().len(), &planned["data"][0]["change"]),
            (3, &json!("added"))
        );
        program.post("/campaigns/spring/runs", &json!({})).is(404);
        let applied = program.post("/definitions/apply", &documents).is(200).json();
        assert_eq!(
            (&applied["data"][2]["name"], &applied["data"][2]["version"]),
            (&json!("spring"), &json!(1))
        );
        let shown = desk.run(&["definition", "show", "campaign/spring", "--json"]).exits(0).json();
        assert_eq!(shown["actor"], "key:admin");
        assert_eq!(program.get("/definitions/campaign/spring").is(200).json(), shown, "one shape for both");

        let named = [("Idempotency-Key", "start-1")];
        let start = |body: &Value| program.send_with("POST", "/campaigns/spring/runs", &named, body);
        let started = start(&json!({})).is(202);
        let path = location(&started);
        assert_eq!(path, format!("/jobs/{}", started.json()["job"].as_str().unwrap()));
        let replayed = start(&json!({})).is(202);
        assert_eq!((&replayed.body, location(&replayed)), (&started.body, path.clone()));
        let done = job(&program, &path, "done");
        assert_eq!((&done["kind"], &done["actor"]), (&json!("campaign"), &json!("key:admin")), "{done}");
        assert_eq!((&done["result"]["sent"], &done["progress"]["done"]), (&json!(2), &json!(3)), "{done}");
        let report = program.get("/runs?campaign=spring").is(200).json();
        assert_eq!(
            (&report["data"][0]["sent"], &report["data"][0]["state"]),
            (&json!(2), &json!("finished"))
        );

        // Started once more nothing goes out, unless that is what is asked for.
        let path = location(&program.post("/campaigns/spring/runs", &json!({})).is(202));
        assert_eq!(job(&program, &path, "done")["result"]["alreadyFinished"], true);
        assert_eq!(receiver.whole(), 2);
        let path = location(&program.post("/campaigns/spring/runs", &json!({"again": true})).is(202));
        assert_eq!(job(&program, &path, "done")["result"]["sent"], 2);
        receiver.settle().unwrap();
        assert_eq!(receiver.whole(), 4);
        assert!(receiver.mails().iter().all(|mail| mail.recipient != "cat@example.com"));

        let listed = program.get("/jobs?state=done&kind=campaign&limit=1").is(200).json();
        assert_eq!(listed["data"][0]["kind"], "campaign", "{listed}");
        assert_eq!(program.get("/jobs?state=dead").is(200).json()["data"], json!([]));
        assert_eq!(program.get("/jobs?state=over").is(422).json()["errors"][0]["pointer"], "/state");
        assert_eq!(program.post(&format!("{path}/cancel"), &json!({})).is(409).code(), "job-over");
        assert_eq!(program.post(&format!("{path}/retry"), &json!({})).is(409).code(), "nothing-to-retry");
        program.send("DELETE", "/definitions/campaign/spring", &json!({})).is(200);
        assert_eq!(program.post("/campaigns/spring/runs", &json!({})).is(409).code(), "definition-archived");
    });
}

#[test]
fn a_job_is_cancelled_and_tried_again() {
    let desk = Desk::new();
    let program = Program::new(&desk);
    let yes = json!({"events": [{"address": "ann@example.com", "choices": [{"choice": "y"}]}]});
    program.post("/consent-events", &yes).is(200);
    // Nobody takes its mail.
    let closed = configuration("mail", free_port().unwrap());
    program.send("PUT", "/definitions/content/letter", &content("Hi")).is(200);
    program.send("PUT", "/definitions/campaign/spring", &campaign("spring", closed)).is(200);
    let path = location(&program.post("/campaigns/spring/runs", &json!({})).is(202));
    program.post(&format!("{path}/cancel"), &json!({})).is(200);
    job(&program, &path, "cancelled");
    let again = program.post(&format!("{path}/retry"), &json!({})).is(200).json();
    assert_ne!(again["state"], "cancelled");
    program.post("/jobs/job_1/retry", &json!({})).is(404);
}

#[test]
fn two_authors_do_not_undo_each_other_and_documents_are_stored_all_or_none() {
    let desk = Desk::new();
    let program = Program::new(&desk);
    let path = "/definitions/content/letter";
    let if_match =
        |etag: &str, subject: &str| program.send_with("PUT", path, &[("If-Match", etag)], &content(subject));
    for etag in ["*", "\"1\"", "\"0\""] {
        assert_eq!(if_match(etag, "Hi").is(412).code(), "changed-meanwhile", "{etag}");
    }
    program.get(path).is(404);
    let made = program.send("PUT", path, &content("Hi")).is(200);
    assert_eq!((made.header("etag"), &made.json()["change"]), (Some("\"1\""), &json!("added")));
    let changed = if_match("\"1\"", "Hello").is(200);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    assert_eq!(changed.json()["fields"], json!([{"pointer": "/subject", "change": "changed"}]));
    if_match("\"1\"", "Other").is(412);
    if_match("\"x\"", "Other").is(412);
    if_match("2", "Other").is(400);
    assert_eq!(if_match("*", "Hello").is(200).json()["change"], "unchanged");
    let first = program.get(&format!("{path}?version=1")).is(200);
    assert_eq!((first.header("etag"), &first.json()["document"]["subject"]), (Some("\"1\""), &json!("Hi")));
    program.get(&format!("{path}?version=3")).is(404);
    let stale = json!({"documents": [{"kind": "content", "document": content("Other"), "expected": 1}]});
    assert_eq!(program.post("/definitions/apply", &stale).is(409).code(), "definition-changed");
    program.send_with("DELETE", path, &[("If-Match", "\"1\"")], &json!({})).is(412);
    let archived = program.send_with("DELETE", path, &[("If-Match", "\"2\"")], &json!({})).is(200);
    assert_eq!((archived.header("etag"), &archived.json()["state"]), (Some("\"2\""), &json!("archived")));
    assert_eq!(program.send("PUT", path, &content("Hello")).is(200).json()["change"], "restored");

    let mut nameless = content("Bye");
    nameless.as_object_mut().unwrap().remove("name");
    program.send("PUT", path, &nameless).is(200);
    let pointer = |answer: Answer| answer.json()["errors"][0]["pointer"].as_str().unwrap().to_owned();
    let other = program.send("PUT", "/definitions/content/other", &content("Hi")).is(422);
    assert_eq!((other.code(), pointer(other)), ("name-differs".to_owned(), "/name".to_owned()));
    let wrong = json!({"subject": 1, "html": "x"});
    assert_eq!(pointer(program.send("PUT", path, &wrong).is(422)), "/subject");
    let both = |second: Value| {
        let first = json!({"kind": "configuration", "document": configuration("mail", 25)});
        json!({"documents": [first, second]})
    };
    let wrong = both(json!({"kind": "campaign", "document": campaign("spring", "nobody")}));
    for path in ["/definitions/plan", "/definitions/apply"] {
        assert_eq!(pointer(program.post(path, &wrong).is(422)), "/documents/1/document/configuration");
    }
    let twice = both(json!({"kind": "configuration", "document": configuration("mail", 26)}));
    assert_eq!(pointer(program.post("/definitions/apply", &twice).is(422)), "/documents/1/document/name");
    assert_eq!(program.get("/definitions?kind=configuration").is(200).json()["data"], json!([]));

    for name in ["a", "b", "c"] {
        program.send("PUT", &format!("/definitions/configuration/{name}"), &configuration(name, 25)).is(200);
    }
    let page = program.get("/definitions?kind=configuration&limit=2").is(200).json();
    let next = page["next"].as_str().unwrap();
    let page = program.get(&format!("/definitions?kind=configuration&limit=2&cursor={next}")).is(200).json();
    assert_eq!((page["data"].as_array().unwrap().len(), &page["data"][0]["name"]), (1, &json!("c")));
    program.get(&format!("/definitions?limit=2&cursor={next}")).is(400);
    assert_eq!(program.get("/definitions?kind=mail").is(422).code(), "parameter-invalid");
}

#[test]
fn who_writes_campaigns_does_not_thereby_say_where_messages_go() {
    let desk = Desk::new();
    let (marketer, developer) =
        (key(&desk, "marketer", &["--role", "marketer"]), key(&desk, "developer", &["--role", "developer"]));
    let serving = desk.serve();
    let ask = |key: &str, method: &str, path: &str, body: &Value| {
        let path = format!("/api/v1{path}");
        call(&serving, Some(key), (method, &path), &[], body.to_string().as_bytes())
    };
    let mail = configuration("mail", 25);
    let one = |kind: &str, document: &Value| json!({"documents": [{"kind": kind, "document": document}]});
    let inline = campaign("spring", mail.clone());
    let attempts = [
        ("PUT", "/definitions/configuration/mail", mail.clone()),
        ("DELETE", "/definitions/configuration/mail", json!({})),
        ("PUT", "/definitions/campaign/spring", inline.clone()),
        ("POST", "/definitions/apply", one("configuration", &mail)),
        ("POST", "/definitions/apply", one("campaign", &inline)),
    ];
    for (method, path, body) in &attempts {
        let refused = ask(&marketer, method, path, body).is(403);
        assert!(
            refused.code() == "scope-missing" && refused.body.contains("configurations:write"),
            "{refused:?}"
        );
    }
    assert_eq!(ask(&marketer, "GET", "/definitions", &json!({})).is(200).json()["data"], json!([]));
    ask(&developer, "PUT", "/definitions/configuration/mail", &mail).is(200);
    ask(&marketer, "PUT", "/definitions/content/letter", &content("Hi")).is(200);
    ask(&marketer, "PUT", "/definitions/campaign/spring", &campaign("spring", "mail")).is(200);
    ask(&marketer, "POST", "/definitions/plan", &one("configuration", &mail)).is(200);
}
