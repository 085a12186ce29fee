//! Whole mails in the layouts of many servers, and mails that must not be taken for theirs: `tests/data/layouts.txt`.

use super::super::*;

const LAYOUTS: &str = include_str!("../../tests/data/layouts.txt");

/// `ADDRESS REASON`, and ` hard` for those to be suppressed at once.
fn told(reading: &Reading) -> String {
    let each = reading.recipients.iter().map(|recipient| {
        let hard = if recipient.hard { " hard" } else { "" };
        format!("{} {}{hard}", recipient.address, recipient.reason.as_str())
    });
    each.collect::<Vec<_>>().join(", ")
}

#[test]
fn each_layout_is_understood() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for case in LAYOUTS.split("\n=== ").skip(1) {
        let (head, mail) = case.split_once('\n').unwrap();
        let mut columns = head.split('|').map(str::trim);
        let [Some(name), Some(kind), Some(expected)] = [columns.next(), columns.next(), columns.next()]
        else {
            panic!("{head} has no three columns");
        };
        for raw in [mail.to_owned(), mail.replace('\n', "\r\n")] {
            let reading = read(raw.as_bytes());
            let found = told(&reading);
            if (reading.kind.name(), found.trim()) != (kind, expected) {
                wrong.push(format!("{name}: {} {found}, not {kind} {expected}", reading.kind.name()));
            }
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 50, "only {count} mails");
}
