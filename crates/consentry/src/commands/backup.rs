//! `consentry backup`

use anyhow::Result;
use indicatif::ProgressBar;
use serde_json::json;

use crate::cli::Backup;
use crate::context::Context;
use crate::files;
use crate::output::{self, Exit};

/// Copies the data directory, live.
pub async fn run(context: &Context, args: Backup) -> Result<Exit> {
    let bar = ProgressBar::new(0);
    let shown = bar.clone();
    let progress = move |done, total| {
        shown.set_length(total);
        shown.set_position(done);
    };
    let outcome = context.store.backup(args.into.clone(), Box::new(progress)).await;
    bar.finish_and_clear();
    outcome?;
    files::back_up(&context.dir, &args.into)?;
    output::data(context.json, &json!({ "backup": args.into }), || {
        format!("copied to {}; check it with `consentry ledger verify --data-dir {0}`", args.into.display())
    });
    Ok(Exit::Done)
}
