//! Promise I1 for text messages, seen from outside: people reply STOP, in several wordings, while a run goes on, and the network
//! of phones tells when each text began. On SQLite, and on PostgreSQL where it is installed.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::http::Client;
use super::silence::LEASE;
use super::{Context, Kind, Tally, checks, progress};
use crate::product::{PATIENCE, Pace, Person, Phones, Product, Stage, import, now};
use crate::servers::{Cluster, ClusterOptions, poll_until};

const CONNECTIONS: usize = 12;
/// The slowest network lets every permit run out while its text waits for an answer to the one before.
const HICCUPS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(900), Duration::from_millis(1600)];
const HICCUP_EVERY: usize = 40;
/// How long the run shall take if nothing stumbles.
const RUN: Duration = Duration::from_secs(4);
const SENDER: &str = "+15005550006";
const SECRET: &str = "a-secret-of-the-network";
const STOPS: [&str; 6] =
    ["STOP", "please stop texting me", "Stopp", "take me off your list", "ARRET", "stop all messages now"];

pub(super) fn run(context: &mut Context<'_>, rounds: usize) -> Result<Tally> {
    let mut tally = Tally::default();
    let cluster = Cluster::start(&ClusterOptions::default())?;
    for round in 1..=rounds {
        tally.rounds = round;
        let stage = Stage::new(context.binary, 0)?;
        let outcome = one_round(context, &stage, &mut tally);
        tally.hold(outcome);
        if let Some(cluster) = &cluster {
            let name = format!("stops_{round}");
            cluster.create_database(&name, "template0")?;
            let stage = Stage::on_database(context.binary, 0, &cluster.url(&name))?;
            let outcome = one_round(context, &stage, &mut tally);
            tally.hold(outcome);
        }
        progress(Kind::Stops, round, rounds, &tally);
    }
    Ok(tally)
}

fn one_round(context: &mut Context<'_>, stage: &Stage, tally: &mut Tally) -> Result<()> {
    let (count, clients) = (context.size.silence_people, context.size.silence_clients);
    let mut people: Vec<Person> = (0..count).collect();
    context.random.shuffle(&mut people);
    let each = RUN.mul_f64(CONNECTIONS as f64 / count as f64);
    let pace = Pace { each, hiccup_every: HICCUP_EVERY, hiccup: HICCUPS[tally.rounds % HICCUPS.len()] };
    let phones = Phones::start(pace)?;
    let product = stage.product();
    write_files(stage, count, phones.port())?;
    import(&product, &stage.path("phones.csv"))?;
    let configuration = stage.path("consentry.toml");
    let (_server, port) = product.serve_with(&["--config".as_ref(), configuration.as_os_str()])?;
    let file = stage.path("texts.toml");
    let mut sending = product.start(&["campaign".as_ref(), "run".as_ref(), file.as_os_str()])?;
    // From the first text on, so that the replies spread over the whole run.
    poll_until(PATIENCE, || Ok(!phones.sent().is_empty() || !sending.runs()?))?;
    let pause = RUN.mul_f64(clients as f64 / count as f64);
    let acknowledged = reply_all(port, &people, clients, pause)?;
    let report = sending.wait(PATIENCE)?.json(&[0])?;
    tally.count("texts to stop", acknowledged.len());
    measure(&phones, &acknowledged, tally)?;
    let sent = checks::number(&report, "sent")?;
    let arrived = phones.sent().len();
    ensure!(sent == arrived, "{arrived} texts arrived, the run reports {sent}");
    all_stopped(&product, stage)?;
    checks::sound(&product)
}

/// A number that is set apart for fiction, and enough others of its kind.
fn number(person: Person) -> String {
    format!("+1{}555{:04}", 201 + person / 10_000, person % 10_000)
}

fn write_files(stage: &Stage, count: usize, port: u16) -> Result<()> {
    let mut rows = "id,phone\n".to_owned();
    for person in 0..count {
        writeln!(rows, "c{person},{}", number(person))?;
    }
    std::fs::write(stage.path("phones.csv"), rows)?;
    std::fs::write(stage.path("secret"), SECRET)?;
    let receiver =
        "[[sms]]\nname = \"net\"\nprovider = \"infobip\"\nsecret = { file = \"secret\" }\nreplies = false\n";
    std::fs::write(stage.path("consentry.toml"), receiver)?;
    let campaign = format!(
        "name = \"texts\"\naudience = {{ all = true }}\n[configuration]\nname = \"net\"\nchannel = \"sms\"\n\
         category = \"marketing\"\nfrom = \"{SENDER}\"\npublic_url = \"http://127.0.0.1:8025\"\n\
         retry = {{ delays = [\"1s\"] }}\n[configuration.transport]\nprovider = \"infobip\"\nsecret_file = \"secret\"\n\
         url = \"http://127.0.0.1:{port}\"\nconnections = {CONNECTIONS}\n[content]\n\
         text = \"Spring sale. Reply STOP to opt out\"\n"
    );
    Ok(std::fs::write(stage.path("texts.toml"), campaign)?)
}

/// Everybody replies, `clients` at a time, each client with a pause after each; gives the moment of each 200.
fn reply_all(
    port: u16,
    people: &[Person],
    clients: usize,
    pause: Duration,
) -> Result<HashMap<String, Instant>> {
    let next = AtomicUsize::new(0);
    let client = || -> Result<Vec<(String, Instant)>> {
        let mut connection = Client::connect(port)?;
        let mut done = Vec::new();
        while let Some(person) = people.get(next.fetch_add(1, Ordering::Relaxed)) {
            let number = number(*person);
            let message = json!({
                "messageId": format!("in-{person}"), "from": number.trim_start_matches('+'),
                "to": SENDER.trim_start_matches('+'), "text": STOPS[person % STOPS.len()],
            });
            let body = json!({ "results": [message], "messageCount": 1 }).to_string();
            let secret = format!("X-Webhook-Secret: {SECRET}\r\n");
            let status = connection.post("/sms/net", "application/json", &secret, &body)?;
            let at = now();
            ensure!(status == 200, "a reply was answered with {status}");
            done.push((number, at));
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

fn measure(phones: &Phones, acknowledged: &HashMap<String, Instant>, tally: &mut Tally) -> Result<()> {
    let (mut texts, mut late) = (HashMap::<String, usize>::new(), 0);
    for sent in phones.sent() {
        let stopped = acknowledged.get(&sent.number).context("somebody was texted who never replied")?;
        let gap = sent.begun.saturating_duration_since(*stopped);
        late += usize::from(gap > Duration::ZERO);
        tally.largest_gap = tally.largest_gap.max(Some(gap));
        tally.promise(gap <= LEASE, || format!("a text began {:.3} s after STOP", gap.as_secs_f64()));
        *texts.entry(sent.number).or_default() += 1;
    }
    let twice = texts.values().filter(|count| **count > 1).count();
    tally.promise(twice == 0, || format!("{twice} people were texted twice"));
    tally.count("texts", texts.len());
    tally.count("begun within the second after", late);
    tally.count("never texted", acknowledged.len() - texts.len());
    Ok(())
}

/// A run started now reaches nobody.
fn all_stopped(product: &Product, stage: &Stage) -> Result<()> {
    let file = stage.path("texts.toml");
    let forecast =
        product.json(&["campaign".as_ref(), "run".as_ref(), file.as_os_str(), "--dry-run".as_ref()])?;
    let permitted = checks::number(&forecast, "permitted")?;
    ensure!(permitted == 0, "{permitted} people would be texted although all said STOP");
    Ok(())
}
