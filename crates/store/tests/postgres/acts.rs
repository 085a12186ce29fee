//! Random requests about few people, and what can be seen of a store after them, told without its ids: so that two
//! engines can be compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use consent::{
    Address, AddressId, Channel, Choice, ConsentChange, EntryId, Evidence, Field, ListId, Origin, Pace,
    Preferred, ProfileId, Rules, Source, Subject, Target, Timestamp, decide,
};
use proptest::prelude::*;
use store::{
    AddressOwner, Confirmed, Held, MakeChange, NewOptInRequest, OptInRequest, PreferenceChange, ProfileRow,
    Recorded, RowConsent, RowOutcome, RowTarget, StoreError,
};

use super::START;
use super::conformance::opt_ins::{agreed, asking};
use super::conformance::support::{MAIN, World, address, change, crm};

/// Addresses that requests are about: few, so that they meet.
const ADDRESSES: usize = 6;
/// External ids likewise.
const IDS: usize = 3;
const LISTS: [&str; 2] = ["news", "offers"];
const SECOND: i64 = 1_000_000;

/// A request, in terms of the people above.
#[derive(Clone, Debug)]
pub enum Act {
    /// Changes of consent, together.
    Record(Vec<Say>),
    /// A change by whatever the address's owner is.
    RecordFor { who: usize, say: Say },
    /// Takes back one of the entries so far.
    Undo { back: usize },
    /// Rows of an import.
    Import(Vec<Row>),
    /// Addresses that are asked for.
    Resolve(Vec<usize>),
    /// What somebody prefers.
    Prefer(Prefer),
    /// An opt-in that is asked for.
    AskIn { who: usize, list: usize },
    /// One of those that were asked for is confirmed.
    Confirm { back: usize },
}

/// A change of preferences; seconds from now, codes, and whether German.
#[expect(clippy::option_option, reason = "as in `PreferenceChange`: left alone, taken away or set")]
#[derive(Clone, Debug)]
pub struct Prefer {
    who: usize,
    by: By,
    pause: Option<Option<i64>>,
    pace: Option<u8>,
    language: Option<Option<bool>>,
    preferred: Option<u8>,
}

/// A choice.
#[derive(Clone, Debug)]
pub struct Say {
    who: usize,
    by: By,
    targets: Vec<usize>,
    choice: Choice,
    source: usize,
    /// Seconds before now; `None`: not known.
    ago: Option<i64>,
}

/// How a change names its subject, where that is there; else by its address.
#[derive(Clone, Copy, Debug)]
pub enum By {
    Name,
    Address,
    Profile,
}

/// A row of an import.
#[derive(Clone, Debug)]
pub struct Row {
    id: Option<usize>,
    addresses: Vec<usize>,
    consents: Vec<(usize, Option<usize>, Choice, Option<i64>)>,
    locale: Option<bool>,
    preferred: Option<u8>,
    attribute: Option<u8>,
}

fn any_choice() -> impl Strategy<Value = Choice> {
    prop_oneof![3 => Just(Choice::No), 2 => Just(Choice::Yes), 1 => Just(Choice::Unset)]
}

fn any_by() -> impl Strategy<Value = By> {
    prop_oneof![Just(By::Name), Just(By::Address), Just(By::Profile)]
}

prop_compose! {
    fn any_say()(
        who in 0..ADDRESSES,
        by in any_by(),
        targets in proptest::collection::vec(0..6usize, 1..3),
        choice in any_choice(),
        source in 0..4usize,
        ago in proptest::option::weighted(0.8, 0..20i64),
    ) -> Say {
        Say { who, by, targets, choice, source, ago }
    }
}

prop_compose! {
    fn any_row()(
        id in proptest::option::of(0..IDS),
        addresses in proptest::collection::vec(0..ADDRESSES, 0..3),
        consents in proptest::collection::vec(
            (0..6usize, proptest::option::of(0..ADDRESSES), any_choice(), proptest::option::of(0..20i64)),
            0..3,
        ),
        locale: Option<bool>,
        preferred in proptest::option::weighted(0.2, 0..3u8),
        attribute in proptest::option::of(0..3u8),
    ) -> Row {
        Row { id, addresses, consents, locale, preferred, attribute }
    }
}

prop_compose! {
    fn any_prefer()(
        who in 0..ADDRESSES,
        by in any_by(),
        pause in proptest::option::of(proptest::option::of(0..30i64)),
        pace in proptest::option::of(0..3u8),
        language: Option<Option<bool>>,
        preferred in proptest::option::of(0..3u8),
    ) -> Prefer {
        Prefer { who, by, pause, pace, language, preferred }
    }
}

