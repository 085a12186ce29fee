//! `/p/TOKEN`: the page of choices.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use consent::{Choice, Evidence, Level, Purpose, Source, Target, Timestamp};
use intake::unsubscribe::{self, Action, Fields, Known, LinkError, Opened, Post, Row};
use minijinja::context;
use serde::Serialize;

use crate::link::content_type;
use crate::problem::Problem;
use crate::requester::Requester;
use crate::screen::Screen;
use crate::state::WebState;

/// `GET`: what is recorded, since when, and a form. Changes nothing (I4).
pub(crate) async fn show(
    State(state): State<WebState>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    requester: Requester,
) -> Response {
    let saved = query.as_deref() == Some("saved=1");
    let shown = async {
        let opened = open(&state, &token).await?;
        let screen = Screen::load(&state, &requester, &opened).await?;
        Ok(render(&state, &screen, saved))
    };
    shown.await.unwrap_or_else(|error: LinkError| Problem::from(&error).page(&state, &requester))
}

/// `POST`: records what the person changed, and goes back to the page.
pub(crate) async fn post(
    State(state): State<WebState>,
    Path(token): Path<String>,
    requester: Requester,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let saved = async {
        let post = unsubscribe::parse_post(content_type(&headers), &body);
        let Post::Page(action @ (Action::Save | Action::StopAll), fields) = post else {
            return Err(LinkError::OtherPurpose);
        };
        let opened = open(&state, &token).await?;
        let choices = if action == Action::StopAll {
            let evidence = requester.evidence("stop-all");
            vec![(opened.target(Level::Any), Choice::No, evidence)]
        } else {
            let screen = Screen::load(&state, &requester, &opened).await?;
            changed(&screen, &fields, &requester)?
        };
        if !choices.is_empty() {
            let now = state.config().clock.now();
            unsubscribe::choose(state.config().store.as_ref(), &opened, choices, Source::PAGE, now).await?;
        }
        let back = HeaderValue::from_static("?saved=1");
        Ok((StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response())
    };
    saved.await.unwrap_or_else(|error| Problem::from(&error).page(&state, &requester))
}

async fn open(state: &WebState, token: &str) -> Result<Opened, LinkError> {
    let opened = unsubscribe::open(state.config().store.as_ref(), token).await?;
    if opened.token.purpose == Purpose::Preferences { Ok(opened) } else { Err(LinkError::OtherPurpose) }
}

/// What the form had ticked when it was shown: `y`, `n` or nothing. Only a plain yes or no is ticked, so that nobody
/// agrees to more than they see.
fn ticked(known: Option<&Known>) -> &'static str {
    match known.map(|known| known.choice) {
        Some(choice) if choice.is_yes() => "y",
        Some(choice) if choice.is_no() => "n",
        _ => "",
    }
}

/// The choices that differ from what the person was shown: what they left alone is no statement of theirs.
fn changed(
    screen: &Screen<'_>,
    fields: &Fields,
    requester: &Requester,
) -> Result<Vec<(Target, Choice, Evidence)>, LinkError> {
    let mut choices = Vec::new();
    for row in &screen.about.rows {
        let level = row.level.as_str();
        let Some(wanted) = fields.get(level) else { continue };
        let choice = match wanted {
            "y" => Choice::Yes,
            "n" => Choice::No,
            _ => return Err(LinkError::OtherPurpose),
        };
        if fields.get(&format!("was-{level}")) == Some(wanted) {
            continue;
        }
        // What they agreed to or refused, in the words that they read.
        let words = screen.words(row.level, None);
        let answer = screen.text(if choice == Choice::Yes { "yes" } else { "no" }, &words, &[]);
        let agreed = format!("{}: {answer}", screen.text("row", &words, &[]));
        choices.push((row.target, choice, requester.evidence(agreed)));
    }
    Ok(choices)
}

#[derive(Serialize)]
struct RowView {
    level: &'static str,
    was: &'static str,
    state: String,
}

fn render(state: &WebState, screen: &Screen<'_>, saved: bool) -> Response {
    let rows: Vec<RowView> = screen.about.rows.iter().map(|row| row_view(screen, row)).collect();
    let stopped =
        screen.about.rows.iter().find(|row| row.level == Level::Any).and_then(|row| row.known.as_ref());
    let stopped = stopped.filter(|known| known.choice.is_no());
    let words = screen.words(screen.opened.token.level, stopped.map(|known| known.at));
    let own = context! { rows => rows, stopped => stopped.is_some(), saved => saved };
    state.renderer().page(StatusCode::OK, "choices.html", screen.context(&words, own), None)
}

fn row_view(screen: &Screen<'_>, row: &Row) -> RowView {
    let date = row.known.as_ref().and_then(|known| dated(screen, known.at));
    let words = screen.words(row.level, None);
    let state = match &row.known {
        None => screen.text("known-nothing", &words, &[]),
        Some(known) if known.choice.is_yes() || known.choice.is_no() => {
            let key = if known.choice.is_yes() { "known-yes" } else { "known-no" };
            match date {
                Some(date) => screen.text(key, &words, &[("date", date)]),
                None => screen.text(&format!("{key}-undated"), &words, &[]),
            }
        }
        Some(known) if known.choice == Choice::Pending => screen.text("known-pending", &words, &[]),
        Some(known) => screen.text("known-other", &words, &[("value", known.choice.to_string())]),
    };
    RowView { level: row.level.as_str(), was: ticked(row.known.as_ref()), state }
}

fn dated(screen: &Screen<'_>, at: Timestamp) -> Option<String> {
    if at == Timestamp::UNDATED { None } else { screen.date(at) }
}
