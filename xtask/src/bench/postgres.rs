//! Nodes on one PostgreSQL: opt-outs per second and decisions per second with one, two and three of them, beside `pgbench`, which
//! changes one row per transaction, durably, on the same server. Nodes, clients and server share this machine.

use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context as _, Result, ensure};

use super::Measured;
use crate::chaos::http::Client;
use crate::product::{Choice, Links, Mailing, PATIENCE, Person, Product, Stage, choice, now};
use crate::servers::{Cluster, ClusterOptions};

const PEOPLE: usize = 50_000;
const OPT_OUTS: usize = 20_000;
const RUNS: usize = 3;
/// Commits of each of `pgbench`'s connections.
const COMMITS: usize = 1_000;
const PEOPLE_QUICK: usize = 600;
const OPT_OUTS_QUICK: usize = 400;
const RUNS_QUICK: usize = 1;
const COMMITS_QUICK: usize = 20;
const NODES_MAX: usize = 3;
/// Connections of all nodes together, each with one request at a time.
const CLIENTS: usize = 512;
/// Connections of `pgbench`, each with one transaction at a time: with more of them it commits less.
const PEER_CLIENTS: usize = 64;
/// One of so many opt-outs comes before the clock starts, so that the nodes have their connections.
const WARM_UP_EVERY: usize = 10;
/// Checkpoints would come in the middle of some measurements and not of others.
const SETTINGS: [(&str, &str); 2] = [("max_wal_size", "8GB"), ("checkpoint_timeout", "1h")];
const STAGE: &str = "stage";
const ROUND: &str = "round";
const PEER: &str = "peer";

struct Bench {
    cluster: Cluster,
    stage: Stage,
    links: Links,
    people: usize,
    /// Who opts out.
    pressing: Vec<Person>,
    commits: usize,
}

pub(super) fn run(binary: &Path, quick: bool) -> Result<Vec<Measured>> {
    let (people, opt_outs, runs, commits) = if quick {
        (PEOPLE_QUICK, OPT_OUTS_QUICK, RUNS_QUICK, COMMITS_QUICK)
    } else {
        (PEOPLE, OPT_OUTS, RUNS, COMMITS)
    };
    let settings = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let options = ClusterOptions { settings, ..ClusterOptions::default() };
    let Some(cluster) = Cluster::start(&options)? else { return Ok(Vec::new()) };
    prepare_peer(&cluster, people)?;
    cluster.create_database(STAGE, "template0")?;
    let stage = Stage::on_database(binary, people, &cluster.url(STAGE))?;
    stage.fill()?;
    let links = stage.links()?;
    let pressing = (0..people).filter(|person| choice(*person) != Choice::No).take(opt_outs).collect();
    let bench = Bench { cluster, stage, links, people, pressing, commits };
    bench.measure(runs)
}

impl Bench {
    fn measure(&self, runs: usize) -> Result<Vec<Measured>> {
        let mut theirs = Vec::new();
        let (mut opt_outs, mut decisions) = (vec![Vec::new(); NODES_MAX], vec![Vec::new(); NODES_MAX]);
        for _ in 0..runs {
            theirs.push(pgbench(&self.cluster, self.people, self.commits)?);
            for nodes in 1..=NODES_MAX {
                opt_outs[nodes - 1].push(self.opt_outs(nodes)?);
                decisions[nodes - 1].push(self.decisions(nodes)?);
            }
        }
        let peer = Measured::new("pgbench, one UPDATE", "commits/s", theirs);
        let name = |what: &str, at: usize| {
            let nodes = at + 1;
            format!("{what}, {nodes} node{}", if nodes == 1 { "" } else { "s" })
        };
        let measured = |what: &'static str, unit: &'static str, rates: Vec<Vec<f64>>| {
            let lines = rates.into_iter().enumerate();
            let peer = &peer;
            lines.map(move |(at, rates)| Measured::new(name(what, at), unit, rates).beside(peer))
        };
        let mut all: Vec<_> = measured("one-click POST", "requests/s", opt_outs).collect();
        all.extend(measured("campaign run --dry-run", "decisions/s", decisions));
        let people = self.people;
        let note = format!(
            "{people} people or rows, {CLIENTS} connections to the nodes, {PEER_CLIENTS} to pgbench, fsync on"
        );
        all.push(peer.noting(note));
        Ok(all)
    }

    /// Opt-outs per second through so many nodes.
    fn opt_outs(&self, nodes: usize) -> Result<f64> {
        self.cluster.create_database(ROUND, STAGE)?;
        let (url, folder) = (self.cluster.url(ROUND), self.stage.round_folder()?);
        let (mut servers, mut ports) = (Vec::new(), Vec::new());
        for number in 1..=nodes {
            let node = self.stage.node(&folder.path().join(format!("node-{number}")), &url)?;
            let (server, port) = node.serve()?;
            servers.push(server);
            ports.push(port);
        }
        let (warm_up, people) = self.pressing.split_at(self.pressing.len() / WARM_UP_EVERY);
        press(&ports, warm_up, &self.links)?;
        let rate = press(&ports, people, &self.links)?;
        drop(servers);
        self.cluster.drop_database(ROUND)?;
        Ok(rate)
    }

