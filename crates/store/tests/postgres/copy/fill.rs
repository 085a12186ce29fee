//! A store that holds something of everything.

use consent::{
    AddressId, BounceReason, Channel, Choice, ConsentChange, Detail, Evidence, Exclusion, Field, ListId,
    Pace, Preferred, ProfileId, Reason, Source, Subject, Target, Timestamp,
};
use store::{
    Asked, AudienceUpload, DefinitionKind, DeliveryState, Feedback, FeedbackKind, HoldDecision, ImportPlace,
    ListDetails, ListText, ListUpdate, NewAsk, NewClaim, NewImport, NewLandingPage, NewNotice,
    NewOptInRequest, NewRun, NoticeKind, NoticeOutcome, Outcome, PacedSend, PreferenceChange, ProfileRow,
    ReadingQuery, ReplyKind, RowOutcome, Settings, Settlement, Store, SuppressionEntry, TextEffects,
    TextPart,
};

use super::take;
use crate::START;
use crate::conformance::definitions::document;
use crate::conformance::notices::{LIMITS, notice};
use crate::conformance::opt_ins::asking;
use crate::conformance::sends;
use crate::conformance::support::{
    MAIN, World, address, allowed, change, crm, email, feedback, named, removal, row, row_saying, suppressed,
};
use crate::conformance::texts::{reply, replying};
use crate::conformance::uploads::upload;

/// Profiles of the file: several pages.
pub const PEOPLE: i64 = 6_000;

