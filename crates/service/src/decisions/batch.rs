//! May a message go to each of these?

use std::sync::Arc;

use consent::decide::Reach;
use consent::{
    Address, AddressError, AddressId, Category, Channel, Decision, EntryId, Message, Namespace, ProfileId,
    Reason, Recipient, Rules, Step, Trace, decide, explain,
};
use serde::Serialize;
use store::{READ_MAX, StoreError};

use super::check::Known;
use super::{Answer, Question, TraceStep};
use crate::{Actor, Fault, Kind, Problem, Service, shape};

/// Recipients of one question.
pub const RECIPIENTS_MAX: usize = 10_000;
/// The same where the decisions are explained, for which each person is read in full.
pub const EXPLAINED_MAX: usize = 1_000;

/// The message and its recipients.
#[derive(Clone, Debug)]
pub struct In {
    /// The channel.
    pub channel: Channel,
    /// The name of the list that the message is bound to.
    pub list: Option<String>,
    /// Marketing or transactional.
    pub category: Category,
    /// The sender that it would come from.
    pub sender: Option<String>,
    /// To whom; at most [`RECIPIENTS_MAX`].
    pub recipients: Vec<To>,
    /// Whether the rows of the decision table are told.
    pub explain: bool,
    /// An entry that the decisions must know of.
    pub at_least_as_fresh: Option<EntryId>,
}

/// To whom a message would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// An address, as it is typed.
    Address(String),
    /// A person, at the address that messages go to.
    Profile(ProfileId),
}

/// A decision for each recipient, in their order.
pub type Out = Vec<Decided>;

/// What a send to one recipient would decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Decision)]
pub struct Decided {
    /// The decision.
    #[serde(flatten)]
    pub answer: Answer,
    /// Whether anybody has the address. The decision about one that nobody has is what the workspace's setting
    /// `unknownRecipients` says.
    pub known: bool,
    /// Who it is.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>)]
    pub profile: Option<ProfileId>,
    /// The rows of the decision table, if they are asked for; the last one holds the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Vec<TraceStep>>,
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such list.
    #[error("the list `{0}` doesn't exist")]
    NoList(String),
    /// More than are decided at once.
    #[error(
        "at most {RECIPIENTS_MAX} recipients in one question, {EXPLAINED_MAX} with explain; send more as NDJSON"
    )]
    TooMany,
    /// What the decisions must know of hasn't arrived.
    #[error("{0} isn't known here yet")]
    NotFresh(EntryId),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::NoList(_) => Problem::not_found("list-not-found", "/list"),
            Self::TooMany => Problem::invalid("recipients-too-many", "/recipients"),
            Self::NotFresh(_) => {
                Problem { kind: Kind::Unavailable, ..Problem::invalid("not-fresh-enough", "/atLeastAsFresh") }
            }
            Self::Store(error) => error.problem(),
        }
    }
}

/// Decides about each as a send would. Different from a send, nothing is reserved: the answer is as old as the moment in
/// which it was read.
pub async fn batch(service: &Service, _actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { channel, list, category, sender, recipients, explain, at_least_as_fresh } = asked;
    if recipients.len() > if explain { EXPLAINED_MAX } else { RECIPIENTS_MAX } {
        return Err(Error::TooMany);
    }
    if let Some(entry) = at_least_as_fresh
        && service.store.entry(service.workspace, entry).await?.is_none()
    {
        return Err(Error::NotFresh(entry));
    }
    let list = match list {
        Some(name) => {
            let list = service.store.list_by_name(service.workspace, &name).await?;
            Some(list.ok_or(Error::NoList(name))?.id)
        }
        None => None,
    };
    let question = Question { channel, category, list, run: None, sender, after_complaint: false };
    let desk = Arc::new(Desk {
        service: service.clone(),
        question,
        namespace: Namespace::of_channel(channel),
        explain,
    });
    // As many at once as the store has use for: each piece reads for itself.
    let mut pieces = Vec::new();
    let mut rest = recipients.into_iter();
    loop {
        let piece: Vec<To> = rest.by_ref().take(PIECE).collect();
        if piece.is_empty() {
            break;
        }
        let desk = Arc::clone(&desk);
        pieces.push(tokio::spawn(async move { desk.decide(piece).await }));
    }
    let mut decided = Vec::new();
    for piece in pieces {
        let ended =
            piece.await.map_err(|_| StoreError::Unavailable("a decision was broken off".to_owned()))?;
        decided.extend(ended?);
    }
    Ok(decided)
}

/// Recipients that are read together.
const PIECE: usize = 1_250;
const _: () = assert!(PIECE <= READ_MAX);

