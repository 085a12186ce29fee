//! Random histories of a run against a small model: at every step each member of the audience is in exactly one place,
//! and in the one where the model has it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What happens next. The bytes choose among what is possible then.
#[derive(Clone, Debug)]
enum Step {
    /// A batch from the audience.
    Next { size: usize, choices: Vec<u8> },
    /// A batch of due messages.
    Retry { size: usize, choices: Vec<u8> },
    /// One of the open claims is settled.
    Settle { which: usize, choices: Vec<u8> },
    /// The process dies; the next one looks at what it left.
    Crash,
    /// Someone asks for those in doubt.
    RetryDoubtful,
    /// A write that fails after it has begun.
    Fail,
}

fn step() -> impl Strategy<Value = Step> {
    let choices = || proptest::collection::vec(any::<u8>(), 12);
    prop_oneof![
        4 => (1usize..12, choices()).prop_map(|(size, choices)| Step::Next { size, choices }),
        3 => (1usize..12, choices()).prop_map(|(size, choices)| Step::Retry { size, choices }),
        5 => (any::<usize>(), choices()).prop_map(|(which, choices)| Step::Settle { which, choices }),
        1 => Just(Step::Crash),
        1 => Just(Step::RetryDoubtful),
        1 => Just(Step::Fail),
    ]
}

/// Where a member of the audience is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Ahead,
    Claimed(ClaimId),
    Excluded(Exclusion),
    Message(DeliveryState, Option<i64>),
    Waits(Exclusion, i64),
}

struct Model {
    conn: Connection,
    run: RunId,
    places: BTreeMap<i64, Place>,
    attempts: BTreeMap<i64, u32>,
    now: i64,
}

impl Model {
    fn new(ids: impl Iterator<Item = i64>) -> Self {
        let places: BTreeMap<i64, Place> = ids.map(|id| (id, Place::Ahead)).collect();
        let (conn, run) = with_run(places.keys().copied());
        Self { conn, run, places, attempts: BTreeMap::new(), now: 100 }
    }

    fn at(&self, place: impl Fn(Place) -> bool) -> Vec<i64> {
        self.places.iter().filter(|(_, held)| place(**held)).map(|(id, _)| *id).collect()
    }

    fn apply(&mut self, step: Step) {
        self.now += 10;
        match step {
            Step::Next { size, choices } => {
                let ahead = self.at(|place| place == Place::Ahead);
                let batch = &ahead[..size.min(ahead.len())];
                if let Some(last) = batch.last() {
                    self.claim(batch, &choices, Some(*last));
                }
            }
            Step::Retry { size, choices } => {
                let batch =
                    due(&self.conn, WS, self.run, &whole(&self.conn, self.run), Timestamp(self.now), size)
                        .unwrap();
                let batch: Vec<i64> = batch.into_iter().map(|due| due.profile.0).collect();
                if !batch.is_empty() {
                    self.claim(&batch, &choices, None);
                }
            }
            Step::Settle { which, choices } => {
                let open = open_claims(&self.conn, WS, self.run, 1).unwrap();
                if !open.is_empty() {
                    self.settle(&open[which % open.len()], &choices);
                }
            }
            Step::Crash => self.crash(),
            Step::RetryDoubtful => {
                let (now, run) = (self.now, self.run);
                let doubtful = self.at(|place| place == Place::Message(DeliveryState::InDoubt, None));
                let count = write(&self.conn, |conn| retry_doubtful(conn, WS, run, None, Timestamp(now)));
                assert_eq!(count.unwrap(), doubtful.len() as u64);
                for id in doubtful {
                    self.places.insert(id, Place::Message(DeliveryState::Deferred, Some(now)));
                }
            }
            Step::Fail => self.fail(),
        }
    }

