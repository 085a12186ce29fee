//! `cargo xtask bench`: how fast it is, each time beside a peer that is measured in the same minute on the same machine.
//!
//! | name | what | peer |
//! |---|---|---|
//! | `decide` | decisions in memory | one thread against two |
//! | `one-click` | durable one-click POSTs | the same server's `GET /healthz` |
//! | `pages` | time for a page at 1,000 pages/s | the same server's `GET /healthz` at that rate |
//! | `import` | rows of `import profiles` | `sqlite3 .import` of the same file |
//! | `campaign` | messages of `campaign run` | `smtp-source` with the same messages |
//! | `classify` | received mails read, and how well | none |
//! | `sms` | replies to text messages read, and how well | none |
//! | `postgres` | opt-outs and decisions of nodes on one PostgreSQL | `pgbench` with one row changed per commit |
//!
//! Each is measured several times, in turns with its peer; the ratio is that of neighbours in time.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::Value;

mod campaign;
mod classify;
mod import;
mod postgres;
mod sms;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// Decisions in memory
    Decide,
    /// Durable one-click POSTs
    OneClick,
    /// Time for a page at a fixed rate
    Pages,
    /// Rows imported
    Import,
    /// Messages sent
    Campaign,
    /// Received mails read, and how well
    Classify,
    /// Replies to text messages read
    Sms,
    /// Opt-outs and decisions of many nodes
    Postgres,
}

impl Name {
    const ALL: [Self; 8] = [
        Self::Decide,
        Self::OneClick,
        Self::Pages,
        Self::Import,
        Self::Campaign,
        Self::Classify,
        Self::Sms,
        Self::Postgres,
    ];
}

/// What to measure.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Only these
    #[arg(value_enum)]
    pub names: Vec<Name>,
    /// Few and small: shows that it works, not how fast it is
    #[arg(long)]
    pub quick: bool,
    /// This binary for imports, campaigns and nodes, in place of a release build of the workspace
    #[arg(long, value_name = "FILE")]
    pub binary: Option<PathBuf>,
    /// `classify`: a folder of mails with a labels.json; else the one that is found
    #[arg(long, value_name = "DIR")]
    pub mails: Option<PathBuf>,
    /// `sms`: a list of replies, each with its label and a tab before it; else the one that is found
    #[arg(long, value_name = "FILE")]
    pub phrases: Option<PathBuf>,
    /// `classify`, `sms`: print what was read wrongly
    #[arg(long)]
    pub verbose: bool,
}

impl Options {
    fn binary(&self) -> Result<PathBuf> {
        self.binary.clone().map_or_else(crate::product::build_release, Ok)
    }
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// What was measured.
    pub what: String,
    /// The unit, `rows/s`.
    pub unit: String,
    /// A value per run.
    pub runs: Vec<f64>,
    /// The peer, and the ratio to it in each run.
    pub peer: Option<(String, Vec<f64>)>,
    /// What else there is to say.
    pub note: String,
}

impl Measured {
    /// Without a peer or a note.
    pub fn new(what: impl Into<String>, unit: impl Into<String>, runs: Vec<f64>) -> Self {
        Self { what: what.into(), unit: unit.into(), runs, peer: None, note: String::new() }
    }

