//! Storing documents as new versions, all or none.

use std::collections::HashMap;

use delivery::audience::keep_upload;
use delivery::upload::RowsSource;
use delivery::{
    Audience, Campaign, DeliveryError, Finding, LinkProbe, PublishError, References, check_content,
};
use serde::Serialize;
use store::{DefinitionKind, DefinitionState, NewDefinition, PutDefinitions, RunState, StoreError};
use tokio::sync::watch;

use super::checked::{Checked, check};
use super::plan::{Change, What};
use super::{Field, Given, Invalid, Shown};
use crate::{Actor, Fault, Kind, Problem, Service, sending};

/// Times that documents are compared anew, because somebody else changed one of them meanwhile.
const TRIES_MAX: u32 = 5;

/// The documents.
pub struct In<'a> {
    /// All of them; one may name another.
    pub documents: Vec<Given>,
    /// Address files that campaigns name, by their hash, as far as they are at hand.
    pub uploads: HashMap<String, RowsSource>,
    /// Opens our own pages for the publish check of campaigns. `None`: they are stored as drafts, and checked when they
    /// are run.
    pub probe: Option<&'a dyn LinkProbe>,
}

/// What became of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AppliedDefinitions)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// Each, by kind.
    pub data: Vec<Applied>,
    /// What doesn't stand in the way, but should be known.
    #[schema(value_type = Vec<Object>)]
    pub warnings: Vec<Warning>,
}

/// What became of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AppliedDefinition)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// As it is now.
    #[serde(flatten)]
    pub definition: Shown,
    /// What was done.
    pub change: What,
    /// The fields that differ from the version before.
    pub fields: Vec<Field>,
}

/// What the publish check warns of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// The campaign.
    pub campaign: String,
    /// What, in which part of it.
    #[serde(flatten)]
    pub finding: Finding,
}

/// Why nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A document isn't right, or somebody else changed it.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A campaign's content can't go out.
    #[error("campaign {campaign}: {error}")]
    Refused {
        /// Which of those that were given, from 0.
        index: usize,
        /// Its name.
        campaign: String,
        /// What is wrong.
        error: PublishError,
    },
    /// A campaign can't be checked, or its address file not read.
    #[error("campaign {campaign}: {error}")]
    Campaign {
        /// Which of those that were given, from 0.
        index: usize,
        /// Its name.
        campaign: String,
        /// Why.
        error: Box<DeliveryError>,
    },
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        let at = |index: &usize| Some(format!("/documents/{index}").into());
        match self {
            Self::Invalid(error) => error.problem(),
            Self::Refused { index, .. } => {
                Problem { pointer: at(index), ..Problem::new(Kind::Invalid, "content-refused") }
            }
            Self::Campaign { index, error, .. } => Problem { pointer: at(index), ..sending::problem(error) },
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Invalid(error.into())
    }
}

/// Checks documents and stores those that changed.
pub async fn apply(service: &Service, actor: &Actor, asked: In<'_>) -> Result<Out, Error> {
    // Whoever names no version means the one that is current in the end: of two that apply the same at once, the second
    // finds nothing changed.
    let named = asked.documents.iter().any(|given| given.expected.is_some());
    let mut tries = 0;
    loop {
        match once(service, actor, &asked).await {
            Err(Error::Invalid(Invalid::Stale { .. })) if !named && tries < TRIES_MAX => tries += 1,
            other => return other,
        }
    }
}

async fn once(service: &Service, actor: &Actor, asked: &In<'_>) -> Result<Out, Error> {
    let In { documents, uploads, probe } = asked;
    let mut checked = check(service, documents.clone()).await?;
    let changes: Vec<Change> = checked.iter().map(Change::of).collect();
    let mut warnings = Vec::new();
    for (one, change) in checked.iter_mut().zip(&changes) {
        let Some(campaign) = &mut one.campaign else { continue };
        for (hash, rows) in uploads {
            campaign.read_from(hash, rows.clone());
        }
        // A campaign says something else, too, where what it names does.
        let References { configuration, content } = &campaign.references;
        let named = [
            (DefinitionKind::Configuration, configuration.as_ref()),
            (DefinitionKind::Content, content.as_ref()),
        ];
        let differs = |(kind, name): (DefinitionKind, Option<&String>)| {
            let same = |other: &&Change| other.kind == kind && Some(&other.name) == name;
            changes.iter().find(same).is_some_and(|other| other.change != What::Unchanged)
        };
        let differs = change.change != What::Unchanged || named.into_iter().any(differs);
        if let Some(probe) = probe.filter(|_| differs) {
            let found = findings(service, one.index, campaign, probe).await?;
            let name = &campaign.name;
            warnings.extend(found.into_iter().map(|finding| Warning { campaign: name.clone(), finding }));
        }
    }
    for one in &checked {
        keep(service, one).await?;
    }
    let data = store(service, actor, checked, changes, probe.is_some()).await?;
    Ok(Out { data, warnings })
}

