//! Takes people from a run's audience and from what is due, decides, claims, and gives the messages to the workers.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use consent::{AddressId, Pace, ProfileId};
use roaring::RoaringTreemap;
use store::{Claimed, Due, NewClaim, PacedSend, Part, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::settle::Tally;
use super::{ClaimProgress, Health, Job, OpenClaim, Pipeline};
use crate::audience;
use crate::error::DeliveryError;
use crate::gate::{Decided, Permit};
use crate::standing::SOON;

/// Most profiles decided at once, where many are excluded.
const LOOK_MAX: usize = 64;
/// Most due messages read at once.
const DUE_MAX: usize = 512;
/// How often messages that became due are looked for while the audience isn't through, and waited for afterwards.
const DUE_EVERY: Duration = Duration::from_millis(500);
const WAIT_STEP: Duration = Duration::from_millis(100);

/// Takes batches from a part of the audience and from what is due in it, until there are none.
pub(crate) struct Driver<'a> {
    pub(crate) pipeline: &'a Pipeline,
    /// The part, with its cursor as it was when it was taken.
    pub(crate) part: Part,
    /// Whether every member of the part has been claimed.
    pub(crate) walked: bool,
    /// Messages that are due and not claimed. Nobody else can claim them.
    pub(crate) due: VecDeque<Due>,
    pub(crate) in_hand: Arc<Semaphore>,
    /// Permits that the semaphore has, given out ones included.
    pub(crate) size: usize,
    /// Profiles to decide at once: more than there is room for where many are excluded.
    pub(crate) look: usize,
    /// Profiles taken from the audience and not claimed.
    pub(crate) ahead: VecDeque<ProfileId>,
    pub(crate) jobs: mpsc::UnboundedSender<Job>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) health: &'a Health,
    pub(crate) stop: watch::Receiver<bool>,
}

