//! Runs in parts: taken, claimed, settled, taken over, finished.
use std::time::Duration;

use consent::{AddressId, Deferral, Detail, Exclusion, ProfileId, Reason, RunId, Timestamp};
use store::{
    Claim, ClaimId, Deferred, Delivery, DeliveryState, NewClaim, NewRun, Offer, Outcome, Part, RunGuard,
    RunState, Settlement, StoreError,
};

use super::support::{MAIN, World};

/// The profile ids of an audience needn't be of profiles that are there: a run only keeps them. Enough for several
/// parts where the engine makes parts at all, with gaps.
const COUNT: i64 = 20_000;

const fn id(n: i64) -> ProfileId {
    ProfileId(60_000 + n * 3)
}

/// A run for so many made-up profiles.
pub async fn start(world: &World, count: i64) -> RunId {
    let configuration = world.store.put_configuration(MAIN, "mail", "body", world.now()).await.unwrap().id;
    let run = NewRun {
        campaign: "spring".to_owned(),
        configuration,
        list: None,
        fingerprint: "f".to_owned(),
        spec: "{}".to_owned(),
        audience: (0..count).map(|n| id(n).0.cast_unsigned()).collect(),
        created_at: world.now(),
    };
    let made = world.store.create_run(MAIN, run).await.unwrap();
    assert_eq!(world.store.run(MAIN, made.id).await.unwrap().as_ref(), Some(&made));
    assert_eq!(world.store.latest_run(MAIN, "spring").await.unwrap().as_ref(), Some(&made));
    made.id
}

async fn offer(world: &World, run: RunId) -> Offer {
    world.store.take_part(MAIN, run, world.now()).await.unwrap()
}

async fn take(world: &World, run: RunId) -> (Part, RunGuard) {
    match offer(world, run).await {
        Offer::Part { part, guard } => (part, guard),
        other => panic!("{other:?}"),
    }
}

/// Of the numbers, those in the part and not walked yet.
fn ahead(part: &Part, count: i64) -> Vec<i64> {
    (0..count).filter(|n| id(*n) > part.position() && id(*n) <= part.until).collect()
}

fn new_claim(
    world: &World,
    run: RunId,
    part: &Part,
    permitted: &[i64],
    cursor: Option<ProfileId>,
) -> NewClaim {
    NewClaim {
        run,
        part: part.reference(),
        permitted: permitted.iter().map(|n| (id(*n), AddressId(*n + 1))).collect(),
        paced: vec![],
        deferred: vec![],
        excluded: vec![],
        cursor,
        at: world.now(),
    }
}

fn outcome(world: &World, n: i64, state: DeliveryState, due_at: Option<Timestamp>) -> Outcome {
    let (profile, address) = (id(n), AddressId(n + 1));
    let detail = Some("4.2.0 später".to_owned());
    Outcome { profile, address, state, at: world.now(), code: 250, detail, due_at }
}

async fn settle(world: &World, claim: ClaimId, outcomes: Vec<Outcome>) -> store::Result<()> {
    let settlement = Settlement { claim, outcomes, deferred: vec![], excluded: vec![], at: world.now() };
    world.store.settle(MAIN, settlement).await
}

async fn count(world: &World, run: RunId, state: DeliveryState) -> u64 {
    let report = world.store.run_report(MAIN, run).await.unwrap();
    report.deliveries.get(&state).copied().unwrap_or(0)
}

/// Claims everyone who is left in the part, sends to each `step`th and excludes the others.
async fn walk(world: &World, run: RunId, part: &Part, step: i64) {
    let numbers = ahead(part, COUNT);
    let (sent, left_out): (Vec<i64>, Vec<i64>) = numbers.iter().partition(|n| **n % step == 0);
    let mut claim = new_claim(world, run, part, &sent, Some(part.until));
    claim.excluded =
        left_out.iter().map(|n| (id(*n), Exclusion::of(Reason::ALL[(*n % 3) as usize]))).collect();
    let claim = world.store.claim(MAIN, claim).await.unwrap().id;
    let sent = sent.iter().map(|n| outcome(world, *n, DeliveryState::Sent, None)).collect();
    settle(world, claim, sent).await.unwrap();
}

