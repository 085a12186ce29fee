//! The protocol of permits and opt-outs, checked in every order of events that there is.
//!
//! Two nodes send one message of one part of a run (people are independent of each other) while its recipient opts out.
//! Time goes in steps of 250 ms, but as ages, so that it goes on for ever. Requests and answers take any time and come in
//! any order; a node may die at any step, and its requests that are on their way may still be carried out; the database
//! may end the session that holds a part's lock while its node lives on. Wall clocks are up to 500 ms apart. A message
//! goes out in the same step in which the lease was looked at: no program can look after the last instant.
//!
//! Steps have the names of the code: [`Step::Decide`] is `Gate::decide`, whose lease counts from before `Store::read` is
//! asked; `Store::claim`; [`Step::HandOff`] and [`Step::Confirm`] the two looks at `Permit::still_holds` in
//! `smtp::Session::send`, with `worker::renew` when it has run out; `Store::settle`; [`Step::TakePart`] with its
//! generation, then `Store::doubt`; [`Step::Record`] is the opt-out.
//!
//! With a failover, a synchronous standby takes over at any moment, and the old primary goes on answering reads; commits
//! there never end. The last test shows what a permit then needs besides.

#![allow(clippy::unwrap_used, reason = "a test ends at the first thing that isn't as expected")]

use std::collections::{BTreeSet, HashMap, VecDeque};

use stateright::{Checker, HasDiscoveries, Model, Property};

const STEP_MILLIS: u128 = 250;
/// In steps.
const LEASE: i8 = (delivery::gate::LEASE.as_millis() / STEP_MILLIS) as i8;
/// What I1 promises, in steps.
const SILENCE: i8 = 4;
/// Which node is which makes no difference.
const SKEWS: [[i8; 2]; 2] = [[-2, 0], [0, 0]];
const SKEW_MIN: i8 = -2;

const SILENT: &str = "I1: no hand-off begins later than a second after an acknowledged opt-out";
const ONCE: &str = "nobody is handed over twice";
const KEPT: &str = "an open claim belongs to whoever works on the part";
const TRUE: &str = "what is noted is what happened";

/// What the protocol relies on; the tests take one away at a time.
#[derive(Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is a rule")]
struct Rules {
    /// A lease counts from before the read is asked; otherwise from its answer.
    lease_from_before: bool,
    /// A lease is measured by the node's own clock alone; otherwise from the database's to the node's.
    own_clock: bool,
    /// A claim is refused when its generation has passed.
    fence: bool,
    /// A claim is refused for a message that isn't waiting or due (`check_window`, `take_due`).
    window: bool,
    /// The claim is durable before anything is handed over.
    claim_first: bool,
    /// A renewed permit counts only after a write that was begun after its lease.
    affirm: bool,
    /// A permit counts only when the write after it was acknowledged by the server that was read.
    same_server: bool,
}

/// As one server needs it.
const ONE_SERVER: Rules = Rules {
    lease_from_before: true,
    own_clock: true,
    fence: true,
    window: true,
    claim_first: true,
    affirm: false,
    same_server: false,
};
/// As a primary needs it that may be replaced while it goes on answering.
const FAILOVER: Rules = Rules { affirm: true, same_server: true, ..ONE_SERVER };

