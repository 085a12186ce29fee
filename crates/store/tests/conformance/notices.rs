//! Notices to addresses that somebody typed.

use consent::{Address, Evidence, ListId, Namespace, Timestamp, WorkspaceId};
use store::{
    Asked, JobState, JobsKept, NOTICE_JOB, NewNotice, Notice, NoticeKind, NoticeLimits, NoticeOutcome,
    StoreError,
};

use super::support::{MAIN, World, address, row};

const MINUTE: i64 = 60 * 1_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
pub const LIMITS: NoticeLimits = NoticeLimits { waiting_max: 100 };

/// A notice of where choices are made.
pub fn notice(to: &str, at: Timestamp) -> NewNotice {
    let asked = Evidence {
        ip: Some("192.0.2.7".to_owned()),
        raw: Some(format!("{{\"page\":\"find\",\"at\":{}}}", at.0)),
        ..Evidence::default()
    };
    NewNotice {
        kind: NoticeKind::Choices,
        address: address(to),
        list: None,
        language: "de".to_owned(),
        asked,
        at,
    }
}

fn confirming(to: &str, list: i64, at: Timestamp) -> NewNotice {
    NewNotice { kind: NoticeKind::Confirm, list: Some(ListId(list)), ..notice(to, at) }
}

impl World {
    async fn ask(&self, notice: NewNotice) -> Asked {
        self.store.ask_notice(MAIN, notice, LIMITS).await.unwrap()
    }

    async fn due(&self, now: Timestamp) -> Vec<Notice> {
        self.take_notices(now, 100).await
    }

    /// Takes jobs that are due; the notices that they send.
    pub async fn take_notices(&self, now: Timestamp, at_most: usize) -> Vec<Notice> {
        let mut notices = Vec::new();
        for job in self.take_kind(NOTICE_JOB, now, at_most).await {
            let id = job.notice().unwrap();
            assert_eq!(job.key, id.intent());
            notices.extend(self.store.notice(MAIN, id).await.unwrap());
        }
        notices
    }

    async fn done(&self, notice: &Notice, outcome: NoticeOutcome) -> bool {
        self.store.notice_done(MAIN, notice.id, outcome).await.unwrap()
    }
}

fn later(at: Timestamp, by: i64) -> Timestamp {
    Timestamp(at.0 + by)
}

pub async fn a_notice_is_given_out_once(world: &World) {
    let start = world.tick();
    let push = Address::parse(&Namespace::Push, "token", None).unwrap();
    let asked = [
        notice("A@Example.com", start),
        NewNotice { language: "pt-BR".to_owned(), ..confirming("+4930123456", 7, later(start, 1)) },
        NewNotice { address: push, ..notice("x@example.com", later(start, 2)) },
    ];
    for notice in &asked {
        assert_eq!(world.ask(notice.clone()).await, Asked::Queued);
    }
    assert!(world.due(Timestamp(start.0 - 1)).await.is_empty(), "none is due yet");
    let first = world.take_notices(later(start, 9), 1).await;
    let rest = world.due(later(start, 9)).await;
    let told = |notice: &Notice| NewNotice {
        kind: notice.kind,
        address: notice.address.clone(),
        list: notice.list,
        language: notice.language.clone(),
        asked: notice.asked.clone(),
        at: notice.at,
    };
    assert_eq!(first.iter().chain(&rest).map(told).collect::<Vec<_>>(), asked);
    assert_eq!(first[0].address.raw(), "A@Example.com", "as it was typed");
    assert!(world.due(later(start, 9)).await.is_empty());
    assert!(world.store.notice(WorkspaceId(2), first[0].id).await.unwrap().is_none());
    for (notice, outcome) in first.iter().chain(&rest).zip([NoticeOutcome::Sent, NoticeOutcome::Failed]) {
        assert!(world.done(notice, outcome).await);
        assert!(!world.done(notice, outcome).await, "told already");
    }
    assert!(!world.store.notice_done(WorkspaceId(2), rest[1].id, NoticeOutcome::Sent).await.unwrap());
    // Of the third nothing was heard.
    let again = world.due(later(start, HOUR)).await;
    assert_eq!(again.iter().map(told).collect::<Vec<_>>(), asked[2..]);
}

pub async fn whoever_asks_again_gets_no_second_notice_at_once(world: &World) {
    let start = world.tick();
    assert_eq!(world.ask(notice("a@example.com", start)).await, Asked::Queued);
    // As often as one likes while it waits, in whatever spelling: it says what was asked last.
    for n in 1..9 {
        let again = NewNotice { language: "fr".to_owned(), ..notice("A@EXAMPLE.com", later(start, n)) };
        assert_eq!(world.ask(again).await, Asked::Queued);
    }
    let taken = world.due(later(start, 9)).await;
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].language.as_str(), taken[0].at), ("fr", start));
    assert_eq!(taken[0].asked, notice("a@example.com", later(start, 8)).asked);
    // Nor while it is on its way.
    assert_eq!(world.ask(notice("a@example.com", later(start, 10))).await, Asked::Queued);
    assert!(world.due(later(start, 11)).await.is_empty());
    assert!(world.done(&taken[0], NoticeOutcome::Sent).await);
    assert!(world.due(later(start, HOUR)).await.is_empty());
    // Once it is sent, the next one is another.
    assert_eq!(world.ask(notice("a@example.com", later(start, 12))).await, Asked::Queued);
    let next = world.due(later(start, 12)).await;
    assert_eq!(next.len(), 1);
    assert!(!world.done(&taken[0], NoticeOutcome::Sent).await, "an old one ends no new one");
    assert!(world.done(&next[0], NoticeOutcome::Sent).await);
}

