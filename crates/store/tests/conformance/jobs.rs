//! Work in the background: leased to one worker at a time, once for its intent.

use std::time::Duration;

use consent::{JobId, Timestamp, WorkspaceId};
use store::{
    Enqueued, Job, JobCancelled, JobEnd, JobFilter, JobState, JobStep, JobsKept, JobsWanted, NewJob, Renewed,
    Repeat, StoreError,
};

use super::support::{MAIN, World};

const SECOND: i64 = 1_000_000;
const LEASE: Duration = Duration::from_mins(1);

/// A job of a kind, due at once.
pub fn new(kind: &str, key: &str, at: Timestamp) -> NewJob {
    NewJob {
        kind: kind.to_owned(),
        key: key.to_owned(),
        payload: format!("{{\"version\":1,\"of\":\"{key}\"}}"),
        due_at: at,
        actor: "cli:ada".to_owned(),
        at,
        repeat: Repeat::Never,
    }
}

pub fn later(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp(at.0 + seconds * SECOND)
}

pub fn wanted(kind: &str, at_most: usize) -> Vec<JobsWanted> {
    vec![JobsWanted { kind: kind.to_owned(), at_most, attempts_max: 3 }]
}

impl World {
    /// Takes jobs of a kind of the store's own.
    pub async fn take_kind(&self, kind: &str, at: Timestamp, at_most: usize) -> Vec<Job> {
        let lease = Duration::from_mins(5);
        self.store.lease_jobs(MAIN, "n1", wanted(kind, at_most), lease, at).await.unwrap()
    }

    async fn queue(&self, job: NewJob) -> JobId {
        match self.store.enqueue_job(MAIN, job).await.unwrap() {
            Enqueued::New(id) => id,
            other => panic!("{other:?}"),
        }
    }

    async fn lease(&self, owner: &str, at: Timestamp) -> Vec<Job> {
        self.store.lease_jobs(MAIN, owner, wanted("mend", 10), LEASE, at).await.unwrap()
    }

    async fn lease_one(&self, owner: &str, at: Timestamp) -> Job {
        let mut jobs = self.lease(owner, at).await;
        assert_eq!(jobs.len(), 1, "{jobs:?}");
        jobs.remove(0)
    }

    async fn see(&self, id: JobId) -> Job {
        self.store.job(MAIN, id).await.unwrap().unwrap()
    }

    async fn end(&self, job: &Job, end: JobEnd, at: Timestamp) -> bool {
        self.store.end_job(MAIN, job.lease, end, at).await.unwrap()
    }
}

pub async fn one_intent_is_queued_once(world: &World) {
    let at = world.tick();
    let id = world.queue(new("mend", "a", at)).await;
    assert_eq!(id, JobId::of(MAIN, "mend", "a"));
    let enqueue = async |job: NewJob| world.store.enqueue_job(MAIN, job).await.unwrap();
    for repeat in [Repeat::Never, Repeat::WhenOver] {
        assert_eq!(enqueue(NewJob { repeat, ..new("mend", "a", at) }).await, Enqueued::Open(id));
    }
    // Another kind, another key, another workspace.
    world.queue(new("paint", "a", at)).await;
    world.queue(new("mend", "b", at)).await;
    let elsewhere = world.store.enqueue_job(WorkspaceId(2), new("mend", "a", at)).await.unwrap();
    assert_eq!(elsewhere, Enqueued::New(JobId::of(WorkspaceId(2), "mend", "a")));
    assert!(world.store.job(WorkspaceId(2), id).await.unwrap().is_none());
    // One that waits is begun anew where that is asked for, one that is held never is.
    let anew = NewJob { payload: "2".to_owned(), repeat: Repeat::WhenIdle, ..new("mend", "a", later(at, 1)) };
    assert_eq!(enqueue(anew.clone()).await, Enqueued::New(id));
    let taken = world.lease("n1", later(at, 1)).await;
    let taken = taken.into_iter().find(|job| job.id == id).unwrap();
    assert_eq!((taken.payload.as_str(), taken.attempts), ("2", 1));
    assert_eq!(enqueue(NewJob { at: later(at, 2), ..anew.clone() }).await, Enqueued::Open(id));
    // Nor is one done again that has ended, unless that is asked for.
    assert!(world.end(&taken, JobEnd::Done("3".to_owned()), later(at, 3)).await);
    assert_eq!(enqueue(new("mend", "a", later(at, 4))).await, Enqueued::Over(id, JobState::Done));
    assert!(world.lease("n1", later(at, 4)).await.is_empty());
    let again = NewJob { repeat: Repeat::WhenOver, ..new("mend", "a", later(at, 5)) };
    assert_eq!(enqueue(again).await, Enqueued::New(id));
    let again = world.lease_one("n1", later(at, 5)).await;
    assert_eq!((again.attempts, again.result, again.ended_at), (1, None, None));
    // Whoever had it before has it no more.
    assert!(!world.end(&taken, JobEnd::Done("4".to_owned()), later(at, 6)).await);
}

