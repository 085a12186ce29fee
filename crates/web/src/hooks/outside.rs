//! The way out to a relay service's own servers, for what its webhooks need: SNS's certificates and confirmations.

use std::time::Duration;

use async_trait::async_trait;
use intake::webhook::Outside;
use wire::http::{Method, Url, Visit, Visitor};
use wire::tls::public_roots;

/// How long a fetch may take, from the name's look-up to the last byte.
const TIME_MAX: Duration = Duration::from_secs(5);
/// Longest answer, in bytes; a certificate has about 2,000.
const ANSWER_LENGTH_MAX: usize = 64 * 1024;

/// HTTPS with the roots that browsers trust: one request, one connection, no redirects.
pub struct Https(Visitor);

impl Https {
    /// Ready to ask.
    pub fn new() -> Self {
        let visitor = Visitor::new(public_roots()).expect("ring has suites for TLS 1.2 and 1.3");
        Self(visitor.within(ANSWER_LENGTH_MAX))
    }

    async fn fetch(&self, url: &str) -> Result<Vec<u8>, String> {
        let url: Url = url.parse().map_err(|_| "not a URL".to_owned())?;
        // Its own port only: a host of the service's with another one is some other server.
        let host = url.host_str().filter(|_| url.scheme() == "https" && url.port().is_none());
        let host = host.ok_or("not an https URL")?;
        let visit = Visit { method: Method::GET, url: &url, agent: "consentry", body: None };
        let answer = self.0.visit(&visit).await.map_err(|error| error.to_string())?;
        if !answer.status.is_success() {
            return Err(format!("{host} answers {}", answer.status));
        }
        Ok(answer.body.to_vec())
    }
}

impl Default for Https {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Outside for Https {
    async fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        let fetched = tokio::time::timeout(TIME_MAX, self.fetch(url)).await;
        fetched.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }
}
