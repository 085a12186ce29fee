//! Taking a text that somebody sent.

use consent::sms::{Class, classify};
use consent::{
    Channel, Choice, ConsentChange, EntryId, Evidence, Level, Namespace, Origin, RunId, Source, Subject,
    Target, Timestamp,
};
use store::{
    AddressOwner, NewAsk, NewReply, Recorded, ReplyKind, Store, StoreError, Text, TextEffects, TextId,
    TextStanding,
};

use super::desk::{Desk, Scope};
use super::event::{Message, OptOutType};
use super::opt_in::{self, Lifted};
use super::parts::{self, Parts};
use super::take::{Outcome, text_id};
use super::{number, reply, strangers};
use crate::mail::cut;

/// Longest name of a rule, in bytes.
const RULE_LENGTH_MAX: usize = 64;
/// Bytes of an opt-out's or opt-in's evidence.
const RAW_LENGTH_MAX: usize = 8 * 1024;
/// Stands for a sender of ours that the provider doesn't name.
const UNNAMED: &str = "unnamed";

/// A text with whom it is from and where it went.
pub(super) struct Incoming {
    pub id: TextId,
    pub owner: AddressOwner,
    pub channel: Channel,
    /// The sender that it went to, then its pool.
    pub senders: Vec<String>,
    pub text: String,
    pub at: Timestamp,
    pub now: Timestamp,
    /// Whether an answer can reach who wrote.
    pub answerable: bool,
}

/// What a text was read as.
pub(super) struct Read {
    pub class: Class,
    pub rule: String,
    pub language: Option<&'static str>,
    pub keyword: Option<String>,
}

/// What is done about a text.
#[derive(Default)]
pub(super) struct Plan {
    pub sets: Vec<(Target, Choice)>,
    /// The text that had asked for what this one confirms.
    pub asked: Option<String>,
    pub effects: TextEffects,
    pub reply: Option<(ReplyKind, Option<usize>)>,
}

/// Takes a text or a part of one.
pub(super) async fn take(
    store: &Store,
    desk: &Desk,
    message: Message,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    let id = text_id(desk, &["message", &message.id]);
    if store.text_known(desk.workspace, id).await? {
        return Ok(Outcome::Repeated);
    }
    let Some(incoming) = incoming(store, desk, id, &message, now).await? else {
        return Ok(Outcome::Unknown);
    };
    let phone = incoming.owner.namespace == Namespace::Phone;
    let Some(part) = message.part.as_ref().filter(|_| phone) else {
        let read = read(desk, &incoming.text, message.opt_out_type);
        return act(store, desk, &incoming, &read, message.opt_out_type.is_some()).await;
    };
    match parts::keep(store, desk, &incoming, &message, part).await? {
        Parts::Missing(known) => parts::wait(store, desk, incoming, known, part).await,
        Parts::Whole(whole) => {
            if store.text_known(desk.workspace, whole.id).await? {
                return Ok(Outcome::Repeated);
            }
            let whole = Incoming { id: whole.id, text: whole.text, ..incoming };
            let read = read(desk, &whole.text, message.opt_out_type);
            let outcome = act(store, desk, &whole, &read, message.opt_out_type.is_some()).await?;
            parts::release(store, desk, &whole, part, read.class == Class::OptOut).await?;
            Ok(outcome)
        }
    }
}

async fn incoming(
    store: &Store,
    desk: &Desk,
    id: TextId,
    message: &Message,
    now: Timestamp,
) -> Result<Option<Incoming>, StoreError> {
    let Some(address) = number::address(&message.from) else { return Ok(None) };
    let owner = owner(store, desk, address, now).await?;
    let senders = [Some(&message.to), message.pool.as_ref()].into_iter().flatten();
    let senders = senders.map(|to| number::sender(to, message.channel)).filter(|to| !to.is_empty());
    Ok(owner.map(|owner| Incoming {
        id,
        owner,
        channel: message.channel,
        senders: senders.collect(),
        text: message.text.clone(),
        at: message.at.unwrap_or(now).min(now),
        now,
        answerable: number::number(&message.from).is_some(),
    }))
}

/// Whose an address is; a profile is made for one that nobody has.
pub(super) async fn owner(
    store: &Store,
    desk: &Desk,
    address: consent::Address,
    now: Timestamp,
) -> Result<Option<AddressOwner>, StoreError> {
    let owners = store.resolve_or_create(desk.workspace, vec![address], Origin::Stranger, now).await?;
    Ok(owners.into_iter().next())
}