    /// Decisions per second of so many nodes, each of which decides for everybody.
    fn decisions(&self, nodes: usize) -> Result<f64> {
        let folder = self.stage.round_folder()?;
        let file = folder.path().join("forecast.toml");
        // Nothing is sent, so that it doesn't matter who listens on this port.
        Mailing::new("forecast", 25, 1).write(&file)?;
        let products: Vec<Product> = (1..=nodes)
            .map(|number| {
                let data = folder.path().join(format!("node-{number}"));
                self.stage.node(&data, &self.cluster.url(STAGE))
            })
            .collect::<Result<_>>()?;
        let command = ["campaign".as_ref(), "run".as_ref(), file.as_os_str(), "--dry-run".as_ref()];
        let begun = now();
        let running: Vec<_> =
            products.iter().map(|product| product.start_guarded(&command)).collect::<Result<_>>()?;
        for forecast in running {
            let audience = forecast.wait(PATIENCE)?.json(&[0])?["audience"].as_u64();
            ensure!(audience == Some(self.people as u64), "{audience:?} decisions, not {}", self.people);
        }
        Ok((nodes * self.people) as f64 / begun.elapsed().as_secs_f64())
    }
}

/// Everybody opts out once, on connections that are shared out among the nodes; gives the 200s per second.
fn press(ports: &[u16], people: &[Person], links: &Links) -> Result<f64> {
    let next = AtomicUsize::new(0);
    let ready = Barrier::new(CLIENTS + 1);
    let client = |port: u16| -> Result<()> {
        let connection = Client::connect(port);
        // Before it is known whether that went well: the others wait for all.
        ready.wait();
        let mut connection = connection?;
        while let Some(person) = people.get(next.fetch_add(1, Ordering::Relaxed)) {
            let status = connection.one_click(links.of(*person)?)?;
            ensure!(status == 200, "an opt-out was answered with {status}");
        }
        Ok(())
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let port = ports[number % ports.len()];
                let client = &client;
                scope.spawn(move || client(port))
            })
            .collect();
        ready.wait();
        let begun = now();
        for client in clients {
            client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
        }
        Ok(people.len() as f64 / begun.elapsed().as_secs_f64())
    })
}

fn prepare_peer(cluster: &Cluster, rows: usize) -> Result<()> {
    cluster.create_database(PEER, "template0")?;
    cluster.psql_in(PEER, "CREATE TABLE counter (id BIGINT PRIMARY KEY, value BIGINT NOT NULL)")?;
    cluster
        .psql_in(PEER, &format!("INSERT INTO counter SELECT id, 0 FROM generate_series(1, {rows}) AS id"))?;
    cluster.psql_in(PEER, "VACUUM ANALYZE counter").map(drop)
}

/// Transactions per second that change one row each, without the time that connecting takes.
fn pgbench(cluster: &Cluster, rows: usize, commits: usize) -> Result<f64> {
    let mut script = tempfile::tempfile()?;
    writeln!(script, "\\set id random(1, {rows})\nUPDATE counter SET value = value + 1 WHERE id = :id;")?;
    script.rewind()?;
    let mut command = cluster.client("pgbench")?;
    command.args(["-n", "-M", "prepared", "-f", "-", "-c", &PEER_CLIENTS.to_string(), "-j", "2"]);
    command.args(["-t", &commits.to_string(), PEER]).stdin(Stdio::from(script));
    let output = command.output().context("can't run pgbench")?;
    ensure!(output.status.success(), "pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
    rate(&String::from_utf8_lossy(&output.stdout)).context("pgbench tells no rate")
}

/// The rate in what `pgbench` prints.
fn rate(text: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pgbench_commits_on_a_server_of_ours() {
        let Some(cluster) = Cluster::start(&ClusterOptions::default()).unwrap() else { return };
        prepare_peer(&cluster, 100).unwrap();
        let rate = pgbench(&cluster, 100, 2).unwrap();
        assert!(rate > 0.0, "{rate}");
        let changed = cluster.psql_in(PEER, "SELECT sum(value) FROM counter").unwrap();
        assert_eq!(changed, (2 * PEER_CLIENTS).to_string());
    }

    #[test]
    fn reads_the_rate() {
        let text =
            "number of failed transactions: 0 (0.000%)\ntps = 1234.5 (without initial connection time)\n";
        assert_eq!(rate(text), Some(1234.5));
        assert_eq!(rate("tps"), None);
    }
}
