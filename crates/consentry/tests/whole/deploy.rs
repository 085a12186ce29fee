//! The files under `deploy/` fit the binary: their YAML reads, and every command and flag that they use exists.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{Desk, workspace_file};
use yaml_rust2::{Yaml, YamlLoader};

fn read(name: &str) -> String {
    fs::read_to_string(workspace_file("deploy").join(name)).unwrap()
}

fn documents(name: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Each value of `key`, at any depth.
fn values<'y>(yaml: &'y Yaml, key: &str, out: &mut Vec<&'y Yaml>) {
    match yaml {
        Yaml::Hash(entries) => {
            for (name, value) in entries {
                if name.as_str() == Some(key) {
                    out.push(value);
                }
                values(value, key, out);
            }
        }
        Yaml::Array(items) => items.iter().for_each(|item| values(item, key, out)),
        _ => {}
    }
}

fn words(list: &Yaml) -> Vec<String> {
    list.as_vec().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// The arguments of every start of `consentry` in the files.
fn command_lines() -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for (name, key) in
        [("compose.yaml", "command"), ("kubernetes/serve.yaml", "args"), ("kubernetes/migrate.yaml", "args")]
    {
        let documents = documents(name);
        let mut found = Vec::new();
        for document in &documents {
            values(document, key, &mut found);
        }
        assert!(!found.is_empty(), "{name} starts nothing");
        lines.extend(found.into_iter().map(words));
    }
    let unit = read("consentry.service");
    let start =
        unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/consentry ")).unwrap();
    lines.push(start.split(' ').map(str::to_owned).collect());
    let image = read("Dockerfile");
    let start = image.lines().find_map(|line| line.strip_prefix("CMD ")).unwrap();
    lines.push(serde_json::from_str(start).unwrap());
    lines
}

#[test]
fn every_command_and_flag_exists() {
    let desk = Desk::new();
    for line in command_lines() {
        let is_word = |word: &&String| !word.starts_with('-');
        let commands: Vec<&str> = line.iter().take_while(is_word).map(String::as_str).collect();
        let help = desk.run(&[&commands[..], &["--help"]].concat()).exits(0).out;
        // With an unknown word, clap would show the help of what it does know.
        let usage = format!("Usage: consentry {}", commands.join(" "));
        assert!(help.contains(&usage), "{line:?} isn't a command:\n{help}");
        let known: BTreeSet<&str> =
            help.split_whitespace().map(|word| word.trim_matches([',', '[', ']'])).collect();
        for flag in line.iter().filter(|word| word.starts_with('-')) {
            assert!(known.contains(flag.as_str()), "{line:?}: {flag}");
        }
    }
}

#[test]
fn every_variable_exists() {
    let mut named = BTreeSet::new();
    for name in [
        "compose.yaml",
        "kubernetes/serve.yaml",
        "kubernetes/migrate.yaml",
        "consentry.service",
        "Dockerfile",
    ] {
        let text = read(name);
        let is_part = |letter: char| letter.is_ascii_uppercase() || letter == '_';
        let words = text.split(|letter| !is_part(letter)).filter(|word| word.starts_with("CONSENTRY_"));
        named.extend(words.map(str::to_owned));
    }
    assert!(named.contains("CONSENTRY_DATA_DIR"));
    let help = Desk::new().run(&["serve", "--help"]).exits(0).out;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for variable in named {
        // A value that may hold a password isn't shown.
        let named = ["=", "]"].iter().any(|end| help.contains(&format!("[env: {variable}{end}")));
        assert!(named, "{variable} isn't read");
    }
}

#[test]
fn a_supervisor_waits_until_a_node_has_drained() {
    /// Requests in hand, the ledger's files, and the runtime.
    const AFTER_DRAIN_SECONDS: u64 = 15;
    let drain = |line: &[String]| -> u64 {
        let flag = line.iter().position(|word| word == "--drain-seconds");
        flag.map_or(5, |at| line[at + 1].parse().unwrap())
    };
    let longest = command_lines().iter().map(|line| drain(line)).max().unwrap();
    let serve = documents("kubernetes/serve.yaml");
    let pod = &serve[0]["spec"]["template"]["spec"];
    let grace = u64::try_from(pod["terminationGracePeriodSeconds"].as_i64().unwrap()).unwrap();
    assert!(grace >= longest + AFTER_DRAIN_SECONDS);
    let container = &pod["containers"][0];
    assert_eq!(container["readinessProbe"]["httpGet"]["path"].as_str(), Some("/readyz"));
    assert_eq!(container["livenessProbe"]["httpGet"]["path"].as_str(), Some("/healthz"));
    let unit = read("consentry.service");
    let stop = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")?.strip_suffix('s')).unwrap();
    assert!(stop.parse::<u64>().unwrap() >= 5 + AFTER_DRAIN_SECONDS);
}

#[test]
fn manifests_select_their_own_pods() {
    let serve = documents("kubernetes/serve.yaml");
    let kinds: Vec<&str> = serve.iter().map(|document| document["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Deployment", "PodDisruptionBudget", "Service"]);
    let labels = &serve[0]["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&serve[0]["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&serve[1]["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&serve[2]["spec"]["selector"], labels);
    assert_ne!(&documents("kubernetes/migrate.yaml")[0]["spec"]["template"]["metadata"]["labels"], labels);
}