/// What each piece of a question is decided with.
struct Desk {
    service: Service,
    question: Question,
    /// Of the channel's addresses.
    namespace: Option<Namespace>,
    explain: bool,
}

/// Those of a piece that are read alike, with their places in it.
#[derive(Default)]
struct Sorted {
    /// At addresses that somebody has.
    owned: (Vec<usize>, Vec<ProfileId>, Vec<AddressId>),
    /// At the addresses that messages go to.
    people: (Vec<usize>, Vec<ProfileId>),
    /// At addresses that nobody has.
    strangers: (Vec<usize>, Vec<Address>),
    /// At nothing that is an address.
    broken: Vec<(usize, AddressError)>,
}

impl Desk {
    async fn decide(&self, piece: Vec<To>) -> Result<Vec<Decided>, StoreError> {
        let mut decided: Vec<Option<Decided>> = Vec::new();
        decided.resize_with(piece.len(), || None);
        let Sorted { owned, people, strangers, broken } = self.sorted(piece).await?;
        let (places, profiles, addresses) = owned;
        let (readings, message, rules) =
            self.question.people(&self.service, profiles, Some(addresses)).await?;
        for (place, reading) in places.into_iter().zip(readings) {
            let known = self.known(reading.profile, reading.address.as_ref().map(|(id, _)| *id)).await?;
            decided[place] =
                Some(self.of(&reading.recipient, (&message, &rules), Some(reading.profile), known.as_ref()));
        }
        let (places, profiles) = people;
        if !profiles.is_empty() {
            let (readings, ..) = self.question.people(&self.service, profiles, None).await?;
            for (place, reading) in places.into_iter().zip(readings) {
                // Nobody has an id that is another workspace's.
                let profile = reading.address.is_some().then_some(reading.profile);
                let known = self.known(reading.profile, None).await?;
                decided[place] =
                    Some(self.of(&reading.recipient, (&message, &rules), profile, known.as_ref()));
            }
        }
        let (places, addresses) = strangers;
        if !addresses.is_empty() {
            let recipients = self.question.strangers(&self.service, addresses).await?;
            for (place, recipient) in places.into_iter().zip(recipients) {
                decided[place] = Some(self.of(&recipient, (&message, &rules), None, None));
            }
        }
        for (place, error) in broken {
            let reach = if error == AddressError::Empty { Reach::Missing } else { Reach::Malformed };
            let recipient = Recipient { reach, ..Recipient::UNKNOWN };
            decided[place] = Some(self.of(&recipient, (&message, &rules), None, None));
        }
        let missing = || StoreError::Damaged("a recipient wasn't read".to_owned());
        decided.into_iter().map(|decided| decided.ok_or_else(missing)).collect()
    }

    async fn sorted(&self, piece: Vec<To>) -> Result<Sorted, StoreError> {
        let mut sorted = Sorted::default();
        let (mut places, mut addresses) = (Vec::new(), Vec::new());
        for (place, to) in piece.into_iter().enumerate() {
            let text = match to {
                To::Profile(profile) => {
                    sorted.people.0.push(place);
                    sorted.people.1.push(profile);
                    continue;
                }
                To::Address(text) => text,
            };
            let parsed = match &self.namespace {
                Some(namespace) => Address::parse(namespace, &text, None),
                None => Address::guess(&text),
            };
            match parsed {
                Ok(address) => {
                    places.push(place);
                    addresses.push(address);
                }
                Err(error) => sorted.broken.push((place, error)),
            }
        }
        let owners = self.service.store.resolve(self.service.workspace, addresses.clone()).await?;
        for ((place, address), owner) in places.into_iter().zip(addresses).zip(owners) {
            if let Some(owner) = owner {
                sorted.owned.0.push(place);
                sorted.owned.1.push(owner.profile);
                sorted.owned.2.push(owner.address);
            } else {
                sorted.strangers.0.push(place);
                sorted.strangers.1.push(address);
            }
        }
        Ok(sorted)
    }

    /// What is recorded of a person, for the trace; nothing where none is asked for.
    async fn known(
        &self,
        profile: ProfileId,
        address: Option<AddressId>,
    ) -> Result<Option<Known>, StoreError> {
        if !self.explain {
            return Ok(None);
        }
        let profile = self.service.store.profile(self.service.workspace, profile).await?;
        Ok(profile.map(|profile| Known { profile, address, list: self.question.list }))
    }

