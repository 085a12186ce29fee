//! How well replies to text messages are read, on a list of labelled ones, and how fast.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::Measured;
use crate::product::Product;

const CLASSES: [&str; 5] = ["opt_out", "review", "none", "opt_in", "help"];
const RUNS: usize = 3;
/// So many messages are read per run, one list after the other.
const MESSAGES: usize = 400_000;
const MESSAGES_QUICK: usize = 2_000;

pub(super) fn run(
    binary: &Path,
    phrases: Option<&Path>,
    quick: bool,
    verbose: bool,
) -> Result<Vec<Measured>> {
    let file = find(phrases)?;
    let list = std::fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
    let labelled: Vec<(&str, &str)> =
        list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t')).collect();
    ensure!(!labelled.is_empty(), "{} has no line LABEL, tab, text", file.display());
    let scratch = tempfile::Builder::new().prefix("consentry-bench-").tempdir()?;
    let product = Product::new(binary, &scratch.path().join("data"));
    let messages = if quick { MESSAGES_QUICK } else { MESSAGES };
    let texts: String = labelled.iter().cycle().take(messages).flat_map(|(_, text)| [*text, "\n"]).collect();
    let input = scratch.path().join("texts");
    std::fs::write(&input, texts)?;
    let arguments = [OsString::from("classify"), OsString::from("sms"), input.into_os_string()];
    let mut rates = Vec::new();
    let mut output = String::new();
    for _ in 0..if quick { 1 } else { RUNS } {
        let ended = product.run(&arguments)?;
        ended.expect(&[0])?;
        rates.push(messages as f64 / ended.took.as_secs_f64());
        output = ended.stdout;
    }
    ensure!(output.lines().count() == messages, "not every message was answered");
    let mut confusion = Confusion::default();
    for (line, (label, text)) in output.lines().zip(&labelled) {
        let answer: Value = serde_json::from_str(line)?;
        let class = answer["class"].as_str().unwrap_or_default();
        if verbose && class != *label {
            println!("{label}, read as {class} ({}): {text}", answer["rule"]);
        }
        confusion.add(label, class);
    }
    let right = 100.0 * confusion.right() as f64 / labelled.len() as f64;
    let note = format!("{} messages of {}\n{}", labelled.len(), file.display(), confusion.table());
    Ok(vec![
        Measured::new("replies read", "messages/s", rates),
        Measured::new("class right", "%", vec![right]).noting(note),
    ])
}

fn find(given: Option<&Path>) -> Result<PathBuf> {
    let root = crate::workspace_root();
    let known =
        [root.join("../shared/data/sms/phrases.tsv"), root.join("crates/consent/src/sms/tests/shared.tsv")];
    let found = given.map(Path::to_path_buf).or_else(|| known.into_iter().find(|file| file.is_file()));
    found.context("no labelled replies found\nhint: name their file with --phrases")
}

/// How many of each label were read as what.
#[derive(Default)]
struct Confusion(BTreeMap<(String, String), usize>);

impl Confusion {
    fn add(&mut self, label: &str, class: &str) {
        *self.0.entry((label.to_owned(), class.to_owned())).or_default() += 1;
    }

    fn count(&self, label: &str, class: &str) -> usize {
        self.0.get(&(label.to_owned(), class.to_owned())).copied().unwrap_or_default()
    }

    fn right(&self) -> usize {
        CLASSES.iter().map(|class| self.count(class, class)).sum()
    }

    /// A row for each label, a column for what it was read as.
    fn table(&self) -> String {
        let mut text = format!("  {:<14}", "label, read as");
        for class in CLASSES {
            let _ = write!(text, "{class:>9}");
        }
        for label in CLASSES {
            let _ = write!(text, "\n  {label:<14}");
            for class in CLASSES {
                let _ = write!(text, "{:>9}", self.count(label, class));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_labels_as_rows() {
        let mut confusion = Confusion::default();
        for (label, class) in [("opt_out", "opt_out"), ("opt_out", "review"), ("none", "none")] {
            confusion.add(label, class);
        }
        assert_eq!(confusion.right(), 2);
        let table = confusion.table();
        let row = table.lines().find(|line| line.trim_start().starts_with("opt_out")).unwrap();
        let numbers: Vec<_> = row.split_whitespace().skip(1).collect();
        assert_eq!(numbers, ["1", "1", "0", "0", "0"]);
    }
}
