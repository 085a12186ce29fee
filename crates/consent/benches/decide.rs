//! Decisions per second over an array of recipients in memory. Prints a JSON object per line, which `cargo xtask bench decide`
//! makes a table of; `--quick` shows only that it works.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use consent::decide::{Allow, Limit, ListState, Reach, Suppressed};
use consent::{Category, Channel, Choice, ConsentWord, Decision, Field, Message, Recipient, Rules, decide};
use serde_json::json;

const RECIPIENTS: usize = 1_000_000;
const RUNS: usize = 9;
/// A run goes over the array again until this much time has passed.
const RUN: Duration = Duration::from_millis(500);
const THREADS: usize = 2;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (count, runs) = if quick { (10_000, 2) } else { (RECIPIENTS, RUNS) };
    let mut state = 1;
    let recipients: Vec<_> = (0..count).map(|_| recipient(&mut state)).collect();
    let (mut one, mut two, mut bound) = (Vec::new(), Vec::new(), Vec::new());
    let unbound = Message {
        channel: Channel::Email,
        category: Category::Marketing,
        list: None,
        after_complaint: false,
    };
    let listed = Message { list: Some(ListState::Live), ..unbound };
    for _ in 0..runs {
        one.push(rate(&recipients, &unbound, 1));
        two.push(rate(&recipients, &unbound, THREADS));
        bound.push(rate(&recipients, &listed, 1));
    }
    let ratios = |ours: &[f64]| ours.iter().zip(&one).map(|(ours, one)| ours / one).collect::<Vec<_>>();
    let line = |what: &str, runs: &[f64]| {
        let peer = (what != "1 thread").then_some("1 thread");
        let ratios = if peer.is_some() { ratios(runs) } else { Vec::new() };
        println!(
            "{}",
            json!({ "what": what, "unit": "decisions/s", "runs": runs, "peer": peer, "ratios": ratios })
        );
    };
    line("1 thread", &one);
    line("2 threads", &two);
    line("1 thread, bound to a list", &bound);
}

/// Somebody with choices in about half of the fields: no branch can be foreseen.
fn recipient(state: &mut u64) -> Recipient {
    let mut next = |limit: u64| {
        // Numerical Recipes' constants; the high bits are the random ones.
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % limit
    };
    let choices = [
        Choice::Yes,
        Choice::No,
        Choice::Pending,
        Choice::Unknown,
        Choice::DefaultYes,
        Choice::LegitimateInterest,
    ];
    let mut word = |every: u64| {
        Field::ALL.into_iter().fold(ConsentWord::EMPTY, |word, field| match next(every) {
            0 => word.with(field, choices[next(choices.len() as u64) as usize]),
            _ => word,
        })
    };
    let (profile, identity) = (word(2), word(8));
    Recipient {
        reach: if next(50) == 0 { Reach::Missing } else { Reach::Reachable },
        suppressed: if next(50) == 0 { Suppressed::Address } else { Suppressed::No },
        allow: Allow::Off,
        sender_blocked: false,
        held: false,
        profile,
        identity,
        subscription: choices[next(2) as usize],
        country: None,
        paused: false,
        paced: false,
        policy: None,
        cap: Limit::Within,
        quiet: Limit::Within,
    }
}

fn rate(recipients: &[Recipient], message: &Message, threads: usize) -> f64 {
    let begun = Instant::now();
    let mut rounds = 0;
    while begun.elapsed() < RUN {
        let permits: usize = thread::scope(|scope| {
            let share = recipients.len().div_ceil(threads);
            let parts: Vec<_> =
                recipients.chunks(share).map(|part| scope.spawn(|| permits(part, message))).collect();
            parts.into_iter().map(|part| part.join().expect("deciding doesn't panic")).sum()
        });
        assert!(permits > 0 && permits < recipients.len(), "a benchmark that decides nothing");
        rounds += 1;
    }
    (rounds * recipients.len()) as f64 / begun.elapsed().as_secs_f64()
}

fn permits(recipients: &[Recipient], message: &Message) -> usize {
    let rules = Rules::default();
    let permitted = |recipient: &&Recipient| {
        matches!(decide(black_box(*recipient), black_box(message), black_box(&rules)), Decision::Permit(_))
    };
    recipients.iter().filter(permitted).count()
}
