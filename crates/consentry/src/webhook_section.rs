//! `[[webhook]]` of the server's file.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use consent::WorkspaceId;
use intake::webhook::{Endpoint, Provider, Setup};
use serde::Deserialize;
use web::{Https, Webhooks};

use crate::output::fail;
use crate::server_file::Secrets;

/// One webhook, as it stands there; docs/webhooks.md explains the keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    name: String,
    provider: String,
    secret: Option<Secrets>,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    certificates: Vec<PathBuf>,
    #[serde(default)]
    lists: BTreeMap<String, String>,
}

/// The webhooks of the file; `None` if there are none.
pub fn webhooks(
    sections: &[Section],
    beside: &Path,
    workspace: WorkspaceId,
) -> Result<Option<Arc<Webhooks>>> {
    let mut names = HashSet::new();
    let mut endpoints = Vec::with_capacity(sections.len());
    for section in sections {
        if !names.insert(&section.name) {
            let what = format!("{}: two webhooks are named `{}`", beside.display(), section.name);
            return Err(fail(what, "each has a path of its own, /hooks/NAME"));
        }
        endpoints.push(endpoint(section, beside, workspace)?);
    }
    let webhooks = || Arc::new(Webhooks::new(endpoints, Arc::new(Https::new())));
    Ok((!sections.is_empty()).then(webhooks))
}

fn endpoint(section: &Section, beside: &Path, workspace: WorkspaceId) -> Result<Endpoint> {
    let place = || format!("{}: webhook `{}`", beside.display(), section.name);
    let secrets = Secrets::read(section.secret.as_ref(), beside).with_context(place)?;
    let read = |file: &PathBuf| {
        let file = beside.parent().unwrap_or(Path::new("")).join(file);
        std::fs::read(&file).with_context(|| file.display().to_string())
    };
    let certificates = section.certificates.iter().map(read).collect::<Result<_>>().with_context(place)?;
    let setup = Setup {
        name: section.name.clone(),
        secrets,
        topics: section.topics.clone(),
        certificates,
        lists: section.lists.clone(),
    };
    let made =
        section.provider.parse().and_then(|provider: Provider| Endpoint::new(provider, workspace, setup));
    made.map_err(|error| {
        fail(format!("{}: {error}", place()), "docs/webhooks.md shows the keys of each provider")
    })
}
