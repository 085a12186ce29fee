//! Text messages from people, and what they set going.

use consent::{AddressId, Channel, EntryId, JobId, ListId, ProfileId, Recipient, Timestamp, WorkspaceId};
use store::{
    Ask, Hold, HoldDecision, NewAsk, NewReply, REPLY_JOB, Reply, ReplyEnd, ReplyKind, StoreError, Text,
    TextEffects, TextId, TextStanding, TextTaken,
};

use super::support::{MAIN, World, address, row};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;
pub const SENDER: &str = "+15005550006";
const NEW: TextTaken = TextTaken { new: true, replied: false };
const REPLIED: TextTaken = TextTaken { new: true, replied: true };
const REPEATED: TextTaken = TextTaken { new: false, replied: false };

/// Someone with a number.
#[derive(Clone, Copy)]
pub struct Person {
    pub profile: ProfileId,
    pub address: AddressId,
}

impl Person {
    /// A message of this one's; `id` makes it unique.
    pub fn text(self, id: u16, at: Timestamp) -> Text {
        Text {
            id: TextId((u128::from(id) << 64).to_be_bytes()),
            profile: self.profile,
            address: self.address,
            channel: Channel::Sms,
            sender: SENDER.to_owned(),
            text: "Nö, danke \u{1f6d1}".to_owned(),
            class: "review".to_owned(),
            rule: "unclear".to_owned(),
            at: Timestamp(at.0 - SECOND),
            received_at: at,
            source: "sms:main".to_owned(),
            entry: Some(EntryId(7)),
        }
    }
}

pub fn reply(kind: ReplyKind, per_day: u32, at: Timestamp) -> NewReply {
    let expires_at = Timestamp(at.0 + HOUR);
    NewReply { kind, body: "Fertig.".to_owned(), expires_at, per_day, at_once: false }
}

pub fn replying(reply: NewReply) -> TextEffects {
    TextEffects { reply: Some(reply), ..TextEffects::default() }
}

fn holding() -> TextEffects {
    TextEffects { hold: true, ..TextEffects::default() }
}

fn decision(refused: bool, at: Timestamp) -> HoldDecision {
    HoldDecision { refused, by: "Ana".to_owned(), at }
}

impl World {
    /// Someone with this number.
    pub async fn caller(&self, number: &str) -> Person {
        let mut row = row(number, "");
        row.addresses.push(address(number));
        let profile = self.create(row).await;
        Person { profile, address: self.view(profile).await.addresses[0].id }
    }

    pub async fn text(&self, text: Text, effects: TextEffects) -> TextTaken {
        self.store.take_text(MAIN, text, effects).await.unwrap()
    }

    async fn standing(&self, who: Person) -> TextStanding {
        let senders = vec!["12345".to_owned(), SENDER.to_owned()];
        self.store.text_standing(MAIN, who.address, Channel::Sms, senders).await.unwrap()
    }

    /// What a decision about a message from [`SENDER`] reads.
    async fn reads(&self, who: Person, channel: Channel) -> Recipient {
        let mut query = self.query(vec![who.profile], channel);
        query.sender = Some(SENDER.to_owned());
        self.store.read(MAIN, query).await.unwrap().remove(0).recipient
    }

    async fn held(&self) -> Vec<TextId> {
        let holds = self.store.holds(MAIN, None, 100).await.unwrap();
        holds.into_iter().map(|hold| hold.text.id).collect()
    }

    /// Takes jobs that are due; the answers that they send.
    async fn take_replies(&self, now: Timestamp, at_most: usize) -> Vec<Reply> {
        let mut replies = Vec::new();
        for job in self.take_kind(REPLY_JOB, now, at_most).await {
            replies.extend(self.store.reply(MAIN, job.text().unwrap()).await.unwrap());
        }
        replies
    }

    async fn replies(&self, now: Timestamp) -> Vec<(TextId, ReplyKind)> {
        let replies = self.take_replies(now, 100).await;
        replies
            .into_iter()
            .filter(|reply| reply.expires_at > now)
            .map(|reply| (reply.id, reply.kind))
            .collect()
    }
}

