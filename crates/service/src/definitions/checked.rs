//! Documents that are given, checked together: one may name another that is given beside it, or that is stored.

use std::collections::HashMap;

use delivery::{Campaign, ChannelConfiguration, Documents, InputError, References, check_content_document};
use serde_json::Value;
use store::{Definition, DefinitionKind, DefinitionState, NewDefinition, StoreError};

use super::shown::parse;
use crate::{Fault, Kind, Problem, Service};

/// A document that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// What it describes.
    pub kind: DefinitionKind,
    /// The document; its name stands in it.
    pub document: Value,
    /// The version that it is to take the place of, 0 for none; `None`: whichever is current.
    pub expected: Option<i64>,
}

/// Why a document that was given can't be taken.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// It isn't right.
    #[error("{kind} {name}: {error}")]
    Document {
        /// Which of those that were given, from 0.
        index: usize,
        /// What it describes.
        kind: DefinitionKind,
        /// Its name, as far as it has one.
        name: String,
        /// What is wrong, where in it.
        error: InputError,
    },
    /// Two of them have the same kind and name.
    #[error("the {kind} `{name}` is given twice")]
    Twice {
        /// The second one.
        index: usize,
        /// What it describes.
        kind: DefinitionKind,
        /// Its name.
        name: String,
    },
    /// Too many at once.
    #[error("{0} documents are too many at once; give at most {max}", max = NewDefinition::COUNT_MAX)]
    Many(usize),
    /// Somebody else changed it.
    #[error("the {kind} `{name}` has version {current} by now, not {expected}")]
    Stale {
        /// What it describes.
        kind: DefinitionKind,
        /// Its name.
        name: String,
        /// The version that was expected.
        expected: i64,
        /// The current one, 0 for none.
        current: i64,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Invalid {
    fn problem(&self) -> Problem {
        let at = |index: &usize, pointer: &str, code| Problem {
            pointer: Some(format!("/documents/{index}{pointer}").into()),
            ..Problem::new(Kind::Invalid, code)
        };
        match self {
            Self::Document { index, error, .. } => at(index, &error.pointer, "definition-invalid"),
            Self::Twice { index, .. } => at(index, "/name", "definition-twice"),
            Self::Many(_) => Problem::invalid("definitions-too-many", "/documents"),
            Self::Stale { .. } => Problem::new(Kind::Conflict, "definition-changed"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// A document that is right, beside what is stored under its name.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub index: usize,
    pub kind: DefinitionKind,
    pub name: String,
    pub document: Value,
    /// The stored document, and the current version's number; nothing if there is none.
    pub stored: Option<(Value, i64, DefinitionState)>,
    /// What a campaign's documents make.
    pub campaign: Option<Campaign>,
}

/// Checks documents, in the order in which one may name another: they come back so, too.
pub(crate) async fn check(service: &Service, given: Vec<Given>) -> Result<Vec<Checked>, Invalid> {
    if given.len() > NewDefinition::COUNT_MAX {
        return Err(Invalid::Many(given.len()));
    }
    let mut named = HashMap::new();
    let mut all = Vec::with_capacity(given.len());
    for (index, Given { kind, document, expected }) in given.into_iter().enumerate() {
        let name = document["name"].as_str().unwrap_or_default().to_owned();
        if named.insert((kind, name.clone()), document.clone()).is_some() {
            return Err(Invalid::Twice { index, kind, name });
        }
        let stored = service.store.definition(service.workspace, kind, &name, None).await?;
        let current = stored.as_ref().map_or(0, |stored| stored.version);
        if let Some(expected) = expected.filter(|expected| *expected != current) {
            return Err(Invalid::Stale { kind, name, expected, current });
        }
        let stored = match stored {
            Some(Definition { current, document, .. }) => {
                Some((parse(kind, &name, &document)?, current.version, current.state))
            }
            None => None,
        };
        all.push(Checked { index, kind, name, document, stored, campaign: None });
    }
    all.sort_by_key(|one| one.kind);
    for one in &mut all {
        let wrong =
            |error| Invalid::Document { index: one.index, kind: one.kind, name: one.name.clone(), error };
        match one.kind {
            DefinitionKind::Configuration => {
                ChannelConfiguration::from_document(&one.document).map(drop).map_err(wrong)?;
            }
            DefinitionKind::Content => check_content_document(&one.document).map_err(wrong)?,
            DefinitionKind::Campaign => {
                let References { configuration, content } = References::of(&one.document);
                let configuration =
                    find(service, &named, DefinitionKind::Configuration, configuration).await?;
                let content = find(service, &named, DefinitionKind::Content, content).await?;
                let documents = Documents {
                    campaign: &one.document,
                    configuration: configuration.as_ref(),
                    content: content.as_ref(),
                };
                one.campaign = Some(Campaign::from_documents(documents).map_err(wrong)?);
            }
        }
    }
    Ok(all)
}

/// A document by its name: one that is given, or else the current version in the store, unless that is archived.
async fn find(
    service: &Service,
    given: &HashMap<(DefinitionKind, String), Value>,
    kind: DefinitionKind,
    name: Option<String>,
) -> Result<Option<Value>, StoreError> {
    let Some(name) = name else { return Ok(None) };
    let key = (kind, name);
    if let Some(document) = given.get(&key) {
        return Ok(Some(document.clone()));
    }
    match service.store.definition(service.workspace, kind, &key.1, None).await? {
        Some(found) if found.current.state != DefinitionState::Archived => {
            Ok(Some(parse(kind, &key.1, &found.document)?))
        }
        _ => Ok(None),
    }
}
