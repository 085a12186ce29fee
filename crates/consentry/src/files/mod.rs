//! Definitions in files. Documents hold no path and no secret; their files may name both, and are read so: what a path leads
//! to is put in its place, and what is wrong in a document is told by file and line.

mod export;
mod inline;
mod kind;
mod lines;
mod parse;
mod secrets;
mod yaml;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use delivery::upload::RowsSource;
use delivery::{Campaign, ChannelConfiguration, Documents, InputError};
use serde_json::Value;
use service::definitions::{DefinitionKind, Given};
use service::{Fault, Kind, Problem};
use wire::secret::SecretPlace;

pub use export::{text, with_kind, write};
use inline::Inliner;
use lines::Lines;
pub use secrets::{KnownSecrets, NamedSecret, back_up, note};

use crate::output::{self, fail};

/// Deepest folder that is looked into.
const FOLDERS_DEEP_MAX: usize = 8;
/// Most files of a folder.
const FILES_MAX: usize = 10_000;

/// A document, and where it stands.
#[derive(Clone, Debug)]
pub struct FileDocument {
    /// The file.
    pub file: PathBuf,
    /// What it describes.
    pub kind: DefinitionKind,
    /// The document, without paths.
    pub document: Value,
    /// Where it stands in its file, as a JSON pointer.
    within: String,
    lines: Arc<Lines>,
}

/// Documents from files, with what the files lead to.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The documents.
    pub documents: Vec<FileDocument>,
    /// Address files, by their hash.
    pub uploads: HashMap<String, RowsSource>,
    /// Where secrets are, by the names that the documents have for them.
    pub places: BTreeMap<String, SecretPlace>,
}

/// What is wrong in a file.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Wrong(InputError);

impl Fault for Wrong {
    fn problem(&self) -> Problem {
        let pointer = Some(self.0.pointer.clone().into());
        Problem { pointer, ..Problem::new(Kind::Invalid, "definition-invalid") }
    }
}

impl FileDocument {
    /// File and line of a place in the document.
    fn place(&self, pointer: &str) -> String {
        place(&self.file, self.lines.of(&format!("{}{pointer}", self.within)))
    }

    /// What is wrong in it, by file and line, with the remedy.
    pub fn wrong(&self, error: &InputError) -> anyhow::Error {
        told(&self.place(&error.pointer), error)
    }
}

/// A path by which a file is known, however it is named.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

fn place(file: &Path, line: Option<usize>) -> String {
    match line {
        Some(line) => format!("{}:{line}", file.display()),
        None => file.display().to_string(),
    }
}

fn told(place: &str, error: &InputError) -> anyhow::Error {
    let key = error.key();
    let key = if key.is_empty() { key } else { format!("{key}: ") };
    let remedy = error.remedy.as_ref().map(|remedy| format!("\nhint: {remedy}")).unwrap_or_default();
    output::told_as(&Wrong(error.clone()), format!("{place}: {key}{}{remedy}", error.problem))
}

impl Loaded {
    /// Reads files, and all files of folders.
    pub fn read(paths: &[PathBuf]) -> Result<Self> {
        let mut loaded = Self::default();
        for path in paths {
            for file in files_of(path)? {
                loaded.add(&file, None)?;
            }
        }
        if loaded.documents.is_empty() {
            let named = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
            return Err(fail(
                format!("{named}: there is no definition"),
                "files of definitions end in .toml, .yaml, .yml or .json",
            ));
        }
        Ok(loaded)
    }

    /// Reads a campaign's file, and what it names.
    pub fn campaign(file: &Path) -> Result<Self> {
        let mut loaded = Self::default();
        loaded.add(file, Some(DefinitionKind::Campaign))?;
        let campaigns = loaded.of_kind(DefinitionKind::Campaign).count();
        if campaigns != 1 {
            return Err(fail(
                format!("{}: holds {campaigns} campaigns", file.display()),
                "name a file with one campaign; `consentry apply -f` stores any number",
            ));
        }
        Ok(loaded)
    }

    /// The documents of a kind.
    pub fn of_kind(&self, kind: DefinitionKind) -> impl Iterator<Item = &FileDocument> {
        self.documents.iter().filter(move |document| document.kind == kind)
    }

    /// The documents, as a use case takes them.
    pub fn given(&self) -> Vec<Given> {
        let given =
            |one: &FileDocument| Given { kind: one.kind, document: one.document.clone(), expected: None };
        self.documents.iter().map(given).collect()
    }

