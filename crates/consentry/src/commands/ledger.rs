//! `consentry ledger`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;
use serde_json::json;
use store::ledger::{Receipt, VerifierKey, verify, verify_consistency};

use crate::cli::{self, Global};
use crate::context::{Context, WORKSPACE};
use crate::output::{self, Exit, fail, grouped};

/// Checks the ledger, or hands out what others need to check it.
pub async fn run(global: &Global, command: cli::Ledger) -> Result<Exit> {
    match command {
        cli::Ledger::Verify { files: Some(dir), key, since } => {
            check(global.json, &dir, &parse_key(&key.unwrap_or_default())?, since)
        }
        cli::Ledger::Verify { files: None, key, since } => {
            let context = Context::open(global)?;
            context.store.seal_ledger().await?;
            let own = context.store.ledger_verifier_key()?;
            check(global.json, &context.store.ledger_dir(), &parse_key(&key.unwrap_or(own))?, since)
        }
        cli::Ledger::Key => {
            output::line(Context::open(global)?.store.ledger_verifier_key()?);
            Ok(Exit::Done)
        }
        cli::Ledger::Receipt { entry } => {
            let context = Context::open(global)?;
            context.store.seal_ledger().await?;
            output::line(context.store.receipt(WORKSPACE, entry).await?.trim_end());
            Ok(Exit::Done)
        }
        cli::Ledger::CheckReceipt { file, key } => {
            let own = || anyhow::Ok(Context::open(global)?.store.ledger_verifier_key()?);
            let key = key.map_or_else(own, anyhow::Ok)?;
            check_receipt(global.json, &file, &parse_key(&key)?)
        }
    }
}

fn parse_key(text: &str) -> Result<VerifierKey> {
    VerifierKey::parse(text)
        .map_err(|error| fail(format!("--key: {error}"), "`consentry ledger key` prints it"))
}

fn check(json: bool, dir: &Path, key: &VerifierKey, since: Option<PathBuf>) -> Result<Exit> {
    let bar = ProgressBar::new(0);
    let mut progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let outcome = verify(dir, Some(key), &mut progress);
    bar.finish_and_clear();
    let report = outcome.map_err(|error| {
        fail(
            format!("{}: the ledger does not verify: {error}", dir.display()),
            "compare with a backup; the database can write the files again",
        )
    })?;
    if let Some(file) = since {
        let old = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        verify_consistency(dir, &old, key).map_err(|error| {
            anyhow::anyhow!("{}: the ledger doesn't continue it: {error}", file.display())
        })?;
    }
    let value = json!({ "verified": true, "entries": report.size, "root": report.root, "key": key.name() });
    output::data(json, &value, || {
        format!(
            "ledger verifies: {} entries, root {}, signed by {}",
            grouped(report.size),
            report.root,
            key.name()
        )
    });
    Ok(Exit::Done)
}

fn check_receipt(json: bool, file: &Path, key: &VerifierKey) -> Result<Exit> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| name.to_string())?;
    let receipt = Receipt::parse(&text).map_err(|error| anyhow::anyhow!("{name}: not a receipt: {error}"))?;
    let checkpoint =
        receipt.verify(key).map_err(|error| anyhow::anyhow!("{name}: does not verify: {error}"))?;
    let leaf = String::from_utf8_lossy(receipt.leaf()).into_owned();
    let mut value =
        json!({ "verified": true, "entry": receipt.index(), "size": checkpoint.size(), "leaf": leaf });
    if let Some(opening) = receipt.opening() {
        value["subject"] = json!(opening.subject_text());
        value["address"] = json!(opening.address_text());
    }
    output::data(json, &value, || {
        let words = format!(
            "entry {} is in the ledger of {} entries signed by {}:\n{leaf}",
            receipt.index(),
            checkpoint.size(),
            key.name()
        );
        let whose = receipt.opening().map(|opening| {
            let address = opening.address_text();
            let address = address.map_or_else(String::new, |address| format!("\naddress {address}"));
            format!("\nsubject {}, the same in every receipt of this person{address}", opening.subject_text())
        });
        words + &whose.unwrap_or_default()
    });
    Ok(Exit::Done)
}
