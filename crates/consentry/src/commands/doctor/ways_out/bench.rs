//! What every check of one configuration works with: who asks, who is asked about, and how the effect is watched.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use consent::{EntryId, Exclusion, KeyRing, Purpose, Target, Timestamp, Token};
use delivery::gate::Gate;
use delivery::selftest::{Answer, Course, Method, Url, Visit, VisitError, Visitor};
use intake::unsubscribe::Opened;
use store::Entry;

use super::progress::Progress;
use super::server::Server;
use super::subject::{Mark, State, Subject};
use super::verdict::{Verdict, Way, in_words};
use crate::context::Context;

/// How long after an answer the opt-out may take to show, before it counts as lost. Later than [`SILENCE`] it is too late.
const LOST_AFTER: Duration = Duration::from_secs(3);
/// The same after an answer that promises nothing.
const UNLIKELY_AFTER: Duration = Duration::from_millis(500);
/// Promise I1.
pub const SILENCE: Duration = Duration::from_secs(1);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Checks one configuration's ways out.
pub struct Bench<'a> {
    pub context: &'a Context,
    pub visitor: &'a Visitor,
    pub subject: &'a Subject,
    pub course: &'a Course,
    pub gate: Gate,
    pub server: &'a Server,
    pub progress: &'a Progress,
    pub seen: Mutex<Seen>,
}

/// The entries that came up so far.
#[derive(Default)]
pub struct Seen {
    /// Made by our requests.
    ours: Vec<EntryId>,
    /// Made by somebody else: security scanners that press buttons, above all.
    pub strangers: Vec<Entry>,
}

/// One attempt to opt out.
pub struct Trial {
    pub before: State,
    pub mark: Mark,
    pub target: Target,
    begun: Duration,
    begun_at: Timestamp,
}

