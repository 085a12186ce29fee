//! Rules for Rust files: where SQL, clocks and randomness may be, how long a file may be, what must not be left behind.

use super::source::Source;
use super::{File, Finding, crate_of};

/// Lines of a file that aren't tests.
const FILE_LINES_MAX: usize = 400;

/// Word pairs that, in this order, make a string a statement. Upper case, as all our SQL is written; prose isn't.
const SQL: [(&str, &str); 4] =
    [("SELECT", "FROM"), ("INSERT", "INTO"), ("UPDATE", "SET"), ("DELETE", "FROM")];

const CLOCKS: [&str; 5] = ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "Utc::now"];
/// Pauses and time limits of a transport are measured with the runtime's own clock, which tests can stop.
const RUNTIME_CLOCK: &str = "Instant::now";
const TRANSPORTS: [&str; 4] = ["delivery", "intake", "web", "wire"];
const RANDOMNESS: [&str; 4] = ["getrandom::", "thread_rng", "rand::rng(", "rand::random"];
const LEFT_BEHIND: [&str; 3] = ["todo!", "unimplemented!", "dbg!"];

/// What makes files and folders that others may read.
const OPEN_TO_OTHERS: [&str; 6] =
    ["File::create", "fs::write(", "fs::copy(", "fs::create_dir", "File::options(", "OpenOptions::new("];
/// The one place that makes them.
const PRIVATE: &str = "crates/store/src/private.rs";

/// Commands parse, call one function of `service` and render its answer.
const COMMANDS: &str = "crates/consentry/src/commands/";
/// Those that still decide something themselves. The list only gets shorter.
const NOT_MOVED: [&str; 10] = [
    "backup.rs",
    "db.rs",
    "demo/",
    "doctor.rs",
    "doctor/",
    "intake.rs",
    "look.rs",
    "page.rs",
    "serve.rs",
    "sms_push.rs",
];
const STORE: [&str; 3] = ["store::", "context.store", "shared_store()"];
/// What makes files for their owner alone holds no state.
const FILES: &str = "store::private";

pub(super) fn check(file: &File) -> Vec<Finding> {
    let source = Source::parse(&file.text);
    let mut findings = Vec::new();
    let owner = crate_of(&file.path);
    let product = !is_test_file(&file.path);
    if owner != Some("store") && owner != Some("xtask") && product {
        findings.extend(sql(file, &source));
    }
    if product && owner != Some("consentry") && owner != Some("xtask") {
        findings.extend(clocks(file, &source));
    }
    if product {
        findings.extend(length(file, &source));
    }
    if product && owner != Some("xtask") && file.path != PRIVATE {
        findings.extend(open_files(file, &source));
    }
    if let Some(command) = file.path.strip_prefix(COMMANDS) {
        findings.extend(commands(file, command, &source));
    }
    for (number, line) in source.code.lines().enumerate() {
        for mark in LEFT_BEHIND.iter().filter(|mark| calls(line, mark)) {
            findings.push(Finding::new(
                file,
                number + 1,
                "unfinished",
                format!("finish it: no `{mark}` stays"),
            ));
        }
    }
    findings
}

/// Test files: in a `tests` or `benches` folder, or named `tests.rs`.
pub(super) fn is_test_file(path: &str) -> bool {
    let mut folders: Vec<_> = path.split('/').collect();
    let name = folders.pop().unwrap_or_default();
    name == "tests.rs" || folders.iter().any(|folder| matches!(*folder, "tests" | "benches"))
}

fn sql(file: &File, source: &Source) -> Vec<Finding> {
    let strings = source.strings.iter().filter(|(line, text)| !source.is_test(*line) && is_sql(text));
    strings
        .map(|(line, _)| {
            Finding::new(file, *line, "sql", "move the statement into crate `store`, behind its trait")
        })
        .collect()
}

fn is_sql(text: &str) -> bool {
    let words: Vec<_> = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
    SQL.iter().any(|(first, second)| {
        let start = words.iter().position(|word| word == first);
        start.is_some_and(|start| words[start..].contains(second))
    })
}

fn clocks(file: &File, source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let transport = crate_of(&file.path).is_some_and(|owner| TRANSPORTS.contains(&owner));
    let runtime_clock = transport && uses_runtime_clock(&source.code);
    for (number, line) in source.product_lines() {
        let forbidden = |clock: &str| line.contains(clock) && !(runtime_clock && clock == RUNTIME_CLOCK);
        if CLOCKS.into_iter().any(forbidden) {
            let advice = "take a `&dyn consent::Clock` or the time as an argument";
            findings.push(Finding::new(file, number, "clock", advice));
        }
        if RANDOMNESS.iter().any(|source| line.contains(source)) {
            findings.push(Finding::new(
                file,
                number,
                "randomness",
                "take a `&dyn consent::Entropy` as an argument",
            ));
        }
    }
    findings
}

/// Whether `Instant` is tokio's in this file. Clippy, which knows types, sees to it that it isn't both.
fn uses_runtime_clock(code: &str) -> bool {
    let imports = code.split("use tokio::time::").skip(1);
    let imported = |rest: &str| rest.split(';').next().is_some_and(|names| names.contains("Instant"));
    imports.into_iter().any(imported) || code.contains("tokio::time::Instant::now")
}

fn open_files(file: &File, source: &Source) -> Vec<Finding> {
    const ADVICE: &str =
        "make it with `store::private`: what a command writes is about people, and for its owner alone";
    let opens = |line: &str| OPEN_TO_OTHERS.iter().any(|call| line.contains(call));
    let lines = source.product_lines().filter(|(_, line)| opens(line));
    lines.map(|(number, _)| Finding::new(file, number, "private", ADVICE)).collect()
}

/// Commands that use the store, though what they do has a place in `service`; and those that don't any more, though they may.
fn commands(file: &File, command: &str, source: &Source) -> Vec<Finding> {
    let uses = |line: &str| STORE.iter().any(|name| line.replace(FILES, "").contains(name));
    let lines: Vec<usize> =
        source.product_lines().filter(|(_, line)| uses(line)).map(|(number, _)| number).collect();
    let finding = |line, advice| Finding::new(file, line, "command", advice);
    match (NOT_MOVED.iter().any(|path| command.starts_with(path)), lines.as_slice()) {
        (true, []) if NOT_MOVED.contains(&command) => {
            vec![finding(1, "it uses no store: take it off NOT_MOVED in xtask/src/tidy/rust.rs")]
        }
        (true, _) => Vec::new(),
        (false, lines) => {
            lines.iter().map(|line| finding(*line, "call a use case of `service` instead")).collect()
        }
    }
}

fn length(file: &File, source: &Source) -> Option<Finding> {
    let lines = source.product_lines().count();
    let advice = format!("split the file: {lines} lines that aren't tests, at most {FILE_LINES_MAX}");
    (lines > FILE_LINES_MAX).then(|| Finding::new(file, 1, "length", advice))
}

/// Whether `line` calls the macro `mark`, and not one whose name ends alike.
fn calls(line: &str, mark: &str) -> bool {
    line.match_indices(mark).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    })
}
