//! Who may depend on whom, read from each `Cargo.toml`.

use toml::{Table, Value};

use super::{File, Finding, crate_of};

/// What a crate of ours may know of the others, in any kind of dependency. The binary and xtask stand on top of all.
const MAY_KNOW: [(&str, &[&str]); 9] = [
    ("consent", &[]),
    ("rows", &[]),
    ("wire", &["consent"]),
    ("store", &["consent"]),
    ("intake", &["consent", "rows", "store", "wire"]),
    ("delivery", &["consent", "rows", "store", "wire"]),
    ("service", &["consent", "store", "wire", "intake", "delivery"]),
    ("web", &["consent", "store", "intake", "service", "wire"]),
    ("demo", &["consent", "wire", "intake"]),
];
/// Whose tests may use xtask, for its servers.
const TESTED_WITH_SERVERS: [&str; 2] = ["store", "consentry"];
/// Our crates.
const OURS: [&str; 11] = [
    "consent",
    "rows",
    "wire",
    "store",
    "intake",
    "delivery",
    "service",
    "web",
    "demo",
    "consentry",
    "xtask",
];

/// Third-party crates that only some of ours may have, other than for tests, with the reason.
const RESERVED: [(&[&str], &[&str], &str); 5] = [
    (
        &["rusqlite", "tokio-postgres", "deadpool-postgres", "sqlx", "diesel"],
        &["store"],
        "SQL stays in `store`",
    ),
    (&["axum", "tower-http"], &["web", "demo", "consentry"], "HTTP stays in `web`"),
    (
        &["hyper", "hyper-util", "reqwest"],
        &["web", "consentry", "wire"],
        "HTTP stays in `web`, and the one client in `wire`",
    ),
    (&["tokio-rustls", "async-imap", "smtp-proto"], &["wire"], "protocols stay in `wire`"),
    (&["getrandom", "rand", "fastrand"], &["consentry"], "take a `consent::Entropy` instead"),
];

const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(super) fn check(file: &File) -> Vec<Finding> {
    let manifest: Table = match file.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => {
            return vec![Finding::new(file, 1, "manifest", format!("mend the TOML: {}", error.message()))];
        }
    };
    let Some(name) = crate_of(&file.path).filter(|_| manifest.contains_key("package")) else {
        return Vec::new();
    };
    let mut findings = inherited(file, &manifest);
    for (section, dependencies) in sections(&manifest) {
        for (key, value) in dependencies {
            // A dependency may go by another name here.
            let dependency = value.get("package").and_then(Value::as_str).unwrap_or(key);
            if let Some(advice) = refusal(name, section, dependency) {
                findings.push(Finding::new(file, line_of(&file.text, key), "dependency", advice));
            }
        }
    }
    findings
}

/// ARCHITECTURE.md states the same list: the last cell of each crate's row names whom it may use.
pub(super) fn stated(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, may_know) in MAY_KNOW {
        let begins = format!("| `{name}` |");
        let row = file.text.lines().enumerate().find(|(_, line)| line.starts_with(&begins));
        let (line, row) = row.map_or((1, ""), |(at, row)| (at + 1, row));
        let cell = row.trim_end().trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let mut stated: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        let mut may_know = may_know.to_vec();
        stated.sort_unstable();
        may_know.sort_unstable();
        if row.is_empty() || stated != may_know {
            let advice = format!(
                "`{name}` may use {may_know:?} (xtask/src/tidy/crates.rs), the table says {stated:?}"
            );
            findings.push(Finding::new(file, line, "architecture", advice));
        }
    }
    findings
}

/// All dependency tables, those for one platform too.
fn sections(manifest: &Table) -> Vec<(&'static str, &Table)> {
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = platforms.filter_map(Value::as_table).chain([manifest]);
    tables
        .flat_map(|table| SECTIONS.map(|section| (section, table.get(section).and_then(Value::as_table))))
        .filter_map(|(section, dependencies)| Some((section, dependencies?)))
        .collect()
}

/// Why crate `name` may not have `dependency` in `section`.
fn refusal(name: &str, section: &str, dependency: &str) -> Option<String> {
    if OURS.contains(&dependency) {
        if dependency == "xtask" {
            let fine = TESTED_WITH_SERVERS.contains(&name) && section == "dev-dependencies";
            return (!fine).then(|| "only tests of the store and of the binary may use `xtask`".to_owned());
        }
        let (_, may_know) = MAY_KNOW.iter().find(|(of, _)| *of == name)?;
        return (!may_know.contains(&dependency))
            .then(|| format!("`{name}` must not know `{dependency}` (design, part 5)"));
    }
    if section == "dev-dependencies" || name == "xtask" {
        return None;
    }
    let (_, allowed, reason) = RESERVED.iter().find(|(names, _, _)| names.contains(&dependency))?;
    (!allowed.contains(&name)).then(|| format!("remove `{dependency}`: {reason}"))
}

/// The licence and the lints come from the workspace, so that there is one of each.
fn inherited(file: &File, manifest: &Table) -> Vec<Finding> {
    let from_workspace =
        |value: Option<&Value>| value.and_then(|value| value.get("workspace")) == Some(&Value::Boolean(true));
    let mut findings = Vec::new();
    if !from_workspace(manifest["package"].get("license")) {
        findings.push(Finding::new(file, 1, "manifest", "add `license.workspace = true` to [package]"));
    }
    if !from_workspace(manifest.get("lints")) {
        findings.push(Finding::new(file, 1, "manifest", "add `workspace = true` under [lints]"));
    }
    findings
}

fn line_of(text: &str, key: &str) -> usize {
    let starts = |line: &str| {
        let rest = line.trim_start().trim_start_matches('"').strip_prefix(key);
        rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=', '"']))
    };
    text.lines().position(starts).map_or(1, |index| index + 1)
}
