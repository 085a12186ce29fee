//! What `--help` of every command says, as snapshots: a change of it is seen in review. `INSTA_UPDATE=always` writes them anew.

use std::fmt::Write as _;

use crate::support::Desk;

/// Every command whose help stands by itself.
const COMMANDS: [&str; 87] = [
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
    "apply",
    "plan",
    "export",
    "definition",
    "definition list",
    "definition show",
    "definition archive",
    "definition schema",
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
    "send",
    "send show",
    "job",
    "job list",
    "job show",
    "job cancel",
    "job retry",
    "ledger",
    "ledger verify",
    "ledger show",
    "ledger check-receipt",
    "key",
    "key create",
    "key list",
    "key revoke",
    "key scopes",
    "keys",
    "workspace",
    "workspace create",
    "workspace list",
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
        let mut asked = desk.command(&arguments);
        let shown = asked.env("COLUMNS", "100").env_remove("CONSENTRY_CONFIG").output().unwrap();
        assert!(shown.status.success(), "{command}");
        let help = String::from_utf8(shown.stdout).unwrap();
        // Those of every command come last, and are the same for all.
        let (own, _) = help.split_once("\nOptions of every command:").unwrap_or((&help, ""));
        let lines: Vec<_> = own.lines().map(str::trim_end).collect();
        let _ = writeln!(all, "$ consentry {}\n{}\n", arguments.join(" "), lines.join("\n").trim_end());
        assert!(help.contains("Options of every command:"), "{command}: {help}");
    }
    insta::assert_snapshot!(all);
}
