//! Campaigns as jobs: sent by a server that another process tells of them, gone on with where one has died.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use xtask::product::{Choice, Ended, Mailing, PATIENCE, Pace, Product, Receiver, Running, Stage, choice};
use xtask::servers::{Cluster, ClusterOptions, poll_until};

use crate::support::Desk;

/// So few that each takes a while.
const PEOPLE: usize = 120;
const CONNECTIONS: usize = 2;
const SLOW: Pace = Pace { each: Duration::from_millis(60), hiccup_every: 0, hiccup: Duration::ZERO };

struct Brand {
    stage: Stage,
    receiver: Receiver,
    _cluster: Option<Cluster>,
    _folder: TempDir,
}

impl Brand {
    fn new() -> Self {
        Self::at(|binary| Stage::new(binary, PEOPLE).unwrap(), None)
    }

    fn on_postgres() -> (Self, String) {
        let cluster = Cluster::start(&ClusterOptions::default()).unwrap();
        let cluster = cluster.expect("PostgreSQL's programs are installed by `cargo xtask test`");
        cluster.create_database("jobs", "template0").unwrap();
        let url = cluster.url("jobs");
        (Self::at(|binary| Stage::on_database(binary, PEOPLE, &url).unwrap(), Some(cluster)), url)
    }

    fn at(make: impl FnOnce(&Path) -> Stage, cluster: Option<Cluster>) -> Self {
        let stage = make(Path::new(env!("CARGO_BIN_EXE_consentry")));
        stage.fill().unwrap();
        let receiver = Receiver::start(SLOW).unwrap();
        Mailing::new("spring", receiver.port(), CONNECTIONS).write(&stage.path("spring.toml")).unwrap();
        Self { stage, receiver, _cluster: cluster, _folder: tempfile::tempdir().unwrap() }
    }

    fn product(&self) -> Product {
        self.stage.product()
    }

    fn start(&self, more: &[&str]) -> Running {
        let file = self.stage.path("spring.toml");
        let file = file.to_str().unwrap();
        self.product().start(&[&["campaign", "run", file], more].concat()).unwrap()
    }

    fn run(&self, more: &[&str]) -> Ended {
        self.start(more).wait(PATIENCE).unwrap()
    }

    /// Waits until so many mails have arrived.
    fn until(&self, mails: usize) {
        let arrived = poll_until(PATIENCE, || Ok(self.receiver.whole() >= mails)).unwrap();
        assert!(arrived, "{} mails", self.receiver.whole());
    }

    /// The job of the campaign, once it is in one of these states.
    fn job(&self, states: &[&str]) -> Value {
        let mut seen = Value::Null;
        let found = poll_until(PATIENCE, || {
            let page = self.product().json(&["job", "list", "--kind", "campaign"])?;
            seen = page["data"][0].clone();
            Ok(seen["state"].as_str().is_some_and(|state| states.contains(&state)))
        });
        assert!(found.unwrap(), "never {states:?}: {seen}");
        seen
    }

    /// Everybody who may got it once, but those in doubt.
    fn everybody_once(&self, in_doubt: u64) {
        self.receiver.settle().unwrap();
        let wanted = recipients();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for mail in self.receiver.mails().into_iter().filter(|mail| mail.whole) {
            *counts.entry(mail.recipient).or_default() += 1;
        }
        assert!(counts.values().all(|count| *count == 1), "{counts:?}");
        let missing = wanted - counts.len();
        assert!(missing as u64 <= in_doubt, "{missing} got nothing, {in_doubt} are in doubt");
    }
}

fn recipients() -> usize {
    (0..PEOPLE).filter(|person| choice(*person) != Choice::No).count()
}

