//! What a program tells of people's choices, in bulk: a shop's checkout, a call centre, another system.

use std::collections::HashMap;

use consent::{
    Address, Channel, Choice, ConsentChange, EntryId, Evidence, Level, ListId, Namespace, Origin, ProfileId,
    Source, Subject, Target, Timestamp,
};
use serde::Serialize;
use store::{PartOutcome, ProfileRow, RecordedBefore, RequestPart, RowOutcome, StoreError};

use crate::profiles::Whom;
use crate::{Actor, Fault, Kind, Problem, Service, shape};

/// Events of one call.
pub const EVENTS_MAX: usize = 1_000;
/// Choices of one event.
const CHOICES_MAX: usize = 64;
/// Bytes of what proves an event, each text.
const PROOF_BYTES_MAX: usize = 8 * 1024;
/// Sources that Consentry writes itself: a program that used one would speak for its pages or its mail.
const OWN_SOURCES: [Source; 12] = [
    Source::ONE_CLICK,
    Source::PAGE,
    Source::UNDO,
    Source::IMPORT,
    Source::MAILTO,
    Source::COMPLAINT,
    Source::WEBHOOK,
    Source::PROVIDER,
    Source::IMPORT_UNDO,
    Source::SELF_TEST,
    Source::CONFIRM,
    Source::GPC,
];

/// The events.
#[derive(Clone, Debug)]
pub struct In {
    /// In the order in which they are recorded; at most [`EVENTS_MAX`].
    pub events: Vec<Event>,
    /// Of which request they are part, if that may be sent again.
    pub part: Option<RequestPart>,
}

/// What somebody chose.
#[derive(Clone, Debug)]
pub struct Event {
    /// Who.
    pub whom: Whom,
    /// What they chose.
    pub choices: Vec<Said>,
    /// Through which door; `api` if absent.
    pub source: Option<String>,
    /// When; now if absent.
    pub occurred_at: Option<Timestamp>,
    /// The reason given.
    pub reason: Option<String>,
    /// What proves it.
    pub proof: Proof,
}

/// What proves an event.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// The network address that the person's request came from.
    pub ip: Option<String>,
    /// The user agent of that request.
    pub user_agent: Option<String>,
    /// What the person wrote or agreed to.
    pub text: Option<String>,
}

/// A choice.
#[derive(Clone, Debug)]
pub struct Said {
    /// How far it reaches; a list if one is named, else the channel.
    pub level: Option<Level>,
    /// The channel; by the kind of address if absent.
    pub channel: Option<Channel>,
    /// The list's name.
    pub list: Option<String>,
    /// The choice.
    pub choice: Choice,
}

/// What became of each event, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Out {
    /// Each by itself: one that is refused doesn't keep the others back.
    pub events: Vec<Result<Recorded, Refusal>>,
    /// The position that a decision can ask to know of.
    pub consistency_token: Option<String>,
}

/// An event that was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventRecorded)]
pub struct Recorded {
    /// Who it is.
    #[serde(serialize_with = "shape::text")]
    #[schema(value_type = String)]
    pub profile: ProfileId,
    /// The ledger entry; null where the same was recorded already.
    #[serde(serialize_with = "shape::text_or_null")]
    #[schema(value_type = Option<String>)]
    pub entry: Option<EntryId>,
    /// How many choices changed.
    pub changed: u32,
    /// How many were left, because what is recorded is later, or a refusal.
    pub outranked: u32,
}

/// An event that wasn't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What a program reads of it; the pointer is within the event.
    pub problem: Problem,
    /// In words.
    pub detail: String,
}