/// Any request.
pub fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => proptest::collection::vec(any_say(), 1..3).prop_map(Act::Record),
        2 => (0..ADDRESSES, any_say()).prop_map(|(who, say)| Act::RecordFor { who, say }),
        2 => (0..6usize).prop_map(|back| Act::Undo { back }),
        4 => proptest::collection::vec(any_row(), 1..3).prop_map(Act::Import),
        1 => proptest::collection::vec(0..ADDRESSES, 1..3).prop_map(Act::Resolve),
        2 => any_prefer().prop_map(Act::Prefer),
        1 => (0..ADDRESSES, 1..3usize).prop_map(|(who, list)| Act::AskIn { who, list }),
        1 => (0..4usize).prop_map(|back| Act::Confirm { back }),
    ]
}

/// A request to a store, with its ids.
pub enum Request {
    Record(Vec<ConsentChange>),
    RecordFor(AddressId, MakeChange),
    Undo(EntryId, Timestamp),
    Import(Vec<ProfileRow>),
    Resolve(Vec<Address>, Timestamp),
    Prefer(PreferenceChange),
    AskIn(NewOptInRequest),
    Confirm(OptInRequest, Timestamp),
}

/// What a store answers.
pub enum Answer {
    Recorded(Vec<Recorded>),
    Imported(Vec<RowOutcome>),
    Resolved(Vec<AddressOwner>),
    Preferred(Option<EntryId>),
    Asked(Box<OptInRequest>),
    Confirmed(Confirmed),
    Failed(String),
}

fn name(at: usize) -> Address {
    match at {
        4 => crm("k-1"),
        // Of a namespace that another address doesn't make.
        5 => Address::parse(&consent::Namespace::Custom("shop".to_owned()), "S-2", None).unwrap(),
        at => address(&format!("Person{at}@Example.com")),
    }
}

fn target(at: usize) -> Target {
    match at {
        0 => Target::Field(Field::Email),
        1 => Target::Field(Field::Any),
        2 => Target::Field(Field::Sms),
        3 => Target::Identity(Field::Email),
        // The second list may be one that isn't there.
        at => Target::List(ListId(at as i64 - 3)),
    }
}

/// The time of a request: long after whatever the clock of the world has been turned for.
pub fn time(step: usize) -> Timestamp {
    Timestamp(START + (1_000 + step as i64) * SECOND)
}

/// A store with what has been learnt of its ids.
pub struct Side {
    pub world: World,
    entries: Vec<EntryId>,
    requests: Vec<OptInRequest>,
    /// In the order in which they turned up.
    profiles: Vec<ProfileId>,
}

impl Side {
    /// Begins with so many lists.
    pub async fn new(world: World, lists: usize) -> Self {
        for list in &LISTS[..lists] {
            world.list(list).await;
        }
        Self { world, entries: Vec::new(), requests: Vec::new(), profiles: Vec::new() }
    }

    async fn owner(&self, who: usize) -> Option<AddressOwner> {
        self.world.store.resolve(MAIN, vec![name(who)]).await.unwrap().remove(0)
    }

    async fn said(&self, say: &Say, step: usize) -> ConsentChange {
        said(self.subject(say.who, say.by).await, say, step)
    }

    async fn subject(&self, who: usize, by: By) -> Subject {
        match (by, self.owner(who).await) {
            (By::Address, Some(owner)) => Subject::Address(owner.address),
            (By::Profile, Some(owner)) => Subject::Profile(owner.profile),
            _ => Subject::Named(name(who), Origin::Stranger),
        }
    }

    /// A request as it is to be made now; `None` when there is nothing to make it of.
    pub async fn request(&self, act: &Act, step: usize) -> Option<Request> {
        Some(match act {
            Act::Record(says) => {
                let mut changes = Vec::new();
                for say in says {
                    changes.push(self.said(say, step).await);
                }
                Request::Record(changes)
            }
            Act::RecordFor { who, say } => {
                let address = self.owner(*who).await?.address;
                let say = say.clone();
                let make = move |owner: &AddressOwner| {
                    (say.ago != Some(0)).then(|| said(Subject::Address(owner.address), &say, step))
                };
                Request::RecordFor(address, Box::new(make))
            }
            Act::Undo { back } => {
                let at = self.entries.len().checked_sub(1 + back)?;
                Request::Undo(self.entries[at], time(step))
            }
            Act::Import(rows) => Request::Import(rows.iter().map(|row| imported(row, step)).collect()),
            Act::Resolve(who) => Request::Resolve(who.iter().map(|who| name(*who)).collect(), time(step)),
            Act::Prefer(prefer) => {
                let subject = self.subject(prefer.who, prefer.by).await;
                Request::Prefer(preferred(subject, prefer, step))
            }
            Act::AskIn { who, list } => Request::AskIn(asking(name(*who), ListId(*list as i64), time(step))),
            Act::Confirm { back } => {
                let at = self.requests.len().checked_sub(1 + back)?;
                Request::Confirm(self.requests[at].clone(), time(step))
            }
        })
    }