pub async fn a_text_is_taken_once(world: &World) {
    let (ana, bob) = (world.caller("+49 30 123456").await, world.caller("+4930654321").await);
    let now = world.tick();
    let text = ana.text(1, now);
    let effects = TextEffects { block: vec![SENDER.to_owned()], ..holding() };
    assert!(!world.store.text_known(MAIN, text.id).await.unwrap());
    assert_eq!(world.text(text.clone(), effects.clone()).await, NEW);
    assert!(world.store.text_known(MAIN, text.id).await.unwrap());
    let decided = world.store.decide_hold(MAIN, text.id, decision(false, world.tick())).await;
    assert!(decided.unwrap());
    assert!(world.store.unblock(MAIN, vec![(ana.address, SENDER.to_owned())]).await.unwrap()[0]);
    // The provider sends it again, perhaps with other words: nothing happens.
    let again = Text { text: "STOP".to_owned(), ..bob.text(1, world.tick()) };
    let everything = TextEffects {
        ask: Some(NewAsk { list: None, expires_at: Timestamp(now.0 + DAY) }),
        reply: Some(reply(ReplyKind::OptedOut, 9, now)),
        ..effects
    };
    assert_eq!(world.text(again.clone(), everything.clone()).await, REPEATED);
    assert_eq!(world.text(Text { address: ana.address, ..again }, everything).await, REPEATED);
    assert!(world.held().await.is_empty());
    assert_eq!(world.standing(ana).await, TextStanding::default());
    assert_eq!(world.standing(bob).await, TextStanding::default());
    assert!(world.replies(now).await.is_empty());
    let later = Text { channel: Channel::WhatsApp, entry: None, ..ana.text(2, world.tick()) };
    assert_eq!(world.text(later.clone(), TextEffects::default()).await, NEW);
    let texts = async |who: Person, limit| world.store.texts_of(MAIN, who.address, limit).await.unwrap();
    assert_eq!(texts(ana, 10).await, [later.clone(), text]);
    assert_eq!(texts(ana, 1).await, [later]);
    assert!(texts(bob, 10).await.is_empty());
    assert!(!world.store.text_known(WorkspaceId(2), ana.text(1, now).id).await.unwrap());
    world.assert_sound().await;
}

pub async fn a_block_is_read_at_once_and_taken_back(world: &World) {
    let (ana, bob) = (world.caller("+4930123456").await, world.caller("+4930654321").await);
    let now = world.tick();
    let effects = TextEffects { block: vec![SENDER.to_owned(), "Shop".to_owned()], ..TextEffects::default() };
    assert!(!world.reads(ana, Channel::Sms).await.sender_blocked);
    world.text(ana.text(1, now), effects).await;
    assert!(world.reads(ana, Channel::Sms).await.sender_blocked);
    assert!(world.standing(ana).await.blocked);
    assert!(!world.reads(bob, Channel::Sms).await.sender_blocked && !world.standing(bob).await.blocked);
    let blocks = async |who: Person| world.store.blocks(MAIN, who.address).await.unwrap();
    // From when it was said on, which is before it came.
    let said = Timestamp(now.0 - SECOND);
    assert_eq!(blocks(ana).await, [(SENDER.to_owned(), said), ("Shop".to_owned(), said)]);
    // Said again later, it stays as it is.
    let pair = |who: Person, sender: &str| (who.address, sender.to_owned());
    world.store.block(MAIN, vec![pair(ana, SENDER), pair(bob, "Shop")], world.tick()).await.unwrap();
    assert_eq!(blocks(ana).await[0].1, said);
    assert_eq!(blocks(bob).await, [("Shop".to_owned(), world.now())]);
    assert!(!world.standing(bob).await.blocked, "another sender");
    // Both at once: the block stays.
    let both = TextEffects {
        unblock: vec![SENDER.to_owned()],
        block: vec![SENDER.to_owned()],
        ..TextEffects::default()
    };
    world.text(ana.text(2, world.tick()), both).await;
    assert!(world.reads(ana, Channel::Sms).await.sender_blocked);
    let unblock = TextEffects { unblock: vec![SENDER.to_owned()], ..TextEffects::default() };
    world.text(ana.text(3, world.tick()), unblock).await;
    assert!(!world.reads(ana, Channel::Sms).await.sender_blocked);
    let pairs = vec![pair(ana, "Shop"), pair(ana, "Shop"), pair(bob, SENDER), pair(bob, "Shop")];
    assert_eq!(world.store.unblock(MAIN, pairs).await.unwrap(), [true, false, false, true]);
    assert!(blocks(ana).await.is_empty() && blocks(bob).await.is_empty());
    let many = vec![pair(ana, SENDER); store::IMPORT_MAX + 1];
    assert!(matches!(world.store.unblock(MAIN, many).await, Err(StoreError::Invalid(_))));
}

