//! Workspaces don't see each other: ids of one with the key of another.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::{Program, call, document, operations};
use super::definitions::{campaign, configuration, content};
use crate::support::Desk;

/// A key of another workspace, made before the server starts.
fn stranger(desk: &Desk) -> String {
    desk.run(&["workspace", "create", "other"]).exits(0);
    let made = ["key", "create", "stranger", "--role", "admin", "--workspace", "other", "--json"];
    desk.run(&made).exits(0).json()["secret"].as_str().unwrap().to_owned()
}

/// What stands in the first workspace, by the names that paths have for it.
fn filled(program: &Program) -> Vec<(&'static str, String)> {
    program.post("/lists", &json!({"name": "news"})).is(201);
    let made =
        json!({"externalId": "C-1", "addresses": [{"address": "ann@example.com"}], "attributes": {"a": 1}});
    let profile = program.post("/profiles", &made).is(200).json()["profile"].as_str().unwrap().to_owned();
    let no = json!({"events": [{"profile": profile, "choices": [{"channel": "email", "choice": "n"}]}]});
    let told = program.post("/consent-events", &no).is(200).json();
    let entry = told["events"][0]["entry"].as_str().unwrap().to_owned();
    program.post("/suppression", &json!({"value": "sup@example.com"})).is(200);
    program.post("/allow-list", &json!({"value": "ok@example.com"})).is(200);
    program.send("PUT", "/definitions/content/letter", &content("Beans for you")).is(200);
    // Nobody takes its mail.
    let mailing = campaign("beans", configuration("mail", 9));
    program.send("PUT", "/definitions/campaign/beans", &mailing).is(200);
    let started = program.post("/campaigns/beans/runs", &json!({})).is(202).json();
    let job = started["job"].as_str().unwrap().to_owned();
    let keys = program.get("/keys").is(200).json();
    let key = keys["data"][0]["id"].as_str().unwrap().to_owned();
    let (text, run) = ("0".repeat(32), "run_1".to_owned());
    vec![
        ("{profile}", profile),
        ("{list}", "news".to_owned()),
        ("{entry}", entry),
        ("{key}", key),
        ("{run}", run),
        ("{text}", text),
        ("{send}", "snd_1".to_owned()),
        ("{kind}", "campaign".to_owned()),
        ("{name}", "beans".to_owned()),
        ("{campaign}", "beans".to_owned()),
        ("{job}", job),
        ("{channel}", "email".to_owned()),
    ]
}

/// Texts that stand in the first workspace alone.
const TELLTALE: [&str; 9] = [
    "ann@example.com",
    "sup@example.com",
    "ok@example.com",
    "C-1",
    "\"news\"",
    "\"admin\"",
    "\"beans\"",
    "Beans for you",
    "key:admin",
];

#[test]
fn no_id_of_another_workspace_is_ever_answered_for() {
    let desk = Desk::new();
    let other = stranger(&desk);
    let program = Program::new(&desk);
    let filled = filled(&program);
    let ask = |method: &str, path: &str, body: &Value| {
        call(
            &program.serving,
            Some(&other),
            (method, &format!("/api/v1{path}")),
            &[],
            body.to_string().as_bytes(),
        )
    };
    let question = json!({"channel": "email", "recipients": [{"address": "ann@example.com"}]});
    let decided = ask("POST", "/decisions", &question).is(200).json();
    assert_eq!(decided["decisions"][0]["decision"], "permit");
    assert_eq!(decided["decisions"][0]["known"], false);
    let by_id = json!({"channel": "email", "recipients": [{"profile": filled[0].1}]});
    assert_eq!(ask("POST", "/decisions", &by_id).is(200).json()["decisions"][0]["known"], false);
    let body = json!({"address": "ann@example.com"});
    ask("POST", "/profiles/lookup", &body).is(404);
    ask("POST", "/profiles/lookup", &json!({"externalId": "C-1"})).is(404);
    for prefix in ["ann", "C-1", "sup"] {
        let found = ask("POST", "/profiles/search", &json!({"prefix": prefix})).is(200).json();
        assert_eq!(found["data"], json!([]));
    }
    for (method, path, _) in operations(&document(&program.serving)) {
        let mut filled_path = path.clone();
        for (place, value) in &filled {
            filled_path = filled_path.replace(place, value);
        }
        let answer = ask(&method, &filled_path, &json!({}));
        let seen = TELLTALE.iter().find(|text| answer.body.contains(**text));
        assert!(answer.status < 500, "{method} {path} {answer:?}");
        assert_eq!(seen, None, "{method} {path} {answer:?}");
        if path.contains('{') && !path.contains("{channel}") {
            assert_ne!(answer.status, 200, "{method} {path} {answer:?}");
        }
    }
    // Nothing of it has changed anything here.
    let shown = program.post("/profiles/lookup", &body).is(200).json();
    assert_eq!(shown["attributes"], json!({"a": 1}));
    assert!(
        program.get("/keys").is(200).json()["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|key| key["state"] == "active")
    );
}

#[test]
fn no_number_tried_as_an_id_tells_of_another_workspace() {
    let desk = Desk::new();
    let other = stranger(&desk);
    let program = Program::new(&desk);
    filled(&program);
    let ids = prop_oneof![0_i64..200, any::<i64>()];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(60));
    runner
        .run(&ids, |id| {
            for path in [
                format!("/profiles/prf_{id}"),
                format!("/profiles/prf_{id}/consents"),
                format!("/profiles/prf_{id}/history"),
                format!("/ledger/entries/ent_{id}"),
                format!("/ledger/entries/ent_{id}/receipt"),
                format!("/runs/run_{id}"),
                format!("/sends/snd_{id}"),
                format!("/jobs/job_{id}"),
            ] {
                let answer =
                    call(&program.serving, Some(&other), ("GET", &format!("/api/v1{path}")), &[], b"");
                prop_assert_eq!(answer.status, 404, "{} {:?}", path, answer);
            }
            Ok(())
        })
        .unwrap();
}
