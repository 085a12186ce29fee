//! The demo's front page, and the mailbox's pages.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use minijinja::{Value, context};
use serde::Serialize;
use tower::ServiceExt as _;

use super::box_::Mail;
use super::handset;
use super::letter::{self, Letter};
use super::shared::{DemoRun, HEADERS, MailboxConfig, Place, Shared, is_from_elsewhere, moment};

/// Mails on a page of the list.
const PAGE_LENGTH: usize = 50;
/// What the frame of an HTML mail may do: styles of its own and pictures inside it; links open in a new tab.
const MAIL_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
     frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
);

/// The demo's pages: `/` explains, `/mail` lists and `/mail/ID` shows mails, `/phone` and `/phone/NUMBER` phones.
pub fn mailbox_router(config: MailboxConfig) -> Router {
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
        .with_state(Arc::new(Shared::new(config)))
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
