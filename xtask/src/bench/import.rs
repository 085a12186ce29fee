//! Rows per second of an import that resolves people, merges consents and writes a ledger, beside SQLite's own shell, which
//! puts the same columns into a bare table.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::Measured;
use crate::product::{Product, now, write_csv};
use crate::servers::{find_program, skip};

const ROWS: usize = 1_000_000;
const RUNS: usize = 3;
const ROWS_QUICK: usize = 5_000;
const RUNS_QUICK: usize = 1;

pub(super) fn run(binary: &Path, quick: bool) -> Result<Vec<Measured>> {
    let (rows, runs) = if quick { (ROWS_QUICK, RUNS_QUICK) } else { (ROWS, RUNS) };
    let Some(sqlite3) = find_program("sqlite3") else {
        return Ok(skip::<Vec<Measured>>("the import's peer", "sqlite3 isn't installed")?.unwrap_or_default());
    };
    let folder = tempfile::Builder::new().prefix("consentry-bench-").tempdir()?;
    let csv = folder.path().join("people.csv");
    write_csv(&csv, rows)?;
    let (mut ours, mut again, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    let mut memory_peak_bytes = 0;
    for run in 0..runs {
        theirs.push(rows as f64 / bare(&sqlite3, &csv, &folder.path().join(format!("{run}.sqlite3")))?);
        let product = Product::new(binary, &folder.path().join(format!("{run}")));
        product.run(&["init"])?.expect(&[0])?;
        // Once more with the same file, after the last run only: it takes as long as the first time.
        let repeats = if run + 1 == runs { 2 } else { 1 };
        let turns = [(&mut ours, rows as u64), (&mut again, 0)];
        for (rates, changed) in turns.into_iter().take(repeats) {
            let ended = product.run(&["import".as_ref(), "profiles".as_ref(), csv.as_os_str()])?;
            let created = ended.json(&[0])?["created"].as_u64();
            ensure!(created == Some(changed), "{created:?} people created, not {changed}");
            rates.push(rows as f64 / ended.took.as_secs_f64());
            memory_peak_bytes = memory_peak_bytes.max(ended.usage.memory_peak_bytes);
        }
        // They would fill the disk otherwise.
        std::fs::remove_dir_all(product.data())?;
    }
    let peer = Measured::new("sqlite3 .import", "rows/s", theirs);
    let note = format!("{rows} rows; peak memory {} MiB", memory_peak_bytes >> 20);
    let ours = Measured::new("import profiles", "rows/s", ours).beside(&peer).noting(note);
    let again = Measured::new("import of the same file again", "rows/s", again).beside(&peer);
    Ok(vec![ours, again, peer])
}

/// Seconds that `sqlite3 .import` takes.
fn bare(sqlite3: &Path, csv: &Path, database: &Path) -> Result<f64> {
    let table = "CREATE TABLE people (id, email, first_name, plan, consent_email, consent_time)";
    let begun = now();
    let mut command = Command::new(sqlite3);
    command
        .arg(database)
        .args([table, ".mode csv"])
        .arg(format!(".import --skip 1 {} people", csv.display()));
    let output = command.output().context("can't run sqlite3")?;
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(output.status.success(), "sqlite3 failed: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::remove_file(database)?;
    Ok(seconds)
}
