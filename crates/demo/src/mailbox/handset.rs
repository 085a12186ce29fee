//! The phones' pages.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use consent::sms::segments;
use minijinja::{Value, context};
use serde::Deserialize;

use super::shared::{Place, Shared, is_from_elsewhere, moment};

/// Phones on a page of the list.
const PAGE_LENGTH: usize = 50;
/// Longest reply, in bytes.
const REPLY_LENGTH_MAX: usize = 6_400;

/// `/phone`
pub(super) async fn list(State(shared): State<Arc<Shared>>, Query(place): Query<Place>) -> Response {
    shared.page("phone.html", listing(&shared, &place, None))
}

/// `/phone/{number}`, the number without its `+`
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<String>,
    Query(place): Query<Place>,
) -> Response {
    let number = format!("+{number}");
    if shared.config.provider.phones.thread(&number).is_empty() {
        return missing(&shared);
    }
    shared.page("phone.html", listing(&shared, &place, Some(&number)))
}

fn missing(shared: &Shared) -> Response {
    let lines = ["Phones appear here once the brand has texted them."];
    let answer = context! { title => "No such phone", lines => lines, back => "/phone" };
    let mut response = shared.page("answer.html", answer);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn listing(shared: &Shared, place: &Place, open: Option<&str>) -> Value {
    let skip = place.page.saturating_mul(PAGE_LENGTH);
    let (phones, total) = shared.config.provider.phones.search(&place.q, skip, PAGE_LENGTH);
    let line = |(number, last): &(String, super::phones::Bubble)| {
        context! { id => &number[1..], number => number, at => moment(last.at), text => last.text, own => last.own }
    };
    let thread: Vec<Value> = open
        .map(|number| shared.config.provider.phones.thread(number))
        .unwrap_or_default()
        .into_iter()
        .map(|bubble| {
            let takes = segments(&bubble.text);
            context! {
                own => bubble.own, sender => bubble.sender, at => moment(bubble.at), segments => takes.to_string(),
                pieces => pieces(&bubble.text, &shared.config.public_url),
            }
        })
        .collect();
    let lines: Vec<Value> = phones.iter().map(line).collect();
    context! {
        first => if lines.is_empty() { 0 } else { skip + 1 }, last => skip + lines.len(), lines => lines, total => total,
        q => place.q, page => place.page, open => open, id => open.map(|number| &number[1..]), thread => thread,
    }
}

/// A text cut at our own links, as phones make them tappable; others stay text.
fn pieces(text: &str, public_url: &str) -> Vec<Value> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(public_url) {
        let end = rest[at..].find(char::is_whitespace).map_or(rest.len(), |end| at + end);
        pieces.push(context! { text => &rest[..at], link => false });
        pieces.push(context! { text => &rest[at..end], link => true });
        rest = &rest[end..];
    }
    pieces.push(context! { text => rest, link => false });
    pieces
}

#[derive(Deserialize)]
pub(super) struct Reply {
    text: String,
}

/// What the phone's owner writes back.
pub(super) async fn reply(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    Form(reply): Form<Reply>,
) -> Response {
    if is_from_elsewhere(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let full = format!("+{number}");
    if shared.config.provider.phones.thread(&full).is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return missing(&shared);
    }
    let text = reply.text.trim();
    let text = &text[..text.floor_char_boundary(REPLY_LENGTH_MAX)];
    if !text.is_empty() {
        let status = shared.config.provider.reply(&full, text).await;
        if !status.is_success() {
            let lines =
                [format!("The brand’s server answered {status}. The provider would try again later.")];
            let answer = context! { title => "The reply was not taken", lines => lines, back => format!("/phone/{number}") };
            return shared.page("answer.html", answer);
        }
    }
    Redirect::to(&format!("/phone/{number}#end")).into_response()
}
