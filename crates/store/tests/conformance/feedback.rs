//! What comes back about messages.

use consent::decide::Suppressed;
use consent::{AddressId, BounceReason, Channel, Namespace, ProfileId, RunId, Timestamp};
use store::{
    FEEDBACK_MAX, Feedback, FeedbackId, FeedbackKind, Settings, StoreError, SuppressionCategory, Taken,
};

use super::support::{MAIN, World, address, feedback, row, suppressed};

const HOUR: i64 = 3_600 * 1_000_000;
const HARD: FeedbackKind = FeedbackKind::Bounced { reason: BounceReason::UserUnknown, hard: true };
const FULL: FeedbackKind = FeedbackKind::Bounced { reason: BounceReason::MailboxFull, hard: false };
const SUPPRESSED_SOFT: Taken = Taken::Suppressed(SuppressionCategory::Soft);

impl World {
    async fn take(&self, feedback: Vec<Feedback>) -> Vec<Taken> {
        self.store.take_feedback(MAIN, feedback).await.unwrap()
    }

    async fn take_one(&self, feedback: Feedback) -> Taken {
        self.take(vec![feedback]).await[0]
    }

    async fn categories(&self, value: &str) -> Vec<SuppressionCategory> {
        let entries = self.store.suppression(MAIN, &Namespace::Email, value).await.unwrap();
        entries.iter().map(|entry| entry.category).collect()
    }
}

fn after(start: Timestamp, hours: i64) -> Timestamp {
    Timestamp(start.0 + hours * HOUR)
}

pub async fn each_piece_is_taken_once(world: &World) {
    let now = world.tick();
    let hard = feedback(1, HARD, "a@example.com", now);
    let other = Feedback { kind: FeedbackKind::Complained, ..hard.clone() };
    let ids = [1, 2].map(|id| FeedbackId([id; 16])).to_vec();
    assert_eq!(world.store.feedback_known(MAIN, ids.clone()).await.unwrap(), [false, false]);
    let taken = world.take(vec![hard.clone(), other.clone()]).await;
    assert_eq!(taken, [Taken::Suppressed(SuppressionCategory::Hard), Taken::Repeated]);
    assert_eq!(world.take(vec![other, hard.clone()]).await, [Taken::Repeated; 2]);
    assert_eq!(world.store.feedback_known(MAIN, ids).await.unwrap(), [true, false]);
    assert_eq!(world.categories("a@example.com").await, [SuppressionCategory::Hard]);
    let told = world.store.feedback_of(MAIN, &address("A@example.com"), 10).await.unwrap();
    assert_eq!(told, std::slice::from_ref(&hard));
    // Elsewhere it is another one.
    let elsewhere = consent::WorkspaceId(2);
    let taken = world.store.take_feedback(elsewhere, vec![hard]).await.unwrap();
    assert_eq!(taken, [Taken::Suppressed(SuppressionCategory::Hard)]);
}

pub async fn bounces_and_complaints_suppress_at_once(world: &World) {
    let profile = world.create(row("1", "Bob@example.com")).await;
    let now = world.tick();
    let detail = format!("550 5.1.1 <bob@example.com>\r\nno such user {}", "é".repeat(300));
    let hard = Feedback { detail, ..feedback(1, HARD, "Bob@example.com", now) };
    let complaint =
        Feedback { detail: String::new(), ..feedback(2, FeedbackKind::Complained, "bob@example.com", now) };
    let unsubscribed = feedback(3, FeedbackKind::Unsubscribed, "bob@example.com", now);
    let noted = Feedback {
        address: None,
        detail: "a\0b".to_owned(),
        ..feedback(4, FeedbackKind::Noted, "x@x.example", now)
    };
    let taken = world.take(vec![unsubscribed, complaint, noted]).await;
    assert_eq!(taken, [Taken::Kept, Taken::Suppressed(SuppressionCategory::Complaint), Taken::Kept]);
    assert_eq!(world.read(profile, Channel::Email).await.recipient.suppressed, Suppressed::Complaint);
    assert_eq!(world.take_one(hard).await, Taken::Suppressed(SuppressionCategory::Hard));
    assert_eq!(world.read(profile, Channel::Email).await.recipient.suppressed, Suppressed::Address);
    let entries = world.store.suppression(MAIN, &Namespace::Email, "bob@example.com").await.unwrap();
    let words = &entries[0].reason;
    assert!(words.starts_with("userunknown: 550 5.1.1 <bob@example.com>  no such user é"), "{words}");
    assert!((199..=200).contains(&words.len()), "{words}");
    assert_eq!((entries[1].reason.as_str(), entries[1].by.as_str()), ("complaint", "dsn"));
    // Again: the entry is renewed, not another one.
    let again = feedback(9, HARD, "bob@example.com", world.tick());
    assert_eq!(world.take_one(again).await, Taken::Suppressed(SuppressionCategory::Hard));
    let entries = world.store.suppression(MAIN, &Namespace::Email, "bob@example.com").await.unwrap();
    assert_eq!((entries[0].at, entries[0].updated_at), (now, world.now()));
}