    /// What is wrong in one of them, by file and line.
    pub fn wrong(&self, index: usize, error: &InputError) -> anyhow::Error {
        match self.documents.get(index) {
            Some(document) => document.wrong(error),
            None => output::told(Wrong(error.clone())),
        }
    }

    /// Reads a file. `expected`: what its documents describe, where they don't say so.
    fn add(&mut self, file: &Path, expected: Option<DefinitionKind>) -> Result<()> {
        let here = whole(file);
        let known = |one: &FileDocument| whole(&one.file) == here;
        // A campaign may name a file that stands beside it, in the folder that is read.
        if self.documents.iter().any(known) {
            return Ok(());
        }
        let parsed = parse::parse(file)?;
        let lines = Arc::new(parsed.lines);
        for (within, mut document) in parsed.documents {
            let at = |pointer: &str| place(file, lines.of(&format!("{within}{pointer}")));
            let kind =
                kind::take(&mut document, expected).map_err(|error| told(&at(&error.pointer), &error))?;
            let mut inliner = Inliner { file, loaded: self, follow: Vec::new() };
            let inlined = inliner.document(kind, &mut document);
            let follow = std::mem::take(&mut inliner.follow);
            inlined.map_err(|error| told(&at(&error.pointer), &error))?;
            for named in follow {
                self.follow(&named, &mut document).map_err(|error| match error {
                    Followed::Wrong(error) => told(&at(&error.pointer), &error),
                    Followed::Failed(error) => error,
                })?;
            }
            let (file, lines) = (file.to_owned(), Arc::clone(&lines));
            self.documents.push(FileDocument { file, kind, document, within, lines });
        }
        Ok(())
    }

    /// Reads the configuration's file that a campaign names, and names the configuration in its place.
    fn follow(&mut self, file: &Path, campaign: &mut Value) -> Result<(), Followed> {
        let before = self.documents.len();
        self.add(file, Some(DefinitionKind::Configuration)).map_err(Followed::Failed)?;
        let found = self.documents.iter().position(|one| whole(&one.file) == whole(file));
        let found = found
            .filter(|found| *found >= before || self.documents[*found].kind == DefinitionKind::Configuration);
        let name = found.map(|found| self.documents[found].document["name"].clone());
        match name {
            Some(name @ Value::String(_)) => campaign["configuration"] = name,
            _ => {
                let told = format!("{} has no name", file.display());
                return Err(Followed::Wrong(inline::wrong("configuration_file", &told, "give it a `name`")));
            }
        }
        Ok(())
    }
}

enum Followed {
    Wrong(InputError),
    Failed(anyhow::Error),
}

/// The files of a folder that may hold definitions, in the order of their names; or the file.
fn files_of(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    collect(path, 0, &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let unreadable = |error: std::io::Error| {
        fail(format!("{}: can't be read: {}", folder.display(), error.kind()), "name another with -f")
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() && !hidden && depth < FOLDERS_DEEP_MAX {
            collect(&path, depth + 1, files)?;
        } else if kind.is_file() && !hidden && parse::Format::of(&path).is_some() {
            files.push(path);
        }
        if files.len() > FILES_MAX {
            return Err(fail(
                format!("{}: holds more than {FILES_MAX} files", folder.display()),
                "name folders within it, one after the other",
            ));
        }
    }
    Ok(())
}

/// Reads a configuration from a file of its own, or from a campaign's, with the files that hold its secrets.
pub fn configuration(file: &Path, secrets: &KnownSecrets) -> Result<ChannelConfiguration> {
    let mut loaded = Loaded::default();
    loaded.add(file, None)?;
    let named = loaded.of_kind(DefinitionKind::Configuration).next();
    let read = match (named, loaded.of_kind(DefinitionKind::Campaign).next()) {
        (Some(one), _) => {
            ChannelConfiguration::from_document(&one.document).map_err(|error| one.wrong(&error))?
        }
        (None, Some(one)) => {
            let documents = Documents { campaign: &one.document, configuration: None, content: None };
            Campaign::from_documents(documents).map_err(|error| one.wrong(&error))?.configuration
        }
        (None, None) => {
            return Err(fail(
                format!("{}: holds no configuration", file.display()),
                "name a file with a channel and a transport (docs/campaigns.md)",
            ));
        }
    };
    let mut read = read;
    read.unlock(&secrets.with(&loaded.places)).map_err(|error| {
        let hint = error.hint().unwrap_or_default();
        fail(format!("{}: {error}", file.display()), hint)
    })?;
    Ok(read)
}

#[cfg(test)]
mod tests;