    fn claim(&mut self, batch: &[i64], choices: &[u8], cursor: Option<i64>) {
        let reason = |choice: u8| Exclusion {
            reason: Reason::ALL[usize::from(choice) % 3],
            detail: Detail(u32::from(choice % 2)),
        };
        let mut new = NewClaim {
            run: self.run,
            part: whole(&self.conn, self.run).reference(),
            permitted: vec![],
            paced: vec![],
            deferred: vec![],
            excluded: vec![],
            cursor: cursor.map(ProfileId),
            at: Timestamp(self.now),
        };
        for (id, choice) in batch.iter().zip(choices) {
            match choice {
                0..80 => new.excluded.push((ProfileId(*id), reason(*choice))),
                80..120 => {
                    let (profile, address) = member(*id);
                    let until = Timestamp(self.now + i64::from(choice % 40));
                    new.deferred.push(Deferred { profile, address, until, cause: reason(*choice) });
                }
                _ => new.permitted.push(member(*id)),
            }
        }
        let claimed = write(&self.conn, |conn| claim(conn, WS, &new)).unwrap().id;
        for (profile, _) in new.permitted {
            self.places.insert(profile.0, Place::Claimed(claimed));
        }
        for wait in new.deferred {
            self.places.insert(wait.profile.0, Place::Waits(wait.cause, wait.until.0));
        }
        for (profile, reason) in new.excluded {
            self.places.insert(profile.0, Place::Excluded(reason));
        }
    }

    fn settle(&mut self, claim: &Claim, choices: &[u8]) {
        let at = Timestamp(self.now);
        let mut settlement =
            Settlement { claim: claim.id, outcomes: vec![], deferred: vec![], excluded: vec![], at };
        for (member, choice) in claim.permitted.iter().zip(choices) {
            let place = self.settle_one(*member, *choice, &mut settlement);
            self.places.insert(member.0.0, place);
        }
        settlement.outcomes.reverse();
        write(&self.conn, |conn| settle(conn, WS, &settlement)).unwrap();
    }

    fn settle_one(&mut self, member: Member, choice: u8, settlement: &mut Settlement) -> Place {
        let state = match choice % 8 {
            0 => DeliveryState::Sent,
            1 | 2 => DeliveryState::Deferred,
            3 => DeliveryState::Rejected,
            4 => DeliveryState::InDoubt,
            5 => {
                settlement.excluded.push((member.0, Exclusion::of(Reason::OptedOutAll)));
                return Place::Excluded(Exclusion::of(Reason::OptedOutAll));
            }
            6 => {
                let (cause, until) =
                    (Exclusion::of(Reason::FrequencyCapped), self.now + i64::from(choice % 40));
                let (profile, address) = member;
                settlement.deferred.push(Deferred { profile, address, until: Timestamp(until), cause });
                return Place::Waits(cause, until);
            }
            _ => return Place::Message(DeliveryState::Deferred, Some(self.now)),
        };
        let due_at = (state == DeliveryState::Deferred).then_some(self.now + i64::from(choice % 40));
        let mut outcome = outcome(member.0.0, state, due_at);
        outcome.at = Timestamp(self.now);
        settlement.outcomes.push(outcome);
        *self.attempts.entry(member.0.0).or_default() += 1;
        Place::Message(state, due_at)
    }

    fn crash(&mut self) {
        for open in open_claims(&self.conn, WS, self.run, 1).unwrap() {
            let count = write(&self.conn, |conn| doubt(conn, WS, open.id, Timestamp(self.now)));
            assert_eq!(count.unwrap(), open.permitted.len() as u64);
            for (profile, _) in open.permitted {
                self.places.insert(profile.0, Place::Message(DeliveryState::InDoubt, None));
                *self.attempts.entry(profile.0).or_default() += 1;
            }
        }
    }