/// What a text asks for. What the provider took it for goes first, unless its words are a refusal, or may be one and the
/// provider has only helped.
fn read(desk: &Desk, text: &str, provider: Option<OptOutType>) -> Read {
    let verdict = classify(text, &desk.keywords);
    let of_provider = match provider {
        Some(OptOutType::Stop) => Some(Class::OptOut),
        Some(OptOutType::Help) => Some(Class::Help),
        Some(OptOutType::Start) => Some(Class::OptIn),
        None => None,
    };
    let stricter = |class: &Class| {
        verdict.class == Class::OptOut || *class == Class::Help && verdict.class == Class::Review
    };
    let class = of_provider.filter(|class| !stricter(class)).unwrap_or(verdict.class);
    let rule = if class == verdict.class { verdict.rule } else { "provider" };
    Read {
        class,
        rule: cut(rule, RULE_LENGTH_MAX).to_owned(),
        language: verdict.language,
        keyword: verdict.keyword.map(str::to_owned),
    }
}

/// Does what a text asks for. `answered`: by the provider, already.
async fn act(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    read: &Read,
    answered: bool,
) -> Result<Outcome, StoreError> {
    let (workspace, owner) = (desk.workspace, &incoming.owner);
    if owner.namespace != Namespace::Phone && read.class != Class::OptOut {
        return Ok(Outcome::Unknown);
    }
    let standing =
        store.text_standing(workspace, owner.address, incoming.channel, incoming.senders.clone()).await?;
    let mut plan = plan(store, desk, incoming, read, &standing).await?;
    let run = standing.last.as_ref().map(|last| last.run);
    let recorded = record(store, desk, incoming, &plan.sets, plan.asked.as_deref(), run).await?;
    // Something newer stands: a yes that was overtaken lifts nothing and isn't confirmed.
    if recorded.as_ref().is_some_and(|recorded| recorded.outranked > 0) && read.class != Class::OptOut {
        plan.effects = TextEffects::default();
        plan.reply = None;
    }
    let entry = recorded.and_then(|recorded| recorded.entry);
    if let Some((kind, custom)) = plan.reply.filter(|_| !answered && incoming.answerable) {
        let reply = reply::reply(store, desk, incoming, read.language, kind, custom).await?;
        if let Some(reply) = reply
            && strangers::affords(store, desk, incoming, &reply, standing.last.is_some()).await?
        {
            plan.effects.reply = Some(reply);
        }
    }
    keep(store, desk, incoming, read, plan.effects, entry).await
}

/// Keeps a text and what it sets going.
pub(super) async fn keep(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    read: &Read,
    effects: TextEffects,
    entry: Option<EntryId>,
) -> Result<Outcome, StoreError> {
    // Only what comes from a number is kept as a text. A refusal by anything else is recorded; said twice, it is no harm.
    if incoming.owner.namespace != Namespace::Phone {
        return Ok(Outcome::Taken { class: read.class, entry, reply: None });
    }
    let body =
        effects.reply.as_ref().filter(|reply| reply.at_once).map(|reply: &NewReply| reply.body.clone());
    let text = Text {
        id: incoming.id,
        profile: incoming.owner.profile,
        address: incoming.owner.address,
        channel: incoming.channel,
        sender: incoming.senders.first().map_or(UNNAMED, String::as_str).to_owned(),
        text: incoming.text.clone(),
        class: read.class.as_str().to_owned(),
        rule: read.rule.clone(),
        at: incoming.at,
        received_at: incoming.now,
        source: desk.source.clone(),
        entry,
    };
    let taken = store.take_text(desk.workspace, text, effects).await?;
    if !taken.new {
        return Ok(Outcome::Repeated);
    }
    Ok(Outcome::Taken { class: read.class, entry, reply: body.filter(|_| taken.replied) })
}

/// Records the choices that a text makes, with it as their proof, and before it the text that had asked for what it confirms.
pub(super) async fn record(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    sets: &[(Target, Choice)],
    asked: Option<&str>,
    run: Option<RunId>,
) -> Result<Option<Recorded>, StoreError> {
    if sets.is_empty() {
        return Ok(None);
    }
    let said = asked.into_iter().chain([incoming.text.as_str()]);
    let said: Vec<&str> = said.map(|text| cut(text, RAW_LENGTH_MAX / 2)).collect();
    let change = ConsentChange {
        subject: Subject::Address(incoming.owner.address),
        sets: sets.iter().copied().collect(),
        occurred_at: Some(incoming.at),
        received_at: incoming.now,
        source: Source::SMS,
        run,
        evidence: Evidence { raw: Some(said.join("\n")), ..Evidence::default() },
    };
    Ok(store.record(desk.workspace, vec![change]).await?.into_iter().next())
}

async fn plan(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    read: &Read,
    standing: &TextStanding,
) -> Result<Plan, StoreError> {
    Ok(match read.class {
        Class::OptOut => opt_out(desk, incoming, standing),
        // Nothing is said: whatever it is, a person reads it.
        Class::Review => {
            Plan { effects: TextEffects { hold: true, ..TextEffects::default() }, ..Plan::default() }
        }
        Class::OptIn => opt_in(store, desk, incoming, read, standing).await?,
        Class::DoubleOptIn => double_opt_in(store, desk, incoming, standing).await?,
        Class::Help => Plan { reply: Some((ReplyKind::Help, None)), ..Plan::default() },
        Class::Custom(number) => {
            Plan { reply: Some((ReplyKind::Custom, Some(usize::from(number)))), ..Plan::default() }
        }
        Class::None => Plan { reply: Some((ReplyKind::Default, None)), ..Plan::default() },
    })
}

