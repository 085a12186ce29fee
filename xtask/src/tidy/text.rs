//! Rules for every text file, and what must be there.

use super::{File, Finding};

/// Folders of a developer's or a build machine. In two pieces, so that this file doesn't break its own rule.
const MACHINE_FOLDERS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// Hosts of package registries: where packages come from is the business of the machine that builds.
const REGISTRY_HOSTS: [&str; 8] = [
    concat!("crates", ".io"),
    concat!("registry.npm", "js.org"),
    concat!("py", "pi.org"),
    concat!("pythonhosted", ".org"),
    concat!("deb.deb", "ian.org"),
    concat!("snapshot.deb", "ian.org"),
    concat!("registry.yarn", "pkg.com"),
    concat!("proxy.go", "lang.org"),
];

const UNFINISHED: [&str; 2] = [concat!("FIX", "ME"), concat!("XX", "X")];

/// Written by cargo, which names the registry in it.
const LOCK_FILE: &str = "Cargo.lock";

/// Files that must be there, and what they must say.
const REQUIRED: [(&str, &str); 3] = [
    ("README.md", "cargo run --release -- demo"),
    ("README.md", "cargo xtask test"),
    (".ci/run", "cargo xtask test"),
];

pub(super) fn check(file: &File) -> Vec<Finding> {
    if file.path.ends_with(LOCK_FILE) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let node_lock = file.path.ends_with("package-lock.json");
    for (index, line) in file.text.lines().enumerate() {
        let mut found = |rule, advice: String| findings.push(Finding::new(file, index + 1, rule, advice));
        for folder in MACHINE_FOLDERS.iter().filter(|folder| is_absolute_in(line, folder)) {
            found(
                "machine",
                format!(
                    "no path of one machine ({folder}): make it relative or take it from the environment"
                ),
            );
        }
        for host in REGISTRY_HOSTS.iter().filter(|host| contains_name(line, host)) {
            found("registry", format!("don't name the host {host}"));
        }
        for mark in UNFINISHED.iter().filter(|mark| contains_name(line, mark)) {
            found("unfinished", format!("do it now or file an issue: no {mark} stays"));
        }
        if node_lock && line.trim_start().starts_with("\"resolved\"") {
            found(
                "registry",
                "write the lock file with `npm install --omit-lockfile-registry-resolved`".to_owned(),
            );
        }
    }
    findings
}

/// What the repository as a whole must have.
pub(super) fn required(files: &[File]) -> Vec<Finding> {
    let missing = REQUIRED.iter().filter(|(path, command)| {
        !files.iter().any(|file| file.path == *path && file.text.contains(command))
    });
    missing
        .map(|(path, command)| Finding {
            path: (*path).to_owned(),
            line: 1,
            rule: "required",
            advice: format!("it must show `{command}`"),
        })
        .collect()
}

/// Whether an absolute path starts with `folder`; a longer path or address that only contains it doesn't count.
fn is_absolute_in(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || ".-_~*}>)$".contains(letter))
    })
}

/// Whether `line` has `name` as a word of its own.
fn contains_name(line: &str, name: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(name).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(is_word)
            && !line[at + name.len()..].chars().next().is_some_and(is_word)
    })
}
