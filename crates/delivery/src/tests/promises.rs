//! Runs with the real store and a real connection: what must hold whatever the content, the relay or the process does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use consent::{Address, Category, Exclusion, Field, Namespace, Reason, Target};
use store::{DeliveryState, ProfileRow, RunState, Store, SuppressionEntry};

use super::engine::{AllPages, CONTENT, W, World, count, emails, judge, open, opt_out, options, row, to_all};
use super::server::{ACCEPT, Answer, Seen, Server};
use super::{START, campaign, campaign_with, links, person};
use crate::campaign::Campaign;
use crate::error::DeliveryError;
use crate::gate::LEASE;
use crate::person::Person;
use crate::render::{Rendered, Renderer};
use crate::run::{Deps, RunOptions, check_campaign, run_campaign};
use crate::window::IN_HAND_PER_CONNECTION;

/// Without the header, and with a link for some people only.
fn link_for_some(port: u16) -> Campaign {
    campaign_with(
        "name = 'spring'\naudience = { all = true }",
        "category = 'marketing'\nlist_unsubscribe = { url = false }",
        "subject = 's'\nhtml = '''<p>x {{ profile.plan }}</p>{% if profile.plan != \"free\" %}\
         <a href=\"{{ unsubscribe_url }}\">u</a>{% endif %}'''",
        port,
    )
}

