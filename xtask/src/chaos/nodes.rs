//! Many nodes on one PostgreSQL: three send one run together and two take opt-outs, while nodes are killed and started again,
//! and PostgreSQL with them.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::campaign::{arrived, mailed_at_most};
use super::checks::{self, number};
use super::doors::{Doors, Killer, Press, Pressed};
use super::opt_outs::recipients;
use super::senders::Senders;
use super::silence::LEASE;
use super::{Context, Kind, Tally, progress};
use crate::product::{
    Choice, Links, Mail, Mailing, PATIENCE, Pace, Person, Product, Receiver, Stage, address, choice, now,
};
use crate::servers::{Cluster, ClusterOptions, StopMode, poll_until};

const SENDERS: usize = 3;
const DOORS: usize = 2;
/// SMTP connections of each sender.
const CONNECTIONS: usize = 4;
const CLIENTS: usize = 16;
/// Of those who can, one of this many opts out during the run.
const OPT_OUT_EVERY: usize = 2;
/// The share of the disturbed time that mailing everybody would take if nothing happened; opt-outs shorten it, faults lengthen it.
const UNDISTURBED: f64 = 1.2;
/// How often nodes are looked after.
const TICK: Duration = Duration::from_millis(20);
/// People in doubt for whom `campaign explain` is asked.
const EXPLAINED_MAX: usize = 10;
const CAMPAIGN: &str = "nodes";
/// The database that each round's is copied from.
const STAGE: &str = "stage";

pub(super) fn run(context: &mut Context<'_>, rounds: usize) -> Result<Tally> {
    let mut tally = Tally::default();
    let Some(cluster) = Cluster::start(&ClusterOptions::default())? else {
        tally.skipped = true;
        return Ok(tally);
    };
    cluster.create_database(STAGE, "template0")?;
    let stage = Stage::on_database(context.binary, context.size.nodes_people, &cluster.url(STAGE))?;
    stage.fill()?;
    let links = stage.links()?;
    for round in 1..=rounds {
        tally.rounds = round;
        let outcome = one_round(context, &cluster, &stage, &links, &mut tally);
        tally.hold(outcome);
        progress(Kind::Nodes, round, rounds, &tally);
    }
    Ok(tally)
}

fn one_round(
    context: &mut Context<'_>,
    cluster: &Cluster,
    stage: &Stage,
    links: &Links,
    tally: &mut Tally,
) -> Result<()> {
    let database = format!("round_{}", tally.rounds);
    cluster.create_database(&database, STAGE)?;
    let (url, folder) = (cluster.url(&database), stage.round_folder()?);
    let mut people = recipients(context.size.nodes_people);
    context.random.shuffle(&mut people);
    let time = context.size.nodes_time.mul_f64(UNDISTURBED);
    let each = time.mul_f64((SENDERS * CONNECTIONS) as f64 / people.len() as f64);
    let receiver = Receiver::start(Pace { each, ..Pace::default() })?;
    let file = stage.path("campaign.toml");
    Mailing::new(CAMPAIGN, receiver.port(), CONNECTIONS).write(&file)?;
    let mut doors = Doors::open(stage, folder.path(), &url, DOORS)?;
    let mut senders = Senders::start(stage, folder.path(), &url, SENDERS, &file)?;
    let (some, others) = people.split_at(people.len() / OPT_OUT_EVERY);
    let scene = Scene { cluster, receiver: &receiver, links, people: some };
    let mut pressed = disturb(context, &scene, &mut doors, &mut senders, tally)?;
    pressed.untouched.extend(others);
    doors.close()?;
    let report = senders.report()?;
    receiver.settle()?;
    tally.count("opt-outs acknowledged", pressed.acknowledged.len());
    tally.count("tries refused", pressed.refused);
    tally.count("tries without an answer", pressed.unanswered);
    tally.count("nodes that gave up", senders.given_up);
    tally.promise(pressed.odd.is_empty(), || format!("opt-outs were answered with {:?}", pressed.odd));
    tally.promise(pressed.open.is_empty(), || {
        format!("{} people never got an answer to their opt-out", pressed.open.len())
    });
    silence(&receiver.mails(), &pressed, tally);
    let outcome = everybody(context.size.nodes_people, &report, &receiver, &pressed, &senders, tally);
    tally.hold(outcome);
    let products: Vec<_> = senders.products().chain(doors.nodes()).collect();
    verify(&products, folder.path(), &pressed)?;
    cluster.drop_database(&database)
}

/// What stays as it is during a round.
struct Scene<'a> {
    cluster: &'a Cluster,
    receiver: &'a Receiver,
    links: &'a Links,
    /// Who opts out.
    people: &'a [Person],
}

/// People opt out and the run goes on, while nodes and database are killed; gives what the people saw.
fn disturb(
    context: &mut Context<'_>,
    scene: &Scene<'_>,
    doors: &mut Doors,
    senders: &mut Senders,
    tally: &mut Tally,
) -> Result<Pressed> {
    let Scene { cluster, receiver, links, people } = *scene;
    let time = context.size.nodes_time;
    let pause = time.mul_f64(UNDISTURBED * CLIENTS as f64 / people.len() as f64);
    let stop = AtomicBool::new(false);
    let (ports, killer) = doors.split();
    let press = Press { ports, links, clients: CLIENTS, pause, stop: &stop };
    let mut faults = Faults { cluster, senders, doors: killer, tally };
    thread::scope(|scope| {
        let clients = scope.spawn(|| {
            // From the first message on, so that the opt-outs spread over the whole run.
            poll_until(PATIENCE, || Ok(!receiver.mails().is_empty()))?;
            press.all(people)
        });
        let outcome = faults.until_done(context, time);
        stop.store(true, Ordering::SeqCst);
        let pressed = clients.join().map_err(|_| anyhow::anyhow!("the clients panicked"))?;
        outcome.and(pressed)
    })
}

