//! Nodes that take opt-outs, some of which are down at times, and people who try one after the other until their no is
//! acknowledged.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::http::Client;
use crate::product::{Links, PATIENCE, Person, Product, Running, Stage, now};

/// Before the next try after one that failed.
const RETRY: Duration = Duration::from_millis(50);

/// `serve` as nodes on one database.
#[derive(Debug)]
pub(super) struct Doors {
    nodes: Vec<Product>,
    running: Vec<Option<Running>>,
    ports: Ports,
}

/// Where the nodes listen; 0 while one is down.
#[derive(Debug)]
pub(super) struct Ports(Vec<AtomicU16>);

impl Doors {
    /// Starts `count` nodes on the database at `url`, with their data directories in `folder`.
    pub(super) fn open(stage: &Stage, folder: &Path, url: &str, count: usize) -> Result<Self> {
        let (mut nodes, mut running, mut ports) = (Vec::new(), Vec::new(), Vec::new());
        for number in 1..=count {
            let node = stage.node(&folder.join(format!("serve-{number}")), url)?;
            let (server, port) = node.serve()?;
            nodes.push(node);
            running.push(Some(server));
            ports.push(AtomicU16::new(port));
        }
        Ok(Self { nodes, running, ports: Ports(ports) })
    }

    pub(super) fn nodes(&self) -> &[Product] {
        &self.nodes
    }

    /// What clients need: the rest can be killed meanwhile.
    pub(super) fn split(&mut self) -> (&Ports, Killer<'_>) {
        (&self.ports, Killer { nodes: &self.nodes, running: &mut self.running, ports: &self.ports })
    }

    /// Kills all of them, at once after the last answer.
    pub(super) fn close(&mut self) -> Result<()> {
        self.running.drain(..).flatten().try_for_each(|server| server.kill().map(drop))
    }
}

/// Kills nodes and starts them again.
pub(super) struct Killer<'a> {
    nodes: &'a [Product],
    running: &'a mut [Option<Running>],
    ports: &'a Ports,
}

impl Killer<'_> {
    pub(super) fn count(&self) -> usize {
        self.nodes.len()
    }

    /// SIGKILL; answers whether it ran until then.
    pub(super) fn kill(&mut self, index: usize) -> Result<bool> {
        self.ports.0[index].store(0, Ordering::SeqCst);
        self.running[index].take().map_or(Ok(false), Running::kill)
    }

    /// Starts those that don't run, killed or ended. Gives how many had ended by themselves.
    pub(super) fn restart(&mut self) -> Result<usize> {
        let mut ended = 0;
        for (index, slot) in self.running.iter_mut().enumerate() {
            if let Some(server) = slot {
                if server.runs()? {
                    continue;
                }
                ended += 1;
            }
            let (server, port) = self.nodes[index].serve()?;
            *slot = Some(server);
            self.ports.0[index].store(port, Ordering::SeqCst);
        }
        Ok(ended)
    }
}

/// What the people saw.
#[derive(Debug, Default)]
pub(super) struct Pressed {
    /// The moment of each 200.
    pub acknowledged: HashMap<Person, Instant>,
    /// Tried, perhaps taken, never acknowledged.
    pub open: Vec<Person>,
    /// Never tried.
    pub untouched: Vec<Person>,
    /// Tries answered with 503.
    pub refused: usize,
    /// Tries without an answer.
    pub unanswered: usize,
    /// Answers that there should be none of.
    pub odd: Vec<u16>,
}

impl Pressed {
    pub(super) fn people(&self) -> Vec<Person> {
        let mut people: Vec<_> = self.acknowledged.keys().copied().collect();
        people.sort_unstable();
        people
    }

    fn add(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.open.extend(other.open);
        self.refused += other.refused;
        self.unanswered += other.unanswered;
        self.odd.extend(other.odd);
    }
}

/// How people press.
#[derive(Clone, Copy, Debug)]
pub(super) struct Press<'a> {
    pub ports: &'a Ports,
    pub links: &'a Links,
    /// At a time.
    pub clients: usize,
    /// Of each client, after each person.
    pub pause: Duration,
    /// From now on nobody begins; who has begun goes on.
    pub stop: &'a AtomicBool,
}

impl Press<'_> {
    /// Everybody opts out, each trying until it is acknowledged.
    pub(super) fn all(self, people: &[Person]) -> Result<Pressed> {
        let next = AtomicUsize::new(0);
        let mut pressed = thread::scope(|scope| {
            let clients: Vec<_> = (0..self.clients)
                .map(|number| {
                    scope.spawn({
                        let next = &next;
                        move || self.one_client(number, people, next)
                    })
                })
                .collect();
            let mut pressed = Pressed::default();
            for client in clients {
                pressed.add(client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??);
            }
            anyhow::Ok(pressed)
        })?;
        let begun = next.into_inner().min(people.len());
        pressed.untouched = people[begun..].to_vec();
        Ok(pressed)
    }

    fn one_client(self, number: usize, people: &[Person], next: &AtomicUsize) -> Result<Pressed> {
        let mut pressed = Pressed::default();
        let mut door = Door { ports: self.ports, index: number, connection: None };
        while !self.stop.load(Ordering::SeqCst) {
            let Some(person) = people.get(next.fetch_add(1, Ordering::SeqCst)) else { break };
            self.one_person(*person, &mut door, &mut pressed)?;
            thread::sleep(self.pause);
        }
        Ok(pressed)
    }

    fn one_person(self, person: Person, door: &mut Door<'_>, pressed: &mut Pressed) -> Result<()> {
        let begun = now();
        while begun.elapsed() < PATIENCE {
            match door.one_click(self.links.of(person)?) {
                Ok(200) => {
                    pressed.acknowledged.insert(person, now());
                    return Ok(());
                }
                Ok(503) => pressed.refused += 1,
                Ok(other) => pressed.odd.push(other),
                Err(_) => pressed.unanswered += 1,
            }
            thread::sleep(RETRY);
            door.next();
        }
        pressed.open.push(person);
        Ok(())
    }
}

/// The node that a client talks to at the moment.
struct Door<'a> {
    ports: &'a Ports,
    index: usize,
    connection: Option<Client>,
}

impl Door<'_> {
    fn one_click(&mut self, link: &str) -> Result<u16> {
        let port = || self.ports.0[self.index % self.ports.0.len()].load(Ordering::SeqCst);
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Client::connect(Some(port()).filter(|port| *port > 0).context("the node is down")?)?,
        };
        let status = connection.one_click(link)?;
        // Kept only after a whole answer.
        self.connection = Some(connection);
        Ok(status)
    }

    fn next(&mut self) {
        self.index += 1;
        self.connection = None;
    }
}
