//! The suppression list and the allow list during runs.

use std::sync::Arc;

use consent::{Exclusion, Namespace, Reason};
use store::{AllowEntry, DeliveryState, RunState, Settings, Store, SuppressionCategory, SuppressionEntry};

use super::engine::{CONTENT, W, World, count, emails, options, to_all};
use super::server::{ACCEPT, Server};
use super::{START, campaign_with};

fn entry(value: String, category: SuppressionCategory) -> SuppressionEntry {
    SuppressionEntry {
        namespace: Namespace::Email,
        value,
        category,
        reason: "a test".to_owned(),
        by: "test".to_owned(),
        at: START,
        updated_at: START,
        expires_at: None,
    }
}

/// Sends to a hundred people; with the first message something happens, and every permit given before it runs out.
async fn run_while<F: Future<Output = ()> + Send>(
    world: &World,
    happens: impl Fn(Store) -> F + Clone + Send + Sync + 'static,
) -> (Vec<String>, store::RunReport) {
    let (store, clock) = (world.store.clone(), Arc::clone(&world.clock));
    let server = Server::start(move |seen| {
        let (store, clock, happens) = (store.clone(), Arc::clone(&clock), happens.clone());
        async move {
            if seen.began == 1 {
                happens(store).await;
                clock.turn(crate::gate::LEASE);
            }
            ACCEPT
        }
    })
    .await;
    let mut campaign = to_all(server.port);
    crate::tests::email(&mut campaign).transport.connections_max = 1;
    let summary = world.run(&campaign, &options()).await.unwrap();
    assert_eq!(summary.state, RunState::Finished);
    (server.taken(), summary.report)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_made_during_a_run_holds_from_the_next_lease_on() {
    let world = World::with_people(100).await;
    let (taken, report) = run_while(&world, |store| async move {
        let values = (50..99).map(|n| format!("p{n}@x.example"));
        let entries = values.map(|value| entry(value, SuppressionCategory::Manual)).collect();
        store.suppress(W, entries).await.unwrap();
        // printf p99@x.example | sha256sum
        let hash = "0d16b0afae85006a8515573ddc7afa85bef07a92e2186c05f68f261236d4b796";
        store.suppress(W, vec![entry(format!("sha256:{hash}"), SuppressionCategory::Manual)]).await.unwrap();
    })
    .await;
    assert_eq!(taken, emails(0..50));
    assert_eq!(report.excluded[&Exclusion::of(Reason::AddressSuppressed)], 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_brake_holds_from_the_next_lease_on_but_for_who_is_allowed() {
    let world = World::with_people(100).await;
    let (taken, report) = run_while(&world, |store| async move {
        let allowed = AllowEntry {
            namespace: Namespace::Email,
            value: "p70@x.example".to_owned(),
            comment: String::new(),
            by: "test".to_owned(),
            at: START,
        };
        store.allow(W, vec![allowed]).await.unwrap();
        let settings = Settings { allow_lists_active: vec!["email".to_owned()], ..Settings::default() };
        store.update_settings(W, settings.replacing()).await.unwrap();
    })
    .await;
    // The first one too: its permit ran out while it was handed over.
    assert_eq!(taken, emails([70]));
    assert_eq!(report.excluded[&Exclusion::of(Reason::NotAllowed)], 99);
}

#[tokio::test(flavor = "multi_thread")]
async fn transactional_mail_after_a_complaint_goes_out_only_where_its_configuration_says_so() {
    let world = World::with_people(3).await;
    let entries = vec![
        entry("p0@x.example".to_owned(), SuppressionCategory::Complaint),
        entry("p1@x.example".to_owned(), SuppressionCategory::Complaint),
        entry("p1@x.example".to_owned(), SuppressionCategory::Hard),
    ];
    world.store.suppress(W, entries).await.unwrap();
    for (name, more, sent_to) in [("off", "", vec![2]), ("on", "send_after_complaint = true", vec![0, 2])] {
        let server = Server::accepting().await;
        let head = format!("name = '{name}'\naudience = {{ all = true }}");
        let configuration = format!("category = 'transactional'\n{more}");
        let campaign = campaign_with(&head, &configuration, CONTENT, server.port);
        let summary = world.run(&campaign, &options()).await.unwrap();
        assert_eq!(server.taken(), emails(sent_to.clone()), "{name}");
        assert_eq!(count(&summary, DeliveryState::Sent), sent_to.len() as u64, "{name}");
    }
}
