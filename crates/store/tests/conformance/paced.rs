//! Fewer messages, as people asked for: what a run has claimed holds others back.

use std::collections::BTreeSet;

use consent::{AddressId, Channel, Exclusion, Pace, ProfileId, Reason, RunId, Subject, Timestamp};
use store::{
    Claimed, Delivery, DeliveryState, NewClaim, NewRun, Offer, Outcome, PacedSend, Part, RowOutcome,
    RunGuard, Settlement, StoreError,
};

use super::support::{MAIN, World, address, named, row};

const HOUR: i64 = 3_600 * 1_000_000;
const DAY: i64 = 24 * HOUR;

struct Run {
    id: RunId,
    part: Part,
    _guard: RunGuard,
}

impl World {
    /// A run to these people, being worked on.
    async fn paced_run(&self, campaign: &str, people: &[ProfileId]) -> Run {
        let configuration = self.store.put_configuration(MAIN, "mail", "body", self.now()).await.unwrap().id;
        let run = NewRun {
            campaign: campaign.to_owned(),
            configuration,
            list: None,
            fingerprint: "f".to_owned(),
            spec: "{}".to_owned(),
            audience: people.iter().map(|profile| profile.0 as u64).collect(),
            created_at: self.now(),
        };
        let id = self.store.create_run(MAIN, run).await.unwrap().id;
        match self.store.take_part(MAIN, id, self.now()).await.unwrap() {
            Offer::Part { part, guard } => Run { id, part, _guard: guard },
            other => panic!("{other:?}"),
        }
    }

    /// Whether a message of the run's, or of none, would come too often.
    async fn paced_for(
        &self,
        run: Option<&Run>,
        profile: ProfileId,
        channel: Channel,
        at: Timestamp,
    ) -> bool {
        let mut query = self.query(vec![profile], channel);
        (query.run, query.now) = (run.map(|run| run.id), at);
        self.store.read(MAIN, query).await.unwrap().remove(0).recipient.paced
    }
}

/// A claim of these people at their addresses, to the end of the part, by those who want so few.
fn claim(run: &Run, people: &[ProfileId], pace: &[(ProfileId, Pace)], at: Timestamp) -> NewClaim {
    let channel = Channel::Email;
    NewClaim {
        run: run.id,
        part: run.part.reference(),
        permitted: people.iter().map(|profile| (*profile, AddressId(profile.0 + 1))).collect(),
        paced: pace
            .iter()
            .map(|(profile, pace)| PacedSend { profile: *profile, channel, pace: *pace })
            .collect(),
        deferred: vec![],
        excluded: vec![],
        cursor: Some(run.part.until),
        at,
    }
}

pub async fn a_message_of_another_run_holds_the_next_back(world: &World) {
    let ana = world.create(row("1", "a@example.com")).await;
    world.pace(Subject::Profile(ana), Pace::Weekly).await.unwrap();
    assert_eq!(world.read(ana, Channel::Email).await.pace, Pace::Weekly);
    let at = world.tick();
    assert!(!world.paced_for(None, ana, Channel::Email, at).await, "nothing was sent yet");
    let first = world.paced_run("first", &[ana]).await;
    let Claimed { id, capped } =
        world.store.claim(MAIN, claim(&first, &[ana], &[(ana, Pace::Weekly)], at)).await.unwrap();
    assert!(capped.is_empty());
    let second = world.paced_run("second", &[ana]).await;
    let (soon, end) = (Timestamp(at.0 + DAY), Timestamp(at.0 + 7 * DAY - 2 * HOUR));
    for now in [at, soon, Timestamp(end.0 - 1)] {
        assert!(world.paced_for(Some(&second), ana, Channel::Email, now).await, "{now}");
        assert!(world.paced_for(None, ana, Channel::Email, now).await, "{now}");
        assert!(!world.paced_for(Some(&first), ana, Channel::Email, now).await, "its own claim");
    }
    assert!(!world.paced_for(Some(&second), ana, Channel::Email, end).await, "the week is over");
    assert!(!world.paced_for(Some(&second), ana, Channel::Sms, soon).await, "another channel");
    // A slower pace looks further back; whoever takes all of it again isn't held back.
    world.pace(Subject::Profile(ana), Pace::Monthly).await.unwrap();
    assert!(world.paced_for(Some(&second), ana, Channel::Email, end).await);
    assert!(!world.paced_for(Some(&second), ana, Channel::Email, Timestamp(at.0 + 30 * DAY)).await);
    world.pace(Subject::Profile(ana), Pace::AsItComes).await.unwrap();
    assert!(!world.paced_for(Some(&second), ana, Channel::Email, soon).await);
    // It counts from the claim on, whatever becomes of the message.
    world.pace(Subject::Profile(ana), Pace::Weekly).await.unwrap();
    let settlement = Settlement { claim: id, outcomes: vec![], deferred: vec![], excluded: vec![], at: soon };
    world.store.settle(MAIN, settlement).await.unwrap();
    assert!(world.paced_for(Some(&second), ana, Channel::Email, soon).await);
}

