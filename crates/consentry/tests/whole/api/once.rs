//! Writes that are sent again.

use serde_json::{Value, json};

use super::client::{Answer, Program};
use crate::support::Desk;

fn event(address: &str) -> Value {
    json!({"address": address, "choices": [{"choice": "n"}], "source": "checkout"})
}

#[test]
fn a_write_that_is_sent_again_is_answered_as_the_first_time() {
    Desk::on_each_engine(|desk| {
        let program = Program::new(&desk);
        let named = [("Idempotency-Key", "\"first\"")];
        let list = json!({"name": "news"});
        let first = program.send_with("POST", "/lists", &named, &list).is(201);
        assert_eq!(first.header("idempotency-replayed"), None);
        let again = program.send_with("POST", "/lists", &[("Idempotency-Key", "first")], &list).is(201);
        assert_eq!((&again.body, again.header("idempotency-replayed")), (&first.body, Some("true")));
        assert_eq!(again.header("etag"), first.header("etag"));
        let other = program.send_with("POST", "/lists", &named, &json!({"name": "other"})).is(422);
        assert_eq!(other.code(), "idempotency-key-reused");
        let elsewhere = program.send_with("POST", "/suppression", &named, &list).is(422);
        assert_eq!(elsewhere.code(), "idempotency-key-reused");
        // Errors are answers, too.
        let named = [("Idempotency-Key", "second")];
        let refused = program.send_with("POST", "/lists", &named, &list).is(409);
        assert_eq!(program.send_with("POST", "/lists", &named, &list).is(409).body, refused.body);
        for wrong in ["", "\u{1f}", &"x".repeat(300)] {
            let refused = program.send_with("POST", "/lists", &[("Idempotency-Key", wrong)], &list);
            assert_eq!(refused.status, 400, "{wrong:?} {refused:?}");
        }
    });
}

#[test]
fn events_that_are_sent_again_are_recorded_once_across_a_killed_server() {
    Desk::on_each_engine(|desk| {
        let program = Program::new(&desk);
        let events: Vec<Value> = (0..1_200).map(|n| event(&format!("p{n}@example.com"))).collect();
        let body = json!({"events": events});
        let named = [("Idempotency-Key", "checkout-1")];
        let first = program.send_with("POST", "/consent-events", &named, &body).is(200).json();
        assert_eq!(first["events"].as_array().unwrap().len(), 1_200);
        assert!(first["consistencyToken"].is_string());
        // Killed while it is at a longer body of lines.
        let lines = events_as_lines(20_000);
        let Program { serving, key } = program;
        let (address, secret, sent) = (serving.address.clone(), key.clone(), lines.clone());
        let teller = std::thread::spawn(move || begin(&address, &secret, &sent));
        std::thread::sleep(std::time::Duration::from_millis(700));
        drop(serving);
        teller.join().unwrap();
        let program = Program { serving: desk.serve(), key };
        let again = program.send_with("POST", "/consent-events", &named, &body).is(200).json();
        assert_eq!(again, first, "what was recorded before");
        let answer =
            patiently(|| program.lines("/consent-events", &[("Idempotency-Key", "lines-1")], &lines));
        assert_eq!(answer.body.lines().count(), 20_001);
        for address in ["p7@example.com", "p1199@example.com", "q3@example.com", "q19999@example.com"] {
            let shown = program.post("/profiles/lookup", &json!({"address": address})).is(200).json();
            assert_eq!(shown["history"].as_array().unwrap().len(), 1, "{address}");
        }
    });
}

/// Asks until the request of before isn't in work any more.
fn patiently(ask: impl Fn() -> Answer) -> Answer {
    loop {
        let answer = ask();
        if answer.status != 409 {
            return answer.is(200);
        }
        assert_eq!(answer.code(), "request-in-work");
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
}

fn events_as_lines(most: usize) -> String {
    let line = |n: usize| event(&format!("q{n}@example.com")).to_string() + "\n";
    (0..most).map(line).collect()
}

/// Begins a body of lines, and doesn't wait for the end.
fn begin(address: &str, key: &str, lines: &str) {
    use std::io::Write as _;
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/v1/consent-events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Idempotency-Key: lines-1\r\nContent-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n",
        lines.len()
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(lines.as_bytes());
    std::thread::sleep(std::time::Duration::from_millis(300));
}

#[test]
fn lines_that_were_taken_before_a_lost_connection_are_told_to_whoever_sends_them_again() {
    Desk::on_each_engine(|desk| {
        let program = Program::new(&desk);
        let lines = events_as_lines(1_700);
        begin_and_break(&program, &lines[..lines.len() * 2 / 3]);
        let named = [("Idempotency-Key", "lines-1")];
        // The broken one may be in work for a moment yet.
        let answer = patiently(|| program.lines("/consent-events", &named, &lines));
        let told: Vec<Value> = answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(told.len(), 1_701, "a line for each, and the token");
        assert!(told[1_700]["consistencyToken"].is_string(), "{}", told[1_700]);
        assert!(told[..1_700].iter().all(|line| line["entry"].is_string()));
        let again = program.lines("/consent-events", &named, &lines).is(200);
        assert_eq!(again.body, answer.body);
        for address in ["q3@example.com", "q1699@example.com"] {
            let shown = program.post("/profiles/lookup", &json!({"address": address})).is(200).json();
            assert_eq!(shown["history"].as_array().unwrap().len(), 1, "{address}");
        }
        let other = program.lines("/consent-events", &named, &lines.replace("q3@", "z3@")).is(200);
        assert!(other.body.contains("idempotency-key-reused"), "{}", other.body);
    });
}

/// Sends a part of what it promises, and breaks off in the middle of a line.
fn begin_and_break(program: &Program, lines: &str) {
    use std::io::{Read as _, Write as _};
    let address = &program.serving.address;
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/v1/consent-events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Idempotency-Key: lines-1\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n",
        program.key
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(format!("{:x}\r\n{lines}\r\n", lines.len()).as_bytes()).unwrap();
    // Until the first lines are answered.
    let mut some = [0; 2_048];
    let _ = stream.read(&mut some);
    let _ = stream.shutdown(std::net::Shutdown::Both);
}