fn interrupt(running: &Running) {
    let sent = Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_server_sends_what_another_process_starts_and_goes_on_without_it() {
    let brand = Brand::new();
    let (_serving, _) = brand.product().serve().unwrap();
    let waiting = brand.start(&[]);
    brand.until(10);
    // Whoever waits leaves: the server goes on.
    interrupt(&waiting);
    let left = waiting.wait(PATIENCE).unwrap();
    assert_eq!(left.code, Some(4), "{}{}", left.stdout, left.stderr);
    assert!(left.stderr.contains("the server goes on sending spring"), "{}", left.stderr);
    let job = brand.job(&["running"]);
    let id = job["id"].as_str().unwrap();
    assert!(left.stderr.contains(&format!("consentry job cancel {id}")), "{}", left.stderr);
    assert!(job["actor"].as_str().unwrap().starts_with("cli"), "{job}");
    // Another one joins, and hears how it ended.
    let report = brand.run(&[]).json(&[0]).unwrap();
    assert_eq!(report["sent"], recipients());
    assert_eq!(report["state"], "finished");
    brand.everybody_once(0);
    let done = brand.product().json(&["job", "show", id]).unwrap();
    assert_eq!((&done["state"], &done["progress"]["done"]), (&"done".into(), &PEOPLE.into()), "{done}");
    assert_eq!(done["result"]["sent"], recipients());
    // Nothing is sent a second time.
    let again = brand.run(&[]).json(&[0]).unwrap();
    assert_eq!(again["alreadyFinished"], true);
    brand.everybody_once(0);
    let report = brand.run(&["--again"]).json(&[0]).unwrap();
    assert_eq!(report["sent"], recipients());
    assert_eq!(brand.receiver.whole(), 2 * recipients());
}

#[test]
fn a_server_that_is_killed_goes_on_when_it_is_started_again() {
    let brand = Brand::new();
    let (serving, _) = brand.product().serve().unwrap();
    let waiting = brand.start(&[]);
    brand.until(20);
    assert!(serving.kill().unwrap());
    let (_serving, _) = brand.product().serve().unwrap();
    let report = waiting.wait(PATIENCE).unwrap().json(&[0, 4]).unwrap();
    let in_doubt = report["inDoubt"].as_u64().unwrap();
    assert_eq!(report["sent"].as_u64().unwrap() + in_doubt, recipients() as u64, "{report}");
    brand.everybody_once(in_doubt);
    assert_eq!(brand.job(&["done"])["attempts"], 2);
}

#[test]
fn without_a_server_the_command_sends_and_a_server_goes_on_where_it_was_killed() {
    let brand = Brand::new();
    let sending = brand.start(&[]);
    brand.until(20);
    let tells = || Ok(brand.job(&["running"])["progress"]["unit"] == "messages");
    assert!(poll_until(PATIENCE, tells).unwrap(), "it tells how far it is");
    assert!(sending.kill().unwrap());
    let (serving, _) = brand.product().serve().unwrap();
    let done = brand.job(&["done"]);
    brand.everybody_once(done["result"]["inDoubt"].as_u64().unwrap());
    // Where nobody kills it, it does all of it by itself.
    assert!(serving.kill().unwrap());
    let report = brand.run(&["--again"]).json(&[0]).unwrap();
    assert_eq!(report["sent"], recipients());
    assert_eq!(brand.job(&["done"])["result"]["sent"], recipients());
}

#[test]
fn what_is_stopped_by_hand_stays_stopped_until_somebody_asks() {
    let brand = Brand::new();
    let sending = brand.start(&[]);
    brand.until(10);
    interrupt(&sending);
    assert_eq!(sending.wait(PATIENCE).unwrap().code, Some(4));
    assert_eq!(brand.job(&["cancelled"])["state"], "cancelled");
    let (_serving, _) = brand.product().serve().unwrap();
    let sent = brand.receiver.whole();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(brand.receiver.whole(), sent, "a server that is started doesn't go on by itself");
    // Asked to, it does; and ends when it is told to.
    let waiting = brand.start(&[]);
    brand.until(sent + 10);
    let id = brand.job(&["running"])["id"].as_str().unwrap().to_owned();
    brand.product().json(&["job", "cancel", &id]).unwrap();
    let ended = waiting.wait(PATIENCE).unwrap();
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert!(ended.stderr.contains("was cancelled"), "{}", ended.stderr);
    brand.job(&["cancelled"]);
    let sent = brand.receiver.whole();
    assert!(sent < recipients());
    brand.product().json(&["job", "retry", &id]).unwrap();
    brand.job(&["done"]);
    brand.everybody_once(0);
}

#[test]
fn a_server_says_why_it_sends_nothing() {
    let desk = Desk::new();
    desk.run(&["init", "--public-url", "https://m.shop.example"]).exits(0);
    desk.write("people.csv", "id,email\n1,ann@example.com\n");
    desk.run(&["import", "profiles", "people.csv"]).exits(0);
    let campaign = |subject: &str, port: u16| {
        format!(
            "name = \"t\"\naudience = {{ all = true }}\n[configuration]\nname = \"c\"\nchannel = \"email\"\n\
             category = \"marketing\"\nfrom = \"Shop <n@shop.example>\"\n[configuration.transport]\nhost = \"127.0.0.1\"\n\
             port = {port}\ntls = \"none\"\n[content]\nsubject = \"{subject}\"\nhtml = \"<p>Hi</p>\"\n"
        )
    };
    desk.write("t.toml", campaign("", 9));
    let alone = desk.run(&["campaign", "run", "t.toml"]).exits(5);
    let _serving = desk.serve();
    let served = desk.run(&["campaign", "run", "t.toml"]).exits(5);
    assert_eq!(served.err, alone.err, "it says the same as without a server");
    let dead = desk.run(&["--json", "job", "list", "--state", "dead"]).exits(0).json();
    assert_eq!(dead["data"][0]["error"]["code"], "content-refused");
    let shown = desk.run(&["doctor"]);
    assert!(shown.out.contains("1 campaign DEAD"), "{}", shown.out);
}

#[test]
fn of_two_nodes_one_goes_on_where_the_other_dies() {
    let (brand, url) = Brand::on_postgres();
    let node = brand.stage.node(&brand.stage.path("second"), &url).unwrap();
    let (first, _) = brand.product().serve().unwrap();
    let (_second, _) = node.serve().unwrap();
    let waiting = brand.start(&[]);
    brand.until(20);
    assert!(first.kill().unwrap());
    let report = waiting.wait(PATIENCE).unwrap().json(&[0, 4]).unwrap();
    let in_doubt = report["inDoubt"].as_u64().unwrap();
    assert_eq!(report["sent"].as_u64().unwrap() + in_doubt, recipients() as u64, "{report}");
    brand.everybody_once(in_doubt);
    brand.job(&["done"]);
}
