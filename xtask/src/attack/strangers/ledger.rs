//! The public ledger as an oracle for who is in it.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::{ask, encoded, network, settled};
use crate::attack::probe::{ask as send, get};
use crate::attack::target::{LIST, Target};
use crate::attack::{Found, Size};
use crate::product::{address, now};

/// Addresses of each kind that a stranger types.
const TYPED: usize = 4;
/// What an entry that somebody's own link makes says of itself.
const OWN: &str = "\"source\":\"one_click\"";

/// Types addresses that are on a list, known, and unknown, and looks what the log and the answers tell of them.
pub(in crate::attack) fn oracle(target: &Target, size: Size) -> Result<Found> {
    let mut violations = Vec::new();
    let before = Leaves::read(target)?;
    let (tried, sent) = (typed(target, &mut violations)?, target.mails.whole());
    violations.extend(entries_are_kept(target)?);
    violations.extend(checkpoints_tell_no_moment(target, size)?);
    settled(|| target.mails.whole())?;
    let mailed = target.mails.whole() - sent.min(target.mails.whole());
    let after = Leaves::read(target)?;
    if after.others() != before.others() {
        violations
            .push(format!("{} entries came of what a stranger typed", after.others() - before.others()));
    }
    violations.extend(after.telling(&tried));
    let happened =
        format!("no entry came of it ({mailed} mails), and {} leaves were guessed at", after.0.len());
    Ok(Found {
        tried: format!("{} addresses typed, and looked for in the ledger", tried.len()),
        happened,
        violations,
    })
}

/// Those who are asked about: on the list, known, unknown. All look alike once they are masked.
fn typed(target: &Target, violations: &mut Vec<String>) -> Result<Vec<String>> {
    let known = target.links.len();
    let kinds: [Vec<String>; 3] = [
        (0..TYPED).map(address).collect(),
        (known..known + TYPED).map(address).collect(),
        (0..TYPED).map(|n| format!("passer-by-{n}@people.example")).collect(),
    ];
    let mut from = 0;
    for path in [format!("/subscribe/{LIST}"), "/choices".to_owned()] {
        let mut answers = HashSet::new();
        for typed in kinds.iter().flatten() {
            from += 1;
            let fields = format!("address={}&agree=yes&via=page", encoded(typed));
            let (status, answer) = ask(target, &network(from), &path, &fields)?;
            answers.insert((status, body(&answer).replace(typed, "ADDRESS")));
        }
        if answers.len() > 1 || answers.iter().any(|(status, _)| *status != 200) {
            violations
                .push(format!("{path}: {} different answers to who is and who isn't known", answers.len()));
        }
    }
    Ok(kinds.into_iter().flatten().collect())
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or(answer, |(_, body)| body)
}

/// Entries aren't handed to whoever has no key for them.
fn entries_are_kept(target: &Target) -> Result<Vec<String>> {
    let mut violations = Vec::new();
    for tile in ["000", "000.p/1", "000.p/4", "x001/000"] {
        let path = format!("/ledger/tile/entries/{tile}");
        let key = format!(
            "GET {path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer guessed\r\nConnection: close\r\n\r\n"
        );
        for (status, answer) in [get(target.port, &path)?, send(target.port, key.as_bytes())?] {
            if !matches!(status, 401 | 404) || answer.contains("\"source\"") {
                violations.push(format!("{path} is answered with {status}"));
            }
        }
    }
    Ok(violations)
}

/// The checkpoint is that of the minute, however often one asks.
fn checkpoints_tell_no_moment(target: &Target, size: Size) -> Result<Vec<String>> {
    let (begun, mut shown) = (now(), HashSet::new());
    while begun.elapsed() < size.time {
        shown.insert(
            get(target.port, "/ledger/checkpoint")?.1.split_once("\r\n\r\n").map(|(_, log)| log.to_owned()),
        );
        std::thread::sleep(size.time / 20);
    }
    // A minute may have ended meanwhile.
    let many = shown.len() > 2 + usize::try_from(size.time.as_secs() / 60)?;
    Ok(many
        .then(|| format!("{} checkpoints in {} s", shown.len(), size.time.as_secs()))
        .into_iter()
        .collect())
}

/// The log's entries, as a holder of a key reads them.
struct Leaves(Vec<String>);

impl Leaves {
    fn read(target: &Target) -> Result<Self> {
        // Brings everything into the files.
        target.product.run(&["ledger", "verify"])?.expect(&[0])?;
        let mut text = String::new();
        collect(&target.product.data().join("ledger").join("tile").join("entries"), 4, &mut text)?;
        let leaves = text.split("{\"v\":").skip(1);
        Ok(Self(leaves.map(|leaf| leaf.split_once('}').map_or(leaf, |(leaf, _)| leaf).to_owned()).collect()))
    }

    /// Those that nobody's own link made.
    fn others(&self) -> usize {
        self.0.iter().filter(|leaf| !leaf.contains(OWN)).count()
    }

    /// What they tell of people whose addresses one has.
    fn telling(&self, addresses: &[String]) -> Vec<String> {
        let mut violations = Vec::new();
        let guesses: Vec<String> = addresses.iter().flat_map(|address| guesses(address)).collect();
        let mut seen = HashSet::new();
        for leaf in &self.0 {
            if guesses.iter().any(|guess| leaf.contains(guess)) {
                violations.push("a leaf is found by an address".to_owned());
            }
            let named = ["\"subject\":\"", "\"address\":\""].map(|name| leaf.split_once(name));
            for name in named.into_iter().flatten().filter_map(|(_, rest)| rest.split('"').next()) {
                if !seen.insert(name) {
                    violations.push("two entries are one person's, as anybody can see".to_owned());
                }
            }
            for time in ["\"occurred_at\":\"", "\"received_at\":\""] {
                // What is undated has none.
                let told = leaf.split_once(time).and_then(|(_, rest)| rest.split('"').next());
                if let Some(told) = told.filter(|told| !told.is_empty() && !told.ends_with(":00Z")) {
                    violations.push(format!("an entry tells its moment: {told}"));
                }
            }
        }
        violations
    }
}

fn collect(folder: &Path, depth_left: usize, into: &mut String) -> Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .context("no ledger")?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() && depth_left > 0 {
            collect(&entry, depth_left - 1, into)?;
        } else if entry.is_file() {
            into.push_str(&String::from_utf8_lossy(&fs::read(entry)?));
        }
    }
    Ok(())
}

/// What a leaf could hold of an address, if no secret were in it.
fn guesses(address: &str) -> Vec<String> {
    let texts = [
        address.to_owned(),
        format!("email:{address}"),
        format!("1:email:{address}"),
        format!("mailto:{address}"),
    ];
    let hashes = texts.iter().map(|text| HEXLOWER.encode(&Sha256::digest(text.as_bytes())));
    // Pseudonyms were half as long once.
    let halves: Vec<String> = hashes.map(|hash| hash[..32].to_owned()).collect();
    halves.into_iter().chain([address.to_owned()]).collect()
}
