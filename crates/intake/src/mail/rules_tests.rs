use std::collections::HashSet;

use consent::BounceReason;

use super::super::judge::{Said, judge};
use super::super::{Action, text};
use super::*;

const DIAGNOSTICS: &str = include_str!("../../tests/data/diagnostics.txt");

/// How a report would say that a command was refused.
fn after(command: &str) -> &'static str {
    match command {
        "" => "",
        "hello" => " (in reply to EHLO command)",
        "mail" => " (in reply to MAIL FROM command)",
        "rcpt" => " (in reply to RCPT TO command)",
        "data" => " (in reply to end of DATA command)",
        other => panic!("{other} is no command"),
    }
}

#[test]
fn what_servers_say_has_its_reason() {
    let mut wrong = Vec::new();
    for line in DIAGNOSTICS.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let mut columns = line.splitn(3, '|').map(str::trim);
        let (Some(reason), Some(command), Some(said)) = (columns.next(), columns.next(), columns.next()) else {
            panic!("{line} has no three columns");
        };
        let expected: BounceReason = reason.parse().unwrap();
        let diagnostic = format!("{said}{}", after(command));
        let recipient = judge(&Said {
            diagnostic: &diagnostic,
            block: "",
            words: "",
            status: "",
            remote: "",
            action: Action::Failed,
        });
        if recipient.reason != expected {
            wrong.push(format!("{} for {line}", recipient.reason.as_str()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