pub async fn jobs_are_taken_by_one_worker_when_they_are_due(world: &World) {
    let at = world.tick();
    let first = world.queue(NewJob { due_at: later(at, 10), ..new("mend", "first", at) }).await;
    let second = world.queue(NewJob { due_at: later(at, 20), ..new("mend", "second", at) }).await;
    let due = async |at| world.store.jobs_due(MAIN, vec!["mend".to_owned()], at).await.unwrap();
    assert!(!due(later(at, 9)).await);
    assert!(world.lease("n1", later(at, 9)).await.is_empty());
    assert!(due(later(at, 10)).await);
    assert!(!world.store.jobs_due(MAIN, vec!["paint".to_owned()], later(at, 99)).await.unwrap());
    let taken = world.lease_one("n1", later(at, 10)).await;
    assert_eq!((taken.id, taken.state, taken.owner.as_deref()), (first, JobState::Running, Some("n1")));
    assert_eq!(taken.due_at, later(at, 70), "until when it is leased");
    assert_eq!(taken, world.see(first).await);
    assert!(world.lease("n2", later(at, 11)).await.is_empty());
    assert!(world.store.lease_job(MAIN, "n2", first, LEASE, later(at, 11)).await.unwrap().is_none());
    // Those that are due the longest come first.
    let one = world.store.lease_jobs(MAIN, "n2", wanted("mend", 1), LEASE, later(at, 90)).await.unwrap();
    assert_eq!(one[0].id, second);
    assert!(
        world.store.lease_jobs(MAIN, "n2", wanted("mend", 0), LEASE, later(at, 90)).await.unwrap().is_empty()
    );
}

pub async fn workers_that_race_get_different_jobs(world: &World) {
    const JOBS: usize = 60;
    let at = world.tick();
    for n in 0..JOBS {
        world.queue(new("mend", &n.to_string(), at)).await;
    }
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let (store, owner) = (world.store.clone(), format!("n{n}"));
            tokio::spawn(async move {
                let mut taken = Vec::new();
                loop {
                    match store.lease_jobs(MAIN, &owner, wanted("mend", 3), LEASE, at).await {
                        Err(StoreError::Conflict) => {}
                        Ok(jobs) if jobs.is_empty() => return taken,
                        jobs => taken.extend(jobs.unwrap().into_iter().map(|job| (job.id, job.attempts))),
                    }
                }
            })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.unwrap());
    }
    assert!(taken.iter().all(|(_, attempts)| *attempts == 1), "{taken:?}");
    assert_eq!(taken.len(), JOBS);
    assert_eq!(taken.into_iter().collect::<std::collections::HashMap<_, _>>().len(), JOBS);
}