impl Refusal {
    fn new(code: &'static str, pointer: impl Into<std::borrow::Cow<'static, str>>, detail: String) -> Self {
        let problem = Problem { pointer: Some(pointer.into()), ..Problem::new(Kind::Invalid, code) };
        Self { problem, detail }
    }
}

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// More than are recorded at once.
    #[error("at most {EVENTS_MAX} events at once")]
    TooMany,
    /// The request was sent before, and said something else.
    #[error("the same key came with other events before")]
    Other,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for Error {
    fn problem(&self) -> Problem {
        match self {
            Self::TooMany => Problem::new(Kind::Invalid, "events-too-many"),
            Self::Other => Problem::new(Kind::Invalid, "idempotency-key-reused"),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Records what people chose. Those that can be recorded are, in one transaction.
pub async fn tell(service: &Service, actor: &Actor, asked: In) -> Result<Out, Error> {
    let In { events, part } = asked;
    if events.len() > EVENTS_MAX {
        return Err(Error::TooMany);
    }
    let lists = service.store.lists(service.workspace).await?;
    let lists = lists.into_iter().map(|list| (list.name, list.id)).collect();
    let desk = Desk { service, actor: actor.note(), lists, now: service.now() };
    let (mut changes, mut told) = (Vec::new(), Vec::new());
    for event in events {
        match desk.change(event).await? {
            Ok(change) => {
                changes.push(change);
                told.push(None);
            }
            Err(refusal) => told.push(Some(refusal)),
        }
    }
    let mut recorded = desk.record(part, changes).await?.into_iter();
    let mut newest = None;
    let mut one = |refusal: Option<Refusal>| {
        if let Some(refusal) = refusal {
            return Ok(Err(refusal));
        }
        let before = recorded.next().ok_or(Error::Other)?;
        let RecordedBefore { profile, entry, changed, outranked } = before;
        newest = newest.max(entry);
        Ok(Ok(Recorded { profile, entry, changed, outranked }))
    };
    let events = told.into_iter().map(&mut one).collect::<Result<Vec<_>, Error>>()?;
    Ok(Out { events, consistency_token: newest.map(super::token) })
}

struct Desk<'s> {
    service: &'s Service,
    actor: String,
    lists: HashMap<String, ListId>,
    now: Timestamp,
}

/// Whose an event is, and which channel their address has.
type Meant = (Subject, Option<Namespace>);

impl Desk<'_> {
    async fn record(
        &self,
        part: Option<RequestPart>,
        changes: Vec<ConsentChange>,
    ) -> Result<Vec<RecordedBefore>, Error> {
        let (store, workspace) = (&self.service.store, self.service.workspace);
        let recorded = match part {
            None if changes.is_empty() => Vec::new(),
            None => store.record(workspace, changes).await?,
            Some(part) => match store.record_part(workspace, part, changes).await? {
                PartOutcome::Recorded(recorded) => recorded,
                PartOutcome::Before(before) => return Ok(before),
                PartOutcome::Other => return Err(Error::Other),
            },
        };
        Ok(recorded.iter().map(RecordedBefore::from).collect())
    }

    /// The change that an event is, or why it is none.
    async fn change(&self, event: Event) -> Result<Result<ConsentChange, Refusal>, StoreError> {
        let Event { whom, choices, source, occurred_at, reason, proof } = event;
        let says_yes = choices.iter().any(|said| said.choice.is_yes());
        let checked = checked(&choices, source.as_deref(), reason.as_ref(), &proof);
        let source = match checked {
            Ok(source) => source,
            Err(refusal) => return Ok(Err(refusal)),
        };
        // A yes that a program of the brand's tells brings the person in, a no doesn't.
        let origin = if says_yes { Origin::Operator } else { Origin::Stranger };
        let (subject, namespace) = match self.meant(&whom, origin).await? {
            Ok(meant) => meant,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let sets = match self.sets(&choices, namespace.as_ref()) {
            Ok(sets) => sets,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Proof { ip, user_agent, text } = proof;
        let actor = Some(self.actor.clone());
        Ok(Ok(ConsentChange {
            subject,
            sets,
            occurred_at: Some(occurred_at.map_or(self.now, |at| at.min(self.now))),
            received_at: self.now,
            source,
            run: None,
            evidence: Evidence { ip, user_agent, raw: text, reason, actor, ..Evidence::default() },
        }))
    }

    async fn meant(&self, whom: &Whom, origin: Origin) -> Result<Result<Meant, Refusal>, StoreError> {
        let (store, workspace) = (&self.service.store, self.service.workspace);
        let nobody = |detail: &str| {
            let mut refusal = Refusal::new("profile-not-found", "/profile", detail.to_owned());
            refusal.problem.kind = Kind::NotFound;
            refusal
        };
        Ok(match whom {
            Whom::Address(text) => match Address::guess(text) {
                Ok(address) => {
                    let namespace = address.namespace().clone();
                    Ok((Subject::Named(address, origin), Some(namespace)))
                }
                Err(error) => Err(Refusal::new("address-invalid", "/address", error.to_string())),
            },
            Whom::Id(id) => match store.profile(workspace, *id).await? {
                Some(profile) => Ok((Subject::Profile(profile.id), None)),
                None => Err(nobody("there is no such profile")),
            },
            Whom::ExternalId(id) => self.external(id, origin).await?,
        })
    }

    /// The profile with an id of the brand's; one is made for an id never seen before, so that a refusal waits there (I7).
    async fn external(&self, id: &str, origin: Origin) -> Result<Result<Meant, Refusal>, StoreError> {
        let (store, workspace) = (&self.service.store, self.service.workspace);
        if let Some(profile) = store.profile_by_external_id(workspace, id).await? {
            return Ok(Ok((Subject::Profile(profile), None)));
        }
        let external_id = Some(id.to_owned());
        let row = ProfileRow { origin, external_id, received_at: self.now, ..ProfileRow::default() };
        Ok(match store.import(workspace, vec![row]).await?.pop() {
            Some(RowOutcome::Created(id) | RowOutcome::Updated(id) | RowOutcome::Unchanged(id)) => {
                Ok((Subject::Profile(id), None))
            }
            Some(RowOutcome::Rejected(why)) => Err(Refusal::new("external-id-invalid", "/externalId", why)),
            Some(RowOutcome::Without { .. }) | None => {
                Err(Refusal::new("external-id-invalid", "/externalId", "the id can't be kept".to_owned()))
            }
        })
    }

    fn sets(
        &self,
        choices: &[Said],
        namespace: Option<&Namespace>,
    ) -> Result<smallvec::SmallVec<[(Target, Choice); 2]>, Refusal> {
        let mut sets = smallvec::SmallVec::new();
        for (at, said) in choices.iter().enumerate() {
            let wrong = |code, member: &str, detail: &str| {
                Refusal::new(code, format!("/choices/{at}{member}"), detail.to_owned())
            };
            let target = self.target(said, namespace, wrong)?;
            if sets.iter().any(|(other, _)| *other == target) {
                return Err(wrong("choice-twice", "", "the event says this twice"));
            }
            sets.push((target, said.choice));
        }
        Ok(sets)
    }

    fn target(
        &self,
        said: &Said,
        namespace: Option<&Namespace>,
        wrong: impl Fn(&'static str, &str, &str) -> Refusal,
    ) -> Result<Target, Refusal> {
        if said.choice == Choice::Unset {
            return Err(wrong("choice-invalid", "/choice", "a choice says something"));
        }
        let level =
            said.level.unwrap_or(if said.list.is_some() { Level::Subscription } else { Level::Channel });
        if level == Level::Subscription {
            let missing = || wrong("list-missing", "/list", "which list?");
            let name = said.list.as_ref().ok_or_else(missing)?;
            let unknown = || wrong("list-not-found", "/list", "there is no such list");
            return self.lists.get(name).map(|list| Target::List(*list)).ok_or_else(unknown);
        }
        if said.list.is_some() {
            return Err(wrong("list-without-level", "/list", "a list goes with level subscription"));
        }
        if level == Level::Any {
            return Ok(Target::Field(consent::Field::Any));
        }
        let missing = || wrong("channel-missing", "/channel", "which channel?");
        let channel = said.channel.or(namespace.and_then(Namespace::main_channel)).ok_or_else(missing)?;
        if level == Level::Identity && Namespace::of_channel(channel).as_ref() != namespace {
            let detail = "the event names no address that messages of this channel go to";
            return Err(wrong("channel-wrong", "/channel", detail));
        }
        level.target(channel, None).ok_or_else(missing)
    }
}

/// What is wrong with an event, whoever it is about; or its source.
fn checked(
    choices: &[Said],
    source: Option<&str>,
    reason: Option<&String>,
    proof: &Proof,
) -> Result<Source, Refusal> {
    if !(1..=CHOICES_MAX).contains(&choices.len()) {
        let detail = format!("an event has 1 to {CHOICES_MAX} choices");
        return Err(Refusal::new("choices-invalid", "/choices", detail));
    }
    let long = |reason: &String| reason.chars().count() > Evidence::REASON_LENGTH_MAX;
    if reason.is_some_and(long) {
        let detail = format!("the reason is longer than {} characters", Evidence::REASON_LENGTH_MAX);
        return Err(Refusal::new("reason-too-long", "/reason", detail));
    }
    let Proof { ip, user_agent, text } = proof;
    let proofs = [(ip, "/evidence/ip"), (user_agent, "/evidence/userAgent"), (text, "/evidence/text")];
    for (text, pointer) in proofs {
        if text.as_ref().is_some_and(|text| text.len() > PROOF_BYTES_MAX) {
            let detail = format!("longer than {PROOF_BYTES_MAX} bytes");
            return Err(Refusal::new("evidence-too-long", pointer, detail));
        }
    }
    let Some(source) = source else { return Ok(Source::API) };
    let parsed: Source = source
        .parse()
        .map_err(|error| Refusal::new("source-invalid", "/source", format!("`{source}`: {error}")))?;
    if OWN_SOURCES.contains(&parsed) {
        let detail = format!("`{source}` is Consentry's own; name the system that the choice came through");
        return Err(Refusal::new("source-reserved", "/source", detail));
    }
    // What isn't said expressly lifts no refusal, whatever the program calls itself.
    let express = |said: &Said| matches!(said.choice, Choice::Yes | Choice::No);
    Ok(if choices.iter().all(express) { parsed } else { Source::API })
}

#[cfg(test)]
mod tests {
    use store::RequestId;

    use super::*;
    use crate::lists::{Details, create};
    use crate::testing::World;

    fn event(address: &str, choice: Choice) -> Event {
        Event {
            whom: Whom::Address(address.to_owned()),
            choices: vec![Said { level: None, channel: None, list: None, choice }],
            source: Some("checkout".to_owned()),
            occurred_at: None,
            reason: None,
            proof: Proof::default(),
        }
    }

    async fn said(world: &World, events: Vec<Event>) -> Out {
        tell(&world.service, &world.actor, In { events, part: None }).await.unwrap()
    }

    #[tokio::test]
    async fn each_event_is_answered_and_one_that_is_refused_keeps_no_other_back() {
        let world = World::new();
        let new = create::In { name: "news".to_owned(), start: None, end: None, details: Details::default() };
        create::create(&world.service, &world.actor, new).await.unwrap();
        let mut joins = event("bo@example.com", Choice::Yes);
        joins.choices[0].list = Some("news".to_owned());
        let mut by_id = event("", Choice::No);
        (by_id.whom, by_id.choices[0].channel) = (Whom::ExternalId("C-1".to_owned()), Some(Channel::Sms));
        let events = vec![event("ann@example.com", Choice::No), event("nothing", Choice::No), joins, by_id];
        let out = said(&world, events).await;
        let [no, broken, yes, by_id] = out.events.try_into().unwrap();
        let no: Recorded = no.unwrap();
        assert_eq!((no.changed, no.entry.is_some()), (1, true));
        assert_eq!(broken.unwrap_err().problem.pointer.as_deref(), Some("/address"));
        let by_id: Recorded = by_id.unwrap();
        let yes: Recorded = yes.unwrap();
        let view = world.service.store.profile(world.service.workspace, yes.profile).await.unwrap().unwrap();
        assert!(view.word.has_default(), "a yes brings in");
        let view =
            world.service.store.profile(world.service.workspace, by_id.profile).await.unwrap().unwrap();
        assert!(!view.word.has_default(), "a no doesn't");
        let history =
            world.service.store.history(world.service.workspace, no.profile, None, 1).await.unwrap();
        assert_eq!(history.entries[0].source.as_str(), "checkout");
        assert_eq!(history.entries[0].evidence.actor.as_deref(), Some("cli:ada"));
        assert_eq!(out.consistency_token, by_id.entry.map(super::super::token));
    }

    #[tokio::test]
    async fn a_part_that_is_said_again_does_nothing_and_is_answered_as_before() {
        let world = World::new();
        let now = world.service.now();
        let part = |fingerprint| RequestPart {
            request: RequestId([1; 32]),
            part: 0,
            fingerprint: [fingerprint; 32],
            at: now,
            lease: now,
        };
        let events = || vec![event("ann@example.com", Choice::No), event("nothing", Choice::No)];
        let ask =
            async |part| tell(&world.service, &world.actor, In { events: events(), part: Some(part) }).await;
        let first = ask(part(1)).await.unwrap();
        assert_eq!(ask(part(1)).await.unwrap(), first);
        assert!(matches!(ask(part(2)).await, Err(Error::Other)));
        let profile = first.events[0].as_ref().unwrap().profile;
        let history = world.service.store.history(world.service.workspace, profile, None, 9).await.unwrap();
        assert_eq!(history.entries.len(), 1);
    }

    #[tokio::test]
    async fn nothing_but_an_express_yes_lifts_a_refusal_and_own_sources_are_taken() {
        let world = World::new();
        said(&world, vec![event("ann@example.com", Choice::No)]).await;
        for choice in Choice::ALL.into_iter().filter(|choice| !choice.is_no() && *choice != Choice::Yes) {
            said(&world, vec![event("ann@example.com", choice)]).await;
            let shown = crate::decisions::check::check(
                &world.service,
                &world.actor,
                crate::decisions::check::In {
                    channel: Channel::Email,
                    address: "ann@example.com".to_owned(),
                    list: None,
                    category: consent::Category::Marketing,
                    sender: None,
                },
            );
            assert_eq!(shown.await.unwrap().answer.decision, "exclude", "{choice:?}");
        }
        let old = Event { occurred_at: Some(Timestamp(0)), ..event("ann@example.com", Choice::Yes) };
        let out = said(&world, vec![old]).await;
        assert_eq!(out.events[0].as_ref().unwrap().outranked, 1);
        for source in ["one_click", "import", "selftest", "Check out"] {
            let event = Event { source: Some(source.to_owned()), ..event("ann@example.com", Choice::Yes) };
            let out = said(&world, vec![event]).await;
            assert_eq!(out.events[0].as_ref().unwrap_err().problem.pointer.as_deref(), Some("/source"));
        }
        let out = said(&world, vec![event("ann@example.com", Choice::Yes)]).await;
        assert_eq!(out.events[0].as_ref().unwrap().changed, 1);
    }
}