pub async fn a_run_is_worked_on_part_by_part_to_its_end(world: &World) {
    let run = start(world, COUNT).await;
    let mut parts = 0;
    let mut next = 0;
    loop {
        assert!(!world.store.finish_run_if_done(MAIN, run, world.now()).await.unwrap());
        match offer(world, run).await {
            Offer::Part { part, .. } => {
                // Contiguous, in order, nobody twice.
                let numbers = ahead(&part, COUNT);
                assert_eq!(numbers.first(), Some(&next));
                next = numbers.last().unwrap() + 1;
                walk(world, run, &part, 50).await;
            }
            other => panic!("{other:?}"),
        }
        parts += 1;
        if next == COUNT {
            break;
        }
    }
    assert_eq!(parts > 1, world.store.is_shared());
    assert!(matches!(offer(world, run).await, Offer::Done));
    let report = world.store.run_report(MAIN, run).await.unwrap();
    assert_eq!(report.deliveries, [(DeliveryState::Sent, COUNT.cast_unsigned() / 50)].into());
    assert_eq!(report.excluded.values().sum::<u64>(), COUNT.cast_unsigned() - COUNT.cast_unsigned() / 50);
    let excluded = world.store.run_outcome(MAIN, run, id(1)).await.unwrap();
    assert_eq!(excluded, Some(Delivery::Excluded { profile: id(1), reason: Exclusion::of(Reason::ALL[1]) }));
    assert!(world.store.finish_run_if_done(MAIN, run, world.now()).await.unwrap());
    assert_eq!(world.store.run(MAIN, run).await.unwrap().unwrap().state, RunState::Finished);
    let nobody = start(world, 0).await;
    assert!(matches!(offer(world, nobody).await, Offer::Done));
    assert!(world.store.audience(MAIN, nobody).await.unwrap().is_empty());
}

pub async fn a_part_is_held_by_one_at_a_time(world: &World) {
    let run = start(world, COUNT).await;
    let (first, held) = take(world, run).await;
    if world.store.is_shared() {
        let (mut all, mut guards) = (vec![first.number], Vec::new());
        loop {
            match offer(world, run).await {
                Offer::Part { part, guard } => {
                    assert!(!all.contains(&part.number), "{part:?}");
                    all.push(part.number);
                    guards.push(guard);
                }
                Offer::Busy => break,
                other => panic!("{other:?}"),
            }
        }
        assert!(all.len() > 1);
    } else {
        let taken = world.store.take_part(MAIN, run, world.now()).await;
        assert!(matches!(taken, Err(StoreError::Busy(_))), "{taken:?}");
    }
    drop(held);
    let again = taken_within(world, run, first.number).await;
    assert_eq!(again.generation, first.generation + 1);
}