pub async fn a_worker_that_dies_loses_its_job_and_a_late_word_counts_for_nothing(world: &World) {
    let at = world.tick();
    let id = world.queue(new("mend", "a", at)).await;
    let first = world.lease_one("n1", at).await;
    let step = |more| JobStep { more, total: 9, unit: "things" };
    let renew = async |job: &Job, more, until| {
        world.store.renew_job(MAIN, job.lease, step(more), until).await.unwrap()
    };
    assert_eq!(renew(&first, 4, later(at, 100)).await, Renewed::Held);
    assert_eq!(renew(&first, 1, later(at, 120)).await, Renewed::Held);
    let seen = world.see(id).await;
    assert_eq!((seen.done, seen.total, seen.unit.as_str()), (5, 9, "things"));
    assert!(world.lease("n2", later(at, 119)).await.is_empty(), "it was renewed");
    let second = world.lease_one("n2", later(at, 120)).await;
    assert_eq!((second.attempts, second.done), (2, 0), "counted from the start");
    // The first lives after all.
    assert_eq!(renew(&first, 1, later(at, 999)).await, Renewed::Lost);
    assert!(!world.end(&first, JobEnd::Done("1".to_owned()), later(at, 121)).await);
    assert!(!world.store.note_job(MAIN, first.lease, "1".to_owned()).await.unwrap());
    assert_eq!(world.see(id).await, second, "nothing changed");
    // Whoever helps tells its part.
    world.store.advance_job(MAIN, id, 3).await.unwrap();
    assert_eq!(world.see(id).await.done, 3);
    // What is noted is there for whoever takes it next.
    assert!(world.store.note_job(MAIN, second.lease, "\"half\"".to_owned()).await.unwrap());
    let third = world.lease_one("n3", later(at, 999)).await;
    assert_eq!((third.attempts, third.result.as_deref()), (3, Some("\"half\"")));
    // Three workers were never heard of again: it isn't given to a fourth.
    assert!(world.lease("n4", later(at, 9_999)).await.is_empty());
    let dead = world.see(id).await;
    assert_eq!((dead.state, dead.owner), (JobState::Dead, None));
    assert!(dead.error.unwrap().contains("nothing was heard"));
    assert!(!world.end(&third, JobEnd::Done("1".to_owned()), later(at, 9_999)).await);
}

pub async fn what_fails_is_tried_again_and_what_waits_makes_no_attempt(world: &World) {
    let at = world.tick();
    let id = world.queue(new("mend", "a", at)).await;
    for n in 1..=5 {
        let job = world.lease_one("n1", later(at, n * 10)).await;
        assert_eq!(job.attempts, 1);
        let end = JobEnd::Later(later(at, n * 10 + 5), Some("rain".to_owned()));
        assert!(world.end(&job, end, later(at, n * 10)).await);
        assert!(world.lease("n1", later(at, n * 10 + 4)).await.is_empty());
    }
    let waits = world.see(id).await;
    assert_eq!((waits.state, waits.attempts, waits.error.as_deref()), (JobState::Queued, 0, Some("rain")));
    let job = world.lease_one("n1", later(at, 100)).await;
    assert!(world.end(&job, JobEnd::Failed("storm".to_owned(), Some(later(at, 200))), later(at, 101)).await);
    let failed = world.see(id).await;
    assert_eq!(
        (failed.state, failed.attempts, failed.error.as_deref()),
        (JobState::Failed, 1, Some("storm"))
    );
    assert!(world.lease("n1", later(at, 199)).await.is_empty());
    let job = world.lease_one("n1", later(at, 200)).await;
    assert_eq!(job.attempts, 2);
    assert!(world.end(&job, JobEnd::Failed("flood".to_owned(), None), later(at, 201)).await);
    let dead = world.see(id).await;
    assert_eq!((dead.state, dead.ended_at), (JobState::Dead, Some(later(at, 201))));
    assert!(world.lease("n1", later(at, 9_999)).await.is_empty());
    // By hand it is begun anew.
    let retry = async |id, at| world.store.retry_job(MAIN, id, at).await.unwrap();
    assert_eq!(retry(id, later(at, 300)).await, Some(JobState::Dead));
    let job = world.lease_one("n1", later(at, 300)).await;
    assert_eq!(job.attempts, 1);
    assert_eq!(retry(id, later(at, 301)).await, Some(JobState::Running));
    assert!(world.end(&job, JobEnd::Done("1".to_owned()), later(at, 302)).await);
    assert_eq!(retry(id, later(at, 303)).await, Some(JobState::Done));
    assert_eq!(world.see(id).await.state, JobState::Done, "what is done isn't done again");
    assert_eq!(retry(JobId(1), at).await, None);
}

