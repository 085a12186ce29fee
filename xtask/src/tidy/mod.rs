//! The rules of the house that no compiler checks: who may know whom (design, part 5), crates and modules, where SQL, clocks and randomness may be,
//! how long files may be, what must not be in any file.
//!
//! `cargo xtask tidy` and the tests in `xtask/tests/tidy.rs` run it. Each finding reads `file:line: rule: what to do`. It looks at the
//! files that git tracks or would track. Clippy checks the rest: function length, `unwrap`, types' own clocks.

use std::fmt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

mod circles;
mod crates;
mod modules;
mod rust;
mod source;
mod text;

/// A file that is looked at.
#[derive(Clone, Debug)]
pub struct File {
    /// From the top of the repository, with `/`.
    pub path: String,
    /// The content.
    pub text: String,
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// From the top of the repository.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// The rule's short name.
    pub rule: &'static str,
    /// What to do.
    pub advice: String,
}

impl Finding {
    fn new(file: &File, line: usize, rule: &'static str, advice: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, rule, advice: advice.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}: {}", self.path, self.line, self.rule, self.advice)
    }
}

/// Checks the repository at `root` and prints what it finds.
///
/// # Errors
/// When something is found.
pub fn run(root: &Path) -> Result<()> {
    let files = files(root)?;
    let findings = check(&files);
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("tidy: {} to mend in {} files", findings.len(), files.len());
    }
    println!("tidy: {} files are in order", files.len());
    Ok(())
}

/// All findings in `files`, which are the whole repository, by path and line.
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = text::required(files);
    findings.extend(circles::check(files));
    for file in files {
        findings.extend(check_file(file));
    }
    findings.sort_by(|a, b| (&a.path, a.line, a.rule).cmp(&(&b.path, b.line, b.rule)));
    findings
}

/// All findings that one file gives by itself.
pub fn check_file(file: &File) -> Vec<Finding> {
    let mut findings = text::check(file);
    if file.path.ends_with("Cargo.toml") {
        findings.extend(crates::check(file));
    }
    if file.path == "ARCHITECTURE.md" {
        findings.extend(crates::stated(file));
    }
    if has_extension(&file.path, "rs") {
        findings.extend(rust::check(file));
    }
    findings
}

/// The crate that a path belongs to: `store` of `crates/store/src/lib.rs`, `xtask` of `xtask/...`.
fn crate_of(path: &str) -> Option<&str> {
    let mut parts = path.split('/');
    match parts.next()? {
        "crates" => parts.next(),
        "xtask" => Some("xtask"),
        _ => None,
    }
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// Every text file that git tracks or would track.
pub(crate) fn files(root: &Path) -> Result<Vec<File>> {
    let mut git = Command::new("git");
    // A checkout that belongs to another user (a container's mount) is read all the same.
    git.args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output =
        git.current_dir(root).output().context("tidy asks git for the files, and git can't be started")?;
    if !output.status.success() {
        bail!("tidy asks git for the files: {}", String::from_utf8_lossy(&output.stderr));
    }
    let mut files = Vec::new();
    for path in String::from_utf8_lossy(&output.stdout).split('\0').filter(|path| !path.is_empty()) {
        // A file that was just deleted is still listed; one that isn't text has no lines to point at.
        if let Ok(text) = std::fs::read_to_string(root.join(path)) {
            files.push(File { path: path.to_owned(), text });
        }
    }
    Ok(files)
}
