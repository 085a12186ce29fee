//! The rules that turn a refusal into a reason. They are data, in the folder `rules`; `rules/words.toml` says how to read them.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use consent::BounceReason;
use serde::Deserialize;

use super::text::Command;

/// The files in the order in which their rules are asked; within a file, from top to bottom. The first rule that holds decides.
const FILES: [&str; 11] = [
    // The sets of phrases that the rules of all files name.
    include_str!("rules/words.toml"),
    // What one provider's code or one server's sentence means, whatever else is said.
    include_str!("rules/providers.toml"),
    include_str!("rules/plain.toml"),
    // The message, the host that sent it, and their standing.
    include_str!("rules/message.toml"),
    // The recipient, the way there, the sender, the machine over there.
    include_str!("rules/recipient.toml"),
    include_str!("rules/connection.toml"),
    include_str!("rules/sender.toml"),
    include_str!("rules/system.toml"),
    include_str!("rules/unknown.toml"),
    // Words that stand near one another, when no sentence was known.
    include_str!("rules/general.toml"),
    // Statuses, when no words were.
    include_str!("rules/status.toml"),
];

/// Bytes between two words that belong together, see [`Rule::near`].
const NEAR_MAX: usize = 40;
/// Places of words that are looked at in one text.
const PLACES_MAX: usize = 1_000;

/// The rules of this build, read once.
pub(super) static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::parse(&FILES).expect("a test reads the files that are compiled in"));

