//! What delivery needs to send a stored campaign, by the versions that are pinned.

use delivery::{Campaign, DeliveryError, Documents, Pins, References, RunSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{DefinitionKind, DefinitionState, Run, RunState, StoreError};

use crate::definitions::show::{self, show};
use crate::{Actor, Fault, Kind, Problem, Service};

/// Which. It can be kept with a job: every version is named in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct In {
    /// The campaign's name.
    pub campaign: String,
    /// The versions; `None`: those that an open run was started with, or else the current ones.
    pub pins: Option<Pins>,
}

/// The campaign, with the versions that it was read from. Its secrets are looked up.
pub type Out = Campaign;

/// Why it can't be sent.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such definition, or no such version of it.
    #[error(transparent)]
    Missing(show::Error),
    /// It is archived.
    #[error("the campaign `{0}` is archived")]
    Archived(String),
    /// Its documents don't go together, or one of its secrets isn't known.
    #[error(transparent)]
    Campaign(#[from] super::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Missing(error) => error.problem(),
            Self::Archived(_) => Problem::new(Kind::Conflict, "definition-archived"),
            Self::Campaign(error) => error.problem(),
            Self::Store(error) => error.problem(),
        }
    }
}

impl From<show::Error> for Error {
    fn from(error: show::Error) -> Self {
        match error {
            show::Error::Store(error) => Self::Store(error),
            error => Self::Missing(error),
        }
    }
}

/// Reads a stored campaign. An open run goes on with the versions that it was started with, unless the current ones say
/// the same to the same people: then relay, keys and retries, which may be mended meanwhile, are the current ones'.
pub async fn load(service: &Service, actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { campaign, pins } = asked;
    let mut read = match pins {
        Some(pins) => pinned(service, actor, &campaign, pins).await?,
        None => current_or_open(service, actor, &campaign).await?,
    };
    read.unlock(&*service.secrets).map_err(super::Error)?;
    Ok(read)
}

/// The versions that a run started now would be sent by.
pub async fn current(service: &Service, actor: &Actor, campaign: &str) -> Result<In, Error> {
    let found = version(service, actor, DefinitionKind::Campaign, campaign, None).await?;
    if found.state == DefinitionState::Archived.as_str() {
        return Err(Error::Archived(campaign.to_owned()));
    }
    let References { configuration, content } = References::of(&found.document);
    let mut pins = Pins { campaign: found.version, configuration: None, content: None };
    if let Some(name) = configuration {
        let kind = DefinitionKind::Configuration;
        pins.configuration = Some(version(service, actor, kind, &name, None).await?.version);
    }
    if let Some(name) = content {
        pins.content = Some(version(service, actor, DefinitionKind::Content, &name, None).await?.version);
    }
    Ok(In { campaign: campaign.to_owned(), pins: Some(pins) })
}

async fn version(
    service: &Service,
    actor: &Actor,
    kind: DefinitionKind,
    name: &str,
    version: Option<i64>,
) -> Result<crate::definitions::Version, Error> {
    Ok(show(service, actor, show::In { kind, name: name.to_owned(), version }).await?)
}

async fn current_or_open(service: &Service, actor: &Actor, name: &str) -> Result<Campaign, Error> {
    let latest = service.store.latest_run(service.workspace, name).await?;
    let open = latest.filter(|run| run.state == RunState::Open);
    let began = open.as_ref().and_then(began_with);
    let now = async {
        let pins = current(service, actor, name).await?.pins;
        let pins = pins.ok_or_else(|| StoreError::Missing(format!("the campaign `{name}`")))?;
        pinned(service, actor, name, pins).await
    };
    match (open, began) {
        (Some(run), Some(pins)) => match now.await {
            Ok(campaign) if campaign.fingerprint() == run.fingerprint => Ok(campaign),
            _ => pinned(service, actor, name, pins).await,
        },
        _ => now.await,
    }
}

/// The versions that a run was started with; none for runs of before definitions.
pub(super) fn began_with(run: &Run) -> Option<Pins> {
    serde_json::from_str::<RunSpec>(&run.spec).ok().and_then(|spec| spec.pins)
}

async fn pinned(service: &Service, actor: &Actor, name: &str, pins: Pins) -> Result<Campaign, Error> {
    let campaign = version(service, actor, DefinitionKind::Campaign, name, Some(pins.campaign)).await?;
    let References { configuration, content } = References::of(&campaign.document);
    let configuration =
        part(service, actor, DefinitionKind::Configuration, configuration, pins.configuration).await?;
    let content = part(service, actor, DefinitionKind::Content, content, pins.content).await?;
    let documents = Documents {
        campaign: &campaign.document,
        configuration: configuration.as_ref(),
        content: content.as_ref(),
    };
    let mut read =
        Campaign::from_documents(documents).map_err(|error| super::Error(DeliveryError::from(error)))?;
    read.pins = Some(pins);
    Ok(read)
}

async fn part(
    service: &Service,
    actor: &Actor,
    kind: DefinitionKind,
    name: Option<String>,
    pin: Option<i64>,
) -> Result<Option<Value>, Error> {
    match name {
        Some(name) => Ok(Some(version(service, actor, kind, &name, pin).await?.document)),
        None => Ok(None),
    }
}
