//! What every check of one configuration works with: who asks, who is asked about, and how the effect is watched.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use consent::{Exclusion, KeyRing, Purpose, Target, Timestamp, Token};
use delivery::gate::Gate;
use delivery::selftest::{Answer, Course, Method, Url, Visit, VisitError, Visitor};
use intake::unsubscribe::Opened;
use store::Entry;

use super::progress::Progress;
use super::server::Server;
use super::subject::{State, Subject};
use super::verdict::{Way, in_words};
use crate::context::Context;

/// How long after an answer the opt-out may take to show, before it counts as lost. Later than [`SILENCE`] it is too late.
const LOST_AFTER: Duration = Duration::from_secs(2);
/// The same after an answer that promises nothing.
const UNLIKELY_AFTER: Duration = Duration::from_millis(500);
/// Promise I1.
const SILENCE: Duration = Duration::from_secs(1);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Checks one configuration's ways out.
pub struct Bench<'a> {
    pub context: &'a Context,
    pub visitor: &'a Visitor,
    pub subject: &'a Subject,
    pub course: &'a Course,
    pub gate: Gate,
    pub server: Arc<Server>,
    pub progress: &'a Progress,
}

/// One attempt to opt out.
pub struct Trial {
    pub before: State,
    pub begun_at: Timestamp,
    target: Target,
    begun: Duration,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Effect {
    /// From the beginning of the request until the no was in force.
    pub after: Duration,
    /// From the answer on.
    since_answer: Duration,
    /// Why marketing is withheld from then on; `None` if it isn't.
    pub withheld: Option<Exclusion>,
}

impl Bench<'_> {
    /// Asks once. The agent carries the mark by which the entry will be known as a test's.
    pub async fn ask(
        &self,
        method: Method,
        url: &Url,
        body: Option<(&str, &[u8])>,
    ) -> Result<Answer, VisitError> {
        // Each request to a server that can't be reached at all would wait in vain for as long as the first.
        if self.is_own_host(url)
            && let Err(error) = &self.server.reached
        {
            return Err(error.clone());
        }
        let agent = format!("Mozilla/5.0 (compatible; {})", self.subject.mark);
        self.visitor.visit(&Visit { method, url, agent: &agent, body }).await
    }

    /// Whether an address is on the host of our pages.
    pub fn is_own_host(&self, url: &Url) -> bool {
        let own = Url::parse(&self.course.links.public_url).ok();
        own.is_some_and(|own| own.origin() == url.origin())
    }

    /// The token of ours in an address of our pages, for the test address.
    pub fn token_of(&self, url: &Url) -> Option<Token> {
        let token = own_token(&self.context.store.key_ring(), &self.course.links.public_url, url.as_str())?;
        (token.address == self.subject.owner.address).then_some(token)
    }

    /// What a token opts out of.
    pub fn target(&self, token: Token) -> Target {
        Opened { token, owner: self.subject.owner.clone() }.target(token.level)
    }

    /// Lets `act` try one way out. Whatever that changed is put back, and told of in the answer.
    pub async fn attempt(
        &self,
        (kind, label): (&'static str, &str),
        target: Target,
        act: impl AsyncFnOnce(&Trial) -> Result<Way>,
    ) -> Result<Way> {
        self.progress.at(label);
        let before = self.subject.state().await?;
        if before.choice(target).is_no() {
            let words = "the test address has said no to this already, so that nothing would show";
            let hint = "name an address of yours that hasn't: `you+test@...` does";
            return Ok(Way::not_checked(kind, label, words).hint(hint));
        }
        let (begun, begun_at) = (self.context.clock.monotonic(), self.context.now());
        let trial = Trial { before, begun_at, target, begun };
        let acted = act(&trial).await;
        let made = self.subject.since(&trial.before).await?;
        let back = self.subject.put_back(&trial.before).await?;
        let mut way = acted?;
        let ids = made.iter().map(|entry| entry.id).chain(back);
        way.entries = ids.map(|id| id.to_string()).collect();
        match made.iter().find(|entry| !self.subject.is_ours(entry)) {
            Some(entry) => Ok(way.note(format!(
                "an entry comes without this test's mark, {}: somebody else acts on this address, or something in between \
                 changes the User-Agent",
                who(entry)
            ))),
            None => Ok(way),
        }
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
            let choice = self.subject.choice(trial.target).await?;
            let seen = clock.monotonic();
            let since_answer = seen.saturating_sub(answered);
            if choice.is_no() {
                let after = seen.saturating_sub(trial.begun);
                return Ok(Some(Effect { after, since_answer, withheld: self.withheld().await? }));
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
}

impl Effect {
    /// What is said of it: `opted out in 40 ms, and undone`.
    pub fn took(&self) -> String {
        format!("opted out in {}, and undone", in_words(self.after))
    }

    /// In milliseconds.
    pub fn millis(&self) -> Option<u64> {
        u64::try_from(self.after.as_millis()).ok()
    }

    /// What is wrong with it, if anything: too late, or of no effect on messages.
    pub fn problem(&self) -> Option<(&'static str, String)> {
        if self.since_answer > SILENCE {
            let late = in_words(self.since_answer);
            return Some(("late", format!("opted out only {late} after the answer; a second is the limit")));
        }
        self.without_effect()
    }

    /// Whether messages would go out all the same.
    pub fn without_effect(&self) -> Option<(&'static str, String)> {
        let words = "the no is recorded, and messages would go out all the same";
        self.withheld.is_none().then(|| ("not_withheld", words.to_owned()))
    }
}

/// Who made an entry: by what it came, and as what a program.
pub fn who(entry: &Entry) -> String {
    let agent = entry.evidence.user_agent.as_deref().unwrap_or("no name");
    let agent: String = agent.chars().filter(|c| !c.is_control()).take(80).collect();
    format!("{} by `{}`, \u{201c}{agent}\u{201d}", entry.id, entry.source.as_str())
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
