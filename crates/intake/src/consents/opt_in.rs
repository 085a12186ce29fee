//! `opt-in`: choices of a person whom the body itself names, by an address and by an id of the brand's.

use consent::{
    Address, Choice, Evidence, Field, Namespace, Origin, ProfileId, Subject, Target, Timestamp, WorkspaceId,
};
use serde::Deserialize;
use store::{ProfileRow, ProfileView, RowOutcome, Store, StoreError};

use super::body::{Item, Preferences, Said};
use super::targets::{ByTarget, Wishes};
use super::teller::told_before;
use super::{Desk, Told, Unreadable, fresh};

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum OptInError {
    /// What must be there isn't.
    #[error("{0}")]
    Incomplete(String),
    /// It can't be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// `OptInPreferences` in Adobe's document.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    consent_identity: Option<String>,
    consent_identity_namespace: Option<String>,
    profile_id: Option<String>,
    profile_namespace: Option<String>,
    marketing: Option<Vec<Item>>,
    personalization: Option<Vec<Item>>,
    privacy: Option<Vec<Item>>,
}

/// Whom the body calls the person by the brand's own means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Profile {
    /// By the id that imports call `id`.
    ExternalId(String),
    /// By an address.
    Address(Address),
    /// In a namespace that nobody is known by here.
    Elsewhere(String),
}

/// What a body says, and of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptIn {
    /// The address that the choices are about.
    pub identity: Address,
    profile: Profile,
    /// The choices.
    pub said: Said,
}

impl OptIn {
    /// Reads a body; `external` is the namespace of the ids that imports call `id`.
    pub fn parse(body: &[u8], external: &str) -> Result<Self, OptInError> {
        if body.trim_ascii().is_empty() {
            return Err(OptInError::Incomplete("no preferences were given".to_owned()));
        }
        let body: Body = serde_json::from_slice(body).map_err(Unreadable::from)?;
        let missing = |name: &str| OptInError::Incomplete(format!("{name} is missing"));
        let there = |text: Option<String>, name| {
            text.filter(|text| !text.trim().is_empty()).ok_or_else(|| missing(name))
        };
        let identity = there(body.consent_identity, "consentIdentity")?;
        let namespace = there(body.consent_identity_namespace, "consentIdentityNamespace")?;
        let profile = there(body.profile_id, "profileId")?;
        let profile_namespace = there(body.profile_namespace, "profileNamespace")?;
        let Body { marketing, personalization, privacy, .. } = body;
        let said = Preferences { marketing, personalization, privacy }.read()?;
        if said.is_empty() {
            return Err(OptInError::Incomplete("no preferences were given".to_owned()));
        }
        let namespace =
            kind(&namespace).ok_or_else(|| unreadable("consentIdentityNamespace is no namespace"))?;
        let identity = Address::parse(&namespace, &identity, None)
            .map_err(|error| unreadable(&format!("consentIdentity: {error}")))?;
        let profile = match kind(&profile_namespace) {
            _ if profile_namespace.eq_ignore_ascii_case(external) => Profile::ExternalId(profile),
            Some(namespace @ (Namespace::Email | Namespace::Phone)) => Profile::Address(
                Address::parse(&namespace, &profile, None)
                    .map_err(|error| unreadable(&format!("profileId: {error}")))?,
            ),
            _ => Profile::Elsewhere(format!(
                "profileNamespace: people are known here by {external}, Email and Phone"
            )),
        };
        Ok(Self { identity, profile, said })
    }
}

fn unreadable(problem: &str) -> OptInError {
    OptInError::Unreadable(Unreadable(problem.to_owned()))
}

/// Standard namespaces in any case.
fn kind(name: &str) -> Option<Namespace> {
    let known = ["email", "phone", "push"].into_iter().find(|known| known.eq_ignore_ascii_case(name));
    known.unwrap_or(name).parse().ok()
}

