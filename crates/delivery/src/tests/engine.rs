//! Runs with the real store and a real connection: what goes well.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use consent::{
    Address, BounceReason, Choice, ConsentChange, Evidence, Exclusion, Field, Reason, Source, Subject,
    Target, WorkspaceId,
};
use store::sqlite::OpenOptions;
use store::{DeliveryState, NewList, ProfileRow, RowConsent, RowOutcome, RowTarget, RunState, Store};
use tokio::sync::watch;

use super::server::{ACCEPT, Answer, Server};
use super::{CountingEntropy, HandClock, START, campaign_with};
use crate::campaign::Campaign;
use crate::error::DeliveryError;
use crate::publish::LinkProbe;
use crate::run::{Deps, RunOptions, RunSummary, run_campaign};
use crate::transport::Transports;

pub const CONTENT: &str = "subject = 'Hi {{ profile.first_name }}'\nhtml = '<p>Dear {{ profile.first_name }}</p><a href=\"{{ unsubscribe_url }}\">no more</a>'";
pub const W: WorkspaceId = WorkspaceId::MAIN;

/// Every link resolves.
pub struct AllPages;

#[async_trait]
impl LinkProbe for AllPages {
    async fn resolve(&self, _path: &str) -> Result<(), String> {
        Ok(())
    }
}

/// A store in a folder of its own, and what a run needs.
pub struct World {
    pub clock: Arc<HandClock>,
    pub store: Store,
    pub stop: watch::Sender<bool>,
    pub dir: tempfile::TempDir,
}

/// Knows one refusal; what others mean is read elsewhere.
pub fn judge(reply: &str) -> Option<(BounceReason, bool)> {
    reply.contains("5.1.1").then_some((BounceReason::UserUnknown, true))
}

pub fn open(dir: &Path, clock: &Arc<HandClock>) -> Store {
    let clock: Arc<dyn consent::Clock> = Arc::<HandClock>::clone(clock);
    store::sqlite::open(OpenOptions {
        dir: dir.to_owned(),
        clock,
        entropy: Arc::new(CountingEntropy::default()),
    })
    .unwrap()
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock::default());
        let store = open(dir.path(), &clock);
        Self { clock, store, stop: watch::Sender::new(false), dir }
    }

    /// A world with `count` people `p0@x.example` ... who have said nothing.
    pub async fn with_people(count: usize) -> Self {
        let world = Self::new();
        world.import((0..count).map(|n| row(&format!("p{n}@x.example"))).collect()).await;
        world
    }

    pub async fn import(&self, rows: Vec<ProfileRow>) {
        for outcome in self.store.import(W, rows).await.unwrap() {
            assert!(!matches!(outcome, RowOutcome::Rejected(_)), "{outcome:?}");
        }
    }

    pub fn deps(&self) -> Deps {
        let store: Store = self.store.clone();
        let clock: Arc<dyn consent::Clock> = Arc::<HandClock>::clone(&self.clock);
        let transports = Transports::new(store.clone(), Arc::clone(&clock));
        Deps { store, workspace: W, transports, clock, judge, stop: self.stop.subscribe() }
    }

    pub async fn run(&self, campaign: &Campaign, options: &RunOptions) -> Result<RunSummary, DeliveryError> {
        run_campaign(&self.deps(), campaign, options, &AllPages, Arc::new(|_| ())).await
    }

    pub async fn opt_out(&self, email: &str, target: Target) {
        opt_out(&self.store, email, target).await;
    }
}

pub async fn opt_out(store: &Store, email: &str, target: Target) {
    let change = ConsentChange {
        subject: Subject::Named(Address::email(email).unwrap(), consent::Origin::Stranger),
        sets: [(target, Choice::No)].into_iter().collect(),
        occurred_at: Some(START),
        received_at: START,
        source: Source::PAGE,
        run: None,
        evidence: Evidence::default(),
    };
    store.record(W, vec![change]).await.unwrap();
}

pub fn row(email: &str) -> ProfileRow {
    ProfileRow {
        external_id: Some(email.split('@').next().unwrap().to_owned()),
        addresses: vec![Address::email(email).unwrap()],
        attributes: Some(serde_json::json!({ "first_name": email.split('@').next() }).to_string()),
        received_at: START,
        ..ProfileRow::default()
    }
}

