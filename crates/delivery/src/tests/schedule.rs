//! The real gate, leases, claims and parts in orders of events that a scheduler picks: what `tests/permit_model.rs` proves of
//! the protocol, looked for in the code. Two nodes work on one message while its recipient opts out; they die, lose their
//! locks and their answers, and their clocks differ.

use std::sync::Arc;
use std::time::Duration;

use consent::{AddressId, Clock, Field, ProfileId, RunId, Target};
use proptest::prelude::*;
use store::{
    ClaimId, Delivery, DeliveryState, Faults, NewClaim, NewRun, Offer, Outcome, Part, RunGuard, Settlement,
    Store, StoreError,
};
use tokio::task::JoinHandle;

use super::HandClock;
use super::engine::{W, World, to_all};
use crate::gate::{Decided, Gate, Permit};

/// What I1 promises.
const SILENCE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The recipient opts out, and is told that it is done.
    OptOut,
    /// So many milliseconds pass.
    Pass(u16),
    /// A node does what comes next: takes the part, begins to decide, hears the answer, claims, hands over, settles.
    Go(usize),
    /// It settles, with or without having handed over.
    Settle(usize),
    /// The process dies.
    Die(usize),
    /// The database frees the lock of a node that lives on.
    LoseLock(usize),
    /// The next answer to a claim is lost, though the claim is made.
    LoseAnswer,
}

fn step() -> impl Strategy<Value = Step> {
    let node = 0usize..2;
    prop_oneof![
        2 => Just(Step::OptOut),
        9 => (200u16..1_100).prop_map(Step::Pass),
        20 => node.clone().prop_map(Step::Go),
        1 => node.clone().prop_map(Step::Settle),
        1 => node.clone().prop_map(Step::Die),
        1 => node.prop_map(Step::LoseLock),
        1 => Just(Step::LoseAnswer),
    ]
}

/// One node, as far as it has come with the message.
struct Node {
    gate: Gate,
    clock: Arc<HandClock>,
    held: Option<(Part, Option<RunGuard>)>,
    deciding: Option<JoinHandle<Result<Decided, StoreError>>>,
    permit: Option<Permit>,
    claim: Option<ClaimId>,
    handed: bool,
}

impl Node {
    fn forget(&mut self) {
        self.permit = None;
        self.claim = None;
        self.handed = false;
        if let Some(deciding) = self.deciding.take() {
            deciding.abort();
        }
    }
}

/// The run and everybody in it.
struct Stage {
    store: Store,
    faults: Arc<Faults>,
    /// True time; nodes have their own.
    clock: Arc<HandClock>,
    run: RunId,
    profile: ProfileId,
    address: AddressId,
    nodes: Vec<Node>,
    opted_out: Option<Duration>,
    handed_over: u32,
    /// Claims whose outcome nobody learned.
    lost_claims: u32,
    /// Of the part, as it was taken last.
    generation: u32,
    world: World,
}

impl Stage {
    async fn new() -> Self {
        let world = World::with_people(1).await;
        let faults = Arc::new(Faults::default());
        faults.pass_for_shared();
        let store = world.store.with_faults(Arc::clone(&faults));
        let owner = store.resolve(W, vec![consent::Address::email("p0@x.example").unwrap()]).await.unwrap();
        let owner = owner[0].clone().unwrap();
        let configuration = store.put_configuration(W, "mail", "{}", world.clock.now()).await.unwrap().id;
        let run = NewRun {
            campaign: "spring".to_owned(),
            configuration,
            list: None,
            fingerprint: "f".to_owned(),
            spec: "{}".to_owned(),
            audience: [owner.profile.0.cast_unsigned()].into_iter().collect(),
            created_at: world.clock.now(),
        };
        let run = store.create_run(W, run).await.unwrap().id;
        let campaign = to_all(25);
        let nodes = [0, 300].map(|ahead| {
            let clock = Arc::new(HandClock::default());
            clock.turn(Duration::from_millis(ahead));
            let of_node: Arc<dyn Clock> = Arc::<HandClock>::clone(&clock);
            let gate = Gate {
                store: store.clone(),
                clock: of_node,
                run: Some(run),
                ..world.deps().gate(&campaign, None)
            };
            Node { gate, clock, held: None, deciding: None, permit: None, claim: None, handed: false }
        });
        let clock = Arc::clone(&world.clock);
        let (profile, address, nodes) = (owner.profile, owner.address, nodes.into());
        let (opted_out, handed_over, lost_claims, generation) = (None, 0, 0, 0);
        Self {
            store,
            faults,
            clock,
            run,
            profile,
            address,
            nodes,
            opted_out,
            handed_over,
            lost_claims,
            generation,
            world,
        }
    }

