//! What texts set going, in a store.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use consent::sms::{Class, Keywords, Kind};
use consent::{
    BounceReason, Channel, Choice, Clock, ConsentChange, Entropy, Evidence, Field, ListId, Origin, Source,
    Subject, Target, Timestamp, WorkspaceId,
};
use store::sqlite::OpenOptions;
use store::{AddressOwner, HoldDecision, NewList, ProfileView, ReplyKind, Store};

use crate::sms::*;

const MAIN: WorkspaceId = WorkspaceId::MAIN;
const PHRASES: &str = include_str!("../../../../consent/src/sms/tests/shared.tsv");
const US: &str = "+15005550006";
const THEM: &str = "+491751234567";

struct At(Mutex<Timestamp>);

impl Clock for At {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// A store, a clock that is turned by hand, and a desk.
struct World {
    store: Store,
    clock: Arc<At>,
    desk: Desk,
    count: u32,
    _dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(At(Mutex::new(Timestamp::parse("2026-01-05T12:00:00Z").unwrap())));
        let options =
            OpenOptions { dir: dir.path().join("data"), clock: clock.clone(), entropy: Arc::new(Sevens) };
        let desk = Desk { brand: Some("Bakery".to_owned()), ..Desk::new("sms:x".to_owned(), MAIN) };
        Self { store: store::sqlite::open(options).unwrap(), clock, desk, count: 0, _dir: dir }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn later(&self, time: Duration) {
        let mut now = self.clock.0.lock().unwrap();
        *now = now.plus(time);
    }

    fn message(&mut self, text: &str) -> Message {
        self.count += 1;
        // Nobody types faster.
        self.later(Duration::from_secs(2));
        Message {
            id: format!("m{}", self.count),
            from: THEM.to_owned(),
            to: US.to_owned(),
            pool: None,
            text: text.to_owned(),
            at: Some(self.now()),
            channel: Channel::Sms,
            opt_out_type: None,
            part: None,
        }
    }

    async fn take(&self, event: Event) -> Outcome {
        take(&self.store, &self.desk, event, self.now()).await.unwrap()
    }

    /// Takes a text from them; what it was read as, and what waits to be said.
    async fn text(&mut self, text: &str) -> (Class, Option<(ReplyKind, String)>) {
        let message = self.message(text);
        let Outcome::Taken { class, .. } = self.take(Event::Message(message)).await else { panic!("{text}") };
        (class, self.reply().await)
    }

    async fn reply(&self) -> Option<(ReplyKind, String)> {
        let wanted = store::JobsWanted { kind: store::REPLY_JOB.to_owned(), at_most: 10, attempts_max: 1 };
        // For good: nobody takes them again.
        let (lease, now) = (std::time::Duration::from_hours(999), self.now());
        let jobs = self.store.lease_jobs(MAIN, "test", vec![wanted], lease, now).await.unwrap();
        let mut replies = Vec::new();
        for job in jobs {
            let reply = self.store.reply(MAIN, job.text().unwrap()).await.unwrap();
            replies.extend(reply.filter(|reply| reply.expires_at > now));
        }
        assert!(replies.len() < 2, "{replies:?}");
        replies.pop().map(|reply| (reply.kind, reply.body))
    }

    async fn owner_of(&self, number: &str) -> AddressOwner {
        let address = consent::Address::phone_as_received(number).unwrap();
        self.store.resolve(MAIN, vec![address]).await.unwrap().pop().flatten().unwrap()
    }

    async fn view(&self, number: &str) -> ProfileView {
        let owner = self.owner_of(number).await;
        self.store.profile(MAIN, owner.profile).await.unwrap().unwrap()
    }

    async fn choice(&self, field: Field) -> Choice {
        self.view(THEM).await.values.get(&field).map_or(Choice::Unset, |held| held.choice)
    }

    async fn blocks(&self) -> Vec<String> {
        let owner = self.owner_of(THEM).await;
        let blocks = self.store.blocks(MAIN, owner.address).await.unwrap();
        blocks.into_iter().map(|(sender, _)| sender).collect()
    }