pub async fn a_hold_is_read_at_once_until_it_is_decided(world: &World) {
    let (ana, bob) = (world.caller("+4930123456").await, world.caller("+4930654321").await);
    let now = world.tick();
    let text = ana.text(1, now);
    world.text(text.clone(), holding()).await;
    assert!(world.reads(ana, Channel::Sms).await.held && world.reads(ana, Channel::WhatsApp).await.held);
    assert!(!world.reads(bob, Channel::Sms).await.held && !world.reads(ana, Channel::Email).await.held);
    assert!(world.standing(ana).await.held);
    let hold = Hold { text: text.clone(), number: "+4930123456".to_owned(), decision: None };
    assert_eq!(world.store.hold(MAIN, text.id).await.unwrap(), Some(hold.clone()));
    assert_eq!(world.store.holds(MAIN, None, 10).await.unwrap(), std::slice::from_ref(&hold));
    // A second one: only when both are decided, the number is free.
    let second = ana.text(2, world.tick());
    world.text(second.clone(), holding()).await;
    let decide =
        async |id, refused, at| world.store.decide_hold(MAIN, id, decision(refused, at)).await.unwrap();
    let at = world.tick();
    assert!(decide(text.id, true, at).await);
    assert!(world.reads(ana, Channel::Sms).await.held);
    assert!(!decide(text.id, false, world.tick()).await, "decided already");
    let decided = Hold { decision: Some(decision(true, at)), ..hold };
    assert_eq!(world.store.hold(MAIN, text.id).await.unwrap(), Some(decided));
    assert!(decide(second.id, false, world.tick()).await);
    assert!(!world.reads(ana, Channel::Sms).await.held && !world.standing(ana).await.held);
    assert!(!decide(bob.text(9, now).id, true, now).await, "no such message");
    let unheld = bob.text(3, world.tick());
    world.text(unheld.clone(), TextEffects::default()).await;
    assert!(!decide(unheld.id, true, now).await, "one that isn't held");
    assert_eq!(world.store.hold(MAIN, unheld.id).await.unwrap(), None);
    let nameless = HoldDecision { by: "x".repeat(201), ..decision(true, now) };
    let refused = world.store.decide_hold(MAIN, unheld.id, nameless).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))));
}

pub async fn what_the_sender_makes_clear_needs_no_reading(world: &World) {
    let (ana, bob) = (world.caller("+4930123456").await, world.caller("+4930654321").await);
    for (id, who) in [(1, ana), (2, ana), (3, bob)] {
        world.text(who.text(id, world.tick()), holding()).await;
    }
    let release = TextEffects { release: true, ..TextEffects::default() };
    let no = Text { class: "opt_out".to_owned(), ..ana.text(4, world.tick()) };
    world.text(no, release.clone()).await;
    let at = world.now();
    assert!(!world.reads(ana, Channel::Sms).await.held && world.reads(bob, Channel::Sms).await.held);
    let by_sender = |refused, at| Some(HoldDecision { refused, by: "the sender".to_owned(), at });
    let decided = async |id| world.store.hold(MAIN, ana.text(id, at).id).await.unwrap().unwrap().decision;
    assert_eq!(decided(1).await, by_sender(true, at));
    assert_eq!(decided(2).await, by_sender(true, at));
    // What is decided stays as it is; what comes with the release is held.
    let yes = Text { class: "opt_in".to_owned(), ..ana.text(5, world.tick()) };
    world.text(yes, TextEffects { hold: true, ..release.clone() }).await;
    assert_eq!(decided(1).await, by_sender(true, at));
    assert_eq!(decided(5).await, None);
    world.text(ana.text(6, world.tick()), release).await;
    assert_eq!(decided(5).await, by_sender(false, world.now()));
    assert_eq!(world.held().await, [bob.text(3, at).id]);
}

