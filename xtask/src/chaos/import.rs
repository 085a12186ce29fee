//! SIGKILL during imports, with opt-outs acknowledged before and in between.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::checks::{self, Forecast};
use super::{Context, Kind, Tally, progress, usual};
use crate::product::{Choice, Person, Product, Stage, address, choice, import, now};

/// Opt-outs of people whom nobody knows yet, before an import.
const STRANGERS: usize = 2;
/// Most kills of one import.
const KILLS_MAX: usize = 3;

pub(super) fn run(context: &mut Context<'_>, rounds: usize) -> Result<Tally> {
    let stage = Stage::new(context.binary, context.size.import_rows)?;
    let usual = usual(|| {
        let (_folder, product) = stage.round()?;
        let begun = now();
        import(&product, &stage.csv())?;
        Ok(begun.elapsed())
    })?;
    let mut tally = Tally::default();
    for round in 1..=rounds {
        tally.rounds = round;
        let outcome = one_round(context, &stage, usual, &mut tally);
        tally.hold(outcome);
        progress(Kind::Import, round, rounds, &tally);
    }
    Ok(tally)
}

fn one_round(context: &mut Context<'_>, stage: &Stage, usual: Duration, tally: &mut Tally) -> Result<()> {
    let (folder, product) = stage.round()?;
    let mut gone = Vec::new();
    for _ in 0..STRANGERS {
        gone.push(opt_out(context, &product)?);
    }
    for _ in 0..KILLS_MAX {
        let running = product.start(&["import".as_ref(), "profiles".as_ref(), stage.csv().as_os_str()])?;
        thread::sleep(context.random.up_to(usual));
        let killed = running.kill()?;
        tally.kills += usize::from(killed);
        gone.push(opt_out(context, &product)?);
        if !killed || context.random.once_in(2) {
            break;
        }
    }
    tally.count("opt-outs acknowledged", gone.len());
    finish(context, stage, &product, folder.path(), gone)
}

/// Somebody opts out by telephone; the exit code acknowledges it.
fn opt_out(context: &mut Context<'_>, product: &Product) -> Result<Person> {
    let person = context.random.below(context.size.import_rows);
    product.run(&["opt-out", &address(person), "--source", "phone-call"])?.expect(&[0])?;
    Ok(person)
}

/// Imports to the end and compares with what the file and the opt-outs say.
fn finish(
    context: &Context<'_>,
    stage: &Stage,
    product: &Product,
    folder: &Path,
    mut gone: Vec<Person>,
) -> Result<()> {
    let rows = context.size.import_rows;
    let first = import(product, &stage.csv())?;
    ensure!(first.read == rows as u64, "the file has {rows} rows, import read {}", first.read);
    let again = import(product, &stage.csv())?;
    ensure!(again.changed == 0, "the same file again changed {} people", again.changed);
    gone.extend((0..rows).filter(|person| choice(*person) == Choice::No));
    gone.sort_unstable();
    gone.dedup();
    let expected = Forecast { audience: rows, permitted: rows - gone.len(), opted_out: gone.len() };
    let found = checks::forecast(product, folder, None)?;
    ensure!(found == expected, "expected {expected:?}, found {found:?}");
    checks::all_opted_out(product, folder, &gone)?;
    checks::sound(product)
}
