//! The files of rules as they are written.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What a match of a pattern means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Meaning {
    /// Hides what it covers.
    Harmless,
    /// A refusal wherever it stands.
    Refuse,
    /// A doubt.
    Hold,
    /// A doubt that goes before the refusals within it.
    Ask,
    /// A doubt; beside a keyword in a sentence of its own, a refusal.
    Complain,
    /// Wants messages: turns a refusal beside it into a doubt.
    Keep,
    /// A keyword of several words: no.
    Stop,
    /// A keyword of several words: yes.
    Start,
    /// A keyword of several words: help.
    Help,
}

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub language: Vec<Language>,
}

/// The fields are explained at the head of `data/any.toml`.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Language {
    pub code: String,
    pub stop: Vec<String>,
    pub loose: Vec<String>,
    pub last: String,
    pub alone: Vec<String>,
    pub start: Vec<String>,
    pub help: Vec<String>,
    pub misspelt: Vec<String>,
    pub polite: String,
    pub about: String,
    pub join: String,
    pub ask: String,
    pub message: String,
    pub real: String,
    pub endings: String,
    pub sets: BTreeMap<String, String>,
    pub rule: Vec<WrittenRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRule {
    pub name: String,
    pub means: Meaning,
    #[serde(default)]
    pub words: Vec<String>,
    #[serde(default)]
    pub parts: Vec<String>,
}
