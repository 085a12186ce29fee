//! May this message go to this address?

use std::collections::BTreeMap;

use consent::decide::Read;
use consent::{Address, AddressId, Category, Channel, Decision, Field, ListId, Namespace, ProfileId, Trace};
use serde::Serialize;
use store::{Held, ProfileView, StoreError};

use super::{Answer, Question, TraceStep};
use crate::returned::Returned;
use crate::{Actor, Fault, Problem, Service, shape};

/// The message and the address.
#[derive(Clone, Debug)]
pub struct In {
    /// The channel.
    pub channel: Channel,
    /// The address, as it is typed.
    pub address: String,
    /// The name of the list that the message is bound to.
    pub list: Option<String>,
    /// Marketing or transactional.
    pub category: Category,
    /// The sender that it would come from.
    pub sender: Option<String>,
}

/// What a send would decide, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CheckedDecision)]
#[serde(rename_all = "camelCase")]
pub struct Out {
    /// The decision.
    #[serde(flatten)]
    pub answer: Answer,
    /// Who has the address.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>)]
    pub profile: Option<ProfileId>,
    /// Whether anybody has it. The decision about one that nobody has is that about somebody whom the brand brings in.
    pub known: bool,
    /// The rows of the decision table, in order; the last one holds the decision.
    pub trace: Vec<TraceStep>,
    /// What the suppression list holds of it, and what came back from it; not of a text that is no address.
    #[serde(flatten)]
    pub returned: Option<Returned>,
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such list.
    #[error("the list `{0}` doesn't exist")]
    NoList(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NoList(_) => Problem::not_found("list-not-found", "/list"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Decides as a send would, and tells how.
pub async fn check(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { channel, address, list, category, sender } = asked;
    let list = match list {
        Some(name) => {
            let list = service.store.list_by_name(service.workspace, &name).await?;
            Some(list.ok_or(Error::NoList(name))?.id)
        }
        None => None,
    };
    let question = Question { channel, category, list, run: None, sender, after_complaint: false };
    let parsed = match Namespace::of_channel(channel) {
        Some(namespace) => Address::parse(&namespace, &address, None),
        None => Address::guess(&address),
    };
    let address = match parsed {
        Ok(address) => address,
        Err(error) => {
            let decided = question.about_nothing(service, error).await?;
            return Ok(out(decided, None, None));
        }
    };
    let returned = Some(Returned::of(service, &address).await?);
    let (decided, known) = decide(service, &question, address).await?;
    Ok(out(decided, known.as_ref(), returned))
}

async fn decide(
    service: &Service,
    question: &Question,
    address: Address,
) -> Result<((Decision, Trace), Option<Known>), StoreError> {
    let gone = || StoreError::Missing("the profile".to_owned());
    let Some(owner) = service.owner(&address).await? else {
        return Ok((question.about_stranger(service, address).await?, None));
    };
    let decided = question.about(service, owner.profile, Some(owner.address)).await?.ok_or_else(gone)?;
    let profile = service.store.profile(service.workspace, owner.profile).await?.ok_or_else(gone)?;
    Ok((decided, Some(Known { profile, address: Some(owner.address), list: question.list })))
}

fn out((decision, trace): (Decision, Trace), known: Option<&Known>, returned: Option<Returned>) -> Out {
    let step = |step: &consent::Step| {
        let held = step.value.and_then(|(read, _)| known?.held(read));
        TraceStep::of(step, held)
    };
    Out {
        answer: Answer::of(decision, &trace),
        profile: known.map(|known| known.profile.id),
        known: known.is_some(),
        trace: trace.iter().map(step).collect(),
        returned,
    }
}

/// The person who has the address that was asked about.
pub(super) struct Known {
    pub profile: ProfileView,
    /// The one that was asked about; `None` for the one that messages go to.
    pub address: Option<AddressId>,
    pub list: Option<ListId>,
}

impl Known {
    /// The recorded value that a row read.
    pub fn held(&self, read: Read) -> Option<Held> {
        let held = match read {
            Read::Profile(field) => of_field(&self.profile.values, field),
            Read::Identity(field) => {
                let mut addresses = self.profile.addresses.iter();
                let asked = if let Some(id) = self.address {
                    addresses.find(|address| address.id == id)?
                } else {
                    let namespace = Namespace::of_channel(field.channel()?)?;
                    addresses.find(|address| address.namespace == namespace)?
                };
                of_field(&asked.values, field)
            }
            Read::Subscription => {
                let mut lists = self.profile.subscriptions.iter();
                lists.find(|(id, ..)| Some(*id) == self.list).map(|(_, _, held)| held)
            }
            Read::Default | Read::NoDefault => None,
        };
        held.cloned()
    }
}

/// A field's value. A no to commercial email is one to email.
fn of_field(values: &BTreeMap<Field, Held>, field: Field) -> Option<&Held> {
    let value = values.get(&field);
    let commercial = values.get(&Field::CommercialEmail).filter(|held| held.choice.is_no());
    match commercial.filter(|_| field == Field::Email) {
        Some(commercial) if value.is_none_or(|value| !value.choice.is_no()) => Some(commercial),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consents::opt_out;
    use crate::lists::{Details, create};
    use crate::testing::World;

    fn about(address: &str) -> In {
        let address = address.to_owned();
        In { channel: Channel::Email, address, list: None, category: Category::Marketing, sender: None }
    }

    #[tokio::test]
    async fn a_decision_names_the_entry_that_it_stands_on() {
        let World { service, actor, dir: _dir } = World::new();
        let unknown = check(&service, &actor, about("ann@example.com")).await.unwrap();
        assert_eq!((unknown.answer.decision, unknown.known), ("permit", false));
        let no = opt_out::opt_out(&service, &actor, opt_out::In::of("ann@example.com")).await.unwrap();
        let out = check(&service, &actor, about("Ann@example.com")).await.unwrap();
        assert_eq!((out.answer.decision, out.answer.reason.as_str()), ("exclude", "OptedOutChannel"));
        let last = out.trace.last().unwrap();
        assert_eq!(
            (last.entry, last.field.as_deref(), out.profile),
            (no.entry, Some("email"), Some(no.profile))
        );
        let transactional = In { category: Category::Transactional, ..about("ann@example.com") };
        assert_eq!(check(&service, &actor, transactional).await.unwrap().answer.reason, "Transactional");
    }

    #[tokio::test]
    async fn who_only_turned_up_and_what_is_no_address_are_told() {
        let World { service, actor, dir: _dir } = World::new();
        let mut no = opt_out::In::of("ann@example.com");
        no.asked.channel = Some(Channel::Sms);
        opt_out::opt_out(&service, &actor, no).await.unwrap();
        let out = check(&service, &actor, about("ann@example.com")).await.unwrap();
        assert!(out.answer.not_brought_in && out.known, "{out:?}");
        let out = check(&service, &actor, about("no address")).await.unwrap();
        assert_eq!((out.answer.reason.as_str(), out.returned), ("AddressMalformed", None));
        assert_eq!(check(&service, &actor, about("")).await.unwrap().answer.reason, "AddressMissing");
    }

    #[tokio::test]
    async fn a_list_must_be_there_and_counts() {
        let World { service, actor, dir: _dir } = World::new();
        let bound = In { list: Some("news".to_owned()), ..about("ann@example.com") };
        let refused = check(&service, &actor, bound.clone()).await.unwrap_err();
        assert_eq!(refused.problem(), Problem::not_found("list-not-found", "/list"));
        let new = create::In { name: "news".to_owned(), start: None, end: None, details: Details::default() };
        create::create(&service, &actor, new).await.unwrap();
        assert_eq!(check(&service, &actor, bound).await.unwrap().answer.reason, "NotSubscribed");
    }
}