/// Records what a body says of the owner of its `consentIdentity`; an address never seen before gets a profile of its own,
/// which an import adopts (I7).
///
/// Refusals that reach past the address also hold for the person whom `profileId` names, should that be another. Anything
/// else is then refused, since it can't be told who agreed.
pub async fn opt_in(
    store: &Store,
    workspace: WorkspaceId,
    request: &OptIn,
    evidence: Evidence,
    now: Timestamp,
) -> Result<Told, OptInError> {
    let owner = store.resolve(workspace, vec![request.identity.clone()]).await?.into_iter().next().flatten();
    let known = match &owner {
        Some(owner) => store.profile(workspace, owner.profile).await?.map(|profile| (profile, owner.address)),
        None => None,
    };
    let mut wishes = Wishes::of(&request.said, request.identity.namespace());
    let other = request.other(store, workspace, known.as_ref().map(|(profile, _)| profile)).await?;
    wishes.problems.extend(other.problem(known.is_some()));
    wishes.salvage();
    let told = Told::of(&wishes);
    let mut whose = Vec::new();
    let wide = |target: &Target, choice: Choice| choice.is_no() && matches!(target, Target::Field(_));
    let refusals: ByTarget = wishes
        .by_target
        .iter()
        .filter(|(target, (choice, _))| wide(target, *choice))
        .map(|(k, v)| (*k, *v))
        .collect();
    if !refusals.is_empty()
        && let Some(profile) = other.profile(store, workspace, now).await?
    {
        whose.push((Subject::Profile(profile), refusals));
    }
    let fresh = match &known {
        Some((profile, address)) => {
            let before = told_before(store, workspace, profile.id, &evidence).await?;
            fresh(wishes.by_target, profile, *address, &before)
        }
        None => wishes.by_target,
    };
    // A yes that a program of the brand's tells brings the person in, a no doesn't.
    let says_yes = fresh.iter().any(|(target, (choice, _))| choice.is_yes() && is_marketing(*target));
    let origin = if says_yes { Origin::Operator } else { Origin::Stranger };
    whose.push((Subject::Named(request.identity.clone(), origin), fresh));
    Desk { store, workspace, run: None, evidence, now }.record(whose).await?;
    Ok(told)
}

/// Whether a value is about being sent marketing, by whichever channel or to whichever list.
fn is_marketing(target: Target) -> bool {
    match target {
        Target::Field(field) | Target::Identity(field) => field == Field::Any || field.channel().is_some(),
        Target::List(_) => true,
    }
}

/// Whom `profileId` names beside the owner of the identity.
enum Other {
    /// Nobody else.
    Same,
    /// Another, who is known.
    Known(ProfileId),
    /// Whoever has this external id, or will have; `true` if the owner has another.
    ExternalId(String, bool),
    /// It can't be told.
    Elsewhere(String),
}

impl OptIn {
    async fn other(
        &self,
        store: &Store,
        workspace: WorkspaceId,
        owner: Option<&ProfileView>,
    ) -> Result<Other, OptInError> {
        Ok(match &self.profile {
            Profile::Elsewhere(problem) => Other::Elsewhere(problem.clone()),
            Profile::ExternalId(id) => match owner.and_then(|owner| owner.external_id.as_ref()) {
                Some(theirs) if theirs == id => Other::Same,
                theirs => Other::ExternalId(id.clone(), theirs.is_some()),
            },
            Profile::Address(address) => {
                let found =
                    store.resolve(workspace, vec![address.clone()]).await?.into_iter().next().flatten();
                let other =
                    found.map(|found| found.profile).filter(|id| owner.is_none_or(|owner| owner.id != *id));
                other.map_or(Other::Same, Other::Known)
            }
        })
    }
}

impl Other {
    fn problem(&self, owned: bool) -> Option<String> {
        match self {
            Self::Elsewhere(problem) => Some(problem.clone()),
            Self::Known(_) | Self::ExternalId(_, true) if owned => {
                Some("consentIdentity and profileId belong to different people".to_owned())
            }
            _ => None,
        }
    }

    /// The profile; one for an external id never seen before is made, so that the refusal waits there (I7).
    async fn profile(
        &self,
        store: &Store,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<Option<ProfileId>, OptInError> {
        let id = match self {
            Self::Same | Self::Elsewhere(_) => return Ok(None),
            Self::Known(profile) => return Ok(Some(*profile)),
            Self::ExternalId(id, _) => id.clone(),
        };
        let origin = Origin::Stranger;
        let row = ProfileRow { origin, external_id: Some(id), received_at: now, ..ProfileRow::default() };
        match store.import(workspace, vec![row]).await?.pop() {
            Some(RowOutcome::Created(id) | RowOutcome::Updated(id) | RowOutcome::Unchanged(id)) => {
                Ok(Some(id))
            }
            Some(RowOutcome::Rejected(why)) => Err(unreadable(&format!("profileId: {why}"))),
            // The row has no address that could be left out.
            Some(RowOutcome::Without { .. }) | None => Ok(None),
        }
    }
}
