//! Nodes that carry out one run together, restarted when they end before it does, as a service manager would.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::campaign::ENDED;
use crate::product::{PATIENCE, Product, Running, Stage, now};

/// Before a node that gave up is started again.
const PAUSE: Duration = Duration::from_millis(500);
/// A node may give up while its database is down, but not for ever.
const GIVEN_UP_MAX: usize = 200;

/// `campaign run` of the same file as nodes on one database.
#[derive(Debug)]
pub(super) struct Senders {
    command: [OsString; 3],
    nodes: Vec<Sender>,
    /// How often a node ended with an error.
    pub given_up: usize,
    /// What the last of those said.
    pub last_words: String,
}

#[derive(Debug)]
struct Sender {
    product: Product,
    running: Option<Running>,
    /// When it may be started again.
    again: Instant,
    /// It has seen the run's end.
    done: bool,
}

impl Senders {
    /// Starts `count` nodes on the database at `url`, with their data directories in `folder`.
    pub(super) fn start(stage: &Stage, folder: &Path, url: &str, count: usize, file: &Path) -> Result<Self> {
        let command = ["campaign".into(), "run".into(), file.as_os_str().to_owned()];
        let mut nodes = Vec::new();
        for number in 1..=count {
            let product = stage.node(&folder.join(format!("send-{number}")), url)?;
            nodes.push(Sender { product, running: None, again: now(), done: false });
        }
        let mut senders = Self { command, nodes, given_up: 0, last_words: String::new() };
        senders.look_after()?;
        Ok(senders)
    }

    pub(super) fn products(&self) -> impl Iterator<Item = &Product> {
        self.nodes.iter().map(|node| &node.product)
    }

    pub(super) fn count(&self) -> usize {
        self.nodes.len()
    }

    /// Whether all have seen the run's end.
    pub(super) fn done(&self) -> bool {
        self.nodes.iter().all(|node| node.done)
    }

    /// SIGKILL to one; it may be started again after `pause`. Answers whether it ran until then.
    pub(super) fn kill(&mut self, index: usize, pause: Duration) -> Result<bool> {
        let node = &mut self.nodes[index];
        node.again = now() + pause;
        node.running.take().map_or(Ok(false), Running::kill)
    }

    /// Takes notice of those that have ended, and starts those that shall run.
    pub(super) fn look_after(&mut self) -> Result<()> {
        for node in &mut self.nodes {
            if let Some(mut running) = node.running.take() {
                if running.runs()? {
                    node.running = Some(running);
                    continue;
                }
                let ended = running.wait(PATIENCE)?;
                node.done = ended.code.is_some_and(|code| ENDED.contains(&code));
                if let Err(error) = ended.expect(&ENDED) {
                    self.given_up += 1;
                    self.last_words = error.to_string();
                    node.again = now() + PAUSE;
                }
            }
            ensure!(self.given_up < GIVEN_UP_MAX, "nodes give up again and again: {}", self.last_words);
            if !node.done && now() >= node.again {
                node.running = Some(node.product.start_guarded(&self.command)?);
            }
        }
        Ok(())
    }

    /// What the run reports once it has ended.
    pub(super) fn report(&self) -> Result<serde_json::Value> {
        self.nodes[0].product.run(&self.command)?.json(&ENDED)
    }

    /// What became of one person, as `campaign explain` tells.
    pub(super) fn explain(&self, campaign: &str, address: &str) -> Result<serde_json::Value> {
        self.nodes[0].product.json(&["campaign", "explain", campaign, address])
    }
}