pub async fn of_two_runs_that_decide_at_once_one_sends(world: &World) {
    let people = [
        world.create(row("1", "a@example.com")).await,
        world.create(row("2", "b@example.com")).await,
        world.create(row("3", "c@example.com")).await,
    ];
    let [ana, bob, cem] = people;
    for one in [ana, bob] {
        world.pace(Subject::Profile(one), Pace::Weekly).await.unwrap();
    }
    let (first, second) = (world.paced_run("first", &people).await, world.paced_run("second", &people).await);
    let at = world.tick();
    let weekly = [(ana, Pace::Weekly), (bob, Pace::Weekly)];
    let claimed = world.store.claim(MAIN, claim(&first, &[ana, cem], &weekly[..1], at)).await.unwrap();
    assert!(claimed.capped.is_empty());
    // The other run has decided before, and permitted all.
    let claimed = world.store.claim(MAIN, claim(&second, &people, &weekly, at)).await.unwrap();
    assert_eq!(claimed.capped, [ana]);
    let open = world.store.open_claims(MAIN, second.id, second.part.number).await.unwrap();
    let members: BTreeSet<_> = open[0].permitted.iter().map(|(profile, _)| *profile).collect();
    assert_eq!(members, BTreeSet::from([bob, cem]));
    let reason = Exclusion::of(Reason::Capped);
    let outcome = world.store.run_outcome(MAIN, second.id, ana).await.unwrap();
    assert_eq!(outcome, Some(Delivery::Excluded { profile: ana, reason }));
    assert_eq!(world.store.run_report(MAIN, second.id).await.unwrap().excluded[&reason], 1);
    // All of a claim can be too late; it is closed at once then.
    let third = world.paced_run("third", &people).await;
    let claimed = world.store.claim(MAIN, claim(&third, &[ana, bob], &weekly, at)).await.unwrap();
    assert_eq!(claimed.capped, [ana, bob]);
    assert!(world.store.open_claims(MAIN, third.id, third.part.number).await.unwrap().is_empty());
    let nothing = Settlement { claim: claimed.id, outcomes: vec![], deferred: vec![], excluded: vec![], at };
    world.store.settle(MAIN, nothing).await.unwrap();
    assert!(world.store.finish_run_if_done(MAIN, third.id, at).await.unwrap());
    // Nobody is named who isn't permitted.
    let wrong = world.paced_run("wrong", &people).await;
    let refused = world.store.claim(MAIN, claim(&wrong, &[cem], &weekly, at)).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    world.assert_sound().await;
}

