//! What people do on the pages of several nodes at once.

use consent::{Channel, Choice, EntryId, Pace, ProfileId, Source, Subject, Target, Timestamp};
use store::{
    Asked, Confirmed, LandingState, NewClaim, NewLandingPage, NewList, NewRun, Offer, PacedSend,
    PreferenceChange, StoreError,
};

use super::super::conformance::jobs::wanted;
use super::super::conformance::notices::{LIMITS, notice};
use super::super::conformance::opt_ins::{agreed, asking};
use super::super::conformance::support::{MAIN, address, named, row};
use super::{NOW, Node, Nodes};

const MINUTE: i64 = 60 * 1_000_000;

/// The answer, asked for again for as long as others get in between.
macro_rules! again {
    ($op:expr) => {
        loop {
            match $op.await {
                Err(StoreError::Conflict) => {}
                done => break done.unwrap(),
            }
        }
    };
}

/// Does the same with each number, all at once.
async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    nodes: &Nodes,
    count: usize,
    op: impl Fn(Node, usize) -> F,
) -> Vec<T> {
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(op(nodes.node(n).clone(), n))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn nodes_count_together_and_one_notice_is_taken_by_one() {
    let nodes = Nodes::start(2);
    let spent = at_once(&nodes, 16, |node, _| async move {
        let quotas = vec![store::Quota::a_day("mailbox", 2), store::Quota::a_day("all", 99)];
        again!(node.spend(MAIN, None, quotas.clone(), NOW))
    })
    .await;
    assert_eq!(spent.iter().filter(|spent| **spent == store::Spent::Within).count(), 2, "{spent:?}");
    // The same one, asked for by many, is one.
    let asked = at_once(&nodes, 16, |node, _| async move {
        again!(node.ask_notice(MAIN, notice("b@example.com", NOW), LIMITS))
    })
    .await;
    assert!(asked.iter().all(|asked| *asked == Asked::Queued), "{asked:?}");
    let taken = at_once(&nodes, 6, |node, n| async move {
        let lease = std::time::Duration::from_mins(1);
        again!(node.lease_jobs(MAIN, &format!("n{n}"), wanted(store::NOTICE_JOB, 2), lease, NOW))
    })
    .await;
    let jobs: Vec<_> = taken.iter().flatten().collect();
    assert_eq!(jobs.len(), 1, "by one node");
    let notice = nodes.node(0).notice(MAIN, jobs[0].notice().unwrap()).await.unwrap().unwrap();
    assert_eq!(notice.address.raw(), "b@example.com");
}

#[tokio::test]
async fn a_confirmation_counts_once_however_many_click() {
    let nodes = Nodes::start(2);
    let list = nodes.node(0).create_list(MAIN, NewList::new("news", NOW)).await.unwrap().id;
    let requests = at_once(&nodes, 8, |node, _| async move {
        again!(node.request_opt_in(MAIN, asking(address("a@example.com"), list, NOW)))
    })
    .await;
    assert!(requests.iter().all(|request| *request == requests[0]), "{requests:?}");
    let (key, at) = (requests[0].key, Timestamp(NOW.0 + MINUTE));
    let confirmed =
        at_once(
            &nodes,
            12,
            |node, _| async move { again!(node.confirm_opt_in(MAIN, key, agreed("yes"), at)) },
        )
        .await;
    let now = |confirmed: &&Confirmed| matches!(confirmed, Confirmed::Now(_));
    assert_eq!(confirmed.iter().filter(now).count(), 1, "{confirmed:?}");
    assert_eq!(confirmed.iter().filter(|one| **one == Confirmed::Already).count(), 11, "{confirmed:?}");
    let owner = nodes.node(1).resolve(MAIN, vec![address("a@example.com")]).await.unwrap().remove(0).unwrap();
    let history = nodes.node(1).history(MAIN, owner.profile, None, 99).await.unwrap();
    assert_eq!(history.entries.len(), 1);
    nodes.node(0).assert_sound().await;
}

/// A no and a confirmation at the same moment: whichever was first, the no holds unless the yes came after it, and then
/// the no is in the history all the same.
#[tokio::test]
async fn a_refusal_and_a_confirmation_at_once_agree_on_an_order() {
    const PEOPLE: usize = 12;
    let nodes = Nodes::start(2);
    let list = nodes.node(0).create_list(MAIN, NewList::new("news", NOW)).await.unwrap().id;
    let mut requests = Vec::new();
    for n in 0..PEOPLE {
        let request = asking(address(&format!("p{n}@example.com")), list, NOW);
        requests.push(nodes.node(0).request_opt_in(MAIN, request).await.unwrap());
    }
    let at = Timestamp(NOW.0 + MINUTE);
    let both: Vec<_> =
        requests.iter().flat_map(|request| [(request.clone(), true), (request.clone(), false)]).collect();
    let answers = at_once(&nodes, both.len(), |node, n| {
        let (request, confirms) = both[n].clone();
        async move {
            if confirms {
                return Some(again!(node.confirm_opt_in(MAIN, request.key, agreed("yes"), at)));
            }
            let no = super::super::conformance::support::change(
                Subject::Named(request.address.clone().unwrap(), consent::Origin::Stranger),
                Target::List(list),
                Choice::No,
                Source::ONE_CLICK,
                at,
            );
            again!(node.record(MAIN, vec![no.clone()]));
            None
        }
    })
    .await;
    for (request, answer) in requests.iter().zip(answers.iter().step_by(2)) {
        let asked = vec![request.address.clone().unwrap()];
        let owner = nodes.node(1).resolve(MAIN, asked).await.unwrap().remove(0).unwrap();
        let view = nodes.node(1).profile(MAIN, owner.profile).await.unwrap().unwrap();
        let held = view.subscriptions[0].2.choice;
        assert_eq!(held, Choice::No, "a no that is said live always counts: {answer:?}");
        assert!(matches!(answer, Some(Confirmed::Now(_) | Confirmed::Superseded)), "{answer:?}");
    }
    nodes.node(0).assert_sound().await;
}

#[tokio::test]
async fn preferences_set_on_several_nodes_at_once_are_all_kept() {
    let nodes = Nodes::start(2);
    let until = Timestamp(NOW.0 + 9_000 * MINUTE);
    let entries: Vec<Option<EntryId>> = at_once(&nodes, 12, |node, n| async move {
        let mut change = PreferenceChange::new(named("a@example.com"), Source::PAGE, NOW);
        match n % 3 {
            0 => change.pause_until = Some(Some(until)),
            1 => change.pace = Some(Pace::Weekly),
            _ => change.language = Some(Some("ja".to_owned())),
        }
        again!(node.set_preferences(MAIN, change.clone()))
    })
    .await;
    assert_eq!(entries.iter().flatten().count(), 3, "an entry for each that changes anything: {entries:?}");
    let owner = nodes.node(1).resolve(MAIN, vec![address("a@example.com")]).await.unwrap().remove(0).unwrap();
    let view = nodes.node(1).profile(MAIN, owner.profile).await.unwrap().unwrap();
    let kept = view.preferences;
    assert_eq!(
        (kept.pause_until, kept.pace, kept.language.as_deref()),
        (Some(until), Pace::Weekly, Some("ja"))
    );
    let reading = nodes.node(0).reading(owner.profile).await.unwrap();
    assert!(reading.recipient.paused && reading.pace == Pace::Weekly);
    assert_eq!(nodes.node(0).history(MAIN, owner.profile, None, 9).await.unwrap().entries.len(), 3);
    nodes.node(0).assert_sound().await;
}

#[tokio::test]
async fn two_nodes_show_one_version_of_a_landing_page() {
    let nodes = Nodes::start(2);
    let put = |body: &str| NewLandingPage {
        name: "spring".to_owned(),
        body: body.to_owned(),
        expires_at: None,
        at: NOW,
    };
    for n in 0..4 {
        let page = put(&format!("{{\"n\":{n}}}"));
        nodes.node(n).put_landing_page(MAIN, page).await.unwrap();
    }
    at_once(&nodes, 8, |node, n| async move {
        again!(node.publish_landing_page(MAIN, "spring", n as i64 % 4 + 1, NOW))
    })
    .await;
    let mut published = 0;
    for version in 1..=4 {
        let page = nodes.node(0).landing_page_version(MAIN, "spring", Some(version)).await.unwrap().unwrap();
        published += usize::from(page.state == LandingState::Published);
    }
    assert_eq!(published, 1);
    let ids = at_once(&nodes, 8, |node, n| {
        let page = NewLandingPage { name: format!("page-{n}"), ..put("{}") };
        async move { again!(node.put_landing_page(MAIN, page.clone())).id.0 }
    })
    .await;
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 8, "{ids:?}");
}

