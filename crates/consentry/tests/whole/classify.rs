//! `consentry classify`, as operators and measurements use it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::Desk;
use serde_json::{Value, json};

const BOUNCE: &str = "From: MAILER-DAEMON@x.example\nReturn-Path: <>\nSubject: failure notice\n\n<ann@y.example>:\nRemote host said: 550 5.1.1 User unknown\n";

#[test]
fn each_file_has_a_line_and_what_cannot_be_read_is_named() {
    let desk = Desk::new();
    desk.write("one.eml", BOUNCE);
    desk.write("two.eml", "From: ann@y.example\nSubject: hello\n\nHow are you?\n");
    let ran = desk.run(&["classify", "mail", "one.eml", "missing.eml", "two.eml", "--json"]).exits(1);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let recipient = json!({"address": "ann@y.example", "status": "5.1.1", "reply_code": "550", "reason": "userunknown", "hard": true});
    assert_eq!(
        lines,
        [
            json!({"file": "one.eml", "kind": "bounce", "feedback_type": null, "recipients": [recipient]}),
            json!({"file": "two.eml", "kind": "none", "feedback_type": null, "recipients": []}),
        ]
    );
    assert!(ran.err.contains("missing.eml"), "{}", ran.err);
}

#[test]
fn it_needs_no_data_directory_and_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_consentry"))
        .args(["classify", "mail", "-"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(BOUNCE.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(words.starts_with("-: bounce\n") && words.contains("ann@y.example"), "{words}");
    assert!(words.contains("userunknown") && words.contains("hard"), "{words}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
