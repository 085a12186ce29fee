//! The rules that turn a refusal into a reason. They are data: `rules.toml`, which says how to read it.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use consent::BounceReason;
use serde::Deserialize;

use super::text::Command;

const TEXT: &str = include_str!("rules.toml");

/// The rules of this build, read once.
pub(super) static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::parse(TEXT).expect("a test reads the file that is compiled in"));

/// A file of rules that doesn't hold together.
#[derive(Debug, thiserror::Error)]
pub(super) enum RulesError {
    /// Not TOML, or not of this shape.
    #[error("{0}")]
    Shape(#[from] toml::de::Error),
    /// A rule, or the table of statuses, names no reason.
    #[error("{0:?} is no reason")]
    Reason(String),
    /// `@name` without a set of that name.
    #[error("{0:?} is no set of phrases")]
    Set(String),
    /// More phrases than a machine can be built from.
    #[error("{0}")]
    Phrases(#[from] aho_corasick::BuildError),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sets: BTreeMap<String, Vec<String>>,
    rule: Vec<RuleText>,
    status: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RuleText {
    reason: String,
    any: Vec<String>,
    with: Vec<String>,
    unless: Vec<String>,
    status: Vec<String>,
    reply: Vec<String>,
    command: Vec<String>,
    host: Vec<String>,
}

/// What is known of one refusal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence<'a> {
    /// What was said, normalised.
    pub(super) normal: &'a str,
    pub(super) status: &'a str,
    pub(super) reply: &'a str,
    pub(super) command: Option<Command>,
    /// The host that refused, lower case.
    pub(super) host: &'a str,
}

/// Pieces of a phrase that must follow one another, as places in [`Rules::fragments`].
type Phrase = Vec<usize>;

#[derive(Debug)]
struct Rule {
    reason: BounceReason,
    any: Vec<Phrase>,
    with: Vec<Phrase>,
    unless: Vec<Phrase>,
    status: Vec<String>,
    reply: Vec<String>,
    command: Vec<String>,
    host: Vec<String>,
}

/// The rules, ready to be asked.
#[derive(Debug)]
pub(super) struct Rules {
    list: Vec<Rule>,
    fragments: Vec<String>,
    machine: AhoCorasick,
    status: HashMap<String, BounceReason>,
}

impl Rules {
    /// Reads a file of rules.
    fn parse(text: &str) -> Result<Self, RulesError> {
        let file: File = toml::from_str(text)?;
        let mut fragments = Fragments { places: HashMap::new(), texts: Vec::new() };
        let mut rules = Vec::with_capacity(file.rule.len());
        for rule in file.rule {
            let mut phrases = |list: &[String]| fragments.phrases(list, &file.sets);
            rules.push(Rule {
                any: phrases(&rule.any)?,
                with: phrases(&rule.with)?,
                unless: phrases(&rule.unless)?,
                reason: reason(&rule.reason)?,
                status: rule.status,
                reply: rule.reply,
                command: rule.command,
                host: rule.host,
            });
        }
        let mut status = HashMap::new();
        for (name, codes) in &file.status {
            let reason = reason(name)?;
            status.extend(codes.iter().map(|code| (code.clone(), reason)));
        }
        let machine = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&fragments.texts)?;
        Ok(Self { list: rules, fragments: fragments.texts, machine, status })
    }

    /// The reason of the first rule that holds.
    pub(super) fn by_text(&self, evidence: &Evidence<'_>) -> Option<BounceReason> {
        self.first(evidence).map(|at| self.list[at].reason)
    }

    fn first(&self, evidence: &Evidence<'_>) -> Option<usize> {
        let mut present = vec![false; self.fragments.len()];
        for found in self.machine.find_overlapping_iter(evidence.normal) {
            present[found.pattern().as_usize()] = true;
        }
        self.list.iter().position(|rule| self.holds(rule, evidence, &present))
    }

    fn holds(&self, rule: &Rule, evidence: &Evidence<'_>, present: &[bool]) -> bool {
        let says =
            |phrases: &[Phrase]| phrases.iter().any(|phrase| self.says(phrase, evidence.normal, present));
        let status = |prefix: &String| {
            evidence
                .status
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let command =
            || evidence.command.is_some_and(|command| rule.command.iter().any(|name| name == command.name()));
        (rule.status.is_empty() || rule.status.iter().any(status))
            && (rule.reply.is_empty()
                || rule.reply.iter().any(|reply| evidence.reply.starts_with(reply.as_str())))
            && (rule.command.is_empty() || command())
            && (rule.host.is_empty() || rule.host.iter().any(|host| evidence.host.contains(host.as_str())))
            && (rule.any.is_empty() || says(&rule.any))
            && (rule.with.is_empty() || says(&rule.with))
            && !says(&rule.unless)
    }

    fn says(&self, phrase: &[usize], normal: &str, present: &[bool]) -> bool {
        if !phrase.iter().all(|fragment| present[*fragment]) {
            return false;
        }
        let mut rest = normal;
        phrase.len() == 1
            || phrase.iter().all(|fragment| {
                let text = &self.fragments[*fragment];
                rest.find(text.as_str()).map(|at| rest = &rest[at + text.len()..]).is_some()
            })
    }

    /// What a status (RFC 3463 and the registry of IANA) means, whatever class it has; a subject alone is the last resort.
    pub(super) fn by_status(&self, status: &str) -> Option<BounceReason> {
        let (_, rest) = status.split_once('.')?;
        let (subject, _) = rest.split_once('.')?;
        let exact = self.status.get(status).or_else(|| self.status.get(rest));
        // Of an unknown detail the subject still tells something, but for addresses (1): that would be hard.
        let general = || (subject != "1").then(|| self.status.get(&format!("{subject}.0"))).flatten();
        exact.or_else(general).copied()
    }
}

fn reason(name: &str) -> Result<BounceReason, RulesError> {
    name.parse().map_err(|_| RulesError::Reason(name.to_owned()))
}

struct Fragments {
    places: HashMap<String, usize>,
    texts: Vec<String>,
}

impl Fragments {
    fn phrases(
        &mut self,
        list: &[String],
        sets: &BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<Phrase>, RulesError> {
        let mut phrases = Vec::new();
        for item in list {
            // `<@>` stands for an address; `@name` for a set.
            if let Some(name) = item.strip_prefix('@') {
                let set = sets.get(name).ok_or_else(|| RulesError::Set(name.to_owned()))?;
                phrases.extend(set.iter().map(|phrase| self.phrase(phrase)));
            } else {
                phrases.push(self.phrase(item));
            }
        }
        Ok(phrases)
    }

    fn phrase(&mut self, phrase: &str) -> Phrase {
        let mut places = Vec::new();
        for text in phrase.split(" * ") {
            let next = self.texts.len();
            let place = *self.places.entry(text.to_owned()).or_insert(next);
            if place == next {
                self.texts.push(text.to_owned());
            }
            places.push(place);
        }
        places
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
