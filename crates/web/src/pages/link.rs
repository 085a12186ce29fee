//! `/u/TOKEN`: opting out through the link in a message, saying why if one likes, and taking that back.
//!
//! The signed token in the address is all the authority that these pages know: there are no cookies and no sessions that
//! another site could ride on, so neither CSRF tokens nor checks of Origin or Sec-Fetch-Site would keep anybody out who
//! has the link; and mail programs that open the page in a frame of their own, or without either header, must get out.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use consent::{Evidence, Purpose, Source};
use intake::unsubscribe::{self, Action, Fields, LinkError, OneClick, Opened, Post, Undone};
use minijinja::context;
use store::GivenReason;

use crate::http::head::content_type;
use crate::http::requester::Requester;
use crate::pages::depth::up;
use crate::pages::problem::Problem;
use crate::pages::screen::Screen;
use crate::pages::state::PagesState;
use crate::pages::statement::statement;
use crate::pages::token_path::TokenPath;
use crate::pages::{gpc, reasons, widening};

/// The page's name in evidence.
const PAGE: &str = "link";
/// The body of RFC 8058, kept as evidence.
const ONE_CLICK_RAW: &str = "List-Unsubscribe=One-Click";

/// `GET`: says what the button does, or what has been done. Changes nothing (I4).
pub(crate) async fn show(
    State(state): State<PagesState>,
    TokenPath(token): TokenPath,
    requester: Requester,
) -> Response {
    let shown = async {
        let opened = unsubscribe::open(state.store(), &token).await?;
        let view = match opened.token.purpose {
            Purpose::Unsubscribe | Purpose::Proof => View::Ask,
            Purpose::Undo => View::UndoAsk,
            Purpose::Preferences
            | Purpose::Bounce
            | Purpose::Confirm
            | Purpose::Join
            | Purpose::JoinBounce
            | Purpose::Landing
            | Purpose::ExternalPage
            | Purpose::ExternalHeader => {
                return Err(LinkError::OtherPurpose);
            }
        };
        page(&state, &requester, &opened, view).await
    };
    shown.await.unwrap_or_else(|error| Problem::from(&error).page(&state, &requester))
}

/// `POST`: the one-click of a mailbox provider, or a button of ours. Anything else changes nothing.
pub(crate) async fn post(
    State(state): State<PagesState>,
    TokenPath(token): TokenPath,
    requester: Requester,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = match unsubscribe::parse_post(content_type(&headers), &body) {
        Post::OneClick => one_click(&state, &token, &requester).await,
        Post::Page(Action::Unsubscribe, _) => press(&state, &token, &requester).await,
        Post::Page(Action::Undo, _) => undo(&state, &token, &requester).await,
        Post::Page(Action::Reason, fields) => reason(&state, &token, &requester, &fields).await,
        Post::Page(Action::Save | Action::StopAll, _) | Post::Neither => Err(LinkError::OtherPurpose),
    };
    answered.unwrap_or_else(|error| Problem::from(&error).page(&state, &requester))
}

/// RFC 8058: 200 without a body, once the opt-out is durable (I2). A link from before a later subscription doesn't act,
/// since the person has changed their mind since; the page says so.
async fn one_click(state: &PagesState, token: &str, requester: &Requester) -> Result<Response, LinkError> {
    let store = state.store();
    let evidence = requester.evidence(ONE_CLICK_RAW);
    let clicked = unsubscribe::one_click(store, token, evidence, state.clock().now()).await?;
    if clicked == OneClick::Outdated {
        let opened = unsubscribe::open(store, token).await?;
        let mut response = page(state, requester, &opened, View::Ask).await?;
        *response.status_mut() = StatusCode::CONFLICT;
        return Ok(response);
    }
    Ok(StatusCode::OK.into_response())
}

/// The page's button: acts even where the link is outdated, since the page has said so.
async fn press(state: &PagesState, token: &str, requester: &Requester) -> Result<Response, LinkError> {
    let store = state.store();
    let opened = unsubscribe::open(store, token).await?;
    if opened.token.purpose == Purpose::Proof {
        return page(state, requester, &opened, View::Proof).await;
    }
    let before = Screen::load(state, requester, &opened).await?;
    let evidence = evidence(state, requester, &before, "ask-title", "unsubscribe");
    let acted = unsubscribe::act(store, &opened, Source::PAGE, evidence, state.clock().now()).await?;
    gpc::heed(state, requester, &before, PAGE).await;
    if let Some(url) = before.about.spec.confirmation(opened.token.level) {
        let location = HeaderValue::from_str(url).map_err(|_| LinkError::Unknown)?;
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response());
    }
    // It is recorded: a read that fails now may not make the page say otherwise.
    let screen = Screen::load(state, requester, &opened).await.unwrap_or(before);
    render(state, requester, &screen, if acted.already { View::Out } else { View::Done }).await
}

