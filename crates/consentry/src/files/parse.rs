//! TOML, YAML and JSON as values, with the line of each.

use std::path::Path;

use anyhow::Result;
use delivery::InputError;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::lines::{Lines, escaped};
use super::{inline, place, told, yaml};

/// Largest file in bytes.
pub const FILE_BYTES_MAX: u64 = 4 << 20;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Toml,
    Yaml,
    Json,
}

impl Format {
    /// By the end of the file's name.
    pub fn of(file: &Path) -> Option<Self> {
        let end = file.extension()?.to_str()?.to_ascii_lowercase();
        match end.as_str() {
            "toml" => Some(Self::Toml),
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// The documents of a file, each with its place in it.
#[derive(Debug)]
pub struct Parsed {
    pub documents: Vec<(String, Value)>,
    pub lines: Lines,
}

/// Reads a file; a name without one of the known ends is TOML.
pub fn parse(file: &Path) -> Result<Parsed> {
    let text = inline::read(file).map_err(|problem| {
        told(&file.display().to_string(), &InputError { pointer: String::new(), problem, remedy: None })
    })?;
    let parsed = match Format::of(file).unwrap_or(Format::Toml) {
        Format::Toml => from_toml(&text),
        Format::Yaml => from_yaml(&text),
        Format::Json => from_json(&text),
    };
    parsed.map_err(|(line, problem)| {
        told(&place(file, line), &InputError { pointer: String::new(), problem, remedy: None })
    })
}

/// What is wrong, and on which line. Never a part of the file: it may hold a password.
type Unreadable = (Option<usize>, String);

fn from_toml(text: &str) -> Result<Parsed, Unreadable> {
    let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let unreadable =
        |error: toml::de::Error| (error.span().map(|span| line(span.start)), error.message().to_owned());
    let table = DeTable::parse(text).map_err(unreadable)?;
    let mut lines = Lines::default();
    note_table(table.get_ref(), "", &line, &mut lines);
    let value = toml::from_str(text).map_err(unreadable)?;
    Ok(Parsed { documents: vec![(String::new(), value)], lines })
}

fn note_table(table: &DeTable<'_>, pointer: &str, line: &impl Fn(usize) -> usize, lines: &mut Lines) {
    for (key, value) in table {
        let pointer = format!("{pointer}/{}", escaped(key.get_ref()));
        lines.note(pointer.clone(), line(key.span().start));
        note(value, &pointer, line, lines);
    }
}

fn note(value: &Spanned<DeValue<'_>>, pointer: &str, line: &impl Fn(usize) -> usize, lines: &mut Lines) {
    match value.get_ref() {
        DeValue::Table(table) => note_table(table, pointer, line, lines),
        DeValue::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{n}");
                lines.note(pointer.clone(), line(item.span().start));
                note(item, &pointer, line, lines);
            }
        }
        _ => {}
    }
}

fn from_yaml(text: &str) -> Result<Parsed, Unreadable> {
    let mut lines = Lines::default();
    let documents = yaml::parse(text, &mut lines).map_err(|(line, problem)| (Some(line), problem))?;
    Ok(Parsed { documents, lines })
}

/// One document, or a list of them.
fn from_json(text: &str) -> Result<Parsed, Unreadable> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let problem = error.to_string();
        let problem = problem.split(" at line ").next().unwrap_or_default().to_owned();
        (Some(error.line()), problem)
    })?;
    // JSON is YAML, but for a few escapes: where those stand, lines aren't known.
    let mut lines = Lines::default();
    let _ = yaml::parse(text, &mut lines);
    let documents = match value {
        Value::Array(items) => {
            items.into_iter().enumerate().map(|(n, item)| (format!("/{n}"), item)).collect()
        }
        value => vec![(String::new(), value)],
    };
    Ok(Parsed { documents, lines })
}
