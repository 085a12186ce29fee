//! Both engines do the same: random requests, one after the other, on SQLite and on PostgreSQL.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::acts::{Act, Side, any_act};
use super::{sqlite_world, world};

/// Sequences that are tried.
const CASES: u32 = 30;
/// Requests of a sequence.
const STEPS: usize = 20;

/// Goes through `acts` on both engines; what differs first is the error.
async fn compare(acts: &[Act], lists: usize) -> Result<(), TestCaseError> {
    let mut sides = [Side::new(sqlite_world(), lists).await, Side::new(world(), lists).await];
    for (step, act) in acts.iter().enumerate() {
        let mut told = Vec::new();
        for side in &mut sides {
            let answer = match side.request(act, step).await {
                Some(request) => {
                    let answer = side.ask(request).await;
                    side.told(answer)
                }
                None => String::new(),
            };
            told.push((answer, side.seen().await));
        }
        prop_assert_eq!(&told[0].0, &told[1].0, "answers to step {}: {:?}", step, act);
        prop_assert_eq!(&told[0].1, &told[1].1, "after step {}: {:?}", step, act);
    }
    for side in &sides {
        prop_assert_eq!(side.world.store.check().await.unwrap(), Vec::<String>::new());
    }
    Ok(())
}

#[test]
fn engines_do_the_same() {
    let config = ProptestConfig { cases: CASES, max_shrink_iters: 20, ..ProptestConfig::default() };
    let acts = (proptest::collection::vec(any_act(), STEPS), 1..=2usize);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    TestRunner::new(config)
        .run(&acts, |(acts, lists)| runtime.block_on(compare(&acts, lists)))
        .unwrap_or_else(|error| panic!("{error}"));
}
