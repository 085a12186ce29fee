//! What `--help` of every command says, as snapshots: a change of it is seen in review. `INSTA_UPDATE=always` writes them anew.

use std::fmt::Write as _;

use crate::support::Desk;

/// Every command whose help stands by itself.
const COMMANDS: [&str; 64] = [
    "",
    "init",
    "intake",
    "intake mail",
    "serve",
    "demo",
    "list",
    "list create",
    "list set",
    "list form",
    "list show",
    "look",
    "look set",
    "look show",
    "look check",
    "page",
    "page put",
    "page publish",
    "page unpublish",
    "page list",
    "page preview",
    "import",
    "import profiles",
    "import list",
    "import undo",
    "campaign",
    "campaign run",
    "campaign report",
    "campaign explain",
    "check",
    "profile",
    "profile show",
    "opt-out",
    "opt-in",
    "suppression",
    "suppression import",
    "suppression export",
    "suppression add",
    "suppression remove",
    "suppression show",
    "suppression list",
    "suppression stats",
    "allow",
    "allow import",
    "allow add",
    "allow list",
    "allow on",
    "sms",
    "sms review",
    "sms decide",
    "sms import-opt-outs",
    "ledger",
    "ledger verify",
    "ledger show",
    "ledger check-receipt",
    "keys",
    "backup",
    "db",
    "db copy",
    "classify",
    "classify mail",
    "doctor",
    "doctor ways-out",
    "completions",
];

#[test]
fn help_is_as_reviewed() {
    let desk = Desk::bare();
    let mut all = String::new();
    for command in COMMANDS {
        let mut arguments: Vec<_> = command.split(' ').filter(|word| !word.is_empty()).collect();
        arguments.push("--help");
        let help = desk.run(&arguments).exits(0).out;
        // Options of every command are told once.
        let (own, global) = help.split_once("\nOptions of every command:").unwrap_or((&help, ""));
        let shown = if command.is_empty() {
            format!("{own}\nOptions of every command:{global}")
        } else {
            own.to_owned()
        };
        let lines: Vec<_> = shown.lines().map(str::trim_end).collect();
        let _ = writeln!(all, "$ consentry {}\n{}\n", arguments.join(" "), lines.join("\n").trim_end());
        assert!(help.contains("Options of every command:"), "{command}: {help}");
    }
    insta::assert_snapshot!(all);
}
