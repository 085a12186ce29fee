//! Promise I1, seen from outside: 100 clients opt people out while a run goes on, and the receiver tells when each message
//! began.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::checks;
use super::http::Client;
use super::opt_outs::recipients;
use super::{Context, Kind, Tally, progress};
use crate::product::{Links, Mail, Mailing, PATIENCE, Pace, Person, Receiver, Stage, address, now};
use crate::servers::poll_until;

/// What I1 allows between the acknowledgement and the last MAIL FROM that the opt-out covers.
pub(super) const LEASE: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 12;
/// The slowest receivers let every permit run out while its message waits for a connection.
const HICCUPS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(300), Duration::from_millis(900), Duration::from_millis(1600)];
const HICCUP_EVERY: usize = 50;
/// How long the run shall take if nothing stumbles.
const RUN: Duration = Duration::from_secs(4);

pub(super) fn run(context: &mut Context<'_>, rounds: usize) -> Result<Tally> {
    let stage = Stage::new(context.binary, context.size.silence_people)?;
    stage.fill()?;
    let links = stage.links()?;
    let mut tally = Tally::default();
    for round in 1..=rounds {
        tally.rounds = round;
        let outcome = one_round(context, &stage, &links, &mut tally);
        tally.hold(outcome);
        progress(Kind::Silence, round, rounds, &tally);
    }
    Ok(tally)
}

fn one_round(context: &mut Context<'_>, stage: &Stage, links: &Links, tally: &mut Tally) -> Result<()> {
    let (folder, product) = stage.round()?;
    let mut people = recipients(context.size.silence_people);
    context.random.shuffle(&mut people);
    let each = RUN.mul_f64(CONNECTIONS as f64 / people.len() as f64);
    let hiccup = HICCUPS[tally.rounds % HICCUPS.len()];
    let receiver = Receiver::start(Pace { each, hiccup_every: HICCUP_EVERY, hiccup })?;
    let file = stage.path("campaign.toml");
    Mailing::new("silence", receiver.port(), CONNECTIONS).write(&file)?;
    let (_server, port) = product.serve()?;
    let sending = product.start(&["campaign".as_ref(), "run".as_ref(), file.as_os_str()])?;
    // From the first message on, so that the opt-outs spread over the whole run.
    poll_until(PATIENCE, || Ok(!receiver.mails().is_empty()))?;
    let pause = RUN.mul_f64(context.size.silence_clients as f64 / people.len() as f64);
    let acknowledged = press_all(port, &people, links, context.size.silence_clients, pause)?;
    let report = sending.wait(PATIENCE)?.json(&[0])?;
    receiver.settle()?;
    tally.count("opt-outs", acknowledged.len());
    measure(&receiver.mails(), &acknowledged, tally)?;
    let sent = checks::number(&report, "sent")?;
    ensure!(sent == receiver.whole(), "{} messages arrived, the run reports {sent}", receiver.whole());
    checks::all_opted_out(&product, folder.path(), &people)?;
    checks::sound(&product)
}

/// Everybody opts out, `clients` at a time, each client with a pause after each; gives the moment of each 200.
fn press_all(
    port: u16,
    people: &[Person],
    links: &Links,
    clients: usize,
    pause: Duration,
) -> Result<HashMap<String, Instant>> {
    let next = AtomicUsize::new(0);
    let client = || -> Result<Vec<(String, Instant)>> {
        let mut connection = Client::connect(port)?;
        let mut done = Vec::new();
        while let Some(person) = people.get(next.fetch_add(1, Ordering::Relaxed)) {
            let status = connection.one_click(links.of(*person)?)?;
            let at = now();
            ensure!(status == 200, "an opt-out was answered with {status}");
            done.push((address(*person), at));
            thread::sleep(pause);
        }
        Ok(done)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        let mut all = HashMap::new();
        for thread in threads {
            all.extend(thread.join().map_err(|_| anyhow::anyhow!("a client panicked"))??);
        }
        Ok(all)
    })
}

fn measure(mails: &[Mail], acknowledged: &HashMap<String, Instant>, tally: &mut Tally) -> Result<()> {
    let (mut whole, mut late) = (HashMap::<&str, usize>::new(), 0);
    for mail in mails {
        let opted_out =
            acknowledged.get(&mail.recipient).context("somebody was mailed who never opted out")?;
        let gap = mail.begun.saturating_duration_since(*opted_out);
        late += usize::from(gap > Duration::ZERO);
        tally.largest_gap = tally.largest_gap.max(Some(gap));
        tally.promise(gap <= LEASE, || {
            format!("a message began {:.3} s after the opt-out", gap.as_secs_f64())
        });
        *whole.entry(&mail.recipient).or_default() += usize::from(mail.whole);
    }
    let twice = whole.values().filter(|count| **count > 1).count();
    tally.promise(twice == 0, || format!("{twice} people were mailed twice"));
    tally.count("messages", whole.len());
    tally.count("begun within the second after", late);
    tally.count("never mailed", acknowledged.len() - whole.len());
    Ok(())
}