pub async fn holds_come_in_pages_oldest_first(world: &World) {
    let ana = world.caller("+4930123456").await;
    // Two at the same time, and ids in another order than times.
    let times = [(5, 10), (4, 20), (3, 20), (9, 30), (1, 40)];
    for (id, at) in times {
        world.text(ana.text(id, Timestamp(at)), holding()).await;
    }
    let ids = [5, 3, 4, 9, 1].map(|id| ana.text(id, world.now()).id);
    assert_eq!(world.held().await, ids);
    let page = async |after, limit| {
        let holds = world.store.holds(MAIN, after, limit).await.unwrap();
        holds.into_iter().map(|hold| hold.text.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, ids[..2]);
    assert_eq!(page(Some(ids[1]), 2).await, ids[2..4]);
    // One that has been decided in between is still gone on after.
    assert!(world.store.decide_hold(MAIN, ids[1], decision(false, world.now())).await.unwrap());
    assert_eq!(page(Some(ids[1]), 9).await, ids[2..]);
    assert!(page(Some(ids[4]), 9).await.is_empty());
    let unknown = world.store.holds(MAIN, Some(TextId([9; 16])), 9).await;
    assert!(matches!(unknown, Err(StoreError::Missing(_))));
    assert!(world.store.holds(WorkspaceId(2), None, 9).await.unwrap().is_empty());
}

pub async fn the_last_question_waits_for_its_answer(world: &World) {
    let ana = world.caller("+4930123456").await;
    let list = world.list("news").await.id;
    let ask = async |id, list: Option<ListId>| {
        let at = world.tick();
        let expires_at = Timestamp(at.0 + DAY);
        let ask = Some(NewAsk { list, expires_at });
        world.text(ana.text(id, at), TextEffects { ask, ..TextEffects::default() }).await;
        Ask { list, at, expires_at, answered: false }
    };
    assert_eq!(world.standing(ana).await.ask, None);
    let first = ask(1, None).await;
    assert_eq!(world.standing(ana).await.ask, Some(first));
    let on_whats_app = world.store.text_standing(MAIN, ana.address, Channel::WhatsApp, vec![]).await.unwrap();
    assert_eq!(on_whats_app.ask, None, "another channel");
    let second = ask(2, Some(list)).await;
    assert_eq!(world.standing(ana).await.ask, Some(second));
    let end = TextEffects { end_ask: true, ..TextEffects::default() };
    world.text(ana.text(3, world.tick()), end).await;
    assert_eq!(world.standing(ana).await.ask, Some(Ask { answered: true, ..second }));
    let third = ask(4, None).await;
    assert_eq!(world.standing(ana).await.ask, Some(third));
}

pub async fn replies_are_sent_once_and_in_order(world: &World) {
    let ana = world.caller("+49 30 123456").await;
    let start = world.tick();
    for (id, kind) in (1..).zip(ReplyKind::ALL) {
        let at = world.tick();
        let reply = NewReply { at_once: kind == ReplyKind::Help, ..reply(kind, 1, at) };
        assert_eq!(world.text(ana.text(id, at), replying(reply)).await, REPLIED);
    }
    let expired = NewReply { expires_at: world.now(), ..reply(ReplyKind::Custom, 9, world.now()) };
    assert_eq!(world.text(ana.text(9, world.now()), replying(expired)).await, REPLIED);
    let first = world.take_replies(world.now(), 1).await.remove(0);
    assert_eq!((first.id, first.address, first.profile), (ana.text(1, start).id, ana.address, ana.profile));
    assert_eq!((first.number.as_str(), first.sender.as_str()), ("+4930123456", SENDER));
    assert_eq!((first.channel, first.source.as_str()), (Channel::Sms, "sms:main"));
    assert_eq!((first.kind, first.body.as_str()), (ReplyKind::OptedOut, "Fertig."));
    assert_eq!(first.expires_at, Timestamp(start.0 + SECOND + HOUR));
    let rest = world.replies(world.now()).await;
    let kinds: Vec<_> = rest.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(kinds, [ReplyKind::OptedIn, ReplyKind::Ask, ReplyKind::Custom, ReplyKind::Default]);
    assert!(world.replies(world.now()).await.is_empty());
    let done = async |id, end, detail: &str| world.store.reply_done(MAIN, id, end, detail).await;
    assert!(done(first.id, ReplyEnd::Sent, "SM1").await.unwrap());
    assert!(done(rest[0].0, ReplyEnd::Failed, &"x".repeat(255)).await.unwrap());
    assert!(!done(first.id, ReplyEnd::Sent, "").await.unwrap(), "told already");
    assert!(!done(TextId([9; 16]), ReplyEnd::Sent, "").await.unwrap());
    let long = done(rest[1].0, ReplyEnd::Sent, &"x".repeat(256)).await;
    assert!(matches!(long, Err(StoreError::Invalid(_))), "{long:?}");
    assert!(world.store.reply(MAIN, first.id).await.unwrap().is_none(), "it is sent");
    assert!(world.store.reply(MAIN, rest[1].0).await.unwrap().is_some());
    // One that goes out at once has no job.
    let at_once = ana.text(4, start).id;
    assert!(world.store.job(MAIN, JobId::of(MAIN, REPLY_JOB, &at_once.intent())).await.unwrap().is_none());
}

pub async fn so_many_replies_of_a_kind_a_day(world: &World) {
    let (ana, bob) = (world.caller("+4930123456").await, world.caller("+4930654321").await);
    let start = world.tick();
    let take = async |who: Person, id, kind, at: i64, per_day| {
        let at = Timestamp(start.0 + at);
        world.text(who.text(id, at), replying(reply(kind, per_day, at))).await
    };
    let (help, other) = (ReplyKind::Help, ReplyKind::Default);
    assert_eq!(take(ana, 1, help, 0, 0).await, NEW, "never");
    assert_eq!(take(ana, 2, help, 0, 2).await, REPLIED);
    assert_eq!(take(ana, 3, help, SECOND, 2).await, REPLIED);
    assert_eq!(take(ana, 4, help, 2 * SECOND, 2).await, NEW);
    assert_eq!(take(ana, 5, other, 2 * SECOND, 1).await, REPLIED, "another kind");
    assert_eq!(take(bob, 6, help, 2 * SECOND, 1).await, REPLIED, "another number");
    // The first counts for 24 hours, to the microsecond.
    assert_eq!(take(ana, 7, help, DAY - 1, 2).await, NEW);
    assert_eq!(take(ana, 8, help, DAY, 2).await, REPLIED);
    assert_eq!(take(ana, 9, help, DAY + 1, 2).await, NEW);
    // One that comes late counts what came after it.
    assert_eq!(take(ana, 10, help, DAY - 1, 2).await, NEW);
    // Taken or not, sent or expired: they count.
    assert_eq!(world.replies(Timestamp(start.0 + DAY)).await.len(), 1, "the others are too old");
    assert_eq!(take(ana, 11, help, DAY + 2, 2).await, NEW);
    assert_eq!(take(ana, 12, help, DAY + SECOND, 2).await, REPLIED);
}

pub async fn a_text_is_taken_with_all_or_nothing(world: &World) {
    let ana = world.caller("+4930123456").await;
    let mail = world.create(row("m", "m@example.com")).await;
    let mail = Person { profile: mail, address: world.view(mail).await.addresses[0].id };
    let now = world.tick();
    let long = |bytes: usize| "x".repeat(bytes);
    let fine = || TextEffects { block: vec![SENDER.to_owned()], ..holding() };
    let body = |body| replying(NewReply { body, ..reply(ReplyKind::Help, 9, now) });
    let text = || ana.text(1, now);
    let invalid = [
        (Text { text: long(Text::TEXT_BYTES_MAX + 1), ..text() }, fine()),
        (Text { source: long(65), ..text() }, fine()),
        (Text { rule: "two\nlines".to_owned(), ..text() }, fine()),
        (Text { sender: String::new(), ..text() }, fine()),
        (Text { channel: Channel::Email, ..text() }, fine()),
        (mail.text(1, now), fine()),
        (text(), TextEffects { block: vec![long(65)], ..fine() }),
        // Found last, when all else is done.
        (text(), TextEffects { reply: body(long(8_193)).reply, ..fine() }),
        (text(), TextEffects { reply: body("\0".to_owned()).reply, ..fine() }),
    ];
    for (text, effects) in invalid {
        let refused = world.store.take_text(MAIN, text, effects).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    let nobody = Text { address: AddressId(999_999), ..text() };
    let refused = world.store.take_text(MAIN, nobody, fine()).await;
    assert!(matches!(refused, Err(StoreError::Missing(_))), "{refused:?}");
    let elsewhere = world.store.take_text(WorkspaceId(2), text(), fine()).await;
    assert!(matches!(elsewhere, Err(StoreError::Missing(_))), "{elsewhere:?}");
    assert!(!world.store.text_known(MAIN, text().id).await.unwrap());
    assert_eq!(world.standing(ana).await, TextStanding::default());
    assert!(!world.reads(ana, Channel::Sms).await.sender_blocked);
    assert!(world.held().await.is_empty() && world.replies(now).await.is_empty());
    // At the limits, with what PostgreSQL can't keep.
    let largest = Text { text: format!("{}\0", long(Text::TEXT_BYTES_MAX - 1)), rule: long(64), ..text() };
    assert_eq!(world.text(largest, body(long(8_192))).await, REPLIED);
    let kept = world.store.texts_of(MAIN, ana.address, 1).await.unwrap().remove(0);
    assert!(kept.text.ends_with("x\u{fffd}") && kept.text.len() == Text::TEXT_BYTES_MAX + 2);
}
