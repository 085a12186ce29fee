//! SIGKILL of the server under one-click POSTs: whatever it answered with 200 must have happened.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::checks;
use super::http::Client;
use super::{Context, Kind, Tally, progress, usual};
use crate::product::{Choice, Links, Person, Product, Stage, choice, now};

/// Clients at a time.
const CLIENTS: usize = 16;
/// People who press again once the server is back, besides those who got no answer.
const LATECOMERS: usize = 40;

/// What the clients saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// 200.
    pub acknowledged: Vec<Person>,
    /// 503: nothing may be assumed but that the server said no.
    pub refused: Vec<Person>,
    /// Asked, without an answer.
    pub unanswered: Vec<Person>,
    /// Never asked.
    pub untouched: Vec<Person>,
    /// Answers that there should be none of.
    pub odd: Vec<u16>,
}

impl Seen {
    pub(super) fn add(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.refused.extend(other.refused);
        self.unanswered.extend(other.unanswered);
        self.untouched.extend(other.untouched);
        self.odd.extend(other.odd);
    }
}

/// The people who can opt out: those who got a mail.
pub(super) fn recipients(people: usize) -> Vec<Person> {
    (0..people).filter(|person| choice(*person) != Choice::No).collect()
}

/// Everybody in `people` presses their link once, on a few connections at a time, until one doesn't answer or `stop`.
pub(super) fn press(port: u16, people: &[Person], links: &Links, stop: &AtomicBool) -> Result<Seen> {
    let share = people.len().div_ceil(CLIENTS).max(1);
    thread::scope(|scope| {
        let clients: Vec<_> = people
            .chunks(share)
            .map(|people| scope.spawn(move || one_client(port, people, links, stop)))
            .collect();
        let mut all = Seen::default();
        for client in clients {
            all.add(client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??);
        }
        Ok(all)
    })
}

fn one_client(port: u16, people: &[Person], links: &Links, stop: &AtomicBool) -> Result<Seen> {
    let mut seen = Seen::default();
    let mut client = Client::connect(port).ok();
    for person in people {
        let Some(connection) = client.as_mut().filter(|_| !stop.load(Ordering::Relaxed)) else {
            seen.untouched.push(*person);
            continue;
        };
        match connection.one_click(links.of(*person)?) {
            Ok(200) => seen.acknowledged.push(*person),
            Ok(503) => seen.refused.push(*person),
            Ok(other) => seen.odd.push(other),
            Err(_) => {
                seen.unanswered.push(*person);
                client = None;
            }
        }
    }
    Ok(seen)
}

pub(super) fn run(context: &mut Context<'_>, rounds: usize) -> Result<Tally> {
    let stage = Stage::new(context.binary, context.size.opt_out_people)?;
    stage.fill()?;
    let links = stage.links()?;
    let usual = usual(|| undisturbed(context, &stage, &links))?;
    let mut tally = Tally::default();
    for round in 1..=rounds {
        tally.rounds = round;
        let outcome = one_round(context, &stage, &links, usual, &mut tally);
        tally.hold(outcome);
        progress(Kind::OptOuts, round, rounds, &tally);
    }
    Ok(tally)
}

/// How long everybody's opt-out takes when nothing happens.
fn undisturbed(context: &Context<'_>, stage: &Stage, links: &Links) -> Result<Duration> {
    let (_folder, product) = stage.round()?;
    let (_server, port) = product.serve()?;
    let people = recipients(context.size.opt_out_people);
    let begun = now();
    let seen = press(port, &people, links, &AtomicBool::new(false))?;
    ensure!(seen.acknowledged.len() == people.len(), "opt-outs fail without any fault: {:?}", seen.odd);
    Ok(begun.elapsed())
}

fn one_round(
    context: &mut Context<'_>,
    stage: &Stage,
    links: &Links,
    usual: Duration,
    tally: &mut Tally,
) -> Result<()> {
    let (folder, product) = stage.round()?;
    let mut people = recipients(context.size.opt_out_people);
    context.random.shuffle(&mut people);
    let after = context.random.up_to(usual);
    let seen = press_and_kill(&product, &people, links, after, tally)?;
    ensure!(
        seen.odd.is_empty() && seen.refused.is_empty(),
        "answered with {:?}, {} × 503",
        seen.odd,
        seen.refused.len()
    );
    let mut acknowledged = seen.acknowledged;
    verify(&product, folder.path(), &acknowledged, &seen.untouched)?;
    // Who got no answer presses again, and so do some who did: the second time changes nothing. The kill comes at once
    // after the last answer.
    let late = LATECOMERS.min(seen.untouched.len());
    let mut again = [&seen.unanswered[..], &seen.untouched[..late]].concat();
    again.extend(acknowledged.iter().take(LATECOMERS));
    let (server, port) = product.serve()?;
    let second = press(port, &again, links, &AtomicBool::new(false))?;
    tally.kills += usize::from(server.kill()?);
    ensure!(
        second.acknowledged.len() == again.len(),
        "after the restart: {} of {} answered",
        second.acknowledged.len(),
        again.len()
    );
    acknowledged.extend(second.acknowledged);
    acknowledged.sort_unstable();
    acknowledged.dedup();
    tally.count("opt-outs acknowledged", acknowledged.len());
    tally.count("without an answer", seen.unanswered.len());
    verify(&product, folder.path(), &acknowledged, &seen.untouched[late..])
}

fn press_and_kill(
    product: &Product,
    people: &[Person],
    links: &Links,
    after: Duration,
    tally: &mut Tally,
) -> Result<Seen> {
    let (server, port) = product.serve()?;
    let stop = AtomicBool::new(false);
    let (seen, killed) = thread::scope(|scope| {
        let killer = scope.spawn(|| {
            thread::sleep(after);
            let killed = server.kill();
            stop.store(true, Ordering::Relaxed);
            killed
        });
        let seen = press(port, people, links, &stop);
        (seen, killer.join())
    });
    tally.kills += usize::from(killed.map_err(|_| anyhow::anyhow!("the killer panicked"))??);
    seen.context("the clients failed")
}

fn verify(product: &Product, folder: &Path, acknowledged: &[Person], untouched: &[Person]) -> Result<()> {
    checks::all_opted_out(product, folder, acknowledged)?;
    checks::none_opted_out(product, folder, untouched)?;
    if let Some(person) = acknowledged.last() {
        checks::excluded(product, *person)?;
    }
    checks::sound(product)
}
