//! Bodies that no well-meant program sends.

use serde_json::json;

use super::client::{Program, call, document, operations};
use crate::support::Desk;

#[test]
fn no_body_makes_any_endpoint_fail() {
    let desk = Desk::new();
    let program = Program::new(&desk);
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let wide: String = (0..5_000).map(|at| "\"m".to_owned() + &at.to_string() + "\":0,").collect();
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\"text\"".to_vec(),
        b"{".to_vec(),
        b"{\"value\": NaN}".to_vec(),
        b"{\"value\": 1e999}".to_vec(),
        b"{\"value\": \"\\ud800\", \"address\": \"\\ud800\"}".to_vec(),
        b"{\"value\": \"\\u0000\"}".to_vec(),
        b"{\"value\": \"\xff\xfe\"}".to_vec(),
        b"{\"value\": \"a\", \"value\": \"b\"}".to_vec(),
        b"{\"nobody\": \"knows\"}".to_vec(),
        format!("{{\"attributes\": {deep}}}").into_bytes(),
        format!("{{{wide}\"x\":0}}").into_bytes(),
        deep.into_bytes(),
    ];
    for (method, path, operation) in operations(&document(&program.serving)) {
        if operation["requestBody"].is_null() {
            continue;
        }
        let path = format!("/api/v1{}", path.replace("{profile}", "prf_1").replace("{channel}", "email"));
        for body in &bodies {
            let answer = call(&program.serving, Some(&program.key), (&method, &path), &[], body);
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            assert!((400..500).contains(&answer.status), "{method} {path} {shown}: {answer:?}");
            assert_eq!(
                answer.header("content-type"),
                Some("application/problem+json"),
                "{method} {path} {shown}"
            );
        }
        let text = [("Content-Type", "text/plain")];
        call(&program.serving, Some(&program.key), (&method, &path), &text, b"{}").is(415);
        let huge = vec![b' '; 12 << 20];
        let answer = call(&program.serving, Some(&program.key), (&method, &path), &[], &huge);
        assert!([413, 0].contains(&answer.status), "{method} {path}: {}", answer.status);
    }
    assert_eq!(program.get("/lists").status, 200, "it goes on");
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let desk = Desk::new();
    let program = Program::new(&desk);
    let question = |recipients| json!({"channel": "email", "recipients": recipients});
    for (path, body, pointer) in [
        ("/decisions", json!({"channel": "pigeon", "recipients": []}), "/channel"),
        (
            "/decisions",
            question(json!([{"address": "a@example.com"}, {"adress": "b@example.com"}])),
            "/recipients/1/adress",
        ),
        ("/decisions", question(json!([{}])), "/recipients/0"),
        ("/decisions", question(json!([["a@example.com"]])), "/recipients/0"),
        ("/decisions", question(json!([{"profile": "usr_1"}])), "/recipients/0/profile"),
        (
            "/decisions",
            json!({"channel": "email", "recipients": [], "atLeastAsFresh": "x"}),
            "/atLeastAsFresh",
        ),
        ("/decisions", json!({"channel": "email", "list": "none", "recipients": []}), "/list"),
        ("/lists", json!({"name": 7}), "/name"),
        ("/lists", json!({"name": "n", "start": "yesterday"}), "/start"),
        ("/suppression", json!({"value": "*@*.example.com"}), "/value"),
        ("/profiles", json!({"addresses": [{"address": "ann@"}]}), "/addresses/0/address"),
        ("/profiles/search", json!({"prefix": "a"}), "/prefix"),
        ("/profiles/lookup", json!({}), ""),
    ] {
        let answer = program.post(path, &body);
        assert!([404, 422].contains(&answer.status), "{path} {body}: {answer:?}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{path} {body}");
    }
    let refused = program.get("/suppression?kinds=domain").is(422);
    assert_eq!(
        (refused.code().as_str(), refused.json()["errors"][0]["pointer"].clone()),
        ("parameter-unknown", json!("/kinds"))
    );
    for cursor in ["x", "AAAA", "%00"] {
        let refused = program.get(&format!("/suppression?cursor={cursor}"));
        assert!([400, 422].contains(&refused.status), "{refused:?}");
    }
    let allowed = program.send("DELETE", "/lists", &json!({})).is(405);
    assert_eq!(allowed.header("allow"), Some("GET, POST"));
    program.get("/nothing").is(404);
}

#[test]
fn lines_that_cannot_be_read_are_answered_in_their_places() {
    let desk = Desk::new();
    let program = Program::new(&desk);
    let lines = "{\"address\": \"ann@example.com\", \"choices\": [{\"choice\": \"n\"}]}\nnonsense\n\n\
        {\"address\": \"bo@example.com\", \"choices\": []}\n{\"address\": \"cy@example.com\", \"choices\": [{\"choice\": \"n\"}]}";
    let answer = program.lines("/consent-events", &[], lines).is(200);
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let told: Vec<serde_json::Value> =
        answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), 5, "{told:?}");
    assert!(told[0]["entry"].is_string() && told[3]["entry"].is_string(), "the last line needs no end");
    assert_eq!(told[1]["error"]["type"], "urn:consentry:problem:json-invalid");
    assert_eq!(told[2]["error"]["errors"][0]["pointer"], "/choices");
    let asked = "{\"address\": \"ann@example.com\"}\n{\"address\": \"new@example.com\"}\nnonsense\n";
    let answer = program.lines("/decisions?channel=email", &[], asked).is(200);
    let told: Vec<serde_json::Value> =
        answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.last().unwrap()["error"]["status"], 400, "{told:?}");
    let long = format!("{{\"address\": \"{}\"}}\n", "x".repeat(80_000));
    let answer = program.lines("/decisions?channel=email", &[], &long).is(200);
    assert!(answer.body.contains("line-too-long"), "{}", answer.body);
    program.lines("/decisions", &[], asked).is(422);
}