/// What the publish check warns of.
async fn findings(
    service: &Service,
    index: usize,
    campaign: &Campaign,
    probe: &dyn LinkProbe,
) -> Result<Vec<Finding>, Error> {
    let (_keep, stop) = watch::channel(false);
    let deps = sending::deps(service, stop);
    match check_content(&deps, campaign, probe).await {
        Ok(checked) => Ok(checked.warnings),
        Err(DeliveryError::Publish(error)) => {
            Err(Error::Refused { index, campaign: campaign.name.clone(), error })
        }
        Err(error) => Err(Error::Campaign { index, campaign: campaign.name.clone(), error: Box::new(error) }),
    }
}

/// Keeps whom a campaign's address file names, where the file is at hand.
async fn keep(service: &Service, checked: &Checked) -> Result<(), Error> {
    let Some(campaign) = &checked.campaign else { return Ok(()) };
    let Audience::Upload(upload) = &campaign.audience else { return Ok(()) };
    let Some(rows) = &upload.rows else { return Ok(()) };
    // Whom an open run goes to is fixed: nobody is made known again for it.
    let latest = service.store.latest_run(service.workspace, &campaign.name).await?;
    if latest.is_some_and(|run| run.state == RunState::Open && run.fingerprint == campaign.fingerprint()) {
        return Ok(());
    }
    let (file, channel) = ((&*upload.sha256, rows), campaign.configuration.channel());
    let kept = keep_upload(&service.store, service.workspace, file, channel, service.now()).await;
    kept.map_err(|error| Error::Campaign {
        index: checked.index,
        campaign: campaign.name.clone(),
        error: Box::new(error),
    })
}

async fn store(
    service: &Service,
    actor: &Actor,
    checked: Vec<Checked>,
    changes: Vec<Change>,
    published: bool,
) -> Result<Vec<Applied>, Error> {
    let now = service.now();
    let mut new = Vec::new();
    for one in checked.iter().zip(&changes).filter(|(_, change)| change.change != What::Unchanged) {
        let (Checked { kind, name, document, stored, .. }, _) = one;
        // Whether a campaign can go out shows in the publish check; a configuration and a content are checked by now.
        let draft = *kind == DefinitionKind::Campaign && !published;
        new.push(NewDefinition {
            kind: *kind,
            name: name.clone(),
            expected: stored.as_ref().map_or(0, |(_, version, _)| *version),
            document: document.to_string(),
            state: if draft { DefinitionState::Draft } else { DefinitionState::Checked },
        });
    }
    let expected: HashMap<_, _> =
        new.iter().map(|new| ((new.kind, new.name.clone()), new.expected)).collect();
    let put = service.store.put_definitions(service.workspace, new, &actor.note(), now).await?;
    let mut stored = match put {
        PutDefinitions::Stored(stored) => stored.into_iter(),
        PutDefinitions::Changed { kind, name, current } => {
            let expected = expected.get(&(kind, name.clone())).copied().unwrap_or(0);
            return Err(Invalid::Stale { kind, name, expected, current }.into());
        }
    };
    let mut applied = Vec::with_capacity(changes.len());
    for Change { kind, name, change, fields, .. } in changes {
        let definition = if change == What::Unchanged {
            let found = service.store.definition(service.workspace, kind, &name, None).await?;
            found.map(|found| found.current)
        } else {
            stored.next()
        };
        let missing = || StoreError::Missing(format!("the {kind} `{name}`"));
        let definition = definition.ok_or_else(missing)?.into();
        applied.push(Applied { definition, change, fields });
    }
    Ok(applied)
}