/// A file of rules that doesn't hold together.
#[derive(Debug, thiserror::Error)]
pub(super) enum RulesError {
    /// Not TOML, or not of this shape.
    #[error("{0}")]
    Shape(#[from] toml::de::Error),
    /// A rule, or the table of statuses, names no reason.
    #[error("{0:?} is no reason")]
    Reason(String),
    /// `@name` without a set of that name, or a pair that isn't one of two sets.
    #[error("{0:?} is no set of phrases")]
    Set(String),
    /// More sets in pairs than a word has bits.
    #[error("too many sets stand in pairs")]
    Pairs,
    /// More phrases than a machine can be built from.
    #[error("{0}")]
    Phrases(#[from] aho_corasick::BuildError),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    sets: BTreeMap<String, Vec<String>>,
    rule: Vec<RuleText>,
    status: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RuleText {
    reason: String,
    general: bool,
    any: Vec<String>,
    with: Vec<String>,
    unless: Vec<String>,
    near: Vec<String>,
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
    /// Pairs of sets, as bits of [`Near`]: a phrase of each stands in one sentence, at most [`NEAR_MAX`] apart.
    near: Vec<(u32, u32)>,
    status: Vec<String>,
    reply: Vec<String>,
    command: Vec<String>,
    host: Vec<String>,
}

/// For each set that stands in a pair, the sets that stand near it in a text.
type Near = [u64; 64];

/// The rules, ready to be asked.
#[derive(Debug)]
pub(super) struct Rules {
    list: Vec<Rule>,
    /// Where the rules of the file `general` begin.
    general: usize,
    fragments: Vec<String>,
    /// For each fragment, the sets in pairs that it belongs to.
    sets: Vec<u64>,
    machine: AhoCorasick,
    status: HashMap<String, BounceReason>,
}

impl Rules {
    /// Reads files of rules.
    fn parse(texts: &[&str]) -> Result<Self, RulesError> {
        let file = merge(texts)?;
        let mut fragments = Fragments::default();
        let mut rules = Vec::with_capacity(file.rule.len());
        let general = file.rule.iter().position(|rule| rule.general).unwrap_or(file.rule.len());
        for rule in file.rule {
            let mut phrases = |list: &[String]| fragments.phrases(list, &file.sets);
            let (any, with, unless) = (phrases(&rule.any)?, phrases(&rule.with)?, phrases(&rule.unless)?);
            rules.push(Rule {
                any,
                with,
                unless,
                near: fragments.pairs(&rule.near, &file.sets)?,
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
        Ok(Self { list: rules, general, fragments: fragments.texts, sets: fragments.sets, machine, status })
    }

    /// The reason of the first rule that holds, but for those of the file `general`.
    pub(super) fn by_text(&self, evidence: &Evidence<'_>) -> Option<BounceReason> {
        self.first(evidence).filter(|at| *at < self.general).map(|at| self.list[at].reason)
    }

    /// The reason of the first rule that holds, of all files. For what a server said, not for what a report says around it.
    pub(super) fn by_words(&self, evidence: &Evidence<'_>) -> Option<BounceReason> {
        self.first(evidence).map(|at| self.list[at].reason)
    }

    fn first(&self, evidence: &Evidence<'_>) -> Option<usize> {
        let mut present = vec![false; self.fragments.len()];
        let mut places = Vec::new();
        let bytes = evidence.normal.as_bytes();
        for found in self.machine.find_overlapping_iter(evidence.normal) {
            let (start, end, at) = (found.start(), found.end(), found.pattern().as_usize());
            // A phrase begins where a word begins: `dane` isn't in `podane`.
            let within =
                start > 0 && bytes[start].is_ascii_alphabetic() && bytes[start - 1].is_ascii_alphabetic();
            if within {
                continue;
            }
            present[at] = true;
            if self.sets[at] != 0 && places.len() < PLACES_MAX {
                places.push((start, end, self.sets[at]));
            }
        }
        let near = near(evidence.normal, places);
        self.list.iter().position(|rule| self.holds(rule, evidence, &present, &near))
    }

    fn holds(&self, rule: &Rule, evidence: &Evidence<'_>, present: &[bool], near: &Near) -> bool {
        let pair = |(one, other): &(u32, u32)| near[*one as usize] >> other & 1 == 1;
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
            && (rule.any.is_empty() && rule.near.is_empty() || says(&rule.any) || rule.near.iter().any(pair))
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

/// Which sets stand near one another: within a sentence, with few bytes between. Each place is compared with those that
/// begin soon after it, so the work is linear in the length of the text.
fn near(normal: &str, mut places: Vec<(usize, usize, u64)>) -> Near {
    let mut near = [0; 64];
    places.sort_unstable();
    for (at, (_, end, sets)) in places.iter().enumerate() {
        for (start, _, others) in places[at + 1..].iter().take_while(|(start, ..)| *start <= end + NEAR_MAX) {
            if start < end || normal.as_bytes()[*end..*start].windows(2).any(|pair| pair == b". ") {
                continue;
            }
            for (from, to) in [(*sets, *others), (*others, *sets)] {
                bits(from).for_each(|bit| near[bit as usize] |= to);
            }
        }
    }
    near
}

/// The places of the bits that are set.
fn bits(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

fn merge(texts: &[&str]) -> Result<File, RulesError> {
    let mut merged = File::default();
    for text in texts {
        let file: File = toml::from_str(text)?;
        merged.sets.extend(file.sets);
        merged.rule.extend(file.rule);
        merged.status.extend(file.status);
    }
    Ok(merged)
}

#[derive(Default)]
struct Fragments {
    places: HashMap<String, usize>,
    texts: Vec<String>,
    sets: Vec<u64>,
    /// The names of the sets in pairs; a set's place is its bit.
    paired: Vec<String>,
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
        phrase.split(" * ").map(|text| self.fragment(text)).collect()
    }

    fn fragment(&mut self, text: &str) -> usize {
        let next = self.texts.len();
        let place = *self.places.entry(text.to_owned()).or_insert(next);
        if place == next {
            self.texts.push(text.to_owned());
            self.sets.push(0);
        }
        place
    }

    /// `@one @other`
    fn pairs(
        &mut self,
        list: &[String],
        sets: &BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<(u32, u32)>, RulesError> {
        let mut pairs = Vec::new();
        for item in list {
            let (one, other) = item.split_once(' ').ok_or_else(|| RulesError::Set(item.clone()))?;
            pairs.push((self.set(one, sets)?, self.set(other, sets)?));
        }
        Ok(pairs)
    }

    fn set(&mut self, name: &str, sets: &BTreeMap<String, Vec<String>>) -> Result<u32, RulesError> {
        let known = self.paired.iter().position(|paired| paired == name);
        let bit = known.unwrap_or(self.paired.len());
        if known.is_none() {
            let set = name.strip_prefix('@').and_then(|name| sets.get(name));
            for phrase in set.ok_or_else(|| RulesError::Set(name.to_owned()))? {
                let place = self.fragment(phrase);
                self.sets[place] |= 1_u64.checked_shl(bit as u32).ok_or(RulesError::Pairs)?;
            }
            self.paired.push(name.to_owned());
        }
        Ok(bit as u32)
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