pub async fn a_job_is_cancelled_at_once_or_by_its_worker(world: &World) {
    let at = world.tick();
    let cancel = async |id, at| world.store.cancel_job(MAIN, id, at).await.unwrap();
    let id = world.queue(new("mend", "waits", at)).await;
    assert_eq!(cancel(id, at).await, Some(JobCancelled::Now));
    assert!(world.lease("n1", at).await.is_empty());
    assert_eq!(cancel(id, at).await, Some(JobCancelled::Over(JobState::Cancelled)));
    // A worker is told when it renews.
    let id = world.queue(new("mend", "runs", at)).await;
    let job = world.lease_one("n1", at).await;
    assert_eq!(cancel(id, later(at, 1)).await, Some(JobCancelled::Asked));
    let renewed = world.store.renew_job(MAIN, job.lease, JobStep::default(), later(at, 60)).await.unwrap();
    assert_eq!(renewed, Renewed::Cancelled);
    assert!(world.end(&job, JobEnd::Cancelled(None), later(at, 2)).await);
    assert_eq!(world.see(id).await.state, JobState::Cancelled);
    // One that was done before it heard of that is done, one that would have gone on is cancelled.
    for (key, end, state) in [
        ("done", JobEnd::Done("1".to_owned()), JobState::Done),
        ("later", JobEnd::Later(at, None), JobState::Cancelled),
        ("failed", JobEnd::Failed("x".to_owned(), Some(at)), JobState::Cancelled),
    ] {
        let id = world.queue(new("mend", key, at)).await;
        let job = world.lease_one("n1", at).await;
        assert_eq!(cancel(id, at).await, Some(JobCancelled::Asked), "{key}");
        assert!(world.end(&job, end, later(at, 3)).await, "{key}");
        assert_eq!(world.see(id).await.state, state, "{key}");
    }
    // One whose worker died after it was asked isn't begun once more.
    let id = world.queue(new("mend", "died", at)).await;
    world.lease_one("n1", at).await;
    assert_eq!(cancel(id, at).await, Some(JobCancelled::Asked));
    assert!(world.lease("n2", later(at, 61)).await.is_empty());
    assert_eq!(world.see(id).await.state, JobState::Cancelled);
    assert_eq!(cancel(JobId(1), at).await, None);
}

pub async fn whoever_sees_the_work_done_concludes_the_job(world: &World) {
    let at = world.tick();
    let id = world.queue(new("mend", "a", at)).await;
    let job = world.lease_one("n1", at).await;
    let conclude = async || world.store.conclude_job(MAIN, id, "7".to_owned(), later(at, 1)).await.unwrap();
    assert!(conclude().await);
    assert!(!conclude().await, "once");
    let done = world.see(id).await;
    assert_eq!(
        (done.state, done.result.as_deref(), done.ended_at),
        (JobState::Done, Some("7"), Some(later(at, 1)))
    );
    assert!(!world.end(&job, JobEnd::Failed("x".to_owned(), None), later(at, 2)).await);
    assert_eq!(world.see(id).await, done);
}