    /// Claims everyone who is due, and somebody who isn't; settles a claim with an outcome that can't be.
    fn fail(&self) {
        let mut all =
            due(&self.conn, WS, self.run, &whole(&self.conn, self.run), Timestamp(self.now), 99).unwrap();
        all.sort_unstable_by_key(|due| due.profile);
        let mut permitted: Vec<i64> = all.iter().map(|due| due.profile.0).collect();
        permitted.push(i64::MAX >> 1);
        assert!(take(&self.conn, &new_claim(self.run, &permitted, &[], None)).is_err());
        for open in open_claims(&self.conn, WS, self.run, 1).unwrap() {
            let ids = open.permitted.iter().map(|(profile, _)| profile.0);
            let outcomes = ids.map(|id| outcome(id, DeliveryState::Deferred, None)).collect();
            assert!(finish(&self.conn, open.id, outcomes, &[]).is_err());
        }
    }

    /// Looks for everyone everywhere.
    fn check(&self) {
        let open = open_claims(&self.conn, WS, self.run, 1).unwrap();
        let waiting =
            due(&self.conn, WS, self.run, &whole(&self.conn, self.run), Timestamp(i64::MAX), 999).unwrap();
        let cursor = whole(&self.conn, self.run).cursor;
        for (id, place) in &self.places {
            let profile = ProfileId(*id);
            let mut found = Vec::new();
            if cursor.is_none_or(|cursor| cursor < profile) {
                found.push(Place::Ahead);
            }
            let holds = |claim: &&Claim| claim.permitted.iter().any(|member| member.0 == profile);
            let claims: Vec<ClaimId> = open.iter().filter(holds).map(|claim| claim.id).collect();
            found.extend(claims.iter().map(|claim| Place::Claimed(*claim)));
            let due_at = waiting.iter().find(|due| due.profile == profile).map(|due| due.due_at.0);
            if let Some(reason) = exclusions::reason(&self.conn, WS, self.run, profile).unwrap() {
                found.push(Place::Excluded(reason));
            }
            match run_outcome(&self.conn, WS, self.run, profile).unwrap() {
                Some(Delivery::Message { state, attempts, waits, .. }) => {
                    assert_eq!(attempts, self.attempts.get(id).copied().unwrap_or(0), "{profile}");
                    // Its row waits for its claim to be settled.
                    let taken = state == DeliveryState::Deferred && due_at.is_none();
                    assert!(!taken || claims.len() == 1, "{profile} is lost");
                    if let Some(waits) = waits {
                        assert_eq!(
                            (state, Some(waits.until.0)),
                            (DeliveryState::Deferred, due_at),
                            "{profile}"
                        );
                        found.push(Place::Waits(waits.cause, waits.until.0));
                    } else if !taken {
                        found.push(Place::Message(state, due_at));
                    }
                }
                Some(Delivery::Excluded { .. }) | None => assert_eq!(due_at, None),
            }
            assert_eq!(found, [*place], "{profile}");
        }
        self.check_report();
    }

    fn check_report(&self) {
        let report = run_report(&self.conn, WS, self.run).unwrap();
        let mut excluded = BTreeMap::new();
        for place in self.places.values() {
            if let Place::Excluded(reason) = place {
                *excluded.entry(*reason).or_default() += 1;
            }
        }
        assert_eq!(report.excluded, excluded);
        let mut waiting = BTreeMap::new();
        for place in self.places.values() {
            if let Place::Waits(cause, _) = place {
                *waiting.entry(*cause).or_default() += 1;
            }
        }
        assert_eq!(report.waiting, waiting);
        assert_eq!(report.audience, self.places.len() as u64);
        for state in [DeliveryState::Sent, DeliveryState::Rejected, DeliveryState::InDoubt] {
            let expected = self.at(|place| place == Place::Message(state, None)).len() as u64;
            assert_eq!(report.deliveries.get(&state).copied().unwrap_or(0), expected, "{state:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn everyone_is_in_one_place(
        size in 1i64..60,
        stride in 1i64..900,
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        // Around the border of two blocks of exclusions.
        let mut model = Model::new((0..size).map(|n| 65_500 + n * stride));
        for step in steps {
            model.apply(step);
            model.check();
        }
        model.crash();
        model.check();
        prop_assert!(model.at(|place| matches!(place, Place::Claimed(_))).is_empty());
    }
}
