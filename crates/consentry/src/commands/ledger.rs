//! `consentry ledger`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use consent::EntryId;
use indicatif::ProgressBar;
use service::ledger::{check_receipt, entry, key, receipt, verify};

use super::profile::event_words;
use crate::cli::{self, Global};
use crate::context::Context;
use crate::output::{self, Exit, grouped, refused, refused_file, told};

/// Where a verifier key comes from.
const KEY: &str = "`consentry ledger key` prints it";

/// Checks the ledger, or hands out what others need to check it.
pub async fn run(global: &Global, command: cli::Ledger) -> Result<Exit> {
    match command {
        cli::Ledger::Verify { files, key, since } => verify(global, files, key, since).await,
        cli::Ledger::Key => {
            let context = Context::open(global).await?;
            let out = key::key(&context.service(), &context.actor(), key::In).await.map_err(told)?;
            output::answer(global.json, &out, |out| out.key.clone());
            Ok(Exit::Done)
        }
        cli::Ledger::Show { entry } => show(&Context::open(global).await?, entry).await,
        cli::Ledger::Receipt { entry } => receipt(&Context::open(global).await?, entry).await,
        cli::Ledger::CheckReceipt { file, key } => {
            let key = if let Some(key) = key {
                key
            } else {
                let context = Context::open(global).await?;
                key::key(&context.service(), &context.actor(), key::In).await.map_err(told)?.key
            };
            check(global.json, &file, key)
        }
    }
}

async fn verify(
    global: &Global,
    files: Option<PathBuf>,
    key: Option<String>,
    since: Option<PathBuf>,
) -> Result<Exit> {
    let kept = |file: &PathBuf| std::fs::read_to_string(file).with_context(|| file.display().to_string());
    let old = since.as_ref().map(kept).transpose()?;
    let bar = ProgressBar::new(0);
    let mut progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let asked = verify::In { key, since: old, progress: &mut progress };
    let outcome = if let Some(dir) = files {
        verify::verify_files(&dir, asked)
    } else {
        let context = Context::open(global).await?;
        verify::verify(&context.service(), &context.actor(), asked).await
    };
    bar.finish_and_clear();
    let out = outcome.map_err(|error| match (&error, since) {
        (verify::Error::Key(_), _) => refused_file("--key", error, Some(KEY.to_owned())),
        (verify::Error::Broken { .. }, _) => {
            refused(error, "compare with a backup; the database can write the files again")
        }
        (verify::Error::NotContinued(_), Some(file)) => refused_file(file.display(), error, None),
        _ => told(error),
    })?;
    output::answer(global.json, &out, |out| {
        let entries = grouped(out.entries);
        format!("ledger verifies: {entries} entries, root {}, signed by {}", out.root, out.key)
    });
    Ok(Exit::Done)
}

async fn show(context: &Context, entry: EntryId) -> Result<Exit> {
    let outcome = entry::entry(&context.service(), &context.actor(), entry::In { entry }).await;
    let out = outcome.map_err(told)?;
    output::answer(context.json, &out, |out| {
        let proof = &out.event.evidence;
        let kept = [
            ("actor", &proof.actor),
            ("address", &proof.ip),
            ("user agent", &proof.user_agent),
            ("text", &proof.raw),
        ];
        let kept = kept.iter().filter_map(|(name, value)| Some(format!("  {name:<12}{}", value.as_ref()?)));
        let head = format!("{}\n{}", out.profile, event_words(&out.event));
        std::iter::once(head).chain(kept).collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}

async fn receipt(context: &Context, entry: EntryId) -> Result<Exit> {
    let outcome = receipt::receipt(&context.service(), &context.actor(), receipt::In { entry }).await;
    let out = outcome.map_err(told)?;
    output::answer(context.json, &out, |out| out.receipt.trim_end().to_owned());
    Ok(Exit::Done)
}

fn check(json: bool, file: &Path, key: String) -> Result<Exit> {
    let name = file.display();
    let receipt = std::fs::read_to_string(file).with_context(|| name.to_string())?;
    let outcome = check_receipt::check_receipt(&check_receipt::In { receipt, key });
    let out = outcome.map_err(|error| match error {
        check_receipt::Error::Key(_) => refused_file("--key", error, Some(KEY.to_owned())),
        error => refused_file(name, error, None),
    })?;
    output::answer(json, &out, |out| {
        let check_receipt::Out { entry, size, key, leaf, .. } = out;
        let words = format!("{entry} is in the ledger of {size} entries signed by {key}:\n{leaf}");
        let whose = out.subject.as_ref().map(|subject| {
            let address = out.address.as_ref();
            let address = address.map_or_else(String::new, |address| format!("\naddress {address}"));
            format!("\nsubject {subject}, the same in every receipt of this person{address}")
        });
        words + &whose.unwrap_or_default()
    });
    Ok(Exit::Done)
}
