//! What became of a campaign's message to one person, and what would be decided now.

use consent::{Address, AddressError, AddressId, ProfileId, RunId, SendId, Timestamp};
use delivery::{ChannelConfiguration, RunSpec};
use serde::Serialize;
use store::{Delivery, DeliveryState, Run, StoreError};

use crate::decisions::{Answer, Question};
use crate::{Actor, Fault, Kind, Problem, Service, shape};

/// Which message.
#[derive(Clone, Debug)]
pub struct In {
    /// The campaign's name; its latest run is meant.
    pub campaign: String,
    /// One of the person's addresses, as it is typed.
    pub address: String,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = RunExplained)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The run.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub run: RunId,
    /// The message, if the person is in the audience.
    #[serde(serialize_with = "shape::text_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub send: Option<SendId>,
    /// What became of the message.
    pub outcome: Outcome,
    /// Why it was withheld or waits, by its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason in words.
    #[serde(skip)]
    pub reason_words: &'static str,
    /// Until when it waits.
    #[serde(serialize_with = "shape::text_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// Since when it is so.
    #[serde(serialize_with = "shape::text_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// The server's reply code, 0 without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// The server's reply.
    #[serde(skip)]
    pub detail: Option<String>,
    /// Attempts made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// What would be decided now, which may have changed since.
    pub now: Answer,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SendOutcome)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The transport took it.
    Sent,
    /// The server refused it for now; it is due again.
    Deferred,
    /// Our own decision makes it wait.
    Waits,
    /// The server refused it for good.
    Rejected,
    /// Nobody knows whether it arrived.
    InDoubt,
    /// It was refused for now too often.
    GivenUp,
    /// It was withheld.
    Excluded,
    /// The person isn't in the audience, or not reached yet.
    NotReached,
}

/// Why nothing is explained.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no address.
    #[error("{address}: {error}")]
    Address {
        /// The text.
        address: String,
        /// What is wrong with it.
        error: AddressError,
    },
    /// Nobody is known by it.
    #[error("{0}: nobody has this address")]
    Nobody(String),
    /// The campaign was never sent.
    #[error("no run of a campaign `{0}`")]
    NoRun(String),
    /// What the run was sent with can't be read.
    #[error("what {0} was sent with can't be read")]
    Unreadable(RunId),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Address { .. } => Problem::invalid("address-invalid", "/address"),
            Self::Nobody(_) => Problem::not_found("profile-not-found", "/address"),
            Self::NoRun(_) => Problem::not_found("run-not-found", "/campaign"),
            Self::Unreadable(_) => Problem::new(Kind::Internal, "run-unreadable"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Explains a message.
pub async fn explain(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { campaign, address } = asked;
    let parsed = match Address::guess(&address) {
        Ok(parsed) => parsed,
        Err(error) => return Err(Error::Address { address, error }),
    };
    let owner = service.owner(&parsed).await?.ok_or(Error::Nobody(address))?;
    let (store, workspace) = (&service.store, service.workspace);
    let run = store.latest_run(workspace, &campaign).await?.ok_or(Error::NoRun(campaign))?;
    let delivery = store.run_outcome(workspace, run.id, owner.profile).await?;
    let mailed = match &delivery {
        Some(Delivery::Message { address, .. }) => Some(*address),
        _ => None,
    };
    let now = decided_now(service, &run, owner.profile, mailed).await?;
    let send = store.send_of(workspace, run.id, owner.profile).await?;
    Ok(Out { send, ..out(run.id, delivery, now) })
}

fn out(run: RunId, delivery: Option<Delivery>, now: Answer) -> Out {
    let mut out = Out {
        run,
        send: None,
        outcome: Outcome::NotReached,
        reason: None,
        reason_words: "",
        until: None,
        at: None,
        code: None,
        detail: None,
        attempts: None,
        now,
    };
    match delivery {
        None => {}
        Some(Delivery::Excluded { reason, .. }) => {
            out.outcome = Outcome::Excluded;
            (out.reason, out.reason_words) = (Some(reason.to_string()), reason.in_words());
        }
        Some(Delivery::Message { waits, state, at, code, detail, attempts, .. }) => {
            (out.at, out.attempts) = (Some(at), Some(attempts));
            if let Some(wait) = waits {
                out.outcome = Outcome::Waits;
                out.until = Some(wait.until);
                (out.reason, out.reason_words) = (Some(wait.cause.to_string()), wait.cause.in_words());
            } else {
                (out.outcome, out.code, out.detail) = (outcome(state), Some(code), detail);
            }
        }
    }
    out
}

pub(crate) const fn outcome(state: DeliveryState) -> Outcome {
    match state {
        DeliveryState::Sent => Outcome::Sent,
        DeliveryState::Deferred => Outcome::Deferred,
        DeliveryState::Rejected => Outcome::Rejected,
        DeliveryState::InDoubt => Outcome::InDoubt,
        DeliveryState::GivenUp => Outcome::GivenUp,
    }
}

/// What would be decided now: by the run's own channel, sender, list and category.
async fn decided_now(
    service: &Service,
    run: &Run,
    profile: ProfileId,
    mailed: Option<AddressId>,
) -> Result<Answer, Error> {
    let unreadable = || Error::Unreadable(run.id);
    let configuration = service.store.configuration(service.workspace, run.configuration).await?;
    let configuration = configuration.ok_or_else(unreadable)?;
    let configuration = ChannelConfiguration::from_json(&configuration.body).map_err(|_| unreadable())?;
    let spec: RunSpec = serde_json::from_str(&run.spec).map_err(|_| unreadable())?;
    let question = Question {
        channel: configuration.channel(),
        category: configuration.category,
        list: run.list,
        run: Some(run.id),
        sender: Some(configuration.sender().to_owned()),
        after_complaint: configuration.send_after_complaint,
    };
    let address = mailed.or_else(|| spec.listed.get(profile));
    let decided = question.about(service, profile, address).await?;
    let (decision, trace) = decided.ok_or_else(|| StoreError::Missing("the profile".to_owned()))?;
    Ok(Answer::of(decision, &trace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn what_is_missing_is_pointed_at() {
        let world = World::new();
        world.import("people.csv", "id,email\n1,ann@example.com\n").await;
        let asked = |address: &str| In { campaign: "spring".to_owned(), address: address.to_owned() };
        let problem = async |address: &str| {
            explain(&world.service, &world.actor, asked(address)).await.unwrap_err().problem()
        };
        assert_eq!(problem("ann@").await, Problem::invalid("address-invalid", "/address"));
        assert_eq!(problem("bob@example.com").await, Problem::not_found("profile-not-found", "/address"));
        assert_eq!(problem("ann@example.com").await, Problem::not_found("run-not-found", "/campaign"));
        world.run_of("spring").await;
        assert_eq!(problem("ann@example.com").await.code, "run-unreadable");
    }
}