    fn pass(&self, by: Duration) {
        self.clock.turn(by);
        self.nodes.iter().for_each(|node| node.clock.turn(by));
    }

    async fn go(&mut self, step: Step) {
        match step {
            Step::OptOut if self.opted_out.is_none() => {
                self.world.opt_out("p0@x.example", Target::Field(Field::Email)).await;
                self.opted_out = Some(self.clock.monotonic());
            }
            Step::OptOut => {}
            Step::Pass(millis) => self.pass(Duration::from_millis(u64::from(millis))),
            Step::Go(node) => self.next(node).await,
            Step::Settle(node) => self.settle(node).await,
            Step::Die(node) => self.die(node),
            Step::LoseLock(node) => {
                if let Some((_, guard)) = &mut self.nodes[node].held {
                    *guard = None;
                }
            }
            Step::LoseAnswer => self.faults.lose_answer("claim", 1),
        }
    }

    async fn next(&mut self, at: usize) {
        let node = &self.nodes[at];
        match (&node.held, &node.deciding, &node.permit, node.claim) {
            (None, ..) => self.take(at).await,
            (_, Some(_), ..) => self.decided(at).await,
            (_, None, None, _) => self.decide(at),
            (_, _, Some(_), None) => self.claim(at).await,
            _ if node.handed => self.settle(at).await,
            _ => self.hand_off(at).await,
        }
    }

    fn die(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        self.lost_claims += u32::from(node.claim.is_some());
        node.forget();
        node.held = None;
    }

    async fn take(&mut self, at: usize) {
        if self.nodes[at].held.is_some() {
            return;
        }
        let now = self.nodes[at].clock.now();
        let Offer::Part { part, guard } = self.store.take_part(W, self.run, now).await.unwrap() else {
            return;
        };
        for claim in self.store.open_claims(W, self.run, part.number).await.unwrap() {
            self.store.doubt(W, claim.id, now).await.unwrap();
        }
        let open = self.store.open_claims(W, self.run, part.number).await.unwrap();
        assert_eq!(open, [], "an open claim belongs to whoever works on the part");
        self.generation = part.generation;
        self.nodes[at].held = Some((part, Some(guard)));
    }

    fn decide(&mut self, at: usize) {
        let (profile, address) = (self.profile, self.address);
        let node = &mut self.nodes[at];
        if node.held.is_none() || node.deciding.is_some() || node.permit.is_some() || node.claim.is_some() {
            return;
        }
        let gate = node.gate.clone();
        node.deciding =
            Some(tokio::spawn(async move { gate.decide(vec![profile], Some(vec![address])).await }));
    }

    async fn decided(&mut self, at: usize) {
        let Some(deciding) = self.nodes[at].deciding.take() else { return };
        let decided = deciding.await.unwrap().unwrap();
        if let Some(permit) = decided.permits.into_iter().next() {
            self.nodes[at].permit = Some(permit);
            return;
        }
        // Who is excluded is claimed as such: nothing is in hand then.
        let claim = self.new_claim(at, vec![], decided.excluded);
        if let Some(claim) = claim {
            self.made(at, claim).await;
            self.nodes[at].forget();
        }
    }

    fn new_claim(
        &self,
        at: usize,
        permitted: Vec<(ProfileId, AddressId)>,
        excluded: Vec<(ProfileId, consent::Exclusion)>,
    ) -> Option<NewClaim> {
        let node = &self.nodes[at];
        let (part, _) = node.held.as_ref()?;
        let cursor = (!part.is_walked()).then_some(part.until);
        let (run, at) = (self.run, node.clock.now());
        Some(NewClaim {
            run,
            part: part.reference(),
            permitted,
            paced: vec![],
            deferred: vec![],
            excluded,
            cursor,
            at,
        })
    }

