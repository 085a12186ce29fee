//! A provider, the connections to it and the speed limits of its senders.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wire::http::{Body, Exchange, HttpError, HttpHost, HttpSession, Request};
use wire::rate::{NoTurn, RateLimit};

use super::access::{Access, OutText};
use super::answer::{Meaning, SmsError, SmsOutcome};
use super::config::SmsTransportConfig;

/// Senders whose limits are kept; past that they are made anew, which takes a turn more from the store.
const SENDERS_MAX: usize = 1_000;

/// Makes the limit of speed of a sender.
pub type MakeRate = Box<dyn Fn(&str, NonZeroU32) -> RateLimit + Send + Sync>;

struct Shared {
    access: Access,
    host: Arc<HttpHost>,
    /// What `ca_file` held.
    authorities: Option<Vec<u8>>,
    make_rate: MakeRate,
    rates: Mutex<HashMap<String, Arc<RateLimit>>>,
    permits: Arc<Semaphore>,
    /// The last one used is the first one taken.
    idle: Mutex<Vec<HttpSession>>,
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, Vec<HttpSession>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The limit of a sender, if there is one.
    fn rate(&self, sender: &str) -> Option<Arc<RateLimit>> {
        let per_second = self.access.config.per_second?;
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rate) = rates.get(sender) {
            return Some(Arc::clone(rate));
        }
        if rates.len() >= SENDERS_MAX {
            rates.clear();
        }
        let rate = Arc::new((self.make_rate)(sender, per_second));
        rates.insert(sender.to_owned(), Arc::clone(&rate));
        Some(rate)
    }
}

/// A provider of texts and the connections to it. Clones share them.
#[derive(Clone)]
pub struct SmsTransport(Arc<Shared>);

impl SmsTransport {
    /// Checks the configuration and reads the secret and the certificates that it names; `make_rate` makes the speed limits
    /// of senders where it has one. Nothing is connected yet.
    pub fn with_rates(config: SmsTransportConfig, make_rate: MakeRate) -> Result<Self, SmsError> {
        let access = Access::of(config)?;
        let address = access.base.split('?').next().unwrap_or_default();
        let host = Arc::new(HttpHost::of(address, access.config.ca_file.as_deref())?);
        Ok(Self(Arc::new(Shared {
            authorities: authorities(&access.config),
            permits: Arc::new(Semaphore::new(access.config.connections)),
            access,
            host,
            make_rate,
            rates: Mutex::default(),
            idle: Mutex::default(),
        })))
    }

    /// Whether it is what a new one of this configuration would be: a secret or certificates that were replaced in their
    /// file make another.
    pub fn serves(&self, config: &SmsTransportConfig) -> bool {
        let Access { config: own, secret, .. } = &self.0.access;
        own == config
            && config.read_secret().is_ok_and(|read| read == *secret)
            && authorities(config) == self.0.authorities
    }

    /// Whose account it is, without secrets.
    pub fn account_name(&self) -> String {
        format!("{}@{}", self.0.access.account(), self.0.access.base)
    }

    /// The most sessions there should be at a time.
    pub fn connections_max(&self) -> usize {
        self.0.access.config.connections
    }

    /// What sends one text at a time. Nothing is connected before it is needed.
    pub fn session(&self) -> SmsSession {
        SmsSession { shared: Arc::clone(&self.0), held: None, turn_taken: false }
    }

    /// The request that sends a text, if these settings make one.
    pub fn request(&self, text: &OutText<'_>) -> Option<Request<Body>> {
        self.0.access.request(text)
    }

    /// What becomes of a text that no request can be made of.
    pub const fn unmade() -> SmsOutcome {
        SmsOutcome::NotHandedOver(SmsError::Config("transport", "gives no request that can be sent"))
    }

    /// Closes connections that are too old to be used again, or whatever nobody uses.
    pub fn close_unused(&self, all: bool) {
        self.0.idle().retain(|http| !all && http.is_open());
    }