/// Times are the callers'. Clocks that differ by less than what a lease leaves over don't make two work on a job, and one
/// that was far ahead holds nothing back for good.
pub async fn clocks_that_differ_hold_nothing_up(world: &World) {
    let at = world.tick();
    let id = world.queue(new("mend", "a", at)).await;
    // One node is 20 seconds behind, the other 20 ahead: a lease that is renewed holds for both.
    let behind = world.lease_one("behind", later(at, 1)).await;
    for seconds in [5, 20, 35] {
        let until = later(at, seconds - 20 + 60);
        let renewed = world.store.renew_job(MAIN, behind.lease, JobStep::default(), until).await.unwrap();
        assert_eq!(renewed, Renewed::Held);
        assert!(world.lease("ahead", later(at, seconds + 20 - 1)).await.is_empty());
    }
    assert!(world.end(&behind, JobEnd::Later(later(at, 40), None), later(at, 40)).await);
    // A clock a day ahead took it and died: a node that works says so, and the job is free.
    let ahead = world.lease_one("ahead", later(at, 86_400)).await;
    assert!(world.lease("behind", later(at, 50)).await.is_empty());
    let beat = world.store.worker_beat(MAIN, "behind", vec!["mend".to_owned()], later(at, 60), later(at, 50));
    beat.await.unwrap();
    assert_eq!(world.lease_one("behind", later(at, 50)).await.id, id);
    assert!(!world.end(&ahead, JobEnd::Done("1".to_owned()), later(at, 86_401)).await);
    // Nor does it count as a node that works.
    let far =
        world.store.worker_beat(MAIN, "far", vec!["mend".to_owned()], later(at, 90_000), later(at, 86_400));
    far.await.unwrap();
    let workers = world.store.workers(MAIN, later(at, 50)).await.unwrap();
    assert!(workers.iter().all(|worker| worker.node == "behind"), "{workers:?}");
}

pub async fn jobs_are_listed_in_pages_and_counted(world: &World) {
    let at = world.tick();
    let mut ids = Vec::new();
    for n in 0..5 {
        let kind = if n % 2 == 0 { "mend" } else { "paint" };
        ids.push(world.queue(new(kind, &n.to_string(), later(at, n))).await);
    }
    ids.reverse();
    let list = async |filter, limit| -> Vec<JobId> {
        let jobs = world.store.jobs(MAIN, filter, limit).await.unwrap();
        jobs.into_iter().map(|job| job.id).collect()
    };
    let all = JobFilter::default;
    assert_eq!(list(all(), 99).await, ids);
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = world.store.jobs(MAIN, JobFilter { after, ..all() }, 2).await.unwrap();
        let Some(end) = page.last() else { break };
        after = Some((end.created_at, end.id));
        seen.extend(page.iter().map(|job| job.id));
    }
    assert_eq!(seen, ids);
    let painting = JobFilter { kind: Some("paint".to_owned()), ..all() };
    assert_eq!(list(painting, 99).await, [ids[1], ids[3]]);
    let running = world.lease("n1", later(at, 2)).await;
    assert_eq!(running.len(), 2);
    assert!(world.end(&running[0], JobEnd::Failed("x".to_owned(), None), later(at, 9)).await);
    let in_states = |states: &[JobState]| JobFilter { states: states.to_vec(), ..all() };
    assert_eq!(list(in_states(&[JobState::Running]), 99).await, [running[1].id]);
    assert_eq!(list(in_states(&[JobState::Running, JobState::Dead]), 99).await.len(), 2);
    assert_eq!(list(in_states(&[JobState::Done]), 99).await, []);
    let of_kind = world.store.running_jobs(MAIN, "mend").await.unwrap();
    assert_eq!(of_kind.iter().map(|job| job.id).collect::<Vec<_>>(), [running[1].id]);
    let counts = world.store.job_counts(MAIN).await.unwrap();
    let told: Vec<_> = counts.iter().map(|count| (count.kind.as_str(), count.state, count.count)).collect();
    let expected = [
        ("mend", JobState::Queued, 1),
        ("mend", JobState::Running, 1),
        ("mend", JobState::Dead, 1),
        ("paint", JobState::Queued, 2),
    ];
    assert_eq!(told, expected);
    assert_eq!((counts[3].oldest, counts[3].next), (later(at, 1), later(at, 1)));
    assert_eq!(world.store.job_counts(WorkspaceId(2)).await.unwrap(), []);
}