/// A lock of a connection that was dropped ends a little later.
async fn taken_within(world: &World, run: RunId, number: u32) -> Part {
    for _ in 0..500 {
        match world.store.take_part(MAIN, run, world.now()).await {
            Ok(Offer::Part { part, .. }) if part.number == number => return part,
            Ok(_) | Err(StoreError::Busy(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("part {number} stays locked")
}

pub async fn whoever_took_a_part_fences_off_who_held_it_before(world: &World) {
    let run = start(world, 9).await;
    let (lost, guard) = take(world, run).await;
    let open = world.store.claim(MAIN, new_claim(world, run, &lost, &[0], Some(id(0)))).await.unwrap().id;
    drop(guard);
    let held = taken_within(world, run, lost.number).await;
    assert_eq!(held.cursor, Some(id(0)));
    let refused = world.store.claim(MAIN, new_claim(world, run, &lost, &[1], Some(id(1)))).await;
    assert!(matches!(refused, Err(StoreError::Busy(_))), "{refused:?}");
    // What it had claimed before is in doubt, whatever it says later.
    assert_eq!(world.store.doubt(MAIN, open, world.now()).await.unwrap(), 1);
    let late = settle(world, open, vec![outcome(world, 0, DeliveryState::Sent, None)]).await;
    assert!(matches!(late, Err(StoreError::Missing(_))), "{late:?}");
    assert_eq!(count(world, run, DeliveryState::InDoubt).await, 1);
    let next = world.store.claim(MAIN, new_claim(world, run, &held, &[1], Some(id(1)))).await.unwrap().id;
    assert_ne!(next, open);
}

pub async fn what_a_dead_process_left_is_found_with_its_part(world: &World) {
    let run = start(world, COUNT).await;
    let (part, guard) = take(world, run).await;
    let numbers = ahead(&part, COUNT);
    let claim = new_claim(world, run, &part, &numbers[..3], Some(part.until));
    let open = world.store.claim(MAIN, claim).await.unwrap().id;
    let due = |n: i64| (id(n), AddressId(n + 1));
    drop(guard);
    // The rest is walked; then the part with the open claim is what is left.
    loop {
        let (other, guard) = take(world, run).await;
        if other.number == part.number {
            break;
        }
        walk(world, run, &other, 1_000).await;
        drop(guard);
    }
    let expected = Claim { id: open, permitted: numbers[..3].iter().map(|n| due(*n)).collect() };
    let found = world.store.open_claims(MAIN, run, part.number).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&expected));
    assert!(world.store.open_claims(MAIN, run, part.number + 1).await.unwrap().is_empty());
    assert!(!world.store.finish_run_if_done(MAIN, run, world.now()).await.unwrap());
    assert_eq!(world.store.doubt(MAIN, open, world.now()).await.unwrap(), 3);
    assert!(matches!(world.store.doubt(MAIN, open, world.now()).await, Err(StoreError::Missing(_))));
    let now = world.tick();
    let elsewhere = Part { after: Some(part.until), until: ProfileId(i64::MAX), ..part };
    assert_eq!(world.store.retry_doubtful(MAIN, run, Some(elsewhere), now).await.unwrap(), 0);
    assert_eq!(world.store.retry_doubtful(MAIN, run, Some(part), now).await.unwrap(), 3);
    assert_eq!(world.store.retry_doubtful(MAIN, run, None, now).await.unwrap(), 0);
    let waiting = world.store.due(MAIN, run, part, now, 9).await.unwrap();
    assert_eq!(
        waiting.iter().map(|due| (due.profile, due.attempts)).collect::<Vec<_>>(),
        [(id(numbers[0]), 1), (id(numbers[1]), 1), (id(numbers[2]), 1)]
    );
}

pub async fn messages_refused_for_now_are_waited_for(world: &World) {
    let run = start(world, 4).await;
    let (part, guard) = take(world, run).await;
    let all = [0, 1, 2, 3];
    let claim =
        world.store.claim(MAIN, new_claim(world, run, &part, &all, Some(part.until))).await.unwrap().id;
    let later = world.now().plus(Duration::from_mins(1));
    let much_later = later.plus(Duration::from_mins(1));
    let outcomes = vec![
        outcome(world, 0, DeliveryState::Deferred, Some(much_later)),
        outcome(world, 1, DeliveryState::Deferred, Some(later)),
        outcome(world, 2, DeliveryState::Sent, None),
        outcome(world, 3, DeliveryState::Rejected, None),
    ];
    settle(world, claim, outcomes).await.unwrap();
    drop(guard);
    let waits = loop {
        match world.store.take_part(MAIN, run, world.now()).await {
            Ok(Offer::Wait(until)) => break until,
            Ok(Offer::Busy) | Err(StoreError::Busy(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(waits, later);
    assert!(!world.store.finish_run_if_done(MAIN, run, world.now()).await.unwrap());
    assert_eq!(world.store.next_due(MAIN, run, None).await.unwrap(), Some(later));
    assert_eq!(world.store.next_due(MAIN, run, Some(part)).await.unwrap(), Some(later));
    let beyond = Part { after: Some(part.until), until: ProfileId(i64::MAX), ..part };
    assert_eq!(world.store.next_due(MAIN, run, Some(beyond)).await.unwrap(), None);
    world.clock.0.store(later.0, std::sync::atomic::Ordering::SeqCst);
    let (again, _guard) = take(world, run).await;
    assert_eq!((again.number, again.is_walked()), (part.number, true));
    let due = world.store.due(MAIN, run, again, later, 9).await.unwrap();
    assert_eq!(due.iter().map(|due| (due.profile, due.due_at)).collect::<Vec<_>>(), [(id(1), later)]);
}

pub async fn a_due_message_is_handed_out_once_and_an_exclusion_outlives_it(world: &World) {
    let run = start(world, 3).await;
    let (part, _guard) = take(world, run).await;
    let claim = new_claim(world, run, &part, &[0, 1, 2], Some(part.until));
    let claim = world.store.claim(MAIN, claim).await.unwrap().id;
    // Nothing was handed over: all are due at once, with no attempt made.
    settle(world, claim, vec![]).await.unwrap();
    let due = world.store.due(MAIN, run, part, world.now(), 9).await.unwrap();
    assert_eq!(due.iter().map(|due| due.attempts).collect::<Vec<_>>(), [0, 0, 0]);
    let mut retry = new_claim(world, run, &part, &[0, 1], None);
    retry.excluded = vec![(id(2), Exclusion::of(Reason::OptedOutAll))];
    let retry = world.store.claim(MAIN, retry).await.unwrap().id;
    assert!(world.store.due(MAIN, run, part, world.now(), 9).await.unwrap().is_empty());
    let twice = world.store.claim(MAIN, new_claim(world, run, &part, &[0], None)).await;
    assert!(matches!(twice, Err(StoreError::Invalid(_))), "{twice:?}");
    let settlement = Settlement {
        claim: retry,
        outcomes: vec![outcome(world, 0, DeliveryState::Sent, None)],
        deferred: vec![],
        excluded: vec![(id(1), Exclusion::of(Reason::OptedOutAll))],
        at: world.now(),
    };
    world.store.settle(MAIN, settlement).await.unwrap();
    let report = world.store.run_report(MAIN, run).await.unwrap();
    assert_eq!(report.deliveries, [(DeliveryState::Sent, 1)].into());
    assert_eq!(report.excluded, [(Exclusion::of(Reason::OptedOutAll), 2)].into());
    assert!(world.store.finish_run_if_done(MAIN, run, world.now()).await.unwrap());
}

pub async fn what_waits_by_decision_is_due_when_the_wait_is_over(world: &World) {
    let run = start(world, 4).await;
    let (part, guard) = take(world, run).await;
    let (quiet, capped) = (cause(Reason::QuietHours, 7), cause(Reason::FrequencyCapped, u32::MAX));
    let until = world.now().plus(Duration::from_hours(1));
    let wait = |n, cause| Deferred { profile: id(n), address: AddressId(id(n).0), until, cause };
    let mut claim = new_claim(world, run, &part, &[1], Some(part.until));
    claim.deferred = vec![wait(0, quiet)];
    claim.excluded = vec![(id(2), cause(Reason::PolicyRefused, 1)), (id(3), cause(Reason::PolicyRefused, 2))];
    let claim = world.store.claim(MAIN, claim).await.unwrap().id;
    let (outcomes, excluded, at) = (vec![], vec![], world.now());
    let settlement = Settlement { claim, outcomes, deferred: vec![wait(1, capped)], excluded, at };
    world.store.settle(MAIN, settlement).await.unwrap();
    let report = world.store.run_report(MAIN, run).await.unwrap();
    assert_eq!(report.deliveries, [(DeliveryState::Deferred, 2)].into());
    assert_eq!(report.waiting, [(quiet, 1), (capped, 1)].into());
    let refused = [1, 2].map(|detail| (cause(Reason::PolicyRefused, detail), 1));
    assert_eq!(report.excluded, refused.into());
    let told = world.store.run_outcome(MAIN, run, id(1)).await.unwrap();
    let waits = Some(Deferral { until, cause: capped });
    assert!(
        matches!(told, Some(Delivery::Message { waits: told, attempts: 0, .. }) if told == waits),
        "{told:?}"
    );
    let told = world.store.run_outcome(MAIN, run, id(3)).await.unwrap();
    assert_eq!(told, Some(Delivery::Excluded { profile: id(3), reason: cause(Reason::PolicyRefused, 2) }));
    // The run isn't done, and offers its part again once the wait is over.
    drop(guard);
    assert!(!world.store.finish_run_if_done(MAIN, run, world.now()).await.unwrap());
    assert_eq!(world.store.next_due(MAIN, run, None).await.unwrap(), Some(until));
    let due = world.store.due(MAIN, run, part, until, 9).await.unwrap();
    assert_eq!(
        due.iter().map(|due| (due.profile, due.attempts)).collect::<Vec<_>>(),
        [(id(0), 0), (id(1), 0)]
    );
}

fn cause(reason: Reason, detail: u32) -> Exclusion {
    Exclusion { reason, detail: Detail(detail) }
}

pub async fn a_run_that_has_ended_offers_nothing(world: &World) {
    let run = start(world, 3).await;
    let (part, guard) = take(world, run).await;
    world.store.set_run_state(MAIN, run, RunState::Stopped, world.now()).await.unwrap();
    let refused = world.store.claim(MAIN, new_claim(world, run, &part, &[0], Some(id(0)))).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    drop(guard);
    assert!(matches!(offer(world, run).await, Offer::Done));
    assert!(world.store.finish_run_if_done(MAIN, run, world.now()).await.unwrap());
    assert_eq!(world.store.run(MAIN, run).await.unwrap().unwrap().state, RunState::Stopped);
    let nowhere = RunId(run.0 + 1_000);
    let missing = world.store.take_part(MAIN, nowhere, world.now()).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
}

pub async fn outcomes_are_read_back_by_state_and_page(world: &World) {
    use DeliveryState::{Deferred, GivenUp, InDoubt, Rejected, Sent};
    let run = start(world, 6).await;
    let (part, _guard) = take(world, run).await;
    let all: Vec<i64> = (0..6).collect();
    let claim =
        world.store.claim(MAIN, new_claim(world, run, &part, &all, Some(part.until))).await.unwrap().id;
    let states = [Sent, Deferred, Rejected, Sent, InDoubt, GivenUp];
    let due = |state| (state == Deferred).then(|| world.now());
    let outcomes = states.iter().zip(0..).map(|(state, n)| outcome(world, n, *state, due(*state)));
    settle(world, claim, outcomes.collect()).await.unwrap();
    let page = async |state, after: Option<i64>, limit| -> Vec<i64> {
        let page = world.store.deliveries(MAIN, run, state, after.map(id), limit).await.unwrap();
        let number = |delivery: &Delivery| match delivery {
            Delivery::Message { profile, .. } | Delivery::Excluded { profile, .. } => {
                (profile.0 - id(0).0) / 3
            }
        };
        page.iter().map(number).collect()
    };
    assert_eq!(page(None, None, 4).await, [0, 1, 2, 3]);
    assert_eq!(page(None, Some(3), 4).await, [4, 5]);
    assert_eq!(page(Some(Sent), None, 9).await, [0, 3]);
    assert_eq!(page(Some(Sent), Some(0), 9).await, [3]);
    assert_eq!(page(Some(Rejected), None, 9).await, [2]);
    let rejected = world.store.run_outcome(MAIN, run, id(2)).await.unwrap().unwrap();
    let Delivery::Message { attempts, code, detail, address, .. } = rejected else { panic!("{rejected:?}") };
    assert_eq!((attempts, code, detail.as_deref(), address), (1, 250, Some("4.2.0 später"), AddressId(3)));
    let sent = world.store.run_outcome(MAIN, run, id(0)).await.unwrap();
    assert!(matches!(sent, Some(Delivery::Message { detail: None, state: Sent, .. })), "{sent:?}");
}

pub async fn a_speed_is_shared(world: &World) {
    let now = world.now();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = world.store.clone();
        asking.spawn(async move { store.rate_turns(MAIN, "mx:25", 40, 9, now).await.unwrap() });
    }
    let grants = asking.join_all().await;
    // Four turns each, a tenth of a second, one grant after the other.
    let mut times: Vec<i64> = grants.iter().map(|grant| grant.at.0 - now.0).collect();
    times.sort_unstable();
    assert_eq!(times, (0..8).map(|n| n * 100_000).collect::<Vec<_>>());
    assert!(grants.iter().all(|grant| grant.turns == 4));
    let later = now.plus(Duration::from_secs(9));
    assert_eq!(world.store.rate_turns(MAIN, "mx:25", 40, 1, later).await.unwrap().at, later);
}