    /// Makes a claim; whether the node may go on with it.
    async fn made(&mut self, at: usize, claim: NewClaim) -> Option<ClaimId> {
        let in_hand = !claim.permitted.is_empty();
        let walks = claim.cursor.is_some();
        let generation = claim.part.generation;
        match self.store.claim(W, claim).await {
            Ok(claimed) => {
                assert_eq!(generation, self.generation, "whoever lost the part claims nothing");
                if let Some((part, _)) = self.nodes[at].held.as_mut().filter(|_| walks) {
                    part.cursor = Some(part.until);
                }
                Some(claimed.id)
            }
            // The answer is lost: as `Parts::work` does, the node gives the part back and takes it anew.
            Err(StoreError::Unavailable(_)) => {
                self.lost_claims += u32::from(in_hand);
                self.nodes[at].forget();
                self.nodes[at].held = None;
                None
            }
            // Somebody else has the part by now, or there is nothing to claim.
            Err(StoreError::Busy(_) | StoreError::Invalid(_)) => {
                self.nodes[at].forget();
                self.nodes[at].held = None;
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    async fn claim(&mut self, at: usize) {
        if self.nodes[at].permit.is_none() || self.nodes[at].claim.is_some() {
            return;
        }
        let Some(claim) = self.new_claim(at, vec![(self.profile, self.address)], vec![]) else { return };
        self.nodes[at].claim = self.made(at, claim).await;
    }

    /// As `smtp::Session::send` and `worker::renew` do: the lease is looked at in the instant of the hand-off.
    async fn hand_off(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let (Some(permit), Some(claim), false) = (&node.permit, node.claim, node.handed) else { return };
        if !permit.still_holds(node.gate.clock.monotonic()) {
            let decided = node.gate.decide(vec![self.profile], Some(vec![self.address])).await.unwrap();
            let Some(renewed) = decided.permits.into_iter().next() else {
                let now = node.clock.now();
                node.forget();
                let (outcomes, deferred, excluded) = (vec![], vec![], decided.excluded);
                self.closed(Settlement { claim, outcomes, deferred, excluded, at: now }).await;
                return;
            };
            node.permit = Some(renewed);
        }
        let node = &mut self.nodes[at];
        let holds =
            node.permit.as_ref().is_some_and(|permit| permit.still_holds(node.gate.clock.monotonic()));
        assert!(holds, "a permit that was read just now");
        node.handed = true;
        self.handed_over += 1;
        assert_eq!(self.handed_over, 1, "nobody is handed over twice");
        if let Some(since) = self.opted_out {
            let late = self.clock.monotonic().saturating_sub(since);
            assert!(late <= SILENCE, "handed over {late:?} after the opt-out (I1)");
        }
    }

    async fn settle(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let Some(claim) = node.claim else { return };
        let now = node.clock.now();
        let (profile, address) = (self.profile, self.address);
        let state = DeliveryState::Sent;
        let sent = Outcome { profile, address, state, at: now, code: 250, detail: None, due_at: None };
        let outcomes = if node.handed { vec![sent] } else { vec![] };
        node.forget();
        self.closed(Settlement { claim, outcomes, deferred: vec![], excluded: vec![], at: now }).await;
    }

    /// Settles; a claim that was found in doubt meanwhile isn't open any more.
    async fn closed(&mut self, settlement: Settlement) {
        match self.store.settle(W, settlement).await {
            Ok(()) => {}
            Err(StoreError::Missing(_)) => self.lost_claims += 1,
            Err(error) => panic!("{error}"),
        }
    }

    /// Everybody dies but one node, which works to the end.
    async fn end(mut self) {
        self.die(0);
        self.die(1);
        for _ in 0..20 {
            self.pass(Duration::from_secs(2));
            // Taken, decided, heard, claimed, handed over.
            for _ in 0..5 {
                self.next(0).await;
            }
            self.settle(0).await;
            self.die(0);
            if self.store.finish_run_if_done(W, self.run, self.clock.now()).await.unwrap() {
                return self.check_outcome().await;
            }
        }
        panic!("the run doesn't end");
    }

    async fn check_outcome(&self) {
        let outcome = self.store.run_outcome(W, self.run, self.profile).await.unwrap().unwrap();
        match outcome {
            Delivery::Message { state: DeliveryState::Sent, .. } => assert_eq!(self.handed_over, 1),
            Delivery::Message { state: DeliveryState::InDoubt, .. } => {
                assert!(self.lost_claims > 0, "only what somebody had in hand is in doubt");
            }
            Delivery::Excluded { .. } => {
                assert!(self.opted_out.is_some());
                assert_eq!(self.handed_over, 0, "whoever was sent to isn't excluded");
            }
            Delivery::Message { .. } => panic!("{outcome:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn in_every_order_nobody_is_sent_to_late_or_twice(steps in prop::collection::vec(step(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut stage = Stage::new().await;
            for step in steps {
                stage.go(step).await;
            }
            stage.end().await;
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_lock_claims_nothing_once_somebody_has_the_part() {
    let mut stage = Stage::new().await;
    // Taken, decided, heard.
    for _ in 0..3 {
        stage.next(0).await;
    }
    assert!(stage.nodes[0].permit.is_some());
    stage.go(Step::LoseLock(0)).await;
    stage.next(1).await;
    assert_eq!(stage.generation, 2, "the other one has the part");
    stage.next(0).await;
    assert_eq!(stage.nodes[0].claim, None);
    stage.end().await;
}