pub async fn so_many_notices_wait_and_no_more(world: &World) {
    let start = world.tick();
    let limits = NoticeLimits { waiting_max: 2 };
    let ask = async |to: &str| world.store.ask_notice(MAIN, notice(to, start), limits).await.unwrap();
    assert_eq!(ask("a@example.com").await, Asked::Queued);
    assert_eq!(ask("b@example.com").await, Asked::Queued);
    assert_eq!(ask("c@example.com").await, Asked::Full);
    assert_eq!(ask("a@example.com").await, Asked::Queued, "it waits already");
    let taken = world.due(start).await;
    assert_eq!(ask("c@example.com").await, Asked::Full, "on their way");
    assert!(world.done(&taken[0], NoticeOutcome::Sent).await);
    assert_eq!(ask("c@example.com").await, Asked::Queued);
    assert_eq!(ask("d@example.com").await, Asked::Full);
}

pub async fn a_notice_whose_taker_died_comes_back(world: &World) {
    let start = world.tick();
    assert_eq!(world.ask(notice("a@example.com", start)).await, Asked::Queued);
    assert_eq!(world.due(start).await.len(), 1);
    assert!(world.due(later(start, 5 * MINUTE - 1)).await.is_empty());
    for n in 1..3 {
        assert_eq!(world.due(later(start, n * 5 * MINUTE)).await.len(), 1, "{n}");
    }
    // Three takers that were never heard of: whoever asks by now gets another.
    let end = later(start, 15 * MINUTE);
    assert!(world.due(end).await.is_empty());
    assert_eq!(world.ask(notice("a@example.com", end)).await, Asked::Queued);
    assert_eq!(world.due(end).await.len(), 1, "asked for anew");
}

pub async fn notices_that_nobody_sends_are_dropped(world: &World) {
    let start = world.tick();
    let kept = JobsKept { done: std::time::Duration::MAX, dead: std::time::Duration::MAX };
    assert_eq!(world.ask(notice("a@example.com", start)).await, Asked::Queued);
    assert_eq!(world.ask(notice("b@example.com", later(start, 2))).await, Asked::Queued);
    world.store.purge_jobs(MAIN, kept, later(start, DAY)).await.unwrap();
    let taken = world.due(later(start, DAY + 1)).await;
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert_eq!(taken[0].address, address("b@example.com"));
    assert_eq!(world.ask(notice("a@example.com", later(start, DAY + 1))).await, Asked::Queued, "anew");
}

pub async fn a_notice_whose_job_is_cancelled_is_dropped(world: &World) {
    let start = world.tick();
    assert_eq!(world.ask(notice("a@example.com", start)).await, Asked::Queued);
    let jobs = world.store.jobs(MAIN, store::JobFilter::default(), 9).await.unwrap();
    let [job] = &jobs[..] else { panic!("{jobs:?}") };
    assert!(!format!("{job:?}").contains("example.com"), "no job names an address");
    world.store.cancel_job(MAIN, job.id, start).await.unwrap();
    assert!(world.store.notice(MAIN, job.notice().unwrap()).await.unwrap().is_none());
    assert_eq!(world.store.retry_job(MAIN, job.id, start).await.unwrap(), Some(JobState::Cancelled));
    assert!(world.due(start).await.is_empty(), "its address is forgotten");
    assert_eq!(world.ask(notice("a@example.com", later(start, 1))).await, Asked::Queued);
    assert_eq!(world.due(later(start, 1)).await.len(), 1);
}

/// Nothing is looked up of the address: its profile, if there is one, stays as it is, and none is made.
pub async fn whether_an_address_is_known_plays_no_part(world: &World) {
    let known = world.create(row("1", "known@example.com")).await;
    world.opt_out(consent::Subject::Profile(known), super::support::email()).await;
    let (before, at) = (world.view(known).await, world.tick());
    let ask = async |to: &str, list| {
        let mut answers = Vec::new();
        for n in 0..4 {
            answers.push(world.ask(confirming(to, list, later(at, n))).await);
            for notice in world.due(later(at, n)).await {
                assert!(world.done(&notice, NoticeOutcome::Sent).await);
            }
        }
        answers
    };
    assert_eq!(ask("known@example.com", 1).await, ask("unknown@example.com", 1).await);
    assert_eq!(world.view(known).await, before);
    assert_eq!(world.store.counts(MAIN).await.unwrap().profiles, 1);
    // Nor whether the list is there.
    assert_eq!(world.ask(confirming("third@example.com", 99, at)).await, Asked::Queued);
}

pub async fn a_notice_past_the_limits_is_refused(world: &World) {
    let at = world.tick();
    let large = Evidence { raw: Some("x".repeat(NewNotice::ASKED_BYTES_MAX)), ..Evidence::default() };
    let fine = || notice("a@example.com", at);
    let invalid =
        [NewNotice { language: "de_DE".to_owned(), ..fine() }, NewNotice { asked: large, ..fine() }];
    for notice in invalid {
        let refused = world.store.ask_notice(MAIN, notice, LIMITS).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    let never = NoticeLimits { waiting_max: 0 };
    assert_eq!(world.store.ask_notice(MAIN, fine(), never).await.unwrap(), Asked::Full);
    assert!(world.due(at).await.is_empty());
}
