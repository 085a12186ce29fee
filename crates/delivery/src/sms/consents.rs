//! Telling a provider who has opted out. Twilio's consent interface takes that: `POST /v1/Consents/Bulk`,
//! <https://www.twilio.com/docs/messaging/features/bulk-upsert-consents-api>; of the other providers none documents one.

use std::sync::Arc;
use std::time::Duration;

use consent::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wire::http::{Exchange, HttpHost, HttpSession};

use super::access::Access;
use super::answer::SmsError;
use super::config::SmsTransportConfig;
use super::provider::Provider;

/// Where the interface is, unless the configuration names an address.
const URL: &str = "https://accounts.twilio.com";
const PATH: &str = "/v1/Consents/Bulk";
/// Numbers in a request, and requests in a minute: what the interface takes.
pub const BATCH: usize = 25;
const PAUSE: Duration = Duration::from_millis(620);
/// Times that a request is tried that was refused for now.
const TRIES_MAX: u32 = 5;

/// A number that has opted out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOut {
    /// In E.164.
    pub number: String,
    /// Since when, if that is known.
    pub since: Option<Timestamp>,
}

/// Tells a provider, a batch at a time.
pub struct Consents {
    access: Access,
    http: HttpSession,
    sender: String,
}

impl Consents {
    /// For a sender of a configuration; `None` if its provider takes no opt-outs.
    pub fn new(config: &SmsTransportConfig, sender: &str) -> Result<Option<Self>, SmsError> {
        let mut access = Access::of(config.clone())?;
        if access.config.provider != Provider::Twilio {
            return Ok(None);
        }
        if access.config.url.is_none() {
            URL.clone_into(&mut access.base);
        }
        let host = HttpHost::of(&access.base, access.config.ca_file.as_deref())?;
        Ok(Some(Self { access, http: HttpSession::new(Arc::new(host)), sender: sender.to_owned() }))
    }

    /// Tells of at most [`BATCH`] numbers, and waits as long as the interface wants between requests. Saying it again
    /// changes nothing. Answers how many the provider didn't take.
    pub async fn tell(&mut self, opt_outs: &[OptOut]) -> Result<usize, SmsError> {
        let items: Vec<String> = opt_outs.iter().map(|opt_out| self.item(opt_out).to_string()).collect();
        let fields: Vec<(&str, &str)> = items.iter().map(|item| ("Items", item.as_str())).collect();
        for _ in 0..TRIES_MAX {
            self.http.ready().await?;
            let request = self.access.form(PATH, true, &fields).ok_or(SmsError::Unreadable)?;
            let exchange = self.http.send(request, || true).await;
            tokio::time::sleep(PAUSE).await;
            match exchange {
                Exchange::Answered(answer) => match answer.status {
                    200..=299 => return Ok(refused(&answer.body)),
                    429 | 500..=599 => tokio::time::sleep(answer.retry_after.unwrap_or(PAUSE * 5)).await,
                    status => {
                        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                        return Err(SmsError::Refused { status, code: value["code"].to_string() });
                    }
                },
                // Told twice, it is no harm.
                Exchange::NotSent(error) | Exchange::InDoubt(error) => {
                    tracing::debug!(%error, "opt-outs are told again");
                }
                Exchange::LeaseExpired => {}
            }
        }
        Err(SmsError::Failed(503))
    }

    fn item(&self, opt_out: &OptOut) -> Value {
        // The same for the same number and sender: what is said again is known to be.
        let digest = Sha256::digest(format!("{} {}", self.sender, opt_out.number));
        let mut item = json!({
            "contact_id": opt_out.number, "correlation_id": data_encoding::HEXLOWER.encode(&digest[..16]),
            "sender_id": self.sender, "status": "opt-out", "source": "others",
        });
        if let Some(since) = opt_out.since {
            item["date_of_consent"] = json!(since.to_string());
        }
        item
    }
}

/// Items of an answer with an error.
fn refused(body: &[u8]) -> usize {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let failed = |item: &&Value| item["error_code"].as_i64().is_some_and(|code| code != 0);
    value["items"].as_array().map_or(0, |items| items.iter().filter(failed).count())
}
