//! A provider, the connections to it and its speed limit.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wire::http::{Exchange, HttpHost, HttpSession};
use wire::rate::{NoTurn, RateLimit, Turns};

use super::access::{Access, OutText};
use super::answer::{Meaning, SmsError, SmsOutcome};
use super::config::SmsTransportConfig;
use super::provider::Provider;

struct Shared {
    access: Access,
    host: Arc<HttpHost>,
    rate: Option<RateLimit>,
}

/// A provider of texts. Clones share its speed limit.
#[derive(Clone)]
pub struct SmsTransport(Arc<Shared>);

impl SmsTransport {
    /// Checks the configuration and reads the secret and the certificates that it names. Nothing is connected yet.
    pub fn new(config: SmsTransportConfig) -> Result<Self, SmsError> {
        Self::with_turns(config, None)
    }

    /// Like [`Self::new`]; with `turns` the configured speed is that of all transports that take turns from the same.
    pub fn with_turns(config: SmsTransportConfig, turns: Option<Arc<dyn Turns>>) -> Result<Self, SmsError> {
        config.check().map_err(|(key, problem)| SmsError::Config(key, problem))?;
        let url = config.url.as_deref().or(config.provider.url()).unwrap_or_default();
        // A provider of one's own has the whole address; the others' paths are put behind it.
        let own = config.provider == Provider::Http;
        let base = if own { url } else { url.trim_end_matches('/') }.to_owned();
        let address = base.split('?').next().unwrap_or_default();
        let host = Arc::new(HttpHost::of(address, config.ca_file.as_deref())?);
        let secret = config.read_secret()?;
        let rate = config.per_second.map(|rate| match turns {
            None => RateLimit::new(rate),
            Some(turns) => RateLimit::shared(rate, turns, config.connections),
        });
        Ok(Self(Arc::new(Shared { access: Access { config, secret, base }, host, rate })))
    }

    /// The most sessions there should be at a time.
    pub fn connections_max(&self) -> usize {
        self.0.access.config.connections
    }

    /// What it takes to ask the provider.
    pub(super) fn access(&self) -> &Access {
        &self.0.access
    }

    /// A connection, made when it is needed and kept open.
    pub fn session(&self) -> SmsSession {
        let wait = Duration::from_secs(u64::from(self.0.access.config.answer_seconds.get()));
        let http = HttpSession::new(Arc::clone(&self.0.host)).with_answer_wait(wait);
        SmsSession { shared: Arc::clone(&self.0), http, turn_taken: false }
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

/// One connection to the provider.
pub struct SmsSession {
    shared: Arc<Shared>,
    http: HttpSession,
    /// A turn of the speed limit was waited for and isn't used up.
    turn_taken: bool,
}

impl SmsSession {
    /// Waits for a turn of the speed limit and sees that there is a live connection. [`Self::send`] does so by itself; a
    /// caller whose permit is a lease calls this **before** it takes the permit, so that the lease doesn't run out while
    /// waiting.
    pub async fn ready(&mut self) -> Result<(), SmsError> {
        if let (Some(rate), false) = (&self.shared.rate, self.turn_taken) {
            rate.acquire().await.map_err(|NoTurn(why)| SmsError::NoTurn(why))?;
            self.turn_taken = true;
        }
        Ok(self.http.ready().await?)
    }

    /// Sends one text. `still_holds` is asked once, in the instant before the first byte is written; if it says no, nothing
    /// is.
    ///
    /// A caller that drops the future before it is done knows nothing about the text: it is then in doubt.
    pub async fn send(&mut self, text: &OutText<'_>, still_holds: impl FnOnce() -> bool) -> SmsOutcome {
        let access = &self.shared.access;
        let Some(request) = access.request(text) else {
            return SmsOutcome::NotHandedOver(SmsError::Config(
                "transport",
                "gives no request that can be sent",
            ));
        };
        if let Err(error) = self.ready().await {
            return SmsOutcome::NotHandedOver(error);
        }
        let turn_taken = &mut self.turn_taken;
        let asked = || {
            let go = still_holds();
            *turn_taken &= !go;
            go
        };
        match self.http.send(request, asked).await {
            Exchange::Answered(answer) => self.shared.access.read(&answer),
            Exchange::LeaseExpired => SmsOutcome::LeaseExpired,
            Exchange::NotSent(error) => SmsOutcome::NotHandedOver(error.into()),
            Exchange::InDoubt(error) => SmsOutcome::InDoubt(error.into()),
        }
    }
}

impl fmt::Debug for SmsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsSession").finish_non_exhaustive()
    }
}
