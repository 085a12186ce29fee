//! Messages per second of a campaign run, beside Postfix's `smtp-source` with the same messages, into Postfix's `smtp-sink`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::{Measured, median};
use crate::product::{DkimKey, Ended, Mailing, Pace, Receiver, Stage, write_addresses};
use crate::servers::{SmtpSink, Source, find_program, smtp_source};

const PEOPLE: usize = 20_000;
const RUNS: usize = 3;
const PEOPLE_QUICK: usize = 500;
const RUNS_QUICK: usize = 1;
/// SMTP sessions at a time, theirs and ours.
const SESSIONS: usize = 20;

/// The runs of one way to sign.
struct Variant {
    what: &'static str,
    dkim: Vec<DkimKey>,
    rates: Vec<f64>,
    cpu: Vec<f64>,
}

pub(super) fn run(binary: &Path, quick: bool) -> Result<Vec<Measured>> {
    let (people, runs) = if quick { (PEOPLE_QUICK, RUNS_QUICK) } else { (PEOPLE, RUNS) };
    let Some(sink) = SmtpSink::start(&[])? else { return Ok(Vec::new()) };
    let stage = Stage::new(binary, people)?;
    stage.fill()?;
    let message = sample(&stage)?;
    let bytes = message.len();
    let key = |name: &str, options: &[&str]| key(&stage.path(&format!("{name}.pem")), name, options);
    let rsa = key("rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])?;
    let ed25519 = key("ed25519", &["-algorithm", "ED25519"])?;
    let variant = |what, dkim| Variant { what, dkim, rates: Vec::new(), cpu: Vec::new() };
    let mut variants = [
        variant("campaign run, unsigned", Vec::new()),
        variant("campaign run, DKIM RSA-2048", vec![rsa]),
        variant("campaign run, DKIM Ed25519", vec![ed25519]),
    ];
    let mut theirs = Vec::new();
    for _ in 0..runs {
        let mut sent = 0;
        for variant in &mut variants {
            let (ended, messages) = send(&stage, sink.port(), &variant.dkim)?;
            variant.rates.push(messages as f64 / ended.took.as_secs_f64());
            variant.cpu.push(ended.usage.cpu.as_secs_f64() / messages as f64);
            sent = messages;
        }
        let took = peer(sink.port(), sent, &message)?;
        theirs.push(sent as f64 / took.as_secs_f64());
    }
    let peer = Measured::new("smtp-source", "messages/s", theirs);
    let unsigned_cpu = median(&variants[0].cpu);
    let mut all: Vec<_> = variants.into_iter().map(|variant| variant.measured(&peer, unsigned_cpu)).collect();
    all.push(peer.noting(format!("{bytes} bytes a message, {SESSIONS} sessions")));
    Ok(all)
}

impl Variant {
    fn measured(self, peer: &Measured, unsigned_cpu: f64) -> Measured {
        let cpu = median(&self.cpu);
        let signing = 100.0 * (cpu - unsigned_cpu) / cpu;
        let share =
            if self.dkim.is_empty() { String::new() } else { format!(", {signing:.0} % of it for signing") };
        let note = format!("{:.0} µs of CPU time a message{share}", cpu * 1e6);
        Measured::new(self.what, "messages/s", self.rates).beside(peer).noting(note)
    }
}

/// A message as a run sends it.
fn sample(stage: &Stage) -> Result<Vec<u8>> {
    let receiver = Receiver::start(Pace::default())?;
    let audience = stage.path("one.csv");
    write_addresses(&audience, &[0])?;
    let mut mailing = Mailing::new("sample", receiver.port(), 1);
    mailing.audience = Some(audience);
    let file = stage.path("sample.toml");
    mailing.write(&file)?;
    let (_folder, product) = stage.round()?;
    product.json(&["campaign".as_ref(), "run".as_ref(), file.as_os_str()])?;
    receiver.sample().context("the sample didn't arrive")
}

fn send(stage: &Stage, port: u16, dkim: &[DkimKey]) -> Result<(Ended, u64)> {
    let mut mailing = Mailing::new("bench", port, SESSIONS);
    mailing.dkim = dkim.to_vec();
    let file = stage.path("bench.toml");
    mailing.write(&file)?;
    let (_folder, product) = stage.round()?;
    let ended = product.run(&["campaign".as_ref(), "run".as_ref(), file.as_os_str()])?;
    let sent = ended.json(&[0])?["sent"].as_u64().context("the run doesn't tell what it sent")?;
    ensure!(sent > 0, "nothing was sent");
    Ok((ended, sent))
}

fn peer(port: u16, mails: u64, message: &[u8]) -> Result<Duration> {
    let source = Source {
        mails,
        sessions: SESSIONS as u32,
        message: Some(message.to_vec()),
        from: "b@example.com".to_owned(),
        to: "person@people.example".to_owned(),
        // A session is kept for many messages, as ours are.
        options: vec!["-d".to_owned()],
    };
    smtp_source(port, &source)?.context("smtp-sink is there, smtp-source isn't")
}

fn key(file: &Path, selector: &str, options: &[&str]) -> Result<DkimKey> {
    let openssl = find_program("openssl").unwrap_or_else(|| PathBuf::from("openssl"));
    let output = Command::new(openssl).arg("genpkey").args(options).arg("-out").arg(file).output();
    let output = output.context("can't run openssl")?;
    ensure!(output.status.success(), "openssl failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(DkimKey { selector: selector.to_owned(), file: file.to_owned() })
}