impl Trial {
    /// Whether something at this time came after its beginning.
    pub fn began_before(&self, at: Timestamp) -> bool {
        at >= self.begun_at
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Effect {
    /// From the beginning of the request until the no was in force.
    pub after: Duration,
    /// From the answer on.
    pub since_answer: Duration,
    /// Why marketing is withheld from then on; `None` if it isn't.
    pub withheld: Option<Exclusion>,
    /// Whether there was a no before.
    pub repeated: bool,
}

impl Bench<'_> {
    /// What a browser calls itself, with the mark.
    pub fn browser(mark: &Mark) -> String {
        format!("Mozilla/5.0 (compatible; {})", mark.text)
    }

    /// Asks once.
    pub async fn ask(
        &self,
        method: Method,
        url: &Url,
        agent: &str,
        body: Option<(&str, &[u8])>,
    ) -> Result<Answer, VisitError> {
        // Each request to a server that can't be reached at all would wait in vain for as long as the first.
        if self.is_own_host(url)
            && let Err(error) = &self.server.reached
        {
            return Err(error.clone());
        }
        self.visitor.visit(&Visit { method, url, agent, body }).await
    }

    /// Whether an address is on the host of our pages.
    pub fn is_own_host(&self, url: &Url) -> bool {
        let own = Url::parse(&self.course.links.public_url).ok();
        own.is_some_and(|own| own.host() == url.host() && own.port_or_known_default() == url.port_or_known_default())
    }

    /// The token of ours in an address of our pages, for the test address.
    pub fn token_of(&self, url: &str) -> Option<Token> {
        let token = own_token(&self.context.store.key_ring(), &self.course.links.public_url, url)?;
        (token.address == self.subject.owner.address).then_some(token)
    }

    /// What a token opts out of.
    pub fn target(&self, token: Token) -> Target {
        Opened { token, owner: self.subject.owner.clone() }.target(token.level)
    }

    /// Begins an attempt.
    pub async fn begin(&self, target: Target) -> Result<Trial> {
        let (before, mark) = (self.subject.state().await?, self.subject.mark()?);
        let (begun, begun_at) = (self.context.clock.monotonic(), self.context.now());
        Ok(Trial { before, mark, target, begun, begun_at })
    }

    /// Watches for the effect of a request that has just been answered.
    pub async fn effect(&self, trial: &Trial, answer: &Result<Answer, VisitError>) -> Result<Option<Effect>> {
        let promises = answer.as_ref().is_ok_and(|answer| answer.status.as_u16() < 400);
        self.watch(trial, if promises { LOST_AFTER } else { UNLIKELY_AFTER }, PAUSE).await
    }

    /// Watches for so long.
    pub async fn watch(&self, trial: &Trial, limit: Duration, pause: Duration) -> Result<Option<Effect>> {
        let clock = &self.context.clock;
        let answered = clock.monotonic();
        loop {
            let state = self.subject.state().await?;
            let seen = clock.monotonic();
            let since_answer = seen.saturating_sub(answered);
            if state.has_new_no(&trial.before, trial.target) {
                return Ok(Some(Effect {
                    after: seen.saturating_sub(trial.begun),
                    since_answer,
                    withheld: self.withheld().await?,
                    repeated: trial.before.choice(trial.target).is_no(),
                }));
            }
            if since_answer >= limit || self.progress.is_stopped() {
                return Ok(None);
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Why a marketing message of this configuration would be withheld from the test address now.
    pub async fn withheld(&self) -> Result<Option<Exclusion>> {
        let owner = &self.subject.owner;
        let decided = self.gate.decide(vec![owner.profile], Some(vec![owner.address])).await?;
        Ok(decided.excluded.first().map(|(_, reason)| *reason))
    }

    /// Puts the test address back after an attempt, and tells of it in `way`. `took`: the attempt had an effect.
    pub async fn put_back(&self, trial: &Trial, took: bool, mut way: Way) -> Result<Way> {
        let made = self.subject.since(&trial.before).await?;
        let unmarked = self.note(&made, Some(&trial.mark), took);
        if unmarked {
            way = way.note(
                "something in between changes the User-Agent: the entry isn't marked as a test's in the ledger",
            );
        }
        let back = self.subject.put_back(&trial.before).await?;
        let ids = made.iter().map(|entry| entry.id).chain(back.iter().flatten().copied());
        way.entries = ids.map(|id: EntryId| id.to_string()).collect();
        if made.iter().any(|entry| self.subject.is_of_another_test(entry)) {
            way = way.note("another self-test works on this address at the same time: their results mix");
        }
        if back.is_none() {
            return Ok(Way { verdict: Verdict::Fails, problem: Some("not_put_back"), ..way }
                .note("the test address can't be put back as it was")
                .hint("`consentry profile show` tells what is recorded of it"));
        }
        Ok(way)
    }

    /// Tells our entries from strangers'. Whether one of ours came without its mark: where an attempt took effect and no
    /// entry is marked, the first one is taken for ours.
    fn note(&self, entries: &[Entry], mark: Option<&Mark>, took: bool) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = |seen: &Seen, entry: &&Entry| {
            !seen.ours.contains(&entry.id) && seen.strangers.iter().all(|stranger| stranger.id != entry.id)
        };
        let new: Vec<&Entry> = entries.iter().filter(|entry| is_new(&seen, entry)).collect();
        let (ours, mut others): (Vec<_>, Vec<_>) = new.into_iter().partition(|entry| self.subject.is_ours(entry));
        let marked = mark.is_some_and(|mark| ours.iter().any(|entry| self.subject.is_by(entry, mark)));
        // Newest first: the last one is the earliest.
        let unmarked = if took && !marked { others.pop() } else { None };
        seen.ours.extend(ours.iter().chain(unmarked.iter()).map(|entry| entry.id));
        seen.strangers.extend(others.into_iter().cloned());
        unmarked.is_some()
    }

    /// Entries that somebody else has made since `before`.
    pub async fn strangers(&self, before: &State) -> Result<Vec<Entry>> {
        self.note(&self.subject.since(before).await?, None, false);
        Ok(self.seen.lock().unwrap_or_else(PoisonError::into_inner).strangers.clone())
    }

    /// What is said of an attempt that took effect: `opted out in 40 ms, and undone`.
    pub fn took(effect: &Effect) -> String {
        let after = in_words(effect.after);
        if effect.repeated {
            format!("the no was taken in {after}; the address had opted out before")
        } else {
            format!("opted out in {after}, and undone")
        }
    }

    /// What is wrong with an effect that came, if anything: too late, or of no effect on messages.
    pub fn wrong_effect(effect: &Effect) -> Option<(&'static str, String)> {
        if effect.since_answer > SILENCE {
            let late = in_words(effect.since_answer);
            return Some(("late", format!("opted out only {late} after the answer; a second is the limit")));
        }
        if effect.withheld.is_none() {
            return Some(("not_withheld", "the no is recorded, and messages would go out all the same".to_owned()));
        }
        None
    }
}

/// The token in an address under `public_url`: of `/u/TOKEN`, `/p/TOKEN` or `/s/CODE`.
pub fn own_token(ring: &KeyRing, public_url: &str, url: &str) -> Option<Token> {
    let path = url.strip_prefix(public_url)?.strip_prefix('/')?;
    let (page, text) = path.split_once('/')?;
    let text = text.split(['?', '#']).next()?;
    let token = match page {
        "u" | "p" => ring.read_url(text).ok()?,
        "s" => ring.read_short(text).ok()?,
        _ => return None,
    };
    matches!(token.purpose, Purpose::Unsubscribe | Purpose::Preferences).then_some(token)
}
