//! A primary with a synchronous standby: the primary is killed under one-click POSTs and the standby promoted. The nodes know
//! both by name and find the new primary by themselves; whatever was answered with 200 is there.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::checks;
use super::doors::{Doors, Press, Pressed};
use super::nodes::same_ledger;
use super::opt_outs::recipients;
use super::{Context, Kind, Tally, progress};
use crate::product::{Links, Person, Stage, now};
use crate::servers::{Cluster, ClusterOptions};

const DOORS: usize = 2;
const CLIENTS: usize = 16;
/// How long the opt-outs would take if nothing happened.
const TIME: Duration = Duration::from_secs(4);
/// Longest time until somebody takes notice and promotes the standby.
const UNNOTICED: Duration = Duration::from_secs(2);
/// The database, on both.
const STAGE: &str = "stage";

pub(super) fn run(context: &mut Context<'_>, rounds: usize) -> Result<Tally> {
    let mut tally = Tally::default();
    let Some(cluster) = Cluster::start(&ClusterOptions::default())? else {
        tally.skipped = true;
        return Ok(tally);
    };
    cluster.create_database(STAGE, "template0")?;
    let stage = Stage::on_database(context.binary, context.size.opt_out_people, &cluster.url(STAGE))?;
    stage.fill()?;
    let links = stage.links()?;
    for round in 1..=rounds {
        tally.rounds = round;
        let outcome = one_round(context, &cluster, &stage, &links, &mut tally);
        tally.hold(outcome);
        progress(Kind::Failover, round, rounds, &tally);
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
    // A copy, since it won't outlive the round.
    let primary = cluster.standby(false)?;
    primary.promote()?;
    let standby = primary.standby(true)?;
    let (url, folder) = (primary.url_with(&standby, STAGE), stage.round_folder()?);
    let mut people = recipients(context.size.opt_out_people);
    context.random.shuffle(&mut people);
    // Some never opt out.
    let (people, others) = people.split_at(people.len() * 7 / 8);
    let mut doors = Doors::open(stage, folder.path(), &url, DOORS)?;
    let pressed = press_and_fail_over(context, &primary, &standby, &mut doors, people, links, tally)?;
    doors.close()?;
    tally.count("opt-outs acknowledged", pressed.acknowledged.len());
    tally.count("tries refused", pressed.refused);
    tally.count("tries without an answer", pressed.unanswered);
    tally.promise(pressed.odd.is_empty(), || format!("opt-outs were answered with {:?}", pressed.odd));
    tally.promise(pressed.open.is_empty(), || {
        format!("{} people never got an answer to their opt-out", pressed.open.len())
    });
    let acknowledged = pressed.people();
    let node = &doors.nodes()[0];
    checks::all_opted_out(node, folder.path(), &acknowledged)?;
    checks::none_opted_out(node, folder.path(), others)?;
    if let Some(person) = acknowledged.last() {
        checks::excluded(node, *person)?;
    }
    same_ledger(&doors.nodes().iter().collect::<Vec<_>>())
}

fn press_and_fail_over(
    context: &mut Context<'_>,
    primary: &Cluster,
    standby: &Cluster,
    doors: &mut Doors,
    people: &[Person],
    links: &Links,
    tally: &mut Tally,
) -> Result<Pressed> {
    let (after, unnoticed) = (context.random.up_to(TIME), context.random.up_to(UNNOTICED));
    let pause = TIME.mul_f64(CLIENTS as f64 / people.len() as f64);
    let stop = AtomicBool::new(false);
    let (ports, mut servers) = doors.split();
    let press = Press { ports, links, clients: CLIENTS, pause, stop: &stop };
    let (pressed, promoted) = thread::scope(|scope| {
        let clients = scope.spawn(|| press.all(people));
        thread::sleep(after);
        let killed = primary.kill9_postmaster();
        thread::sleep(unnoticed);
        let promoted = killed.and_then(|()| standby.promote()).map(|()| now());
        // Without a primary nobody would ever get an answer.
        stop.store(promoted.is_err(), Ordering::SeqCst);
        let pressed = clients.join().map_err(|_| anyhow::anyhow!("the clients panicked"))?;
        anyhow::Ok((pressed?, promoted?))
    })?;
    tally.kills += 1;
    let ended = servers.restart()?;
    ensure!(ended == 0, "{ended} nodes ended instead of looking for the new primary");
    let first = pressed.acknowledged.values().filter_map(|at| at.checked_duration_since(promoted)).min();
    if let Some(first) = first {
        tally.count("ms from promotion to the next 200, summed up", first.as_millis() as usize);
    }
    Ok(pressed)
}