pub fn says(mut row: ProfileRow, target: RowTarget, choice: Choice) -> ProfileRow {
    row.consents.push(RowConsent { target, choice, at: Some(START), reason: None });
    row
}

pub fn options() -> RunOptions {
    RunOptions { wait_for_retries: false, backoff: Duration::from_millis(1), ..RunOptions::default() }
}

pub fn to_all(port: u16) -> Campaign {
    campaign_with("name = 'spring'\naudience = { all = true }", "category = 'marketing'", CONTENT, port)
}

pub fn count(summary: &RunSummary, state: DeliveryState) -> u64 {
    summary.report.deliveries.get(&state).copied().unwrap_or(0)
}

pub fn emails(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    let mut emails: Vec<_> = numbers.into_iter().map(|n| format!("p{n}@x.example")).collect();
    emails.sort();
    emails
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_who_may_gets_one_message_and_the_rest_is_explained() {
    let world = World::with_people(200).await;
    let field = |field| RowTarget::Field(field);
    world
        .import(vec![
            says(row("all@x.example"), field(Field::Any), Choice::No),
            says(row("mail@x.example"), field(Field::Email), Choice::No),
            says(row("plain@x.example"), field(Field::PersonalizeContent), Choice::No),
            ProfileRow {
                addresses: vec![Address::phone("+4930123456", None).unwrap()],
                ..row("none@x.example")
            },
        ])
        .await;
    world.opt_out("p7@x.example", Target::Identity(Field::Email)).await;
    let server = Server::accepting().await;
    let campaign = to_all(server.port);
    let forecast = crate::forecast(&world.deps(), &campaign).await.unwrap();
    assert_eq!((forecast.audience, forecast.permitted, forecast.without_personalization), (204, 200, 1));
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!((summary.state, count(&summary, DeliveryState::Sent)), (RunState::Finished, 200));
    let mut expected = emails((0..200).filter(|n| *n != 7));
    expected.push("plain@x.example".to_owned());
    expected.sort();
    assert_eq!(server.taken(), expected);
    for (reason, count) in &summary.report.excluded {
        assert_eq!(forecast.excluded[&*reason.to_string()], *count);
    }
    let reasons: Vec<_> = summary.report.excluded.keys().copied().collect();
    assert_eq!(
        reasons,
        [
            Exclusion::of(Reason::AddressMissing),
            Exclusion::of(Reason::OptedOutAll),
            Exclusion::of(Reason::OptedOutChannel),
            Exclusion::of(Reason::OptedOutAddress)
        ]
    );
    assert!(server.message("p3@x.example").contains("Subject: Hi p3\r\n"));
    let plain = server.message("plain@x.example");
    assert!(plain.contains("Subject: Hi\r\n") && plain.contains("<p>Dear </p>"), "{plain}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_campaign_goes_out_again_only_when_asked() {
    let world = World::with_people(3).await;
    let server = Server::accepting().await;
    let campaign = to_all(server.port);
    world.run(&campaign, &options()).await.unwrap();
    assert!(matches!(world.run(&campaign, &options()).await, Err(DeliveryError::AlreadyFinished { .. })));
    assert_eq!(server.taken().len(), 3);
    world.opt_out("p1@x.example", Target::Field(Field::Email)).await;
    let summary = world.run(&campaign, &RunOptions { again: true, ..options() }).await.unwrap();
    assert_eq!(count(&summary, DeliveryState::Sent), 2);
    assert_eq!(server.taken(), ["p0", "p0", "p1", "p2", "p2"].map(|p| format!("{p}@x.example")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_binds_the_message() {
    let world = World::with_people(3).await;
    let list = NewList::new("news", START);
    let list = world.store.create_list(W, list).await.unwrap();
    let on = |choice| move |row| says(row, RowTarget::List(list.id), choice);
    world
        .import(vec![
            on(Choice::Yes)(row("yes@x.example")),
            on(Choice::No)(row("no@x.example")),
            on(Choice::Pending)(row("p@x.example")),
        ])
        .await;
    let server = Server::accepting().await;
    let configuration = "category = 'marketing'\nlevel = 'subscription'";
    let campaign =
        campaign_with("name = 'n'\naudience = { list = 'news' }", configuration, CONTENT, server.port);
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!(server.taken(), ["yes@x.example"]);
    assert_eq!(summary.report.excluded[&Exclusion::of(Reason::UnsubscribedFromList)], 1);
    assert_eq!(summary.report.excluded[&Exclusion::of(Reason::PendingVerification)], 1);
    let message = server.message("yes@x.example");
    assert!(message.contains("List-Id: <news.shop.example>\r\n"), "{message}");
    let token = message.split("mail.shop.example/u/").nth(1).unwrap().split('>').next().unwrap();
    let token = world.store.key_ring().read_url(token).unwrap();
    assert_eq!((token.level, token.list), (consent::Level::Subscription, list.id));
    // The link names its message: whose it was, and what became of it, is found by that alone.
    let send = token.sent().message().unwrap();
    let owner = world.store.owner(W, token.address).await.unwrap().unwrap();
    assert_eq!(world.store.send_of(W, summary.run, owner.profile).await.unwrap(), Some(send));
    let view = world.store.sent(W, send).await.unwrap().unwrap();
    assert_eq!((view.profile, view.address), (Some(owner.profile), Some(token.address)));
    assert_eq!(view.state, Some(store::SendState::Message(DeliveryState::Sent)));
    let gone = campaign_with("name = 'm'\naudience = { list = 'gone' }", configuration, CONTENT, server.port);
    assert!(matches!(world.run(&gone, &options()).await, Err(DeliveryError::NoList(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_addresses() {
    let world = World::with_people(2).await;
    world.opt_out("gone@x.example", Target::Field(Field::Email)).await;
    let file = world.dir.path().join("people.csv");
    std::fs::write(&file, "email\nP0@x.example\nnew@x.example\nnonsense\ngone@x.example\nnew@x.example\n")
        .unwrap();
    let server = Server::accepting().await;
    let head = format!("name = 'f'\naudience = {{ file = '{}' }}", file.display());
    let campaign = campaign_with(&head, "category = 'marketing'", CONTENT, server.port);
    let before = world.store.counts(W).await.unwrap();
    let forecast = crate::forecast(&world.deps(), &campaign).await.unwrap();
    assert_eq!((forecast.audience, forecast.permitted, forecast.unknown_addresses), (3, 2, 1));
    assert_eq!(world.store.counts(W).await.unwrap(), before, "a forecast changes nothing");
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!((summary.malformed_addresses, summary.malformed_lines), (1, vec![4]));
    assert_eq!(server.taken(), ["new@x.example", "p0@x.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_told_to_stop_goes_on_later() {
    let world = World::with_people(300).await;
    let stop = world.stop.clone();
    let server = Server::start(move |seen| {
        if seen.began == 40 {
            stop.send_replace(true);
        }
        async { ACCEPT }
    })
    .await;
    let campaign = to_all(server.port);
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!(summary.state, RunState::Open);
    let sent = count(&summary, DeliveryState::Sent);
    assert!((40..300).contains(&sent), "{sent}");
    assert_eq!(server.taken().len() as u64, sent, "what was in hand is settled");
    world.stop.send_replace(false);
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!((summary.state, summary.resumed, summary.doubtful_found), (RunState::Finished, true, 0));
    assert_eq!(server.taken(), emails(0..300));
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told() {
    let world = World::with_people(100).await;
    let server = Server::start(|seen| async move {
        if seen.to.starts_with("p1@") { Answer::Reply("550 no") } else { ACCEPT }
    })
    .await;
    let last = Arc::new(Mutex::new(crate::Progress::default()));
    let told = Arc::clone(&last);
    let progress = Arc::new(move |progress: &crate::Progress| *told.lock().unwrap() = *progress);
    run_campaign(&world.deps(), &to_all(server.port), &options(), &AllPages, progress).await.unwrap();
    let last = *last.lock().unwrap();
    assert_eq!((last.total, last.sent, last.rejected), (100, 99, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn content_without_a_way_out_starts_nothing() {
    let world = World::with_people(3).await;
    let server = Server::accepting().await;
    let campaign = campaign_with(
        "name = 'x'\naudience = { all = true }",
        "category = 'marketing'",
        "subject = 's'\ntext = 'buy'",
        server.port,
    );
    assert!(matches!(world.run(&campaign, &options()).await, Err(DeliveryError::Publish(_))));
    assert!(world.store.latest_run(W, "x").await.unwrap().is_none());
    assert_eq!(server.began(), 0);
}
