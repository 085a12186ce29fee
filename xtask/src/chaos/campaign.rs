//! SIGKILL during campaign runs, in front of a receiver that counts every message.

use std::collections::HashMap;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::checks::{self, number};
use super::{Context, Kind, Tally, progress, usual};
use crate::product::{Choice, Ended, Mailing, Pace, Product, Receiver, Stage, address, choice};

const CONNECTIONS: usize = 8;
/// Slow enough that a run lasts long enough to be killed in the middle.
const PACE: Pace = Pace { each: Duration::from_millis(3), hiccup_every: 0, hiccup: Duration::ZERO };
/// Most kills of one run.
const KILLS_MAX: usize = 3;
/// People in doubt for whom `campaign explain` is asked.
const EXPLAINED_MAX: usize = 3;
/// Exit codes of a run that came to its end: done, or with messages in doubt.
pub(super) const ENDED: [i32; 2] = [0, 4];

pub(super) fn run(context: &mut Context<'_>, rounds: usize) -> Result<Tally> {
    let stage = Stage::new(context.binary, context.size.campaign_people)?;
    stage.fill()?;
    let receiver = Receiver::start(PACE)?;
    Mailing::new("chaos", receiver.port(), CONNECTIONS).write(&stage.path("campaign.toml"))?;
    let usual = usual(|| {
        let (_folder, product) = stage.round()?;
        let ended = send(&product, &stage.path("campaign.toml"), &[])?;
        ended.expect(&[0])?;
        Ok(ended.took)
    })?;
    let mut tally = Tally::default();
    for round in 1..=rounds {
        tally.rounds = round;
        receiver.forget();
        let outcome = one_round(context, &stage, &receiver, usual, &mut tally);
        tally.hold(outcome);
        receiver.settle()?;
        progress(Kind::Campaign, round, rounds, &tally);
    }
    Ok(tally)
}

fn send(product: &Product, file: &Path, options: &[&str]) -> Result<Ended> {
    let mut arguments = vec!["campaign".as_ref(), "run".as_ref(), file.as_os_str()];
    arguments.extend(options.iter().map(std::ffi::OsStr::new));
    product.run(&arguments)
}

fn one_round(
    context: &mut Context<'_>,
    stage: &Stage,
    receiver: &Receiver,
    usual: Duration,
    tally: &mut Tally,
) -> Result<()> {
    let (_folder, product) = stage.round()?;
    let file = stage.path("campaign.toml");
    for _ in 0..KILLS_MAX {
        let running = product.start(&["campaign".as_ref(), "run".as_ref(), file.as_os_str()])?;
        thread::sleep(context.random.up_to(usual));
        let killed = running.kill()?;
        tally.kills += usize::from(killed);
        receiver.settle()?;
        if !killed || context.random.once_in(2) {
            break;
        }
    }
    let people = context.size.campaign_people;
    let wanted = (0..people).filter(|person| choice(*person) != Choice::No).count();
    let report = send(&product, &file, &[])?.json(&ENDED)?;
    receiver.settle()?;
    let in_doubt = number(&report, "inDoubt")?;
    let (sent, missing) = (number(&report, "sent")?, wanted.saturating_sub(receiver.whole()));
    let excluded = report["excluded"]["OptedOutChannel"].as_u64().unwrap_or_default() as usize;
    tally.count("messages", receiver.whole());
    tally.count("in doubt", in_doubt);
    tally.count("of those not arrived", missing);
    ensure!(sent + in_doubt == wanted && excluded == people - wanted, "the report doesn't add up: {report}");
    mailed_at_most(receiver, 1)?;
    ensure!(missing <= in_doubt, "{missing} people were skipped, {in_doubt} reported in doubt");
    skipped_are_in_doubt(&product, receiver, people)?;
    // Asked to, it sends to everybody in doubt, and to nobody else.
    let report = send(&product, &file, &["--resend-in-doubt"])?.json(&[0])?;
    receiver.settle()?;
    ensure!(number(&report, "inDoubt")? == 0, "still in doubt: {report}");
    mailed_at_most(receiver, 2)?;
    let expected = wanted + in_doubt - missing;
    ensure!(receiver.whole() == expected, "{} messages after the resend, not {expected}", receiver.whole());
    ensure!(arrived(receiver).len() == wanted, "somebody got nothing in the end");
    checks::sound(&product)
}

/// How many whole messages each address got.
pub(super) fn arrived(receiver: &Receiver) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for mail in receiver.mails().into_iter().filter(|mail| mail.whole) {
        *counts.entry(mail.recipient).or_default() += 1;
    }
    counts
}

pub(super) fn mailed_at_most(receiver: &Receiver, limit: usize) -> Result<()> {
    let counts = arrived(receiver);
    let too_often = counts.values().filter(|count| **count > limit).count();
    ensure!(too_often == 0, "{too_often} people were mailed more than {limit} times");
    let refused = |address: &String| {
        let digits: String = address.chars().filter(char::is_ascii_digit).collect();
        digits.parse().is_ok_and(|person| choice(person) == Choice::No)
    };
    let mailed = counts.keys().filter(|address| refused(address)).count();
    ensure!(mailed == 0, "{mailed} people who had said no were mailed");
    Ok(())
}

/// `campaign explain` names the doubt for those who got nothing; the resend shows it for all of them.
fn skipped_are_in_doubt(product: &Product, receiver: &Receiver, people: usize) -> Result<()> {
    let counts = arrived(receiver);
    let wanted = (0..people).filter(|person| choice(*person) != Choice::No).map(address);
    for address in wanted.filter(|address| !counts.contains_key(address)).take(EXPLAINED_MAX) {
        let value = product.json(&["campaign", "explain", "chaos", &address])?;
        ensure!(value["outcome"] == "inDoubt", "{address} was skipped, and `explain` says {value}");
    }
    Ok(())
}