struct Protocol {
    rules: Rules,
    /// Nodes that die, or end a run on a write that never ends: so many at most, or generations would have no end.
    crashes: u8,
    /// Locks that a living node loses.
    lost_locks: u8,
    failover: bool,
    /// How many steps the wall clocks of the nodes are ahead of the database's.
    skews: &'static [[i8; 2]],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Server {
    First,
    Standby,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Permit {
    age: i8,
    from: Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Idle,
    /// Has the part, and asks for what an earlier generation left.
    Recovering,
    Driving,
    /// Each waits for the answer to its read, with the age of the lease.
    Deciding(i8),
    Renewing(i8),
    Confirming(i8),
    Claiming(Permit),
    /// Claims for an exclusion.
    Excluding,
    Ready(Permit),
    /// Waits for the write that proves that the server read is still the primary.
    Affirming(Permit),
    /// MAIL, RCPT and DATA are out.
    Open(Permit),
    ConfirmAffirming(Permit),
    /// Only without `claim_first`: the message is out.
    ClaimingLate,
    Settling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Fate {
    Sent,
    Excluded,
    /// Due at a wall clock's time, from now on.
    PutBack(i8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Request {
    Read,
    Affirm,
    Claim { generation: u8, permitted: bool },
    Settle { claim: u8, fate: Fate },
    Doubt { claim: u8 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Answer {
    Reading { opted_out: bool, from: Server },
    Done { by: Server },
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Wire {
    Idle,
    Asked(Request, Server),
    Answered(Answer),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Node {
    phase: Phase,
    /// Of the part, when it was taken; an open claim is known by it.
    generation: u8,
    wire: Wire,
}

/// Where the message is, which is in one place at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// Above the cursor.
    Waiting,
    Due(i8),
    Claimed(u8),
    Sent,
    Excluded,
    InDoubt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Lock {
    Free,
    Of(usize),
    /// Its node is dead; the database hasn't noticed yet.
    OfDead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum OptOut {
    Not,
    Durable,
    /// Steps since.
    Acknowledged(i8),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    nodes: [Node; 2],
    /// Requests of dead nodes that may still be carried out.
    orphans: BTreeSet<(Request, Server)>,
    place: Place,
    generation: u8,
    lock: Lock,
    opt_out: OptOut,
    skew: [i8; 2],
    /// After the failover: whether the first server, which still answers, knows of the opt-out.
    failed_over: Option<bool>,
    crashes: u8,
    lost_locks: u8,
    seen: Seen,
}

/// What has happened, for the properties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Seen {
    handed_over: u8,
    late: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Tick,
    Record,
    Acknowledge,
    TakePart(usize),
    /// Where a step asks the database for something, it names the server: each connection of a node leads where it likes,
    /// once there are two.
    Decide(usize, Server),
    Stop(usize),
    /// The database carries a node's request out.
    CarryOut(usize),
    CarryOutOrphan(Request, Server),
    /// A node gets its answer.
    Hear(usize, Server),
    HandOff(usize),
    Renew(usize, Server),
    PutBack(usize, Server),
    /// The relay asks for the message.
    Confirm(usize, Server),
    Crash(usize),
    EndSession,
    Failover,
    /// On a write that a server without its standby never acknowledges.
    GiveUp(usize),
}

impl Place {
    fn is_final(self) -> bool {
        matches!(self, Self::Sent | Self::Excluded | Self::InDoubt)
    }

    fn is_takeable(self) -> bool {
        matches!(self, Self::Waiting | Self::Due(_))
    }
}

impl State {
    fn new(protocol: &Protocol, skew: [i8; 2]) -> Self {
        let node = Node { phase: Phase::Idle, generation: 0, wire: Wire::Idle };
        Self {
            nodes: [node; 2],
            orphans: BTreeSet::new(),
            place: Place::Waiting,
            generation: 0,
            lock: Lock::Free,
            opt_out: OptOut::Not,
            skew,
            failed_over: None,
            crashes: protocol.crashes,
            lost_locks: protocol.lost_locks,
            seen: Seen::default(),
        }
    }

    fn primary(&self) -> Server {
        if self.failed_over.is_some() { Server::Standby } else { Server::First }
    }

    /// Whether the node waits for a write that never ends.
    fn hangs(&self, n: usize) -> bool {
        matches!(self.nodes[n].wire, Wire::Asked(request, server)
            if request != Request::Read && server != self.primary())
    }

    fn ask(&mut self, n: usize, mut server: Server, request: Request, phase: Phase) {
        if request != Request::Read && server != self.primary() {
            if self.crashes > 0 {
                self.crashes -= 1;
                return self.leave(n);
            }
            server = self.primary();
        }
        let node = &mut self.nodes[n];
        node.wire = Wire::Asked(request, server);
        node.phase = phase;
    }

    fn settle(&mut self, n: usize, server: Server, fate: Fate) {
        let claim = self.nodes[n].generation;
        self.ask(n, server, Request::Settle { claim, fate }, Phase::Settling);
    }

    /// The run ends on this node, and with it its session.
    fn leave(&mut self, n: usize) {
        let node = &mut self.nodes[n];
        (node.phase, node.generation, node.wire) = (Phase::Idle, 0, Wire::Idle);
        if self.lock == Lock::Of(n) {
            self.lock = Lock::Free;
        }
    }

    /// A node dies, or its connections do: what it has asked for may still be carried out.
    fn crash(&mut self, n: usize) {
        if let Wire::Asked(request, server) = self.nodes[n].wire
            && request != Request::Read
            && server == self.primary()
        {
            self.orphans.insert((request, server));
        }
        let held = self.lock == Lock::Of(n);
        self.leave(n);
        if held {
            self.lock = Lock::OfDead;
        }
    }

    fn take_part(&mut self, n: usize) {
        self.lock = Lock::Of(n);
        self.generation += 1;
        self.nodes[n].generation = self.generation;
        match self.place {
            Place::Claimed(claim) => {
                self.ask(n, self.primary(), Request::Doubt { claim }, Phase::Recovering);
            }
            _ => self.nodes[n].phase = Phase::Driving,
        }
    }

    /// Bytes of this message go to the relay.
    fn begins(&mut self) {
        if let OptOut::Acknowledged(age) = self.opt_out {
            self.seen.late |= age > SILENCE;
        }
    }

    fn transmit(&mut self, n: usize, server: Server, rules: Rules) {
        self.begins();
        self.seen.handed_over += 1;
        if rules.claim_first {
            self.settle(n, server, Fate::Sent);
        } else {
            let generation = self.nodes[n].generation;
            let claim = Request::Claim { generation, permitted: true };
            self.ask(n, server, claim, Phase::ClaimingLate);
        }
    }

    fn confirm(&mut self, n: usize, server: Server, permit: Permit, rules: Rules) {
        if permit.age < LEASE {
            self.transmit(n, server, rules);
        } else {
            self.ask(n, server, Request::Read, Phase::Confirming(0));
        }
    }

    /// With the renewed permit: if that has run out too, the transaction is begun anew.
    fn confirmed(&mut self, n: usize, server: Server, permit: Permit, rules: Rules) {
        if permit.age < LEASE {
            self.transmit(n, server, rules);
        } else {
            self.nodes[n].phase = Phase::Ready(permit);
        }
    }
}

/// The database.
impl State {
    /// The answer; `None`: it never comes.
    fn carry_out(&mut self, request: Request, server: Server, rules: Rules) -> Option<Answer> {
        if request == Request::Read {
            let stale = self.failed_over.filter(|_| server == Server::First);
            let opted_out = stale.unwrap_or(self.opt_out != OptOut::Not);
            return Some(Answer::Reading { opted_out, from: server });
        }
        if server != self.primary() {
            return None;
        }
        let done = match request {
            Request::Read | Request::Affirm => true,
            Request::Claim { generation, permitted } => self.claim(generation, permitted, rules),
            Request::Settle { claim, fate: Fate::Sent } => self.close(claim, Place::Sent),
            Request::Settle { claim, fate: Fate::Excluded } => self.close(claim, Place::Excluded),
            Request::Settle { claim, fate: Fate::PutBack(at) } => self.close(claim, Place::Due(at)),
            Request::Doubt { claim } => self.close(claim, Place::InDoubt),
        };
        Some(if done { Answer::Done { by: server } } else { Answer::Refused })
    }

    fn claim(&mut self, generation: u8, permitted: bool, rules: Rules) -> bool {
        let current = !rules.fence || generation == self.generation;
        let takeable = !rules.window || self.place.is_takeable();
        if current && takeable {
            self.place = if permitted { Place::Claimed(generation) } else { Place::Excluded };
        }
        current && takeable
    }

    fn close(&mut self, claim: u8, place: Place) -> bool {
        let open = self.place == Place::Claimed(claim);
        if open {
            self.place = place;
        }
        open
    }
}

/// What a node does with an answer; what it asks next goes to `server`.
impl State {
    fn hear(&mut self, n: usize, server: Server, answer: Answer, rules: Rules) {
        self.nodes[n].wire = Wire::Idle;
        let phase = self.nodes[n].phase;
        match (answer, phase) {
            (Answer::Reading { opted_out: true, .. }, Phase::Deciding(_)) => {
                let claim = Request::Claim { generation: self.nodes[n].generation, permitted: false };
                self.ask(n, server, claim, Phase::Excluding);
            }
            (Answer::Reading { opted_out: true, .. }, _) => self.settle(n, server, Fate::Excluded),
            (Answer::Reading { from, .. }, phase) => self.hear_permit(n, server, phase, from, rules),
            (Answer::Done { by }, phase) => self.hear_done(n, server, phase, by, rules),
            // The dead node's own settlement came first.
            (Answer::Refused, Phase::Recovering) => self.nodes[n].phase = Phase::Driving,
            (Answer::Refused, _) => self.leave(n),
        }
    }

    fn hear_permit(&mut self, n: usize, server: Server, phase: Phase, from: Server, rules: Rules) {
        let (Phase::Deciding(age) | Phase::Renewing(age) | Phase::Confirming(age)) = phase else { return };
        let permit = Permit { age: if rules.lease_from_before { age } else { 0 }, from };
        let claim = Request::Claim { generation: self.nodes[n].generation, permitted: true };
        match phase {
            Phase::Deciding(_) if rules.claim_first => self.ask(n, server, claim, Phase::Claiming(permit)),
            Phase::Renewing(_) if rules.affirm => {
                self.ask(n, server, Request::Affirm, Phase::Affirming(permit));
            }
            Phase::Confirming(_) if rules.affirm => {
                self.ask(n, server, Request::Affirm, Phase::ConfirmAffirming(permit));
            }
            Phase::Confirming(_) => self.confirmed(n, server, permit, rules),
            _ => self.nodes[n].phase = Phase::Ready(permit),
        }
    }

    fn hear_done(&mut self, n: usize, server: Server, phase: Phase, by: Server, rules: Rules) {
        let proved = |permit: Permit| {
            let counts = !rules.same_server || permit.from == by;
            Permit { age: if counts { permit.age } else { LEASE }, ..permit }
        };
        match phase {
            Phase::Claiming(permit) | Phase::Affirming(permit) => {
                self.nodes[n].phase = Phase::Ready(proved(permit));
            }
            Phase::ConfirmAffirming(permit) => self.confirmed(n, server, proved(permit), rules),
            Phase::ClaimingLate => self.settle(n, server, Fate::Sent),
            _ => self.nodes[n].phase = Phase::Driving,
        }
    }
}

/// Time.
impl State {
    fn tick(&mut self) {
        let older = |age: &mut i8, most: i8| *age = (*age + 1).min(most);
        let sooner = |due: &mut i8| *due = (*due - 1).max(SKEW_MIN);
        let sooner_if_put_back = |request: &mut Request| {
            if let Request::Settle { fate: Fate::PutBack(at), .. } = request {
                sooner(at);
            }
        };
        for node in &mut self.nodes {
            match &mut node.phase {
                Phase::Deciding(age) | Phase::Renewing(age) | Phase::Confirming(age) => older(age, LEASE),
                Phase::Claiming(permit)
                | Phase::Ready(permit)
                | Phase::Affirming(permit)
                | Phase::Open(permit)
                | Phase::ConfirmAffirming(permit) => older(&mut permit.age, LEASE),
                _ => {}
            }
            if let Wire::Asked(request, _) = &mut node.wire {
                sooner_if_put_back(request);
            }
        }
        let mut orphans = std::mem::take(&mut self.orphans).into_iter().collect::<Vec<_>>();
        for (request, _) in &mut orphans {
            sooner_if_put_back(request);
        }
        self.orphans = orphans.into_iter().collect();
        if let Place::Due(at) = &mut self.place {
            sooner(at);
        }
        if let OptOut::Acknowledged(age) = &mut self.opt_out {
            older(age, SILENCE + 1);
        }
    }

    /// Without `own_clock`, the lease begins at what the database's clock shows at the read.
    fn stamp_by_database(&mut self, n: usize) {
        if let Phase::Deciding(age) | Phase::Renewing(age) | Phase::Confirming(age) = &mut self.nodes[n].phase
        {
            *age = self.skew[n];
        }
    }
}

impl State {
    /// Nothing that could matter comes after.
    fn is_over(&self) -> bool {
        let idle = |node: &Node| matches!(node.phase, Phase::Idle | Phase::Driving | Phase::Recovering);
        self.place.is_final() && self.orphans.is_empty() && self.nodes.iter().all(idle)
    }

    fn servers(&self) -> &'static [Server] {
        if self.failed_over.is_some() { &[Server::First, Server::Standby] } else { &[Server::First] }
    }

    fn steps_of_node(&self, n: usize, steps: &mut Vec<Step>) {
        let node = &self.nodes[n];
        let mut ask = |step: fn(usize, Server) -> Step| {
            steps.extend(self.servers().iter().map(|server| step(n, *server)));
        };
        match node.phase {
            Phase::Driving => {
                let due = match self.place {
                    Place::Due(at) => at <= self.skew[n],
                    place => place.is_takeable(),
                };
                if due {
                    ask(Step::Decide);
                }
            }
            Phase::Ready(permit) => {
                ask(Step::PutBack);
                if permit.age >= LEASE {
                    ask(Step::Renew);
                }
            }
            Phase::Open(_) => {
                ask(Step::PutBack);
                ask(Step::Confirm);
            }
            _ => {}
        }
        match node.wire {
            Wire::Asked(..) if self.hangs(n) => steps.push(Step::GiveUp(n)),
            Wire::Asked(..) => steps.push(Step::CarryOut(n)),
            Wire::Answered(_) => ask(Step::Hear),
            Wire::Idle => {}
        }
        match node.phase {
            Phase::Idle if self.lock == Lock::Free && !self.place.is_final() => steps.push(Step::TakePart(n)),
            Phase::Driving if node.generation != self.generation => steps.push(Step::Stop(n)),
            Phase::Ready(permit) if permit.age < LEASE => steps.push(Step::HandOff(n)),
            _ => {}
        }
        if self.crashes > 0 && node.phase != Phase::Idle {
            steps.push(Step::Crash(n));
        }
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        self.skews.iter().map(|skew| State::new(self, *skew)).collect()
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        if state.is_over() {
            return;
        }
        steps.push(Step::Tick);
        match state.opt_out {
            OptOut::Not => steps.push(Step::Record),
            OptOut::Durable => steps.push(Step::Acknowledge),
            OptOut::Acknowledged(_) => {}
        }
        for n in 0..state.nodes.len() {
            state.steps_of_node(n, steps);
        }
        steps.extend(state.orphans.iter().map(|(request, server)| Step::CarryOutOrphan(*request, *server)));
        let ends = match state.lock {
            Lock::Free => false,
            Lock::Of(_) => state.lost_locks > 0,
            Lock::OfDead => true,
        };
        steps.extend(ends.then_some(Step::EndSession));
        if self.failover && state.failed_over.is_none() {
            steps.push(Step::Failover);
        }
    }

    fn next_state(&self, before: &State, step: Step) -> Option<State> {
        let (mut state, rules) = (before.clone(), self.rules);
        match step {
            Step::Tick => state.tick(),
            Step::Record => state.opt_out = OptOut::Durable,
            Step::Acknowledge => state.opt_out = OptOut::Acknowledged(0),
            Step::TakePart(n) => state.take_part(n),
            Step::Decide(n, server) => state.ask(n, server, Request::Read, Phase::Deciding(0)),
            Step::CarryOut(n) => {
                let Wire::Asked(request, server) = state.nodes[n].wire else { return None };
                let answer = state.carry_out(request, server, rules)?;
                if request == Request::Read && !rules.own_clock {
                    state.stamp_by_database(n);
                }
                state.nodes[n].wire = Wire::Answered(answer);
            }
            Step::CarryOutOrphan(request, server) => {
                state.orphans.remove(&(request, server));
                state.carry_out(request, server, rules);
            }
            Step::Hear(n, server) => {
                let Wire::Answered(answer) = state.nodes[n].wire else { return None };
                state.hear(n, server, answer, rules);
            }
            Step::HandOff(n) => {
                let Phase::Ready(permit) = state.nodes[n].phase else { return None };
                state.begins();
                state.nodes[n].phase = Phase::Open(permit);
            }
            Step::Renew(n, server) => state.ask(n, server, Request::Read, Phase::Renewing(0)),
            Step::PutBack(n, server) => state.settle(n, server, Fate::PutBack(state.skew[n])),
            Step::Confirm(n, server) => {
                let Phase::Open(permit) = state.nodes[n].phase else { return None };
                state.confirm(n, server, permit, rules);
            }
            Step::Crash(n) => {
                state.crashes -= 1;
                state.crash(n);
            }
            Step::EndSession => {
                state.lost_locks -= u8::from(state.lock != Lock::OfDead);
                state.lock = Lock::Free;
            }
            // Whatever is on its way to the first server is never acknowledged there; its locks are gone.
            Step::Failover => {
                state.failed_over = Some(state.opt_out != OptOut::Not);
                state.orphans.clear();
                state.lock = Lock::Free;
            }
            Step::GiveUp(n) | Step::Stop(n) => state.leave(n),
        }
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(SILENT, |_, state: &State| !state.seen.late),
            Property::always(ONCE, |_, state: &State| state.seen.handed_over <= 1),
            Property::always(KEPT, |_, state: &State| {
                let Place::Claimed(claim) = state.place else { return true };
                // Whoever has the part and is past its recovery has closed all that was open before.
                claim == state.generation
                    || !state
                        .nodes
                        .iter()
                        .any(|node| node.generation == state.generation && node.phase != Phase::Recovering)
            }),
            Property::always(TRUE, |_, state: &State| match state.place {
                Place::Sent => state.seen.handed_over == 1,
                Place::Waiting | Place::Due(_) | Place::Excluded => state.seen.handed_over == 0,
                Place::Claimed(_) | Place::InDoubt => true,
            }),
            Property::sometimes("a message is sent", |_, state: &State| state.place == Place::Sent),
            Property::sometimes("an opt-out wins", |_, state: &State| {
                matches!(state.opt_out, OptOut::Acknowledged(_)) && state.place == Place::Excluded
            }),
            Property::sometimes("a lease is used up to its end", |_, state: &State| {
                let open = |node: &Node| matches!(node.phase, Phase::Open(permit) if permit.age == LEASE - 1);
                state.opt_out == OptOut::Acknowledged(LEASE - 1) && state.nodes.iter().any(open)
            }),
            Property::sometimes("the relay asks when the lease has run out", |_, state: &State| {
                state.nodes.iter().any(|node| matches!(node.phase, Phase::Confirming(_)))
            }),
            Property::sometimes("a part is taken over and its message in doubt", |_, state: &State| {
                state.generation > 1 && state.place == Place::InDoubt
            }),
            Property::sometimes("a part is taken over and its message sent", |_, state: &State| {
                state.generation > 1 && state.place == Place::Sent
            }),
            Property::sometimes("a late claim meets a message that waits", |_, state: &State| {
                let late = |request: Request| matches!(request, Request::Claim { generation, .. } if generation < state.generation);
                let asks = |node: &Node| matches!(node.wire, Wire::Asked(request, _) if late(request));
                state.place.is_takeable() && state.nodes.iter().any(asks)
            }),
        ]
    }
}

fn one_server(rules: Rules) -> Protocol {
    Protocol { rules, crashes: 1, lost_locks: 1, failover: false, skews: &SKEWS }
}

fn with_failover(rules: Rules) -> Protocol {
    Protocol { rules, crashes: 1, lost_locks: 0, failover: true, skews: &SKEWS[..1] }
}

/// From every state that can come about, the message can still get to its end: nobody is lost.
fn assert_every_state_can_end(protocol: &Protocol) {
    let mut numbers: HashMap<State, u32> = HashMap::new();
    let mut queue: VecDeque<State> = protocol.init_states().into();
    let (mut into, mut ends): (Vec<(u32, u32)>, Vec<u32>) = (Vec::new(), Vec::new());
    for state in &queue {
        numbers.insert(state.clone(), numbers.len() as u32);
    }
    while let Some(state) = queue.pop_front() {
        let from = numbers[&state];
        if state.place.is_final() {
            ends.push(from);
            continue;
        }
        for next in protocol.next_states(&state) {
            let fresh = numbers.len() as u32;
            let to = *numbers.entry(next.clone()).or_insert(fresh);
            into.push((to, from));
            if to == fresh {
                queue.push_back(next);
            }
        }
    }
    into.sort_unstable();
    let mut can_end = vec![false; numbers.len()];
    while let Some(end) = ends.pop() {
        if !std::mem::replace(&mut can_end[end as usize], true) {
            let first = into.partition_point(|(to, _)| *to < end);
            ends.extend(into[first..].iter().take_while(|(to, _)| *to == end).map(|(_, from)| *from));
        }
    }
    let stuck = numbers.iter().find(|(_, number)| !can_end[**number as usize]);
    assert_eq!(stuck.map(|(state, _)| state), None);
}

/// Every promise holds in every state, and everything that should be possible is.
fn assert_holds(protocol: Protocol) {
    let checker = protocol.checker().threads(2).spawn_bfs().join();
    println!("{} states", checker.unique_state_count());
    checker.assert_properties();
}

/// The model finds out that a promise is broken.
fn assert_finds(protocol: Protocol, promise: &'static str) {
    let found = HasDiscoveries::AnyOf([promise].into());
    let checker = protocol.checker().threads(2).finish_when(found).spawn_bfs().join();
    let path = checker.assert_any_discovery(promise);
    println!("{:#?}", path.into_actions());
}

#[test]
fn one_server_keeps_the_promises() {
    assert_holds(one_server(ONE_SERVER));
}

#[test]
fn nobody_is_lost() {
    assert_every_state_can_end(&one_server(ONE_SERVER));
    assert_every_state_can_end(&with_failover(FAILOVER));
}

#[test]
fn a_lease_from_the_answer_on_is_found_out() {
    assert_finds(one_server(Rules { lease_from_before: false, ..ONE_SERVER }), SILENT);
}

#[test]
fn a_lease_across_two_clocks_is_found_out() {
    assert_finds(one_server(Rules { own_clock: false, ..ONE_SERVER }), SILENT);
}

#[test]
fn claims_without_a_fence_are_found_out() {
    assert_finds(one_server(Rules { fence: false, ..ONE_SERVER }), KEPT);
    assert_finds(one_server(Rules { fence: false, window: false, ..ONE_SERVER }), ONCE);
}

#[test]
fn a_claim_after_the_hand_off_is_found_out() {
    assert_finds(one_server(Rules { claim_first: false, ..ONE_SERVER }), ONCE);
}

#[test]
fn a_failover_keeps_the_promises_when_a_write_proves_what_was_read() {
    assert_holds(with_failover(FAILOVER));
}

/// The old primary still answers, and its answer is old.
#[test]
fn permits_by_a_read_alone_are_found_out_after_a_failover() {
    assert_finds(with_failover(Rules { affirm: false, ..FAILOVER }), SILENT);
    assert_finds(with_failover(Rules { same_server: false, ..FAILOVER }), SILENT);
}