    /// Makes a request.
    pub async fn ask(&self, request: Request) -> Answer {
        let store = &self.world.store;
        let answer = match request {
            Request::Record(changes) => store.record(MAIN, changes).await.map(Answer::Recorded),
            Request::RecordFor(address, make) => {
                let recorded = store.record_for(MAIN, address, make).await;
                recorded.map(|recorded| Answer::Recorded(recorded.into_iter().collect()))
            }
            Request::Undo(entry, at) => {
                let undone = store.undo(MAIN, entry, at, Evidence::default()).await;
                undone.map(|undone| Answer::Recorded(vec![undone]))
            }
            Request::Import(rows) => store.import(MAIN, rows).await.map(Answer::Imported),
            Request::Resolve(addresses, at) => {
                store.resolve_or_create(MAIN, addresses, Origin::Stranger, at).await.map(Answer::Resolved)
            }
            Request::Prefer(change) => store.set_preferences(MAIN, change).await.map(Answer::Preferred),
            Request::AskIn(request) => {
                store.request_opt_in(MAIN, request).await.map(Box::new).map(Answer::Asked)
            }
            Request::Confirm(request, at) => {
                store.confirm_opt_in(MAIN, request.key, agreed("yes"), at).await.map(Answer::Confirmed)
            }
        };
        answer.unwrap_or_else(|error| {
            Answer::Failed(match error {
                StoreError::Missing(_) => "missing".to_owned(),
                // It names the entry, whose id is the engine's own.
                StoreError::Invalid(what) if what.contains(" made no choice") => "no choice".to_owned(),
                error => error.to_string(),
            })
        })
    }

    fn person(&mut self, profile: ProfileId) -> usize {
        self.profiles.iter().position(|known| *known == profile).unwrap_or_else(|| {
            self.profiles.push(profile);
            self.profiles.len() - 1
        })
    }

    /// An answer without ids; notes those that are new.
    pub fn told(&mut self, answer: Answer) -> String {
        match answer {
            Answer::Recorded(all) => {
                let mut told = String::new();
                for Recorded { entry, profile, applied, outranked } in all {
                    self.entries.extend(entry);
                    let (has_entry, person) = (entry.is_some(), self.person(profile));
                    write!(told, "{has_entry} {person} {applied:?} {outranked}; ").unwrap();
                }
                told
            }
            Answer::Imported(outcomes) => {
                let mut told = String::new();
                for outcome in outcomes {
                    let (what, profile) = match outcome {
                        RowOutcome::Created(profile) => ("created".to_owned(), Some(profile)),
                        RowOutcome::Updated(profile) => ("updated".to_owned(), Some(profile)),
                        RowOutcome::Unchanged(profile) => ("unchanged".to_owned(), Some(profile)),
                        RowOutcome::Without { left_out, .. } => (left_out.join(", "), None),
                        RowOutcome::Rejected(why) => (why, None),
                    };
                    write!(told, "{what} {:?}; ", profile.map(|profile| self.person(profile))).unwrap();
                }
                told
            }
            Answer::Resolved(owners) => {
                let mut told = String::new();
                for owner in owners {
                    let person = self.person(owner.profile);
                    write!(told, "{person} {} {} {:?}; ", owner.raw, owner.epoch, owner.locale).unwrap();
                }
                told
            }
            Answer::Preferred(entry) => {
                self.entries.extend(entry);
                format!("preferred {}", entry.is_some())
            }
            Answer::Asked(request) => {
                let OptInRequest { address, list, requested_at, expires_at, confirmed_at, .. } = &*request;
                let told = format!("{address:?} {list} {requested_at} {expires_at} {confirmed_at:?}");
                self.requests.push(*request);
                told
            }
            Answer::Confirmed(Confirmed::Now(entry)) => {
                self.entries.push(entry);
                "confirmed".to_owned()
            }
            Answer::Confirmed(other) => format!("{other:?}"),
            Answer::Failed(why) => why,
        }
    }

    /// All that can be seen of each person, without ids.
    pub async fn seen(&mut self) -> String {
        let mut seen = String::new();
        for who in 0..ADDRESSES {
            let owner = self.owner(who).await;
            let person = owner.as_ref().map(|owner| self.person(owner.profile));
            writeln!(seen, "{who} is {person:?}: {:?}", owner.map(|owner| (owner.raw, owner.epoch))).unwrap();
        }
        for at in 0..self.profiles.len() {
            writeln!(seen, "{at}: {}", self.seen_of(self.profiles[at]).await).unwrap();
        }
        seen
    }

