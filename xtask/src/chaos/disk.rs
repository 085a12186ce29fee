//! A full disk: an error to the caller, nothing acknowledged lost, and on it goes once there is room.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result, ensure};

use super::checks::{self, Forecast};
use super::opt_outs::{Seen, press, recipients};
use super::{Context, Kind, Tally, progress};
use crate::product::{Choice, Links, Person, Product, Stage, choice, import};
use crate::servers::Tmpfs;

/// Enough for every data directory here.
const DISK_BYTES: u64 = 256 << 20;
const BLOCK_BYTES: usize = 64 << 10;
/// At most this much is left free for each row or person: not enough for them all.
const LEFT_BYTES_MAX: usize = 40;
/// Opt-outs tried on the full disk, at most: the write-ahead log can have room of its own for a while.
const ATTEMPTS_MAX: usize = 4;

pub(super) fn run(context: &mut Context<'_>, rounds: usize) -> Result<Tally> {
    let mut tally = Tally::default();
    if Tmpfs::mount(DISK_BYTES)?.is_none() {
        tally.skipped = true;
        return Ok(tally);
    }
    let empty = Stage::new(context.binary, context.size.import_rows)?;
    let filled = Stage::new(context.binary, context.size.opt_out_people)?;
    filled.fill()?;
    let links = filled.links()?;
    for round in 1..=rounds {
        tally.rounds = round;
        let outcome = full_import(context, &empty, &mut tally);
        tally.hold(outcome);
        let outcome = full_opt_outs(context, &filled, &links, &mut tally);
        tally.hold(outcome);
        progress(Kind::Disk, round, rounds, &tally);
    }
    Ok(tally)
}

/// A disk of our own with a data directory on it.
struct Disk {
    tmpfs: Tmpfs,
    product: Product,
}

impl Disk {
    fn with(stage: &Stage) -> Result<Self> {
        let tmpfs = Tmpfs::mount(DISK_BYTES)?.context("no second tmpfs, although there was a first")?;
        let product = stage.copy(&tmpfs.path().join("data"))?;
        Ok(Self { tmpfs, product })
    }

    fn ballast(&self) -> PathBuf {
        self.tmpfs.path().join("ballast")
    }

    /// Fills it up, then frees `left_bytes` of it.
    fn fill(&self, left_bytes: usize) -> Result<()> {
        let mut file = File::create(self.ballast())?;
        let block = vec![0; BLOCK_BYTES];
        while file.write_all(&block).is_ok() {}
        let length = file.metadata()?.len();
        file.set_len(length.saturating_sub(left_bytes as u64)).map_err(Into::into)
    }

    fn free(&self) -> Result<()> {
        fs::remove_file(self.ballast()).map_err(Into::into)
    }
}

fn full_import(context: &mut Context<'_>, stage: &Stage, tally: &mut Tally) -> Result<()> {
    let disk = Disk::with(stage)?;
    disk.fill(context.random.below(LEFT_BYTES_MAX * context.size.import_rows))?;
    // Rejects would go beside the file, which is on another disk.
    let ended = disk.product.run(&["import".as_ref(), "profiles".as_ref(), stage.csv().as_os_str()])?;
    ensure!(
        ended.code == Some(1),
        "an import onto a full disk ended with {:?}: {}",
        ended.code,
        ended.stderr
    );
    let says_why = ended.stderr.contains("urn:consentry:problem:store-unavailable");
    ensure!(says_why, "it says nothing of an error: {}", ended.stderr);
    tally.count("imports refused", 1);
    disk.free()?;
    checks::sound(&disk.product).context("after the full disk")?;
    let rows = context.size.import_rows;
    let refused = (0..rows).filter(|person| choice(*person) == Choice::No).count();
    let summary = import(&disk.product, &stage.csv())?;
    ensure!(summary.read == rows as u64, "the file has {rows} rows, import read {}", summary.read);
    let expected = Forecast { audience: rows, permitted: rows - refused, opted_out: refused };
    let found = checks::forecast(&disk.product, disk.tmpfs.path(), None)?;
    ensure!(found == expected, "expected {expected:?}, found {found:?}");
    checks::sound(&disk.product)
}

fn full_opt_outs(context: &mut Context<'_>, stage: &Stage, links: &Links, tally: &mut Tally) -> Result<()> {
    let disk = Disk::with(stage)?;
    let mut people = recipients(context.size.opt_out_people);
    context.random.shuffle(&mut people);
    let (server, port) = disk.product.serve()?;
    let never = AtomicBool::new(false);
    // Some before the disk is full, some on it, some when there is room again.
    let (before, rest) = people.split_at(people.len() / 8);
    let first = press(port, before, links, &never)?;
    ensure!(
        first.acknowledged.len() == before.len(),
        "opt-outs failed with room on the disk: {:?}",
        first.odd
    );
    disk.fill(context.random.below(LEFT_BYTES_MAX * context.size.opt_out_people))?;
    let during = press_until_refused(port, rest, links)?;
    disk.free()?;
    ensure!(during.odd.is_empty(), "a full disk was answered with {:?}, not 503", during.odd);
    ensure!(
        during.unanswered.is_empty(),
        "{} requests got no answer on a full disk",
        during.unanswered.len()
    );
    ensure!(!during.refused.is_empty(), "the full disk was never noticed");
    tally.count("opt-outs refused with 503", during.refused.len());
    let acknowledged = [&first.acknowledged[..], &during.acknowledged[..]].concat();
    let last = press(port, &during.refused, links, &never)?;
    ensure!(
        last.acknowledged.len() == during.refused.len(),
        "it didn't recover: {} × 503, {:?}",
        last.refused.len(),
        last.odd
    );
    tally.kills += usize::from(server.kill()?);
    verify(&disk, &acknowledged, &last.acknowledged, &during.untouched, tally)
}

/// Presses in portions until the server has refused some.
fn press_until_refused(port: u16, people: &[Person], links: &Links) -> Result<Seen> {
    let mut all = Seen::default();
    for portion in people.chunks(people.len().div_ceil(ATTEMPTS_MAX)) {
        if all.refused.is_empty() {
            let seen = press(port, portion, links, &AtomicBool::new(false))?;
            all.add(seen);
        } else {
            all.untouched.extend(portion);
        }
    }
    Ok(all)
}

fn verify(
    disk: &Disk,
    on_full: &[Person],
    after: &[Person],
    untouched: &[Person],
    tally: &mut Tally,
) -> Result<()> {
    let folder: &Path = disk.tmpfs.path();
    let acknowledged = [on_full, after].concat();
    tally.count("opt-outs acknowledged", acknowledged.len());
    checks::all_opted_out(&disk.product, folder, &acknowledged)?;
    checks::none_opted_out(&disk.product, folder, untouched)?;
    checks::sound(&disk.product)
}