struct Faults<'a> {
    cluster: &'a Cluster,
    senders: &'a mut Senders,
    doors: Killer<'a>,
    tally: &'a mut Tally,
}

impl Faults<'_> {
    /// Looks after the senders until the run is done; for `time` something happens to somebody every now and then.
    fn until_done(&mut self, context: &mut Context<'_>, time: Duration) -> Result<()> {
        let between = time / context.size.nodes_faults * 2;
        let begun = now();
        let mut next = begun + context.random.up_to(between);
        while !self.senders.done() {
            let elapsed = begun.elapsed();
            if elapsed > time + PATIENCE {
                bail!("the run doesn't end; a node that gave up said: {}", self.senders.last_words);
            }
            if elapsed < time && now() >= next {
                self.one(context)?;
                next = now() + context.random.up_to(between);
            }
            self.senders.look_after()?;
            thread::sleep(TICK);
        }
        Ok(())
    }

    fn one(&mut self, context: &mut Context<'_>) -> Result<()> {
        let random = &mut context.random;
        match random.below(8) {
            0..=3 => {
                let (index, pause) =
                    (random.below(self.senders.count()), random.up_to(Duration::from_secs(1)));
                let killed = self.senders.kill(index, pause)?;
                self.tally.kills += usize::from(killed);
            }
            4..=5 => {
                let index = random.below(self.doors.count());
                self.tally.kills += usize::from(self.doors.kill(index)?);
            }
            6 => {
                self.cluster.restart(StopMode::Fast)?;
                self.tally.count("restarts of PostgreSQL", 1);
            }
            _ => {
                self.cluster.kill9_postmaster()?;
                thread::sleep(random.up_to(Duration::from_secs(1)));
                self.cluster.start()?;
                self.tally.count("kills of PostgreSQL", 1);
            }
        }
        let ended = self.doors.restart()?;
        self.tally.promise(ended == 0, || format!("{ended} servers ended because their database was away"));
        Ok(())
    }
}

/// Promise I1: no message begins later than the lease after the opt-out's acknowledgement.
fn silence(mails: &[Mail], pressed: &Pressed, tally: &mut Tally) {
    let moments: HashMap<String, Instant> =
        pressed.acknowledged.iter().map(|(person, at)| (address(*person), *at)).collect();
    for mail in mails {
        let Some(opted_out) = moments.get(&mail.recipient) else { continue };
        let gap = mail.begun.saturating_duration_since(*opted_out);
        tally.largest_gap = tally.largest_gap.max(Some(gap));
        tally.promise(gap <= LEASE, || {
            format!("a message began {:.3} s after the opt-out", gap.as_secs_f64())
        });
    }
}

/// Nobody mailed twice; everybody mailed, or excluded for a reason, or reported in doubt.
fn everybody(
    people: usize,
    report: &Value,
    receiver: &Receiver,
    pressed: &Pressed,
    senders: &Senders,
    tally: &mut Tally,
) -> Result<()> {
    mailed_at_most(receiver, 1)?;
    let arrived: HashSet<String> = arrived(receiver).into_keys().collect();
    let (sent, in_doubt) = (number(report, "sent")?, number(report, "inDoubt")?);
    let reasons = report["excluded"].as_object().context("the report names no exclusions")?;
    let excluded: usize = reasons.values().filter_map(Value::as_u64).sum::<u64>() as usize;
    tally.count("messages", arrived.len());
    tally.count("in doubt", in_doubt);
    ensure!(number(report, "audience")? == people, "the audience isn't everybody: {report}");
    ensure!(sent + in_doubt + excluded == people, "the report doesn't add up: {report}");
    ensure!(sent <= arrived.len(), "{} messages arrived, the run reports {sent}", arrived.len());
    ensure!(arrived.len() <= sent + in_doubt, "{} messages arrived: {report}", arrived.len());
    let may_be_excluded: HashSet<Person> =
        pressed.acknowledged.keys().chain(&pressed.open).copied().collect();
    let must_arrive = |person: &Person| choice(*person) != Choice::No && !may_be_excluded.contains(person);
    let missing: Vec<_> =
        (0..people).filter(must_arrive).map(address).filter(|address| !arrived.contains(address)).collect();
    tally.count("of those not arrived", missing.len());
    ensure!(missing.len() <= in_doubt, "{} people were skipped, {in_doubt} reported in doubt", missing.len());
    for address in missing.iter().take(EXPLAINED_MAX) {
        let value = senders.explain(CAMPAIGN, address)?;
        ensure!(value["outcome"] == "inDoubt", "{address} was skipped, and `explain` says {value}");
    }
    Ok(())
}

/// No acknowledged opt-out is missing, nobody else's is there, and every node has the same ledger, which verifies.
fn verify(nodes: &[&Product], folder: &Path, pressed: &Pressed) -> Result<()> {
    let acknowledged = pressed.people();
    let first = nodes.first().context("no node")?;
    checks::all_opted_out(first, folder, &acknowledged)?;
    checks::none_opted_out(first, folder, &pressed.untouched)?;
    if let Some(person) = acknowledged.last() {
        checks::excluded(first, *person)?;
    }
    same_ledger(nodes)
}

/// Every node's ledger verifies, and all have come to the same checkpoint.
pub(super) fn same_ledger(nodes: &[&Product]) -> Result<()> {
    let mut checkpoints = HashSet::new();
    for node in nodes {
        checks::sound(node)?;
        checkpoints.insert(std::fs::read(node.data().join("ledger/checkpoint"))?);
    }
    ensure!(checkpoints.len() == 1, "the nodes' ledgers end with {} checkpoints", checkpoints.len());
    Ok(())
}