fn opt_out(desk: &Desk, incoming: &Incoming, standing: &TextStanding) -> Plan {
    Plan {
        sets: vec![(refused(desk, incoming.channel, standing), Choice::No)],
        effects: TextEffects {
            block: incoming.senders.clone(),
            release: true,
            end_ask: standing.ask.is_some_and(|ask| !ask.answered),
            ..TextEffects::default()
        },
        reply: Some((ReplyKind::OptedOut, None)),
        ..Plan::default()
    }
}

/// What an opt-out stops.
pub(super) fn refused(desk: &Desk, channel: Channel, standing: &TextStanding) -> Target {
    let list = standing.last.as_ref().and_then(|last| last.list);
    let level = match desk.scope {
        Scope::Channel => Level::Channel,
        Scope::Number => Level::Identity,
        Scope::List => Level::Subscription,
        Scope::Brand => Level::Any,
    };
    // Where the list isn't known the opt-out is wider: someone who wants out gets out.
    level.target(channel, list).unwrap_or(Target::Field(channel.field()))
}

/// START, YES and the like: takes back what STOP did, and confirms what was asked.
async fn opt_in(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    read: &Read,
    standing: &TextStanding,
) -> Result<Plan, StoreError> {
    let asked = standing.ask.filter(|ask| !ask.answered && incoming.now <= ask.expires_at);
    // The network that blocks a toll-free sender after STOP takes START and UNSTOP back, not YES.
    let yes_only = read.keyword.as_deref() == Some("yes") && incoming.to_toll_free();
    if yes_only && asked.is_none() && standing.blocked {
        return Ok(Plan::default());
    }
    let Some(lifted) = opt_in::lift(store, desk, incoming, standing, asked).await? else {
        return Ok(Plan::default());
    };
    let counts = asked.is_some() || lifted.opted_out || desk.advertised;
    if !counts {
        return Ok(Plan::default());
    }
    let Lifted { sets, still_out, .. } = lifted;
    let asked_by = match asked {
        Some(asked) => opt_in::asked_by(store, desk, incoming, asked).await?,
        None => None,
    };
    Ok(Plan {
        sets,
        asked: asked_by,
        effects: TextEffects {
            unblock: unblockable(store, desk, incoming).await?,
            release: true,
            end_ask: asked.is_some(),
            ..TextEffects::default()
        },
        // Who is out of everything, by another way than a text, stays out: nothing is to be confirmed.
        reply: (!still_out).then_some((ReplyKind::OptedIn, None)),
    })
}

/// A keyword that asks once more: waits for the answer.
async fn double_opt_in(
    store: &Store,
    desk: &Desk,
    incoming: &Incoming,
    standing: &TextStanding,
) -> Result<Plan, StoreError> {
    let target = desk.list.map_or(Target::Field(incoming.channel.field()), Target::List);
    let unblock = unblockable(store, desk, incoming).await?;
    let lifted = opt_in::lift(store, desk, incoming, standing, None).await?;
    let out = lifted.as_ref().is_none_or(|lifted| lifted.opted_out || lifted.still_out);
    if !out && opt_in::holds_yes(store, desk, incoming, target).await? {
        let effects = TextEffects { unblock, ..TextEffects::default() };
        return Ok(Plan { effects, reply: Some((ReplyKind::OptedIn, None)), ..Plan::default() });
    }
    if opt_in::refused_since(store, desk, incoming, target).await? {
        return Ok(Plan::default());
    }
    // Nothing is recorded before the answer: a text may bear anybody's number.
    let expires_at = incoming.now.plus(desk.confirm_within);
    Ok(Plan {
        effects: TextEffects {
            unblock,
            ask: Some(NewAsk { list: desk.list, expires_at }),
            ..TextEffects::default()
        },
        reply: Some((ReplyKind::Ask, None)),
        ..Plan::default()
    })
}

/// The senders that a text may take its writer's block off: not one that was blocked after it was sent.
async fn unblockable(store: &Store, desk: &Desk, incoming: &Incoming) -> Result<Vec<String>, StoreError> {
    let blocks = store.blocks(desk.workspace, incoming.owner.address).await?;
    let may =
        |sender: &&String| blocks.iter().any(|(blocked, since)| blocked == *sender && *since <= incoming.at);
    Ok(incoming.senders.iter().filter(may).cloned().collect())
}

impl Incoming {
    fn to_toll_free(&self) -> bool {
        let kind = |sender: &String| consent::sms::Sender::parse(sender, None).map(|sender| sender.kind());
        self.senders.iter().any(|sender| kind(sender) == Ok(consent::sms::SenderKind::TollFree))
    }
}