pub async fn soft_bounces_suppress_past_their_limit(world: &World) {
    let start = world.tick();
    let bounce =
        async |id: u8, hours| world.take_one(feedback(id, FULL, "a@example.com", after(start, hours))).await;
    // The second comes less than a day after the first, the last of the five makes it.
    for (id, hours) in [(1, 0), (2, 23), (3, 24), (4, 48), (5, 72)] {
        assert_eq!(bounce(id, hours).await, Taken::Kept, "{hours}");
    }
    assert_eq!(bounce(6, 96).await, SUPPRESSED_SOFT);
    assert_eq!(world.categories("a@example.com").await, [SuppressionCategory::Soft]);
    let entry = world.store.suppression(MAIN, &Namespace::Email, "a@example.com").await.unwrap().remove(0);
    assert_eq!(entry.reason, "5 soft bounces, the last: mailboxfull: said the server");
    assert_eq!(bounce(7, 97).await, Taken::Kept, "too soon to count");
    assert_eq!(bounce(8, 130).await, SUPPRESSED_SOFT, "and still is");
    // All at once, in any order, the same.
    let at_once = (10..15).rev().map(|n| feedback(n, FULL, "b@example.com", after(start, i64::from(n) * 24)));
    let taken = world.take(at_once.collect()).await;
    assert_eq!(taken, [SUPPRESSED_SOFT, Taken::Kept, Taken::Kept, Taken::Kept, Taken::Kept]);
    // Five together count once.
    let together = (20..25).map(|n| feedback(n, FULL, "c@example.com", start));
    assert_eq!(world.take(together.collect()).await, [Taken::Kept; 5]);
    assert!(world.categories("c@example.com").await.is_empty());
}

pub async fn the_limit_is_the_workspaces(world: &World) {
    let start = world.tick();
    let settings = Settings { soft_bounce_limit: Some(1), ..Settings::default() };
    world.store.update_settings(MAIN, settings.replacing()).await.unwrap();
    assert_eq!(world.take_one(feedback(1, FULL, "a@example.com", start)).await, SUPPRESSED_SOFT);
    let elsewhere = consent::WorkspaceId(2);
    let piece = feedback(1, FULL, "a@example.com", start);
    assert_eq!(world.store.take_feedback(elsewhere, vec![piece]).await.unwrap(), [Taken::Kept]);
}

pub async fn what_says_nothing_about_the_address_does_not_count(world: &World) {
    let start = world.tick();
    let settings = Settings { soft_bounce_limit: Some(1), ..Settings::default() };
    world.store.update_settings(MAIN, settings.replacing()).await.unwrap();
    for reason in BounceReason::ALL {
        let kind = FeedbackKind::Bounced { reason, hard: false };
        let who = format!("{}@example.com", reason.as_str());
        let taken = world.take_one(feedback(reason as u8, kind, &who, start)).await;
        let expected = if reason.counts_against_address() { SUPPRESSED_SOFT } else { Taken::Kept };
        assert_eq!(taken, expected, "{reason:?}");
    }
}