    /// Compares run by run.
    #[must_use]
    pub fn beside(mut self, peer: &Self) -> Self {
        let ratios = self.runs.iter().zip(&peer.runs).map(|(ours, theirs)| ours / theirs).collect();
        self.peer = Some((peer.what.clone(), ratios));
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Reads a line that a bench program printed.
    fn read(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let numbers =
            |value: &Value| Some(value.as_array()?.iter().filter_map(Value::as_f64).collect::<Vec<_>>());
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let mut measured = Self::new(value["what"].as_str()?, text("unit"), numbers(&value["runs"])?);
        measured.peer =
            value["peer"].as_str().and_then(|peer| Some((peer.to_owned(), numbers(&value["ratios"])?)));
        Some(measured.noting(text("note")))
    }
}

/// Measures and prints.
///
/// # Errors
/// When something can't be built or run.
pub fn run(options: &Options) -> Result<()> {
    let names = if options.names.is_empty() { &Name::ALL[..] } else { &options.names };
    println!("{}", machine());
    if options.quick {
        println!("quick: too small to say how fast anything is");
    }
    for name in names {
        let measured = match name {
            Name::Decide => program("consent", "decide", options.quick),
            Name::OneClick => program("consentry", "one_click", options.quick),
            Name::Pages => program("consentry", "pages", options.quick),
            Name::Import => import::run(&options.binary()?, options.quick),
            Name::Campaign => campaign::run(&options.binary()?, options.quick),
            Name::Classify => {
                classify::run(&options.binary()?, options.mails.as_deref(), options.quick, options.verbose)
            }
            Name::Sms => {
                sms::run(&options.binary()?, options.phrases.as_deref(), options.quick, options.verbose)
            }
            Name::Postgres => postgres::run(&options.binary()?, options.quick),
        }?;
        println!("{}", table(&measured));
    }
    Ok(())
}

fn machine() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    format!("{cores} cores,{}", model.map_or(" unknown processor", |(_, name)| name))
}

/// Runs a `[[bench]]` program of a crate, which prints a JSON object per line.
fn program(package: &str, bench: &str, quick: bool) -> Result<Vec<Measured>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["bench", "--locked", "--quiet", "--package", package, "--bench", bench]);
    if quick {
        command.args(["--", "--quick"]);
    }
    let output = command.current_dir(crate::workspace_root()).stderr(Stdio::inherit()).output();
    let output = output.context("can't run cargo")?;
    if !output.status.success() {
        bail!("the benchmark {bench} failed ({})", output.status);
    }
    let measured: Vec<_> =
        String::from_utf8_lossy(&output.stdout).lines().filter_map(Measured::read).collect();
    if measured.is_empty() {
        bail!("the benchmark {bench} printed nothing");
    }
    Ok(measured)
}

/// The middle one; 0 of none.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn table(measured: &[Measured]) -> String {
    let mut text = format!("\n{:<34}{:>12}{:>12}{:>12}  {:<12}ratio\n", "", "median", "min", "max", "unit");
    for line in measured {
        let least = line.runs.iter().copied().fold(f64::INFINITY, f64::min);
        let most = line.runs.iter().copied().fold(0.0, f64::max);
        let numbers = [median(&line.runs), least, most].map(|value| format!("{:>12}", short(value))).concat();
        let ratio = line
            .peer
            .as_ref()
            .map_or_else(String::new, |(peer, ratios)| format!("{:.2} of {peer}", median(ratios)));
        let row = format!("{:<34}{numbers}  {:<12}{ratio}", line.what, line.unit);
        // A String takes whatever is written to it.
        let _ = writeln!(text, "{}", row.trim_end());
        if !line.note.is_empty() {
            let _ = writeln!(text, "  {}", line.note);
        }
    }
    text
}

/// Three digits after the point for small numbers, none for large ones, thousands grouped.
fn short(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.3}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_compare_neighbours() {
        let peer = Measured::new("peer", "rows/s", vec![100.0, 200.0, 400.0]);
        let ours = Measured::new("ours", "rows/s", vec![50.0, 20.0, 400.0]).beside(&peer);
        assert_eq!(ours.peer, Some(("peer".to_owned(), vec![0.5, 0.1, 1.0])));
        let shown = table(&[ours.noting("and a note")]);
        assert!(shown.contains("0.50 of peer") && shown.contains("  and a note\n"), "{shown}");
    }

    #[test]
    fn reads_what_bench_programs_print() {
        let line = r#"{"what":"a","unit":"b/s","runs":[1.5,2],"peer":"c","ratios":[0.5,1]}"#;
        let measured = Measured::read(line).unwrap();
        assert_eq!(measured.runs, [1.5, 2.0]);
        assert_eq!(measured.peer, Some(("c".to_owned(), vec![0.5, 1.0])));
        assert_eq!(Measured::read("running 1 test"), None);
    }

    #[test]
    fn numbers_stay_readable() {
        assert_eq!(short(0.1234), "0.123");
        assert_eq!(short(1_234_567.8), "1,234,568");
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }
}
