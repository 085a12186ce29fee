//! `/p/TOKEN`: the page of choices, for whoever has the link; that is all the authority it knows (see [`crate::pages::link`]).

mod form;
mod questions;
mod wishes;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use consent::{Choice, Evidence, Level, Purpose, Source, Timestamp};
use intake::unsubscribe::{self, Action, Centre, Fields, LinkError, Opened, Post};
use minijinja::context;

use self::form::Filled;
use crate::http::head::content_type;
use crate::http::requester::Requester;
use crate::pages::gpc;
use crate::pages::problem::Problem;
use crate::pages::screen::Screen;
use crate::pages::state::PagesState;
use crate::pages::statement::statement;
use crate::pages::token_path::TokenPath;
use crate::pages::widening;

/// The page's name in evidence.
const PAGE: &str = "choices";

/// What has become of the form before, by the page's query.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Saved {
    Nothing,
    All,
    Partly,
}

impl Saved {
    fn read(query: Option<&str>) -> Self {
        // Relays append parameters of their own.
        match query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("saved=")) {
            Some("1") => Self::All,
            Some("partly") => Self::Partly,
            _ => Self::Nothing,
        }
    }

    /// The name of its text; empty for none.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::All => "saved",
            Self::Partly => "saved-partly",
        }
    }

    /// Back to the page.
    const fn location(self) -> HeaderValue {
        match self {
            Self::Nothing => HeaderValue::from_static("?"),
            Self::All => HeaderValue::from_static("?saved=1"),
            Self::Partly => HeaderValue::from_static("?saved=partly"),
        }
    }
}

/// `GET`: what is recorded, since when, and a form. Changes nothing (I4).
pub(crate) async fn show(
    State(state): State<PagesState>,
    TokenPath(token): TokenPath,
    RawQuery(query): RawQuery,
    requester: Requester,
) -> Response {
    let saved = Saved::read(query.as_deref());
    let shown = async {
        let opened = open(&state, &token).await?;
        let now = state.clock().now();
        let (screen, centre) = load(&state, &requester, &opened, now).await?;
        Ok(render(&state, &requester, &screen, &centre, (saved, now)))
    };
    shown.await.unwrap_or_else(|error: LinkError| Problem::from(&error).page(&state, &requester))
}

/// `POST`: records what the person changed, and goes back to the page.
pub(crate) async fn post(
    State(state): State<PagesState>,
    TokenPath(token): TokenPath,
    requester: Requester,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let post = unsubscribe::parse_post(content_type(&headers), &body);
        let Post::Page(action @ (Action::Save | Action::StopAll), fields) = post else {
            return Err(LinkError::OtherPurpose);
        };
        // Before anything is read: a no that somebody else says in between is later than what is recorded here, and so
        // it outranks a yes to the same.
        let now = state.clock().now();
        let opened = open(&state, &token).await?;
        let saved = if action == Action::StopAll {
            stop_all(&state, &requester, &opened, now).await?
        } else {
            save(&state, &requester, &opened, &fields, now).await?
        };
        Ok((StatusCode::SEE_OTHER, [(header::LOCATION, saved.location())]).into_response())
    };
    answered.await.unwrap_or_else(|error| Problem::from(&error).page(&state, &requester))
}

async fn open(state: &PagesState, token: &str) -> Result<Opened, LinkError> {
    let opened = unsubscribe::open(state.store(), token).await?;
    if opened.token.purpose == Purpose::Preferences { Ok(opened) } else { Err(LinkError::OtherPurpose) }
}

async fn load<'a>(
    state: &'a PagesState,
    requester: &Requester,
    opened: &'a Opened,
    now: Timestamp,
) -> Result<(Screen<'a>, Centre), LinkError> {
    let screen = Screen::load(state, requester, opened).await?;
    let (store, language) = (state.store(), screen.locale.tag);
    let centre = unsubscribe::centre(store, opened, &screen.about, language, now).await?;
    Ok((screen, centre))
}

/// Everything stops with one press. It needs nothing that the form's part of the page needs.
async fn stop_all(
    state: &PagesState,
    requester: &Requester,
    opened: &Opened,
    now: Timestamp,
) -> Result<Saved, LinkError> {
    let screen = Screen::load(state, requester, opened).await?;
    let words = screen.words(opened.token.level, None);
    let text = |key| screen.text(key, &words, &[]);
    let evidence =
        evidence(state, requester, &screen, &format!("{}: {}", text("stop-all-lead"), text("stop-all")));
    let choices = vec![(opened.target(Level::Any), Choice::No, evidence)];
    unsubscribe::choose(state.store(), opened, choices, Source::PAGE, now).await?;
    gpc::heed(state, requester, &screen, PAGE).await;
    Ok(Saved::All)
}

/// Records what differs from what the person was shown: choices first, all or none, then preferences, since a no must
/// not wait for anything.
async fn save(
    state: &PagesState,
    requester: &Requester,
    opened: &Opened,
    fields: &Fields,
    now: Timestamp,
) -> Result<Saved, LinkError> {
    let (screen, centre) = load(state, requester, opened, now).await?;
    let questions = questions::questions(&screen, &centre);
    let groups = wishes::groups(state.renderer().locales(), &screen, &centre, now);
    let Filled { answers, wishes, stale } = form::read(&questions, &groups, fields)?;
    let (answers, admitted) =
        widening::admitted(state, opened, answers, |answer| answer.choice, wishes.is_some()).await?;
    let store = state.store();
    if !answers.is_empty() {
        let choices = answers.iter().map(|answer| {
            let words = screen.words(opened.token.level, None);
            let reply = screen.text(if answer.choice == Choice::Yes { "yes" } else { "no" }, &words, &[]);
            let said = format!("{}: {reply}", answer.question.words());
            (answer.question.target, answer.choice, evidence(state, requester, &screen, &said))
        });
        unsubscribe::choose(store, opened, choices.collect(), Source::PAGE, now).await?;
    }
    if let Some((wishes, said)) = wishes.filter(|_| admitted) {
        let evidence = evidence(state, requester, &screen, &said);
        unsubscribe::prefer(store, opened, wishes, evidence, now).await?;
    }
    gpc::heed(state, requester, &screen, PAGE).await;
    Ok(if stale || !admitted { Saved::Partly } else { Saved::All })
}

fn evidence(state: &PagesState, requester: &Requester, screen: &Screen<'_>, said: &str) -> Evidence {
    statement(state, requester, PAGE, screen.locale.tag, said)
}

fn render(
    state: &PagesState,
    requester: &Requester,
    screen: &Screen<'_>,
    centre: &Centre,
    (saved, now): (Saved, Timestamp),
) -> Response {
    let stopped =
        screen.about.rows.iter().find(|row| row.level == Level::Any).and_then(|row| row.known.as_ref());
    let stopped = stopped.filter(|known| known.choice.is_no());
    let words = screen.words(screen.opened.token.level, stopped.map(|known| known.at));
    let questions = questions::questions(screen, centre);
    let (signal, signal_date) = gpc::signal(requester, screen);
    let own = context! {
        sections => questions::sections(&questions),
        groups => wishes::groups(state.renderer().locales(), screen, centre, now),
        stopped => stopped.is_some(),
        saved => saved.as_str(),
        signal => signal.as_str(),
        signal_date => signal_date.unwrap_or_default(),
    };
    state.renderer().page(StatusCode::OK, "choices.html", &screen.context(&words, own), None)
}