fn on_plan(email: &str, plan: &str) -> ProfileRow {
    ProfileRow { attributes: Some(serde_json::json!({ "plan": plan }).to_string()), ..row(email) }
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_rendering_has_no_way_out_gets_the_content_without_attributes() {
    let world = World::new();
    // The samples are every second one.
    let plan = |n| if n == 51 { "free" } else { "paid" };
    world.import((0..60).map(|n| on_plan(&format!("p{n}@x.example"), plan(n))).collect()).await;
    let server = Server::accepting().await;
    let summary = world.run(&link_for_some(server.port), &options()).await.unwrap();
    assert_eq!(count(&summary, DeliveryState::Sent), 60);
    for email in emails(0..60) {
        let message = server.message(&email).replace("=\r\n", "");
        assert!(message.matches("https://mail.shop.example/u/").count() >= 2, "{email}: {message}");
        assert_eq!(message.contains("x paid"), email != "p51@x.example");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_people_than_a_few_are_looked_at_before_anything_goes_out() {
    let world = World::new();
    let with_link = |n| if n == 8 { "" } else { "x" };
    world.import((0..50).map(|n| on_plan(&format!("p{n}@x.example"), with_link(n))).collect()).await;
    let server = Server::accepting().await;
    let content = "subject = 's'\ntext = '{% if profile.plan != \"\" %}{{ unsubscribe_url }}{% endif %}'";
    let head = "name = 'spring'\naudience = { all = true }";
    let campaign = campaign_with(head, "category = 'marketing'", content, server.port);
    assert!(matches!(world.run(&campaign, &options()).await, Err(DeliveryError::Publish(_))));
}

#[test]
fn what_has_no_way_out_at_all_is_not_rendered_for_sending() {
    let rendered = |content: &str, marketing: bool, personal: bool| {
        let renderer = Renderer::new(&campaign(content), links()).unwrap();
        let person = Arc::new(Person { personal, ..person() });
        let mut out = Rendered::default();
        let category = if marketing { Category::Marketing } else { Category::Transactional };
        crate::pipeline::worker::render(&renderer, category, &person, &mut out).map(|()| out.text)
    };
    let refused = Err("no way out in the rendered content".to_owned());
    let link = "<a href=\"{{ unsubscribe_url }}\">u</a>";
    for content in [
        "subject = 's'\nhtml = '<p>x</p>'",
        "subject = 's'\ntext = '{{ unsubscribe_url }}x'",
        "subject = 's'\ntext = 'https://mail.shop.example/u/'",
        &format!("subject = 's'\nhtml = '{link}'\ntext = 'x'"),
        "subject = 's'\nhtml = '<p>x</p>'\ntext = '{{ unsubscribe_url }}'",
    ] {
        assert_eq!(rendered(content, true, true), refused, "{content}");
        assert_eq!(rendered(content, true, false), refused, "{content}");
        assert!(rendered(content, false, true).is_ok(), "{content}");
    }
    for url in ["unsubscribe_url", "preferences_url", "one_click_url(level=\"any\")", "one_click_url()"] {
        let content = format!("subject = 's'\ntext = 'out: {{{{ {url} }}}}.'");
        assert!(rendered(&content, true, true).is_ok(), "{content}");
    }
    let fallback =
        "subject = 's'\ntext = 'x'\n[content.fallback]\nsubject = 's'\ntext = 'f {{ preferences_url }}'";
    assert!(rendered(fallback, true, true).unwrap().starts_with("f https://mail.shop.example/p/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_while_the_relay_takes_its_time_stops_the_message() {
    let world = World::with_people(20).await;
    let (store, clock) = (world.store.clone(), Arc::clone(&world.clock));
    // Before it asks for a message, a second goes by; p7 says no then.
    let server = Server::start(move |seen| {
        let (store, clock) = (store.clone(), Arc::clone(&clock));
        async move {
            if seen.to == "p7@x.example" {
                opt_out(&store, &seen.to, Target::Field(Field::Email)).await;
            }
            clock.turn(LEASE);
            ACCEPT
        }
    })
    .await;
    let mut campaign = to_all(server.port);
    crate::tests::email(&mut campaign).transport.connections_max = 1;
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!(server.taken(), emails((0..20).filter(|n| *n != 7)));
    assert_eq!(summary.report.excluded[&Exclusion::of(Reason::OptedOutChannel)], 1);
    assert_eq!((summary.state, count(&summary, DeliveryState::Sent)), (RunState::Finished, 19));
    assert_eq!(server.began(), 20, "a slow relay is asked once per message");
}

#[tokio::test(flavor = "multi_thread")]
async fn personalization_refused_while_the_relay_takes_its_time_holds() {
    let world = World::with_people(1).await;
    let (store, clock) = (world.store.clone(), Arc::clone(&world.clock));
    let server = Server::start(move |seen| {
        let (store, clock) = (store.clone(), Arc::clone(&clock));
        async move {
            opt_out(&store, &seen.to, Target::Field(Field::PersonalizeContent)).await;
            clock.turn(LEASE);
            ACCEPT
        }
    })
    .await;
    world.run(&to_all(server.port), &options()).await.unwrap();
    let message = server.message("p0@x.example");
    assert!(message.contains("<p>Dear </p>"), "{message}");
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_lost_between_small_claims() {
    let world = World::with_people(300).await;
    for n in (0..300).filter(|n| n % 3 != 0) {
        world.opt_out(&format!("p{n}@x.example"), Target::Field(Field::Email)).await;
    }
    let clock = Arc::clone(&world.clock);
    // Slow: claims hold one message each.
    let server = Server::start(move |_| {
        clock.turn(Duration::from_millis(100));
        async { ACCEPT }
    })
    .await;
    let summary = world.run(&to_all(server.port), &options()).await.unwrap();
    assert_eq!(server.taken(), emails((0..300).step_by(3)));
    assert_eq!(summary.report.excluded[&Exclusion::of(Reason::OptedOutChannel)], 200);
    assert_eq!((summary.state, count(&summary, DeliveryState::Sent)), (RunState::Finished, 100));
}

/// A world with people `p0@x.example` ... whose second address is `q0@x.example` ..., and a file.
async fn with_second_addresses(count: usize, lines: &[String]) -> (World, std::path::PathBuf) {
    let world = World::new();
    let two = |n| ProfileRow {
        addresses: ["p", "q"].map(|p| Address::email(&format!("{p}{n}@x.example")).unwrap()).to_vec(),
        ..row(&format!("p{n}@x.example"))
    };
    world.import((0..count).map(two).collect()).await;
    let file = world.dir.path().join("people.csv");
    std::fs::write(&file, format!("email\n{}\n", lines.join("\n"))).unwrap();
    (world, file)
}

fn to_file(file: &std::path::Path, port: u16) -> Campaign {
    let head = format!("name = 'f'\naudience = {{ file = '{}' }}", file.display());
    campaign_with(&head, "category = 'marketing'", CONTENT, port)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_addresses_means_these_addresses() {
    let lines: Vec<String> = (0..40).map(|n| format!("q{n}@x.example")).collect();
    // p5's first address is named after the second one, p6's before it.
    let mut lines = [&lines[..], &["p5@x.example".to_owned(), "p50@x.example".to_owned()]].concat();
    lines.insert(0, "p6@x.example".to_owned());
    let (world, file) = with_second_addresses(60, &lines).await;
    world.opt_out("q1@x.example", Target::Identity(Field::Email)).await;
    world.opt_out("p2@x.example", Target::Identity(Field::Email)).await;
    let (stop, clock) = (world.stop.clone(), Arc::clone(&world.clock));
    let server = Server::start(move |seen| {
        // Slow, so that few are in hand when it stops.
        clock.turn(Duration::from_millis(100));
        if seen.began == 3 {
            stop.send_replace(true);
        }
        async { ACCEPT }
    })
    .await;
    let campaign = to_file(&file, server.port);
    let forecast = crate::forecast(&world.deps(), &campaign).await.unwrap();
    assert_eq!((forecast.audience, forecast.permitted, forecast.excluded["OptedOutAddress"]), (41, 40, 1));
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!(summary.state, RunState::Open);
    assert!(server.taken().len() < 40);
    world.stop.send_replace(false);
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!((summary.state, summary.resumed), (RunState::Finished, true));
    let mut expected: Vec<_> =
        (0..40).filter(|n| ![1, 6].contains(n)).map(|n| format!("q{n}@x.example")).collect();
    expected.extend(emails([6, 50]));
    expected.sort();
    assert_eq!(server.taken(), expected);
    assert_eq!(summary.report.excluded[&Exclusion::of(Reason::OptedOutAddress)], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forecast_looks_unknown_addresses_up_in_the_suppression_list() {
    let lines = ["s@y.example", "S@y.example", "t@y.example", "p0@x.example", "q1@x.example"];
    let (world, file) = with_second_addresses(2, &lines.map(str::to_owned)).await;
    let entry = SuppressionEntry {
        namespace: Namespace::Email,
        value: "s@y.example".to_owned(),
        category: store::SuppressionCategory::Manual,
        reason: "on request".to_owned(),
        by: "test".to_owned(),
        at: START,
        updated_at: START,
        expires_at: None,
    };
    world.store.suppress(W, vec![entry]).await.unwrap();
    let forecast = crate::forecast(&world.deps(), &to_file(&file, 25)).await.unwrap();
    assert_eq!((forecast.audience, forecast.unknown_addresses, forecast.permitted), (4, 2, 3));
    assert_eq!(forecast.excluded["AddressSuppressed"], 1);
}

#[tokio::test]
async fn a_campaign_can_be_checked_without_sending() {
    let world = World::with_people(3).await;
    let deps = world.deps();
    let before = world.store.counts(W).await.unwrap();
    let mut campaign = to_all(25);
    let checked = check_campaign(&deps, &campaign, &AllPages).await.unwrap();
    assert!(checked.warnings.iter().any(|warning| warning.part == "configuration.dkim"));
    crate::tests::email(&mut campaign).dkim = vec![crate::dkim::DkimConfig {
        domain: "shop.example".to_owned(),
        selector: "s".to_owned(),
        key_file: Some(world.dir.path().join("missing.pem")),
        ..crate::dkim::DkimConfig::default()
    }];
    let error = check_campaign(&deps, &campaign, &AllPages).await.unwrap_err();
    assert!(
        matches!(&error, DeliveryError::Input(input) if input.pointer == "/configuration/dkim"),
        "{error}"
    );
    // p1 alone lacks a way out.
    world.import(vec![on_plan("p1@x.example", "free")]).await;
    let error = check_campaign(&deps, &link_for_some(25), &AllPages).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Publish(_)), "{error}");
    assert_eq!(world.store.counts(W).await.unwrap(), before);
    assert!(world.store.latest_run(W, "spring").await.unwrap().is_none());
}

/// The process dies: everything it ran is gone at once, its store too. Another one goes on.
/// Answers how many were in doubt. `pace`: by how much time goes on with each message.
fn crash_and_go_on(pace: Duration) -> u64 {
    let servers = tokio::runtime::Runtime::new().unwrap();
    let world = servers.block_on(World::with_people(400));
    // From its 151st message on, the relay takes what it gets and doesn't answer, for as long as the process lives.
    let silent = Arc::new(AtomicBool::new(true));
    let still = Arc::clone(&silent);
    let time = Arc::clone(&world.clock);
    let hang = move |seen: Seen| {
        time.turn(pace);
        let hangs = seen.began > 150 && still.load(Ordering::SeqCst);
        async move { if hangs { Answer::Hang } else { ACCEPT } }
    };
    let server = servers.block_on(Server::start(hang));
    let campaign = to_all(server.port);
    let World { clock, store, stop, dir } = world;
    drop(store);
    {
        let process = tokio::runtime::Runtime::new().unwrap();
        let (campaign, clock, dir, stop) =
            (campaign.clone(), Arc::clone(&clock), dir.path().to_owned(), stop.subscribe());
        let dying = process.spawn(async move {
            let store: Store = open(&dir, &clock);
            let deps = Deps { store, workspace: W, clock, judge, stop };
            run_campaign(&deps, &campaign, &options(), &AllPages, Arc::new(|_| ())).await
        });
        for _ in 0..6000 {
            if server.began() >= 153 || dying.is_finished() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(!dying.is_finished(), "{:?}", servers.block_on(dying));
        process.shutdown_timeout(Duration::from_secs(10));
        silent.store(false, Ordering::SeqCst);
    }
    let world = World { store: open(dir.path(), &clock), clock, stop, dir };
    let summary = servers.block_on(world.run(&campaign, &options())).unwrap();
    assert_eq!((summary.state, summary.resumed), (RunState::Finished, true));
    let doubtful = count(&summary, DeliveryState::InDoubt);
    assert_eq!(summary.doubtful_found, doubtful);
    assert_eq!(count(&summary, DeliveryState::Sent) + doubtful, 400);
    let taken = server.taken();
    assert!(taken.windows(2).all(|pair| pair[0] != pair[1]), "somebody was mailed twice");
    let summary =
        servers.block_on(world.run(&campaign, &RunOptions { retry_doubtful: true, ..options() })).unwrap();
    assert_eq!(count(&summary, DeliveryState::Sent), 400);
    let mut everyone = server.taken();
    everyone.dedup();
    assert_eq!(everyone, emails(0..400));
    doubtful
}

#[test]
fn a_run_goes_on_after_a_crash_and_mails_nobody_twice() {
    let doubtful = crash_and_go_on(Duration::ZERO);
    assert!((3..=3 * IN_HAND_PER_CONNECTION as u64).contains(&doubtful), "{doubtful}");
}

#[test]
fn a_slow_relay_leaves_few_in_doubt_after_a_crash() {
    // One per connection, and one that waits.
    let doubtful = crash_and_go_on(Duration::from_millis(100));
    assert!((3..=4).contains(&doubtful), "{doubtful}");
}
