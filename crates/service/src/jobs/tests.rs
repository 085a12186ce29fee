//! The worker on a store of its own, with kinds that are made up.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use store::{Job, JobState, NewJob, Repeat};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::*;
use crate::testing::World;
use crate::{Actor, Fault as _, Service};

type Does = dyn Fn(&Attempt, u32) -> Result<Ended, Trouble> + Send + Sync;

/// Does what a test says, and counts.
struct Errands {
    rules: Rules,
    does: Box<Does>,
    /// Works until it is told to stop.
    lingers: bool,
    begun: AtomicU32,
    at_once: AtomicU32,
    most_at_once: AtomicU32,
    stopped: Mutex<Vec<String>>,
}

impl Errands {
    fn new(does: impl Fn(&Attempt, u32) -> Result<Ended, Trouble> + Send + Sync + 'static) -> Self {
        let retry = Retry { first: Duration::from_millis(1), longest: Duration::from_millis(2) };
        Self {
            // The clock of these tests goes on by a second whenever it is looked at.
            rules: Rules { at_once: 3, attempts_max: 3, lease: Duration::from_hours(1), retry },
            does: Box::new(does),
            lingers: false,
            begun: AtomicU32::new(0),
            at_once: AtomicU32::new(0),
            most_at_once: AtomicU32::new(0),
            stopped: Mutex::default(),
        }
    }

    fn lingering() -> Self {
        Self { lingers: true, ..Self::new(|_, _| Ok(Ended::Stopped)) }
    }
}

impl JobKind for Errands {
    fn name(&self) -> &'static str {
        "errand"
    }

    fn rules(&self) -> Rules {
        self.rules
    }

    fn work<'a>(&'a self, attempt: &'a Attempt) -> Work<'a> {
        Box::pin(async move {
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_at_once.fetch_max(now, Ordering::SeqCst);
            attempt.steps.tell(2, 5, "steps");
            if self.lingers {
                let mut stop = attempt.stop.clone();
                let _ = stop.wait_for(|stop| *stop).await;
                self.stopped.lock().unwrap().push(attempt.job.key.clone());
            } else {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            (self.does)(attempt, number)
        })
    }
}

struct Running {
    world: World,
    kind: Arc<Errands>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    fn start(kind: Errands) -> Self {
        let (world, kind) = (World::new(), Arc::new(kind));
        let (stop, stopped) = watch::channel(false);
        let worker = Worker::new(world.service.clone(), vec![Arc::clone(&kind) as Arc<dyn JobKind>]);
        let task = tokio::spawn(worker.run(stopped));
        Self { world, kind, stop, task }
    }

    fn service(&self) -> &Service {
        &self.world.service
    }

    async fn queue(&self, key: &str) -> consent::JobId {
        let at = self.service().now();
        let job = NewJob {
            kind: "errand".to_owned(),
            key: key.to_owned(),
            payload: "{}".to_owned(),
            due_at: at,
            actor: "cli:ada".to_owned(),
            at,
            repeat: Repeat::Never,
        };
        self.service().store.enqueue_job(self.service().workspace, job).await.unwrap().id()
    }

    async fn job(&self, id: consent::JobId) -> Job {
        self.service().store.job(self.service().workspace, id).await.unwrap().unwrap()
    }

