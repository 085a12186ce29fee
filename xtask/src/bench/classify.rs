//! How well received mails are read, on a set of real ones with labels, and how fast.
//!
//! The set isn't part of the repository but for a selection (`crates/intake/tests/data/bounces`): a folder of `*.eml` with a
//! `labels.json`, file → expected rows and recipients.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::Measured;
use crate::product::Product;

const REPEATS: usize = 20;
const RUNS: usize = 3;
/// Stands in the labels for recipients that were taken out of a report before anyone labelled it.
const TAKEN_OUT: &str = "undisclosed-recipient-in-headers@libsisimai.org.invalid";

pub(super) fn run(binary: &Path, mails: Option<&Path>, quick: bool, verbose: bool) -> Result<Vec<Measured>> {
    let folder = find(mails)?;
    let labels = std::fs::read(folder.join("labels.json"))
        .with_context(|| format!("can't read labels.json in {}", folder.display()))?;
    let labels: BTreeMap<String, Value> = serde_json::from_slice(&labels)?;
    let scratch = tempfile::Builder::new().prefix("consentry-bench-").tempdir()?;
    let product = Product::new(binary, &scratch.path().join("data"));
    let files: Vec<OsString> = labels.keys().map(|name| folder.join(name).into_os_string()).collect();
    let (repeats, runs) = if quick { (1, 1) } else { (REPEATS, RUNS) };
    let mut rates = Vec::new();
    let mut output = String::new();
    for _ in 0..runs {
        let mut arguments: Vec<OsString> = ["classify", "mail"].map(OsString::from).to_vec();
        (0..repeats).for_each(|_| arguments.extend(files.iter().cloned()));
        let ended = product.run(&arguments)?;
        ended.expect(&[0])?;
        rates.push((files.len() * repeats) as f64 / ended.took.as_secs_f64());
        output = ended.stdout;
    }
    let mut scores = Scores::default();
    for (line, (name, label)) in output.lines().zip(&labels) {
        let read: Value = serde_json::from_str(line)?;
        scores.add(name, label, &read, verbose);
    }
    ensure!(scores.mails == labels.len(), "{} of {} mails were read", scores.mails, labels.len());
    let note = format!("{} mails of {}", scores.mails, folder.display());
    let mut measured = vec![Measured::new("mails read", "mails/s", rates).noting(note)];
    for (what, right) in ["kind", "reason", "hard", "recipient"].into_iter().zip(scores.right) {
        let percent = 100.0 * right as f64 / scores.mails as f64;
        measured.push(Measured::new(format!("{what} right"), "%", vec![percent]));
    }
    Ok(measured)
}

fn find(given: Option<&Path>) -> Result<PathBuf> {
    let root = crate::workspace_root();
    let known = [root.join("../shared/data/bounces"), root.join("crates/intake/tests/data/bounces")];
    let found = match given {
        Some(folder) => Some(folder.to_path_buf()),
        None => known.into_iter().find(|folder| folder.join("labels.json").is_file()),
    };
    found.context("no labelled mails found\nhint: name their folder with --mails")
}

#[derive(Default)]
struct Scores {
    mails: usize,
    /// Of kind, reason, hard, recipient.
    right: [usize; 4],
}

impl Scores {
    /// Each of the four is right or wrong for a mail as a whole.
    fn add(&mut self, name: &str, label: &Value, read: &Value, verbose: bool) {
        let rows = |value: &Value, key: &str| {
            let mut all: Vec<String> =
                value.as_array().into_iter().flatten().map(|row| row[key].to_string()).collect();
            all.sort();
            all
        };
        let (expected, got) = (&label["expected"], &read["recipients"]);
        let feedback = expected[0]["feedback_type"].as_str().unwrap_or_default();
        let kind = match expected[0]["reason"].as_str() {
            Some("feedback") => "complaint",
            Some("vacation") => "auto_reply",
            _ => "bounce",
        };
        let kinds = read["kind"] == kind && read["feedback_type"].as_str().unwrap_or_default() == feedback;
        let results = [
            kinds,
            rows(expected, "reason") == rows(got, "reason"),
            rows(expected, "hard") == rows(got, "hard"),
            recipients_are(&label["recipients"], got),
        ];
        self.mails += 1;
        for (right, result) in self.right.iter_mut().zip(results) {
            *right += usize::from(result);
        }
        if verbose && results.contains(&false) {
            println!("{name}: expected {label}\n  read {read}");
        }
    }
}

/// Labels without recipients ask for none in particular.
fn recipients_are(labels: &Value, read: &Value) -> bool {
    let lower = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
    let mut expected: Vec<String> = labels.as_array().into_iter().flatten().map(lower).collect();
    for address in &mut expected {
        if address == TAKEN_OUT {
            address.clear();
        }
    }
    let mut got: Vec<String> =
        read.as_array().into_iter().flatten().map(|row| lower(&row["address"])).collect();
    for list in [&mut expected, &mut got] {
        list.sort();
        list.dedup();
    }
    expected.is_empty() || expected == got
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_aspect_counts_for_itself() {
        let row = json!({"reason": "userunknown", "hard": true, "feedback_type": ""});
        let label = json!({"expected": [row], "recipients": ["A@x.example"]});
        let read = json!({"kind": "bounce", "feedback_type": null, "recipients": [{"address": "a@x.example", "reason": "filtered", "hard": true}]});
        let mut scores = Scores::default();
        scores.add("one", &label, &read, false);
        assert_eq!((scores.mails, scores.right), (1, [1, 0, 1, 1]));
    }

    #[test]
    fn recipients_that_were_taken_out_are_empty() {
        let none = json!([{"address": ""}]);
        assert!(recipients_are(&json!([TAKEN_OUT]), &none));
        assert!(!recipients_are(&json!([TAKEN_OUT]), &json!([{"address": "a@x.example"}])));
        assert!(recipients_are(&json!([]), &none));
    }
}