    /// Whether there are other clones of it, or sessions.
    pub fn is_in_use(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Connections that are open and that nobody uses.
    pub fn unused(&self) -> usize {
        self.0.idle().len()
    }

    /// What a refusal that was kept says of the number: its code, and its text, which begins with the provider's own code
    /// where that is no number.
    pub fn meaning(&self, code: u16, text: &str) -> Option<Meaning> {
        let named = text.split(' ').next().filter(|word| !word.is_empty());
        self.0.access.means(&code.to_string()).or_else(|| self.0.access.means(named?))
    }
}

impl fmt::Debug for SmsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsTransport").field("config", &self.0.access.config).finish_non_exhaustive()
    }
}

fn authorities(config: &SmsTransportConfig) -> Option<Vec<u8>> {
    config.ca_file.as_ref().and_then(|file| std::fs::read(file).ok())
}

/// Sends one text at a time, by a connection that it has only meanwhile.
pub struct SmsSession {
    shared: Arc<Shared>,
    held: Option<(HttpSession, OwnedSemaphorePermit)>,
    /// A turn of the speed limit was waited for and isn't used up.
    turn_taken: bool,
}

impl SmsSession {
    /// Waits for a turn of the sender's speed limit and sees that there is a live connection. [`Self::send`] does so by
    /// itself; a caller whose permit is a lease calls this **before** it takes the permit, so that the lease doesn't run out
    /// while waiting.
    pub async fn ready(&mut self, sender: &str) -> Result<(), SmsError> {
        if !self.turn_taken
            && let Some(rate) = self.shared.rate(sender)
        {
            rate.acquire().await.map_err(|NoTurn(why)| SmsError::NoTurn(why))?;
            self.turn_taken = true;
        }
        if self.held.is_none() {
            let permits = Arc::clone(&self.shared.permits);
            let permit = permits.acquire_owned().await.map_err(|_| HttpError::Closed)?;
            let http = self.shared.idle().pop();
            let wait = Duration::from_secs(u64::from(self.shared.access.config.answer_seconds.get()));
            let new = || HttpSession::new(Arc::clone(&self.shared.host)).with_answer_wait(wait);
            self.held = Some((http.unwrap_or_else(new), permit));
        }
        match &mut self.held {
            Some((http, _)) => Ok(http.ready().await?),
            None => Err(HttpError::Closed.into()),
        }
    }

    /// Sends one text. `still_holds` is asked once, in the instant before the first byte is written; if it says no, nothing
    /// is.
    ///
    /// A caller that drops the future before it is done knows nothing about the text: it is then in doubt.
    pub async fn send(&mut self, text: &OutText<'_>, still_holds: impl FnOnce() -> bool) -> SmsOutcome {
        match self.shared.access.request(text) {
            Some(request) => self.send_request(text.from, request, still_holds).await,
            None => SmsTransport::unmade(),
        }
    }

    /// Sends a text of which the request is made already. The connection goes back to the others, unless `still_holds`
    /// says no.
    pub async fn send_request(
        &mut self,
        sender: &str,
        request: Request<Body>,
        still_holds: impl FnOnce() -> bool,
    ) -> SmsOutcome {
        if let Err(error) = self.ready(sender).await {
            return SmsOutcome::NotHandedOver(error);
        }
        let Some((http, _)) = &mut self.held else {
            return SmsOutcome::NotHandedOver(HttpError::Closed.into());
        };
        let turn_taken = &mut self.turn_taken;
        let asked = || {
            let go = still_holds();
            *turn_taken &= !go;
            go
        };
        let outcome = match http.send(request, asked).await {
            Exchange::Answered(answer) => self.shared.access.read(&answer),
            Exchange::LeaseExpired => return SmsOutcome::LeaseExpired,
            Exchange::NotSent(error) => SmsOutcome::NotHandedOver(error.into()),
            Exchange::InDoubt(error) => SmsOutcome::InDoubt(error.into()),
        };
        self.rest();
        outcome
    }

    /// Gives the connection back.
    pub fn rest(&mut self) {
        if let Some((http, permit)) = self.held.take() {
            if http.is_open() {
                self.shared.idle().push(http);
            }
            drop(permit);
        }
    }
}

impl Drop for SmsSession {
    fn drop(&mut self) {
        self.rest();
    }
}

impl fmt::Debug for SmsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsSession").finish_non_exhaustive()
    }
}