pub async fn a_run_that_tries_again_is_not_held_back_by_itself(world: &World) {
    let ana = world.create(row("1", "a@example.com")).await;
    world.pace(Subject::Profile(ana), Pace::Weekly).await.unwrap();
    let weekly = [(ana, Pace::Weekly)];
    let run = world.paced_run("first", &[ana]).await;
    let at = world.tick();
    let id = world.store.claim(MAIN, claim(&run, &[ana], &weekly, at)).await.unwrap().id;
    let later = Timestamp(at.0 + DAY);
    let outcome = Outcome {
        profile: ana,
        address: AddressId(ana.0 + 1),
        state: DeliveryState::Deferred,
        at,
        code: 450,
        detail: None,
        due_at: Some(later),
    };
    let settlement =
        Settlement { claim: id, outcomes: vec![outcome], deferred: vec![], excluded: vec![], at };
    world.store.settle(MAIN, settlement).await.unwrap();
    // A day later, as a message that is due.
    assert!(!world.paced_for(Some(&run), ana, Channel::Email, later).await);
    let again = NewClaim { cursor: None, ..claim(&run, &[ana], &weekly, later) };
    let claimed = world.store.claim(MAIN, again).await.unwrap();
    assert!(claimed.capped.is_empty());
    // The week begins anew with it.
    let other = world.paced_run("second", &[ana]).await;
    assert!(world.paced_for(Some(&other), ana, Channel::Email, Timestamp(at.0 + 7 * DAY)).await);
    // Another one's message in between holds the retry back, which loses its place in the queue.
    let put_back =
        Settlement { claim: claimed.id, outcomes: vec![], deferred: vec![], excluded: vec![], at: later };
    world.store.settle(MAIN, put_back).await.unwrap();
    let much_later = Timestamp(later.0 + 8 * DAY);
    world.store.claim(MAIN, claim(&other, &[ana], &weekly, much_later)).await.unwrap();
    assert!(world.paced_for(Some(&run), ana, Channel::Email, much_later).await);
    let again = NewClaim { cursor: None, ..claim(&run, &[ana], &weekly, much_later) };
    assert_eq!(world.store.claim(MAIN, again).await.unwrap().capped, [ana]);
    assert_eq!(world.store.next_due(MAIN, run.id, None).await.unwrap(), None);
    let outcome = world.store.run_outcome(MAIN, run.id, ana).await.unwrap();
    assert_eq!(outcome, Some(Delivery::Excluded { profile: ana, reason: Exclusion::of(Reason::Capped) }));
}

pub async fn what_was_sent_before_a_merge_counts_after_it(world: &World) {
    let known = world.create(row("1", "old@example.com")).await;
    let entry = world.pace(named("new@example.com"), Pace::Monthly).await.unwrap();
    let made = world.store.entry(MAIN, entry).await.unwrap().unwrap().profile;
    let at = world.tick();
    let run = world.paced_run("first", &[made]).await;
    world.store.claim(MAIN, claim(&run, &[made], &[(made, Pace::Monthly)], at)).await.unwrap();
    assert_eq!(world.import(row("1", "new@example.com")).await, RowOutcome::Updated(known));
    let soon = Timestamp(at.0 + DAY);
    assert!(world.paced_for(None, known, Channel::Email, soon).await);
    assert!(!world.paced_for(Some(&run), known, Channel::Email, soon).await);
    // The later of two messages counts.
    world.pace(named("third@example.com"), Pace::Weekly).await.unwrap();
    let third = world.store.resolve(MAIN, vec![address("third@example.com")]).await.unwrap().remove(0);
    let third = third.unwrap().profile;
    let later = world.paced_run("second", &[third]).await;
    let at = Timestamp(at.0 + 2 * DAY);
    world.store.claim(MAIN, claim(&later, &[third], &[(third, Pace::Weekly)], at)).await.unwrap();
    world.import(row("1", "third@example.com")).await;
    assert!(world.paced_for(Some(&run), known, Channel::Email, Timestamp(at.0 + 29 * DAY)).await);
    assert!(!world.paced_for(Some(&later), known, Channel::Email, Timestamp(at.0 + 29 * DAY)).await);
    world.assert_sound().await;
}
