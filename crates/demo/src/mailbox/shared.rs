//! What the pages of mailbox and phones share.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use consent::{Clock, Exclusion, Timestamp};
use data_encoding::BASE64;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::box_::Mailbox;
use super::provider::Provider;

const STYLE: &str = include_str!("../../templates/style.css");
const TEMPLATES: [(&str, &str); 5] = [
    ("base.html", include_str!("../../templates/base.html")),
    ("front.html", include_str!("../../templates/front.html")),
    ("mail.html", include_str!("../../templates/mail.html")),
    ("phone.html", include_str!("../../templates/phone.html")),
    ("answer.html", include_str!("../../templates/answer.html")),
];
/// The headers of every answer.
pub(super) const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// One run, for the front page.
#[derive(Clone, Debug, Default)]
pub struct DemoRun {
    /// What was sent.
    pub title: String,
    /// Messages handed over.
    pub sent: u64,
    /// Who got none, and why.
    pub withheld: Vec<(Exclusion, u64)>,
    /// Whether it is still being sent.
    pub going_on: bool,
}

/// What the front page shows.
#[derive(Clone, Debug, Default)]
pub struct DemoState {
    /// The brand.
    pub brand: String,
    /// People known.
    pub profiles: u64,
    /// Newest first.
    pub runs: Vec<DemoRun>,
}

/// What the demo can tell and do.
#[async_trait]
pub trait Demo: Send + Sync {
    /// How it stands.
    async fn state(&self) -> DemoState;

    /// Sends a campaign again, to whoever may get it now. The error is a sentence for the page.
    async fn send_again(&self) -> Result<(), String>;
}

/// What the mailbox is served with.
#[derive(Clone)]
pub struct MailboxConfig {
    /// The mails.
    pub mailbox: Mailbox,
    /// The phones, and who brings their texts and tells what they reply.
    pub provider: Provider,
    /// What the front page shows.
    pub demo: Arc<dyn Demo>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The public routes: "Unsubscribe" beside the sender posts there, as a mailbox provider's server would.
    pub public: Router,
    /// Where they are reached from outside, without a trailing slash: links that begin so are ours.
    pub public_url: String,
}

pub(super) struct Shared {
    pub(super) config: MailboxConfig,
    environment: Environment<'static>,
    policy: HeaderValue,
}

impl Shared {
    pub(super) fn new(config: MailboxConfig) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in TEMPLATES {
            environment.add_template(name, source).expect("a test renders every template");
        }
        environment.add_global("style", STYLE);
        environment.add_filter("grouped", grouped);
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            BASE64.encode(&Sha256::digest(STYLE))
        );
        let policy = HeaderValue::try_from(policy).expect("it holds visible ASCII only");
        Self { config, environment, policy }
    }

    pub(super) fn page(&self, template: &str, context: Value) -> Response {
        match self.environment.get_template(template).and_then(|template| template.render(context)) {
            Ok(html) => {
                let kind = HeaderValue::from_static("text/html; charset=utf-8");
                let headers =
                    [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, self.policy.clone())];
                (headers, html).into_response()
            }
            Err(error) => {
                tracing::error!(template, error = %error, "a page can't be rendered");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// Whether a browser says that another site made it send this.
pub(super) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    pub(super) q: String,
    pub(super) page: usize,
    pub(super) view: String,
}

pub(super) fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.0)
        .map_or_else(|_| String::new(), |at| at.strftime("%-d %b, %H:%M:%S").to_string())
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