/// Everything that a store can hold.
pub async fn fill(world: &World) {
    let list = world.list("news").await;
    for start in [0, PEOPLE / 2] {
        let rows = (start..start + PEOPLE / 2).map(|n| ProfileRow {
            locale: Some("de-AT".to_owned()),
            attributes: (n % 2 == 0).then(|| r#"{"größe":1}"#.to_owned()),
            ..row_saying(&n.to_string(), &format!("P{n}@example.com"), Choice::Yes, Some(n))
        });
        world.store.import(MAIN, rows.collect()).await.unwrap();
    }
    let mut other = row("crm", "crm@example.com");
    other.addresses.push(crm("4711"));
    let new = NewImport { file: "crm.csv".to_owned(), sha256: "00".to_owned(), started_at: world.now() };
    let import = world.store.begin_import(MAIN, new).await.unwrap();
    world.store.import_rows(MAIN, ImportPlace { import, first: 0 }, vec![other]).await.unwrap();
    people(world, list.id).await;
    what_came_back(world).await;
    world.store.allow(MAIN, vec![allowed("example.com", world.now())]).await.unwrap();
    let settings = Settings { allow_lists_active: vec!["email".to_owned()], ..Settings::default() };
    world.store.update_settings(MAIN, settings.replacing()).await.unwrap();
    world.store.create_upload(MAIN, upload("a", world.now())).await.unwrap();
    world.store.begin_send(MAIN, sends::notice(world, "a")).await.unwrap();
    let definition = document(DefinitionKind::Campaign, "spring", 0, "{}");
    world.store.put_definitions(MAIN, vec![definition], "cli", world.now()).await.unwrap();
    let upload = AudienceUpload {
        sha256: "0".repeat(64),
        channel: "email".to_owned(),
        created_at: world.now(),
        body: "{}".to_owned(),
        profiles: (1..9).collect(),
    };
    world.store.put_audience_upload(MAIN, upload).await.unwrap();
    let (kinds, until) = (vec!["campaign".to_owned()], Timestamp(world.now().0 + 9_000_000));
    world.store.worker_beat(MAIN, "node-1", kinds, until, world.now()).await.unwrap();
    world.store.rate_turns(MAIN, "mx:25", 40, 9, world.now()).await.unwrap();
    world.store.rotate_link_key(world.tick()).await.unwrap();
    texts(world).await;
    run(world, list.id).await;
    pages(world, list.id).await;
    world.assert_sound().await;
}

/// Suppression of every kind, and what led to it.
async fn what_came_back(world: &World) {
    let now = world.now();
    let expired = SuppressionEntry { expires_at: Some(now), ..suppressed("bad.example", now) };
    let hash = format!("sha256:{}", "0".repeat(64));
    let entries = vec![
        expired,
        suppressed("p7@example.com", now),
        suppressed("p8@example.com", now),
        suppressed(&hash, now),
    ];
    world.store.suppress(MAIN, entries).await.unwrap();
    world.store.unsuppress(MAIN, vec![removal("p8@example.com", now)]).await.unwrap();
    let kinds = [
        FeedbackKind::Bounced { reason: BounceReason::MailboxFull, hard: false },
        FeedbackKind::Complained,
        FeedbackKind::Noted,
    ];
    let taken = (1..).zip(kinds).map(|(id, kind)| Feedback {
        address: (kind != FeedbackKind::Noted).then(|| address("P9@example.com")),
        owner: Some((ProfileId(9), AddressId(9))),
        run: Some(consent::RunId(1)),
        ..feedback(id, kind, "p9@example.com", now)
    });
    world.store.take_feedback(MAIN, taken.collect()).await.unwrap();
}

/// Messages that are held, asked about and answered, and a part of one.
async fn texts(world: &World) {
    let (now, ana) = (world.now(), world.caller("+4930123456").await);
    let ask = Some(NewAsk { list: None, expires_at: now });
    let effects = TextEffects { hold: true, ask, ..replying(reply(ReplyKind::Ask, 1, now)) };
    for id in [1, 2] {
        world.text(ana.text(id, now), effects.clone()).await;
    }
    let decision = HoldDecision { refused: true, by: "me".to_owned(), at: now };
    world.store.decide_hold(MAIN, ana.text(1, now).id, decision).await.unwrap();
    let (message, text) = (ana.text(3, now).id, "St".to_owned());
    let part = TextPart { message, number: 1, total: 2, text, received_at: now };
    world.store.keep_part(MAIN, part).await.unwrap();
}

/// Choices of every kind, a merge, a refusal said again.
async fn people(world: &World, list: ListId) {
    world.opt_in(named("p1@example.com"), Target::List(list)).await;
    world.opt_out(named("p2@example.com"), Target::Identity(Field::Email)).await;
    let at = world.tick();
    let evidence = Evidence { ip: Some("192.0.2.1".to_owned()), ..Evidence::default() };
    let no = change(named("p3@example.com"), email(), Choice::No, Source::ONE_CLICK, at);
    world.record(ConsentChange { evidence, ..no }).await;
    let call =
        change(named("p3@example.com"), email(), Choice::No, "phone-call".parse().unwrap(), world.tick());
    world.record(call).await;
    world.opt_out(named("a1@example.com"), email()).await;
    world.opt_out(named("a2@example.com"), email()).await;
    world.opt_out(named("unknown@example.com"), email()).await;
    let mut both = row("A", "a1@example.com");
    both.addresses.push(address("a2@example.com"));
    assert!(matches!(world.import(both).await, RowOutcome::Updated(_)));
    let file = change(named("a1@example.com"), email(), Choice::No, Source::IMPORT, world.tick());
    world.record(file).await;
}

/// What people said on pages, and how these look.
async fn pages(world: &World, list: ListId) {
    let (now, store) = (world.tick(), &world.store);
    world.pause(named("p4@example.com"), Some(Timestamp(now.0 + 9_000_000_000))).await;
    let change = PreferenceChange {
        pace: Some(Pace::Monthly),
        language: Some(Some("ja".to_owned())),
        preferred: Some(Preferred::Sms),
        ..world.prefers(named("p5@example.com"))
    };
    world.set(change).await.unwrap();
    let kinds = [NoticeKind::Choices, NoticeKind::Confirm];
    for kind in kinds {
        let notice = NewNotice { kind, ..notice("typed@example.com", now) };
        assert_eq!(store.ask_notice(MAIN, notice, LIMITS).await.unwrap(), Asked::Queued);
    }
    let taken = world.take_notices(now, 1).await.remove(0);
    let quotas = vec![store::Quota::a_day("mailbox", 9)];
    assert_eq!(store.spend(MAIN, Some(taken.id), quotas, now).await.unwrap(), store::Spent::Within);
    assert!(store.notice_done(MAIN, taken.id, NoticeOutcome::Sent).await.unwrap());
    store.request_opt_in(MAIN, typed(list)).await.unwrap();
    programs(world).await;
    let refused = world.opt_out(named("p7@example.com"), email()).await;
    store.give_reason(MAIN, refused.entry.unwrap(), "too_many", "zu viel", now).await.unwrap();
    let texts = [("de".to_owned(), ListText { title: "Neues".to_owned(), description: "x".to_owned() })];
    let details = ListDetails { public: true, texts: texts.into(), ..ListDetails::default() };
    let update = ListUpdate { details, starts_at: None, ends_at: None };
    store.update_list(MAIN, list, update).await.unwrap();
    store.put_page_look(MAIN, r#"{"brand":"B"}"#, now).await.unwrap();
    store.put_asset(MAIN, "logo.png", "image/png", vec![0, 1, 255], now).await.unwrap();
    let (name, body, expires_at) = ("spring".to_owned(), "{}".to_owned(), Some(now));
    let page = NewLandingPage { name, body, expires_at, at: now };
    store.put_landing_page(MAIN, page).await.unwrap();
    store.publish_landing_page(MAIN, "spring", 1, now).await.unwrap();
}

/// A key, and a request with a part.
async fn programs(world: &World) {
    let (store, now) = (&world.store, world.now());
    let key = store::ApiKey {
        workspace: MAIN,
        id: "4kx7q2mn".to_owned(),
        name: "shop".to_owned(),
        digest: [1; 32],
        scopes: vec!["decisions:read".to_owned()],
        created_at: now,
        created_by: "cli".to_owned(),
        expires_at: Some(now),
        revoked: None,
        used_at: None,
    };
    store.create_api_key(key).await.unwrap();
    let request = store::RequestId([2; 32]);
    store.begin_request(MAIN, request, [3; 32], now, now).await.unwrap();
    let part = store::RequestPart { request, part: 0, fingerprint: [4; 32], at: now, lease: now };
    store.record_part(MAIN, part, Vec::new()).await.unwrap();
    let answer = store::KeptAnswer { status: 200, head: "{}".to_owned(), body: vec![0, 255] };
    store.answer_request(MAIN, request, answer).await.unwrap();
}

/// What a store tells of programs.
pub async fn programs_told(store: &Store) -> (Vec<store::ApiKey>, store::RequestBegun, store::PartOutcome) {
    let (request, now) = (store::RequestId([2; 32]), Timestamp(START));
    let begun = store.begin_request(MAIN, request, [3; 32], now, now).await.unwrap();
    let part = store::RequestPart { request, part: 0, fingerprint: [4; 32], at: now, lease: now };
    (store.api_keys(MAIN).await.unwrap(), begun, store.record_part(MAIN, part, Vec::new()).await.unwrap())
}

/// A request that is always the same one.
fn typed(list: ListId) -> NewOptInRequest {
    asking(address("typed@example.com"), list, Timestamp(START))
}

/// What a store tells of pages.
#[derive(Debug, PartialEq)]
pub struct Pages {
    paced: Vec<bool>,
    preferences: Vec<store::Preferences>,
    request: store::OptInRequest,
    reasons: Vec<(String, u64)>,
    look: (store::Look, Option<store::Asset>),
    landing: Option<store::LandingPage>,
}

pub async fn pages_told(store: &Store) -> Pages {
    let owner = async |to: &str| store.resolve(MAIN, vec![address(to)]).await.unwrap().remove(0).unwrap();
    let (four, five) = (owner("p4@example.com").await, owner("p5@example.com").await);
    let mut preferences = Vec::new();
    let mut paced = Vec::new();
    for profile in [four.profile, five.profile, ProfileId(8)] {
        preferences.push(store.profile(MAIN, profile).await.unwrap().unwrap().preferences);
        let query = ReadingQuery {
            profiles: vec![profile],
            channel: Channel::Email,
            addresses: None,
            list: None,
            sender: None,
            run: None,
            with_attributes: false,
            now: Timestamp(START),
        };
        paced.push(store.read(MAIN, query).await.unwrap().remove(0).recipient.paced);
    }
    // Asked for again, one that is there keeps its later end.
    let list = store.list_by_name(MAIN, "news").await.unwrap().unwrap().id;
    let sooner = NewOptInRequest { expires_at: Timestamp(START + 1), ..typed(list) };
    let request = store.request_opt_in(MAIN, sooner).await.unwrap();
    assert_eq!(request.expires_at, typed(list).expires_at);
    Pages {
        paced,
        preferences,
        request,
        reasons: store.reason_counts(MAIN, None).await.unwrap(),
        look: (store.page_look(MAIN).await.unwrap(), store.asset(MAIN, "logo.png").await.unwrap()),
        landing: store.landing_page(MAIN, "spring").await.unwrap(),
    }
}

/// A run in the middle: some sent, some excluded, one to be tried again, a claim open.
async fn run(world: &World, list: ListId) {
    let configuration = world.store.put_configuration(MAIN, "mail", "body", world.now()).await.unwrap().id;
    let run = NewRun {
        campaign: "spring".to_owned(),
        configuration,
        list: Some(list),
        fingerprint: "f".to_owned(),
        spec: "{}".to_owned(),
        audience: (1..=100).collect(),
        created_at: world.now(),
    };
    let run = world.store.create_run(MAIN, run).await.unwrap().id;
    let part = take(&world.store, run, world.now()).await;
    world.pace(Subject::Profile(ProfileId(8)), Pace::Weekly).await;
    let weekly = |n| PacedSend { profile: ProfileId(n), channel: Channel::Email, pace: Pace::Weekly };
    // The first without a detail, the second with one.
    let reason = Reason::PolicyRefused;
    let claim = |permitted: std::ops::Range<i64>, cursor| NewClaim {
        run,
        part: part.reference(),
        permitted: permitted.clone().map(|n| (ProfileId(n), AddressId(n))).collect(),
        paced: permitted.filter(|n| *n == 8).map(weekly).collect(),
        deferred: vec![],
        excluded: vec![(ProfileId(cursor), Exclusion { reason, detail: Detail(cursor as u32 / 30) })],
        cursor: Some(ProfileId(cursor)),
        at: world.now(),
    };
    let id = world.store.claim(MAIN, claim(1..20, 20)).await.unwrap().id;
    let outcomes = (1..20).map(|n| Outcome {
        profile: ProfileId(n),
        address: AddressId(n),
        state: if n == 9 { DeliveryState::Deferred } else { DeliveryState::Sent },
        at: world.now(),
        code: 250,
        detail: Some("4.2.0 später".to_owned()),
        due_at: (n == 9).then_some(Timestamp(START * 2)),
    });
    let settlement = Settlement {
        claim: id,
        outcomes: outcomes.collect(),
        deferred: vec![],
        excluded: vec![],
        at: world.now(),
    };
    world.store.settle(MAIN, settlement).await.unwrap();
    world.store.claim(MAIN, claim(21..30, 30)).await.unwrap();
}