pub async fn ended_jobs_are_forgotten_after_a_while(world: &World) {
    let at = world.tick();
    let kept = JobsKept { done: Duration::from_secs(100), dead: Duration::from_secs(1_000) };
    for (key, end) in [
        ("done", JobEnd::Done("1".to_owned())),
        ("dead", JobEnd::Failed("x".to_owned(), None)),
        ("cancelled", JobEnd::Cancelled(None)),
    ] {
        world.queue(new("mend", key, at)).await;
        let job = world.lease_one("n1", at).await;
        assert!(world.end(&job, end, at).await);
    }
    let open = world.queue(new("mend", "open", at)).await;
    let purge = async |seconds| world.store.purge_jobs(MAIN, kept, later(at, seconds)).await.unwrap();
    assert_eq!((purge(99).await, purge(100).await, purge(999).await, purge(1_000).await), (0, 2, 0, 1));
    let left = world.store.jobs(MAIN, JobFilter::default(), 99).await.unwrap();
    assert_eq!(left.iter().map(|job| job.id).collect::<Vec<_>>(), [open]);
}

pub async fn nodes_say_that_they_work_until_they_are_gone(world: &World) {
    let at = world.tick();
    let kinds = || vec!["mend".to_owned(), "paint".to_owned()];
    let workers = async |at| -> Vec<(String, String)> {
        let workers = world.store.workers(MAIN, at).await.unwrap();
        workers.into_iter().map(|worker| (worker.kind, worker.node)).collect()
    };
    world.store.worker_beat(MAIN, "n1", kinds(), later(at, 10), at).await.unwrap();
    world.store.worker_beat(MAIN, "n2", vec!["mend".to_owned()], later(at, 20), at).await.unwrap();
    let pair = |kind: &str, node: &str| (kind.to_owned(), node.to_owned());
    assert_eq!(workers(at).await, [pair("mend", "n1"), pair("mend", "n2"), pair("paint", "n1")]);
    assert_eq!(workers(later(at, 10)).await, [pair("mend", "n2")], "nothing more was heard of it");
    world.store.worker_beat(MAIN, "n1", kinds(), later(at, 30), later(at, 20)).await.unwrap();
    world.store.worker_gone(MAIN, "n1").await.unwrap();
    assert_eq!(workers(at).await, [pair("mend", "n2")]);
    assert!(world.store.workers(WorkspaceId(2), at).await.unwrap().is_empty());
}

pub async fn a_job_past_the_limits_is_refused(world: &World) {
    let at = world.tick();
    let fine = || new("mend", "a", at);
    let long = |length| "x".repeat(length);
    for bad in [
        NewJob { kind: String::new(), ..fine() },
        NewJob { kind: long(65), ..fine() },
        NewJob { key: long(256), ..fine() },
        NewJob { key: "a\nb".to_owned(), ..fine() },
        NewJob { actor: long(201), ..fine() },
        NewJob { payload: "a\0b".to_owned(), ..fine() },
        NewJob { payload: long(NewJob::PAYLOAD_BYTES_MAX + 1), ..fine() },
    ] {
        let refused = world.store.enqueue_job(MAIN, bad).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    world.queue(fine()).await;
    let job = world.lease_one("n1", at).await;
    let refused = world.store.end_job(MAIN, job.lease, JobEnd::Done(long((256 << 10) + 1)), at).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    assert_eq!(world.see(job.id).await.state, JobState::Running, "nothing changed");
}