    /// Waits until a job is in a state.
    async fn until(&self, id: consent::JobId, state: JobState) -> Job {
        for _ in 0..1_500 {
            let job = self.job(id).await;
            if job.state == state {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("never {state:?}: {:?}", self.job(id).await);
    }

    async fn stop(self) -> World {
        self.stop.send(true).unwrap();
        tokio::time::timeout(Duration::from_secs(20), self.task).await.unwrap().unwrap();
        self.world
    }
}

#[tokio::test]
async fn jobs_are_done_a_few_at_a_time() {
    let running =
        Running::start(Errands::new(|attempt, _| Ok(Ended::Done(json!({ "of": attempt.job.key })))));
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(running.queue(&n.to_string()).await);
    }
    for (n, id) in ids.into_iter().enumerate() {
        let job = running.until(id, JobState::Done).await;
        assert_eq!(job.result, Some(json!({ "of": n.to_string() }).to_string()));
        assert_eq!((job.done, job.total, job.unit.as_str()), (2, 5, "steps"));
    }
    assert_eq!(running.kind.begun.load(Ordering::SeqCst), 12);
    assert!((2..=3).contains(&running.kind.most_at_once.load(Ordering::SeqCst)));
    let service = running.service().clone();
    let works = async || standing::standing(&service, &Actor::System).await.unwrap().works("errand");
    let mut heard = false;
    for _ in 0..100 {
        heard = heard || works().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(heard);
    let _world = running.stop().await;
    assert!(!works().await, "it said that it is gone");
}

#[tokio::test]
async fn what_fails_is_tried_again_until_it_is_given_up() {
    let trouble = |again| Trouble { again, ..Trouble::lasting("no-luck", "no luck") };
    let running = Running::start(Errands::new(move |attempt, _| match attempt.job.key.as_str() {
        "thrice" if attempt.job.attempts == 3 => Ok(Ended::Done(Value::Null)),
        "lasting" => Err(trouble(false)),
        _ => Err(trouble(true)),
    }));
    let (thrice, never, lasting) =
        (running.queue("thrice").await, running.queue("never").await, running.queue("lasting").await);
    assert_eq!(running.until(thrice, JobState::Done).await.attempts, 3);
    assert_eq!(running.until(never, JobState::Dead).await.attempts, 3);
    let dead = running.until(lasting, JobState::Dead).await;
    assert_eq!(dead.attempts, 1);
    let shown = ShownJob::from(dead);
    assert_eq!(shown.trouble(), Some(("no-luck", "no luck")));
    let world = running.stop().await;
    // By hand it is tried again, and whatever isn't there or is done isn't.
    let World { service, actor, dir: _dir } = world;
    let again = retry::retry(&service, &actor, retry::In { job: lasting }).await.unwrap();
    assert_eq!((again.state, again.attempts), ("queued", 0));
    let refused = retry::retry(&service, &actor, retry::In { job: thrice }).await.unwrap_err();
    assert_eq!(refused.problem().code, "nothing-to-retry");
    let unknown = retry::retry(&service, &actor, retry::In { job: consent::JobId(1) }).await.unwrap_err();
    assert_eq!(unknown.problem().code, "job-not-found");
}

#[tokio::test]
async fn a_job_that_breaks_down_takes_the_worker_nowhere() {
    let running = Running::start(Errands::new(|attempt, _| {
        assert!(attempt.job.key != "panics", "as the test wants");
        Ok(Ended::Done(Value::Null))
    }));
    let broken = running.queue("panics").await;
    let fine = running.queue("fine").await;
    running.until(fine, JobState::Done).await;
    assert_eq!(running.job(broken).await.state, JobState::Running, "until its lease runs out");
    running.stop().await;
}

#[tokio::test]
async fn a_job_that_runs_is_cancelled() {
    let running = Running::start(Errands::lingering());
    let id = running.queue("long").await;
    running.until(id, JobState::Running).await;
    let (service, actor) = (running.service().clone(), running.world.actor.clone());
    let out = cancel::cancel(&service, &actor, cancel::In { job: id }).await.unwrap();
    assert!(out.job.cancelling || out.job.state == "cancelled", "{out:?}");
    running.until(id, JobState::Cancelled).await;
    assert_eq!(*running.kind.stopped.lock().unwrap(), ["long"]);
    let over = cancel::cancel(&service, &actor, cancel::In { job: id }).await.unwrap_err();
    assert_eq!(over.problem().code, "job-over");
    running.stop().await;
}

#[tokio::test]
async fn a_worker_that_stops_gives_its_jobs_back() {
    let running = Running::start(Errands::lingering());
    let id = running.queue("long").await;
    running.until(id, JobState::Running).await;
    let World { service, actor, dir: _dir } = running.stop().await;
    let shown = show::show(&service, &actor, show::In { job: id }).await.unwrap();
    assert_eq!((shown.state, shown.attempts, shown.node), ("queued", 0, None));
    // Another goes on with it at once.
    let lease = Duration::from_hours(1);
    let taken = service.store.lease_job(service.workspace, "other", id, lease, service.now()).await.unwrap();
    assert_eq!(taken.unwrap().attempts, 1);
}

#[tokio::test]
async fn whoever_loses_the_lease_stops() {
    let running = Running::start(Errands::lingering());
    let id = running.queue("long").await;
    running.until(id, JobState::Running).await;
    let (service, workspace) = (running.service().clone(), running.service().workspace);
    assert!(service.store.conclude_job(workspace, id, "7".to_owned(), service.now()).await.unwrap());
    for _ in 0..500 {
        if !running.kind.stopped.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(*running.kind.stopped.lock().unwrap(), ["long"]);
    let job = running.until(id, JobState::Done).await;
    assert_eq!(job.result.as_deref(), Some("7"), "what it says counts for nothing");
    running.stop().await;
}

#[tokio::test]
async fn jobs_come_page_by_page() {
    let running = Running::start(Errands::lingering());
    for n in 0..3 {
        running.queue(&n.to_string()).await;
    }
    let World { service, actor, dir: _dir } = running.stop().await;
    let mut asked = list::In { limit: 2, ..list::In::default() };
    let first = list::list(&service, &actor, asked.clone()).await.unwrap();
    assert_eq!(first.data.len(), 2);
    asked.cursor = first.next;
    let last = list::list(&service, &actor, asked).await.unwrap();
    assert_eq!((last.data.len(), last.next), (1, None));
    assert!(first.data[1].created_at > last.data[0].created_at);
    let wrong = list::In { cursor: Some("x".to_owned()), ..list::In::default() };
    assert_eq!(list::list(&service, &actor, wrong).await.unwrap_err().problem().code, "cursor-invalid");
}