async fn undo(state: &PagesState, token: &str, requester: &Requester) -> Result<Response, LinkError> {
    let store = state.store();
    let opened = unsubscribe::open(store, token).await?;
    if !widening::admits(state, &opened).await? {
        return widening::too_often(state, requester, &opened).await;
    }
    let before = Screen::load(state, requester, &opened).await?;
    let evidence = evidence(state, requester, &before, "undo-ask-title", "undo");
    let undone = unsubscribe::undo(store, &opened, evidence, state.clock().now()).await?;
    gpc::heed(state, requester, &before, PAGE).await;
    let view = match undone {
        Undone::Restored | Undone::Already => View::Undone,
        Undone::Superseded => View::Superseded,
    };
    let screen = Screen::load(state, requester, &opened).await.unwrap_or(before);
    render(state, requester, &screen, view).await
}

/// Why somebody has opted out: one of the reasons that are offered, words of their own, both or neither. The opt-out
/// stands whatever is said, so a reason that isn't offered any more is no error.
async fn reason(
    state: &PagesState,
    token: &str,
    requester: &Requester,
    fields: &Fields,
) -> Result<Response, LinkError> {
    let store = state.store();
    let opened = unsubscribe::open(store, token).await?;
    let screen = Screen::load(state, requester, &opened).await?;
    let offered = reasons::offered(state, &screen).await;
    let given = |reason: &&reasons::Reason| fields.get("reason") == Some(&reason.code);
    let code = offered.iter().find(given).map_or("", |reason| reason.code.as_str());
    let text = fields.get("text").unwrap_or_default();
    let given = unsubscribe::give_reason(store, &opened, code, text, state.clock().now()).await?;
    gpc::heed(state, requester, &screen, PAGE).await;
    let view = if given || screen.about.refusal.is_none() { View::Thanked } else { View::Out };
    render(state, requester, &screen, view).await
}

/// What the page said that its button does, and the button.
fn evidence(
    state: &PagesState,
    requester: &Requester,
    screen: &Screen<'_>,
    title: &str,
    button: &str,
) -> Evidence {
    let words = screen.words(screen.opened.token.level, None);
    let said = format!("{}: {}", screen.text(title, &words, &[]), screen.text(button, &words, &[]));
    statement(state, requester, PAGE, screen.locale.tag, &said)
}

/// What the page shows; the name begins that of its texts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    Ask,
    Out,
    Done,
    UndoAsk,
    Undone,
    Superseded,
    Proof,
    Thanked,
}

impl View {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Out => "out",
            Self::Done => "done",
            Self::UndoAsk => "undo-ask",
            Self::Undone => "undone",
            Self::Superseded => "superseded",
            Self::Proof => "proof",
            Self::Thanked => "thanked",
        }
    }
}

async fn page(
    state: &PagesState,
    requester: &Requester,
    opened: &Opened,
    view: View,
) -> Result<Response, LinkError> {
    let screen = Screen::load(state, requester, opened).await?;
    let out =
        view == View::Ask && opened.token.purpose == Purpose::Unsubscribe && screen.about.refusal.is_some();
    render(state, requester, &screen, if out { View::Out } else { view }).await
}

async fn render(
    state: &PagesState,
    requester: &Requester,
    screen: &Screen<'_>,
    view: View,
) -> Result<Response, LinkError> {
    let (store, opened, about) = (state.store(), screen.opened, &screen.about);
    // Whoever says why may have come back since.
    let view = if view == View::Thanked && about.refusal.is_none() { View::Undone } else { view };
    let known = about.refusal.as_ref().filter(|_| view == View::Out);
    let level = known.map_or(opened.token.level, |row| row.level);
    let since = known.and_then(|row| row.known.as_ref()).map(|known| known.at);
    let words = screen.words(level, since);
    let undo = match about.undoable {
        Some(entry) => Some(format!("{}u/{}", up(), unsubscribe::undo_link(store, opened, entry)?)),
        None => None,
    };
    let asks_why = undo.is_some() && matches!(view, View::Done | View::Out);
    let reasons = if asks_why { reasons::offered(state, screen).await } else { Vec::new() };
    let links = context! {
        // The form posts to the page's own address.
        act => "",
        undo => undo,
        unsubscribe => format!("{}u/{}", up(), unsubscribe::unsubscribe_link(store, opened)?),
        choices => format!("{}p/{}", up(), unsubscribe::preferences_link(store, opened)?),
    };
    let (signal, signal_date) = gpc::signal(requester, screen);
    let own = context! {
        view => view.as_str(), outdated => opened.is_outdated(), links => links, reasons => reasons,
        signal => if requester.gpc { signal.as_str() } else { "" }, signal_date => signal_date.unwrap_or_default(),
        text_chars_max => GivenReason::TEXT_CHARS_MAX,
    };
    let forward_to = about.spec.confirmation(opened.token.level).filter(|_| view == View::Ask);
    Ok(state.renderer().page(StatusCode::OK, "link.html", &screen.context(&words, own), forward_to))
}