    fn of(
        &self,
        recipient: &Recipient,
        (message, rules): (&Message, &Rules),
        profile: Option<ProfileId>,
        known: Option<&Known>,
    ) -> Decided {
        let decision = decide(recipient, message, rules);
        // Whether somebody was brought in stands in the trace alone.
        let unasked = matches!(decision, Decision::Exclude(cause) if cause.reason == Reason::NoConsent);
        let traced = self.explain || (unasked && !recipient.profile.has_default());
        let trace = if traced { explain(recipient, message, rules).1 } else { Trace::default() };
        let answer = Answer::of(decision, &trace);
        let step = |step: &Step| {
            let held = step.value.and_then(|(read, _)| known?.held(read));
            TraceStep::of(step, held)
        };
        let trace = self.explain.then(|| trace.iter().map(step).collect());
        Decided { answer, known: profile.is_some(), profile, trace }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consents::opt_out;
    use crate::settings::{self, UnknownRecipients};
    use crate::testing::World;

    fn about(recipients: &[&str]) -> In {
        let recipients = recipients.iter().map(|text| To::Address((*text).to_owned())).collect();
        In {
            channel: Channel::Email,
            list: None,
            category: Category::Marketing,
            sender: None,
            recipients,
            explain: false,
            at_least_as_fresh: None,
        }
    }

    #[tokio::test]
    async fn each_is_answered_in_order_as_a_check_would() {
        let World { service, actor, dir: _dir } = World::new();
        let no = opt_out::opt_out(&service, &actor, opt_out::In::of("ann@example.com")).await.unwrap();
        let mut asked = about(&["new@example.com", "ann@example.com", "nothing", ""]);
        asked.recipients.push(To::Profile(no.profile));
        asked.recipients.push(To::Profile(ProfileId(i64::MAX)));
        let out = batch(&service, &actor, asked.clone()).await.unwrap();
        let told: Vec<_> =
            out.iter().map(|decided| (decided.answer.reason.as_str(), decided.known)).collect();
        let expected = [
            ("Default", false),
            ("OptedOutChannel", true),
            ("AddressMalformed", false),
            ("AddressMissing", false),
            ("OptedOutChannel", true),
            ("AddressMissing", false),
        ];
        assert_eq!(told[1..], expected[1..]);
        assert_eq!((out[0].answer.decision, told[0].1), ("permit", false));
        asked.explain = true;
        let explained = batch(&service, &actor, asked).await.unwrap();
        for (told, with_trace) in out.iter().zip(&explained) {
            assert_eq!(told.answer, with_trace.answer, "a trace changes no decision");
            assert!(with_trace.trace.as_ref().is_some_and(|trace| !trace.is_empty()));
        }
    }

    #[tokio::test]
    async fn the_workspace_says_what_an_unknown_address_gets() {
        let World { service, actor, dir: _dir } = World::new();
        let change =
            settings::change::In { unknown_recipients: Some(UnknownRecipients::No), ..Default::default() };
        settings::change::change(&service, &actor, change).await.unwrap();
        let out = batch(&service, &actor, about(&["new@example.com"])).await.unwrap();
        assert_eq!((out[0].answer.decision, out[0].known), ("exclude", false));
        assert!(out[0].answer.not_brought_in);
        let transactional = In { category: Category::Transactional, ..about(&["new@example.com"]) };
        let out = batch(&service, &actor, transactional).await.unwrap();
        assert_eq!(out[0].answer.decision, "permit");
    }

    #[tokio::test]
    async fn what_is_wrong_is_pointed_at_and_freshness_is_waited_for() {
        let World { service, actor, dir: _dir } = World::new();
        let no = opt_out::opt_out(&service, &actor, opt_out::In::of("ann@example.com")).await.unwrap();
        let fresh = In { at_least_as_fresh: no.entry, ..about(&["ann@example.com"]) };
        assert_eq!(batch(&service, &actor, fresh).await.unwrap()[0].answer.decision, "exclude");
        let late = In { at_least_as_fresh: Some(EntryId(1 << 40)), ..about(&["ann@example.com"]) };
        assert_eq!(batch(&service, &actor, late).await.unwrap_err().problem().kind, Kind::Unavailable);
        let bound = In { list: Some("news".to_owned()), ..about(&["ann@example.com"]) };
        let problem = batch(&service, &actor, bound).await.unwrap_err().problem();
        assert_eq!(problem, Problem::not_found("list-not-found", "/list"));
        let many = In { recipients: vec![To::Profile(ProfileId(1)); RECIPIENTS_MAX + 1], ..about(&[]) };
        assert!(matches!(batch(&service, &actor, many).await, Err(Error::TooMany)));
        let most = In { recipients: vec![To::Profile(ProfileId(1)); RECIPIENTS_MAX], ..about(&[]) };
        assert_eq!(batch(&service, &actor, most).await.unwrap().len(), RECIPIENTS_MAX);
    }
}
