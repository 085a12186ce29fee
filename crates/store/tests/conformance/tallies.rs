//! What is counted for limits that all nodes share.

use std::time::Duration;

use consent::{Timestamp, WorkspaceId};
use store::{NoticeKind, NoticeOutcome, Quota, Spent, StoreError};

use super::notices::{LIMITS, notice};
use super::support::{MAIN, World};

const HOUR: i64 = 3_600 * 1_000_000;
const DAY: i64 = 24 * HOUR;

fn an_hour(key: &str, at_most: u32) -> Quota {
    Quota { key: key.to_owned(), at_most, within: Duration::from_hours(1) }
}

impl World {
    async fn spend(&self, quotas: &[Quota], now: Timestamp) -> Spent {
        self.store.spend(MAIN, None, quotas.to_vec(), now).await.unwrap()
    }
}

pub async fn a_quota_is_used_up_and_comes_back(world: &World) {
    let start = world.tick();
    let at = |by: i64| Timestamp(start.0 + by);
    let quotas = [an_hour("a", 2), Quota::a_day("a", 3)];
    assert_eq!(world.spend(&quotas, start).await, Spent::Within);
    assert_eq!(world.spend(&quotas, at(1)).await, Spent::Within);
    assert_eq!(world.spend(&quotas, at(2)).await, Spent::Over(0));
    // To the microsecond; and what was refused wasn't counted.
    assert_eq!(world.spend(&quotas, at(HOUR - 1)).await, Spent::Over(0));
    assert_eq!(world.spend(&quotas, at(HOUR)).await, Spent::Within);
    assert_eq!(world.spend(&quotas, at(3 * HOUR)).await, Spent::Over(1));
    assert_eq!(world.spend(&quotas, at(DAY)).await, Spent::Within, "the first is a day old");
    // A clock that was put back makes no room.
    assert_eq!(world.spend(&quotas, at(3)).await, Spent::Over(0));
    let told = world.store.spent(MAIN, quotas.to_vec(), at(DAY)).await.unwrap();
    assert_eq!(told, [1, 3]);
    assert_eq!(world.store.spent(WorkspaceId(2), quotas.to_vec(), at(DAY)).await.unwrap(), [0, 0]);
}

pub async fn something_counts_everywhere_or_nowhere(world: &World) {
    let now = world.tick();
    let both = [Quota::a_day("wide", 3), Quota::a_day("narrow", 1)];
    assert_eq!(world.spend(&both, now).await, Spent::Within);
    for _ in 0..5 {
        assert_eq!(world.spend(&both, now).await, Spent::Over(1));
    }
    assert_eq!(world.store.spent(MAIN, both.to_vec(), now).await.unwrap(), [1, 1]);
    assert_eq!(world.spend(&[Quota::a_day("never", 0)], now).await, Spent::Over(0));
    assert_eq!(world.spend(&[], now).await, Spent::Within);
    let long = Quota { within: Duration::from_hours(25), ..Quota::a_day("a", 1) };
    for refused in [vec![long], vec![Quota::a_day("a", 1); Quota::AT_ONCE_MAX + 1]] {
        let answer = world.store.spend(MAIN, None, refused, now).await;
        assert!(matches!(answer, Err(StoreError::Invalid(_))), "{answer:?}");
    }
}

/// Trying again isn't sending again.
pub async fn a_notice_counts_once_however_often_it_is_tried(world: &World) {
    let start = world.tick();
    let quotas = [Quota::a_day("mailbox", 1)];
    let asked = notice("a@example.com", start);
    world.store.ask_notice(MAIN, asked.clone(), LIMITS).await.unwrap();
    let mut now = start;
    for _ in 0..2 {
        let taken = world.take_notices(now, 9).await.remove(0);
        let spent = world.store.spend(MAIN, Some(taken.id), quotas.to_vec(), now).await.unwrap();
        assert_eq!((spent, taken.kind), (Spent::Within, NoticeKind::Choices));
        now = Timestamp(now.0 + HOUR);
    }
    let taken = world.take_notices(now, 9).await.remove(0);
    assert!(world.store.notice_done(MAIN, taken.id, NoticeOutcome::Sent).await.unwrap());
    // Asked for anew, it is another.
    let asked = store::NewNotice { at: now, ..asked };
    world.store.ask_notice(MAIN, asked, LIMITS).await.unwrap();
    let taken = world.take_notices(now, 9).await.remove(0);
    let spent = world.store.spend(MAIN, Some(taken.id), quotas.to_vec(), now).await.unwrap();
    assert_eq!(spent, Spent::Over(0));
}