    async fn seen_of(&self, profile: ProfileId) -> String {
        let store = &self.world.store;
        let view = store.profile(MAIN, profile).await.unwrap().unwrap();
        let history = store.history(MAIN, profile, None, 1_000).await.unwrap();
        let place = |entry: EntryId| history.entries.iter().position(|known| known.id == entry);
        let held = |held: &Held| {
            format!("{:?} {:?} {:?} {:?}", held.choice, held.at, place(held.entry), held.reason)
        };
        let all = |values: &BTreeMap<Field, Held>| -> Vec<String> {
            values.iter().map(|(field, value)| format!("{field:?} {}", held(value))).collect()
        };
        let mut seen = format!(
            "{:?} {:?} {} {:?} {:?} {:?}",
            view.external_id,
            view.locale,
            view.attributes,
            view.word,
            view.created_at,
            all(&view.values)
        );
        write!(seen, " {:?}", view.preferences).unwrap();
        for address in &view.addresses {
            let (raw, epoch, values) = (&address.raw, address.epoch, all(&address.values));
            write!(seen, "\n  {:?} {raw} {epoch} {values:?}", address.namespace).unwrap();
        }
        for (_, name, value) in &view.subscriptions {
            write!(seen, "\n  {name} {}", held(value)).unwrap();
        }
        for entry in &history.entries {
            let (source, times) = (entry.source.as_str(), (entry.occurred_at, entry.received_at));
            let has_address = entry.address.is_some();
            write!(seen, "\n  {source} {times:?} {has_address} {:?} {:?}", entry.applied, entry.evidence)
                .unwrap();
        }
        for channel in [Channel::Email, Channel::Sms] {
            let message = consent::Message {
                channel,
                category: consent::Category::Marketing,
                list: None,
                after_complaint: false,
            };
            let reading = self.world.read(profile, channel).await;
            let decision = decide(&reading.recipient, &message, &Rules::default());
            let address = reading.address.map(|(_, raw)| raw);
            let now = (reading.epoch, reading.pace, reading.locale);
            write!(seen, "\n  {channel:?} {decision:?} {address:?} {now:?}").unwrap();
        }
        seen
    }
}

fn said(subject: Subject, say: &Say, step: usize) -> ConsentChange {
    let sources = [Source::ONE_CLICK, Source::PAGE, Source::API, Source::IMPORT];
    let received_at = time(step);
    let mut sets: Vec<usize> = say.targets.clone();
    sets.dedup();
    ConsentChange {
        sets: sets.into_iter().map(|at| (target(at), say.choice)).collect(),
        occurred_at: say.ago.map(|ago| Timestamp(received_at.0 - ago * SECOND)),
        ..change(subject, target(0), say.choice, sources[say.source].clone(), received_at)
    }
}

fn preferred(subject: Subject, prefer: &Prefer, step: usize) -> PreferenceChange {
    let now = time(step);
    let until = |seconds: i64| Timestamp(now.0 + seconds * SECOND);
    PreferenceChange {
        pause_until: prefer.pause.map(|pause| pause.map(until)),
        pace: prefer.pace.and_then(Pace::from_code),
        language: prefer.language.map(|tag| tag.map(|german| if german { "de" } else { "en" }.to_owned())),
        preferred: prefer.preferred.and_then(Preferred::from_code),
        ..PreferenceChange::new(subject, Source::PAGE, now)
    }
}

fn imported(row: &Row, step: usize) -> ProfileRow {
    let received_at = time(step);
    let consent = |(at, who, choice, ago): &(usize, Option<usize>, Choice, Option<i64>)| RowConsent {
        target: match (target(*at), who) {
            (Target::Field(field), Some(who)) => RowTarget::Identity(name(*who), field),
            (Target::Field(field) | Target::Identity(field), _) => RowTarget::Field(field),
            (Target::List(list), _) => RowTarget::List(list),
        },
        choice: *choice,
        at: ago.map(|ago| Timestamp(received_at.0 - ago * SECOND)),
        reason: ago.map(|ago| format!("reason {}", ago % 2)),
    };
    ProfileRow {
        external_id: row.id.map(|id| format!("id-{id}")),
        addresses: row.addresses.iter().map(|who| name(*who)).collect(),
        locale: row.locale.map(|german| if german { "de" } else { "en" }.to_owned()),
        preferred: row.preferred.and_then(Preferred::from_code),
        attributes: row.attribute.map(|value| format!("{{\"a{value}\":{step}}}")),
        consents: row.consents.iter().map(consent).collect(),
        received_at,
        ..ProfileRow::default()
    }
}