pub async fn a_delivery_and_a_long_silence_begin_the_count_anew(world: &World) {
    let start = world.tick();
    let settings = Settings { soft_bounce_limit: Some(2), ..Settings::default() };
    world.store.update_settings(MAIN, settings.replacing()).await.unwrap();
    let bounce =
        async |id: u8, hours| world.take_one(feedback(id, FULL, "a@example.com", after(start, hours))).await;
    let delivered =
        |id: u8, hours| feedback(id, FeedbackKind::Delivered, "A@example.com", after(start, hours));
    assert_eq!(bounce(1, 0).await, Taken::Kept);
    assert_eq!(world.take_one(delivered(2, 10)).await, Taken::Kept);
    assert_eq!(bounce(3, 30).await, Taken::Kept);
    assert_eq!(bounce(4, 5).await, Taken::Kept, "late, from before the delivery");
    assert_eq!(world.take_one(delivered(5, 20)).await, Taken::Kept, "late, from before the last bounce");
    assert_eq!(bounce(6, 60).await, SUPPRESSED_SOFT);
    assert_eq!(world.take_one(delivered(7, 61)).await, Taken::Kept);
    assert_eq!(
        world.categories("a@example.com").await,
        [SuppressionCategory::Soft],
        "which isn't lifted by it"
    );
    let silence = 91 * 24;
    assert_eq!(bounce(8, 100).await, Taken::Kept);
    assert_eq!(bounce(9, 100 + silence).await, Taken::Kept);
    assert_eq!(bounce(10, 110).await, Taken::Kept, "late, from before the silence");
    assert_eq!(bounce(11, 130 + silence).await, SUPPRESSED_SOFT);
    // A clock that is wrong by years makes nobody's later bounces late.
    let wrong = Feedback { at: after(start, 1_000_000), ..feedback(12, FULL, "w@example.com", start) };
    assert_eq!(world.take_one(wrong).await, Taken::Kept);
    let right = feedback(13, FULL, "w@example.com", after(start, 30));
    assert_eq!(world.take_one(right).await, SUPPRESSED_SOFT);
}

pub async fn feedback_is_counted_and_told(world: &World) {
    let now = world.tick();
    let (owner, run) = (Some((ProfileId(3), AddressId(4))), Some(RunId(5)));
    let pieces: Vec<Feedback> = [FULL, HARD, FULL, FeedbackKind::Delivered, FeedbackKind::Complained]
        .into_iter()
        .enumerate()
        .map(|(n, kind)| {
            let at = Timestamp(now.0 + n as i64);
            let piece = feedback(n as u8, kind, "Bob@example.com", at);
            Feedback { owner, run: if n < 4 { run } else { None }, received_at: world.now(), ..piece }
        })
        .collect();
    world.take(pieces.clone()).await;
    let mut newest = pieces.clone();
    newest.reverse();
    let bob = address("bob@example.com");
    assert_eq!(world.store.feedback_of(MAIN, &bob, 10).await.unwrap(), newest);
    assert_eq!(world.store.feedback_of(MAIN, &bob, 2).await.unwrap(), newest[..2]);
    assert!(world.store.feedback_of(MAIN, &address("+4930123456"), 2).await.unwrap().is_empty());
    let counts = async |run| {
        let counts = world.store.feedback_counts(MAIN, run).await.unwrap();
        counts.into_iter().map(|count| (count.kind, count.count)).collect::<Vec<_>>()
    };
    let of_run = [(FeedbackKind::Delivered, 1), (HARD, 1), (FULL, 2)];
    assert_eq!(counts(run).await, of_run);
    assert_eq!(counts(None).await, [of_run.as_slice(), &[(FeedbackKind::Complained, 1)]].concat());
    assert!(counts(Some(RunId(6))).await.is_empty());
}

pub async fn feedback_that_cannot_be_kept_is_refused_and_all_with_it(world: &World) {
    let now = world.tick();
    let fine = feedback(1, HARD, "a@example.com", now);
    for wrong in [
        Feedback { address: None, ..feedback(2, HARD, "a@example.com", now) },
        Feedback { source: "x".repeat(65), ..fine.clone() },
        Feedback { source: "two\nlines".to_owned(), ..fine.clone() },
        Feedback { detail: "x".repeat(Feedback::DETAIL_LENGTH_MAX + 1), ..fine.clone() },
    ] {
        let refused = world.store.take_feedback(MAIN, vec![fine.clone(), wrong]).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    let many = vec![fine.clone(); FEEDBACK_MAX + 1];
    assert!(matches!(world.store.take_feedback(MAIN, many).await, Err(StoreError::Invalid(_))));
    assert_eq!(world.store.feedback_known(MAIN, vec![fine.id]).await.unwrap(), [false]);
    assert!(world.categories("a@example.com").await.is_empty());
    // At the limits, with as long a detail as there may be.
    let largest = |n: usize| Feedback {
        id: FeedbackId((n as u128).to_be_bytes()),
        detail: "x".repeat(if n == 0 { Feedback::DETAIL_LENGTH_MAX } else { 10 }),
        ..feedback(0, HARD, &format!("p{n}@example.com"), now)
    };
    let taken = world.take((0..FEEDBACK_MAX).map(largest).collect()).await;
    assert_eq!(taken, vec![Taken::Suppressed(SuppressionCategory::Hard); FEEDBACK_MAX]);
    assert_eq!(world.store.suppress(MAIN, vec![suppressed("p1@example.com", now)]).await.unwrap(), [true]);
}