impl Driver<'_> {
    fn ends(&self) -> bool {
        self.health.is_halted() || *self.stop.borrow()
    }

    pub(crate) async fn drive(
        &mut self,
        audience: &RoaringTreemap,
        wait: bool,
    ) -> Result<bool, DeliveryError> {
        let gate = &self.pipeline.gate;
        let mut rest = audience.iter();
        rest.advance_to(audience::id(self.part.position()) + 1);
        let until = audience::id(self.part.until);
        let mut rest = rest.take_while(|id| *id <= until).peekable();
        let mut looked = gate.clock.monotonic();
        let mut due_possible = true;
        while !self.ends() {
            let Some((hand, room)) = self.room().await else { break };
            if due_possible {
                let due = self.next_due(room).await?;
                if !due.is_empty() {
                    self.retry(due, hand).await?;
                    continue;
                }
                looked = gate.clock.monotonic();
            }
            let look = self.look.max(room);
            while self.ahead.len() < look
                && let Some(next) = rest.next()
            {
                self.ahead.push_back(audience::profile(next));
            }
            let batch: Vec<ProfileId> = self.ahead.drain(..look.min(self.ahead.len())).collect();
            if batch.is_empty() && self.walked {
                drop(hand);
                if self.is_through(wait).await? {
                    return Ok(!self.ends());
                }
                due_possible = true;
                continue;
            }
            let last = self.ahead.is_empty() && rest.peek().is_none();
            self.first(batch, last, hand).await?;
            due_possible = gate.clock.monotonic().saturating_sub(looked) >= DUE_EVERY;
        }
        Ok(false)
    }

    /// The next messages that are due, at most `room`.
    async fn next_due(&mut self, room: usize) -> Result<Vec<Due>, StoreError> {
        let gate = &self.pipeline.gate;
        if self.due.is_empty() {
            let (run, now) = (self.pipeline.run, gate.clock.now());
            self.due = gate.store.due(gate.workspace, run, self.part, now, DUE_MAX.max(room)).await?.into();
        }
        Ok(self.due.drain(..room.min(self.due.len())).collect())
    }

    /// Fits the semaphore to the window: what is in hand already stays so.
    fn resize(&mut self) {
        let target = self.pipeline.window.size();
        if target > self.size {
            self.in_hand.add_permits(target - self.size);
            self.size = target;
        } else {
            self.size -= self.in_hand.forget_permits(self.size - target);
        }
    }

    /// Waits for room in hand; takes what there is, up to a claim's worth.
    async fn room(&mut self) -> Option<(OwnedSemaphorePermit, usize)> {
        let mut halt = self.health.halt.subscribe();
        let mut hand = loop {
            self.resize();
            let hand = tokio::select! {
                hand = Arc::clone(&self.in_hand).acquire_owned() => hand.ok()?,
                _ = halt.wait_for(|halted| *halted) => return None,
                () = stopped(&mut self.stop) => return None,
            };
            self.resize();
            if self.size <= self.pipeline.window.size() {
                break hand;
            }
            // The window has shrunk, and what came back is too much by now.
            hand.forget();
            self.size -= 1;
        };
        let more = self.in_hand.available_permits().min(self.pipeline.window.claim() - 1);
        if more > 0
            && let Ok(more) =
                Arc::clone(&self.in_hand).try_acquire_many_owned(u32::try_from(more).unwrap_or(0))
        {
            hand.merge(more);
        }
        let room = hand.num_permits();
        Some((hand, room))
    }

    /// Everything in hand is settled and nothing waits, or only what isn't waited for. Otherwise waits a little.
    async fn is_through(&mut self, wait: bool) -> Result<bool, DeliveryError> {
        let mut halt = self.health.halt.subscribe();
        let all = u32::try_from(self.size).unwrap_or(u32::MAX);
        tokio::select! {
            all = self.in_hand.acquire_many(all) => drop(all),
            _ = halt.wait_for(|halted| *halted) => return Ok(true),
        }
        let gate = &self.pipeline.gate;
        let Some(next) = gate.store.next_due(gate.workspace, self.pipeline.run, Some(self.part)).await?
        else {
            return Ok(true);
        };
        let now = gate.clock.now();
        let soon = self.pipeline.standing.waits() && next.since(now) <= SOON;
        if next > now && !wait && !soon {
            return Ok(true);
        }
        if next > now {
            let step = next.since(now).min(WAIT_STEP);
            tokio::select! {
                () = self.health.pause(step) => {}
                () = stopped(&mut self.stop) => {}
            }
        }
        Ok(self.ends())
    }

    /// Decides for a batch of the audience and claims it. After the `last` one the part is walked.
    async fn first(
        &mut self,
        batch: Vec<ProfileId>,
        last: bool,
        hand: OwnedSemaphorePermit,
    ) -> Result<(), DeliveryError> {
        let room = hand.num_permits();
        let mut decided =
            if batch.is_empty() { Decided::default() } else { self.decide(batch.clone()).await? };
        // Whoever is behind the last one that there is room for comes again.
        let fits = match decided.permits.get(room) {
            Some(first) => batch.partition_point(|profile| *profile < first.profile),
            None => batch.len(),
        };
        let (batch, behind) = batch.split_at(fits);
        if behind.is_empty() {
            let few = decided.permits.len() < room;
            self.look = if few { (batch.len() * 2).min(LOOK_MAX) } else { batch.len() };
        } else {
            self.look = fits;
            let end = batch.last();
            decided.permits.truncate(room);
            decided.deferred.retain(|wait| Some(&wait.profile) <= end);
            decided.excluded.retain(|(profile, _)| Some(profile) <= end);
            behind.iter().rev().for_each(|profile| self.ahead.push_front(*profile));
        }
        let last = last && behind.is_empty();
        let cursor = if last { Some(self.part.until) } else { batch.last().copied() };
        let permits = std::mem::take(&mut decided.permits).into_iter().map(|permit| (permit, 0)).collect();
        self.claim(permits, decided, cursor, hand).await?;
        self.walked |= last;
        Ok(())
    }

    /// Decides for a batch of the audience, each at the address at which they are meant; the answers by profile.
    async fn decide(&self, batch: Vec<ProfileId>) -> Result<Decided, StoreError> {
        let mut decided = Decided::default();
        for (profiles, addresses) in self.pipeline.listed.split(batch) {
            let some = self.pipeline.gate.decide(profiles, addresses).await?;
            decided.permits.extend(some.permits);
            decided.deferred.extend(some.deferred);
            decided.excluded.extend(some.excluded);
        }
        decided.permits.sort_unstable_by_key(|permit| permit.profile);
        Ok(decided)
    }

    async fn retry(&mut self, due: Vec<Due>, hand: OwnedSemaphorePermit) -> Result<(), DeliveryError> {
        let profiles = due.iter().map(|due| due.profile).collect();
        let addresses: Vec<AddressId> = due.iter().map(|due| due.address).collect();
        let mut decided = self.pipeline.gate.decide(profiles, Some(addresses)).await?;
        let attempts = |profile| due.iter().find(|due| due.profile == profile).map_or(0, |due| due.attempts);
        let permits = std::mem::take(&mut decided.permits)
            .into_iter()
            .map(|permit| {
                let made = attempts(permit.profile);
                (permit, made)
            })
            .collect();
        self.claim(permits, decided, None, hand).await
    }

    /// Makes the claim durable, with those `withheld`, then gives its messages to the workers.
    async fn claim(
        &mut self,
        mut permits: Vec<(Permit, u32)>,
        withheld: Decided,
        cursor: Option<ProfileId>,
        mut hand: OwnedSemaphorePermit,
    ) -> Result<(), DeliveryError> {
        let gate = &self.pipeline.gate;
        let send = |(permit, _): &(Permit, u32)| {
            let Permit { profile, pace, .. } = *permit;
            (pace != Pace::AsItComes).then_some(PacedSend { profile, channel: gate.channel, pace })
        };
        let claim = NewClaim {
            run: self.pipeline.run,
            part: self.part.reference(),
            permitted: permits.iter().map(|(permit, _)| (permit.profile, permit.person.address())).collect(),
            paced: permits.iter().filter_map(send).collect(),
            deferred: withheld.deferred,
            excluded: withheld.excluded,
            cursor,
            at: gate.clock.now(),
        };
        let (deferred, excluded) = (claim.deferred.len(), claim.excluded.len());
        let Claimed { id, capped } = gate.store.claim(gate.workspace, claim).await?;
        permits.retain(|(permit, _)| !capped.contains(&permit.profile));
        self.tally.add_deferred(deferred);
        self.tally.excluded.fetch_add((excluded + capped.len()) as u64, Ordering::Relaxed);
        // Room for those who are excluded is given back at once.
        let spare = hand.num_permits().saturating_sub(permits.len());
        drop(hand.split(spare));
        if permits.is_empty() {
            self.tally.show(&*gate.clock);
            return Ok(());
        }
        let progress = ClaimProgress {
            left: permits.len(),
            outcomes: Vec::with_capacity(permits.len()),
            deferred: Vec::new(),
            excluded: Vec::new(),
            in_hand: Some(hand),
        };
        self.pipeline.handed().insert(id);
        let claim = Arc::new(OpenClaim { id, progress: Mutex::new(progress) });
        for (permit, attempts) in permits {
            // The workers listen for as long as this end is open.
            let _ = self.jobs.send(Job { permit, attempts, claim: Arc::clone(&claim) });
        }
        Ok(())
    }
}

/// Waits until the run is to stop; for good when nobody can say so any more.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
