//! The demo's front page, and the mailbox's pages.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use consent::{Clock, Exclusion, Timestamp};
use data_encoding::BASE64;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

use super::letter::{self, Letter};
use super::{Mail, Mailbox, Provider, handset};

const STYLE: &str = include_str!("../../templates/style.css");
const TEMPLATES: [(&str, &str); 5] = [
    ("base.html", include_str!("../../templates/base.html")),
    ("front.html", include_str!("../../templates/front.html")),
    ("mail.html", include_str!("../../templates/mail.html")),
    ("phone.html", include_str!("../../templates/phone.html")),
    ("answer.html", include_str!("../../templates/answer.html")),
];
/// Mails on a page of the list.
const PAGE_LENGTH: usize = 50;
/// What the frame of an HTML mail may do: styles of its own and pictures inside it; links open in a new tab.
const MAIL_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
     frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
);

/// The headers of every answer.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
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

/// The demo's pages: `/` explains, `/mail` lists and `/mail/ID` shows mails, `/phone` and `/phone/NUMBER` phones.
pub fn mailbox_router(config: MailboxConfig) -> Router {
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
    Router::new()
        .route("/", get(front))
        .route("/send", post(send_again))
        .route("/mail", get(list))
        .route("/mail/{id}", get(show))
        .route("/mail/{id}/body", get(body))
        .route("/mail/{id}/unsubscribe", post(unsubscribe))
        .route("/phone", get(handset::list))
        .route("/phone/{number}", get(handset::show).post(handset::reply))
        .layer(map_response(async |mut response: Response| {
            for (name, value) in HEADERS {
                response.headers_mut().entry(name).or_insert(value);
            }
            response
        }))
        .with_state(Arc::new(Shared { config, environment, policy }))
}

impl Shared {
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

async fn front(State(shared): State<Arc<Shared>>) -> Response {
    let state = shared.config.demo.state().await;
    let runs: Vec<Value> = state.runs.iter().map(run_view).collect();
    let (mails, texts) = (shared.config.mailbox.len(), shared.config.provider.phones.len());
    shared.page(
        "front.html",
        context! { brand => state.brand, profiles => state.profiles, runs => runs, mails => mails, texts => texts },
    )
}

fn run_view(run: &DemoRun) -> Value {
    let withheld: Vec<Value> = run
        .withheld
        .iter()
        .map(|(reason, count)| context! { words => reason.in_words(), code => format!("{reason:?}"), count => count })
        .collect();
    let total: u64 = run.withheld.iter().map(|(_, count)| count).sum();
    context! { title => run.title, sent => run.sent, going_on => run.going_on, withheld => withheld, total => total }
}

async fn send_again(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if is_from_elsewhere(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match shared.config.demo.send_again().await {
        Ok(()) => Redirect::to("/").into_response(),
        Err(sentence) => {
            let answer = context! { title => "Nothing was sent", lines => [sentence], back => "/" };
            let mut response = shared.page("answer.html", answer);
            *response.status_mut() = StatusCode::CONFLICT;
            response
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
    view: String,
}

async fn list(State(shared): State<Arc<Shared>>, Query(place): Query<Place>) -> Response {
    shared.page("mail.html", listing(&shared, &place, None))
}

async fn show(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    Query(place): Query<Place>,
) -> Response {
    let Some(mail) = shared.config.mailbox.get(id) else { return missing(&shared) };
    shared.page("mail.html", listing(&shared, &place, Some(&mail)))
}

fn missing(shared: &Shared) -> Response {
    let lines = ["The mailbox keeps the newest mails only, and nothing when the demo ends."];
    let answer = context! { title => "This mail isn’t here any more", lines => lines, back => "/mail" };
    let mut response = shared.page("answer.html", answer);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

#[derive(Serialize)]
struct Line {
    id: u64,
    sender: String,
    subject: String,
    to: String,
    at: String,
}

fn listing(shared: &Shared, place: &Place, open: Option<&Mail>) -> Value {
    let skip = place.page.saturating_mul(PAGE_LENGTH);
    let (mails, total) = shared.config.mailbox.search(&place.q, skip, PAGE_LENGTH);
    let line = |mail: &Arc<Mail>| Line {
        id: mail.id,
        sender: mail.sender.clone(),
        subject: mail.subject.clone(),
        to: mail.to.join(", "),
        at: moment(mail.begun_at),
    };
    let lines: Vec<Line> = mails.iter().map(line).collect();
    let letter = open.map(|mail| letter::read(&mail.data));
    let view = letter.as_ref().map_or("", |letter| chosen_view(letter, &place.view));
    context! {
        lines => lines, total => total, q => place.q, page => place.page,
        first => if mails.is_empty() { 0 } else { skip + 1 }, last => skip + mails.len(),
        open => open.map(|mail| context! {
            id => mail.id, at => moment(mail.begun_at), from => mail.from, to => mail.to.join(", "),
            bytes => mail.data.len(),
        }),
        letter => letter, view => view,
    }
}

fn chosen_view(letter: &Letter, wanted: &str) -> &'static str {
    match wanted {
        "source" => "source",
        "text" if letter.text.is_some() => "text",
        _ if letter.html.is_some() => "html",
        _ if letter.text.is_some() => "text",
        _ => "source",
    }
}

pub(super) fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.0)
        .map_or_else(|_| String::new(), |at| at.strftime("%-d %b, %H:%M:%S").to_string())
}

/// The HTML part, for the frame.
async fn body(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> Response {
    let html = shared.config.mailbox.get(id).and_then(|mail| letter::read(&mail.data).html);
    let Some(html) = html else { return StatusCode::NOT_FOUND.into_response() };
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, MAIL_POLICY)];
    // The first base element counts; a later one in the mail doesn't.
    (headers, format!("<!doctype html><meta charset=\"utf-8\"><base target=\"_blank\">{html}"))
        .into_response()
}

/// What a mailbox provider does behind its own "Unsubscribe": one POST, without cookies, as RFC 8058 has it.
async fn unsubscribe(State(shared): State<Arc<Shared>>, Path(id): Path<u64>, headers: HeaderMap) -> Response {
    if is_from_elsewhere(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(mail) = shared.config.mailbox.get(id) else { return missing(&shared) };
    let url = letter::read(&mail.data).one_click;
    let path = url
        .as_deref()
        .and_then(|url| url.strip_prefix(&shared.config.public_url))
        .filter(|path| path.starts_with('/'));
    let Some(path) = path else {
        let lines = ["This mail has no one-click link of this demo’s, so nothing was sent."];
        let answer = context! { title => "Nothing happened", lines => lines, back => format!("/mail/{id}") };
        return shared.page("answer.html", answer);
    };
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::USER_AGENT, "Demo mailbox")
        .body(Body::from("List-Unsubscribe=One-Click"));
    let Ok(request) = request else { return missing(&shared) };
    let begun = shared.config.clock.monotonic();
    let Ok(response) = shared.config.public.clone().oneshot(request).await;
    let took = shared.config.clock.monotonic().saturating_sub(begun);
    let done = response.status() == StatusCode::OK;
    let lines = [
        if done {
            "The sender has recorded it, durably, before it answered."
        } else {
            "The sender refused it; open the link in the mail to see why."
        }
        .to_owned(),
        format!("POST {}", url.as_deref().unwrap_or_default()),
        "List-Unsubscribe=One-Click".to_owned(),
        format!("{} in {:.1} ms", response.status(), took.as_secs_f64() * 1000.0),
    ];
    let title = if done { "You unsubscribed" } else { "That did not work" };
    shared.page("answer.html", context! { title => title, lines => lines, back => format!("/mail/{id}") })
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
