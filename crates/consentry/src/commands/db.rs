//! `consentry db`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use store::StoreError;
use store::postgres::{CopyOptions, CopyPhase, CopyProgress, SchemaStatus, citus, copy};

use crate::cli::{Db, Global};
use crate::context::{database_error, database_password};
use crate::data_dir;
use crate::output::{self, Exit, fail, grouped};
use crate::system::SystemClock;

/// Looks after the PostgreSQL database.
pub fn run(global: &Global, command: Db) -> Result<Exit> {
    match command {
        Db::Migrate => {
            let (url, password) = database(global)?;
            let status = store::postgres::migrate(&url, password.as_deref())
                .map_err(|error| database_error(&error))?;
            tell(global, &status);
            Ok(Exit::Done)
        }
        Db::Status => {
            let (url, password) = database(global)?;
            let status =
                store::postgres::status(&url, password.as_deref()).map_err(|error| database_error(&error))?;
            tell(global, &status);
            Ok(if status.is_behind() || status.works_with > status.known { Exit::Failed } else { Exit::Done })
        }
        Db::Copy { from, to, restart } => copy_into(global, from, to, restart),
        Db::Plan { .. } => {
            output::line(citus::plan().trim_end());
            Ok(Exit::Done)
        }
    }
}

fn database(global: &Global) -> Result<(String, Option<String>)> {
    let url = global.database.clone();
    let url = url.ok_or_else(|| {
        fail("no database is named", "--database postgres://USER@HOST/DATABASE, or CONSENTRY_DATABASE")
    })?;
    Ok((url, database_password(global)?))
}

/// Copies a data directory with a progress bar on standard error.
fn copy_into(global: &Global, from: PathBuf, to: Option<String>, restart: bool) -> Result<Exit> {
    let (url, password) = match to {
        Some(url) => (url, database_password(global)?),
        None => database(global)?,
    };
    data_dir::require(&Global { data_dir: from.clone(), database: None, ..global.clone() })?;
    data_dir::require_or_free(&Global { database: Some(url.clone()), ..global.clone() })?;
    let into_dir = global.data_dir.clone();
    let source = from.display().to_string();
    let clock = Arc::new(SystemClock::new());
    let options = CopyOptions { from, url, password, into_dir, restart, clock };
    let style =
        ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} rows  {msg}  {elapsed} elapsed");
    let bar = ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let outcome = copy(&options, &mut |progress: CopyProgress| {
        bar.set_length(progress.total);
        bar.set_position(progress.rows);
        bar.set_message(match progress.phase {
            CopyPhase::Resuming => format!("comparing what is copied: {}", progress.table),
            CopyPhase::Copying => format!("copying {}", progress.table),
            CopyPhase::Verifying => format!("verifying {}", progress.table),
        });
    });
    bar.finish_and_clear();
    let report = outcome.map_err(copy_error)?;
    let value = json!({
        "tables": report.tables.iter().copied().collect::<BTreeMap<_, _>>(),
        "seconds": report.took.as_secs_f64(),
        "ledger": { "size": report.ledger_size, "root": report.ledger_root },
    });
    output::data(global.json, &value, || {
        let rows = report.tables.iter().map(|(name, rows)| format!("{name:<20}{:>14}\n", grouped(*rows)));
        format!(
            "{}copied and verified in {:.1} s; the ledger has {} entries as before, root {}",
            rows.collect::<String>(),
            report.took.as_secs_f64(),
            grouped(report.ledger_size),
            report.ledger_root
        )
    });
    output::say(format_args!(
        "hint: start nothing on {source} any more: what it would record wouldn't be in the database"
    ));
    Ok(Exit::Done)
}

fn copy_error(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Unavailable(_) => fail(error, "run the copy again: it goes on where it was"),
        StoreError::Busy(_) => fail(error, "stop every process that uses it, then run the copy again"),
        error => database_error(&error),
    }
}

fn tell(global: &Global, status: &SchemaStatus) {
    let value = json!({
        "version": status.version,
        "worksWith": status.works_with,
        "known": status.known,
    });
    output::data(global.json, &value, || {
        let advice = if status.works_with > status.known {
            ": this program is too old for it"
        } else if status.is_behind() {
            ": run `consentry db migrate`"
        } else {
            ""
        };
        format!("schema version {}, this program knows {}{advice}", status.version, status.known)
    });
}