/// Two campaigns that begin at the same minute walk the same people at the same time.
#[tokio::test]
async fn of_two_runs_on_two_nodes_one_sends_to_whoever_asked_for_fewer() {
    const PEOPLE: i64 = 40;
    let nodes = Nodes::start(2);
    let rows = (0..PEOPLE).map(|n| row(&n.to_string(), &format!("p{n}@example.com")));
    nodes.node(0).import(MAIN, rows.collect()).await.unwrap();
    let people = nodes.node(0).all_profiles(MAIN).await.unwrap();
    for profile in &people {
        let subject = Subject::Profile(ProfileId(profile.cast_signed()));
        let change = PreferenceChange {
            pace: Some(Pace::Weekly),
            ..PreferenceChange::new(subject, Source::PAGE, NOW)
        };
        nodes.node(0).set_preferences(MAIN, change).await.unwrap();
    }
    let configuration = nodes.node(0).put_configuration(MAIN, "mail", "body", NOW).await.unwrap().id;
    let mut runs = Vec::new();
    for n in 0..2 {
        let run = NewRun {
            campaign: format!("c{n}"),
            configuration,
            list: None,
            fingerprint: "f".to_owned(),
            spec: "{}".to_owned(),
            audience: people.clone(),
            created_at: NOW,
        };
        runs.push(nodes.node(n).create_run(MAIN, run).await.unwrap().id);
    }
    let ids: Vec<ProfileId> = people.iter().map(|id| ProfileId(id.cast_signed())).collect();
    let sent = at_once(&nodes, 2, |node, n| {
        let (run, ids) = (runs[n], ids.clone());
        async move {
            let Offer::Part { part, guard: _guard } = node.take_part(MAIN, run, NOW).await.unwrap() else {
                panic!("no part")
            };
            let mut sent = Vec::new();
            for batch in ids.chunks(4) {
                let claim = NewClaim {
                    run,
                    part: part.reference(),
                    permitted: batch.iter().map(|id| (*id, consent::AddressId(id.0))).collect(),
                    paced: batch
                        .iter()
                        .map(|id| PacedSend { profile: *id, channel: Channel::Email, pace: Pace::Weekly })
                        .collect(),
                    deferred: vec![],
                    excluded: vec![],
                    cursor: batch.last().copied(),
                    at: NOW,
                };
                let claimed = again!(node.claim(MAIN, claim.clone()));
                sent.extend(batch.iter().filter(|id| !claimed.capped.contains(id)).copied());
            }
            sent
        }
    })
    .await;
    let mut all = sent.concat();
    all.sort_unstable();
    assert_eq!(all, ids, "each by one run");
}
