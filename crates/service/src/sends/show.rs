//! What became of one message, whatever it was sent for (I10).

use consent::{AddressId, Category, Channel, ProfileId, RunId, SendId, SendOrigin, Timestamp};
use serde::Serialize;
use store::{SendState, SendView, SentBy, StoreError};

use crate::campaigns::explain::{self, Outcome};
use crate::{Actor, Fault, Problem, Service, shape};

/// Which message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct In {
    /// Its id.
    pub send: SendId,
}

/// What is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Send)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// Its id.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub id: SendId,
    /// The run that it belongs to.
    #[serde(serialize_with = "shape::text_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub run: Option<RunId>,
    /// Why it was sent, where it belongs to none: `notice`, `reply`, `api`, `journey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub origin: Option<&'static str>,
    /// What tells it from all others of that origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// Whom it goes to; nobody for an address that nobody has.
    #[serde(serialize_with = "shape::text_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub profile: Option<ProfileId>,
    /// At which address.
    #[serde(serialize_with = "shape::text_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub address: Option<AddressId>,
    /// What it goes out on; of a run's message the campaign says so.
    #[serde(serialize_with = "shape::text_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub channel: Option<Channel>,
    /// What it is for; of a run's message the campaign says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub category: Option<Category>,
    /// What became of it.
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
    /// The server's reply code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// The server's reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Attempts made.
    pub attempts: u32,
}

/// Why nothing is told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No message has the id.
    #[error("{0}: there is no such message")]
    Unknown(SendId),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Unknown(_) => Problem::not_found("send-not-found", "/send"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Tells what became of a message.
pub async fn show(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let view = service.store.sent(service.workspace, asked.send).await?;
    view.map(out).ok_or(Error::Unknown(asked.send))
}

fn out(view: SendView) -> Out {
    let (run, single) = match view.by {
        SentBy::Run(run) => (Some(run), None),
        SentBy::Single(origin, intent) => (None, Some((origin, intent))),
    };
    let cause = match (view.state, view.waits) {
        (_, Some(wait)) => Some(wait.cause),
        (Some(SendState::Excluded(cause)), None) => Some(cause),
        _ => None,
    };
    Out {
        id: view.id,
        run,
        origin: single.as_ref().map(|(origin, _): &(SendOrigin, String)| origin.name()),
        intent: single.map(|(_, intent)| intent),
        profile: view.profile,
        address: view.address,
        channel: view.kind.map(|(channel, _)| channel),
        category: view.kind.map(|(_, category)| category),
        outcome: outcome(view.state, view.waits.is_some()),
        reason: cause.map(|cause| cause.to_string()),
        reason_words: cause.map_or("", |cause| cause.in_words()),
        until: view.waits.map(|wait| wait.until),
        at: view.at,
        code: Some(view.code).filter(|code| *code != 0),
        detail: view.detail,
        attempts: view.attempts,
    }
}

fn outcome(state: Option<SendState>, waits: bool) -> Outcome {
    match state {
        _ if waits => Outcome::Waits,
        None => Outcome::NotReached,
        Some(SendState::Excluded(_)) => Outcome::Excluded,
        Some(SendState::Message(state)) => explain::outcome(state),
    }
}

#[cfg(test)]
mod tests {
    use consent::{Exclusion, Reason};
    use store::{NewSend, SendOutcome};

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_message_of_no_run_says_what_it_was_for_and_why_it_was_withheld() {
        let World { service, actor, dir: _dir } = World::new();
        let new = NewSend {
            origin: SendOrigin::Notice,
            intent: "a".to_owned(),
            profile: None,
            address: None,
            channel: Channel::Email,
            category: Category::Transactional,
            at: service.now(),
        };
        let send = new.id(service.workspace);
        let told = async || show(&service, &actor, In { send }).await;
        let unknown = told().await.unwrap_err();
        assert_eq!(unknown.problem(), Problem::not_found("send-not-found", "/send"));
        service.store.begin_send(service.workspace, new).await.unwrap();
        assert_eq!(told().await.unwrap().outcome, Outcome::InDoubt);
        let cause = Exclusion::of(Reason::AddressSuppressed);
        let excluded = SendOutcome::Excluded(cause);
        service.store.settle_send(service.workspace, send, excluded, service.now()).await.unwrap();
        let out = told().await.unwrap();
        assert_eq!((out.outcome, out.origin), (Outcome::Excluded, Some("notice")));
        let json = serde_json::to_value(&out).unwrap();
        assert_eq!(json["reason"], "AddressSuppressed");
        assert_eq!(json["id"], send.to_string());
        assert_eq!(json["channel"], "email");
    }
}