    async fn held(&self) -> usize {
        self.store.holds(MAIN, None, 100).await.unwrap().len()
    }

    async fn record(&self, target: Target, choice: Choice, source: Source) {
        let owner = self.owner_of(THEM).await;
        self.later(Duration::from_secs(2));
        let change = ConsentChange {
            subject: Subject::Address(owner.address),
            sets: std::iter::once((target, choice)).collect(),
            occurred_at: Some(self.now()),
            received_at: self.now(),
            source,
            run: None,
            evidence: Evidence::default(),
        };
        self.store.record(MAIN, vec![change]).await.unwrap();
    }

    async fn list(&self) -> ListId {
        let list = NewList::new("news", self.now());
        self.store.create_list(MAIN, list).await.unwrap().id
    }
}

#[tokio::test]
async fn every_phrase_does_what_its_label_says() {
    let mut world = World::new();
    for (number, line) in PHRASES.lines().enumerate() {
        let (label, text) = line.split_once('\t').unwrap();
        let from = format!("+4917512{number:05}");
        let message = Message { from: from.clone(), ..world.message(text) };
        world.take(Event::Message(message)).await;
        let view = world.view(&from).await;
        let standing = world
            .store
            .text_standing(MAIN, view.addresses[0].id, Channel::Sms, vec![US.to_owned()])
            .await
            .unwrap();
        let choice = view.values.get(&Field::Sms).map_or(Choice::Unset, |held| held.choice);
        let reply = world.reply().await.map(|(kind, _)| kind);
        let expected = match label {
            "opt_out" => (Choice::No, true, false, Some(ReplyKind::OptedOut)),
            "review" => (Choice::Unset, false, true, None),
            "help" => (Choice::Unset, false, false, Some(ReplyKind::Help)),
            // Nobody asked this number, and it isn't opted out.
            "opt_in" | "none" => (Choice::Unset, false, false, None),
            other => panic!("{other}"),
        };
        assert_eq!((choice, standing.blocked, standing.held, reply), expected, "{line}");
    }
}

#[tokio::test]
async fn stop_blocks_the_sender_and_start_takes_it_back() {
    let mut world = World::new();
    let pool = Some("MG0123456789abcdef0123456789abcdef".to_owned());
    let stop = Message { pool: pool.clone(), ..world.message("please stop") };
    world.take(Event::Message(stop.clone())).await;
    assert_eq!(world.choice(Field::Sms).await, Choice::No);
    assert_eq!(world.blocks().await, [US.to_owned(), pool.clone().unwrap()]);
    let (kind, body) = world.reply().await.unwrap();
    assert_eq!(kind, ReplyKind::OptedOut);
    assert!(body.contains("Bakery") && !body.contains('{'), "{body}");
    let entry = world.view(THEM).await.values[&Field::Sms].entry;
    let entry = world.store.entry(MAIN, entry).await.unwrap().unwrap();
    assert_eq!((entry.source, entry.evidence.raw.as_deref()), (Source::SMS, Some("please stop")));
    // Said again, it isn't answered again that day; delivered again, it is nothing at all.
    assert_eq!(world.text("STOP").await, (Class::OptOut, None));
    assert_eq!(world.take(Event::Message(stop)).await, Outcome::Repeated);
    let start = Message { pool, ..world.message("START") };
    world.take(Event::Message(start)).await;
    assert_eq!((world.choice(Field::Sms).await, world.blocks().await), (Choice::Yes, vec![]));
    assert_eq!(world.reply().await.unwrap().0, ReplyKind::OptedIn);
    world.later(Duration::from_hours(25));
    assert_eq!(world.text("stop").await.1.unwrap().0, ReplyKind::OptedOut);
}

#[tokio::test]
async fn a_yes_counts_from_who_was_asked_or_is_opted_out() {
    let mut world = World::new();
    for word in ["START", "yes", "JOIN"] {
        assert_eq!(world.text(word).await, (Class::OptIn, None));
        assert_eq!(world.choice(Field::Sms).await, Choice::Unset);
    }
    world.desk.advertised = true;
    assert_eq!(world.text("JOIN").await.1.unwrap().0, ReplyKind::OptedIn);
    assert_eq!(world.choice(Field::Sms).await, Choice::Yes);
}

#[tokio::test]
async fn start_lifts_what_a_text_stopped_and_no_refusal_of_all_marketing_from_elsewhere() {
    let mut world = World::new();
    world.text("hello").await;
    world.record(Target::Field(Field::Any), Choice::No, Source::PAGE).await;
    world.text("stop").await;
    world.record(Target::Identity(Field::Sms), Choice::No, Source::API).await;
    assert_eq!(world.text("start").await, (Class::OptIn, None), "nothing to confirm: mail stays refused too");
    let view = world.view(THEM).await;
    assert_eq!(view.values[&Field::Any].choice, Choice::No);
    assert_eq!(view.values[&Field::Sms].choice, Choice::Yes);
    assert_eq!(view.addresses[0].values[&Field::Sms].choice, Choice::Yes);
    assert!(world.blocks().await.is_empty());
    // Said by text, of all the brand: a text takes it back.
    world.desk.scope = Scope::Brand;
    world.text("stop").await;
    world.text("start").await;
    assert_eq!(world.choice(Field::Any).await, Choice::Yes);
}

#[tokio::test]
async fn a_start_that_was_sent_before_a_stop_and_comes_after_it_does_nothing() {
    let mut world = World::new();
    world.text("stop").await;
    world.text("start").await;
    let late = world.message("START");
    world.text("stop").await;
    world.take(Event::Message(late)).await;
    assert_eq!((world.choice(Field::Sms).await, world.blocks().await), (Choice::No, vec![US.to_owned()]));
    assert_eq!(world.reply().await, None);
}

#[tokio::test]
async fn scopes() {
    let mut world = World::new();
    world.desk.scope = Scope::Number;
    world.text("stop").await;
    let view = world.view(THEM).await;
    assert_eq!(view.addresses[0].values[&Field::Sms].choice, Choice::No);
    assert!(!view.values.contains_key(&Field::Sms));
    // No message has gone out, so no list is known: the opt-out is wider.
    world.desk.scope = Scope::List;
    world.text("stop").await;
    assert_eq!(world.choice(Field::Sms).await, Choice::No);
    world.text("start").await;
    let view = world.view(THEM).await;
    assert_eq!(view.addresses[0].values[&Field::Sms].choice, Choice::Yes);
    assert_eq!(view.values[&Field::Sms].choice, Choice::Yes);
}

#[tokio::test]
async fn what_the_provider_answered_isnt_answered_again() {
    let mut world = World::new();
    let said =
        |world: &mut World, text: &str, kind| Message { opt_out_type: Some(kind), ..world.message(text) };
    let stop = said(&mut world, "basta cosí", OptOutType::Stop);
    world.take(Event::Message(stop)).await;
    assert_eq!(world.choice(Field::Sms).await, Choice::No);
    let help = said(&mut world, "HELP", OptOutType::Help);
    world.take(Event::Message(help)).await;
    let start = said(&mut world, "vai", OptOutType::Start);
    world.take(Event::Message(start)).await;
    assert_eq!((world.choice(Field::Sms).await, world.blocks().await), (Choice::Yes, vec![]));
    // Whatever it was taken for, its words are a refusal.
    let refused = said(&mut world, "don't text me again", OptOutType::Start);
    world.take(Event::Message(refused)).await;
    assert_eq!(world.choice(Field::Sms).await, Choice::No);
    // Help was given, and what was written may be more than a call for it.
    let doubtful = said(&mut world, "help, how do I stop these messages", OptOutType::Help);
    world.take(Event::Message(doubtful)).await;
    assert_eq!(world.held().await, 1);
    assert_eq!(world.reply().await, None);
}

#[tokio::test]
async fn the_times_at_which_texts_were_sent_count() {
    let mut world = World::new();
    let sent = |world: &mut World, text: &str, at: Timestamp| {
        let message = Message { at: Some(at), ..world.message(text) };
        world.later(Duration::from_secs(5));
        Event::Message(message)
    };
    let start = world.now();
    let after = |seconds: u64| start.plus(Duration::from_secs(seconds));
    // STOP took its time; START was sent after it, and before we knew.
    let stop = sent(&mut world, "STOP", start);
    world.take(stop).await;
    let yes = sent(&mut world, "START", after(1));
    world.take(yes).await;
    assert_eq!((world.choice(Field::Sms).await, world.blocks().await), (Choice::Yes, vec![]));
    // A START that comes late, from between two STOPs, lifts neither.
    world.later(Duration::from_mins(1));
    for at in [20, 40] {
        let stop = sent(&mut world, "STOP", after(at));
        world.take(stop).await;
    }
    let yes = sent(&mut world, "START", after(30));
    world.take(yes).await;
    assert_eq!((world.choice(Field::Sms).await, world.blocks().await), (Choice::No, vec![US.to_owned()]));
}

#[tokio::test]
async fn double_opt_in_records_each_step() {
    let mut world = World::new();
    let list = world.list().await;
    world.desk.list = Some(list);
    world.desk.keywords = Keywords::with(&[(Kind::DoubleOptIn, "CAKE".to_owned())]).unwrap();
    world.desk.confirm_within = Duration::from_mins(10);
    let held = async |world: &World| {
        let view = world.view(THEM).await;
        view.subscriptions.iter().map(|(_, _, held)| held.choice).next().unwrap_or_default()
    };
    let (class, reply) = world.text("cake").await;
    assert_eq!((class, reply.unwrap().0), (Class::DoubleOptIn, ReplyKind::Ask));
    let owner = world.owner_of(THEM).await;
    let entries =
        async |world: &World| world.store.history(MAIN, owner.profile, None, 10).await.unwrap().entries;
    assert_eq!((held(&world).await, entries(&world).await), (Choice::Unset, Vec::new()));
    // The keyword again is no answer.
    world.text("CAKE").await;
    assert_eq!(held(&world).await, Choice::Unset);
    world.later(Duration::from_mins(11));
    assert_eq!(world.text("YES").await, (Class::OptIn, None), "too late");
    assert_eq!((held(&world).await, entries(&world).await), (Choice::Unset, Vec::new()));
    world.text("cake").await;
    assert_eq!(world.text("yes").await.1.unwrap().0, ReplyKind::OptedIn);
    assert_eq!(held(&world).await, Choice::Yes);
    let words: Vec<_> = entries(&world).await.into_iter().map(|entry| entry.evidence.raw.unwrap()).collect();
    assert_eq!(words, ["cake\nyes"]);
    // Who is in stays in.
    assert_eq!(world.text("cake").await.1.unwrap().0, ReplyKind::OptedIn);
    assert_eq!(held(&world).await, Choice::Yes);
    // STOP ends a question.
    world.text("stop").await;
    world.text("cake").await;
    world.text("stop").await;
    let standing =
        world.store.text_standing(MAIN, owner.address, Channel::Sms, vec![US.to_owned()]).await.unwrap();
    assert!(standing.ask.unwrap().answered && standing.blocked);
}

#[tokio::test]
async fn a_review_holds_until_the_person_says_it_clearly() {
    let mut world = World::new();
    assert_eq!(world.text("who is this? stop").await, (Class::Review, None));
    assert_eq!(world.held().await, 1);
    world.text("thanks").await;
    assert_eq!(world.held().await, 1);
    world.text("STOP").await;
    assert_eq!((world.held().await, world.choice(Field::Sms).await), (0, Choice::No));
}

#[tokio::test]
async fn parts_come_in_any_order_and_act_together() {
    let mut world = World::new();
    let part = |world: &mut World, text: &str, number: u16, total: u16, reference: &str| Message {
        part: Some(Part { reference: reference.to_owned(), number, total }),
        ..world.message(text)
    };
    let last = part(&mut world, " never text me again", 2, 2, "7");
    let first = part(&mut world, "Hello, and please", 1, 2, "7");
    // By itself it reads like a refusal: marketing waits.
    assert_eq!(world.take(Event::Message(last.clone())).await, Outcome::Waiting { held: true });
    assert_eq!((world.held().await, world.choice(Field::Sms).await), (1, Choice::Unset));
    assert_eq!(world.take(Event::Message(last.clone())).await, Outcome::Repeated);
    let Outcome::Taken { class, .. } = world.take(Event::Message(first.clone())).await else { panic!() };
    assert_eq!(class, Class::OptOut);
    assert_eq!((world.held().await, world.choice(Field::Sms).await), (0, Choice::No));
    for again in [first, last] {
        assert_eq!(world.take(Event::Message(again)).await, Outcome::Repeated);
    }
    assert_eq!(world.reply().await.unwrap().0, ReplyKind::OptedOut);
    // Something else altogether, once it is whole.
    world.text("start").await;
    let stop = part(&mut world, "STOP", 1, 2, "8");
    assert_eq!(world.take(Event::Message(stop)).await, Outcome::Waiting { held: true });
    let rest = part(&mut world, " by the bakery on your way home", 2, 2, "8");
    let Outcome::Taken { class, .. } = world.take(Event::Message(rest)).await else { panic!() };
    assert_eq!((class, world.held().await, world.choice(Field::Sms).await), (Class::None, 0, Choice::Yes));
    let harmless = part(&mut world, "I liked the cake", 1, 2, "9");
    assert_eq!(world.take(Event::Message(harmless)).await, Outcome::Waiting { held: false });
}

#[tokio::test]
async fn answers_speak_the_senders_language_in_time_and_not_too_often() {
    let mut world = World::new();
    let own = OwnReplies { help: Some("{brand}: call us".to_owned()), ..OwnReplies::default() };
    world.desk.replies.own = [("en".to_owned(), own)].into();
    world.desk.language = Some("sv-SE".to_owned());
    assert_eq!(world.text("HILFE").await.1.unwrap().1, said("de", ReplyKind::Help));
    assert_eq!(world.text("ARRÊT").await.1.unwrap().1, said("fr", ReplyKind::OptedOut));
    // Words of no language: the configuration's.
    assert_eq!(world.text("START").await.1.unwrap().1, said("sv", ReplyKind::OptedIn));
    world.desk.language = None;
    let mut count = 0;
    for _ in 0..5 {
        count += usize::from(world.text("HELP").await.1.is_some_and(|(_, body)| body == "Bakery: call us"));
    }
    assert_eq!(count, 2, "three of a kind a day, one was given before");
    world.later(Duration::from_hours(25));
    let late = world.message("STOP");
    world.later(Duration::from_secs(301));
    world.take(Event::Message(late)).await;
    assert_eq!((world.reply().await, world.choice(Field::Sms).await), (None, Choice::No));
}

fn said(language: &str, kind: ReplyKind) -> String {
    let words = consent::sms::wording(Some(language));
    let text = match kind {
        ReplyKind::OptedOut => &words.opted_out,
        ReplyKind::OptedIn => &words.opted_in,
        _ => &words.help,
    };
    text.replace("{brand}", "Bakery")
}

#[tokio::test]
async fn own_keywords_default_reply_silence_and_answers_at_once() {
    let mut world = World::new();
    world.desk.keywords = Keywords::with(&[(Kind::Custom(0), "HOURS".to_owned())]).unwrap();
    world.desk.custom = vec!["8 to 18, says {brand}".to_owned()];
    assert_eq!(world.text("hours").await.1.unwrap(), (ReplyKind::Custom, "8 to 18, says Bakery".to_owned()));
    assert_eq!(world.text("how are you").await.1, None);
    world.desk.replies.default = Some("Write HELP".to_owned());
    assert_eq!(world.text("how are you").await.1.unwrap(), (ReplyKind::Default, "Write HELP".to_owned()));
    world.desk.at_once = true;
    let message = world.message("HELP");
    let Outcome::Taken { reply: Some(_), .. } = world.take(Event::Message(message)).await else { panic!() };
    assert_eq!(world.reply().await, None, "nobody sends it a second time");
    world.desk.replies.on = false;
    let message = world.message("STOP");
    let Outcome::Taken { reply: None, .. } = world.take(Event::Message(message)).await else { panic!() };
}

#[tokio::test]
async fn refusals_by_what_is_no_number_are_kept() {
    let mut world = World::new();
    // A number that was copied, with marks that nobody sees.
    let message = Message { from: format!("\u{202a}{THEM}\u{202c}\u{200b}"), ..world.message("stop") };
    world.take(Event::Message(message)).await;
    assert_eq!((world.choice(Field::Sms).await, world.reply().await), (Choice::No, None));
    for (from, namespace) in
        [("12345", "phone"), ("+99999999999999999", "phone"), ("Bank", "sms"), ("x\u{7}y", "sms")]
    {
        for text in ["stop", "hello"] {
            let message = Message { from: from.to_owned(), ..world.message(text) };
            let now = world.now();
            let taken = take(&world.store, &world.desk, Event::Message(message), now).await;
            assert!(taken.is_ok(), "{from} {text}: {taken:?}");
        }
        let plain: String = from.chars().filter(|c| !c.is_control()).collect();
        let view = world.view(&plain).await;
        assert_eq!(view.addresses[0].namespace.as_str(), namespace, "{from}");
        assert_eq!(view.values[&Field::Sms].choice, Choice::No, "{from}");
        assert_eq!(world.reply().await, None, "{from}");
    }
}

fn receipt(id: &str, state: State) -> Event {
    let (to, from) = ("491751234567".to_owned(), "15005550006".to_owned());
    let (code, detail, token) = ("21610".to_owned(), "failed".to_owned(), String::new());
    Event::Receipt(Receipt {
        id: id.to_owned(),
        to,
        from,
        token,
        channel: Channel::Sms,
        state,
        code,
        detail,
        at: None,
    })
}

#[tokio::test]
async fn a_providers_refusal_to_send_is_an_opt_out_once() {
    let mut world = World::new();
    world.take(receipt("1", State::OptedOut)).await;
    assert_eq!((world.choice(Field::Sms).await, world.blocks().await), (Choice::No, vec![US.to_owned()]));
    let entry = world.view(THEM).await.values[&Field::Sms].entry;
    assert_eq!(world.store.entry(MAIN, entry).await.unwrap().unwrap().source, Source::PROVIDER);
    world.text("start").await;
    assert_eq!((world.choice(Field::Sms).await, world.blocks().await), (Choice::Yes, vec![]));
    world.take(receipt("1", State::OptedOut)).await;
    assert_eq!((world.choice(Field::Sms).await, world.blocks().await), (Choice::Yes, vec![]), "told twice");
    let suppressed = async |world: &World| {
        let address = consent::Address::phone(THEM, None).unwrap();
        let strangers = world.store.read_strangers(MAIN, vec![address], world.now()).await.unwrap();
        strangers[0].suppressed != consent::decide::Suppressed::No
    };
    world.take(receipt("2", State::Delivered)).await;
    assert!(!suppressed(&world).await);
    world.take(receipt("3", State::Undelivered { reason: BounceReason::UserUnknown, hard: true })).await;
    assert!(suppressed(&world).await);
}

#[tokio::test]
async fn whatsapp_has_a_channel_of_its_own() {
    let mut world = World::new();
    let choice = |id: &str, stop, at| {
        let (from, to) = ("491751234567".to_owned(), "15005550006".to_owned());
        Event::Preference(Preference {
            id: id.to_owned(),
            from,
            to,
            channel: Channel::WhatsApp,
            stop,
            at: Some(at),
        })
    };
    // Nothing was stopped: resuming is no consent.
    world.take(choice("0", false, world.now())).await;
    assert_eq!(world.choice(Field::WhatsApp).await, Choice::Unset);
    world.later(Duration::from_secs(2));
    world.take(choice("1", true, world.now())).await;
    assert_eq!(
        (world.choice(Field::WhatsApp).await, world.choice(Field::Sms).await),
        (Choice::No, Choice::Unset)
    );
    assert!(world.blocks().await.is_empty(), "it is about marketing alone");
    world.later(Duration::from_secs(2));
    world.take(choice("2", false, world.now())).await;
    assert_eq!(world.choice(Field::WhatsApp).await, Choice::Yes);
    assert_eq!(world.take(choice("1", true, world.now())).await, Outcome::Repeated);
    let typed = Message { channel: Channel::WhatsApp, ..world.message("STOP") };
    world.take(Event::Message(typed)).await;
    assert_eq!(
        (world.choice(Field::WhatsApp).await, world.choice(Field::Sms).await),
        (Choice::No, Choice::Unset)
    );
    assert_eq!(world.blocks().await, [format!("whatsapp:{US}")]);
}

#[tokio::test]
async fn a_hold_that_was_decided_stays_decided() {
    let mut world = World::new();
    let message = world.message("who is this? stop");
    world.take(Event::Message(message.clone())).await;
    let hold = world.store.holds(MAIN, None, 1).await.unwrap().pop().unwrap();
    let decision = HoldDecision { refused: false, by: "operator".to_owned(), at: world.now() };
    assert!(world.store.decide_hold(MAIN, hold.text.id, decision).await.unwrap());
    assert_eq!(world.take(Event::Message(message)).await, Outcome::Repeated);
    assert_eq!(world.held().await, 0);
}

#[tokio::test]
async fn numbers_that_nobody_knew_are_answered_within_a_budget() {
    let mut world = World::new();
    world.desk.answers_per_day = 6;
    let mut help = async |from: String, text: &str| {
        let message = Message { from, ..world.message(text) };
        world.take(Event::Message(message)).await;
        world.reply().await.map(|(kind, _)| kind)
    };
    // One that asks all day long takes no more than its own share of what the others have.
    for n in 0..20 {
        let answered = help(THEM.to_owned(), "help").await;
        assert_eq!(answered.is_some(), n < 3, "{n}");
    }
    // Where a text costs more, nothing is said to whoever the brand hasn't brought in.
    for dear in ["+4990012345678", "+881612345678", "+447012345678"] {
        assert_eq!(help(dear.to_owned(), "help").await, None, "{dear}");
    }
    let fresh = |n: usize| format!("+49151{n:08}");
    for n in 0..10 {
        assert_eq!(help(fresh(n), "help").await.is_some(), n < 3, "{n}");
    }
    // What is said counts all the same.
    assert_eq!(help(fresh(20), "stop").await, None);
    assert_eq!(world.view(&fresh(20)).await.values[&Field::Sms].choice, Choice::No);
    let [answers, withheld] = answer_budgets("sms:x", 6);
    assert_eq!(world.store.spent(MAIN, vec![answers, withheld], world.now()).await.unwrap(), [6, 8]);
    // Whom the brand has brought in is answered.
    let known = consent::Address::phone(&fresh(30), None).unwrap();
    world.store.resolve_or_create(MAIN, vec![known], Origin::Operator, world.now()).await.unwrap();
    let message = Message { from: fresh(30), ..world.message("help") };
    world.take(Event::Message(message)).await;
    assert_eq!(world.reply().await.map(|(kind, _)| kind), Some(ReplyKind::Help));
    // A day later there is a new one.
    world.later(Duration::from_hours(25));
    let message = Message { from: fresh(40), ..world.message("help") };
    world.take(Event::Message(message)).await;
    assert!(world.reply().await.is_some());
}
